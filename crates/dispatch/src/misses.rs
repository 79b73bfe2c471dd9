//! Misses: what an offer that was not taken means for the pair, for the person, and for whoever is told.

use std::time::Duration;

use crate::contact::Rest;
use crate::engine::Dispatcher;
use crate::fault::Fault;
use crate::limits::MISSES_BEFORE_REST;
use crate::slots::{ContactSlot, OperatorSlot};
use crate::{
    ContactId, Decision, InputError, Miss, Moment, Notice, OperatorId, PauseCause, Place,
    REST_OF_LAST_MAX, Reachability, Withdrawal,
};

impl Dispatcher {
    /// An offer was missed for a cause that the phone gave.
    pub(crate) fn miss_offer(
        &mut self,
        contact: ContactId,
        operator: OperatorId,
        miss: Miss,
    ) -> Result<(), InputError> {
        let (slot, operator_slot) = self.offered(contact, operator)?;
        self.miss(slot, operator_slot, miss);
        Ok(())
    }

    /// Ends an offer that rang out.
    pub(crate) fn ring_out(&mut self, slot: ContactSlot, operator: OperatorSlot) {
        self.decide(Decision::Withdraw {
            contact: self.contacts[slot].id,
            operator: self.operators[operator].id,
            cause: Withdrawal::RangOut,
        });
        self.miss(slot, operator, Miss::NoAnswer);
    }

    fn miss(&mut self, slot: ContactSlot, operator: OperatorSlot, miss: Miss) {
        self.release_claim(slot, operator);
        let id = self.operators[operator].id;
        let origin = self.contacts[slot].origin;
        self.decide(Decision::Missed {
            origin,
            contact: self.contacts[slot].id,
            operator: id,
            miss,
        });
        match self.operators[operator].place {
            Place::Desk => {}
            Place::Home => self.contacts[slot].passed_at_home = Some(id),
        }
        match miss {
            Miss::NoAnswer | Miss::Declined | Miss::Unreachable => {
                self.count_miss(slot, operator, miss);
            }
            Miss::Ours => {
                let until = self.now + self.rules().rest_no_answer;
                self.rest_pair(slot, operator, until, miss);
            }
        }
        self.sync_operator(operator);
        self.sync_contact(slot);
    }

    fn count_miss(&mut self, slot: ContactSlot, operator: OperatorSlot, miss: Miss) {
        let rules = self.rules();
        let (declined, no_answer) = (rules.rest_declined, rules.rest_no_answer);
        let now = self.now;
        let state = &mut self.operators[operator];
        state.misses_in_row = state.misses_in_row.saturating_add(1);
        state.idle_since = now;
        match miss {
            Miss::NoAnswer => {
                state.misses.no_answer += 1;
                self.rest_pair(slot, operator, now + no_answer, miss);
            }
            Miss::Declined => {
                state.misses.declined += 1;
                self.rest_pair(slot, operator, now + declined, miss);
            }
            Miss::Unreachable => {
                state.misses.unreachable += 1;
                self.rest_unreachable(operator);
            }
            // That is no miss.
            Miss::Ours => return,
        }
        self.pause_or_rest(operator);
    }

    /// Keeps a contact and an operator apart for a while.
    pub(crate) fn rest_pair(
        &mut self,
        slot: ContactSlot,
        operator: OperatorSlot,
        until: Moment,
        miss: Miss,
    ) {
        let rests = &mut self.contacts[slot].rests;
        rests.retain(|rest| rest.operator != operator);
        rests.push(Rest {
            operator,
            until,
            miss,
        });
    }

    fn rest_unreachable(&mut self, operator: OperatorSlot) {
        let until = self.now + self.rules().rest_unreachable;
        let state = &mut self.operators[operator];
        state.rest = state.rest.max(Some(until));
        // A telephone at home registers nowhere, so that nothing but the next ringing could prove it.
        if state.place == Place::Home {
            return;
        }
        let (was_there, id) = (state.is_there(), state.id);
        state.reachability = Reachability::Unreachable;
        if was_there {
            self.decide(Decision::Tell(Notice::PhoneGone {
                operator: id,
                reachability: Reachability::Unreachable,
            }));
        }
    }

    /// Pauses an operator who missed too many offers in a row, or rests her when nobody else is there.
    fn pause_or_rest(&mut self, operator: OperatorSlot) {
        let limit = self.rules().misses_before_pause;
        let misses = self.operators[operator].misses_in_row;
        if limit == 0 {
            if misses >= MISSES_BEFORE_REST {
                self.rest_longer(operator, misses - MISSES_BEFORE_REST);
            }
            return;
        }
        if misses < limit {
            return;
        }
        let id = self.operators[operator].id;
        if self.operators[operator].place == Place::Home {
            // Nobody at home has a page or a key to end a pause with: the next on call is rung meanwhile.
            if is_told_of_home(misses, limit) {
                self.decide(Decision::Tell(Notice::OnCallMisses {
                    operator: id,
                    misses,
                }));
            }
            return self.rest_longer(operator, misses - limit);
        }
        // The index is behind by this operator's own miss, so that she is left out of it first.
        self.sync_operator(operator);
        if self.is_last(operator) {
            self.decide(Decision::Tell(Notice::LastOperatorMisses {
                operator: id,
                misses,
            }));
            self.rest_longer(operator, misses - limit);
        } else {
            let cause = PauseCause::Misses(misses);
            self.operators[operator].paused = Some(cause);
            self.decide(Decision::Paused {
                operator: id,
                cause,
            });
        }
    }

    /// Ends the machine's pause of everybody who is now the last at a desk for some callers.
    pub(crate) fn lift_pauses_of_the_last(&mut self) {
        if self.is_faulty(Fault::KeepsPauses) {
            return;
        }
        for operator in self.index.benched_last() {
            let state = &mut self.operators[operator];
            state.paused = None;
            let operator_id = state.id;
            self.decide(Decision::PauseLifted {
                operator: operator_id,
            });
            self.sync_operator(operator);
        }
    }

    /// Whether some line's callers would, at some time of their wait, have nobody else at a desk
    /// who is ready, reachable and able to take them in place of this operator at a desk.
    fn is_last(&self, operator: OperatorSlot) -> bool {
        let state = &self.operators[operator];
        let group = &self.index.groups[state.group];
        let herself = u32::from(state.posted.there);
        group
            .demands
            .iter()
            .any(|demand| self.index.desks_there[*demand] == herself)
    }

    /// Rests the whole person, for longer with every miss beyond the limit.
    fn rest_longer(&mut self, operator: OperatorSlot, beyond: u32) {
        let rest = Duration::from_secs(1 << beyond.min(8)).min(REST_OF_LAST_MAX);
        let state = &mut self.operators[operator];
        state.rest = state.rest.max(Some(self.now + rest));
    }
}

/// Whether it is told that somebody at home missed so many offers in a row: at the limit, at twice
/// as many, four times and so on. Each telephone is rung again and again, so that a word for each
/// miss would be one every few seconds.
const fn is_told_of_home(misses: u32, limit: u32) -> bool {
    misses.is_multiple_of(limit) && (misses / limit).is_power_of_two()
}
