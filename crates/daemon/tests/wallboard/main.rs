//! The pages, seen with Chromium while real callers and phones are on the line.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../peers/mod.rs"]
mod peers;

mod access;
mod board;
mod https;
mod looks;
mod provider;
mod shift;
mod status;

use std::time::Duration;

use peers::baresip::{Answering, Baresip, Softphone};
use peers::browser::{Browser, Page, label, role};
use peers::linka::{PASSWORD, Site};
use peers::people::Person;
use peers::sipp::PHONES_HOST;

/// Enough for anything that takes seconds, on a machine that is busy with the other tests.
const SOON: Duration = Duration::from_secs(40);

/// A site whose line answers by itself after a second.
fn quick_site() -> Site {
    let site = Site::new();
    site.change(
        "trunks.toml",
        "addresses = [\"127.0.0.2\"]",
        "addresses = [\"127.0.0.2\", \"127.0.0.1\"]",
    );
    site.change(
        "lines.toml",
        "ring_time_seconds = 6",
        "ring_time_seconds = 1",
    );
    site
}

fn address(site: &Site, path: &str) -> String {
    format!("http://localhost:{}{path}", site.web())
}

/// Signs somebody in at a page in English.
#[track_caller]
fn signed_in(browser: &Browser, site: &Site, person: &Person) -> Page {
    let page = browser.page(&person.login);
    sign_in(&page, site, person);
    page
}

#[track_caller]
fn sign_in(page: &Page, site: &Site, person: &Person) {
    sign_in_at(page, &address(site, "/sign-in"), person);
}

#[track_caller]
fn sign_in_at(page: &Page, address: &str, person: &Person) {
    page.open(address);
    page.fill(label("Login name"), &person.login);
    page.fill(label("Password"), &person.password);
    page.click(role("button", "Sign in"));
    if person.login != "jana" {
        page.fill(label("One-time code"), &person.code());
        page.click(role("button", "Sign in"));
    }
    page.see(role("button", "Sign out"));
}

/// An operator's softphone, registered.
#[track_caller]
fn registered(site: &Site, name: &str, answering: Answering) -> Baresip {
    Softphone::registered(name, PASSWORD, site.sip())
        .answering(answering)
        .start(site.ports())
}

/// A caller who stays on the line.
#[track_caller]
fn caller(site: &Site) -> Baresip {
    Softphone::caller("602123456", site.sip())
        .at(PHONES_HOST)
        .saying("tone-700.wav")
        .start(site.ports())
}
