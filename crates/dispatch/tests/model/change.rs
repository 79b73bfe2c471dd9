use super::{At, Contact, Far, Model, most};
use dispatch::{
    Act, Cause, Class, ContactId, Decision, EndCause, Fact, HandBack, Input, Intent, LegId, Miss,
    Moment, Needs, Notice, OperatorId, Origin, Outcome, PartnerId, Place, QueueId, Reachability,
    Seq, Speech, Standing, Withdrawal, WrapUpChange,
};
use std::time::Duration;

pub(super) type Accepted = Option<()>;

pub(super) fn only_if(condition: bool) -> Accepted {
    condition.then_some(())
}

impl Contact {
    pub(super) fn is_of_device(&self) -> bool {
        matches!(self.origin, Origin::Device { .. })
    }

    /// What is needed more than before begins to be needed now.
    fn choose(&mut self, now: Moment, needs: &Needs) {
        let began = |skill| match most(&self.needs, skill) >= most(needs, skill) {
            true => self.since[&skill],
            false => now,
        };
        let since = needs.iter().map(|need| (need.skill, began(need.skill)));
        self.since = since.collect();
        self.needs = needs.clone();
    }
}

impl Model {
    pub fn apply(&mut self, input: &Input) -> Accepted {
        match input {
            Input::Fact { seq, fact } => self.apply_fact(*seq, fact),
            Input::Timeout => {
                self.timeout();
                Some(())
            }
        }
    }

    fn apply_fact(&mut self, seq: Seq, fact: &Fact) -> Accepted {
        match fact {
            Fact::Configured(config) => self.configure(config),
            Fact::Arrived {
                origin,
                class,
                needs,
                standing,
            } => self.arrive(ContactId(seq), *origin, *class, needs, *standing),
            Fact::Taken { contact, operator } => self.take_over(*contact, *operator),
            Fact::Stands { contact, standing } => {
                self.contacts.get_mut(contact)?.standing = *standing;
                Some(())
            }
            Fact::Classed {
                contact,
                class,
                cause,
            } => self.class(*contact, *class, *cause),
            Fact::Needed { contact, needs } => {
                let now = self.now;
                self.contacts.get_mut(contact)?.choose(now, needs);
                self.advance(*contact);
                self.withdraw_unfit(*contact);
                Some(())
            }
            Fact::Acted { contact, act, .. } => match act {
                Act::Class(class) => self.class(*contact, *class, Cause::Supervisor),
                Act::Move(queue) => self.move_to(*contact, *queue),
                Act::Give(operator) => self.give(*contact, *operator),
            },
            Fact::Intends { .. }
            | Fact::Reached { .. }
            | Fact::ShiftEnds { .. }
            | Fact::Engaged { .. }
            | Fact::Disengaged { .. } => self.apply_to_person(fact),
            Fact::Answered {
                contact,
                operator,
                leg,
            } => self.answer(*contact, *operator, *leg),
            Fact::PickedUp { contact, operator } => self.pick_up(*contact, *operator),
            Fact::Missed {
                contact,
                operator,
                miss,
            } => {
                let offers = self.contacts.get(contact)?.offers();
                only_if(offers.iter().any(|(ringing, _)| ringing == operator))?;
                self.miss(*contact, *operator, *miss);
                Some(())
            }
            Fact::PartnerAnswered {
                contact,
                partner,
                leg,
            } => self.partner_answer(*contact, *partner, *leg),
            Fact::PartnerMissed { contact, partner } => self.partner_miss(*contact, *partner),
            Fact::HandedBack { contact, cause } => self.hand_back(*contact, *cause),
            Fact::Ended { contact, cause } => self.end(*contact, *cause),
            Fact::WrapUp { operator, change } => self.wrap_up(*operator, *change),
            Fact::Restarted { .. } => {
                self.restart();
                Some(())
            }
            Fact::LegFound { leg } => self.find(*leg),
            Fact::LegLost { leg } => self.lose(*leg),
        }
    }

    fn partner_miss(&mut self, id: ContactId, partner: PartnerId) -> Accepted {
        let partners = &self.contacts.get(&id)?.partners;
        let at = partners
            .iter()
            .position(|known| known.id == partner && known.ringing)?;
        self.rest_partner(id, at);
        Some(())
    }

    fn apply_to_person(&mut self, fact: &Fact) -> Accepted {
        match fact {
            // No rule asks by what way it came.
            Fact::Intends {
                operator,
                intent,
                cause: _,
            } => self.intend(*operator, *intent),
            Fact::Reached {
                operator,
                reachability,
            } => self.reach(*operator, *reachability),
            Fact::ShiftEnds { operator, at } => {
                let (now, before) = (self.now, self.config.rules.last_minutes);
                let person = self.person_mut(*operator)?;
                person.shift_ends = *at;
                person.last_minutes = at.is_some_and(|at| now >= at - before);
                Some(())
            }
            Fact::Engaged { operator, leg } => {
                let used = self.leg_in_use(*leg);
                let person = self.person_mut(*operator)?;
                only_if(!used && person.legs.len() < 16)?;
                person.legs.insert(*leg, None);
                self.withdraw_from(*operator);
                Some(())
            }
            Fact::Disengaged { operator, leg } => {
                self.person_mut(*operator)?.legs.remove(leg).map(|_| ())
            }
            _ => None,
        }
    }

    fn arrive(
        &mut self,
        id: ContactId,
        origin: Origin,
        class: Class,
        needs: &Needs,
        standing: Standing,
    ) -> Accepted {
        let used = origin.leg().is_some_and(|leg| self.leg_in_use(leg));
        only_if(self.newest < Some(id) && !used)?;
        let mut lines = self.config.lines.iter();
        let queue = match origin {
            Origin::Caller { line, .. } => lines.find(|known| known.id == line)?.queue,
            Origin::Device { .. } => self.config.desk.as_ref()?.queue,
        };
        self.contacts.insert(
            id,
            Contact {
                id,
                origin,
                queue,
                class,
                speech: Speech::Expected,
                standing,
                needs: needs.clone(),
                since: needs.iter().map(|need| (need.skill, self.now)).collect(),
                arrived: self.now,
                answered: None,
                by_operator: false,
                by_partner: false,
                at: At::Waiting(Vec::new()),
                looked_at: Duration::ZERO,
                steps: 0,
                widened: false,
                called: Vec::new(),
                passed_at_home: None,
                seconds: 0,
                progress: 0,
                progress_at: None,
                partners: Vec::new(),
                rests: Vec::new(),
                given: None,
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
        only_if(cause != Cause::Caller || !contact.is_of_device())?;
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
        if before.1 != speech {
            self.ring_anew(id);
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
        let contact = self.contacts.get_mut(&id)?;
        contact.rests.retain(|rest| rest.0 != operator);
        contact.given = Some(operator);
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
        let back = reachability == Reachability::Reachable && person.reach != reachability;
        person.reach = reachability;
        if worse && person.ready() {
            self.out.push(Decision::Tell(Notice::PhoneGone {
                operator,
                reachability,
            }));
        }
        if back {
            self.out
                .push(Decision::Tell(Notice::PhoneBack { operator }));
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
        self.join(id, operator, Some(leg))
    }

    fn take_over(&mut self, id: ContactId, operator: OperatorId) -> Accepted {
        let contact = self.contacts.get(&id)?;
        let person = self.person(operator)?;
        only_if(contact.is_of_device() && contact.waits())?;
        let rings = contact.offers().iter().any(|offer| offer.0 == operator);
        let may = self.is_free(person) && self.serves(operator, contact.queue);
        only_if(rings || may)?;
        self.join(id, operator, None)
    }

    fn join(&mut self, id: ContactId, operator: OperatorId, leg: Option<LegId>) -> Accepted {
        self.drop_offer(id, operator);
        self.withdraw_all(id, Withdrawal::AnsweredElsewhere);
        self.stop_partners(id);
        let person = self.person_mut(operator)?;
        person.calls += 1;
        person.in_row = 0;
        person.paused = None;
        let far = Far::Operator(operator, leg, self.now);
        self.talk(id, far);
        self.tell_joined(id, far);
        Some(())
    }

    pub(super) fn tell_joined(&mut self, contact: ContactId, far: Far) {
        let of_device = self.contacts[&contact].is_of_device();
        self.out.push(match far {
            Far::Operator(operator, leg, _) if of_device => Decision::Taken {
                contact,
                operator,
                leg,
            },
            Far::Operator(operator, leg, _) => Decision::Bridge {
                contact,
                operator,
                leg: leg.unwrap(),
            },
            Far::Partner(partner, leg) => Decision::BridgePartner {
                contact,
                partner,
                leg,
            },
        });
    }

    fn pick_up(&mut self, id: ContactId, operator: OperatorId) -> Accepted {
        let (now, home) = (self.now, self.person(operator)?.place == Place::Home);
        let until = now + self.times_at_home(operator).confirm;
        let At::Waiting(offers) = &mut self.contacts.get_mut(&id)?.at else {
            return None;
        };
        let offer = offers.iter_mut().find(|offer| offer.0 == operator)?;
        only_if(home)?;
        offer.1 = until;
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

    fn partner_answer(&mut self, id: ContactId, partner: PartnerId, leg: LegId) -> Accepted {
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
        let far = Far::Partner(partner, leg);
        self.talk(id, far);
        self.tell_joined(id, far);
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
        let contact = self.contacts.get(&id)?;
        let (far, of_device) = (contact.far(), contact.is_of_device());
        only_if(cause == EndCause::Operator || (cause == EndCause::Case) == of_device)?;
        only_if(cause != EndCause::Operator || matches!(far, Some(Far::Operator(..))))?;
        if cause == EndCause::GaveUp {
            self.never_joined(id, far);
        }
        let unanswered = match cause {
            EndCause::LegLost => Outcome::Lost,
            EndCause::Case => Outcome::Untaken,
            EndCause::Caller | EndCause::GaveUp | EndCause::Operator => Outcome::Abandoned,
        };
        self.close(id, unanswered);
        Some(())
    }

    fn never_joined(&mut self, id: ContactId, far: Option<Far>) {
        let contact = self.contacts.get_mut(&id).unwrap();
        (contact.by_operator, contact.by_partner) = (false, false);
        contact.answered = None;
        if let Some(far) = far {
            contact.at = At::Waiting(Vec::new());
            if let Far::Operator(operator, ..) = far {
                self.person_mut(operator).unwrap().longer = Duration::ZERO;
            }
        }
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
}
