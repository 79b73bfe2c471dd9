//! A database and a backup of the release before are brought up to date: what was told by weaker rules is withdrawn, and that is told.

use std::path::Path;

use records::{ClosedPeriod, Date, Sums, Times};
use sqlx::migrate::{Migrate, Migrator};
use sqlx::{Connection as _, PgConnection, SqliteConnection};
use store::sql::{AuditBeginning, BackupKey, Database, Store, Withdrawn};

use crate::counts::date;
use crate::fixture::Fixture;

/// The last migration of the release before.
const BEFORE: i64 = 8;
/// Months as the release before told them: the first with parts, a class, rows and a cell of a table, the second with
/// enough contacts that nobody answered.
const MONTH_BEFORE: &str = "
    INSERT INTO closed_period (first_day, span, line, last_day) VALUES
        (20260301, 'month', 'help', 20260331), (20260201, 'month', 'help', 20260228), (20260201, 'piece', 'help', 20260214), (20260215, 'piece', 'help', 20260228);
    INSERT INTO closed_tally (first_day, span, line, class, arrived, answered, answered_in_time, abandoned, abandoned_early,
        overflowed, lost, answered_wait, unanswered_wait, talk) VALUES
        (20260201, 'month', 'help', 'all', 41, 36, 30, 4, 2, 0, 1, 99500000, 60000000, 3600999999),
        (20260301, 'month', 'help', 'all', 46, 36, 30, 9, 2, 0, 1, 99500000, 60999999, 3600999999),
        (20260201, 'month', 'help', 'crisis', 30, 26, 20, 3, 1, 0, 1, 90000000, 50000000, 2600000000),
        (20260201, 'piece', 'help', 'all', 20, 17, 14, 2, 1, 0, 1, 40000000, 30000000, 1600000000),
        (20260215, 'piece', 'help', 'all', 21, 19, 16, 2, 1, 0, 0, 59500000, 30000000, 2000999999);
    INSERT INTO closed_misses (first_day, no_answer, declined, unreachable) VALUES (20260201, 3, 2, 1);
    INSERT INTO record_row (first_day, span, line, key, language, children_in_household, ages, pregnancy, relation, outcome,
        referral) VALUES
        (20260201, 'piece', 'help', '01', 'czech', '2', 'left_out', 'left_out', 'left_out', 'emergency_called', 'police'),
        (20260201, 'piece', 'help', '02', 'czech', '2', 'left_out', 'left_out', 'left_out', 'advised', 'none');
    INSERT INTO record_cell (first_day, span, line, field, second_field, row_at, column_at, row_values, column_values, contacts)
        VALUES (20260201, 'month', 'help', 'outcome', '', 0, 0, 'advised', '', 30)";

/// Makes the tables of the release before, and puts its months into them.
pub(crate) async fn release_before(fixture: &Fixture, months: &'static str) {
    let folder = |backend: &str| {
        let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
        migrations.join(backend)
    };
    match &fixture.database {
        Database::File(path) => {
            let address = format!("sqlite://{}?mode=rwc", path.display());
            let mut connection = SqliteConnection::connect(&address).await.unwrap();
            migrate(&folder("sqlite"), &mut connection).await;
            sqlx::raw_sql(months)
                .execute(&mut connection)
                .await
                .unwrap();
            connection.close().await.unwrap();
        }
        Database::Postgres(address) => {
            let mut connection = PgConnection::connect(address).await.unwrap();
            migrate(&folder("postgres"), &mut connection).await;
            sqlx::raw_sql(months)
                .execute(&mut connection)
                .await
                .unwrap();
            connection.close().await.unwrap();
        }
    }
}

async fn migrate(folder: &Path, connection: &mut impl Migrate) {
    let migrator = Migrator::new(folder).await.unwrap();
    migrator
        .run_direct(Some(BEFORE), connection, false)
        .await
        .unwrap();
}

async fn closed(store: &dyn Store) -> Vec<ClosedPeriod> {
    store.closed(Date::FIRST..=Date::LAST).await.unwrap()
}

pub(crate) async fn rows_and_parts_of_the_release_before_are_withdrawn(fixture: Fixture) {
    release_before(&fixture, MONTH_BEFORE).await;

    let store = fixture.open().await;

    let days = || Date::FIRST..=Date::LAST;
    assert_eq!(store.rows(days()).await.unwrap(), []);
    let withdrawn = Some(Withdrawn {
        rows: 2,
        parts: 2,
        classes: 1,
        cells: 1,
        months: 0,
    });
    assert_eq!(store.withdrawn().await.unwrap(), withdrawn);
    store.forget_withdrawn().await.unwrap();
    assert_eq!(store.withdrawn().await.unwrap(), None);
    assert_eq!(store.tables(days()).await.unwrap(), []);
}

pub(crate) async fn month_of_the_release_before_is_told_without_sums_of_few(fixture: Fixture) {
    release_before(&fixture, MONTH_BEFORE).await;

    let told = closed(&*fixture.open().await).await;

    let [
        ClosedPeriod::Month { total, classes, .. },
        ClosedPeriod::Misses { first, last, .. },
        ClosedPeriod::Month { total: next, .. },
    ] = &told[..]
    else {
        panic!("{told:?}");
    };
    assert_eq!((total.ended, total.answered), (41, 36));
    let times = |of: &Sums| {
        let Times {
            answered_wait,
            unanswered_wait,
            talk,
        } = of.times;
        [answered_wait, unanswered_wait, talk]
    };
    // In whole seconds. Five who were not answered are too few for theirs, and for what is left of a bill.
    assert_eq!(times(total), [Some(99), None, None]);
    assert_eq!(times(next), [Some(99), Some(60), Some(3_600)]);
    assert!(classes.is_empty());
    assert_eq!((*first, *last), (date(2026, 2, 1), date(2026, 2, 28)));
}

pub(crate) async fn backup_of_the_release_before_is_restored_without_what_is_withdrawn(
    fixture: Fixture,
) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/upgrade/format_2.backup");
    let file = std::fs::read(file).unwrap();
    let store = fixture.open().await;

    store
        .restore(&BackupKey([3; 32]), &mut &file[..], &[])
        .await
        .unwrap();

    let days = || Date::FIRST..=Date::LAST;
    assert_eq!(store.rows(days()).await.unwrap(), []);
    assert_eq!(
        store.withdrawn().await.unwrap(),
        Some(Withdrawn {
            rows: 40,
            parts: 1,
            classes: 4,
            cells: 113,
            months: 0
        })
    );
    assert_eq!(store.tables(days()).await.unwrap(), []);
    let told = closed(&*store).await;
    let is_piece = |period: &ClosedPeriod| matches!(period, ClosedPeriod::Piece { .. });
    assert_eq!((told.len(), told.iter().any(is_piece)), (2, false));
    assert_eq!(store.accounts().await.unwrap().len(), 2);
    let AuditBeginning::Pruned(_) = store.audit_beginning().await.unwrap() else {
        panic!("the audit begins elsewhere");
    };
}
