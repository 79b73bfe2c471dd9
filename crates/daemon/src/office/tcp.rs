//! SIP over TCP: tasks that only frame, each with bounded queues, so that a peer costs its own
//! connection and nothing else.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use sip::framing::{Frame, Framer, PONG};
use sip::{Flow, ListenerId, ParseError, Transport};
use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::places::{Place, Places};
use crate::signalling::{Connect, Connections, FromStream, Wake};

/// A message that was begun must be whole within this time, and so must the first one of a connection that we accepted.
const MESSAGE_TIME: Duration = Duration::from_secs(20);
/// A connection that is not used for so long, either way, is closed: phones refresh more often, and the exchange keeps
/// those of its calls alive.
const IDLE_TIME: Duration = Duration::from_secs(600);
/// A peer that does not take a message within this time is closed.
const WRITE_TIME: Duration = Duration::from_secs(10);
/// Time to write what is left and to let the peer read it, once nothing more is read.
const LINGER_TIME: Duration = Duration::from_secs(10);
/// A peer that does not acknowledge what was sent within this time is gone.
const ACKNOWLEDGE_TIME: Duration = Duration::from_secs(60);
/// Time to open a connection.
const CONNECT_TIME: Duration = Duration::from_secs(5);
/// Pause after an accept that failed, for want of descriptors say.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);
/// Bytes read at once.
const READ_BYTES: usize = 4_096;

/// What all connection tasks share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) connections: Arc<Connections>,
    pub(crate) to_signalling: mpsc::Sender<FromStream>,
    pub(crate) wake: Arc<Wake>,
    pub(crate) places: Arc<Places>,
}

impl Shared {
    async fn tell(&self, message: FromStream) {
        // Without a signalling thread the process is ending.
        if self.to_signalling.send(message).await.is_ok() {
            self.wake.wake();
        }
    }
}

/// Spawns what accepts connections.
pub(crate) fn listen(
    shared: &Shared,
    listeners: Vec<(ListenerId, std::net::TcpListener)>,
) -> std::io::Result<()> {
    for (id, listener) in listeners {
        let listener = TcpListener::from_std(listener)?;
        tokio::spawn(accept(shared.clone(), listener, id));
    }
    Ok(())
}

/// Accepts connections until the process ends.
async fn accept(shared: Shared, listener: TcpListener, id: ListenerId) {
    let bound = listener.local_addr();
    let everywhere = bound.is_ok_and(|bound| bound.ip().is_unspecified());
    loop {
        match listener.accept().await {
            Ok((stream, remote)) => match shared.places.take(remote) {
                Some(place) => {
                    let (connection, queue) = shared.connections.enter();
                    let local = stream.local_addr().ok();
                    let local = local.map(|local| local.ip()).filter(|_| everywhere);
                    let flow = Flow::tcp(id, remote, connection).at(local);
                    tokio::spawn(serve(shared.clone(), stream, flow, queue, Some(place)));
                }
                None => drop(stream),
            },
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Opens a connection that the exchange needs.
pub(crate) async fn connect(shared: Shared, connect: Connect) {
    let opened = timeout(CONNECT_TIME, TcpStream::connect(connect.flow.remote)).await;
    match opened {
        Ok(Ok(stream)) => serve(shared, stream, connect.flow, connect.queue, None).await,
        Ok(Err(_)) | Err(_) => {
            shared
                .tell(FromStream::ConnectFailed {
                    flow: connect.flow,
                    target: connect.target,
                })
                .await
        }
    }
}

async fn serve(
    shared: Shared,
    stream: TcpStream,
    flow: Flow,
    queue: mpsc::Receiver<Bytes>,
    place: Option<Place>,
) {
    // Who never sends a message does not keep a place, however alive the connection is.
    let first = place.as_ref().map(|_| Instant::now());
    // Small messages that somebody waits for.
    let _wish = stream.set_nodelay(true);
    let _wish = SockRef::from(&stream).set_tcp_user_timeout(Some(ACKNOWLEDGE_TIME));
    let (mut reader, writer) = stream.into_split();
    // Pongs share the writer with what the exchange sends; a peer that floods pings and reads nothing loses its pongs.
    let (pongs, pong_queue) = mpsc::channel(1);
    let used = Used::now();
    let mut writing = pin!(write(writer, queue, pong_queue, &used));
    let read = tokio::select! {
        () = &mut writing => None,
        news = read(&shared, &mut reader, flow, pongs, (first, &used)) => Some(news),
    };
    match read {
        None => {
            if let Transport::Tcp(connection) = flow.transport {
                shared.connections.forget(connection);
            }
            shared.tell(FromStream::Closed(flow)).await;
        }
        Some(news) => {
            // The signalling thread ends the queue when it comes to these news: what was read before is answered first.
            shared.tell(news).await;
            let rest = async {
                writing.await;
                // With bytes unread the kernel would take back what the peer has not read yet.
                discard(&mut reader).await;
            };
            let _deaf = timeout(LINGER_TIME, rest).await;
        }
    }
}

/// When a connection was last used, either way.
struct Used {
    since: Instant,
    millis: AtomicU64,
}

impl Used {
    fn now() -> Self {
        Self {
            since: Instant::now(),
            millis: AtomicU64::new(0),
        }
    }

    fn again(&self) {
        let millis = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.millis.store(millis, Ordering::Relaxed);
    }

    fn last(&self) -> Instant {
        self.since + Duration::from_millis(self.millis.load(Ordering::Relaxed))
    }
}

async fn discard(reader: &mut OwnedReadHalf) {
    let mut buffer = [0; READ_BYTES];
    while matches!(reader.read(&mut buffer).await, Ok(1..)) {}
}

async fn write(
    mut writer: OwnedWriteHalf,
    mut queue: mpsc::Receiver<Bytes>,
    mut pongs: mpsc::Receiver<&'static [u8]>,
    used: &Used,
) {
    loop {
        let written = tokio::select! {
            message = queue.recv() => match message {
                Some(message) => timeout(WRITE_TIME, writer.write_all(&message)).await,
                None => return,
            },
            Some(pong) = pongs.recv() => timeout(WRITE_TIME, writer.write_all(pong)).await,
        };
        if !matches!(written, Ok(Ok(()))) {
            return;
        }
        used.again();
    }
}

/// Reads until nothing more is to be read, and gives the news of that.
async fn read(
    shared: &Shared,
    reader: &mut OwnedReadHalf,
    flow: Flow,
    pongs: mpsc::Sender<&'static [u8]>,
    (mut first, used): (Option<Instant>, &Used),
) -> FromStream {
    let mut framer = Framer::new();
    let mut buffer = BytesMut::with_capacity(READ_BYTES);
    let mut begun = None;
    loop {
        let until = deadline(first.or(begun), used);
        buffer.reserve(READ_BYTES);
        match timeout_at(until, reader.read_buf(&mut buffer)).await {
            Ok(Ok(1..)) => used.again(),
            Err(_) if deadline(first.or(begun), used) > until => continue,
            Ok(Ok(0) | Err(_)) | Err(_) => return FromStream::Closed(flow),
        }
        let mut rest = buffer.split();
        while !rest.is_empty() {
            let taken = framer.push(&rest);
            rest.advance(taken);
            match take_frames(shared, &mut framer, flow, &pongs).await {
                Taken::Messages => first = None,
                Taken::Nothing => {}
                Taken::Garbage(error) => return FromStream::Unframed { flow, error },
            }
        }
        begun = match (framer.is_between_messages(), begun) {
            (true, _) => None,
            (false, None) => Some(Instant::now()),
            (false, begun @ Some(_)) => begun,
        };
    }
}

/// Until when the next bytes must come: soon for a message that is awaited or begun, else before
/// the connection counts as unused.
fn deadline(awaited: Option<Instant>, used: &Used) -> Instant {
    awaited.map_or_else(|| used.last() + IDLE_TIME, |since| since + MESSAGE_TIME)
}

/// What came of the bytes of a stream.
enum Taken {
    /// At least one message.
    Messages,
    /// Pings, pongs, the beginning of a message.
    Nothing,
    /// The stream can no longer be read.
    Garbage(ParseError),
}

/// Passes on what is whole.
async fn take_frames(
    shared: &Shared,
    framer: &mut Framer,
    flow: Flow,
    pongs: &mpsc::Sender<&'static [u8]>,
) -> Taken {
    let mut taken = Taken::Nothing;
    loop {
        match framer.next_frame() {
            Ok(Some(Frame::Message(bytes))) => {
                shared.tell(FromStream::Received { flow, bytes }).await;
                taken = Taken::Messages;
            }
            Ok(Some(Frame::Ping)) => {
                let _flooded = pongs.try_send(PONG);
            }
            Ok(Some(Frame::Pong)) => {}
            Ok(None) => return taken,
            Err(error) => return Taken::Garbage(error),
        }
    }
}

/// Binds a listener for SIP over TCP.
pub(crate) fn bind(address: SocketAddr) -> std::io::Result<std::net::TcpListener> {
    use socket2::{Domain, Socket, Type};
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.bind(&address.into())?;
    socket.listen(256)?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use mio::Poll;

    use super::*;

    /// A connection that we opened, the end of its peer, what it tells and the way to what it sends.
    async fn connection() -> (
        TcpStream,
        mpsc::Receiver<FromStream>,
        impl Fn(&'static [u8]),
    ) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await;
        let (peer, remote) = listener.accept().await.unwrap();
        let (to_signalling, told) = mpsc::channel(8);
        let shared = Shared {
            connections: Arc::new(Connections::default()),
            to_signalling,
            wake: Arc::new(Wake::new(&Poll::new().unwrap()).unwrap()),
            places: Arc::new(Places::default()),
        };
        let (send, queue) = mpsc::channel(8);
        let flow = Flow::tcp(ListenerId(0), remote, sip::ConnectionId(1));
        tokio::spawn(serve(shared, stream.unwrap(), flow, queue, None));
        let send = move |bytes| send.try_send(Bytes::from_static(bytes)).unwrap();
        (peer, told, send)
    }

    #[tokio::test(start_paused = true)]
    async fn connection_that_nobody_uses_is_closed_after_ten_minutes() {
        let (_peer, mut told, _send) = connection().await;
        let opened = Instant::now();

        let news = told.recv().await;

        assert!(matches!(news, Some(FromStream::Closed(_))));
        let open = opened.elapsed();
        assert!((IDLE_TIME..IDLE_TIME + Duration::from_secs(1)).contains(&open));
    }

    #[tokio::test(start_paused = true)]
    async fn connection_by_which_something_is_sent_stays_for_ten_minutes_more() {
        let (_peer, mut told, send) = connection().await;
        let opened = Instant::now();
        let used = Duration::from_secs(400);

        sleep(used).await;
        send(b"\r\n\r\n");
        let news = told.recv().await;

        assert!(matches!(news, Some(FromStream::Closed(_))));
        assert!(opened.elapsed() >= used + IDLE_TIME);
    }
}
