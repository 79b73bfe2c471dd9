//! What is the same transaction and what is not: alarm devices with constant branches and tags exist.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Bench, PEER, SDP, branch, invite, peer, request, status};
use sip::{Body, Command, Event, Flow};

fn alarm(lines: &[&str]) -> String {
    let constant = [
        branch("z9hG4bK-0001"),
        "From: <sip:device@198.51.100.7>;tag=286524".to_owned(),
    ];
    let mut all: Vec<&str> = constant.iter().map(String::as_str).collect();
    all.extend(lines);
    all.push("Content-Type: application/scaip+xml");
    request("MESSAGE", &all, "<mrq/>")
}

fn respond_all(bench: &mut Bench) -> usize {
    let mut told = 0;
    for event in bench.events() {
        let Event::Request { request, .. } = event else {
            panic!("{event:?}")
        };
        told += 1;
        bench.command(Command::Respond {
            request,
            status: status(200),
            headers: vec![],
            body: Body::default(),
        });
    }
    told
}

#[test]
fn a_new_alarm_with_a_constant_branch_and_tag_is_no_retransmission() {
    let mut bench = Bench::default();
    bench.receive(&alarm(&["Call-ID: a", "CSeq: 1 MESSAGE"]));
    assert_eq!(respond_all(&mut bench), 1);

    bench.receive(&alarm(&["Call-ID: b", "CSeq: 1 MESSAGE"]));
    assert_eq!(respond_all(&mut bench), 1, "another Call-ID");
    bench.receive(&alarm(&["Call-ID: b", "CSeq: 2 MESSAGE"]));
    assert_eq!(respond_all(&mut bench), 1, "another number");
    let other = Flow {
        remote: common::address("203.0.113.9:5060"),
        ..peer()
    };
    bench.receive_from(other, &alarm(&["Call-ID: b", "CSeq: 2 MESSAGE"]));
    assert_eq!(respond_all(&mut bench), 1, "another source");
}

#[test]
fn a_retransmitted_alarm_is_told_once() {
    let mut bench = Bench::default();

    bench.receive(&alarm(&["Call-ID: a", "CSeq: 1 MESSAGE"]));
    bench.receive(&alarm(&["Call-ID: a", "CSeq: 1 MESSAGE"]));

    assert_eq!(respond_all(&mut bench), 1);
}

#[test]
fn the_same_branch_from_another_sent_by_is_another_transaction() {
    let mut bench = Bench::default();
    bench.incoming(&invite());

    let other = "Via: SIP/2.0/UDP 198.51.100.8:5070;branch=z9hG4bKINVITE1";
    bench.incoming(&request("INVITE", &[other, "Call-ID: call-2"], SDP));

    assert_eq!(bench.endpoint.counts().dialogs, 2);
}

#[test]
fn sent_by_and_branch_cookie_are_compared_without_case() {
    let mut bench = Bench::default();
    let via = |host: &str| format!("Via: SIP/2.0/UDP {host};branch=z9hG4bKx");
    bench.incoming(&request("INVITE", &[&via("Phone.Example:5070")], SDP));
    bench.sent();

    bench.receive(&request("INVITE", &[&via("phone.example:5070")], SDP));

    assert!(bench.only().is("100"));
    assert!(bench.events().is_empty());
}

#[test]
fn a_branch_without_cookie_is_matched_by_rfc_2543() {
    let mut bench = Bench::default();
    let via = format!("Via: SIP/2.0/UDP {PEER};branch=1");
    let first = request("INVITE", &[&via], SDP);
    let dialog = bench.incoming(&first);
    bench.receive(&first);
    bench.receive(
        &first
            .replacen("sip:line@", "sip:other@", 1)
            .replace("Call-ID: call-1", "Call-ID: call-9"),
    );
    bench.events();

    bench.command(Command::Reject {
        dialog,
        status: status(486),
        headers: Vec::new(),
    });
    let tag = bench.sent().pop().unwrap().to_tag();
    bench.receive(&request("ACK", &[&via, &common::to(&tag)], ""));
    bench.seconds(6);

    assert!(bench.sent().is_empty(), "the ACK was matched");
}

#[test]
fn a_peer_without_branch_and_tag_can_call() {
    let mut bench = Bench::default();
    let via = format!("Via: SIP/2.0/UDP {PEER}");
    let from = "From: <sip:caller@198.51.100.7>";
    let dialog = bench.incoming(&request("INVITE", &[&via, from], SDP));
    bench.accept(dialog);
    let tag = bench.sent().pop().unwrap().to_tag();

    bench.receive(&request("ACK", &[&via, from, &common::to(&tag)], ""));
    bench.receive(&request(
        "BYE",
        &[&via, from, &common::to(&tag), "CSeq: 2 BYE"],
        "",
    ));

    assert!(bench.sent().pop().unwrap().is("200"));
    assert!(matches!(
        bench.events()[..],
        [Event::Acknowledged { .. }, Event::Ended { .. }]
    ));
}

#[test]
fn a_response_with_a_branch_of_ours_but_another_method_is_absorbed_nowhere() {
    let mut bench = Bench::default();
    let (_, sent) = bench.call();
    let number = sent.header("CSeq").unwrap();
    let cancelled = common::response(&sent.text, "200 OK", "callee", "")
        .replace(&number, &number.replace("INVITE", "CANCEL"));

    bench.receive(&cancelled);

    assert!(bench.sent().is_empty() && bench.events().is_empty());
}
