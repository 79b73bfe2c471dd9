use std::sync::Arc;
use std::time::Duration;

use crate::{Class, LineId, OperatorId, PartnerId, QueueId, SkillId};

/// Everything that distribution needs to know of the configuration. It enters whole, as a fact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// The dialled numbers.
    pub lines: Vec<Line>,
    /// The queues.
    pub queues: Vec<Queue>,
    /// Operators at a desk and on-call people at home.
    pub operators: Vec<Operator>,
    /// Partner lines that take overflow.
    pub partners: Vec<Partner>,
    /// Where the contacts of devices wait, if there is a protection desk.
    pub desk: Option<Desk>,
    /// What holds for all queues.
    pub rules: Rules,
}

/// The protection desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desk {
    /// Where contacts of devices wait.
    pub queue: QueueId,
    /// What they need as they come. Each contact brings its own needs: this is what tells for whom
    /// an operator is there.
    pub needs: Needs,
}

/// A line and the queue that its callers wait in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its name.
    pub id: LineId,
    /// Where its callers wait.
    pub queue: QueueId,
    /// What its callers need as they come. Each contact brings its own needs: this is what tells
    /// for whom an operator is there.
    pub needs: Needs,
    /// What they need after each choice by a key.
    pub choices: Vec<Needs>,
}

/// A queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// Its name.
    pub id: QueueId,
    /// How the operator is chosen among those who may take a contact now.
    pub strategy: Strategy,
    /// How long a phone at a desk rings before the offer counts as not answered.
    pub ring_time: Duration,
    /// Rest of the person after a contact.
    pub wrap_up: Duration,
    /// Rest of the person after a contact of class `Danger` or `Alarm`.
    pub wrap_up_hard: Duration,
    /// Operators kept free for more urgent classes.
    pub reserves: Vec<Reserve>,
    /// How what its contacts need relaxes with the wait.
    pub relaxations: Vec<Relaxation>,
    /// What happens after each wait, per class; a class without a timeline waits.
    pub timelines: Vec<Timeline>,
}

/// How a queue chooses among the operators who may take a contact now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strategy {
    /// Who has been free for longest.
    #[default]
    LongestIdle,
    /// The first in the configured order.
    OrderedList,
    /// The next after the one who was offered a contact last, in the configured order.
    RoundRobin,
    /// Who took the fewest contacts since she became ready.
    FewestCalls,
    /// Who talked least since she became ready.
    LeastTalkTime,
    /// All of them at once; one answer wins.
    RingAll,
    /// One more each `interval`; those who ring already go on ringing.
    RingProgressively {
        /// Time between one operator and the next.
        interval: Duration,
    },
}

/// Keeps operators free: a contact of a class below `class` is not offered when fewer than `least`
/// eligible operators would be left free.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reserve {
    /// The class that the reserve is for.
    pub class: Class,
    /// How many stay free.
    pub least: u32,
    /// What these operators must be able to do.
    pub needs: Needs,
}

/// Steps of a wait for one class of a queue, in order of `after`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// Whom it is for.
    pub class: Class,
    /// The steps.
    pub steps: Vec<Step>,
}

/// One step of a timeline. Steps are cumulative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Wait since arrival.
    pub after: Duration,
    /// What happens then.
    pub action: Action,
}

/// What a timeline does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// The contact's needs no longer hold, language included.
    WidenSkills,
    /// One operator more rings for this contact.
    SecondOperator,
    /// These people at home may be offered the contact, whatever it asks for: one after another in
    /// this order, each contact from the first on, unless the strategy rings all. Who was called by
    /// an earlier step still is, before them. Their telephones keep no operator at a desk from it,
    /// who is offered it beside them.
    OnCall(Vec<OperatorId>),
    /// The supervisor is told that somebody waits.
    TellSupervisor,
    /// A partner's line rings; the contact keeps waiting for our operators meanwhile.
    Overflow(PartnerId),
}

impl Action {
    /// Whether it lets this person at home be offered the contact.
    #[must_use]
    pub fn calls(&self, person: OperatorId) -> bool {
        match self {
            Self::OnCall(people) => people.contains(&person),
            Self::WidenSkills | Self::SecondOperator | Self::TellSupervisor | Self::Overflow(_) => {
                false
            }
        }
    }
}

/// What a contact asks of an operator. Cheap to clone.
pub type Needs = Arc<[Need]>;

/// A skill with a least level.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need {
    /// The skill.
    pub skill: SkillId,
    /// The least level that will do, 1 to 10.
    pub level: u8,
}

/// A lower level of a skill that will do after a wait. It belongs to the queue, so that it holds
/// for those who wait already, and for those who are moved there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Relaxation {
    /// The skill.
    pub skill: SkillId,
    /// Wait since arrival.
    pub after: Duration,
    /// The least level from then on, where no lower one holds already; 0 drops the need.
    pub level: u8,
}

/// Somebody who answers contacts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// Her name in the house.
    pub id: OperatorId,
    /// Her skills with their levels, 1 to 10.
    pub skills: Vec<(SkillId, u8)>,
    /// The queues that she serves.
    pub queues: Vec<QueueId>,
    /// Where she answers.
    pub place: Place,
    /// Her own wrap-up, in place of her queue's.
    pub wrap_up: OwnWrapUp,
    /// How long an offer to her lasts while she answers at home; at a desk it is her queue's ring time.
    pub at_home: HomeTimes,
}

/// How long an offer to somebody at home lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HomeTimes {
    /// How long her telephone rings.
    pub ring: Duration,
    /// How long she has to press 1, counted from her answer.
    pub confirm: Duration,
}

impl Default for HomeTimes {
    fn default() -> Self {
        Self {
            ring: Duration::from_secs(25),
            confirm: Duration::from_secs(15),
        }
    }
}

/// A wrap-up that belongs to the person; what is left out is her queue's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OwnWrapUp {
    /// Rest after a contact.
    pub after: Option<Duration>,
    /// Rest after a contact of class `Danger` or `Alarm`.
    pub after_hard: Option<Duration>,
}

/// Where somebody answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// At a registered phone.
    Desk,
    /// At home through the trunk: rung only from a step `OnCall` on that names her, and must press 1.
    Home,
}

/// A partner's line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partner {
    /// Its name.
    pub id: PartnerId,
    /// How long it rings.
    pub ring_time: Duration,
    /// Time until it is tried again for the same contact.
    pub rest: Duration,
}

/// What holds for all queues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Rest of a contact and an operator who declined it.
    pub rest_declined: Duration,
    /// Rest of a contact and an operator who did not answer it.
    pub rest_no_answer: Duration,
    /// Least rest of an operator whose phone could not be reached.
    pub rest_unreachable: Duration,
    /// Misses in a row after which an operator is paused by the machine; 0 never.
    pub misses_before_pause: u32,
    /// How long a contact or an operator's leg is looked for after a restart.
    pub adrift: Duration,
    /// The part of a shift in which offers are held back while another operator is ready.
    pub last_minutes: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            rest_declined: Duration::from_secs(10),
            rest_no_answer: Duration::from_secs(5),
            rest_unreachable: Duration::from_secs(10),
            misses_before_pause: 3,
            adrift: Duration::from_secs(180),
            last_minutes: Duration::ZERO,
        }
    }
}
