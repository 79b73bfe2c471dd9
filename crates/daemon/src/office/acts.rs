//! Audited acts on their way into the records database, across an end and the next start.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use store::sql::AuditKey;
use tokio::time::timeout;
use web::{Audit, AuditWriter, Earlier, Noted, Unwritten};

use super::Office;
use super::pages::OfficeClock;
use crate::unwritten::{KeptActs, Lost};

/// How long an end waits for the database to take what is not written yet.
const WRITTEN_WITHIN: Duration = Duration::from_secs(5);
/// How long a start waits for the disk to give what the last end left.
const READ_WITHIN: Duration = Duration::from_secs(10);
/// How long it waits for the disk to take the rest.
const KEPT_WITHIN: Duration = Duration::from_secs(2);

/// The acts of this process.
pub(crate) struct Acts {
    pub(super) audit: Audit,
    kept: KeptActs,
}

impl Acts {
    /// Takes acts from now on; what an earlier process left is written first.
    pub(super) fn open(office: &Arc<Office>, key: AuditKey) -> Self {
        let kept = KeptActs::of(&office.data, key.clone());
        let clock = Arc::new(OfficeClock(office.clone()));
        let (audit, writer) = Audit::new(office.records.late_store(), clock, key);
        tokio::spawn(write(writer, office.clone(), kept.clone()));
        Self { audit, kept }
    }

    /// Waits for the database to take what it has not, but not for long.
    pub(crate) async fn flush(&self) {
        let _silent = timeout(WRITTEN_WITHIN, self.audit.flush()).await;
    }

    /// Keeps the rest for the next start. What is lost in spite of that is logged.
    pub(crate) async fn keep(self) {
        let unwritten = self.audit.end();
        let count = unwritten.entries.len();
        if count == 0 {
            return;
        }
        let kept = self.kept;
        let keep = tokio::task::spawn_blocking(move || keep(&kept, unwritten));
        let done = timeout(KEPT_WITHIN, keep).await;
        let done = done.context("the disk under the data folder hangs");
        match done.and_then(|done| done?) {
            Ok(Lost(0)) => tracing::warn!(
                count,
                "audited acts are not in the records database: the next start writes them"
            ),
            Ok(Lost(lost)) => tracing::error!(lost, "audited acts are lost: too many wait"),
            Err(error) => {
                let error = format!("{error:#}");
                tracing::error!(lost = count, error, "audited acts are lost");
            }
        }
    }
}

/// Keeps what is not written after what is still kept of an earlier process.
fn keep(kept: &KeptActs, unwritten: Unwritten) -> anyhow::Result<Lost> {
    let mut all = match unwritten.earlier {
        Earlier::Left => kept.read()?,
        Earlier::TakenIn => Vec::new(),
    };
    all.extend(unwritten.entries);
    kept.keep(&all)
}

/// Writes what an earlier process left, and then what comes.
async fn write(mut writer: AuditWriter, office: Arc<Office>, kept: KeptActs) {
    // What cannot be read stays where it is, and an end writes nothing over it.
    if let Some(left) = left(&kept).await {
        let count = left.len();
        writer.write_first(left).await;
        if count > 0 {
            tracing::info!(count, "audited acts that the last end left are written");
            forget(kept).await;
        }
    }
    let _once = office.left_acts_written.set(());
    writer.write().await;
}

/// What an earlier process left; nothing where it cannot be read, or not in time. Whatever the disk
/// does, the acts of this process are written.
async fn left(kept: &KeptActs) -> Option<Vec<Noted>> {
    let kept = kept.clone();
    let read = tokio::task::spawn_blocking(move || kept.read());
    let read = timeout(READ_WITHIN, read).await;
    let read = read.context("the disk under the data folder hangs");
    match read.and_then(|read| read?) {
        Ok(left) => Some(left),
        Err(error) => {
            let error = format!("{error:#}");
            tracing::error!(error, "audited acts that the last end left are not written");
            None
        }
    }
}

async fn forget(kept: KeptActs) {
    let forgotten = tokio::task::spawn_blocking(move || kept.forget()).await;
    if let Ok(Err(error)) = forgotten {
        tracing::warn!(%error, "audited acts that are written are kept on: they cannot be removed");
    }
}
