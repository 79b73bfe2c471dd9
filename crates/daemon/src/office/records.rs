//! The records database, opened when it is first needed and again until that succeeds.

use std::sync::Arc;

use store::sql::{Database, OpenError, Store};
use tokio::sync::OnceCell;

/// The records database of this node.
pub(crate) struct RecordsDatabase {
    database: Database,
    store: OnceCell<Arc<dyn Store>>,
}

impl RecordsDatabase {
    pub(crate) fn new(database: Database) -> Self {
        Self {
            database,
            store: OnceCell::new(),
        }
    }

    /// The open database. Connections that are lost later are made again by themselves.
    pub(crate) async fn store(&self) -> Result<Arc<dyn Store>, OpenError> {
        let open = || store::sql::open(&self.database);
        self.store.get_or_try_init(open).await.cloned()
    }
}
