//! What happens with the wait: relaxations, steps, partners, and what happens at once when nobody is there.

use std::collections::BTreeSet;

use crate::contact::State;
use crate::engine::Dispatcher;
use crate::slots::ContactSlot;
use crate::{
    Action, Decision, InputError, Missed, Notice, Origin, Overflow, OverflowPhase, PartnerId,
    StepCause, Strategy, Told, Widened,
};
use crate::{ContactId, Moment};

impl Dispatcher {
    /// Does what is due of a contact.
    pub(crate) fn contact_due(&mut self, slot: ContactSlot) {
        let now = self.now;
        let contact = &mut self.contacts[slot];
        let rests = contact.rests.len();
        contact.rests.retain(|rest| rest.until > now);
        if contact.rests.len() < rests {
            let listed = contact.placed.listed;
            self.index.changed(listed);
        }
        match &self.contacts[slot].state {
            State::Adrift { until, .. } if *until <= now => self.give_up(slot),
            State::Adrift { .. } | State::Talking { .. } => self.sync_contact(slot),
            State::Waiting { offers } => {
                let over = offers.iter().filter(|offer| offer.until <= now);
                let over: Vec<_> = over.map(|offer| offer.operator).collect();
                for operator in over {
                    self.ring_out(slot, operator);
                }
                self.partners_ring_out(slot);
                self.advance(slot);
            }
        }
    }

    /// Brings a waiting contact to where its wait has come to: needs, operators, partners, steps.
    pub(crate) fn advance(&mut self, slot: ContactSlot) {
        if self.contacts[slot].is_waiting() {
            self.relax(slot);
            self.progress(slot);
            self.retry_partners(slot);
            let wait = self.now.since(self.contacts[slot].arrived);
            while let Some(step) = self.next_step(slot).filter(|step| step.after <= wait) {
                self.take_step(slot, &step.action, StepCause::Waited);
            }
        }
        self.sync_contact(slot);
    }

    fn relax(&mut self, slot: ContactSlot) {
        let now = self.now;
        let contact = &self.contacts[slot];
        let wait = now.since(contact.arrived);
        let relaxations = &self.queue_of(slot).relaxations;
        if contact
            .relaxes_after(relaxations)
            .is_some_and(|after| after <= wait)
        {
            self.unplace(slot);
        }
        self.contacts[slot].relaxed = wait;
    }

    fn progress(&mut self, slot: ContactSlot) {
        let (now, strategy) = (self.now, self.queue_of(slot).strategy);
        let contact = &mut self.contacts[slot];
        match (strategy, contact.progress_at) {
            (Strategy::RingProgressively { interval }, Some(at)) if at <= now => {
                contact.progress = contact.progress.saturating_add(1);
                contact.progress_at = Some(now + interval);
            }
            (Strategy::RingProgressively { .. }, _) => {}
            (
                Strategy::LongestIdle
                | Strategy::OrderedList
                | Strategy::RoundRobin
                | Strategy::FewestCalls
                | Strategy::LeastTalkTime
                | Strategy::RingAll,
                _,
            ) => contact.progress_at = None,
        }
    }

    fn next_step(&self, slot: ContactSlot) -> Option<crate::Step> {
        let taken = self.contacts[slot].steps_taken;
        self.timeline_of(slot)?.steps.get(taken).cloned()
    }

    fn take_step(&mut self, slot: ContactSlot, action: &Action, cause: StepCause) {
        let contact = self.contacts[slot].id;
        let step = self.contacts[slot].steps_taken;
        self.contacts[slot].steps_taken += 1;
        self.decide(Decision::Climbed {
            contact,
            step,
            cause,
        });
        match action {
            Action::WidenSkills => {
                self.unplace(slot);
                self.contacts[slot].widened = Widened::Yes;
            }
            Action::OnCall(people) => {
                self.unplace(slot);
                self.contacts[slot].call(people);
            }
            Action::SecondOperator => {
                let second = self.second_operators(slot);
                let contact = &mut self.contacts[slot];
                contact.more_operators = contact.more_operators.max(second);
            }
            Action::TellSupervisor => {
                let wait = self.now.since(self.contacts[slot].arrived);
                self.decide(Decision::Tell(Notice::Waits { contact, wait }));
            }
            Action::Overflow(partner) => match self.contacts[slot].origin {
                Origin::Caller { .. } => self.overflow(slot, *partner),
                // There is nobody whom a partner could talk with.
                Origin::Device { .. } => {}
            },
        }
    }

    /// How many operators the steps taken of the present timeline add.
    fn second_operators(&self, slot: ContactSlot) -> u32 {
        let taken = self.contacts[slot].steps_taken;
        let steps = self
            .timeline_of(slot)
            .map_or(&[][..], |timeline| &timeline.steps);
        let seconds = steps
            .iter()
            .take(taken)
            .filter(|step| step.action == Action::SecondOperator);
        u32::try_from(seconds.count()).unwrap_or(u32::MAX)
    }

    fn overflow(&mut self, slot: ContactSlot, partner: PartnerId) {
        let known = &self.contacts[slot].overflows;
        if known.iter().any(|overflow| overflow.partner == partner) {
            return;
        }
        let phase = OverflowPhase::Resting(self.now);
        self.contacts[slot].overflows.push(Overflow {
            partner,
            phase,
            missed: Missed::No,
        });
        self.retry_partners(slot);
    }

    /// Rings every partner whose rest is over.
    fn retry_partners(&mut self, slot: ContactSlot) {
        let now = self.now;
        for at in 0..self.contacts[slot].overflows.len() {
            let overflow = self.contacts[slot].overflows[at];
            match overflow.phase {
                OverflowPhase::Resting(until) if until <= now => self.ring_partner(slot, at),
                OverflowPhase::Resting(_) | OverflowPhase::Ringing(_) => {}
            }
        }
    }

    fn ring_partner(&mut self, slot: ContactSlot, at: usize) {
        let partner = self.contacts[slot].overflows[at].partner;
        let Some(ring_time) = self.partner(partner).map(|partner| partner.ring_time) else {
            return;
        };
        let until = self.now + ring_time;
        self.contacts[slot].overflows[at].phase = OverflowPhase::Ringing(until);
        let contact = self.contacts[slot].id;
        self.decide(Decision::Overflow {
            contact,
            partner,
            until,
        });
    }

    pub(crate) fn partner(&self, id: PartnerId) -> Option<&crate::Partner> {
        self.config.partners.iter().find(|partner| partner.id == id)
    }

    fn partners_ring_out(&mut self, slot: ContactSlot) {
        let now = self.now;
        for at in 0..self.contacts[slot].overflows.len() {
            let overflow = self.contacts[slot].overflows[at];
            match overflow.phase {
                OverflowPhase::Ringing(until) if until <= now => {
                    let contact = self.contacts[slot].id;
                    let partner = overflow.partner;
                    self.decide(Decision::WithdrawOverflow { contact, partner });
                    self.rest_partner(slot, at);
                }
                OverflowPhase::Ringing(_) | OverflowPhase::Resting(_) => {}
            }
        }
    }

    /// Lets a partner rest that gave a contact back.
    pub(crate) fn rest_partner_of(&mut self, slot: ContactSlot, partner: PartnerId) {
        let overflows = &self.contacts[slot].overflows;
        if let Some(at) = overflows
            .iter()
            .position(|overflow| overflow.partner == partner)
        {
            self.rest_partner(slot, at);
        }
    }

    fn rest_partner(&mut self, slot: ContactSlot, at: usize) {
        let partner = self.contacts[slot].overflows[at].partner;
        let rest = self
            .partner(partner)
            .map_or(crate::TIME_MAX, |partner| partner.rest);
        let until: Moment = self.now + rest;
        let overflow = &mut self.contacts[slot].overflows[at];
        overflow.phase = OverflowPhase::Resting(until);
        overflow.missed = Missed::Yes;
    }

    /// A partner's line did not take an overflow.
    pub(crate) fn partner_miss(
        &mut self,
        contact: ContactId,
        partner: PartnerId,
    ) -> Result<(), InputError> {
        let slot = self.contact_slot(contact)?;
        let rings = |overflow: &Overflow| {
            overflow.partner == partner && matches!(overflow.phase, OverflowPhase::Ringing(_))
        };
        let Some(at) = self.contacts[slot].overflows.iter().position(rings) else {
            return Err(InputError::NotOverflowed { contact, partner });
        };
        self.rest_partner(slot, at);
        self.sync_contact(slot);
        Ok(())
    }

    /// Takes the next steps of every contact for which nobody is there, until somebody is.
    pub(crate) fn climb_where_nobody_is(&mut self) {
        self.note_who_left();
        for id in std::mem::take(&mut self.unattended) {
            if let Some(&slot) = self.contact_slots.get(&id) {
                self.climb(slot);
            }
        }
        // What climbing changed was looked at by the climb itself.
        self.unattended.clear();
    }

    /// Looks at the contacts of groups in which nobody is there any more, and at those whose
    /// supervisor was told so before.
    fn note_who_left(&mut self) {
        if !self.index.left.is_empty() {
            let mut left: BTreeSet<ContactId> = BTreeSet::new();
            for &bucket in self
                .index
                .heads
                .iter()
                .flat_map(std::collections::BTreeMap::values)
            {
                let entry = &self.index.buckets[bucket];
                if entry.groups.meets(&self.index.left) && !self.index.is_attended(bucket) {
                    left.extend(entry.contacts.keys().map(|(_, id)| *id));
                }
            }
            // What was given rings for somebody who may not take it by the rules: it stands in no bucket.
            let (slots, contacts) = (&self.contact_slots, &self.contacts);
            self.given.retain(|id| {
                let slot = slots.get(id);
                slot.is_some_and(|slot| contacts[*slot].given.is_some())
            });
            left.extend(&self.given);
            self.unattended.append(&mut left);
            self.index.left.clear();
        }
        if !self.index.came.is_empty() {
            self.unattended.extend(&self.told);
            self.index.came.clear();
        }
    }

    /// Whether somebody is there for a contact: an operator who may take it, or a partner who has not missed it yet.
    pub(crate) fn is_attended(&self, slot: ContactSlot) -> bool {
        let contact = &self.contacts[slot];
        contact
            .placed
            .bucket
            .is_some_and(|bucket| self.index.is_attended(bucket))
            || contact
                .overflows
                .iter()
                .any(|overflow| overflow.missed == Missed::No)
    }

    fn climb(&mut self, slot: ContactSlot) {
        if !self.contacts[slot].is_waiting() {
            return;
        }
        while !self.is_attended(slot) {
            let Some(step) = self.next_step(slot) else {
                self.tell_nobody_there(slot);
                return;
            };
            self.take_step(slot, &step.action, StepCause::NobodyThere);
            self.sync_contact(slot);
        }
        self.told.remove(&self.contacts[slot].id);
        self.contacts[slot].told = Told::No;
    }

    fn tell_nobody_there(&mut self, slot: ContactSlot) {
        let queue = self.queue_of(slot).id;
        let contact = &mut self.contacts[slot];
        if contact.told == Told::No {
            contact.told = Told::Yes;
            let contact = contact.id;
            self.told.insert(contact);
            self.decide(Decision::Tell(Notice::NobodyThere { contact, queue }));
        }
    }
}
