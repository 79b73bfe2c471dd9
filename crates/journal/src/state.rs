use std::collections::VecDeque;

use dispatch::{Decision, Dispatcher, Input, InputError, Moment, Seq};
use records::{Counts, NotOpen};

use crate::{Entry, Fact, Rejection, Snapshot};

/// What a node's entries make, applied in their order: the dispatcher and the counts.
#[derive(Debug, Default)]
pub struct State {
    seq: Seq,
    at: Moment,
    dispatcher: Dispatcher,
    counts: Counts,
    decisions: VecDeque<Decision>,
}

impl State {
    /// Goes on from a snapshot.
    #[must_use]
    pub fn restore(snapshot: Snapshot) -> Self {
        Self {
            seq: snapshot.seq,
            at: snapshot.at,
            dispatcher: Dispatcher::restore(snapshot.dispatcher),
            counts: snapshot.counts,
            decisions: VecDeque::new(),
        }
    }

    /// All that the entries so far made, but the sums of today: those live in memory alone.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            seq: self.seq,
            at: self.at,
            dispatcher: self.dispatcher.snapshot(),
            counts: self.counts.without_today(),
        }
    }

    /// Applies an entry.
    ///
    /// # Errors
    /// [`Rejection`] when the fact does not fit what is so: it stays in the log, changes nothing,
    /// and is rejected again at replay.
    pub fn apply(&mut self, entry: &Entry) -> Result<(), Rejection> {
        self.pass(entry);
        match &entry.fact {
            Fact::Dispatch(fact) => self.dispatch(entry, fact)?,
            Fact::Records(fact) => self.record(entry.at, fact)?,
            Fact::Timeout => self.dispatcher.handle_input(entry.at, Input::Timeout)?,
        }
        while let Some(decision) = self.dispatcher.poll_output() {
            self.counts.decide(&decision);
            self.decisions.push_back(decision);
        }
        Ok(())
    }

    fn dispatch(&mut self, entry: &Entry, fact: &dispatch::Fact) -> Result<(), InputError> {
        let input = fact.clone().numbered(entry.seq);
        self.dispatcher.handle_input(entry.at, input)?;
        self.counts.note(entry.at, fact);
        if let dispatch::Fact::Restarted { .. } = fact {
            self.begin_today();
        }
        Ok(())
    }

    fn record(&mut self, at: Moment, fact: &records::Fact) -> Result<(), NotOpen> {
        self.counts.apply(at, fact)?;
        if let records::Fact::DayBegan { .. } = fact {
            self.begin_today();
        }
        Ok(())
    }

    /// Passes an entry by: its number and time count, the fact does not.
    pub fn pass(&mut self, entry: &Entry) {
        self.seq = entry.seq;
        self.at = entry.at;
        self.counts.settle(entry.at);
    }

    /// Time passes without an entry: contents that may no longer be changed lose their contacts. An
    /// entry at this moment would have done the same.
    pub fn settle(&mut self, now: Moment) {
        self.counts.settle(now);
    }

    /// What is to be done next, in order.
    pub fn poll_decision(&mut self) -> Option<Decision> {
        self.decisions.pop_front()
    }

    /// When to append [`Fact::Timeout`].
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Moment> {
        self.dispatcher.poll_timeout()
    }

    /// The number of the last entry.
    #[must_use]
    pub const fn seq(&self) -> Seq {
        self.seq
    }

    /// The moment of the last entry.
    #[must_use]
    pub const fn at(&self) -> Moment {
        self.at
    }

    /// How many contacts have not ended.
    #[must_use]
    pub fn live_contacts(&self) -> usize {
        self.dispatcher.contacts_live()
    }

    /// The dispatcher, to look at.
    #[must_use]
    pub const fn dispatcher(&self) -> &Dispatcher {
        &self.dispatcher
    }

    /// The counts.
    #[must_use]
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The sums of today begin with those who are there.
    fn begin_today(&mut self) {
        let live = self.dispatcher.contacts();
        let callers = live.iter();
        let callers = callers.filter_map(|contact| Some((contact.origin.line()?, contact.class)));
        self.counts.begin_today(callers);
    }
}
