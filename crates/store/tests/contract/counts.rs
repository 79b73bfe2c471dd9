//! Counts are absolute, exact and in order; a period is written whole or not at all.

use std::error::Error as _;
use std::ops::Range;

use dispatch::{Class, LineId};
use records::{ClosedPeriod, Date, Misses, PeriodId, QuarterHour, Span, Sums, Times, Unanswered};
use store::sql::{ArrivedCount, Fault, RecordStore as _};

use crate::failing::each_step_fails_once;
use crate::fixture::Fixture;

const LARGEST: u64 = i64::MAX as u64;
const TABLES: [&str; 4] = [
    "SELECT quarter, line, arrived FROM arrived ORDER BY quarter, line",
    "SELECT first_day, span, line, last_day FROM closed_period ORDER BY first_day, span, line",
    "SELECT first_day, no_answer, declined FROM closed_misses ORDER BY first_day",
    "SELECT first_day, span, line, class, arrived, talk FROM closed_sums
        ORDER BY first_day, span, line, class",
];

pub(crate) fn line(name: &str) -> LineId {
    LineId::parse(name).unwrap()
}

pub(crate) fn arrived(quarter: u64, name: &str, count: u64) -> ArrivedCount {
    (QuarterHour(quarter), line(name), count)
}

pub(crate) const fn everything() -> Range<QuarterHour> {
    QuarterHour(0)..QuarterHour(LARGEST)
}

pub(crate) fn date(year: u16, month: u8, day: u8) -> Date {
    Date::new(year, month, day).unwrap()
}

/// Sums of which no two are alike.
fn sums(seed: u64) -> Sums {
    Sums {
        arrived: seed,
        ended: seed + 11,
        answered: seed + 2,
        answered_in_time: seed + 3,
        unanswered: Some(Unanswered {
            abandoned: seed + 4,
            abandoned_early: seed + 5,
            overflowed: seed + 6,
            lost: seed + 7,
        }),
        times: Times {
            answered_wait: Some(seed + 8),
            unanswered_wait: Some(seed + 9),
            talk: Some(seed + 10),
        },
    }
}

pub(crate) fn month(first: Date, seed: u64) -> ClosedPeriod {
    let classes = [
        Class::Alarm,
        Class::Danger,
        Class::Crisis,
        Class::Information,
    ];
    ClosedPeriod::Month {
        line: line("help"),
        first,
        last: PeriodId::of(Span::Month, first).last(),
        total: sums(seed),
        classes: classes
            .into_iter()
            .zip((1..).map(|step| sums(seed + 100 * step)))
            .collect(),
    }
}

pub(crate) fn piece(name: &str, first: Date, last: Date, seed: u64) -> ClosedPeriod {
    ClosedPeriod::Piece {
        line: line(name),
        first,
        last,
        total: Sums {
            unanswered: None,
            times: Times::default(),
            ..sums(seed)
        },
    }
}

pub(crate) fn misses(first: Date, seed: u64) -> ClosedPeriod {
    ClosedPeriod::Misses {
        first,
        last: PeriodId::of(Span::Month, first).last(),
        misses: Misses {
            no_answer: seed,
            declined: seed + 1,
            unreachable: seed + 2,
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
    let mut year = month(date(2026, 2, 1), 1);
    if let ClosedPeriod::Month { classes, .. } = &mut year {
        let largest = classes.get_mut(&Class::Danger).unwrap();
        largest.times = Times {
            talk: Some(LARGEST),
            ..Times::default()
        };
        largest.unanswered = None;
        largest.ended = LARGEST;
    }
    let part = piece("help", date(2026, 2, 1), date(2026, 2, 14), 3);
    let missed = misses(date(2026, 2, 1), 5);

    for closed in [&missed, &part, &year] {
        store.put_period(closed, &[], None).await.unwrap();
    }

    let days = date(2026, 2, 1)..=date(2026, 2, 1);
    assert_eq!(store.closed(days).await.unwrap(), [part, year, missed]);
}

pub(crate) async fn period_written_again_touches_no_row(fixture: Fixture) {
    let closed = month(date(2026, 1, 1), 1);
    let store = fixture.open().await;
    store.put_period(&closed, &[], None).await.unwrap();
    store.close().await;

    // It begins, reads eight times, ends and settles; one step more, a write, would fail.
    let again = fixture.failing(12).await;
    let done = again.put_period(&closed, &[], None).await;

    done.unwrap();
}

pub(crate) async fn other_values_replace_the_whole_period(fixture: Fixture) {
    let store = fixture.open().await;
    let first = date(2026, 1, 1);
    let older = month(first, 1);
    let mut newer = month(first, 1_000);
    if let ClosedPeriod::Month { classes, .. } = &mut newer {
        classes.pop_first();
    }
    let part = piece("help", first, date(2026, 1, 7), 5);
    let (missed_before, missed) = (misses(first, 1), misses(first, 9));

    for closed in [&older, &part, &missed_before, &newer, &missed] {
        store.put_period(closed, &[], None).await.unwrap();
    }

    let days = first..=first;
    assert_eq!(store.closed(days).await.unwrap(), [part, newer, missed]);
}

pub(crate) async fn periods_come_back_in_order_within_the_range(fixture: Fixture) {
    let store = fixture.open().await;
    let day = |month, day| date(2026, month, day);
    let outside = [
        piece("help", day(1, 31), day(1, 31), 1),
        piece("help", day(3, 1), day(3, 1), 2),
    ];
    let before = ClosedPeriod::Misses {
        first: day(1, 1),
        last: day(2, 28),
        misses: Misses::default(),
    };
    let inside = [
        before,
        piece("europe", day(2, 1), day(2, 7), 3),
        piece("help", day(2, 1), day(2, 7), 5),
        month(day(2, 1), 4),
        piece("help", day(2, 28), day(2, 28), 6),
    ];

    for closed in outside.iter().chain(inside.iter().rev()) {
        store.put_period(closed, &[], None).await.unwrap();
    }

    let days = day(2, 1)..=day(2, 28);
    assert_eq!(store.closed(days).await.unwrap(), inside);
}

pub(crate) async fn period_whose_every_step_fails_once_is_whole_or_absent(fixture: Fixture) {
    let older = month(date(2026, 1, 1), 1);
    let newer = month(date(2026, 1, 1), 1_000);
    let store = fixture.open().await;
    store.put_period(&older, &[], None).await.unwrap();
    store.close().await;

    let steps = each_step_fails_once(&fixture, &TABLES, async |store| {
        store.put_period(&newer, &[], None).await
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

    // The transaction, the first quarter-hour, two counts, the commit and its answer.
    assert_eq!(steps, 6);
}

pub(crate) async fn two_writers_of_one_period_leave_one_of_theirs(fixture: Fixture) {
    let (first, second) = (fixture.open().await, fixture.open().await);
    let ours = month(date(2026, 1, 1), 1);
    let theirs = month(date(2026, 1, 1), 1_000);

    let (one, other) = tokio::join!(
        first.put_period(&ours, &[], None),
        second.put_period(&theirs, &[], None)
    );

    // The slower one may be told to try again; both at once is neither's fault.
    assert!(one.is_ok() || other.is_ok());
    let days = date(2026, 1, 1)..=date(2026, 1, 1);
    let read = first.closed(days).await.unwrap();
    assert!(read == [ours] || read == [theirs]);
}

pub(crate) async fn failure_says_what_was_attempted(fixture: Fixture) {
    let store = fixture.open().await;
    fixture.tamper("DROP TABLE closed_sums").await;

    let closed = piece("help", date(2026, 2, 8), date(2026, 2, 14), 1);
    let failed = store.put_period(&closed, &[], None).await.unwrap_err();

    let told = failed.to_string();
    assert_eq!(told, "writing the piece from 20260208 failed");
    assert!(matches!(failed.fault(), Fault::Database(_)));
    assert!(failed.source().is_some());
}
