//! The rules of distribution once more, slow and plain: every question is answered by looking at everything.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm
)]

mod change;
mod configuration;
mod crash;
mod matching;
mod offers;
mod wait;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use dispatch::{
    Action, Class, Closed, Config, ContactId, Decision, Input, Intent, LegId, Miss, Moment, Needs,
    OperatorId, Origin, Outcome, PartnerId, PauseCause, Place, Queue, QueueId, Reachability,
    SkillId, Speech, Standing, Step, Why, Withdrawal,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Far {
    /// Without a leg where she took a device's contact at her page.
    Operator(OperatorId, Option<LegId>, Moment),
    Partner(PartnerId, LegId),
}

impl Far {
    pub fn leg(self) -> Option<LegId> {
        match self {
            Self::Operator(_, leg, _) => leg,
            Self::Partner(_, leg) => Some(leg),
        }
    }
}

#[derive(Clone, Debug)]
pub enum At {
    Waiting(Vec<(OperatorId, Moment)>),
    Talking(Far),
    Adrift {
        until: Moment,
        caller: bool,
        far: Option<(Far, bool)>,
    },
}

#[derive(Clone, Copy, Debug)]
pub struct Partner {
    pub id: PartnerId,
    pub ringing: bool,
    pub until: Moment,
    pub missed: bool,
}

#[derive(Clone, Debug)]
pub struct Contact {
    pub id: ContactId,
    pub origin: Origin,
    pub queue: QueueId,
    pub class: Class,
    pub speech: Speech,
    pub standing: Standing,
    pub needs: Needs,
    /// When each need began.
    pub since: BTreeMap<SkillId, Moment>,
    pub arrived: Moment,
    pub answered: Option<Moment>,
    pub by_operator: bool,
    pub by_partner: bool,
    pub at: At,
    pub looked_at: Duration,
    pub steps: usize,
    pub widened: bool,
    pub called: Vec<OperatorId>,
    pub passed_at_home: Option<OperatorId>,
    pub seconds: usize,
    pub progress: usize,
    pub progress_at: Option<Moment>,
    pub partners: Vec<Partner>,
    pub rests: Vec<(OperatorId, Moment, Miss)>,
    pub given: Option<OperatorId>,
    pub told: bool,
}

#[derive(Clone, Debug)]
pub struct Person {
    pub id: OperatorId,
    pub place: Place,
    pub leaving: bool,
    pub intent: Intent,
    pub paused: Option<PauseCause>,
    pub reach: Reachability,
    pub legs: BTreeMap<LegId, Option<Moment>>,
    pub wrap_up: Option<Moment>,
    pub longer: Duration,
    pub rest: Option<Moment>,
    pub shift_ends: Option<Moment>,
    pub last_minutes: bool,
    pub in_row: u32,
    pub idle_since: Moment,
    pub calls: u32,
    pub talked: Duration,
}

#[derive(Clone, Debug, Default)]
pub struct Model {
    pub now: Moment,
    pub newest: Option<ContactId>,
    pub config: Config,
    pub contacts: BTreeMap<ContactId, Contact>,
    pub people: Vec<Person>,
    pub last: BTreeMap<QueueId, OperatorId>,
    pub out: Vec<Decision>,
}

/// The highest level of a skill among needs.
pub fn most(needs: &Needs, skill: SkillId) -> Option<u8> {
    let levels = needs.iter().filter(|need| need.skill == skill);
    levels.map(|need| need.level).max()
}

impl Person {
    pub fn ready(&self) -> bool {
        self.intent == Intent::Ready && self.paused.is_none()
    }
    pub fn there(&self) -> bool {
        self.ready() && self.reach == Reachability::Reachable && !self.leaving
    }
}

impl Model {
    /// Applies an input; `None` when it is refused.
    pub fn handle(&mut self, now: Moment, input: &Input) -> Option<Vec<Decision>> {
        let before = self.clone();
        self.now = self.now.max(now);
        let idle = self.available();
        if self.apply(input).is_none() {
            *self = before;
            return None;
        }
        self.note_idle(&idle);
        self.lift_pauses();
        self.climb_all();
        self.match_all();
        Some(std::mem::take(&mut self.out))
    }

    /// Who became available since then is idle from now on.
    pub fn note_idle(&mut self, before: &BTreeSet<OperatorId>) {
        let now = self.now;
        for id in self.available() {
            if !before.contains(&id) {
                self.person_mut(id).unwrap().idle_since = now;
            }
        }
    }

    pub fn person(&self, id: OperatorId) -> Option<&Person> {
        self.people.iter().find(|person| person.id == id)
    }
    pub fn person_mut(&mut self, id: OperatorId) -> Option<&mut Person> {
        self.people.iter_mut().find(|person| person.id == id)
    }
    pub fn position(&self, id: OperatorId) -> usize {
        self.people
            .iter()
            .position(|person| person.id == id)
            .unwrap()
    }
    pub fn queue(&self, contact: &Contact) -> &Queue {
        self.config
            .queues
            .iter()
            .find(|queue| queue.id == contact.queue)
            .unwrap()
    }
    pub fn steps(&self, contact: &Contact) -> Vec<Step> {
        let timelines = &self.queue(contact).timelines;
        let timeline = timelines
            .iter()
            .find(|timeline| timeline.class == contact.class);
        timeline
            .map(|timeline| timeline.steps.clone())
            .unwrap_or_default()
    }

    /// The contact that rings for her.
    pub fn claim(&self, id: OperatorId) -> Option<&Contact> {
        self.contacts
            .values()
            .find(|contact| contact.offers().iter().any(|(operator, _)| *operator == id))
    }
    /// The contact that she talks with, or is adrift with.
    pub fn held(&self, id: OperatorId) -> Option<&Contact> {
        self.contacts.values().find(|contact| match contact.far() {
            Some(Far::Operator(operator, ..)) => operator == id,
            _ => false,
        })
    }
    pub fn in_no_call(&self, person: &Person) -> bool {
        person.legs.is_empty() && self.held(person.id).is_none()
    }
    pub fn is_available(&self, person: &Person) -> bool {
        person.there()
            && self.in_no_call(person)
            && person.wrap_up.is_none()
            && person.rest.is_none()
    }
    pub fn available(&self) -> BTreeSet<OperatorId> {
        self.people
            .iter()
            .filter(|person| self.is_available(person))
            .map(|person| person.id)
            .collect()
    }
    pub fn is_free(&self, person: &Person) -> bool {
        self.is_available(person) && self.claim(person.id).is_none()
    }

    pub fn level(&self, id: OperatorId, skill: SkillId) -> u8 {
        let entry = self
            .config
            .operators
            .iter()
            .find(|operator| operator.id == id);
        let skills = entry.map(|entry| entry.skills.clone()).unwrap_or_default();
        skills
            .into_iter()
            .find(|(has, _)| *has == skill)
            .map_or(0, |(_, level)| level)
    }
    pub fn serves(&self, id: OperatorId, queue: QueueId) -> bool {
        let entry = self
            .config
            .operators
            .iter()
            .find(|operator| operator.id == id);
        entry.is_some_and(|entry| entry.queues.contains(&queue))
    }
    /// Whether she could ever take it as it is now.
    pub fn suits(&self, contact: &Contact, person: &Person) -> bool {
        let may = match person.place {
            Place::Home => contact.called.contains(&person.id),
            Place::Desk => contact
                .required(&self.queue(contact).relaxations)
                .iter()
                .all(|(skill, level)| self.level(person.id, *skill) >= *level),
        };
        may && !person.leaving && self.serves(person.id, contact.queue)
    }

    /// Whether nobody who could take it is there, or none of those is free; who rings for it is neither.
    pub fn nobody(&self, contact: &Contact) -> Option<Why> {
        let people = self.people.iter();
        let there = people.filter(|person| person.there() && self.suits(contact, person));
        let there: Vec<&Person> = there.collect();
        let rings = |person: &&Person| contact.offers().iter().any(|(id, _)| *id == person.id);
        let busy = there.iter().filter(|person| !rings(person)).count();
        if there.is_empty() {
            Some(Why::NobodyThere)
        } else if busy == 0 || there.iter().any(|person| self.is_free(person)) {
            None
        } else {
            Some(Why::NobodyFree { busy })
        }
    }

    pub fn leg_in_use(&self, leg: LegId) -> bool {
        self.people
            .iter()
            .any(|person| person.legs.contains_key(&leg))
            || self.contacts.values().any(|contact| {
                let far = contact.far().and_then(Far::leg);
                [contact.origin.leg(), far].contains(&Some(leg))
            })
    }

    pub fn close(&mut self, id: ContactId, unanswered: Outcome) {
        self.withdraw_all(id, Withdrawal::Ended);
        self.stop_partners(id);
        if let Some(far) = self.contacts[&id].far() {
            self.leave(id, far);
        }
        let contact = self.contacts.remove(&id).unwrap();
        let outcome = match (contact.by_operator, contact.by_partner) {
            (true, _) if contact.is_of_device() => Outcome::Taken,
            (true, _) => Outcome::Answered,
            (false, true) => Outcome::Overflowed,
            (false, false) => unanswered,
        };
        self.out.push(Decision::Closed(Closed {
            contact: id,
            origin: contact.origin,
            queue: contact.queue,
            class: contact.class,
            arrived: contact.arrived,
            answered: contact.answered,
            ended: self.now,
            outcome,
        }));
    }

    /// An operator leaves the contact and goes to wrap-up.
    pub fn leave(&mut self, id: ContactId, far: Far) {
        let Far::Operator(operator, _, since) = far else {
            return;
        };
        let contact = &self.contacts[&id];
        let queue = self.queue(contact);
        let entry = self
            .config
            .operators
            .iter()
            .find(|entry| entry.id == operator);
        let own = entry.map(|entry| entry.wrap_up).unwrap_or_default();
        let rest = if contact.class <= Class::Danger {
            own.after_hard.unwrap_or(queue.wrap_up_hard)
        } else {
            own.after.unwrap_or(queue.wrap_up)
        };
        let now = self.now;
        let person = self.person_mut(operator).unwrap();
        person.talked += now.since(since);
        let rest = rest + std::mem::take(&mut person.longer);
        if rest > Duration::ZERO {
            person.wrap_up = Some(now + rest);
            self.out.push(Decision::WrapUp {
                operator,
                until: now + rest,
            });
        }
    }

    pub fn actions_taken(&self, contact: &Contact) -> Vec<Action> {
        self.steps(contact)
            .into_iter()
            .take(contact.steps)
            .map(|step| step.action)
            .collect()
    }
}

impl Contact {
    pub fn call(&mut self, people: &[OperatorId]) {
        let new = people.iter().filter(|person| !self.called.contains(person));
        let new: Vec<_> = new.copied().collect();
        self.called.extend(new);
    }
    pub fn offers(&self) -> Vec<(OperatorId, Moment)> {
        match &self.at {
            At::Waiting(offers) => offers.clone(),
            _ => Vec::new(),
        }
    }
    pub fn far(&self) -> Option<Far> {
        match &self.at {
            At::Waiting(_) => None,
            At::Talking(far) => Some(*far),
            At::Adrift { far, .. } => far.map(|(far, _)| far),
        }
    }
    pub fn waits(&self) -> bool {
        matches!(self.at, At::Waiting(_))
    }
    pub fn rests_from(&self, operator: OperatorId) -> bool {
        self.rests.iter().any(|(resting, ..)| *resting == operator)
    }
    /// Until when its wait was looked at.
    pub fn looked(&self) -> Moment {
        self.arrived + self.looked_at
    }
    pub fn relaxes_at(&self, step: &dispatch::Relaxation) -> Moment {
        self.since.get(&step.skill).copied().unwrap_or(self.arrived) + step.after
    }
    pub fn required(&self, relaxations: &[dispatch::Relaxation]) -> Vec<(SkillId, u8)> {
        if self.widened {
            return Vec::new();
        }
        self.needs
            .iter()
            .map(|need| {
                let reached = relaxations.iter().filter(|step| {
                    step.skill == need.skill && self.relaxes_at(step) <= self.looked()
                });
                let levels = reached.map(|step| step.level).chain([need.level]);
                (need.skill, levels.min().unwrap())
            })
            .filter(|(_, level)| *level > 0)
            .collect()
    }
}
