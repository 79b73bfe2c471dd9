use std::str::FromStr as _;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgRow};
use sqlx::{ConnectOptions as _, Row as _, TypeInfo as _, ValueRef as _};

use super::backend::{bind, read_row};
use super::store::OPERATION_TIMEOUT;
use super::{Backend, Cell, Fault, OpenError, Row, Transaction, Value, migrations};

/// How many connections there may be to the server.
pub const CONNECTIONS_MAX: u32 = 8;
/// How long a connection may take.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the server works on a statement before it gives up.
pub const STATEMENT_TIMEOUT: Duration = Duration::from_secs(10);
/// The oldest main version of PostgreSQL that will do.
pub const POSTGRES_OLDEST: i64 = 15;

/// A PostgreSQL database.
#[derive(Debug)]
pub struct Postgres(PgPool);

impl Postgres {
    /// Connects to the database with this address and brings its tables up to date.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(address: &str) -> Result<Self, OpenError> {
        let options = PgConnectOptions::from_str(address)
            .map_err(|error| OpenError::Address(error.into()))?;
        let place = place(&options);
        // A server that was stopped takes a connection and answers nothing on it.
        let opened = tokio::time::timeout(OPERATION_TIMEOUT, prepared(options)).await;
        opened.unwrap_or_else(|_late| {
            Err(OpenError::Connect {
                place,
                cause: sqlx::Error::PoolTimedOut.into(),
            })
        })
    }
}

async fn prepared(options: PgConnectOptions) -> Result<Postgres, OpenError> {
    let place = place(&options);
    let unreachable = |error: sqlx::Error| OpenError::Connect {
        place: place.clone(),
        cause: error.into(),
    };
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS_MAX)
        .acquire_timeout(CONNECT_TIMEOUT)
        .connect_with(limited(options))
        .await
        .map_err(unreachable)?;
    let version = sqlx::query_scalar("SELECT current_setting('server_version_num')::BIGINT");
    let version: i64 = version.fetch_one(&pool).await.map_err(unreachable)?;
    let found = version / 10_000;
    if found < POSTGRES_OLDEST {
        return Err(OpenError::TooOld {
            place,
            found,
            oldest: POSTGRES_OLDEST,
        });
    }
    let migrated = migrations::postgres().run(&pool).await;
    migrated.map_err(|error| migrations::explain(place, error))?;
    Ok(Postgres(pool))
}

/// What is said of a database where its whole address, with the password, may not be.
fn place(options: &PgConnectOptions) -> String {
    let host = options.get_host();
    let name = options.get_database().unwrap_or(options.get_username());
    format!("PostgreSQL {name} at {host}:{}", options.get_port())
}

/// Whatever becomes of us, the server ends what we began.
fn limited(options: PgConnectOptions) -> PgConnectOptions {
    let limit = STATEMENT_TIMEOUT.as_millis().to_string();
    options
        .application_name("linka")
        .options([
            ("statement_timeout", limit.as_str()),
            ("lock_timeout", limit.as_str()),
            ("idle_in_transaction_session_timeout", limit.as_str()),
            ("synchronous_commit", "on"),
        ])
        .disable_statement_logging()
}

#[async_trait]
impl Backend for Postgres {
    async fn begin(&self) -> Result<Box<dyn Transaction>, Fault> {
        Ok(Box::new(Under(self.0.begin().await?)))
    }

    async fn read(&self) -> Result<Box<dyn Transaction>, Fault> {
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        Ok(Box::new(Under(self.0.begin_with(begin).await?)))
    }

    /// The server overwrites what is deleted in its own time.
    async fn settle(&self) -> Result<(), Fault> {
        Ok(())
    }

    async fn close(&self) {
        self.0.close().await;
    }
}

/// A transaction of PostgreSQL.
struct Under(sqlx::Transaction<'static, sqlx::Postgres>);

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

fn read(row: &PgRow) -> Result<Row, Fault> {
    read_row!(row, "INT8", "TEXT", "BYTEA")
}
