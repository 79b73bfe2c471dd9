//! Which requests may have gone which way.

use std::collections::{BTreeMap, BTreeSet};

use super::key::ClientKey;
use crate::flow::Target;

/// The client transactions by the ways of their requests, to fail them or to send them another way when one fails.
#[derive(Default)]
pub(super) struct Sent(BTreeMap<Target, BTreeSet<ClientKey>>);

impl Sent {
    /// A request goes to this target.
    pub(super) fn note(&mut self, target: Target, key: ClientKey) {
        for way in target.ways() {
            self.0.entry(way).or_default().insert(key);
        }
    }

    pub(super) fn forget(&mut self, target: Target, key: ClientKey) {
        for way in target.ways() {
            if let Some(keys) = self.0.get_mut(&way) {
                keys.remove(&key);
                if keys.is_empty() {
                    self.0.remove(&way);
                }
            }
        }
    }

    pub(super) fn by(&self, way: Target) -> Vec<ClientKey> {
        let keys = self.0.get(&way);
        keys.into_iter().flatten().copied().collect()
    }
}
