//! What happens on one connection: whether a request is under way, who asks, and from when on it is closed.
//!
//! hyper limits the head of a request of HTTP/1.1 alone: a connection that never says which version
//! it speaks, or one of HTTP/2 on which nothing is asked, it keeps for ever.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};

use super::strangers::Progress;

/// How long a client may take from the connection to the whole head of its first request.
pub const FIRST_REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection is kept on which nothing is asked.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a connection is kept on which nobody has asked who is signed in, whatever is asked or left unread on it.
pub const STRANGER_TIMEOUT: Duration = Duration::from_secs(120);

/// How long a stranger who asks too often waits for being told so.
const HELD_BACK: Duration = Duration::from_secs(1);

/// A connection's traffic. Its clones are the same.
#[derive(Clone)]
pub(crate) struct Traffic(Arc<Shared>);

struct Shared {
    asks: Asks,
    state: Mutex<State>,
    /// Something changed that may bring the end nearer.
    quiet: Notify,
    /// Told whenever a request was answered, and when somebody asks who is signed in.
    comes: Box<dyn Fn(Progress) + Send + Sync>,
}

struct State {
    opened: Instant,
    asker: Asker,
    requests: Requests,
}

/// Who has asked so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asker {
    /// Nobody who is signed in.
    Stranger,
    /// Nobody who is, and that too often: no more is answered here.
    HeldBack,
    /// Somebody who is.
    Known,
}

/// For whom a connection asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asks {
    /// Whoever opened it.
    ForOne,
    /// All behind a proxy: what one of them does ends it for nobody else.
    ForMany,
}

/// Which requests there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Requests {
    /// None came yet.
    None,
    /// So many are under way.
    Running(usize),
    /// None is under way since then.
    Quiet(Instant),
}

impl Traffic {
    /// A connection that was opened now. `comes` is told how far it has come.
    pub(super) fn opened(asks: Asks, comes: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        Self(Arc::new(Shared {
            asks,
            state: Mutex::new(State {
                opened: Instant::now(),
                asker: Asker::Stranger,
                requests: Requests::None,
            }),
            quiet: Notify::new(),
            comes: Box::new(comes),
        }))
    }

    /// Somebody who is signed in has asked.
    pub(crate) fn is_known(&self) {
        self.lock().asker = Asker::Known;
        (self.0.comes)(Progress::Known);
    }

    /// Somebody who is not signed in asks too often: the connection ends with the answers that are
    /// under way, and the one to this request comes late. A flood costs its sender a connection for
    /// each of a few requests, and a second.
    pub(crate) async fn hold_back(&self) {
        match self.0.asks {
            Asks::ForMany => {}
            Asks::ForOne => {
                {
                    let mut state = self.lock();
                    if state.asker == Asker::Known {
                        return;
                    }
                    state.asker = Asker::HeldBack;
                }
                self.0.quiet.notify_one();
                sleep(HELD_BACK).await;
            }
        }
    }

    /// A request begins. It is under way until its answer was handed over or given up.
    pub(super) fn begins(&self) -> Running {
        let mut state = self.lock();
        let running = match state.requests {
            Requests::None | Requests::Quiet(_) => 1,
            Requests::Running(running) => running + 1,
        };
        state.requests = Requests::Running(running);
        Running(self.clone())
    }

    /// Waits until the connection has to be closed.
    pub(super) async fn is_over(&self) {
        loop {
            let quiet = self.0.quiet.notified();
            let until = self.lock().ends();
            tokio::select! {
                () = sleep_until_some(until) => {
                    if self.lock().ends().is_some_and(|ends| ends <= Instant::now()) {
                        return;
                    }
                }
                () = quiet => {}
            }
        }
    }

    /// Nothing under this lock panics half way.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// When it is closed if nothing happens; never while somebody who is signed in waits for an answer.
    fn ends(&self) -> Option<Instant> {
        let quiet = match self.requests {
            Requests::None => Some(self.opened + FIRST_REQUEST_TIMEOUT),
            Requests::Running(_) => None,
            Requests::Quiet(since) => Some(since + IDLE_TIMEOUT),
        };
        match self.asker {
            Asker::Known => quiet,
            Asker::HeldBack => Some(self.opened),
            Asker::Stranger => {
                let life = self.opened + STRANGER_TIMEOUT;
                Some(quiet.map_or(life, |quiet| quiet.min(life)))
            }
        }
    }
}

async fn sleep_until_some(until: Option<Instant>) {
    match until {
        Some(until) => sleep_until(until).await,
        None => std::future::pending().await,
    }
}

/// A request that is under way.
pub(super) struct Running(Traffic);

impl Running {
    /// Is under way until the body of its answer was handed over.
    pub(super) fn carry(self, body: Body) -> Body {
        Body::new(Carried {
            body,
            _running: self,
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        if let Requests::Running(running) = state.requests {
            state.requests = match running.checked_sub(1) {
                None | Some(0) => Requests::Quiet(Instant::now()),
                Some(others) => Requests::Running(others),
            };
        }
        drop(state);
        (self.0.0.comes)(Progress::Answered);
        self.0.0.quiet.notify_one();
    }
}

struct Carried {
    body: Body,
    _running: Running,
}

impl HttpBody for Carried {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How long a connection lasts on which this happens.
    async fn lasts(happens: impl AsyncFnOnce(Traffic)) -> Duration {
        let traffic = Traffic::opened(Asks::ForOne, |_| {});
        let opened = Instant::now();
        tokio::join!(traffic.is_over(), happens(traffic.clone()));
        opened.elapsed()
    }

    async fn seconds(seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_too_often_is_told_late_and_asks_no_more_here() {
        let traffic = Traffic::opened(Asks::ForOne, |_| {});
        let opened = Instant::now();
        let _running = traffic.begins();

        tokio::join!(traffic.hold_back(), async {
            traffic.is_over().await;
            assert_eq!(opened.elapsed(), Duration::ZERO);
        });

        assert_eq!(opened.elapsed(), HELD_BACK);
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_signed_in_loses_no_connection_by_what_a_stranger_asks_on_it() {
        let lasted = lasts(async |traffic| {
            traffic.is_known();
            traffic.hold_back().await;
        })
        .await;

        assert_eq!(lasted, FIRST_REQUEST_TIMEOUT);
    }

    #[tokio::test(start_paused = true)]
    async fn proxy_loses_no_connection_for_one_who_asks_too_often() {
        let traffic = Traffic::opened(Asks::ForMany, |_| {});
        let opened = Instant::now();

        traffic.hold_back().await;
        assert_eq!(opened.elapsed(), Duration::ZERO);
        traffic.is_over().await;

        assert_eq!(opened.elapsed(), FIRST_REQUEST_TIMEOUT);
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_nothing_is_given_up_soon() {
        let lasted = lasts(async |_| {}).await;

        assert_eq!(lasted, FIRST_REQUEST_TIMEOUT);
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_nothing_more_is_given_up_later() {
        let lasted = lasts(async |traffic| {
            seconds(5).await;
            drop(traffic.begins());
            seconds(30).await;
            drop(traffic.begins());
        });

        assert_eq!(lasted.await, Duration::from_secs(35) + IDLE_TIMEOUT);
    }

    #[tokio::test(start_paused = true)]
    async fn stranger_who_leaves_answers_unread_is_given_up() {
        let traffic = Traffic::opened(Asks::ForOne, |_| {});
        let (opened, _unread) = (Instant::now(), traffic.begins());
        traffic.is_over().await;
        assert_eq!(opened.elapsed(), STRANGER_TIMEOUT);
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_known_keeps_a_stream_for_a_shift() {
        const SHIFT_SECONDS: u64 = 12 * 60 * 60;
        let lasted = lasts(async |traffic| {
            let feed = traffic.begins();
            traffic.is_known();
            seconds(SHIFT_SECONDS).await;
            drop(feed);
        });

        assert_eq!(
            lasted.await,
            Duration::from_secs(SHIFT_SECONDS) + IDLE_TIMEOUT
        );
    }
}
