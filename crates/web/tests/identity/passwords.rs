//! Choosing a password.

use axum::http::StatusCode;
use store::sql::Role;
use web::identity::{FAILURES_MAX, SESSION_COOKIE};

use crate::fixture::{Fixture, PASSWORD};

const NEW: &str = "another horse altogether";

#[tokio::test]
async fn password_that_is_due_has_to_be_chosen_before_anything_else() {
    let fixture = Fixture::open().await;
    let (mut administrator, _) = fixture.signed_in("admin", Role::Administrator).await;
    let body = serde_json::json!({ "login": "jana", "display_name": "Jana", "role": "auditor" });
    let created = administrator.post("/accounts", body).await;
    let once = created.body["one_time_password"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut browser = fixture.browser("192.0.2.2");

    let signed_in = browser.sign_in("jana", &once).await;
    assert_eq!(signed_in.body["due"], "password");
    assert_eq!(browser.get("/audit").await.problem(), "set-up-first");
    assert_eq!(browser.get("/sessions").await.problem(), "set-up-first");
    let enrolment = browser.ask("POST", "/session/totp", None).await;
    assert_eq!(enrolment.problem(), "set-up-first");

    let chosen = browser.change_password(&once, NEW).await;

    assert_eq!(chosen.status, StatusCode::NO_CONTENT, "{chosen:?}");
    assert_eq!(browser.get("/session").await.body["due"], "nothing");
    assert_eq!(browser.get("/audit").await.status, StatusCode::OK);
    let refused = fixture.browser("192.0.2.2").sign_in("jana", &once).await;
    assert_eq!(refused.problem(), "wrong-credentials");
}

#[tokio::test]
async fn who_has_to_choose_a_password_may_sign_out() {
    let fixture = Fixture::open().await;
    let (mut administrator, _) = fixture.signed_in("admin", Role::Administrator).await;
    let body = serde_json::json!({ "login": "jana", "display_name": "Jana", "role": "operator" });
    let created = administrator.post("/accounts", body).await;
    let mut browser = fixture.browser("192.0.2.2");
    let once = created.body["one_time_password"].as_str().unwrap();
    browser.sign_in("jana", once).await;

    let signed_out = browser.delete("/session").await;

    assert_eq!(signed_out.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn new_password_ends_every_session_and_goes_on_with_another_token() {
    let fixture = Fixture::open().await;
    let (mut browser, _) = fixture.signed_in("jana", Role::Operator).await;
    let mut elsewhere = fixture.browser("192.0.2.9");
    elsewhere.sign_in("jana", PASSWORD).await;
    let mut before = browser.clone();

    browser.change_password(PASSWORD, NEW).await;

    assert_ne!(
        browser.cookies[SESSION_COOKIE],
        before.cookies[SESSION_COOKIE]
    );
    assert_eq!(browser.status().await, StatusCode::OK);
    assert_eq!(before.status().await, StatusCode::UNAUTHORIZED);
    assert_eq!(elsewhere.status().await, StatusCode::UNAUTHORIZED);
    assert_eq!(
        fixture.audited().await.last().unwrap().1,
        "password_changed"
    );
}

#[tokio::test]
async fn unfit_password_is_refused_and_changes_nothing() {
    let fixture = Fixture::open().await;
    let (mut browser, _) = fixture.signed_in("jana-the-operator", Role::Operator).await;
    let long = "x".repeat(257);

    for unfit in ["", "eleven char", &long, "Jana-The-Operator", PASSWORD] {
        let refused = browser.change_password(PASSWORD, unfit).await;
        assert_eq!(refused.problem(), "invalid", "{unfit}");
    }

    assert_eq!(browser.status().await, StatusCode::OK);
    let again = browser.sign_in("jana-the-operator", PASSWORD).await;
    assert_eq!(again.status, StatusCode::OK);
}

#[tokio::test]
async fn wrong_old_password_changes_nothing_and_is_counted() {
    let fixture = Fixture::open().await;
    let (mut browser, _) = fixture.signed_in("jana", Role::Operator).await;

    for _ in 0..FAILURES_MAX {
        let refused = browser.change_password("wrong horse battery", NEW).await;
        assert_eq!(refused.problem(), "wrong-credentials");
    }
    let locked = browser.change_password(PASSWORD, NEW).await;

    assert_eq!(locked.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(browser.status().await, StatusCode::OK);
}
