//! SIGTERM: new calls are sent on, running ones end by themselves, then the process ends.

use crate::peers::baresip::Answering;
use crate::peers::linka::{LINE, Site};
use crate::peers::sipp::Scenario;
use crate::{SOON, caller, ready, talks};

#[test]
fn new_calls_get_503_a_running_one_ends_by_itself_and_then_it_exits() {
    let site = Site::new();
    site.operator("jana", "");
    let mut linka = site.start();
    let phone = ready(&site, &linka, "jana", Answering::AtOnce);
    let mut running = caller(&site).with("talk_ms", "6000").start(site.ports());
    talks(&linka, "jana");

    linka.terminate();
    linka.wait_for("it drains", SOON, |status| {
        (status["mode"] == "draining").then_some(())
    });
    let refused = Scenario::towards("caller-refused", site.sip()).with("to", LINE);
    let mut refused = refused.with("status", "503").calls(1).start(site.ports());
    refused.succeeds(1, SOON);
    assert!(running.process().ended().is_none());

    running.succeeds(1, SOON);
    assert!(linka.wait(SOON).success());
    phone.wait_for_nth("CALL_CLOSED", 2, SOON);
    assert!(phone.heard().last().unwrap().seconds_of_tone(700) > 4.0);
}

#[test]
fn with_no_call_it_exits_at_once() {
    let site = Site::new();
    let mut linka = site.start();

    linka.terminate();

    assert!(linka.wait(SOON).success());
}
