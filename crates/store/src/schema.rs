use rusqlite::{Connection, Error};

/// The newest arrangement of tables, kept as SQLite's `user_version`. Since 2 entries lie in slots,
/// and what is sealed is padded.
pub(crate) const SCHEMA: u32 = 2;
/// The oldest arrangement that is read.
pub(crate) const SCHEMA_OLDEST: u32 = 1;

/// How the file is used. With exclusive locking there is no shared-memory file, and a second
/// process is refused. Entries are written one after the other: a cache of 512 KiB does for them,
/// and the deletion of 100,000 of them fills no more.
const SETTINGS: &str = "
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA secure_delete = ON;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -512;
    PRAGMA foreign_keys = ON;
    PRAGMA trusted_schema = OFF;
";

const TABLES: &str = "
    CREATE TABLE start (
        node INTEGER PRIMARY KEY CHECK (node = 1),
        count INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE snapshot (
        node INTEGER PRIMARY KEY CHECK (node = 1),
        format INTEGER NOT NULL,
        sealed BLOB NOT NULL
    ) STRICT;
    CREATE TABLE entry (
        slot INTEGER PRIMARY KEY,
        format INTEGER NOT NULL,
        sealed BLOB NOT NULL,
        skipped INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE TABLE binding (
        name BLOB PRIMARY KEY,
        sealed BLOB NOT NULL
    ) STRICT;
";

const WITHOUT_TABLES: &str = "
    DROP TABLE start;
    DROP TABLE snapshot;
    DROP TABLE entry;
    DROP TABLE binding;
";

/// Takes the file for this process alone and sets how it is used.
pub(crate) fn configure(connection: &Connection) -> Result<(), Error> {
    connection.busy_timeout(std::time::Duration::ZERO)?;
    connection.execute_batch(SETTINGS)
}

/// The arrangement of tables that is found; 0 in an empty file.
pub(crate) fn found(connection: &Connection) -> Result<u32, Error> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Makes the tables.
pub(crate) fn create(connection: &Connection) -> Result<(), Error> {
    connection.execute_batch(TABLES)?;
    connection.pragma_update(None, "user_version", SCHEMA)
}

/// Takes the tables of any arrangement away.
pub(crate) fn drop_tables(connection: &Connection) -> Result<(), Error> {
    connection.execute_batch(WITHOUT_TABLES)
}
