//! The numbers an engine draws: SSRCs, first sequence numbers, spread of its reports.

use std::hash::{DefaultHasher, Hash, Hasher};

/// A keyed hash of a counter: without the seed, what was seen says nothing about what comes.
pub(crate) struct Chance {
    seed: [u64; 2],
    drawn: u64,
}

impl Chance {
    pub(crate) fn new(seed: [u64; 2]) -> Self {
        Self { seed, drawn: 0 }
    }

    pub(crate) fn draw(&mut self) -> u64 {
        self.drawn = self.drawn.wrapping_add(1);
        let mut hasher = DefaultHasher::new();
        (self.seed, self.drawn).hash(&mut hasher);
        hasher.finish()
    }

    /// Draws a number below a limit; 0 when the limit is 0.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.draw().checked_rem(limit).unwrap_or(0)
    }
}
