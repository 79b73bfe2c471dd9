//! The snapshot: everything a dispatcher knows as plain values, and back.

use std::sync::Arc;

use crate::contact::{Contact, Far, Placed, Rest, Ring, State};
use crate::engine::{Dispatcher, LegOwner};
use crate::operator::{OperatorState, Posted};
use crate::slots::ContactSlot;
use crate::{
    ContactSnapshot, ContactState, Given, Joined, Membership, Offer, OperatorId, OperatorSnapshot,
    PairRest, Place, Snapshot,
};

impl Dispatcher {
    /// Everything there is to know, between two inputs and with every decision taken.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let offered_last = self.config.queues.iter().zip(&self.offered_last);
        Snapshot {
            now: self.now,
            newest: self.newest,
            config: Arc::clone(&self.config),
            contacts: self
                .contact_slots
                .values()
                .map(|slot| self.contact_snapshot(*slot))
                .collect(),
            operators: self
                .operators
                .iter()
                .map(|operator| self.operator_snapshot(operator))
                .collect(),
            offered_last: offered_last
                .filter_map(|(queue, last)| Some((queue.id, self.operators[(*last)?].id)))
                .collect(),
        }
    }

    fn contact_snapshot(&self, slot: ContactSlot) -> ContactSnapshot {
        let contact = &self.contacts[slot];
        ContactSnapshot {
            id: contact.id,
            origin: contact.origin,
            queue: self.config.queues[contact.queue].id,
            class: contact.class,
            speech: contact.speech,
            standing: contact.standing,
            needs: contact.needs.clone(),
            chosen: contact.chosen.clone(),
            arrived: contact.arrived,
            answered: contact.answered,
            outcome: contact.outcome,
            state: self.state_of(contact),
            relaxed: contact.relaxed,
            steps_taken: contact.steps_taken,
            widened: contact.widened,
            called: contact.called.clone(),
            more_operators: contact.more_operators,
            progress: contact.progress,
            progress_at: contact.progress_at,
            overflows: contact.overflows.clone(),
            rests: self.rests_of(contact),
            given: match contact.given {
                Some(operator) => Given::To(self.operators[operator].id),
                None => Given::ToNobody,
            },
            passed_at_home: contact.passed_at_home,
            told: contact.told,
        }
    }

    pub(crate) fn rests_of(&self, contact: &Contact) -> Vec<PairRest> {
        let rests = contact.rests.iter().map(|rest| PairRest {
            operator: self.operators[rest.operator].id,
            until: rest.until,
            miss: rest.miss,
        });
        rests.collect()
    }

    /// Where a contact is, in ids.
    pub(crate) fn state_of(&self, contact: &Contact) -> ContactState {
        match &contact.state {
            State::Waiting { offers } if offers.is_empty() => ContactState::Waiting,
            State::Waiting { offers } => ContactState::Offered {
                offers: offers
                    .iter()
                    .map(|offer| Offer {
                        operator: self.operators[offer.operator].id,
                        since: offer.since,
                        until: offer.until,
                    })
                    .collect(),
            },
            State::Talking { with } => ContactState::Talking {
                with: self.joined(*with),
            },
            State::Adrift {
                until,
                caller,
                with,
            } => ContactState::Adrift {
                until: *until,
                caller: *caller,
                with: with.map(|(with, sought)| (self.joined(with), sought)),
            },
        }
    }

    fn joined(&self, with: Far) -> Joined {
        match with {
            Far::Operator {
                operator,
                leg,
                since,
            } => Joined::Operator {
                operator: self.operators[operator].id,
                leg,
                since,
            },
            Far::Partner {
                partner,
                leg,
                since,
            } => Joined::Partner {
                partner,
                leg,
                since,
            },
        }
    }

    fn operator_snapshot(&self, operator: &OperatorState) -> OperatorSnapshot {
        OperatorSnapshot {
            id: operator.id,
            place: operator.place,
            membership: operator.membership,
            intent: operator.intent,
            intent_cause: operator.intent_cause,
            paused: operator.paused,
            reachability: operator.reachability,
            talking: operator.talking.map(|slot| self.contacts[slot].id),
            claim: operator.claim.map(|slot| self.contacts[slot].id),
            legs: operator
                .legs
                .iter()
                .map(|(leg, until)| (*leg, *until))
                .collect(),
            wrap_up: operator.wrap_up,
            longer: operator.longer,
            rest: operator.rest,
            shift_ends: operator.shift_ends,
            shift: operator.shift,
            misses: operator.misses,
            misses_in_row: operator.misses_in_row,
            idle_since: operator.idle_since,
            calls: operator.calls,
            talked: operator.talked,
            status_since: Some(operator.status_since),
        }
    }

    /// Makes the dispatcher that the snapshot was taken of: it answers every later input as that one would.
    ///
    /// What in a snapshot refers to something that is not in it is left out.
    #[must_use]
    pub fn restore(snapshot: Snapshot) -> Self {
        let mut restored = Self {
            now: snapshot.now,
            newest: snapshot.newest,
            ..Self::default()
        };
        let config = snapshot.config;
        let queues = config
            .queues
            .iter()
            .enumerate()
            .map(|(slot, queue)| (queue.id, slot));
        restored.queue_slots = queues.collect();
        restored.line_queues = config
            .lines
            .iter()
            .filter_map(|line| Some((line.id, *restored.queue_slots.get(&line.queue)?)))
            .collect();
        restored.offered_last = vec![None; config.queues.len()];
        restored.config = config;
        for operator in &snapshot.operators {
            restored.restore_operator(operator);
        }
        for contact in snapshot.contacts {
            restored.restore_contact(contact);
        }
        for operator in snapshot.operators {
            restored.restore_claims(&operator);
        }
        for (queue, operator) in snapshot.offered_last {
            let slots = (
                restored.queue_slots.get(&queue),
                restored.operator_slots.get(&operator),
            );
            if let (Some(&queue), Some(&operator)) = slots {
                restored.offered_last[queue] = Some(operator);
            }
        }
        restored.reindex();
        restored
    }

    fn restore_operator(&mut self, from: &OperatorSnapshot) {
        let slot = self.operators.len();
        self.operator_slots.insert(from.id, slot);
        for (leg, _) in &from.legs {
            self.legs.insert(*leg, LegOwner::Own(slot));
        }
        self.operators.push(OperatorState {
            id: from.id,
            place: from.place,
            membership: from.membership,
            intent: from.intent,
            intent_cause: from.intent_cause,
            // Earlier releases paused people on call, too.
            paused: from.paused.filter(|_| from.place == Place::Desk),
            reachability: from.reachability,
            talking: None,
            claim: None,
            legs: from.legs.iter().copied().collect(),
            wrap_up: from.wrap_up,
            longer: from.longer,
            rest: from.rest,
            shift_ends: from.shift_ends,
            shift: from.shift,
            misses: from.misses,
            misses_in_row: from.misses_in_row,
            idle_since: from.idle_since,
            calls: from.calls,
            talked: from.talked,
            status_since: from.status_since.unwrap_or(self.now),
            kind: None,
            group: 0,
            posted: Posted::default(),
        });
    }

    fn restore_contact(&mut self, from: ContactSnapshot) {
        let Some(&queue) = self.queue_slots.get(&from.queue) else {
            return;
        };
        let Some(state) = self.state_from(&from.state) else {
            return;
        };
        let rests = from.rests.iter().filter_map(|rest| {
            let operator = *self.operator_slots.get(&rest.operator)?;
            Some(Rest {
                operator,
                until: rest.until,
                miss: rest.miss,
            })
        });
        let contact = Contact {
            id: from.id,
            origin: from.origin,
            queue,
            class: from.class,
            speech: from.speech,
            standing: from.standing,
            rests: rests.collect(),
            needs: from.needs,
            chosen: from.chosen,
            arrived: from.arrived,
            answered: from.answered,
            outcome: from.outcome,
            state,
            relaxed: from.relaxed,
            steps_taken: from.steps_taken,
            widened: from.widened,
            called: from.called,
            passed_at_home: from.passed_at_home,
            more_operators: from.more_operators,
            progress: from.progress,
            progress_at: from.progress_at,
            overflows: from.overflows,
            given: match from.given {
                Given::To(operator) => self.operator_slots.get(&operator).copied(),
                Given::ToNobody => None,
            },
            told: from.told,
            placed: Placed::default(),
        };
        if contact.told == crate::Told::Yes {
            self.told.insert(contact.id);
        }
        if contact.given.is_some() {
            self.given.insert(contact.id);
        }
        let slot = self.keep(contact);
        if let Some(leg) = self.far_side(slot).and_then(Far::leg) {
            self.legs.insert(leg, LegOwner::Far(slot));
        }
    }

    fn state_from(&self, from: &ContactState) -> Option<State> {
        let slot = |operator: &OperatorId| self.operator_slots.get(operator).copied();
        let far = |with: &Joined| match with {
            Joined::Operator {
                operator,
                leg,
                since,
            } => slot(operator).map(|operator| Far::Operator {
                operator,
                leg: *leg,
                since: *since,
            }),
            Joined::Partner {
                partner,
                leg,
                since,
            } => Some(Far::Partner {
                partner: *partner,
                leg: *leg,
                since: *since,
            }),
        };
        Some(match from {
            ContactState::Waiting => State::Waiting { offers: Vec::new() },
            ContactState::Offered { offers } => State::Waiting {
                offers: offers
                    .iter()
                    .filter_map(|offer| {
                        let operator = slot(&offer.operator)?;
                        Some(Ring {
                            operator,
                            since: offer.since,
                            until: offer.until,
                        })
                    })
                    .collect(),
            },
            ContactState::Talking { with } => State::Talking { with: far(with)? },
            ContactState::Adrift {
                until,
                caller,
                with,
            } => State::Adrift {
                until: *until,
                caller: *caller,
                with: match with {
                    Some((with, sought)) => Some((far(with)?, *sought)),
                    None => None,
                },
            },
        })
    }

    fn restore_claims(&mut self, from: &OperatorSnapshot) {
        let Some(&slot) = self.operator_slots.get(&from.id) else {
            return;
        };
        let contact = |id| self.contact_slots.get(&id).copied();
        let (talking, claim) = (from.talking.and_then(contact), from.claim.and_then(contact));
        self.operators[slot].talking = talking;
        self.operators[slot].claim = claim;
    }
}

impl Membership {
    /// Whether the operator is in the configuration.
    #[must_use]
    pub const fn is_configured(self) -> bool {
        matches!(self, Self::Configured)
    }
}
