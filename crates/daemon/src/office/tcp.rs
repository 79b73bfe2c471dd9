//! SIP over TCP: tasks that only frame, each with bounded queues, so that a peer costs its own connection and nothing else.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use sip::framing::{Frame, Framer, PONG};
use sip::{ConnectionId, Flow, ListenerId, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::places::{Place, Places};
use crate::signalling::{Connect, Connections, FromStream, Wake};

/// A message that was begun must be whole within this time, and so must the first one of a connection that we accepted.
const MESSAGE_TIME: Duration = Duration::from_secs(20);
/// A connection on which nothing comes for so long is closed; phones and trunks refresh more often.
const IDLE_TIME: Duration = Duration::from_secs(600);
/// A peer that does not take a message within this time is closed.
const WRITE_TIME: Duration = Duration::from_secs(10);
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

/// Accepts connections until the process ends.
pub(crate) async fn accept(shared: Shared, listener: TcpListener, id: ListenerId) {
    loop {
        match listener.accept().await {
            Ok((stream, remote)) => match shared.places.take(remote) {
                Some(place) => {
                    let (connection, queue) = shared.connections.enter();
                    let flow = Flow::tcp(id, remote, connection);
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
    let (reader, writer) = stream.into_split();
    // Pongs share the writer with what the exchange sends; a peer that floods pings and reads nothing loses its pongs.
    let (pongs, pong_queue) = mpsc::channel(1);
    tokio::select! {
        () = write(writer, queue, pong_queue) => {}
        () = read(&shared, reader, flow, pongs, first) => {}
    }
    if let Transport::Tcp(connection) = flow.transport {
        forget(&shared, connection);
    }
    shared.tell(FromStream::Closed(flow)).await;
}

fn forget(shared: &Shared, connection: ConnectionId) {
    shared.connections.forget(connection);
}

async fn write(
    mut writer: tokio::net::tcp::OwnedWriteHalf,
    mut queue: mpsc::Receiver<Bytes>,
    mut pongs: mpsc::Receiver<&'static [u8]>,
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
    }
}

async fn read(
    shared: &Shared,
    mut reader: tokio::net::tcp::OwnedReadHalf,
    flow: Flow,
    pongs: mpsc::Sender<&'static [u8]>,
    first: Option<Instant>,
) {
    let mut framer = Framer::new();
    let mut buffer = BytesMut::with_capacity(READ_BYTES);
    let mut first = first;
    let mut begun = None;
    loop {
        let deadline = first
            .or(begun)
            .map_or_else(|| Instant::now() + IDLE_TIME, |begun| begun + MESSAGE_TIME);
        buffer.reserve(READ_BYTES);
        match timeout_at(deadline, reader.read_buf(&mut buffer)).await {
            Ok(Ok(1..)) => {}
            Ok(Ok(0) | Err(_)) | Err(_) => return,
        }
        let mut rest = buffer.split();
        while !rest.is_empty() {
            let taken = framer.push(&rest);
            rest.advance(taken);
            match take_frames(shared, &mut framer, flow, &pongs).await {
                Taken::Messages => first = None,
                Taken::Nothing => {}
                Taken::Garbage => return,
            }
        }
        begun = match (framer.is_between_messages(), begun) {
            (true, _) => None,
            (false, None) => Some(Instant::now()),
            (false, begun @ Some(_)) => begun,
        };
    }
}

/// What came of the bytes of a stream.
enum Taken {
    /// At least one message.
    Messages,
    /// Pings, pongs, the beginning of a message.
    Nothing,
    /// The stream can no longer be read.
    Garbage,
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
            Err(_) => return Taken::Garbage,
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
