//! A call to a peer: provisional and final responses, forks, CANCEL and its races.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{Bench, OUR_SDP, SDP, peer, response, response_with};
use sip::{Command, EndCause, Event, Failure, HeaderValue, Input, Target};

#[test]
fn the_invite_shows_what_it_was_told_and_nothing_else() {
    let mut bench = Bench::default();

    let (_, invite) = bench.call();

    assert_eq!(
        invite.start_line(),
        "INVITE sip:op@198.51.100.7:5070 SIP/2.0"
    );
    assert_eq!(
        invite.header("From").unwrap(),
        "\"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=ours"
    );
    assert_eq!(invite.header("To").unwrap(), "<sip:op@linka.test>");
    assert_eq!(invite.header("Contact").unwrap(), "<sip:192.0.2.1:5060>");
    assert_eq!(invite.header("Supported").unwrap(), "timer");
    assert!(
        invite
            .header("Via")
            .unwrap()
            .starts_with("SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK")
    );
    assert!(invite.header("Via").unwrap().ends_with(";rport"));
    assert_eq!(invite.header("User-Agent"), None);
    assert_eq!(invite.body(), OUR_SDP);
}

#[test]
fn any_2xx_is_success_and_acknowledged_at_once() {
    for success in ["200 OK", "202 Accepted", "299 Whatever"] {
        let mut bench = Bench::default();
        let (_, invite) = bench.call();

        bench.receive(&response(&invite.text, success, "callee", SDP));

        let ack = bench.only();
        assert_eq!(ack.start_line(), "ACK sip:op@198.51.100.7:5070 SIP/2.0");
        assert_ne!(ack.header("Via"), invite.header("Via"));
        assert!(matches!(bench.event(), Event::Established { sdp: Some(sdp), .. } if sdp.0 == SDP));
    }
}

#[test]
fn ringing_with_early_media_is_told_and_stands_in_for_a_missing_answer() {
    let mut bench = Bench::default();
    let (_, invite) = bench.call();

    bench.receive(&response(
        &invite.text,
        "183 Session Progress",
        "callee",
        SDP,
    ));
    bench.receive(&response(&invite.text, "200 OK", "callee", ""));

    let events = bench.events();
    assert!(
        matches!(&events[0], Event::Progress { status, sdp: Some(_), .. } if status.code() == 183)
    );
    assert!(matches!(&events[1], Event::Established { sdp: Some(sdp), .. } if sdp.0 == SDP));
}

#[test]
fn the_first_2xx_wins_and_the_other_forks_are_hung_up() {
    let mut bench = Bench::default();
    let (_, invite) = bench.call();
    bench.receive(&response(&invite.text, "180 Ringing", "one", ""));
    bench.receive(&response(&invite.text, "180 Ringing", "two", ""));
    bench.receive(&response(&invite.text, "200 OK", "two", SDP));
    bench.sent();
    bench.events();

    bench.receive(&response(&invite.text, "200 OK", "one", SDP));

    let sent = bench.sent();
    assert!(sent[0].is("ACK") && sent[0].to_tag() == "one");
    assert!(sent[1].is("BYE") && sent[1].to_tag() == "one");
    assert_eq!(bench.endpoint.counts().dialogs, 1);
}

/// A 2xx to an INVITE of an earlier start, from [`peer`], whose Contact points elsewhere.
fn stray() -> String {
    let mut before = Bench::default();
    let (_, invite) = before.call();
    response_with(
        &invite.text,
        "200 OK",
        "callee",
        &["Record-Route: <sip:203.0.113.66;lr>"],
        SDP,
    )
    .replace("z9hG4bK", "z9hG4bKold")
}

#[test]
fn a_2xx_that_no_transaction_knows_is_told_and_answered_only_when_that_is_asked_for() {
    let mut bench = Bench::with(common::config());
    let stray = stray();

    bench.receive(&stray);

    assert!(bench.sent().is_empty());
    let Event::StraySuccess {
        local_tag,
        response,
        flow,
    } = bench.event()
    else {
        panic!("not told")
    };
    assert_eq!(local_tag.bytes(), b"ours");
    bench.command(Command::EndStray { response, flow });

    let sent = bench.sent();
    assert_eq!(sent[0].start_line(), "ACK sip:op@198.51.100.7:5070 SIP/2.0");
    assert!(sent[1].is("BYE"));
    assert_eq!(sent[1].header("Route").unwrap(), "<sip:203.0.113.66;lr>");
    assert!(sent.iter().all(|sent| sent.target == Target::Flow(peer())));
    bench.seconds(65);
    bench.assert_empty();
}

#[test]
fn a_stray_2xx_is_answered_once() {
    let mut bench = Bench::with(common::config());
    let stray = stray();

    for _ in 0..5 {
        bench.receive(&stray);
        let Event::StraySuccess { response, flow, .. } = bench.event() else {
            panic!("not told")
        };
        bench.command(Command::EndStray { response, flow });
    }

    let sent = bench.sent();
    assert_eq!(sent.iter().filter(|sent| sent.is("ACK")).count(), 1);
    assert_eq!(sent.iter().filter(|sent| sent.is("BYE")).count(), 1);
}

#[test]
fn a_cancel_waits_for_a_provisional_response() {
    let mut bench = Bench::default();
    let (dialog, invite) = bench.call();

    bench.command(Command::Cancel {
        dialog,
        reason: Some(HeaderValue::literal(
            "SIP;cause=200;text=\"Call completed elsewhere\"",
        )),
    });
    assert!(bench.sent().is_empty());
    bench.receive(&response(&invite.text, "100 Trying", "", ""));

    let cancel = bench.only();
    assert_eq!(
        cancel.start_line(),
        "CANCEL sip:op@198.51.100.7:5070 SIP/2.0"
    );
    assert_eq!(cancel.header("Via"), invite.header("Via"));
    assert!(cancel.header("Reason").unwrap().contains("elsewhere"));
    bench.receive(&response(&cancel.text, "200 OK", "callee", ""));
    bench.receive(&response(
        &invite.text,
        "487 Request Terminated",
        "callee",
        "",
    ));
    assert!(bench.only().is("ACK"));
    assert!(
        matches!(bench.event(), Event::Failed { reason: Failure::Status(status), .. } if status.code() == 487)
    );
    bench.seconds(65);
    bench.assert_empty();
}

#[test]
fn an_answer_faster_than_the_cancel_is_hung_up() {
    let mut bench = Bench::default();
    let (dialog, invite) = bench.call();
    bench.receive(&response(&invite.text, "180 Ringing", "callee", ""));
    bench.events();
    bench.command(Command::Cancel {
        dialog,
        reason: None,
    });
    bench.sent();

    bench.receive(&response(&invite.text, "200 OK", "callee", SDP));

    let sent = bench.sent();
    assert!(sent[0].is("ACK") && sent[1].is("BYE"));
    let events = bench.events();
    assert!(matches!(events[0], Event::Established { .. }));
    assert!(matches!(
        events[1],
        Event::Ended {
            cause: EndCause::CancelledLate,
            ..
        }
    ));
    bench.seconds(65);
    bench.assert_empty();
}

#[test]
fn a_cancel_without_any_final_response_gives_up_after_32_s() {
    let mut bench = Bench::default();
    let (dialog, invite) = bench.call();
    bench.receive(&response(&invite.text, "180 Ringing", "callee", ""));
    bench.command(Command::Cancel {
        dialog,
        reason: None,
    });
    bench.events();

    bench.advance(Duration::from_millis(31_999));
    assert!(bench.events().is_empty());
    bench.advance(Duration::from_millis(1));

    assert!(matches!(
        bench.event(),
        Event::Failed {
            reason: Failure::Timeout,
            ..
        }
    ));
    bench.seconds(65);
    bench.assert_empty();
}

#[test]
fn a_refusal_tells_status_and_retry_after() {
    let mut bench = Bench::default();
    let (_, invite) = bench.call();

    bench.receive(&response_with(
        &invite.text,
        "503 Service Unavailable",
        "t",
        &["Retry-After: 18 (later);duration=3"],
        "",
    ));

    let Event::Failed {
        reason: Failure::Status(status),
        retry_after,
        ..
    } = bench.event()
    else {
        panic!("not told")
    };
    assert_eq!(status.code(), 503);
    assert_eq!(retry_after, Some(Duration::from_secs(18)));
}

#[test]
fn a_transport_failure_is_told_as_such() {
    let mut bench = Bench::default();
    let target = Target::Flow(peer());
    bench.call_over(target);

    bench.input(Input::SendFailed { target }).unwrap();

    assert!(matches!(
        bench.event(),
        Event::Failed {
            reason: Failure::Transport,
            ..
        }
    ));
    bench.assert_empty();
}

#[test]
fn a_closed_connection_fails_what_waited_on_it() {
    let mut bench = Bench::default();
    bench.call_over(Target::Flow(common::peer_tcp()));

    bench.input(common::closed(common::peer_tcp())).unwrap();

    assert!(matches!(
        bench.event(),
        Event::Failed {
            reason: Failure::Transport,
            ..
        }
    ));
    bench.assert_empty();
}

#[test]
fn too_small_a_session_interval_is_raised_and_tried_again() {
    let mut bench = Bench::default();
    let (_, invite) = bench.call();
    assert_eq!(
        invite.header("Session-Expires").unwrap(),
        "1800;refresher=uac"
    );

    bench.receive(&response_with(
        &invite.text,
        "422 Session Interval Too Small",
        "t",
        &["Min-SE: 3600"],
        "",
    ));

    let sent = bench.sent();
    assert!(sent[0].is("ACK"));
    let again = &sent[1];
    assert_eq!(
        again.header("Session-Expires").unwrap(),
        "3600;refresher=uac"
    );
    assert_eq!(again.header("Min-SE").unwrap(), "3600");
    assert_eq!(again.header("Call-ID"), invite.header("Call-ID"));
    assert_ne!(again.header("Via"), invite.header("Via"));
    assert_ne!(again.header("CSeq"), invite.header("CSeq"));
    assert!(bench.events().is_empty());
}

#[test]
fn our_bye_is_answered_and_the_dialog_gone() {
    let mut bench = Bench::default();
    let (dialog, _) = bench.called();

    bench.command(Command::Bye {
        dialog,
        reason: None,
    });
    let bye = bench.only();
    bench.receive(&response(
        &bye.text,
        "481 Call/Transaction Does Not Exist",
        "",
        "",
    ));

    assert!(bye.is("BYE"));
    assert_eq!(bench.endpoint.counts().dialogs, 0);
    bench.seconds(65);
    bench.assert_empty();
}

#[test]
fn byes_that_cross_end_both() {
    let mut bench = Bench::default();
    let (dialog, invite) = bench.called();
    bench.command(Command::Bye {
        dialog,
        reason: None,
    });
    bench.sent();
    bench.events();

    let call_id = format!("Call-ID: {}", invite.header("Call-ID").unwrap());
    bench.receive(&common::request(
        "BYE",
        &[
            &common::to("ours"),
            &call_id,
            "From: <sip:op@linka.test>;tag=callee",
            "CSeq: 7 BYE",
        ],
        "",
    ));

    assert!(bench.only().is("200"));
    assert!(bench.events().is_empty());
    bench.seconds(65);
    bench.assert_empty();
}

#[test]
fn the_numbers_of_a_lost_fork_do_not_bind_the_winner() {
    let mut bench = Bench::default();
    let (_, invite) = bench.call();
    let call_id = format!("Call-ID: {}", invite.header("Call-ID").unwrap());
    let info = |tag: &str, number: u32| {
        let lines = [
            call_id.clone(),
            common::to("ours"),
            format!("From: <sip:op@linka.test>;tag={tag}"),
            format!("CSeq: {number} INFO"),
            common::branch(&format!("z9hG4bK{tag}{number}")),
        ];
        common::request("INFO", &lines.each_ref().map(String::as_str), "")
    };
    bench.receive(&info("loser", 900));
    assert!(bench.only().is("200"));
    bench.receive(&response(&invite.text, "200 OK", "winner", SDP));
    bench.sent();

    bench.receive(&info("winner", 1));

    assert!(bench.only().is("200"));
}
