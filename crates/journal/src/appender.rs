use std::collections::VecDeque;
use std::time::Duration;

use dispatch::{Moment, Seq};

use crate::{Entry, Fact, JournalError, Order, Report, Saved, Snapshot, Work};

/// How many entries may wait for the disk before new work is refused.
pub const ENTRIES_IN_FLIGHT_MAX: usize = 10_000;
/// How many of [`ENTRIES_IN_FLIGHT_MAX`] only alarms may take.
pub const ENTRIES_IN_FLIGHT_KEPT_FOR_ALARMS: usize = 1_000;
/// How many entries may wait for the disk at all: one fact of a live contact more, and the journal
/// fails towards the caller.
pub const ENTRIES_IN_FLIGHT_LIMIT: usize = 2 * ENTRIES_IN_FLIGHT_MAX;
/// How long entries may wait for a commit before they are applied from memory.
pub const COMMIT_WAIT_MAX: Duration = Duration::from_millis(250);
/// Time from a failed attempt to heal to the next one, doubled up to [`HEAL_RETRY_MAX`].
pub const HEAL_RETRY_MIN: Duration = Duration::from_secs(1);
/// The longest time between two attempts to heal.
pub const HEAL_RETRY_MAX: Duration = Duration::from_secs(8);

/// Numbers facts, keeps them until they are on disk, and gives them back as entries in their order.
/// It lives in the signalling thread.
///
/// Number and moment are given here, when a fact is appended, so that a writer that is stuck in the
/// kernel can neither delay nor renumber what is applied from memory. While the journal is healthy
/// an entry comes back once it is committed. When nothing was committed for [`COMMIT_WAIT_MAX`] or
/// a write failed, entries come back at once, in the same order, marked [`Saved::Unsaved`], and
/// none is ordered to be written any more. To heal, a snapshot of the state is asked for and
/// written: it covers every number given so far, whether its entry reached the disk late, partly or
/// not at all, so that file and memory agree again; only then are later entries written.
#[derive(Debug)]
pub struct Appender {
    next: Seq,
    last_at: Moment,
    mode: Mode,
    /// Entries that are not known to be on disk and will be written, oldest first.
    in_flight: VecDeque<InFlight>,
    outputs: VecDeque<AppenderOutput>,
}

/// An entry that is not known to be on disk.
#[derive(Debug)]
struct InFlight {
    entry: Entry,
    since: Moment,
    application: Application,
}

/// Whether an entry was given back to be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Application {
    Awaited,
    Done,
}

#[derive(Debug)]
enum Mode {
    /// Entries are applied after their commit.
    Healthy { last_commit: Moment },
    /// Entries are applied at once and are not written.
    Sick {
        /// When the next attempt to heal is due; `None` while the writer owes an answer.
        retry_at: Option<Moment>,
        retry_after: Duration,
    },
    /// A snapshot was asked for or is being written; entries are applied at once and kept to be written after it.
    Healing {
        /// The snapshot covers at least this entry.
        least: Seq,
        retry_after: Duration,
    },
}

/// What an appender takes beside facts.
#[derive(Debug)]
pub enum AppenderInput {
    /// The writer reports.
    Reported(Report),
    /// The state, after every entry given back so far was applied to it: the answer to
    /// [`AppenderOutput::TakeSnapshot`].
    Snapshot(Box<Snapshot>),
    /// What is due at this moment happens.
    Timeout,
}

/// What an appender wants done.
#[derive(Debug)]
pub enum AppenderOutput {
    /// An order for the writer.
    Order(Order),
    /// The entry is to be applied.
    Apply(Entry),
    /// A snapshot of the state is to be given in, to heal by.
    TakeSnapshot,
    /// The health of the journal changed, or an attempt to mend it failed.
    Health(Health),
}

/// Whether what happens is on disk.
#[derive(Debug)]
pub enum Health {
    /// Everything applied is on disk.
    Saved,
    /// Entries are applied from memory: the supervisor is told, and alarms are not acknowledged.
    Unsaved(Sickness),
    /// A snapshot failed; entries go on being saved.
    SnapshotFailed(JournalError),
}

/// Why entries are applied from memory.
#[derive(Debug, thiserror::Error)]
pub enum Sickness {
    /// The disk is too slow or hangs.
    #[error("nothing was written to the journal for {COMMIT_WAIT_MAX:?}")]
    Slow,
    /// More happened than could be written.
    #[error("more than {ENTRIES_IN_FLIGHT_LIMIT} entries wait for the journal")]
    Overrun,
    /// A write failed.
    #[error("the journal cannot be written")]
    Failed(#[source] JournalError),
}

/// New work that a nearly full journal does not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{waiting} entries wait for the journal: no new contact is taken")]
pub struct Refused {
    /// How many entries wait.
    pub waiting: usize,
}

impl Appender {
    /// Goes on after the last entry of the journal.
    #[must_use]
    pub fn new(last: Seq, last_at: Moment) -> Self {
        Self {
            next: Seq(last.0 + 1),
            last_at,
            mode: Mode::Healthy {
                last_commit: last_at,
            },
            in_flight: VecDeque::new(),
            outputs: VecDeque::new(),
        }
    }

    /// Tells whether work of this kind would be taken now.
    ///
    /// # Errors
    /// [`Refused`] for a new contact while too many entries wait for the disk.
    pub fn room(&self, work: Work) -> Result<(), Refused> {
        let waiting = match self.mode {
            Mode::Healthy { .. } => self.in_flight.len(),
            Mode::Sick { .. } | Mode::Healing { .. } => 0,
        };
        let limit = match work {
            Work::New => ENTRIES_IN_FLIGHT_MAX - ENTRIES_IN_FLIGHT_KEPT_FOR_ALARMS,
            Work::NewAlarm => ENTRIES_IN_FLIGHT_MAX,
            Work::Live => return Ok(()),
        };
        if waiting < limit {
            return Ok(());
        }
        Err(Refused { waiting })
    }

    /// Numbers a fact and has it written. It comes back as [`AppenderOutput::Apply`].
    ///
    /// # Errors
    /// [`Refused`] for a new contact while too many entries wait for the disk; nothing is numbered then.
    pub fn append(&mut self, now: Moment, fact: Fact) -> Result<Seq, Refused> {
        self.room(fact.work())?;
        let seq = self.next;
        self.next = Seq(seq.0 + 1);
        self.last_at = self.last_at.max(now);
        let entry = Entry {
            seq,
            at: self.last_at,
            fact,
            saved: Saved::Saved,
        };
        self.place(now, entry);
        Ok(seq)
    }

    fn place(&mut self, now: Moment, entry: Entry) {
        match self.mode {
            Mode::Healthy { .. } => {
                self.order(Order::Append(entry.clone()));
                self.keep(now, entry, Application::Awaited);
                if self.in_flight.len() > ENTRIES_IN_FLIGHT_LIMIT {
                    self.fall_sick(None, Sickness::Overrun);
                }
            }
            Mode::Sick { .. } => self.apply_unsaved(entry),
            Mode::Healing { retry_after, .. } => {
                self.apply_unsaved(entry.clone());
                self.keep(now, entry, Application::Done);
                if self.in_flight.len() > ENTRIES_IN_FLIGHT_LIMIT {
                    // Too much to write after this snapshot: another one is taken once the writer answers.
                    self.in_flight.clear();
                    self.mode = Mode::Sick {
                        retry_at: None,
                        retry_after,
                    };
                }
            }
        }
    }

    /// Takes what the writer or the owner of the state has to say, or what time brings.
    pub fn handle_input(&mut self, now: Moment, input: AppenderInput) {
        match input {
            AppenderInput::Reported(report) => self.handle_report(now, report),
            AppenderInput::Snapshot(snapshot) => self.handle_snapshot(now, snapshot),
            AppenderInput::Timeout => self.handle_timeout(now),
        }
    }

    /// The next thing to do, in order.
    pub fn poll_output(&mut self) -> Option<AppenderOutput> {
        self.outputs.pop_front()
    }

    /// When to send [`AppenderInput::Timeout`].
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Moment> {
        match self.mode {
            Mode::Healthy { last_commit } => {
                let oldest = self.in_flight.front()?;
                Some(oldest.since.max(last_commit) + COMMIT_WAIT_MAX)
            }
            Mode::Sick { retry_at, .. } => retry_at,
            Mode::Healing { .. } => None,
        }
    }

    /// The number of the last entry that was given one.
    #[must_use]
    pub const fn last(&self) -> Seq {
        Seq(self.next.0 - 1)
    }

    /// How many entries are not known to be on disk and will be written.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// Tells whether entries are applied after their commit, and none that was applied from memory
    /// still waits for its own.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        let Mode::Healthy { .. } = self.mode else {
            return false;
        };
        self.in_flight
            .front()
            .is_none_or(|oldest| oldest.application == Application::Awaited)
    }

    fn handle_report(&mut self, now: Moment, report: Report) {
        match report {
            Report::Committed { through } => self.committed(now, through),
            Report::SnapshotWritten { through } => self.snapshot_written(now, through),
            Report::CommitFailed(error) => self.write_failed(now, error),
            Report::SnapshotFailed(error) => match self.mode {
                Mode::Healthy { .. } => self.tell(Health::SnapshotFailed(error)),
                Mode::Sick { .. } | Mode::Healing { .. } => self.write_failed(now, error),
            },
        }
    }

    fn committed(&mut self, now: Moment, through: Seq) {
        match &mut self.mode {
            Mode::Healthy { last_commit } => *last_commit = now,
            // Late, but the disk moves again.
            Mode::Sick { retry_after, .. } => {
                let retry_after = *retry_after;
                return self.begin_healing(retry_after);
            }
            Mode::Healing { .. } => return,
        }
        let was_healthy = self.is_healthy();
        while let Some(oldest) = self
            .in_flight
            .pop_front_if(|oldest| oldest.entry.seq <= through)
        {
            if oldest.application == Application::Awaited {
                self.outputs.push_back(AppenderOutput::Apply(oldest.entry));
            }
        }
        if !was_healthy && self.is_healthy() {
            self.tell(Health::Saved);
        }
    }

    fn snapshot_written(&mut self, now: Moment, through: Seq) {
        match self.mode {
            Mode::Healthy {
                ref mut last_commit,
            } => *last_commit = now,
            Mode::Sick { retry_after, .. } => self.begin_healing(retry_after),
            Mode::Healing { least, .. } if through >= least => self.heal(now),
            // An ordinary snapshot, ordered before the disk fell sick.
            Mode::Healing { .. } => {}
        }
    }

    fn heal(&mut self, now: Moment) {
        self.mode = Mode::Healthy { last_commit: now };
        for kept in &mut self.in_flight {
            kept.since = now;
            let order = Order::Append(kept.entry.clone());
            self.outputs.push_back(AppenderOutput::Order(order));
        }
        if self.in_flight.is_empty() {
            self.tell(Health::Saved);
        }
    }

    fn write_failed(&mut self, now: Moment, error: JournalError) {
        match self.mode {
            Mode::Healthy { .. } => {
                self.fall_sick(Some(now + HEAL_RETRY_MIN), Sickness::Failed(error));
            }
            Mode::Sick { retry_after, .. } | Mode::Healing { retry_after, .. } => {
                self.in_flight.clear();
                self.mode = Mode::Sick {
                    retry_at: Some(now + retry_after),
                    retry_after: (retry_after * 2).min(HEAL_RETRY_MAX),
                };
                self.tell(Health::Unsaved(Sickness::Failed(error)));
            }
        }
    }

    fn handle_snapshot(&mut self, now: Moment, snapshot: Box<Snapshot>) {
        let Mode::Healing { least, retry_after } = self.mode else {
            return self.order(Order::Snapshot(snapshot));
        };
        if snapshot.seq < least {
            // Not the answer to the question: nothing is healed by a state that lacks entries.
            self.in_flight.clear();
            self.mode = Mode::Sick {
                retry_at: Some(now + retry_after),
                retry_after,
            };
            return;
        }
        while self
            .in_flight
            .pop_front_if(|oldest| oldest.entry.seq <= snapshot.seq)
            .is_some()
        {}
        self.mode = Mode::Healing {
            least: snapshot.seq,
            retry_after,
        };
        self.order(Order::Snapshot(snapshot));
    }

    fn handle_timeout(&mut self, now: Moment) {
        if self.poll_timeout().is_none_or(|due| now < due) {
            return;
        }
        match self.mode {
            Mode::Healthy { .. } => self.fall_sick(None, Sickness::Slow),
            Mode::Sick { retry_after, .. } => self.begin_healing(retry_after),
            Mode::Healing { .. } => {}
        }
    }

    fn begin_healing(&mut self, retry_after: Duration) {
        self.mode = Mode::Healing {
            least: self.last(),
            retry_after,
        };
        self.outputs.push_back(AppenderOutput::TakeSnapshot);
    }

    /// Gives back everything that waits, in its order, and lets the disk be.
    fn fall_sick(&mut self, retry_at: Option<Moment>, sickness: Sickness) {
        self.mode = Mode::Sick {
            retry_at,
            retry_after: HEAL_RETRY_MIN,
        };
        self.tell(Health::Unsaved(sickness));
        for kept in std::mem::take(&mut self.in_flight) {
            if kept.application == Application::Awaited {
                self.apply_unsaved(kept.entry);
            }
        }
    }

    fn apply_unsaved(&mut self, entry: Entry) {
        let saved = Saved::Unsaved;
        self.outputs
            .push_back(AppenderOutput::Apply(Entry { saved, ..entry }));
    }

    fn keep(&mut self, now: Moment, entry: Entry, application: Application) {
        self.in_flight.push_back(InFlight {
            entry,
            since: now,
            application,
        });
    }

    fn order(&mut self, order: Order) {
        self.outputs.push_back(AppenderOutput::Order(order));
    }

    fn tell(&mut self, health: Health) {
        self.outputs.push_back(AppenderOutput::Health(health));
    }
}
