//! What the endpoint answers without asking: the refusals that RFC 3261 §8.2 names.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Bench, SDP, branch, invite, request, to};
use sip::{Admission, Event};

/// What we say that we understand.
const ACCEPT: &str = "application/sdp, multipart/mixed, multipart/alternative";

/// The answer to one request of the peer, which is told to nobody.
fn answer(text: &str) -> common::Sent {
    let mut bench = Bench::default();
    bench.receive(text);
    assert!(bench.events().is_empty());
    let answer = bench.only();
    bench.seconds(65);
    bench.assert_empty();
    answer
}

#[test]
fn malformed_but_answerable_gets_400() {
    let text = request("INVITE", &["CSeq: one INVITE"], SDP);
    assert!(answer(&text).is("400"));
}

#[test]
fn what_a_call_does_not_need_refuses_nobody() {
    for line in [
        "From: \"\"unknown\"\" <sip:222@peer.test>;tag=x1",
        "From: \"Anonymous <sip:222@peer.test>;tag=x2",
        "From: <sip:Jan Novak@peer.test>;tag=x3",
        "From: <sip:a@b@peer.test>;tag=x4",
        "From: <sip:22%2@peer.test>;tag=x5",
        "From: <sip:222@peer.test:>;tag=x6",
        "From: <sip:222@p\u{159}\u{ed}klad.test>;tag=x7",
        "From: <sip:222@peer.test>;tag=",
        "To: <sip:line@linka.test",
        "To: <sip:+420 800 000 116@linka.test>",
        "X-\u{e9}: b",
        "X-garbage",
        "Contact: sip:x@192.0.2.9:5060;+sip.instance=\"<urn:gsma:imei:1>\";audio",
    ] {
        let mut bench = Bench::default();
        bench.receive(&request("INVITE", &[line], SDP));

        let event = bench.event();
        assert!(matches!(event, Event::Incoming { .. }), "{line}: {event:?}");
    }
}

#[test]
fn a_body_longer_than_the_datagram_gets_400() {
    let text = request("INVITE", &[], SDP).replace("Content-Length: ", "Content-Length: 9");
    assert!(answer(&text).is("400"));
}

#[test]
fn an_invite_without_contact_gets_400() {
    assert!(answer(&request("INVITE", &["Contact:"], SDP)).is("400"));
}

#[test]
fn a_known_method_that_is_not_served_gets_405_with_allow() {
    let answer = answer(&request("SUBSCRIBE", &["Event: presence"], ""));
    assert!(answer.is("405"));
    assert!(answer.header("Allow").unwrap().contains("UPDATE"));
}

#[test]
fn a_request_that_is_refused_with_405_is_told_what_is_allowed() {
    let mut bench = Bench::default();
    bench.receive(&request("MESSAGE", &[], ""));
    let Event::Request { request, .. } = bench.event() else {
        panic!("not told")
    };

    bench.command(sip::Command::Respond {
        request,
        status: common::status(405),
        headers: Vec::new(),
        body: sip::Body::default(),
    });

    let allow = bench.only().header("Allow").unwrap();
    assert!(
        allow.contains("INVITE") && !allow.contains("MESSAGE"),
        "{allow}"
    );
}

#[test]
fn an_unknown_method_gets_501() {
    assert!(answer(&request("FOOBAR", &[], "")).is("501"));
}

#[test]
fn a_session_description_over_16_kib_gets_413() {
    let long = format!("{SDP}a={}\r\n", "x".repeat(17_000));
    assert!(answer(&request("INVITE", &[], &long)).is("413"));
}

#[test]
fn an_unknown_body_gets_415_with_accept() {
    let answer = answer(&request("INVITE", &["Content-Type: text/html"], "<p>"));
    assert!(answer.is("415"));
    assert_eq!(answer.header("Accept").unwrap(), ACCEPT);
}

#[test]
fn an_encoded_body_gets_415_with_accept_encoding() {
    let answer = answer(&request("INVITE", &["Content-Encoding: gzip"], SDP));
    assert!(answer.is("415"));
    assert_eq!(answer.header("Accept-Encoding").unwrap(), "identity");
}

#[test]
fn an_unknown_scheme_gets_416() {
    let text = invite().replace(
        "sip:line@192.0.2.1 ",
        "nobodyKnowsThisScheme:totallyopaquecontent ",
    );
    assert!(answer(&text).is("416"));
}

#[test]
fn a_tel_uri_is_a_call_like_any_other() {
    let mut bench = Bench::default();
    bench.incoming(&invite().replace("sip:line@192.0.2.1 ", "tel:+420116016 "));
}

#[test]
fn unknown_requirements_get_420_and_are_listed() {
    let answer = answer(&request(
        "INVITE",
        &["Require: nothingSupportsThis, timer, nothingSupportsThisEither"],
        SDP,
    ));
    assert!(answer.is("420"));
    assert_eq!(
        answer.header("Unsupported").unwrap(),
        "nothingSupportsThis, nothingSupportsThisEither"
    );
}

#[test]
fn in_dialog_requests_without_dialog_get_481() {
    for method in ["INVITE", "UPDATE", "INFO", "PRACK", "OPTIONS"] {
        let body = if method == "INVITE" { SDP } else { "" };
        assert!(
            answer(&request(method, &[&to("nobody")], body)).is("481"),
            "{method}"
        );
    }
}

#[test]
fn prack_and_bye_outside_any_dialog_get_481() {
    assert!(answer(&request("PRACK", &["RAck: 1 1 INVITE"], "")).is("481"));
    assert!(answer(&request("BYE", &[], "")).is("481"));
}

#[test]
fn a_cancel_for_nothing_gets_481() {
    assert!(answer(&request("CANCEL", &[], "")).is("481"));
}

#[test]
fn a_stray_bye_gets_481_and_our_tag_is_told() {
    for line in ["Subject: x", "Require: sec-agree", "CSeq: 1 INFO"] {
        let mut bench = Bench::default();

        bench.receive(&request("BYE", &[&to("sealed-leg"), line], ""));

        assert!(bench.only().is("481"), "{line}");
        let Event::StrayBye { local_tag, .. } = bench.event() else {
            panic!("{line} is not told")
        };
        assert_eq!(local_tag.bytes(), b"sealed-leg");
    }
}

#[test]
fn the_same_invite_by_another_way_gets_482_while_the_first_lives() {
    let mut bench = Bench::default();
    let dialog = bench.incoming(&invite());
    bench.sent();

    bench.receive(&request("INVITE", &[&branch("z9hG4bKother")], SDP));

    assert!(bench.only().is("482"));
    assert!(bench.events().is_empty());
    bench.command(sip::Command::Reject {
        dialog,
        status: common::status(503),
        headers: Vec::new(),
    });
    bench.incoming(&request("INVITE", &[&branch("z9hG4bKthird")], SDP));
}

#[test]
fn a_call_without_hops_left_gets_483() {
    assert!(answer(&request("INVITE", &["Max-Forwards: 0"], SDP)).is("483"));
}

#[test]
fn options_without_hops_left_is_answered() {
    let answer = answer(&request("OPTIONS", &["Max-Forwards: 0"], ""));
    assert!(answer.is("200"));
    assert_eq!(answer.header("Accept").unwrap(), ACCEPT);
    assert_eq!(answer.header("Supported").unwrap(), "timer");
}

#[test]
fn another_version_gets_505() {
    assert!(answer(&invite().replacen("SIP/2.0\r\n", "SIP/7.0\r\n", 1)).is("505"));
}

#[test]
fn too_long_a_header_gets_513() {
    let text = request("INVITE", &[&format!("Subject: {}", "x".repeat(9_000))], SDP);
    assert!(answer(&text).is("513"));
}

#[test]
fn garbage_and_keep_alives_are_met_with_silence() {
    let mut bench = Bench::default();
    for bytes in [
        &b"\r\n\r\n"[..],
        b"",
        b"\0\0\0\0",
        b"INVITE",
        b"SIP/2.0 200 OK\r\n\r\n",
    ] {
        bench.receive_as(common::peer(), bytes, Admission::Trunk);
    }

    assert!(bench.sent().is_empty() && bench.events().is_empty());
    bench.assert_empty();
}

#[test]
fn a_required_100rel_is_met_by_sending_nothing_provisional_above_100() {
    let mut bench = Bench::default();
    let dialog = bench.incoming(&request("INVITE", &["Require: 100rel"], SDP));
    assert!(bench.only().is("100"));

    bench.command(sip::Command::Progress {
        dialog,
        status: common::status(180),
        local_tag: None,
    });
    assert!(bench.sent().is_empty());
    bench.accept(dialog);

    assert!(bench.only().is("200"));
}

#[test]
fn a_supported_100rel_gets_ordinary_ringing() {
    let mut bench = Bench::default();
    let dialog = bench.incoming(&request("INVITE", &["Supported: 100rel"], SDP));
    bench.sent();

    bench.command(sip::Command::Progress {
        dialog,
        status: common::status(180),
        local_tag: None,
    });

    let ringing = bench.only();
    assert!(ringing.is("180"));
    assert_eq!(ringing.header("Require"), None);
}
