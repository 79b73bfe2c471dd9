//! A small centre with names, for tests that read as sentences.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm
)]

use std::sync::Arc;
use std::time::Duration;

use dispatch::{
    Action, CaseId, Class, Config, ContactId, Decision, Dispatcher, Fact, HomeTimes, Input,
    InputError, Intent, IntentCause, LegId, Line, LineId, Miss, Moment, Need, Needs, NodeId,
    Operator, OperatorId, Origin, OwnWrapUp, Partner, PartnerId, Place, Queue, QueueId,
    Reachability, Relaxation, Rules, Seq, SkillId, Standing, Step, Strategy, Timeline,
};

pub fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}
pub fn op(name: &str) -> OperatorId {
    OperatorId::parse(name).unwrap()
}
pub fn skill(name: &str) -> SkillId {
    SkillId::parse(name).unwrap()
}
pub fn partner(name: &str) -> PartnerId {
    PartnerId::parse(name).unwrap()
}
pub fn id(n: u64) -> ContactId {
    ContactId(Seq(n))
}
pub fn need(name: &str, level: u8) -> Needs {
    Arc::from([Need {
        skill: skill(name),
        level,
    }])
}
pub fn relaxation(name: &str, after: u64, to: u8) -> Relaxation {
    Relaxation {
        skill: skill(name),
        after: secs(after),
        level: to,
    }
}
pub fn nothing() -> Needs {
    Arc::from([])
}
pub fn step(after: u64, action: Action) -> Step {
    Step {
        after: secs(after),
        action,
    }
}

/// One line, one queue, and who answers it.
pub fn config(operators: &[&str]) -> Config {
    let queue = QueueId::parse("line").unwrap();
    Config {
        lines: vec![Line {
            id: LineId::parse("free-number").unwrap(),
            queue,
            needs: nothing(),
            choices: Vec::new(),
        }],
        queues: vec![Queue {
            id: queue,
            strategy: Strategy::LongestIdle,
            ring_time: secs(20),
            wrap_up: secs(60),
            wrap_up_hard: secs(300),
            reserves: Vec::new(),
            relaxations: Vec::new(),
            timelines: Vec::new(),
        }],
        operators: operators.iter().map(|name| desk(name, &[])).collect(),
        partners: Vec::new(),
        desk: None,
        rules: Rules::default(),
    }
}
pub fn desk(name: &str, skills: &[(&str, u8)]) -> Operator {
    Operator {
        id: op(name),
        skills: skills
            .iter()
            .map(|(name, level)| (skill(name), *level))
            .collect(),
        queues: vec![QueueId::parse("line").unwrap()],
        place: Place::Desk,
        wrap_up: OwnWrapUp::default(),
        at_home: HomeTimes {
            ring: secs(30),
            confirm: secs(15),
        },
    }
}
pub fn home(name: &str) -> Operator {
    Operator {
        place: Place::Home,
        ..desk(name, &[])
    }
}
/// A step that calls these people at home.
pub fn on_call(people: &[&str]) -> Action {
    Action::OnCall(people.iter().map(|name| op(name)).collect())
}
pub fn partner_line(name: &str) -> Partner {
    Partner {
        id: partner(name),
        ring_time: secs(30),
        rest: secs(60),
    }
}
pub fn timeline(class: Class, steps: Vec<Step>) -> Timeline {
    Timeline { class, steps }
}

/// A dispatcher, its clock, and what it decided since the last look.
pub struct Centre {
    pub dispatcher: Dispatcher,
    pub now: Moment,
    seq: u64,
    legs: u32,
    pub decided: Vec<Decision>,
}

impl Centre {
    pub fn new(config: Config) -> Self {
        let mut centre = Self {
            dispatcher: Dispatcher::new(),
            now: Moment::from_micros(1_000_000_000_000),
            seq: 0,
            legs: 0,
            decided: Vec::new(),
        };
        centre.give(Fact::Configured(Arc::new(config)));
        centre
    }
    /// A centre in which everybody is ready and reachable.
    pub fn staffed(config: Config) -> Self {
        let operators: Vec<_> = config
            .operators
            .iter()
            .map(|operator| operator.id)
            .collect();
        let mut centre = Self::new(config);
        for operator in operators {
            centre.reached(operator, Reachability::Reachable);
            centre.give(Fact::Intends {
                operator,
                intent: Intent::Ready,
                cause: IntentCause::Page,
            });
            centre.wait(1);
        }
        centre.decided.clear();
        centre
    }
    pub fn give(&mut self, fact: Fact) {
        let input = self.input(fact);
        self.take(input);
    }
    fn input(&mut self, fact: Fact) -> Input {
        if let Fact::Arrived { .. } = fact {
            self.seq += 1;
        }
        let seq = Seq(self.seq);
        Input::Fact { seq, fact }
    }
    pub fn take(&mut self, input: Input) {
        self.dispatcher.handle_input(self.now, input).unwrap();
        self.drain();
        dispatch::invariants::check(&self.dispatcher, self.now).unwrap();
    }
    fn drain(&mut self) {
        while let Some(decision) = self.dispatcher.poll_output() {
            self.decided.push(decision);
        }
    }
    /// A fact that the dispatcher refuses.
    pub fn refused(&mut self, fact: Fact) -> InputError {
        let input = self.input(fact);
        self.dispatcher.handle_input(self.now, input).unwrap_err()
    }
    /// Lets time pass; everything that is due happens when it is due.
    pub fn wait(&mut self, seconds: u64) {
        let end = self.now + secs(seconds);
        while let Some(due) = self.dispatcher.poll_timeout().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.take(Input::Timeout);
        }
        self.now = end;
    }
    pub fn leg(&mut self) -> LegId {
        self.legs += 1;
        LegId::new(NodeId::ONLY, 1, self.legs)
    }
    pub fn arrives(&mut self, class: Class) -> ContactId {
        self.arrives_with(class, nothing())
    }
    pub fn arrives_with(&mut self, class: Class, needs: Needs) -> ContactId {
        self.arrives_standing(class, needs, Standing::Arrival)
    }
    pub fn arrives_standing(
        &mut self,
        class: Class,
        needs: Needs,
        standing: Standing,
    ) -> ContactId {
        let leg = self.leg();
        let line = LineId::parse("free-number").unwrap();
        self.give(Fact::Arrived {
            origin: Origin::Caller { leg, line },
            class,
            needs,
            standing,
        });
        id(self.seq)
    }
    /// A device presses: an alarm for the desk.
    pub fn presses(&mut self) -> ContactId {
        let case = CaseId(Seq(self.seq + 1));
        self.give(Fact::Arrived {
            origin: Origin::Device { case },
            class: Class::Alarm,
            needs: nothing(),
            standing: Standing::Arrival,
        });
        id(self.seq)
    }
    pub fn takes(&mut self, contact: ContactId, operator: &str) {
        let operator = op(operator);
        self.give(Fact::Taken { contact, operator });
    }
    pub fn answers(&mut self, contact: ContactId, operator: &str) -> LegId {
        let leg = self.leg();
        self.give(Fact::Answered {
            contact,
            operator: op(operator),
            leg,
        });
        leg
    }
    pub fn picks_up(&mut self, contact: ContactId, operator: &str) {
        self.give(Fact::PickedUp {
            contact,
            operator: op(operator),
        });
    }
    pub fn misses(&mut self, contact: ContactId, operator: &str, miss: Miss) {
        self.give(Fact::Missed {
            contact,
            operator: op(operator),
            miss,
        });
    }
    pub fn intends(&mut self, operator: &str, intent: Intent) {
        self.give(Fact::Intends {
            operator: op(operator),
            intent,
            cause: IntentCause::Page,
        });
    }
    pub fn reached(&mut self, operator: OperatorId, reachability: Reachability) {
        self.give(Fact::Reached {
            operator,
            reachability,
        });
    }
    /// The offers since the last look, in order.
    pub fn offers(&mut self) -> Vec<(ContactId, String)> {
        let offers = std::mem::take(&mut self.decided)
            .into_iter()
            .filter_map(|decision| match decision {
                Decision::Offer {
                    contact, operator, ..
                } => Some((contact, operator.to_string())),
                _ => None,
            });
        offers.collect()
    }
    pub fn has(&self, decision: &Decision) -> bool {
        self.decided.contains(decision)
    }
    pub fn count(&self, counts: impl Fn(&Decision) -> bool) -> usize {
        self.decided
            .iter()
            .filter(|decision| counts(decision))
            .count()
    }
    /// What was decided since the last look.
    pub fn look(&mut self) -> Vec<Decision> {
        std::mem::take(&mut self.decided)
    }
}

pub fn offer(contact: ContactId, operator: &str) -> (ContactId, String) {
    (contact, operator.to_owned())
}
