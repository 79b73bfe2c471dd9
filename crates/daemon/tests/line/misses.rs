//! Offers that an operator does not take go on to another one, and each kind of miss is counted apart.

use std::time::Instant;

use crate::peers::baresip::Answering;
use crate::peers::linka::{LINE, Linka, Site};
use crate::peers::sipp::Sipp;
use crate::{
    SOON, answered, caller_who_stays, counted, listening_caller, misses, phone, quick_site, ready,
    ready_sipp, talks,
};

/// Two operators; the first of the list is asked first.
fn site_of_two() -> Site {
    let site = quick_site();
    site.change(
        "queues.toml",
        "strategy = \"longest-idle\"",
        "strategy = \"ordered-list\"",
    );
    site.operator("jana", "order = 1");
    site.operator("eva", "order = 2");
    site
}

/// Calls, and waits until Eva has talked with her and hung up.
fn eva_answers(site: &Site, linka: &Linka<'_>) {
    let _eva: Sipp = ready_sipp(
        site,
        linka,
        "eva",
        phone(site, "eva", "answers-and-hangs-up").with("talk_ms", "1500"),
    );
    let mut call = caller_who_stays(site).start(site.ports());
    talks(linka, "eva");
    call.succeeds(1, SOON);
    counted(linka, answered(1));
}

#[test]
fn a_declined_call_is_offered_to_another() {
    let site = site_of_two();
    let linka = site.start();
    let jana = ready_sipp(&site, &linka, "jana", phone(&site, "jana", "declines"));

    eva_answers(&site, &linka);

    assert_eq!(jana.logged("declined"), 1);
    assert_eq!(misses(&linka, "jana"), [0, 1, 0]);
    assert_eq!(misses(&linka, "eva"), [0, 0, 0]);
}

#[test]
fn a_call_that_nobody_takes_in_time_is_offered_to_another() {
    let site = site_of_two();
    site.change(
        "queues.toml",
        "offer_time_seconds = 20",
        "offer_time_seconds = 3",
    );
    let linka = site.start();
    let jana = ready_sipp(&site, &linka, "jana", phone(&site, "jana", "never-answers"));

    eva_answers(&site, &linka);

    jana.wait_for("cancelled", SOON);
    assert_eq!(misses(&linka, "jana"), [1, 0, 0]);
    assert_eq!(misses(&linka, "eva"), [0, 0, 0]);
}

#[test]
fn a_phone_that_died_is_given_up_long_before_it_would_have_rung_out() {
    let site = site_of_two();
    site.change(
        "queues.toml",
        "offer_time_seconds = 20",
        "offer_time_seconds = 120",
    );
    let linka = site.start();
    let mut jana = ready(&site, &linka, "jana", Answering::AtOnce);
    let mut caller = listening_caller(&site);
    let eva = ready_sipp(&site, &linka, "eva", phone(&site, "eva", "answers"));

    jana.process().freeze();
    caller.dial(LINE);
    let dialled = Instant::now();
    talks(&linka, "eva");
    let waited = dialled.elapsed();
    caller.hang_up();

    eva.wait_for("ended", SOON);
    assert!(waited.as_secs() < 60, "{waited:?}");
    counted(&linka, answered(1));
    assert_eq!(misses(&linka, "jana"), [0, 0, 1]);
}
