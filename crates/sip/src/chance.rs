//! Chance from a seed: tags, branches, Call-IDs, nonces and spread of delays.

use sha2::{Digest as _, Sha256};

/// A generator whose output cannot be predicted without its seed: SHA-256 of seed and counter.
pub(crate) struct Chance {
    seed: [u8; 32],
    counter: u64,
    block: [u8; 32],
    used: usize,
}

const WORD: usize = 8;

impl Chance {
    pub(crate) const fn new(seed: [u8; 32]) -> Self {
        Self {
            seed,
            counter: 0,
            block: [0; 32],
            used: 32,
        }
    }

    /// Eight bytes of the stream.
    pub(crate) fn word(&mut self) -> u64 {
        if self.used + WORD > self.block.len() {
            self.refill();
        }
        let mut word = [0; WORD];
        word.copy_from_slice(&self.block[self.used..self.used + WORD]);
        self.used += WORD;
        u64::from_le_bytes(word)
    }

    /// A number below `bound`, which must not be 0. The bias is below 2⁻³² for the small bounds used here.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.word() % bound.max(1)
    }

    /// A secret of its own for one purpose, so that one part cannot reveal the stream of another.
    pub(crate) fn derive(&self, purpose: &str) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.seed);
        hash.update(purpose.as_bytes());
        hash.finalize().into()
    }

    fn refill(&mut self) {
        let mut hash = Sha256::new();
        hash.update(self.seed);
        hash.update(self.counter.to_le_bytes());
        self.block = hash.finalize().into();
        self.counter += 1;
        self.used = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_words() {
        let (mut one, mut two) = (Chance::new([7; 32]), Chance::new([7; 32]));

        let first: Vec<u64> = (0..9).map(|_| one.word()).collect();
        let second: Vec<u64> = (0..9).map(|_| two.word()).collect();

        assert_eq!(first, second);
    }

    #[test]
    fn words_do_not_repeat_and_differ_between_seeds() {
        let (mut one, mut two) = (Chance::new([1; 32]), Chance::new([2; 32]));

        let mut words: Vec<u64> = (0..500).map(|_| one.word()).collect();
        words.extend((0..500).map(|_| two.word()));
        words.sort();
        words.dedup();

        assert_eq!(words.len(), 1000);
    }

    #[test]
    fn numbers_stay_below_their_bound() {
        let mut chance = Chance::new([3; 32]);

        assert!((0..1000).all(|_| chance.below(7) < 7));
        assert_eq!(chance.below(0), 0);
    }
}
