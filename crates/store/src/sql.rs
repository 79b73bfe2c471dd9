//! The records database: counts, anonymous rows and tables, accounts, sessions, keys and the audit,
//! in SQLite or in PostgreSQL 15 and later.
//!
//! Everything is written once, against [`Backend`] and [`Transaction`]: statements with `$n`
//! parameters that mean the same in both databases, and three kinds of value (whole numbers, text,
//! bytes). What differs is how a database is opened, its migrations, and how deleted content is
//! made to go away. No operation of a call waits for this database.
//!
//! # What the files tell
//!
//! No row says when it was written, and no key counts rows in the order of writing, except in the
//! audit, where that order is the point. SQLite overwrites what is deleted (`secure_delete`) and
//! its log of writes is emptied whenever a period was written or something was erased. PostgreSQL
//! cannot promise as much: its log of writes has the time of every commit, and its heap the order
//! of rows, so an archive of that log must not be kept; a dump has neither.

mod accounts;
mod acts;
mod api_keys;
mod audit;
mod audit_key;
mod backend;
mod backup;
mod cells;
mod chain;
mod contents;
mod counts;
mod devices;
mod error;
mod hours;
mod late;
mod migrations;
mod named;
mod names;
mod open;
mod period;
mod postgres;
mod sessions;
mod small;
mod sqlite;
mod store;
mod whole;
mod withdrawn;

pub use accounts::{
    ACCOUNTS_MAX, Account, AccountChange, AccountId, AccountStanding, AccountStore, Advance,
    PasswordChange, PasswordHash, Pinning, ProviderPin, Role, SealedTotp, TotpStep,
};
pub use acts::{ActStore, AuditDay};
pub use api_keys::{
    API_KEYS_ENDED_MAX, API_KEYS_LIVE_MAX, ApiKey, ApiKeyId, ApiKeyStanding, ApiKeyStore, Scope,
};
pub use audit::{AUDIT_ENTRIES_READ_MAX, AuditBeginning, AuditStore, SignedAnchor};
pub use audit_key::AuditKey;
pub use backend::{Backend, Cell, Row, Transaction, Value};
pub use backup::{
    BACKUP_CHUNK_BYTES_MAX, BACKUP_KEY_BYTES, BACKUP_ROWS, BackedUp, BackupError, BackupKey,
    BackupStore, check_backup,
};
pub use chain::{AuditAnchor, AuditEntry, AuditPayload, ChainBroken, Hash, verify};
pub use contents::{CELLS_READ_MAX, ROWS_READ_MAX, RecordStore};
pub use counts::{ArrivedCount, CountStore};
pub use devices::{DEVICES_PER_ACCOUNT_MAX, DeviceStore, KnownDevice};
pub use error::{Cause, Fault, OpenError, StoreError};
pub use hours::{HourStore, LocalHour};
pub use late::LateStore;
pub use names::NAME_CHARACTERS_MAX;
pub use open::{Database, LINKA_DB, open};
pub use postgres::{
    CONNECT_TIMEOUT, CONNECTIONS_MAX, POSTGRES_OLDEST, Postgres, STATEMENT_TIMEOUT,
};
pub use sessions::{
    DeviceKind, OpenedBy, SESSIONS_PER_ACCOUNT_MAX, Session, SessionStanding, SessionStore,
    TokenHash, UnixSeconds,
};
pub use sqlite::{BUSY_TIMEOUT, Sqlite};
pub use store::{OPERATION_TIMEOUT, PostgresStore, SqlStore, SqliteStore, Store};
pub use whole::{AuditFault, WholeAudit, verify_audit};
pub use withdrawn::{Withdrawn, WithdrawnStore};
