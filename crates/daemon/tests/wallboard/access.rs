//! Keys of programs and one's own sign-ins, at their pages.

use crate::peers::browser::{Browser, css, label, role, text};
use crate::peers::eventually;
use crate::peers::people::people;
use crate::{SOON, address, quick_site, signed_in};
use serde_json::json;

/// The status of a report that is asked for with a key.
fn asked_with(site: &crate::peers::linka::Site, key: &str) -> u16 {
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .new_agent();
    let asked = agent
        .get(address(site, "/api/v1/reports/counts"))
        .header("authorization", format!("Bearer {key}"));
    asked.call().unwrap().status().as_u16()
}

fn in_dialog(name: &str) -> serde_json::Value {
    json!({"role": "button", "name": name, "within": {"css": "dialog[open]"}})
}

#[test]
fn administrator_makes_a_key_that_opens_what_it_says_and_takes_it_away() {
    let site = quick_site();
    let _linka = site.start();
    let (_, people) = people(&site, &[]);
    let browser = Browser::start();
    let page = signed_in(&browser, &site, &people[0]);
    page.click(role("link", "Keys"));
    page.see(text("No program has a key."));

    page.click(role("button", "Make a key"));
    page.fill(label("Name of the key"), "statistics");
    page.click(label("reports of closed periods"));
    page.click(in_dialog("Make a key"));
    page.see(css("dialog[open] code"));
    let key = page.text(css("dialog[open] code"));
    let broken = page.axe();
    page.click(in_dialog("Close"));
    page.see(css("[data-key=statistics]"));
    let good = asked_with(&site, &key);
    let shown_again = page.evaluate(&format!("document.body.textContent.includes('{key}')"));
    page.click(role("button", "Take away"));
    page.click(in_dialog("Take the key away"));
    page.see(text("The key is taken away."));
    let gone = asked_with(&site, &key);

    assert_eq!(broken, [""; 0]);
    assert_eq!((good, gone), (200, 401));
    assert_eq!(shown_again, false);
    assert_eq!(page.faults(), [""; 0]);
}

#[test]
fn somebody_sees_where_she_is_signed_in_and_ends_all_but_one() {
    let site = quick_site();
    site.operator("jana", "");
    let _linka = site.start();
    let (_, people) = people(&site, &[("jana", "operator")]);
    let elsewhere = people[1].signed_in(&site);
    let browser = Browser::start();
    let page = signed_in(&browser, &site, &people[1]);

    page.click(role("link", "Where I am signed in"));
    page.see(text("this one"));
    let others = page.count(css("[data-session=other]"));
    page.click(role("button", "End all others"));
    page.click(in_dialog("End all others"));
    eventually("only this one is left", SOON, || {
        (page.count(css("[data-session]")) == 1).then_some(())
    });

    // The first sign-in of all, when she chose her password, is one of them.
    assert_eq!(others, 2);
    assert_eq!(elsewhere.ask("GET", "/session", None).0, 401);
    page.see(role("button", "Sign out"));
    assert_eq!(page.faults(), [""; 0]);
}
