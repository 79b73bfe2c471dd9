//! No page breaks a rule of accessibility, in any language, light or dark.

use crate::peers::browser::{Browser, css};
use crate::peers::people::people;
use crate::peers::throughout;
use crate::{address, quick_site, sign_in};
use serde_json::json;
use std::time::Duration;

const PAGES: [&str; 8] = [
    "/",
    "/wall",
    "/me",
    "/reports",
    "/accounts",
    "/keys",
    "/sessions",
    "/audit",
];

#[test]
fn no_page_breaks_a_rule_of_axe_in_three_languages_light_and_dark() {
    let site = quick_site();
    site.operator("jana", "");
    let _linka = site.start();
    let (_, people) = people(&site, &[]);
    let browser = Browser::start();
    let page = browser.page("admin");
    sign_in(&page, &site, &people[0]);
    let mut broken = Vec::new();

    for language in ["cs", "en", "uk"] {
        page.evaluate(&format!(
            "localStorage.setItem('linka', JSON.stringify({{ language: '{language}', theme: 'system' }}))"
        ));
        for scheme in ["light", "dark"] {
            page.emulate(json!({"colorScheme": scheme}));
            for path in PAGES {
                page.open(&address(&site, path));
                page.see(css("h1"));
                let rules = page.axe();
                broken.extend(
                    rules
                        .iter()
                        .map(|rule| format!("{language} {scheme} {path}: {rule}")),
                );
            }
        }
    }
    let stranger = browser.page("stranger");
    stranger.open(&address(&site, "/sign-in"));
    stranger.see(css("h1"));
    broken.extend(stranger.axe());

    assert_eq!(broken, [""; 0]);
    assert_eq!(page.faults(), [""; 0]);
}

#[test]
fn timers_announce_nothing() {
    let site = quick_site();
    let _linka = site.start();
    let (_, people) = people(&site, &[]);
    let browser = Browser::start();
    let page = browser.page("admin");
    sign_in(&page, &site, &people[0]);
    let mut waiting = crate::caller(&site);
    waiting.dial(crate::peers::linka::LINE);
    page.see(css("[data-contact]"));

    page.evaluate(
        "window.announced = 0; \
         new MutationObserver((changes) => { for (const change of changes) { \
           const at = change.target.nodeType === 1 ? change.target : change.target.parentElement; \
           if (at?.closest('[aria-live]:not([aria-live=off]), [role=status], [role=alert], [role=timer], [role=log]')) window.announced += 1; \
         } }).observe(document.body, { subtree: true, childList: true, characterData: true })",
    );

    throughout("timers say nothing", Duration::from_secs(6), || {
        page.evaluate("window.announced") == 0
    });
}

#[test]
fn wallboard_is_small_on_the_wire() {
    const BYTES_MAX: u64 = 150_000;
    let site = quick_site();
    let _linka = site.start();
    let (_, people) = people(&site, &[]);
    let browser = Browser::start();
    let page = browser.page("admin");
    sign_in(&page, &site, &people[0]);

    page.open(&address(&site, "/"));
    page.see(css("[data-tile=waiting]"));

    let bytes = page.evaluate(
        "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]\
         .filter((entry) => !entry.name.includes('/api/'))\
         .reduce((sum, entry) => sum + entry.encodedBodySize, 0)",
    );
    let bytes = bytes.as_u64().unwrap();
    println!("{bytes} bytes to the first wallboard");
    assert!((10_000..BYTES_MAX).contains(&bytes), "{bytes}");
}
