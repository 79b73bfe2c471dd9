//! Sessions end by idling, by age, or because somebody ends them.

use axum::http::StatusCode;
use store::sql::{AccountChange, AccountStanding, Role};
use web::identity::{
    IDLE_SECONDS_MAX, SEEN_EVERY_SECONDS, SESSION_COOKIE, SESSION_SECONDS_MAX, WALL_SECONDS_MAX,
};

use crate::fixture::{DAY, Fixture, PASSWORD, START};

#[tokio::test]
async fn session_ends_when_nobody_used_it_for_twelve_hours() {
    let fixture = Fixture::open().await;
    let (mut browser, _) = fixture.signed_in("jana", Role::Operator).await;

    fixture.clock.go(IDLE_SECONDS_MAX - 1);
    let used = browser.status().await;
    fixture.clock.go(IDLE_SECONDS_MAX - 1);
    let used_again = browser.status().await;
    fixture.clock.go(IDLE_SECONDS_MAX);
    let idle = browser.status().await;

    assert_eq!(used, StatusCode::OK);
    assert_eq!(used_again, StatusCode::OK);
    assert_eq!(idle, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn session_that_is_always_used_ends_after_seven_days() {
    let fixture = Fixture::open().await;
    let (mut browser, _) = fixture.signed_in("jana", Role::Operator).await;

    while fixture.clock.seconds() + DAY / 4 < START + SESSION_SECONDS_MAX {
        fixture.clock.go(DAY / 4);
        assert_eq!(browser.status().await, StatusCode::OK);
    }
    fixture.clock.go(DAY / 4);

    assert_eq!(browser.status().await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn walls_session_does_not_idle_and_ends_after_ninety_days() {
    let fixture = Fixture::open().await;
    let (mut browser, _) = fixture.signed_in("wall", Role::Wall).await;

    fixture.clock.go(WALL_SECONDS_MAX - 1);
    assert_eq!(browser.status().await, StatusCode::OK);
    fixture.clock.go(1);

    assert_eq!(browser.status().await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn wall_that_becomes_a_person_keeps_no_session_of_ninety_days() {
    let fixture = Fixture::open().await;
    let (mut browser, id) = fixture.signed_in("wall", Role::Wall).await;
    fixture.clock.go(SESSION_SECONDS_MAX);
    assert_eq!(browser.status().await, StatusCode::OK);

    let role = [AccountChange::Role(Role::Operator)];
    fixture.store.change_account(id, &role).await.unwrap();

    assert_eq!(browser.status().await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn use_is_noted_once_a_minute() {
    let fixture = Fixture::open().await;
    let (mut browser, id) = fixture.signed_in("jana", Role::Operator).await;
    let mut noted = Vec::new();

    for _ in 0..4 {
        fixture.clock.go(SEEN_EVERY_SECONDS / 2);
        browser.status().await;
        let sessions = fixture.store.sessions(id).await.unwrap();
        noted.push(sessions[0].last_seen.0 - START);
    }

    assert_eq!(noted, [0, 60, 60, 120]);
}

#[tokio::test]
async fn own_sessions_are_listed_and_ended() {
    let fixture = Fixture::open().await;
    let (mut here, _) = fixture.signed_in("jana", Role::Operator).await;
    let mut there = fixture.browser("192.0.2.9");
    fixture.clock.go(60);
    there.sign_in("jana", PASSWORD).await;

    let listed = here.get("/sessions").await.body;
    let told = listed.as_array().unwrap();
    assert_eq!(told.len(), 2);
    assert_eq!(
        (&told[0]["current"], &told[1]["current"]),
        (&true.into(), &false.into())
    );
    assert_eq!(told[1]["created_ms"], (START + 60) * 1_000);
    let other = told[1]["id"].as_str().unwrap();
    let ended = here.delete(&format!("/sessions/{other}")).await;

    assert_eq!(ended.status, StatusCode::NO_CONTENT);
    assert_eq!(there.status().await, StatusCode::UNAUTHORIZED);
    assert_eq!(
        here.get("/sessions").await.body.as_array().unwrap().len(),
        1
    );
    assert_eq!(
        fixture.audited().await.last().unwrap().1,
        "sessions_revoked"
    );
}

#[tokio::test]
async fn all_other_sessions_are_ended_at_once() {
    let fixture = Fixture::open().await;
    let (mut here, _) = fixture.signed_in("jana", Role::Operator).await;
    let (mut dana, _) = fixture.signed_in("dana", Role::Operator).await;
    let mut others = Vec::new();
    for address in ["192.0.2.9", "192.0.2.10"] {
        let mut other = fixture.browser(address);
        other.sign_in("jana", PASSWORD).await;
        others.push(other);
    }

    let ended = here.delete("/sessions").await;

    assert_eq!(ended.status, StatusCode::NO_CONTENT);
    for other in &mut others {
        assert_eq!(other.status().await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(here.status().await, StatusCode::OK);
    assert_eq!(dana.status().await, StatusCode::OK);
    let audited = fixture.audited().await;
    let ends = audited
        .iter()
        .filter(|(_, what)| what == "sessions_revoked");
    assert_eq!(ends.count(), 1);
}

#[tokio::test]
async fn session_tells_whether_its_device_was_known() {
    let fixture = Fixture::open().await;
    let (mut browser, _) = fixture.signed_in("jana", Role::Operator).await;

    let first = browser.get("/sessions").await.body;
    browser.sign_in("jana", PASSWORD).await;
    let second = browser.get("/sessions").await.body;

    assert_eq!(first[0]["device"], "new");
    assert_eq!(second[0]["device"], "known");
}

#[tokio::test]
async fn id_of_a_session_opens_nothing() {
    let fixture = Fixture::open().await;
    let (mut browser, id) = fixture.signed_in("jana", Role::Operator).await;
    let sessions = fixture.store.sessions(id).await.unwrap();

    let listed = browser.get("/sessions").await.body.to_string();

    let hash: String = sessions[0]
        .token
        .0
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert!(!listed.contains(&hash[..16]));
    assert!(!listed.contains(&browser.cookies[SESSION_COOKIE]));
}

#[tokio::test]
async fn session_of_another_account_is_not_ended() {
    let fixture = Fixture::open().await;
    let (mut jana, _) = fixture.signed_in("jana", Role::Operator).await;
    let (mut dana, _) = fixture.signed_in("dana", Role::Operator).await;
    let listed = jana.get("/sessions").await.body;
    let id = listed[0]["id"].as_str().unwrap();

    let refused = dana.delete(&format!("/sessions/{id}")).await;

    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    assert_eq!(jana.status().await, StatusCode::OK);
}

#[tokio::test]
async fn loss_of_rights_holds_from_the_next_request_on() {
    let fixture = Fixture::open().await;
    let (mut browser, id) = fixture.signed_in("jana", Role::Supervisor).await;
    assert_eq!(browser.get("/lockouts").await.status, StatusCode::OK);

    let role = [AccountChange::Role(Role::Operator)];
    fixture.store.change_account(id, &role).await.unwrap();
    let demoted = browser.get("/lockouts").await;
    let disabled = [AccountChange::Standing(AccountStanding::Disabled)];
    fixture.store.change_account(id, &disabled).await.unwrap();
    let out = browser.get("/session").await;

    assert_eq!(demoted.problem(), "forbidden");
    assert_eq!(out.problem(), "not-signed-in");
}

#[tokio::test]
async fn sessions_that_ran_out_are_deleted_by_the_next_sign_in() {
    let fixture = Fixture::open().await;
    let (_, id) = fixture.signed_in("jana", Role::Operator).await;
    fixture.clock.go(SESSION_SECONDS_MAX + 1);

    fixture.browser("192.0.2.1").sign_in("jana", PASSWORD).await;

    assert_eq!(fixture.store.sessions(id).await.unwrap().len(), 1);
}

#[tokio::test]
async fn database_that_stops_answering_ends_no_shift() {
    let fixture = Fixture::open().await;
    let (mut jana, _) = fixture.signed_in("jana", Role::Operator).await;
    let (mut dana, _) = fixture.signed_in("dana", Role::Operator).await;
    let before = jana.get("/content-fields").await.status;
    dana.get("/content-fields").await;
    fixture.clock.go(120);
    let seen = jana.get("/content-fields").await.status;

    fixture.store.close().await;
    let during = jana.get("/content-fields").await.status;
    let long_unseen = dana.get("/content-fields").await.status;
    fixture.clock.go(13 * 60 * 60);
    let next_day = jana.get("/content-fields").await.status;

    assert_eq!(
        (before, seen, during),
        (StatusCode::OK, StatusCode::OK, StatusCode::OK)
    );
    assert_eq!(long_unseen, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(next_day, StatusCode::SERVICE_UNAVAILABLE);
}
