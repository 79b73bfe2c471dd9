//! A screen: what somebody sees who hears of every change and asks for nothing else.

use std::collections::BTreeMap;
use std::time::Duration;

use dispatch::{ContactId, OperatorId};
use exchange::board::{ContactRow, OperatorRow};
use exchange::{Board, Changed};

/// The state of everything, put together from what changed.
#[derive(Debug, Default)]
pub(crate) struct Screen {
    contacts: BTreeMap<ContactId, ContactRow>,
    operators: BTreeMap<OperatorId, OperatorRow>,
    latest: Option<Changed>,
}

impl Screen {
    /// Takes in what changed; the error says what cannot be.
    pub(crate) fn take(&mut self, changed: Changed) -> Result<(), String> {
        let before = self.latest.as_ref().map_or(0, |latest| latest.number);
        if changed.number != before + 1 {
            return Err(format!(
                "screens were told change {} after {before}",
                changed.number
            ));
        }
        for row in &changed.contacts {
            self.contacts.insert(row.contact, row.clone());
        }
        for gone in &changed.contacts_gone {
            self.contacts.remove(gone);
        }
        for row in &changed.operators {
            self.operators.insert(row.operator, row.clone());
        }
        for gone in &changed.operators_gone {
            self.operators.remove(gone);
        }
        self.latest = Some(changed);
        Ok(())
    }

    /// Everything on it in words.
    pub(crate) fn words(&self) -> String {
        let latest = self.latest.as_ref();
        words(
            self.contacts.values().cloned().collect(),
            self.operators.values().cloned().collect(),
            &latest.map(|latest| (&latest.trunks, latest.mode, &latest.unsaved, latest.today)),
        )
    }
}

/// A board in the words of a screen.
pub(crate) fn words_of(board: &Board) -> String {
    words(
        board.contacts.clone(),
        board.operators.clone(),
        &Some((&board.trunks, board.mode, &board.unsaved, board.counts)),
    )
}

fn words(
    mut contacts: Vec<ContactRow>,
    mut operators: Vec<OperatorRow>,
    rest: &impl std::fmt::Debug,
) -> String {
    contacts.sort_by_key(|row| row.contact);
    operators.sort_by_key(|row| row.operator);
    for row in &mut contacts {
        row.age = Duration::ZERO;
    }
    format!("{contacts:#?}\n{operators:#?}\n{rest:#?}")
}
