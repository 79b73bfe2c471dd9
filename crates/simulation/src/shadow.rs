//! A second fold over the same entries, which checks the invariants of distribution after each of them.

use std::collections::VecDeque;

use dispatch::invariants::{Ledger, check, check_index};
use dispatch::{Closed, Decision, Dispatcher, Seq};
use journal::{Entry, State};

/// How often the indexes are compared with ones that are built anew, in entries.
const INDEX_EVERY: u64 = 64;

/// Applies every entry a second time, one by one, and checks DESIGN §4 after each.
#[derive(Debug, Default)]
pub struct Shadow {
    dispatcher: Dispatcher,
    ledger: Ledger,
    waiting: VecDeque<Entry>,
    applied: Seq,
    closed: Vec<Closed>,
    arrived: u64,
    sight: Sight,
}

/// Whether every entry comes by here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Sight {
    #[default]
    Whole,
    /// Those that were applied from memory do not.
    Partial,
}

impl Shadow {
    /// The node was started again and replayed its journal: what was committed and not told is
    /// applied, the rest never was.
    ///
    /// # Errors
    /// A sentence when the replay made another state than the entries did.
    pub fn restart(&mut self, replayed: &State) -> Result<(), String> {
        self.follow(replayed)?;
        self.waiting.clear();
        if self.sight == Sight::Partial {
            return self.look_anew(replayed);
        }
        if self.agrees_with(replayed) {
            return Ok(());
        }
        Err("the replay made another state than the entries did".to_owned())
    }

    /// An entry was given to the writer; it is applied once the exchange applied it.
    pub fn note(&mut self, entry: Entry) {
        self.waiting.push_back(entry);
    }

    /// Applies what the exchange applied, and compares.
    ///
    /// # Errors
    /// A sentence about the first thing that is wrong.
    pub fn follow(&mut self, state: &State) -> Result<(), String> {
        while let Some(entry) = self.waiting.pop_front_if(|entry| entry.seq <= state.seq()) {
            if self.sight == Sight::Partial && entry.seq.0 != self.applied.0 + 1 {
                return self.look_anew(state);
            }
            self.apply(entry)?;
        }
        if self.applied < state.seq() && self.sight == Sight::Partial {
            return self.look_anew(state);
        }
        Ok(())
    }

    /// The journal fell sick: entries are applied from memory that nobody is given to write. From
    /// now on this fold takes over what it cannot see.
    pub const fn journal_fell_sick(&mut self) {
        self.sight = Sight::Partial;
    }

    /// Whether every entry was seen.
    #[must_use]
    pub const fn saw_everything(&self) -> bool {
        matches!(self.sight, Sight::Whole)
    }

    fn look_anew(&mut self, state: &State) -> Result<(), String> {
        self.waiting.retain(|entry| entry.seq > state.seq());
        self.applied = state.seq();
        self.dispatcher = Dispatcher::restore(state.dispatcher().snapshot());
        self.ledger = Ledger::default();
        for view in self.dispatcher.contacts() {
            // The ledger misses the others until the last one is in.
            let _ = self.ledger.note(&self.dispatcher, Some(view.id), []);
        }
        check(&self.dispatcher, state.at()).map_err(|violation| violation.to_string())
    }

    fn apply(&mut self, entry: Entry) -> Result<(), String> {
        let told = |what: String| format!("entry {} {:?}: {what}", entry.seq.0, entry.fact);
        if entry.seq.0 != self.applied.0 + 1 {
            return Err(told(format!("it follows entry {}", self.applied.0)));
        }
        self.applied = entry.seq;
        let Some(input) = entry.fact.clone().into_input(entry.seq) else {
            return Ok(());
        };
        if self
            .dispatcher
            .handle_input(entry.at, input.clone())
            .is_err()
        {
            return match self.dispatcher.poll_output() {
                Some(decision) => Err(told(format!("refused, and yet {decision:?}"))),
                None => Ok(()),
            };
        }
        self.arrived += u64::from(input.arrival().is_some());
        let mut decisions = Vec::new();
        while let Some(decision) = self.dispatcher.poll_output() {
            if let Decision::Closed(closed) = decision {
                self.closed.push(closed);
            }
            decisions.push(decision);
        }
        self.ledger
            .note(&self.dispatcher, input.arrival(), &decisions)
            .map_err(|violation| told(violation.to_string()))?;
        check(&self.dispatcher, entry.at).map_err(|violation| told(violation.to_string()))?;
        if entry.seq.0.is_multiple_of(INDEX_EVERY) {
            check_index(&self.dispatcher).map_err(told)?;
        }
        Ok(())
    }

    /// Tells whether the exchange holds the same state as this fold.
    #[must_use]
    pub fn agrees_with(&self, state: &State) -> bool {
        self.waiting.is_empty() && self.dispatcher.snapshot() == state.snapshot().dispatcher
    }

    /// The contacts that ended, in order.
    #[must_use]
    pub fn closed(&self) -> &[Closed] {
        &self.closed
    }

    /// How many contacts came.
    #[must_use]
    pub const fn arrived(&self) -> u64 {
        self.arrived
    }
}
