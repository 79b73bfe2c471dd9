//! Every thread ticks; the service watchdog and the heartbeat are fed only while all of them do.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A thread that has not ticked for so long is stuck.
const STUCK_AFTER: Duration = Duration::from_secs(10);

/// The ticks of all threads.
#[derive(Clone)]
pub(crate) struct Ticks {
    started: Instant,
    threads: Arc<Vec<(&'static str, AtomicU64)>>,
}

/// One thread's tick.
#[derive(Clone)]
pub(crate) struct Tick {
    ticks: Ticks,
    index: usize,
}

impl Ticks {
    pub(crate) fn new(names: Vec<&'static str>) -> Self {
        let threads = names
            .into_iter()
            .map(|name| (name, AtomicU64::new(0)))
            .collect();
        Self {
            started: Instant::now(),
            threads: Arc::new(threads),
        }
    }

    /// The tick of the thread at that place of the list.
    pub(crate) fn of(&self, index: usize) -> Tick {
        Tick {
            ticks: self.clone(),
            index,
        }
    }

    /// The first thread that is stuck.
    pub(crate) fn stuck(&self) -> Option<&'static str> {
        let now = self.started.elapsed().as_millis();
        let stuck = |tick: &AtomicU64| {
            now.saturating_sub(u128::from(tick.load(Ordering::Relaxed))) > STUCK_AFTER.as_millis()
        };
        self.threads
            .iter()
            .find(|(_, tick)| stuck(tick))
            .map(|(name, _)| *name)
    }
}

impl Tick {
    pub(crate) fn tick(&self) {
        let now = u64::try_from(self.ticks.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        if let Some((_, tick)) = self.ticks.threads.get(self.index) {
            tick.store(now, Ordering::Relaxed);
        }
    }
}
