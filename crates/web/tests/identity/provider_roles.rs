//! Which account is whose, and what her role needs.

use axum::http::StatusCode;
use serde_json::{Value, json};
use store::sql::{AccountChange, AccountId, AccountStanding, PasswordChange, PasswordHash, Role};

use crate::fake_provider::FakeProvider;
use crate::fixture::{Fixture, PASSWORD};

async fn open() -> (FakeProvider, Fixture) {
    let provider = FakeProvider::start().await;
    let fixture = Fixture::open_with(Some(provider.settings())).await;
    (provider, fixture)
}

fn refused(reason: &str) -> String {
    format!("/sign-in?refused={reason}")
}

async fn change(fixture: &Fixture, id: AccountId, to: AccountChange) {
    fixture.store.change_account(id, &[to]).await.unwrap();
}

/// What of the audit is about the provider.
async fn audited(fixture: &Fixture) -> Vec<String> {
    let all = fixture.audited().await.into_iter();
    all.map(|(by, what)| format!("{by} {what}"))
        .filter(|entry| entry.contains("provider"))
        .collect()
}

#[tokio::test]
async fn no_account_is_made_for_a_stranger() {
    let (provider, fixture) = open().await;
    let id = fixture.account("jana", Role::Operator).await;
    let mut browser = fixture.browser("192.0.2.1");
    provider.vouches_for("2", "dana", json!(["mfa"]));

    let stranger = browser.sign_in_through(&provider).await;
    provider.vouches_for("1", "jana", json!(["mfa"]));
    change(
        &fixture,
        id,
        AccountChange::Standing(AccountStanding::Disabled),
    )
    .await;
    let disabled = browser.sign_in_through(&provider).await;

    assert_eq!(
        [stranger, disabled],
        [refused("no-account"), refused("no-account")]
    );
    assert_eq!(fixture.store.accounts().await.unwrap().len(), 1);
    assert_eq!(browser.status().await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn name_that_only_looks_alike_is_another_one() {
    let (provider, fixture) = open().await;
    fixture.account("kate", Role::Operator).await;
    let mut browser = fixture.browser("192.0.2.1");

    provider.vouches_for("1", "\u{212a}ate", Value::Null);
    let kelvin = browser.sign_in_through(&provider).await;
    provider.vouches_for("2", "Kate", Value::Null);
    let kate = browser.sign_in_through(&provider).await;

    assert_eq!([kelvin.as_str(), &kate], [&refused("no-account"), "/"]);
}

#[tokio::test]
async fn another_person_with_the_same_name_is_refused_until_an_administrator_lets_go() {
    let (provider, fixture) = open().await;
    let (mut administrator, _) = fixture.signed_in("sona", Role::Administrator).await;
    let id = fixture.account("jana", Role::Operator).await;
    let mut hers = fixture.browser("192.0.2.1");
    assert_eq!(hers.sign_in_through(&provider).await, "/");
    provider.vouches_for("2", "JANA", json!(["mfa"]));
    let mut anothers = fixture.browser("192.0.2.1");

    let before = anothers.sign_in_through(&provider).await;
    let path = format!("/accounts/{id}");
    let to = json!({"provider": "removed"});
    let let_go = administrator.ask("PATCH", &path, Some(to)).await;
    let ended = hers.status().await;
    let after = anothers.sign_in_through(&provider).await;

    assert_eq!([before.as_str(), &after], [&refused("other-person"), "/"]);
    assert_eq!(let_go.told().1["provider"], false);
    assert_eq!(ended, StatusCode::UNAUTHORIZED);
    let told = administrator.get("/accounts").await.body;
    assert_eq!(
        (&told[0]["provider"], &told[1]["provider"]),
        (&json!(true), &json!(false))
    );
    let expected = [
        "jana provider_pinned",
        "jana signed_in_by_provider",
        "jana provider_refused",
        "jana provider_pinned",
        "jana signed_in_by_provider",
    ];
    assert_eq!(audited(&fixture).await, expected);
}

#[tokio::test]
async fn another_person_is_not_told_what_an_account_needs() {
    let (provider, fixture) = open().await;
    fixture.account("sona", Role::Supervisor).await;
    let mut browser = fixture.browser("192.0.2.1");
    browser.sign_in("sona", PASSWORD).await;
    provider.vouches_for("1", "sona", json!(["mfa"]));
    assert_eq!(browser.sign_in_through(&provider).await, "/");
    provider.vouches_for("2", "sona", json!(["pwd"]));

    let another = browser.sign_in_through(&provider).await;

    assert_eq!(another, refused("other-person"));
}

#[tokio::test]
async fn person_who_is_renamed_at_the_provider_gets_no_second_account() {
    let (provider, fixture) = open().await;
    fixture.account("jana", Role::Operator).await;
    fixture.account("dana", Role::Operator).await;
    let mut browser = fixture.browser("192.0.2.1");
    browser.sign_in_through(&provider).await;
    provider.vouches_for("1", "dana", Value::Null);

    let renamed = browser.sign_in_through(&provider).await;

    assert_eq!(renamed, refused("other-person"));
}

#[tokio::test]
async fn supervisor_needs_a_second_factor_and_then_nothing_of_ours() {
    let (provider, fixture) = open().await;
    fixture.account("sona", Role::Supervisor).await;
    let mut browser = fixture.browser("192.0.2.1");

    for amr in [Value::Null, json!([]), json!(["pwd"]), json!(["MFA"])] {
        provider.vouches_for("1", "sona", amr);
        assert_eq!(
            browser.sign_in_through(&provider).await,
            refused("second-factor")
        );
        fixture.clock.go(3_600);
        provider.does(|script| script.now += 3_600);
    }
    let kept = fixture.store.account_of("sona").await.unwrap().unwrap();
    browser.sign_in("sona", PASSWORD).await;
    provider.vouches_for("1", "sona", json!(["pwd", "otp"]));
    let with_amr = browser.sign_in_through(&provider).await;
    let myself = browser.get("/session").await;
    let may = browser.get("/lockouts").await.status;
    provider.vouches_for("1", "sona", Value::Null);
    provider.does(|script| script.claims.insert("acr".to_owned(), json!("hwk")));
    let with_acr = browser.sign_in_through(&provider).await;

    assert_eq!(kept.provider, None);
    assert_eq!([with_amr, with_acr], ["/", "/"]);
    assert_eq!(
        (&myself.body["due"], may),
        (&json!("nothing"), StatusCode::OK)
    );
    let by_password = fixture.browser("192.0.2.1").sign_in("sona", PASSWORD).await;
    assert_eq!(by_password.body["due"], "totp");
}

#[tokio::test]
async fn account_that_may_change_much_is_tied_only_where_its_password_was_given() {
    for role in [Role::Supervisor, Role::Administrator] {
        let (provider, fixture) = open().await;
        fixture.account("sona", role).await;
        let mut hers = fixture.browser("192.0.2.1");
        let mut anothers = fixture.browser("192.0.2.1");

        provider.vouches_for("2", "sona", json!(["mfa"]));
        let another = anothers.sign_in_through(&provider).await;
        hers.sign_in("sona", PASSWORD).await;
        provider.vouches_for("1", "sona", json!(["mfa"]));
        let tied = hers.sign_in_through(&provider).await;
        let elsewhere = anothers.sign_in_through(&provider).await;

        assert_eq!(another, refused("password-first"));
        assert_eq!([tied, elsewhere], ["/", "/"]);
        assert_eq!(audited(&fixture).await[0], "sona provider_refused");
    }
}

#[tokio::test]
async fn operator_with_one_time_passwords_is_not_let_in_with_less() {
    let (provider, fixture) = open().await;
    let (mut browser, _) = fixture.signed_in("jana", Role::Operator).await;
    browser.enrol().await;

    let less = browser.sign_in_through(&provider).await;
    provider.vouches_for("1", "jana", json!(["hwk"]));
    let enough = browser.sign_in_through(&provider).await;

    assert_eq!([less.as_str(), &enough], [&refused("second-factor"), "/"]);
}

#[tokio::test]
async fn who_never_chose_a_password_may_come_by_the_provider() {
    let (provider, fixture) = open().await;
    let (mut administrator, _) = fixture.signed_in("sona", Role::Administrator).await;
    let new = json!({"login": "jana", "display_name": "Jana", "role": "operator"});
    let made = administrator.post("/accounts", new).await;
    let one_time = made.body["one_time_password"].as_str().unwrap();
    let mut browser = fixture.browser("192.0.2.1");

    let led = browser.sign_in_through(&provider).await;
    let myself = browser.get("/session").await.body;
    let may = browser.get("/sessions").await.status;
    let by_password = fixture.browser("192.0.2.1").sign_in("jana", one_time).await;

    assert_eq!(led, "/");
    assert_eq!((&myself["due"], may), (&json!("nothing"), StatusCode::OK));
    assert_eq!(by_password.body["due"], "password");
}

#[tokio::test]
async fn session_with_one_factor_ends_when_its_account_needs_two() {
    let (provider, fixture) = open().await;
    let id = fixture.account("jana", Role::Operator).await;
    let mut one_factor = fixture.browser("192.0.2.1");
    one_factor.sign_in_through(&provider).await;
    provider.vouches_for("1", "jana", json!(["mfa"]));
    let mut two_factors = fixture.browser("192.0.2.1");
    two_factors.sign_in_through(&provider).await;

    change(&fixture, id, AccountChange::Role(Role::Supervisor)).await;

    assert_eq!(one_factor.status().await, StatusCode::UNAUTHORIZED);
    assert_eq!(two_factors.get("/session").await.body["due"], "nothing");
    let listed = two_factors.get("/sessions").await.body;
    assert_eq!(listed.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn code_shown_after_the_provider_is_a_second_factor() {
    let (provider, fixture) = open().await;
    let id = fixture.account("jana", Role::Operator).await;
    let mut browser = fixture.browser("192.0.2.1");
    browser.sign_in_through(&provider).await;

    browser.enrol().await;
    change(&fixture, id, AccountChange::Role(Role::Supervisor)).await;

    assert_eq!(browser.get("/session").await.body["due"], "nothing");
}

#[tokio::test]
async fn session_of_the_provider_is_like_any_other() {
    let (provider, fixture) = open().await;
    let id = fixture.account("jana", Role::Operator).await;
    let mut browser = fixture.browser("192.0.2.1");
    browser.sign_in_through(&provider).await;
    let before = browser.clone();
    browser.sign_in_through(&provider).await;
    let replaced = before.clone().status().await;

    let sessions = browser.get("/sessions").await.body;
    let signed_out = browser.delete("/session").await.status;
    let gone = browser.status().await;
    browser.sign_in_through(&provider).await;
    let other = PasswordHash("$argon2id$v=19$m=19456,t=2,p=1$other".to_owned());
    change(
        &fixture,
        id,
        AccountChange::Password(other, PasswordChange::Due),
    )
    .await;

    assert_eq!(replaced, StatusCode::UNAUTHORIZED);
    assert_eq!(sessions.as_array().unwrap().len(), 1);
    assert_eq!(
        [signed_out, gone],
        [StatusCode::NO_CONTENT, StatusCode::UNAUTHORIZED]
    );
    assert_eq!(browser.status().await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn refusals_of_a_person_are_bounded_and_leave_her_password_alone() {
    let (provider, fixture) = open().await;
    fixture.account("sona", Role::Supervisor).await;
    provider.vouches_for("1", "sona", json!(["pwd"]));
    let mut browser = fixture.browser("192.0.2.1");
    for _ in 0..5 {
        assert_eq!(
            browser.sign_in_through(&provider).await,
            refused("second-factor")
        );
    }

    let sixth = browser.sign_in_through(&provider).await;
    let by_password = browser.sign_in("sona", PASSWORD).await.status;
    provider.vouches_for("2", "nobody", json!(["pwd"]));
    let another = browser.sign_in_through(&provider).await;

    assert_eq!(
        [sixth, another],
        [refused("too-many"), refused("no-account")]
    );
    assert_eq!(by_password, StatusCode::OK);
    let audited = fixture.audited().await;
    assert!(audited.contains(&("sona".to_owned(), "locked_out".to_owned())));
}
