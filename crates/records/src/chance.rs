use sha2::{Digest, Sha256};

/// How many bytes the seed has.
pub const SEED_BYTES: usize = 32;

/// Chance for keys and order of rows: the n-th block is SHA-256(seed ‖ n as 8 bytes, little-endian), n from 0.
///
/// The seed is fresh for each period and forgotten with it: who knew it could undo the order.
#[derive(Debug)]
pub(crate) struct Chance {
    seed: [u8; SEED_BYTES],
    next: u64,
}

impl Chance {
    pub(crate) const fn new(seed: [u8; SEED_BYTES]) -> Self {
        Self { seed, next: 0 }
    }

    /// The next 128 bits.
    pub(crate) fn draw(&mut self) -> u128 {
        let mut hash = Sha256::new();
        hash.update(self.seed);
        hash.update(self.next.to_le_bytes());
        self.next += 1;
        let block: [u8; SEED_BYTES] = hash.finalize().into();
        let mut drawn = [0; 16];
        drawn.copy_from_slice(&block[..16]);
        u128::from_le_bytes(drawn)
    }

    /// Brings values into an order by chance (Fisher and Yates). Of 128 bits no remainder is noticeably likelier.
    pub(crate) fn shuffle<T>(&mut self, values: &mut [T]) {
        for last in (1..values.len()).rev() {
            let other = self.draw() % (last as u128 + 1);
            values.swap(last, usize::try_from(other).unwrap_or(last));
        }
    }
}
