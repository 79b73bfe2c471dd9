//! What an input costs the dispatcher: a mixed load with 10,000 waiting, and one decision at 1,000
//! and at 100,000 waiting.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use benches::cpu;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dispatch::{
    Action, Cause, Class, Config, ContactId, Decision, Dispatcher, EndCause, Fact, HomeTimes,
    Input, Intent, IntentCause, Key, LegId, Line, LineId, Moment, Need, Needs, NodeId, Operator,
    OperatorId, Origin, OwnWrapUp, Place, Queue, QueueId, Reachability, Relaxation, Reserve, Rules,
    Seq, SkillId, Standing, Step, Strategy, Timeline,
};

const OPERATORS: u64 = 1_000;
const SKILLS: u64 = 8;
const QUEUES: u64 = 4;
/// Inputs of the mixed load from one prepared state: few enough that the queue hardly grows.
const BATCH: u64 = 10_000;

struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let mixed = self.0 ^ (self.0 >> 33);
        mixed.wrapping_mul(0xFF51_AFD7_ED55_8CCD) >> 16
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn at(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap()
    }
}

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn config(wrap_up: Duration) -> Config {
    let mut chance = Chance(7);
    let skill = |n: u64| SkillId::parse(&format!("skill-{n}")).unwrap();
    let queue = |n: u64| QueueId::parse(&format!("queue-{n}")).unwrap();
    let steps = || {
        let step = |after, action| Step {
            after: seconds(after),
            action,
        };
        vec![
            step(90, Action::TellSupervisor),
            step(120, Action::SecondOperator),
            step(240, Action::WidenSkills),
        ]
    };
    Config {
        lines: (0..QUEUES)
            .map(|n| Line {
                id: LineId::parse(&format!("line-{n}")).unwrap(),
                queue: queue(n),
                needs: Needs::from([]),
                choices: Vec::new(),
            })
            .collect(),
        queues: (0..QUEUES)
            .map(|n| Queue {
                id: queue(n),
                strategy: Strategy::LongestIdle,
                ring_time: seconds(20),
                wrap_up,
                wrap_up_hard: 2 * wrap_up,
                reserves: vec![Reserve {
                    class: Class::Alarm,
                    least: 5,
                    needs: Arc::from([]),
                }],
                relaxations: relaxations(),
                timelines: vec![
                    Timeline {
                        class: Class::Crisis,
                        steps: steps(),
                    },
                    Timeline {
                        class: Class::Information,
                        steps: steps(),
                    },
                ],
            })
            .collect(),
        operators: (0..OPERATORS)
            .map(|n| Operator {
                id: operator(n),
                skills: (0..SKILLS)
                    .filter(|_| chance.below(2) == 0)
                    .map(|n| (skill(n), 5))
                    .collect(),
                queues: (0..QUEUES).map(queue).collect(),
                place: Place::Desk,
                wrap_up: OwnWrapUp::default(),
                at_home: HomeTimes::default(),
            })
            .collect(),
        partners: Vec::new(),
        desk: None,
        rules: Rules::default(),
    }
}

fn operator(n: u64) -> OperatorId {
    OperatorId::parse(&format!("operator-{n}")).unwrap()
}

/// A centre under load: it answers offers, ends calls, and remembers just enough to make the next input.
struct Centre {
    dispatcher: Dispatcher,
    chance: Chance,
    now: Moment,
    seq: u64,
    legs: u32,
    needs: Vec<Needs>,
    lines: Vec<LineId>,
    operators: Vec<OperatorId>,
    offers: Vec<(ContactId, OperatorId)>,
    talking: Vec<ContactId>,
    waiting: Vec<ContactId>,
    refused: u64,
}

impl Clone for Centre {
    fn clone(&self) -> Self {
        Self {
            dispatcher: self.dispatcher.clone(),
            chance: Chance(self.chance.0),
            now: self.now,
            seq: self.seq,
            legs: self.legs,
            needs: self.needs.clone(),
            lines: self.lines.clone(),
            operators: self.operators.clone(),
            offers: self.offers.clone(),
            talking: self.talking.clone(),
            waiting: self.waiting.clone(),
            refused: self.refused,
        }
    }
}

fn relaxations() -> Vec<Relaxation> {
    let relaxed = |skill, after, level| Relaxation {
        skill,
        after: seconds(after),
        level,
    };
    (0..SKILLS)
        .map(|n| SkillId::parse(&format!("skill-{n}")).unwrap())
        .flat_map(|skill| [relaxed(skill, 30, 3), relaxed(skill, 60, 0)])
        .collect()
}

fn needs() -> Vec<Needs> {
    let need = |n: u64| Need {
        skill: SkillId::parse(&format!("skill-{n}")).unwrap(),
        level: 5,
    };
    let pairs = (0..SKILLS).flat_map(|one| (0..SKILLS).map(move |other| (one, other)));
    let lists = pairs
        .filter(|(one, other)| one <= other)
        .map(|(one, other)| {
            if one == other {
                vec![need(one)]
            } else {
                vec![need(one), need(other)]
            }
        });
    lists.map(Arc::from).collect()
}

impl Centre {
    /// `waiting` contacts, everybody in a call.
    fn new(waiting: u64, wrap_up: Duration) -> Self {
        let mut centre = Self {
            dispatcher: Dispatcher::new(),
            chance: Chance(1),
            now: Moment::from_micros(1_000_000_000),
            seq: 0,
            legs: 0,
            needs: needs(),
            lines: (0..QUEUES)
                .map(|n| LineId::parse(&format!("line-{n}")).unwrap())
                .collect(),
            operators: (0..OPERATORS).map(operator).collect(),
            offers: Vec::new(),
            talking: Vec::new(),
            waiting: Vec::new(),
            refused: 0,
        };
        centre.give(Fact::Configured(Arc::new(config(wrap_up))));
        for operator in centre.operators.clone() {
            centre.give(Fact::Reached {
                operator,
                reachability: Reachability::Reachable,
            });
            centre.give(Fact::Intends {
                operator,
                intent: Intent::Ready,
                cause: IntentCause::Phone,
            });
        }
        // Ten milliseconds between two arrivals; a phone is answered at once.
        let pause = Duration::from_micros(100_000_000 / (waiting + OPERATORS));
        for _ in 0..waiting + OPERATORS {
            centre.now = centre.now + pause;
            centre.arrive();
            while centre.answer() {}
            while centre
                .dispatcher
                .poll_timeout()
                .is_some_and(|due| due <= centre.now)
            {
                centre.take(Input::Timeout);
            }
        }
        centre
    }

    fn give(&mut self, fact: Fact) {
        self.take(fact.numbered(Seq(self.seq)));
    }

    fn take(&mut self, input: Input) {
        if self.dispatcher.handle_input(self.now, input).is_err() {
            self.refused += 1;
        }
        while let Some(decision) = self.dispatcher.poll_output() {
            if let Decision::Offer {
                contact, operator, ..
            } = black_box(decision)
            {
                self.offers.push((contact, operator));
            }
        }
    }

    fn leg(&mut self) -> LegId {
        self.legs += 1;
        LegId::new(NodeId::ONLY, 1, self.legs)
    }

    fn arrive(&mut self) {
        self.seq += 1;
        let class = match self.chance.below(100) {
            0..2 => Class::Alarm,
            2..10 => Class::Danger,
            10..90 => Class::Crisis,
            _ => Class::Information,
        };
        let (leg, line) = (self.leg(), self.lines[self.chance.at(self.lines.len())]);
        let needs = self.needs[self.chance.at(self.needs.len())].clone();
        let contact = ContactId(Seq(self.seq));
        self.waiting.push(contact);
        self.give(Fact::Arrived {
            origin: Origin::Caller { leg, line },
            class,
            needs,
            standing: Standing::Arrival,
        });
    }

    fn answer(&mut self) -> bool {
        let Some((contact, operator)) = self.offers.pop() else {
            return false;
        };
        let leg = self.leg();
        self.talking.push(contact);
        self.give(Fact::Answered {
            contact,
            operator,
            leg,
        });
        true
    }

    fn end(&mut self) {
        let at = self.chance.at(self.talking.len());
        let contact = self.talking.swap_remove(at);
        self.give(Fact::Ended {
            contact,
            cause: EndCause::Caller,
        });
    }

    fn change(&mut self) {
        let operator = self.operators[self.chance.at(self.operators.len())];
        match self.chance.below(10) {
            0 => {
                let pause = Intent::Paused {
                    reason: Key::parse("meal").unwrap(),
                    back_at: None,
                };
                self.give(Fact::Intends {
                    operator,
                    intent: pause,
                    cause: IntentCause::Phone,
                });
            }
            1..4 => self.give(Fact::Intends {
                operator,
                intent: Intent::Ready,
                cause: IntentCause::Phone,
            }),
            4..6 => self.give(Fact::Reached {
                operator,
                reachability: Reachability::Reachable,
            }),
            _ => {
                let contact = self.waiting[self.chance.at(self.waiting.len())];
                let class = [Class::Crisis, Class::Crisis, Class::Information][self.chance.at(3)];
                self.give(Fact::Classed {
                    contact,
                    class,
                    cause: Cause::Supervisor,
                });
            }
        }
    }

    /// 30 % arrivals, 30 % answers and ends, 20 % timeouts, 20 % changes of state and class; one a millisecond.
    fn step(&mut self) {
        self.now = self.now + Duration::from_millis(1);
        match self.chance.below(100) {
            0..30 => self.arrive(),
            30..60 => {
                if !self.answer() {
                    self.end();
                }
            }
            60..80 => self.take(Input::Timeout),
            _ => self.change(),
        }
    }
}

fn mixed(criterion: &mut Criterion) {
    let prepared = Centre::new(10_000, seconds(2));
    let mut group = criterion.benchmark_group("dispatch");
    group
        .throughput(Throughput::Elements(BATCH))
        .sample_size(20);
    group.bench_function("mixed load, 10,000 waiting, 1,000 operators", |bencher| {
        bencher.iter_custom(|rounds| {
            let mut spent = Duration::ZERO;
            for _ in 0..rounds {
                let mut centre = prepared.clone();
                let start = cpu();
                for _ in 0..BATCH {
                    centre.step();
                }
                spent += cpu() - start;
                black_box(centre.refused);
            }
            spent
        });
    });
    group.finish();
}

/// A call ends, the operator is offered the most urgent contact she may take, she answers, and another contact arrives.
fn decision(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("dispatch decision");
    group.throughput(Throughput::Elements(3)).sample_size(20);
    for waiting in [1_000, 10_000, 100_000] {
        let mut centre = Centre::new(waiting, Duration::ZERO);
        group.bench_function(format!("{waiting} waiting"), |bencher| {
            bencher.iter_custom(|rounds| {
                let start = cpu();
                for _ in 0..rounds {
                    centre.now = centre.now + Duration::from_micros(10);
                    centre.end();
                    centre.answer();
                    centre.arrive();
                }
                cpu() - start
            });
        });
    }
    group.finish();
}

criterion_group!(benches, mixed, decision);
criterion_main!(benches);
