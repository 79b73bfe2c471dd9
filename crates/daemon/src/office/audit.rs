//! The audit's end, as the running service sees it: remembered as it grows, and told to people when it is another one than it was.

use std::sync::Arc;
use std::time::Duration;

use store::sql::{AuditAnchor, Store};
use tokio::sync::mpsc;

use super::Office;
use super::warn::{News, Words};
use crate::audit_end::{FollowedEnd, misfit};

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How long it is left alone after it could not be looked at or remembered.
const REST: Duration = Duration::from_secs(60);

/// Looks until the process ends, or until the audit is no longer the one that was seen: what then follows says nothing more.
pub(super) async fn watch(office: Arc<Office>, end: FollowedEnd, to_herald: mpsc::Sender<Words>) {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    let mut last = None;
    loop {
        looks.tick().await;
        let Ok(store) = office.records.store().await else {
            continue;
        };
        match follow(&*store, &end, &mut last).await {
            Ok(None) => {}
            Ok(Some(sentence)) => {
                // Without a herald the process is ending.
                let _ending = to_herald.send(words(&sentence)).await;
                return;
            }
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(error, "the end of the audit is not remembered");
                tokio::time::sleep(REST).await;
            }
        }
    }
}

/// Remembers where the audit ends, or says why that is not where it was seen to go on. `last` is what was remembered last, once it was read.
async fn follow(
    store: &dyn Store,
    end: &FollowedEnd,
    last: &mut Option<AuditAnchor>,
) -> anyhow::Result<Option<String>> {
    let head = store.audit_head().await?;
    if *last == Some(head) {
        return Ok(None);
    }
    // Whatever the disk does, it keeps no other task waiting.
    let seen = match *last {
        Some(last) => Some(last),
        None => {
            let end = end.clone();
            tokio::task::spawn_blocking(move || end.seen()).await??
        }
    };
    if let Some(seen) = seen {
        let beginning = store.audit_beginning().await?.anchor();
        if let Some(sentence) = misfit(store, beginning, head, seen).await? {
            return Ok(Some(sentence));
        }
    }
    if seen != Some(head) {
        let end = end.clone();
        tokio::task::spawn_blocking(move || end.remember(head)).await??;
    }
    *last = Some(head);
    Ok(None)
}

fn words(sentence: &str) -> Words {
    Words {
        kind: "audit-not-whole",
        text: format!("the audit is not whole: {sentence}"),
        news: News::Machine,
    }
}

#[cfg(test)]
mod tests {
    use records::Date;
    use store::sql::{AuditKey, AuditPayload, Database, LINKA_DB};

    use super::*;

    const KEY: AuditKey = AuditKey([1; 32]);

    async fn with_entries(folder: &std::path::Path, count: u8) -> Arc<dyn Store> {
        let store = store::sql::open(&Database::File(folder.join(LINKA_DB))).await;
        let store = store.unwrap();
        for _ in 0..count {
            let what = AuditPayload {
                salt: [0; 32],
                bytes: b"{}".to_vec(),
            };
            let day = Date::new(2026, 1, 1).unwrap();
            store.append_audit(day, what, &KEY).await.unwrap();
        }
        store
    }

    #[tokio::test]
    async fn audit_that_grows_is_followed_and_one_that_was_cut_is_told() {
        let (data, one, other) = (
            tempfile::tempdir().unwrap(),
            tempfile::tempdir().unwrap(),
            tempfile::tempdir().unwrap(),
        );
        let end = FollowedEnd::of(data.path(), KEY);
        let whole = with_entries(one.path(), 3).await;
        let shorter = with_entries(other.path(), 2).await;

        let mut last = None;
        let first = follow(&*whole, &end, &mut last).await.unwrap();
        let same = follow(&*whole, &end, &mut last).await.unwrap();
        let at_the_next_start = follow(&*whole, &end, &mut None).await.unwrap();
        let while_it_runs = follow(&*shorter, &end, &mut last).await.unwrap();
        let cut = follow(&*shorter, &end, &mut None).await.unwrap();

        assert_eq!((first, same, at_the_next_start), (None, None, None));
        let told = "it ends with entry 2, and entry 3 was seen before";
        assert_eq!(while_it_runs.as_deref(), Some(told));
        assert_eq!(cut.as_deref(), Some(told));
    }
}
