use std::error::Error;

use dispatch::Seq;

use crate::{Entry, Snapshot};

/// What the signalling thread asks of whoever writes the journal. Orders are carried out in the order they were given.
#[derive(Clone, Debug)]
pub enum Order {
    /// An entry is to be written.
    Append(Entry),
    /// A snapshot is to be written, and the entries that it covers are to be deleted, in one transaction.
    Snapshot(Box<Snapshot>),
}

/// What became of orders.
#[derive(Debug)]
pub enum Report {
    /// Every entry up to this one is on disk.
    Committed {
        /// The last of them.
        through: Seq,
    },
    /// Entries could not be written. Whoever writes drops every further entry until a snapshot was written.
    CommitFailed(JournalError),
    /// A snapshot is on disk and the entries it covers are gone.
    SnapshotWritten {
        /// The last entry that it covers.
        through: Seq,
    },
    /// A snapshot could not be written; the older one and the entries still stand.
    SnapshotFailed(JournalError),
}

/// Why a journal could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// No room is left.
    #[error("the disk under {place} is full")]
    Full {
        /// The file or folder.
        place: String,
    },
    /// Nothing may be written there.
    #[error("{place} may not be written: it is read-only or belongs to somebody else")]
    ReadOnly {
        /// The file or folder.
        place: String,
    },
    /// Another process has it open.
    #[error("{place} is in use by another process; one folder serves one node")]
    Locked {
        /// The file or folder.
        place: String,
    },
    /// It was written by a newer release.
    #[error("{place} has format {found}, this release reads {oldest} to {newest}")]
    Format {
        /// The file.
        place: String,
        /// The format number that was found.
        found: u32,
        /// The oldest that can be read.
        oldest: u32,
        /// The newest that can be read.
        newest: u32,
    },
    /// What is in it cannot be read.
    #[error("{place} is damaged or was written under another key: {what}")]
    Damaged {
        /// The file.
        place: String,
        /// Which part.
        what: &'static str,
    },
    /// The disk or the database failed in another way.
    #[error("{place} could not be used")]
    Failed {
        /// The file or folder.
        place: String,
        /// What was reported.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
}
