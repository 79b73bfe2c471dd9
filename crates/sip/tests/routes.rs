//! Where requests inside a dialog go (RFC 3261 §12.2.1.1).
#![allow(clippy::unwrap_used)]

mod common;

use common::{Bench, SDP, address, peer, peer_tcp, request, response_with};
use sip::{Command, Event, Flow, Input, Protocol, Target};

/// Our BYE in a call from `flow` whose INVITE had these header lines.
fn bye(flow: Flow, lines: &[&str]) -> common::Sent {
    let mut bench = Bench::default();
    bench.receive_from(flow, &request("INVITE", lines, SDP));
    let Some(Event::Incoming { dialog, .. }) = bench.events().pop() else {
        panic!("no call")
    };
    bench.accept(dialog);
    let tag = bench.sent().pop().unwrap().to_tag();
    let via = lines.iter().find(|line| line.starts_with("Via:"));
    let via = via.map_or_else(
        || common::branch("z9hG4bKack"),
        |via| via.replace("bK", "bKa"),
    );
    bench.receive_from(flow, &request("ACK", &[&common::to(&tag), &via], ""));
    bench.command(Command::Bye {
        dialog,
        reason: None,
    });
    bench.only()
}

#[test]
fn a_loose_route_is_followed_in_the_order_of_record_route() {
    let bye = bye(
        peer(),
        &["Record-Route: <sip:203.0.113.1;lr>, <sip:203.0.113.2:5080;lr>"],
    );

    assert_eq!(bye.start_line(), "BYE sip:caller@198.51.100.7:5070 SIP/2.0");
    assert_eq!(bye.header("Route").unwrap(), "<sip:203.0.113.1;lr>");
    assert!(bye.text.contains("Route: <sip:203.0.113.2:5080;lr>\r\n"));
    assert_eq!(bye.target.remote(), address("203.0.113.1:5060"));
}

#[test]
fn our_2xx_copies_record_route() {
    let mut bench = Bench::default();
    let dialog = bench.incoming(&request(
        "INVITE",
        &["Record-Route: <sip:203.0.113.1;lr>"],
        SDP,
    ));
    bench.accept(dialog);
    assert_eq!(
        bench.sent().pop().unwrap().header("Record-Route").unwrap(),
        "<sip:203.0.113.1;lr>"
    );
}

#[test]
fn a_strict_route_takes_the_request_uri() {
    let bye = bye(
        peer(),
        &["Record-Route: <sip:203.0.113.1>, <sip:203.0.113.2;lr>"],
    );

    assert_eq!(bye.start_line(), "BYE sip:203.0.113.1 SIP/2.0");
    assert_eq!(bye.header("Route").unwrap(), "<sip:203.0.113.2;lr>");
    assert!(
        bye.text
            .contains("Route: <sip:caller@198.51.100.7:5070>\r\n")
    );
}

#[test]
fn the_caller_reads_record_route_from_its_end() {
    let mut bench = Bench::default();
    let (_, invite) = bench.call();

    let routes = [
        "Record-Route: <sip:203.0.113.1;lr>",
        "Record-Route: <sip:203.0.113.2;lr>",
    ];
    bench.receive(&response_with(
        &invite.text,
        "200 OK",
        "callee",
        &routes,
        SDP,
    ));

    let ack = bench.only();
    assert_eq!(ack.header("Route").unwrap(), "<sip:203.0.113.2;lr>");
    assert_eq!(ack.target.remote(), address("203.0.113.2:5060"));
}

#[test]
fn an_invalid_contact_is_reached_by_its_flow() {
    for contact in ["df7jal23ls0d.invalid", "203.0.113.9"] {
        let contact = format!("Contact: <sip:x@{contact};transport=ws>");

        let bye = bye(peer(), &[&contact]);

        assert_eq!(bye.target, Target::Flow(peer()), "{contact}");
    }
}

#[test]
fn a_private_contact_behind_nat_is_reached_by_its_flow() {
    let bye = bye(peer(), &["Contact: <sip:x@192.168.1.20:5060>"]);
    assert_eq!(bye.target, Target::Flow(peer()));
}

/// Contacts that nobody answers at who is asked from here.
const NOWHERE: [&str; 9] = [
    "[2003:fa:efff:a71::1]",
    "[fd00::5]:5070",
    "198.51.100.7:0",
    "203.0.113.7:0",
    "224.0.1.75",
    "255.255.255.255",
    "0.0.0.0:5060",
    "192.0.2.1:5060",
    "127.0.0.1:5060",
];

#[test]
fn a_contact_that_leads_nowhere_is_reached_by_its_flow() {
    let gateway = Flow::udp(common::UDP, address("10.9.0.9:5070"));
    for flow in [peer(), gateway] {
        for contact in NOWHERE.into_iter().chain(["169.254.7.7:5060"]) {
            let bye = bye(flow, &[&format!("Contact: <sip:gw@{contact}>")]);

            assert_eq!(bye.target, Target::Flow(flow), "{contact}");
            assert!(bye.start_line().contains(contact), "{bye:?}");
        }
    }
}

#[test]
fn a_route_that_leads_nowhere_is_not_taken() {
    let bye = bye(peer(), &["Record-Route: <sip:[2003:fa::9];lr>"]);
    assert_eq!(bye.target, Target::Flow(peer()));
}

#[test]
fn a_private_contact_of_a_trunk_in_private_space_is_reached_at_its_address() {
    let gateway = Flow::udp(common::UDP, address("10.9.0.9:5070"));
    let bye = bye(gateway, &["Contact: <sip:gw@192.168.1.20>"]);
    assert_eq!(bye.target.remote(), address("192.168.1.20:5060"));
}

/// The address of a Contact elsewhere.
fn elsewhere() -> Target {
    Target::Address {
        listener: common::UDP,
        protocol: Protocol::Udp,
        remote: address("203.0.113.7:5060"),
        local: None,
    }
}

#[test]
fn what_cannot_be_sent_to_a_contact_goes_by_the_flow_and_so_does_all_behind_it() {
    let mut bench = Bench::default();
    let dialog = bench.incoming(&request("INVITE", &["Contact: <sip:x@203.0.113.7>"], SDP));
    bench.accept(dialog);
    let tag = bench.sent().pop().unwrap().to_tag();
    bench.receive(&common::ack(&tag));
    let info = Command::Info {
        dialog,
        content_type: sip::HeaderValue::literal("application/dtmf-relay"),
        body: "Signal=5".into(),
    };
    bench.command(info);
    let info = bench.only();
    assert_eq!(info.target, elsewhere());

    let target = elsewhere();
    bench.input(Input::SendFailed { target }).unwrap();
    let again = bench.only();
    bench.command(Command::Bye {
        dialog,
        reason: None,
    });
    let bye = bench.only();

    assert_eq!(
        (again.target, &again.text),
        (Target::Flow(peer()), &info.text)
    );
    assert_eq!(bye.target, Target::Flow(peer()));
}

#[test]
fn an_ack_that_cannot_be_sent_to_a_contact_goes_where_the_call_went() {
    let gateway = Target::Address {
        listener: common::UDP,
        protocol: Protocol::Udp,
        remote: address(common::PEER),
        local: None,
    };
    let mut bench = Bench::default();
    let (_, invite) = bench.call_over(gateway);
    let answer = response_with(&invite.text, "200 OK", "callee", &[], SDP);
    let answer = answer.replace(common::PEER, "203.0.113.7");
    bench.receive(&answer);
    let ack = bench.only();
    assert_eq!(ack.target, elsewhere());

    let target = elsewhere();
    bench.input(Input::SendFailed { target }).unwrap();
    bench.receive(&answer);

    for again in bench.sent() {
        assert_eq!((again.target, &again.text), (gateway, &ack.text));
    }
}

#[test]
fn a_contact_elsewhere_is_reached_at_its_address() {
    let bye = bye(peer(), &["Contact: <sip:x@203.0.113.7>"]);
    assert_eq!(
        bye.target,
        Target::Address {
            listener: common::UDP,
            protocol: Protocol::Udp,
            remote: address("203.0.113.7:5060"),
            local: None,
        }
    );
}

#[test]
fn a_connection_is_used_both_ways() {
    let bye = bye(
        peer_tcp(),
        &["Contact: <sip:x@198.51.100.7:5060;transport=tcp>"],
    );
    let (flow, address) = (peer_tcp(), address("198.51.100.7:5060"));
    assert_eq!(bye.target, Target::FlowOrAddress { flow, address });
    assert!(bye.header("Via").unwrap().starts_with("SIP/2.0/TCP"));
}

#[test]
fn an_ipv6_peer_is_reached_and_shown_its_address() {
    let flow = Flow::udp(common::UDP, address("[2001:db8::7]:5070"));
    let mut bench = Bench::default();

    bench.receive_from(
        flow,
        &request(
            "OPTIONS",
            &["Via: SIP/2.0/UDP [2001:db8::9];branch=z9hG4bKv6;rport"],
            "",
        ),
    );

    let answer = bench.only();
    assert_eq!(answer.target, Target::Flow(flow));
    assert!(
        answer
            .header("Via")
            .unwrap()
            .contains("received=2001:db8::7;rport=5070")
    );
}

#[test]
fn a_datagram_is_answered_where_its_sender_hears() {
    let via = |rest: &str| format!("Via: SIP/2.0/UDP {rest};branch=z9hG4bKback");
    for (via, answered_at) in [
        (via("198.51.100.7:5060"), "198.51.100.7:5060"),
        (via("198.51.100.7:6070"), "198.51.100.7:6070"),
        (via("198.51.100.7"), "198.51.100.7:5060"),
        (via("198.51.100.7:5060;rport"), "198.51.100.7:5070"),
        (via("198.51.100.7:5060;rport=1"), "198.51.100.7:5070"),
        (via("192.168.1.20:5060"), "198.51.100.7:5070"),
        (via("phone.example:5060"), "198.51.100.7:5070"),
        (via("198.51.100.7;maddr=203.0.113.9"), "198.51.100.7:5060"),
    ] {
        let mut bench = Bench::default();

        bench.receive(&request("OPTIONS", &[&via], ""));

        let answer = bench.only();
        assert!(answer.is("200"));
        assert_eq!(answer.target.remote(), address(answered_at), "{via}");
    }
}

#[test]
fn a_peer_that_sends_from_another_port_is_called_where_it_hears() {
    let lines = [
        "Via: SIP/2.0/UDP 198.51.100.7:6070;branch=z9hG4bKother",
        "Contact: <sip:x@phone.invalid>",
    ];

    let bye = bye(peer(), &lines);

    assert_eq!(bye.target.remote(), address("198.51.100.7:6070"));
}

#[test]
fn after_a_move_behind_nat_the_new_flow_is_used() {
    let mut bench = Bench::default();
    let contact = "Contact: <sip:x@192.168.1.20:5060>";
    let dialog = bench.incoming(&request("INVITE", &[contact], SDP));
    bench.accept(dialog);
    let tag = bench.sent().pop().unwrap().to_tag();
    bench.receive(&common::ack(&tag));
    let moved = Flow {
        remote: address("198.51.100.7:6666"),
        ..peer()
    };
    bench.receive_from(
        moved,
        &request("INFO", &[&common::to(&tag), "CSeq: 2 INFO", contact], ""),
    );
    bench.sent();

    bench.command(Command::Bye {
        dialog,
        reason: None,
    });

    assert_eq!(bench.only().target, Target::Flow(moved));
}
