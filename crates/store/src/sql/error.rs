use std::fmt;

/// An operation that failed. Nothing of it is in the database, unless [`Fault::Lingers`] says otherwise.
#[derive(Debug, thiserror::Error)]
#[error("{attempted} failed")]
pub struct StoreError {
    attempted: String,
    #[source]
    fault: Fault,
}

impl StoreError {
    /// What went wrong.
    #[must_use]
    pub const fn fault(&self) -> &Fault {
        &self.fault
    }

    pub(super) const fn new(attempted: String, fault: Fault) -> Self {
        Self { attempted, fault }
    }
}

/// Why an operation failed.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The database did not do it, or could not be reached.
    #[error("the database refused or could not be reached")]
    Database(#[source] Cause),
    /// Nobody could open the database so far.
    #[error("the database is not open yet")]
    NotOpen,
    /// It took longer than [`OPERATION_TIMEOUT`](super::OPERATION_TIMEOUT).
    #[error("the database gave no answer in time")]
    Late,
    /// A row holds what no release writes.
    #[error("the database holds what Linka never writes: {0}")]
    Damaged(&'static str),
    /// An entry of the audit has no longer the form of one.
    #[error("audit entry {seq} is not what was written: {why}")]
    DamagedEntry {
        /// Its place in the chain.
        seq: u64,
        /// What it lacks.
        why: &'static str,
    },
    /// A number does not fit into the database.
    #[error("a number is too large for the database")]
    TooLarge,
    /// Something with that name or key is there already.
    #[error("that name or key is taken")]
    Taken,
    /// A name is not of the form that names have.
    #[error("{0}")]
    Invalid(&'static str),
    /// There are as many of these as there may be.
    #[error("there are {0} already, and there may be no more")]
    Full(u64),
    /// There is more of it than is read at once.
    #[error("there are more than {0}: ask for fewer days")]
    TooMany(u64),
    /// Nobody would be left who may change anything.
    #[error("no other active administrator would be left")]
    LastAdministrator,
    /// It names something that is not there.
    #[error("there is no such thing")]
    Unknown,
    /// It was done, but deleted content may still be in the log of writes, because another process
    /// reads the file. Doing it again is safe.
    #[error("done, but another process keeps deleted content in the log of writes")]
    Lingers,
}

/// What the database said.
pub struct Cause(sqlx::Error);

// The driver's own `Debug` shows rows.
impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl std::error::Error for Cause {}

impl From<sqlx::Error> for Cause {
    fn from(error: sqlx::Error) -> Self {
        Self(error)
    }
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        let database = error.as_database_error();
        if database.is_some_and(|error| error.is_unique_violation()) {
            return Self::Taken;
        }
        if database.is_some_and(|error| error.is_foreign_key_violation()) {
            return Self::Unknown;
        }
        Self::Database(Cause(error))
    }
}

/// A database that could not be opened. No sentence shows a password.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address of a PostgreSQL database cannot be read.
    #[error("the address of the PostgreSQL database cannot be read")]
    Address(#[source] Cause),
    /// The file could not be made.
    #[error("{place} could not be made")]
    File {
        /// Which.
        place: String,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// It could not be reached or read.
    #[error("{place} could not be opened")]
    Connect {
        /// Which.
        place: String,
        /// Why.
        #[source]
        cause: Cause,
    },
    /// Small months could not be joined as today's rules want it.
    #[error("small months in the records database could not be joined with the next ones")]
    Join(#[source] Fault),
    /// The server is older than those Linka is tested with.
    #[error("{place} is PostgreSQL {found}; Linka needs {oldest} or later")]
    TooOld {
        /// Which.
        place: String,
        /// Its main version.
        found: i64,
        /// The oldest main version that will do.
        oldest: i64,
    },
    /// A newer release has changed the tables.
    #[error(
        "{place} has tables of version {found}, written by a newer release; this one knows versions up to {known}"
    )]
    Newer {
        /// Which.
        place: String,
        /// The version that is not known.
        found: i64,
        /// The newest that is.
        known: i64,
    },
    /// The tables could not be brought up to date.
    #[error("the tables of {place} could not be brought up to date")]
    Migration {
        /// Which.
        place: String,
        /// Why.
        #[source]
        cause: Cause,
    },
}
