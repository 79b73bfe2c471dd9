//! Counts are absolute, exact and in order; a period is written whole or not at all.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::ops::Range;
use std::time::Duration;

use dispatch::{Class, LineId};
use records::{ClosedPeriod, Date, Misses, Period, PeriodId, QuarterHour, Span, Tally};
use store::sql::{ArrivedCount, CountStore as _, Fault};

use crate::failing::each_step_fails_once;
use crate::fixture::Fixture;

const LARGEST: u64 = i64::MAX as u64;
const TABLES: [&str; 3] = [
    "SELECT quarter, line, arrived FROM arrived ORDER BY quarter, line",
    "SELECT first_day, span, last_day, missed_declined FROM closed_period ORDER BY first_day, span",
    "SELECT first_day, span, line, class, arrived, talk FROM closed_tally
        ORDER BY first_day, span, line, class",
];

fn line(name: &str) -> LineId {
    LineId::parse(name).unwrap()
}

pub(crate) fn arrived(quarter: u64, name: &str, count: u64) -> ArrivedCount {
    (QuarterHour(quarter), line(name), count)
}

pub(crate) const fn everything() -> Range<QuarterHour> {
    QuarterHour(0)..QuarterHour(LARGEST)
}

fn date(year: u16, month: u8, day: u8) -> Date {
    Date::new(year, month, day).unwrap()
}

/// Sums of which no two are alike.
fn tally(seed: u64) -> Tally {
    Tally {
        arrived: seed,
        answered: seed + 1,
        answered_in_time: seed + 2,
        abandoned: seed + 3,
        abandoned_early: seed + 4,
        overflowed: seed + 5,
        lost: seed + 6,
        answered_wait: Duration::from_micros(seed + 7),
        unanswered_wait: Duration::from_micros(seed + 8),
        talk: Duration::from_micros(seed + 9),
    }
}

fn period(span: Span, first: Date, seed: u64) -> ClosedPeriod {
    let classes = [
        Class::Alarm,
        Class::Danger,
        Class::Crisis,
        Class::Information,
    ];
    let places = ["help", "europe"]
        .into_iter()
        .flat_map(|name| classes.map(|class| (line(name), class)));
    let tallies: BTreeMap<_, _> = places
        .zip((0..).map(|step| tally(seed + 100 * step)))
        .collect();
    ClosedPeriod {
        period: PeriodId::of(span, first),
        sums: Period {
            tallies,
            misses: Misses {
                no_answer: seed + 50,
                declined: seed + 51,
                unreachable: seed + 52,
            },
        },
    }
}

pub(crate) async fn arrivals_written_again_count_once(fixture: Fixture) {
    let store = fixture.open().await;
    let counts = [arrived(7, "help", 3), arrived(7, "europe", 1)];

    store.put_arrived(&counts).await.unwrap();
    store.put_arrived(&counts).await.unwrap();
    store.put_arrived(&[arrived(7, "help", 4)]).await.unwrap();

    let read = store.arrived(everything()).await.unwrap();
    assert_eq!(read, [arrived(7, "europe", 1), arrived(7, "help", 4)]);
}

pub(crate) async fn arrivals_come_back_in_order_within_the_range(fixture: Fixture) {
    let store = fixture.open().await;
    let (first, second) = (arrived(9, "a", 1), arrived(9, "a-b", 2));
    let (third, fourth) = (arrived(9, "a_b", 3), arrived(10, "a", 4));
    let outside = [arrived(8, "z", 5), arrived(11, "a", 6)];
    let counts = [fourth, outside[1], third, second, first, outside[0]];

    store.put_arrived(&counts).await.unwrap();

    let range = QuarterHour(9)..QuarterHour(11);
    let read = store.arrived(range).await.unwrap();
    assert_eq!(read, [first, second, third, fourth]);
}

pub(crate) async fn no_arrivals_are_nothing(fixture: Fixture) {
    let store = fixture.open().await;

    store.put_arrived(&[]).await.unwrap();

    assert_eq!(store.arrived(everything()).await.unwrap(), []);
}

pub(crate) async fn largest_number_is_kept_and_a_larger_one_refused(fixture: Fixture) {
    let store = fixture.open().await;

    let kept = store.put_arrived(&[arrived(1, "help", LARGEST)]).await;
    let refused = store.put_arrived(&[arrived(1, "help", LARGEST + 1)]).await;

    kept.unwrap();
    assert!(matches!(refused.unwrap_err().fault(), Fault::TooLarge));
    let read = store.arrived(everything()).await.unwrap();
    assert_eq!(read, [arrived(1, "help", LARGEST)]);
}

pub(crate) async fn arrivals_that_fail_half_way_leave_nothing(fixture: Fixture) {
    let store = fixture.open().await;
    let counts = [arrived(1, "help", 1), arrived(2, "help", LARGEST + 1)];

    let refused = store.put_arrived(&counts).await;

    assert!(refused.is_err());
    assert_eq!(store.arrived(everything()).await.unwrap(), []);
}

pub(crate) async fn every_sum_of_a_period_comes_back(fixture: Fixture) {
    let store = fixture.open().await;
    let mut closed = period(Span::Week, date(2026, 2, 22), 1);
    let largest = closed.sums.tallies.values_mut().next().unwrap();
    largest.talk = Duration::from_micros(LARGEST);
    largest.lost = LARGEST;

    store.put_closed(&closed).await.unwrap();

    let days = date(2026, 2, 22)..=date(2026, 2, 22);
    assert_eq!(store.closed(days).await.unwrap(), [closed]);
}

pub(crate) async fn period_written_again_touches_no_row(fixture: Fixture) {
    let closed = period(Span::Month, date(2026, 1, 1), 1);
    let store = fixture.open().await;
    store.put_closed(&closed).await.unwrap();
    store.close().await;

    // It begins, reads twice, ends and settles; one step more, a write, would fail.
    let again = fixture.failing(6).await;
    let done = again.put_closed(&closed).await;

    done.unwrap();
}

pub(crate) async fn other_values_replace_the_whole_period(fixture: Fixture) {
    let store = fixture.open().await;
    let older = period(Span::Month, date(2026, 1, 1), 1);
    let mut newer = period(Span::Month, date(2026, 1, 1), 1_000);
    newer.sums.tallies.pop_first();
    let week = period(Span::Week, date(2026, 1, 1), 5);

    for closed in [&older, &week, &newer] {
        store.put_closed(closed).await.unwrap();
    }

    let days = date(2026, 1, 1)..=date(2026, 1, 1);
    assert_eq!(store.closed(days).await.unwrap(), [week, newer]);
}

pub(crate) async fn periods_come_back_in_order_within_the_range(fixture: Fixture) {
    let store = fixture.open().await;
    let outside = [
        period(Span::Day, date(2026, 1, 31), 1),
        period(Span::Day, date(2026, 3, 1), 2),
    ];
    let inside = [
        period(Span::Day, date(2026, 2, 1), 3),
        period(Span::Week, date(2026, 2, 1), 5),
        period(Span::Month, date(2026, 2, 1), 4),
        period(Span::Day, date(2026, 2, 28), 6),
    ];

    for closed in outside.iter().chain(inside.iter().rev()) {
        store.put_closed(closed).await.unwrap();
    }

    let days = date(2026, 2, 1)..=date(2026, 2, 28);
    assert_eq!(store.closed(days).await.unwrap(), inside);
}

pub(crate) async fn period_whose_every_step_fails_once_is_whole_or_absent(fixture: Fixture) {
    let older = period(Span::Month, date(2026, 1, 1), 1);
    let newer = period(Span::Month, date(2026, 1, 1), 1_000);
    let store = fixture.open().await;
    store.put_closed(&older).await.unwrap();
    store.close().await;

    let steps = each_step_fails_once(&fixture, &TABLES, async |store| {
        store.put_closed(&newer).await
    })
    .await;

    // Nothing is left to write in the last attempt: the lost answer to the commit was the attempt that wrote.
    assert!(steps > 10, "{steps}");
    let days = date(2026, 1, 1)..=date(2026, 1, 1);
    assert_eq!(fixture.open().await.closed(days).await.unwrap(), [newer]);
}

pub(crate) async fn arrivals_whose_every_step_fails_once_are_whole_or_absent(fixture: Fixture) {
    let counts = [arrived(1, "help", 1), arrived(2, "help", 2)];

    let steps = each_step_fails_once(&fixture, &TABLES, async |store| {
        store.put_arrived(&counts).await
    })
    .await;

    // The transaction, two counts, the commit and its answer.
    assert_eq!(steps, 5);
}

pub(crate) async fn two_writers_of_one_period_leave_one_of_theirs(fixture: Fixture) {
    let (first, second) = (fixture.open().await, fixture.open().await);
    let ours = period(Span::Month, date(2026, 1, 1), 1);
    let theirs = period(Span::Month, date(2026, 1, 1), 1_000);

    let (one, other) = tokio::join!(first.put_closed(&ours), second.put_closed(&theirs));

    // The slower one may be told to try again; both at once is neither's fault.
    assert!(one.is_ok() || other.is_ok());
    let days = date(2026, 1, 1)..=date(2026, 1, 1);
    let read = first.closed(days).await.unwrap();
    assert!(read == [ours] || read == [theirs]);
}

pub(crate) async fn failure_says_what_was_attempted(fixture: Fixture) {
    let store = fixture.open().await;
    fixture.tamper("DROP TABLE closed_tally").await;

    let closed = period(Span::Week, date(2026, 2, 8), 1);
    let failed = store.put_closed(&closed).await.unwrap_err();

    let told = failed.to_string();
    assert_eq!(told, "writing the counts of the week from 20260208 failed");
    assert!(matches!(failed.fault(), Fault::Database(_)));
    assert!(failed.source().is_some());
}
