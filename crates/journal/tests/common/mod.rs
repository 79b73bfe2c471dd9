//! A small centre that random facts happen to.
#![allow(dead_code, clippy::unwrap_used, missing_docs)]

use std::time::Duration;

use dispatch::{
    Act, ActingRole, Action, CaseId, Cause, Class, Config, ContactId, ContactState, Desk, EndCause,
    Fact, HandBack, HomeTimes, Intent, IntentCause, Joined, Key, LegId, Line, LineId, Miss, Moment,
    Need, Needs, NodeId, Operator, OperatorId, Origin, OverflowPhase, OwnWrapUp, Partner,
    PartnerId, Place, Queue, QueueId, Reachability, Relaxation, Reserve, Rules, Seq, SkillId,
    Standing, Step, Strategy, Timeline, WrapUpChange,
};
use journal::{Entry, Saved, State};
use proptest::prelude::{Strategy as _, any};

pub(crate) const START: Moment = Moment::from_micros(1_790_000_000_000_000);

/// A random choice of what happens next: kind, two details, and the time until then in milliseconds.
pub(crate) type Chance = (u8, u32, u32, u32);

pub(crate) fn chances(count: usize) -> impl proptest::strategy::Strategy<Value = Vec<Chance>> {
    let chance = (any::<u8>(), any::<u32>(), any::<u32>(), 0..20_000_u32);
    proptest::collection::vec(chance, 1..count).prop_map(|chances| chances)
}

const OPERATORS: [&str; 5] = ["jana", "petra", "eva", "olga", "home"];
const SECOND: Duration = Duration::from_secs(1);

fn pick<T: Clone>(of: &[T], by: u32) -> Option<T> {
    let index = usize::try_from(by).unwrap().checked_rem(of.len())?;
    Some(of[index].clone())
}

fn operator(by: u32) -> OperatorId {
    OperatorId::parse(pick(&OPERATORS, by).unwrap()).unwrap()
}

fn partner() -> PartnerId {
    PartnerId::parse("partner").unwrap()
}

fn skill(name: &str) -> SkillId {
    SkillId::parse(name).unwrap()
}

fn class(by: u32) -> Class {
    let classes = [
        Class::Alarm,
        Class::Danger,
        Class::Crisis,
        Class::Information,
    ];
    pick(&classes, by).unwrap()
}

fn needs(by: u32) -> Needs {
    let need = |name, level| Need {
        skill: skill(name),
        level,
    };
    match by % 3 {
        0 => Needs::from([]),
        1 => Needs::from([need("cs", 5)]),
        _ => Needs::from([need("cs", 3), need("uk", 2)]),
    }
}

fn strategy(by: u32) -> Strategy {
    let strategies = [
        Strategy::LongestIdle,
        Strategy::OrderedList,
        Strategy::RoundRobin,
        Strategy::FewestCalls,
        Strategy::LeastTalkTime,
        Strategy::RingAll,
        Strategy::RingProgressively {
            interval: 5 * SECOND,
        },
    ];
    pick(&strategies, by).unwrap()
}

fn timeline(class: Class) -> Timeline {
    let step = |after, action| Step {
        after: after * SECOND,
        action,
    };
    Timeline {
        class,
        steps: vec![
            step(10, Action::WidenSkills),
            step(20, Action::SecondOperator),
            step(30, Action::OnCall(vec![OperatorId::parse("home").unwrap()])),
            step(40, Action::TellSupervisor),
            step(60, Action::Overflow(partner())),
        ],
    }
}

/// A configuration with everything in it.
pub(crate) fn config(by: u32) -> Config {
    let queue = |name: &str, by| Queue {
        id: QueueId::parse(name).unwrap(),
        strategy: strategy(by),
        ring_time: 15 * SECOND,
        wrap_up: 20 * SECOND,
        wrap_up_hard: 60 * SECOND,
        reserves: vec![Reserve {
            class: Class::Alarm,
            least: by % 2,
            needs: Needs::from([]),
        }],
        relaxations: vec![Relaxation {
            skill: skill("cs"),
            after: 15 * SECOND,
            level: 0,
        }],
        timelines: vec![timeline(Class::Crisis), timeline(Class::Danger)],
    };
    let line = |name: &str, queue: &str| Line {
        id: LineId::parse(name).unwrap(),
        queue: QueueId::parse(queue).unwrap(),
        needs: needs(by),
        choices: vec![needs(by / 3)],
    };
    let person = |name: &&str| Operator {
        id: OperatorId::parse(name).unwrap(),
        skills: vec![(skill("cs"), 6), (skill("uk"), 3)],
        queues: vec![
            QueueId::parse("help").unwrap(),
            QueueId::parse("youth").unwrap(),
        ],
        place: if *name == "home" {
            Place::Home
        } else {
            Place::Desk
        },
        wrap_up: OwnWrapUp {
            after: (*name == "eva").then_some(Duration::from_secs(5)),
            after_hard: None,
        },
        at_home: HomeTimes {
            ring: 40 * SECOND,
            confirm: 15 * SECOND,
        },
    };
    Config {
        lines: vec![line("free", "help"), line("young", "youth")],
        queues: vec![queue("help", by), queue("youth", by / 7)],
        operators: OPERATORS.iter().map(person).collect(),
        partners: vec![Partner {
            id: partner(),
            ring_time: 20 * SECOND,
            rest: 30 * SECOND,
        }],
        desk: Some(Desk {
            queue: QueueId::parse("help").unwrap(),
            needs: needs(by / 5),
        }),
        rules: Rules::default(),
    }
}

/// A fact that mostly fits the state, and sometimes does not.
pub(crate) fn fact(state: &State, chance: Chance) -> journal::Fact {
    happens(state, chance).map_or(journal::Fact::Timeout, journal::Fact::from)
}

/// What happens; nothing but time, now and then.
fn happens(state: &State, (kind, a, b, _): Chance) -> Option<Fact> {
    let contacts = state.snapshot().dispatcher.contacts;
    let next = state.seq().0 + 1;
    let (node, start, n) = (NodeId::ONLY, 1, u32::try_from(next).unwrap());
    let leg = LegId { node, start, n };
    let Some(some) = pick(&contacts, a) else {
        return of_people(kind, a, b, leg);
    };
    let contact = if kind == 0 {
        ContactId(Seq(u64::from(b)))
    } else {
        some.id
    };
    Some(match kind % 26 {
        0..6 => return met(&some.state, contact, leg, b),
        6 => ended(contact, EndCause::Caller),
        7 => Fact::Classed {
            contact,
            class: class(b),
            cause: Cause::Caller,
        },
        8 => Fact::Classed {
            contact,
            class: class(b),
            cause: Cause::Operator(operator(b)),
        },
        9 => Fact::Needed {
            contact,
            needs: needs(b),
        },
        10 => Fact::Stands {
            contact,
            standing: Standing::BehindBand,
        },
        11 => Fact::HandedBack {
            contact,
            cause: HandBack::Operator,
        },
        12 => ended(contact, EndCause::Operator),
        13 => Fact::LegLost {
            leg: some.origin.leg()?,
        },
        14 => Fact::LegFound {
            leg: some.origin.leg()?,
        },
        15 => match some
            .overflows
            .iter()
            .find(|overflow| matches!(overflow.phase, OverflowPhase::Ringing(_)))
        {
            Some(overflow) if b.is_multiple_of(2) => Fact::PartnerAnswered {
                contact,
                partner: overflow.partner,
                leg,
            },
            _ => Fact::PartnerMissed {
                contact,
                partner: partner(),
            },
        },
        16 => of_device(contact, b),
        17 | 18 => Fact::Acted {
            contact,
            by: pick(&[ActingRole::Supervisor, ActingRole::Administrator], a),
            act: act(b),
        },
        _ => return of_people(kind, a, b, leg),
    })
}

fn ended(contact: ContactId, cause: EndCause) -> Fact {
    Fact::Ended { contact, cause }
}

/// What happens to contacts of devices alone.
fn of_device(contact: ContactId, b: u32) -> Fact {
    match b % 3 {
        0 => ended(contact, EndCause::Case),
        _ => Fact::Taken {
            contact,
            operator: operator(b / 3),
        },
    }
}

fn act(b: u32) -> Act {
    match b % 3 {
        0 => Act::Class(class(b / 3)),
        1 => Act::Move(QueueId::parse("youth").unwrap()),
        _ => Act::Give(operator(b / 3)),
    }
}

/// What may follow from where a contact is.
fn met(state: &ContactState, contact: ContactId, leg: LegId, b: u32) -> Option<Fact> {
    Some(match state {
        ContactState::Offered { offers } if !b.is_multiple_of(3) => Fact::Answered {
            contact,
            operator: pick(offers, b).map_or(operator(b), |offer| offer.operator),
            leg,
        },
        ContactState::Offered { offers } if b.is_multiple_of(2) => Fact::PickedUp {
            contact,
            operator: pick(offers, b).map_or(operator(b), |offer| offer.operator),
        },
        ContactState::Offered { offers } => Fact::Missed {
            contact,
            operator: pick(offers, b).map_or(operator(b), |offer| offer.operator),
            miss: pick(
                &[
                    Miss::NoAnswer,
                    Miss::Declined,
                    Miss::Unreachable,
                    Miss::Ours,
                ],
                b / 3,
            )?,
        },
        ContactState::Talking {
            with: Joined::Operator { .. },
        } => ended(contact, EndCause::Caller),
        ContactState::Talking { .. } => Fact::HandedBack {
            contact,
            cause: HandBack::Partner,
        },
        ContactState::Waiting | ContactState::Adrift { .. } => return None,
    })
}

fn of_people(kind: u8, a: u32, b: u32, leg: LegId) -> Option<Fact> {
    let operator = operator(b);
    Some(match kind % 12 {
        0..3 => Fact::Arrived {
            origin: match a % 5 {
                4 => Origin::Device {
                    case: CaseId(Seq(b.into())),
                },
                _ => Origin::Caller {
                    leg,
                    line: LineId::parse(pick(&["free", "young", "none"], a)?).ok()?,
                },
            },
            class: class(b),
            needs: needs(a / 3),
            standing: Standing::Arrival,
        },
        3 | 4 => Fact::Intends {
            operator,
            intent: Intent::Ready,
            cause: IntentCause::Page,
        },
        5 | 6 => Fact::Reached {
            operator,
            reachability: Reachability::Reachable,
        },
        7 => return None,
        8 => of_operator(a, operator, leg),
        9 => Fact::Configured(std::sync::Arc::new(config(a))),
        10 if a.is_multiple_of(4) => Fact::Restarted {
            node: NodeId::ONLY,
            start: a % 100,
        },
        _ => Fact::WrapUp {
            operator,
            change: WrapUpChange::Over,
        },
    })
}

fn of_operator(a: u32, operator: OperatorId, leg: LegId) -> Fact {
    match a % 6 {
        0 => Fact::Engaged { operator, leg },
        1 => Fact::Disengaged {
            operator,
            leg: LegId {
                n: leg.n / 2,
                ..leg
            },
        },
        2 => Fact::ShiftEnds {
            operator,
            at: Some(START + a % 100 * SECOND),
        },
        3 => {
            let reason = Key::parse("lunch").unwrap();
            let back_at = Some(START + 60 * SECOND);
            Fact::Intends {
                operator,
                intent: Intent::Paused { reason, back_at },
                cause: IntentCause::Supervisor,
            }
        }
        4 => Fact::Reached {
            operator,
            reachability: Reachability::Unreachable,
        },
        _ => Fact::WrapUp {
            operator,
            change: WrapUpChange::Longer(30 * SECOND),
        },
    }
}

/// What happens to a small centre, as entries; the first one configures it.
pub(crate) fn entries(chances: &[Chance]) -> Vec<Entry> {
    let mut state = State::default();
    let mut entries = vec![Entry {
        seq: Seq(1),
        at: START,
        fact: Fact::Configured(std::sync::Arc::new(config(0))).into(),
        saved: Saved::Saved,
    }];
    state.apply(&entries[0]).unwrap();
    for chance in chances {
        let entry = Entry {
            seq: Seq(state.seq().0 + 1),
            at: state.at() + Duration::from_millis(chance.3.into()),
            fact: fact(&state, *chance),
            saved: Saved::Saved,
        };
        // A fact that does not fit stays in the log.
        let _ = state.apply(&entry);
        entries.push(entry);
    }
    entries
}
