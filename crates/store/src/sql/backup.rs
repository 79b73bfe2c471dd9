//! The whole records database in one sealed file, and back, whatever database it came from.
//!
//! A file has accounts, known devices, keys of programs, closed counts, *arrived* by hour of the
//! week, anonymous rows, fixed tables and the audit with its beginning. It has neither sessions nor
//! anything that is open. It has no *arrived* of quarter-hours, since a file is kept longer than
//! they may be: a database that is made from one has none of those before. Nor has it months that
//! wait until they are told with the next one.
//!
//! A file before format 3 has quarter-hours. They are written back, and the first deletion after the
//! next start deletes those of months that are over; of these no hour is told, since they are not
//! known to be whole.
//!
//! A file is read twice: nothing is written before the whole of it was found to be as it was made,
//! and then all of it is written in one transaction.

mod error;
mod file;
mod page;
mod tables;

use std::io::{Read, Write};

use async_trait::async_trait;

use super::period::count;
use super::small::{self, join_all};
use super::store::count_of;
use super::withdrawn::{Withdrawn, put_withdrawn};
use super::{AuditAnchor, Backend, Fault, OPERATION_TIMEOUT, SqlStore, Transaction, Value};
use crate::CHANCE_BYTES;
pub use error::BackupError;
use file::{Reader, Writer};
use page::Page;
use tables::{ARRIVED_BEFORE, Kept, TABLES, Table, kept};

/// Bytes of the key that seals a backup.
pub const BACKUP_KEY_BYTES: usize = crate::KEY_BYTES;
/// Rows of a chunk of the file.
pub const BACKUP_ROWS: usize = 1_000;
/// Bytes of a chunk, sealed.
pub const BACKUP_CHUNK_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What seals a backup.
pub struct BackupKey(pub [u8; BACKUP_KEY_BYTES]);

/// How much a backup holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BackedUp {
    /// Rows of all tables.
    pub rows: u64,
}

/// The database as a file.
#[async_trait]
pub trait BackupStore: Send + Sync {
    /// Writes everything of one moment into a file. `chance` is fresh for every file.
    ///
    /// # Errors
    /// [`BackupError`]; what was written until then is of no use.
    async fn backup(
        &self,
        key: &BackupKey,
        chance: [u8; CHANCE_BYTES],
        to: &mut (dyn Write + Send),
    ) -> Result<BackedUp, BackupError>;

    /// Writes a file into this database, which has to be empty: all of it or nothing. Payloads of
    /// the audit that were erased after the backup was made are named by their places and stay
    /// erased.
    ///
    /// # Errors
    /// [`BackupError`].
    async fn restore(
        &self,
        key: &BackupKey,
        from: &mut (dyn Read + Send),
        erased: &[AuditAnchor],
    ) -> Result<BackedUp, BackupError>;
}

/// Reads a whole file and tells how much it holds, without any database.
///
/// # Errors
/// [`BackupError`] when the file is not as it was made, or was made with another key.
pub fn check_backup(
    key: &BackupKey,
    from: &mut (dyn Read + Send),
) -> Result<BackedUp, BackupError> {
    let mut reader = Reader::open(key, from)?;
    let mut found = BackedUp::default();
    while next_page(&mut reader, &mut found)?.is_some() {}
    Ok(found)
}

#[async_trait]
impl<B: Backend> BackupStore for SqlStore<B> {
    async fn backup(
        &self,
        key: &BackupKey,
        chance: [u8; CHANCE_BYTES],
        to: &mut (dyn Write + Send),
    ) -> Result<BackedUp, BackupError> {
        let mut writer = Writer::begin(key, chance, to)?;
        let mut work = in_time(self.backend.read()).await?;
        let mut written = BackedUp::default();
        for table in TABLES {
            written.rows += put_table(&mut *work, table, &mut writer).await?;
        }
        writer.end(&Page::End { rows: written.rows })?;
        Ok(written)
    }

    async fn restore(
        &self,
        key: &BackupKey,
        from: &mut (dyn Read + Send),
        erased: &[AuditAnchor],
    ) -> Result<BackedUp, BackupError> {
        let mut work = in_time(self.backend.begin()).await?;
        check_empty(&mut *work).await?;
        let mut reader = Reader::open(key, from)?;
        let mut found = BackedUp::default();
        let mut withdrawn = Withdrawn::default();
        while let Some(rows) = next_page(&mut reader, &mut found)? {
            for row in rows {
                match row {
                    Kept::Row(table, cells) => {
                        let values: Vec<_> = cells.iter().map(|cell| table.value(cell)).collect();
                        in_time(work.execute(table.put, &values)).await?;
                    }
                    Kept::PartWithdrawn => withdrawn.parts += 1,
                    Kept::RowWithdrawn => withdrawn.rows += 1,
                    Kept::ClassWithdrawn => withdrawn.classes += 1,
                    Kept::CellWithdrawn => withdrawn.cells += 1,
                    Kept::Withdrawn => {}
                }
            }
        }
        let small = in_time(join_all(&mut *work)).await?;
        in_time(put_withdrawn(&mut *work, withdrawn)).await?;
        in_time(put_withdrawn(&mut *work, small)).await?;
        for AuditAnchor { seq, hash } in erased {
            let seq = count(*seq).map_err(BackupError::Database)?;
            let place = [Value::from(seq), Value::from(&hash[..])];
            in_time(work.execute(ERASE_AGAIN, &place)).await?;
        }
        in_time(work.commit()).await?;
        Ok(found)
    }
}

const ERASE_AGAIN: &str =
    "UPDATE audit SET salt = NULL, payload = NULL WHERE seq = $1 AND hash = $2";

/// Rows of a table.
type Rows = Vec<Vec<super::Cell>>;

/// The next rows; nothing at the end, where their number has to be the one that was written.
fn next_page(
    reader: &mut Reader<'_>,
    found: &mut BackedUp,
) -> Result<Option<Vec<Kept>>, BackupError> {
    match reader.next()? {
        Page::End { rows } if rows == found.rows => Ok(None),
        Page::End { .. } => Err(BackupError::Malformed),
        Page::Rows { table, rows } => {
            found.rows += rows.len() as u64;
            let rows = rows.into_iter();
            let rows: Option<_> = rows.map(|row| kept(reader.format, table, row)).collect();
            rows.map(Some).ok_or(BackupError::Malformed)
        }
    }
}

/// Writes the rows of a table, a page at a time, and tells how many they were.
async fn put_table(
    work: &mut dyn Transaction,
    table: &Table,
    writer: &mut Writer<'_>,
) -> Result<u64, BackupError> {
    let limit = Value::from(BACKUP_ROWS as i64);
    let mut read = in_time(work.rows(table.first, &[limit])).await?;
    let mut count = 0;
    while !read.is_empty() {
        let rows: Rows = read.into_iter().map(super::Row::into_cells).collect();
        count += rows.len() as u64;
        let last = rows.last().cloned().unwrap_or_default();
        writer.put(&Page::Rows {
            table: table.number,
            rows,
        })?;
        let key = last.iter().take(table.keys).map(|cell| table.value(cell));
        let values: Vec<Value<'_>> = key.chain([limit]).collect();
        read = in_time(work.rows(table.next, &values)).await?;
    }
    Ok(count)
}

async fn check_empty(work: &mut dyn Transaction) -> Result<(), BackupError> {
    let tables = TABLES.iter().chain([ARRIVED_BEFORE]);
    let tables = tables.map(|table| (table.name, table.count));
    for (name, count) in tables.chain(small::TABLES) {
        if in_time(count_of(work, count, &[])).await? > 0 {
            return Err(BackupError::NotEmpty(name));
        }
    }
    Ok(())
}

/// Each step has a limit of its own: the whole may take longer than any operation of the running line.
async fn in_time<T>(step: impl Future<Output = Result<T, Fault>> + Send) -> Result<T, BackupError> {
    let done = tokio::time::timeout(OPERATION_TIMEOUT, step).await;
    done.unwrap_or(Err(Fault::Late))
        .map_err(BackupError::Database)
}

#[cfg(test)]
mod tests {
    use dispatch::LineId;
    use records::{ClosedPeriod, Date, QuarterHour};

    use super::tables::FORMAT_OF_SHARED;
    use super::*;
    use crate::sql::{ArrivedCount, Cell, Database, LINKA_DB, Store, open};

    const KEY: BackupKey = BackupKey([7; BACKUP_KEY_BYTES]);

    /// A file of this format with a quarter-hour.
    fn file(format: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = Writer::begin_as(format, &KEY, [1; CHANCE_BYTES], &mut bytes).unwrap();
        let row = vec![
            Cell::Integer(7),
            Cell::Text("help".to_owned()),
            Cell::Integer(3),
        ];
        let (table, rows) = (ARRIVED_BEFORE.number, vec![row]);
        writer.put(&Page::Rows { table, rows }).unwrap();
        writer.end(&Page::End { rows: 1 }).unwrap();
        bytes
    }

    async fn arrived(store: &dyn Store) -> Vec<ArrivedCount> {
        let all = QuarterHour(0)..QuarterHour(100);
        store.arrived(all).await.unwrap()
    }

    #[tokio::test]
    async fn quarter_hours_of_an_older_file_are_read_and_a_file_of_today_has_none() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&Database::File(folder.path().join(LINKA_DB)))
            .await
            .unwrap();

        let now = store
            .restore(&KEY, &mut &file(FORMAT_OF_SHARED)[..], &[])
            .await;
        let before = store
            .restore(&KEY, &mut &file(FORMAT_OF_SHARED - 1)[..], &[])
            .await;

        assert!(matches!(now, Err(BackupError::Malformed)));
        assert_eq!(before.unwrap().rows, 1);
        let line = LineId::parse("help").unwrap();
        assert_eq!(arrived(&*store).await, [(QuarterHour(7), line, 3)]);
    }

    #[tokio::test]
    async fn database_that_has_quarter_hours_is_not_empty() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&Database::File(folder.path().join(LINKA_DB)))
            .await
            .unwrap();
        let line = LineId::parse("help").unwrap();
        store
            .put_arrived(&[(QuarterHour(1), line, 1)])
            .await
            .unwrap();

        let refused = store.restore(&KEY, &mut &file(1)[..], &[]).await;

        assert!(matches!(refused, Err(BackupError::NotEmpty("arrived"))));
        assert_eq!(arrived(&*store).await.len(), 1);
    }

    /// A file of this format with a month of nine and one of thirty of a line, and their missed offers.
    fn file_with_small_month(format: u32) -> Vec<u8> {
        let number = |number: i64| Cell::Integer(number);
        let text = |text: &str| Cell::Text(text.to_owned());
        let place = |first, span| vec![number(first), text(span), text("help")];
        let months = [(20_260_101, 20_260_131, 9), (20_260_201, 20_260_228, 30)];
        let periods =
            months.map(|(first, last, _)| [place(first, "month"), vec![number(last)]].concat());
        let tallies = months.map(|(first, _, answered)| {
            let counts = [
                answered, answered, answered, 0, 0, 0, 0, 7_000_000, 0, 60_000_000,
            ];
            let counts = counts.map(number).to_vec();
            [place(first, "month"), vec![text("all")], counts].concat()
        });
        let misses = months.map(|(first, _, missed)| [first, missed, 1, 1].map(number).to_vec());
        let mut bytes = Vec::new();
        let mut writer = Writer::begin_as(format, &KEY, [1; CHANCE_BYTES], &mut bytes).unwrap();
        for (table, rows) in [(2, periods), (3, tallies), (4, misses)] {
            let rows = rows.to_vec();
            writer.put(&Page::Rows { table, rows }).unwrap();
        }
        writer.end(&Page::End { rows: 6 }).unwrap();
        bytes
    }

    #[tokio::test]
    async fn small_month_of_an_older_file_is_told_with_the_next_one_and_the_audit_will_say_so() {
        for format in 1..FORMAT_OF_SHARED {
            let folder = tempfile::tempdir().unwrap();
            let store = open(&Database::File(folder.path().join(LINKA_DB)))
                .await
                .unwrap();

            let file = file_with_small_month(format);
            store.restore(&KEY, &mut &file[..], &[]).await.unwrap();

            let told = store.closed(Date::FIRST..=Date::LAST).await.unwrap();
            let [
                ClosedPeriod::Month {
                    first, last, total, ..
                },
                ClosedPeriod::Misses { misses, .. },
            ] = &told[..]
            else {
                panic!("{told:?}")
            };
            assert_eq!((first.month(), last.month(), total.ended), (1, 2, 39));
            assert_eq!((misses.no_answer, misses.declined), (39, 2));
            let withdrawn = Withdrawn {
                months: 1,
                ..Withdrawn::default()
            };
            assert_eq!(store.withdrawn().await.unwrap(), Some(withdrawn));
        }
    }
}
