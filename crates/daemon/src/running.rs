//! A node that runs: its threads, the signals that end it, and the order in which it ends.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use sip::Protocol;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::office::{self, Office, Opening};
use crate::signalling::{self, Wiring};
use crate::watchdog::Watchdog;

/// How far the threads of the pages step back behind all others, from wherever the process stands.
const NICENESS_OF_PAGES: i32 = 10;
/// What is left of a runtime's work when all is over may take so long.
const ENDS_WITHIN: Duration = Duration::from_secs(2);

/// Where the pages are served: a thousand screens, or a password's hash, take their time from no
/// call, not even on a machine with one core.
fn pages_runtime() -> std::io::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("pages")
        .on_thread_start(|| {
            if let Err(error) = rustix::process::nice(NICENESS_OF_PAGES) {
                tracing::warn!(%error, "a thread of the pages keeps the common priority");
            }
        })
        .enable_all()
        .build()
}

/// A node whose threads are about to run.
pub(crate) struct RunningNode {
    pub(crate) wiring: Wiring,
    pub(crate) opening: Opening,
}

impl RunningNode {
    /// Runs until a signal ends it.
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("office")
            .enable_all()
            .build()?;
        let pages = pages_runtime()?;
        let addresses: BTreeMap<&str, String> = self.addresses();
        let watchdog = Watchdog {
            ticks: self.opening.ticks.clone(),
            media_tick: self.opening.ticks.of(2),
            media: Arc::downgrade(&self.wiring.media),
        };
        let Self { wiring, opening } = self;
        let signalling = std::thread::Builder::new()
            .name("signalling".into())
            .spawn(move || signalling::run(wiring))?;
        watchdog.spawn()?;
        let ended = runtime.block_on(async {
            // Before anybody is told that we are ready: a signal from then on drains.
            let signals = Signals::new()?;
            let (office, acts) = office::open(opening, pages.handle())?;
            tracing::info!(?addresses, "ready");
            let _unwatched = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
            until_stopped(&office, signals).await;
            // While the journal ends.
            acts.flush().await;
            Ok::<_, anyhow::Error>(acts)
        });
        // Nobody does anything more that is audited.
        pages.shutdown_timeout(ENDS_WITHIN);
        let ended = ended.map(|acts| runtime.block_on(acts.keep()));
        let signalling = signalling.join();
        runtime.shutdown_timeout(ENDS_WITHIN);
        ended?;
        match signalling {
            Ok(ended) => ended.context("the signalling thread failed")?,
            Err(_) => bail!("the signalling thread panicked"),
        }
        tracing::info!("ended");
        Ok(ExitCode::SUCCESS)
    }

    fn addresses(&self) -> BTreeMap<&'static str, String> {
        let of = |protocol| {
            let listeners = self
                .opening
                .started
                .listeners
                .iter()
                .filter(move |listener| listener.protocol == protocol);
            listeners
                .map(|listener| listener.local.to_string())
                .collect::<Vec<_>>()
                .join(" ")
        };
        BTreeMap::from([
            ("udp", of(Protocol::Udp)),
            ("tcp", of(Protocol::Tcp)),
            ("metrics", self.opening.started.node.metrics.to_string()),
            (
                "web",
                self.opening
                    .started
                    .node
                    .web
                    .map_or_else(|| "none".to_owned(), |web| web.to_string()),
            ),
        ])
    }
}

/// The signals that end a node.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// The first signal drains, the second stops.
async fn until_stopped(office: &Office, mut signals: Signals) {
    signals.next().await;
    tracing::info!(
        "draining: no new calls are taken, running ones may end; a second signal stops at once"
    );
    let _unwatched = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
    tokio::select! {
        () = office.drain() => {}
        () = signals.next() => tracing::info!("stopping at once"),
    }
    office.stop().await;
}
