//! The exchange's own timers.

use std::collections::BTreeMap;
use std::time::Instant;

/// Deadlines in order of time; a value is kept until it is due or cancelled.
#[derive(Debug)]
pub(crate) struct Timers<T> {
    due: BTreeMap<(Instant, u64), T>,
    next: u64,
}

/// Names one armed timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimerId(Instant, u64);

impl<T> Timers<T> {
    pub(crate) fn new() -> Self {
        Self {
            due: BTreeMap::new(),
            next: 0,
        }
    }

    pub(crate) fn arm(&mut self, at: Instant, timer: T) -> TimerId {
        self.next += 1;
        self.due.insert((at, self.next), timer);
        TimerId(at, self.next)
    }

    pub(crate) fn cancel(&mut self, id: TimerId) {
        self.due.remove(&(id.0, id.1));
    }

    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.due.keys().next().map(|(at, _)| *at)
    }

    /// The first timer due at `now`.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<T> {
        let entry = self.due.first_entry()?;
        (entry.key().0 <= now).then(|| entry.remove())
    }
}
