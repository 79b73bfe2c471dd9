use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::Errno;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, Row as _, TypeInfo as _, ValueRef as _};

use super::backend::{bind, read_row};
use super::{Backend, Cell, Fault, OpenError, Row, Transaction, Value, migrations};

/// How long a statement waits for another process that has the file.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// The room without which the file is not opened: SQLite maps 32 KiB of memory that it shares
/// between processes from a file of that length with holes, and who writes to a hole of it on a
/// full disk is killed by SIGBUS.
const ROOM_BYTES: u64 = 64 * 1024;

/// An SQLite file.
///
/// One connection does everything in turn: what is written here is small and never in a call's
/// path, and no reader of our own can hold back the emptying of the log of writes.
#[derive(Debug)]
pub struct Sqlite(SqlitePool);

impl Sqlite {
    /// Opens the file, made readable for its owner alone if there is none, and brings its tables up to date.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(path: &Path) -> Result<Self, OpenError> {
        let place = path.display().to_string();
        let turn = turn(path).await.map_err(|cause| OpenError::File {
            place: place.clone(),
            cause,
        })?;
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .acquire_timeout(BUSY_TIMEOUT)
            .connect_with(options(path))
            .await;
        let pool = pool.map_err(|error| OpenError::Connect {
            place: place.clone(),
            cause: error.into(),
        })?;
        let migrated = migrations::sqlite().run(&pool).await;
        drop(turn);
        migrated.map_err(|error| migrations::explain(place, error))?;
        Ok(Self(pool))
    }
}

/// Opens a file, made if there is none, so that only its owner may read it; what SQLite puts beside
/// it has the same mode.
fn open_private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true).mode(0o600);
    options.open(path)
}

/// Makes the file if there is none, waits until no other process opens it, and keeps others
/// waiting: neither the change to a log of writes nor the migrations wait for a lock of SQLite's
/// own. The lock is a file beside it, since closing a second handle of the file itself would end
/// SQLite's own locks. Fails where the disk has no room for what SQLite maps.
async fn turn(path: &Path) -> std::io::Result<File> {
    let path = path.to_owned();
    // A disk that hangs keeps nothing waiting but this.
    let locked = tokio::task::spawn_blocking(move || {
        open_private(&path)?;
        let file = open_private(&path.with_extension("db-opening"))?;
        file.lock()?;
        has_room(&file)?;
        Ok(file)
    });
    locked.await.map_err(std::io::Error::other)?
}

/// Takes the room of what SQLite maps, and gives it back.
fn has_room(beside: &File) -> std::io::Result<()> {
    let taken = fallocate(beside, FallocateFlags::empty(), 0, ROOM_BYTES);
    beside.set_len(0)?;
    match taken {
        // Not every file system reserves.
        Err(Errno::OPNOTSUPP) => Ok(()),
        taken => Ok(taken?),
    }
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        .pragma("secure_delete", "ON")
        .pragma("temp_store", "MEMORY")
        .pragma("trusted_schema", "OFF")
        .disable_statement_logging()
}

#[async_trait]
impl Backend for Sqlite {
    async fn begin(&self) -> Result<Box<dyn Transaction>, Fault> {
        Ok(Box::new(Under(self.0.begin_with("BEGIN IMMEDIATE").await?)))
    }

    async fn read(&self) -> Result<Box<dyn Transaction>, Fault> {
        Ok(Box::new(Under(self.0.begin().await?)))
    }

    async fn settle(&self) -> Result<(), Fault> {
        let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
        let busy: i64 = sqlx::query_scalar(sql).fetch_one(&self.0).await?;
        if busy == 0 {
            return Ok(());
        }
        Err(Fault::Lingers)
    }

    async fn close(&self) {
        self.0.close().await;
    }
}

/// A transaction of SQLite.
struct Under(sqlx::Transaction<'static, sqlx::Sqlite>);

#[async_trait]
impl Transaction for Under {
    async fn execute(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, Fault> {
        let done = bind!(sql, values).execute(&mut *self.0).await?;
        Ok(done.rows_affected())
    }

    async fn rows(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<Row>, Fault> {
        let rows = bind!(sql, values).fetch_all(&mut *self.0).await?;
        rows.iter().map(read).collect()
    }

    async fn commit(self: Box<Self>) -> Result<(), Fault> {
        Ok(self.0.commit().await?)
    }
}

fn read(row: &SqliteRow) -> Result<Row, Fault> {
    read_row!(row, "INTEGER", "TEXT", "BLOB")
}
