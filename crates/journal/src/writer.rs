use std::time::Duration;

use dispatch::{Moment, Seq};

use crate::{ENTRIES_PER_COMMIT_MAX, Entry, Journal, Order, Report};

/// The least time from one commit to the next.
pub const COMMIT_GAP: Duration = Duration::from_millis(1);

/// When the next commit may begin: at once after a rest, else [`COMMIT_GAP`] after the last one ended.
///
/// Unpaced, a commit is faster than the arrivals and groups nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pacer {
    next: Moment,
}

impl Pacer {
    /// How long to let entries gather; zero when a commit may begin.
    #[must_use]
    pub const fn wait(&self, now: Moment) -> Duration {
        self.next.since(now)
    }

    /// When the next commit may begin.
    #[must_use]
    pub const fn next(&self) -> Moment {
        self.next
    }

    /// A commit ended.
    pub fn committed(&mut self, now: Moment) {
        self.next = now + COMMIT_GAP;
    }
}

/// Carries out orders on a journal, in their order.
///
/// After a failed commit it drops every entry until a snapshot covers all that was dropped: the
/// journal would have a gap.
#[derive(Debug, Default)]
pub struct Writer {
    gathered: Vec<Entry>,
    /// The last entry that was not written, until a snapshot covers it.
    missing: Option<Seq>,
}

impl Writer {
    /// Carries out orders: entries that follow each other in one commit, at most [`ENTRIES_PER_COMMIT_MAX`].
    pub fn carry_out(
        &mut self,
        journal: &mut impl Journal,
        orders: impl IntoIterator<Item = Order>,
        mut report: impl FnMut(Report),
    ) {
        for order in orders {
            match order {
                Order::Append(entry) => {
                    self.gathered.push(entry);
                    if self.gathered.len() >= ENTRIES_PER_COMMIT_MAX {
                        self.commit(journal, &mut report);
                    }
                }
                Order::Snapshot(snapshot) => {
                    self.commit(journal, &mut report);
                    report(match journal.write_snapshot(&snapshot) {
                        Ok(()) => {
                            let through = snapshot.seq;
                            self.missing = self.missing.filter(|missing| *missing > through);
                            Report::SnapshotWritten { through }
                        }
                        Err(error) => Report::SnapshotFailed(error),
                    });
                }
            }
        }
        self.commit(journal, &mut report);
    }

    fn commit(&mut self, journal: &mut impl Journal, report: &mut impl FnMut(Report)) {
        let Some(through) = self.gathered.last().map(|entry| entry.seq) else {
            return;
        };
        if self.missing.is_some() {
            self.missing = Some(through);
        } else {
            report(self.append(journal, through));
        }
        self.gathered.clear();
    }

    fn append(&mut self, journal: &mut impl Journal, through: Seq) -> Report {
        match journal.append(&self.gathered) {
            Ok(()) => Report::Committed { through },
            Err(error) => {
                self.missing = Some(through);
                Report::CommitFailed(error)
            }
        }
    }
}
