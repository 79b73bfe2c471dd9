//! Which tables a backup has, in the order in which they are written back: a row comes after those that it refers to.

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
const ACCOUNT: &str = "account";

impl Table {
    /// A row of a file of this format, with nothing in the columns that came later; no row when it
    /// has another number of columns.
    pub(super) fn row(&self, format: u32, mut row: Vec<Cell>) -> Option<Vec<Cell>> {
        if self.name == ACCOUNT && format < FORMAT_OF_PROVIDER {
            row.push(Cell::Null);
        }
        (row.len() == self.columns).then_some(row)
    }

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

pub(super) const TABLES: &[Table] = &[
    table! {
        1 "arrived", nulls Integers,
        key 2 "quarter, line" = "$1, $2" limit "$3",
        rest ", arrived", 3 in "$1, $2, $3"
    },
    table! {
        2 "closed_period", nulls Integers,
        key 3 "first_day, span, line" = "$1, $2, $3" limit "$4",
        rest ", last_day", 4 in "$1, $2, $3, $4"
    },
    table! {
        3 "closed_tally", nulls Integers,
        key 4 "first_day, span, line, class" = "$1, $2, $3, $4" limit "$5",
        rest ", arrived, answered, answered_in_time, abandoned, abandoned_early, overflowed, lost, answered_wait, unanswered_wait, talk",
        14 in "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14"
    },
    table! {
        4 "closed_misses", nulls Integers,
        key 1 "first_day" = "$1" limit "$2",
        rest ", no_answer, declined, unreachable", 4 in "$1, $2, $3, $4"
    },
    table! {
        5 "record_row", nulls Integers,
        key 4 "first_day, span, line, key" = "$1, $2, $3, $4" limit "$5",
        rest ", language, children_in_household, ages, pregnancy, relation, outcome, referral",
        11 in "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11"
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
