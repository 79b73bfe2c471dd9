//! Entries on their way to the database: written in the order in which they were noted, each once,
//! as soon as the database takes them. What is left at an end is handed out, to be kept for the
//! next start.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use records::Date;
use store::sql::{AuditKey, AuditPayload, Fault, Store, StoreError};
use tokio::sync::Notify;

/// How many entries may wait for the database.
pub const AUDIT_WAITING_MAX: usize = 10_000;
/// How long a database that did not take an entry is left alone.
const RETRY: Duration = Duration::from_secs(5);
/// How many of the newest entries are looked through at once for one that may be written already.
const NEWEST: u64 = 1_000;
/// How many are looked through in all: as many as an end may leave, and what the start after it notes beside them.
const LOOKED_THROUGH_MAX: u64 = 2 * AUDIT_WAITING_MAX as u64;

/// An entry that is not in the audit yet.
#[derive(Clone, PartialEq, Eq)]
pub struct Noted {
    /// The day on which it was noted.
    pub day: Date,
    /// What happened. Its salt is no other entry's, so that it is known again once it is written.
    pub payload: AuditPayload,
}

// What happened may name people.
impl fmt::Debug for Noted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Noted").finish_non_exhaustive()
    }
}

/// An entry that is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotTaken {
    /// As many wait as may.
    Full,
    /// The process is ending, and what waited was handed out.
    Ended,
}

#[derive(Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    comes: Notify,
    is_written: Notify,
}

#[derive(Default)]
struct Waiting {
    entries: VecDeque<(Noted, Before)>,
    earlier: Earlier,
    progress: Progress,
}

/// What became of the entries that an earlier process left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Earlier {
    /// They are still where it left them, if it left any.
    #[default]
    Left,
    /// They were taken in: those that are not written are among the others.
    TakenIn,
}

/// What an end leaves.
#[derive(Debug, PartialEq, Eq)]
pub struct Unwritten {
    /// Entries that may not be written, in order.
    pub entries: Vec<Noted>,
    /// What became of the entries before them.
    pub earlier: Earlier,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Progress {
    #[default]
    GoesOn,
    /// What waited was handed out.
    Ended,
}

/// What may have become of an entry before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Untried,
    /// Somebody tried to write it, and does not know whether it was done.
    Tried,
}

impl Queue {
    pub(super) fn take(&self, noted: Noted) -> Result<(), NotTaken> {
        let mut waiting = self.waiting();
        if waiting.progress == Progress::Ended {
            return Err(NotTaken::Ended);
        }
        if waiting.entries.len() >= AUDIT_WAITING_MAX {
            return Err(NotTaken::Full);
        }
        waiting.entries.push_back((noted, Before::Untried));
        drop(waiting);
        self.comes.notify_one();
        Ok(())
    }

    /// Waits until nothing waits any more.
    pub(super) async fn flush(&self) {
        loop {
            let mut written = std::pin::pin!(self.is_written.notified());
            written.as_mut().enable();
            if self.waiting().entries.is_empty() {
                return;
            }
            written.await;
        }
    }

    /// Hands out what is not written; what is noted from then on is not taken.
    pub(super) fn end(&self) -> Unwritten {
        let mut waiting = self.waiting();
        waiting.progress = Progress::Ended;
        let entries = std::mem::take(&mut waiting.entries);
        Unwritten {
            entries: entries.into_iter().map(|(noted, _)| noted).collect(),
            earlier: waiting.earlier,
        }
    }

    /// Puts what an earlier process left before everything else.
    fn take_in(&self, left: Vec<Noted>) {
        let mut waiting = self.waiting();
        match waiting.progress {
            Progress::Ended => {}
            Progress::GoesOn => {
                waiting.earlier = Earlier::TakenIn;
                // It may have ended between writing an entry and hearing of it.
                for noted in left.into_iter().rev() {
                    waiting.entries.push_front((noted, Before::Tried));
                }
            }
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn first(&self) -> Option<(Noted, Before)> {
        self.waiting().entries.front().cloned()
    }

    /// The first entry is written. Where it was handed out meanwhile, nothing goes on.
    async fn first_is_written(&self) {
        let progress = {
            let mut waiting = self.waiting();
            let _written = waiting.entries.pop_front();
            waiting.progress
        };
        match progress {
            Progress::GoesOn => self.is_written.notify_waiters(),
            Progress::Ended => std::future::pending().await,
        }
    }
}

/// Writes what is noted, one entry after the other.
pub struct AuditWriter {
    pub(super) queue: Arc<Queue>,
    pub(super) store: Arc<dyn Store>,
    pub(super) key: AuditKey,
}

impl AuditWriter {
    /// Writes what an earlier process left, before anything else; comes back once all of it is
    /// written, and never when the process ends first.
    pub async fn write_first(&mut self, left: Vec<Noted>) {
        let count = left.len();
        self.queue.take_in(left);
        for _ in 0..count {
            self.write_next().await;
        }
    }

    /// Writes what comes, until the process ends.
    pub async fn write(mut self) {
        loop {
            self.write_next().await;
        }
    }

    async fn write_next(&mut self) {
        let (noted, mut before) = loop {
            match self.queue.first() {
                Some(first) => break first,
                None => self.queue.comes.notified().await,
            }
        };
        while let Err(error) = self.write_once(&noted, before).await {
            tracing::warn!(%error, "the audit was not written; it is tried again");
            tokio::time::sleep(RETRY).await;
            before = Before::Tried;
        }
        self.queue.first_is_written().await;
    }

    async fn write_once(&self, noted: &Noted, before: Before) -> Result<(), StoreError> {
        let is_written = match before {
            Before::Untried => false,
            Before::Tried => self.is_written(noted).await?,
        };
        if !is_written {
            let payload = noted.payload.clone();
            self.store
                .append_audit(noted.day, payload, &self.key)
                .await?;
        }
        Ok(())
    }

    /// Whether an earlier attempt, of which nothing was heard, wrote it after all. Where an entry
    /// among the newest is damaged it is written again: twice is better than an audit that stands still.
    async fn is_written(&self, noted: &Noted) -> Result<bool, StoreError> {
        let mut end = self.store.audit_head().await?.seq + 1;
        let oldest = end.saturating_sub(LOOKED_THROUGH_MAX);
        while end > oldest {
            let begin = end.saturating_sub(NEWEST).max(oldest);
            let newest = match self.store.audit_chain(begin..end).await {
                Ok(newest) => newest,
                Err(error) if is_damage(&error) => return Ok(false),
                Err(error) => return Err(error),
            };
            let mut payloads = newest.iter().filter_map(|entry| entry.payload.as_ref());
            if payloads.any(|payload| payload.salt == noted.payload.salt) {
                return Ok(true);
            }
            end = begin;
        }
        Ok(false)
    }
}

/// Whether what is stored is damaged, which no other attempt mends.
fn is_damage(error: &StoreError) -> bool {
    matches!(
        error.fault(),
        Fault::Damaged(_) | Fault::DamagedEntry { .. }
    )
}

#[cfg(test)]
mod tests {
    use store::sql::{Database, LINKA_DB, LateStore};

    use super::*;

    const KEY: AuditKey = AuditKey([1; 32]);

    fn noted(number: u8) -> Noted {
        Noted {
            day: Date::new(2026, 11, 30).unwrap(),
            payload: AuditPayload {
                salt: [number; 32],
                bytes: vec![number],
            },
        }
    }

    fn writer(store: Arc<dyn Store>) -> AuditWriter {
        AuditWriter {
            queue: Arc::default(),
            store,
            key: KEY,
        }
    }

    /// The salts of what is written, in order.
    async fn written(store: &dyn Store) -> Vec<u8> {
        let entries = store.audit_chain(0..1_000).await.unwrap();
        let payloads = entries.into_iter().filter_map(|entry| entry.payload);
        payloads.map(|payload| payload.salt[0]).collect()
    }

    #[tokio::test]
    async fn what_an_end_left_is_written_at_the_next_start_before_anything_new() {
        let folder = tempfile::tempdir().unwrap();
        let ending = writer(LateStore::new().store());
        for number in [1, 2] {
            ending.queue.take(noted(number)).unwrap();
        }
        let left = ending.queue.end();
        assert_eq!(ending.queue.take(noted(3)), Err(NotTaken::Ended));
        assert_eq!(left.earlier, Earlier::Left);

        let file = Database::File(folder.path().join(LINKA_DB));
        let store = store::sql::open(&file).await.unwrap();
        let mut starting = writer(Arc::clone(&store));
        let queue = Arc::clone(&starting.queue);
        queue.take(noted(4)).unwrap();
        starting.write_first(left.entries).await;
        tokio::spawn(starting.write());
        queue.flush().await;

        assert_eq!(written(&*store).await, [1, 2, 4]);
    }

    #[tokio::test]
    async fn entry_that_was_written_though_nobody_heard_of_it_is_written_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = Database::File(folder.path().join(LINKA_DB));
        let store = store::sql::open(&file).await.unwrap();
        let Noted { day, payload } = noted(1);
        store.append_audit(day, payload, &KEY).await.unwrap();

        writer(Arc::clone(&store))
            .write_first(vec![noted(1), noted(2)])
            .await;

        assert_eq!(written(&*store).await, [1, 2]);
    }

    #[tokio::test]
    async fn entry_that_is_written_far_behind_the_newest_is_written_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = Database::File(folder.path().join(LINKA_DB));
        let store = store::sql::open(&file).await.unwrap();
        for number in std::iter::once(1).chain((0..NEWEST).map(|_| 2)) {
            let Noted { day, payload } = noted(number);
            store.append_audit(day, payload, &KEY).await.unwrap();
        }

        writer(Arc::clone(&store)).write_first(vec![noted(1)]).await;

        let end = store.audit_head().await.unwrap().seq;
        assert_eq!(end, NEWEST + 1);
    }

    #[test]
    fn one_entry_beyond_the_limit_is_not_taken() {
        let queue = Queue::default();
        for _ in 0..AUDIT_WAITING_MAX {
            queue.take(noted(1)).unwrap();
        }

        assert_eq!(queue.take(noted(2)), Err(NotTaken::Full));
    }
}
