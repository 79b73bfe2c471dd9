//! Offers inside a dialog: re-INVITE (RFC 3261 §14) and UPDATE (RFC 3311), both ways, and their glare.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{Bench, OUR_SDP, SDP, branch, request, response, response_with, status, to};
use sip::{Command, DialogId, Event, Failure};

const CHANGED: &str = "v=0\r\no=- 1 2 IN IP4 198.51.100.7\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\na=sendonly\r\n";

fn reinvite(tag: &str, number: u32, body: &str) -> String {
    let lines = [
        to(tag),
        format!("CSeq: {number} INVITE"),
        branch(&format!("z9hG4bKre{number}")),
    ];
    request("INVITE", &lines.each_ref().map(String::as_str), body)
}

fn update(tag: &str, number: u32, body: &str) -> String {
    let lines = [
        to(tag),
        format!("CSeq: {number} UPDATE"),
        branch(&format!("z9hG4bKup{number}")),
    ];
    request("UPDATE", &lines.each_ref().map(String::as_str), body)
}

fn ack(tag: &str, number: u32) -> String {
    let lines = [
        to(tag),
        format!("CSeq: {number} ACK"),
        branch(&format!("z9hG4bKack{number}")),
    ];
    request("ACK", &lines.each_ref().map(String::as_str), "")
}

fn answer(bench: &mut Bench, dialog: DialogId) {
    bench.command(Command::Answer {
        dialog,
        sdp: OUR_SDP.into(),
    });
}

#[test]
fn their_reinvite_is_offered_and_answered() {
    let mut bench = Bench::default();
    let (dialog, tag) = bench.answered();

    bench.receive(&reinvite(&tag, 2, CHANGED));
    assert!(matches!(bench.event(), Event::Offered { sdp, .. } if sdp.0 == CHANGED));
    bench.sent();
    answer(&mut bench, dialog);
    assert!(bench.only().is("200"));
    bench.receive(&ack(&tag, 2));
    bench.seconds(40);

    assert!(bench.sent().is_empty(), "the ACK stopped it");
    assert!(bench.events().is_empty());
}

#[test]
fn their_update_is_offered_and_answered_without_ack() {
    let mut bench = Bench::default();
    let (dialog, tag) = bench.answered();

    bench.receive(&update(&tag, 2, CHANGED));
    assert!(matches!(bench.event(), Event::Offered { .. }));
    answer(&mut bench, dialog);
    assert_eq!(bench.only().body(), OUR_SDP);
    bench.seconds(40);

    assert!(bench.sent().is_empty());
}

#[test]
fn a_refused_offer_leaves_the_session_as_it_was() {
    let mut bench = Bench::default();
    let (dialog, tag) = bench.answered();
    bench.receive(&reinvite(&tag, 2, CHANGED));
    bench.sent();

    bench.command(Command::Refuse {
        dialog,
        status: status(488),
    });

    assert!(bench.only().is("488"));
    assert_eq!(bench.endpoint.counts().dialogs, 1);
    assert!(
        bench
            .try_command(Command::Answer {
                dialog,
                sdp: OUR_SDP.into()
            })
            .is_err()
    );
}

#[test]
fn a_reinvite_without_a_description_is_told_and_gets_the_offer_that_we_make() {
    let mut bench = Bench::default();
    let (dialog, tag) = bench.answered();
    let wish = OUR_SDP.replace("9 9", "9 10");

    bench.receive(&reinvite(&tag, 2, ""));
    assert!(matches!(bench.event(), Event::OfferWanted { dialog: told } if told == dialog));
    assert!(bench.only().is("100"));
    bench.command(Command::Answer {
        dialog,
        sdp: wish.clone().into_bytes().into(),
    });
    let success = bench.sent().pop().unwrap();
    let lines = [to(&tag), "CSeq: 2 ACK".to_owned(), branch("z9hG4bKack2")];
    bench.receive(&request(
        "ACK",
        &lines.each_ref().map(String::as_str),
        CHANGED,
    ));

    assert_eq!(success.body(), wish);
    assert!(matches!(bench.event(), Event::Reanswered { sdp, .. } if sdp.0 == CHANGED));
}

#[test]
fn an_answer_to_an_offer_of_ours_is_told_though_it_repeats_their_last_description() {
    let mut bench = Bench::default();
    let (dialog, tag) = bench.answered();
    bench.receive(&reinvite(&tag, 2, ""));
    bench.event();
    answer(&mut bench, dialog);
    let lines = [to(&tag), "CSeq: 2 ACK".to_owned(), branch("z9hG4bKack2")];

    bench.receive(&request("ACK", &lines.each_ref().map(String::as_str), SDP));

    assert!(matches!(bench.event(), Event::Reanswered { sdp, .. } if sdp.0 == SDP));
}

#[test]
fn a_second_reinvite_while_our_offer_is_wanted_or_open_waits() {
    let mut bench = Bench::default();
    let (dialog, tag) = bench.answered();
    bench.receive(&reinvite(&tag, 2, ""));
    bench.event();
    bench.sent();

    bench.receive(&reinvite(&tag, 3, CHANGED));
    assert!(bench.only().is("500"));
    answer(&mut bench, dialog);
    bench.sent();
    bench.receive(&reinvite(&tag, 4, CHANGED));

    assert!(bench.sent().iter().any(|sent| sent.is("491")));
}

#[test]
fn an_update_without_a_description_only_refreshes() {
    let mut bench = Bench::default();
    let (_, tag) = bench.answered();

    bench.receive(&update(&tag, 2, ""));

    let success = bench.only();
    assert!(success.is("200"));
    assert_eq!(success.body(), "");
    assert!(bench.events().is_empty());
}

#[test]
fn a_second_offer_while_one_is_open_gets_500_with_retry_after() {
    let mut bench = Bench::default();
    let (_, tag) = bench.answered();
    bench.receive(&reinvite(&tag, 2, CHANGED));
    bench.sent();

    bench.receive(&reinvite(&tag, 3, CHANGED));

    let refusal = bench.only();
    assert!(refusal.is("500"));
    assert!(refusal.header("Retry-After").is_some());
}

#[test]
fn their_offer_while_ours_is_open_gets_491() {
    for method in [reinvite, update] {
        let mut bench = Bench::default();
        let (dialog, tag) = bench.answered();
        bench.command(Command::Reoffer {
            dialog,
            sdp: OUR_SDP.into(),
        });
        bench.sent();

        bench.receive(&method(&tag, 2, CHANGED));

        assert!(bench.only().is("491"));
        assert!(bench.events().is_empty());
    }
}

#[test]
fn an_update_before_the_answer_gets_500_and_without_offer_200() {
    let mut bench = Bench::default();
    let dialog = bench.incoming(&common::invite());
    bench.command(Command::Progress {
        dialog,
        status: status(180),
        local_tag: None,
    });
    let tag = bench.sent().pop().unwrap().to_tag();

    bench.receive(&update(&tag, 2, CHANGED));
    assert!(bench.only().is("500"));
    bench.receive(&update(&tag, 3, ""));
    assert!(bench.only().is("200"));
}

#[test]
fn our_reoffer_is_acknowledged_and_its_answer_told() {
    let mut bench = Bench::default();
    let (dialog, _) = bench.called();

    bench.command(Command::Reoffer {
        dialog,
        sdp: OUR_SDP.into(),
    });
    let again = bench.only();
    bench.receive(&response(&again.text, "200 OK", "", CHANGED));

    assert_eq!(
        again.start_line(),
        "INVITE sip:op@198.51.100.7:5070 SIP/2.0"
    );
    assert_eq!(again.to_tag(), "callee");
    assert!(bench.only().is("ACK"));
    assert!(matches!(bench.event(), Event::Reanswered { sdp, .. } if sdp.0 == CHANGED));
}

#[test]
fn a_refused_reoffer_is_told() {
    let mut bench = Bench::default();
    let (dialog, _) = bench.called();
    bench.command(Command::Reoffer {
        dialog,
        sdp: OUR_SDP.into(),
    });
    let again = bench.only();

    bench.receive(&response(&again.text, "488 Not Acceptable Here", "", ""));

    assert!(bench.only().is("ACK"));
    assert!(
        matches!(bench.event(), Event::Refused { reason: Failure::Status(status), .. } if status.code() == 488)
    );
    assert_eq!(bench.endpoint.counts().dialogs, 1);
}

#[test]
fn a_reoffer_waits_while_another_is_open_and_the_newest_is_sent() {
    let mut bench = Bench::default();
    let (dialog, _) = bench.called();
    bench.command(Command::Reoffer {
        dialog,
        sdp: "first".into(),
    });
    let first = bench.only();
    bench.command(Command::Reoffer {
        dialog,
        sdp: "second".into(),
    });
    bench.command(Command::Reoffer {
        dialog,
        sdp: "third".into(),
    });
    assert!(bench.sent().is_empty());

    bench.receive(&response(&first.text, "200 OK", "", SDP));

    let sent = bench.sent();
    assert!(sent[0].is("ACK"));
    assert_eq!(sent[1].body(), "third");
    assert_eq!(sent.len(), 2);
}

#[test]
fn a_reoffer_before_the_ack_of_our_2xx_waits_for_it() {
    let mut bench = Bench::default();
    let dialog = bench.incoming(&common::invite());
    bench.accept(dialog);
    let tag = bench.sent().pop().unwrap().to_tag();

    bench.command(Command::Reoffer {
        dialog,
        sdp: "later".into(),
    });
    assert!(bench.sent().is_empty());
    bench.receive(&common::ack(&tag));

    assert_eq!(bench.only().body(), "later");
}

/// Who made the Call-ID waits 2.1–4 s after a 491, the other 0–2 s (RFC 3261 §14.1).
#[test]
fn a_491_is_tried_again_by_the_timer_of_its_side() {
    let mut caller = Bench::default();
    let (dialog, _) = caller.called();
    let waited = waited_after_491(&mut caller, dialog);
    assert!(
        (2_100..=4_000).contains(&waited) && waited.is_multiple_of(10),
        "{waited}"
    );

    let mut callee = Bench::default();
    let (dialog, _) = callee.answered();
    let waited = waited_after_491(&mut callee, dialog);
    assert!(waited <= 2_000 && waited.is_multiple_of(10), "{waited}");
}

fn waited_after_491(bench: &mut Bench, dialog: DialogId) -> u128 {
    bench.command(Command::Reoffer {
        dialog,
        sdp: OUR_SDP.into(),
    });
    let offer = bench.only();
    bench.receive(&response_with(
        &offer.text,
        "491 Request Pending",
        "",
        &[],
        "",
    ));
    assert!(bench.only().is("ACK"));
    let refused = bench.now;
    while bench.sent().iter().all(|sent| !sent.is("INVITE")) {
        assert!(bench.now - refused < Duration::from_secs(5));
        bench.advance(Duration::from_millis(10));
    }
    assert!(bench.events().is_empty());
    (bench.now - refused).as_millis()
}

#[test]
fn a_cancelled_reinvite_gets_487_and_the_call_goes_on() {
    let mut bench = Bench::default();
    let (_, tag) = bench.answered();
    bench.receive(&reinvite(&tag, 2, CHANGED));
    bench.sent();
    bench.events();

    bench.receive(&request(
        "CANCEL",
        &[&to(&tag), "CSeq: 2 CANCEL", &branch("z9hG4bKre2")],
        "",
    ));

    let sent = bench.sent();
    assert!(sent[0].is("200") && sent[1].is("487"));
    assert!(bench.events().is_empty());
    assert_eq!(bench.endpoint.counts().dialogs, 1);
}

#[test]
fn a_target_refresh_moves_the_remote_target() {
    let mut bench = Bench::default();
    let (dialog, tag) = bench.answered();
    bench.receive(&update(&tag, 2, "").replace(
        "Contact: <sip:caller@198.51.100.7:5070>",
        "Contact: <sip:new@203.0.113.5:5099>",
    ));
    bench.sent();

    bench.command(Command::Bye {
        dialog,
        reason: None,
    });

    let bye = bench.only();
    assert_eq!(bye.start_line(), "BYE sip:new@203.0.113.5:5099 SIP/2.0");
    assert_eq!(bye.target.remote(), common::address("203.0.113.5:5099"));
}

#[test]
fn too_many_infos_in_flight_are_an_error_of_the_caller() {
    let mut bench = Bench::default();
    let (dialog, _) = bench.called();
    let info = Command::Info {
        dialog,
        content_type: sip::HeaderValue::literal("text/plain"),
        body: "x".into(),
    };
    for _ in 0..sip::IN_DIALOG_PENDING_MAX {
        bench.command(info.clone());
    }

    assert_eq!(
        bench.try_command(info),
        Err(sip::InputError::TooManyPending(dialog))
    );
}
