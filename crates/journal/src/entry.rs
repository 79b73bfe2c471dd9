use dispatch::{Moment, Seq};

use crate::Fact;

/// A fact with its number and time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number, one more than that of the entry before.
    pub seq: Seq,
    /// When it was appended; never before the entry before it.
    pub at: Moment,
    /// What happened.
    pub fact: Fact,
    /// Whether it is on disk.
    pub saved: Saved,
}

/// Whether an entry was on disk when it was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It was committed first.
    Saved,
    /// The disk was sick: it was applied from memory, and would not survive a crash before the next snapshot.
    Unsaved,
}
