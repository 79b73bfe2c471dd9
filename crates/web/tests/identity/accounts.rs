//! Accounts, as administrators make and change them.

use axum::http::StatusCode;
use serde_json::{Value, json};
use store::sql::{AccountId, Role};

use crate::fixture::{Answer, Browser, Fixture, PASSWORD};

async fn create(browser: &mut Browser<'_>, login: &str, role: &str) -> Answer {
    let body = json!({ "login": login, "display_name": "Jana", "role": role });
    browser.post("/accounts", body).await
}

async fn patch(browser: &mut Browser<'_>, id: AccountId, body: Value) -> Answer {
    browser
        .ask("PATCH", &format!("/accounts/{id}"), Some(body))
        .await
}

#[tokio::test]
async fn new_account_signs_in_with_the_password_it_was_given() {
    let fixture = Fixture::open().await;
    let (mut administrator, _) = fixture.signed_in("admin", Role::Administrator).await;

    let created = create(&mut administrator, "jana", "operator").await;

    assert_eq!(created.status, StatusCode::CREATED);
    let account = &created.body["account"];
    assert_eq!(
        (&account["login"], &account["role"]),
        (&json!("jana"), &json!("operator"))
    );
    assert_eq!(
        (&account["password_due"], &account["totp"]),
        (&json!(true), &json!(false))
    );
    let password = created.body["one_time_password"].as_str().unwrap();
    let signed_in = fixture.browser("192.0.2.2").sign_in("jana", password).await;
    assert_eq!(signed_in.body["due"], "password");
    let listed = administrator.get("/accounts").await.body;
    let logins: Vec<&Value> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["login"])
        .collect();
    assert_eq!(logins, ["admin", "jana"]);
    assert!(!listed.to_string().contains("argon2") && !listed.to_string().contains(password));
}

#[tokio::test]
async fn names_that_are_taken_or_none_are_refused() {
    let fixture = Fixture::open().await;
    let (mut administrator, _) = fixture.signed_in("admin", Role::Administrator).await;

    let taken = create(&mut administrator, "ADMIN", "operator").await;
    let no_name = create(&mut administrator, "ja\0na", "operator").await;
    let no_role = create(&mut administrator, "jana", "screen").await;

    assert_eq!(taken.problem(), "conflict");
    assert_eq!(no_name.problem(), "invalid");
    assert_eq!(no_role.problem(), "invalid");
}

#[tokio::test]
async fn account_is_changed_in_all_ways_or_in_none() {
    let fixture = Fixture::open().await;
    let (mut administrator, _) = fixture.signed_in("admin", Role::Administrator).await;
    let (mut jana, id) = fixture.signed_in("jana", Role::Operator).await;

    let refused = patch(
        &mut administrator,
        id,
        json!({ "role": "wall", "display_name": "" }),
    )
    .await;
    let unknown = patch(&mut administrator, id, json!({ "login": "dana" })).await;
    let body = json!({ "role": "auditor", "display_name": "J.", "standing": "disabled" });
    let changed = patch(&mut administrator, id, body).await;

    assert_eq!(refused.problem(), "invalid");
    assert_eq!(unknown.problem(), "invalid");
    assert_eq!(changed.status, StatusCode::OK);
    assert_eq!(changed.body["role"], "auditor");
    assert_eq!(changed.body["display_name"], "J.");
    assert_eq!(changed.body["standing"], "disabled");
    assert_eq!(jana.status().await, StatusCode::UNAUTHORIZED);
    let audited = fixture.audited().await;
    let changes = audited.iter().filter(|(_, what)| what == "account_changed");
    assert_eq!(changes.count(), 3);
}

#[tokio::test]
async fn last_active_administrator_stays() {
    let fixture = Fixture::open().await;
    let (mut administrator, id) = fixture.signed_in("admin", Role::Administrator).await;

    let demoted = patch(&mut administrator, id, json!({ "role": "operator" })).await;
    let disabled = patch(&mut administrator, id, json!({ "standing": "disabled" })).await;
    let removed = administrator.delete(&format!("/accounts/{id}")).await;

    for refused in [demoted, disabled, removed] {
        assert_eq!(refused.problem(), "conflict");
    }
    fixture.account("second", Role::Administrator).await;
    let removed = administrator.delete(&format!("/accounts/{id}")).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
    assert_eq!(administrator.status().await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn reset_password_ends_sessions_forgets_devices_and_is_used_once() {
    let fixture = Fixture::open().await;
    let (mut administrator, _) = fixture.signed_in("admin", Role::Administrator).await;
    let (mut jana, id) = fixture.signed_in("jana", Role::Operator).await;

    let reset = administrator
        .ask("POST", &format!("/accounts/{id}/password"), None)
        .await;

    let password = reset.body["one_time_password"].as_str().unwrap();
    assert_eq!(jana.status().await, StatusCode::UNAUTHORIZED);
    assert_eq!(
        jana.sign_in("jana", PASSWORD).await.problem(),
        "wrong-credentials"
    );
    for _ in 1..web::identity::FAILURES_MAX {
        fixture.browser("192.0.2.1").sign_in("jana", PASSWORD).await;
    }
    // Her device is not known any more: it shares the wait of its network.
    assert_eq!(jana.sign_in("jana", password).await.problem(), "too-many");
    let signed_in = fixture
        .browser("198.51.100.1")
        .sign_in("jana", password)
        .await;
    assert_eq!(signed_in.body["due"], "password");
}

#[tokio::test]
async fn lost_telephone_is_taken_away_and_another_set_up() {
    let fixture = Fixture::open().await;
    let (mut administrator, _) = fixture.signed_in("admin", Role::Administrator).await;
    let (_, id) = fixture.signed_in("jana", Role::Supervisor).await;

    let changed = patch(&mut administrator, id, json!({ "totp": "removed" })).await;

    assert_eq!(changed.body["totp"], false);
    let mut jana = fixture.browser("192.0.2.2");
    let signed_in = jana.sign_in("jana", PASSWORD).await;
    assert_eq!(signed_in.body["due"], "totp");
    let telephone = jana.enrol().await;
    fixture.clock.go(30);
    let code = telephone.code(fixture.clock.seconds());
    assert_eq!(
        jana.sign_in_with("jana", &code).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn account_that_there_is_not_is_not_found() {
    let fixture = Fixture::open().await;
    let (mut administrator, _) = fixture.signed_in("admin", Role::Administrator).await;

    for id in ["0", "x", "-1", "ffffffffffffffffffffffffffffffffff"] {
        let path = format!("/accounts/{id}");
        let changed = administrator.ask("PATCH", &path, Some(json!({}))).await;
        let removed = administrator.delete(&path).await;
        let reset = administrator
            .ask("POST", &format!("{path}/password"), None)
            .await;
        for answer in [changed, removed, reset] {
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{id}");
        }
    }
}

#[tokio::test]
async fn only_administrators_see_accounts() {
    let fixture = Fixture::open().await;

    for (login, role) in [
        ("a", Role::Operator),
        ("b", Role::Supervisor),
        ("c", Role::Auditor),
        ("d", Role::Wall),
    ] {
        let (mut browser, _) = fixture.signed_in(login, role).await;
        assert_eq!(
            browser.get("/accounts").await.problem(),
            "forbidden",
            "{role:?}"
        );
        let created = create(&mut browser, "jana", "administrator").await;
        assert_eq!(created.problem(), "forbidden", "{role:?}");
    }
}
