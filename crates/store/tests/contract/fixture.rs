//! A fresh database for a test, and a look behind the store's back.

use std::collections::BTreeSet;
use std::sync::Arc;

use store::sql::{
    AuditKey, Backend, Cell, Database, LINKA_DB, Postgres, SqlStore, Sqlite, Store, Transaction,
    open,
};
use tempfile::TempDir;

use crate::failing::Failing;
use crate::server;

/// The key of the audit.
pub(crate) const AUDIT_KEY: AuditKey = AuditKey([9; 32]);

/// A fresh database.
pub(crate) struct Fixture {
    pub(crate) database: Database,
    _folder: Option<TempDir>,
}

pub(crate) fn on_sqlite(behaviour: impl AsyncFnOnce(Fixture)) {
    block_on(behaviour(Fixture::sqlite()));
}

pub(crate) fn on_postgres(behaviour: impl AsyncFnOnce(Fixture)) {
    block_on(async {
        behaviour(Fixture::postgres().await).await;
    });
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(future)
}

impl Fixture {
    pub(crate) fn sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        Self {
            database: Database::File(folder.path().join(LINKA_DB)),
            _folder: Some(folder),
        }
    }

    pub(crate) async fn postgres() -> Self {
        Self {
            database: Database::Postgres(server::fresh_database().await),
            _folder: None,
        }
    }

    pub(crate) async fn open(&self) -> Arc<dyn Store> {
        open(&self.database).await.unwrap()
    }

    /// The database without a store over it.
    pub(crate) async fn backend(&self) -> Box<dyn Backend> {
        match &self.database {
            Database::File(path) => Box::new(Sqlite::open(path).await.unwrap()),
            Database::Postgres(address) => Box::new(Postgres::open(address).await.unwrap()),
        }
    }

    /// A store over a database that fails in the step with this number, counted from 0.
    pub(crate) async fn failing(&self, step: u64) -> impl Store {
        SqlStore::over(Failing::new(self.backend().await, step))
    }

    /// Changes the database behind the store's back.
    pub(crate) async fn tamper(&self, sql: &'static str) {
        let backend = self.backend().await;
        let mut work = backend.begin().await.unwrap();
        work.execute(sql, &[]).await.unwrap();
        work.commit().await.unwrap();
        backend.close().await;
    }

    /// Keeps all others from changing the directory, for as long as the transaction is kept.
    pub(crate) async fn hold_writing(&self) -> Box<dyn Transaction> {
        let mut work = self.backend().await.begin().await.unwrap();
        if let Database::Postgres(_) = self.database {
            let patience = "SET LOCAL idle_in_transaction_session_timeout = 0";
            work.execute(patience, &[]).await.unwrap();
        }
        let take = "INSERT INTO directory_turn (which) VALUES ('directory')
            ON CONFLICT (which) DO UPDATE SET which = excluded.which";
        work.execute(take, &[]).await.unwrap();
        work
    }

    /// Everything that these statements read.
    pub(crate) async fn read(&self, statements: &[&'static str]) -> Vec<Vec<Cell>> {
        let backend = self.backend().await;
        let mut work = backend.read().await.unwrap();
        let mut read = Vec::new();
        for sql in statements {
            let rows = work.rows(sql, &[]).await.unwrap();
            read.extend(rows.into_iter().map(store::sql::Row::into_cells));
        }
        work.commit().await.unwrap();
        backend.close().await;
        read
    }

    /// The names of all tables.
    pub(crate) async fn tables(&self) -> BTreeSet<String> {
        let sql = match self.database {
            Database::File(_) => "SELECT name FROM sqlite_master WHERE type = 'table'",
            Database::Postgres(_) => {
                "SELECT tablename::TEXT FROM pg_tables WHERE schemaname = 'public'"
            }
        };
        let names = self.read(&[sql]).await.into_iter().flatten();
        names
            .map(|cell| match cell {
                Cell::Text(name) => name,
                Cell::Null | Cell::Integer(_) | Cell::Bytes(_) => panic!("a table has a name"),
            })
            .collect()
    }
}
