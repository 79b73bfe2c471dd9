//! Signing in through a provider.

use std::collections::BTreeMap;

use axum::http::{StatusCode, header};
use serde_json::json;
use store::sql::Role;
use url::Url;
use web::identity::provider::{BEGUN_SECONDS, ClientSecret};
use web::identity::{DEVICE_COOKIE, FAILURES_MAX, PROVIDER_COOKIE, SESSION_COOKIE};

use crate::fake_provider::{CLIENT, FakeProvider, Fault, SECRET, SITE, led_to};
use crate::fixture::{Fixture, PASSWORD};

async fn with_jana() -> (FakeProvider, Fixture) {
    let provider = FakeProvider::start().await;
    let fixture = Fixture::open_with(Some(provider.settings())).await;
    fixture.account("jana", Role::Operator).await;
    (provider, fixture)
}

#[tokio::test]
async fn who_comes_back_is_signed_in_and_her_account_is_hers() {
    let (provider, fixture) = with_jana().await;
    let mut browser = fixture.browser("192.0.2.1");

    let told = browser.get("/session/provider").await;
    let first = browser.sign_in_through(&provider).await;
    let myself = browser.get("/session").await;
    let again = fixture
        .browser("192.0.2.1")
        .sign_in_through(&provider)
        .await;

    assert_eq!(told.told(), (StatusCode::OK, &json!({"name": "Spolek"})));
    assert_eq!([first, again], ["/", "/"]);
    assert_eq!(myself.body["login"], "jana");
    assert_eq!(myself.body["due"], "nothing");
    let audited = fixture.audited().await;
    let expected = [
        "provider_pinned",
        "signed_in_by_provider",
        "signed_in_by_provider",
    ];
    let expected = expected.map(|what| ("jana".to_owned(), what.to_owned()));
    assert_eq!(audited, expected);
}

#[tokio::test]
async fn without_a_provider_there_is_nothing_to_begin_or_to_come_back_from() {
    let fixture = Fixture::open().await;
    let mut browser = fixture.browser("192.0.2.1");

    let told = browser.get("/session/provider").await;
    let begun = browser.ask("POST", "/session/provider", None).await;
    let back = browser
        .get("/session/provider/callback?code=1&state=2")
        .await;

    assert_eq!(told.body, json!({"name": null}));
    assert_eq!(begun.problem(), "not-found");
    assert_eq!(led_to(&back), "/sign-in?refused=stale");
}

#[tokio::test]
async fn she_is_sent_with_a_challenge_and_with_no_more_than_is_needed() {
    let (provider, fixture) = with_jana().await;
    let mut browser = fixture.browser("192.0.2.1");

    let begun = browser.ask("POST", "/session/provider", None).await;

    let way = Url::parse(begun.body["address"].as_str().unwrap()).unwrap();
    assert!(
        way.as_str()
            .starts_with(&format!("{}/authorize?", provider.address))
    );
    let mut sent: BTreeMap<_, _> = way.query_pairs().into_owned().collect();
    for chance in ["state", "nonce", "code_challenge"] {
        assert_eq!(sent.remove(chance).map(|value| value.len()), Some(43));
    }
    let callback = format!("{SITE}/api/v1/session/provider/callback");
    let expected = [
        ("tenant", "1"),
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("redirect_uri", &callback),
        ("scope", "openid profile"),
        ("code_challenge_method", "S256"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(sent, BTreeMap::from(expected));
}

#[tokio::test]
async fn browser_is_known_by_a_cookie_of_this_host_until_it_is_back() {
    let (provider, fixture) = with_jana().await;
    let mut browser = fixture.browser("192.0.2.1");

    let begun = browser.ask("POST", "/session/provider", None).await;
    let set = begun.headers[header::SET_COOKIE]
        .to_str()
        .unwrap()
        .to_owned();
    let back = provider.visited(begun.body["address"].as_str().unwrap());
    browser.come_back(&back).await;

    assert!(set.starts_with(&format!("{PROVIDER_COOKIE}=")), "{set}");
    let attributes = format!("; Max-Age={BEGUN_SECONDS}; Path=/; Secure; HttpOnly; SameSite=Lax");
    assert!(set.ends_with(&attributes), "{set}");
    let left: Vec<&str> = browser.cookies.keys().map(String::as_str).collect();
    assert_eq!(left, [SESSION_COOKIE, DEVICE_COOKIE]);
}

#[tokio::test]
async fn what_was_begun_counts_once() {
    let (provider, fixture) = with_jana().await;
    let mut browser = fixture.browser("192.0.2.1");
    let back = browser.visit(&provider).await;
    let before = browser.clone();

    let first = led_to(&browser.come_back(&back).await);
    let again = led_to(&before.clone().come_back(&back).await);

    assert_eq!([first.as_str(), &again], ["/", "/sign-in?refused=stale"]);
    assert_eq!(provider.asked("/token"), 1);
}

#[tokio::test]
async fn what_another_browser_began_counts_for_none() {
    let (provider, fixture) = with_jana().await;
    let mut begun = fixture.browser("192.0.2.1");
    let [first, second] = [begun.visit(&provider).await, begun.visit(&provider).await];
    let mut other = fixture.browser("192.0.2.1");
    let without = led_to(&other.come_back(&first).await);
    other.visit(&provider).await;

    let with_its_own = led_to(&other.come_back(&second).await);

    assert_eq!([without, with_its_own], ["/sign-in?refused=stale"; 2]);
    assert_eq!(other.status().await, StatusCode::UNAUTHORIZED);
    assert_eq!(provider.asked("/token"), 0);
}

#[tokio::test]
async fn who_is_back_too_late_begins_again() {
    let (provider, fixture) = with_jana().await;
    let mut browser = fixture.browser("192.0.2.1");
    let back = browser.visit(&provider).await;
    fixture.clock.go(BEGUN_SECONDS);

    let late = led_to(&browser.come_back(&back).await);

    assert_eq!(late, "/sign-in?refused=stale");
}

#[tokio::test]
async fn two_tabs_of_a_browser_are_on_their_way_at_once() {
    let (provider, fixture) = with_jana().await;
    let mut browser = fixture.browser("192.0.2.1");
    let first = browser.ask("POST", "/session/provider", None).await.body;
    browser.ask("POST", "/session/provider", None).await;

    let back = provider.visited(first["address"].as_str().unwrap());
    let led = led_to(&browser.come_back(&back).await);

    assert_eq!(led, "/");
}

#[tokio::test]
async fn errors_of_the_provider_are_told_apart() {
    let (provider, fixture) = with_jana().await;
    let mut browser = fixture.browser("192.0.2.1");

    for (error, reason) in [
        ("access_denied", "denied"),
        ("login_required", "denied"),
        ("temporarily_unavailable", "unreachable"),
        ("invalid_scope", "untrusted"),
        ("<script>", "untrusted"),
    ] {
        let mut back = browser.visit(&provider).await;
        back[0] = ("error".to_owned(), error.to_owned());
        let told = led_to(&browser.come_back(&back).await);
        assert_eq!(told, format!("/sign-in?refused={reason}"), "{error}");
    }
    assert_eq!(provider.asked("/token"), 0);
}

#[tokio::test]
async fn answer_of_another_provider_is_not_taken() {
    let (provider, fixture) = with_jana().await;
    let mut browser = fixture.browser("192.0.2.1");
    let named = |issuer: &str| ("iss".to_owned(), issuer.to_owned());

    let mut back = browser.visit(&provider).await;
    back.push(named("https://id.example.org"));
    let other = led_to(&browser.come_back(&back).await);
    let mut back = browser.visit(&provider).await;
    back.push(named(&provider.address));
    let same = led_to(&browser.come_back(&back).await);
    fixture.clock.go(60);
    let says = json!(true);
    provider.does(|script| {
        let named = "authorization_response_iss_parameter_supported";
        script.description.insert(named.to_owned(), says);
    });
    let unnamed = browser.sign_in_through(&provider).await;

    let untrusted = "/sign-in?refused=untrusted";
    assert_eq!(
        [other.as_str(), &same, &unnamed],
        [untrusted, "/", untrusted]
    );
}

#[tokio::test]
async fn whatever_comes_along_leads_to_our_own_pages() {
    let (provider, fixture) = with_jana().await;
    let mut browser = fixture.browser("192.0.2.1");
    let mut back = browser.visit(&provider).await;
    for name in ["next", "redirect_uri", "return_to", "refused"] {
        back.push((name.to_owned(), "https://evil.example.org".to_owned()));
    }

    let led = led_to(&browser.come_back(&back).await);
    let twice = browser
        .get("/session/provider/callback?state=1&state=2")
        .await;

    assert_eq!(led, "/");
    assert_eq!(led_to(&twice), "/sign-in?refused=stale");
}

#[tokio::test]
async fn secret_is_shown_as_the_provider_wants_it() {
    use base64::Engine as _;
    let (provider, fixture) = with_jana().await;
    let mut browser = fixture.browser("192.0.2.1");
    browser.sign_in_through(&provider).await;
    fixture.clock.go(60);
    let ways = json!(["private_key_jwt", "client_secret_post"]);
    let name = "token_endpoint_auth_methods_supported";
    provider.does(|script| script.description.insert(name.to_owned(), ways));
    browser.sign_in_through(&provider).await;
    let public = web::identity::provider::ProviderSettings {
        secret: None,
        ..provider.settings()
    };
    let fixture = Fixture::open_with(Some(public)).await;
    fixture.account("jana", Role::Operator).await;
    fixture
        .browser("192.0.2.1")
        .sign_in_through(&provider)
        .await;

    let proofs: Vec<String> = provider.does(|script| {
        let asked = script.asked.iter().filter(|(path, _)| path == "/token");
        asked.map(|(_, proof)| proof.clone()).collect()
    });
    let pair =
        base64::engine::general_purpose::STANDARD.encode("linka%3A+the+line:s%3Ae%26c%25ret");
    assert_eq!(proofs, [&format!("Basic {pair}"), "", ""]);
    let forms = provider.does(|script| std::mem::take(&mut script.forms));
    let said = |form: &BTreeMap<String, String>| {
        ["client_id", "client_secret"].map(|name| form.get(name).cloned().unwrap_or_default())
    };
    let said: Vec<_> = forms.iter().map(said).collect();
    assert_eq!(said, [["", ""], [CLIENT, SECRET], [CLIENT, ""]]);
    let secret = ClientSecret::new(SECRET.to_owned());
    assert!(!format!("{secret:?}{:?}", provider.settings()).contains(SECRET));
}

#[tokio::test]
async fn provider_that_is_down_is_told_and_passwords_go_on() {
    let (provider, fixture) = with_jana().await;
    let mut browser = fixture.browser("192.0.2.1");
    let description = "/.well-known/openid-configuration";
    let back = browser.visit(&provider).await;
    fixture.clock.go(60);
    provider.does(|script| script.faults.insert(description, Fault::Status(503)));

    let begun = browser.ask("POST", "/session/provider", None).await;
    let returned = led_to(&browser.come_back(&back).await);
    let by_password = browser.sign_in("jana", PASSWORD).await;

    assert_eq!(begun.status, StatusCode::BAD_GATEWAY);
    assert_eq!(begun.problem(), "provider-unreachable");
    assert_eq!(returned, "/sign-in?refused=unreachable");
    assert_eq!(by_password.status, StatusCode::OK);
}

#[tokio::test]
async fn codes_that_fail_lock_nobody_out() {
    let (provider, fixture) = with_jana().await;
    let mut guesser = fixture.browser("192.0.2.1");
    let mut told = Vec::new();
    for _ in 0..=2 * FAILURES_MAX {
        let mut back = guesser.visit(&provider).await;
        back[0].1 = "a guess".to_owned();
        told.push(led_to(&guesser.come_back(&back).await));
    }

    let hers = guesser.sign_in_through(&provider).await;
    let mut beside = fixture.browser("192.0.2.1");
    let beside = beside.sign_in_through(&provider).await;

    assert!(
        told.iter().all(|told| told == "/sign-in?refused=untrusted"),
        "{told:?}"
    );
    assert_eq!([hers, beside], ["/", "/"]);
}

#[tokio::test]
async fn only_the_way_back_is_open_to_other_sites() {
    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt as _;
    let (_provider, fixture) = with_jana().await;
    let from_elsewhere = async |method: &str, path: &str| {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header("host", "linka.example.org")
            .header("sec-fetch-site", "cross-site")
            .header("origin", "https://evil.example.org");
        let request = request.body(Body::empty()).unwrap();
        fixture
            .router
            .clone()
            .oneshot(request)
            .await
            .unwrap()
            .status()
    };

    let back = from_elsewhere("GET", "/session/provider/callback").await;
    let begun = from_elsewhere("POST", "/session/provider").await;
    let posted = from_elsewhere("POST", "/session/provider/callback").await;

    assert_eq!(back, StatusCode::SEE_OTHER);
    assert_eq!([begun, posted], [StatusCode::FORBIDDEN; 2]);
}
