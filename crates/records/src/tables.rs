use crate::SHARED_BY_MIN;
use crate::content::{Content, Field};
use crate::generalise::is_diverse;
use crate::suppress::{Cell, hide_in_grid, hide_in_list};

/// The tables of one field: every field has one. There are no others, so that nobody can take one from another.
pub const SINGLES: &[Field] = Field::ALL;
/// The tables of two fields. The second is what nobody outside may learn, whoever knows the first.
///
/// No two fields that stand together in a [`Row`](crate::Row) have one: what a table has beyond the
/// rows could be about very few.
pub const PAIRS: [(Field, Field); 4] = [
    (Field::Category, Field::Outcome),
    (Field::Category, Field::Referral),
    (Field::WhoCalled, Field::Outcome),
    (Field::Children, Field::ChildrenOutcome),
];

/// The tables of one line and month, as they may be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tables {
    /// Of one field, in the order of [`SINGLES`].
    pub singles: Vec<Single>,
    /// Of two fields, in the order of [`PAIRS`]; those that nobody is in, or that cannot be hidden
    /// well enough, are missing.
    pub pairs: Vec<Pair>,
}

/// How many contacts have each value of a field. Where several values may be ticked, a contact counts for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Single {
    /// The field.
    pub field: Field,
    /// Its values in the order of the domain.
    pub cells: Vec<(&'static str, Cell)>,
}

/// How many contacts have each pair of values.
///
/// Values of the first field that fewer than ten contacts have, or whose contacts are nearly all
/// alike in the second, stand together in one row; values of the second that are hidden alone stand
/// together in one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The field of the rows.
    pub first: Field,
    /// The field of the columns.
    pub second: Field,
    /// The values of each column.
    pub columns: Vec<Vec<&'static str>>,
    /// The values of each row, and its cells.
    pub rows: Vec<(Vec<&'static str>, Vec<Cell>)>,
}

/// Makes the tables of one line and month. A table is made once for a month, never for a part of
/// it: two of them could be subtracted.
#[must_use]
pub fn tables(contents: &[Content]) -> Tables {
    let singles: Vec<Single> = SINGLES
        .iter()
        .map(|field| single(*field, contents))
        .collect();
    let pairs = PAIRS
        .iter()
        .filter_map(|(first, second)| {
            let columns = singles.iter().find(|single| single.field == *second)?;
            pair(*first, columns, contents)
        })
        .filter(|pair| !pair.rows.is_empty())
        .collect();
    Tables { singles, pairs }
}

fn single(field: Field, contents: &[Content]) -> Single {
    let domain = field.domain();
    let counts: Vec<u64> = domain
        .iter()
        .map(|value| count(contents, |content| content.texts(field).contains(value)))
        .collect();
    let is_learnt = PAIRS.iter().any(|(_, second)| *second == field);
    let cells = if is_learnt && !differs(&counts) {
        vec![Cell::Hidden; counts.len()]
    } else {
        hide_in_list(&counts)
    };
    Single {
        field,
        cells: domain.into_iter().zip(cells).collect(),
    }
}

/// A row of a pair before anything is hidden.
struct Raw {
    values: Vec<&'static str>,
    counts: Vec<u64>,
}

impl Raw {
    fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    fn join(&mut self, other: Self) {
        self.values.extend(other.values);
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count += more;
        }
    }
}

fn pair(first: Field, columns: &Single, contents: &[Content]) -> Option<Pair> {
    let second = columns.field;
    let value = |value: &'static str| Raw {
        values: vec![value],
        counts: (second.domain().iter())
            .map(|other| {
                count(contents, |content| {
                    content.texts(first).contains(&value) && content.texts(second).contains(other)
                })
            })
            .collect(),
    };
    let rows = joined(first.domain().into_iter().map(value).collect())?;
    let (columns, counts) = join_columns(columns, &rows);
    let cells = hide_in_grid(&counts)?;
    Some(Pair {
        first,
        second,
        columns,
        rows: rows.into_iter().map(|row| row.values).zip(cells).collect(),
    })
}

/// Joins rows until each is shared and none tells the column; nothing when that takes all of them.
fn joined(rows: Vec<Raw>) -> Option<Vec<Raw>> {
    let is_shared = |row: &Raw| row.total() >= SHARED_BY_MIN && differs(&row.counts);
    let (mut shared, rest): (Vec<Raw>, Vec<Raw>) = rows.into_iter().partition(is_shared);
    shared.sort_by_key(Raw::total);
    let mut shared = shared.into_iter();
    let joined = rest.into_iter().reduce(|mut all, row| {
        all.join(row);
        all
    });
    let Some(mut joined) = joined else {
        return Some(shared.collect());
    };
    while joined.total() > 0 && !is_shared(&joined) {
        joined.join(shared.next()?);
    }
    let mut rows: Vec<Raw> = shared.collect();
    if joined.total() > 0 {
        rows.push(joined);
    }
    Some(rows)
}

/// Joins the columns that are hidden alone; what their sum is, is known.
fn join_columns(single: &Single, rows: &[Raw]) -> (Vec<Vec<&'static str>>, Vec<Vec<u64>>) {
    let (mut columns, mut together) = (Vec::new(), Vec::new());
    for (at, (value, cell)) in single.cells.iter().enumerate() {
        match cell {
            Cell::Count(_) => columns.push((vec![*value], vec![at])),
            Cell::Hidden => together.push((*value, at)),
        }
    }
    if !together.is_empty() {
        columns.push(together.into_iter().unzip());
    }
    let counts = rows.iter().map(|row| {
        let column = |(_, places): &(_, Vec<usize>)| places.iter().map(|at| row.counts[*at]).sum();
        columns.iter().map(column).collect()
    });
    let counts = counts.collect();
    (
        columns.into_iter().map(|(values, _)| values).collect(),
        counts,
    )
}

/// Tells whether the values of a field differ, by how many contacts have each; the first is *not
/// asked* and tells nothing.
fn differs(counts: &[u64]) -> bool {
    is_diverse(counts.iter().copied().skip(1))
}

fn count(contents: &[Content], counts: impl Fn(&Content) -> bool) -> u64 {
    contents.iter().filter(|content| counts(content)).count() as u64
}
