//! Failed sign-ins cost waits, and only those who failed.

use axum::http::StatusCode;
use store::sql::Role;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use web::Proxies;
use web::identity::{DEVICE_COOKIE, FAILURES_MAX, FIRST_WAIT_SECONDS};

use crate::fixture::{Answer, Fixture, PASSWORD};

const WRONG: &str = "wrong horse battery";

/// Fails as often as may be.
async fn fail(fixture: &Fixture, address: &str, login: &str) {
    for _ in 0..FAILURES_MAX {
        let refused = fixture.browser(address).sign_in(login, WRONG).await;
        assert_eq!(refused.problem(), "wrong-credentials");
    }
}

fn is_locked(answer: &Answer) -> bool {
    answer.status == StatusCode::TOO_MANY_REQUESTS && answer.problem() == "too-many"
}

#[tokio::test]
async fn locked_attempt_waits_whether_it_is_right_or_not_and_costs_no_hash() {
    let fixture = Fixture::open().await;
    fixture.account("jana", Role::Operator).await;
    fail(&fixture, "192.0.2.1", "jana").await;
    let mut browser = fixture.browser("192.0.2.200");
    let computed = fixture.identity.hashes_computed();

    let right = browser.sign_in("Jana", PASSWORD).await;
    let wrong = browser.sign_in("jana", WRONG).await;

    assert!(is_locked(&right) && is_locked(&wrong), "{right:?}");
    assert_eq!(right.told(), wrong.told());
    assert_eq!(right.retry_after(), Some(60));
    assert_eq!(fixture.identity.hashes_computed(), computed);
    fixture.clock.go(FIRST_WAIT_SECONDS);
    assert_eq!(
        browser.sign_in("jana", PASSWORD).await.status,
        StatusCode::OK
    );
    let audited = fixture.audited().await;
    let whats: Vec<&str> = audited.iter().map(|(_, what)| what.as_str()).collect();
    assert_eq!(whats, ["locked_out", "signed_in"]);
}

#[tokio::test]
async fn wait_doubles_with_each_further_failure() {
    let fixture = Fixture::open().await;
    fixture.account("jana", Role::Operator).await;
    fail(&fixture, "192.0.2.1", "jana").await;
    let mut browser = fixture.browser("192.0.2.1");
    fixture.clock.go(FIRST_WAIT_SECONDS);

    browser.sign_in("jana", WRONG).await;
    let locked = browser.sign_in("jana", PASSWORD).await;

    assert_eq!(locked.retry_after(), Some(120));
}

#[tokio::test]
async fn other_networks_and_other_accounts_are_spared() {
    let fixture = Fixture::open().await;
    fixture.account("jana", Role::Operator).await;
    fixture.account("dana", Role::Operator).await;
    fail(&fixture, "192.0.2.1", "jana").await;

    let elsewhere = fixture
        .browser("198.51.100.1")
        .sign_in("jana", PASSWORD)
        .await;
    let other = fixture.browser("192.0.2.1").sign_in("dana", PASSWORD).await;

    assert_eq!(elsewhere.status, StatusCode::OK);
    assert_eq!(other.status, StatusCode::OK);
}

#[tokio::test]
async fn hundred_made_up_names_lock_nobody_of_their_network_out() {
    let fixture = Fixture::open().await;
    fixture.account("jana", Role::Operator).await;
    let mut stranger = fixture.browser("192.0.2.1");
    for n in 0..=100 {
        let refused = stranger.sign_in(&format!("nobody{n}"), WRONG).await;
        assert_eq!(refused.problem(), "wrong-credentials");
    }

    let hers = fixture
        .browser("192.0.2.77")
        .sign_in("jana", PASSWORD)
        .await;

    assert_eq!(hers.status, StatusCode::OK);
}

#[tokio::test]
async fn known_device_is_spared_and_a_forged_one_is_not() {
    let fixture = Fixture::open().await;
    let (mut known, _) = fixture.signed_in("jana", Role::Operator).await;
    fixture.account("dana", Role::Operator).await;
    known.delete("/session").await;
    let mut forged = fixture.browser("192.0.2.1");
    forged
        .cookies
        .insert(DEVICE_COOKIE.to_owned(), "A".repeat(43));
    fail(&fixture, "192.0.2.1", "jana").await;
    fail(&fixture, "192.0.2.1", "dana").await;

    let of_another = known.sign_in("dana", PASSWORD).await;
    let by_forged = forged.sign_in("jana", PASSWORD).await;
    let by_known = known.sign_in("jana", PASSWORD).await;

    assert!(is_locked(&of_another), "{of_another:?}");
    assert!(is_locked(&by_forged), "{by_forged:?}");
    assert_eq!(by_known.status, StatusCode::OK);
}

#[tokio::test]
async fn known_device_counts_its_own_failures() {
    let fixture = Fixture::open().await;
    let (mut known, _) = fixture.signed_in("jana", Role::Operator).await;

    for _ in 0..FAILURES_MAX {
        known.sign_in("jana", WRONG).await;
    }

    assert!(is_locked(&known.sign_in("jana", PASSWORD).await));
    let elsewhere = fixture.browser("192.0.2.1").sign_in("jana", PASSWORD).await;
    assert_eq!(elsewhere.status, StatusCode::OK);
}

#[tokio::test]
async fn live_session_is_spared() {
    let fixture = Fixture::open().await;
    let (mut browser, _) = fixture.signed_in("jana", Role::Operator).await;
    browser.cookies.remove(DEVICE_COOKIE);

    fail(&fixture, "192.0.2.1", "jana").await;

    assert_eq!(browser.status().await, StatusCode::OK);
    let changed = browser
        .change_password(PASSWORD, "another horse altogether")
        .await;
    assert_eq!(changed.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn login_that_there_is_not_is_locked_alike() {
    let fixture = Fixture::open().await;
    fixture.account("jana", Role::Operator).await;
    fail(&fixture, "192.0.2.1", "jana").await;
    fail(&fixture, "192.0.2.1", "nobody").await;

    let known = fixture.browser("192.0.2.1").sign_in("jana", PASSWORD).await;
    let unknown = fixture
        .browser("192.0.2.1")
        .sign_in("nobody", PASSWORD)
        .await;

    assert!(is_locked(&known));
    assert_eq!(known.told(), unknown.told());
    assert_eq!(known.retry_after(), unknown.retry_after());
}

#[tokio::test]
async fn wrong_code_counts_and_a_missing_one_does_not() {
    let fixture = Fixture::open().await;
    let (mut browser, _) = fixture.signed_in("jana", Role::Supervisor).await;
    for _ in 0..2 * FAILURES_MAX {
        let asked = browser.sign_in("jana", PASSWORD).await;
        assert_eq!(asked.problem(), "code-needed");
    }

    for _ in 0..FAILURES_MAX {
        let refused = browser.sign_in_with("jana", "12345").await;
        assert_eq!(refused.problem(), "wrong-credentials");
    }

    assert!(is_locked(&browser.sign_in("jana", PASSWORD).await));
}

#[tokio::test]
async fn supervisor_sees_lockouts_and_clears_them() {
    let fixture = Fixture::open().await;
    let (mut supervisor, _) = fixture.signed_in("dana", Role::Supervisor).await;
    fixture.account("jana", Role::Operator).await;
    fail(&fixture, "2001:db8:0:142::1", "jana").await;

    let listed = supervisor.get("/lockouts").await.body;
    let lockout = &listed[0];
    let path = format!("/lockouts/{}", lockout["id"].as_str().unwrap());
    let cleared = supervisor.delete(&path).await;
    let again = supervisor.delete(&path).await;

    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(lockout["login"], "jana");
    assert_eq!(lockout["network"], "2001:db8:0:100::/56");
    assert_eq!(lockout["failures"], FAILURES_MAX);
    let until = (fixture.clock.seconds() + FIRST_WAIT_SECONDS) * 1_000;
    assert_eq!(lockout["until_ms"], until);
    assert_eq!(cleared.status, StatusCode::NO_CONTENT);
    assert_eq!(again.status, StatusCode::NOT_FOUND);
    let signed_in = fixture
        .browser("2001:db8:0:142::1")
        .sign_in("jana", PASSWORD)
        .await;
    assert_eq!(signed_in.status, StatusCode::OK);
    let audited = fixture.audited().await;
    let cleared = ("dana".to_owned(), "lockout_cleared".to_owned());
    assert!(audited.contains(&cleared), "{audited:?}");
}

#[tokio::test]
async fn password_typed_as_a_login_is_neither_listed_nor_audited() {
    let fixture = Fixture::open().await;
    let (mut supervisor, _) = fixture.signed_in("dana", Role::Supervisor).await;
    let mistyped = "my-secret-password";
    fail(&fixture, "192.0.2.1", mistyped).await;

    let listed = supervisor.get("/lockouts").await.body;

    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["login"], serde_json::Value::Null);
    assert!(!listed.to_string().contains(mistyped));
    let audited = fixture.audited().await;
    assert!(!format!("{audited:?}").contains(mistyped));
    assert!(audited.iter().all(|(_, what)| what != "locked_out"));
}

/// Sends a sign-in over a connection of its own, and reads the status line.
async fn sign_in_over(address: std::net::SocketAddr, login: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let body = format!(r#"{{"login":"{login}","password":"{WRONG}"}}"#);
    let request = format!(
        "POST /api/v1/session HTTP/1.1\r\nHost: linka\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.lines().next().unwrap().to_owned()
}

#[tokio::test]
async fn connections_are_counted_by_the_address_that_they_come_from() {
    let fixture = Fixture::open().await;
    let (mut supervisor, _) = fixture.signed_in("dana", Role::Supervisor).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(web::serve(
        listener,
        fixture.router.clone(),
        Proxies::none(),
    ));

    for _ in 0..FAILURES_MAX {
        let status = sign_in_over(address, "jana").await;
        assert_eq!(status, "HTTP/1.1 401 Unauthorized");
    }
    let locked = sign_in_over(address, "jana").await;
    server.abort();

    assert_eq!(locked, "HTTP/1.1 429 Too Many Requests");
    let listed = supervisor.get("/lockouts").await.body;
    assert_eq!(listed[0]["network"], "127.0.0.0/24");
}
