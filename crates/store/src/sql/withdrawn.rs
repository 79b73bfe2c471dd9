use async_trait::async_trait;

use super::period::count;
use super::store::attempt;
use super::{Backend, Fault, SqlStore, StoreError, Transaction, Value};

/// What was told by weaker rules and is told no more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Withdrawn {
    /// Anonymous rows.
    pub rows: u64,
    /// Parts of months.
    pub parts: u64,
    /// Classes of months.
    pub classes: u64,
    /// Cells of tables.
    pub cells: u64,
    /// Months of lines that were told alone, though fewer than ten contacts ended in them.
    pub months: u64,
}

/// What an upgrade or the restore of an older file withdrew, until it is in the audit.
#[async_trait]
pub trait WithdrawnStore: Send + Sync {
    /// What was withdrawn; nothing when it is in the audit.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn withdrawn(&self) -> Result<Option<Withdrawn>, StoreError>;

    /// What was withdrawn is in the audit.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn forget_withdrawn(&self) -> Result<(), StoreError>;
}

const PUT: &str = "INSERT INTO withdrawn (record_rows, parts, classes, cells, months) VALUES ($1, $2, $3, $4, $5)";
const READ: &str = "SELECT record_rows, parts, classes, cells, months FROM withdrawn";
const FORGET: &str = "DELETE FROM withdrawn";

#[async_trait]
impl<B: Backend> WithdrawnStore for SqlStore<B> {
    async fn withdrawn(&self) -> Result<Option<Withdrawn>, StoreError> {
        attempt(|| "reading what was withdrawn".to_owned(), async {
            let mut work = self.backend.read().await?;
            let mut all = Withdrawn::default();
            for mut row in work.rows(READ, &[]).await? {
                all.rows += row.count()?;
                all.parts += row.count()?;
                all.classes += row.count()?;
                all.cells += row.count()?;
                all.months += row.count()?;
            }
            Ok((all != Withdrawn::default()).then_some(all))
        })
        .await
    }

    async fn forget_withdrawn(&self) -> Result<(), StoreError> {
        attempt(|| "forgetting what was withdrawn".to_owned(), async {
            let mut work = self.backend.begin().await?;
            work.execute(FORGET, &[]).await?;
            work.commit().await
        })
        .await
    }
}

pub(super) async fn put_withdrawn(
    work: &mut dyn Transaction,
    withdrawn: Withdrawn,
) -> Result<(), Fault> {
    if withdrawn == Withdrawn::default() {
        return Ok(());
    }
    let Withdrawn {
        rows,
        parts,
        classes,
        cells,
        months,
    } = withdrawn;
    let mut values = [Value::Integer(None); 5];
    for (value, withdrawn) in values.iter_mut().zip([rows, parts, classes, cells, months]) {
        *value = count(withdrawn)?.into();
    }
    work.execute(PUT, &values).await.map(drop)
}
