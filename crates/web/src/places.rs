//! Places of which so many may be taken in all, and so many by one.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The places.
pub(crate) struct Places<K: Eq + Hash> {
    all: usize,
    of_one: usize,
    taken: Mutex<Taken<K>>,
}

struct Taken<K> {
    by: HashMap<K, usize>,
    all: usize,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoPlace {
    /// All are taken.
    Left,
    /// Who asks has as many as anybody may have.
    ForOne,
}

/// A place, given back when it is dropped.
pub(crate) struct Place<K: Eq + Hash> {
    /// Whose share it is of; nothing when it was taken without a share.
    by: Option<K>,
    places: Arc<Places<K>>,
}

impl<K: Clone + Eq + Hash> Places<K> {
    /// So many places in all, and so many of them for one.
    pub(crate) fn new(all: usize, of_one: usize) -> Arc<Self> {
        Arc::new(Self {
            all,
            of_one,
            taken: Mutex::new(Taken {
                by: HashMap::new(),
                all: 0,
            }),
        })
    }

    /// Takes a place.
    ///
    /// # Errors
    /// [`NoPlace`] when none is left, or none for whoever asks.
    pub(crate) fn take(self: &Arc<Self>, by: K) -> Result<Place<K>, NoPlace> {
        let mut taken = self.lock();
        if taken.by.get(&by).is_some_and(|of| *of >= self.of_one) {
            return Err(NoPlace::ForOne);
        }
        if taken.all >= self.all {
            return Err(NoPlace::Left);
        }
        taken.all += 1;
        *taken.by.entry(by.clone()).or_default() += 1;
        Ok(Place {
            by: Some(by),
            places: Arc::clone(self),
        })
    }

    /// Takes a place of all, by somebody who has no share: she speaks for many.
    ///
    /// # Errors
    /// [`NoPlace::Left`].
    pub(crate) fn take_of_all(self: &Arc<Self>) -> Result<Place<K>, NoPlace> {
        let mut taken = self.lock();
        if taken.all >= self.all {
            return Err(NoPlace::Left);
        }
        taken.all += 1;
        Ok(Place {
            by: None,
            places: Arc::clone(self),
        })
    }
}

impl<K: Eq + Hash> Places<K> {
    /// How many are taken.
    pub(crate) fn taken(&self) -> usize {
        self.lock().all
    }

    /// Nothing under this lock panics half way.
    fn lock(&self) -> MutexGuard<'_, Taken<K>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash> Drop for Place<K> {
    fn drop(&mut self) {
        let mut taken = self.places.lock();
        taken.all -= 1;
        let Some(by) = &self.by else {
            return;
        };
        if let Some(of) = taken.by.get_mut(by) {
            *of -= 1;
            if *of == 0 {
                taken.by.remove(by);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_takes_a_share_and_leaves_the_rest_to_others() {
        let places = Places::new(3, 2);

        let mut greedy = vec![places.take("greedy").ok(), places.take("greedy").ok()];

        assert_eq!(places.take("greedy").err(), Some(NoPlace::ForOne));
        let other = places.take("other");
        assert!(other.is_ok());
        assert_eq!(places.take("third").err(), Some(NoPlace::Left));
        assert_eq!(places.taken(), 3);
        greedy.pop();
        assert!(places.take("third").is_ok());
    }
}
