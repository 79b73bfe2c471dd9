//! Random configurations: every rule that there is, now and then.

use std::sync::Arc;
use std::time::Duration;

use dispatch::{
    Action, Class, Config, Desk, HomeTimes, Line, Need, Needs, Operator, OperatorId, OwnWrapUp,
    Partner, Place, Queue, Relaxation, Reserve, Rules, Step, Strategy, Timeline,
};

use super::{CLASSES, Chance, line, operator, partner, queue, skill};

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
        desk: (!chance.one_in(5)).then(|| Desk {
            queue: queue(chance.below(queues)),
            needs: needs(chance),
        }),
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
