//! Claims: offering, withdrawing, answering.

use std::time::Duration;

use crate::contact::{Far, Rest, Ring, State};
use crate::engine::{Dispatcher, LegOwner};
use crate::fault::Fault;
use crate::slots::{ContactSlot, OperatorSlot};
use crate::{
    ContactId, Decision, HomeTimes, InputError, LegId, Miss, Missed, OperatorId, Origin, Outcome,
    OverflowPhase, PartnerId, Place, Strategy, Told, Withdrawal,
};

impl Dispatcher {
    /// Claims an operator for a contact and rings her.
    pub(crate) fn offer(&mut self, slot: ContactSlot, operator: OperatorSlot) {
        let until = self.now + self.ring_time(slot, operator);
        let strategy = self.queue_of(slot).strategy;
        let now = self.now;
        let contact = &mut self.contacts[slot];
        if let State::Waiting { offers } = &mut contact.state {
            offers.push(Ring {
                operator,
                since: now,
                until,
            });
        }
        if let (Strategy::RingProgressively { interval }, None) = (strategy, contact.progress_at) {
            contact.progress_at = Some(now + interval);
        }
        let (id, queue) = (contact.id, contact.queue);
        let state = &mut self.operators[operator];
        state.claim = Some(slot);
        match state.place {
            Place::Desk => self.offered_last[queue] = Some(operator),
            // Whose turn it is at home the contact knows.
            Place::Home => {}
        }
        self.decide(Decision::Offer {
            contact: id,
            operator: self.operators[operator].id,
            until,
        });
        self.sync_operator(operator);
        self.sync_contact(slot);
    }

    /// How long a phone rings for a contact.
    fn ring_time(&self, slot: ContactSlot, operator: OperatorSlot) -> Duration {
        match self.operators[operator].place {
            Place::Desk => self.queue_of(slot).ring_time,
            Place::Home => self.times_at_home(operator).ring,
        }
    }

    /// What is shown of a contact changed, so that desk phones which ring are called off and ring
    /// again: for as long as an offer that begins now, or who was about to pick up would have
    /// missed it. Telephones at home show nothing of it and ring on: the next person is called when
    /// she would have been.
    pub(crate) fn ring_anew(&mut self, slot: ContactSlot) {
        let State::Waiting { offers } = &self.contacts[slot].state else {
            return;
        };
        let ringing = offers.iter().map(|offer| offer.operator);
        let at_desks: Vec<OperatorSlot> = ringing
            .filter(|operator| self.operators[*operator].place == Place::Desk)
            .collect();
        for operator in at_desks {
            let anew = self.now + self.ring_time(slot, operator);
            if let State::Waiting { offers } = &mut self.contacts[slot].state {
                let hers = offers.iter_mut().filter(|offer| offer.operator == operator);
                hers.for_each(|offer| offer.until = offer.until.max(anew));
            }
            self.sync_operator(operator);
        }
        self.sync_contact(slot);
    }

    /// How long an offer at home lasts.
    fn times_at_home(&self, operator: OperatorSlot) -> HomeTimes {
        let entry = self.config.operators.get(operator);
        entry.map_or_else(HomeTimes::default, |entry| entry.at_home)
    }

    /// Somebody at home answered: the claim lasts until her time to press 1 is over, however little
    /// was left of the ringing.
    pub(crate) fn pick_up(
        &mut self,
        contact: ContactId,
        operator: OperatorId,
    ) -> Result<(), InputError> {
        let (slot, operator_slot) = self.offered(contact, operator)?;
        match self.operators[operator_slot].place {
            Place::Desk => return Err(InputError::NotAtHome(operator)),
            Place::Home => {}
        }
        let until = self.now + self.times_at_home(operator_slot).confirm;
        if let State::Waiting { offers } = &mut self.contacts[slot].state {
            let hers = offers
                .iter_mut()
                .filter(|offer| offer.operator == operator_slot);
            hers.for_each(|offer| offer.until = until);
        }
        self.sync_operator(operator_slot);
        self.sync_contact(slot);
        Ok(())
    }

    /// The slots of a contact and of an operator who is offered it.
    pub(crate) fn offered(
        &self,
        contact: ContactId,
        operator: OperatorId,
    ) -> Result<(ContactSlot, OperatorSlot), InputError> {
        let slot = self.contact_slot(contact)?;
        let operator_slot = self.operator_slot(operator)?;
        if self.contacts[slot].is_offered_to(operator_slot) {
            return Ok((slot, operator_slot));
        }
        Err(InputError::NotOffered { contact, operator })
    }

    /// Takes a claim back without a word; the caller says what became of it.
    pub(crate) fn release_claim(&mut self, slot: ContactSlot, operator: OperatorSlot) {
        let contact = &mut self.contacts[slot];
        if let State::Waiting { offers } = &mut contact.state {
            offers.retain(|offer| offer.operator != operator);
        }
        contact.given = contact.given.filter(|given| *given != operator);
        self.operators[operator].claim = None;
        let listed = contact.placed.listed;
        self.index.changed(listed);
    }

    /// Takes an offer back.
    pub(crate) fn withdraw(
        &mut self,
        slot: ContactSlot,
        operator: OperatorSlot,
        cause: Withdrawal,
    ) {
        self.release_claim(slot, operator);
        self.decide(Decision::Withdraw {
            contact: self.contacts[slot].id,
            operator: self.operators[operator].id,
            cause,
        });
        self.sync_operator(operator);
        self.sync_contact(slot);
    }

    pub(crate) fn withdraw_all(&mut self, slot: ContactSlot, cause: Withdrawal) {
        let offered: Vec<_> = self.contacts[slot]
            .offers()
            .iter()
            .map(|offer| offer.operator)
            .collect();
        for operator in offered {
            self.withdraw(slot, operator, cause);
        }
    }

    /// Takes back whatever rings for an operator who may not take it any more.
    pub(crate) fn withdraw_from(&mut self, operator: OperatorSlot) {
        if let Some(slot) = self.operators[operator].claim {
            self.withdraw(slot, operator, Withdrawal::NoLongerFits);
        }
    }

    /// Takes back the offers of a contact whose needs or queue changed to operators who may not
    /// take it any more. Whom a person gave it to may, as long as she serves its queue.
    pub(crate) fn withdraw_unfit(&mut self, slot: ContactSlot) {
        self.sync_contact(slot);
        let Some(bucket) = self.contacts[slot].placed.bucket else {
            return;
        };
        let unfit: Vec<_> = self.contacts[slot]
            .offers()
            .iter()
            .map(|offer| offer.operator)
            .collect();
        for operator in unfit {
            let given = self.contacts[slot].given == Some(operator);
            if given && self.serves_queue_of(slot, operator) {
                continue;
            }
            if !self.index.buckets[bucket]
                .groups
                .contains(self.operators[operator].group)
            {
                self.withdraw(slot, operator, Withdrawal::NoLongerFits);
            }
        }
    }

    /// An operator's phone answered. What comes too late is hung up.
    pub(crate) fn answer(
        &mut self,
        contact: ContactId,
        operator: OperatorId,
        leg: LegId,
    ) -> Result<(), InputError> {
        self.unused(leg)?;
        let slots = (
            self.contact_slots.get(&contact),
            self.operator_slots.get(&operator),
        );
        match slots {
            (Some(&slot), Some(&operator)) if self.may_still_answer(slot, operator) => {
                self.join(slot, operator, Some(leg));
            }
            (Some(_) | None, Some(_) | None) => self.decide(Decision::HangUp { leg }),
        }
        Ok(())
    }

    /// Whether an answer wins: the offer rings, or it just rang out and both are still free. The
    /// caller's interest wins over our timer.
    fn may_still_answer(&self, slot: ContactSlot, operator: OperatorSlot) -> bool {
        let contact = &self.contacts[slot];
        if contact.is_offered_to(operator) {
            return true;
        }
        let rang_out = |rest: &Rest| rest.operator == operator && rest.miss == Miss::NoAnswer;
        let state = &self.operators[operator];
        let idle = state.claim.is_none() && state.has_no_call();
        contact.is_waiting()
            && contact.offers().is_empty()
            && contact.rests.iter().any(rang_out)
            && (idle || self.is_faulty(Fault::JoinsTheBusy))
    }

    fn join(&mut self, slot: ContactSlot, operator: OperatorSlot, leg: Option<LegId>) {
        self.release_claim(slot, operator);
        self.withdraw_all(slot, Withdrawal::AnsweredElsewhere);
        self.stop_partners(slot);
        let state = &mut self.operators[operator];
        state.talking = Some(slot);
        state.calls = state.calls.saturating_add(1);
        state.misses_in_row = 0;
        // The machine paused her for the ringing that she answered after all.
        state.paused = None;
        let with = Far::Operator {
            operator,
            leg,
            since: self.now,
        };
        let outcome = match self.contacts[slot].origin {
            Origin::Caller { .. } => Outcome::Answered,
            Origin::Device { .. } => Outcome::Taken,
        };
        self.talk(slot, with, outcome);
        self.sync_operator(operator);
        self.tell_joined(slot, with);
    }

    /// Says who has a contact now.
    pub(crate) fn tell_joined(&mut self, slot: ContactSlot, with: Far) {
        let contact = self.contacts[slot].id;
        self.decide(match with {
            Far::Operator { operator, leg, .. } => {
                let operator = self.operators[operator].id;
                match (self.contacts[slot].origin, leg) {
                    (Origin::Caller { .. }, Some(leg)) => Decision::Bridge {
                        contact,
                        operator,
                        leg,
                    },
                    (Origin::Caller { .. } | Origin::Device { .. }, leg) => Decision::Taken {
                        contact,
                        operator,
                        leg,
                    },
                }
            }
            Far::Partner { partner, leg, .. } => Decision::BridgePartner {
                contact,
                partner,
                leg,
            },
        });
    }

    /// An operator takes a device's contact, which rings for her or which she is free for.
    pub(crate) fn take(&mut self, id: ContactId, operator: OperatorId) -> Result<(), InputError> {
        let slot = self.contact_slot(id)?;
        let operator_slot = self.operator_slot(operator)?;
        let contact = &self.contacts[slot];
        match contact.origin {
            Origin::Caller { .. } => return Err(InputError::OtherOrigin(id)),
            Origin::Device { .. } if !contact.is_waiting() => {
                return Err(InputError::NotWaiting(id));
            }
            Origin::Device { .. } => {}
        }
        if !contact.is_offered_to(operator_slot) {
            if !self.operators[operator_slot].is_free() {
                return Err(InputError::NotFree(operator));
            }
            if !self.serves_queue_of(slot, operator_slot) {
                return Err(InputError::NotServing {
                    contact: id,
                    operator,
                });
            }
        }
        self.join(slot, operator_slot, None);
        Ok(())
    }

    /// Joins the caller with the other side.
    fn talk(&mut self, slot: ContactSlot, with: Far, outcome: Outcome) {
        if let Some(leg) = with.leg() {
            self.legs.insert(leg, LegOwner::Far(slot));
        }
        let contact = &mut self.contacts[slot];
        contact.state = State::Talking { with };
        contact.answered = contact.answered.or(Some(self.now));
        contact.outcome = contact.outcome.min(Some(outcome)).or(Some(outcome));
        contact.rests.clear();
        contact.progress = 0;
        contact.progress_at = None;
        contact.told = Told::No;
        self.told.remove(&contact.id);
        self.sync_contact(slot);
    }

    /// Stops the partners that ring; they would be tried again at once should the caller wait again.
    pub(crate) fn stop_partners(&mut self, slot: ContactSlot) {
        let now = self.now;
        let contact = &mut self.contacts[slot];
        let id = contact.id;
        let mut stopped = Vec::new();
        for overflow in &mut contact.overflows {
            if let OverflowPhase::Ringing(_) = overflow.phase {
                overflow.phase = OverflowPhase::Resting(now);
                stopped.push(overflow.partner);
            }
        }
        for partner in stopped {
            self.decide(Decision::WithdrawOverflow {
                contact: id,
                partner,
            });
        }
    }

    /// A partner's line answered. What comes too late is hung up.
    pub(crate) fn partner_answer(
        &mut self,
        contact: ContactId,
        partner: PartnerId,
        leg: LegId,
    ) -> Result<(), InputError> {
        self.unused(leg)?;
        let slot = self.contact_slots.get(&contact).copied();
        match slot.filter(|slot| self.partner_may_still_answer(*slot, partner)) {
            Some(slot) => {
                let overflows = &mut self.contacts[slot].overflows;
                for overflow in overflows
                    .iter_mut()
                    .filter(|overflow| overflow.partner == partner)
                {
                    overflow.phase = OverflowPhase::Resting(self.now);
                }
                self.withdraw_all(slot, Withdrawal::AnsweredElsewhere);
                self.stop_partners(slot);
                let with = Far::Partner {
                    partner,
                    leg,
                    since: self.now,
                };
                self.talk(slot, with, Outcome::Overflowed);
                self.tell_joined(slot, with);
            }
            None => self.decide(Decision::HangUp { leg }),
        }
        Ok(())
    }

    fn partner_may_still_answer(&self, slot: ContactSlot, partner: PartnerId) -> bool {
        let contact = &self.contacts[slot];
        let overflow = contact
            .overflows
            .iter()
            .find(|overflow| overflow.partner == partner);
        contact.is_waiting()
            && overflow.is_some_and(|overflow| match overflow.phase {
                OverflowPhase::Ringing(_) => true,
                OverflowPhase::Resting(_) => {
                    overflow.missed == Missed::Yes && contact.offers().is_empty()
                }
            })
    }
}
