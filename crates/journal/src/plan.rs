use std::time::Duration;

use dispatch::{Moment, Seq};

/// The longest time that an entry stays in the journal.
pub const SNAPSHOT_EVERY: Duration = Duration::from_secs(15 * 60);
/// The number of entries after which a snapshot is written whatever the time.
pub const SNAPSHOT_ENTRIES: u64 = 100_000;
/// The least time between two snapshots that are written because no contact is live.
pub const SNAPSHOT_GAP: Duration = Duration::from_secs(1);
/// How long a snapshot that failed is left alone.
pub const SNAPSHOT_RETRY: Duration = Duration::from_secs(60);

/// When a snapshot is due: [`SNAPSHOT_EVERY`] after the first entry that none covers, at
/// [`SNAPSHOT_ENTRIES`], and when no contact is live any more.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The last entry that a snapshot covers or will cover.
    covered: Seq,
    last: Seq,
    oldest_uncovered: Option<Moment>,
    contacts: Contacts,
    writing: Option<Moment>,
    not_before: Moment,
}

/// Whether the journal holds entries of contacts that are all over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Contacts {
    /// No entry that is not covered names a contact.
    None,
    /// At least one contact is live.
    Live,
    /// All that are named are over.
    Over,
}

impl Plan {
    pub(crate) fn new(covered: Seq, now: Moment) -> Self {
        Self {
            covered,
            last: covered,
            oldest_uncovered: None,
            contacts: Contacts::None,
            writing: None,
            not_before: now,
        }
    }

    /// A replay ended at this entry: what it replayed may be old, and need not be replayed again.
    pub(crate) fn replayed(&mut self, last: Seq) {
        if last > self.covered {
            self.last = last;
            self.oldest_uncovered = Some(Moment::ZERO);
        }
    }

    /// An entry was applied, after which so many contacts are live.
    pub(crate) fn applied(&mut self, now: Moment, seq: Seq, live_contacts: usize) {
        self.last = seq;
        self.oldest_uncovered.get_or_insert(now);
        self.contacts = match self.contacts {
            _ if live_contacts > 0 => Contacts::Live,
            Contacts::Live | Contacts::Over => Contacts::Over,
            Contacts::None => Contacts::None,
        };
    }

    /// A snapshot was ordered.
    pub(crate) fn ordered(&mut self, now: Moment) {
        self.covered = self.last;
        self.writing = Some(self.oldest_uncovered.take().unwrap_or(now));
        self.contacts = match self.contacts {
            Contacts::Live => Contacts::Live,
            Contacts::Over | Contacts::None => Contacts::None,
        };
        self.not_before = now + SNAPSHOT_GAP;
    }

    /// It was written.
    pub(crate) fn written(&mut self) {
        self.writing = None;
    }

    /// It was not written.
    pub(crate) fn failed(&mut self, now: Moment) {
        if let Some(oldest) = self.writing.take() {
            self.oldest_uncovered = Some(oldest);
            self.not_before = now + SNAPSHOT_RETRY;
        }
    }

    /// When a snapshot is due.
    pub(crate) fn due(&self) -> Option<Moment> {
        let oldest = self.oldest_uncovered?;
        if self.writing.is_some() {
            return None;
        }
        let full = self.last.0 - self.covered.0 >= SNAPSHOT_ENTRIES;
        let wanted = if full || self.contacts == Contacts::Over {
            oldest
        } else {
            oldest + SNAPSHOT_EVERY
        };
        Some(wanted.max(self.not_before))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_micros(1_000_000_000_000_000);

    #[test]
    fn journal_without_entries_needs_no_snapshot() {
        assert_eq!(Plan::new(Seq(7), NOW).due(), None);
    }

    #[test]
    fn entries_of_a_live_contact_are_kept_for_fifteen_minutes() {
        let mut plan = Plan::new(Seq(0), NOW);

        plan.applied(NOW, Seq(1), 1);
        plan.applied(NOW + SNAPSHOT_GAP, Seq(2), 1);

        assert_eq!(plan.due(), Some(NOW + SNAPSHOT_EVERY));
    }

    #[test]
    fn end_of_the_last_contact_calls_for_a_snapshot_at_once() {
        let mut plan = Plan::new(Seq(0), NOW);

        plan.applied(NOW, Seq(1), 1);
        plan.applied(NOW, Seq(2), 0);

        assert_eq!(plan.due(), Some(NOW));
    }

    #[test]
    fn facts_that_name_no_contact_wait_for_fifteen_minutes() {
        let mut plan = Plan::new(Seq(0), NOW);

        plan.applied(NOW, Seq(1), 0);

        assert_eq!(plan.due(), Some(NOW + SNAPSHOT_EVERY));
    }

    #[test]
    fn hundred_thousand_entries_call_for_a_snapshot() {
        let mut plan = Plan::new(Seq(5), NOW);

        plan.applied(NOW, Seq(5 + SNAPSHOT_ENTRIES - 1), 1);
        let before = plan.due();
        plan.applied(NOW, Seq(5 + SNAPSHOT_ENTRIES), 1);

        assert_eq!(before, Some(NOW + SNAPSHOT_EVERY));
        assert_eq!(plan.due(), Some(NOW));
    }

    #[test]
    fn busy_line_that_empties_every_moment_is_snapshot_once_a_second() {
        let mut plan = Plan::new(Seq(0), NOW);
        plan.applied(NOW, Seq(1), 1);
        plan.applied(NOW, Seq(2), 0);
        plan.ordered(NOW);
        plan.written();

        plan.applied(NOW, Seq(3), 1);
        plan.applied(NOW, Seq(4), 0);

        assert_eq!(plan.due(), Some(NOW + SNAPSHOT_GAP));
    }

    #[test]
    fn replayed_entries_call_for_a_snapshot_at_once() {
        let mut plan = Plan::new(Seq(3), NOW);

        plan.replayed(Seq(3));
        let without_tail = plan.due();
        plan.replayed(Seq(4));

        assert_eq!(without_tail, None);
        assert_eq!(plan.due(), Some(NOW));
    }

    #[test]
    fn failed_snapshot_is_tried_again_after_a_minute() {
        let mut plan = Plan::new(Seq(0), NOW);
        plan.applied(NOW, Seq(1), 0);
        let late = NOW + SNAPSHOT_EVERY;
        plan.ordered(late);
        assert_eq!(plan.due(), None);

        plan.failed(late);

        assert_eq!(plan.due(), Some(late + SNAPSHOT_RETRY));
    }
}
