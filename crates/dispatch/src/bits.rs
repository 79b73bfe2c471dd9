//! A set of small numbers, one bit each.

/// A set of numbers below a few thousand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bits(Vec<u64>);

const WORD: usize = 64;

impl Bits {
    pub(crate) fn insert(&mut self, number: usize) {
        let word = number / WORD;
        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (number % WORD);
    }

    pub(crate) fn remove(&mut self, number: usize) {
        if let Some(word) = self.0.get_mut(number / WORD) {
            *word &= !(1 << (number % WORD));
        }
    }

    pub(crate) fn contains(&self, number: usize) -> bool {
        self.0
            .get(number / WORD)
            .is_some_and(|word| word & (1 << (number % WORD)) != 0)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    pub(crate) fn clear(&mut self) {
        self.0.fill(0);
    }

    /// How many words of 64 numbers it has.
    pub(crate) const fn words(&self) -> usize {
        self.0.len()
    }

    /// The numbers from `64 * at` on, one bit each.
    pub(crate) fn word(&self, at: usize) -> u64 {
        self.0.get(at).copied().unwrap_or(0)
    }

    pub(crate) fn set_word(&mut self, at: usize, word: u64) {
        if at >= self.0.len() {
            self.0.resize(at + 1, 0);
        }
        self.0[at] = word;
    }

    pub(crate) fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(a, b)| a & b != 0)
    }

    /// Whether all three sets have a number in common.
    pub(crate) fn meets_both(&self, other: &Self, third: &Self) -> bool {
        let words = self.0.iter().zip(&other.0).zip(&third.0);
        words.into_iter().any(|((a, b), c)| a & b & c != 0)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0
            .iter()
            .enumerate()
            .flat_map(|(at, word)| ones(at, *word))
    }

    /// The numbers that are in both sets.
    pub(crate) fn common<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = usize> + 'a {
        self.0
            .iter()
            .zip(&other.0)
            .enumerate()
            .flat_map(|(at, (a, b))| ones(at, a & b))
    }
}

fn ones(at: usize, mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        if word == 0 {
            return None;
        }
        let bit = word.trailing_zeros() as usize;
        word &= word - 1;
        Some(at * WORD + bit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_on_both_sides_of_a_word_are_kept_apart() {
        let mut bits = Bits::default();
        for number in [0, 63, 64, 200] {
            bits.insert(number);
        }
        bits.remove(63);

        assert_eq!(bits.iter().collect::<Vec<_>>(), [0, 64, 200]);
        assert!(bits.contains(200) && !bits.contains(63) && !bits.contains(1_000));
    }

    #[test]
    fn only_numbers_in_both_sets_are_common() {
        let (mut one, mut other) = (Bits::default(), Bits::default());
        one.insert(3);
        one.insert(70);
        other.insert(70);
        other.insert(150);

        assert_eq!(one.common(&other).collect::<Vec<_>>(), [70]);
        assert!(one.meets(&other));
        other.remove(70);
        assert!(!one.meets(&other));
    }
}
