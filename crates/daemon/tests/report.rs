//! What was counted is told once its month is over, exactly, and nothing of it before.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod peers;

use std::collections::BTreeSet;
use std::time::Duration;

use peers::eventually;
use peers::linka::{Linka, Site};
use peers::wire::{Caller, WirePhone};

const SOON: Duration = Duration::from_secs(20);
/// Longer than contents may be entered.
const SETTLES: Duration = Duration::from_secs(3 * 3_600);
/// Longer than any month.
const A_MONTH: Duration = Duration::from_secs(32 * 24 * 3_600);
const A_WEEK: Duration = Duration::from_secs(7 * 24 * 3_600);
const A_QUARTER_HOUR: Duration = Duration::from_secs(15 * 60);

/// A site whose line answers at once and whose operator needs no rest.
fn site() -> Site {
    let site = Site::new();
    site.operator("jana", "");
    site.change("queues.toml", "wrap_up_seconds = 60", "wrap_up_seconds = 0");
    site.change(
        "lines.toml",
        "ring_time_seconds = 6",
        "ring_time_seconds = 0",
    );
    site
}

fn report(site: &Site, more: &[&str]) -> String {
    let output = site.command(&[&["report"], more].concat());
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The value of a figure in the months of the CSV report.
fn of_months<'a>(csv: &'a str, figure: &str) -> Vec<&'a str> {
    let rows = csv.lines().map(|row| row.split(',').collect::<Vec<_>>());
    rows.filter(|row| row[0] == "month" && row[4] == figure)
        .map(|row| row[5])
        .collect()
}

#[track_caller]
fn calls(site: &Site, linka: &Linka<'_>, answered: u64) {
    let mut caller = Caller::calls(site, "<sip:+420777000001@127.0.0.2>", "");
    caller.is_answered(SOON);
    linka.wait_for("they talk", SOON, |status| {
        (status["contacts"][0]["state"] == "talking").then_some(())
    });
    assert_eq!(caller.hangs_up(), 200);
    linka.wait_for("the call is counted", SOON, |status| {
        (status["counts"]["answered"] == answered).then_some(())
    });
}

/// Another month begins, and what was entered of calls of the last one has settled.
#[track_caller]
fn month_ends(linka: &Linka<'_>) {
    linka.advance(A_MONTH);
    linka.wait_for("another day has begun", SOON, |status| {
        // Since midnight, and not since a start, which empties the sums as well.
        let counts = &status["counts"];
        (counts["answered"] == 0 && counts["since_ms"].is_null()).then_some(())
    });
    linka.advance(SETTLES);
}

#[track_caller]
fn month_is_told(site: &Site) -> String {
    eventually("the month is in the report", SOON, || {
        let csv = report(site, &["--csv"]);
        (!of_months(&csv, "offered").is_empty()).then_some(csv)
    })
}

#[test]
fn days_that_end_before_they_begin_are_refused_in_a_sentence() {
    let site = Site::new();

    let output = site.command(&["report", "--from", "2026-10-06", "--to", "2026-10-05"]);

    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains("--from 2026-10-06 is after --to 2026-10-05"),
        "{told}"
    );
}

#[test]
fn month_of_few_is_told_with_the_next_one_two_hours_after_its_end() {
    let site = site();
    let linka = site.start();
    let _jana = WirePhone::dials("*40", "jana", &site);
    for answered in 1..=3 {
        calls(&site, &linka, answered);
    }
    assert!(report(&site, &[]).starts_with("No closed period between"));

    month_ends(&linka);
    let _jana = WirePhone::dials("*40", "jana", &site);
    for answered in 1..=7 {
        calls(&site, &linka, answered);
    }
    assert!(report(&site, &[]).starts_with("No closed period between"));
    month_ends(&linka);

    let csv = month_is_told(&site);
    for (figure, contacts) in [
        ("offered", "10"),
        ("answered", "10"),
        ("abandoned", "0"),
        ("lost", "0"),
        ("mean_wait_unanswered", ""),
    ] {
        assert_eq!(of_months(&csv, figure), [contacts], "{figure}:\n{csv}");
    }
    let months: BTreeSet<_> = csv
        .lines()
        .skip(1)
        .map(|row| row.split(',').nth(1))
        .collect();
    assert_eq!(months.len(), 1, "two months are told as one:\n{csv}");
    assert!(
        !csv.contains("piece,"),
        "ten contacts are told apart:\n{csv}"
    );
    assert!(report(&site, &[]).contains("answered_within_20_s"));
    // Nothing was entered of them: rows tell nothing but that.
    let rows = report(&site, &["--records", "--csv"]);
    assert_eq!(rows.lines().count(), 11, "{rows}");
    assert!(
        rows.lines().skip(1).all(|row| row.ends_with(",not_asked")),
        "{rows}"
    );
    let tables = report(&site, &["--tables"]);
    assert!(tables.contains(", outcome\n"), "{tables}");
}

#[test]
fn month_that_closed_before_a_crash_is_told_after_it() {
    let site = site();
    let linka = site.start();
    let _jana = WirePhone::dials("*40", "jana", &site);
    for answered in 1..=10 {
        calls(&site, &linka, answered);
    }
    let file = site.data().join("linka.db");
    // Somebody holds the database: nothing can be written.
    let other = rusqlite::Connection::open(&file).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    month_ends(&linka);

    linka.kill();
    drop(other);
    let linka = site.start();
    linka.advance(SETTLES);

    let csv = month_is_told(&site);
    assert_eq!(of_months(&csv, "answered"), ["10"], "{csv}");
    assert_eq!(linka.get("/readyz").0, 200);
}

#[test]
fn month_of_several_starts_is_told_though_each_finds_quarter_hours_that_are_over() {
    let site = site();
    let mut linka = site.start();
    for _ in 0..3 {
        let _jana = WirePhone::dials("*40", "jana", &site);
        for answered in 1..=5 {
            calls(&site, &linka, answered);
        }
        linka.advance(A_QUARTER_HOUR + Duration::from_secs(120));
        linka.kill();
        linka = site.start();
    }

    month_ends(&linka);

    assert_eq!(of_months(&month_is_told(&site), "offered"), ["15"]);
}

#[test]
fn quarter_hours_are_stored_once_and_are_hours_of_the_week_after_35_days() {
    const KEPT: &str = "SELECT count(*), sum(arrived) FROM arrived";
    // Whether there are whole months, and how many of their hours are told: at the end of a month there are two.
    const SUMMED: &str =
        "SELECT count(*) > 0 AND count(*) % 168 = 0, count(arrived) FROM arrived_hours";
    let site = site();
    let linka = site.start();
    let _jana = WirePhone::dials("*40", "jana", &site);
    calls(&site, &linka, 1);
    linka.advance(A_QUARTER_HOUR * 2);
    reads(&site, KEPT, [1, 1]);

    linka.kill();
    let linka = site.start();
    let _jana = WirePhone::dials("*40", "jana", &site);
    calls(&site, &linka, 1);
    linka.advance(A_QUARTER_HOUR * 2);
    reads(&site, KEPT, [2, 2]);
    reads(&site, SUMMED, [0, 0]);
    linka.advance(A_MONTH + A_WEEK);

    // All hours of the month, withheld.
    reads(&site, SUMMED, [1, 0]);
    reads(&site, KEPT, [0, 0]);
}

/// Waits until the records database says this.
#[track_caller]
fn reads(site: &Site, sql: &str, wanted: [i64; 2]) {
    let file = rusqlite::Connection::open(site.data().join("linka.db")).unwrap();
    eventually("the database has it", SOON, || {
        let read = file.query_row(sql, [], |row| {
            Ok([row.get(0)?, row.get::<_, Option<i64>>(1)?.unwrap_or(0)])
        });
        (read.ok() == Some(wanted)).then_some(())
    });
}
