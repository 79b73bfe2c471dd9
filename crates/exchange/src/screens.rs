//! What screens are told: what changed since they were told last, in one message and not more often
//! than [`TOLD_EVERY`].

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use dispatch::{ContactId, ContactState, Decision, Fact, Joined, Moment, OperatorId};
use journal::Entry;
use media::Digit;

use crate::board::{ContactRow, OperatorRow, TrunkRow};
use crate::engine::{Exchange, Timer};
use crate::input::{Mode, Output};

/// The shortest time from one message to the next.
pub const TOLD_EVERY: Duration = Duration::from_millis(20);
/// How many happenings one message tells at most; what is more is not told.
pub const HAPPENINGS_MAX: usize = 4_096;

/// What changed, for screens. Nothing here tells who called, and nothing of it is written anywhere.
#[derive(Clone, Debug)]
pub struct Changed {
    /// When.
    pub at: Moment,
    /// Counted from 1: who misses one asks for everything.
    pub number: u64,
    /// Contacts that are new or changed.
    pub contacts: Vec<ContactRow>,
    /// Contacts that are over.
    pub contacts_gone: Vec<ContactId>,
    /// Operators who are new or changed.
    pub operators: Vec<OperatorRow>,
    /// Operators who are not configured any more.
    pub operators_gone: Vec<OperatorId>,
    /// All trunks.
    pub trunks: Vec<TrunkRow>,
    /// Whether new calls are taken.
    pub mode: Mode,
    /// Why entries are applied from memory, if they are.
    pub unsaved: Option<String>,
    /// What was counted since midnight, or since the start.
    pub today: records::Tally,
    /// When that began, where it was not midnight: with the start, or with the earliest contact that it found.
    pub today_since: Option<Moment>,
    /// What happened to contacts, in order.
    pub happenings: Vec<Happening>,
}

/// Something that happened to a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    /// Which contact.
    pub contact: ContactId,
    /// When.
    pub at: Moment,
    /// What.
    pub what: What,
}

/// What happened to a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It was decided so.
    Decided(Decision),
    /// Somebody did it.
    Done(Fact),
}

/// What screens have not been told yet.
#[derive(Debug, Default)]
pub(crate) struct Untold {
    contacts: BTreeSet<ContactId>,
    operators: BTreeSet<OperatorId>,
    happenings: Vec<Happening>,
    others: Others,
    /// Those of whom they were told.
    known: BTreeSet<OperatorId>,
    next: Next,
    number: u64,
}

/// When screens are told next.
#[derive(Clone, Copy, Debug, Default)]
enum Next {
    /// As soon as something changes.
    #[default]
    AtOnce,
    /// As soon as something changes, but not before this.
    NotBefore(Instant),
    /// When the timer that is set for it goes off.
    ByTimer,
}

/// Whether anything beside contacts and operators changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Others {
    #[default]
    Same,
    Changed,
}

impl Untold {
    /// Something of an operator changed that the dispatcher does not know.
    pub(crate) fn operator(&mut self, operator: OperatorId) {
        self.operators.insert(operator);
    }

    /// A trunk, the mode or the journal's health changed.
    pub(crate) const fn others(&mut self) {
        self.others = Others::Changed;
    }

    fn happened(&mut self, happening: Happening) {
        if self.happenings.len() < HAPPENINGS_MAX {
            self.happenings.push(happening);
        }
    }

    fn is_empty(&self) -> bool {
        self.contacts.is_empty()
            && self.operators.is_empty()
            && self.happenings.is_empty()
            && self.others == Others::Same
    }
}

impl Exchange {
    /// Notes what an entry did to a contact by somebody's act.
    pub(crate) fn note_entry(&mut self, entry: &Entry) {
        let fact = match &entry.fact {
            journal::Fact::Dispatch(fact) => fact,
            journal::Fact::Records(records::Fact::DayBegan { .. }) => return self.untold.others(),
            journal::Fact::Records(_) | journal::Fact::Timeout => return,
        };
        let contact = match fact {
            Fact::Classed { contact, .. }
            | Fact::Needed { contact, .. }
            | Fact::Acted { contact, .. }
            | Fact::Stands { contact, .. }
            | Fact::HandedBack { contact, .. }
            | Fact::Answered { contact, .. }
            | Fact::Taken { contact, .. }
            | Fact::PartnerAnswered { contact, .. }
            | Fact::PartnerMissed { contact, .. }
            | Fact::Ended { contact, .. } => *contact,
            Fact::Configured(_) => return self.untold.others(),
            Fact::Arrived { .. } => ContactId(entry.seq),
            Fact::Intends { .. }
            | Fact::Reached { .. }
            | Fact::ShiftEnds { .. }
            | Fact::Engaged { .. }
            | Fact::Disengaged { .. }
            | Fact::PickedUp { .. }
            | Fact::Missed { .. }
            | Fact::WrapUp { .. }
            | Fact::Restarted { .. }
            | Fact::LegFound { .. }
            | Fact::LegLost { .. } => return,
        };
        self.untold.happened(Happening {
            contact,
            at: entry.at,
            what: What::Done(fact.clone()),
        });
    }

    /// Notes what was decided about a contact.
    pub(crate) fn note_decision(&mut self, now: Instant, decision: &Decision) {
        let contact = match decision {
            Decision::Offer { contact, .. }
            | Decision::Withdraw { contact, .. }
            | Decision::Bridge { contact, .. }
            | Decision::Overflow { contact, .. }
            | Decision::WithdrawOverflow { contact, .. }
            | Decision::BridgePartner { contact, .. }
            | Decision::Missed { contact, .. }
            | Decision::Taken { contact, .. }
            | Decision::Climbed { contact, .. } => *contact,
            Decision::Closed(closed) => closed.contact,
            Decision::HangUp { .. }
            | Decision::Waits { .. }
            | Decision::Classed { .. }
            | Decision::Paused { .. }
            | Decision::PauseLifted { .. }
            | Decision::WrapUp { .. }
            | Decision::WrapUpOver { .. }
            | Decision::Tell(_) => return,
        };
        let at = self.moment(now);
        self.untold.happened(Happening {
            contact,
            at,
            what: What::Decided(decision.clone()),
        });
    }

    /// Tells screens what they have not been told, or sees to it that they are told soon.
    pub(crate) fn keep_screens_told(&mut self, now: Instant) {
        let touched = self.log.take_touched();
        for contact in &touched.contacts {
            let answer = self.dispatcher().answer_of(*contact);
            self.answering.follow(*contact, answer);
        }
        self.untold.contacts.extend(touched.contacts);
        self.untold.operators.extend(touched.operators);
        if self.untold.is_empty() {
            return;
        }
        match self.untold.next {
            Next::NotBefore(at) if now < at => {
                self.untold.next = Next::ByTimer;
                self.timers.arm(at, Timer::TellScreens);
            }
            Next::AtOnce | Next::NotBefore(_) => self.tell_screens(now),
            Next::ByTimer => {}
        }
    }

    fn tell_screens(&mut self, now: Instant) {
        let known = std::mem::take(&mut self.untold.known);
        let untold = std::mem::take(&mut self.untold);
        let mut changed = Changed {
            at: self.moment(now),
            number: untold.number + 1,
            contacts: Vec::new(),
            contacts_gone: Vec::new(),
            operators: Vec::new(),
            operators_gone: Vec::new(),
            trunks: self.trunk_rows(),
            mode: self.mode,
            unsaved: self.unsaved.clone(),
            today: self.today(),
            today_since: self.today_since,
            happenings: untold.happenings,
        };
        for id in untold.contacts {
            match self.dispatcher().contact(id) {
                Some(view) => changed.contacts.push(ContactRow::of(changed.at, view)),
                None => changed.contacts_gone.push(id),
            }
        }
        let mut asked = untold.operators;
        if untold.others == Others::Changed {
            asked.extend(&known);
        }
        self.untold.known = known;
        for id in asked {
            match self.dispatcher().operator(id) {
                Some(view) => {
                    self.untold.known.insert(id);
                    changed.operators.push(self.operator_row(view));
                }
                None if self.untold.known.remove(&id) => changed.operators_gone.push(id),
                None => {}
            }
        }
        self.untold.next = Next::NotBefore(now + TOLD_EVERY);
        self.untold.number = changed.number;
        self.push(Output::Changed(Box::new(changed)));
    }

    /// Screens may be told again.
    pub(crate) fn on_tell_screens(&mut self, now: Instant) {
        self.untold.next = Next::AtOnce;
        if !self.untold.is_empty() {
            self.tell_screens(now);
        }
    }

    /// Tells the operator who talks with a caller that she pressed a key. What was pressed before
    /// the answer is none to a question.
    pub(crate) fn tell_tap(&mut self, contact: ContactId, digit: Digit) {
        let view = self.dispatcher().contact(contact);
        if let Some(ContactState::Talking {
            with: Joined::Operator { operator, .. },
        }) = view.map(|view| view.state)
        {
            self.push(Output::Tapped {
                contact,
                operator,
                digit,
            });
        }
    }
}
