//! The way from a page to the exchange: an act becomes a fact, and is answered after that was applied.

use std::sync::Arc;

use async_trait::async_trait;
use dispatch::{ContactId, InputError, OperatorId};
use exchange::{Command, Reply};
use journal::{Fact, Rejection};
use records::content::Content;
use web::line::{Line, Refusal, Story};

use super::screens::reason;
use super::{Office, done};

/// Why content cannot be entered.
const TOO_LATE: &str =
    "who talked with the caller enters it, during the call and for two hours after its end";
/// Why content is not told.
const NOT_HERS: &str = "there is no such contact of yours whose content may still be entered";

/// The exchange, as pages reach it.
pub(crate) struct OfficeLine(pub(crate) Arc<Office>);

impl OfficeLine {
    async fn carry_out(&self, fact: Fact) -> Result<(), Refusal> {
        match done(self.0.ask(Command::Act(Box::new(fact))).await) {
            Some(Ok(())) => Ok(()),
            Some(Err(rejection)) => Err(refused(&rejection)),
            None => Err(Refusal::NoAnswer),
        }
    }
}

#[async_trait]
impl Line for OfficeLine {
    async fn act(&self, fact: dispatch::Fact) -> Result<(), Refusal> {
        self.carry_out(fact.into()).await
    }

    async fn record(&self, fact: records::Fact) -> Result<(), Refusal> {
        self.carry_out(fact.into()).await
    }

    async fn content(&self, contact: ContactId, operator: OperatorId) -> Result<Content, Refusal> {
        match self.0.ask(Command::Content { contact, operator }).await {
            Some(Reply::Content(content)) => Ok(*content),
            Some(Reply::Refused(_)) => Err(Refusal::Unknown(NOT_HERS.to_owned())),
            Some(_) | None => Err(Refusal::NoAnswer),
        }
    }

    async fn finished(&self, operator: OperatorId) -> Result<Vec<ContactId>, Refusal> {
        match self.0.ask(Command::Finished(operator)).await {
            Some(Reply::Finished(finished)) => Ok(finished),
            Some(_) | None => Err(Refusal::NoAnswer),
        }
    }

    async fn story(&self, contact: ContactId) -> Option<Story> {
        let why = match self.0.ask(Command::Why(contact)).await {
            Some(Reply::Why(why)) => why.iter().map(reason).collect(),
            // Over, or never there: what is remembered says which.
            Some(_) | None => Vec::new(),
        };
        self.0.screens.story(contact, why)
    }
}

fn refused(rejection: &Rejection) -> Refusal {
    match rejection {
        Rejection::Dispatch(error) => refusal(error),
        Rejection::Records(_) => Refusal::Conflict(TOO_LATE.to_owned()),
    }
}

fn refusal(error: &InputError) -> Refusal {
    let sentence = error.to_string();
    match error {
        InputError::ContactUnknown(_)
        | InputError::OperatorUnknown(_)
        | InputError::QueueUnknown(_)
        | InputError::LineUnknown { .. }
        | InputError::LegUnknown(_) => Refusal::Unknown(sentence),
        InputError::ConfigRefused(_)
        | InputError::ContactNotNew(_)
        | InputError::NoDesk(_)
        | InputError::OtherOrigin(_)
        | InputError::NeedsRefused { .. }
        | InputError::ContactsFull(_)
        | InputError::LegInUse(_)
        | InputError::LegsFull { .. }
        | InputError::NotEngaged { .. }
        | InputError::NotOffered { .. }
        | InputError::NotOverflowed { .. }
        | InputError::NotTalking(_)
        | InputError::NotWaiting(_)
        | InputError::NotFree(_)
        | InputError::NotServing { .. }
        | InputError::NotAdrift(_)
        | InputError::NotAtHome(_)
        | InputError::NoWrapUp(_) => Refusal::Conflict(sentence),
    }
}
