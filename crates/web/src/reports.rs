//! Reports: counts of closed periods, each figure with its formula; *arrived* of quarter-hours and
//! of hours of the week; anonymous rows and fixed tables. What is open is in none of them.

mod arrived;
mod contents;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use records::{ClosedPeriod, Date, FIGURES, Measure, Share, Sums, Unit};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::{App, Asked, Json};
use crate::audit::Event;
use crate::board::Class;
use crate::identity::Who;
use crate::problem::{Kind, Problem, ProblemBody};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(counts))
        .routes(routes!(counts_csv))
        .merge(arrived::routes())
        .merge(contents::routes())
}

/// Which days.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Days {
    /// Only periods that end on this day or later, such as 2026-11-01: those that reach into these days are told whole.
    from: Option<String>,
    /// Only periods that begin on this day or earlier.
    to: Option<String>,
}

/// Counts of a closed period.
#[derive(Debug, Serialize, ToSchema)]
struct Counted {
    /// Whether it is a whole month or a part of one.
    span: SpanTold,
    /// Its first day.
    first: String,
    /// Its last day.
    last: String,
    /// The line.
    line: String,
    /// The class; all classes where it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<Class>,
    /// Its figures, in the order of `formulas`.
    values: Vec<Value>,
    /// The names of those that are not told: they would be about fewer than ten contacts, or a part of a month does not tell them.
    not_told: Vec<&'static str>,
}

/// Whether a period is a whole month.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SpanTold {
    /// A month.
    Month,
    /// A part of a month that ten contacts share.
    Piece,
}

/// What a figure comes to; nothing when there is nothing to take it of, or when it is not told.
#[derive(Debug, Serialize, ToSchema)]
#[serde(transparent)]
struct Value(Option<u64>);

/// A figure and how it is computed.
#[derive(Debug, Serialize, ToSchema)]
struct Formula {
    /// Its name, never changed.
    name: &'static str,
    /// What its values are in: `contacts`, `seconds`, or `permille`.
    unit: &'static str,
    /// The formula, in the names of the other figures.
    formula: &'static str,
}

/// Offers that were missed, on all lines, in a month or in several of which all but the last were too small to be told alone.
#[derive(Debug, Serialize, ToSchema)]
struct Missed {
    /// The first day of the month.
    first: String,
    /// Its last day.
    last: String,
    /// Rang out.
    no_answer: u64,
    /// The phone said no.
    declined: u64,
    /// The phone could not be reached.
    unreachable: u64,
}

/// Counts of closed periods.
#[derive(Debug, Serialize, ToSchema)]
struct Counts {
    /// The figures, in order.
    formulas: Vec<Formula>,
    /// The periods, the earliest first.
    periods: Vec<Counted>,
    /// Missed offers by month.
    missed: Vec<Missed>,
}

/// Counts of closed months, and of parts of months that ten contacts share.
#[utoipa::path(
    get,
    path = "/api/v1/reports/counts",
    tag = "reports",
    params(Days),
    responses(
        (status = 200, body = Counts),
        (status = 422, body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn counts(
    State(app): State<App>,
    who: Who,
    Asked(days): Asked<Days>,
) -> Result<Json<Counts>, Problem> {
    let closed = app.store.closed(days.range()?).await?;
    app.audit.note_read(&who.name(), "counts");
    let formulas = FIGURES.iter().map(|figure| Formula {
        name: figure.name,
        unit: unit(figure.unit()),
        formula: figure.formula,
    });
    Ok(Json(Counts {
        formulas: formulas.collect(),
        periods: closed.iter().flat_map(counted).collect(),
        missed: closed.iter().filter_map(missed).collect(),
    }))
}

/// The same as comma-separated values (RFC 4180): a line for each period, line and figure, with its formula beside it.
#[utoipa::path(
    get,
    path = "/api/v1/reports/counts.csv",
    tag = "reports",
    params(Days),
    responses(
        (status = 200, body = String, content_type = "text/csv"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn counts_csv(
    State(app): State<App>,
    who: Who,
    Asked(days): Asked<Days>,
) -> Result<Response, Problem> {
    let closed = app.store.closed(days.range()?).await?;
    app.audit.note(&who.name(), days.exported("counts"));
    Ok(attachment(records::report(&closed), "linka-counts.csv"))
}

/// A text as a file to keep.
fn attachment(text: String, name: &'static str) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/csv; charset=utf-8; header=present"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(disposition) = HeaderValue::try_from(disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

impl Days {
    fn range(&self) -> Result<RangeInclusive<Date>, Problem> {
        let day = |text: &Option<String>, or: Date| match text {
            None => Ok(or),
            Some(text) => Date::parse(text)
                .ok_or_else(|| Problem::new(Kind::Invalid, "a day is written such as 2026-11-23")),
        };
        let (from, to) = (day(&self.from, Date::FIRST)?, day(&self.to, Date::LAST)?);
        if from > to {
            return Err(Problem::new(
                Kind::Invalid,
                "the first day comes after the last one",
            ));
        }
        Ok(from..=to)
    }

    /// What the audit says of a report that leaves the house, once its days have been read.
    fn exported(&self, report: &'static str) -> Event {
        Event::Exported {
            report,
            from: self.from.clone(),
            to: self.to.clone(),
        }
    }
}

fn counted(closed: &ClosedPeriod) -> Vec<Counted> {
    let one = |span, first: &Date, last: &Date, line: &dispatch::LineId, class, sums: &Sums| {
        let told = || FIGURES.iter().map(|figure| (figure.name, figure.of(sums)));
        let not_told = told().filter(|(_, measure)| measure.is_none());
        Counted {
            span,
            first: first.to_string(),
            last: last.to_string(),
            line: line.to_string(),
            class,
            values: told().map(|(_, measure)| value(measure)).collect(),
            not_told: not_told.map(|(name, _)| name).collect(),
        }
    };
    match closed {
        ClosedPeriod::Piece {
            line,
            first,
            last,
            total,
        } => vec![one(SpanTold::Piece, first, last, line, None, total)],
        ClosedPeriod::Month {
            line,
            first,
            last,
            total,
            classes,
        } => {
            let all = std::iter::once((None, total));
            let each = classes
                .iter()
                .map(|(class, sums)| (Some((*class).into()), sums));
            let month = |(class, sums)| one(SpanTold::Month, first, last, line, class, sums);
            all.chain(each).map(month).collect()
        }
        ClosedPeriod::Misses { .. } => Vec::new(),
    }
}

fn missed(closed: &ClosedPeriod) -> Option<Missed> {
    match closed {
        ClosedPeriod::Misses {
            first,
            last,
            misses,
        } => Some(Missed {
            first: first.to_string(),
            last: last.to_string(),
            no_answer: misses.no_answer,
            declined: misses.declined,
            unreachable: misses.unreachable,
        }),
        ClosedPeriod::Piece { .. } | ClosedPeriod::Month { .. } => None,
    }
}

fn value(measure: Option<Measure>) -> Value {
    Value(match measure {
        Some(Measure::Contacts(count) | Measure::Seconds(count)) => Some(count),
        Some(Measure::Share(Share::Permille(permille))) => Some(permille),
        Some(Measure::Share(Share::OfNothing) | Measure::OfNobody) | None => None,
    })
}

const fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Contacts => "contacts",
        Unit::Seconds => "seconds",
        Unit::Share => "permille",
    }
}
