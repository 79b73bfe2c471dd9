//! What happens to a small centre: facts that mostly fit, from what was decided so far.

use std::time::Duration;

use dispatch::{
    Act, ActingRole, Action, CaseId, Cause, Class, Config, ContactId, Decision, Desk, EndCause,
    HandBack, HomeTimes, Intent, IntentCause, Key, LegId, Line, LineId, Miss, Need, Needs, NodeId,
    Operator, OperatorId, Origin, OwnWrapUp, Partner, PartnerId, Place, Queue, QueueId,
    Reachability, Relaxation, Reserve, Rules, Seq, SkillId, Standing, Step, Strategy, Timeline,
    WrapUpChange,
};
use journal::{Fact, State};
use simulation::Chance;

const OPERATORS: [&str; 5] = ["eva", "jana", "petra", "olga", "home"];
const CONTACTS_MAX: usize = 12;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn operator(chance: &mut Chance) -> OperatorId {
    OperatorId::parse(chance.of(&OPERATORS).unwrap()).unwrap()
}

fn partner() -> PartnerId {
    PartnerId::parse("sister").unwrap()
}

fn needs(chance: &mut Chance) -> Needs {
    let need = |level| Need {
        skill: SkillId::parse("cs").unwrap(),
        level,
    };
    match chance.below(3) {
        0 => Needs::from([need(5)]),
        _ => Needs::from([]),
    }
}

fn relaxation() -> Relaxation {
    Relaxation {
        skill: SkillId::parse("cs").unwrap(),
        after: seconds(20),
        level: 0,
    }
}

fn class(chance: &mut Chance) -> Class {
    let classes = [
        Class::Alarm,
        Class::Danger,
        Class::Crisis,
        Class::Crisis,
        Class::Information,
    ];
    chance.of(&classes).unwrap()
}

/// A configuration with everything in it.
pub(crate) fn config(chance: &mut Chance) -> Config {
    let strategies = [
        Strategy::LongestIdle,
        Strategy::OrderedList,
        Strategy::RoundRobin,
        Strategy::FewestCalls,
        Strategy::LeastTalkTime,
        Strategy::RingAll,
        Strategy::RingProgressively {
            interval: seconds(5),
        },
    ];
    let queue = QueueId::parse("help").unwrap();
    let person = |name: &&str| Operator {
        id: OperatorId::parse(name).unwrap(),
        skills: vec![(SkillId::parse("cs").unwrap(), 6)],
        queues: vec![queue],
        place: if *name == "home" {
            Place::Home
        } else {
            Place::Desk
        },
        wrap_up: OwnWrapUp {
            after: (*name == "eva").then_some(Duration::from_secs(5)),
            after_hard: None,
        },
        at_home: HomeTimes::default(),
    };
    Config {
        lines: vec![Line {
            id: LineId::parse("free").unwrap(),
            queue,
            needs: Needs::from([]),
            choices: Vec::new(),
        }],
        queues: vec![Queue {
            id: queue,
            strategy: chance.of(&strategies).unwrap(),
            ring_time: seconds(15),
            wrap_up: seconds(10),
            wrap_up_hard: seconds(30),
            reserves: vec![Reserve {
                class: Class::Alarm,
                least: u32::try_from(chance.below(2)).unwrap(),
                needs: Needs::from([]),
            }],
            relaxations: (0..chance.below(2)).map(|_| relaxation()).collect(),
            timelines: vec![timeline(Class::Crisis), timeline(Class::Danger)],
        }],
        operators: OPERATORS.iter().map(person).collect(),
        partners: vec![Partner {
            id: partner(),
            ring_time: seconds(20),
            rest: seconds(30),
        }],
        desk: Some(Desk {
            queue,
            needs: Needs::from([]),
        }),
        rules: Rules {
            misses_before_pause: 1 + u32::try_from(chance.below(3)).unwrap(),
            ..Rules::default()
        },
    }
}

fn timeline(class: Class) -> Timeline {
    let step = |after, action| Step {
        after: seconds(after),
        action,
    };
    Timeline {
        class,
        steps: vec![
            step(10, Action::WidenSkills),
            step(20, Action::SecondOperator),
            step(30, Action::OnCall(vec![OperatorId::parse("home").unwrap()])),
            step(60, Action::Overflow(partner())),
        ],
    }
}

/// What was decided so far, as far as facts follow from it.
#[derive(Debug, Default)]
pub(crate) struct Centre {
    legs: u32,
    live: Vec<(ContactId, Origin)>,
    offers: Vec<(ContactId, OperatorId)>,
    overflows: Vec<ContactId>,
    talking: Vec<ContactId>,
}

impl Centre {
    /// The first thing that happens after a start: operators come.
    pub(crate) fn morning() -> Vec<Fact> {
        let all = OPERATORS
            .iter()
            .map(|name| OperatorId::parse(name).unwrap());
        let came = |operator| {
            [
                Fact::Dispatch(dispatch::Fact::Intends {
                    operator,
                    intent: Intent::Ready,
                    cause: IntentCause::Page,
                }),
                Fact::Dispatch(dispatch::Fact::Reached {
                    operator,
                    reachability: Reachability::Reachable,
                }),
            ]
        };
        all.flat_map(came).collect()
    }

    /// Follows what the log decided.
    pub(crate) fn note(&mut self, decision: &Decision) {
        match decision {
            Decision::Offer {
                contact, operator, ..
            } => self.offers.push((*contact, *operator)),
            Decision::Withdraw {
                contact, operator, ..
            }
            | Decision::Missed {
                contact, operator, ..
            } => self.offers.retain(|offer| *offer != (*contact, *operator)),
            Decision::Bridge { contact, .. }
            | Decision::Taken { contact, .. }
            | Decision::BridgePartner { contact, .. } => {
                self.offers.retain(|(offered, _)| offered != contact);
                self.overflows.retain(|offered| offered != contact);
                self.talking.push(*contact);
            }
            Decision::Overflow { contact, .. } => self.overflows.push(*contact),
            Decision::WithdrawOverflow { contact, .. } => {
                self.overflows.retain(|offered| offered != contact);
            }
            Decision::Waits { contact } => self.talking.retain(|talking| talking != contact),
            Decision::Closed(closed) => {
                self.live.retain(|(live, _)| *live != closed.contact);
                self.talking.retain(|talking| *talking != closed.contact);
            }
            Decision::HangUp { .. }
            | Decision::Classed { .. }
            | Decision::Climbed { .. }
            | Decision::Paused { .. }
            | Decision::PauseLifted { .. }
            | Decision::WrapUp { .. }
            | Decision::WrapUpOver { .. }
            | Decision::Tell(_) => {}
        }
    }

    pub(crate) fn arrived(&mut self, contact: ContactId, origin: Origin) {
        self.live.push((contact, origin));
    }

    /// After a crash, what the replay made is all there is.
    pub(crate) fn restart(&mut self, state: &State) {
        let views = state.dispatcher().contacts();
        self.live = views
            .into_iter()
            .map(|view| (view.id, view.origin))
            .collect();
        self.offers.clear();
        self.overflows.clear();
        self.talking.clear();
    }

    pub(crate) fn live(&self) -> &[(ContactId, Origin)] {
        &self.live
    }

    fn leg(&mut self, start: u32) -> LegId {
        self.legs += 1;
        LegId::new(NodeId::ONLY, start, self.legs)
    }

    /// Something that happens next.
    pub(crate) fn fact(&mut self, chance: &mut Chance, start: u32) -> Fact {
        match chance.below(20) {
            0..5 if self.live.len() < CONTACTS_MAX => Fact::Dispatch(dispatch::Fact::Arrived {
                origin: self.origin(chance, start),
                class: class(chance),
                needs: needs(chance),
                standing: Standing::Arrival,
            }),
            0..9 => self.met(chance, start),
            9..12 => self.talked(chance),
            12..15 => self.changed(chance),
            _ => of_operator(chance, self.leg(start)),
        }
    }

    /// A caller; now and then a device presses.
    fn origin(&mut self, chance: &mut Chance, start: u32) -> Origin {
        if chance.percent(10) {
            let case = CaseId(Seq(u64::from(self.legs)));
            return Origin::Device { case };
        }
        Origin::Caller {
            leg: self.leg(start),
            line: LineId::parse("free").unwrap(),
        }
    }

    /// What became of an offer.
    fn met(&mut self, chance: &mut Chance, start: u32) -> Fact {
        let leg = self.leg(start);
        if let Some(contact) = chance.of(&self.overflows)
            && chance.percent(30)
        {
            let partner = partner();
            return match chance.below(2) {
                0 => Fact::Dispatch(dispatch::Fact::PartnerMissed { contact, partner }),
                _ => Fact::Dispatch(dispatch::Fact::PartnerAnswered {
                    contact,
                    partner,
                    leg,
                }),
            };
        }
        let Some((contact, operator)) = chance.of(&self.offers) else {
            return Fact::Dispatch(dispatch::Fact::Reached {
                operator: operator(chance),
                reachability: Reachability::Reachable,
            });
        };
        let misses = [
            Miss::NoAnswer,
            Miss::Declined,
            Miss::Unreachable,
            Miss::Ours,
        ];
        match chance.below(5) {
            // No caller is taken so: that is refused.
            4 => Fact::Dispatch(dispatch::Fact::Taken { contact, operator }),
            0 => Fact::Dispatch(dispatch::Fact::Missed {
                contact,
                operator,
                miss: chance.of(&misses).unwrap(),
            }),
            _ => Fact::Dispatch(dispatch::Fact::Answered {
                contact,
                operator,
                leg,
            }),
        }
    }

    /// What became of a call, or of a caller who waits.
    fn talked(&self, chance: &mut Chance) -> Fact {
        let all: Vec<ContactId> = self.live.iter().map(|(contact, _)| *contact).collect();
        let contact = chance.of(&self.talking).or_else(|| chance.of(&all));
        let Some(contact) = contact else {
            return Fact::Timeout;
        };
        let causes = [HandBack::LegLost, HandBack::Operator, HandBack::Partner];
        match chance.below(7) {
            6 => Fact::Dispatch(dispatch::Fact::Ended {
                contact,
                cause: EndCause::Case,
            }),
            0 => Fact::Dispatch(dispatch::Fact::HandedBack {
                contact,
                cause: chance.of(&causes).unwrap(),
            }),
            1 => Fact::Dispatch(dispatch::Fact::Ended {
                contact,
                cause: EndCause::LegLost,
            }),
            2 => Fact::Dispatch(dispatch::Fact::Ended {
                contact,
                cause: EndCause::Operator,
            }),
            _ => Fact::Dispatch(dispatch::Fact::Ended {
                contact,
                cause: EndCause::Caller,
            }),
        }
    }

    /// What changes about a caller.
    fn changed(&self, chance: &mut Chance) -> Fact {
        let Some((contact, origin)) = chance.of(&self.live) else {
            return Fact::Timeout;
        };
        let Some(leg) = origin.leg() else {
            return Fact::Timeout;
        };
        match chance.below(11) {
            0 | 1 => Fact::Dispatch(dispatch::Fact::Classed {
                contact,
                class: class(chance),
                cause: Cause::Caller,
            }),
            2 => Fact::Dispatch(dispatch::Fact::Needed {
                contact,
                needs: needs(chance),
            }),
            3 => Fact::Dispatch(dispatch::Fact::Stands {
                contact,
                standing: Standing::BehindBand,
            }),
            4 => Fact::Dispatch(dispatch::Fact::LegLost { leg }),
            5 => Fact::Dispatch(dispatch::Fact::Acted {
                contact,
                by: Some(ActingRole::Supervisor),
                act: Act::Give(operator(chance)),
            }),
            6 | 7 => Fact::Records(records::Fact::Entered {
                contact,
                operator: operator(chance),
                content: Box::default(),
            }),
            _ => Fact::Dispatch(dispatch::Fact::LegFound { leg }),
        }
    }
}

fn of_operator(chance: &mut Chance, leg: LegId) -> Fact {
    let operator = operator(chance);
    let reached = |reachability| {
        Fact::Dispatch(dispatch::Fact::Reached {
            operator,
            reachability,
        })
    };
    let intends = |intent| {
        Fact::Dispatch(dispatch::Fact::Intends {
            operator,
            intent,
            cause: IntentCause::Page,
        })
    };
    match chance.below(12) {
        0..4 => reached(Reachability::Reachable),
        4 => reached(Reachability::Unreachable),
        5..8 => intends(Intent::Ready),
        8 => intends(Intent::Paused {
            reason: Key::parse("lunch").unwrap(),
            back_at: None,
        }),
        9 => Fact::Dispatch(dispatch::Fact::WrapUp {
            operator,
            change: WrapUpChange::Over,
        }),
        10 => Fact::Dispatch(dispatch::Fact::Engaged { operator, leg }),
        _ => Fact::Dispatch(dispatch::Fact::WrapUp {
            operator,
            change: WrapUpChange::Longer(seconds(20)),
        }),
    }
}
