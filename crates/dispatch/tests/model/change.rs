use super::{At, Contact, Far, Model, Person};
use dispatch::{
    Action, Cause, Class, Config, ContactId, Decision, EndCause, HandBack, Input, Intent, LegId,
    LineId, Miss, Needs, Notice, OperatorId, Outcome, Place, QueueId, Reachability, Speech,
    Standing, Withdrawal, WrapUpChange,
};
use std::collections::BTreeMap;
use std::time::Duration;

type Accepted = Option<()>;

fn only_if(condition: bool) -> Accepted {
    condition.then_some(())
}

impl Model {
    pub fn apply(&mut self, input: &Input) -> Accepted {
        match input {
            Input::Configured(config) => self.configure(config),
            Input::Arrived {
                contact,
                leg,
                line,
                class,
                needs,
                standing,
            } => self.arrive(*contact, (*leg, *line), *class, needs, *standing),
            Input::Stands { contact, standing } => {
                self.contacts.get_mut(contact)?.standing = *standing;
                Some(())
            }
            Input::Classed {
                contact,
                class,
                cause,
            } => self.class(*contact, *class, *cause),
            Input::Needed { contact, needs } => {
                self.contacts.get_mut(contact)?.needs = needs.clone();
                self.advance(*contact);
                self.withdraw_unfit(*contact);
                Some(())
            }
            Input::Moved { contact, queue } => self.move_to(*contact, *queue),
            Input::Given { contact, operator } => self.give(*contact, *operator),
            Input::Intends { .. }
            | Input::Reached { .. }
            | Input::ShiftEnds { .. }
            | Input::Engaged { .. }
            | Input::Disengaged { .. } => self.apply_to_person(input),
            Input::Answered {
                contact,
                operator,
                leg,
            } => self.answer(*contact, *operator, *leg),
            Input::Missed {
                contact,
                operator,
                miss,
            } => {
                let offers = self.contacts.get(contact)?.offers();
                only_if(offers.iter().any(|(ringing, _)| ringing == operator))?;
                self.miss(*contact, *operator, *miss);
                Some(())
            }
            Input::PartnerAnswered {
                contact,
                partner,
                leg,
            } => self.partner_answer(*contact, *partner, *leg),
            Input::PartnerMissed { contact, partner } => {
                let partners = &self.contacts.get(contact)?.partners;
                let at = partners
                    .iter()
                    .position(|known| known.id == *partner && known.ringing)?;
                self.rest_partner(*contact, at);
                Some(())
            }
            Input::HandedBack { contact, cause } => self.hand_back(*contact, *cause),
            Input::Ended { contact, cause } => self.end(*contact, *cause),
            Input::WrapUp { operator, change } => self.wrap_up(*operator, *change),
            Input::Timeout => {
                self.timeout();
                Some(())
            }
            Input::Restarted => {
                self.restart();
                Some(())
            }
            Input::LegFound { leg } => self.find(*leg),
            Input::LegLost { leg } => self.lose(*leg),
        }
    }

    fn apply_to_person(&mut self, input: &Input) -> Accepted {
        match input {
            Input::Intends { operator, intent } => self.intend(*operator, *intent),
            Input::Reached {
                operator,
                reachability,
            } => self.reach(*operator, *reachability),
            Input::ShiftEnds { operator, at } => {
                let (now, before) = (self.now, self.config.rules.last_minutes);
                let person = self.person_mut(*operator)?;
                person.shift_ends = *at;
                person.last_minutes = at.is_some_and(|at| now >= at - before);
                Some(())
            }
            Input::Engaged { operator, leg } => {
                let used = self.leg_in_use(*leg);
                let person = self.person_mut(*operator)?;
                only_if(!used && person.legs.len() < 16)?;
                person.legs.insert(*leg, None);
                self.withdraw_from(*operator);
                Some(())
            }
            Input::Disengaged { operator, leg } => {
                self.person_mut(*operator)?.legs.remove(leg).map(|_| ())
            }
            _ => None,
        }
    }

    fn arrive(
        &mut self,
        id: ContactId,
        (leg, line): (LegId, LineId),
        class: Class,
        needs: &Needs,
        standing: Standing,
    ) -> Accepted {
        only_if(self.newest < Some(id) && !self.leg_in_use(leg))?;
        let queue = self
            .config
            .lines
            .iter()
            .find(|known| known.id == line)?
            .queue;
        self.contacts.insert(
            id,
            Contact {
                id,
                leg,
                line,
                queue,
                class,
                speech: Speech::Expected,
                standing,
                needs: needs.clone(),
                arrived: self.now,
                answered: None,
                by_operator: false,
                by_partner: false,
                at: At::Waiting(Vec::new()),
                looked_at: Duration::ZERO,
                steps: 0,
                widened: false,
                on_call: false,
                seconds: 0,
                progress: 0,
                progress_at: None,
                partners: Vec::new(),
                rests: Vec::new(),
                told: false,
            },
        );
        self.newest = Some(id);
        self.out.push(Decision::Waits { contact: id });
        self.advance(id);
        Some(())
    }

    fn class(&mut self, id: ContactId, mut class: Class, cause: Cause) -> Accepted {
        let contact = self.contacts.get_mut(&id)?;
        let before = (contact.class, contact.speech);
        if cause == Cause::Caller {
            contact.speech = Speech::CannotSpeak;
            class = class.min(contact.class);
        } else if matches!(class, Class::Crisis | Class::Information) {
            contact.speech = Speech::Expected;
        }
        contact.class = class;
        let speech = contact.speech;
        if before != (class, speech) {
            self.out.push(Decision::Classed {
                contact: id,
                class,
                speech,
            });
        }
        if before.0 != class {
            self.contacts.get_mut(&id)?.steps = 0;
            self.advance(id);
        }
        Some(())
    }

    fn move_to(&mut self, id: ContactId, queue: QueueId) -> Accepted {
        let contact = self.contacts.get(&id)?;
        only_if(contact.waits())?;
        only_if(self.config.queues.iter().any(|known| known.id == queue))?;
        if contact.queue == queue {
            return Some(());
        }
        self.withdraw_all(id, Withdrawal::ByHand);
        let contact = self.contacts.get_mut(&id)?;
        contact.queue = queue;
        contact.steps = 0;
        contact.progress = 0;
        contact.progress_at = None;
        self.advance(id);
        Some(())
    }

    fn give(&mut self, id: ContactId, operator: OperatorId) -> Accepted {
        let contact = self.contacts.get(&id)?.clone();
        only_if(contact.waits())?;
        let person = self.person(operator)?.clone();
        let rings_for_it = contact
            .offers()
            .iter()
            .any(|(ringing, _)| *ringing == operator);
        only_if(rings_for_it || self.is_free(&person))?;
        only_if(self.serves(operator, contact.queue))?;
        if rings_for_it {
            return Some(());
        }
        self.withdraw_all(id, Withdrawal::ByHand);
        let able = (contact.required().iter())
            .all(|(skill, least)| self.level(operator, *skill) >= *least);
        let contact = self.contacts.get_mut(&id)?;
        contact.rests.retain(|rest| rest.0 != operator);
        if person.place == Place::Home {
            contact.on_call = true;
        }
        if !able {
            contact.widened = true;
        }
        self.offer(id, operator);
        Some(())
    }

    fn intend(&mut self, operator: OperatorId, intent: Intent) -> Accepted {
        let person = self.person_mut(operator)?;
        let was_ready = person.ready();
        person.paused = None;
        person.intent = intent;
        if intent == Intent::Ready && !was_ready {
            (person.calls, person.talked, person.in_row) = (0, Duration::ZERO, 0);
        }
        if intent != Intent::Ready {
            self.withdraw_from(operator);
        }
        Some(())
    }

    fn reach(&mut self, operator: OperatorId, reachability: Reachability) -> Accepted {
        let person = self.person_mut(operator)?;
        let worse = match reachability {
            Reachability::Reachable => false,
            Reachability::Unproven => person.reach == Reachability::Reachable,
            Reachability::Unreachable => person.reach != Reachability::Unreachable,
        };
        person.reach = reachability;
        if worse && person.ready() {
            self.out.push(Decision::Tell(Notice::PhoneGone {
                operator,
                reachability,
            }));
        }
        if reachability != Reachability::Reachable {
            self.withdraw_from(operator);
        }
        Some(())
    }

    fn answer(&mut self, id: ContactId, operator: OperatorId, leg: LegId) -> Accepted {
        only_if(!self.leg_in_use(leg))?;
        if !self.may_answer(id, operator) {
            self.out.push(Decision::HangUp { leg });
            return Some(());
        }
        self.drop_offer(id, operator);
        self.withdraw_all(id, Withdrawal::AnsweredElsewhere);
        self.stop_partners(id);
        let person = self.person_mut(operator)?;
        person.calls += 1;
        person.in_row = 0;
        person.paused = None;
        self.talk(id, Far::Operator(operator, leg, self.now));
        self.out.push(Decision::Bridge {
            contact: id,
            operator,
            leg,
        });
        Some(())
    }

    fn may_answer(&self, id: ContactId, operator: OperatorId) -> bool {
        let (Some(contact), Some(person)) = (self.contacts.get(&id), self.person(operator)) else {
            return false;
        };
        if contact
            .offers()
            .iter()
            .any(|(ringing, _)| *ringing == operator)
        {
            return true;
        }
        let rang_out = contact
            .rests
            .iter()
            .any(|rest| rest.0 == operator && rest.2 == Miss::NoAnswer);
        let both_free = contact.offers().is_empty()
            && self.claim(operator).is_none()
            && self.in_no_call(person);
        contact.waits() && rang_out && both_free
    }

    fn talk(&mut self, id: ContactId, far: Far) {
        let now = self.now;
        let contact = self.contacts.get_mut(&id).unwrap();
        contact.at = At::Talking(far);
        contact.answered = contact.answered.or(Some(now));
        match far {
            Far::Operator(..) => contact.by_operator = true,
            Far::Partner(..) => contact.by_partner = true,
        }
        contact.rests.clear();
        contact.progress = 0;
        contact.progress_at = None;
        contact.told = false;
    }

    fn partner_answer(
        &mut self,
        id: ContactId,
        partner: dispatch::PartnerId,
        leg: LegId,
    ) -> Accepted {
        only_if(!self.leg_in_use(leg))?;
        let now = self.now;
        let wins = self.contacts.get_mut(&id).is_some_and(|contact| {
            let alone = contact.offers().is_empty();
            let waits = contact.waits();
            let known = contact
                .partners
                .iter_mut()
                .find(|known| known.id == partner);
            known.is_some_and(|known| {
                let wins = waits && (known.ringing || (known.missed && alone));
                if wins {
                    (known.ringing, known.until) = (false, now);
                }
                wins
            })
        });
        if !wins {
            self.out.push(Decision::HangUp { leg });
            return Some(());
        }
        self.withdraw_all(id, Withdrawal::AnsweredElsewhere);
        self.stop_partners(id);
        self.talk(id, Far::Partner(partner, leg));
        self.out.push(Decision::BridgePartner {
            contact: id,
            partner,
            leg,
        });
        Some(())
    }

    fn hand_back(&mut self, id: ContactId, cause: HandBack) -> Accepted {
        let At::Talking(far) = self.contacts.get(&id)?.at else {
            return None;
        };
        let by_partner = cause == HandBack::Partner;
        only_if(by_partner == matches!(far, Far::Partner(..)))?;
        self.part(id, far, cause == HandBack::Operator);
        self.wait_again(id);
        Some(())
    }

    fn end(&mut self, id: ContactId, cause: EndCause) -> Accepted {
        let far = self.contacts.get(&id)?.far();
        only_if(cause != EndCause::Operator || matches!(far, Some(Far::Operator(..))))?;
        let lost = cause == EndCause::LegLost;
        self.close(
            id,
            if lost {
                Outcome::Lost
            } else {
                Outcome::Abandoned
            },
        );
        Some(())
    }

    fn wrap_up(&mut self, operator: OperatorId, change: WrapUpChange) -> Accepted {
        let talks = self.held(operator).is_some();
        let person = self.person_mut(operator)?;
        match (change, person.wrap_up) {
            (WrapUpChange::Longer(by), Some(until)) => {
                person.wrap_up = Some(until + by);
                self.out.push(Decision::WrapUp {
                    operator,
                    until: until + by,
                });
            }
            (WrapUpChange::Longer(by), None) => {
                only_if(talks)?;
                person.longer += by;
            }
            (WrapUpChange::Over, wrap_up) => {
                wrap_up?;
                person.wrap_up = None;
                self.out.push(Decision::WrapUpOver { operator });
            }
        }
        Some(())
    }

    fn restart(&mut self) {
        let until = self.now + self.config.rules.adrift;
        for id in self.contacts.keys().copied().collect::<Vec<_>>() {
            self.withdraw_all(id, Withdrawal::Restarted);
            self.stop_partners(id);
            let contact = self.contacts.get_mut(&id).unwrap();
            let far = contact.far().map(|far| (far, false));
            contact.at = At::Adrift {
                until,
                caller: false,
                far,
            };
            (contact.progress, contact.progress_at) = (0, None);
        }
        for person in &mut self.people {
            person
                .legs
                .values_mut()
                .for_each(|adrift| *adrift = Some(until));
            if person.place == Place::Desk {
                person.reach = Reachability::Unproven;
            }
        }
    }

    fn find(&mut self, leg: LegId) -> Accepted {
        for person in &mut self.people {
            if let Some(adrift) = person.legs.get_mut(&leg) {
                return adrift.take().map(|_| ());
            }
        }
        let owns = |contact: &&Contact| {
            contact.leg == leg || contact.far().is_some_and(|far| far.leg() == leg)
        };
        let id = self.contacts.values().find(owns)?.id;
        let contact = self.contacts.get_mut(&id)?;
        let At::Adrift { caller, far, .. } = &mut contact.at else {
            return None;
        };
        let found = match far {
            Some((far, found)) if far.leg() == leg => found,
            _ => caller,
        };
        only_if(!*found)?;
        *found = true;
        match (*caller, *far) {
            (true, None) => self.wait_again(id),
            (true, Some((far, true))) => {
                contact.at = At::Talking(far);
                self.out.push(match far {
                    Far::Operator(operator, leg, _) => Decision::Bridge {
                        contact: id,
                        operator,
                        leg,
                    },
                    Far::Partner(partner, leg) => Decision::BridgePartner {
                        contact: id,
                        partner,
                        leg,
                    },
                });
            }
            _ => {}
        }
        Some(())
    }

    fn lose(&mut self, leg: LegId) -> Accepted {
        for person in &mut self.people {
            if person.legs.remove(&leg).is_some() {
                return Some(());
            }
        }
        if let Some(id) = self
            .contacts
            .values()
            .find(|contact| contact.leg == leg)
            .map(|contact| contact.id)
        {
            self.close(id, Outcome::Lost);
            return Some(());
        }
        let far = |contact: &&Contact| contact.far().is_some_and(|far| far.leg() == leg);
        let id = self.contacts.values().find(far)?.id;
        self.lose_far(id);
        Some(())
    }

    fn configure(&mut self, config: &Config) -> Accepted {
        let mut queues: BTreeMap<ContactId, QueueId> = BTreeMap::new();
        for contact in self.contacts.values() {
            let line = config.lines.iter().find(|line| line.id == contact.line);
            let queue = line.map_or(contact.queue, |line| line.queue);
            only_if(config.queues.iter().any(|known| known.id == queue))?;
            queues.insert(contact.id, queue);
        }
        let stays = |id: OperatorId| config.operators.iter().any(|operator| operator.id == id);
        for id in self
            .people
            .iter()
            .map(|person| person.id)
            .collect::<Vec<_>>()
        {
            if !stays(id) {
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
        contact.on_call = actions.contains(&Action::OnCall);
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
            let reach = match operator.place {
                Place::Desk => Reachability::Unreachable,
                Place::Home => Reachability::Reachable,
            };
            let mut person = self.person(operator.id).cloned().unwrap_or(Person {
                id: operator.id,
                place: operator.place,
                leaving: false,
                intent: Intent::Off,
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
