//! Seeded chance: the same seed plays the same callers.

/// xorshift64* (Vigna 2016): plenty for callers who come at random.
pub(crate) struct Chance(u64);

impl Chance {
    /// Any seed will do.
    pub(crate) fn new(seed: u64) -> Self {
        // An even spread of small seeds, and never the one state xorshift stays in.
        Self(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number of the range, its end left out.
    pub(crate) fn between(&mut self, from: u64, to: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        from + (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) % (to - from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_its_numbers_and_another_seed_has_others() {
        let numbers = |seed| {
            let mut chance = Chance::new(seed);
            (0..20)
                .map(|_| chance.between(5, 1_000))
                .collect::<Vec<_>>()
        };

        assert_eq!(numbers(7), numbers(7));
        assert_ne!(numbers(7), numbers(8));
        assert!(numbers(7).iter().all(|number| (5..1_000).contains(number)));
    }
}
