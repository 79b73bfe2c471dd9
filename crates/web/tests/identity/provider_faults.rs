//! Whatever a provider says wrong, nobody is signed in by it.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use store::sql::Role;
use web::identity::provider::{
    ANSWER_BYTES_MAX, CLOCK_SKEW_SECONDS, KEYS_AGAIN_SECONDS, ProviderSettings,
};

use crate::fake_provider::{CLIENT, FakeProvider, Fault, Script, Signed};
use crate::fixture::{Fixture, PASSWORD, START};

const UNTRUSTED: &str = "/sign-in?refused=untrusted";
const UNREACHABLE: &str = "/sign-in?refused=unreachable";
const NO_LOGIN: &str = "/sign-in?refused=no-login";
const DESCRIPTION: &str = "/.well-known/openid-configuration";

async fn open_with(change: impl FnOnce(&mut ProviderSettings)) -> (FakeProvider, Fixture) {
    let provider = FakeProvider::start().await;
    let mut settings = provider.settings();
    change(&mut settings);
    let fixture = Fixture::open_with(Some(settings)).await;
    fixture.account("jana", Role::Operator).await;
    (provider, fixture)
}

/// Where somebody is led by a provider with this fault, and whether she is signed in.
async fn led_with(fault: impl FnOnce(&mut Script)) -> (String, StatusCode) {
    let (provider, fixture) = open_with(|_| ()).await;
    let mut browser = fixture.browser("192.0.2.1");
    let back = browser.visit(&provider).await;
    provider.does(fault);
    let led = crate::fake_provider::led_to(&browser.come_back(&back).await);
    let status = browser.status().await;
    assert!(fixture.audited().await.is_empty() || led == "/");
    (led, status)
}

fn claims(to: Value) -> impl FnOnce(&mut Script) {
    move |script| script.claims.extend(to.as_object().cloned().unwrap())
}

#[tokio::test]
async fn token_that_says_something_wrong_is_not_believed() {
    let skew = CLOCK_SKEW_SECONDS;
    let other = "https://id.example.org";
    for wrong in [
        json!({"iss": other}),
        json!({"iss": [other]}),
        json!({"iss": null}),
        json!({"aud": "another"}),
        json!({"aud": []}),
        json!({"aud": null}),
        json!({"aud": [CLIENT, "another"]}),
        json!({"aud": [CLIENT, "another"], "azp": "another"}),
        json!({"azp": "another"}),
        json!({"exp": START - skew}),
        json!({"exp": null}),
        json!({"exp": "tomorrow"}),
        json!({"iat": START + skew + 1}),
        json!({"iat": null}),
        json!({"nbf": START + skew + 1}),
        json!({"nonce": "another"}),
        json!({"nonce": ""}),
        json!({"nonce": null}),
        json!({"sub": ""}),
        json!({"sub": null}),
        json!({"sub": "x".repeat(256)}),
    ] {
        let led = led_with(claims(wrong.clone())).await;
        let expected = (UNTRUSTED.to_owned(), StatusCode::UNAUTHORIZED);
        assert_eq!(led, expected, "{wrong}");
    }
}

#[tokio::test]
async fn token_at_the_edge_of_what_is_right_is_believed() {
    let skew = CLOCK_SKEW_SECONDS;
    for right in [
        json!({"exp": START - skew + 1}),
        json!({"iat": START + skew, "nbf": START + skew}),
        json!({"aud": [CLIENT]}),
        json!({"aud": [CLIENT, "another"], "azp": CLIENT}),
        json!({"sub": "x".repeat(255)}),
    ] {
        let led = led_with(claims(right.clone())).await;
        assert_eq!(led, ("/".to_owned(), StatusCode::OK), "{right}");
    }
}

#[tokio::test]
async fn token_that_is_not_signed_by_the_provider_is_not_believed() {
    for signed in [
        Signed::ByAnother,
        Signed::WithPublicKey,
        Signed::Not,
        Signed::Changed,
    ] {
        let led = led_with(|script| script.signed = signed).await;
        let expected = (UNTRUSTED.to_owned(), StatusCode::UNAUTHORIZED);
        assert_eq!(led, expected, "{signed:?}");
    }
}

#[tokio::test]
async fn token_whose_header_says_something_wrong_is_not_believed() {
    for wrong in [
        json!({"kid": "b"}),
        json!({"alg": "none"}),
        json!({"alg": "None"}),
        json!({"alg": "HS256"}),
        json!({"alg": "ES384"}),
        json!({"alg": "RS256"}),
        json!({"crit": ["exp"]}),
    ] {
        let header = wrong.as_object().cloned().unwrap();
        let led = led_with(|script| script.header.extend(header)).await;
        let expected = (UNTRUSTED.to_owned(), StatusCode::UNAUTHORIZED);
        assert_eq!(led, expected, "{wrong}");
    }
}

#[tokio::test]
async fn key_for_something_else_signs_nothing() {
    for wrong in [
        json!({"use": "enc"}),
        json!({"alg": "ES384"}),
        json!({"crv": "P-384"}),
        json!({"kty": "oct", "k": "AAAA"}),
    ] {
        let key = wrong.as_object().cloned().unwrap();
        let led = led_with(|script| script.key.extend(key)).await;
        let expected = (UNTRUSTED.to_owned(), StatusCode::UNAUTHORIZED);
        assert_eq!(led, expected, "{wrong}");
    }
}

#[tokio::test]
async fn token_without_the_name_of_its_key_is_believed_while_there_is_one_key() {
    let led = led_with(|script| drop(script.header.remove("kid"))).await;

    assert_eq!(led.0, "/");
}

#[tokio::test]
async fn new_key_is_looked_for_once_a_minute() {
    let (provider, fixture) = open_with(|_| ()).await;
    let mut browser = fixture.browser("192.0.2.1");
    let first = browser.sign_in_through(&provider).await;
    provider.changes_its_key("b");
    let new = browser.sign_in_through(&provider).await;
    provider.changes_its_key("c");

    let too_soon = browser.sign_in_through(&provider).await;
    let again = browser.sign_in_through(&provider).await;
    let asked = provider.asked("/keys");
    fixture.clock.go(KEYS_AGAIN_SECONDS);
    provider.does(|script| script.now += KEYS_AGAIN_SECONDS);
    let later = browser.sign_in_through(&provider).await;

    let led = [first, new, too_soon, again, later];
    assert_eq!(led, ["/", "/", UNTRUSTED, UNTRUSTED, "/"]);
    assert_eq!((asked, provider.asked("/keys")), (2, 3));
}

#[tokio::test]
async fn documents_are_asked_for_once_in_a_while() {
    let (provider, fixture) = open_with(|_| ()).await;
    let mut browser = fixture.browser("192.0.2.1");

    for _ in 0..5 {
        assert_eq!(browser.sign_in_through(&provider).await, "/");
    }

    let asked = [DESCRIPTION, "/keys", "/token", "/person"].map(|path| provider.asked(path));
    assert_eq!(asked, [1, 1, 5, 0]);
}

#[tokio::test]
async fn answer_that_is_none_signs_nobody_in() {
    let long = usize::try_from(ANSWER_BYTES_MAX).unwrap() + 1;
    for (path, fault) in [
        ("/token", Fault::Bytes(long)),
        ("/keys", Fault::Bytes(long)),
        ("/token", Fault::Redirect),
        ("/keys", Fault::Redirect),
        ("/token", Fault::NoJson),
        ("/keys", Fault::NoJson),
        ("/token", Fault::Status(500)),
        ("/keys", Fault::Status(404)),
    ] {
        let inserted = fault.clone();
        let led = led_with(|script| {
            script.faults.insert(path, inserted);
        })
        .await;
        let expected = (UNREACHABLE.to_owned(), StatusCode::UNAUTHORIZED);
        assert_eq!(led, expected, "{path} {fault:?}");
    }
    let longest = Fault::Bytes(long - 1);
    let led = led_with(|script| {
        script.faults.insert("/token", longest);
    })
    .await;
    assert_eq!(led.0, "/");
}

#[tokio::test]
async fn description_that_is_none_begins_nothing() {
    let long = usize::try_from(ANSWER_BYTES_MAX).unwrap() + 1;
    for fault in [
        Fault::Bytes(long),
        Fault::Redirect,
        Fault::NoJson,
        Fault::Status(500),
    ] {
        let (provider, fixture) = open_with(|_| ()).await;
        provider.does(|script| script.faults.insert(DESCRIPTION, fault.clone()));
        let mut browser = fixture.browser("192.0.2.1");
        let begun = browser.ask("POST", "/session/provider", None);
        assert_eq!(begun.await.problem(), "provider-unreachable", "{fault:?}");
    }
    for wrong in [
        json!({"issuer": "https://id.example.org"}),
        json!({"token_endpoint": "http://192.0.2.1/token"}),
        json!({"authorization_endpoint": "javascript:alert(1)"}),
        json!({"jwks_uri": "file:///etc/passwd"}),
        json!({"userinfo_endpoint": "http://id.example.org/"}),
        json!({"token_endpoint": null}),
    ] {
        let (provider, fixture) = open_with(|_| ()).await;
        let says = wrong.as_object().cloned().unwrap();
        provider.does(|script| script.description = says);
        let mut browser = fixture.browser("192.0.2.1");
        let begun = browser.ask("POST", "/session/provider", None);
        assert_eq!(begun.await.problem(), "provider-unreachable", "{wrong}");
    }
}

#[tokio::test]
async fn provider_that_never_answers_is_given_up_and_holds_up_no_password() {
    let (provider, fixture) = open_with(|_| ()).await;
    let mut browser = fixture.browser("192.0.2.1");
    let back = browser.visit(&provider).await;
    provider.does(|script| script.faults.insert("/token", Fault::Never));
    let mut other = fixture.browser("192.0.2.1");

    let waits = async { (browser.come_back(&back).await, std::time::Instant::now()) };
    let by_password = async {
        let signed_in = other.sign_in("jana", PASSWORD).await;
        (signed_in.status, std::time::Instant::now())
    };
    let ((given_up, later), (status, sooner)) = tokio::join!(waits, by_password);

    assert_eq!(crate::fake_provider::led_to(&given_up), UNREACHABLE);
    assert_eq!(status, StatusCode::OK);
    assert!(sooner < later);
}

#[tokio::test]
async fn name_that_is_not_in_the_token_is_asked_for() {
    let told = |person: Value| {
        led_with(move |script| {
            script.claims.remove("preferred_username");
            script.person = person.as_object().cloned().unwrap();
        })
    };

    let hers = told(json!({"sub": "1", "preferred_username": "jana"})).await;
    let anothers = told(json!({"sub": "2", "preferred_username": "jana"})).await;
    let nobodys = told(json!({"preferred_username": "jana"})).await;
    let without = told(json!({"sub": "1"})).await;
    let number = told(json!({"sub": "1", "preferred_username": 7})).await;

    assert_eq!(hers.0, "/");
    assert_eq!([anothers.0, nobodys.0], [UNTRUSTED; 2]);
    assert_eq!([without.0, number.0], [NO_LOGIN; 2]);
}

#[tokio::test]
async fn address_counts_only_when_the_provider_has_checked_it() {
    let (provider, fixture) = open_with(|settings| settings.claim = "email".to_owned()).await;
    fixture.account("jana@example.org", Role::Operator).await;
    let mut browser = fixture.browser("192.0.2.1");
    let says = |verified: Value| {
        let claims = json!({"sub": "1", "email": "jana@example.org", "email_verified": verified});
        provider.does(|script| script.claims = claims.as_object().cloned().unwrap());
    };

    let mut led = Vec::new();
    for verified in [json!(false), Value::Null, json!("true"), json!(true)] {
        says(verified);
        provider.does(|script| script.person = Map::from_iter([("sub".to_owned(), json!("1"))]));
        led.push(browser.sign_in_through(&provider).await);
    }

    assert_eq!(led, [NO_LOGIN, NO_LOGIN, NO_LOGIN, "/"]);
}
