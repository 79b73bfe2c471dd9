//! How many INVITEs each sender has here that are not over.

use std::collections::BTreeMap;
use std::net::IpAddr;

/// Who has a share of the room for INVITEs.
#[derive(Copy, Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Sender {
    /// One address of a trunk.
    TrunkAddress(IpAddr),
    /// The host of a phone, or of anybody else who is no trunk.
    Phone(IpAddr),
}

/// The senders with at least one: no more than there are transactions.
#[derive(Default)]
pub(super) struct Invites(BTreeMap<Sender, usize>);

impl Invites {
    pub(super) fn of(&self, sender: Sender) -> usize {
        self.0.get(&sender).copied().unwrap_or(0)
    }

    pub(super) fn began(&mut self, sender: Sender) {
        *self.0.entry(sender).or_default() += 1;
    }

    pub(super) fn ended(&mut self, sender: Sender) {
        if let Some(count) = self.0.get_mut(&sender) {
            *count -= 1;
            if *count == 0 {
                self.0.remove(&sender);
            }
        }
    }
}
