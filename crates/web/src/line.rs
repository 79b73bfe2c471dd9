//! The way from a page to the exchange. Nothing here holds an engine.

use async_trait::async_trait;
use dispatch::{Class, ContactId, Intent, OperatorId, QueueId, WrapUpChange};
use records::content::Content;
use serde::Serialize;
use utoipa::ToSchema;

use crate::board::Millis;

/// What somebody at a page wants done. It becomes a fact, and is answered after that was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// A contact gets another class.
    Class {
        /// Which contact.
        contact: ContactId,
        /// Its class from now on.
        class: Class,
        /// Who wants it.
        by: By,
    },
    /// A contact waits in another queue.
    Move {
        /// Which contact.
        contact: ContactId,
        /// Its queue from now on.
        queue: QueueId,
    },
    /// A contact is offered to one operator, before anybody else.
    Give {
        /// Which contact.
        contact: ContactId,
        /// To whom.
        operator: OperatorId,
    },
    /// An operator wants something else.
    Intend {
        /// Who.
        operator: OperatorId,
        /// What she wants from now on.
        intent: Intent,
    },
    /// An operator's wrap-up changes.
    WrapUp {
        /// Whose.
        operator: OperatorId,
        /// How.
        change: WrapUpChange,
    },
    /// The content of a call is entered, or entered anew.
    Enter {
        /// Which contact.
        contact: ContactId,
        /// Who talked with the caller.
        operator: OperatorId,
        /// The content.
        content: Content,
    },
}

/// Who wants a class changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The operator who has the contact.
    Operator(OperatorId),
    /// A supervisor.
    Supervisor,
}

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
    /// What, by a name that the dictionaries know.
    pub what: String,
    /// By which rule or cause, where there is one, by a name that the dictionaries know.
    pub cause: Option<String>,
    /// Whom it is about: an operator, a partner or a class.
    pub whom: Option<String>,
}

/// A rule that holds a contact back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Reason {
    /// The rule, by a name that the dictionaries know.
    pub rule: String,
    /// Whom it is about.
    pub whom: Option<String>,
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
    async fn act(&self, act: Act) -> Result<(), Refusal>;

    /// What happened to a contact; nothing when it is unknown, or over for longer than half an hour.
    async fn story(&self, contact: ContactId) -> Option<Story>;
}
