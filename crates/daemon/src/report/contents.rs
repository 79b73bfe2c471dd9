//! Anonymous rows and fixed tables in words.

use std::fmt::Write as _;
use std::ops::RangeInclusive;

use records::{Cell, Date, MonthTables, Pair, PeriodRows, Single, ToldRow};

use super::counts;

/// What stands for a cell that is hidden.
const HIDDEN: &str = "hidden";

/// Rows, a table for each period.
pub(super) fn rows_in_words(periods: &[PeriodRows], days: &RangeInclusive<Date>) -> String {
    if periods.is_empty() {
        let why = "calls are told as rows when their period closes, and only where ten or more share what is told. What closed before an upgrade to stricter rules was withdrawn: the audit, which administrators and auditors read, says how much.";
        return counts::none_between("No rows", days, why);
    }
    let mut text = String::new();
    for period in periods {
        let (first, last) = (period.first, period.last);
        let _infallible = writeln!(text, "{}, {first} to {last}", period.line);
        let header = ToldRow::COLUMNS.iter().map(|name| (*name).to_owned());
        let rows = period.rows.iter().map(|row| row.0.to_vec());
        let lines: Vec<Vec<String>> = std::iter::once(header.collect()).chain(rows).collect();
        put_columns(&mut text, &lines);
        text.push('\n');
    }
    text.push_str(
        "left_out: fewer than ten persons share it; any_other: one of several outcomes that too few of these share\n",
    );
    text
}

/// Tables of months, each cell with its values.
pub(super) fn tables_in_words(months: &[MonthTables], days: &RangeInclusive<Date>) -> String {
    if months.is_empty() {
        let why = "they are made two hours after the end of a month, or with the next one when fewer than ten contacts ended in it. Those that closed before an upgrade to stricter rules were withdrawn: the audit, which administrators and auditors read, says how much.";
        return counts::none_between("No tables of months", days, why);
    }
    let mut text = String::new();
    for month in months {
        let title = counts::title_of_month(month.line, month.first, month.last);
        for single in &month.tables.singles {
            put_single(&mut text, &title, single);
        }
        for pair in &month.tables.pairs {
            put_pair(&mut text, &title, pair);
        }
    }
    text.push_str(
        "hidden: it is about few contacts, or such a number could be computed from it, also together with the rows; or nearly all have the same value in its table\n",
    );
    text
}

fn put_single(text: &mut String, title: &str, single: &Single) {
    let _infallible = writeln!(text, "{title}, {}", single.field.as_str());
    let cells = single.cells.iter();
    let lines: Vec<_> = cells
        .map(|(value, cell)| vec![(*value).to_owned(), told(*cell)])
        .collect();
    put_columns(text, &lines);
    text.push('\n');
}

fn put_pair(text: &mut String, title: &str, pair: &Pair) {
    let (first, second) = (pair.first.as_str(), pair.second.as_str());
    let _infallible = writeln!(text, "{title}, {first} by {second}");
    let together = |values: &Vec<&str>| values.join(" or ");
    let header = std::iter::once(String::new()).chain(pair.columns.iter().map(together));
    let rows = pair.rows.iter().map(|(values, cells)| {
        let cells = cells.iter().map(|cell| told(*cell));
        std::iter::once(together(values)).chain(cells).collect()
    });
    let lines: Vec<Vec<String>> = std::iter::once(header.collect()).chain(rows).collect();
    put_columns(text, &lines);
    text.push('\n');
}

fn told(cell: Cell) -> String {
    match cell {
        Cell::Count(contacts) => contacts.to_string(),
        Cell::Hidden => HIDDEN.to_owned(),
    }
}

/// Writes lines of cells so that those of a column stand below each other.
fn put_columns(text: &mut String, lines: &[Vec<String>]) {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(String::len).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for line in lines {
        let mut padded = String::new();
        for (cell, width) in line.iter().zip(&widths) {
            let _infallible = write!(padded, "  {cell:<width$}");
        }
        text.push_str(padded.trim_end());
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use dispatch::LineId;
    use records::content::Field;
    use records::{LEFT_OUT, Part, Tables, VALUES};

    use super::*;

    fn first() -> Date {
        Date::new(2026, 10, 1).unwrap()
    }

    #[test]
    fn nothing_is_said_in_a_sentence() {
        let days = Date::FIRST..=Date::LAST;

        assert!(rows_in_words(&[], &days).starts_with("No rows between 1970-01-01"));
        assert!(tables_in_words(&[], &days).starts_with("No tables of months between 1970-01-01"));
    }

    #[test]
    fn rows_stand_below_their_columns() {
        let period = PeriodRows {
            line: LineId::parse("help").unwrap(),
            part: Part::Month,
            first: first(),
            last: first(),
            rows: vec![ToldRow([LEFT_OUT; VALUES].map(str::to_owned))],
        };

        let text = rows_in_words(&[period], &(Date::FIRST..=Date::LAST));

        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "help, 2026-10-01 to 2026-10-01");
        assert_eq!(lines[1].find("outcome"), lines[2].rfind(LEFT_OUT));
    }

    #[test]
    fn hidden_cells_are_told_as_hidden() {
        let tables = Tables {
            singles: vec![Single {
                field: Field::Outcome,
                cells: vec![("advised", Cell::Count(12)), ("other", Cell::Hidden)],
            }],
            pairs: vec![Pair {
                first: Field::Category,
                second: Field::Outcome,
                columns: vec![vec!["advised"], vec!["referred", "other"]],
                rows: vec![(vec!["stalking"], vec![Cell::Count(20), Cell::Hidden])],
            }],
        };
        let month = MonthTables {
            line: LineId::parse("help").unwrap(),
            first: first(),
            last: Date::new(2026, 10, 31).unwrap(),
            tables,
        };

        let text = tables_in_words(&[month], &(Date::FIRST..=Date::LAST));

        assert_eq!(
            text,
            "help, the month 2026-10-01 to 2026-10-31, outcome\n  advised  12\n  other    hidden\n\n\
             help, the month 2026-10-01 to 2026-10-31, category by outcome\n            advised  referred or other\n  stalking  20       hidden\n\n\
             hidden: it is about few contacts, or such a number could be computed from it, also together with the rows; or nearly all have the same value in its table\n"
        );
    }
}
