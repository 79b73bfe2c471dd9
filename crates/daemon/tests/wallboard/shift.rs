//! An operator's shift at her page.

use crate::peers::baresip::Answering;
use crate::peers::browser::{Browser, css, role, text};
use crate::peers::eventually;
use crate::peers::linka::LINE;
use crate::peers::people::people;
use crate::{SOON, caller, quick_site, registered, signed_in};

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
    waiting.press('1');
    page.see(css("[data-taps$='1']"));
    waiting.hang_up();
    page.see(role("heading", "Entry about the call"));
    page.focus(css("[data-field='outcome'] [role=radio]"));
    page.press(&["1", "1", "4", "Control+Enter"]);
    page.see(text("The entry is saved."));

    assert_eq!(page.faults(), [""; 0]);
    assert!(!page.text(css("body")).contains("602123456"));
    let status = linka.status().unwrap();
    assert_eq!(status["counts"]["answered"], 1);
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
