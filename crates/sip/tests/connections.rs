//! Connections under calls: they stay, and a call outlives the loss of one (RFC 3261 §18, RFC 5626 §3.5.1).
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{Bench, PEER, SDP, address, outgoing, peer_tcp, request, response};
use sip::framing::{Framer, PING};
use sip::{
    Admission, Command, ConnectionId, DialogId, Event, Failure, Flow, Input, OpenedBy, Protocol,
    Registering, Target,
};

const CONTACT: &str = "Contact: <sip:x@198.51.100.7:5080;transport=tcp>";

fn via(branch: &str) -> String {
    format!("Via: SIP/2.0/TCP {PEER};branch={branch}")
}

/// Where the peer of [`call`] is reached without its connection.
fn by_contact() -> Target {
    Target::FlowOrAddress {
        flow: peer_tcp(),
        address: address("198.51.100.7:5080"),
    }
}

/// A call that came by a connection, and our tag in it.
fn call(bench: &mut Bench) -> (DialogId, String) {
    let lines = [CONTACT, &via("z9hG4bKtcp")];
    bench.receive_from(peer_tcp(), &request("INVITE", &lines, SDP));
    let Some(Event::Incoming { dialog, .. }) = bench.events().pop() else {
        panic!("no call")
    };
    bench.accept(dialog);
    let tag = bench.sent().pop().unwrap().to_tag();
    let lines = [&common::to(&tag), &via("z9hG4bKack")];
    bench.receive_from(peer_tcp(), &request("ACK", &lines.map(String::as_str), ""));
    bench.events();
    (dialog, tag)
}

fn hang_up(bench: &mut Bench, dialog: DialogId) {
    bench.command(Command::Bye {
        dialog,
        reason: None,
    });
}

fn pings(bench: &mut Bench) -> Vec<Duration> {
    let sent = bench.sent().into_iter();
    let pings = sent.filter(|sent| sent.text.as_bytes() == PING);
    pings
        .map(|ping| {
            assert_eq!(ping.target, Target::Flow(peer_tcp()));
            ping.at
        })
        .collect()
}

#[test]
fn the_connection_of_a_live_call_is_kept_alive_until_its_end() {
    let mut bench = Bench::default();
    let (dialog, _) = call(&mut bench);

    bench.seconds(800);
    let pings = pings(&mut bench);
    hang_up(&mut bench, dialog);
    let bye = bench.only();
    bench.receive_from(peer_tcp(), &response(&bye.text, "200 OK", "", ""));
    bench.seconds(800);

    let mut gaps = pings.windows(2).map(|pair| pair[1] - pair[0]);
    assert!((6..=8).contains(&pings.len()), "{pings:?}");
    assert!(gaps.all(|gap| (95..=120).contains(&gap.as_secs())));
    assert!(bench.sent().is_empty());
    bench.assert_empty();
}

#[test]
fn the_connection_of_a_call_of_ours_is_kept_alive_too() {
    let mut bench = Bench::default();
    let dialog = bench.endpoint.next_dialog();
    let target = Target::Address {
        listener: common::TCP,
        protocol: Protocol::Tcp,
        remote: address(PEER),
        local: None,
    };
    bench.command(Command::Invite(Box::new(outgoing(dialog, target))));
    let invite = bench.only();

    bench.receive_from(peer_tcp(), &response(&invite.text, "200 OK", "callee", SDP));
    bench.sent();
    bench.seconds(300);

    assert_eq!(pings(&mut bench).len(), 2);
}

#[test]
fn a_call_by_datagrams_needs_no_keep_alive() {
    let mut bench = Bench::default();
    bench.answered();
    bench.sent();

    bench.seconds(600);

    assert!(bench.sent().is_empty());
}

#[test]
fn a_call_whose_connection_is_gone_is_hung_up_by_another() {
    let mut bench = Bench::default();
    let (dialog, _) = call(&mut bench);
    bench.input(common::closed(peer_tcp())).unwrap();

    hang_up(&mut bench, dialog);

    let bye = bench.only();
    assert_eq!(bye.target, by_contact());
    let other = Flow::tcp(common::TCP, address(PEER), ConnectionId(2));
    bench.receive_from(other, &response(&bye.text, "200 OK", "", ""));
    bench.seconds(60);
    bench.assert_empty();
}

#[test]
fn a_request_that_was_under_way_on_a_lost_connection_is_sent_by_another() {
    let mut bench = Bench::default();
    let (dialog, _) = call(&mut bench);
    hang_up(&mut bench, dialog);
    let first = bench.only();

    bench.input(common::closed(peer_tcp())).unwrap();

    let again = bench.only();
    let Target::FlowOrAddress { address, .. } = by_contact() else {
        panic!("no other way")
    };
    assert_eq!((again.target, &again.text), (to(address), &first.text));
    // Nobody is there either.
    let target = again.target;
    bench.input(Input::SendFailed { target }).unwrap();
    bench.seconds(60);
    bench.assert_empty();
}

/// By a connection of ours to an address.
fn to(remote: std::net::SocketAddr) -> Target {
    Target::Address {
        listener: common::TCP,
        protocol: Protocol::Tcp,
        remote,
        local: None,
    }
}

/// How a call of ours to the peer's address fails that was tried, when this connection from there is lost.
fn fails_when_lost(opened: OpenedBy) -> Option<Failure> {
    let mut bench = Bench::default();
    let dialog = bench.endpoint.next_dialog();
    let invite = outgoing(dialog, to(address(PEER)));
    bench.command(Command::Invite(Box::new(invite)));
    let invite = bench.only();
    bench.receive_from(peer_tcp(), &response(&invite.text, "100 Trying", "", ""));
    bench.events();

    let flow = peer_tcp();
    bench.input(Input::FlowClosed { flow, opened }).unwrap();

    bench.events().into_iter().find_map(|event| {
        if let Event::Failed { reason, .. } = event {
            Some(reason)
        } else {
            None
        }
    })
}

#[test]
fn a_call_under_way_fails_at_once_when_our_connection_is_lost() {
    assert_eq!(fails_when_lost(OpenedBy::Us), Some(Failure::Transport));
    assert_eq!(fails_when_lost(OpenedBy::Peer), None);
}

#[test]
fn a_trunk_is_answered_at_its_own_port_when_its_connection_is_gone() {
    let mut bench = Bench::default();
    let lines = [CONTACT, &via("z9hG4bKtcp")];
    bench.receive_from(peer_tcp(), &request("INVITE", &lines, SDP));
    bench.sent();
    let Some(Event::Incoming { dialog, .. }) = bench.events().pop() else {
        panic!("no call")
    };
    bench.input(common::closed(peer_tcp())).unwrap();

    bench.accept(dialog);

    let (flow, address) = (peer_tcp(), address(PEER));
    let answer = bench.only();
    assert_eq!(answer.target, Target::FlowOrAddress { flow, address });
}

#[test]
fn a_stranger_makes_us_connect_to_nobody() {
    let mut bench = Bench::default();
    for method in ["INVITE", "REGISTER"] {
        let lines = [CONTACT, &via("z9hG4bKtcp")];
        bench.receive_unknown(peer_tcp(), &request(method, &lines, ""));

        assert_eq!(bench.only().target, Target::Flow(peer_tcp()), "{method}");
    }
}

/// What is answered when a stream breaks at this text.
fn broken(text: &str, admission: Admission) -> Vec<common::Sent> {
    let mut framer = Framer::new();
    framer.push(text.as_bytes());
    let error = framer.next_frame().unwrap_err();
    let mut bench = Bench::default();
    bench
        .input(Input::Unframed {
            flow: peer_tcp(),
            error,
            admission,
            registering: Registering::Allowed,
        })
        .unwrap();
    bench.sent()
}

#[test]
fn what_breaks_a_stream_is_answered_if_its_head_can_be_read_and_its_sender_is_known() {
    let lines = [via("z9hG4bKtcp"), "X: y".to_owned()];
    let options = request("OPTIONS", &lines.each_ref().map(String::as_str), "");
    let without_length = options.replace("Content-Length: 0\r\n", "");
    let garbage = "x\r\n\r\n";

    let answered = broken(&without_length, Admission::Trunk);
    assert!(answered.len() == 1 && answered[0].is("400"), "{answered:?}");
    assert!(broken(&without_length, Admission::Unknown).is_empty());
    assert!(broken(garbage, Admission::Trunk).is_empty());
}
