//! Sound goes both ways, and a free operator's voice is the first thing that a caller hears.

use crate::peers::baresip::Answering;
use crate::peers::linka::{LINE, Site};
use crate::peers::sipp::{Scenario, Transport};
use crate::peers::sound::Sound;
use crate::{SOON, answered, caller, counted, listening_softphone, listens, ready, site};

/// More of a tone than chance or the click of a phone could make.
const TONE_SECONDS: f64 = 2.0;

fn both_hear_each_other(transport: Transport, codecs: &'static str) {
    let site = site();
    site.operator("jana", "");
    let linka = site.start();
    let phone = ready(&site, &linka, "jana", Answering::AtOnce);
    let mut caller = listening_softphone(&site)
        .over(transport)
        .codecs(codecs)
        .start(site.ports());

    caller.dial(LINE);
    caller.wait_for("CALL_ESTABLISHED", SOON);
    listens(&caller, TONE_SECONDS + 1.0);
    caller.hang_up();

    counted(&linka, answered(1));
    phone.wait_for_nth("CALL_CLOSED", 2, SOON);
    caller.wait_for("CALL_CLOSED", SOON);
    let (at_desk, by_caller) = (phone.heard(), caller.heard());
    let (at_desk, by_caller) = (at_desk.last().unwrap(), &by_caller[0]);
    assert!(at_desk.seconds_of_tone(700) > TONE_SECONDS);
    assert!(by_caller.seconds_of_tone(1100) > TONE_SECONDS);
    assert!(at_desk.seconds_of_tone(1100) == 0.0 && by_caller.seconds_of_tone(700) == 0.0);
    for prompt in ["cs/greeting.wav", "waiting.wav"] {
        assert!(
            !by_caller.find(&Sound::prompt(prompt)).is_there(),
            "{prompt}"
        );
    }
}

#[test]
fn over_udp_both_hear_each_other_and_no_prompt() {
    both_hear_each_other(Transport::Udp, "PCMA");
}

#[test]
fn over_tcp_both_hear_each_other_and_no_prompt() {
    both_hear_each_other(Transport::Tcp, "PCMA");
}

#[test]
fn a_caller_in_mu_law_is_translated_for_a_phone_in_a_law() {
    both_hear_each_other(Transport::Udp, "PCMU");
}

#[test]
fn a_call_of_another_trunk_implementation_is_answered_and_heard() {
    let site = site();
    site.operator("jana", "");
    let linka = site.start();
    let phone = ready(&site, &linka, "jana", Answering::AtOnce);

    let mut call = caller(&site)
        .over(Transport::Tcp)
        .saying("tone-700.ul")
        .with("codec", "0")
        .with("codec_name", "PCMU")
        .start(site.ports());

    call.succeeds(1, SOON);
    counted(&linka, answered(1));
    phone.wait_for_nth("CALL_CLOSED", 2, SOON);
    assert!(phone.heard().last().unwrap().seconds_of_tone(700) > TONE_SECONDS);
}

#[test]
fn a_trunk_that_answers_our_offer_in_its_ack_is_heard() {
    let site = Site::new();
    site.operator("jana", "");
    let linka = site.start();
    let phone = ready(&site, &linka, "jana", Answering::AtOnce);

    let late = Scenario::towards("caller-offers-late", site.sip()).with("to", LINE);
    let mut call = late.calls(1).start(site.ports());

    call.succeeds(1, SOON);
    counted(&linka, answered(1));
    phone.wait_for_nth("CALL_CLOSED", 2, SOON);
    assert!(phone.heard().last().unwrap().seconds_of_tone(700) > TONE_SECONDS);
}
