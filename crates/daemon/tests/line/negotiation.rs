//! What real telephones and carriers write into their session descriptions, and what was meant by it.

use crate::peers::by_hand::{Body, ByHand};
use crate::peers::linka::Linka;
use crate::peers::sipp::{Scenario, TRUNK_HOST};
use crate::{SOON, answered, caller, counted, quick_site, talks, without_partner};

#[track_caller]
fn is_urgent(linka: &Linka<'_>) {
    linka.wait_for("the caller is urgent", SOON, |status| {
        (status["contacts"][0]["class"] == "danger").then_some(())
    });
}

/// Somebody at home whose mobile answers with these values of the scenario presses 1 and has the caller.
fn is_joined_when_the_mobile_answers(values: &[(&str, &str)]) {
    let site = quick_site();
    without_partner(&site);
    let both = "partners = [\"on-call-first\", \"on-call-second\"]";
    site.change("queues.toml", both, "partners = [\"on-call-first\"]");
    let mobile = Scenario::waiting("mobile-presses-one")
        .at(TRUNK_HOST, site.trunk().port())
        .pressing("1")
        .with("talk_ms", "2000");
    let mobile = values
        .iter()
        .fold(mobile, |mobile, (name, value)| mobile.with(name, value))
        .start(site.ports());
    let linka = site.start();
    let mut call = caller(&site).with("talk_ms", "12000").start(site.ports());

    mobile.wait_for("pressed", SOON);
    talks(&linka, "on-call-first");

    call.succeeds(1, SOON);
    mobile.wait_for("ended", SOON);
    counted(&linka, answered(1));
}

#[test]
fn a_mobile_that_numbers_keys_by_itself_and_sends_them_by_our_number_takes_the_caller() {
    is_joined_when_the_mobile_answers(&[("events", "96")]);
}

#[test]
fn keys_under_our_number_count_though_her_answer_names_another() {
    let site = quick_site();
    let linka = site.start();
    let mut caller = ByHand::new(&site);

    let offer = caller.asks("INVITE", "", Body::NONE);
    assert!(offer.contains("a=rtpmap:101 telephone-event"), "{offer}");
    caller.acknowledges(Body::sdp(&caller.sdp(96, "")));
    caller.presses(5, 101);
    caller.presses(5, 101);

    is_urgent(&linka);
}
