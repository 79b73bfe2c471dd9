//! Callers who hang up before anybody answered.

use crate::peers::linka::LINE;
use crate::peers::linka::Site;
use crate::peers::sipp::Scenario;
use crate::{SOON, abandoned, caller, counted, misses, phone, quick_site, ready_sipp, waiting};

#[test]
fn hanging_up_while_the_line_rings_stops_the_phone_and_was_never_connected() {
    let site = Site::new();
    site.operator("jana", "");
    let linka = site.start();
    let jana = ready_sipp(&site, &linka, "jana", phone(&site, "jana", "never-answers"));

    let early = Scenario::towards("caller-cancels", site.sip()).with("to", LINE);
    let mut early = early.with("ring_ms", "1500").calls(1).start(site.ports());

    early.succeeds(1, SOON);
    jana.wait_for("cancelled", SOON);
    assert_eq!(
        (early.logged("cancelled"), early.logged("answered")),
        (1, 0)
    );
    counted(&linka, abandoned(1));
    assert_eq!(misses(&linka, "jana"), [0, 0, 0]);
}

#[test]
fn hanging_up_while_waiting_stops_the_phone_too() {
    let site = quick_site();
    site.operator("jana", "");
    let linka = site.start();
    let jana = ready_sipp(&site, &linka, "jana", phone(&site, "jana", "never-answers"));

    let mut waits = caller(&site).with("talk_ms", "1500").start(site.ports());

    waits.succeeds(1, SOON);
    jana.wait_for("cancelled", SOON);
    counted(&linka, abandoned(1));
    assert_eq!(misses(&linka, "jana"), [0, 0, 0]);
}

#[test]
fn hanging_up_with_nobody_there_is_counted() {
    let site = quick_site();
    let linka = site.start();

    let mut waits = caller(&site).start(site.ports());
    waiting(&linka, 1);

    waits.succeeds(1, SOON);
    counted(&linka, abandoned(1));
}
