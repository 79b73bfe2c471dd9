//! Who is rung for whom: the most urgent first, by the strategy of her queue, with reserves kept.

use dispatch::{Class, OperatorId, Place, QueueId, Reserve, Strategy, Withdrawal};

use super::{Contact, Model, Person};

impl Model {
    fn counts(&self, person: &Person, queue: QueueId, reserve: &Reserve) -> bool {
        person.place == Place::Desk
            && !person.leaving
            && self.serves(person.id, queue)
            && reserve
                .needs
                .iter()
                .all(|need| self.level(person.id, need.skill) >= need.level)
    }
    fn is_reserved(&self, contact: &Contact, person: &Person) -> bool {
        self.config.queues.iter().any(|queue| {
            queue.reserves.iter().any(|reserve| {
                let free = self
                    .people
                    .iter()
                    .filter(|other| self.is_free(other) && self.counts(other, queue.id, reserve));
                contact.class > reserve.class
                    && self.counts(person, queue.id, reserve)
                    && !self.is_last(person.id)
                    && free.count() <= reserve.least as usize
            })
        })
    }

    /// Whether she may be rung beside those who ring already: telephones at home keep no desk
    /// waiting and ring one after another.
    fn wants(&self, contact: &Contact, person: &Person) -> bool {
        let (at_once, homes_at_once) = match self.queue(contact).strategy {
            Strategy::RingAll => (1_000_000, 1_000_000),
            Strategy::RingProgressively { .. } => (1 + contact.progress + contact.seconds, 1),
            _ => (1 + contact.seconds, 1),
        };
        let mut desks = 0;
        let mut homes = 0;
        for (operator, _) in contact.offers() {
            match self.person(operator).unwrap().place {
                Place::Desk => desks += 1,
                Place::Home => homes += 1,
            }
        }
        match person.place {
            Place::Desk => desks < at_once,
            Place::Home => homes < homes_at_once && homes + desks < at_once,
        }
    }

    fn in_order(&self, class: Class) -> Vec<Contact> {
        let mut list: Vec<_> = self
            .contacts
            .values()
            .filter(|contact| contact.class == class && contact.waits())
            .cloned()
            .collect();
        list.sort_by_key(|contact| (contact.standing, contact.id));
        list
    }

    pub fn match_all(&mut self) {
        for class in [
            Class::Alarm,
            Class::Danger,
            Class::Crisis,
            Class::Information,
        ] {
            while let Some((contact, operator)) = self
                .in_order(class)
                .into_iter()
                .find_map(|contact| Some((contact.id, self.choose(&contact)?)))
            {
                self.offer(contact, operator);
            }
            if class > Class::Danger {
                continue;
            }
            while let Some((contact, operator)) = self
                .in_order(class)
                .into_iter()
                .find_map(|contact| Some((contact.id, self.instead(&contact)?)))
            {
                let less = self.claim(operator).unwrap().id;
                self.withdraw(less, operator, Withdrawal::MoreUrgent);
                self.offer(contact, operator);
            }
        }
    }

    fn choose(&self, contact: &Contact) -> Option<OperatorId> {
        let may: Vec<&Person> = self
            .people
            .iter()
            .filter(|person| self.is_free(person) && self.suits(contact, person))
            .filter(|person| self.wants(contact, person))
            .filter(|person| !contact.rests_from(person.id) && !self.is_reserved(contact, person))
            .collect();
        let first: Vec<&Person> = may
            .iter()
            .copied()
            .filter(|person| !person.last_minutes)
            .collect();
        let rung = contact
            .offers()
            .iter()
            .any(|(operator, _)| !self.person(*operator).unwrap().last_minutes);
        let mut among = if first.is_empty() && !rung {
            may
        } else {
            first
        };
        if among.iter().any(|person| person.place == Place::Desk) {
            among.retain(|person| person.place == Place::Desk);
        } else {
            return self.next_at_home(contact, &among);
        }
        let next = self
            .last
            .get(&contact.queue)
            .map_or(0, |id| self.position(*id) + 1);
        let at = |person: &Person| self.position(person.id);
        let best = match self.queue(contact).strategy {
            Strategy::LongestIdle => among
                .into_iter()
                .min_by_key(|person| (person.idle_since, at(person))),
            Strategy::FewestCalls => among
                .into_iter()
                .min_by_key(|person| (person.calls, person.idle_since, at(person))),
            Strategy::LeastTalkTime => among
                .into_iter()
                .min_by_key(|person| (person.talked, person.idle_since, at(person))),
            Strategy::RoundRobin => among
                .into_iter()
                .min_by_key(|person| (at(person) < next, at(person))),
            _ => among.into_iter().min_by_key(|person| at(person)),
        };
        best.map(|person| person.id)
    }

    /// The first in the order of the steps after who passed it last, and round again.
    fn next_at_home(&self, contact: &Contact, among: &[&Person]) -> Option<OperatorId> {
        let place = |id| contact.called.iter().position(|called| *called == id);
        let passed = contact.passed_at_home.and_then(place);
        let people = among.iter().map(|person| person.id);
        people.min_by_key(|id| {
            (
                passed.is_some_and(|last| place(*id) <= Some(last)),
                place(*id),
            )
        })
    }

    /// Who rings for the least urgent contact that must make way.
    fn instead(&self, contact: &Contact) -> Option<OperatorId> {
        if !contact.offers().is_empty() {
            return None;
        }
        let rings = self.people.iter().filter_map(|person| {
            let less = self.claim(person.id)?;
            let may = self.suits(contact, person) && !contact.rests_from(person.id);
            (may && less.class > contact.class).then(|| {
                (
                    (less.class, less.standing, less.id, self.position(person.id)),
                    person.id,
                )
            })
        });
        rings.max().map(|(_, id)| id)
    }
}
