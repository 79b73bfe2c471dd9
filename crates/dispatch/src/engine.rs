//! The dispatcher: what it knows, and how an input goes through it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::contact::{Contact, Listed, Placed, Wanted};
use crate::fault::Fault;
use crate::index::{Index, Timer};
use crate::operator::{OperatorState, Posted};
use crate::slots::{ContactSlot, OperatorSlot, QueueSlot};
use crate::{
    Config, ContactId, Decision, Fact, Input, InputError, LegId, LineId, Moment, OperatorId, Place,
    Queue, QueueId, Rules, Seq, Timeline, Told,
};

/// Decides which contact is offered to which operator, and when.
///
/// A pure engine: facts go in by [`handle_input`](Self::handle_input), what is to be done comes out
/// of [`poll_output`](Self::poll_output), and [`poll_timeout`](Self::poll_timeout) says when to
/// send [`Input::Timeout`]. Waits, rests, claims and wrap-ups end only by that input, so that the
/// same inputs always give the same decisions. A decision costs the logarithm of contacts and
/// operators plus the number of signatures (queue, class, needs, tier), never a scan of either.
#[derive(Clone, Debug, Default)]
pub struct Dispatcher {
    pub(crate) now: Moment,
    pub(crate) newest: Option<ContactId>,
    pub(crate) config: Arc<Config>,
    pub(crate) queue_slots: BTreeMap<QueueId, QueueSlot>,
    pub(crate) line_queues: BTreeMap<LineId, QueueSlot>,
    pub(crate) contacts: Vec<Contact>,
    pub(crate) vacant: Vec<ContactSlot>,
    pub(crate) contact_slots: BTreeMap<ContactId, ContactSlot>,
    pub(crate) operators: Vec<OperatorState>,
    pub(crate) operator_slots: BTreeMap<OperatorId, OperatorSlot>,
    /// Per queue the operator at a desk who was offered one of its contacts last.
    pub(crate) offered_last: Vec<Option<OperatorSlot>>,
    pub(crate) legs: BTreeMap<LegId, LegOwner>,
    pub(crate) index: Index,
    /// Contacts to look at: is anybody there who could take them?
    pub(crate) unattended: BTreeSet<ContactId>,
    /// Contacts for which the supervisor was told that nobody is there.
    pub(crate) told: BTreeSet<ContactId>,
    /// Contacts that a person gave to somebody, for as long as that offer rings and perhaps longer.
    pub(crate) given: BTreeSet<ContactId>,
    pub(crate) outputs: VecDeque<Decision>,
    /// What the latest input may have changed.
    pub(crate) touched: Touched,
    /// The offers of the latest input to operators who were free; for the checker of the invariants.
    pub(crate) latest_offers: Vec<(ContactSlot, OperatorSlot)>,
    pub(crate) fault: Option<Fault>,
}

/// What an input may have changed, as screens show it; some of it may be named twice.
#[derive(Clone, Debug, Default)]
pub struct Touched {
    /// Contacts that are new, changed or over.
    pub contacts: Vec<ContactId>,
    /// Operators who are new or changed.
    pub operators: Vec<OperatorId>,
}

/// What a live leg belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LegOwner {
    Caller(ContactSlot),
    Far(ContactSlot),
    Own(OperatorSlot),
}

impl Dispatcher {
    /// Makes a dispatcher that knows nothing yet: its first input is the configuration.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a dispatcher with a planted bug.
    #[cfg(feature = "faults")]
    #[must_use]
    pub fn with_fault(fault: Fault) -> Self {
        Self {
            fault: Some(fault),
            ..Self::default()
        }
    }

    /// Applies an input, or changes nothing. A `now` before that of an earlier input counts as that one.
    ///
    /// # Errors
    /// [`InputError`] when the input contradicts what is known, with the ids that say how.
    pub fn handle_input(&mut self, now: Moment, input: Input) -> Result<(), InputError> {
        let before = self.now;
        self.now = now.max(before);
        self.touched.contacts.clear();
        self.touched.operators.clear();
        let applied = match input {
            Input::Fact { seq, fact } => self.apply(seq, fact),
            Input::Timeout => {
                self.timeout();
                Ok(())
            }
        };
        if let Err(refusal) = applied {
            self.now = before;
            return Err(refusal);
        }
        self.latest_offers.clear();
        self.lift_pauses_of_the_last();
        self.climb_where_nobody_is();
        self.match_all();
        if self.index.is_overfull() {
            self.reindex();
            self.index.keep_present();
        }
        Ok(())
    }

    /// The next decision, in the order in which they were made; `None` when all were taken.
    pub fn poll_output(&mut self) -> Option<Decision> {
        self.outputs.pop_front()
    }

    /// When [`Input::Timeout`] is due. One of them does everything that is due at its moment.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Moment> {
        self.index.first_due()
    }

    fn apply(&mut self, seq: Seq, fact: Fact) -> Result<(), InputError> {
        match fact {
            Fact::Configured(config) => self.configure(config),
            Fact::Arrived {
                origin,
                class,
                needs,
                standing,
            } => self.arrive(ContactId(seq), origin, class, needs, standing),
            Fact::Stands { contact, standing } => self.stand(contact, standing),
            Fact::Classed {
                contact,
                class,
                cause,
            } => self.class(contact, class, cause),
            Fact::Needed { contact, needs } => self.need(contact, needs),
            Fact::Acted {
                contact,
                act,
                by: _,
            } => self.act(contact, act),
            Fact::Intends {
                operator,
                intent,
                cause,
            } => self.intend(operator, intent, cause),
            Fact::Reached {
                operator,
                reachability,
            } => self.reach(operator, reachability),
            Fact::ShiftEnds { operator, at } => self.end_shift(operator, at),
            Fact::Engaged { operator, leg } => self.engage(operator, leg),
            Fact::Disengaged { operator, leg } => self.disengage(operator, leg),
            Fact::PickedUp { contact, operator } => self.pick_up(contact, operator),
            Fact::Answered {
                contact,
                operator,
                leg,
            } => self.answer(contact, operator, leg),
            Fact::Taken { contact, operator } => self.take(contact, operator),
            Fact::Missed {
                contact,
                operator,
                miss,
            } => self.miss_offer(contact, operator, miss),
            Fact::PartnerAnswered {
                contact,
                partner,
                leg,
            } => self.partner_answer(contact, partner, leg),
            Fact::PartnerMissed { contact, partner } => self.partner_miss(contact, partner),
            Fact::HandedBack { contact, cause } => self.hand_back(contact, cause),
            Fact::Ended { contact, cause } => self.end(contact, cause),
            Fact::WrapUp { operator, change } => self.change_wrap_up(operator, change),
            Fact::Restarted { .. } => {
                self.restart();
                Ok(())
            }
            Fact::LegFound { leg } => self.find_leg(leg),
            Fact::LegLost { leg } => self.lose_leg(leg),
        }
    }

    /// Does everything that is due, the longest due first.
    fn timeout(&mut self) {
        loop {
            let due = self.index.due(self.now);
            if due.is_empty() {
                return;
            }
            for timer in due {
                match timer {
                    Timer::Contact(id) => {
                        if let Some(&slot) = self.contact_slots.get(&id) {
                            self.contact_due(slot);
                        }
                    }
                    Timer::Operator(slot) => self.operator_due(slot),
                }
            }
        }
    }

    /// What the latest input may have changed. After [`Fact::Configured`] operators may be gone, too.
    #[must_use]
    pub const fn touched(&self) -> &Touched {
        &self.touched
    }

    pub(crate) fn decide(&mut self, decision: Decision) {
        self.outputs.push_back(decision);
    }

    pub(crate) fn is_faulty(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    pub(crate) fn contact_slot(&self, id: ContactId) -> Result<ContactSlot, InputError> {
        self.contact_slots
            .get(&id)
            .copied()
            .ok_or(InputError::ContactUnknown(id))
    }

    pub(crate) fn operator_slot(&self, id: OperatorId) -> Result<OperatorSlot, InputError> {
        self.operator_slots
            .get(&id)
            .copied()
            .ok_or(InputError::OperatorUnknown(id))
    }

    pub(crate) fn unused(&self, leg: LegId) -> Result<(), InputError> {
        if self.legs.contains_key(&leg) {
            return Err(InputError::LegInUse(leg));
        }
        Ok(())
    }

    pub(crate) fn rules(&self) -> &Rules {
        &self.config.rules
    }

    pub(crate) fn queue_of(&self, slot: ContactSlot) -> &Queue {
        &self.config.queues[self.contacts[slot].queue]
    }

    pub(crate) fn timeline_of(&self, slot: ContactSlot) -> Option<&Timeline> {
        let class = self.contacts[slot].class;
        self.queue_of(slot)
            .timelines
            .iter()
            .find(|timeline| timeline.class == class)
    }

    /// Brings the index up to date with a contact. Called after every change of one.
    pub(crate) fn sync_contact(&mut self, slot: ContactSlot) {
        let bucket = match self.contacts[slot].placed.bucket {
            Some(bucket) => bucket,
            None => self.bucket_of(slot),
        };
        let listed = self.listed(slot, bucket);
        let contact = &self.contacts[slot];
        self.touched.contacts.push(contact.id);
        let relaxations = &self.queue_of(slot).relaxations;
        let next_step = if contact.is_waiting() {
            let steps = self.timeline_of(slot).map(|timeline| &timeline.steps);
            steps
                .and_then(|steps| steps.get(contact.steps_taken))
                .map(|step| step.after)
        } else {
            None
        };
        let new = Placed {
            bucket: Some(bucket),
            listed,
            due: contact.due(next_step, relaxations),
        };
        if contact.is_waiting() && (contact.told == Told::Yes || !self.index.is_attended(bucket)) {
            self.unattended.insert(contact.id);
        }
        if new != contact.placed {
            self.index.place(contact.id, slot, &contact.placed, &new);
            self.contacts[slot].placed = new;
        }
    }

    /// Where a contact stands in line. Whether somebody is there is asked of its own bucket, so
    /// that nothing climbs because a telephone at home rings.
    fn listed(&mut self, slot: ContactSlot, own: usize) -> Option<Listed> {
        let bucket = match self.wanted(slot) {
            Wanted::Nobody => return None,
            Wanted::AtDesk => self.index.at_desk(own),
            Wanted::Anybody => own,
        };
        let contact = &self.contacts[slot];
        let key = (contact.standing, contact.id);
        Some(Listed { bucket, key })
    }

    fn wanted(&self, slot: ContactSlot) -> Wanted {
        let contact = &self.contacts[slot];
        let places = contact
            .offers()
            .iter()
            .map(|offer| self.operators[offer.operator].place);
        let at_home = places.filter(|place| *place == Place::Home).count();
        contact.wanted(self.queue_of(slot).strategy, at_home)
    }

    fn bucket_of(&mut self, slot: ContactSlot) -> usize {
        let contact = &self.contacts[slot];
        let mut required = Vec::new();
        contact.required(&self.queue_of(slot).relaxations, &mut required);
        self.index
            .bucket(contact.queue, contact.class, &contact.called, &required)
    }

    /// Takes a contact out of its bucket, before its needs, class, queue or called people change.
    pub(crate) fn unplace(&mut self, slot: ContactSlot) {
        let contact = &self.contacts[slot];
        let new = Placed {
            bucket: None,
            listed: None,
            due: contact.placed.due,
        };
        self.index.place(contact.id, slot, &contact.placed, &new);
        self.contacts[slot].placed = new;
    }

    /// Brings the index up to date with an operator. Called after every change of one.
    pub(crate) fn sync_operator(&mut self, slot: OperatorSlot) {
        let now = self.now;
        let ringing = self.operators[slot].claim.map(|claim| {
            let contact = &self.contacts[claim];
            (contact.class, contact.standing, contact.id)
        });
        let last_minutes = self.config.rules.last_minutes;
        let operator = &mut self.operators[slot];
        self.touched.operators.push(operator.id);
        let available = operator.is_available();
        if available && !operator.posted.available {
            operator.idle_since = now;
        }
        let new = Posted {
            free: operator.free_key(),
            available,
            there: operator.is_there(),
            benched: operator.is_benched(),
            ringing,
            due: operator.due(last_minutes),
        };
        if new != operator.posted {
            self.index
                .post(slot, operator.group, &operator.posted, &new);
            operator.posted = new;
        }
        self.follow_status(slot);
    }

    /// Brings the index up to date with everybody whose phone rings for a contact whose class or standing changed.
    pub(crate) fn sync_offered(&mut self, slot: ContactSlot) {
        let offered: Vec<_> = self.contacts[slot]
            .offers()
            .iter()
            .map(|offer| offer.operator)
            .collect();
        for operator in offered {
            self.sync_operator(operator);
        }
    }
}
