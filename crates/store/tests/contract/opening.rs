//! Opening a database: its tables are brought up to date, or it is refused with a sentence.

use std::error::Error;

use store::sql::{Database, OpenError, open};

use crate::counts::{arrived, everything};
use crate::fixture::{Fixture, block_on};

/// The error and its causes, as they are shown.
fn sentence(error: &dyn Error) -> String {
    let mut told = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        told = format!("{told}: {cause}");
        source = cause.source();
    }
    told
}

async fn refusal(database: &Database) -> OpenError {
    let opened = open(database).await;
    opened.err().unwrap()
}

pub(crate) async fn tables_are_made_once(fixture: Fixture) {
    fixture.open().await.close().await;
    fixture.open().await.close().await;

    let versions = fixture
        .read(&["SELECT count(*) FROM _sqlx_migrations"])
        .await;

    assert!(
        versions
            == fixture
                .read(&["SELECT max(version) FROM _sqlx_migrations"])
                .await
    );
}

pub(crate) async fn a_look_fails_while_another_holds_the_writing(fixture: Fixture) {
    let store = fixture.open().await;
    let before = store.look().await;
    let holds = fixture.hold_writing().await;

    let held = store.look().await;
    let read = store.audit_head().await;
    drop(holds);
    let after = store.look().await;

    assert!(held.is_err());
    assert!(before.is_ok() && read.is_ok() && after.is_ok());
}

pub(crate) async fn a_look_leaves_nothing_behind(fixture: Fixture) {
    let turns = ["SELECT which FROM directory_turn"];
    let store = fixture.open().await;
    let before = fixture.read(&turns).await;

    store.look().await.unwrap();

    assert!(before == fixture.read(&turns).await);
}

pub(crate) async fn tables_of_a_newer_release_are_refused(fixture: Fixture) {
    fixture.open().await.close().await;
    fixture
        .tamper(
            "INSERT INTO _sqlx_migrations
                (version, description, success, checksum, execution_time)
            SELECT 9999, description, success, checksum, execution_time
            FROM _sqlx_migrations WHERE version = 1",
        )
        .await;

    let told = refusal(&fixture.database).await.to_string();

    let expected = "has tables of version 9999, written by a newer release";
    assert!(told.contains(expected), "{told}");
}

pub(crate) async fn tables_that_somebody_changed_are_refused(fixture: Fixture) {
    fixture.open().await.close().await;
    fixture
        .tamper("UPDATE _sqlx_migrations SET checksum = CAST('other' AS BYTEA) WHERE version = 1")
        .await;

    let refused = refusal(&fixture.database).await;

    assert!(
        matches!(refused, OpenError::Migration { .. }),
        "{}",
        sentence(&refused)
    );
}

pub(crate) async fn second_opening_sees_what_the_first_wrote(fixture: Fixture) {
    let first = fixture.open().await;
    first.put_arrived(&[arrived(1, "help", 3)]).await.unwrap();
    first.close().await;

    let second = fixture.open().await;

    let read = second.arrived(everything()).await.unwrap();
    assert_eq!(read, [arrived(1, "help", 3)]);
}

#[test]
fn file_in_a_folder_that_is_not_there_is_told() {
    let told = block_on(refusal(&Database::File("/proc/nowhere/linka.db".into())));

    let told = sentence(&told);
    assert!(
        told.contains("/proc/nowhere/linka.db could not be made"),
        "{told}"
    );
}

#[test]
fn server_that_is_not_there_is_told_without_the_password() {
    let address = "postgres://linka:hidden@127.0.0.1:1/linka".to_owned();

    let refused = block_on(refusal(&Database::Postgres(address)));

    let (told, shown) = (sentence(&refused), format!("{refused:?}"));
    let expected = "PostgreSQL linka at 127.0.0.1:1 could not be opened";
    assert!(told.contains(expected), "{told}");
    assert!(
        !told.contains("hidden") && !shown.contains("hidden"),
        "{shown}"
    );
}

#[test]
fn address_that_cannot_be_read_is_told_without_the_password() {
    let address = "postgres://linka:hidden@[::1/linka".to_owned();

    let refused = block_on(refusal(&Database::Postgres(address)));

    let (told, shown) = (sentence(&refused), format!("{refused:?}"));
    assert!(
        told.contains("address of the PostgreSQL database"),
        "{told}"
    );
    assert!(
        !told.contains("hidden") && !shown.contains("hidden"),
        "{shown}"
    );
}

#[test]
fn wrong_password_is_told_without_it() {
    block_on(async {
        let address = crate::server::fresh_database().await;
        let wrong = address.replace(crate::server::PASSWORD, "also-hidden");

        let refused = refusal(&Database::Postgres(wrong)).await;

        let (told, shown) = (sentence(&refused), format!("{refused:?}"));
        assert!(told.contains("password authentication failed"), "{told}");
        assert!(
            !told.contains("hidden") && !shown.contains("hidden"),
            "{shown}"
        );
    });
}

pub(crate) async fn two_who_open_a_new_database_at_once_both_have_it(fixture: Fixture) {
    let (one, other) = tokio::join!(fixture.open(), fixture.open());

    one.put_arrived(&[arrived(1, "help", 1)]).await.unwrap();
    let read = other.arrived(everything()).await.unwrap();
    assert_eq!(read, [arrived(1, "help", 1)]);
}
