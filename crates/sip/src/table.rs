//! A hash table without iteration, its hasher seeded by the constructor.

use std::collections::HashMap;
use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher as _};

/// Builds hashers that have already taken in a secret, so that nobody outside can choose keys that collide.
#[derive(Clone)]
pub(crate) struct Seeded(DefaultHasher);

impl Seeded {
    pub(crate) fn new(secret: &[u8; 32]) -> Self {
        let mut hasher = DefaultHasher::new();
        hasher.write(secret);
        Self(hasher)
    }
}

impl BuildHasher for Seeded {
    type Hasher = DefaultHasher;

    fn build_hasher(&self) -> DefaultHasher {
        self.0.clone()
    }
}

/// A map that can be asked and changed, but not walked: its order would be chance.
pub(crate) struct Table<K, V>(HashMap<K, V, Seeded>);

impl<K: Eq + Hash, V> Table<K, V> {
    pub(crate) fn new(secret: &[u8; 32]) -> Self {
        Self(HashMap::with_hasher(Seeded::new(secret)))
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.0.get(key)
    }

    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.0.get_mut(key)
    }

    pub(crate) fn contains(&self, key: &K) -> bool {
        self.0.contains_key(key)
    }

    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        self.0.insert(key, value)
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        self.0.remove(key)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}
