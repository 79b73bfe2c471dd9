//! A small random centre: configurations and inputs, sensible and senseless, from plain numbers.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm
)]

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use dispatch::{
    Action, Cause, Class, Config, ContactId, Decision, EndCause, HandBack, HomeTimes, Input,
    Intent, IntentCause, Key, LegId, Line, LineId, Miss, Moment, Need, Needs, Operator, OperatorId,
    OwnWrapUp, Partner, PartnerId, Place, Queue, QueueId, Reachability, Relaxation, Reserve, Rules,
    Seq, SkillId, Standing, Step, Strategy, Timeline, WrapUpChange,
};

/// A small generator of numbers (splitmix64).
#[derive(Clone, Debug)]
pub struct Chance(pub u64);

impl Chance {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    pub fn of<T: Clone>(&mut self, all: &[T]) -> Option<T> {
        if all.is_empty() {
            return None;
        }
        let at = usize::try_from(self.below(all.len() as u64)).unwrap();
        Some(all[at].clone())
    }

    pub fn seconds(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_secs(from + self.below(to - from + 1))
    }
}

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

pub fn config(chance: &mut Chance) -> Config {
    let queues = 1 + chance.below(3);
    let operators = 2 + chance.below(12);
    let people = random_operators(chance, operators, queues);
    Config {
        lines: (0..3)
            .map(|n| Line {
                id: line(n),
                queue: queue(n % queues),
                needs: needs(chance),
                choices: (0..chance.below(2)).map(|_| needs(chance)).collect(),
            })
            .collect(),
        queues: (0..queues)
            .map(|n| random_queue(chance, n, &people))
            .collect(),
        operators: people,
        partners: (0..2)
            .map(|n| Partner {
                id: partner(n),
                ring_time: chance.seconds(1, 20),
                rest: chance.seconds(1, 30),
            })
            .collect(),
        rules: Rules {
            rest_declined: chance.seconds(1, 10),
            rest_no_answer: chance.seconds(1, 5),
            rest_unreachable: chance.seconds(1, 10),
            misses_before_pause: u32::try_from(chance.below(4)).unwrap(),
            adrift: chance.seconds(20, 60),
            last_minutes: chance.seconds(0, 30),
        },
    }
}

fn random_operators(chance: &mut Chance, operators: u64, queues: u64) -> Vec<Operator> {
    let mut list: Vec<Operator> = Vec::new();
    for n in 0..12 {
        if chance.below(12) > operators {
            continue;
        }
        let id = operator(n);
        let skills = (0..3).filter(|_| !chance.one_in(3)).collect::<Vec<_>>();
        list.push(Operator {
            id,
            skills: skills
                .into_iter()
                .map(|n| (skill(n), 2 + u8::try_from(chance.below(9)).unwrap()))
                .collect(),
            queues: (0..queues)
                .filter(|_| !chance.one_in(4))
                .map(queue)
                .collect(),
            place: if chance.one_in(4) {
                Place::Home
            } else {
                Place::Desk
            },
            wrap_up: OwnWrapUp {
                after: chance.one_in(4).then(|| chance.seconds(0, 40)),
                after_hard: chance.one_in(4).then(|| chance.seconds(0, 40)),
            },
            at_home: HomeTimes {
                ring: chance.seconds(1, 40),
                confirm: chance.seconds(1, 20),
            },
        });
    }
    list
}

fn random_queue(chance: &mut Chance, n: u64, people: &[Operator]) -> Queue {
    let at_home = people
        .iter()
        .filter(|person| person.place == Place::Home && person.queues.contains(&queue(n)));
    let at_home: Vec<_> = at_home.map(|person| person.id).collect();
    let interval = chance.seconds(1, 8);
    let strategies = [
        Strategy::LongestIdle,
        Strategy::LongestIdle,
        Strategy::OrderedList,
        Strategy::RoundRobin,
        Strategy::FewestCalls,
        Strategy::LeastTalkTime,
        Strategy::RingAll,
        Strategy::RingProgressively { interval },
    ];
    let zero_or = |chance: &mut Chance, to| {
        if chance.one_in(3) {
            Duration::ZERO
        } else {
            chance.seconds(1, to)
        }
    };
    Queue {
        id: queue(n),
        strategy: chance.of(&strategies).unwrap(),
        ring_time: chance.seconds(1, 20),
        wrap_up: zero_or(chance, 20),
        wrap_up_hard: zero_or(chance, 40),
        reserves: (0..chance.below(3))
            .map(|_| Reserve {
                class: chance.of(&CLASSES).unwrap(),
                least: u32::try_from(chance.below(3)).unwrap(),
                needs: needs(chance),
            })
            .collect(),
        relaxations: relaxations(chance),
        timelines: CLASSES
            .into_iter()
            .map(|class| timeline(chance, class, &at_home))
            .collect(),
    }
}

fn timeline(chance: &mut Chance, class: Class, at_home: &[OperatorId]) -> Timeline {
    let mut after = Duration::ZERO;
    let steps = (0..chance.below(5))
        .map(|_| {
            after += chance.seconds(0, 20);
            let mut actions = vec![
                Action::WidenSkills,
                Action::SecondOperator,
                Action::TellSupervisor,
                Action::Overflow(partner(0)),
                Action::Overflow(partner(1)),
            ];
            let mut called = at_home.to_vec();
            called.retain(|_| !chance.one_in(2));
            if chance.one_in(2) {
                called.reverse();
            }
            if !called.is_empty() {
                actions.push(Action::OnCall(called.clone()));
                actions.push(Action::OnCall(called));
            }
            Step {
                after,
                action: chance.of(&actions).unwrap(),
            }
        })
        .collect();
    Timeline { class, steps }
}

pub fn needs(chance: &mut Chance) -> Needs {
    let count = chance.below(3);
    let mut list = Vec::new();
    for _ in 0..count {
        let level = 1 + u8::try_from(chance.below(6)).unwrap();
        list.push(Need {
            skill: skill(chance.below(3)),
            level,
        });
    }
    Arc::from(list)
}

fn relaxations(chance: &mut Chance) -> Vec<Relaxation> {
    let relaxation = |chance: &mut Chance| Relaxation {
        skill: skill(chance.below(3)),
        after: Duration::from_secs(5 * (1 + chance.below(4))),
        level: u8::try_from(chance.below(5)).unwrap(),
    };
    (0..chance.below(4)).map(|_| relaxation(chance)).collect()
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
    pending: VecDeque<Input>,
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
    pub fn configured(&mut self) -> Input {
        let config = config(&mut self.chance);
        for operator in config.operators.iter().map(|operator| operator.id) {
            if !self.chance.one_in(6) {
                let reachability = Reachability::Reachable;
                self.pending.push_back(Input::Reached {
                    operator,
                    reachability,
                });
                self.pending.push_back(Input::Intends {
                    operator,
                    intent: Intent::Ready,
                    cause: IntentCause::Page,
                });
            }
        }
        Input::Configured(Arc::new(config))
    }

    /// A restart, after which most legs and phones are found again.
    fn restarted(&mut self) -> Input {
        for leg in self.known_legs.clone() {
            if !self.chance.one_in(4) {
                self.pending.push_back(Input::LegFound { leg });
            }
        }
        for n in 0..12 {
            if !self.chance.one_in(4) {
                let reachability = Reachability::Reachable;
                self.pending.push_back(Input::Reached {
                    operator: operator(n),
                    reachability,
                });
            }
        }
        Input::Restarted
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
        let input = self.input();
        let now = if self.chance.one_in(50) {
            Moment::ZERO
        } else {
            self.now
        };
        (now, input)
    }

    fn input(&mut self) -> Input {
        if !self.pending.is_empty() && !self.chance.one_in(4) {
            return self.pending.pop_front().unwrap_or(Input::Timeout);
        }
        if !self.offers.is_empty() && self.chance.one_in(6) {
            return self.answer();
        }
        match self.chance.below(100) {
            0..=24 if self.live.len() < self.contacts_max => self.arrived(),
            0..=29 => self.answer(),
            30..=37 => Input::Timeout,
            38..=43 => self.missed(),
            44 => self.picked_up(),
            45..=52 => self.ended(),
            53..=57 => Input::HandedBack {
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
            96 if self.chance.one_in(3) => Input::LegLost { leg: self.leg() },
            97 => Input::LegFound { leg: self.leg() },
            98 if self.chance.one_in(3) => self.restarted(),
            99 if self.chance.one_in(6) => self.configured(),
            _ => Input::Timeout,
        }
    }

    fn arrived(&mut self) -> Input {
        self.seq += 1 + self.chance.below(3);
        let classes = [
            Class::Alarm,
            Class::Danger,
            Class::Crisis,
            Class::Crisis,
            Class::Crisis,
            Class::Information,
        ];
        Input::Arrived {
            contact: ContactId(Seq(self.seq)),
            leg: self.new_leg(),
            line: line(self.chance.below(4)),
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
        LegId {
            start: 1,
            n: self.legs,
        }
    }

    fn leg(&mut self) -> LegId {
        let known = self.chance.of(&self.known_legs);
        known.unwrap_or(LegId { start: 9, n: 9 })
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

    fn answer(&mut self) -> Input {
        let (contact, operator) = self.offer();
        Input::Answered {
            contact,
            operator,
            leg: self.new_leg(),
        }
    }

    fn missed(&mut self) -> Input {
        let (contact, operator) = self.offer();
        let misses = [
            Miss::NoAnswer,
            Miss::Declined,
            Miss::Unreachable,
            Miss::Ours,
        ];
        Input::Missed {
            contact,
            operator,
            miss: self.chance.of(&misses).unwrap(),
        }
    }

    fn picked_up(&mut self) -> Input {
        let (contact, operator) = self.offer();
        Input::PickedUp { contact, operator }
    }

    fn ended(&mut self) -> Input {
        let contact = if self.chance.one_in(3) {
            self.contact()
        } else {
            self.talking()
        };
        Input::Ended {
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
            ])
            .unwrap()
    }

    fn hand_back(&mut self) -> HandBack {
        self.chance
            .of(&[HandBack::Operator, HandBack::LegLost, HandBack::Partner])
            .unwrap()
    }

    fn intends(&mut self) -> Input {
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
        Input::Intends {
            operator: self.operator(),
            intent: self.chance.of(&intents).unwrap(),
            cause: self.chance.of(&causes).unwrap(),
        }
    }

    fn reached(&mut self) -> Input {
        let known = [
            Reachability::Reachable,
            Reachability::Reachable,
            Reachability::Reachable,
            Reachability::Reachable,
            Reachability::Reachable,
            Reachability::Unproven,
            Reachability::Unreachable,
        ];
        Input::Reached {
            operator: self.operator(),
            reachability: self.chance.of(&known).unwrap(),
        }
    }

    fn changed(&mut self) -> Input {
        let contact = self.contact();
        match self.chance.below(6) {
            0 => Input::Stands {
                contact,
                standing: self.standing(),
            },
            1 => Input::Needed {
                contact,
                needs: needs(&mut self.chance),
            },
            2 => Input::Moved {
                contact,
                queue: queue(self.chance.below(4)),
            },
            3 | 4 => Input::Given {
                contact,
                operator: self.operator(),
            },
            _ => Input::Classed {
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

    fn own_call(&mut self) -> Input {
        if self.chance.one_in(2)
            && let Some((operator, leg)) = self.chance.of(&self.own_legs)
        {
            return Input::Disengaged { operator, leg };
        }
        let (operator, leg) = (self.operator(), self.new_leg());
        self.own_legs.push((operator, leg));
        Input::Engaged { operator, leg }
    }

    fn partner_says(&mut self) -> Input {
        let (contact, partner) = match self.chance.of(&self.overflows) {
            Some(overflow) => overflow,
            None => (self.contact(), partner(self.chance.below(3))),
        };
        if self.chance.one_in(2) {
            return Input::PartnerMissed { contact, partner };
        }
        Input::PartnerAnswered {
            contact,
            partner,
            leg: self.new_leg(),
        }
    }

    fn wrap_up(&mut self) -> Input {
        let longer = WrapUpChange::Longer(self.chance.seconds(1, 30));
        let change = if self.chance.one_in(2) {
            WrapUpChange::Over
        } else {
            longer
        };
        Input::WrapUp {
            operator: self.operator(),
            change,
        }
    }

    fn shift(&mut self) -> Input {
        let at = (!self.chance.one_in(3)).then(|| self.now + self.chance.seconds(0, 60));
        Input::ShiftEnds {
            operator: self.operator(),
            at,
        }
    }

    /// Remembers what an input and its decisions changed.
    pub fn note(&mut self, input: &Input, decisions: &[Decision]) {
        match input {
            Input::Arrived { contact, leg, .. } => {
                self.live.push(*contact);
                self.known_legs.push(*leg);
            }
            Input::Engaged { leg, .. } => self.known_legs.push(*leg),
            _ => {}
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
