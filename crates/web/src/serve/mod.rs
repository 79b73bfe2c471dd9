//! The listener: HTTP in clear text on loopback, HTTPS elsewhere.

mod proxies;
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
use crate::places::{NoPlace, Places};

pub use self::proxies::Proxies;
pub(crate) use self::traffic::Traffic;
pub use self::traffic::{FIRST_REQUEST_TIMEOUT, IDLE_TIMEOUT, STRANGER_TIMEOUT};

/// How many connections may be open at once.
pub const CONNECTIONS_MAX: usize = 4_096;
/// How many of them may come from one network: 24 bits of an IPv4 address, 56 of an IPv6 address. Proxies that are believed count by whom they speak for,
/// request by request, and have as many as there are.
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
/// How often it is told at most that connections are refused.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// Serves in clear text until the process ends: on loopback alone.
pub async fn serve(listener: TcpListener, router: Router, proxies: Proxies) {
    accept(listener, Served { router, proxies }, None).await;
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
    accept(listener, Served { router, proxies }, Some(acceptor)).await;
}

/// What is served, and who is believed to speak for others.
#[derive(Clone)]
struct Served {
    router: Router,
    proxies: Proxies,
}

async fn accept(listener: TcpListener, served: Served, tls: Option<TlsAcceptor>) {
    let mut told = None;
    let places = Places::new(CONNECTIONS_MAX, CONNECTIONS_OF_NETWORK_MAX);
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
        let place = if served.proxies.include(address.ip()) {
            places.take_of_all()
        } else {
            places.take(network_of(address.ip()))
        };
        let place = match place {
            Ok(place) => place,
            Err(no) => {
                if told.is_none_or(|at: Instant| at.elapsed() >= TOLD_EVERY) {
                    told = Some(Instant::now());
                    tell(no);
                }
                continue;
            }
        };
        // Changes are small and late ones are no use.
        let _slower = stream.set_nodelay(true);
        let (served, tls) = (served.clone(), tls.clone());
        tokio::spawn(async move {
            let mut stream = TimeoutWriter::new(stream);
            stream.set_timeout(Some(WRITE_TIMEOUT));
            let stream = Box::pin(stream);
            match tls {
                None => serve_one(stream, address.ip(), served).await,
                // Who does not shake hands is no fault of ours.
                Some(tls) => {
                    if let Ok(Ok(stream)) = timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await {
                        serve_one(stream, address.ip(), served).await;
                    }
                }
            }
            drop(place);
        });
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

async fn serve_one<S>(stream: S, from: IpAddr, served: Served)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let traffic = Traffic::opened();
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
