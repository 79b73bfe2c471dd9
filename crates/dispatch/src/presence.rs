//! What operators want, whether their phones can be reached, their own calls, shifts and wrap-ups.

use std::time::Duration;

use crate::engine::{Dispatcher, LegOwner};
use crate::fault::Fault;
use crate::slots::OperatorSlot;
use crate::{
    Decision, InputError, Intent, IntentCause, LEGS_OF_OPERATOR_MAX, LegId, Moment, Notice,
    OperatorId, Reachability, WRAP_UP_MAX, WrapUpChange,
};

impl Dispatcher {
    /// An operator wants contacts, a pause, or nothing. It undoes a pause of the machine.
    pub(crate) fn intend(
        &mut self,
        id: OperatorId,
        intent: Intent,
        cause: IntentCause,
    ) -> Result<(), InputError> {
        let slot = self.operator_slot(id)?;
        let operator = &mut self.operators[slot];
        let was_ready = operator.is_ready();
        operator.paused = None;
        operator.intent = intent;
        operator.intent_cause = cause;
        if operator.is_ready() {
            if !was_ready {
                operator.calls = 0;
                operator.talked = Duration::ZERO;
                operator.misses_in_row = 0;
            }
        } else {
            self.withdraw_from(slot);
        }
        self.sync_operator(slot);
        Ok(())
    }

    /// Something is known anew of an operator's phone.
    pub(crate) fn reach(
        &mut self,
        id: OperatorId,
        reachability: Reachability,
    ) -> Result<(), InputError> {
        let slot = self.operator_slot(id)?;
        let operator = &mut self.operators[slot];
        let before = std::mem::replace(&mut operator.reachability, reachability);
        let gone = match (before, reachability) {
            (Reachability::Reachable, Reachability::Unproven | Reachability::Unreachable)
            | (Reachability::Unproven, Reachability::Unreachable) => true,
            (Reachability::Reachable | Reachability::Unproven | Reachability::Unreachable, _) => {
                false
            }
        };
        if gone && operator.is_ready() {
            self.decide(Decision::Tell(Notice::PhoneGone {
                operator: id,
                reachability,
            }));
        }
        if reachability == Reachability::Reachable && before != reachability {
            self.decide(Decision::Tell(Notice::PhoneBack { operator: id }));
        }
        match reachability {
            Reachability::Reachable => {}
            Reachability::Unproven | Reachability::Unreachable => self.withdraw_from(slot),
        }
        self.sync_operator(slot);
        Ok(())
    }

    /// The end of an operator's shift is known, or there is none.
    pub(crate) fn end_shift(
        &mut self,
        id: OperatorId,
        at: Option<Moment>,
    ) -> Result<(), InputError> {
        let slot = self.operator_slot(id)?;
        self.operators[slot].shift_ends = at;
        self.look_at_shift(slot);
        self.sync_operator(slot);
        Ok(())
    }

    pub(crate) fn look_at_shift(&mut self, slot: OperatorSlot) {
        let last_minutes = self.rules().last_minutes;
        let operator = &mut self.operators[slot];
        let before = operator.shift;
        operator.shift = operator.shift_part(self.now, last_minutes);
        // Who is in her last minutes no longer keeps others in theirs from the contact that rings for her.
        if operator.shift != before
            && let Some(claim) = operator.claim
        {
            let listed = self.contacts[claim].placed.listed;
            self.index.changed(listed);
        }
    }

    /// An operator's phone is in a call of its own.
    pub(crate) fn engage(&mut self, id: OperatorId, leg: LegId) -> Result<(), InputError> {
        let slot = self.operator_slot(id)?;
        self.unused(leg)?;
        if self.operators[slot].legs.len() >= LEGS_OF_OPERATOR_MAX {
            return Err(InputError::LegsFull { operator: id, leg });
        }
        self.legs.insert(leg, LegOwner::Own(slot));
        self.operators[slot].legs.insert(leg, None);
        self.withdraw_from(slot);
        self.sync_operator(slot);
        Ok(())
    }

    /// A leg of an operator's own call ended.
    pub(crate) fn disengage(&mut self, id: OperatorId, leg: LegId) -> Result<(), InputError> {
        let slot = self.operator_slot(id)?;
        if !self.operators[slot].legs.contains_key(&leg) {
            return Err(InputError::NotEngaged { operator: id, leg });
        }
        self.drop_own_leg(slot, leg);
        self.sync_operator(slot);
        Ok(())
    }

    pub(crate) fn drop_own_leg(&mut self, slot: OperatorSlot, leg: LegId) {
        self.legs.remove(&leg);
        self.operators[slot].legs.remove(&leg);
    }

    /// An operator changed her wrap-up, or asks during a call for a longer one.
    pub(crate) fn change_wrap_up(
        &mut self,
        id: OperatorId,
        change: WrapUpChange,
    ) -> Result<(), InputError> {
        let slot = self.operator_slot(id)?;
        let latest = self.now + WRAP_UP_MAX;
        let operator = &mut self.operators[slot];
        match (change, operator.wrap_up) {
            (WrapUpChange::Longer(by), Some(until)) => {
                let until = (until + by).min(latest);
                operator.wrap_up = Some(until);
                self.decide(Decision::WrapUp {
                    operator: id,
                    until,
                });
            }
            (WrapUpChange::Longer(by), None) if operator.talking.is_some() => {
                operator.longer = operator.longer.saturating_add(by).min(WRAP_UP_MAX);
            }
            (WrapUpChange::Over, Some(_)) => {
                operator.wrap_up = None;
                self.decide(Decision::WrapUpOver { operator: id });
            }
            (WrapUpChange::Longer(_) | WrapUpChange::Over, None) => {
                return Err(InputError::NoWrapUp(id));
            }
        }
        self.sync_operator(slot);
        Ok(())
    }

    /// Does what is due of an operator.
    pub(crate) fn operator_due(&mut self, slot: OperatorSlot) {
        let now = self.now;
        let operator = &mut self.operators[slot];
        operator.rest = operator.rest.filter(|until| *until > now);
        let wrap_up = operator.wrap_up;
        operator.wrap_up = wrap_up.filter(|until| *until > now);
        if wrap_up != operator.wrap_up {
            let operator = operator.id;
            self.decide(Decision::WrapUpOver { operator });
        }
        self.look_at_shift(slot);
        let adrift = self.operators[slot].legs.iter();
        let lost = adrift.filter(|(_, until)| until.is_some_and(|until| until <= now));
        let lost: Vec<LegId> = lost.map(|(leg, _)| *leg).collect();
        for leg in lost {
            self.drop_own_leg(slot, leg);
        }
        self.sync_operator(slot);
        if wrap_up.is_some() && self.is_faulty(Fault::SleepsAfterWrapUp) {
            self.index.matched();
        }
    }
}
