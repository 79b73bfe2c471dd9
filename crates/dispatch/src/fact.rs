use std::sync::Arc;
use std::time::Duration;

use crate::{
    Class, Config, ContactId, Key, LegId, Moment, Needs, NodeId, OperatorId, Origin, PartnerId,
    QueueId, Standing,
};

/// Something that happened and that distribution depends on. No fact names a caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The configuration, whole. It holds for those who wait already.
    Configured(Arc<Config>),
    /// A contact entered the queue; the number of this fact is its id.
    Arrived {
        /// Where it comes from.
        origin: Origin,
        /// Its urgency.
        class: Class,
        /// What it asks of an operator.
        needs: Needs,
        /// Whether it waits behind its band.
        standing: Standing,
    },
    /// The other calls from this contact's number came or went.
    Stands {
        /// Which contact.
        contact: ContactId,
        /// Where it waits from now on.
        standing: Standing,
    },
    /// A contact's urgency was changed. A caller tells by it that she cannot speak, which never
    /// makes her less urgent; whoever makes her less urgent than `Danger` takes that back.
    Classed {
        /// Which contact.
        contact: ContactId,
        /// Its class from now on.
        class: Class,
        /// Who changed it.
        cause: Cause,
    },
    /// A caller chose a language, or an operator or supervisor set what the contact needs.
    Needed {
        /// Which contact.
        contact: ContactId,
        /// What it needs from now on.
        needs: Needs,
    },
    /// A supervisor or an administrator acted on a contact.
    Acted {
        /// Which contact.
        contact: ContactId,
        /// What was done.
        act: Act,
        /// By whom, for the audit: no rule of distribution asks for it. Nothing where an older
        /// release wrote it, which told the audit at once.
        by: Option<ActingRole>,
    },
    /// What an operator wants.
    Intends {
        /// Who.
        operator: OperatorId,
        /// What she wants from now on.
        intent: Intent,
        /// By what way she or somebody else said so.
        cause: IntentCause,
    },
    /// What is known of an operator's phone.
    Reached {
        /// Whose.
        operator: OperatorId,
        /// Known from now on.
        reachability: Reachability,
    },
    /// An operator's shift has a known end, or none.
    ShiftEnds {
        /// Whose.
        operator: OperatorId,
        /// When.
        at: Option<Moment>,
    },
    /// An operator's phone is in a call of its own, outside any contact.
    Engaged {
        /// Who.
        operator: OperatorId,
        /// The leg.
        leg: LegId,
    },
    /// A leg of an operator's own call ended.
    Disengaged {
        /// Who.
        operator: OperatorId,
        /// The leg.
        leg: LegId,
    },
    /// An offered telephone at home was answered, by her or by a voicemail: from now on runs the time to press 1.
    PickedUp {
        /// What she was offered.
        contact: ContactId,
        /// Whose telephone.
        operator: OperatorId,
    },
    /// An operator's phone answered an offer (an on-call person also pressed 1).
    Answered {
        /// What she was offered.
        contact: ContactId,
        /// Who answered.
        operator: OperatorId,
        /// Her leg.
        leg: LegId,
    },
    /// An operator took what a device's case asks for, without a leg.
    Taken {
        /// What she took.
        contact: ContactId,
        /// Who.
        operator: OperatorId,
    },
    /// An offer was missed for a cause that the phone gave.
    Missed {
        /// What she was offered.
        contact: ContactId,
        /// Who missed it.
        operator: OperatorId,
        /// Why.
        miss: Miss,
    },
    /// A partner's line answered an overflow.
    PartnerAnswered {
        /// Which contact.
        contact: ContactId,
        /// Which partner.
        partner: PartnerId,
        /// The leg to the partner.
        leg: LegId,
    },
    /// A partner's line did not take an overflow.
    PartnerMissed {
        /// Which contact.
        contact: ContactId,
        /// Which partner.
        partner: PartnerId,
    },
    /// The operator's side is gone and the caller is still on the line: she waits again at her rank.
    HandedBack {
        /// Which contact.
        contact: ContactId,
        /// Why.
        cause: HandBack,
    },
    /// A contact is over.
    Ended {
        /// Which contact.
        contact: ContactId,
        /// Why.
        cause: EndCause,
    },
    /// An operator changed her wrap-up.
    WrapUp {
        /// Who.
        operator: OperatorId,
        /// How.
        change: WrapUpChange,
    },
    /// A node was started again; nothing is known of any leg or phone.
    Restarted {
        /// Which node.
        node: NodeId,
        /// How often the node had been started, this start included.
        start: u32,
    },
    /// A leg was found again after a restart.
    LegFound {
        /// Which.
        leg: LegId,
    },
    /// A leg is gone.
    LegLost {
        /// Which.
        leg: LegId,
    },
}

/// What a supervisor or an administrator does with a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// It gets another class.
    Class(Class),
    /// While it waits, it waits in another queue, at its rank there.
    Move(QueueId),
    /// While it waits, it is offered to a free operator of its queue before anybody else. Her
    /// skills, her rest from it, reserves and the timeline do not hold it back.
    Give(OperatorId),
}

/// Who may act on a contact that is not in a call of hers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ActingRole {
    /// A supervisor.
    Supervisor,
    /// An administrator.
    Administrator,
}

/// Who changed a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The caller, by a key pressed twice.
    Caller,
    /// The operator who has or is offered the contact.
    Operator(OperatorId),
    /// A supervisor.
    Supervisor,
}

/// What an operator wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Contacts.
    Ready,
    /// A pause, with its reason and when she means to be back.
    Paused {
        /// Named in the configuration.
        reason: Key,
        /// When she means to be back.
        back_at: Option<Moment>,
    },
    /// Nothing: not on shift.
    Off,
}

/// By what way it came that an operator wants something. No rule of distribution asks for it: it is
/// what a screen tells of a pause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IntentCause {
    /// She said so on a page of hers.
    Page,
    /// She said so by a code on her phone.
    Phone,
    /// A supervisor said so.
    Supervisor,
    /// It is not known: nobody has said anything yet, or an older release did not write it down.
    #[default]
    Unsaid,
}

/// What is known of an operator's phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reachability {
    /// A live registration that answered.
    Reachable,
    /// A registration from before a restart that has not answered yet.
    Unproven,
    /// No registration, or it does not answer.
    Unreachable,
}

/// Why an offer was missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Miss {
    /// It rang out.
    NoAnswer,
    /// The phone said no.
    Declined,
    /// The phone could not be reached: she rests until `Reached` proves it.
    Unreachable,
    /// It never rang, for want of something of ours: a port, a transport. She missed nothing and
    /// nothing is counted; the two rest from each other as after no answer.
    Ours,
}

/// Why a contact came back to the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandBack {
    /// The operator gave it back.
    Operator,
    /// The operator's leg died.
    LegLost,
    /// The partner's leg ended while the caller was still on the line.
    Partner,
}

/// Why a contact ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndCause {
    /// The caller hung up.
    Caller,
    /// The caller gave up while her line still rang: whoever answered meanwhile never talked with her.
    GaveUp,
    /// The operator hung up.
    Operator,
    /// The caller's leg is gone without a word.
    LegLost,
    /// The device's case asks for nobody any more.
    Case,
}

/// How a wrap-up changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrapUpChange {
    /// It takes that much longer.
    Longer(Duration),
    /// It is over.
    Over,
}
