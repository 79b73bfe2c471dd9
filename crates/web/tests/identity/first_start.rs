//! The first start makes one administrator, and never again another.

use std::os::unix::fs::PermissionsExt as _;

use axum::http::StatusCode;
use serde_json::json;
use store::sql::{PasswordChange, Role, UnixSeconds};
use web::identity::{FIRST_LOGIN, FIRST_PASSWORD_SECONDS, FIRST_SIGN_IN, FirstStart};

use crate::fake_provider::FakeProvider;
use crate::fixture::{Fixture, START};

/// The password in the file.
fn password(fixture: &Fixture) -> String {
    let text = std::fs::read_to_string(fixture.file(FIRST_SIGN_IN)).unwrap();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("Password: "));
    line.unwrap().to_owned()
}

async fn sign_in(fixture: &Fixture, password: &str) -> StatusCode {
    let mut browser = fixture.browser("192.0.2.1");
    browser.sign_in(FIRST_LOGIN, password).await.status
}

#[tokio::test]
async fn first_administrator_signs_in_from_the_file_and_chooses_a_password() {
    let fixture = Fixture::open().await;

    let start = fixture.identity.first_start().await.unwrap();

    let file = fixture.file(FIRST_SIGN_IN);
    let until = UnixSeconds(START + FIRST_PASSWORD_SECONDS);
    assert_eq!(
        start,
        FirstStart::Waits {
            file: file.clone(),
            until
        }
    );
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let password = password(&fixture);
    let mut browser = fixture.browser("192.0.2.1");
    let signed_in = browser.sign_in(FIRST_LOGIN, &password).await;
    assert_eq!(signed_in.body["due"], "password");
    assert!(!file.exists());
    browser
        .change_password(&password, "a horse of her own")
        .await;
    assert_eq!(browser.get("/session").await.body["due"], "totp");
    browser.enrol().await;
    assert_eq!(browser.get("/accounts").await.status, StatusCode::OK);
    let accounts = fixture.store.accounts().await.unwrap();
    assert_eq!((accounts.len(), accounts[0].role), (1, Role::Administrator));
}

#[tokio::test]
async fn first_password_holds_for_an_hour() {
    let fixture = Fixture::open().await;
    fixture.identity.first_start().await.unwrap();
    let password = password(&fixture);

    fixture.clock.go(FIRST_PASSWORD_SECONDS - 1);
    let in_time = sign_in(&fixture, &password).await;
    fixture.clock.go(1);
    let late = sign_in(&fixture, &password).await;

    assert_eq!(in_time, StatusCode::OK);
    assert_eq!(late, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn restart_makes_another_first_password() {
    let fixture = Fixture::open().await;
    fixture.identity.first_start().await.unwrap();
    let first = password(&fixture);
    fixture.clock.go(FIRST_PASSWORD_SECONDS);

    let restarted = fixture.restarted(1);
    restarted.identity.first_start().await.unwrap();

    let second = password(&restarted);
    assert_ne!(first, second);
    assert_eq!(sign_in(&restarted, &first).await, StatusCode::UNAUTHORIZED);
    assert_eq!(sign_in(&restarted, &second).await, StatusCode::OK);
    assert_eq!(fixture.store.accounts().await.unwrap().len(), 1);
}

#[tokio::test]
async fn chosen_password_outlives_the_hour_and_the_next_start() {
    let fixture = Fixture::open().await;
    fixture.identity.first_start().await.unwrap();
    let chosen = "a horse of her own";
    let mut browser = fixture.browser("192.0.2.1");
    let first = password(&fixture);
    browser.sign_in(FIRST_LOGIN, &first).await;
    browser.change_password(&first, chosen).await;
    fixture.clock.go(FIRST_PASSWORD_SECONDS);
    assert_eq!(sign_in(&fixture, chosen).await, StatusCode::OK);

    let restarted = fixture.restarted(1);
    let start = restarted.identity.first_start().await.unwrap();

    assert_eq!(start, FirstStart::Past);
    assert!(!fixture.file(FIRST_SIGN_IN).exists());
    assert_eq!(sign_in(&restarted, chosen).await, StatusCode::OK);
}

#[tokio::test]
async fn administrator_whom_the_provider_knows_needs_no_password_while_it_is_set_up() {
    let provider = FakeProvider::start().await;
    let fixture = Fixture::open_with(Some(provider.settings())).await;
    fixture.identity.first_start().await.unwrap();
    provider.vouches_for("1", FIRST_LOGIN, json!(["mfa"]));
    let mut browser = fixture.browser("192.0.2.1");
    browser.sign_in(FIRST_LOGIN, &password(&fixture)).await;
    assert_eq!(browser.sign_in_through(&provider).await, "/");

    let with_it = fixture.restarted_with(1, Some(provider.settings()));
    let past = with_it.identity.first_start().await.unwrap();
    assert!(!fixture.file(FIRST_SIGN_IN).exists());
    let without_it = fixture.restarted(1);
    without_it.identity.first_start().await.unwrap();

    assert_eq!(past, FirstStart::Past);
    let alone = password(&without_it);
    assert_eq!(sign_in(&without_it, &alone).await, StatusCode::OK);
}

#[tokio::test]
async fn start_with_other_accounts_makes_nobody_and_deletes_an_old_file() {
    let fixture = Fixture::open().await;
    fixture.account("jana", Role::Administrator).await;
    std::fs::write(fixture.file(FIRST_SIGN_IN), "left behind").unwrap();

    let start = fixture.identity.first_start().await.unwrap();

    assert_eq!(start, FirstStart::Past);
    assert!(!fixture.file(FIRST_SIGN_IN).exists());
    let accounts = fixture.store.accounts().await.unwrap();
    assert_eq!(accounts.len(), 1);
    assert_eq!(accounts[0].password_change, PasswordChange::NotDue);
}

#[tokio::test]
async fn link_in_the_place_of_the_file_is_not_followed() {
    let fixture = Fixture::open().await;
    let elsewhere = fixture.file("elsewhere");
    std::fs::write(&elsewhere, "").unwrap();
    std::os::unix::fs::symlink(&elsewhere, fixture.file(FIRST_SIGN_IN)).unwrap();

    fixture.identity.first_start().await.unwrap();

    assert_eq!(std::fs::read_to_string(&elsewhere).unwrap(), "");
    assert!(!password(&fixture).is_empty());
}

#[tokio::test]
async fn file_that_cannot_be_written_is_told_and_the_next_start_tries_again() {
    let fixture = Fixture::open().await;
    let in_the_way = fixture.file(FIRST_SIGN_IN);
    std::fs::create_dir(&in_the_way).unwrap();

    let refused = fixture.identity.first_start().await.unwrap_err();
    std::fs::remove_dir(&in_the_way).unwrap();
    fixture.identity.first_start().await.unwrap();

    assert!(refused.to_string().ends_with(FIRST_SIGN_IN), "{refused}");
    assert_eq!(sign_in(&fixture, &password(&fixture)).await, StatusCode::OK);
}
