//! The records database, opened when it is first needed and again until that succeeds.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use store::sql::{Database, OpenError, Store};
use tokio::sync::OnceCell;

/// How often it is looked whether it answers.
const LOOK_EVERY: Duration = Duration::from_secs(15);

/// The records database of this node.
pub(crate) struct RecordsDatabase {
    database: Database,
    store: OnceCell<Arc<dyn Store>>,
    answers: AtomicBool,
}

impl RecordsDatabase {
    pub(crate) fn new(database: Database) -> Self {
        Self {
            database,
            store: OnceCell::new(),
            answers: AtomicBool::new(false),
        }
    }

    /// Whether it answered when it was looked at last.
    pub(crate) fn is_up(&self) -> bool {
        self.answers.load(Ordering::Relaxed)
    }

    /// Looks again and again whether it answers.
    pub(crate) async fn watch(self: Arc<Self>) {
        let mut looks = tokio::time::interval(LOOK_EVERY);
        loop {
            looks.tick().await;
            let answers = match self.store().await {
                Ok(store) => store.audit_head().await.is_ok(),
                Err(_) => false,
            };
            self.answers.store(answers, Ordering::Relaxed);
        }
    }

    /// The open database. Connections that are lost later are made again by themselves.
    pub(crate) async fn store(&self) -> Result<Arc<dyn Store>, OpenError> {
        let open = || store::sql::open(&self.database);
        self.store.get_or_try_init(open).await.cloned()
    }
}
