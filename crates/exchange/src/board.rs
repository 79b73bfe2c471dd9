//! The state of everything as values: what a status shows. Nothing here tells who called.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use dispatch::{
    Class, ContactView, LineId, Moment, OperatorId, OperatorView, QueueId, Reachability, Speech,
    Standing,
};

use sip::RegistrationState;

use crate::engine::Exchange;
use crate::input::Mode;
pub use crate::trunks::TrunkHealth;

/// The state of everything at one moment.
#[derive(Clone, Debug)]
pub struct Board {
    /// When.
    pub at: Moment,
    /// Whether new calls are taken.
    pub mode: Mode,
    /// Contacts in the order in which they would be offered, those being talked with among them at their rank.
    pub contacts: Vec<ContactRow>,
    /// Operators and on-call people.
    pub operators: Vec<OperatorRow>,
    /// Trunks.
    pub trunks: Vec<TrunkRow>,
    /// Why entries are applied from memory, if they are.
    pub unsaved: Option<String>,
    /// What was counted since midnight, or since the start.
    pub counts: records::Tally,
    /// When that began, where it was not midnight: with the start, or with the earliest contact that it found.
    pub counts_since: Option<Moment>,
    /// How many calls and offers were refused since the start, by cause in a sentence.
    pub refused: BTreeMap<&'static str, u64>,
    /// Why callers are refused for load, if they are.
    pub crowded: Option<&'static str>,
}

/// One contact.
#[derive(Clone, Debug)]
pub struct ContactRow {
    /// Its number in the journal.
    pub contact: dispatch::ContactId,
    /// The line it came in on; none for a device's.
    pub line: Option<LineId>,
    /// The queue it is in.
    pub queue: QueueId,
    /// Its class.
    pub class: Class,
    /// Whether its caller speaks.
    pub speech: Speech,
    /// Where in its class it waits.
    pub standing: Standing,
    /// When it arrived.
    pub arrived: Moment,
    /// How many steps of its timeline were taken.
    pub steps_taken: usize,
    /// What is done with it.
    pub state: dispatch::ContactState,
    /// Operators who rest from it after an offer that was not taken.
    pub rests: Vec<dispatch::PairRest>,
    /// Time since it arrived.
    pub age: Duration,
}

/// One operator: her status, what it is made of, and her phones.
#[derive(Clone, Debug)]
pub struct OperatorRow {
    /// Who.
    pub operator: OperatorId,
    /// What distribution knows of her.
    pub view: OperatorView,
    /// The queues that she serves.
    pub queues: Vec<QueueId>,
    /// How many phones are registered.
    pub phones: usize,
    /// When one of them last registered or answered, while none does: as far as it was seen since the start.
    pub phone_seen: Option<Moment>,
}

/// One trunk.
#[derive(Clone, Debug)]
pub struct TrunkRow {
    /// Its name.
    pub name: String,
    /// Whether it answers.
    pub health: TrunkHealth,
    /// The registration that we hold with it, if one is configured.
    pub registration: Option<RegistrationState>,
}

/// What a trunk is, in one word: well only by what was seen of it within its interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrunkStatus {
    /// It answered the last probe, or our registration holds where no probe is sent.
    Well,
    /// Nobody asks it and we hold no registration with it.
    NotProbed,
    /// It is asked and has not answered yet.
    Asked,
    /// It did not answer the last probe.
    Silent,
    /// Our registration with it does not hold.
    NotRegistered,
    /// It does not answer.
    Down,
}

impl TrunkRow {
    /// What it is, in one word; the worst that is known.
    #[must_use]
    pub const fn status(&self) -> TrunkStatus {
        use RegistrationState::{Failing, Lapsed, Registered, Unregistered};
        use TrunkHealth::{Down, NotProbed, Silent, Unknown, Up};
        match (self.health, self.registration) {
            (Down, _) => TrunkStatus::Down,
            (NotProbed | Unknown | Up | Silent, Some(Failing { .. } | Lapsed | Unregistered)) => {
                TrunkStatus::NotRegistered
            }
            (Silent, Some(Registered { .. }) | None) => TrunkStatus::Silent,
            (Unknown, Some(Registered { .. }) | None) => TrunkStatus::Asked,
            (NotProbed, None) => TrunkStatus::NotProbed,
            (NotProbed, Some(Registered { .. })) | (Up, Some(Registered { .. }) | None) => {
                TrunkStatus::Well
            }
        }
    }
}

/// How much an exchange holds for calls: all of it is nothing when nobody calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holdings {
    /// Legs of every kind.
    pub calls: usize,
    /// Contacts with a leg.
    pub contacts: usize,
    /// What the SIP engine holds.
    pub sip: sip::Counts,
}

impl Exchange {
    /// How much it holds now, for checks.
    #[must_use]
    pub fn holdings(&self) -> Holdings {
        Holdings {
            calls: self.callers.len() + self.called.len() + self.stars.len(),
            contacts: self.contacts.len(),
            sip: self.sip.counts(),
        }
    }

    /// The board as of now.
    pub(crate) fn board(&self, now: Instant) -> Board {
        let at = self.moment(now);
        let dispatcher = self.dispatcher();
        let contacts = dispatcher
            .contacts()
            .into_iter()
            .map(|view| ContactRow::of(at, view));
        let operators = dispatcher
            .operators()
            .into_iter()
            .map(|view| self.operator_row(view));
        Board {
            at,
            mode: self.mode,
            contacts: contacts.collect(),
            operators: operators.collect(),
            trunks: self.trunk_rows(),
            unsaved: self.unsaved.clone(),
            counts: self.today(),
            counts_since: self.today_since,
            refused: self.refusals.times(),
            crowded: self.refusals.of_callers(now),
        }
    }

    /// The sums of today: who is talked with counts as answered.
    pub(crate) fn today(&self) -> records::Tally {
        let ended = self.log.state().counts().of_today.total();
        self.answering.with(ended)
    }

    pub(crate) fn operator_row(&self, view: OperatorView) -> OperatorRow {
        let seen = || self.presences.seen(view.id).map(|at| self.moment(at));
        OperatorRow {
            operator: view.id,
            queues: self.dispatcher().queues_of(view.id).to_vec(),
            phones: self.presences.phones(view.id).len(),
            phone_seen: match view.reachability {
                Reachability::Reachable => None,
                Reachability::Unproven | Reachability::Unreachable => seen(),
            },
            view,
        }
    }

    pub(crate) fn trunk_rows(&self) -> Vec<TrunkRow> {
        let row = |trunk: &crate::trunks::TrunkState| TrunkRow {
            name: trunk.settings.name.clone(),
            health: trunk.health,
            registration: trunk.registration(),
        };
        self.trunks.iter().map(row).collect()
    }
}

impl ContactRow {
    pub(crate) fn of(at: Moment, view: ContactView) -> Self {
        Self {
            contact: view.id,
            line: view.origin.line(),
            queue: view.queue,
            class: view.class,
            speech: view.speech,
            standing: view.standing,
            arrived: view.arrived,
            steps_taken: view.steps_taken,
            age: at.since(view.arrived),
            state: view.state,
            rests: view.rests,
        }
    }
}
