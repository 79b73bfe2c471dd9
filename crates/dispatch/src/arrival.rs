//! How contacts come, change, are handed back and end.

use std::time::Duration;

use crate::contact::{Contact, Far, Placed, State};
use crate::engine::{Dispatcher, LegOwner};
use crate::fault::Fault;
use crate::limits::CONTACTS_MAX;
use crate::slots::{ContactSlot, OperatorSlot, QueueSlot};
use crate::{
    Act, Cause, Class, Closed, ContactId, Decision, EndCause, HandBack, InputError, LegId, Miss,
    Moment, Needs, OperatorId, Origin, Outcome, OwnWrapUp, QueueId, Speech, Standing, Told,
    WRAP_UP_MAX, Widened, Withdrawal, validate,
};

impl Dispatcher {
    /// A contact enters the queue.
    pub(crate) fn arrive(
        &mut self,
        id: ContactId,
        origin: Origin,
        class: Class,
        needs: Needs,
        standing: Standing,
    ) -> Result<(), InputError> {
        if self.newest >= Some(id) {
            return Err(InputError::ContactNotNew(id));
        }
        let queue = self.queue_for(id, origin)?;
        if let Some(leg) = origin.leg() {
            self.unused(leg)?;
        }
        validate::needs(&needs).map_err(|cause| InputError::NeedsRefused { contact: id, cause })?;
        if self.contact_slots.len() >= CONTACTS_MAX {
            return Err(InputError::ContactsFull(id));
        }
        let slot = self.keep(Contact {
            id,
            origin,
            queue,
            class,
            speech: Speech::Expected,
            standing,
            needs,
            chosen: Vec::new(),
            arrived: self.now,
            answered: None,
            outcome: None,
            state: State::Waiting { offers: Vec::new() },
            relaxed: Duration::ZERO,
            steps_taken: 0,
            widened: Widened::No,
            called: Vec::new(),
            passed_at_home: None,
            more_operators: 0,
            progress: 0,
            progress_at: None,
            overflows: Vec::new(),
            rests: Vec::new(),
            given: None,
            told: Told::No,
            placed: Placed::default(),
        });
        self.newest = Some(id);
        self.decide(Decision::Waits { contact: id });
        self.advance(slot);
        Ok(())
    }

    /// Where a contact of this origin waits at first.
    fn queue_for(&self, id: ContactId, origin: Origin) -> Result<QueueSlot, InputError> {
        let (queue, unknown) = match origin {
            Origin::Caller { line, .. } => {
                let unknown = InputError::LineUnknown { contact: id, line };
                (self.line_queues.get(&line), unknown)
            }
            Origin::Device { .. } => {
                let desk = self.config.desk.as_ref();
                let queue = desk.and_then(|desk| self.queue_slots.get(&desk.queue));
                (queue, InputError::NoDesk(id))
            }
        };
        queue.copied().ok_or(unknown)
    }

    /// Gives a contact its slot.
    pub(crate) fn keep(&mut self, contact: Contact) -> ContactSlot {
        let (id, leg) = (contact.id, contact.origin.leg());
        let slot = match self.vacant.pop() {
            Some(slot) => {
                self.contacts[slot] = contact;
                slot
            }
            None => {
                self.contacts.push(contact);
                self.contacts.len() - 1
            }
        };
        self.contact_slots.insert(id, slot);
        if let Some(leg) = leg {
            self.legs.insert(leg, LegOwner::Caller(slot));
        }
        slot
    }

    /// A contact waits by its arrival, or behind its band.
    pub(crate) fn stand(&mut self, id: ContactId, standing: Standing) -> Result<(), InputError> {
        let slot = self.contact_slot(id)?;
        self.contacts[slot].standing = standing;
        self.sync_contact(slot);
        self.sync_offered(slot);
        Ok(())
    }

    /// Somebody in charge acted on a contact.
    pub(crate) fn act(&mut self, id: ContactId, act: Act) -> Result<(), InputError> {
        match act {
            Act::Class(class) => self.class(id, class, Cause::Supervisor),
            Act::Move(queue) => self.move_to(id, queue),
            Act::Give(operator) => self.give(id, operator),
        }
    }

    /// A contact's urgency changed: it goes by the timeline of its new class, and keeps what the old one gave it.
    pub(crate) fn class(
        &mut self,
        id: ContactId,
        class: Class,
        cause: Cause,
    ) -> Result<(), InputError> {
        let slot = self.contact_slot(id)?;
        match (cause, self.contacts[slot].origin) {
            (Cause::Caller, Origin::Device { .. }) => return Err(InputError::OtherOrigin(id)),
            (Cause::Caller | Cause::Operator(_) | Cause::Supervisor, _) => {}
        }
        let (was, spoke) = (self.contacts[slot].class, self.contacts[slot].speech);
        let (class, speech) = match cause {
            Cause::Caller => (class.min(was), Speech::CannotSpeak),
            Cause::Operator(_) | Cause::Supervisor if class > Class::Danger => {
                (class, Speech::Expected)
            }
            Cause::Operator(_) | Cause::Supervisor => (class, spoke),
        };
        if (class, speech) == (was, spoke) {
            return Ok(());
        }
        self.contacts[slot].speech = speech;
        self.touched.contacts.push(id);
        self.decide(Decision::Classed {
            contact: id,
            class,
            speech,
        });
        if class != was {
            self.reclass(slot, class);
        }
        if speech != spoke {
            self.ring_anew(slot);
        }
        Ok(())
    }

    fn reclass(&mut self, slot: ContactSlot, class: Class) {
        self.unplace(slot);
        self.contacts[slot].class = class;
        self.contacts[slot].steps_taken = 0;
        self.advance(slot);
        self.sync_offered(slot);
    }

    /// A contact's needs were set anew. What it did not need before relaxes by its wait from now on.
    pub(crate) fn need(&mut self, id: ContactId, needs: Needs) -> Result<(), InputError> {
        let slot = self.contact_slot(id)?;
        validate::needs(&needs).map_err(|cause| InputError::NeedsRefused { contact: id, cause })?;
        self.unplace(slot);
        let now = self.now;
        self.contacts[slot].choose(now, needs);
        self.advance(slot);
        self.withdraw_unfit(slot);
        Ok(())
    }

    /// A waiting contact waits in another queue: it goes by the timeline and the relaxations there,
    /// and keeps its rank and what a step of the old one gave it.
    pub(crate) fn move_to(&mut self, id: ContactId, queue: QueueId) -> Result<(), InputError> {
        let slot = self.waiting_slot(id)?;
        let unknown = InputError::QueueUnknown(queue);
        let queue = *self.queue_slots.get(&queue).ok_or(unknown)?;
        if self.contacts[slot].queue == queue {
            return Ok(());
        }
        self.withdraw_all(slot, Withdrawal::ByHand);
        self.unplace(slot);
        let contact = &mut self.contacts[slot];
        contact.queue = queue;
        contact.steps_taken = 0;
        contact.progress = 0;
        contact.progress_at = None;
        self.advance(slot);
        Ok(())
    }

    /// A waiting contact is offered to one operator: a person decided it, so that of the rules only
    /// those hold that keep her free for it. What the contact needs stays, for whoever comes after
    /// her.
    pub(crate) fn give(&mut self, id: ContactId, operator: OperatorId) -> Result<(), InputError> {
        let slot = self.waiting_slot(id)?;
        let operator_slot = self.operator_slot(operator)?;
        let given = &self.operators[operator_slot];
        if !given.is_free() && given.claim != Some(slot) {
            return Err(InputError::NotFree(operator));
        }
        if !self.serves_queue_of(slot, operator_slot) {
            return Err(InputError::NotServing {
                contact: id,
                operator,
            });
        }
        if self.contacts[slot].is_offered_to(operator_slot) {
            return Ok(());
        }
        self.withdraw_all(slot, Withdrawal::ByHand);
        let contact = &mut self.contacts[slot];
        contact.rests.retain(|rest| rest.operator != operator_slot);
        contact.given = Some(operator_slot);
        self.given.insert(id);
        self.offer(slot, operator_slot);
        Ok(())
    }

    /// Whether an operator serves the queue that a contact waits in.
    pub(crate) fn serves_queue_of(&self, slot: ContactSlot, operator: OperatorSlot) -> bool {
        let group = &self.index.groups[self.operators[operator].group];
        group.queues.contains(&self.contacts[slot].queue)
    }

    fn waiting_slot(&self, id: ContactId) -> Result<ContactSlot, InputError> {
        let slot = self.contact_slot(id)?;
        if self.contacts[slot].is_waiting() {
            Ok(slot)
        } else {
            Err(InputError::NotWaiting(id))
        }
    }

    /// The other side is gone and the caller is still there: she waits again at her rank.
    pub(crate) fn hand_back(&mut self, id: ContactId, cause: HandBack) -> Result<(), InputError> {
        let slot = self.contact_slot(id)?;
        let with = match &self.contacts[slot].state {
            State::Talking { with } => *with,
            State::Waiting { .. } | State::Adrift { .. } => return Err(InputError::NotTalking(id)),
        };
        match (with, cause) {
            (Far::Operator { .. }, HandBack::Operator | HandBack::LegLost)
            | (Far::Partner { .. }, HandBack::Partner) => {}
            (Far::Operator { .. }, HandBack::Partner)
            | (Far::Partner { .. }, HandBack::Operator | HandBack::LegLost) => {
                return Err(InputError::NotTalking(id));
            }
        }
        self.part(slot, with, cause);
        self.wait_again(slot);
        Ok(())
    }

    /// Ends the other side of a contact and lets her rest from it, so that it does not come back to her at once.
    pub(crate) fn part(&mut self, slot: ContactSlot, with: Far, cause: HandBack) {
        self.leave(slot, with);
        let operator = match with {
            Far::Operator { operator, .. } => operator,
            Far::Partner { partner, .. } => {
                self.rest_partner_of(slot, partner);
                return;
            }
        };
        let rules = self.rules();
        let (rest, miss) = match cause {
            HandBack::Operator | HandBack::Partner => (rules.rest_declined, Miss::Declined),
            HandBack::LegLost => (rules.rest_no_answer, Miss::Unreachable),
        };
        let until = self.now + rest;
        self.rest_pair(slot, operator, until, miss);
    }

    fn forget_leg(&mut self, leg: Option<LegId>) {
        if let Some(leg) = leg {
            self.legs.remove(&leg);
        }
    }

    /// The other side leaves the contact: an operator goes to wrap-up.
    pub(crate) fn leave(&mut self, slot: ContactSlot, with: Far) {
        self.forget_leg(with.leg());
        match with {
            Far::Operator {
                operator, since, ..
            } => self.wrap_up(slot, operator, since),
            Far::Partner { .. } => {}
        }
    }

    fn wrap_up(&mut self, slot: ContactSlot, operator: OperatorSlot, since: Moment) {
        let queue = self.queue_of(slot);
        let own = self.own_wrap_up(operator);
        let rest = match self.contacts[slot].class {
            Class::Alarm | Class::Danger => own.after_hard.unwrap_or(queue.wrap_up_hard),
            Class::Crisis | Class::Information => own.after.unwrap_or(queue.wrap_up),
        };
        let now = self.now;
        let state = &mut self.operators[operator];
        state.talking = None;
        state.talked = state.talked.saturating_add(now.since(since));
        let rest = (rest + std::mem::take(&mut state.longer)).min(WRAP_UP_MAX);
        if !rest.is_zero() {
            let until = now + rest;
            state.wrap_up = Some(until);
            let operator = state.id;
            self.decide(Decision::WrapUp { operator, until });
        }
        self.sync_operator(operator);
    }

    /// What the configuration says of her own wrap-up; nothing of who was taken out of it.
    fn own_wrap_up(&self, operator: OperatorSlot) -> OwnWrapUp {
        let id = self.operators[operator].id;
        let entry = self.config.operators.get(operator);
        entry
            .filter(|entry| entry.id == id)
            .map_or_else(OwnWrapUp::default, |entry| entry.wrap_up)
    }

    /// Puts a contact back into the queue at its rank.
    pub(crate) fn wait_again(&mut self, slot: ContactSlot) {
        let contact = self.contacts[slot].id;
        if self.is_faulty(Fault::LosesHandedBack) {
            self.contacts[slot].state = State::Waiting { offers: Vec::new() };
            return;
        }
        self.contacts[slot].state = State::Waiting { offers: Vec::new() };
        self.decide(Decision::Waits { contact });
        self.advance(slot);
    }

    /// A contact is over.
    pub(crate) fn end(&mut self, id: ContactId, cause: EndCause) -> Result<(), InputError> {
        let slot = self.contact_slot(id)?;
        let with = self.far_side(slot);
        match (cause, self.contacts[slot].origin) {
            (EndCause::Operator, _)
            | (EndCause::Case, Origin::Device { .. })
            | (EndCause::Caller | EndCause::GaveUp | EndCause::LegLost, Origin::Caller { .. }) => {}
            (EndCause::Case, Origin::Caller { .. })
            | (EndCause::Caller | EndCause::GaveUp | EndCause::LegLost, Origin::Device { .. }) => {
                return Err(InputError::OtherOrigin(id));
            }
        }
        match (cause, with) {
            (EndCause::Operator, None | Some(Far::Partner { .. })) => {
                return Err(InputError::NotTalking(id));
            }
            (EndCause::Operator, Some(Far::Operator { .. }))
            | (EndCause::Caller | EndCause::LegLost | EndCause::Case, _) => {}
            (EndCause::GaveUp, with) => self.never_joined(slot, with),
        }
        let unanswered = match cause {
            EndCause::Caller | EndCause::GaveUp | EndCause::Operator => Outcome::Abandoned,
            EndCause::LegLost => Outcome::Lost,
            EndCause::Case => Outcome::Untaken,
        };
        self.close(slot, unanswered);
        Ok(())
    }

    /// An answer was in when the caller gave up, but hers was not out: nobody talked, and nobody needs a wrap-up.
    fn never_joined(&mut self, slot: ContactSlot, with: Option<Far>) {
        let contact = &mut self.contacts[slot];
        contact.answered = None;
        contact.outcome = None;
        let Some(with) = with else {
            return;
        };
        contact.state = State::Waiting { offers: Vec::new() };
        self.forget_leg(with.leg());
        match with {
            Far::Operator { operator, .. } => {
                let state = &mut self.operators[operator];
                state.talking = None;
                state.longer = Duration::ZERO;
                self.sync_operator(operator);
            }
            Far::Partner { .. } => {}
        }
    }

    /// Who is with the caller, or was before a restart.
    pub(crate) fn far_side(&self, slot: ContactSlot) -> Option<Far> {
        match &self.contacts[slot].state {
            State::Waiting { .. } => None,
            State::Talking { with } => Some(*with),
            State::Adrift { with, .. } => with.map(|(with, _)| with),
        }
    }

    /// Ends a contact: whatever rings for it stops, who was with it goes to wrap-up, and it has its one outcome.
    pub(crate) fn close(&mut self, slot: ContactSlot, unanswered: Outcome) {
        self.withdraw_all(slot, Withdrawal::Ended);
        self.stop_partners(slot);
        if let Some(with) = self.far_side(slot) {
            self.leave(slot, with);
        }
        let gone = Placed {
            bucket: self.contacts[slot].placed.bucket,
            listed: None,
            due: None,
        };
        let contact = &mut self.contacts[slot];
        self.index.place(contact.id, slot, &contact.placed, &gone);
        contact.placed = gone;
        let closed = Closed {
            contact: contact.id,
            origin: contact.origin,
            queue: self.config.queues[contact.queue].id,
            class: contact.class,
            arrived: contact.arrived,
            answered: contact.answered,
            ended: self.now,
            outcome: contact.outcome.unwrap_or(unanswered),
        };
        contact.state = State::Waiting { offers: Vec::new() };
        contact.rests = Vec::new();
        contact.overflows = Vec::new();
        self.touched.contacts.push(closed.contact);
        self.forget_leg(closed.origin.leg());
        self.contact_slots.remove(&closed.contact);
        self.told.remove(&closed.contact);
        self.given.remove(&closed.contact);
        self.unattended.remove(&closed.contact);
        self.vacant.push(slot);
        self.decide(Decision::Closed(closed));
        if self.is_faulty(Fault::ClosesTwice) && unanswered == Outcome::Lost {
            self.decide(Decision::Closed(closed));
        }
    }
}
