//! Keys of programs.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};
use store::sql::Role;
use web::identity::{Gate as _, KEY_DAYS_MAX, SESSION_COOKIE, Who};

use crate::fixture::{Answer, Browser, DAY, Fixture};

async fn make(browser: &mut Browser<'_>, scopes: &[&str], days: u16) -> Answer {
    let body = json!({ "name": "board on the wall", "scopes": scopes, "days": days });
    browser.post("/api-keys", body).await
}

/// Who a program with this key is.
async fn who(fixture: &Fixture, key: &str) -> Option<Who> {
    let request = Request::builder().header(header::AUTHORIZATION, format!("Bearer {key}"));
    let request = request.body(Body::empty()).unwrap();
    fixture.identity.who(request.headers()).await.unwrap()
}

#[tokio::test]
async fn key_opens_what_it_says_and_is_told_once() {
    let fixture = Fixture::open().await;
    let (mut administrator, id) = fixture.signed_in("admin", Role::Administrator).await;

    let made = make(&mut administrator, &["read-board", "read-audit"], 30).await;

    assert_eq!(made.status, StatusCode::CREATED);
    let key = made.body["token"].as_str().unwrap();
    assert!(key.starts_with("linka_"));
    let Some(Who::Key { name, scopes }) = who(&fixture, key).await else {
        panic!("the key opens nothing")
    };
    assert_eq!((name.as_str(), scopes.len()), ("board on the wall", 2));
    let listed = administrator.get("/api-keys").await.body;
    assert_eq!(listed[0], made.body["key"]);
    assert_eq!(listed[0]["made_by"], id.to_string());
    assert_eq!(listed[0]["scopes"], json!(["read-board", "read-audit"]));
    assert!(!listed.to_string().contains(&key[6..]));
}

#[tokio::test]
async fn key_opens_nothing_when_it_ran_out_or_was_revoked() {
    let fixture = Fixture::open().await;
    let (mut administrator, _) = fixture.signed_in("admin", Role::Administrator).await;
    let first = make(&mut administrator, &["read-board"], 1).await.body;
    let second = make(&mut administrator, &["read-board"], 30).await.body;
    let token = |made: &Value| made["token"].as_str().unwrap().to_owned();
    let (first, second, id) = (token(&first), token(&second), second["key"]["id"].clone());

    let revoked = administrator
        .delete(&format!("/api-keys/{}", id.as_str().unwrap()))
        .await;
    let unknown = administrator.delete("/api-keys/0").await;

    assert_eq!(revoked.status, StatusCode::NO_CONTENT);
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert_eq!(who(&fixture, &second).await, None);
    fixture.clock.go(DAY - 1);
    assert!(who(&fixture, &first).await.is_some());
    fixture.clock.go(1);
    assert_eq!(who(&fixture, &first).await, None);
    let audited = fixture.audited().await;
    let changes = audited
        .iter()
        .filter(|(by, what)| by == "admin" && what == "key_changed");
    assert_eq!(changes.count(), 3);
}

#[tokio::test]
async fn key_that_is_wrong_or_a_sessions_token_opens_nothing() {
    let fixture = Fixture::open().await;
    let (mut administrator, _) = fixture.signed_in("admin", Role::Administrator).await;
    let made = make(&mut administrator, &["read-board"], 1).await.body;
    let key = made["token"].as_str().unwrap();
    let session = format!("linka_{}", administrator.cookies[SESSION_COOKIE]);

    for wrong in ["", "linka_", &key[6..], &key[..key.len() - 1], &session] {
        assert_eq!(who(&fixture, wrong).await, None, "{wrong}");
    }
    let mut program = fixture.browser("192.0.2.1");
    program
        .cookies
        .insert(SESSION_COOKIE.to_owned(), key[6..].to_owned());
    assert_eq!(program.status().await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn wrong_key_is_not_made_good_by_a_cookie() {
    let fixture = Fixture::open().await;
    let (browser, _) = fixture.signed_in("jana", Role::Operator).await;
    let cookie = format!("{SESSION_COOKIE}={}", browser.cookies[SESSION_COOKIE]);
    let request = Request::builder()
        .header(header::COOKIE, cookie)
        .header(header::AUTHORIZATION, "Bearer linka_x")
        .body(Body::empty())
        .unwrap();

    let who = fixture.identity.who(request.headers()).await.unwrap();

    assert_eq!(who, None);
}

#[tokio::test]
async fn key_without_a_scope_a_name_or_an_end_is_refused() {
    let fixture = Fixture::open().await;
    let (mut administrator, _) = fixture.signed_in("admin", Role::Administrator).await;

    let no_scope = make(&mut administrator, &[], 1).await;
    let strange = make(&mut administrator, &["read-everything"], 1).await;
    let over = make(&mut administrator, &["read-board"], 0).await;
    let long = make(&mut administrator, &["read-board"], KEY_DAYS_MAX + 1).await;
    let body = json!({ "name": "", "scopes": ["read-board"], "days": 1 });
    let no_name = administrator.post("/api-keys", body).await;

    for refused in [no_scope, strange, over, long, no_name] {
        assert_eq!(refused.problem(), "invalid", "{refused:?}");
    }
    assert_eq!(administrator.get("/api-keys").await.body, json!([]));
}
