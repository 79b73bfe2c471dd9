//! Calls whose content may still be entered, and contents on their way into rows and tables.

use std::collections::BTreeMap;
use std::time::Duration;

use dispatch::{ContactId, LineId, Moment, OperatorId};

use crate::content::Content;

/// How long after a call its content may be entered, or entered anew. A period that ends meanwhile does not wait: the content belongs to the next one.
pub const CONTENT_SETTLES: Duration = Duration::from_secs(2 * 60 * 60);
/// How many calls may be open for their content; beyond it the oldest settle early.
pub const CALLS_MAX: usize = 20_000;
/// How many finished calls an operator is told at once.
pub const FINISHED_TOLD_MAX: usize = 20;

/// A call that an operator took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Who talked with the caller last.
    pub operator: OperatorId,
    /// The line and the moment of its end, once it has ended.
    pub ended: Option<(LineId, Moment)>,
    /// What was entered so far.
    pub content: Content,
}

/// Calls whose content may still be entered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calls(pub BTreeMap<ContactId, Call>);

/// Content that cannot be entered: the call is none of this operator's, or its content has settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("contact {0} has no content that this operator may enter")]
pub struct NotOpen(pub ContactId);

impl Call {
    fn may_change(&self, operator: OperatorId, now: Moment) -> bool {
        let settles = |(_, ended): (LineId, Moment)| now.since(ended) >= CONTENT_SETTLES;
        self.operator == operator && !self.ended.is_some_and(settles)
    }
}

impl Calls {
    /// An operator talks with the caller.
    pub(crate) fn begin(&mut self, contact: ContactId, operator: OperatorId) {
        let call = self.0.entry(contact).or_insert_with(|| Call {
            operator,
            ended: None,
            content: Content::default(),
        });
        call.operator = operator;
    }

    /// The call has ended.
    pub(crate) fn end(&mut self, contact: ContactId, line: LineId, at: Moment) {
        if let Some(call) = self.0.get_mut(&contact) {
            call.ended = Some((line, at));
        }
    }

    /// Enters the content of a call.
    ///
    /// # Errors
    /// [`NotOpen`].
    pub(crate) fn enter(
        &mut self,
        contact: ContactId,
        operator: OperatorId,
        content: Content,
    ) -> Result<(), NotOpen> {
        let call = self.0.get_mut(&contact);
        let call = call.filter(|call| call.operator == operator);
        call.ok_or(NotOpen(contact))?.content = content;
        Ok(())
    }

    /// What an operator has entered of a call so far, as long as she may change it; nothing when it is no call of hers, or too late.
    #[must_use]
    pub fn entered(
        &self,
        contact: ContactId,
        operator: OperatorId,
        now: Moment,
    ) -> Option<&Content> {
        let call = self.0.get(&contact)?;
        call.may_change(operator, now).then_some(&call.content)
    }

    /// The calls of an operator that are over and whose content she may still change, the one that ended last first; at most [`FINISHED_TOLD_MAX`].
    #[must_use]
    pub fn finished(&self, operator: OperatorId, now: Moment) -> Vec<ContactId> {
        let mut finished: Vec<(Moment, ContactId)> = self
            .0
            .iter()
            .filter(|(_, call)| call.may_change(operator, now))
            .filter_map(|(contact, call)| Some((call.ended?.1, *contact)))
            .collect();
        finished.sort_unstable_by(|one, other| other.cmp(one));
        finished.truncate(FINISHED_TOLD_MAX);
        finished.into_iter().map(|(_, contact)| contact).collect()
    }

    /// Takes out the contents that may no longer be changed at this moment; nothing says any more of which contact they are.
    pub(crate) fn settled(&mut self, now: Moment) -> Vec<(LineId, Content)> {
        let excess = self.0.len().saturating_sub(CALLS_MAX);
        let mut settled = Vec::new();
        let mut looked_at = 0;
        self.0.retain(|_, call| {
            let Some((line, ended)) = call.ended else {
                return true;
            };
            looked_at += 1;
            if looked_at > excess && now.since(ended) < CONTENT_SETTLES {
                return true;
            }
            settled.push((line, std::mem::take(&mut call.content)));
            false
        });
        settled
    }
}
