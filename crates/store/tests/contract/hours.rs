//! Quarter-hours that are too old are gone, and the sums of their months are there.

use std::time::{SystemTime, UNIX_EPOCH};

use dispatch::LineId;
use records::{Date, HourOfWeek, MonthHours, QuarterHour, ToldHours};
use store::CHANCE_BYTES;
use store::sql::{BackupKey, Store};

use crate::counts::{arrived, date, everything, line};
use crate::failing::each_step_fails_once;
use crate::fixture::Fixture;

/// What is read of both.
const TABLES: [&str; 2] = [
    "SELECT quarter, line, arrived FROM arrived ORDER BY quarter, line",
    "SELECT first_day, line, hour, arrived FROM arrived_hours ORDER BY first_day, line, hour",
];

/// Quarter-hours of a month of this calendar: as if a month had three days, Monday to Wednesday.
const MONTH: u64 = 3 * DAY;
const DAY: u64 = 24 * 4;
/// Its first month is January.
const fn local(quarter: QuarterHour) -> (Date, HourOfWeek) {
    let month = quarter.0 / MONTH;
    let (day, hour) = (quarter.0 % MONTH / DAY, quarter.0 % DAY / 4);
    let date = Date::new(2026, month as u8 + 1, day as u8 + 1);
    match (date, HourOfWeek::new(day as u8, hour as u8)) {
        (Some(date), Some(hour)) => (date, hour),
        _ => (Date::FIRST, HourOfWeek::FIRST),
    }
}

async fn keep(store: &dyn Store, oldest: u64) {
    let kept = store.keep_arrived(QuarterHour(oldest), &local).await;
    kept.unwrap();
}

async fn sums(store: &dyn Store) -> Vec<MonthHours> {
    let days = Date::FIRST..=Date::LAST;
    store.arrived_hours(days).await.unwrap()
}

fn month(of: LineId, month: u8, told: &[(usize, u64)]) -> MonthHours {
    let mut hours = ToldHours::NONE;
    for (hour, count) in told {
        hours.0[*hour] = Some(*count);
    }
    MonthHours {
        line: of,
        first: date(2026, month, 1),
        hours,
    }
}

pub(crate) async fn months_are_summed_when_they_lose_quarter_hours(fixture: Fixture) {
    let store = fixture.open().await;
    let january = [
        arrived(0, "help", 6),
        arrived(1, "help", 7),
        arrived(DAY + 8, "help", 11),
        arrived(DAY + 9, "help", 2),
        arrived(2 * DAY, "help", 9),
    ];
    let february = arrived(MONTH, "help", 12);
    store.put_arrived(&january).await.unwrap();
    store.put_arrived(&[february]).await.unwrap();

    keep(&*store, MONTH - 1).await;
    assert_eq!(sums(&*store).await, []);
    keep(&*store, MONTH).await;

    // Wednesday keeps nine, so every day with a told hour keeps ten, or tells none.
    assert_eq!(sums(&*store).await, [month(line("help"), 1, &[])]);
    let kept = store.arrived(everything()).await.unwrap();
    assert_eq!(kept, [february]);
}

pub(crate) async fn summed_month_stays_as_it_is(fixture: Fixture) {
    let store = fixture.open().await;
    let counts = [arrived(0, "help", 30), arrived(DAY, "help", 20)];
    store.put_arrived(&counts).await.unwrap();
    keep(&*store, MONTH).await;
    let before = fixture.read(&TABLES).await;

    keep(&*store, MONTH).await;
    let again = fixture.read(&TABLES).await;
    // What comes too late is in no sum, and is not kept for that.
    store.put_arrived(&[arrived(0, "help", 90)]).await.unwrap();
    keep(&*store, MONTH + 1).await;

    assert!(again == before);
    let told = [month(line("help"), 1, &[(0, 30)])];
    assert_eq!(sums(&*store).await, told);
    assert_eq!(store.arrived(everything()).await.unwrap(), []);
}

pub(crate) async fn months_of_few_are_summed_and_withheld(fixture: Fixture) {
    let store = fixture.open().await;
    let counts = [arrived(0, "help", 10), arrived(DAY, "help", 3)];
    store.put_arrived(&counts).await.unwrap();

    // What is left of the month would tell its only hour.
    for kept in [MONTH, MONTH + 1, 2 * MONTH] {
        keep(&*store, kept).await;
        assert_eq!(sums(&*store).await, [month(line("help"), 1, &[])]);
    }

    assert_eq!(store.arrived(everything()).await.unwrap(), []);
}

pub(crate) async fn month_after_one_that_tells_nothing_keeps_ten(fixture: Fixture) {
    let store = fixture.open().await;
    let (help, other) = (line("help"), line("other"));
    let counts = [
        arrived(0, "help", 4),
        arrived(0, "other", 80),
        arrived(1, "other", 12),
        arrived(DAY, "other", 30),
    ];
    let february = ["help", "other"].map(|name| {
        let hours = [(0, 30), (DAY, 20), (2 * DAY, 40)];
        hours.map(|(quarter, count)| arrived(MONTH + quarter, name, count))
    });
    store.put_arrived(&counts).await.unwrap();
    store.put_arrived(february.as_flattened()).await.unwrap();

    keep(&*store, MONTH).await;
    keep(&*store, 2 * MONTH).await;

    let expected = [
        month(help, 1, &[]),
        month(other, 1, &[(0, 92)]),
        month(help, 2, &[(0, 30), (48, 40)]),
        month(other, 2, &[(0, 30), (24, 20), (48, 40)]),
    ];
    assert_eq!(sums(&*store).await, expected);
}

pub(crate) async fn sums_come_back_in_order_within_their_days(fixture: Fixture) {
    let store = fixture.open().await;
    let counts = [0, MONTH, 2 * MONTH].map(|quarter| arrived(quarter, "help", 5));
    store.put_arrived(&counts).await.unwrap();
    store
        .put_arrived(&[arrived(MONTH, "europe", 5)])
        .await
        .unwrap();
    keep(&*store, 3 * MONTH).await;

    let days = date(2026, 2, 1)..=date(2026, 2, 28);
    let read = store.arrived_hours(days).await.unwrap();

    let expected = [month(line("europe"), 2, &[]), month(line("help"), 2, &[])];
    assert_eq!(read, expected);
}

pub(crate) async fn summing_whose_every_step_fails_once_is_whole_or_absent(fixture: Fixture) {
    let store = fixture.open().await;
    let counts = [arrived(0, "help", 30), arrived(4, "help", 20)];
    store.put_arrived(&counts).await.unwrap();
    store.close().await;

    let steps = each_step_fails_once(&fixture, &TABLES, async |store| {
        store.keep_arrived(QuarterHour(MONTH), &local).await
    })
    .await;

    // It begins, reads three times, writes the month and its told hour, deletes, ends and answers; after
    // a lost answer nothing is left to write.
    assert_eq!(steps, 9);
    let store = fixture.open().await;
    let told = [month(line("help"), 1, &[(0, 30)])];
    assert_eq!(sums(&*store).await, told);
    assert_eq!(store.arrived(everything()).await.unwrap(), []);
}

pub(crate) async fn month_in_which_a_database_began_tells_no_hour_and_the_next_does(
    fixture: Fixture,
) {
    let store = fixture.open().await;
    // The second quarter-hour of January is the first that is there.
    let january = [arrived(1, "help", 60), arrived(DAY, "help", 70)];
    let february = [arrived(MONTH, "help", 50), arrived(MONTH + DAY, "help", 40)];
    store.put_arrived(&january).await.unwrap();
    store.put_arrived(&february).await.unwrap();

    keep(&*store, MONTH).await;
    keep(&*store, 2 * MONTH).await;

    // Whether February is told together with January nobody knows: ten are kept back.
    let expected = [
        month(line("help"), 1, &[]),
        month(line("help"), 2, &[(0, 50)]),
    ];
    assert_eq!(sums(&*store).await, expected);
    assert_eq!(store.arrived(everything()).await.unwrap(), []);
}

pub(crate) async fn quarter_hours_that_come_after_their_month_was_summed_are_in_no_sum_of_any_line(
    fixture: Fixture,
) {
    let store = fixture.open().await;
    store
        .put_arrived(&[arrived(0, "help", 30), arrived(DAY, "help", 20)])
        .await
        .unwrap();
    keep(&*store, MONTH).await;

    store
        .put_arrived(&[arrived(4, "youth", 90), arrived(DAY, "youth", 20)])
        .await
        .unwrap();
    keep(&*store, MONTH + 1).await;

    assert_eq!(sums(&*store).await, [month(line("help"), 1, &[(0, 30)])]);
    assert_eq!(store.arrived(everything()).await.unwrap(), []);
}

pub(crate) async fn month_that_began_after_the_database_was_made_is_whole_whenever_its_first_call_came(
    fixture: Fixture,
) {
    // The database is made ten hours into January.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let january = now.as_secs() / 900 - 40;
    let store = fixture.open().await;
    let in_february = |day| january + MONTH + day * DAY + 40;
    let calls = [
        arrived(in_february(1), "help", 30),
        arrived(in_february(2), "help", 20),
    ];
    store.put_arrived(&calls).await.unwrap();

    let kept = QuarterHour(january + 2 * MONTH);
    let of_today = move |quarter: QuarterHour| local(QuarterHour(quarter.0 - january));
    store.keep_arrived(kept, &of_today).await.unwrap();

    // Ten are kept back for January, of which nobody knows.
    let expected = [month(line("help"), 2, &[(24 + 10, 30)])];
    assert_eq!(sums(&*store).await, expected);
}

pub(crate) async fn month_of_a_restore_tells_no_hour_and_the_next_does(fixture: Fixture) {
    let store = fixture.open().await;
    let days = |month: u64| {
        [0, DAY, 2 * DAY].map(|day| arrived(month * MONTH + day, "help", 50 + month + day))
    };
    store.put_arrived(&days(0)).await.unwrap();
    keep(&*store, MONTH).await;
    store.put_arrived(&days(1)[..1]).await.unwrap();
    let (key, mut file) = (BackupKey([5; 32]), Vec::new());
    store
        .backup(&key, [1; CHANCE_BYTES], &mut file)
        .await
        .unwrap();
    let other = Fixture::sqlite();
    let restored = other.open().await;
    restored.restore(&key, &mut &file[..], &[]).await.unwrap();

    restored.put_arrived(&days(1)[1..]).await.unwrap();
    keep(&*restored, 2 * MONTH).await;
    restored.put_arrived(&days(2)).await.unwrap();
    keep(&*restored, 3 * MONTH).await;

    let told = sums(&*restored).await;
    let hours = told
        .iter()
        .map(|month| month.hours.0.iter().flatten().count());
    // Of January and of March all but the hour that keeps ten for the month before.
    assert!(hours.eq([2, 0, 2]), "{told:?}");
}
