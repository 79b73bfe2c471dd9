use async_trait::async_trait;
use records::Date;

use super::audit::{insert, lock_head, move_head};
use super::audit_key::AuditKey;
use super::chain::{AuditEntry, AuditPayload};
use super::period::number_of;
use super::store::attempt;
use super::{Backend, Fault, SqlStore, StoreError, Transaction, Value};

/// What the audit is told of a day that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditDay {
    /// Which day.
    pub day: Date,
    /// Its entries, in the order in which they are to stand.
    pub entries: Vec<AuditPayload>,
}

/// Days whose entries come into the audit together, once.
#[async_trait]
pub trait ActStore: Send + Sync {
    /// Adds the entries of these days, oldest day first, at the end of the audit, all of them or
    /// none. A day that was added with the same entries, whatever their salts, is passed over: the
    /// answer to an earlier attempt was lost. With other entries it is added again, for twice is
    /// better than never. Days before the first of these are not remembered from then on.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn append_days(&self, days: &[AuditDay], key: &AuditKey) -> Result<(), StoreError>;
}

#[async_trait]
impl<B: Backend> ActStore for SqlStore<B> {
    async fn append_days(&self, days: &[AuditDay], key: &AuditKey) -> Result<(), StoreError> {
        attempt(|| "adding whole days to the audit".to_owned(), async {
            let Some(first) = days.first() else {
                return Ok(());
            };
            let mut work = self.backend.begin().await?;
            // Before it is looked what is there: two that add the same day do so one after the other.
            let mut last = lock_head(&mut *work).await?;
            for day in days {
                if !is_new(&mut *work, day, key).await? {
                    continue;
                }
                for what in &day.entries {
                    let entry = AuditEntry::after(&last, day.day, what.clone(), key);
                    insert(&mut *work, &entry).await?;
                    last = entry.anchor();
                }
            }
            move_head(&mut *work, last).await?;
            let first = [Value::from(number_of(first.day))];
            work.execute(FORGET_BEFORE, &first).await?;
            work.commit().await
        })
        .await
    }
}

const MARK: &str = "
    INSERT INTO acts_written (day, hash) VALUES ($1, $2)
    ON CONFLICT (day) DO UPDATE SET hash = excluded.hash WHERE acts_written.hash <> excluded.hash";

const FORGET_BEFORE: &str = "DELETE FROM acts_written WHERE day < $1";

/// Remembers a day, and tells whether it was not remembered with these entries.
async fn is_new(work: &mut dyn Transaction, day: &AuditDay, key: &AuditKey) -> Result<bool, Fault> {
    let hash = key.of_day(day);
    let values = [Value::from(number_of(day.day)), Value::from(&hash[..])];
    Ok(work.execute(MARK, &values).await? > 0)
}
