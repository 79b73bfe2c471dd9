//! A database that may be opened late: whoever needs it runs already, and does without it meanwhile.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::OnceCell;

use super::open::backend;
use super::{Backend, Database, Fault, OpenError, SqlStore, Store, Transaction};

/// A store that is there before its database is open. Until then every operation fails at once,
/// with [`Fault::NotOpen`].
#[derive(Clone)]
pub struct LateStore {
    store: Arc<SqlStore<Late>>,
    opened: Arc<Opened>,
}

type Opened = OnceCell<Box<dyn Backend>>;

impl LateStore {
    /// Nothing is open yet.
    #[must_use]
    pub fn new() -> Self {
        let opened = Arc::<Opened>::default();
        Self {
            store: Arc::new(SqlStore::over(Late(Arc::clone(&opened)))),
            opened,
        }
    }

    /// What is there from the beginning.
    #[must_use]
    pub fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    /// Opens the database, unless it is open.
    ///
    /// # Errors
    /// [`OpenError`]. It may be tried again.
    pub async fn open(&self, database: &Database) -> Result<(), OpenError> {
        let opened = self.opened.get_or_try_init(|| backend(database)).await;
        opened.map(drop)
    }
}

impl Default for LateStore {
    fn default() -> Self {
        Self::new()
    }
}

struct Late(Arc<Opened>);

impl Late {
    fn backend(&self) -> Result<&dyn Backend, Fault> {
        self.0.get().map(AsRef::as_ref).ok_or(Fault::NotOpen)
    }
}

#[async_trait]
impl Backend for Late {
    async fn begin(&self) -> Result<Box<dyn Transaction>, Fault> {
        self.backend()?.begin().await
    }

    async fn read(&self) -> Result<Box<dyn Transaction>, Fault> {
        self.backend()?.read().await
    }

    async fn settle(&self) -> Result<(), Fault> {
        self.backend()?.settle().await
    }

    async fn close(&self) {
        if let Ok(backend) = self.backend() {
            backend.close().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::LINKA_DB;
    use super::*;

    #[tokio::test]
    async fn store_fails_at_once_until_its_database_is_open() {
        let folder = tempfile::tempdir().unwrap();
        let late = LateStore::new();
        let store = late.store();

        let before = store.audit_head().await.unwrap_err();
        let file = Database::File(folder.path().join(LINKA_DB));
        late.open(&file).await.unwrap();
        late.open(&file).await.unwrap();

        assert!(matches!(before.fault(), Fault::NotOpen), "{before:?}");
        assert_eq!(store.audit_head().await.unwrap().seq, 0);
    }

    #[tokio::test]
    async fn database_that_could_not_be_opened_is_opened_the_next_time() {
        let folder = tempfile::tempdir().unwrap();
        let late = LateStore::new();
        let nowhere = Database::File(folder.path().join("nowhere").join(LINKA_DB));

        late.open(&nowhere).await.unwrap_err();
        let closed = late.store().audit_head().await;
        std::fs::create_dir(folder.path().join("nowhere")).unwrap();
        late.open(&nowhere).await.unwrap();

        assert!(closed.is_err());
        assert_eq!(late.store().audit_head().await.unwrap().seq, 0);
    }
}
