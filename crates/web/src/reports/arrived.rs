//! How many contacts arrived: per quarter-hour for as long as that is kept, then per hour of the week
//! and month. Quarter-hours are in no file.

use axum::extract::State;
use records::{MONTH_KEPT, MonthHours, PeriodId, QuarterHour, Span};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Days;
use crate::app::{App, Asked, Clock, Json};
use crate::board::Millis;
use crate::identity::Who;
use crate::problem::{Kind, Problem, ProblemBody};

/// How many days of quarter-hours are told at once.
const ARRIVED_DAYS_MAX: u64 = 31;
const QUARTERS_OF_DAY: u64 = 24 * 4;
const QUARTER_MS: u64 = QuarterHour::LENGTH.as_millis() as u64;
const MONTH_KEPT_MS: u64 = MONTH_KEPT.as_millis() as u64;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(arrived))
        .routes(routes!(hours))
}

/// Which quarter-hours.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Quarters {
    /// Those that begin at this moment or later, in milliseconds since the Unix epoch: in this month, or in the last one until its third day after.
    from_ms: Millis,
    /// Those that begin before this moment; at most 31 days later.
    to_ms: Millis,
}

/// How many contacts arrived in a quarter-hour.
#[derive(Debug, Serialize, ToSchema)]
struct Arrived {
    /// When it begins.
    begins_ms: Millis,
    /// The line.
    line: String,
    /// Contacts.
    arrived: u64,
}

/// How many contacts arrived, per quarter-hour and line, in this month, or in the last one until its third day after. Quarter-hours without any are left out. Those of earlier months are told as hours of the week.
#[utoipa::path(
    get,
    path = "/api/v1/reports/arrived",
    tag = "reports",
    params(Quarters),
    responses(
        (status = 200, body = Vec<Arrived>),
        (status = 422, body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn arrived(
    State(app): State<App>,
    who: Who,
    Asked(quarters): Asked<Quarters>,
) -> Result<Json<Vec<Arrived>>, Problem> {
    let range = quarters.range(&*app.clock)?;
    let told = app.store.arrived(range).await?;
    app.audit.note_read(&who.name(), "arrived");
    let told = told.into_iter().map(|(quarter, line, arrived)| Arrived {
        begins_ms: quarter.0 * QUARTER_MS,
        line: line.to_string(),
        arrived,
    });
    Ok(Json(told.collect()))
}

/// How many contacts arrived in each hour of the week, in a month of a line.
#[derive(Debug, Serialize, ToSchema)]
struct HoursOfMonth {
    /// The first day of the month.
    first: String,
    /// Its last day.
    last: String,
    /// The line.
    line: String,
    /// The 168 hours from Monday at midnight on, by the site's clock. An hour is withheld, and empty, where fewer than ten contacts share it, or where fewer than ten would share what is left of its day or month. All hours are withheld of a month whose quarter-hours are not whole: the one in which the database was made, or made from a backup.
    hours: Vec<Option<u64>>,
}

/// How many contacts arrived per hour of the week, in months whose quarter-hours are kept no longer.
#[utoipa::path(
    get,
    path = "/api/v1/reports/hours",
    tag = "reports",
    params(Days),
    responses(
        (status = 200, body = Vec<HoursOfMonth>),
        (status = 422, body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn hours(
    State(app): State<App>,
    who: Who,
    Asked(days): Asked<Days>,
) -> Result<Json<Vec<HoursOfMonth>>, Problem> {
    let months = app.store.arrived_hours(days.range()?).await?;
    app.audit.note_read(&who.name(), "hours");
    let told = months
        .into_iter()
        .map(|MonthHours { line, first, hours }| HoursOfMonth {
            first: first.to_string(),
            last: PeriodId::of(Span::Month, first).last().to_string(),
            line: line.to_string(),
            hours: hours.0.to_vec(),
        });
    Ok(Json(told.collect()))
}

impl Quarters {
    /// The quarter-hours that begin in it.
    fn range(&self, clock: &dyn Clock) -> Result<std::ops::Range<QuarterHour>, Problem> {
        let invalid = |why: String| Err(Problem::new(Kind::Invalid, why));
        let kept = clock.date(clock.now().saturating_sub(MONTH_KEPT_MS));
        if clock.date(self.from_ms) < PeriodId::of(Span::Month, kept).first() {
            return invalid(
                "quarter-hours are kept until the third day after their month, and then told as hours of the week: /api/v1/reports/hours".to_owned(),
            );
        }
        let [from, to] = [self.from_ms, self.to_ms].map(|ms| ms.div_ceil(QUARTER_MS));
        if to.saturating_sub(from) / QUARTERS_OF_DAY > ARRIVED_DAYS_MAX {
            return invalid(format!("at most {ARRIVED_DAYS_MAX} days at once"));
        }
        Ok(QuarterHour(from)..QuarterHour(to.max(from)))
    }
}
