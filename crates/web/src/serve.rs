//! The listener: HTTP in clear text on loopback, HTTPS elsewhere.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderValue, header};
use axum::{Extension, Router};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsAcceptor;
use tower::Layer as _;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::identity::Peer;
use crate::places::{NoPlace, Places};

/// How many connections may be open at once.
pub const CONNECTIONS_MAX: usize = 4_096;
/// How many of them may come from one address.
pub const CONNECTIONS_OF_ADDRESS_MAX: usize = 1_024;
/// How long a client may take for the head of a request, the wait for its next one on the same connection included.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a client may take to shake hands.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How many requests may run on one connection of HTTP/2.
pub const STREAMS_MAX: u32 = 64;
/// How long the listener rests after it failed.
const REST: Duration = Duration::from_millis(100);
/// How often it is told at most that connections are refused.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// Serves in clear text until the process ends: on loopback alone.
pub async fn serve(listener: TcpListener, router: Router) {
    accept(listener, router, None).await;
}

/// Serves HTTPS until the process ends. Browsers are told to come by HTTPS alone from then on.
pub async fn serve_tls(listener: TcpListener, router: Router, config: ServerConfig) {
    let strict = SetResponseHeaderLayer::overriding(
        header::STRICT_TRANSPORT_SECURITY,
        HeaderValue::from_static("max-age=31536000"),
    );
    let acceptor = TlsAcceptor::from(Arc::new(config));
    accept(listener, router.layer(strict), Some(acceptor)).await;
}

async fn accept(listener: TcpListener, router: Router, tls: Option<TlsAcceptor>) {
    let mut told = None;
    let places = Places::new(CONNECTIONS_MAX, CONNECTIONS_OF_ADDRESS_MAX);
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
        let place = match places.take(address.ip()) {
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
        let (router, tls) = (router.clone(), tls.clone());
        tokio::spawn(async move {
            let peer = Peer(address.ip());
            match tls {
                None => serve_one(stream, peer, router).await,
                // Who does not shake hands is no fault of ours.
                Some(tls) => {
                    if let Ok(Ok(stream)) = timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await {
                        serve_one(stream, peer, router).await;
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
            "one address has {CONNECTIONS_OF_ADDRESS_MAX} web connections open: more of its own are refused"
        ),
    }
}

async fn serve_one<S>(stream: S, peer: Peer, router: Router)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .keep_alive_interval(HEAD_TIMEOUT);
    let service = TowerToHyperService::new(Extension(peer).layer(router));
    // A client that breaks off is no fault of ours.
    let _broken = builder
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
