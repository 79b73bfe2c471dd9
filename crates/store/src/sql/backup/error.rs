use crate::sql::Fault;

/// A backup that could not be made or restored. Nothing of it is in the database.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file could not be written.
    #[error("the backup cannot be written")]
    Write(#[source] std::io::Error),
    /// The file could not be read.
    #[error("the backup cannot be read")]
    Read(#[source] std::io::Error),
    /// The file was made by something else.
    #[error("the file is no backup of Linka")]
    Foreign,
    /// The file has a format that this release does not read.
    #[error("the backup has format {found}; this release reads {known}")]
    Format {
        /// Its format.
        found: u32,
        /// The format that is read.
        known: u32,
    },
    /// The key does not open the file's beginning.
    #[error(
        "the key does not open the backup: it was made with another one, or its beginning was changed"
    )]
    Key,
    /// Part of the file is not what was written there.
    #[error("the backup is damaged: its part {0} is not what was written there")]
    Changed(u64),
    /// The file ends too early.
    #[error("the backup is cut off in its part {0}")]
    Cut(u64),
    /// The file goes on behind its end.
    #[error("the backup goes on behind its end")]
    Longer,
    /// What was sealed is not what this release writes.
    #[error("the backup holds what this release does not know")]
    Malformed,
    /// A chunk would be longer than may be read.
    #[error("a row is too large for a backup")]
    TooLarge,
    /// There is something in the database.
    #[error(
        "the database is not empty: there is something in its table {0}; a backup goes into a new one"
    )]
    NotEmpty(&'static str),
    /// The database refused.
    #[error("the records database failed")]
    Database(#[source] Fault),
}
