use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use async_trait::async_trait;
use records::{ClosedPeriod, Date, MonthTables, Part, PeriodRows, Row, Tables, ToldRow, VALUES};

use super::cells::{self, TableCell};
use super::counts::{read_closed, replace};
use super::period::{self, Kind, PeriodKey};
use super::small::{Becomes, take_in};
use super::store::{attempt, count_of};
use super::{Backend, Fault, Row as Read, SqlStore, StoreError, Transaction, Value};

/// How many anonymous rows are read at once; whoever wants more asks for fewer days.
pub const ROWS_READ_MAX: u64 = 250_000;
/// How many cells of tables are read at once; a month of a line has about 500.
pub const CELLS_READ_MAX: u64 = 500_000;

/// What was entered of calls, once its period has closed: anonymous rows and fixed tables.
#[async_trait]
pub trait RecordStore: Send + Sync {
    /// Writes a period in the place of what was written of it before: its counts, its rows in the
    /// order in which they are given, and, of a month, its tables. All of it or nothing. Writing
    /// the same again changes nothing.
    ///
    /// A month in which fewer than ten contacts ended, which an earlier release closed, is told
    /// nowhere until the next one of its line is written: that is told together with it, without
    /// classes, and without rows and tables, which would be of fewer.
    ///
    /// # Errors
    /// [`StoreError`], with [`Fault::Invalid`] when missed offers are given rows, or anything but a month tables.
    async fn put_period(
        &self,
        closed: &ClosedPeriod,
        rows: &[Row],
        tables: Option<&Tables>,
    ) -> Result<(), StoreError>;

    /// The rows of the periods whose first day is in a range, by that day, shorter periods first;
    /// those of a period by their keys, which are chance. Periods without rows are left out.
    ///
    /// # Errors
    /// [`StoreError`], with [`Fault::TooMany`] when there are more than [`ROWS_READ_MAX`].
    async fn rows(&self, range: RangeInclusive<Date>) -> Result<Vec<PeriodRows>, StoreError>;

    /// The tables of the months whose first day is in a range, by that day and line.
    ///
    /// # Errors
    /// [`StoreError`], with [`Fault::TooMany`] when they have more than [`CELLS_READ_MAX`] cells.
    async fn tables(&self, range: RangeInclusive<Date>) -> Result<Vec<MonthTables>, StoreError>;
}

#[async_trait]
impl<B: Backend> RecordStore for SqlStore<B> {
    async fn put_period(
        &self,
        closed: &ClosedPeriod,
        rows: &[Row],
        tables: Option<&Tables>,
    ) -> Result<(), StoreError> {
        let attempted = || format!("writing {}", period::name_of(closed));
        attempt(attempted, async {
            let key = period::key_of(closed);
            check_contents(key, rows, tables)?;
            let mut work = self.backend.begin().await?;
            match take_in(&mut *work, closed).await? {
                Becomes::Kept => {}
                Becomes::Joined(joined) => {
                    replace(&mut *work, period::key_of(&joined), &joined).await?;
                }
                Becomes::Itself if is_written(&mut *work, closed, rows, tables).await? => {}
                Becomes::Itself => {
                    replace(&mut *work, key, closed).await?;
                    put_rows(&mut *work, key, rows).await?;
                    let cells = tables.map(cells::of).unwrap_or_default();
                    put_cells(&mut *work, key, &cells).await?;
                }
            }
            work.commit().await?;
            self.backend.settle().await
        })
        .await
    }

    async fn rows(&self, range: RangeInclusive<Date>) -> Result<Vec<PeriodRows>, StoreError> {
        let attempted = || format!("reading rows from {} to {}", range.start(), range.end());
        attempt(attempted, async {
            let days = numbers_of(&range);
            let mut work = self.backend.read().await?;
            check_count(&mut *work, COUNT_ROWS, &days, ROWS_READ_MAX).await?;
            let periods = read_rows(&mut *work, &days).await?;
            Ok(periods.into_values().map(|(period, _)| period).collect())
        })
        .await
    }

    async fn tables(&self, range: RangeInclusive<Date>) -> Result<Vec<MonthTables>, StoreError> {
        let attempted = || format!("reading tables from {} to {}", range.start(), range.end());
        attempt(attempted, async {
            let days = numbers_of(&range);
            let mut work = self.backend.read().await?;
            check_count(&mut *work, COUNT_CELLS, &days, CELLS_READ_MAX).await?;
            Ok(read_tables(&mut *work, &days)
                .await?
                .into_values()
                .collect())
        })
        .await
    }
}

const PUT_ROW: &str = "
    INSERT INTO record_row
        (first_day, span, line, key, language, children_in_household, ages, pregnancy, relation,
         outcome)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

/// The rows of a period in one value: a database hands over a value in the time in which it hands
/// over a row, and there are 100,000 rows in a year of 300 calls a day. They come in no order,
/// since to sort them there takes longer than to read them. Fields end with [`FIELD_END`], rows
/// with [`ROW_END`]; names of values have neither.
const ROWS: &str = "
    SELECT first_day, span, line, last_day,
        (SELECT string_agg(key || ',' || language || ',' || children_in_household || ',' || ages ||
                ',' || pregnancy || ',' || relation || ',' || outcome, ';')
            FROM record_row
            WHERE record_row.first_day = closed_period.first_day
                AND record_row.span = closed_period.span AND record_row.line = closed_period.line)
    FROM closed_period
    WHERE first_day <= $2 AND last_day >= $1 AND EXISTS (
        SELECT 1 FROM record_row
        WHERE record_row.first_day = closed_period.first_day
            AND record_row.span = closed_period.span AND record_row.line = closed_period.line)";
const FIELD_END: char = ',';
const ROW_END: char = ';';

const COUNT_ROWS: &str = "
    SELECT count(*) FROM record_row JOIN closed_period USING (first_day, span, line)
    WHERE first_day <= $2 AND last_day >= $1";

const PUT_CELL: &str = "
    INSERT INTO record_cell
        (first_day, span, line, field, second_field, row_at, column_at, row_values, column_values,
         contacts)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

const CELLS: &str = "
    SELECT first_day, span, line, last_day, field, second_field, row_at, column_at, row_values,
        column_values, contacts
    FROM record_cell JOIN closed_period USING (first_day, span, line)
    WHERE first_day <= $2 AND last_day >= $1
    ORDER BY first_day, span, line, field, second_field, row_at, column_at";

const COUNT_CELLS: &str = "
    SELECT count(*) FROM record_cell JOIN closed_period USING (first_day, span, line)
    WHERE first_day <= $2 AND last_day >= $1";

fn check_contents(key: PeriodKey, rows: &[Row], tables: Option<&Tables>) -> Result<(), Fault> {
    let has_rows = !rows.is_empty();
    match key.kind {
        Kind::Month => Ok(()),
        Kind::Piece if tables.is_none() => Ok(()),
        Kind::Misses if tables.is_none() && !has_rows => Ok(()),
        Kind::Piece => Err(Fault::Invalid("only a month has tables")),
        Kind::Misses => Err(Fault::Invalid("missed offers have neither rows nor tables")),
    }
}

async fn is_written(
    work: &mut dyn Transaction,
    closed: &ClosedPeriod,
    rows: &[Row],
    tables: Option<&Tables>,
) -> Result<bool, Fault> {
    let key = period::key_of(closed);
    let days = [key.first_day; 2];
    if read_closed(work, key.first_day..=key.first_day)
        .await?
        .get(&key)
        != Some(closed)
    {
        return Ok(false);
    }
    let (mut keys, mut told): (Vec<_>, Vec<_>) = Default::default();
    if let Some((written, their_keys)) = read_rows(work, &days).await?.remove(&key) {
        (keys, told) = (their_keys, written.rows);
    }
    let mut expected: Vec<_> = rows.iter().map(|row| (key_text(row), row.told())).collect();
    expected.sort();
    if !expected.into_iter().eq(keys.into_iter().zip(told)) {
        return Ok(false);
    }
    let written = read_tables(work, &days).await?.remove(&key);
    Ok(written.map(|month| month.tables).as_ref() == tables)
}

async fn put_rows(work: &mut dyn Transaction, key: PeriodKey, rows: &[Row]) -> Result<(), Fault> {
    for row in rows {
        let (row_key, told) = (key_text(row), row.told());
        let mut values = key_values(&key).to_vec();
        values.push(row_key.as_str().into());
        values.extend(told.0.iter().map(|text| Value::from(text.as_str())));
        work.execute(PUT_ROW, &values).await?;
    }
    Ok(())
}

async fn put_cells(
    work: &mut dyn Transaction,
    key: PeriodKey,
    cells: &[TableCell],
) -> Result<(), Fault> {
    for cell in cells {
        let place = [period::count(cell.row)?, period::count(cell.column)?].map(Value::from);
        let contacts = cell.contacts.map(period::count).transpose()?;
        let values = [
            &key_values(&key)[..],
            &[
                cell.field.as_str().into(),
                cell.second_field.as_str().into(),
            ],
            &place,
            &[
                cell.row_values.as_str().into(),
                cell.column_values.as_str().into(),
                Value::Integer(contacts),
            ],
        ];
        work.execute(PUT_CELL, &values.concat()).await?;
    }
    Ok(())
}

/// Rows of a period, and their keys.
type Keyed = (PeriodRows, Vec<String>);

async fn read_rows(
    work: &mut dyn Transaction,
    days: &[i64; 2],
) -> Result<BTreeMap<PeriodKey, Keyed>, Fault> {
    let mut periods = BTreeMap::<PeriodKey, Keyed>::new();
    for mut read in work.rows(ROWS, &days.map(Value::from)).await? {
        let (key, mut period) = read_place(&mut read)?;
        let packed = read.text()?;
        // Keys are of one length: rows are in the order of their keys.
        let mut rows: Vec<&str> = packed.split(ROW_END).collect();
        rows.sort_unstable();
        let rows = rows.into_iter().map(unpack);
        let (keys, rows) = rows.collect::<Result<(Vec<_>, Vec<_>), _>>()?;
        period.rows = rows;
        periods.insert(key, (period, keys));
    }
    Ok(periods)
}

/// A row and its key.
fn unpack(packed: &str) -> Result<(String, ToldRow), Fault> {
    let mut fields = packed.split(FIELD_END).map(str::to_owned);
    let mut field = || fields.next().ok_or(Fault::Damaged("a row that ends early"));
    let key = field()?;
    let mut row = ToldRow([const { String::new() }; VALUES]);
    for value in &mut row.0 {
        *value = field()?;
    }
    match fields.next() {
        None => Ok((key, row)),
        Some(_) => Err(Fault::Damaged("a row that goes on")),
    }
}

async fn read_tables(
    work: &mut dyn Transaction,
    days: &[i64; 2],
) -> Result<BTreeMap<PeriodKey, MonthTables>, Fault> {
    let mut months = BTreeMap::<PeriodKey, (PeriodRows, Vec<TableCell>)>::new();
    for mut read in work.rows(CELLS, &days.map(Value::from)).await? {
        let (key, place) = read_place(&mut read)?;
        let cell = cells::read(&mut read)?;
        let (_, cells) = months.entry(key).or_insert_with(|| (place, Vec::new()));
        cells.push(cell);
    }
    let month = |(key, (place, cells)): (PeriodKey, (PeriodRows, Vec<TableCell>))| {
        let month = MonthTables {
            line: place.line,
            first: place.first,
            last: place.last,
            tables: cells::tables(&cells)?,
        };
        Ok((key, month))
    };
    months.into_iter().map(month).collect()
}

/// Reads the columns `first_day, span, line, last_day`, as a period without rows.
fn read_place(read: &mut Read) -> Result<(PeriodKey, PeriodRows), Fault> {
    let (key, closed) = period::read_period(read)?;
    let (line, part, first, last) = match closed {
        ClosedPeriod::Piece {
            line, first, last, ..
        } => (line, Part::Piece, first, last),
        ClosedPeriod::Month {
            line, first, last, ..
        } => (line, Part::Month, first, last),
        ClosedPeriod::Misses { .. } => return Err(Fault::Damaged("rows of no period")),
    };
    let place = PeriodRows {
        line,
        part,
        first,
        last,
        rows: Vec::new(),
    };
    Ok((key, place))
}

async fn check_count(
    work: &mut dyn Transaction,
    sql: &'static str,
    days: &[i64; 2],
    most: u64,
) -> Result<(), Fault> {
    if count_of(work, sql, &days.map(Value::from)).await? > most {
        return Err(Fault::TooMany(most));
    }
    Ok(())
}

fn key_values(key: &PeriodKey) -> [Value<'_>; 3] {
    let line = key.line.as_ref().map(|line| line.0.as_str());
    [
        key.first_day.into(),
        key.kind.name().into(),
        Value::Text(line),
    ]
}

fn key_text(row: &Row) -> String {
    format!("{:032x}", row.key.0)
}

fn numbers_of(range: &RangeInclusive<Date>) -> [i64; 2] {
    [*range.start(), *range.end()].map(period::number_of)
}
