//! The audit's end, as the running service sees it: remembered as it grows, and told to people when
//! it is another one than it was.

use std::sync::Arc;
use std::time::Duration;

use store::sql::{AuditAnchor, Fault, Store, StoreError};
use tokio::sync::mpsc;

use super::Office;
use super::warn::{News, Words};
use crate::audit_end::{FollowedEnd, FollowedTo, SeenEnd, misfit};

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How long it is left alone after it could not be looked at or remembered.
const REST: Duration = Duration::from_secs(60);

/// The ends that were seen before this start.
#[derive(Clone)]
pub(super) struct Ends {
    /// By a running service.
    pub(super) followed: FollowedEnd,
    /// By `linka audit verify`.
    pub(super) verified: SeenEnd,
}

/// What they are.
struct Seen {
    followed: FollowedTo,
    /// Nothing, too, where the service may not read it.
    verified: Option<AuditAnchor>,
}

impl Ends {
    /// Whatever the disk does, it keeps no other task waiting.
    async fn seen(&self) -> anyhow::Result<Seen> {
        let ends = self.clone();
        let seen = tokio::task::spawn_blocking(move || {
            Ok(Seen {
                followed: ends.followed.seen()?,
                verified: ends.verified.seen().ok().flatten(),
            })
        });
        seen.await?
    }
}

/// Looks until the process ends, or until the audit is no longer the one that was seen: what then
/// follows says nothing more.
pub(super) async fn watch(office: Arc<Office>, ends: Ends, to_herald: mpsc::Sender<Words>) {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    let mut last = None;
    loop {
        looks.tick().await;
        let Ok(store) = office.records.store().await else {
            continue;
        };
        match looked(follow(&*store, &ends, &mut last).await) {
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

/// Remembers where the audit ends, or says why that is not where it was seen to go on. `last` is
/// what was remembered last, once it was read.
async fn follow(
    store: &dyn Store,
    ends: &Ends,
    last: &mut Option<AuditAnchor>,
) -> anyhow::Result<Option<String>> {
    // Before the audit: that may grow meanwhile, and be verified.
    let seen = match *last {
        Some(last) => Seen {
            followed: FollowedTo::End(last),
            verified: None,
        },
        None => ends.seen().await?,
    };
    let head = store.audit_head().await?;
    if *last == Some(head) {
        return Ok(None);
    }
    let sentence = differs(store, &ends.followed, head, &seen).await?;
    if sentence.is_some() {
        return Ok(sentence);
    }
    if seen.followed != FollowedTo::End(head) {
        let end = ends.followed.clone();
        tokio::task::spawn_blocking(move || end.remember(head)).await??;
    }
    *last = Some(head);
    Ok(None)
}

/// Why an audit with this head is not the one that was seen, if it is not.
async fn differs(
    store: &dyn Store,
    end: &FollowedEnd,
    head: AuditAnchor,
    seen: &Seen,
) -> anyhow::Result<Option<String>> {
    let beginning = store.audit_beginning().await?;
    let followed = match seen.followed {
        FollowedTo::Foreign => return Ok(Some(end.foreign())),
        FollowedTo::Nothing => None,
        FollowedTo::End(followed) => Some(followed),
    };
    let unvouched = end.unvouched(&beginning);
    if unvouched.is_some() {
        return Ok(unvouched);
    }
    for seen in followed.into_iter().chain(seen.verified) {
        let sentence = misfit(store, beginning.anchor(), head, seen).await?;
        if sentence.is_some() {
            return Ok(sentence);
        }
    }
    Ok(None)
}

/// What no release writes in the place of the audit is no failure of the database: somebody changed it.
fn looked(followed: anyhow::Result<Option<String>>) -> anyhow::Result<Option<String>> {
    if let Err(error) = &followed
        && let Some(changed @ (Fault::Damaged(_) | Fault::DamagedEntry { .. })) =
            error.downcast_ref().map(StoreError::fault)
    {
        return Ok(Some(changed.to_string()));
    }
    followed
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
    use std::path::Path;

    use records::Date;
    use store::sql::{AuditKey, AuditPayload, Database, LINKA_DB};
    use tempfile::TempDir;

    use super::*;

    const KEY: AuditKey = AuditKey([1; 32]);

    async fn with_entries(folder: &Path, count: u8) -> Arc<dyn Store> {
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

    /// The ends in this folder and in one for keys below it.
    fn ends(folder: &Path) -> Ends {
        Ends {
            followed: FollowedEnd::of(folder, KEY),
            verified: SeenEnd::of(&folder.join("keys")),
        }
    }

    /// An audit of three entries, the same cut to two, and a folder that has seen neither.
    struct WholeAndCut {
        data: TempDir,
        end: Ends,
        whole: Arc<dyn Store>,
        cut: Arc<dyn Store>,
        _databases: [TempDir; 2],
    }

    async fn whole_and_cut() -> WholeAndCut {
        let folder = || tempfile::tempdir().unwrap();
        let (data, databases) = (folder(), [folder(), folder()]);
        WholeAndCut {
            end: ends(data.path()),
            data,
            whole: with_entries(databases[0].path(), 3).await,
            cut: with_entries(databases[1].path(), 2).await,
            _databases: databases,
        }
    }

    #[tokio::test]
    async fn older_copy_beside_an_audit_that_was_cut_to_it_is_told_at_the_next_start() {
        let WholeAndCut {
            data,
            end,
            whole,
            cut,
            ..
        } = &whole_and_cut().await;
        follow(&**cut, end, &mut None).await.unwrap();
        std::fs::create_dir(data.path().join("keys")).unwrap();
        let head = whole.audit_head().await.unwrap();
        end.verified.remember(&head).unwrap();

        let told = follow(&**cut, end, &mut None).await.unwrap();
        let of_the_whole = follow(&**whole, end, &mut None).await.unwrap();

        let sentence = "it ends with entry 2, and entry 3 was seen before";
        assert_eq!(told.as_deref(), Some(sentence));
        assert_eq!(of_the_whole, None);
    }

    #[tokio::test]
    async fn audit_that_grows_is_followed_and_one_that_was_cut_is_told() {
        let WholeAndCut {
            end,
            whole,
            cut: shorter,
            ..
        } = &whole_and_cut().await;

        let mut last = None;
        let first = follow(&**whole, end, &mut last).await.unwrap();
        let same = follow(&**whole, end, &mut last).await.unwrap();
        let at_the_next_start = follow(&**whole, end, &mut None).await.unwrap();
        let while_it_runs = follow(&**shorter, end, &mut last).await.unwrap();
        let cut = follow(&**shorter, end, &mut None).await.unwrap();

        assert_eq!((first, same, at_the_next_start), (None, None, None));
        let told = "it ends with entry 2, and entry 3 was seen before";
        assert_eq!(while_it_runs.as_deref(), Some(told));
        assert_eq!(cut.as_deref(), Some(told));
    }

    /// What is told of an audit of three entries that was followed to its end, once somebody did
    /// this to the folder of its file.
    async fn told_after(change: impl FnOnce(&Path)) -> String {
        let folder = tempfile::tempdir().unwrap();
        let end = ends(folder.path());
        let store = with_entries(folder.path(), 3).await;
        assert_eq!(follow(&*store, &end, &mut None).await.unwrap(), None);

        change(folder.path());

        let told = looked(follow(&*store, &end, &mut None).await);
        told.unwrap().expect("something is told")
    }

    fn to_the_database(folder: &Path, sql: &str) {
        let file = rusqlite::Connection::open(folder.join(LINKA_DB)).unwrap();
        file.execute_batch(sql).unwrap();
    }

    #[tokio::test]
    async fn remembered_end_that_somebody_else_wrote_is_told() {
        for rubbish in [&b"x\n"[..], b"", b"\xff\xfe\x00", b"2 00 00\n"] {
            let told = told_after(|folder| {
                std::fs::write(folder.join("audit.end"), rubbish).unwrap();
            });

            let told = told.await;
            assert!(
                told.ends_with("audit.end was not written with audit.key"),
                "{told}"
            );
        }
    }

    #[tokio::test]
    async fn folder_or_pipe_in_the_place_of_the_remembered_end_is_told() {
        for put in ["mkdir", "mkfifo"] {
            let told = told_after(|folder| {
                let end = folder.join("audit.end");
                std::fs::remove_file(&end).unwrap();
                let status = std::process::Command::new(put).arg(&end).status().unwrap();
                assert!(status.success());
            });

            let told = told.await;
            assert!(
                told.ends_with("audit.end was not written with audit.key"),
                "{told}"
            );
        }
    }

    #[tokio::test]
    async fn beginning_that_nobody_vouched_for_is_told() {
        // Who cuts the audit off and says that what was seen had been kept long enough.
        let forged = "DELETE FROM audit; UPDATE audit_end SET seq = 9 WHERE which = 'head';
            INSERT INTO audit_end (which, seq, hash, signature)
            VALUES ('beginning', 9, zeroblob(32), zeroblob(32))";

        let told = told_after(|folder| to_the_database(folder, forged)).await;

        assert_eq!(
            told,
            "the key audit.key does not vouch for its beginning after entry 9"
        );
    }

    #[tokio::test]
    async fn rows_that_no_release_writes_are_told() {
        let changes = [
            "UPDATE audit SET hash = zeroblob(4) WHERE seq = 3",
            "UPDATE audit_end SET hash = zeroblob(4) WHERE which = 'head'",
        ];
        for change in changes {
            let told = told_after(|folder| to_the_database(folder, change)).await;

            let named = told.contains("audit entry 3 is not what was written")
                || told.contains("the database holds what Linka never writes");
            assert!(named, "{told}");
        }
    }
}
