use std::collections::VecDeque;

use dispatch::{Class, Decision, Dispatcher, InputError, LineId, Moment, Seq};
use records::Counts;

use crate::{Entry, Fact, Snapshot};

/// What a node's entries make, applied in their order: the dispatcher and the counts.
#[derive(Debug, Default)]
pub struct State {
    seq: Seq,
    at: Moment,
    start: u32,
    live_contacts: usize,
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
            start: snapshot.start,
            live_contacts: snapshot.dispatcher.contacts.len(),
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
            start: self.start,
            dispatcher: self.dispatcher.snapshot(),
            counts: self.counts.without_today(),
        }
    }

    /// Applies an entry.
    ///
    /// # Errors
    /// The dispatcher's, when the fact does not fit what is so: it stays in the log, changes
    /// nothing, and is refused again at replay.
    pub fn apply(&mut self, entry: &Entry) -> Result<(), InputError> {
        self.pass(entry);
        if let Fact::Entered {
            contact,
            operator,
            content,
        } = &entry.fact
        {
            let entered = self.counts.enter(*contact, *operator, (**content).clone());
            return entered.map_err(|_| InputError::ContactUnknown(*contact));
        }
        if let Some(input) = entry.fact.clone().into_input(entry.seq) {
            self.dispatcher.handle_input(entry.at, input)?;
        }
        self.count(entry);
        while let Some(decision) = self.dispatcher.poll_output() {
            self.counts.decide(&decision);
            if let Decision::Closed(_) = decision {
                self.live_contacts = self.live_contacts.saturating_sub(1);
            }
            self.decisions.push_back(decision);
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

    /// How often the node had been started, as the last [`Fact::Restarted`] says; 0 before the first.
    #[must_use]
    pub const fn start(&self) -> u32 {
        self.start
    }

    /// How many contacts have not ended.
    #[must_use]
    pub const fn live_contacts(&self) -> usize {
        self.live_contacts
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

    fn count(&mut self, entry: &Entry) {
        match &entry.fact {
            Fact::Arrived { line, class, .. } => self.arrive(entry.at, *line, *class),
            Fact::Restarted { start } => {
                self.start = *start;
                self.begin_today();
            }
            Fact::DayBegan { date } => {
                self.counts.turn(entry.at, *date);
                self.begin_today();
            }
            Fact::PeriodStored { key } => self.counts.stored(*key),
            Fact::ArrivedStored { through } => self.counts.arrived_stored(entry.at, *through),
            Fact::Acted { by, act, .. } => self.counts.acts.add(act.audited(*by)),
            Fact::ActsStored { through } => self.counts.acts.stored(*through),
            Fact::Configured(_)
            | Fact::Entered { .. }
            | Fact::Stands { .. }
            | Fact::Classed { .. }
            | Fact::Needed { .. }
            | Fact::Moved { .. }
            | Fact::Given { .. }
            | Fact::Intends { .. }
            | Fact::Reached { .. }
            | Fact::ShiftEnds { .. }
            | Fact::Engaged { .. }
            | Fact::Disengaged { .. }
            | Fact::PickedUp { .. }
            | Fact::Answered { .. }
            | Fact::Missed { .. }
            | Fact::PartnerAnswered { .. }
            | Fact::PartnerMissed { .. }
            | Fact::HandedBack { .. }
            | Fact::Ended { .. }
            | Fact::WrapUp { .. }
            | Fact::Timeout
            | Fact::LegFound { .. }
            | Fact::LegLost { .. } => {}
        }
    }

    /// The sums of today begin with those who are there.
    fn begin_today(&mut self) {
        let live = self.dispatcher.contacts();
        self.counts
            .begin_today(live.iter().map(|contact| (contact.line, contact.class)));
    }

    fn arrive(&mut self, at: Moment, line: LineId, class: Class) {
        self.live_contacts += 1;
        self.counts.arrive(at, line, class);
    }
}
