//! The listener: HTTP in clear text on loopback, HTTPS elsewhere.

use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::Layer as _;

use crate::identity::Peer;

/// How many connections may be open at once.
pub const CONNECTIONS_MAX: usize = 4_096;
/// How long a client may take for the head of a request, the wait for its next one on the same connection included.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// How long the listener rests after it failed.
const REST: Duration = Duration::from_millis(100);

/// Serves until the process ends.
pub async fn serve(listener: TcpListener, router: Router) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let (stream, address) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "the web listener failed");
                tokio::time::sleep(REST).await;
                continue;
            }
        };
        let Ok(place) = places.clone().try_acquire_owned() else {
            // Dropped at once: waiting would keep those out who come when a place is free.
            tracing::warn!("{CONNECTIONS_MAX} web connections are open: one more was refused");
            continue;
        };
        let router = router.clone();
        tokio::spawn(async move {
            serve_one(stream, Peer(address.ip()), router).await;
            drop(place);
        });
    }
}

async fn serve_one(stream: TcpStream, peer: Peer, router: Router) {
    // Changes are small and late ones are no use.
    let _slower = stream.set_nodelay(true);
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT);
    let service = TowerToHyperService::new(Extension(peer).layer(router));
    // A client that breaks off is no fault of ours.
    let _broken = builder
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
