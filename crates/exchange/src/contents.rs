//! What operators enter about their calls, on its way to the journal and back to their pages.

use std::collections::BTreeMap;
use std::time::Instant;

use dispatch::{ContactId, OperatorId, Seq};
use journal::{Entry, Fact};
use records::{Calls, NotOpen};

use crate::engine::Exchange;
use crate::input::Reply;

/// Contents that were appended and are not applied yet, each by the last entry that tells it.
#[derive(Debug, Default)]
pub(crate) struct Entering(BTreeMap<ContactId, Seq>);

impl Entering {
    /// A fact was appended.
    pub(crate) fn appended(&mut self, contact: Option<ContactId>, seq: Seq) {
        if let Some(contact) = contact {
            self.0.insert(contact, seq);
        }
    }

    /// An entry was applied, or refused for good.
    pub(crate) fn over(&mut self, entry: &Entry) {
        if let Some(contact) = contact_of(&entry.fact) {
            self.0.retain(|of, seq| *of != contact || *seq > entry.seq);
        }
    }
}

/// The contact whose content a fact tells.
pub(crate) const fn contact_of(fact: &Fact) -> Option<ContactId> {
    if let Fact::Records(records::Fact::Entered { contact, .. }) = fact {
        Some(*contact)
    } else {
        None
    }
}

impl Exchange {
    /// The answer to content that makes no fact: what is there already, or may not be entered by this operator now.
    pub(crate) fn answer_without_fact(&self, now: Instant, fact: &Fact) -> Option<Reply> {
        let Fact::Records(records::Fact::Entered {
            contact,
            operator,
            content,
        }) = fact
        else {
            return None;
        };
        let entered = self.calls().entered(*contact, *operator, self.moment(now));
        match entered {
            None => Some(Reply::Refused(NotOpen(*contact).into())),
            // What is on its way may be something else: only its order tells what holds in the end.
            Some(_) if self.entering.0.contains_key(contact) => None,
            Some(entered) => (*entered == **content).then_some(Reply::Done),
        }
    }

    /// What an operator has entered of a call so far.
    pub(crate) fn content(&self, now: Instant, contact: ContactId, operator: OperatorId) -> Reply {
        let entered = self.calls().entered(contact, operator, self.moment(now));
        match entered {
            Some(content) => Reply::Content(Box::new(content.clone())),
            None => Reply::Refused(NotOpen(contact).into()),
        }
    }

    /// The calls that an operator finished and may still enter the content of.
    pub(crate) fn finished(&self, now: Instant, operator: OperatorId) -> Reply {
        Reply::Finished(self.calls().finished(operator, self.moment(now)))
    }

    fn calls(&self) -> &Calls {
        &self.log.state().counts().calls
    }
}
