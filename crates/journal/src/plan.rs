use std::time::Duration;

use dispatch::{Moment, Seq};

/// How often a snapshot is written, whether or not anything changed: nothing on disk tells by its
/// time of a single contact. (DESIGN §7.3)
pub const SNAPSHOT_EVERY: Duration = Duration::from_secs(60);
/// The number of entries after which a snapshot is written whatever the time: deleting so many holds the journal's
/// thread back no longer than the snapshot of ten thousand contacts does.
pub const SNAPSHOT_ENTRIES: u64 = 20_000;
/// How long a snapshot that failed is left alone.
pub const SNAPSHOT_RETRY: Duration = Duration::from_secs(60);

/// When a snapshot is due: with every whole [`SNAPSHOT_EVERY`], at [`SNAPSHOT_ENTRIES`], and after a
/// replay.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The last entry that a snapshot covers or will cover.
    covered: Seq,
    last: Seq,
    /// When the next one is due.
    next: Moment,
    /// What was replayed need not be replayed again.
    replayed: bool,
    writing: Option<Ordered>,
    not_before: Moment,
}

/// A snapshot that is being written.
#[derive(Clone, Copy, Debug)]
struct Ordered {
    /// The last entry that the one before it covers.
    before: Seq,
    /// Whether it covers entries that were replayed.
    replayed: bool,
}

impl Plan {
    pub(crate) fn new(covered: Seq, now: Moment) -> Self {
        Self {
            covered,
            last: covered,
            next: after(now),
            replayed: false,
            writing: None,
            not_before: now,
        }
    }

    /// A replay ended at this entry.
    pub(crate) fn replayed(&mut self, last: Seq) {
        self.replayed = last > self.covered;
        self.last = self.last.max(last);
    }

    /// An entry was applied.
    pub(crate) const fn applied(&mut self, seq: Seq) {
        self.last = seq;
    }

    /// A snapshot was ordered.
    pub(crate) fn ordered(&mut self, now: Moment) {
        self.writing = Some(Ordered {
            before: self.covered,
            replayed: std::mem::take(&mut self.replayed),
        });
        self.covered = self.last;
        self.next = after(now);
    }

    /// It was written.
    pub(crate) const fn written(&mut self) {
        self.writing = None;
    }

    /// It was not written.
    pub(crate) fn failed(&mut self, now: Moment) {
        if let Some(Ordered { before, replayed }) = self.writing.take() {
            self.covered = before;
            self.replayed |= replayed;
            self.not_before = now + SNAPSHOT_RETRY;
        }
    }

    /// When a snapshot is due.
    pub(crate) fn due(&self) -> Option<Moment> {
        if self.writing.is_some() {
            return None;
        }
        let full = self.last.0 - self.covered.0 >= SNAPSHOT_ENTRIES;
        if full || self.replayed {
            return Some(self.not_before);
        }
        Some(self.next.max(self.not_before))
    }
}

/// The first whole [`SNAPSHOT_EVERY`] after this moment.
fn after(now: Moment) -> Moment {
    let into_it = now.as_micros() % SNAPSHOT_EVERY.as_micros() as u64;
    now + SNAPSHOT_EVERY - Duration::from_micros(into_it)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_micros(1_000_000_000_000_000);

    /// A whole minute.
    const MINUTE: Moment = Moment::from_micros(1_000_000_020_000_000);

    #[test]
    fn snapshot_is_due_with_every_minute_whether_or_not_anything_changed() {
        let mut plan = Plan::new(Seq(7), NOW);

        let first = plan.due();
        plan.ordered(MINUTE + Duration::from_millis(3));
        let meanwhile = plan.due();
        plan.written();

        assert_eq!(first, Some(MINUTE));
        assert_eq!(meanwhile, None);
        assert_eq!(plan.due(), Some(MINUTE + SNAPSHOT_EVERY));
    }

    #[test]
    fn entries_move_no_snapshot() {
        let mut plan = Plan::new(Seq(0), NOW);

        plan.applied(Seq(1));
        plan.applied(Seq(SNAPSHOT_ENTRIES - 1));

        assert_eq!(plan.due(), Some(MINUTE));
    }

    #[test]
    fn so_many_entries_call_for_a_snapshot() {
        let mut plan = Plan::new(Seq(5), NOW);

        plan.applied(Seq(5 + SNAPSHOT_ENTRIES));

        assert_eq!(plan.due(), Some(NOW));
    }

    #[test]
    fn replayed_entries_call_for_a_snapshot_at_once() {
        let mut plan = Plan::new(Seq(3), NOW);

        plan.replayed(Seq(3));
        let without_tail = plan.due();
        plan.replayed(Seq(4));
        let with_tail = plan.due();
        plan.ordered(NOW);
        plan.written();

        assert_eq!((without_tail, with_tail), (Some(MINUTE), Some(NOW)));
        assert_eq!(plan.due(), Some(MINUTE));
    }

    #[test]
    fn failed_snapshot_is_tried_again_after_a_minute() {
        for replayed in [Seq(0), Seq(4)] {
            let mut plan = Plan::new(Seq(0), NOW);
            plan.replayed(replayed);
            plan.ordered(NOW);
            assert_eq!(plan.due(), None);

            plan.failed(NOW);

            assert_eq!(plan.due(), Some(NOW + SNAPSHOT_RETRY));
        }
    }

    #[test]
    fn entries_that_a_failed_snapshot_was_to_cover_count_on() {
        let mut plan = Plan::new(Seq(0), NOW);
        plan.applied(Seq(SNAPSHOT_ENTRIES - 1));
        plan.ordered(MINUTE);
        plan.failed(MINUTE);

        plan.applied(Seq(SNAPSHOT_ENTRIES));

        assert_eq!(plan.due(), Some(MINUTE + SNAPSHOT_RETRY));
    }
}
