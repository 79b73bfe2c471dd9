//! A call from a peer, from INVITE to BYE.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Bench, OUR_SDP, SDP, ack, branch, invite, request, status, to};
use sip::{Command, EndCause, Event, HeaderValue, InputError, Tag};

#[test]
fn an_offer_is_answered_and_the_call_ends_by_their_bye() {
    let mut bench = Bench::default();
    let dialog = bench.incoming(&invite());
    bench.accept(dialog);
    let success = bench.sent().pop().unwrap();
    bench.receive(&ack(&success.to_tag()));
    bench.receive(&request(
        "BYE",
        &[
            &to(&success.to_tag()),
            "CSeq: 2 BYE",
            "Reason: Q.850;cause=16",
        ],
        "",
    ));

    assert_eq!(success.body(), OUR_SDP);
    assert_eq!(success.header("Contact").unwrap(), "<sip:192.0.2.1:5060>");
    assert!(bench.only().is("200"));
    let events = bench.events();
    assert!(matches!(events[0], Event::Acknowledged { sdp: None, .. }));
    let Event::Ended {
        cause: EndCause::Bye {
            reason: Some(reason),
        },
        ..
    } = &events[1]
    else {
        panic!("{events:?}")
    };
    assert_eq!(reason.bytes(), b"Q.850;cause=16");
    bench.seconds(65);
    bench.assert_empty();
}

#[test]
fn without_an_offer_ours_goes_in_the_200_and_the_answer_comes_in_the_ack() {
    let mut bench = Bench::default();
    let dialog = bench.incoming(&request("INVITE", &[], ""));
    bench.accept(dialog);
    let success = bench.sent().pop().unwrap();

    bench.receive(&request(
        "ACK",
        &[&to(&success.to_tag()), &branch("z9hG4bKack")],
        SDP,
    ));

    assert_eq!(success.body(), OUR_SDP);
    assert!(matches!(bench.event(), Event::Acknowledged { sdp: Some(sdp), .. } if sdp.0 == SDP));
}

#[test]
fn the_tag_given_first_stays() {
    let mut bench = Bench::default();
    let dialog = bench.incoming(&invite());
    bench.command(Command::Progress {
        dialog,
        status: status(180),
        local_tag: Tag::new("sealed"),
    });
    bench.command(Command::Accept {
        dialog,
        sdp: OUR_SDP.into(),
        local_tag: Tag::new("other"),
        headers: Vec::new(),
    });

    let sent = bench.sent();

    assert_eq!(sent[1].to_tag(), "sealed");
    assert_eq!(sent[2].to_tag(), "sealed");
}

#[test]
fn our_bye_waits_for_the_ack_of_our_2xx() {
    let mut bench = Bench::default();
    let dialog = bench.incoming(&invite());
    bench.accept(dialog);
    let tag = bench.sent().pop().unwrap().to_tag();

    bench.command(Command::Bye {
        dialog,
        reason: None,
    });
    assert!(matches!(
        bench.event(),
        Event::Ended {
            cause: EndCause::HungUp,
            ..
        }
    ));
    assert!(bench.sent().is_empty());
    bench.receive(&ack(&tag));

    let bye = bench.only();
    assert_eq!(bye.start_line(), "BYE sip:caller@198.51.100.7:5070 SIP/2.0");
    assert_eq!(bye.our_from_tag(), tag);
    assert_eq!(bye.to_tag(), "theirs");
    bench.receive(&common::response(&bye.text, "200 OK", "", ""));
    bench.seconds(65);
    bench.assert_empty();
    assert!(bench.events().is_empty());
}

#[test]
fn our_bye_goes_out_after_32_s_if_no_ack_comes() {
    let mut bench = Bench::default();
    let dialog = bench.incoming(&invite());
    bench.accept(dialog);
    bench.command(Command::Bye {
        dialog,
        reason: Some(HeaderValue::literal("SIP;cause=200")),
    });
    bench.events();

    bench.advance(std::time::Duration::from_millis(31_900));
    bench.sent();
    bench.advance(std::time::Duration::from_millis(100));

    let bye = bench.only();
    assert!(bye.is("BYE"));
    assert_eq!(bye.header("Reason").unwrap(), "SIP;cause=200");
    bench.seconds(65);
    assert!(bench.events().is_empty());
    bench.assert_empty();
}

#[test]
fn a_bye_before_the_answer_ends_the_invite_with_487() {
    let mut bench = Bench::default();
    let dialog = bench.incoming(&invite());
    bench.command(Command::Progress {
        dialog,
        status: status(180),
        local_tag: None,
    });
    let tag = bench.sent().pop().unwrap().to_tag();

    bench.receive(&request("BYE", &[&to(&tag), "CSeq: 2 BYE"], ""));

    let sent = bench.sent();
    assert!(sent[0].is("487") && sent[1].is("200"));
    assert!(matches!(
        bench.event(),
        Event::Ended {
            cause: EndCause::Bye { .. },
            ..
        }
    ));
}

/// What is wrong with a BYE that may be refused, but ends the call of whoever sent it.
fn byes_that_we_dislike(tag: &str) -> Vec<String> {
    let to = to(tag);
    let with = |line: &str, body: &str| request("BYE", &[&to, "CSeq: 2 BYE", line], body);
    let bye = with("Subject: x", "");
    vec![
        with("Require: sec-agree", ""),
        with("Content-Encoding: gzip", "x"),
        bye.replace("BYE sip:line@192.0.2.1", "BYE urn:service:sos"),
        bye.replace("CSeq: 2 BYE", "CSeq: 0 BYE"),
        bye.replace("CSeq: 2 BYE", "CSeq: 2 INFO"),
        bye.replace("Content-Length: 0", "Content-Length: 7"),
        bye.replace("Content-Length: 0", "Content-Length: x"),
    ]
}

#[test]
fn a_bye_ends_the_call_whatever_is_wrong_with_it() {
    for number in 0..byes_that_we_dislike("").len() {
        let mut bench = Bench::default();
        let (dialog, tag) = bench.answered();
        let bye = &byes_that_we_dislike(&tag)[number];

        bench.receive(bye);

        assert!(bench.only().is("200"), "{bye}");
        let ended = bench.events();
        assert!(
            matches!(ended[..], [Event::Ended { dialog: told, .. }] if told == dialog),
            "{ended:?} of {bye}"
        );
        bench.seconds(65);
        bench.assert_empty();
    }
}

#[test]
fn a_cancel_before_the_answer_ends_it() {
    let mut bench = Bench::default();
    let dialog = bench.incoming(&invite());
    bench.sent();

    bench.receive(&request("CANCEL", &[&branch("z9hG4bKINVITE1")], ""));

    let sent = bench.sent();
    assert!(sent[0].is("200") && sent[0].header("CSeq").unwrap().ends_with("CANCEL"));
    assert!(sent[1].is("487") && sent[1].header("CSeq").unwrap().ends_with("INVITE"));
    assert!(matches!(bench.event(), Event::Cancelled { .. }));
    let late = Command::Accept {
        dialog,
        sdp: OUR_SDP.into(),
        local_tag: None,
        headers: Vec::new(),
    };
    assert_eq!(
        bench.try_command(late),
        Err(InputError::NoSuchDialog(dialog))
    );
    bench.seconds(65);
    bench.assert_empty();
}

#[test]
fn a_cancel_after_the_answer_changes_nothing() {
    let mut bench = Bench::default();
    let dialog = bench.incoming(&invite());
    bench.accept(dialog);
    let tag = bench.sent().pop().unwrap().to_tag();

    bench.receive(&request("CANCEL", &[&branch("z9hG4bKINVITE1")], ""));
    assert!(bench.only().is("200"));
    assert!(bench.events().is_empty());
    bench.receive(&ack(&tag));

    assert!(matches!(bench.event(), Event::Acknowledged { .. }));
}

#[test]
fn gaps_in_the_sequence_are_legal() {
    let mut bench = Bench::default();
    let (_, tag) = bench.answered();

    bench.receive(&request("INFO", &[&to(&tag), "CSeq: 40 INFO"], ""));
    assert!(bench.only().is("200"));
    bench.receive(&request("BYE", &[&to(&tag), "CSeq: 500 BYE"], ""));

    assert!(bench.only().is("200"));
    assert!(matches!(bench.event(), Event::Ended { .. }));
}

#[test]
fn an_old_number_gets_500_with_retry_after() {
    let mut bench = Bench::default();
    let (_, tag) = bench.answered();
    bench.receive(&request("INFO", &[&to(&tag), "CSeq: 40 INFO"], ""));
    bench.sent();

    bench.receive(&request(
        "INFO",
        &[&to(&tag), "CSeq: 39 INFO", &branch("z9hG4bKold")],
        "",
    ));

    let refusal = bench.only();
    assert!(refusal.is("500"));
    assert!(
        refusal
            .header("Retry-After")
            .unwrap()
            .parse::<u32>()
            .unwrap()
            <= 10
    );
}

#[test]
fn a_request_from_another_address_still_belongs_to_its_dialog() {
    let mut bench = Bench::default();
    let (dialog, tag) = bench.answered();
    let moved = sip::Flow {
        remote: common::address("203.0.113.50:4444"),
        ..common::peer()
    };

    bench.receive_unknown(moved, &request("BYE", &[&to(&tag), "CSeq: 2 BYE"], ""));

    assert!(bench.only().is("200"));
    assert!(matches!(bench.event(), Event::Ended { dialog: told, .. } if told == dialog));
}

#[test]
fn a_request_with_another_from_tag_does_not() {
    let mut bench = Bench::default();
    let (_, tag) = bench.answered();

    bench.receive(&request(
        "BYE",
        &[&to(&tag), "CSeq: 2 BYE", "From: <sip:x@y>;tag=wrong"],
        "",
    ));

    assert!(bench.only().is("481"));
    assert!(matches!(bench.event(), Event::StrayBye { .. }));
}

fn info(tag: &str, lines: &[&str], body: &str) -> String {
    let to = to(tag);
    let lines = [&[to.as_str(), "CSeq: 2 INFO"], lines].concat();
    request("INFO", &lines, body)
}

#[test]
fn a_key_by_info_is_told() {
    let mut bench = Bench::default();
    let (dialog, tag) = bench.answered();
    let relay = ["Content-Type: application/dtmf-relay"];

    bench.receive(&info(&tag, &relay, "Signal=5\r\nDuration=160\r\n"));

    assert!(bench.only().is("200"));
    let Event::Signalled {
        dialog: told,
        signal,
    } = bench.event()
    else {
        panic!("no key")
    };
    assert_eq!((told, signal.as_char()), (dialog, '5'));
}

#[test]
fn an_info_without_a_key_is_answered_and_told_to_nobody() {
    let optional = [
        "Content-Type: text/plain",
        "Content-Disposition: render;handling=optional",
    ];
    for (lines, body) in [(&[][..], ""), (&optional[..], "hello")] {
        let mut bench = Bench::default();
        let (_, tag) = bench.answered();

        bench.receive(&info(&tag, lines, body));

        assert!(bench.only().is("200"));
        assert!(bench.events().is_empty());
    }
}

#[test]
fn an_info_with_an_unknown_package_gets_469_and_with_an_unknown_body_415() {
    let mut bench = Bench::default();
    let (_, tag) = bench.answered();

    bench.receive(&info(&tag, &["Info-Package: foo"], ""));
    let package = bench.only();
    bench.receive(&info(
        &tag,
        &[
            "Content-Type: application/media_control+xml",
            &branch("z9hG4bKother"),
        ],
        "<media_control/>",
    ));
    let body = bench.only();

    assert!(package.is("469"));
    assert_eq!(package.header("Recv-Info").as_deref(), Some(""));
    assert!(body.is("415"));
    let accept = body.header("Accept").unwrap();
    assert_eq!(accept, "application/dtmf-relay, application/dtmf");
    assert!(bench.events().is_empty());
}

#[test]
fn a_body_of_telephone_event_is_taken_where_it_is_clear() {
    let mut bench = Bench::default();
    let (_, tag) = bench.answered();
    let kind = "Content-Type: audio/telephone-event";

    bench.receive(&info(&tag, &[kind], "5"));
    let clear = bench.only();
    let told = bench.events();
    bench.receive(&info(&tag, &[kind, &branch("z9hG4bKother")], "key 5 or so"));
    let unclear = bench.only();

    assert!(clear.is("200") && unclear.is("415"));
    assert!(matches!(told[..], [Event::Signalled { signal, .. }] if signal.as_char() == '5'));
    assert!(bench.events().is_empty());
}

#[test]
fn a_lost_ack_of_the_2xx_is_proved_by_the_next_offer() {
    let mut bench = Bench::default();
    let dialog = bench.incoming(&invite());
    bench.accept(dialog);
    let tag = bench.sent().pop().unwrap().to_tag();

    bench.receive(&request(
        "INVITE",
        &[&to(&tag), "CSeq: 2 INVITE", &branch("z9hG4bKre")],
        SDP,
    ));
    assert!(matches!(
        bench.events()[..],
        [Event::Acknowledged { .. }, Event::Offered { .. }]
    ));
    bench.command(Command::Answer {
        dialog,
        sdp: OUR_SDP.into(),
    });

    assert!(bench.sent().pop().unwrap().is("200"));
}
