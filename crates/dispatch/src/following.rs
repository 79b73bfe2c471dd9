//! How the status of an operator follows from what is known of her, and since when she has it.

use crate::engine::Dispatcher;
use crate::operator::OperatorState;
use crate::slots::{ContactSlot, OperatorSlot};
use crate::status::Kind;
use crate::{Intent, Membership, Moment, OperatorId, Place, Presence, Reachability, Status};

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
