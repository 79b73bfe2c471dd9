//! The way from a page to the exchange. Nothing here holds an engine.

use async_trait::async_trait;
use dispatch::{ContactId, OperatorId};
use records::content::Content;
use serde::Serialize;
use utoipa::ToSchema;

use crate::board::{Class, Millis};

/// Why an act was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It does not go together with what is so.
    #[error("{0}")]
    Conflict(String),
    /// There is no such contact or operator.
    #[error("{0}")]
    Unknown(String),
    /// The exchange is busy or ending: it is not known whether the act was carried out.
    #[error("the exchange did not answer in time; look whether it happened before you try again")]
    NoAnswer,
}

/// What happened to a contact, in its order, and what holds it back now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Story {
    /// Its number.
    pub contact: String,
    /// Every step, the oldest first.
    pub steps: Vec<Step>,
    /// What holds it back now; empty when nothing does.
    pub why: Vec<Reason>,
}

/// Something that happened to a contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Step {
    /// When.
    pub at_ms: Millis,
    /// What.
    pub what: Happened,
    /// By which rule or cause, where there is one.
    pub cause: Option<StepCause>,
    /// Whom or what it is about: an operator, a partner, a queue, or the number of the timeline's step from 1 on.
    pub whom: Option<String>,
    /// The class that it is about.
    pub class: Option<Class>,
}

/// Declares names that the dictionaries of the screens know, each the same in the API.
macro_rules! words {
    ($($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $word:ident),+ $(,)? })+) => {$(
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$doc])* $word,)+
        }
    )+};
}

words! {
    /// What happened to a contact.
    Happened {
        /// It arrived.
        Arrived,
        /// Its class was changed.
        Classed,
        /// What it needs was set.
        Needed,
        /// It was moved to another queue.
        Moved,
        /// It was given to an operator.
        Given,
        /// It waits elsewhere in its band.
        Stands,
        /// An operator's phone rings for it.
        Offered,
        /// An offer was taken back.
        Withdrawn,
        /// An offer was missed.
        Missed,
        /// A step of the timeline was taken.
        Climbed,
        /// A partner's line rings for it.
        Overflowed,
        /// A partner's line stopped ringing.
        OverflowWithdrawn,
        /// A partner did not take it.
        PartnerMissed,
        /// An operator answered.
        Answered,
        /// A partner answered.
        PartnerAnswered,
        /// Caller and operator were joined.
        Joined,
        /// Caller and partner were joined.
        JoinedPartner,
        /// It came back to the queue.
        HandedBack,
        /// A side hung up, or was lost.
        Ended,
        /// It is over.
        Closed,
    }

    /// Why something happened to a contact.
    StepCause {
        /// Somebody else answered.
        AnsweredElsewhere,
        /// The contact ended.
        ContactEnded,
        /// It rang out.
        RangOut,
        /// Linka was started again.
        Restarted,
        /// She may not take it any more.
        NoLongerFits,
        /// Something more urgent came for her.
        MoreUrgent,
        /// A supervisor did it.
        ByHand,
        /// It was not answered.
        NoAnswer,
        /// The phone said no.
        Declined,
        /// The phone could not be reached.
        Unreachable,
        /// Linka had no way to ring the phone.
        OurFault,
        /// The wait is long enough.
        Waited,
        /// Nobody is there who could take it.
        NobodyThere,
        /// An operator talked with the caller.
        WasAnswered,
        /// A partner took it.
        WasOverflowed,
        /// The caller hung up before anybody answered.
        WasAbandoned,
        /// The caller's leg was lost before anybody answered.
        WasLost,
        /// The caller did it.
        Caller,
        /// An operator did it.
        Operator,
        /// A supervisor did it.
        Supervisor,
        /// A leg was lost.
        LegLost,
        /// A partner did it.
        Partner,
        /// By its arrival.
        ByArrival,
        /// Behind the band, since another call from the same source is live.
        BehindBand,
    }

    /// A rule that holds a contact back now.
    Rule {
        /// Somebody talks with the caller.
        Answered,
        /// It rings.
        Rings,
        /// It is adrift after a restart.
        Adrift,
        /// Nobody who could take it is ready and reachable.
        NobodyThere,
        /// Nobody who could take it is free: all are busy with something else, or it rings at the others.
        NobodyFree,
        /// A free operator is kept free for a more urgent class.
        Reserved,
        /// A free operator missed it and rests from it.
        Resting,
        /// A free operator is in the last minutes of her shift.
        LastMinutes,
        /// An on-call person is free, and the timeline has not come to her.
        NotYetOnCall,
    }
}

/// A rule that holds a contact back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Reason {
    /// The rule.
    pub rule: Rule,
    /// Whom it is about.
    pub whom: Option<String>,
    /// The class that it is about.
    pub class: Option<Class>,
    /// How many are busy with something else, where nobody is free.
    pub busy: Option<usize>,
    /// Until when it holds, where that is known.
    pub until_ms: Option<Millis>,
}

/// The way to the exchange.
#[async_trait]
pub trait Line: Send + Sync {
    /// Has something done, and waits until it was applied.
    ///
    /// # Errors
    /// [`Refusal`]; nothing was changed, unless there was no answer.
    async fn act(&self, fact: dispatch::Fact) -> Result<(), Refusal>;

    /// Has something about records done, and waits until it was applied.
    ///
    /// # Errors
    /// [`Refusal`]; nothing was changed, unless there was no answer.
    async fn record(&self, fact: records::Fact) -> Result<(), Refusal>;

    /// What an operator has entered of a call so far, as long as she may change it.
    ///
    /// # Errors
    /// [`Refusal::Unknown`] when it is no call of hers, or too late; [`Refusal::NoAnswer`].
    async fn content(&self, contact: ContactId, operator: OperatorId) -> Result<Content, Refusal>;

    /// The calls of an operator that are over and whose content she may still enter, the one that ended last first.
    ///
    /// # Errors
    /// [`Refusal::NoAnswer`].
    async fn finished(&self, operator: OperatorId) -> Result<Vec<ContactId>, Refusal>;

    /// What happened to a contact; nothing when it is unknown, or over for longer than half an hour.
    async fn story(&self, contact: ContactId) -> Option<Story>;
}
