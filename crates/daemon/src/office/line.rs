//! The way from a page to the exchange: an act becomes a fact, and is answered after that was applied.

use std::sync::Arc;

use async_trait::async_trait;
use dispatch::{Cause, ContactId, HandBack, InputError, OperatorId};
use exchange::{Command, Reply};
use journal::Fact;
use records::content::Content;
use web::line::{Act, By, Line, Refusal, Story};

use super::screens::reason;
use super::{Office, done};

/// Why content cannot be entered.
const TOO_LATE: &str =
    "who talked with the caller enters it, during the call and for two hours after its end";
/// Why content is not told.
const NOT_HERS: &str = "there is no such contact of yours whose content may still be entered";

/// The exchange, as pages reach it.
pub(crate) struct OfficeLine(pub(crate) Arc<Office>);

#[async_trait]
impl Line for OfficeLine {
    async fn act(&self, act: Act) -> Result<(), Refusal> {
        let too_late = matches!(act, Act::Enter { .. });
        let command = Command::Act(Box::new(fact(act)));
        match done(self.0.ask(command).await) {
            Some(Ok(())) => Ok(()),
            Some(Err(_)) if too_late => Err(Refusal::Conflict(TOO_LATE.to_owned())),
            Some(Err(error)) => Err(refusal(&error)),
            None => Err(Refusal::NoAnswer),
        }
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

fn fact(act: Act) -> Fact {
    match act {
        Act::Class { contact, class, by } => match by {
            By::Operator(operator) => Fact::Classed {
                contact,
                class,
                cause: Cause::Operator(operator),
            },
            By::Role(by) => Fact::Acted {
                contact,
                by,
                act: journal::Act::Class(class),
            },
        },
        Act::Move { contact, queue, by } => Fact::Acted {
            contact,
            by,
            act: journal::Act::Move(queue),
        },
        Act::Give {
            contact,
            operator,
            by,
        } => Fact::Acted {
            contact,
            by,
            act: journal::Act::Give(operator),
        },
        Act::HandBack { contact } => Fact::HandedBack {
            contact,
            cause: HandBack::Operator,
        },
        Act::Intend {
            operator,
            intent,
            cause,
        } => Fact::Intends {
            operator,
            intent,
            cause,
        },
        Act::WrapUp { operator, change } => Fact::WrapUp { operator, change },
        Act::Enter {
            contact,
            operator,
            content,
        } => Fact::Entered {
            contact,
            operator,
            content: Box::new(content),
        },
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
