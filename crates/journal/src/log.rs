use std::collections::VecDeque;
use std::time::Duration;

use dispatch::{Decision, Moment, Seq, Touched};

use crate::plan::Plan;
use crate::{
    Appender, AppenderInput, AppenderOutput, Entry, Fact, Health, Order, Refused, Rejection,
    Replayed, Report, State, Work,
};

/// Within it an entry is applied, however sick the disk is.
pub const APPLIED_WITHIN: Duration = Duration::from_secs(60);

/// A node's log and the state that it makes: facts go in, decisions come out once the facts are on disk.
///
/// It joins the [`Appender`] with the [`State`], appends the timeouts of the dispatcher by itself,
/// and says when to write a snapshot.
#[derive(Debug)]
pub struct Log {
    appender: Appender,
    state: State,
    plan: Plan,
    /// A timeout that was appended and has not come back.
    timeout: Option<Seq>,
    /// What entries may have changed since it was taken.
    touched: Touched,
    outputs: VecDeque<LogOutput>,
}

/// What a log takes beside facts.
#[derive(Debug)]
pub enum LogInput {
    /// The writer of the journal reports.
    Reported(Report),
    /// A snapshot is wanted now, since the node is about to stop.
    Stopping,
    /// What is due at this moment happens. Reports that are there are given in first, or a late
    /// caller takes a quick disk for a stuck one.
    Timeout,
}

/// What a log wants done, or has to tell.
#[derive(Debug)]
pub enum LogOutput {
    /// An order for the writer of the journal.
    Order(Order),
    /// The entry was applied; its decisions follow.
    Applied(Entry),
    /// The entry's fact does not fit what is so, and changed nothing.
    Rejected(Entry, Rejection),
    /// What the dispatcher wants done.
    Decided(Decision),
    /// The health of the journal changed.
    Health(Health),
    /// A snapshot is on disk; it covers every entry up to this one.
    SnapshotWritten(Seq),
}

impl Log {
    /// Goes on from a replay; `now` is the anchor's start. The first fact to append is
    /// [`dispatch::Fact::Restarted`], the second the configuration.
    #[must_use]
    pub fn new(replayed: Replayed, now: Moment) -> Self {
        let Replayed {
            state, snapshot, ..
        } = replayed;
        let mut plan = Plan::new(snapshot, now);
        plan.replayed(state.seq());
        Self {
            appender: Appender::new(state.seq(), state.at().max(now)),
            state,
            plan,
            timeout: None,
            touched: Touched::default(),
            outputs: VecDeque::new(),
        }
    }

    /// Tells whether work of this kind would be taken now: to be asked before a new call is answered.
    ///
    /// # Errors
    /// [`Refused`] for a new contact while too many entries wait for the disk.
    pub fn room(&self, work: Work) -> Result<(), Refused> {
        self.appender.room(work)
    }

    /// Appends a fact; the number is that of its entry, and so the id of a contact that arrives.
    ///
    /// # Errors
    /// [`Refused`] for a new contact while too many entries wait for the disk.
    pub fn append(&mut self, now: Moment, fact: impl Into<Fact>) -> Result<Seq, Refused> {
        let seq = self.appender.append(now, fact.into())?;
        self.advance(now);
        Ok(seq)
    }

    /// Takes what the writer reports, or what time brings.
    pub fn handle_input(&mut self, now: Moment, input: LogInput) {
        match input {
            LogInput::Reported(report) => self.handle_report(now, report),
            LogInput::Stopping => self.order_snapshot(now),
            LogInput::Timeout => self.handle_timeout(now),
        }
        self.advance(now);
    }

    /// The next thing to do, in order.
    pub fn poll_output(&mut self) -> Option<LogOutput> {
        self.outputs.pop_front()
    }

    /// When to send [`LogInput::Timeout`].
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Moment> {
        [
            self.appender.poll_timeout(),
            self.snapshot_due(),
            self.state_due(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// The state, after every entry applied so far.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// What entries may have changed of contacts and operators since this was asked last; some of
    /// it may be named twice.
    pub fn take_touched(&mut self) -> Touched {
        std::mem::take(&mut self.touched)
    }

    /// Tells whether everything applied is on disk.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.appender.is_healthy()
    }

    /// Time passes without an entry: see [`State::settle`]. An entry that is on its way to the disk
    /// finds what it is about.
    pub fn settle(&mut self, now: Moment) {
        self.state.settle(now - APPLIED_WITHIN);
    }

    fn handle_report(&mut self, now: Moment, report: Report) {
        match &report {
            Report::SnapshotWritten { through } => {
                self.plan.written();
                self.outputs.push_back(LogOutput::SnapshotWritten(*through));
            }
            Report::SnapshotFailed(_) => self.plan.failed(now),
            Report::Committed { .. } | Report::CommitFailed(_) => {}
        }
        self.appender
            .handle_input(now, AppenderInput::Reported(report));
    }

    fn handle_timeout(&mut self, now: Moment) {
        self.appender.handle_input(now, AppenderInput::Timeout);
        self.apply(now);
        if self.state_due().is_some_and(|due| due <= now) {
            // Live work is never refused.
            self.timeout = self.appender.append(now, Fact::Timeout).ok();
        }
        if self.snapshot_due().is_some_and(|due| due <= now) {
            self.order_snapshot(now);
        }
    }

    fn state_due(&self) -> Option<Moment> {
        if self.timeout.is_some() {
            return None;
        }
        self.state.poll_timeout()
    }

    /// A sick journal takes its snapshots by itself, to heal.
    fn snapshot_due(&self) -> Option<Moment> {
        if !self.appender.is_healthy() {
            return None;
        }
        self.plan.due()
    }

    fn order_snapshot(&mut self, now: Moment) {
        self.settle(now);
        let snapshot = Box::new(self.state.snapshot());
        self.plan.ordered(now);
        self.appender
            .handle_input(now, AppenderInput::Snapshot(snapshot));
    }

    fn advance(&mut self, now: Moment) {
        self.apply(now);
        if self.snapshot_due().is_some_and(|due| due <= now) {
            self.order_snapshot(now);
            self.apply(now);
        }
    }

    fn apply(&mut self, now: Moment) {
        while let Some(output) = self.appender.poll_output() {
            match output {
                AppenderOutput::Order(order) => self.outputs.push_back(LogOutput::Order(order)),
                AppenderOutput::Apply(entry) => self.apply_entry(entry),
                AppenderOutput::TakeSnapshot => self.order_snapshot(now),
                AppenderOutput::Health(health) => self.outputs.push_back(LogOutput::Health(health)),
            }
        }
    }

    fn apply_entry(&mut self, entry: Entry) {
        if self.timeout == Some(entry.seq) {
            self.timeout = None;
        }
        let applied = self.state.apply(&entry);
        if applied.is_ok() {
            let touched = self.state.dispatcher().touched();
            self.touched.contacts.extend(&touched.contacts);
            self.touched.operators.extend(&touched.operators);
        }
        self.plan.applied(entry.seq);
        self.outputs.push_back(match applied {
            Ok(()) => LogOutput::Applied(entry),
            Err(error) => LogOutput::Rejected(entry, error),
        });
        while let Some(decision) = self.state.poll_decision() {
            self.outputs.push_back(LogOutput::Decided(decision));
        }
    }
}
