//! What an operator is, in one word with its time. Every screen, command and count takes it from here. (DESIGN §4.9)

use crate::contact::{ContactSlot, OperatorSlot};
use crate::engine::Dispatcher;
use crate::operator::OperatorState;
use crate::{
    ContactId, Intent, Key, Membership, Moment, OperatorId, PauseCause, Place, Reachability,
};

/// What an operator is now. Nobody is [`Free`](Self::Free) or [`OnCall`](Self::OnCall) who would not be rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// She talks with a caller, or is looked for with one after a restart.
    Talking {
        /// Which contact.
        contact: ContactId,
        /// Since when.
        since: Moment,
    },
    /// Her phone is in a call of her own.
    Engaged {
        /// Since when.
        since: Moment,
    },
    /// Her phone rings.
    Ringing {
        /// For which contact.
        contact: ContactId,
        /// When it counts as missed.
        until: Moment,
    },
    /// She wants nothing, or is not configured any more.
    Off {
        /// Since when.
        since: Moment,
    },
    /// She paused.
    Paused {
        /// What for.
        reason: Key,
        /// Since when.
        since: Moment,
        /// When she means to be back.
        back_at: Option<Moment>,
    },
    /// The machine paused her.
    PausedByMachine {
        /// Why.
        cause: PauseCause,
        /// Since when.
        since: Moment,
    },
    /// No line's callers come to her, however long they wait: no line leads to a queue of hers, or
    /// they ask for more than she can do. At home: nobody calls her.
    Unassigned {
        /// Since when.
        since: Moment,
    },
    /// She is ready, and no phone of hers answers.
    Unreachable {
        /// Since when.
        since: Moment,
    },
    /// She is ready, and her phone has not answered since a restart.
    Unproven {
        /// Since when.
        since: Moment,
    },
    /// She has her time after a call.
    WrapUp {
        /// When it ends.
        until: Moment,
    },
    /// She rests from everybody after an offer that her phone could not take.
    Resting {
        /// Until when.
        until: Moment,
    },
    /// The next contact that she may take rings at her desk.
    Free {
        /// Since when.
        since: Moment,
    },
    /// She is rung at home once a timeline comes to her.
    OnCall {
        /// Since when.
        since: Moment,
    },
}

/// Whether an operator is ready and could be reached, busy or not: who is there holds back what happens when nobody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// She is.
    There,
    /// She is not.
    Away,
}

/// Which status she has; when it becomes another one, its time begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Talking(ContactSlot),
    Engaged,
    Ringing(ContactSlot),
    Off,
    Paused(Key, Option<Moment>),
    PausedByMachine(PauseCause),
    Unassigned,
    Unreachable,
    Unproven,
    WrapUp(Moment),
    Resting(Moment),
    Free,
    OnCall,
}

impl OperatorState {
    /// What keeps her from being rung, the nearest thing first; what goes on is told before what will be.
    fn kind(&self, serves: Serves) -> Kind {
        if let Some(contact) = self.talking {
            return Kind::Talking(contact);
        }
        if !self.legs.is_empty() {
            return Kind::Engaged;
        }
        if let Some(contact) = self.claim {
            return Kind::Ringing(contact);
        }
        match (self.membership, self.intent, self.paused) {
            (Membership::Leaving, _, _) | (Membership::Configured, Intent::Off, _) => {
                return Kind::Off;
            }
            (Membership::Configured, Intent::Paused { reason, back_at }, _) => {
                return Kind::Paused(reason, back_at);
            }
            (Membership::Configured, Intent::Ready, Some(cause)) => {
                return Kind::PausedByMachine(cause);
            }
            (Membership::Configured, Intent::Ready, None) => {}
        }
        match (serves, self.reachability) {
            (Serves::NoLine, _) => return Kind::Unassigned,
            (Serves::Lines, Reachability::Unreachable) => return Kind::Unreachable,
            (Serves::Lines, Reachability::Unproven) => return Kind::Unproven,
            (Serves::Lines, Reachability::Reachable) => {}
        }
        match (self.wrap_up, self.rest, self.place) {
            (Some(until), _, _) => Kind::WrapUp(until),
            (None, Some(until), _) => Kind::Resting(until),
            (None, None, Place::Desk) => Kind::Free,
            (None, None, Place::Home) => Kind::OnCall,
        }
    }
}

/// Whether the callers of any line would come to an operator, after some wait at the latest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Serves {
    Lines,
    NoLine,
}

impl Kind {
    /// Whether it is the same status, however long it lasts.
    fn is_still(self, before: Self) -> bool {
        match (self, before) {
            (Self::Paused(reason, _), Self::Paused(other, _)) => reason == other,
            (Self::WrapUp(_), Self::WrapUp(_)) | (Self::Resting(_), Self::Resting(_)) => true,
            (now, before) => now == before,
        }
    }
}

impl Dispatcher {
    /// Has the time of a status begin when it becomes another one. Called after every change of an operator.
    pub(crate) fn follow_status(&mut self, slot: OperatorSlot) {
        let kind = self.kind_of(&self.operators[slot]);
        let operator = &mut self.operators[slot];
        if operator.kind.is_some_and(|before| !kind.is_still(before)) {
            operator.status_since = self.now;
        }
        operator.kind = Some(kind);
    }

    /// An operator's status.
    pub(crate) fn status_of(&self, operator: &OperatorState) -> Status {
        let since = operator.status_since;
        match self.kind_of(operator) {
            Kind::Talking(slot) => Status::Talking {
                contact: self.contacts[slot].id,
                since,
            },
            Kind::Engaged => Status::Engaged { since },
            Kind::Ringing(slot) => Status::Ringing {
                contact: self.contacts[slot].id,
                until: self.rings_until(slot, operator),
            },
            Kind::Off => Status::Off { since },
            Kind::Paused(reason, back_at) => Status::Paused {
                reason,
                since,
                back_at,
            },
            Kind::PausedByMachine(cause) => Status::PausedByMachine { cause, since },
            Kind::Unassigned => Status::Unassigned { since },
            Kind::Unreachable => Status::Unreachable { since },
            Kind::Unproven => Status::Unproven { since },
            Kind::WrapUp(until) => Status::WrapUp { until },
            Kind::Resting(until) => Status::Resting { until },
            Kind::Free => Status::Free { since },
            Kind::OnCall => Status::OnCall { since },
        }
    }

    /// Whether an operator is there, busy or not.
    pub(crate) fn presence_of(&self, operator: &OperatorState) -> Presence {
        match (operator.is_there(), self.serves(operator)) {
            (true, Serves::Lines) => Presence::There,
            (true, Serves::NoLine) | (false, _) => Presence::Away,
        }
    }

    /// Which status an operator has apart from her calls, with an intent that she is about to have
    /// or with her own; the time in it is that of the present one. Who asks by telephone is in a
    /// call of hers while she hears the answer.
    #[must_use]
    pub fn status_between_calls(&self, id: OperatorId, intent: Option<Intent>) -> Option<Status> {
        let slot = *self.operator_slots.get(&id)?;
        let mut operator = self.operators[slot].clone();
        (operator.talking, operator.claim) = (None, None);
        operator.legs.clear();
        if let Some(intent) = intent {
            (operator.intent, operator.paused) = (intent, None);
        }
        Some(self.status_of(&operator))
    }

    fn kind_of(&self, operator: &OperatorState) -> Kind {
        operator.kind(self.serves(operator))
    }

    fn serves(&self, operator: &OperatorState) -> Serves {
        if self.index.groups[operator.group].demands.is_empty() {
            return Serves::NoLine;
        }
        Serves::Lines
    }

    fn rings_until(&self, contact: ContactSlot, operator: &OperatorState) -> Moment {
        let offers = self.contacts[contact].offers().iter();
        let mut hers = offers.filter(|offer| self.operators[offer.operator].id == operator.id);
        hers.next().map_or(self.now, |offer| offer.until)
    }
}
