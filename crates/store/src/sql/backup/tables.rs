//! Which tables a backup has, in the order in which they are written back: a row comes after those that it refers to.

use std::time::Duration;

use records::{PeriodId, Span, Sums, Tally};

use crate::sql::period::{date_of, number_of, sums_numbers};
use crate::sql::{Cell, Value};

/// A table of a backup.
pub(super) struct Table {
    /// Its number in the file, never used for another one.
    pub(super) number: u8,
    pub(super) name: &'static str,
    pub(super) columns: usize,
    /// How many of its first columns are its key.
    pub(super) keys: usize,
    nulls: Nulls,
    /// Reads its first rows by key, at most `$1`.
    pub(super) first: &'static str,
    /// Reads those behind a key; the last parameter is how many.
    pub(super) next: &'static str,
    pub(super) put: &'static str,
    pub(super) count: &'static str,
}

/// What the columns hold that may be empty: PostgreSQL wants to know it of nothing, too.
#[derive(Clone, Copy)]
enum Nulls {
    Integers,
    Bytes,
}

/// Since when the account has who it belongs to at the provider, as its last column.
const FORMAT_OF_PROVIDER: u32 = 2;
/// Since when sums and rows are told by the rules of one publication.
pub(super) const FORMAT_OF_SHARED: u32 = 3;
pub(super) const ACCOUNT: u8 = 7;
const PERIODS: u8 = 2;
const SUMS: u8 = 12;
const MISSES: u8 = 4;
/// Sums as files before [`FORMAT_OF_SHARED`] have them.
const TALLIES_BEFORE: u8 = 3;
const TALLY_COLUMNS: usize = 14;
const CELLS: u8 = 6;
/// Anonymous rows as files before [`FORMAT_OF_SHARED`] have them.
const ROWS_BEFORE: u8 = 5;

/// What becomes of a row of a file.
pub(super) enum Kept {
    /// It is one of this table, with these cells.
    Row(&'static Table, Vec<Cell>),
    /// A part of a month, which was told by weaker rules.
    PartWithdrawn,
    /// An anonymous row, which was told by weaker rules.
    RowWithdrawn,
    /// A class of a month, which was told by weaker rules.
    ClassWithdrawn,
    /// A cell of a table, which was hidden by weaker rules.
    CellWithdrawn,
    /// Sums of what is withdrawn.
    Withdrawn,
}

/// Reads a row of a table by its number in a file of this format; nothing where it is none.
pub(super) fn kept(format: u32, number: u8, mut row: Vec<Cell>) -> Option<Kept> {
    let mut number = number;
    if format < FORMAT_OF_SHARED {
        match number {
            PERIODS if row.get(1) == Some(&Cell::Text("piece".to_owned())) => {
                return Some(Kept::PartWithdrawn);
            }
            ROWS_BEFORE => return Some(Kept::RowWithdrawn),
            CELLS => return Some(Kept::CellWithdrawn),
            TALLIES_BEFORE => {
                let [_, span, _, class] = row.first_chunk()?;
                if *span != text("month") {
                    return Some(Kept::Withdrawn);
                }
                if *class != text("all") {
                    return Some(Kept::ClassWithdrawn);
                }
                row = sums_now(row)?;
                number = SUMS;
            }
            MISSES => row.insert(1, last_day_of(row.first()?)?),
            _ => {}
        }
    }
    if number == ACCOUNT && format < FORMAT_OF_PROVIDER {
        row.push(Cell::Null);
    }
    let before = (format < FORMAT_OF_SHARED).then_some(ARRIVED_BEFORE);
    let mut tables = TABLES.iter().chain(before);
    let table = tables.find(|table| table.number == number)?;
    (row.len() == table.columns).then_some(Kept::Row(table, row))
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

/// Sums of a month as they are told now.
fn sums_now(before: Vec<Cell>) -> Option<Vec<Cell>> {
    let before: [Cell; TALLY_COLUMNS] = before.try_into().ok()?;
    let (place, counted) = before.split_first_chunk::<4>()?;
    let mut numbers = [0; TALLY_COLUMNS - 4];
    for (number, cell) in numbers.iter_mut().zip(counted) {
        *number = match cell {
            Cell::Integer(count) => u64::try_from(*count).ok()?,
            Cell::Null | Cell::Text(_) | Cell::Bytes(_) => return None,
        };
    }
    let [
        arrived,
        answered,
        answered_in_time,
        abandoned,
        abandoned_early,
        overflowed,
        lost,
        times @ ..,
    ] = numbers;
    let [answered_wait, unanswered_wait, talk] = times.map(Duration::from_micros);
    let sums = Sums::of_month(&Tally {
        arrived,
        answered,
        answered_in_time,
        abandoned,
        abandoned_early,
        overflowed,
        lost,
        answered_wait,
        unanswered_wait,
        talk,
    });
    let sums = sums_numbers(&sums).ok()?;
    let cells = sums
        .into_iter()
        .map(|sum| sum.map_or(Cell::Null, Cell::Integer));
    Some(place.iter().cloned().chain(cells).collect())
}

/// The last day of the month that begins on this one.
fn last_day_of(first: &Cell) -> Option<Cell> {
    let Cell::Integer(first) = first else {
        return None;
    };
    let month = PeriodId::of(Span::Month, date_of(*first).ok()?);
    Some(Cell::Integer(number_of(month.last())))
}

impl Table {
    /// A cell of this table as a parameter.
    pub(super) fn value<'a>(&self, cell: &'a Cell) -> Value<'a> {
        match (cell, self.nulls) {
            (Cell::Null, Nulls::Integers) => Value::Integer(None),
            (Cell::Null, Nulls::Bytes) => Value::Bytes(None),
            (Cell::Integer(number), _) => Value::from(*number),
            (Cell::Text(text), _) => Value::from(text.as_str()),
            (Cell::Bytes(bytes), _) => Value::from(bytes.as_slice()),
        }
    }
}

/// Declares a table: its columns, those of the key first, with as many parameters.
macro_rules! table {
    (
        $number:literal $name:literal, nulls $nulls:ident,
        key $keys:literal $key:literal = $key_values:literal limit $limit:literal,
        rest $rest:literal, $columns:literal in $values:literal
    ) => {
        Table {
            number: $number,
            name: $name,
            columns: $columns,
            keys: $keys,
            nulls: Nulls::$nulls,
            first: concat!(
                "SELECT ",
                $key,
                $rest,
                " FROM ",
                $name,
                " ORDER BY ",
                $key,
                " LIMIT $1"
            ),
            next: concat!(
                "SELECT ",
                $key,
                $rest,
                " FROM ",
                $name,
                " WHERE (",
                $key,
                ") > (",
                $key_values,
                ") ORDER BY ",
                $key,
                " LIMIT ",
                $limit
            ),
            put: concat!(
                "INSERT INTO ",
                $name,
                " (",
                $key,
                $rest,
                ") VALUES (",
                $values,
                ")"
            ),
            count: concat!(
                "SELECT count(*) FROM (SELECT 1 FROM ",
                $name,
                " LIMIT 1) AS one"
            ),
        }
    };
}

/// *Arrived* of quarter-hours, which files before [`FORMAT_OF_SHARED`] have.
pub(super) const ARRIVED_BEFORE: &Table = &table! {
    1 "arrived", nulls Integers,
    key 2 "quarter, line" = "$1, $2" limit "$3",
    rest ", arrived", 3 in "$1, $2, $3"
};

pub(super) const TABLES: &[Table] = &[
    table! {
        14 "arrived_hours", nulls Integers,
        key 3 "first_day, line, hour" = "$1, $2, $3" limit "$4",
        rest ", arrived", 4 in "$1, $2, $3, $4"
    },
    table! {
        2 "closed_period", nulls Integers,
        key 3 "first_day, span, line" = "$1, $2, $3" limit "$4",
        rest ", last_day", 4 in "$1, $2, $3, $4"
    },
    table! {
        12 "closed_sums", nulls Integers,
        key 4 "first_day, span, line, class" = "$1, $2, $3, $4" limit "$5",
        rest ", arrived, ended, answered, answered_in_time, abandoned, abandoned_early, overflowed, lost, answered_wait, unanswered_wait, talk",
        15 in "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15"
    },
    table! {
        4 "closed_misses", nulls Integers,
        key 1 "first_day" = "$1" limit "$2",
        rest ", last_day, no_answer, declined, unreachable", 5 in "$1, $2, $3, $4, $5"
    },
    table! {
        13 "record_row", nulls Integers,
        key 4 "first_day, span, line, key" = "$1, $2, $3, $4" limit "$5",
        rest ", language, children_in_household, ages, pregnancy, relation, outcome",
        10 in "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10"
    },
    table! {
        6 "record_cell", nulls Integers,
        key 7 "first_day, span, line, field, second_field, row_at, column_at"
            = "$1, $2, $3, $4, $5, $6, $7" limit "$8",
        rest ", row_values, column_values, contacts",
        10 in "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10"
    },
    table! {
        7 "account", nulls Bytes,
        key 1 "id" = "$1" limit "$2",
        rest ", login, login_folded, display_name, role, standing, password, password_change, totp, totp_step, provider",
        11 in "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11"
    },
    table! {
        8 "device", nulls Bytes,
        key 2 "account, token" = "$1, $2" limit "$3",
        rest ", created, last_seen", 4 in "$1, $2, $3, $4"
    },
    table! {
        9 "api_key", nulls Bytes,
        key 1 "id" = "$1" limit "$2",
        rest ", name, token, scopes, created, expires, made_by, standing",
        8 in "$1, $2, $3, $4, $5, $6, $7, $8"
    },
    table! {
        10 "audit", nulls Bytes,
        key 1 "seq" = "$1" limit "$2",
        rest ", day, previous, commitment, hash, salt, payload", 7 in "$1, $2, $3, $4, $5, $6, $7"
    },
    table! {
        11 "audit_end", nulls Bytes,
        key 1 "which" = "$1" limit "$2",
        rest ", seq, hash, signature", 4 in "$1, $2, $3, $4"
    },
];
