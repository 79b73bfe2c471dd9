use std::time::Duration;

use crate::{
    Class, ContactId, LegId, Miss, Moment, OperatorId, Origin, PartnerId, QueueId, Reachability,
    Speech,
};

/// What the dispatcher wants done, or has done to its own state and wants shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The operator's phone is to ring for this contact.
    Offer {
        /// What is offered.
        contact: ContactId,
        /// To whom.
        operator: OperatorId,
        /// When the offer counts as not answered.
        until: Moment,
    },
    /// An offer is taken back.
    Withdraw {
        /// What was offered.
        contact: ContactId,
        /// To whom.
        operator: OperatorId,
        /// Why.
        cause: Withdrawal,
    },
    /// Caller and operator are to be joined.
    Bridge {
        /// Which contact.
        contact: ContactId,
        /// Who won it.
        operator: OperatorId,
        /// Her leg.
        leg: LegId,
    },
    /// An operator has a contact of a device: nobody is to be joined.
    Taken {
        /// Which contact.
        contact: ContactId,
        /// Who won it.
        operator: OperatorId,
        /// Her leg, if her phone rang for it.
        leg: Option<LegId>,
    },
    /// An answer came too late: the leg is to be hung up.
    HangUp {
        /// The leg.
        leg: LegId,
    },
    /// A partner's line is to ring for this contact.
    Overflow {
        /// Which contact.
        contact: ContactId,
        /// Which partner.
        partner: PartnerId,
        /// When it counts as missed.
        until: Moment,
    },
    /// A partner's line is to stop ringing.
    WithdrawOverflow {
        /// Which contact.
        contact: ContactId,
        /// Which partner.
        partner: PartnerId,
    },
    /// Caller and partner are to be joined.
    BridgePartner {
        /// Which contact.
        contact: ContactId,
        /// Which partner.
        partner: PartnerId,
        /// The leg to the partner.
        leg: LegId,
    },
    /// The contact waits (again): it arrived, was handed back or was recovered.
    Waits {
        /// Which contact.
        contact: ContactId,
    },
    /// The contact's class changed, or whether its caller speaks.
    Classed {
        /// Which contact.
        contact: ContactId,
        /// Its class from now on.
        class: Class,
        /// Whether its caller speaks, from now on.
        speech: Speech,
    },
    /// An offer was missed.
    Missed {
        /// What was offered.
        contact: ContactId,
        /// Where it comes from.
        origin: Origin,
        /// To whom.
        operator: OperatorId,
        /// Why.
        miss: Miss,
    },
    /// A step of a timeline was taken.
    Climbed {
        /// Which contact.
        contact: ContactId,
        /// Which step of its timeline, counted from 0.
        step: usize,
        /// Why now.
        cause: StepCause,
    },
    /// The machine paused an operator; she can undo it.
    Paused {
        /// Whom.
        operator: OperatorId,
        /// Why.
        cause: PauseCause,
    },
    /// The machine's pause of an operator is over: nobody else is there any more.
    PauseLifted {
        /// Whose.
        operator: OperatorId,
    },
    /// A wrap-up began or changed.
    WrapUp {
        /// Whose.
        operator: OperatorId,
        /// When it ends.
        until: Moment,
    },
    /// An operator's wrap-up is over.
    WrapUpOver {
        /// Whose.
        operator: OperatorId,
    },
    /// Somebody is to be told.
    Tell(Notice),
    /// A contact ended in this outcome, its only one. If the caller's leg still lives it is to be hung up.
    Closed(Closed),
}

/// Why an offer was taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withdrawal {
    /// Another operator or a partner answered.
    AnsweredElsewhere,
    /// The contact ended.
    Ended,
    /// It rang out.
    RangOut,
    /// The node was started again.
    Restarted,
    /// The operator may not take it any more: her intent, phone or skills changed, or the contact's needs did.
    NoLongerFits,
    /// Something more urgent came for her and nobody else may take it now.
    MoreUrgent,
    /// A supervisor moved the contact, or gave it to somebody else.
    ByHand,
}

/// Why a step of a timeline was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepCause {
    /// The wait is long enough.
    Waited,
    /// Nobody is there who could take it.
    NobodyThere,
}

/// Why the machine paused an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PauseCause {
    /// So many offers in a row were missed.
    Misses(u32),
}

/// What a supervisor is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A timeline's step says so.
    Waits {
        /// Who waits.
        contact: ContactId,
        /// For how long.
        wait: Duration,
    },
    /// Nobody is there for a contact, on-call people and partners included.
    NobodyThere {
        /// Who waits.
        contact: ContactId,
        /// In which queue.
        queue: QueueId,
    },
    /// The last reachable operator missed offers and is not paused for it.
    LastOperatorMisses {
        /// Who.
        operator: OperatorId,
        /// How many in a row.
        misses: u32,
    },
    /// Somebody on call at home missed offers and is not paused for it: told once she missed too
    /// many in a row, and whenever these have doubled.
    OnCallMisses {
        /// Who.
        operator: OperatorId,
        /// How many in a row.
        misses: u32,
    },
    /// An operator's phone stopped being reachable while she is ready.
    PhoneGone {
        /// Whose.
        operator: OperatorId,
        /// What is known of it.
        reachability: Reachability,
    },
    /// An operator's phone is reachable again.
    PhoneBack {
        /// Whose.
        operator: OperatorId,
    },
}

/// A contact that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed {
    /// Which contact.
    pub contact: ContactId,
    /// Where it came from.
    pub origin: Origin,
    /// The queue it waited in.
    pub queue: QueueId,
    /// Its class at the end.
    pub class: Class,
    /// When it arrived.
    pub arrived: Moment,
    /// When it was first answered, if it was.
    pub answered: Option<Moment>,
    /// When it ended.
    pub ended: Moment,
    /// How it ended.
    pub outcome: Outcome,
}

/// How a contact ended; each ends in exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// An operator talked with her.
    Answered,
    /// A partner took her.
    Overflowed,
    /// She hung up before anybody answered.
    Abandoned,
    /// Her leg was lost before anybody answered.
    Lost,
    /// A device's: an operator took it.
    Taken,
    /// A device's: it was over before anybody took it.
    Untaken,
}
