//! A caller who cannot speak presses 5 twice: she becomes urgent, her line falls near silent, the phone says so.

use std::time::Duration;

use crate::peers::linka::LINE;
use crate::peers::sipp::Scenario;
use crate::peers::throughout;
use crate::{
    SOON, abandoned, answered, counted, listening_caller, listens, phone, quick_site, ready_sipp,
    talks,
};

/// What the phones display instead of a name.
const SHOWN: &str = "From: \"cannot speak\" <sip:anonymous@anonymous.invalid>";

#[test]
fn two_keys_make_her_urgent_her_line_quiet_and_the_phone_says_it() {
    let site = quick_site();
    site.operator("jana", "");
    let linka = site.start();
    let mut caller = listening_caller(&site);
    caller.dial(LINE);
    caller.wait_for("CALL_ESTABLISHED", SOON);
    listens(&caller, 4.0);

    caller.press('5');
    caller.press('5');
    linka.wait_for("the caller is urgent", SOON, |status| {
        (status["contacts"][0]["class"] == "danger").then_some(())
    });
    let pressed = caller.seconds_heard();
    listens(&caller, 4.0);
    let jana = ready_sipp(&site, &linka, "jana", phone(&site, "jana", "answers"));
    talks(&linka, "jana");
    caller.hang_up();

    counted(&linka, answered(1));
    caller.wait_for("CALL_CLOSED", SOON);
    assert!(jana.messages().contains(SHOWN), "{}", jana.messages());
    let heard = &caller.heard()[0];
    let (before, after) = (
        heard.between(0.0, pressed - 1.0).rms_dbfs(),
        heard.between(pressed + 1.0, pressed + 4.0).rms_dbfs(),
    );
    assert!(after < before - 20.0, "{before:.0} dBFS, then {after:.0}");
}

#[test]
fn a_caller_whose_trunk_sends_only_keys_is_understood() {
    let site = quick_site();
    let linka = site.start();
    let silent = Scenario::towards("caller-cannot-speak", site.sip())
        .with("to", LINE)
        .pressing("55")
        .with("talk_ms", "4000");

    let mut silent = silent.calls(1).start(site.ports());
    linka.wait_for("the caller is urgent", SOON, |status| {
        (status["contacts"][0]["class"] == "danger").then_some(())
    });

    silent.succeeds(1, SOON);
    counted(&linka, abandoned(1));
}

#[test]
fn one_key_alone_changes_nothing() {
    let site = quick_site();
    let linka = site.start();
    let one = Scenario::towards("caller-cannot-speak", site.sip())
        .with("to", LINE)
        .pressing("5");

    let mut one = one.with("talk_ms", "4000").calls(1).start(site.ports());
    one.wait_for("pressed", SOON);
    throughout("she stays as she was", Duration::from_secs(2), || {
        linka
            .status()
            .is_none_or(|status| status["contacts"][0]["class"] == "crisis")
    });

    one.succeeds(1, SOON);
    counted(&linka, abandoned(1));
}

#[test]
fn a_phone_that_rings_already_is_called_off_and_rings_again_with_the_words() {
    let site = quick_site();
    site.operator("jana", "");
    let linka = site.start();
    let rings = phone(&site, "jana", "never-answers");
    let jana = ready_sipp(&site, &linka, "jana", rings);
    let mut caller = listening_caller(&site);
    caller.dial(LINE);
    caller.wait_for("CALL_ESTABLISHED", SOON);
    jana.wait_for("rings", SOON);
    assert!(!jana.messages().contains(SHOWN), "{}", jana.messages());

    caller.press('5');
    caller.press('5');
    jana.wait_for_times("rings", 2, SOON);
    caller.hang_up();

    counted(&linka, abandoned(1));
    assert!(jana.messages().contains(SHOWN), "{}", jana.messages());
    assert_eq!(crate::misses(&linka, "jana"), [0, 0, 0]);
}
