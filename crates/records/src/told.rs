use dispatch::LineId;

use crate::{Date, Tables, ToldRow, csv};

/// Whether rows are those of a whole month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Of a part of a month.
    Piece,
    /// Of a month that was told in no pieces.
    Month,
}

/// The rows of one line and closed period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeriodRows {
    /// Whose contacts.
    pub line: LineId,
    /// Whether the period is a month.
    pub part: Part,
    /// Its first day.
    pub first: Date,
    /// Its last day.
    pub last: Date,
    /// The rows, in an order by chance.
    pub rows: Vec<ToldRow>,
}

/// The tables of one line and month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthTables {
    /// Whose contacts.
    pub line: LineId,
    /// The first day of the month.
    pub first: Date,
    /// Its last day.
    pub last: Date,
    /// The tables.
    pub tables: Tables,
}

impl Part {
    /// Its name in reports, never changed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Piece => "piece",
            Self::Month => "month",
        }
    }
}

/// Writes rows as CSV: one line for each, behind the period and line that it is of.
#[must_use]
pub fn rows_report(periods: &[PeriodRows]) -> String {
    let title = ["span", "first", "last", "line"];
    let header = title.iter().chain(ToldRow::COLUMNS);
    let header: Vec<String> = header.map(|name| (*name).to_owned()).collect();
    let rows = periods.iter().flat_map(|period| {
        let place = [
            period.part.as_str().to_owned(),
            period.first.to_string(),
            period.last.to_string(),
            period.line.to_string(),
        ];
        let row = move |row: &ToldRow| [&place[..], &row.0[..]].concat();
        period.rows.iter().map(row)
    });
    csv(std::iter::once(header).chain(rows))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LEFT_OUT, VALUES};

    #[test]
    fn every_row_stands_behind_its_period() {
        let period = PeriodRows {
            line: LineId::parse("help").unwrap(),
            part: Part::Piece,
            first: Date::new(2026, 11, 1).unwrap(),
            last: Date::new(2026, 11, 7).unwrap(),
            rows: vec![ToldRow([LEFT_OUT; VALUES].map(str::to_owned))],
        };

        let csv = rows_report(&[period]);

        assert_eq!(
            csv,
            "span,first,last,line,language,children_in_household,ages,pregnancy,relation,outcome\r\n\
             piece,2026-11-01,2026-11-07,help,left_out,left_out,left_out,left_out,left_out,left_out\r\n"
        );
    }
}
