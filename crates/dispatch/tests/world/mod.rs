//! A small random centre: configurations and inputs, sensible and senseless, from plain numbers.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm
)]

mod chance;
mod configuration;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use dispatch::{
    Act, ActingRole, CaseId, Cause, Class, ContactId, Decision, EndCause, Fact, HandBack, Input,
    Intent, IntentCause, Key, LegId, LineId, Miss, Moment, NodeId, OperatorId, Origin, PartnerId,
    QueueId, Reachability, Seq, SkillId, Standing, WrapUpChange,
};

pub use chance::Chance;
pub use configuration::{config, needs};

pub const CLASSES: [Class; 4] = [
    Class::Alarm,
    Class::Danger,
    Class::Crisis,
    Class::Information,
];

pub fn operator(n: u64) -> OperatorId {
    OperatorId::parse(&format!("o{n}")).unwrap()
}
pub fn queue(n: u64) -> QueueId {
    QueueId::parse(&format!("q{n}")).unwrap()
}
pub fn line(n: u64) -> LineId {
    LineId::parse(&format!("l{n}")).unwrap()
}
pub fn skill(n: u64) -> SkillId {
    SkillId::parse(&format!("s{n}")).unwrap()
}
pub fn partner(n: u64) -> PartnerId {
    PartnerId::parse(&format!("p{n}")).unwrap()
}

fn acted(contact: ContactId, act: Act) -> Fact {
    let by = Some(ActingRole::Supervisor);
    Fact::Acted { contact, act, by }
}

/// Makes inputs, and remembers what makes them sensible.
#[derive(Clone, Debug)]
pub struct World {
    pub chance: Chance,
    pub now: Moment,
    seq: u64,
    legs: u32,
    live: Vec<ContactId>,
    offers: Vec<(ContactId, OperatorId)>,
    old_offers: Vec<(ContactId, OperatorId)>,
    overflows: Vec<(ContactId, PartnerId)>,
    talking: Vec<ContactId>,
    known_legs: Vec<LegId>,
    own_legs: Vec<(OperatorId, LegId)>,
    contacts_max: usize,
    /// What comes next whatever chance says.
    pending: VecDeque<Fact>,
}

impl World {
    pub fn new(seed: u64) -> Self {
        Self {
            chance: Chance(seed),
            now: Moment::from_micros(1_000_000_000),
            seq: 0,
            legs: 0,
            live: Vec::new(),
            offers: Vec::new(),
            old_offers: Vec::new(),
            overflows: Vec::new(),
            talking: Vec::new(),
            known_legs: Vec::new(),
            own_legs: Vec::new(),
            contacts_max: 20,
            pending: VecDeque::new(),
        }
    }

    /// The first input: a configuration.
    pub fn first(&mut self) -> Input {
        Input::Fact {
            seq: Seq(self.seq),
            fact: self.configured(),
        }
    }

    fn configured(&mut self) -> Fact {
        let config = config(&mut self.chance);
        for operator in config.operators.iter().map(|operator| operator.id) {
            if !self.chance.one_in(6) {
                let reachability = Reachability::Reachable;
                self.pending.push_back(Fact::Reached {
                    operator,
                    reachability,
                });
                self.pending.push_back(Fact::Intends {
                    operator,
                    intent: Intent::Ready,
                    cause: IntentCause::Page,
                });
            }
        }
        Fact::Configured(Arc::new(config))
    }

    /// A restart, after which most legs and phones are found again.
    fn restarted(&mut self) -> Fact {
        for leg in self.known_legs.clone() {
            if !self.chance.one_in(4) {
                self.pending.push_back(Fact::LegFound { leg });
            }
        }
        for n in 0..12 {
            if !self.chance.one_in(4) {
                let reachability = Reachability::Reachable;
                self.pending.push_back(Fact::Reached {
                    operator: operator(n),
                    reachability,
                });
            }
        }
        Fact::Restarted {
            node: NodeId::ONLY,
            start: 2,
        }
    }

    /// The next input and when it comes. `due` is the dispatcher's timeout.
    pub fn next(&mut self, due: Option<Moment>) -> (Moment, Input) {
        if let Some(due) = due
            && (due <= self.now || self.chance.one_in(5))
        {
            self.now = self.now.max(due);
            return (self.now, Input::Timeout);
        }
        if self.chance.one_in(2) {
            self.now = self.now + Duration::from_millis(self.chance.below(1_500));
        }
        let input = match self.fact() {
            Some(fact) => Input::Fact {
                seq: Seq(self.seq),
                fact,
            },
            None => Input::Timeout,
        };
        let now = if self.chance.one_in(50) {
            Moment::ZERO
        } else {
            self.now
        };
        (now, input)
    }

    /// What happens next; nothing but time, now and then.
    fn fact(&mut self) -> Option<Fact> {
        if !self.pending.is_empty() && !self.chance.one_in(4) {
            return self.pending.pop_front();
        }
        if !self.offers.is_empty() && self.chance.one_in(6) {
            return Some(self.answer());
        }
        Some(match self.chance.below(100) {
            0..=24 if self.live.len() < self.contacts_max => self.arrived(),
            0..=29 => self.answer(),
            30..=31 => self.taken(),
            38..=43 => self.missed(),
            44 => self.picked_up(),
            45..=52 => self.ended(),
            53..=57 => Fact::HandedBack {
                contact: self.talking(),
                cause: self.hand_back(),
            },
            58..=68 => self.intends(),
            69..=78 => self.reached(),
            79..=83 => self.changed(),
            84..=86 => self.own_call(),
            87..=90 => self.partner_says(),
            91..=93 => self.wrap_up(),
            94..=95 => self.shift(),
            96 if self.chance.one_in(3) => Fact::LegLost { leg: self.leg() },
            97 => Fact::LegFound { leg: self.leg() },
            98 if self.chance.one_in(3) => self.restarted(),
            99 if self.chance.one_in(6) => self.configured(),
            _ => return None,
        })
    }

    fn arrived(&mut self) -> Fact {
        self.seq += 1 + self.chance.below(3);
        let classes = [
            Class::Alarm,
            Class::Danger,
            Class::Crisis,
            Class::Crisis,
            Class::Crisis,
            Class::Information,
        ];
        // A device presses now and then; its case has the number of another entry, or of this one.
        let origin = if self.chance.one_in(6) {
            Origin::Device {
                case: CaseId(Seq(self.seq)),
            }
        } else {
            Origin::Caller {
                leg: self.new_leg(),
                line: line(self.chance.below(4)),
            }
        };
        Fact::Arrived {
            origin,
            class: self.chance.of(&classes).unwrap(),
            needs: needs(&mut self.chance),
            standing: self.standing(),
        }
    }

    fn standing(&mut self) -> Standing {
        if self.chance.one_in(6) {
            Standing::BehindBand
        } else {
            Standing::Arrival
        }
    }

    fn new_leg(&mut self) -> LegId {
        if self.chance.one_in(30)
            && let Some(leg) = self.chance.of(&self.known_legs)
        {
            return leg;
        }
        self.legs += 1;
        LegId::new(NodeId::ONLY, 1, self.legs)
    }

    fn leg(&mut self) -> LegId {
        let known = self.chance.of(&self.known_legs);
        known.unwrap_or(LegId::new(NodeId::ONLY, 9, 9))
    }

    fn contact(&mut self) -> ContactId {
        let live = self.chance.of(&self.live);
        match live {
            Some(id) if !self.chance.one_in(30) => id,
            _ => ContactId(Seq(self.chance.below(self.seq + 2))),
        }
    }

    fn talking(&mut self) -> ContactId {
        match self.chance.of(&self.talking) {
            Some(id) => id,
            None => self.contact(),
        }
    }

    fn operator(&mut self) -> OperatorId {
        operator(self.chance.below(12))
    }

    fn offer(&mut self) -> (ContactId, OperatorId) {
        let pick = self.chance.below(20);
        let offers = if pick < 14 {
            &self.offers
        } else {
            &self.old_offers
        };
        let offer = self.chance.of(&offers.clone());
        match offer {
            Some(offer) if pick < 19 => offer,
            _ => (self.contact(), self.operator()),
        }
    }

    fn answer(&mut self) -> Fact {
        let (contact, operator) = self.offer();
        Fact::Answered {
            contact,
            operator,
            leg: self.new_leg(),
        }
    }

    fn taken(&mut self) -> Fact {
        let (contact, operator) = self.offer();
        Fact::Taken { contact, operator }
    }

    fn missed(&mut self) -> Fact {
        let (contact, operator) = self.offer();
        let misses = [
            Miss::NoAnswer,
            Miss::Declined,
            Miss::Unreachable,
            Miss::Ours,
        ];
        Fact::Missed {
            contact,
            operator,
            miss: self.chance.of(&misses).unwrap(),
        }
    }

    fn picked_up(&mut self) -> Fact {
        let (contact, operator) = self.offer();
        Fact::PickedUp { contact, operator }
    }

    fn ended(&mut self) -> Fact {
        let contact = if self.chance.one_in(3) {
            self.contact()
        } else {
            self.talking()
        };
        Fact::Ended {
            contact,
            cause: self.end_cause(),
        }
    }

    fn end_cause(&mut self) -> EndCause {
        self.chance
            .of(&[
                EndCause::Caller,
                EndCause::Caller,
                EndCause::GaveUp,
                EndCause::Operator,
                EndCause::LegLost,
                EndCause::Case,
            ])
            .unwrap()
    }

    fn hand_back(&mut self) -> HandBack {
        self.chance
            .of(&[HandBack::Operator, HandBack::LegLost, HandBack::Partner])
            .unwrap()
    }

    fn intends(&mut self) -> Fact {
        let pause = Intent::Paused {
            reason: Key::parse("break").unwrap(),
            back_at: None,
        };
        let intents = [
            Intent::Ready,
            Intent::Ready,
            Intent::Ready,
            pause,
            Intent::Off,
        ];
        let causes = [
            IntentCause::Page,
            IntentCause::Phone,
            IntentCause::Supervisor,
        ];
        Fact::Intends {
            operator: self.operator(),
            intent: self.chance.of(&intents).unwrap(),
            cause: self.chance.of(&causes).unwrap(),
        }
    }

    fn reached(&mut self) -> Fact {
        let known = [
            Reachability::Reachable,
            Reachability::Reachable,
            Reachability::Reachable,
            Reachability::Reachable,
            Reachability::Reachable,
            Reachability::Unproven,
            Reachability::Unreachable,
        ];
        Fact::Reached {
            operator: self.operator(),
            reachability: self.chance.of(&known).unwrap(),
        }
    }

    fn changed(&mut self) -> Fact {
        let contact = self.contact();
        match self.chance.below(6) {
            0 => Fact::Stands {
                contact,
                standing: self.standing(),
            },
            1 => Fact::Needed {
                contact,
                needs: needs(&mut self.chance),
            },
            2 => acted(contact, Act::Move(queue(self.chance.below(4)))),
            3 | 4 => acted(contact, Act::Give(self.operator())),
            _ => Fact::Classed {
                contact,
                class: self.chance.of(&CLASSES).unwrap(),
                cause: match self.chance.below(3) {
                    0 => Cause::Caller,
                    1 => Cause::Operator(self.operator()),
                    _ => Cause::Supervisor,
                },
            },
        }
    }

    fn own_call(&mut self) -> Fact {
        if self.chance.one_in(2)
            && let Some((operator, leg)) = self.chance.of(&self.own_legs)
        {
            return Fact::Disengaged { operator, leg };
        }
        let (operator, leg) = (self.operator(), self.new_leg());
        self.own_legs.push((operator, leg));
        Fact::Engaged { operator, leg }
    }

    fn partner_says(&mut self) -> Fact {
        let (contact, partner) = match self.chance.of(&self.overflows) {
            Some(overflow) => overflow,
            None => (self.contact(), partner(self.chance.below(3))),
        };
        if self.chance.one_in(2) {
            return Fact::PartnerMissed { contact, partner };
        }
        Fact::PartnerAnswered {
            contact,
            partner,
            leg: self.new_leg(),
        }
    }

    fn wrap_up(&mut self) -> Fact {
        let longer = WrapUpChange::Longer(self.chance.seconds(1, 30));
        let change = if self.chance.one_in(2) {
            WrapUpChange::Over
        } else {
            longer
        };
        Fact::WrapUp {
            operator: self.operator(),
            change,
        }
    }

    fn shift(&mut self) -> Fact {
        let at = (!self.chance.one_in(3)).then(|| self.now + self.chance.seconds(0, 60));
        Fact::ShiftEnds {
            operator: self.operator(),
            at,
        }
    }

    /// Remembers what an input and its decisions changed.
    pub fn note(&mut self, input: &Input, decisions: &[Decision]) {
        if let Input::Fact { seq, fact } = input {
            self.note_fact(*seq, fact);
        }
        for decision in decisions {
            self.note_decision(decision);
        }
        let excess = self.old_offers.len().saturating_sub(12);
        self.old_offers.drain(..excess);
        let excess = self.known_legs.len().saturating_sub(60);
        self.known_legs.drain(..excess);
        let excess = self.own_legs.len().saturating_sub(8);
        self.own_legs.drain(..excess);
    }

    fn note_fact(&mut self, seq: Seq, fact: &Fact) {
        match fact {
            Fact::Arrived { origin, .. } => {
                self.live.push(ContactId(seq));
                self.known_legs.extend(origin.leg());
            }
            Fact::Engaged { leg, .. } => self.known_legs.push(*leg),
            _ => {}
        }
    }

    fn note_decision(&mut self, decision: &Decision) {
        match decision {
            Decision::Offer {
                contact, operator, ..
            } => self.offers.push((*contact, *operator)),
            Decision::Withdraw {
                contact, operator, ..
            }
            | Decision::Missed {
                contact, operator, ..
            } => {
                self.offers.retain(|offer| *offer != (*contact, *operator));
                self.old_offers.push((*contact, *operator));
            }
            Decision::Bridge {
                contact,
                operator,
                leg,
            } => {
                self.offers.retain(|offer| *offer != (*contact, *operator));
                self.talking.push(*contact);
                self.known_legs.push(*leg);
            }
            Decision::Taken {
                contact,
                operator,
                leg,
            } => {
                self.offers.retain(|offer| *offer != (*contact, *operator));
                self.talking.push(*contact);
                self.known_legs.extend(leg);
            }
            Decision::BridgePartner { contact, leg, .. } => {
                self.talking.push(*contact);
                self.known_legs.push(*leg);
            }
            Decision::Overflow {
                contact, partner, ..
            } => self.overflows.push((*contact, *partner)),
            Decision::WithdrawOverflow { contact, partner } => {
                self.overflows
                    .retain(|overflow| *overflow != (*contact, *partner));
            }
            Decision::Waits { contact } => self.talking.retain(|talking| talking != contact),
            Decision::Closed(closed) => {
                self.live.retain(|id| *id != closed.contact);
                self.talking.retain(|id| *id != closed.contact);
                self.overflows.retain(|(id, _)| *id != closed.contact);
            }
            _ => {}
        }
    }
}

pub fn drain(dispatcher: &mut dispatch::Dispatcher) -> Vec<Decision> {
    std::iter::from_fn(|| dispatcher.poll_output()).collect()
}
