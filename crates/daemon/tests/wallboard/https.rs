//! The pages as other machines see them: by HTTPS, over HTTP/2.

use std::fs;

use crate::peers::browser::{Browser, css, role, text};
use crate::peers::certificate::Authority;
use crate::peers::eventually;
use crate::peers::linka::{LINE, Site};
use crate::peers::people::people;
use crate::peers::provider::Provider;
use crate::provider::come_to;
use crate::{SOON, caller, quick_site, sign_in_at};

/// More than a browser opens connections to one place without HTTP/2.
const TABS: usize = 8;

/// A site whose certificate an authority of the test has made, and the address of its sign-in.
fn secure_site(authority: &Authority) -> (Site, u16, String) {
    let site = quick_site();
    let port = site.serve_https(&authority.issue(&site.config(), "linka"));
    (site, port, format!("https://localhost:{port}/sign-in"))
}

/// The same, and a provider with a certificate by the same authority.
fn site_with_provider(authority: &Authority) -> (Site, String, Provider) {
    let (site, port, sign_in) = secure_site(authority);
    let certificate = authority.issue(&site.config(), "provider");
    let provider = Provider::by_https(&site, port, &certificate);
    (site, sign_in, provider)
}

#[test]
fn supervisor_has_more_wallboards_open_than_a_browser_has_connections() {
    let (site, port, sign_in) = secure_site(&Authority::new());
    let _linka = site.start();
    let (_, all) = people(&site, &[("sona", "supervisor")]);
    let browser = Browser::start();
    let page = browser.trusting_page("sona");
    sign_in_at(&page, &sign_in, &all[1]);
    let home = format!("https://localhost:{port}/");
    let tabs: Vec<_> = (1..TABS)
        .map(|n| page.tab(&format!("tab {n}"), &home))
        .collect();

    let mut waiting = caller(&site);
    waiting.dial(LINE);

    for tab in tabs.iter().chain([&page]) {
        tab.see(css("tr[data-contact]"));
        assert_eq!(tab.faults(), [""; 0]);
    }
    let over = "performance.getEntriesByType('navigation')[0].nextHopProtocol";
    assert_eq!(page.evaluate(over), "h2");
}

#[test]
fn renewed_certificate_is_shown_and_wallboards_stay_open() {
    let authority = Authority::new();
    let (site, port, sign_in) = secure_site(&authority);
    let _linka = site.start();
    let (_, all) = people(&site, &[("sona", "supervisor")]);
    let browser = Browser::start();
    let page = browser.trusting_page("sona");
    sign_in_at(&page, &sign_in, &all[1]);
    page.see(text("Nobody waits."));
    let newer = Authority::new();
    let is_shown = |authority: &Authority| {
        let address = format!("https://localhost:{port}/");
        authority.client().get(&address).call().is_ok()
    };
    assert_eq!(
        [&authority, &newer].map(is_shown),
        [true, false],
        "before it is renewed"
    );

    newer.issue(&site.config(), "linka");
    eventually("the new certificate is shown", SOON, || {
        is_shown(&newer).then_some(())
    });

    let mut waiting = caller(&site);
    waiting.dial(LINE);
    page.see(css("tr[data-contact]"));
    assert_eq!(page.faults(), [""; 0]);
    assert!(!is_shown(&authority));
}

#[test]
fn operator_comes_by_https_from_a_provider_whom_this_machine_trusts() {
    let authority = Authority::new();
    let (site, sign_in, _provider) = site_with_provider(&authority);
    site.operator("jana", "");
    let _linka = site.start_trusting(&authority);
    people(&site, &[("jana", "operator")]);
    let browser = Browser::start();
    let page = browser.trusting_page("jana");

    come_to(&page, &sign_in, ("jana", "7"), "pwd otp");

    page.see(role("button", "Ready"));
    assert_eq!(page.faults(), [""; 0]);
}

#[test]
fn provider_for_whom_nobody_vouches_is_not_believed() {
    let (site, sign_in, _provider) = site_with_provider(&Authority::new());
    let _linka = site.start_trusting(&Authority::new());
    let browser = Browser::start();
    let page = browser.trusting_page("sona");
    page.open(&sign_in);

    page.click(role("button", "Sign in with Spolek"));

    page.see(text(
        "The sign-in provider does not answer. Sign in with a password.",
    ));
    let log = fs::read_to_string(site.log()).unwrap();
    assert!(log.contains("invalid peer certificate"), "{log}");
}
