//! The listener: HTTP in clear text on loopback, HTTPS elsewhere.

mod proxies;
mod strangers;
mod traffic;

use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::time::{Instant, timeout};
use tokio_io_timeout::TimeoutWriter;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::identity::Peer;
use crate::network::network_of;
use crate::places::{NoPlace, Place, Places};

pub use self::proxies::Proxies;
use self::strangers::{Progress, Room, Stranger, Strangers};
use self::traffic::Asks;
pub(crate) use self::traffic::Traffic;
pub use self::traffic::{FIRST_REQUEST_TIMEOUT, IDLE_TIMEOUT, STRANGER_TIMEOUT};

/// How many connections may be open at once.
pub const CONNECTIONS_MAX: usize = 4_096;
/// How many of them may come from one network: 24 bits of an IPv4 address, 56 of an IPv6 address.
/// Proxies that are believed count by whom they speak for, request by request, and have as many as
/// there are.
pub const CONNECTIONS_OF_NETWORK_MAX: usize = 1_024;
/// How long a client may take to shake hands.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client may take for the head of a request of HTTP/1.1, and for the answer to a ping of HTTP/2.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a client may leave unread what was sent to it.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a connection that is closed may take for what is under way on it.
pub const GRACE: Duration = Duration::from_secs(5);
/// Bytes of the head of a request.
pub const HEAD_BYTES_MAX: u32 = 32 * 1024;
/// How many requests may run on one connection of HTTP/2.
pub const STREAMS_MAX: u32 = 64;
/// How long the listener rests after it failed.
const REST: Duration = Duration::from_millis(100);
/// How often it is told at most that connections are refused, and that they give way.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// Serves in clear text until the process ends: on loopback alone.
pub async fn serve(listener: TcpListener, router: Router, proxies: Proxies) {
    let doors = Doors::new(CONNECTIONS_MAX, CONNECTIONS_OF_NETWORK_MAX);
    accept(listener, doors, Served { router, proxies }, None).await;
}

/// Serves HTTPS until the process ends. Browsers are told to come by HTTPS alone from then on.
pub async fn serve_tls(
    listener: TcpListener,
    router: Router,
    proxies: Proxies,
    config: ServerConfig,
) {
    let strict = SetResponseHeaderLayer::overriding(
        header::STRICT_TRANSPORT_SECURITY,
        HeaderValue::from_static("max-age=31536000"),
    );
    let router = router.layer(strict);
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let doors = Doors::new(CONNECTIONS_MAX, CONNECTIONS_OF_NETWORK_MAX);
    accept(listener, doors, Served { router, proxies }, Some(acceptor)).await;
}

/// What is served, and who is believed to speak for others.
#[derive(Clone)]
struct Served {
    router: Router,
    proxies: Proxies,
}

async fn accept(listener: TcpListener, mut doors: Doors, served: Served, tls: Option<TlsAcceptor>) {
    loop {
        let (stream, address) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "the web listener failed");
                tokio::time::sleep(REST).await;
                continue;
            }
        };
        // One too many is dropped at once: waiting would keep those out who come when a place is free.
        let hold = if served.proxies.include(address.ip()) {
            doors.let_in_proxy(address.ip())
        } else {
            doors.let_in(address.ip())
        };
        let hold = match hold {
            Ok(hold) => hold,
            Err(no) => {
                if doors.refused.is_due(Instant::now()) {
                    tell(no);
                }
                continue;
            }
        };
        // Changes are small and late ones are no use.
        let _slower = stream.set_nodelay(true);
        let (served, tls) = (served.clone(), tls.clone());
        tokio::spawn(async move {
            let hold = Arc::new(hold);
            let mut stream = TimeoutWriter::new(stream);
            stream.set_timeout(Some(WRITE_TIMEOUT));
            let stream = Box::pin(stream);
            let serving = async {
                match tls {
                    None => serve_one(stream, address.ip(), served, hold.clone()).await,
                    // Who does not shake hands is no fault of ours.
                    Some(tls) => {
                        if let Ok(Ok(stream)) = timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await
                        {
                            serve_one(stream, address.ip(), served, hold.clone()).await;
                        }
                    }
                }
            };
            tokio::select! {
                () = serving => {}
                () = hold.gives_way() => {}
            }
        });
    }
}

/// The places for connections, who may have to give one up again, and when what was told.
struct Doors {
    places: Arc<Places<IpAddr>>,
    strangers: Arc<Strangers>,
    refused: Told,
    gave_way: Told,
}

impl Doors {
    fn new(all: usize, of_network: usize) -> Self {
        Self {
            places: Places::new(all, of_network),
            strangers: Arc::default(),
            refused: Told::default(),
            gave_way: Told::default(),
        }
    }

    fn let_in(&mut self, from: IpAddr) -> Result<Hold, NoPlace> {
        let (network, now) = (network_of(from), Instant::now());
        let place = self.take(network, now, |places| places.take(network))?;
        Ok(Hold::Stranger(self.strangers.enter(network, place, now)))
    }

    fn let_in_proxy(&mut self, from: IpAddr) -> Result<Hold, NoPlace> {
        let network = network_of(from);
        let place = self.take(network, Instant::now(), Places::take_of_all)?;
        Ok(Hold::Proxy(place))
    }

    /// Takes a place. Where none is left, a stranger of another network gives way.
    fn take(
        &mut self,
        network: IpAddr,
        now: Instant,
        take: impl Fn(&Arc<Places<IpAddr>>) -> Result<Place<IpAddr>, NoPlace>,
    ) -> Result<Place<IpAddr>, NoPlace> {
        let taken = take(&self.places);
        if !matches!(taken, Err(NoPlace::Left)) {
            return taken;
        }
        let Room::Made { held } = self.strangers.make_room(network, now) else {
            return taken;
        };
        if self.gave_way.is_due(now) {
            tracing::warn!(
                held,
                "{CONNECTIONS_MAX} web connections are open: those of strangers give way to newcomers, first of the network that holds most"
            );
        }
        take(&self.places)
    }
}

/// When something was told that is told rarely.
#[derive(Default)]
struct Told(Option<Instant>);

impl Told {
    /// Whether it is to be told again, which it then counts as.
    fn is_due(&mut self, now: Instant) -> bool {
        let is_due = self.0.is_none_or(|at| now.duration_since(at) >= TOLD_EVERY);
        if is_due {
            self.0 = Some(now);
        }
        is_due
    }
}

/// What a connection holds for as long as it lasts.
pub(crate) enum Hold {
    /// A place that it may have to give up.
    Stranger(Stranger),
    /// The place of a proxy, which speaks for many.
    Proxy(#[expect(dead_code, reason = "given back when it is dropped")] Place<IpAddr>),
}

impl Hold {
    /// For whom the connection asks.
    fn asks(&self) -> Asks {
        match self {
            Self::Stranger(_) => Asks::ForOne,
            Self::Proxy(_) => Asks::ForMany,
        }
    }

    /// The connection has come so far.
    fn comes(&self, progress: Progress) {
        match self {
            Self::Stranger(stranger) => stranger.comes(progress),
            Self::Proxy(_) => {}
        }
    }

    /// Waits until the connection has to give way.
    async fn gives_way(&self) {
        match self {
            Self::Stranger(stranger) => stranger.gives_way().await,
            Self::Proxy(_) => std::future::pending().await,
        }
    }
}

fn tell(no: NoPlace) {
    match no {
        NoPlace::Left => {
            tracing::warn!("{CONNECTIONS_MAX} web connections are open: more are refused");
        }
        NoPlace::ForOne => tracing::warn!(
            "one network has {CONNECTIONS_OF_NETWORK_MAX} web connections open: more of its own are refused"
        ),
    }
}

async fn serve_one<S>(stream: S, from: IpAddr, served: Served, hold: Arc<Hold>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let traffic = Traffic::opened(hold.asks(), move |progress| hold.comes(progress));
    let of_requests = traffic.clone();
    let service = tower::service_fn(move |mut request: Request<_>| {
        let peer = Peer(served.proxies.peer(from, request.headers()));
        request.extensions_mut().insert(peer);
        request.extensions_mut().insert(of_requests.clone());
        let running = of_requests.begins();
        let answer = served.router.clone().oneshot(request);
        async move {
            let answer: Response = answer.await?;
            Ok::<_, Infallible>(answer.map(|body: Body| running.carry(body)))
        }
    });
    let builder = builder();
    let mut connection =
        pin!(builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service)));
    // A client that breaks off is no fault of ours.
    tokio::select! {
        _broken = connection.as_mut() => return,
        () = traffic.is_over() => connection.as_mut().graceful_shutdown(),
    }
    let _broken = timeout(GRACE, connection).await;
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_BYTES_MAX as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(HEAD_BYTES_MAX)
        .keep_alive_interval(HEAD_TIMEOUT);
    builder
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpSocket, TcpStream};

    use super::*;

    async fn connection(network: u8, to: SocketAddr) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        let from = SocketAddr::from(([127, 7, network, 1], 0));
        socket.bind(from).unwrap();
        socket.connect(to).await.unwrap()
    }

    #[test]
    fn addresses_of_one_network_share_its_places() {
        let mut doors = Doors::new(8, 1);
        let mut let_in = |from: &str| doors.let_in(from.parse().unwrap());

        for [first, of_same, of_other] in [
            ["192.0.2.1", "192.0.2.200", "192.0.3.1"],
            ["2001:db8:0:100::", "2001:db8:0:1ff::", "2001:db8:0:200::"],
        ] {
            let _hers = let_in(first).unwrap();

            assert_eq!(let_in(of_same).err(), Some(NoPlace::ForOne), "{of_same}");
            assert!(let_in(of_other).is_ok(), "{of_other}");
        }
    }

    /// Pages behind so many doors, one for each network.
    async fn pages(doors: usize) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let pages = listener.local_addr().unwrap();
        let router = Router::new().route("/", get(|| async { "there" }));
        let proxies = Proxies::none();
        let doors = Doors::new(doors, 1);
        tokio::spawn(accept(listener, doors, Served { router, proxies }, None));
        pages
    }

    /// Whether a page is answered that is asked for on this connection.
    async fn is_answered(connection: &mut TcpStream) -> bool {
        let asked = connection.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        let mut answer = [0; 1_024];
        match asked.await {
            Ok(()) => match connection.read(&mut answer).await {
                Ok(length) => answer[..length].starts_with(b"HTTP/1.1 200 "),
                Err(_cut_off) => false,
            },
            Err(_cut_off) => false,
        }
    }

    #[tokio::test]
    async fn networks_that_are_silent_in_all_places_give_way_to_another() {
        let pages = pages(4).await;
        let mut silent = Vec::new();
        for network in 1..=4 {
            silent.push(connection(network, pages).await);
        }

        let mut other = connection(9, pages).await;

        assert!(is_answered(&mut other).await);
        let given_up = silent[0].read(&mut [0]).await;
        assert!(!matches!(given_up, Ok(1..)));
    }

    #[tokio::test]
    async fn whoever_still_shakes_hands_is_answered_while_others_come_and_ask() {
        let pages = pages(4).await;
        let mut others = Vec::new();
        for network in 1..=4 {
            let mut other = connection(network, pages).await;
            assert!(is_answered(&mut other).await);
            others.push(other);
        }

        let mut slow = connection(9, pages).await;
        for network in 10..=12 {
            let mut other = connection(network, pages).await;
            assert!(is_answered(&mut other).await);
            others.push(other);
        }

        assert!(is_answered(&mut slow).await);
    }
}
