use std::sync::Arc;

use dispatch::{
    Cause, Class, Config, ContactId, EndCause, HandBack, Input, Intent, IntentCause, LegId, LineId,
    Miss, Moment, Needs, OperatorId, PartnerId, QueueId, Reachability, Seq, Standing, WrapUpChange,
};
use records::content::Content;
use records::{ActingRole, ClosedKey, Date, QuarterHour};

use crate::Act;

/// Something that happened, as it is written down. No fact names a caller.
///
/// A fact says what [`Input`] says, except for the ids that the journal gives: a contact is the
/// number of the entry that tells of its arrival. The facts of the calendar are for the counts
/// alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The configuration, whole.
    Configured(Arc<Config>),
    /// A contact entered the queue; the number of this entry is its id.
    Arrived {
        /// The caller's leg.
        leg: LegId,
        /// The line it came in on.
        line: LineId,
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
    /// A contact's urgency was changed.
    Classed {
        /// Which contact.
        contact: ContactId,
        /// Its class from now on.
        class: Class,
        /// Who changed it.
        cause: Cause,
    },
    /// What a contact needs was set.
    Needed {
        /// Which contact.
        contact: ContactId,
        /// What it needs from now on.
        needs: Needs,
    },
    /// A waiting contact waits in another queue, as journals before format 7 say it: [`Fact::Acted`] says who did it.
    Moved {
        /// Which contact.
        contact: ContactId,
        /// Its queue from now on.
        queue: QueueId,
    },
    /// A waiting contact is offered to an operator before anybody else, as journals before format 7 say it: [`Fact::Acted`] says who did it.
    Given {
        /// Which contact.
        contact: ContactId,
        /// To whom.
        operator: OperatorId,
    },
    /// A supervisor or an administrator acted on a contact. It is counted for the audit, which is
    /// told when its day is over: neither happens without the other.
    Acted {
        /// Which contact.
        contact: ContactId,
        /// By whom.
        by: ActingRole,
        /// What is done.
        act: Act,
    },
    /// What an operator wants.
    Intends {
        /// Who.
        operator: OperatorId,
        /// What she wants from now on.
        intent: Intent,
        /// By what way it was said.
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
    /// An operator's phone is in a call of its own.
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
    /// An offered telephone at home was answered, by her or by a voicemail.
    PickedUp {
        /// What she was offered.
        contact: ContactId,
        /// Whose telephone.
        operator: OperatorId,
    },
    /// An operator's phone answered an offer.
    Answered {
        /// What she was offered.
        contact: ContactId,
        /// Who answered.
        operator: OperatorId,
        /// Her leg.
        leg: LegId,
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
    /// The operator's side is gone and the caller is still on the line.
    HandedBack {
        /// Which contact.
        contact: ContactId,
        /// Why.
        cause: HandBack,
    },
    /// It is this day of the site's calendar from now on.
    DayBegan {
        /// Which day.
        date: Date,
    },
    /// What a call was about was entered by the operator who talked with the caller.
    Entered {
        /// Which contact.
        contact: ContactId,
        /// Who entered it.
        operator: OperatorId,
        /// What she entered.
        content: Box<Content>,
    },
    /// A closed period is in the records database, and need not be kept any longer.
    PeriodStored {
        /// Which one.
        key: ClosedKey,
    },
    /// *Arrived* of quarter-hours is in the records database, and need not be kept any longer.
    ArrivedStored {
        /// Of this one and all before it.
        through: QuarterHour,
    },
    /// The acts on contacts of days that are over are in the audit, and need not be kept any longer.
    ActsStored {
        /// Of this day and all before it.
        through: Date,
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
    /// Everything that is due at this moment happens.
    Timeout,
    /// The node was started again.
    Restarted {
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

/// What a fact means for a journal that is nearly full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// A new contact of the line: refused first.
    New,
    /// A new contact of class `Alarm`: refused last.
    NewAlarm,
    /// News of what lives already: never refused.
    Live,
}

impl Work {
    /// What the arrival of a contact of this class means.
    #[must_use]
    pub const fn of_arrival(class: Class) -> Self {
        match class {
            Class::Alarm => Self::NewAlarm,
            Class::Danger | Class::Crisis | Class::Information => Self::New,
        }
    }
}

/// Matches a fact: the arms given first as they stand, then the variants that an input has under
/// the same name with the same fields.
macro_rules! input_of {
    ($fact:expr, { $($own:tt)* }, $($variant:ident { $($field:ident),+ })+) => {
        match $fact {
            $($own)*
            $(Fact::$variant { $($field),+ } => Some(Input::$variant { $($field),+ }),)+
        }
    };
}

impl Fact {
    /// What the fact means for a journal that is nearly full.
    #[must_use]
    pub fn work(&self) -> Work {
        if let Self::Arrived { class, .. } = self {
            Work::of_arrival(*class)
        } else {
            Work::Live
        }
    }

    /// The fact as the dispatcher takes it; `seq` is the number of its entry. Nothing when it is
    /// none of the dispatcher's.
    #[must_use]
    pub fn into_input(self, seq: Seq) -> Option<Input> {
        input_of!(self, {
                Self::Configured(config) => Some(Input::Configured(config)),
                Self::Arrived { leg, line, class, needs, standing } => Some(Input::Arrived {
                    contact: ContactId(seq), leg, line, class, needs, standing,
                }),
                Self::Acted { contact, by: _, act } => Some(act.into_input(contact)),
                Self::Timeout => Some(Input::Timeout),
                Self::Restarted { start: _ } => Some(Input::Restarted),
                Self::DayBegan { .. }
                | Self::Entered { .. }
                | Self::PeriodStored { .. }
                | Self::ArrivedStored { .. }
                | Self::ActsStored { .. } => None,
            },
            Stands { contact, standing }
            Classed { contact, class, cause }
            Needed { contact, needs }
            Moved { contact, queue }
            Given { contact, operator }
            Intends { operator, intent, cause }
            Reached { operator, reachability }
            ShiftEnds { operator, at }
            Engaged { operator, leg }
            Disengaged { operator, leg }
            PickedUp { contact, operator }
            Answered { contact, operator, leg }
            Missed { contact, operator, miss }
            PartnerAnswered { contact, partner, leg }
            PartnerMissed { contact, partner }
            HandedBack { contact, cause }
            Ended { contact, cause }
            WrapUp { operator, change }
            LegFound { leg }
            LegLost { leg }
        )
    }
}
