use std::time::Duration;

use crate::{
    Class, ContactId, Intent, IntentCause, LegId, Miss, Moment, Needs, OperatorId, Origin,
    PartnerId, PauseCause, Place, Presence, QueueId, Reachability, SkillId, Speech, Standing,
    Status,
};

/// A live contact as screens show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactView {
    /// Its id, which is its rank by arrival.
    pub id: ContactId,
    /// Where it comes from.
    pub origin: Origin,
    /// The queue it waits in.
    pub queue: QueueId,
    /// Its class.
    pub class: Class,
    /// Whether its caller speaks.
    pub speech: Speech,
    /// Where in its class it waits.
    pub standing: Standing,
    /// When it arrived.
    pub arrived: Moment,
    /// When it was first answered, if it was.
    pub answered: Option<Moment>,
    /// What it asked for.
    pub needs: Needs,
    /// What it asks for now, after relaxation and widening.
    pub required: Vec<(SkillId, u8)>,
    /// Where it is.
    pub state: ContactState,
    /// How many steps of its timeline were taken.
    pub steps_taken: usize,
    /// The people at home who may be offered it, in the order in which steps called them.
    pub called: Vec<OperatorId>,
    /// The partners that ring, or rest until they ring again.
    pub overflows: Vec<Overflow>,
    /// Operators who rest from it.
    pub rests: Vec<PairRest>,
}

/// Where a contact is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContactState {
    /// It waits and rings nowhere at our desks.
    Waiting,
    /// It waits and these phones ring for it, in the order in which they began.
    Offered {
        /// The offers.
        offers: Vec<Offer>,
    },
    /// Somebody talks with the caller.
    Talking {
        /// Who.
        with: Joined,
    },
    /// The node was started again and a leg is looked for.
    Adrift {
        /// When the search is given up.
        until: Moment,
        /// The caller's leg.
        caller: Sought,
        /// Who talked with the caller, and her leg.
        with: Option<(Joined, Sought)>,
    },
}

impl ContactState {
    /// The operators whose phones ring for it, or who talks with the caller.
    #[must_use]
    pub fn operators(&self) -> Vec<OperatorId> {
        match self {
            Self::Offered { offers } => offers.iter().map(|offer| offer.operator).collect(),
            Self::Talking {
                with: Joined::Operator { operator, .. },
            } => vec![*operator],
            Self::Talking {
                with: Joined::Partner { .. },
            }
            | Self::Waiting
            | Self::Adrift { .. } => Vec::new(),
        }
    }
}

/// A claim that rings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Whose phone rings.
    pub operator: OperatorId,
    /// Since when.
    pub since: Moment,
    /// When it counts as not answered.
    pub until: Moment,
}

/// The other side of a contact that was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined {
    /// An operator.
    Operator {
        /// Who.
        operator: OperatorId,
        /// Her leg; none where she took a device's contact at her page.
        leg: Option<LegId>,
        /// Since when.
        since: Moment,
    },
    /// A partner.
    Partner {
        /// Which.
        partner: PartnerId,
        /// The leg to the partner.
        leg: LegId,
        /// Since when.
        since: Moment,
    },
}

/// Whether a leg was found after a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sought {
    /// Not yet.
    Missing,
    /// It lives.
    Found,
}

/// A partner to whom a contact overflowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflow {
    /// Which partner.
    pub partner: PartnerId,
    /// What its line does.
    pub phase: OverflowPhase,
    /// Whether it missed this contact before.
    pub missed: Missed,
}

/// Whether something was missed before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missed {
    /// Never.
    No,
    /// At least once.
    Yes,
}

/// What a partner's line does for a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverflowPhase {
    /// It rings until then.
    Ringing(Moment),
    /// It rests until then.
    Resting(Moment),
}

/// The rest of a contact and an operator from each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PairRest {
    /// Who.
    pub operator: OperatorId,
    /// Until when.
    pub until: Moment,
    /// What for.
    pub miss: Miss,
}

/// An operator as screens show her: one status, and below it what it is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorView {
    /// Who.
    pub id: OperatorId,
    /// What she is now, with its time.
    pub status: Status,
    /// Whether she is there, busy or not.
    pub presence: Presence,
    /// Where she answers.
    pub place: Place,
    /// Whether she is still in the configuration.
    pub membership: Membership,
    /// What she wants.
    pub intent: Intent,
    /// By what way that came.
    pub intent_cause: IntentCause,
    /// Why the machine paused her, until she wants something anew.
    pub paused: Option<PauseCause>,
    /// What is known of her phone.
    pub reachability: Reachability,
    /// What keeps her busy.
    pub occupancy: Occupancy,
    /// The contact that her phone rings for, and until when.
    pub claim: Option<(ContactId, Moment)>,
    /// When her wrap-up ends.
    pub wrap_up: Option<Moment>,
    /// When the rest of her whole person ends.
    pub rest: Option<Moment>,
    /// When her shift ends, where that is known.
    pub shift_ends: Option<Moment>,
    /// Where in her shift she is.
    pub shift: ShiftPart,
    /// Missed offers since the node's first start, by cause.
    pub misses: Misses,
    /// Missed offers in a row.
    pub misses_in_row: u32,
    /// Since when she could be offered a contact.
    pub idle_since: Moment,
    /// Contacts taken since she became ready.
    pub calls: u32,
    /// Time talked since she became ready.
    pub talked: Duration,
}

/// Whether an operator is in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// She is.
    Configured,
    /// She was taken out of it during a call and is forgotten at the next configuration after it.
    Leaving,
}

/// Where in her shift an operator is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShiftPart {
    /// No end is near.
    Within,
    /// In the last minutes, or past the end: offered contacts only where nobody else is ready for them.
    LastMinutes,
}

/// What keeps an operator busy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Occupancy {
    /// Nothing.
    Free,
    /// With a contact.
    Talking {
        /// Which.
        contact: ContactId,
    },
    /// With a contact of a device, and no leg.
    Case {
        /// Which contact.
        contact: ContactId,
    },
    /// In calls of her own.
    Engaged {
        /// Their legs, each with the moment until which it is looked for after a restart.
        legs: Vec<(LegId, Option<Moment>)>,
    },
}

/// Missed offers by cause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Misses {
    /// Rang out.
    pub no_answer: u64,
    /// The phone said no.
    pub declined: u64,
    /// The phone could not be reached.
    pub unreachable: u64,
}

/// A rule that holds a contact back now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It is not waiting: somebody talks with the caller.
    Answered,
    /// It rings.
    Offered {
        /// Where.
        operator: OperatorId,
        /// Until when.
        until: Moment,
    },
    /// It is adrift after a restart.
    Adrift {
        /// Until when.
        until: Moment,
    },
    /// Nobody who could take it is ready and reachable.
    NobodyThere,
    /// Nobody who could take it is free, whoever rings for it not counted.
    NobodyFree {
        /// How many are ready and reachable, but busy with something else.
        busy: usize,
    },
    /// A free operator is kept free for a more urgent class.
    Reserved {
        /// Who.
        operator: OperatorId,
        /// For which class.
        class: Class,
    },
    /// A free operator missed it and rests from it.
    Resting {
        /// Who.
        operator: OperatorId,
        /// Until when.
        until: Moment,
    },
    /// A free operator is in the last minutes of her shift, and another is ready for it.
    LastMinutes {
        /// Who.
        operator: OperatorId,
    },
    /// An on-call person is free, and the timeline has not come to the step that calls her.
    NotYetOnCall {
        /// Who.
        operator: OperatorId,
    },
}
