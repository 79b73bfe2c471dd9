use std::time::Duration;

use async_trait::async_trait;

use super::{
    AccountStore, ActStore, ApiKeyStore, AuditStore, Backend, BackupStore, CountStore, DeviceStore,
    Fault, HourStore, Postgres, RecordStore, Row, SessionStore, Sqlite, StoreError, Transaction,
    Value, WithdrawnStore,
};

/// How long an operation may take before the caller is told that it failed.
pub const OPERATION_TIMEOUT: Duration = Duration::from_secs(30);

/// Counts, records, directory and audit, whatever database they are in.
#[async_trait]
pub trait Store:
    AccountStore
    + ActStore
    + ApiKeyStore
    + AuditStore
    + BackupStore
    + CountStore
    + DeviceStore
    + HourStore
    + RecordStore
    + WithdrawnStore
    + SessionStore
{
    /// Looks whether it can be read and written now: takes the turn to change the directory and
    /// gives it back, and leaves nothing behind.
    ///
    /// # Errors
    /// [`StoreError`] when it does not answer, or takes no writing.
    async fn look(&self) -> Result<(), StoreError>;

    /// Ends all connections, and waits until they have ended. What comes later fails.
    async fn close(&self);
}

#[async_trait]
impl<B: Backend> Store for SqlStore<B> {
    async fn look(&self) -> Result<(), StoreError> {
        let attempted = || "look whether the database can be written".to_owned();
        attempt(attempted, async {
            let mut work = self.backend.begin().await?;
            take_turn(&mut *work).await
        })
        .await
    }

    async fn close(&self) {
        self.backend.close().await;
    }
}

/// The store in a database.
#[derive(Debug)]
pub struct SqlStore<B> {
    pub(super) backend: B,
}

/// The store in an SQLite file.
pub type SqliteStore = SqlStore<Sqlite>;
/// The store in a PostgreSQL database.
pub type PostgresStore = SqlStore<Postgres>;

impl<B: Backend> SqlStore<B> {
    /// The store in a database that is open.
    pub const fn over(backend: B) -> Self {
        Self { backend }
    }

    /// What a statement reads.
    pub(super) async fn look_up(
        &self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, Fault> {
        self.backend.read().await?.rows(sql, values).await
    }

    /// Carries out a statement, whether it touches a row or not.
    pub(super) async fn write(&self, sql: &'static str, values: &[Value<'_>]) -> Result<(), Fault> {
        let mut work = self.backend.begin().await?;
        work.execute(sql, values).await?;
        work.commit().await
    }

    /// Carries out a statement that has to touch a row.
    pub(super) async fn touch(&self, sql: &'static str, values: &[Value<'_>]) -> Result<(), Fault> {
        let mut work = self.backend.begin().await?;
        if work.execute(sql, values).await? == 0 {
            return Err(Fault::Unknown);
        }
        work.commit().await
    }
}

/// Does what was attempted within [`OPERATION_TIMEOUT`], and names it when it fails.
pub(super) async fn attempt<T>(
    attempted: impl FnOnce() -> String + Send,
    operation: impl Future<Output = Result<T, Fault>> + Send,
) -> Result<T, StoreError> {
    // A server that is cut off answers nothing, not even its own time limit.
    let done = tokio::time::timeout(OPERATION_TIMEOUT, operation).await;
    done.unwrap_or(Err(Fault::Late))
        .map_err(|fault| StoreError::new(attempted(), fault))
}

const TAKE_TURN: &str = "
    INSERT INTO directory_turn (which) VALUES ('directory')
    ON CONFLICT (which) DO UPDATE SET which = excluded.which";

/// Waits until no other transaction changes how many there are of something that has a limit, and
/// keeps others waiting until this one ends.
pub(super) async fn take_turn(work: &mut dyn Transaction) -> Result<(), Fault> {
    work.execute(TAKE_TURN, &[]).await.map(drop)
}

/// What a statement counts.
pub(super) async fn count_of(
    work: &mut dyn Transaction,
    sql: &'static str,
    values: &[Value<'_>],
) -> Result<u64, Fault> {
    let row = work.rows(sql, values).await?.into_iter().next();
    row.ok_or(Fault::Damaged("a count has no row"))?.count()
}
