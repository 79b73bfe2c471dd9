use crate::{ContactId, LegId, LineId, OperatorId, PartnerId, QueueId};

/// Why an input was refused. A refused input changed nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// The configuration contradicts itself or leaves a limit.
    #[error("the configuration is refused")]
    ConfigRefused(#[source] ConfigError),
    /// The contact is not newer than every contact before it.
    #[error("contact {0} is not newer than those before it")]
    ContactNotNew(ContactId),
    /// No such contact is live.
    #[error("contact {0} is not live")]
    ContactUnknown(ContactId),
    /// The line is not configured.
    #[error("contact {contact} came in on line {line}, which is not configured")]
    LineUnknown {
        /// Which contact.
        contact: ContactId,
        /// Which line.
        line: LineId,
    },
    /// There is no protection desk that a device's contact could wait at.
    #[error("contact {0} is a device's, and no queue is configured for those")]
    NoDesk(ContactId),
    /// What a caller does no device does, and the other way.
    #[error("contact {0} comes from where that does not happen")]
    OtherOrigin(ContactId),
    /// The needs leave a limit or do not relax.
    #[error("contact {contact} has needs that cannot be")]
    NeedsRefused {
        /// Which contact.
        contact: ContactId,
        /// What is wrong with them.
        #[source]
        cause: NeedsError,
    },
    /// As many contacts are live as may be.
    #[error("contact {0} is one more than {CONTACTS_MAX} live contacts", CONTACTS_MAX = crate::CONTACTS_MAX)]
    ContactsFull(ContactId),
    /// No such operator is configured.
    #[error("operator {0} is not configured")]
    OperatorUnknown(OperatorId),
    /// The leg belongs to something else already.
    #[error("leg {0} is in use")]
    LegInUse(LegId),
    /// The leg belongs to nothing that is live.
    #[error("leg {0} belongs to nothing that is live")]
    LegUnknown(LegId),
    /// The operator has as many calls of her own as she may have.
    #[error("operator {operator} cannot have leg {leg} beside so many of her own")]
    LegsFull {
        /// Who.
        operator: OperatorId,
        /// The leg that is one too many.
        leg: LegId,
    },
    /// The leg is none of the operator's own calls.
    #[error("leg {leg} is no call of operator {operator}")]
    NotEngaged {
        /// Who.
        operator: OperatorId,
        /// Which leg.
        leg: LegId,
    },
    /// The operator is not being offered the contact.
    #[error("operator {operator} is not being offered contact {contact}")]
    NotOffered {
        /// Which contact.
        contact: ContactId,
        /// Who.
        operator: OperatorId,
    },
    /// The operator is not at home: her answer takes the contact, and nothing is pressed.
    #[error("operator {0} is at a desk, where nothing is pressed after the answer")]
    NotAtHome(OperatorId),
    /// The partner's line does not ring for the contact.
    #[error("partner {partner} does not ring for contact {contact}")]
    NotOverflowed {
        /// Which contact.
        contact: ContactId,
        /// Which partner.
        partner: PartnerId,
    },
    /// The contact is with nobody whose side could have ended.
    #[error("contact {0} is with nobody who could have ended it or given it back")]
    NotTalking(ContactId),
    /// The contact does not wait.
    #[error("contact {0} does not wait")]
    NotWaiting(ContactId),
    /// No such queue is configured.
    #[error("queue {0} is not configured")]
    QueueUnknown(QueueId),
    /// The operator is not free.
    #[error("operator {0} is not free")]
    NotFree(OperatorId),
    /// The operator does not serve the contact's queue.
    #[error("operator {operator} does not serve the queue of contact {contact}")]
    NotServing {
        /// Which contact.
        contact: ContactId,
        /// Who.
        operator: OperatorId,
    },
    /// The leg is not looked for.
    #[error("leg {0} is not looked for")]
    NotAdrift(LegId),
    /// The operator is neither in a contact nor in wrap-up.
    #[error("operator {0} has no wrap-up to change")]
    NoWrapUp(OperatorId),
}

/// Why needs were refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NeedsError {
    /// More needs than a contact may have.
    #[error("more than {NEEDS_MAX} skills are needed", NEEDS_MAX = crate::NEEDS_MAX)]
    TooMany,
    /// A level is outside 1 to 10.
    #[error("a level is outside 1 to {LEVEL_MAX}", LEVEL_MAX = crate::LEVEL_MAX)]
    Level,
}

/// Why a configuration was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// More of something than there may be.
    #[error("more than {max} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there may be.
        max: usize,
    },
    /// A line is there twice.
    #[error("line {0} is there twice")]
    LineTwice(LineId),
    /// A queue is there twice.
    #[error("queue {0} is there twice")]
    QueueTwice(QueueId),
    /// An operator is there twice.
    #[error("operator {0} is there twice")]
    OperatorTwice(OperatorId),
    /// A partner is there twice.
    #[error("partner {0} is there twice")]
    PartnerTwice(PartnerId),
    /// A line's queue is not there.
    #[error("line {line} leads to queue {queue}, which is not there")]
    LineWithoutQueue {
        /// Which line.
        line: LineId,
        /// Which queue.
        queue: QueueId,
    },
    /// What a line's callers need leaves a limit or does not relax.
    #[error("the callers of line {0} have needs that cannot be")]
    LineNeeds(LineId),
    /// The protection desk's queue is not there.
    #[error("the protection desk leads to queue {0}, which is not there")]
    DeskWithoutQueue(QueueId),
    /// What the protection desk's contacts need leaves a limit.
    #[error("the protection desk has needs that cannot be")]
    DeskNeeds,
    /// An operator's queue is not there.
    #[error("operator {operator} serves queue {queue}, which is not there")]
    OperatorWithoutQueue {
        /// Who.
        operator: OperatorId,
        /// Which queue.
        queue: QueueId,
    },
    /// A timeline's partner is not there.
    #[error("queue {queue} overflows to partner {partner}, which is not there")]
    QueueWithoutPartner {
        /// Which queue.
        queue: QueueId,
        /// Which partner.
        partner: PartnerId,
    },
    /// A timeline calls somebody who is not at home, or does not serve the queue.
    #[error("queue {queue} calls {operator}, who is nobody on call for it")]
    QueueWithoutOnCall {
        /// Which queue.
        queue: QueueId,
        /// Whom.
        operator: OperatorId,
    },
    /// A queue relaxes a need to a level that relaxes nothing.
    #[error("queue {0} relaxes a need to a level that relaxes nothing")]
    QueueRelaxation(QueueId),
    /// An operator's skill has a level outside 1 to 10, or is there twice.
    #[error("operator {0} has a skill twice or with a level outside 1 to 10")]
    OperatorSkill(OperatorId),
    /// An operator's own wrap-up is longer than the longest.
    #[error("operator {0} has a wrap-up longer than {hours} hours", hours = crate::WRAP_UP_MAX.as_secs() / 3_600)]
    OperatorWrapUp(OperatorId),
    /// A person's ring time at home, or her time to press 1, is shorter than a second or longer than an hour.
    #[error("operator {0} has a time at home outside its limits")]
    OperatorAtHome(OperatorId),
    /// A queue's ring time or interval is shorter than a second, or its wrap-up longer than the longest.
    #[error("queue {0} has a time outside its limits")]
    QueueTime(QueueId),
    /// A queue has two timelines for one class, or one whose steps are out of order.
    #[error("queue {0} has two timelines for one class, or steps out of order")]
    QueueTimeline(QueueId),
    /// A reserve's needs cannot be.
    #[error("queue {0} has a reserve whose needs cannot be")]
    QueueReserve(QueueId),
    /// A partner's ring time or rest is shorter than a second.
    #[error("partner {0} has a time outside its limits")]
    PartnerTime(PartnerId),
    /// A rest is shorter than a second or longer than an hour, or more misses are asked for than may be.
    #[error("the rules have a rest or a number of misses outside its limits")]
    Rules,
    /// A queue was left out while a contact of it is live and its line leads nowhere else.
    #[error("queue {queue} is left out while contact {contact} is in it")]
    QueueInUse {
        /// Which queue.
        queue: QueueId,
        /// Which contact.
        contact: ContactId,
    },
}
