//! Fixed tables as cells. Nothing else of this module knows what a table is made of.

use std::collections::BTreeMap;

use records::content::Field;
use records::{Cell, PAIRS, Pair, SINGLES, Single, Tables};

use super::{Fault, Row};

/// What is in the place of the second field of a table of one field.
const NO_FIELD: &str = "";
/// What stands between values that stand together: none has a space.
const BETWEEN: &str = " ";

/// A cell of a table as it stands in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TableCell {
    pub(super) field: String,
    pub(super) second_field: String,
    pub(super) row: u64,
    pub(super) column: u64,
    pub(super) row_values: String,
    pub(super) column_values: String,
    /// Nothing when it is hidden.
    pub(super) contacts: Option<u64>,
}

/// All cells of all tables.
pub(super) fn of(tables: &Tables) -> Vec<TableCell> {
    let singles = tables.singles.iter().flat_map(of_single);
    singles
        .chain(tables.pairs.iter().flat_map(of_pair))
        .collect()
}

fn of_single(single: &Single) -> impl Iterator<Item = TableCell> {
    let cells = (0..).zip(&single.cells);
    cells.map(|(row, (value, cell))| TableCell {
        field: single.field.as_str().to_owned(),
        second_field: NO_FIELD.to_owned(),
        row,
        column: 0,
        row_values: (*value).to_owned(),
        column_values: String::new(),
        contacts: contacts(*cell),
    })
}

fn of_pair(pair: &Pair) -> impl Iterator<Item = TableCell> {
    (0..)
        .zip(&pair.rows)
        .flat_map(move |(row, (values, cells))| {
            let columns = (0..).zip(pair.columns.iter().zip(cells));
            columns.map(move |(column, (column_values, cell))| TableCell {
                field: pair.first.as_str().to_owned(),
                second_field: pair.second.as_str().to_owned(),
                row,
                column,
                row_values: values.join(BETWEEN),
                column_values: column_values.join(BETWEEN),
                contacts: contacts(*cell),
            })
        })
}

const fn contacts(cell: Cell) -> Option<u64> {
    match cell {
        Cell::Count(contacts) => Some(contacts),
        Cell::Hidden => None,
    }
}

/// Reads the columns of a cell, in their order.
pub(super) fn read(row: &mut Row) -> Result<TableCell, Fault> {
    Ok(TableCell {
        field: row.text()?,
        second_field: row.text()?,
        row: row.count()?,
        column: row.count()?,
        row_values: row.text()?,
        column_values: row.text()?,
        contacts: row.optional_count()?,
    })
}

/// Puts the cells of a month, in the order of rows and columns, together again.
pub(super) fn tables(cells: &[TableCell]) -> Result<Tables, Fault> {
    let mut grids = BTreeMap::<(&str, &str), Vec<&TableCell>>::new();
    for cell in cells {
        let fields = (cell.field.as_str(), cell.second_field.as_str());
        grids.entry(fields).or_default().push(cell);
    }
    let mut tables = Tables {
        singles: Vec::new(),
        pairs: Vec::new(),
    };
    for field in SINGLES {
        if let Some(cells) = grids.remove(&(field.as_str(), NO_FIELD)) {
            tables.singles.push(single(*field, &cells)?);
        }
    }
    for (first, second) in PAIRS {
        if let Some(cells) = grids.remove(&(first.as_str(), second.as_str())) {
            tables.pairs.push(pair(first, second, &cells)?);
        }
    }
    if !grids.is_empty() {
        return Err(Fault::Damaged("cells of no table"));
    }
    Ok(tables)
}

fn single(field: Field, cells: &[&TableCell]) -> Result<Single, Fault> {
    let cells = cells.iter().map(|cell| {
        let value = value(field, &cell.row_values)?;
        Ok((value, told(cell.contacts)))
    });
    Ok(Single {
        field,
        cells: cells.collect::<Result<_, Fault>>()?,
    })
}

fn pair(first: Field, second: Field, cells: &[&TableCell]) -> Result<Pair, Fault> {
    let columns = cells.iter().take_while(|cell| cell.row == 0);
    let columns: Vec<_> = columns
        .map(|cell| values(second, &cell.column_values))
        .collect::<Result<_, _>>()?;
    if columns.is_empty() {
        return Err(Fault::Damaged("a table without its first row"));
    }
    let rows = cells.chunks(columns.len()).map(|row| {
        let cells: Vec<_> = row.iter().map(|cell| told(cell.contacts)).collect();
        if cells.len() != columns.len() {
            return Err(Fault::Damaged("a table with a hole"));
        }
        Ok((values(first, &row[0].row_values)?, cells))
    });
    let rows = rows.collect::<Result<_, _>>()?;
    Ok(Pair {
        first,
        second,
        columns,
        rows,
    })
}

fn values(field: Field, text: &str) -> Result<Vec<&'static str>, Fault> {
    text.split(BETWEEN).map(|text| value(field, text)).collect()
}

fn value(field: Field, text: &str) -> Result<&'static str, Fault> {
    let found = field.domain().into_iter().find(|value| *value == text);
    found.ok_or(Fault::Damaged("a value that is none of its field's"))
}

fn told(contacts: Option<u64>) -> Cell {
    contacts.map_or(Cell::Hidden, Cell::Count)
}
