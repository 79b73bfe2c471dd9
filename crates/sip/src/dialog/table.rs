//! All dialogs, found by id, and by Call-ID with our tag.

use std::hash::{BuildHasher as _, Hash as _, Hasher as _};

use super::Dialog;
use crate::endpoint::DialogId;
use crate::table::{Seeded, Table};

/// The dialogs of an endpoint.
pub(crate) struct Dialogs {
    table: Table<DialogId, Box<Dialog>>,
    index: Table<u64, DialogId>,
    seeded: Seeded,
}

impl Dialogs {
    pub(crate) fn new(secret: &[u8; 32]) -> Self {
        Self {
            table: Table::new(secret),
            index: Table::new(secret),
            seeded: Seeded::new(secret),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.table.len()
    }

    pub(crate) fn contains(&self, id: DialogId) -> bool {
        self.table.contains(&id)
    }

    pub(crate) fn get(&self, id: DialogId) -> Option<&Dialog> {
        self.table.get(&id).map(AsRef::as_ref)
    }

    pub(crate) fn get_mut(&mut self, id: DialogId) -> Option<&mut Dialog> {
        self.table.get_mut(&id).map(AsMut::as_mut)
    }

    pub(crate) fn insert(&mut self, dialog: Dialog) {
        let id = dialog.id;
        self.table.insert(id, Box::new(dialog));
        self.index(id);
    }

    /// Makes a dialog findable by its tag, once that is settled.
    pub(crate) fn index(&mut self, id: DialogId) {
        if let Some(key) = self.get(id).and_then(|dialog| self.key_of(dialog)) {
            self.index.insert(key, id);
        }
    }

    /// The dialog that a request belongs to: Call-ID and To tag are ours to know, the From tag must be its peer's.
    pub(crate) fn find(&self, call_id: &[u8], local_tag: &[u8]) -> Option<&Dialog> {
        let dialog = self.get(*self.index.get(&self.key(call_id, local_tag))?)?;
        let same_tag = dialog
            .identity
            .local_tag
            .as_ref()
            .is_some_and(|tag| tag.bytes() == local_tag);
        (same_tag && dialog.identity.call_id.bytes() == call_id).then_some(dialog)
    }

    pub(crate) fn remove(&mut self, id: DialogId) {
        let Some(dialog) = self.table.remove(&id) else {
            return;
        };
        if let Some(key) = self.key_of(&dialog) {
            self.index.remove(&key);
        }
    }

    fn key_of(&self, dialog: &Dialog) -> Option<u64> {
        let tag = dialog.identity.local_tag.as_ref()?;
        Some(self.key(dialog.identity.call_id.bytes(), tag.bytes()))
    }

    fn key(&self, call_id: &[u8], local_tag: &[u8]) -> u64 {
        let mut hasher = self.seeded.build_hasher();
        call_id.hash(&mut hasher);
        local_tag.hash(&mut hasher);
        hasher.finish()
    }
}
