use super::change::{Accepted, only_if};
use super::{Model, Person};
use dispatch::{Action, Config, ContactId, Decision, Intent, Origin, Place, QueueId, Reachability};
use std::collections::BTreeMap;
use std::time::Duration;

impl Model {
    pub(super) fn configure(&mut self, config: &Config) -> Accepted {
        let mut queues: BTreeMap<ContactId, QueueId> = BTreeMap::new();
        for contact in self.contacts.values() {
            let by_line = |id| config.lines.iter().find(|line| line.id == id);
            let queue = match contact.origin {
                Origin::Caller { line, .. } => by_line(line).map(|line| line.queue),
                Origin::Device { .. } => config.desk.as_ref().map(|desk| desk.queue),
            };
            let queue = queue.unwrap_or(contact.queue);
            only_if(config.queues.iter().any(|known| known.id == queue))?;
            queues.insert(contact.id, queue);
        }
        let stays = |(id, place)| {
            let mut operators = config.operators.iter();
            operators.any(|operator| (operator.id, operator.place) == (id, place))
        };
        let people = self.people.iter().map(|person| (person.id, person.place));
        for (id, place) in people.collect::<Vec<_>>() {
            if !stays((id, place)) {
                self.withdraw_from(id);
            }
        }
        let before: BTreeMap<ContactId, _> = self
            .contacts
            .values()
            .map(|contact| (contact.id, self.steps(contact)))
            .collect();
        self.seat(config);
        self.last.retain(|queue, operator| {
            config.queues.iter().any(|known| known.id == *queue)
                && self.people.iter().any(|person| person.id == *operator)
        });
        self.config = config.clone();
        let (now, last_minutes) = (self.now, config.rules.last_minutes);
        for person in &mut self.people {
            person.last_minutes = person
                .shift_ends
                .is_some_and(|ends| now >= ends - last_minutes);
        }
        for (id, queue) in &queues {
            self.contacts.get_mut(id)?.queue = *queue;
        }
        for (id, old) in before {
            self.follow_timeline(id, &old);
            self.advance(id);
            self.drop_partners(id);
            if self.contacts[&id].waits() {
                self.withdraw_unfit(id);
            }
        }
        Some(())
    }

    fn follow_timeline(&mut self, id: ContactId, old: &[dispatch::Step]) {
        let new = self.steps(&self.contacts[&id]);
        if old == new {
            return;
        }
        let same = old
            .iter()
            .zip(&new)
            .take_while(|(one, other)| one == other)
            .count();
        let contact = self.contacts.get_mut(&id).unwrap();
        contact.steps = contact.steps.min(same);
        let actions = self.actions_taken(&self.contacts[&id]);
        let contact = self.contacts.get_mut(&id).unwrap();
        contact.widened = actions.contains(&Action::WidenSkills);
        contact.called.clear();
        for action in &actions {
            if let Action::OnCall(people) = action {
                contact.call(people);
            }
        }
        contact.seconds = actions
            .iter()
            .filter(|action| **action == Action::SecondOperator)
            .count();
    }

    fn drop_partners(&mut self, id: ContactId) {
        let queue = self.queue(&self.contacts[&id]).clone();
        let steps: Vec<_> = queue
            .timelines
            .iter()
            .flat_map(|timeline| &timeline.steps)
            .collect();
        let contact = self.contacts.get_mut(&id).unwrap();
        for partner in std::mem::take(&mut contact.partners) {
            let led = steps
                .iter()
                .any(|step| step.action == Action::Overflow(partner.id));
            if led
                && self
                    .config
                    .partners
                    .iter()
                    .any(|known| known.id == partner.id)
            {
                contact.partners.push(partner);
            } else if partner.ringing {
                self.out.push(Decision::WithdrawOverflow {
                    contact: id,
                    partner: partner.id,
                });
            }
        }
    }

    /// Orders people as configured; who is in a call and was taken out comes last.
    fn seat(&mut self, config: &Config) {
        let now = self.now;
        let mut seated: Vec<Person> = Vec::new();
        for operator in &config.operators {
            let (intent, reach) = match operator.place {
                Place::Desk => (Intent::Off, Reachability::Unreachable),
                Place::Home => (Intent::Ready, Reachability::Reachable),
            };
            let mut person = self.person(operator.id).cloned().unwrap_or(Person {
                id: operator.id,
                place: operator.place,
                leaving: false,
                intent,
                paused: None,
                reach,
                legs: BTreeMap::new(),
                wrap_up: None,
                longer: Duration::ZERO,
                rest: None,
                shift_ends: None,
                last_minutes: false,
                in_row: 0,
                idle_since: now,
                calls: 0,
                talked: Duration::ZERO,
            });
            if person.place != operator.place {
                person.place = operator.place;
                person.intent = intent;
                person.paused = None;
                person.reach = reach;
            }
            person.leaving = false;
            seated.push(person);
        }
        for person in &self.people {
            if !seated.iter().any(|known| known.id == person.id) && !self.in_no_call(person) {
                seated.push(Person {
                    leaving: true,
                    ..person.clone()
                });
            }
        }
        for contact in self.contacts.values_mut() {
            contact
                .rests
                .retain(|(operator, ..)| seated.iter().any(|person| person.id == *operator));
        }
        self.people = seated;
    }
}
