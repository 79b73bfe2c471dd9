//! Rows and tables are written with the counts of their period, whole or not at all.

use dispatch::LineId;
use records::content::{Content, Field, Language, Outcome, WhoCalled};
use records::{
    Cell, ClosedPeriod, Contents, Date, MonthTables, Pair, Part, PeriodRows, Row, RowKey,
    SEED_BYTES, Single, Tables, ToldRow, generalise, tables,
};
use store::sql::{Fault, RecordStore as _, StoreError};

use crate::counts::{date, line, misses, month, piece};
use crate::failing::each_step_fails_once;
use crate::fixture::Fixture;

const TABLES: [&str; 3] = [
    "SELECT first_day, span, line, arrived FROM closed_sums ORDER BY first_day, span, line, class",
    "SELECT first_day, span, line, key, language, children_in_household, ages, pregnancy, relation,
        outcome FROM record_row ORDER BY first_day, span, line, key",
    "SELECT first_day, line, field, second_field, row_at, column_at, row_values, column_values,
        contacts FROM record_cell
        ORDER BY first_day, line, field, second_field, row_at, column_at",
];

fn first() -> Date {
    date(2026, 2, 1)
}

/// Contents of which rows and all tables can be made.
fn contents(count: usize) -> Contents {
    let outcomes = [Outcome::Advised, Outcome::Referred, Outcome::BedFound];
    let content = |at: usize| Content {
        language: [Language::Czech, Language::Ukrainian][at % 2],
        outcome: outcomes[at % 3],
        who_called: [WhoCalled::AdultVictim, WhoCalled::Relative][at / 2 % 2],
        ..Content::default()
    };
    (0..count).map(content).collect()
}

fn rows(count: usize, seed: u8) -> Vec<Row> {
    generalise(&contents(count), [seed; SEED_BYTES])
}

/// Tables of few cells, one of each kind of cell.
fn small_tables(contacts: u64) -> Tables {
    Tables {
        singles: vec![Single {
            field: Field::Outcome,
            cells: vec![("advised", Cell::Count(contacts)), ("other", Cell::Hidden)],
        }],
        pairs: vec![Pair {
            first: Field::Category,
            second: Field::Outcome,
            columns: vec![vec!["advised"], vec!["bed_found", "other"]],
            rows: vec![(
                vec!["stalking", "distress"],
                vec![Cell::Hidden, Cell::Count(contacts + 1)],
            )],
        }],
    }
}

fn told(rows: &[Row]) -> Vec<ToldRow> {
    let mut rows: Vec<&Row> = rows.iter().collect();
    rows.sort_by_key(|row| row.key);
    rows.into_iter().map(Row::told).collect()
}

fn period(line: LineId, part: Part, days: (Date, Date), rows: &[Row]) -> PeriodRows {
    PeriodRows {
        line,
        part,
        first: days.0,
        last: days.1,
        rows: told(rows),
    }
}

fn invalid(outcome: Result<(), StoreError>) -> bool {
    matches!(outcome.unwrap_err().fault(), Fault::Invalid(_))
}

pub(crate) async fn rows_come_back_with_their_period_and_without_their_keys(fixture: Fixture) {
    let store = fixture.open().await;
    let days = (first(), date(2026, 2, 14));
    let (of_piece, of_month) = (rows(40, 1), rows(30, 2));
    let part = piece("help", days.0, days.1, 1);

    store.put_period(&part, &of_piece, None).await.unwrap();
    let whole = month(first(), 1);
    store.put_period(&whole, &of_month, None).await.unwrap();

    let read = store.rows(days.0..=days.1).await.unwrap();
    let month = (days.0, date(2026, 2, 28));
    assert_eq!(of_piece.len(), 40);
    assert_eq!(
        read,
        [
            period(line("help"), Part::Piece, days, &of_piece),
            period(line("help"), Part::Month, month, &of_month),
        ]
    );
}

pub(crate) async fn tables_come_back_with_every_cell(fixture: Fixture) {
    let store = fixture.open().await;
    let made = tables(&[contents(120)]);
    assert!(!made.pairs.is_empty());

    let whole = month(first(), 1);
    store.put_period(&whole, &[], Some(&made)).await.unwrap();

    let expected = MonthTables {
        line: line("help"),
        first: first(),
        last: date(2026, 2, 28),
        tables: made,
    };
    let days = first()..=first();
    assert_eq!(store.tables(days).await.unwrap(), [expected]);
}

pub(crate) async fn month_nobody_called_in_has_tables_without_counts(fixture: Fixture) {
    let store = fixture.open().await;
    let empty = tables(&[]);

    let whole = month(first(), 1);
    store.put_period(&whole, &[], Some(&empty)).await.unwrap();

    let read = store.tables(first()..=first()).await.unwrap();
    assert_eq!(read[0].tables, empty);
}

pub(crate) async fn rows_written_again_are_not_doubled(fixture: Fixture) {
    let store = fixture.open().await;
    let whole = month(first(), 1);
    let made = tables(&[contents(30)]);

    for seed in [1, 2] {
        let rows = rows(30, seed);
        store.put_period(&whole, &rows, Some(&made)).await.unwrap();
    }

    let read = store.rows(first()..=first()).await.unwrap();
    assert_eq!(read.len(), 1);
    assert_eq!(read[0].rows, told(&rows(30, 2)));
    assert_eq!(store.tables(first()..=first()).await.unwrap().len(), 1);
}

pub(crate) async fn counts_rows_and_tables_are_replaced_together(fixture: Fixture) {
    let store = fixture.open().await;
    let (older, newer) = (month(first(), 1), month(first(), 9));
    let made = small_tables(7);
    store
        .put_period(&older, &rows(30, 1), Some(&made))
        .await
        .unwrap();

    store.put_period(&newer, &[], None).await.unwrap();

    let days = || first()..=first();
    assert_eq!(store.closed(days()).await.unwrap(), [newer]);
    assert_eq!(store.rows(days()).await.unwrap(), []);
    assert_eq!(store.tables(days()).await.unwrap(), []);
}

pub(crate) async fn rows_and_tables_of_what_has_none_are_refused(fixture: Fixture) {
    let store = fixture.open().await;
    let missed = misses(first(), 1);
    let part = piece("help", first(), date(2026, 2, 7), 1);
    let made = small_tables(7);

    let rows_of_misses = store.put_period(&missed, &rows(30, 1), None).await;
    let tables_of_misses = store.put_period(&missed, &[], Some(&made)).await;
    let tables_of_piece = store.put_period(&part, &[], Some(&made)).await;

    assert!(invalid(rows_of_misses) && invalid(tables_of_misses) && invalid(tables_of_piece));
    assert_eq!(store.closed(Date::FIRST..=Date::LAST).await.unwrap(), []);
}

pub(crate) async fn rows_and_tables_are_read_within_their_days(fixture: Fixture) {
    let store = fixture.open().await;
    let made = small_tables(7);
    for at in 1..=3 {
        let whole = month(date(2026, at, 1), 1);
        store
            .put_period(&whole, &rows(30, 1), Some(&made))
            .await
            .unwrap();
    }

    // They reach into February alone.
    let days = || date(2026, 2, 2)..=date(2026, 2, 27);
    let (read, tables) = (store.rows(days()).await, store.tables(days()).await);

    let firsts = |read: &[PeriodRows]| read.iter().map(|period| period.first).collect::<Vec<_>>();
    assert_eq!(firsts(&read.unwrap()), [first()]);
    assert_eq!(tables.unwrap().len(), 1);
}

pub(crate) async fn same_contents_written_again_touch_no_row(fixture: Fixture) {
    let (whole, made) = (month(first(), 1), small_tables(7));
    let store = fixture.open().await;
    store
        .put_period(&whole, &rows(30, 1), Some(&made))
        .await
        .unwrap();
    store.close().await;

    // It begins, reads eight times, ends and settles; one step more, a write, would fail.
    let again = fixture.failing(12).await;
    let done = again.put_period(&whole, &rows(30, 1), Some(&made)).await;

    done.unwrap();
}

pub(crate) async fn nothing_says_in_which_order_rows_were_written(fixture: Fixture) {
    let store = fixture.open().await;
    let made = rows(30, 1);
    let reversed: Vec<Row> = made.iter().rev().cloned().collect();
    let (one, other) = (month(first(), 1), month(date(2026, 3, 1), 1));

    store.put_period(&one, &made, None).await.unwrap();
    store.put_period(&other, &reversed, None).await.unwrap();

    let read = store.rows(Date::FIRST..=Date::LAST).await.unwrap();
    assert_eq!(read[0].rows, read[1].rows);
}

pub(crate) async fn contents_whose_every_step_fails_once_are_whole_or_absent(fixture: Fixture) {
    let (older, newer) = (month(first(), 1), month(first(), 1_000));
    let few = |count: u128| -> Vec<Row> {
        let keys = (1..=count).map(RowKey);
        let row = |key| Row {
            key,
            ..rows(30, 1)[0].clone()
        };
        keys.map(row).collect()
    };
    let store = fixture.open().await;
    let (before, after) = (small_tables(7), small_tables(8));
    store
        .put_period(&older, &few(2), Some(&before))
        .await
        .unwrap();
    store.close().await;

    let steps = each_step_fails_once(&fixture, &TABLES, async |store| {
        store.put_period(&newer, &few(3), Some(&after)).await
    })
    .await;

    assert!(steps > 8, "{steps}");
    let read = fixture.open().await.rows(first()..=first()).await.unwrap();
    assert_eq!(read[0].rows.len(), 3);
}

pub(crate) async fn table_that_somebody_changed_is_told_as_damaged(fixture: Fixture) {
    let store = fixture.open().await;
    let (whole, made): (ClosedPeriod, _) = (month(first(), 1), small_tables(7));
    store.put_period(&whole, &[], Some(&made)).await.unwrap();

    fixture
        .tamper("UPDATE record_cell SET row_values = 'jana' WHERE second_field = ''")
        .await;

    let refused = store.tables(first()..=first()).await.unwrap_err();
    assert!(matches!(refused.fault(), Fault::Damaged(_)));
}
