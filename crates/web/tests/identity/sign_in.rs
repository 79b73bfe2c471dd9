//! Signing in and out.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::mpsc::{Sender, channel};
use std::task::Poll;

use axum::http::{StatusCode, header};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use serde_json::json;
use store::sql::{
    AccountChange, AccountStanding, PasswordChange, PasswordHash, Role, SessionStanding,
};
use web::identity::{
    BUSY_RETRY_SECONDS, DEVICE_COOKIE, HASHES_AT_ONCE_MAX, HASHES_WAITING_FOR_KNOWN,
    HASHES_WAITING_MAX, SESSION_COOKIE,
};

use crate::fixture::{Fixture, PASSWORD};

#[tokio::test]
async fn right_password_opens_a_session() {
    let fixture = Fixture::open().await;
    let id = fixture.account("jana", Role::Operator).await;
    let mut browser = fixture.browser("192.0.2.1");
    assert_eq!(browser.status().await, StatusCode::UNAUTHORIZED);

    let signed_in = browser.sign_in("JANA", PASSWORD).await;

    let myself = json!({
        "account": id.to_string(),
        "login": "jana",
        "display_name": "JANA",
        "role": "operator",
        "due": "nothing",
        "time_zone": "Europe/Prague",
    });
    assert_eq!(signed_in.told(), (StatusCode::OK, &myself));
    assert_eq!(browser.get("/session").await.body, myself);
    let expected = [("jana".to_owned(), "signed_in".to_owned())];
    assert_eq!(fixture.audited().await, expected);
}

#[tokio::test]
async fn cookies_are_for_this_host_and_not_for_scripts() {
    let fixture = Fixture::open().await;
    fixture.account("jana", Role::Operator).await;

    let signed_in = fixture.browser("192.0.2.1").sign_in("jana", PASSWORD).await;

    let cookies = signed_in.headers.get_all(header::SET_COOKIE);
    let cookies: Vec<&str> = cookies
        .iter()
        .map(|value| value.to_str().unwrap())
        .collect();
    assert_eq!(cookies.len(), 2);
    for (cookie, name) in cookies.iter().zip([SESSION_COOKIE, DEVICE_COOKIE]) {
        assert!(cookie.starts_with(&format!("{name}=")), "{cookie}");
        assert!(cookie.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax"));
    }
    let kept = signed_in.headers.get(header::CACHE_CONTROL);
    assert_eq!(kept.unwrap(), "no-store");
}

#[tokio::test]
async fn unknown_login_costs_a_hash_and_is_told_like_a_wrong_password() {
    let fixture = Fixture::open().await;
    fixture.account("jana", Role::Operator).await;
    let mut browser = fixture.browser("192.0.2.1");

    let wrong = browser.sign_in("jana", "wrong horse battery").await;
    let after_wrong = fixture.identity.hashes_computed();
    let unknown = browser.sign_in("dana", "wrong horse battery").await;
    let after_unknown = fixture.identity.hashes_computed();

    assert_eq!(wrong.problem(), "wrong-credentials");
    assert_eq!(wrong.told(), unknown.told());
    assert_eq!((after_wrong, after_unknown), (1, 2));
    assert!(browser.cookies.is_empty());
}

#[tokio::test]
async fn login_that_cannot_be_one_is_told_like_a_wrong_password() {
    let fixture = Fixture::open().await;
    let mut browser = fixture.browser("192.0.2.1");

    for login in ["", "jana\0", " ", &"x".repeat(10_000)] {
        let refused = browser.sign_in(login, PASSWORD).await;
        assert_eq!(refused.problem(), "wrong-credentials", "{login:?}");
    }
    assert_eq!(fixture.identity.hashes_computed(), 4);
}

#[tokio::test]
async fn disabled_account_is_told_like_a_wrong_password() {
    let fixture = Fixture::open().await;
    let id = fixture.account("jana", Role::Operator).await;
    let disabled = [AccountChange::Standing(AccountStanding::Disabled)];
    fixture.store.change_account(id, &disabled).await.unwrap();

    let refused = fixture.browser("192.0.2.1").sign_in("jana", PASSWORD).await;

    assert_eq!(refused.problem(), "wrong-credentials");
    assert_eq!(fixture.identity.hashes_computed(), 1);
}

#[tokio::test]
async fn forged_cookie_opens_nothing() {
    let fixture = Fixture::open().await;
    let (browser, _) = fixture.signed_in("jana", Role::Operator).await;
    let token = &browser.cookies[SESSION_COOKIE];
    let hash_of_it = "A".repeat(43);

    for forged in ["", "x", &token[1..], &token.to_uppercase(), &hash_of_it] {
        let mut forger = browser.clone();
        forger
            .cookies
            .insert(SESSION_COOKIE.to_owned(), forged.to_owned());
        assert_eq!(forger.status().await, StatusCode::UNAUTHORIZED, "{forged}");
    }
}

#[tokio::test]
async fn session_that_was_planted_is_not_gone_on_with() {
    let fixture = Fixture::open().await;
    let (attacker, _) = fixture.signed_in("dana", Role::Operator).await;
    fixture.account("jana", Role::Operator).await;
    let planted = attacker.cookies[SESSION_COOKIE].clone();
    let mut victim = fixture.browser("192.0.2.2");
    victim
        .cookies
        .insert(SESSION_COOKIE.to_owned(), planted.clone());

    victim.sign_in("jana", PASSWORD).await;

    assert_ne!(victim.cookies[SESSION_COOKIE], planted);
    assert_eq!(victim.get("/session").await.body["login"], "jana");
    assert_eq!(attacker.clone().status().await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn signing_out_ends_the_session_and_takes_its_cookie() {
    let fixture = Fixture::open().await;
    let (mut browser, _) = fixture.signed_in("jana", Role::Operator).await;
    let mut before = browser.clone();

    let signed_out = browser.delete("/session").await;

    assert_eq!(signed_out.status, StatusCode::NO_CONTENT);
    assert!(!browser.cookies.contains_key(SESSION_COOKIE));
    assert!(browser.cookies.contains_key(DEVICE_COOKIE));
    assert_eq!(before.status().await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn password_that_is_changed_during_a_sign_in_opens_nothing() {
    let fixture = Fixture::open().await;
    let id = fixture.account("jana", Role::Operator).await;
    let mut browser = fixture.browser("192.0.2.1");
    let mut attempt = pin!(browser.sign_in("jana", PASSWORD));
    while fixture.identity.hashes_computed() == 0 {
        let polled = poll_fn(|context| Poll::Ready(attempt.as_mut().poll(context)));
        assert!(polled.await.is_pending());
        tokio::task::yield_now().await;
    }

    let other = PasswordHash("$argon2id$v=19$m=19456,t=2,p=1$other".to_owned());
    let changes = [AccountChange::Password(other, PasswordChange::NotDue)];
    let change = fixture.store.change_account(id, &changes);
    let (answer, changed) = tokio::join!(attempt, change);

    changed.unwrap();
    assert_eq!(answer.problem(), "wrong-credentials");
    let sessions = fixture.store.sessions(id).await.unwrap();
    let mut standings = sessions.iter().map(|session| session.standing);
    assert!(standings.all(|standing| standing == SessionStanding::Revoked));
}

/// One thread computes hashes: a test that holds it has them wait.
fn with_one_hashing_thread(test: impl Future<Output = ()>) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.max_blocking_threads(1).enable_all();
    runtime.build().unwrap().block_on(test);
}

/// Holds the thread that computes hashes until the sender is dropped.
fn hold() -> Sender<()> {
    let (held, wait) = channel();
    tokio::task::spawn_blocking(move || wait.recv());
    held
}

#[test]
fn full_queue_of_hashes_turns_away_and_counts_nothing_as_failed() {
    let room = HASHES_AT_ONCE_MAX + HASHES_WAITING_MAX - HASHES_WAITING_FOR_KNOWN;

    with_one_hashing_thread(async {
        let fixture = Fixture::open().await;
        let held = hold();
        let mut attempts: FuturesUnordered<_> = (0..room + 5)
            .map(|number| {
                let mut browser = fixture.browser("192.0.2.1");
                async move { browser.sign_in(&format!("nobody{number}"), PASSWORD).await }
            })
            .collect();

        for _ in 0..5 {
            let busy = attempts.next().await.unwrap();
            assert_eq!(busy.status, StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!(busy.problem(), "unavailable");
            assert_eq!(busy.retry_after(), Some(BUSY_RETRY_SECONDS));
        }
        drop(held);
        let tried: Vec<_> = attempts.collect().await;

        assert!(tried.iter().all(|one| one.problem() == "wrong-credentials"));
        assert_eq!(fixture.identity.hashes_computed(), room as u64);
    });
}

#[tokio::test]
async fn body_that_says_more_is_refused_without_repeating_it() {
    let fixture = Fixture::open().await;
    fixture.account("jana", Role::Operator).await;
    let mut browser = fixture.browser("192.0.2.1");

    let refused = browser
        .post(
            "/session",
            json!({ "login": "jana", "password": PASSWORD, "as": "root" }),
        )
        .await;

    assert_eq!(refused.problem(), "invalid");
    assert!(!refused.body.to_string().contains(PASSWORD));
}
