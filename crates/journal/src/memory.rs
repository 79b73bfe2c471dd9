use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use dispatch::{Moment, Seq};

use crate::{
    Crash, ENTRIES_PER_COMMIT_MAX, Entry, Fate, Journal, JournalError, Loaded, Order, Pacer,
    Report, Saved, Snapshot, TailEntry, Writer,
};

/// A journal in memory that fails as it is told, for simulations.
#[derive(Clone, Debug, Default)]
pub struct MemoryJournal {
    snapshot: Option<Snapshot>,
    entries: BTreeMap<Seq, (Entry, Fate)>,
    crash: Option<Crash>,
    fault: Option<Fault>,
}

/// How every write fails until the fault is lifted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is written.
    Fails,
    /// No room is left: nothing is written.
    Full,
    /// It is written, and the writer is told that it was not.
    FailsButWritten,
}

impl MemoryJournal {
    /// Lets every write fail, or none.
    pub fn set_fault(&mut self, fault: Option<Fault>) {
        self.fault = fault;
    }

    /// The entries that are kept, in order.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values().map(|(entry, _)| entry)
    }

    /// The newest snapshot.
    #[must_use]
    pub const fn snapshot(&self) -> Option<&Snapshot> {
        self.snapshot.as_ref()
    }

    fn write(&mut self, write: impl FnOnce(&mut Self)) -> Result<(), JournalError> {
        let place = String::from("memory");
        match self.fault {
            None => {
                write(self);
                Ok(())
            }
            Some(Fault::FailsButWritten) => {
                write(self);
                Err(JournalError::Failed {
                    place,
                    cause: "not told".into(),
                })
            }
            Some(Fault::Fails) => Err(JournalError::Failed {
                place,
                cause: "fault".into(),
            }),
            Some(Fault::Full) => Err(JournalError::Full { place }),
        }
    }
}

impl Journal for MemoryJournal {
    fn load(&mut self) -> Result<Loaded, JournalError> {
        let tail = self.entries.values().cloned();
        Ok(Loaded {
            snapshot: self.snapshot.clone(),
            tail: tail
                .map(|(entry, fate)| TailEntry { entry, fate })
                .collect(),
            crash: self.crash,
        })
    }

    fn append(&mut self, entries: &[Entry]) -> Result<(), JournalError> {
        self.write(|journal| {
            for entry in entries {
                let entry = Entry {
                    saved: Saved::Saved,
                    ..entry.clone()
                };
                journal.entries.insert(entry.seq, (entry, Fate::Applied));
            }
        })
    }

    fn write_snapshot(&mut self, snapshot: &Snapshot) -> Result<(), JournalError> {
        self.write(|journal| {
            journal.entries.retain(|seq, _| *seq > snapshot.seq);
            journal.snapshot = Some(snapshot.clone());
        })
    }

    fn mark_replay(&mut self, seq: Seq, times: u32) -> Result<(), JournalError> {
        self.crash = Some(Crash { seq, times });
        Ok(())
    }

    fn end_replay(&mut self) -> Result<(), JournalError> {
        self.crash = None;
        Ok(())
    }

    fn skip(&mut self, seq: Seq) -> Result<(), JournalError> {
        self.write(|journal| {
            if let Some((_, fate)) = journal.entries.get_mut(&seq) {
                *fate = Fate::Skipped;
            }
        })
    }
}

/// A writer with a journal in memory, under a virtual clock: what the journal thread is to a disk.
#[derive(Debug)]
pub struct MemoryWriter {
    journal: MemoryJournal,
    writer: Writer,
    pacer: Pacer,
    commit_time: Duration,
    waiting: VecDeque<Order>,
    writing: Option<Writing>,
    reports: VecDeque<Report>,
}

/// Orders that are being carried out.
#[derive(Debug)]
struct Writing {
    orders: Vec<Order>,
    done_at: Moment,
}

/// Where in a commit the node crashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrashPoint {
    /// The commit under way is lost.
    BeforeCommit,
    /// It is on disk and nobody was told.
    AfterCommit,
}

impl MemoryWriter {
    /// A writer whose commits take this long.
    #[must_use]
    pub fn new(journal: MemoryJournal, commit_time: Duration) -> Self {
        Self {
            journal,
            writer: Writer::default(),
            pacer: Pacer::default(),
            commit_time,
            waiting: VecDeque::new(),
            writing: None,
            reports: VecDeque::new(),
        }
    }

    /// Takes an order.
    pub fn order(&mut self, now: Moment, order: Order) {
        self.waiting.push_back(order);
        self.begin(now);
    }

    /// Ends the commit that is due and begins the next.
    pub fn handle_timeout(&mut self, now: Moment) {
        if let Some(writing) = self.writing.take_if(|writing| writing.done_at <= now) {
            self.carry_out(writing);
            self.pacer.committed(now);
        }
        self.begin(now);
    }

    /// What became of orders.
    pub fn poll_report(&mut self) -> Option<Report> {
        self.reports.pop_front()
    }

    /// When to call [`Self::handle_timeout`].
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Moment> {
        match &self.writing {
            Some(writing) => Some(writing.done_at),
            None => (!self.waiting.is_empty()).then_some(self.pacer.next()),
        }
    }

    /// How long commits take that begin from now on.
    pub fn set_commit_time(&mut self, commit_time: Duration) {
        self.commit_time = commit_time;
    }

    /// How every write fails from now on.
    pub fn set_fault(&mut self, fault: Option<Fault>) {
        self.journal.set_fault(fault);
    }

    /// The node crashes: what is left is what a start finds.
    #[must_use]
    pub fn crash(mut self, point: CrashPoint) -> MemoryJournal {
        if let (Some(writing), CrashPoint::AfterCommit) = (self.writing.take(), point) {
            self.carry_out(writing);
        }
        self.journal.set_fault(None);
        self.journal
    }

    fn begin(&mut self, now: Moment) {
        if self.writing.is_some() || self.waiting.is_empty() || self.pacer.next() > now {
            return;
        }
        let count = self.waiting.len().min(ENTRIES_PER_COMMIT_MAX);
        self.writing = Some(Writing {
            orders: self.waiting.drain(..count).collect(),
            done_at: now + self.commit_time,
        });
    }

    fn carry_out(&mut self, writing: Writing) {
        let reports = &mut self.reports;
        self.writer
            .carry_out(&mut self.journal, writing.orders, |report| {
                reports.push_back(report)
            });
    }
}
