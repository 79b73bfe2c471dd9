//! An operator's shift at her page.

use crate::peers::baresip::Answering;
use crate::peers::browser::{Browser, Page, css, role, text};
use crate::peers::eventually;
use crate::peers::linka::LINE;
use crate::peers::people::people;
use crate::peers::wire::WirePhone;
use crate::{SOON, address, caller, quick_site, registered, signed_in};
use serde_json::json;

#[test]
fn operator_answers_sees_taps_and_enters_the_record_by_keyboard() {
    let site = quick_site();
    site.operator("jana", "");
    let linka = site.start();
    let (_, people) = people(&site, &[("jana", "operator")]);
    let browser = Browser::start();
    let page = signed_in(&browser, &site, &people[1]);
    let mut jana = registered(&site, "jana", Answering::ByHand);
    page.click(role("button", "Ready"));
    let mut waiting = caller(&site);
    waiting.dial(LINE);
    waiting.wait_for("CALL_ESTABLISHED", SOON);
    eventually("she hears the line", SOON, || {
        (waiting.seconds_heard() > 2.0).then_some(())
    });
    waiting.press('5');
    waiting.press('5');

    page.see(text("Cannot speak"));
    jana.wait_for("CALL_INCOMING", SOON);
    jana.accept();
    page.see(text("The call lasts"));
    let at_the_answer = page.count(css("[data-answer]"));
    waiting.press('1');
    page.see(css("[data-answer=yes]"));
    waiting.hang_up();
    page.see(role("heading", "Entry about the call"));
    page.focus(css("[data-field='outcome'] [role=radio]"));
    page.press(&["1", "1", "4", "Control+Enter"]);
    page.see(text("The entry is saved."));

    // What she pressed to be heard is no answer.
    assert_eq!(at_the_answer, 0);
    assert_eq!(page.faults(), [""; 0]);
    assert!(!page.text(css("body")).contains("602123456"));
    let status = linka.status().unwrap();
    assert_eq!(status["counts"]["answered"], 1);
}

#[test]
fn entry_survives_a_reload_of_the_page_and_a_kill_of_linka() {
    let site = quick_site();
    site.operator("jana", "");
    let linka = site.start();
    let (_, people) = people(&site, &[("jana", "operator"), ("dana", "operator")]);
    let browser = Browser::start();
    let page = signed_in(&browser, &site, &people[1]);
    let mut jana = registered(&site, "jana", Answering::ByHand);
    page.click(role("button", "Ready"));
    let mut waiting = caller(&site);
    waiting.dial(LINE);
    jana.wait_for("CALL_INCOMING", SOON);
    jana.accept();
    page.see(text("The call lasts"));
    waiting.hang_up();
    page.see(role("heading", "Entry about the call"));
    let chosen = |page: &Page| {
        page.evaluate(
            "[...document.querySelectorAll('[data-field] [aria-checked=true]')]\
             .map((chip) => chip.closest('[data-field]').dataset.field + ' ' + chip.textContent.trim())",
        )
    };
    let both = json!(["outcome 1heard and advised", "language 4Ukrainian"]);

    page.focus(css("[data-field='outcome'] [role=radio]"));
    page.press(&["1"]);
    page.focus(css("[data-field='language'] [role=radio]"));
    page.press(&["4"]);
    page.see(css("[data-keeping=saved]"));
    page.reload();
    page.see(css("[data-field='language'] [aria-checked=true]"));
    let reloaded = chosen(&page);
    linka.kill();
    let _linka = site.start();
    page.reload();
    let restarted = eventually("the entry is there again", SOON, || {
        if page.count(css("[data-field]")) == 0 {
            page.evaluate(
                "[...document.querySelectorAll('main button')]\
                 .find((button) => button.textContent === 'Open the entry about the last call')?.click()",
            );
            return None;
        }
        (page.count(css("[data-field] [aria-checked=true]")) > 0).then(|| chosen(&page))
    });

    assert_eq!(reloaded, both);
    assert_eq!(restarted, both);
    let stored = page.evaluate("JSON.stringify([localStorage, sessionStorage, location.href])");
    assert!(!stored.as_str().unwrap().contains("krainian"), "{stored}");
    let client = people[1].signed_in(&site);
    let finished = client.done("GET", "/me/finished", None);
    let path = format!("/contacts/{}/content", finished[0].as_str().unwrap());
    let hers = client.done("GET", &path, None);
    let others = people[2].signed_in(&site).ask("GET", &path, None).0;
    assert_eq!(
        hers,
        json!({"fields": {"outcome": "advised", "language": "ukrainian"}})
    );
    assert_eq!(others, 404);
}

#[test]
fn operator_hands_a_caller_back_by_keyboard_once_she_confirmed() {
    let site = quick_site();
    site.operator("jana", "");
    site.operator("dana", "");
    let linka = site.start();
    let (_, people) = people(&site, &[("jana", "operator")]);
    let browser = Browser::start();
    let page = signed_in(&browser, &site, &people[1]);
    let mut jana = registered(&site, "jana", Answering::ByHand);
    page.click(role("button", "Ready"));
    page.miss(role("button", "Hand back to the queue"));
    let mut waiting = caller(&site);
    waiting.dial(LINE);
    jana.wait_for("CALL_INCOMING", SOON);
    page.miss(role("button", "Hand back to the queue"));
    jana.accept();
    page.see(text("The call lasts"));
    let dana = WirePhone::dials("*40", "dana", &site);

    page.focus(role("button", "Hand back to the queue"));
    page.press(&["Enter"]);
    page.see(role("dialog", "Hand the caller back to the queue?"));
    let faults = page.axe();
    page.press(&["Escape"]);
    page.miss(role("dialog", "Hand the caller back to the queue?"));
    page.see(text("The call lasts"));
    let before = dana.calls();
    page.focus(role("button", "Hand back to the queue"));
    page.press(&["Enter", "Tab", "Enter"]);
    page.see(text("The caller waits in the queue again."));

    jana.wait_for("CALL_CLOSED", SOON);
    eventually("it rings elsewhere", SOON, || {
        (dana.calls() == 1).then_some(())
    });
    page.miss(role("button", "Hand back to the queue"));
    assert_eq!(before, 0);
    assert_eq!(faults, [""; 0]);
    assert_eq!(page.faults(), [""; 0]);
    let status = linka.status().unwrap();
    assert_eq!(status["contacts"].as_array().unwrap().len(), 1);
}

#[test]
fn what_she_chooses_in_two_windows_is_kept_from_both() {
    let site = quick_site();
    site.operator("jana", "");
    let _linka = site.start();
    let (_, people) = people(&site, &[("jana", "operator")]);
    let browser = Browser::start();
    let page = signed_in(&browser, &site, &people[1]);
    let mut jana = registered(&site, "jana", Answering::ByHand);
    page.click(role("button", "Ready"));
    let mut waiting = caller(&site);
    waiting.dial(LINE);
    jana.wait_for("CALL_INCOMING", SOON);
    jana.accept();
    page.see(text("The call lasts"));
    waiting.hang_up();
    page.see(css("[data-field='outcome'] [role=radio]"));
    let other = page.tab("other", &address(&site, "/me"));
    other.see(css("[data-field='language'] [role=radio]"));

    page.focus(css("[data-field='outcome'] [role=radio]"));
    page.press(&["1"]);
    page.see(css("[data-keeping=saved]"));
    other.focus(css("[data-field='language'] [role=radio]"));
    other.press(&["4"]);

    other.see(css("[data-field='outcome'] [aria-checked=true]"));
    let client = people[1].signed_in(&site);
    let finished = client.done("GET", "/me/finished", None);
    let path = format!("/contacts/{}/content", finished[0].as_str().unwrap());
    assert_eq!(
        client.done("GET", &path, None),
        json!({"fields": {"outcome": "advised", "language": "ukrainian"}})
    );
}

#[test]
fn whose_phone_rang_out_is_told_so_and_when_it_rings_again() {
    let site = quick_site();
    site.change(
        "queues.toml",
        "offer_time_seconds = 20",
        "offer_time_seconds = 3",
    );
    site.operator("jana", "");
    let _linka = site.start();
    let (_, people) = people(&site, &[("jana", "operator")]);
    let browser = Browser::start();
    let page = signed_in(&browser, &site, &people[1]);
    let _jana = registered(&site, "jana", Answering::ByHand);
    page.click(role("button", "Ready"));
    page.see(role("heading", "All quiet"));

    let mut waiting = caller(&site);
    waiting.dial(LINE);

    page.see(role("heading", "Your phone rings"));
    page.see(role("heading", "The offer was not taken"));
    page.see(role("heading", "Your phone rings"));
}

#[test]
fn operator_pauses_and_comes_back() {
    let site = quick_site();
    site.operator("jana", "");
    let linka = site.start();
    let (_, people) = people(&site, &[("jana", "operator")]);
    let browser = Browser::start();
    let page = signed_in(&browser, &site, &people[1]);
    let wants = |wanted: &'static str| {
        linka.wait_for(wanted, SOON, |status| {
            (status["operators"][0]["intent"] == wanted).then_some(())
        });
    };

    page.click(role("button", "Pause"));
    page.click(role("button", "meal"));
    wants("paused");
    page.click(role("button", "Ready"));
    wants("ready");
    page.click(role("button", "End of shift"));
    wants("off");
}
