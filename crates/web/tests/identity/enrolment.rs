//! One-time passwords.

use axum::http::StatusCode;
use store::sql::Role;
use web::identity::{ENROLMENT_SECONDS, SESSION_COOKIE};

use crate::fixture::{Fixture, PASSWORD};
use crate::telephone::Telephone;

#[tokio::test]
async fn who_may_change_much_may_do_nothing_before_one_time_passwords_are_set_up() {
    for role in [Role::Supervisor, Role::Administrator] {
        let fixture = Fixture::open().await;
        fixture.account("jana", role).await;
        let mut browser = fixture.browser("192.0.2.1");

        let signed_in = browser.sign_in("jana", PASSWORD).await;
        let refused = browser.get("/lockouts").await;
        browser.enrol().await;

        assert_eq!(signed_in.body["due"], "totp");
        assert_eq!(refused.problem(), "set-up-first");
        assert_eq!(browser.get("/session").await.body["due"], "nothing");
        assert_eq!(browser.get("/lockouts").await.status, StatusCode::OK);
        assert_eq!(fixture.audited().await.last().unwrap().1, "totp_set");
    }
}

#[tokio::test]
async fn others_need_none_and_may_have_them() {
    for role in [Role::Operator, Role::Auditor, Role::Wall] {
        let fixture = Fixture::open().await;
        fixture.account("jana", role).await;
        let mut browser = fixture.browser("192.0.2.1");

        let signed_in = browser.sign_in("jana", PASSWORD).await;
        browser.enrol().await;

        assert_eq!(signed_in.body["due"], "nothing", "{role:?}");
        let again = browser.sign_in("jana", PASSWORD).await;
        assert_eq!(again.problem(), "code-needed");
    }
}

#[tokio::test]
async fn secret_counts_only_after_its_first_code() {
    let fixture = Fixture::open().await;
    let id = fixture.account("jana", Role::Supervisor).await;
    let mut browser = fixture.browser("192.0.2.1");
    browser.sign_in("jana", PASSWORD).await;
    let begun = browser.ask("POST", "/session/totp", None).await;
    let telephone = Telephone::new(begun.body["secret_base32"].as_str().unwrap());
    let code = telephone.code(fixture.clock.seconds());

    let wrong = browser.confirm(&telephone.code(0)).await;
    let of_nobody = fixture.browser("192.0.2.1").confirm(&code).await;
    fixture.clock.go(ENROLMENT_SECONDS);
    let late = browser
        .confirm(&telephone.code(fixture.clock.seconds()))
        .await;

    assert_eq!(wrong.problem(), "wrong-credentials");
    assert_eq!(of_nobody.problem(), "not-signed-in");
    assert_eq!(late.problem(), "conflict");
    let account = fixture.store.account(id).await.unwrap().unwrap();
    assert_eq!(account.totp, None);
    let again = browser.sign_in("jana", PASSWORD).await;
    assert_eq!(again.status, StatusCode::OK);
}

#[tokio::test]
async fn sign_in_needs_password_and_code() {
    let fixture = Fixture::open().await;
    fixture.account("jana", Role::Supervisor).await;
    let mut browser = fixture.browser("192.0.2.1");
    browser.sign_in("jana", PASSWORD).await;
    let telephone = browser.enrol().await;
    fixture.clock.go(30);
    let code = telephone.code(fixture.clock.seconds());
    let mut other = fixture.browser("192.0.2.1");

    let without = other.sign_in("jana", PASSWORD).await;
    let wrong = other.sign_in_with("jana", &telephone.code(0)).await;
    let body = serde_json::json!({ "login": "jana", "password": "wrong horse", "code": code });
    let wrong_password = other.post("/session", body).await;
    let right = other.sign_in_with("jana", &code).await;

    assert_eq!(without.problem(), "code-needed");
    assert_eq!(wrong.problem(), "wrong-credentials");
    assert_eq!(wrong_password.problem(), "wrong-credentials");
    assert_eq!(right.status, StatusCode::OK);
    assert_eq!(right.body["due"], "nothing");
}

#[tokio::test]
async fn code_counts_once() {
    let fixture = Fixture::open().await;
    fixture.account("jana", Role::Supervisor).await;
    let mut browser = fixture.browser("192.0.2.1");
    browser.sign_in("jana", PASSWORD).await;
    let telephone = browser.enrol().await;
    let now = fixture.clock.seconds();

    let of_enrolment = browser.sign_in_with("jana", &telephone.code(now)).await;
    let next = browser
        .sign_in_with("jana", &telephone.code(now + 30))
        .await;
    let replayed = browser
        .sign_in_with("jana", &telephone.code(now + 30))
        .await;
    let earlier = browser.sign_in_with("jana", &telephone.code(now)).await;

    assert_eq!(of_enrolment.problem(), "wrong-credentials");
    assert_eq!(next.status, StatusCode::OK);
    assert_eq!(replayed.problem(), "wrong-credentials");
    assert_eq!(earlier.problem(), "wrong-credentials");
}

#[tokio::test]
async fn session_that_showed_no_code_ends_when_they_are_set_up() {
    let fixture = Fixture::open().await;
    fixture.account("jana", Role::Supervisor).await;
    let mut thief = fixture.browser("198.51.100.1");
    thief.sign_in("jana", PASSWORD).await;
    let mut browser = fixture.browser("192.0.2.1");
    browser.sign_in("jana", PASSWORD).await;
    let before = browser.cookies[SESSION_COOKIE].clone();

    browser.enrol().await;

    assert_eq!(thief.status().await, StatusCode::UNAUTHORIZED);
    assert_eq!(browser.status().await, StatusCode::OK);
    assert_ne!(browser.cookies[SESSION_COOKIE], before);
}

#[tokio::test]
async fn secret_that_is_set_up_is_not_replaced_by_a_session() {
    let fixture = Fixture::open().await;
    let (mut browser, _) = fixture.signed_in("jana", Role::Supervisor).await;

    let begun = browser.ask("POST", "/session/totp", None).await;

    assert_eq!(begun.problem(), "conflict");
    assert_eq!(begun.body["secret_base32"], serde_json::Value::Null);
}

#[tokio::test]
async fn secret_in_the_database_opens_under_its_key_alone() {
    let fixture = Fixture::open().await;
    let id = fixture.account("jana", Role::Supervisor).await;
    let mut browser = fixture.browser("192.0.2.1");
    browser.sign_in("jana", PASSWORD).await;
    let telephone = browser.enrol().await;
    fixture.clock.go(30);
    let code = telephone.code(fixture.clock.seconds());

    let other_key = fixture.restarted(2);
    let refused = other_key
        .browser("192.0.2.1")
        .sign_in_with("jana", &code)
        .await;
    let same_key = fixture.restarted(1);
    let signed_in = same_key
        .browser("192.0.2.1")
        .sign_in_with("jana", &code)
        .await;

    let account = fixture.store.account(id).await.unwrap().unwrap();
    let sealed = account.totp.unwrap().0;
    let secret = telephone.secret();
    assert!(!sealed.windows(secret.len()).any(|bytes| bytes == secret));
    assert_eq!(refused.problem(), "internal");
    assert_eq!(signed_in.status, StatusCode::OK);
}
