//! Every timer of the endpoint in one ordered structure.

use std::collections::BTreeMap;
use std::time::Instant;

/// A timer that was set, to stop it by.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Ord, PartialOrd)]
pub(crate) struct TimerHandle {
    at: Instant,
    serial: u64,
}

/// Timers in the order of their time; those of the same instant in the order they were set.
pub(crate) struct Timers<T> {
    due: BTreeMap<TimerHandle, T>,
    serial: u64,
}

impl<T> Timers<T> {
    pub(crate) const fn new() -> Self {
        Self {
            due: BTreeMap::new(),
            serial: 0,
        }
    }

    /// Sets a timer. O(log n).
    pub(crate) fn set(&mut self, at: Instant, what: T) -> TimerHandle {
        self.serial += 1;
        let handle = TimerHandle {
            at,
            serial: self.serial,
        };
        self.due.insert(handle, what);
        handle
    }

    /// Stops a timer; one that already fired is no error. O(log n).
    pub(crate) fn stop(&mut self, handle: TimerHandle) {
        self.due.remove(&handle);
    }

    /// When the next timer fires.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.due.keys().next().map(|handle| handle.at)
    }

    /// Takes the next timer that is due at `now`.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<T> {
        let entry = self.due.first_entry()?;
        (entry.key().at <= now).then(|| entry.remove())
    }

    pub(crate) fn len(&self) -> usize {
        self.due.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    #[allow(clippy::disallowed_methods, reason = "an Instant has no other origin")]
    fn timers_fire_in_the_order_of_their_time() {
        let start = Instant::now();
        let mut timers = Timers::new();
        timers.set(start + Duration::from_secs(2), "second");
        timers.set(start + Duration::from_secs(1), "first");
        timers.set(start + Duration::from_secs(2), "third");

        let later = start + Duration::from_secs(3);

        assert_eq!(timers.next(), Some(start + Duration::from_secs(1)));
        assert_eq!(timers.take_due(start), None);
        assert_eq!(timers.take_due(later), Some("first"));
        assert_eq!(timers.take_due(later), Some("second"));
        assert_eq!(timers.take_due(later), Some("third"));
        assert_eq!(timers.take_due(later), None);
    }
}
