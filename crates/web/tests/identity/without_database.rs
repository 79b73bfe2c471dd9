//! A database that does not answer: who was there goes on, and nobody waits for it.

use std::time::Duration;

use axum::http::StatusCode;
use store::sql::Role;

use crate::fixture::{Browser, Fixture, PASSWORD};
use crate::moody::{Answer, Mood};

/// Far longer than an answer from memory takes.
const SOON: Duration = Duration::from_secs(20);

/// Whether it is answered while the database says nothing.
async fn is_answered(browser: &mut Browser<'_>) -> StatusCode {
    let status = tokio::time::timeout(SOON, browser.status()).await;
    status.expect("nobody waits for the database")
}

/// The database stops answering: the first to ask it hears so in the end.
async fn falls_silent(mood: &Mood, first: &mut Browser<'_>) -> StatusCode {
    mood.becomes(Answer::Failing);
    let status = first.status().await;
    mood.becomes(Answer::Outstanding);
    status
}

#[tokio::test]
async fn page_that_is_loaded_anew_hears_who_is_signed_in_without_the_database() {
    let (fixture, mood) = Fixture::open_moody().await;
    let (mut jana, _) = fixture.signed_in("jana", Role::Operator).await;
    let before = jana.get("/session").await;

    mood.becomes(Answer::Failing);
    let loaded_anew = jana.get("/session").await;

    assert_eq!(before.status, StatusCode::OK);
    assert_eq!(loaded_anew.told(), before.told());
}

#[tokio::test]
async fn while_the_database_is_silent_one_question_waits_and_nobody_else_does() {
    let (fixture, mood) = Fixture::open_moody().await;
    let (mut jana, _) = fixture.signed_in("jana", Role::Operator).await;
    let (mut eva, _) = fixture.signed_in("eva", Role::Operator).await;
    for browser in [&mut jana, &mut eva] {
        assert_eq!(browser.status().await, StatusCode::OK);
    }
    let mut stranger = fixture.browser("192.0.2.9");
    stranger.cookies.clone_from(&jana.cookies);
    for cookie in stranger.cookies.values_mut() {
        let other = if cookie.starts_with('A') { "B" } else { "A" };
        cookie.replace_range(..1, other);
    }

    let first = falls_silent(&mood, &mut jana).await;
    let asked = mood.asked();
    let mut told = Vec::new();
    for _ in 0..10 {
        for browser in [&mut jana, &mut eva, &mut stranger] {
            told.push(is_answered(browser).await);
        }
    }

    assert_eq!(first, StatusCode::OK);
    let each = [
        StatusCode::OK,
        StatusCode::OK,
        StatusCode::SERVICE_UNAVAILABLE,
    ];
    assert_eq!(told, each.repeat(10));
    assert!(
        mood.asked() <= asked + 1,
        "{} were asked",
        mood.asked() - asked
    );
}

#[tokio::test]
async fn who_was_signed_out_is_known_again_as_soon_as_the_database_answers() {
    let (fixture, mood) = Fixture::open_moody().await;
    let (mut jana, id) = fixture.signed_in("jana", Role::Operator).await;
    assert_eq!(jana.status().await, StatusCode::OK);
    falls_silent(&mood, &mut jana).await;
    assert_eq!(is_answered(&mut jana).await, StatusCode::OK);

    mood.becomes(Answer::Given);
    for session in fixture.store.sessions(id).await.unwrap() {
        fixture.store.revoke_session(&session.token).await.unwrap();
    }
    let out = async {
        while jana.status().await == StatusCode::OK {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SOON, out).await.unwrap();

    assert_eq!(jana.status().await, StatusCode::UNAUTHORIZED);
    assert_eq!(jana.sign_in("jana", PASSWORD).await.status, StatusCode::OK);
    assert_eq!(jana.status().await, StatusCode::OK);
}
