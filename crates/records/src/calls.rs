//! Calls whose content may still be entered, and contents on their way into rows and tables.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use dispatch::{ContactId, LineId, Moment, OperatorId};

use crate::content::Content;

/// How long after a call its content may be entered, or entered anew. It belongs to the period in
/// which the call ended, which waits as long.
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
pub struct Calls {
    open: BTreeMap<ContactId, Call>,
    /// Those that have ended, the one that ended first before the others.
    by_end: BTreeSet<(Moment, ContactId)>,
}

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
    /// The calls by contact.
    #[must_use]
    pub const fn open(&self) -> &BTreeMap<ContactId, Call> {
        &self.open
    }

    /// An operator talks with the caller.
    pub(crate) fn begin(&mut self, contact: ContactId, operator: OperatorId) {
        let call = self.open.entry(contact).or_insert_with(|| Call {
            operator,
            ended: None,
            content: Content::default(),
        });
        call.operator = operator;
    }

    /// The call has ended.
    pub(crate) fn end(&mut self, contact: ContactId, line: LineId, at: Moment) {
        let Some(call) = self.open.get_mut(&contact) else {
            return;
        };
        let before = call.ended.replace((line, at));
        if let Some((_, before)) = before {
            self.by_end.remove(&(before, contact));
        }
        self.by_end.insert((at, contact));
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
        let call = self.open.get_mut(&contact);
        let call = call.filter(|call| call.operator == operator);
        call.ok_or(NotOpen(contact))?.content = content;
        Ok(())
    }

    /// What an operator has entered of a call so far, as long as she may change it; nothing when it
    /// is no call of hers, or too late.
    #[must_use]
    pub fn entered(
        &self,
        contact: ContactId,
        operator: OperatorId,
        now: Moment,
    ) -> Option<&Content> {
        let call = self.open.get(&contact)?;
        call.may_change(operator, now).then_some(&call.content)
    }

    /// The calls of an operator that are over and whose content she may still change, the one that
    /// ended last first; at most [`FINISHED_TOLD_MAX`].
    #[must_use]
    pub fn finished(&self, operator: OperatorId, now: Moment) -> Vec<ContactId> {
        let latest_first = self.by_end.iter().rev().map(|(_, contact)| *contact);
        latest_first
            .filter(|contact| self.entered(*contact, operator, now).is_some())
            .take(FINISHED_TOLD_MAX)
            .collect()
    }

    /// Takes out the contents that may no longer be changed at this moment, and of those beyond
    /// [`CALLS_MAX`] the ones that ended first; nothing says any more of which contact they are.
    pub(crate) fn settled(&mut self, now: Moment) -> Vec<(LineId, Moment, Content)> {
        let mut settled = Vec::new();
        while let Some((ended, contact)) = self.by_end.first().copied() {
            let is_one_too_many = self.open.len() > CALLS_MAX;
            if !is_one_too_many && now.since(ended) < CONTENT_SETTLES {
                break;
            }
            self.by_end.pop_first();
            let call = self.open.remove(&contact);
            settled.extend(call.and_then(|call| {
                let (line, ended) = call.ended?;
                Some((line, ended, call.content))
            }));
        }
        settled
    }
}

impl From<BTreeMap<ContactId, Call>> for Calls {
    fn from(open: BTreeMap<ContactId, Call>) -> Self {
        let ended = |(contact, call): (&ContactId, &Call)| Some((call.ended?.1, *contact));
        Self {
            by_end: open.iter().filter_map(ended).collect(),
            open,
        }
    }
}
