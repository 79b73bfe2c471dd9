use dispatch::Seq;

use crate::{Entry, JournalError, Snapshot};

/// The newest format of entries and snapshots; what is written has this one. Since 4 the sums of
/// today are in no snapshot, a step on call names whom it calls, and operators may have a wrap-up
/// of their own. Since 5 a line says what its callers need, and a contact who passed it at home and
/// when a need was chosen. Since 6 an operator's intent says by what way it came. Since 7 contents
/// that settled are in no order, and a month that ended waits for those of its calls.
pub const FORMAT: u32 = 8;
/// The oldest format that is read: what is delivered reads its own and the one before at least.
pub const FORMAT_OLDEST: u32 = 3;
/// How many entries one commit takes at most.
pub const ENTRIES_PER_COMMIT_MAX: usize = 2_048;

/// Where entries and snapshots are kept: the seam to a cluster. The same log in a store that
/// several nodes share gives every node the same state.
///
/// Everything that returns `Ok` survives a crash of the process and of the machine, but for the
/// marks of a replay, which need only survive the process.
pub trait Journal {
    /// Reads the newest snapshot and the entries after it.
    ///
    /// # Errors
    /// [`JournalError`] when they cannot be read or were written by a newer release.
    fn load(&mut self) -> Result<Loaded, JournalError>;

    /// Writes entries at the end, all of them or none.
    ///
    /// # Errors
    /// [`JournalError`] when they could not be written. They may be there all the same: only a
    /// snapshot that covers them tells.
    fn append(&mut self, entries: &[Entry]) -> Result<(), JournalError>;

    /// Writes a snapshot and deletes the entries that it covers, in one transaction, so that
    /// neither can be read again from the disk.
    ///
    /// # Errors
    /// [`JournalError`] when it could not be written; the older snapshot and the entries stand.
    fn write_snapshot(&mut self, snapshot: &Snapshot) -> Result<(), JournalError>;

    /// Marks that the replay of an entry begins, for the `times`-th time in a row.
    ///
    /// # Errors
    /// [`JournalError`] when the mark could not be written.
    fn mark_replay(&mut self, seq: Seq, times: u32) -> Result<(), JournalError>;

    /// Removes the mark: the replay is over.
    ///
    /// # Errors
    /// [`JournalError`] when the mark could not be removed.
    fn end_replay(&mut self) -> Result<(), JournalError>;

    /// Marks an entry as skipped, for this and every later replay.
    ///
    /// # Errors
    /// [`JournalError`] when that could not be written.
    fn skip(&mut self, seq: Seq) -> Result<(), JournalError>;
}

/// What a journal holds at the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// The newest snapshot.
    pub snapshot: Option<Snapshot>,
    /// The entries after it, in order.
    pub tail: Vec<TailEntry>,
    /// The mark of a replay that did not end.
    pub crash: Option<Crash>,
}

/// An entry after the snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TailEntry {
    /// The entry.
    pub entry: Entry,
    /// Whether replay takes it.
    pub fate: Fate,
}

/// Whether replay takes an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is applied.
    Applied,
    /// It crashed replay twice and is passed.
    Skipped,
}

/// The entry at which a replay ended without ending well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crash {
    /// Which entry.
    pub seq: Seq,
    /// How often in a row.
    pub times: u32,
}
