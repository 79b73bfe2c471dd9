//! What screens may see: contacts in their order, operators with each part of their state, and why a contact waits.

use std::time::Duration;

use crate::contact::{Contact, Far, State};
use crate::engine::Dispatcher;
use crate::operator::OperatorState;
use crate::slots::{ContactSlot, OperatorSlot};
use crate::{
    Config, ContactId, ContactView, InputError, Moment, Occupancy, OperatorId, OperatorView,
    Outcome, QueueId, ShiftPart, Why,
};

impl Dispatcher {
    /// The moment of the latest input.
    #[must_use]
    pub const fn now(&self) -> Moment {
        self.now
    }

    /// The configuration that holds.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// How many contacts are live.
    #[must_use]
    pub fn contacts_live(&self) -> usize {
        self.contact_slots.len()
    }

    /// The live contacts, the most urgent first, those who are talked with or adrift among them at their rank.
    #[must_use]
    pub fn contacts(&self) -> Vec<ContactView> {
        let mut slots: Vec<_> = self.contact_slots.values().copied().collect();
        slots.sort_unstable_by_key(|slot| {
            let contact = &self.contacts[*slot];
            (contact.class, contact.standing, contact.id)
        });
        slots
            .into_iter()
            .map(|slot| self.contact_view(slot))
            .collect()
    }

    /// A live contact.
    #[must_use]
    pub fn contact(&self, id: ContactId) -> Option<ContactView> {
        self.contact_slots
            .get(&id)
            .map(|slot| self.contact_view(*slot))
    }

    /// How a live contact was answered, and after which wait; nothing before somebody did.
    #[must_use]
    pub fn answer_of(&self, id: ContactId) -> Option<(Outcome, Duration)> {
        let contact = &self.contacts[*self.contact_slots.get(&id)?];
        let answered = contact.answered?;
        Some((contact.outcome?, answered.since(contact.arrived)))
    }

    /// Whether a contact is offered to that operator because a person gave it to her.
    #[must_use]
    pub fn is_given(&self, contact: ContactId, operator: OperatorId) -> bool {
        let offered = self.offered(contact, operator);
        offered.is_ok_and(|(slot, operator)| self.contacts[slot].given == Some(operator))
    }

    /// The operators in the configured order, those who are leaving last.
    #[must_use]
    pub fn operators(&self) -> Vec<OperatorView> {
        self.operators
            .iter()
            .map(|operator| self.operator_view(operator))
            .collect()
    }

    /// An operator.
    #[must_use]
    pub fn operator(&self, id: OperatorId) -> Option<OperatorView> {
        let slot = *self.operator_slots.get(&id)?;
        Some(self.operator_view(&self.operators[slot]))
    }

    /// The queues that an operator serves; none when she is not configured.
    #[must_use]
    pub fn queues_of(&self, id: OperatorId) -> &[QueueId] {
        // Those who are leaving stand behind the configured ones.
        let slot = self.operator_slots.get(&id);
        let operator = slot.and_then(|slot| self.config.operators.get(*slot));
        operator
            .filter(|operator| operator.id == id)
            .map_or(&[], |operator| &operator.queues)
    }

    fn contact_view(&self, slot: ContactSlot) -> ContactView {
        let contact = &self.contacts[slot];
        let mut required = Vec::new();
        contact.required(&self.queue_of(slot).relaxations, &mut required);
        ContactView {
            id: contact.id,
            origin: contact.origin,
            queue: self.config.queues[contact.queue].id,
            class: contact.class,
            speech: contact.speech,
            standing: contact.standing,
            arrived: contact.arrived,
            answered: contact.answered,
            needs: contact.needs.clone(),
            required,
            state: self.state_of(contact),
            steps_taken: contact.steps_taken,
            called: contact.called.clone(),
            overflows: contact.overflows.clone(),
            rests: self.rests_of(contact),
        }
    }

    fn operator_view(&self, operator: &OperatorState) -> OperatorView {
        OperatorView {
            id: operator.id,
            status: self.status_of(operator),
            presence: self.presence_of(operator),
            place: operator.place,
            membership: operator.membership,
            intent: operator.intent,
            intent_cause: operator.intent_cause,
            paused: operator.paused,
            reachability: operator.reachability,
            occupancy: self.occupancy(operator),
            claim: operator.claim.and_then(|slot| {
                let contact = &self.contacts[slot];
                let mine = |offer: &&crate::contact::Ring| {
                    self.operators[offer.operator].id == operator.id
                };
                let offer = contact.offers().iter().find(mine)?;
                Some((contact.id, offer.until))
            }),
            wrap_up: operator.wrap_up,
            rest: operator.rest,
            shift_ends: operator.shift_ends,
            shift: operator.shift,
            misses: operator.misses,
            misses_in_row: operator.misses_in_row,
            idle_since: operator.idle_since,
            calls: operator.calls,
            talked: operator.talked,
        }
    }

    fn occupancy(&self, operator: &OperatorState) -> Occupancy {
        match operator.talking {
            Some(slot) => self.occupied_by(slot),
            None if operator.legs.is_empty() => Occupancy::Free,
            None => Occupancy::Engaged {
                legs: operator
                    .legs
                    .iter()
                    .map(|(leg, until)| (*leg, *until))
                    .collect(),
            },
        }
    }

    /// What a contact that she has keeps her busy with.
    fn occupied_by(&self, slot: ContactSlot) -> Occupancy {
        let contact = self.contacts[slot].id;
        match self.far_side(slot).map(Far::leg) {
            Some(None) => Occupancy::Case { contact },
            Some(Some(_)) | None => Occupancy::Talking { contact },
        }
    }

    /// The rules that hold a contact back now. It looks at every operator: a view for a person, no part of a decision.
    ///
    /// # Errors
    /// [`InputError::ContactUnknown`] when no such contact is live.
    pub fn why(&self, id: ContactId) -> Result<Vec<Why>, InputError> {
        let slot = self.contact_slot(id)?;
        let contact = &self.contacts[slot];
        Ok(match &contact.state {
            State::Talking { .. } => vec![Why::Answered],
            State::Adrift { until, .. } => vec![Why::Adrift { until: *until }],
            State::Waiting { offers } => {
                let rings = offers.iter().map(|offer| Why::Offered {
                    operator: self.operators[offer.operator].id,
                    until: offer.until,
                });
                rings.chain(self.why_waiting(contact)).collect()
            }
        })
    }

    fn why_waiting(&self, contact: &Contact) -> Vec<Why> {
        let Some(bucket) = contact.placed.bucket else {
            return Vec::new();
        };
        let groups = &self.index.buckets[bucket].groups;
        let rings = |slot| contact.offers().iter().any(|offer| offer.operator == slot);
        let mut why = Vec::new();
        let (mut there, mut free, mut busy) = (0_usize, 0_usize, 0_usize);
        for (slot, operator) in self.operators.iter().enumerate() {
            if groups.contains(operator.group) && operator.is_there() {
                there += 1;
                if operator.is_free() {
                    free += 1;
                    why.extend(self.why_not(contact, slot));
                } else if !rings(slot) {
                    busy += 1;
                }
            } else if self.will_be_called(contact, operator) {
                why.push(Why::NotYetOnCall {
                    operator: operator.id,
                });
            }
        }
        if there == 0 {
            why.insert(0, Why::NobodyThere);
        } else if free == 0 && busy > 0 {
            why.insert(0, Why::NobodyFree { busy });
        }
        why
    }

    fn why_not(&self, contact: &Contact, slot: OperatorSlot) -> Option<Why> {
        let operator = &self.operators[slot];
        let id = operator.id;
        if let Some(rest) = contact.rests.iter().find(|rest| rest.operator == slot) {
            return Some(Why::Resting {
                operator: id,
                until: rest.until,
            });
        }
        let reserves = self.index.groups[operator.group].reserves.iter();
        let mut holding = reserves.map(|number| &self.index.reserves[*number]);
        let open = self.index.open[contact.class as usize].contains(operator.group);
        if !open && let Some(held) = holding.find(|held| held.refuses(contact.class)) {
            return Some(Why::Reserved {
                operator: id,
                class: held.class,
            });
        }
        (operator.shift == ShiftPart::LastMinutes).then_some(Why::LastMinutes { operator: id })
    }

    /// Whether somebody at home is free whom a later step of the contact's timeline calls.
    fn will_be_called(&self, contact: &Contact, operator: &OperatorState) -> bool {
        let timelines = self.config.queues[contact.queue].timelines.iter();
        let own = timelines.filter(|timeline| timeline.class == contact.class);
        let mut later = own.flat_map(|timeline| timeline.steps.iter().skip(contact.steps_taken));
        operator.is_free() && later.any(|step| step.action.calls(operator.id))
    }
}
