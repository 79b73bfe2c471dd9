//! What was entered of calls: anonymous rows and fixed tables of closed periods.

use axum::extract::State;
use axum::response::Response;
use records::{Cell, MonthTables, Pair, Part, PeriodRows, Single, ToldRow};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Days, SpanTold, attachment};
use crate::app::{App, Asked, Json};
use crate::identity::Who;
use crate::problem::{Problem, ProblemBody};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(records))
        .routes(routes!(records_csv))
        .routes(routes!(tables))
}

/// Anonymous rows of closed periods.
#[derive(Debug, Serialize, ToSchema)]
struct Records {
    /// The names of the columns, in order.
    columns: &'static [&'static str],
    /// The periods, the earliest first; those without rows are left out.
    periods: Vec<Period>,
}

/// The rows of a line and period, in an order by chance.
#[derive(Debug, Serialize, ToSchema)]
struct Period {
    /// Whether it is a whole month or a part of one.
    span: SpanTold,
    /// Its first day.
    first: String,
    /// Its last day.
    last: String,
    /// The line.
    line: String,
    /// A row for each call, with a value for each column: `left_out` where too few share it, `any_other` where it is one that too few share, `not_asked` where it was not asked.
    rows: Vec<Vec<String>>,
}

/// Fixed tables of months.
#[derive(Debug, Serialize, ToSchema)]
struct Tables {
    /// The months, the earliest first.
    months: Vec<Month>,
}

/// The tables of a line and month.
#[derive(Debug, Serialize, ToSchema)]
struct Month {
    /// The first day of the month.
    first: String,
    /// Its last day.
    last: String,
    /// The line.
    line: String,
    /// Tables of one field.
    singles: Vec<SingleTold>,
    /// Tables of two fields; those that cannot be hidden well enough are missing.
    pairs: Vec<PairTold>,
}

/// How many contacts have each value of a field. Where several values may be ticked, a contact counts for each.
#[derive(Debug, Serialize, ToSchema)]
struct SingleTold {
    /// The field.
    field: &'static str,
    /// Its values.
    values: Vec<&'static str>,
    /// A cell for each value.
    cells: Vec<CellTold>,
}

/// How many contacts have each pair of values. Values that too few have stand together.
#[derive(Debug, Serialize, ToSchema)]
struct PairTold {
    /// The field of the rows.
    first: &'static str,
    /// The field of the columns.
    second: &'static str,
    /// The values of each column.
    columns: Vec<Vec<&'static str>>,
    /// The rows.
    rows: Vec<PairRow>,
}

/// A row of a table of two fields.
#[derive(Debug, Serialize, ToSchema)]
struct PairRow {
    /// Its values.
    values: Vec<&'static str>,
    /// A cell for each column.
    cells: Vec<CellTold>,
}

/// A cell of a table: a number of contacts, or `hidden` because it, or another one that could be computed from it, is about too few, or because nearly all have the same value in its table.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum CellTold {
    /// How many contacts.
    Contacts(u64),
    /// Too few to be told.
    Hidden,
}

/// Anonymous rows of calls, one for each call of a closed period of which enough share what is told.
#[utoipa::path(
    get,
    path = "/api/v1/reports/records",
    tag = "reports",
    params(Days),
    responses(
        (status = 200, body = Records),
        (status = 422, body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn records(
    State(app): State<App>,
    who: Who,
    Asked(days): Asked<Days>,
) -> Result<Json<Records>, Problem> {
    let periods = app.store.rows(days.range()?).await?;
    app.audit.note(&who.name(), days.exported("records"));
    Ok(Json(Records {
        columns: ToldRow::COLUMNS,
        periods: periods.into_iter().map(period).collect(),
    }))
}

/// The same as comma-separated values (RFC 4180): a line for each row, behind its period and line.
#[utoipa::path(
    get,
    path = "/api/v1/reports/records.csv",
    tag = "reports",
    params(Days),
    responses(
        (status = 200, body = String, content_type = "text/csv"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn records_csv(
    State(app): State<App>,
    who: Who,
    Asked(days): Asked<Days>,
) -> Result<Response, Problem> {
    let periods = app.store.rows(days.range()?).await?;
    app.audit.note(&who.name(), days.exported("records"));
    let text = records::rows_report(&periods);
    Ok(attachment(text, "linka-records.csv"))
}

/// Fixed tables of closed months. A table is made once, when its month closes.
#[utoipa::path(
    get,
    path = "/api/v1/reports/tables",
    tag = "reports",
    params(Days),
    responses(
        (status = 200, body = Tables),
        (status = 422, body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn tables(
    State(app): State<App>,
    who: Who,
    Asked(days): Asked<Days>,
) -> Result<Json<Tables>, Problem> {
    let months = app.store.tables(days.range()?).await?;
    app.audit.note_read(&who.name(), "tables");
    Ok(Json(Tables {
        months: months.into_iter().map(month).collect(),
    }))
}

fn period(period: PeriodRows) -> Period {
    Period {
        span: match period.part {
            Part::Piece => SpanTold::Piece,
            Part::Month => SpanTold::Month,
        },
        first: period.first.to_string(),
        last: period.last.to_string(),
        line: period.line.to_string(),
        rows: period.rows.into_iter().map(|row| row.0.into()).collect(),
    }
}

fn month(month: MonthTables) -> Month {
    Month {
        first: month.first.to_string(),
        last: month.last.to_string(),
        line: month.line.to_string(),
        singles: month.tables.singles.into_iter().map(single).collect(),
        pairs: month.tables.pairs.into_iter().map(pair).collect(),
    }
}

fn single(single: Single) -> SingleTold {
    let (values, cells): (_, Vec<Cell>) = single.cells.into_iter().unzip();
    SingleTold {
        field: single.field.as_str(),
        values,
        cells: cells.into_iter().map(cell).collect(),
    }
}

fn pair(pair: Pair) -> PairTold {
    let row = |(values, cells): (_, Vec<Cell>)| PairRow {
        values,
        cells: cells.into_iter().map(cell).collect(),
    };
    PairTold {
        first: pair.first.as_str(),
        second: pair.second.as_str(),
        columns: pair.columns,
        rows: pair.rows.into_iter().map(row).collect(),
    }
}

const fn cell(cell: Cell) -> CellTold {
    match cell {
        Cell::Count(contacts) => CellTold::Contacts(contacts),
        Cell::Hidden => CellTold::Hidden,
    }
}
