//! Every contact that arrives ends once.

use std::collections::BTreeSet;

use super::Violation;
use crate::engine::Dispatcher;
use crate::{ContactId, Decision};

/// Counts that every contact that arrived ends in exactly one outcome and is live until then.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    open: BTreeSet<ContactId>,
    closed: BTreeSet<ContactId>,
}

impl Ledger {
    /// Notes the contact that arrived by an applied input and the decisions that came of it, and
    /// compares with what is live.
    ///
    /// # Errors
    /// [`Violation::Outcomes`] when a contact ended twice, [`Violation::Lost`] when it vanished,
    /// [`Violation::Doubled`] when it came twice.
    pub fn note<'a>(
        &mut self,
        dispatcher: &Dispatcher,
        arrived: Option<ContactId>,
        decisions: impl IntoIterator<Item = &'a Decision>,
    ) -> Result<(), Violation> {
        if let Some(contact) = arrived
            && (!self.open.insert(contact) || self.closed.contains(&contact))
        {
            return Err(Violation::Doubled(contact));
        }
        for decision in decisions {
            if let Decision::Closed(closed) = decision {
                if !self.open.remove(&closed.contact) {
                    return Err(Violation::Outcomes(closed.contact));
                }
                self.closed.insert(closed.contact);
            }
        }
        if dispatcher.contact_slots.len() == self.open.len()
            && dispatcher.contact_slots.keys().eq(&self.open)
        {
            return Ok(());
        }
        let live: BTreeSet<_> = dispatcher.contact_slots.keys().copied().collect();
        let odd = live.symmetric_difference(&self.open).next().copied();
        odd.map_or(Ok(()), |contact| Err(Violation::Lost(contact)))
    }
}
