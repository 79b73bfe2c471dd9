//! Months of fewer than ten that the release before told alone are told with the next one, by no face alone.

use std::collections::BTreeMap;

use records::content::{Content, Outcome};
use records::{
    ClosedPeriod, Contents, Date, Misses, PeriodId, SEED_BYTES, Span, Sums, Times, Unanswered,
    generalise, tables,
};
use store::CHANCE_BYTES;
use store::sql::{BackupKey, Store, Withdrawn};

use crate::counts::{date, line, piece};
use crate::failing::each_step_fails_once;
use crate::fixture::Fixture;
use crate::upgrading::release_before;

const KEY: BackupKey = BackupKey([5; 32]);
const TABLES: [&str; 6] = [
    "SELECT first_day, span, line, last_day FROM closed_period ORDER BY first_day, span, line",
    "SELECT first_day, line, ended FROM closed_sums ORDER BY first_day, span, line, class",
    "SELECT first_day, last_day, no_answer FROM closed_misses ORDER BY first_day",
    "SELECT line, first_day, last_day, ended FROM small_month ORDER BY line",
    "SELECT first_day, last_day, no_answer FROM small_misses ORDER BY first_day",
    "SELECT months FROM withdrawn ORDER BY months",
];

/// January and March of help and all of youth are of few, and March and youth are the last ones.
const MONTHS_BEFORE: &str = "
    INSERT INTO closed_period (first_day, span, line, last_day) VALUES
        (20260101, 'month', 'help', 20260131), (20260201, 'month', 'help', 20260228), (20260301, 'month', 'help', 20260331),
        (20260301, 'month', 'youth', 20260331);
    INSERT INTO closed_tally (first_day, span, line, class, arrived, answered, answered_in_time, abandoned, abandoned_early,
        overflowed, lost, answered_wait, unanswered_wait, talk) VALUES
        (20260101, 'month', 'help', 'all', 9, 9, 2, 0, 0, 0, 0, 9000000, 0, 900000000),
        (20260201, 'month', 'help', 'all', 46, 36, 30, 9, 2, 0, 1, 99500000, 60999999, 3600999999),
        (20260201, 'month', 'help', 'crisis', 46, 36, 30, 9, 2, 0, 1, 99500000, 60999999, 3600999999),
        (20260301, 'month', 'help', 'all', 4, 3, 3, 1, 1, 0, 0, 3000000, 5000000, 300000000),
        (20260301, 'month', 'youth', 'all', 2, 2, 2, 0, 0, 0, 0, 1000000, 0, 200000000);
    INSERT INTO closed_misses (first_day, no_answer, declined, unreachable) VALUES
        (20260101, 3, 2, 1), (20260201, 30, 20, 10), (20260301, 7, 0, 0);";

fn last_of(month: u8) -> Date {
    PeriodId::of(Span::Month, date(2026, month, 1)).last()
}

/// So many were answered and so many hung up, in one month or several.
fn months(name: &str, from: u8, to: u8, counts: [u64; 4]) -> ClosedPeriod {
    let [arrived, answered, answered_in_time, abandoned] = counts;
    ClosedPeriod::Month {
        line: line(name),
        first: date(2026, from, 1),
        last: last_of(to),
        total: Sums {
            arrived,
            ended: answered + abandoned,
            answered,
            answered_in_time,
            unanswered: Some(Unanswered {
                abandoned,
                ..Unanswered::default()
            }),
            times: Times::default(),
        },
        classes: BTreeMap::new(),
    }
}

fn misses(from: u8, to: u8, numbers: [u64; 3]) -> ClosedPeriod {
    let [no_answer, declined, unreachable] = numbers;
    ClosedPeriod::Misses {
        first: date(2026, from, 1),
        last: last_of(to),
        misses: Misses {
            no_answer,
            declined,
            unreachable,
        },
    }
}

/// What is told after the upgrade: two months of help.
fn told_by_the_upgrade() -> [ClosedPeriod; 2] {
    let mut two = months("help", 1, 2, [55, 45, 32, 9]);
    if let ClosedPeriod::Month { total, .. } = &mut two {
        total.ended = 55;
        total.unanswered = Some(Unanswered {
            abandoned: 9,
            abandoned_early: 2,
            overflowed: 0,
            lost: 1,
        });
        // In January nobody hung up, and how long its others waited and talked is not known any more.
        total.times.unanswered_wait = Some(60);
    }
    [two, misses(1, 2, [33, 22, 11])]
}

async fn told(store: &dyn Store) -> Vec<ClosedPeriod> {
    store.closed(Date::FIRST..=Date::LAST).await.unwrap()
}

/// Writes a month as it closes: with rows and tables.
async fn put(store: &dyn Store, closed: &ClosedPeriod) {
    let content = |at: usize| Content {
        outcome: [Outcome::Advised, Outcome::Referred][at % 2],
        ..Content::default()
    };
    let contents: Contents = (0..30).map(content).collect();
    let rows = generalise(&contents, [1; SEED_BYTES]);
    let made = tables(&[contents]);
    store.put_period(closed, &rows, Some(&made)).await.unwrap();
}

async fn contents(store: &dyn Store) -> (usize, usize) {
    let days = || Date::FIRST..=Date::LAST;
    let rows = store.rows(days()).await.unwrap().len();
    (rows, store.tables(days()).await.unwrap().len())
}

pub(crate) async fn small_month_of_the_release_before_is_told_with_the_next_one(fixture: Fixture) {
    release_before(&fixture, MONTHS_BEFORE).await;

    let store = fixture.open().await;

    assert_eq!(told(&*store).await, told_by_the_upgrade());
    assert_eq!(contents(&*store).await, (0, 0));
    let withdrawn = Withdrawn {
        classes: 1,
        months: 3,
        ..Withdrawn::default()
    };
    assert_eq!(store.withdrawn().await.unwrap(), Some(withdrawn));
}

pub(crate) async fn small_months_are_joined_once_however_often_it_is_opened(fixture: Fixture) {
    release_before(&fixture, MONTHS_BEFORE).await;
    let store = fixture.open().await;
    let before = fixture.read(&TABLES).await;
    store.forget_withdrawn().await.unwrap();
    store.close().await;

    let store = fixture.open().await;

    assert_eq!(store.withdrawn().await.unwrap(), None);
    assert_eq!(told(&*store).await, told_by_the_upgrade());
    store.close().await;
    let (after, withdrawn) = (
        fixture.read(&TABLES).await,
        fixture.read(&TABLES[5..]).await,
    );
    assert!(withdrawn.is_empty());
    assert!(after[..] == before[..after.len()]);
}

pub(crate) async fn last_small_month_is_told_with_the_next_that_closes(fixture: Fixture) {
    release_before(&fixture, MONTHS_BEFORE).await;
    let store = fixture.open().await;
    let april = months("help", 4, 4, [20, 12, 6, 8]);
    let missed = misses(4, 4, [1, 1, 1]);

    // As after a crash: what is written again is there once.
    for closed in [&april, &missed, &april, &missed] {
        match closed {
            ClosedPeriod::Month { .. } => put(&*store, closed).await,
            ClosedPeriod::Misses { .. } | ClosedPeriod::Piece { .. } => {
                store.put_period(closed, &[], None).await.unwrap();
            }
        }
    }

    let mut two = months("help", 3, 4, [24, 15, 9, 9]);
    if let ClosedPeriod::Month { total, .. } = &mut two {
        total.unanswered = total.unanswered.map(|unanswered| Unanswered {
            abandoned_early: 1,
            ..unanswered
        });
    }
    let [before, missed_before] = told_by_the_upgrade();
    let expected = [before, missed_before, two, misses(3, 4, [8, 1, 1])];
    assert_eq!(told(&*store).await, expected);
    // What was entered in April alone is of fewer than the two months.
    assert_eq!(contents(&*store).await, (0, 0));
    // Youth waits for a month of its own.
    let waits = fixture.read(&["SELECT line FROM small_month"]).await;
    assert_eq!(waits.len(), 1);
}

pub(crate) async fn month_after_that_is_told_alone_with_rows_and_tables(fixture: Fixture) {
    release_before(&fixture, MONTHS_BEFORE).await;
    let store = fixture.open().await;
    let (april, may) = (
        months("help", 4, 4, [20, 12, 6, 8]),
        months("help", 5, 5, [20, 12, 6, 8]),
    );

    put(&*store, &april).await;
    put(&*store, &may).await;

    assert_eq!(told(&*store).await.last(), Some(&may));
    assert_eq!(contents(&*store).await, (1, 1));
}

pub(crate) async fn month_of_few_that_still_waited_in_the_journal_is_told_nowhere_alone(
    fixture: Fixture,
) {
    let store = fixture.open().await;
    let small = |month| months("help", month, month, [4, 4, 2, 0]);

    for month in [1, 2, 1, 2] {
        put(&*store, &small(month)).await;
    }
    let alone = (told(&*store).await, contents(&*store).await);
    put(&*store, &small(3)).await;

    assert_eq!(alone, (vec![], (0, 0)));
    assert_eq!(told(&*store).await, [months("help", 1, 3, [12, 12, 6, 0])]);
    assert_eq!(contents(&*store).await, (0, 0));
}

pub(crate) async fn small_month_before_one_in_pieces_is_told_nowhere(fixture: Fixture) {
    let store = fixture.open().await;
    let part = piece("help", date(2026, 2, 8), date(2026, 2, 28), 40);
    let february = months("help", 2, 2, [60, 40, 20, 20]);

    put(&*store, &months("help", 1, 1, [4, 4, 2, 0])).await;
    store.put_period(&part, &[], None).await.unwrap();
    put(&*store, &february).await;

    assert_eq!(told(&*store).await, [february, part]);
    assert_eq!(contents(&*store).await, (1, 1));
}

pub(crate) async fn backup_has_no_month_that_waits_for_the_next_one(fixture: Fixture) {
    release_before(&fixture, MONTHS_BEFORE).await;
    let mut file = Vec::new();
    let store = fixture.open().await;
    store
        .backup(&KEY, [1; CHANCE_BYTES], &mut file)
        .await
        .unwrap();
    let other = Fixture::sqlite();

    let restored = other.open().await;
    restored.restore(&KEY, &mut &file[..], &[]).await.unwrap();

    assert_eq!(told(&*restored).await, told_by_the_upgrade());
    assert_eq!(restored.withdrawn().await.unwrap(), None);
    for apart in &TABLES[3..5] {
        assert!(!fixture.read(&[apart]).await.is_empty(), "{apart}");
        assert!(other.read(&[apart]).await.is_empty(), "{apart}");
    }
}

pub(crate) async fn month_that_takes_in_a_small_one_whose_every_step_fails_once_is_whole_or_absent(
    fixture: Fixture,
) {
    release_before(&fixture, MONTHS_BEFORE).await;
    fixture.open().await.close().await;
    let april = months("help", 4, 4, [20, 12, 6, 8]);

    let steps = each_step_fails_once(&fixture, &TABLES, async |store| {
        store.put_period(&april, &[], None).await
    })
    .await;

    assert!(steps > 5, "{steps}");
    let told = told(&*fixture.open().await).await;
    assert_eq!(told.len(), 3);
}
