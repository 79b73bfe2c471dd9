use super::{At, Far, Model, Partner, Person};
use dispatch::{
    Action, ContactId, Decision, Line, LineId, Miss, Moment, Need, Notice, OperatorId, Outcome,
    PauseCause, Place, QueueId, Reachability, SkillId, StepCause, Strategy, Withdrawal,
};
use std::time::Duration;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Contact(ContactId),
    Operator(usize),
}

impl Model {
    pub fn timeout(&mut self) {
        loop {
            let mut due: Vec<(Moment, Who)> = Vec::new();
            due.extend(
                self.contacts
                    .keys()
                    .filter_map(|id| Some((self.contact_due(*id)?, Who::Contact(*id)))),
            );
            due.extend(
                (0..self.people.len())
                    .filter_map(|at| Some((self.person_due(at)?, Who::Operator(at)))),
            );
            due.retain(|(due, _)| *due <= self.now);
            due.sort();
            if due.is_empty() {
                return;
            }
            for (_, who) in due {
                let idle = self.available();
                match who {
                    Who::Contact(id) if self.contacts.contains_key(&id) => self.fire_contact(id),
                    Who::Contact(_) => {}
                    Who::Operator(at) => self.fire_person(at),
                }
                self.note_idle(&idle);
            }
        }
    }

    /// When the next Timeout is due.
    pub fn due(&self) -> Option<Moment> {
        let contacts = self.contacts.keys().filter_map(|id| self.contact_due(*id));
        contacts
            .chain((0..self.people.len()).filter_map(|at| self.person_due(at)))
            .min()
    }

    fn contact_due(&self, id: ContactId) -> Option<Moment> {
        let contact = &self.contacts[&id];
        let mut all: Vec<Moment> = contact.rests.iter().map(|(_, until, _)| *until).collect();
        match &contact.at {
            At::Talking(_) => {}
            At::Adrift { until, .. } => all.push(*until),
            At::Waiting(offers) => {
                all.extend(offers.iter().map(|(_, until)| *until));
                all.extend(contact.partners.iter().map(|partner| partner.until));
                all.extend(contact.progress_at);
                all.extend(
                    self.steps(contact)
                        .get(contact.steps)
                        .map(|step| contact.arrived + step.after),
                );
                let relaxations = self.queue(contact).relaxations.iter();
                let later = relaxations.filter(|step| {
                    let needed = contact.needs.iter().any(|need| need.skill == step.skill);
                    needed && contact.relaxes_at(step) > contact.looked() && !contact.widened
                });
                all.extend(later.map(|step| contact.relaxes_at(step)));
            }
        }
        all.into_iter().min()
    }

    fn person_due(&self, at: usize) -> Option<Moment> {
        let person = &self.people[at];
        let shift = person
            .shift_ends
            .filter(|_| !person.last_minutes)
            .map(|ends| ends - self.config.rules.last_minutes);
        let all = [person.rest, person.wrap_up, shift];
        all.into_iter()
            .flatten()
            .chain(person.legs.values().flatten().copied())
            .min()
    }

    fn fire_contact(&mut self, id: ContactId) {
        let now = self.now;
        let contact = self.contacts.get_mut(&id).unwrap();
        contact.rests.retain(|(_, until, _)| *until > now);
        match contact.at.clone() {
            At::Talking(_) => {}
            At::Adrift { until, caller, .. } => {
                if until <= now && !caller {
                    self.close(id, Outcome::Lost);
                } else if until <= now {
                    self.lose_far(id);
                }
            }
            At::Waiting(offers) => {
                for (operator, _) in offers.iter().filter(|(_, until)| *until <= now) {
                    self.out.push(Decision::Withdraw {
                        contact: id,
                        operator: *operator,
                        cause: Withdrawal::RangOut,
                    });
                    self.miss(id, *operator, Miss::NoAnswer);
                }
                for at in 0..self.contacts[&id].partners.len() {
                    let partner = self.contacts[&id].partners[at];
                    if partner.ringing && partner.until <= now {
                        self.out.push(Decision::WithdrawOverflow {
                            contact: id,
                            partner: partner.id,
                        });
                        self.rest_partner(id, at);
                    }
                }
                self.advance(id);
            }
        }
    }

    fn fire_person(&mut self, at: usize) {
        let now = self.now;
        let last_minutes = self.config.rules.last_minutes;
        let person = &mut self.people[at];
        if person.rest.is_some_and(|until| until <= now) {
            person.rest = None;
        }
        if person.wrap_up.is_some_and(|until| until <= now) {
            person.wrap_up = None;
            self.out.push(Decision::WrapUpOver {
                operator: person.id,
            });
        }
        person.last_minutes = person
            .shift_ends
            .is_some_and(|ends| now >= ends - last_minutes);
        person
            .legs
            .retain(|_, until| until.is_none_or(|until| until > now));
    }

    pub fn rest_partner(&mut self, id: ContactId, at: usize) {
        let partner = self.contacts[&id].partners[at].id;
        let rest = self
            .config
            .partners
            .iter()
            .find(|known| known.id == partner)
            .unwrap()
            .rest;
        let until = self.now + rest;
        let entry = &mut self.contacts.get_mut(&id).unwrap().partners[at];
        *entry = Partner {
            id: partner,
            ringing: false,
            until,
            missed: true,
        };
    }

    pub fn miss(&mut self, id: ContactId, operator: OperatorId, miss: Miss) {
        let now = self.now;
        self.drop_offer(id, operator);
        self.out.push(Decision::Missed {
            contact: id,
            origin: self.contacts[&id].origin,
            operator,
            miss,
        });
        if self.person(operator).unwrap().place == Place::Home {
            self.contacts.get_mut(&id).unwrap().passed_at_home = Some(operator);
        }
        let rules = self.config.rules.clone();
        if miss == Miss::Ours {
            return self.rest_pair(id, operator, now + rules.rest_no_answer, miss);
        }
        let person = self.person_mut(operator).unwrap();
        person.in_row += 1;
        person.idle_since = now;
        match miss {
            Miss::NoAnswer => self.rest_pair(id, operator, now + rules.rest_no_answer, miss),
            Miss::Declined => self.rest_pair(id, operator, now + rules.rest_declined, miss),
            Miss::Ours => {}
            Miss::Unreachable => {
                person.rest = person.rest.max(Some(now + rules.rest_unreachable));
                if person.place == Place::Desk {
                    let there = person.there();
                    person.reach = Reachability::Unreachable;
                    let notice = Notice::PhoneGone {
                        operator,
                        reachability: Reachability::Unreachable,
                    };
                    self.out.extend(there.then_some(Decision::Tell(notice)));
                }
            }
        }
        let misses = self.person(operator).unwrap().in_row;
        let limit = rules.misses_before_pause;
        if limit == 0 {
            if misses >= 3 {
                self.rest_longer(operator, misses - 3);
            }
        } else if misses >= limit && self.person(operator).unwrap().place == Place::Home {
            if (0..32).any(|doubled| u64::from(misses) == u64::from(limit) << doubled) {
                self.out
                    .push(Decision::Tell(Notice::OnCallMisses { operator, misses }));
            }
            self.rest_longer(operator, misses - limit);
        } else if misses >= limit && self.is_last(operator) {
            self.out.push(Decision::Tell(Notice::LastOperatorMisses {
                operator,
                misses,
            }));
            self.rest_longer(operator, misses - limit);
        } else if misses >= limit {
            let cause = PauseCause::Misses(misses);
            self.person_mut(operator).unwrap().paused = Some(cause);
            self.out.push(Decision::Paused { operator, cause });
        }
    }

    /// Whether some line's callers, after some wait, have nobody else at a desk who is there and
    /// could take them in place of her.
    pub fn is_last(&self, operator: OperatorId) -> bool {
        let others_there = |queue, required: &[(SkillId, u8)]| {
            self.people.iter().any(|other| {
                other.id != operator
                    && other.place == Place::Desk
                    && other.there()
                    && self.serves(other.id, queue)
                    && self.is_able(other.id, required)
            })
        };
        // The desk's contacts come as if by a line of theirs.
        let desk = self.config.desk.iter().map(|desk| Line {
            id: LineId::parse("desk").unwrap(),
            queue: desk.queue,
            needs: desk.needs.clone(),
            choices: Vec::new(),
        });
        let mut lines = self.config.lines.iter().cloned().chain(desk);
        lines.any(|line| {
            let mut asked = self.asked_on(&line).into_iter();
            self.serves(operator, line.queue)
                && asked.any(|required| {
                    self.is_able(operator, &required) && !others_there(line.queue, &required)
                })
        })
    }

    fn is_able(&self, id: OperatorId, required: &[(SkillId, u8)]) -> bool {
        let mut required = required.iter();
        required.all(|(skill, level)| self.level(id, *skill) >= *level)
    }

    fn actions_of(&self, queue: QueueId) -> impl Iterator<Item = &Action> {
        let queues = self
            .config
            .queues
            .iter()
            .filter(move |known| known.id == queue);
        let timelines = queues.flat_map(|queue| &queue.timelines);
        timelines
            .flat_map(|timeline| &timeline.steps)
            .map(|step| &step.action)
    }

    /// What a line's callers ask for after any wait, and any wait since a choice.
    fn asked_on(&self, line: &Line) -> Vec<Vec<(SkillId, u8)>> {
        let widens = self
            .actions_of(line.queue)
            .any(|action| *action == Action::WidenSkills);
        let mut all: Vec<_> = widens.then(Vec::new).into_iter().collect();
        let queue = self
            .config
            .queues
            .iter()
            .find(|queue| queue.id == line.queue)
            .unwrap();
        for needs in std::iter::once(&line.needs).chain(&line.choices) {
            let afters = queue.relaxations.iter().map(|step| step.after);
            let waits: Vec<_> = afters.chain([Duration::ZERO]).collect();
            let pairs = waits
                .iter()
                .flat_map(|wait| waits.iter().map(move |chosen| (*wait, *chosen)));
            for (wait, since_choice) in pairs.filter(|(wait, chosen)| chosen <= wait) {
                let level = |need: &Need| {
                    let most = [&line.needs, needs].map(|needs| super::most(needs, need.skill));
                    let counts = if most[1] > most[0] {
                        since_choice
                    } else {
                        wait
                    };
                    let reached = queue.relaxations.iter();
                    let reached =
                        reached.filter(|step| step.skill == need.skill && step.after <= counts);
                    reached
                        .map(|step| step.level)
                        .chain([need.level])
                        .min()
                        .unwrap()
                };
                all.push(needs.iter().map(|need| (need.skill, level(need))).collect());
            }
        }
        all
    }

    /// The machine's pause ends for whoever is now the last.
    pub fn lift_pauses(&mut self) {
        let idle = self.available();
        let last: Vec<OperatorId> = self
            .people
            .iter()
            .filter(|person| {
                let unpaused = Person {
                    paused: None,
                    ..(*person).clone()
                };
                person.paused.is_some() && person.place == Place::Desk && unpaused.there()
            })
            .map(|person| person.id)
            .filter(|id| self.is_last(*id))
            .collect();
        for operator in last {
            self.person_mut(operator).unwrap().paused = None;
            self.out.push(Decision::PauseLifted { operator });
        }
        self.note_idle(&idle);
    }

    fn rest_longer(&mut self, operator: OperatorId, beyond: u32) {
        let seconds = [1, 2, 4, 8].get(beyond as usize).copied().unwrap_or(10);
        let until = self.now + Duration::from_secs(seconds);
        let person = self.person_mut(operator).unwrap();
        person.rest = person.rest.max(Some(until));
    }

    pub fn rest_pair(&mut self, id: ContactId, operator: OperatorId, until: Moment, miss: Miss) {
        let rests = &mut self.contacts.get_mut(&id).unwrap().rests;
        rests.retain(|(resting, ..)| *resting != operator);
        rests.push((operator, until, miss));
    }

    pub fn advance(&mut self, id: ContactId) {
        if !self.contacts[&id].waits() {
            return;
        }
        let now = self.now;
        let strategy = self.queue(&self.contacts[&id]).strategy;
        let contact = self.contacts.get_mut(&id).unwrap();
        contact.looked_at = now.since(contact.arrived);
        match strategy {
            Strategy::RingProgressively { interval } => {
                if contact.progress_at.is_some_and(|at| at <= now) {
                    contact.progress += 1;
                    contact.progress_at = Some(now + interval);
                }
            }
            _ => contact.progress_at = None,
        }
        self.ring_partners(id);
        loop {
            let contact = &self.contacts[&id];
            let Some(step) = self.steps(contact).get(contact.steps).cloned() else {
                return;
            };
            if step.after > contact.looked_at {
                return;
            }
            self.take(id, &step.action, StepCause::Waited);
        }
    }

    fn ring_partners(&mut self, id: ContactId) {
        let now = self.now;
        let contact = self.contacts.get_mut(&id).unwrap();
        for partner in contact
            .partners
            .iter_mut()
            .filter(|partner| !partner.ringing && partner.until <= now)
        {
            let known = self
                .config
                .partners
                .iter()
                .find(|known| known.id == partner.id)
                .unwrap();
            partner.ringing = true;
            partner.until = now + known.ring_time;
            self.out.push(Decision::Overflow {
                contact: id,
                partner: partner.id,
                until: partner.until,
            });
        }
    }

    fn take(&mut self, id: ContactId, action: &Action, cause: StepCause) {
        let now = self.now;
        let contact = self.contacts.get_mut(&id).unwrap();
        self.out.push(Decision::Climbed {
            contact: id,
            step: contact.steps,
            cause,
        });
        contact.steps += 1;
        match action {
            Action::WidenSkills => contact.widened = true,
            Action::OnCall(people) => contact.call(people),
            Action::TellSupervisor => {
                let wait = now.since(contact.arrived);
                self.out
                    .push(Decision::Tell(Notice::Waits { contact: id, wait }));
            }
            Action::SecondOperator => {
                let taken = self.actions_taken(&self.contacts[&id]);
                let seconds = taken
                    .iter()
                    .filter(|action| **action == Action::SecondOperator)
                    .count();
                let contact = self.contacts.get_mut(&id).unwrap();
                contact.seconds = contact.seconds.max(seconds);
            }
            // Nobody is there whom a partner could talk with.
            Action::Overflow(_) if contact.is_of_device() => {}
            Action::Overflow(partner) => {
                if !contact.partners.iter().any(|known| known.id == *partner) {
                    contact.partners.push(Partner {
                        id: *partner,
                        ringing: false,
                        until: now,
                        missed: false,
                    });
                    self.ring_partners(id);
                }
            }
        }
    }

    pub fn climb_all(&mut self) {
        for id in self.contacts.keys().copied().collect::<Vec<_>>() {
            if self.contacts[&id].waits() {
                self.climb(id);
            }
        }
    }

    fn climb(&mut self, id: ContactId) {
        loop {
            let contact = &self.contacts[&id];
            let somebody = self
                .people
                .iter()
                .any(|person| person.there() && self.suits(contact, person));
            if somebody || contact.partners.iter().any(|partner| !partner.missed) {
                self.contacts.get_mut(&id).unwrap().told = false;
                return;
            }
            let Some(step) = self.steps(contact).get(contact.steps).cloned() else {
                break;
            };
            self.take(id, &step.action, StepCause::NobodyThere);
        }
        let contact = self.contacts.get_mut(&id).unwrap();
        if !contact.told {
            contact.told = true;
            self.out.push(Decision::Tell(Notice::NobodyThere {
                contact: id,
                queue: contact.queue,
            }));
        }
    }

    pub fn wait_again(&mut self, id: ContactId) {
        self.contacts.get_mut(&id).unwrap().at = At::Waiting(Vec::new());
        self.out.push(Decision::Waits { contact: id });
        self.advance(id);
    }

    /// The other side is gone; she rests from the contact, and so does a partner.
    pub fn part(&mut self, id: ContactId, far: Far, own_act: bool) {
        self.leave(id, far);
        let (now, rules) = (self.now, self.config.rules.clone());
        match far {
            Far::Operator(operator, ..) if own_act => {
                self.rest_pair(id, operator, now + rules.rest_declined, Miss::Declined);
            }
            Far::Operator(operator, ..) => {
                self.rest_pair(id, operator, now + rules.rest_no_answer, Miss::Unreachable);
            }
            Far::Partner(partner, _) => {
                let at = self.contacts[&id]
                    .partners
                    .iter()
                    .position(|known| known.id == partner);
                if let Some(at) = at {
                    self.rest_partner(id, at);
                }
            }
        }
    }

    pub fn lose_far(&mut self, id: ContactId) {
        let Some(far) = self.contacts[&id].far() else {
            return;
        };
        self.part(id, far, false);
        match &mut self.contacts.get_mut(&id).unwrap().at {
            At::Adrift { far, caller, .. } => {
                *far = None;
                if *caller {
                    self.wait_again(id);
                }
            }
            _ => self.wait_again(id),
        }
    }
}
