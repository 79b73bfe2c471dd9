//! Which counts of which nonces were used, in bounded memory.

use super::NONCES_MAX;
use std::collections::BTreeMap;

/// How far behind the highest count of a nonce another may come, since requests overtake each other.
const COUNTS_BEHIND_MAX: u32 = u64::BITS;

/// When a nonce was made, in seconds, and its number: nonces are ordered by it.
pub(crate) type Issue = (u64, u32);

#[derive(Clone, Copy)]
struct Counts {
    highest: u32,
    /// Bit `n` is set when `highest - n` was used.
    used: u64,
}

impl Counts {
    const fn new(count: u32) -> Self {
        Self {
            highest: count,
            used: 1,
        }
    }

    /// Marks a count; false when it was used, or is too old to tell.
    const fn mark(&mut self, count: u32) -> bool {
        if count > self.highest {
            let ahead = count - self.highest;
            self.used = if ahead < COUNTS_BEHIND_MAX {
                self.used << ahead | 1
            } else {
                1
            };
            self.highest = count;
            return true;
        }
        let behind = self.highest - count;
        if behind >= COUNTS_BEHIND_MAX || self.used >> behind & 1 == 1 {
            return false;
        }
        self.used |= 1 << behind;
        true
    }
}

/// The nonces in use. When it is full the oldest goes, and from then on no nonce as old as that one is believed.
#[derive(Clone, Default)]
pub(super) struct Window {
    nonces: BTreeMap<Issue, Counts>,
    forgotten: Option<Issue>,
}

impl Window {
    /// Marks a count of a nonce; false when it was used before or when that can no longer be told.
    pub(super) fn mark(&mut self, issue: Issue, count: u32) -> bool {
        if let Some(counts) = self.nonces.get_mut(&issue) {
            return counts.mark(count);
        }
        if self.forgotten.is_some_and(|forgotten| issue <= forgotten) {
            return false;
        }
        self.nonces.insert(issue, Counts::new(count));
        if self.nonces.len() > NONCES_MAX {
            self.forgotten = self
                .nonces
                .pop_first()
                .map(|(oldest, _)| oldest)
                .max(self.forgotten);
        }
        self.nonces.contains_key(&issue)
    }

    /// Forgets nonces made before that second; they are too old to be used again.
    pub(super) fn forget_before(&mut self, second: u64) {
        while let Some(oldest) = self
            .nonces
            .first_entry()
            .filter(|oldest| oldest.key().0 < second)
        {
            self.forgotten = Some(*oldest.key()).max(self.forgotten);
            oldest.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_taken_once_and_may_come_late() {
        let mut window = Window::default();

        assert!(window.mark((1, 1), 1));
        assert!(window.mark((1, 1), 3));
        assert!(window.mark((1, 1), 2));
        assert!(!window.mark((1, 1), 2));
        assert!(!window.mark((1, 1), 3));
        assert!(window.mark((1, 1), 300));
        assert!(!window.mark((1, 1), 236));
        assert!(window.mark((1, 1), 237));
        assert!(window.mark((1, 1), u32::MAX));
    }

    #[test]
    fn a_forgotten_nonce_is_not_taken_for_a_new_one() {
        let mut window = Window::default();
        for number in 0..=u32::try_from(NONCES_MAX).unwrap() {
            assert!(window.mark((1, number), 1));
        }

        assert_eq!(window.nonces.len(), NONCES_MAX);
        assert!(!window.mark((1, 0), 1));
        assert!(!window.mark((0, 9), 1));
        assert!(window.mark((1, 1), 2));
    }
}
