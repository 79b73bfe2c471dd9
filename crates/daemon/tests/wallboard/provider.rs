//! Sign-in through a provider that is none of ours.

use crate::peers::browser::{Browser, Page, css, label, role, text};
use crate::peers::linka::Site;
use crate::peers::people::{Person, people};
use crate::peers::provider::Provider;
use crate::{SOON, address, quick_site, sign_in};
use serde_json::{Value, json};

/// Somebody presses the button, and says at the provider who she is.
#[track_caller]
fn come_from_there(page: &Page, site: &Site, who: (&str, &str), methods: &str) {
    come_to(page, &address(site, "/sign-in"), who, methods);
}

#[track_caller]
pub(crate) fn come_to(page: &Page, address: &str, who: (&str, &str), methods: &str) {
    page.open(address);
    page.click(role("button", "Sign in with Spolek"));
    page.fill(label("Name at the provider"), who.0);
    page.fill(label("Subject"), who.1);
    page.fill(label("Methods"), methods);
    page.click(role("button", "Continue"));
}

/// Somebody whose role may change much signs in by password once, in the browser that she comes with from then on.
#[track_caller]
fn first_by_password(page: &Page, site: &Site, person: &Person) {
    sign_in(page, site, person);
    page.see(text("Nobody waits."));
    page.click(role("button", "Sign out"));
    page.see(role("button", "Sign in with Spolek"));
}

/// What the audit says of accounts and sign-ins, the oldest first.
fn audited(audit: &Value) -> Vec<String> {
    let entries = audit.as_array().unwrap().iter().rev();
    let told = entries.map(|entry| {
        let word = |name: &str| entry["event"][name].as_str().unwrap_or_default().to_owned();
        format!("{} {}", word("by"), word("what"))
    });
    told.filter(|entry| entry.contains("provider")).collect()
}

#[test]
fn supervisor_comes_through_the_provider_to_the_wallboard() {
    let site = quick_site();
    let _provider = Provider::of(&site);
    let _linka = site.start();
    let (administrator, all) = people(&site, &[("sona", "supervisor")]);
    let browser = Browser::start();
    let page = browser.page("sona");
    first_by_password(&page, &site, &all[1]);

    come_from_there(&page, &site, ("sona", "7"), "pwd otp");
    page.see(text("Nobody waits."));

    assert_eq!(page.path(), "/");
    assert_eq!(page.evaluate("location.search"), "");
    assert_eq!(page.faults(), [""; 0]);
    page.click(role("button", "Sign out"));
    page.see(role("button", "Sign in with Spolek"));
    assert_eq!(page.axe(), [""; 0]);
    let log = std::fs::read_to_string(site.log()).unwrap();
    assert!(!log.contains("eyJ"), "a token is in the log");
    let audit = crate::peers::eventually("it is audited", SOON, || {
        let told = audited(&administrator.done("GET", "/audit", None));
        (told.len() == 2).then_some(told)
    });
    assert_eq!(
        audit,
        ["sona provider_pinned", "sona signed_in_by_provider"]
    );
}

#[test]
fn who_never_had_a_password_starts_her_shift_by_the_provider() {
    let site = quick_site();
    site.operator("jana", "");
    let _provider = Provider::of(&site);
    let _linka = site.start();
    let (administrator, _) = people(&site, &[]);
    let account = json!({"login": "jana", "display_name": "Jana", "role": "operator"});
    administrator.done("POST", "/accounts", Some(account));
    let browser = Browser::start();
    let page = browser.page("jana");

    come_from_there(&page, &site, ("jana", "8"), "");

    page.see(role("button", "Ready"));
    assert_eq!(page.path(), "/me");
}

#[test]
fn those_who_may_not_come_in_are_told_why_in_their_language() {
    let site = quick_site();
    let _provider = Provider::of(&site);
    let _linka = site.start();
    let (_, all) = people(&site, &[("sona", "supervisor"), ("vera", "supervisor")]);
    let browser = Browser::start();
    first_by_password(&browser.page("first"), &site, &all[1]);
    come_from_there(&browser.page("first"), &site, ("sona", "7"), "mfa");
    browser.page("first").see(text("Nobody waits."));

    let refusals = [
        (
            "stranger",
            ("nobody", "9"),
            "mfa",
            "Linka has no active account for you",
        ),
        (
            "another",
            ("sona", "10"),
            "mfa",
            "belongs to somebody else at the provider",
        ),
        (
            "not tied",
            ("vera", "11"),
            "mfa",
            "sign in once with the password in this browser",
        ),
        (
            "one factor",
            ("sona", "7"),
            "pwd",
            "Your role needs a second factor",
        ),
    ];
    for (name, who, methods, sentence) in refusals {
        let page = browser.page(name);
        come_from_there(&page, &site, who, methods);
        page.see(text(sentence));
        assert_eq!(page.axe(), [""; 0]);
        let place = page.evaluate("location.pathname + location.search");
        assert_eq!(place, "/sign-in");
    }
    let page = browser.page("refuses");
    page.open(&address(&site, "/sign-in"));
    page.click(role("button", "Sign in with Spolek"));
    page.click(role("button", "Refuse"));
    page.see(text("Signing in was not finished at the provider."));
    for (language, sentence) in [
        ("cs", "Přihlášení u poskytovatele nebylo dokončeno."),
        ("uk", "Вхід у постачальника не завершено."),
    ] {
        page.evaluate(&format!(
            "localStorage.setItem('linka', JSON.stringify({{ language: '{language}', theme: 'system' }}))"
        ));
        page.open(&address(&site, "/sign-in?refused=denied"));
        page.see(text(sentence));
    }
    let page = browser.page("password");
    sign_in(&page, &site, &all[1]);
    assert_eq!(page.faults(), [""; 0]);
}

#[test]
fn administrator_lets_go_of_an_account_on_its_page() {
    let site = quick_site();
    let _provider = Provider::of(&site);
    let _linka = site.start();
    let (_, all) = people(&site, &[("sona", "supervisor")]);
    let browser = Browser::start();
    let hers = browser.page("hers");
    first_by_password(&hers, &site, &all[1]);
    come_from_there(&hers, &site, ("sona", "7"), "mfa");
    hers.see(text("Nobody waits."));
    let page = browser.page("admin");
    sign_in(&page, &site, &all[0]);

    page.open(&address(&site, "/accounts"));
    page.click(role("button", "Let go at the provider"));
    page.see(css("dialog[open]"));
    assert_eq!(page.axe(), [""; 0]);
    page.click(json!({
        "role": "button",
        "name": "Let go at the provider",
        "within": {"css": "dialog[open]"},
    }));
    page.miss(role("button", "Let go at the provider"));

    hers.reload();
    hers.see(role("button", "Sign in with Spolek"));
    let another = browser.page("another");
    first_by_password(&another, &site, &all[1]);
    come_from_there(&another, &site, ("sona", "10"), "mfa");
    another.see(text("Nobody waits."));
    assert_eq!(page.faults(), [""; 0]);
}

#[test]
fn provider_that_is_down_is_a_sentence_and_passwords_work() {
    let site = quick_site();
    let provider = Provider::of(&site);
    drop(provider);
    let _linka = site.start();
    let (_, all) = people(&site, &[("sona", "supervisor")]);
    let browser = Browser::start();
    let page = browser.page("sona");
    page.open(&address(&site, "/sign-in"));

    page.click(role("button", "Sign in with Spolek"));
    page.see(text(
        "The sign-in provider does not answer. Sign in with a password.",
    ));

    sign_in(&page, &site, &all[1]);
    page.see(text("Nobody waits."));
}
