//! What real telephones and carriers write into their session descriptions, and what was meant by
//! it.

use std::time::Duration;

use crate::peers::by_hand::{Body, ByHand};
use crate::peers::linka::{Linka, Site};
use crate::peers::sipp::{Scenario, TRUNK_HOST};
use crate::peers::throughout;
use crate::peers::wire::status;
use crate::{SOON, answered, caller, counted, quick_site, talks, without_partner};

#[track_caller]
fn is_urgent(linka: &Linka<'_>) {
    linka.wait_for("the caller is urgent", SOON, |status| {
        (status["contacts"][0]["class"] == "danger").then_some(())
    });
}

/// Somebody at home whose mobile answers with these values of the scenario presses 1 and has the
/// caller.
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
fn a_mobile_whose_answer_is_multipart_takes_the_caller() {
    let parts = "--next\nContent-Type: application/isup;version=itu-t92+\n\
                 Content-Disposition: signal;handling=optional\n\n0123\n--next\n\
                 Content-Type: application/sdp\n\n{{sdp}}\n--next--";
    is_joined_when_the_mobile_answers(&[
        ("content_type", "multipart/mixed;boundary=next"),
        ("body", parts),
    ]);
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

#[test]
fn a_caller_whose_trunk_sends_a_second_body_beside_her_offer_is_answered() {
    let site = quick_site();
    let linka = site.start();
    let mut caller = ByHand::new(&site);
    let sdp = caller.sdp(101, "");
    let text = format!(
        "--next\r\nContent-Type: application/sdp\r\n\r\n{sdp}\r\n--next\r\n\
         Content-Type: application/isup;version=itu-t92+\r\n\
         Content-Disposition: signal;handling=optional\r\n\r\n\u{1}\u{0}\u{49}\r\n--next--\r\n"
    );

    caller.is_answered(Body {
        content_type: "multipart/mixed;boundary=next",
        text: &text,
    });
    caller.presses(5, 101);
    caller.presses(5, 101);

    is_urgent(&linka);
}

#[test]
fn a_description_with_blanks_at_its_line_ends_and_a_nul_behind_is_understood() {
    let site = quick_site();
    let linka = site.start();
    let mut caller = ByHand::new(&site);
    let sloppy = format!("{}\0", caller.sdp(101, "").replace("\r\n", " \r\n"));

    caller.is_answered(Body::sdp(&sloppy));
    caller.presses(5, 101);
    caller.presses(5, 101);

    is_urgent(&linka);
}

#[test]
fn a_hold_with_a_blank_behind_it_is_a_hold() {
    let site = quick_site();
    let _linka = site.start();
    let mut caller = ByHand::new(&site);
    let sdp = caller.sdp(101, "");
    caller.is_answered(Body::sdp(&sdp));

    let hold = caller.sdp(101, "a=sendonly \r\n");
    let answer = caller.offers_again(Body::sdp(&hold));

    assert!(answer.contains("a=recvonly"), "{answer}");
}

#[test]
fn a_description_beyond_a_limit_is_refused_with_488() {
    let site = quick_site();
    let _linka = site.start();
    let mut caller = ByHand::new(&site);
    let long = caller.sdp(101, &"a=candidate:1\r\n".repeat(65));

    let refusal = caller.asks("INVITE", "", Body::sdp(&long));

    assert_eq!(status(&refusal), Some(488), "{refusal}");
}

#[test]
fn a_reinvite_without_a_description_after_a_hold_is_offered_both_ways_and_every_codec() {
    let site = quick_site();
    let _linka = site.start();
    let mut caller = ByHand::new(&site);
    let sdp = caller.sdp(101, "");
    caller.is_answered(Body::sdp(&sdp));
    let hold = caller.sdp(101, "a=sendonly\r\n");
    caller.offers_again(Body::sdp(&hold));

    let offer = caller.asks("INVITE", "", Body::NONE);
    let resume = caller.sdp(101, "a=sendrecv\r\n");
    caller.acknowledges(Body::sdp(&resume));

    assert!(offer.contains("a=sendrecv"), "{offer}");
    assert!(offer.contains(" RTP/AVP 8 0 101\r\n"), "{offer}");
}

#[test]
fn keys_by_info_count_as_keys_in_sound_do() {
    let site = quick_site();
    let linka = site.start();
    let mut caller = ByHand::new(&site);
    let sdp = caller.sdp(101, "");
    caller.is_answered(Body::sdp(&sdp));

    for _ in 0..2 {
        let key = Body {
            content_type: "application/dtmf-relay",
            text: "Signal=5\r\nDuration=160\r\n",
        };
        assert_eq!(status(&caller.asks("INFO", "", key)), Some(200));
    }

    is_urgent(&linka);
}

#[test]
fn one_key_that_comes_by_info_and_in_sound_is_one_key() {
    let site = quick_site();
    let linka = site.start();
    let mut caller = ByHand::new(&site);
    let sdp = caller.sdp(101, "");
    caller.is_answered(Body::sdp(&sdp));

    caller.presses(5, 101);
    let key = Body {
        content_type: "application/dtmf",
        text: "5",
    };
    assert_eq!(status(&caller.asks("INFO", "", key)), Some(200));

    throughout("she stays as she was", Duration::from_secs(2), || {
        linka
            .status()
            .is_none_or(|status| status["contacts"][0]["class"] == "crisis")
    });
}

#[test]
fn own_sound_keeps_to_the_longest_packet_that_she_takes() {
    let site = quick_site();
    let _linka = site.start();
    let mut caller = ByHand::new(&site);
    let short = caller.sdp(101, "a=maxptime:10\r\n");

    caller.is_answered(Body::sdp(&short));

    let sizes = caller.hears_packets(20);
    assert!(sizes.iter().all(|size| *size <= 80), "{sizes:?}");
}

#[test]
fn what_is_not_allowed_is_refused_with_what_is() {
    let site = Site::new();
    let _linka = site.start();
    let mut trunk = ByHand::new(&site);

    let refusal = trunk.asks("MESSAGE", "", Body::NONE);

    assert_eq!(status(&refusal), Some(405), "{refusal}");
    let allow = crate::peers::wire::header(&refusal, "Allow").unwrap();
    assert!(
        allow.contains("INVITE") && !allow.contains("MESSAGE"),
        "{allow}"
    );
}
