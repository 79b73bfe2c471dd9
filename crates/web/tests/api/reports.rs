//! Rows and tables are told as they are kept: without keys, and what is hidden as hidden.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use dispatch::LineId;
use records::content::{Content, Outcome};
use records::{
    ClosedPeriod, Contents, Date, HourOfWeek, QuarterHour, SEED_BYTES, Sums, generalise, tables,
};
use serde_json::Value;
use store::sql::Role;

use crate::fixture::{Fixture, NOW};

/// A fixture whose database has a closed month with thirty calls, a few of which ended otherwise than all others.
async fn with_a_month() -> Fixture {
    let fixture = Fixture::open().await;
    let few = [Outcome::BedFound, Outcome::NoBedFree];
    let contents: Contents = (0..30)
        .map(|at| Content {
            outcome: match at {
                0..5 => few[at % 2],
                5.. => [Outcome::Advised, Outcome::Referred][at % 2],
            },
            ..Content::default()
        })
        .collect();
    let month = ClosedPeriod::Month {
        line: LineId::parse("help").unwrap(),
        first: Date::new(2026, 10, 1).unwrap(),
        last: Date::new(2026, 10, 31).unwrap(),
        total: Sums {
            ended: 30,
            ..Sums::default()
        },
        classes: std::collections::BTreeMap::new(),
    };
    let rows = generalise(&contents, [1; SEED_BYTES]);
    let made = tables(&[contents]);
    fixture
        .store
        .put_period(&month, &rows, Some(&made))
        .await
        .unwrap();
    fixture
}

async fn get(fixture: &Fixture, path: &str) -> Value {
    let (status, told) = fixture.ask(Role::Auditor, "GET", path, None).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    told
}

#[tokio::test]
async fn rows_are_told_by_period_without_their_keys() {
    let fixture = with_a_month().await;

    let told = get(&fixture, "/api/v1/reports/records?from=2026-10-01").await;

    let period = &told["periods"][0];
    assert_eq!(told["columns"][0], "language");
    assert_eq!(period["span"], "month");
    assert_eq!(period["last"], "2026-10-31");
    let rows = period["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 30);
    for row in rows {
        assert_eq!(
            row.as_array().unwrap().len(),
            told["columns"].as_array().unwrap().len()
        );
    }
}

#[tokio::test]
async fn rows_outside_the_days_are_not_told() {
    let fixture = with_a_month().await;

    let told = get(&fixture, "/api/v1/reports/records?from=2026-11-01").await;

    assert_eq!(told["periods"], serde_json::json!([]));
}

#[tokio::test]
async fn exported_rows_are_a_file_and_stand_in_the_audit() {
    let fixture = with_a_month().await;
    let request = Request::builder()
        .uri("/api/v1/reports/records.csv")
        .header("role", "Supervisor")
        .body(Body::empty());

    let answer = fixture.send(request.unwrap()).await;

    let disposition = answer.headers()[header::CONTENT_DISPOSITION].clone();
    let body = to_bytes(answer.into_body(), 1_000_000).await.unwrap();
    let csv = String::from_utf8(body.to_vec()).unwrap();
    fixture.audit.flush().await;
    let audit = get(&fixture, "/api/v1/audit").await;
    assert_eq!(disposition, "attachment; filename=\"linka-records.csv\"");
    assert!(csv.starts_with("span,first,last,line,language,"), "{csv}");
    assert_eq!(csv.lines().count(), 31);
    assert_eq!(audit[0]["event"]["what"], "exported");
    assert_eq!(audit[0]["event"]["report"], "records");
}

#[tokio::test]
async fn who_looks_is_noted_once_a_day_and_who_takes_rows_each_time() {
    let fixture = with_a_month().await;

    for _ in 0..2 {
        get(&fixture, "/api/v1/reports/counts").await;
        get(&fixture, "/api/v1/reports/records?from=2026-10-01").await;
    }

    fixture.audit.flush().await;
    let audit = get(&fixture, "/api/v1/audit").await;
    let events = audit.as_array().unwrap().iter().rev();
    let told: Vec<_> = events.map(|entry| entry["event"].clone()).collect();
    let by = &told[0]["by"];
    let took = serde_json::json!({"by": by, "what": "exported", "report": "records", "from": "2026-10-01"});
    assert_eq!(told.len(), 3);
    assert_eq!(
        told[0],
        serde_json::json!({"by": by, "what": "read", "report": "counts"})
    );
    assert_eq!(told[1..], [took.clone(), took]);
}

#[tokio::test]
async fn key_is_named_as_a_key_whatever_its_name() {
    let fixture = with_a_month().await;
    let request = Request::builder()
        .uri("/api/v1/reports/counts")
        .header("scope", "ReadReports")
        .body(Body::empty());

    let answer = fixture.send(request.unwrap()).await;

    assert_eq!(answer.status(), StatusCode::OK);
    fixture.audit.flush().await;
    let audit = get(&fixture, "/api/v1/audit").await;
    assert_eq!(audit[0]["event"]["by"], "key:a program");
}

#[tokio::test]
async fn cells_are_told_as_counts_or_as_hidden() {
    let fixture = with_a_month().await;

    let told = get(&fixture, "/api/v1/reports/tables").await;

    let month = &told["months"][0];
    let singles = month["singles"].as_array().unwrap();
    let outcome = singles.iter().find(|single| single["field"] == "outcome");
    let outcome = outcome.unwrap();
    let cell = |value: &str| {
        let values = outcome["values"].as_array().unwrap();
        let at = values.iter().position(|told| told == value).unwrap();
        outcome["cells"][at].clone()
    };
    assert_eq!(month["first"], "2026-10-01");
    assert_eq!(cell("referred"), serde_json::json!({"contacts": 13}));
    assert_eq!(cell("bed_found"), "hidden");
}

#[tokio::test]
async fn days_that_end_before_they_begin_are_refused() {
    let fixture = with_a_month().await;
    let ask = async |path: &str| fixture.ask(Role::Auditor, "GET", path, None).await;

    for report in [
        "counts",
        "counts.csv",
        "records",
        "records.csv",
        "tables",
        "hours",
    ] {
        let reversed = format!("/api/v1/reports/{report}?from=2026-10-06&to=2026-10-05");
        let (status, problem) = ask(&reversed).await;

        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{report}");
        assert_eq!(problem["detail"], "the first day comes after the last one");
    }
    let (status, _) = ask("/api/v1/reports/counts?from=2026-10-05&to=2026-10-05").await;
    assert_eq!(status, StatusCode::OK);
}

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
const QUARTER_MS: u64 = 15 * 60 * 1_000;

#[tokio::test]
async fn quarter_hours_that_are_too_old_are_told_to_be_hours_of_the_week() {
    let fixture = Fixture::open().await;
    let line = LineId::parse("help").unwrap();
    // The first of November.
    let oldest = NOW - NOW % DAY_MS - 22 * DAY_MS;
    let arrived = (QuarterHour(oldest.div_ceil(QUARTER_MS)), line, 3);
    fixture.store.put_arrived(&[arrived]).await.unwrap();
    let ask = async |from_ms: u64| {
        let to_ms = from_ms + DAY_MS;
        let path = format!("/api/v1/reports/arrived?from_ms={from_ms}&to_ms={to_ms}");
        fixture.ask(Role::Auditor, "GET", &path, None).await
    };

    let (status, told) = ask(oldest).await;
    let (too_old, problem) = ask(oldest - 1).await;

    assert_eq!(
        (status, too_old),
        (StatusCode::OK, StatusCode::UNPROCESSABLE_ENTITY)
    );
    assert_eq!(told[0]["arrived"], 3);
    let why = problem["detail"].as_str().unwrap();
    assert!(why.contains("/api/v1/reports/hours"), "{why}");
}

#[tokio::test]
async fn hours_of_the_week_are_told_by_month_and_withheld_ones_are_empty() {
    let fixture = Fixture::open().await;
    let (line, first) = (
        LineId::parse("help").unwrap(),
        Date::new(2026, 9, 1).unwrap(),
    );
    let hours = [0, 10].map(|hour| HourOfWeek::new(0, hour).unwrap());
    let next = Date::new(2026, 10, 1).unwrap();
    let local = |quarter: QuarterHour| match quarter.0 {
        0 => (first, hours[0]),
        1..9 => (first, hours[1]),
        9.. => (next, hours[0]),
    };
    let counts = [(0, 12), (1, 30)].map(|(at, count)| (QuarterHour(at), line, count));
    fixture.store.put_arrived(&counts).await.unwrap();
    let kept = fixture.store.keep_arrived(QuarterHour(9), &local).await;
    kept.unwrap();

    let told = get(&fixture, "/api/v1/reports/hours?from=2026-09-01").await;
    let later = get(&fixture, "/api/v1/reports/hours?from=2026-10-01").await;
    fixture.audit.flush().await;
    let audit = get(&fixture, "/api/v1/audit").await;

    let month = &told[0];
    assert_eq!(
        (&month["first"], &month["last"]),
        (&"2026-09-01".into(), &"2026-09-30".into())
    );
    assert_eq!(month["line"], "help");
    assert_eq!(month["hours"].as_array().unwrap().len(), 168);
    assert_eq!(
        (&month["hours"][0], &month["hours"][10]),
        (&Value::Null, &30.into())
    );
    assert_eq!(later, serde_json::json!([]));
    assert_eq!(audit[0]["event"]["report"], "hours");
}
