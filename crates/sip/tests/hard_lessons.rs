//! What other stacks got wrong on the wire, each as the sentence that must hold.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use bytes::Bytes;
use common::{Bench, SDP, branch, invite, peer, request, response, status, to};
use sip::digest::{Client, Ha1};
use sip::{
    ANSWERS_KEPT_MAX, Admission, Body, Command, Event, Limits, Message, Method, Party, Uri, User,
};

fn body_of(event: Event) -> Bytes {
    let Event::Request { message, .. } = event else {
        panic!("no request")
    };
    message.body()
}

#[test]
fn a_message_without_content_length_keeps_its_body_over_udp() {
    let mut bench = Bench::default();
    let text = request(
        "MESSAGE",
        &["Content-Type: application/scaip+xml"],
        "<mrq><ref>1</ref></mrq>",
    );
    let bare = text
        .split("\r\n")
        .filter(|line| !line.starts_with("Content-Length"))
        .collect::<Vec<_>>()
        .join("\r\n");

    bench.receive(&bare);

    assert_eq!(&body_of(bench.event())[..], b"<mrq><ref>1</ref></mrq>");
}

#[test]
fn a_length_that_would_overflow_is_refused_and_the_next_message_is_served() {
    for length in [
        "18446744073709551615",
        "99999999999999999999999999",
        "-1",
        "0x10",
        "5 6",
    ] {
        let mut bench = Bench::default();
        let text = request("MESSAGE", &[], "hello")
            .replace("Content-Length: 5", &format!("Content-Length: {length}"));

        bench.receive(&text);
        assert!(bench.only().is("400"), "{length}");
        bench.receive(&request("OPTIONS", &[], ""));

        assert!(bench.only().is("200"));
    }
}

#[test]
fn a_latin_1_header_hides_nothing_behind_it() {
    let mut bench = Bench::default();
    let text = request(
        "MESSAGE",
        &["Subject: caf#", "Content-Type: text/plain"],
        "hello",
    );
    let bytes: Vec<u8> = text
        .bytes()
        .map(|byte| if byte == b'#' { 0xe9 } else { byte })
        .collect();

    bench.receive_as(peer(), &bytes, Admission::Trunk);

    let Event::Request { message, .. } = bench.event() else {
        panic!("no request")
    };
    assert_eq!(&message.body()[..], b"hello");
    assert!(message.content_type().unwrap().unwrap().is("text", "plain"));
}

#[test]
fn a_datagram_of_60_kb_arrives_whole() {
    let mut bench = Bench::default();
    let long = "x".repeat(60_000);

    bench.receive(&request("MESSAGE", &["Content-Type: text/plain"], &long));

    assert_eq!(body_of(bench.event()).len(), 60_000);
}

#[test]
fn the_nonce_count_goes_beyond_9_and_beyond_255() {
    let mut config = common::config();
    config.accounts.insert(
        User("jana".to_owned()),
        Ha1::new(b"jana", b"linka.test", b"secret"),
    );
    let mut bench = Bench::with(config);
    let register = |number: u32, lines: &[&str]| {
        let own = [
            branch(&format!("z9hG4bK{number}")),
            format!("CSeq: {number} REGISTER"),
        ];
        let mut all: Vec<&str> = own.iter().map(String::as_str).collect();
        all.extend(["To: <sip:jana@linka.test>", "Expires: 60"]);
        all.extend(lines);
        request("REGISTER", &all, "")
    };
    bench.receive(&register(1, &[]));
    let mut phone = Client::new("jana", "secret");
    phone
        .challenged(&Message::parse(bench.only().text.into()).unwrap())
        .unwrap();

    for number in 2..300 {
        let (_, value) = phone
            .authorize(Method::Register, b"sip:line@192.0.2.1", number.into())
            .unwrap();
        phone.accepted();
        let header = format!("Authorization: {}", str::from_utf8(value.bytes()).unwrap());
        bench.receive(&register(number, &[&header]));
        assert!(bench.only().is("200"), "request {number}");
    }
}

#[test]
fn nothing_of_a_caller_is_printed() {
    let mut bench = Bench::default();
    let number = "420601000017";
    let from = format!("From: \"{number}\" <sip:{number}@198.51.100.7>;tag=theirs");
    let contact = format!("Contact: <sip:{number}@198.51.100.7>");
    let text = request("INVITE", &[&from, &contact], SDP).replacen(
        "sip:line@",
        &format!("sip:{number}@"),
        1,
    );
    let input = sip::Input::Received {
        flow: peer(),
        bytes: text.clone().into(),
        admission: Admission::Trunk,
        registering: sip::Registering::Allowed,
    };
    let mut printed = format!("{input:?}");
    let dialog = bench.incoming(&text);
    bench.receive(&request("MESSAGE", &[&from, &contact], number));
    let party = Party {
        display: Some(number.to_owned()),
        uri: Uri::parse(format!("sip:{number}@x")).unwrap(),
    };
    let command = Command::Accept {
        dialog,
        sdp: number.to_owned().into_bytes().into(),
        local_tag: None,
        headers: vec![],
    };

    printed += &format!(
        "{:?}{party:?}{command:?}{:?}",
        bench.events(),
        bench.endpoint
    );

    assert!(!printed.contains(&number[..6]), "{printed}");
}

#[test]
fn a_lost_180_is_sent_again_for_the_invite_that_asks() {
    let mut bench = Bench::default();
    let dialog = bench.incoming(&invite());
    bench.command(Command::Progress {
        dialog,
        status: status(180),
        local_tag: None,
    });
    bench.sent();

    bench.receive(&invite());

    assert!(bench.only().is("180"));
}

#[test]
fn finished_calls_leave_nothing_behind() {
    let mut bench = Bench::default();
    for number in 0..2_000 {
        let call = format!("Call-ID: c{number}");
        let via = |part: &str| branch(&format!("z9hG4bK{part}{number}"));
        let dialog = bench.incoming(&request("INVITE", &[&call, &via("i")], SDP));
        bench.accept(dialog);
        let tag = bench.sent().pop().unwrap().to_tag();
        bench.receive(&request("ACK", &[&call, &via("a"), &to(&tag)], ""));
        bench.receive(&request(
            "BYE",
            &[&call, &via("b"), &to(&tag), "CSeq: 2 BYE"],
            "",
        ));
        bench.advance(Duration::from_millis(5));
        bench.sent();
        bench.events();
    }
    assert_eq!(bench.endpoint.counts().dialogs, 0);
    assert!(bench.endpoint.counts().transactions > 0);

    bench.seconds(33);

    bench.assert_empty();
}

#[test]
fn a_flood_of_invites_without_ack_is_bounded() {
    let mut config = common::config();
    config.limits = Limits {
        transactions: 100,
        ..Limits::DEFAULT
    };
    let mut bench = Bench::with(config);
    for number in 0..1_000 {
        let call = format!("Call-ID: c{number}");
        bench.receive(&request(
            "INVITE",
            &[&call, &branch(&format!("z9hG4bK{number}"))],
            SDP,
        ));
    }

    let refused = bench.sent().iter().filter(|sent| sent.is("503")).count();
    assert_eq!(refused, 900);
    assert_eq!(bench.endpoint.counts().transactions, 100);
    assert_eq!(bench.endpoint.counts().dialogs, 100);
}

/// What a trunk, or whoever forges its address, may send without end.
#[test]
fn a_flood_of_other_requests_keeps_no_call_out() {
    for method in ["OPTIONS", "REFER", "NOTIFY", "BYE", "MESSAGE", "SUBSCRIBE"] {
        let mut config = common::config();
        config.limits = Limits {
            transactions: 100,
            ..Limits::DEFAULT
        };
        let mut bench = Bench::with(config);
        for number in 0..1_000 {
            let call = format!("Call-ID: o{number}");
            let cseq = format!("CSeq: 1 {method}");
            let way = branch(&format!("z9hG4bKo{number}"));
            bench.receive(&request(method, &[&call, &cseq, &way], ""));
        }
        bench.sent();
        bench.events();

        bench.receive(&request("INVITE", &[], SDP));

        let event = bench.event();
        assert!(matches!(event, Event::Incoming { .. }), "{method}");
    }
}

#[test]
fn answers_that_are_kept_for_repetitions_have_a_limit() {
    let mut bench = Bench::default();
    for number in 0..ANSWERS_KEPT_MAX + 500 {
        let call = format!("Call-ID: o{number}");
        let way = branch(&format!("z9hG4bKo{number}"));
        bench.receive(&request("OPTIONS", &[&call, "CSeq: 1 OPTIONS", &way], ""));
        assert!(bench.sent().iter().all(|sent| sent.is("200")));
    }

    assert_eq!(bench.endpoint.counts().transactions, ANSWERS_KEPT_MAX);

    bench.seconds(33);

    assert_eq!(bench.endpoint.counts().transactions, 0);
}

#[test]
fn a_response_with_two_vias_is_not_ours() {
    let mut bench = Bench::default();
    let (_, sent) = bench.call();
    let text = response(&sent.text, "200 OK", "callee", SDP);

    bench.receive(&text.replacen(
        "From: ",
        "Via: SIP/2.0/UDP 203.0.113.1;branch=z9hG4bKx\r\nFrom: ",
        1,
    ));

    assert!(bench.sent().is_empty() && bench.events().is_empty());
}

#[test]
fn a_message_inside_a_dialog_reaches_the_caller_too() {
    let mut bench = Bench::default();
    let (_, tag) = bench.answered();

    bench.receive(&request(
        "MESSAGE",
        &[&to(&tag), "CSeq: 2 MESSAGE", "Content-Type: text/plain"],
        "alarm",
    ));

    assert_eq!(&body_of(bench.event())[..], b"alarm");
}

#[test]
fn a_response_with_a_body_says_what_it_is() {
    let mut bench = Bench::default();
    bench.receive(&request("MESSAGE", &["Content-Type: text/plain"], "hello"));
    let Event::Request { request, .. } = bench.event() else {
        panic!("no request")
    };
    let headers = vec![sip::Header {
        name: "Content-Type",
        value: sip::HeaderValue::literal("application/scaip+xml"),
    }];

    bench.command(Command::Respond {
        request,
        status: status(200),
        headers,
        body: Body::from("<mrs/>"),
    });

    let answer = bench.only();
    assert_eq!(
        answer.header("Content-Type").unwrap(),
        "application/scaip+xml"
    );
    assert_eq!(answer.body(), "<mrs/>");
    assert_eq!(answer.text.matches("Content-Type").count(), 1);
}
