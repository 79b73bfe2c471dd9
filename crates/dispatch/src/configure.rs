//! A configuration enters whole and holds for those who wait already.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::contact::{Far, Placed, State};
use crate::engine::{Dispatcher, LegOwner};
use crate::fault::Fault;
use crate::group::{Grouped, grouped};
use crate::index::Index;
use crate::operator::{OperatorState, Posted};
use crate::slots::{ContactSlot, OperatorSlot, QueueSlot};
use crate::{
    Action, Config, ConfigError, Decision, InputError, Membership, OperatorId, Origin,
    OverflowPhase, Step, Widened, validate,
};

/// What a new configuration means for a live contact.
struct Moved {
    contact: ContactSlot,
    queue: QueueSlot,
    /// How many of its timeline's steps are the same as before; `None` when all are.
    same_steps: Option<usize>,
}

impl Dispatcher {
    /// Swaps the configuration in whole.
    pub(crate) fn configure(&mut self, config: Arc<Config>) -> Result<(), InputError> {
        validate::config(&config).map_err(InputError::ConfigRefused)?;
        let queues = config
            .queues
            .iter()
            .enumerate()
            .map(|(slot, queue)| (queue.id, slot))
            .collect();
        let moved = self
            .moved(&config, &queues)
            .map_err(InputError::ConfigRefused)?;
        self.withdraw_from_who_leaves(&config);
        self.seat_operators(&config);
        self.remember_offered_last(&queues);
        self.line_queues = config
            .lines
            .iter()
            .filter_map(|line| Some((line.id, *queues.get(&line.queue)?)))
            .collect();
        self.queue_slots = queues;
        self.config = config;
        for contact in &moved {
            self.contacts[contact.contact].queue = contact.queue;
        }
        for slot in 0..self.operators.len() {
            self.look_at_shift(slot);
        }
        for contact in &moved {
            if let Some(same) = contact.same_steps {
                self.step_back(contact.contact, same);
            }
        }
        self.reindex();
        for contact in moved {
            self.advance(contact.contact);
            self.drop_partners(contact.contact);
            self.withdraw_unfit(contact.contact);
        }
        Ok(())
    }

    /// Where each live contact waits under a new configuration, by id.
    fn moved(
        &self,
        config: &Config,
        queues: &BTreeMap<crate::QueueId, QueueSlot>,
    ) -> Result<Vec<Moved>, ConfigError> {
        let lines: BTreeMap<_, _> = config
            .lines
            .iter()
            .map(|line| (line.id, line.queue))
            .collect();
        let mut moved = Vec::with_capacity(self.contact_slots.len());
        for (id, &slot) in &self.contact_slots {
            let contact = &self.contacts[slot];
            let old = self.queue_of(slot).id;
            let new = match contact.origin {
                Origin::Caller { line, .. } => lines.get(&line).copied(),
                Origin::Device { .. } => config.desk.as_ref().map(|desk| desk.queue),
            };
            let new = new.unwrap_or(old);
            let Some(&queue) = queues.get(&new) else {
                return Err(ConfigError::QueueInUse {
                    queue: old,
                    contact: *id,
                });
            };
            let before = self
                .timeline_of(slot)
                .map_or(&[][..], |timeline| &timeline.steps);
            let timelines = &config.queues[queue].timelines;
            let after = timelines
                .iter()
                .find(|timeline| timeline.class == contact.class);
            let after = after.map_or(&[][..], |timeline| &timeline.steps);
            moved.push(Moved {
                contact: slot,
                queue,
                same_steps: (before != after).then(|| common_steps(before, after)),
            });
        }
        Ok(moved)
    }

    /// Takes back what rings for those who are taken out, or who answer elsewhere from now on: what
    /// rings is the telephone of the old place.
    fn withdraw_from_who_leaves(&mut self, config: &Config) {
        let seats = config.operators.iter();
        let seats: BTreeSet<_> = seats
            .map(|operator| (operator.id, operator.place))
            .collect();
        for slot in 0..self.operators.len() {
            let operator = &self.operators[slot];
            if !seats.contains(&(operator.id, operator.place)) {
                self.withdraw_from(slot);
            }
        }
    }

    /// Orders operators as configured. Who was taken out keeps her place until her call is over.
    fn seat_operators(&mut self, config: &Config) {
        let mut old: BTreeMap<OperatorId, (OperatorSlot, OperatorState)> =
            std::mem::take(&mut self.operators)
                .into_iter()
                .enumerate()
                .map(|(slot, operator)| (operator.id, (slot, operator)))
                .collect();
        let mut moves = BTreeMap::new();
        for operator in &config.operators {
            let seated = match old.remove(&operator.id) {
                Some((slot, mut known)) => {
                    moves.insert(slot, self.operators.len());
                    let was_available = known.is_available();
                    known.membership = Membership::Configured;
                    known.settle_at(operator.place);
                    if known.is_available() && !was_available {
                        known.idle_since = self.now;
                    }
                    known
                }
                None => OperatorState::new(operator.id, operator.place, self.now),
            };
            self.operators.push(seated);
        }
        let mut leaving: Vec<_> = old
            .into_values()
            .filter(|(_, known)| !known.has_no_call())
            .collect();
        leaving.sort_unstable_by_key(|(slot, _)| *slot);
        for (slot, mut known) in leaving {
            moves.insert(slot, self.operators.len());
            known.membership = Membership::Leaving;
            self.operators.push(known);
        }
        self.operator_slots = self
            .operators
            .iter()
            .enumerate()
            .map(|(slot, operator)| (operator.id, slot))
            .collect();
        self.renumber(&moves);
    }

    /// Follows operators to their new slots.
    fn renumber(&mut self, moves: &BTreeMap<OperatorSlot, OperatorSlot>) {
        let moved = |slot: &mut OperatorSlot| match moves.get(slot) {
            Some(new) => {
                *slot = *new;
                true
            }
            None => false,
        };
        for slot in self.contact_slots.values() {
            let contact = &mut self.contacts[*slot];
            contact.rests.retain_mut(|rest| moved(&mut rest.operator));
            contact.given = contact.given.filter(|given| moves.contains_key(given));
            contact.given.iter_mut().for_each(|given| {
                moved(given);
            });
            match &mut contact.state {
                State::Waiting { offers } => offers.retain_mut(|offer| moved(&mut offer.operator)),
                State::Talking {
                    with: Far::Operator { operator, .. },
                }
                | State::Adrift {
                    with: Some((Far::Operator { operator, .. }, _)),
                    ..
                } => {
                    moved(operator);
                }
                State::Talking {
                    with: Far::Partner { .. },
                }
                | State::Adrift {
                    with: Some((Far::Partner { .. }, _)) | None,
                    ..
                } => {}
            }
        }
        for owner in self.legs.values_mut() {
            match owner {
                LegOwner::Own(operator) => {
                    moved(operator);
                }
                LegOwner::Caller(_) | LegOwner::Far(_) => {}
            }
        }
        for last in &mut self.offered_last {
            *last = last
                .filter(|slot| moves.contains_key(slot))
                .map(|slot| moves[&slot]);
        }
    }

    fn remember_offered_last(&mut self, queues: &BTreeMap<crate::QueueId, QueueSlot>) {
        let mut offered_last = vec![None; queues.len()];
        for (queue, &slot) in queues {
            if let Some(&old) = self.queue_slots.get(queue) {
                offered_last[slot] = self.offered_last[old];
            }
        }
        self.offered_last = offered_last;
    }

    /// Goes back to the steps that the old and the new timeline share; what is due of the new one is taken after that.
    fn step_back(&mut self, slot: ContactSlot, same: usize) {
        let taken = self.contacts[slot].steps_taken.min(same);
        let steps = self
            .timeline_of(slot)
            .map_or(&[][..], |timeline| &timeline.steps);
        let actions: Vec<Action> = steps
            .iter()
            .take(taken)
            .map(|step| step.action.clone())
            .collect();
        let contact = &mut self.contacts[slot];
        contact.steps_taken = taken;
        contact.widened = if actions.contains(&Action::WidenSkills) {
            Widened::Yes
        } else {
            Widened::No
        };
        contact.called.clear();
        for action in &actions {
            match action {
                Action::OnCall(people) => contact.call(people),
                Action::WidenSkills
                | Action::SecondOperator
                | Action::TellSupervisor
                | Action::Overflow(_) => {}
            }
        }
        let seconds = actions
            .iter()
            .filter(|action| **action == Action::SecondOperator)
            .count();
        contact.more_operators = u32::try_from(seconds).unwrap_or(u32::MAX);
    }

    /// Drops partners that no step taken leads to, or that are no longer there.
    fn drop_partners(&mut self, slot: ContactSlot) {
        let known: BTreeSet<_> = self
            .config
            .partners
            .iter()
            .map(|partner| partner.id)
            .collect();
        let timelines = &self.queue_of(slot).timelines;
        let steps = timelines.iter().flat_map(|timeline| &timeline.steps);
        let led: BTreeSet<_> = steps
            .filter_map(|step| match step.action {
                Action::Overflow(partner) => Some(partner),
                Action::WidenSkills
                | Action::SecondOperator
                | Action::OnCall(_)
                | Action::TellSupervisor => None,
            })
            .collect();
        let contact = &mut self.contacts[slot];
        let id = contact.id;
        let mut dropped = Vec::new();
        contact.overflows.retain(|overflow| {
            let keep = known.contains(&overflow.partner) && led.contains(&overflow.partner);
            if !keep && matches!(overflow.phase, OverflowPhase::Ringing(_)) {
                dropped.push(overflow.partner);
            }
            keep
        });
        for partner in dropped {
            self.decide(Decision::WithdrawOverflow {
                contact: id,
                partner,
            });
        }
        self.sync_contact(slot);
    }

    /// Builds everything derived anew.
    pub(crate) fn reindex(&mut self) {
        let Grouped {
            groups,
            group_of,
            leaving,
            mut reserves,
            demands,
        } = grouped(&self.config, &self.queue_slots);
        if self.is_faulty(Fault::ForgetsReserves) {
            reserves.iter_mut().for_each(|held| held.least = 0);
        }
        self.index = Index::new(groups, reserves, demands);
        for (slot, operator) in self.operators.iter_mut().enumerate() {
            operator.group = match operator.membership {
                Membership::Configured => group_of.get(slot).copied().unwrap_or(leaving),
                Membership::Leaving => leaving,
            };
            operator.posted = Posted {
                available: operator.is_available(),
                ..Posted::default()
            };
        }
        let live: Vec<_> = self.contact_slots.values().copied().collect();
        for slot in &live {
            self.contacts[*slot].placed = Placed::default();
        }
        for slot in 0..self.operators.len() {
            self.sync_operator(slot);
        }
        for slot in live {
            self.sync_contact(slot);
        }
    }
}

fn common_steps(one: &[Step], other: &[Step]) -> usize {
    one.iter()
        .zip(other)
        .take_while(|(one, other)| one == other)
        .count()
}
