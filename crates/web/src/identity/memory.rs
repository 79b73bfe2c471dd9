//! The memory that passwords are hashed in: kept, since 19 MiB that are asked for anew each time
//! come from another place each time and stay with the process.

use std::fmt;
use std::sync::Mutex;

use argon2::Block;

use super::lock;

/// As many pieces as are used at once.
#[derive(Default)]
pub(super) struct Memory(Mutex<Vec<Vec<Block>>>);

impl Memory {
    /// Lends so many blocks. Nothing of what was computed in them is left afterwards.
    pub(super) fn lend<T>(&self, blocks: usize, work: impl FnOnce(&mut [Block]) -> T) -> T {
        let mut piece = lock(&self.0).pop().unwrap_or_default();
        if piece.len() < blocks {
            piece.resize(blocks, Block::new());
        }
        let lent = &mut piece[..blocks];
        let outcome = work(lent);
        lent.fill(Block::new());
        lock(&self.0).push(piece);
        outcome
    }

    /// How many words are left that are not zero, and how many pieces are kept.
    #[cfg(test)]
    pub(super) fn left(&self) -> (usize, usize) {
        let pieces = lock(&self.0);
        let words = pieces
            .iter()
            .flatten()
            .flat_map(|block| block.as_ref().iter());
        (words.filter(|word| **word != 0).count(), pieces.len())
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memory(..)")
    }
}
