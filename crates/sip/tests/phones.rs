//! Calls with phones that registered: by their flow, whatever their Contact says (RFC 5626 §5.3),
//! and without being taken for anybody else's.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;

use bytes::Bytes;
use common::{Bench, SDP, Sent, TCP, UDP, address, branch, config, request, response_with};
use sip::digest::{Client, Ha1};
use sip::{Command, ConnectionId, DialogId, Event, Flow, Message, Method, Target, User};

/// Contacts that say nothing about where a phone can be reached from here.
const CONTACTS: [&str; 9] = [
    "192.168.77.5:5070",
    "10.0.0.5:5070",
    "127.0.0.1:5070",
    "127.0.1.1",
    "169.254.7.7:5070",
    "0.0.0.0:5070",
    "[fd00::5]:5070",
    "[2003:fa::5]:5070",
    "192.0.2.1:5060",
];

/// Whence a phone registered that is behind a NAT within private space.
fn flow() -> Flow {
    Flow::udp(UDP, address("10.9.0.21:40001"))
}

fn connection() -> Flow {
    Flow::tcp(TCP, address("10.9.0.21:40001"), ConnectionId(1))
}

/// The phone's answer to our INVITE.
fn answer(invite: &Sent, lines: &[&str]) -> String {
    let answer = response_with(&invite.text, "200 OK", "phone", lines, SDP);
    answer.replace("Contact: <sip:op@198.51.100.7:5070>\r\n", "")
}

/// A call to a phone at this flow that answers with these header lines; the ACK, and then our BYE.
fn called(flow: Flow, lines: &[&str]) -> [Sent; 2] {
    let mut bench = Bench::default();
    let (dialog, invite) = bench.call_over(Target::Flow(flow));
    bench.receive_from(flow, &answer(&invite, lines));
    let ack = bench.only();
    [ack, hang_up(&mut bench, dialog)]
}

fn hang_up(bench: &mut Bench, dialog: DialogId) -> Sent {
    let reason = None;
    bench.command(Command::Bye { dialog, reason });
    bench.only()
}

/// A phone dials with its password; our BYE in that call.
fn dialled(contact: &str) -> Sent {
    let user = User("jana".to_owned());
    let mut config = config();
    config.accounts = BTreeMap::from([(user, Ha1::new(b"jana", b"linka.test", b"secret"))]);
    let mut bench = Bench::with(config);
    let contact = format!("Contact: <sip:jana@{contact}>");
    bench.receive_from(flow(), &request("INVITE", &[&contact], SDP));
    let Some(Event::Incoming { dialog, .. }) = bench.events().pop() else {
        panic!("no call")
    };
    bench.command(Command::Reject {
        dialog,
        status: common::status(401),
        headers: Vec::new(),
    });
    let challenge = bench.sent().pop().unwrap();
    let challenge = Message::parse(Bytes::from(challenge.text.into_bytes())).unwrap();
    let mut client = Client::new("jana", "secret");
    client.challenged(&challenge).unwrap();
    let uri = b"sip:line@192.0.2.1";
    let (_, value) = client.authorize(Method::Invite, uri, 7).unwrap();
    let value = String::from_utf8_lossy(value.bytes()).into_owned();
    let credentials = format!("Authorization: {value}");
    let lines = [
        "CSeq: 2 INVITE",
        &branch("z9hG4bKagain"),
        &credentials,
        &contact,
    ];
    bench.receive_from(flow(), &request("INVITE", &lines, SDP));
    let Some(Event::Incoming {
        dialog,
        user: Some(_),
        ..
    }) = bench.events().pop()
    else {
        panic!("not known")
    };
    bench.accept(dialog);
    let tag = bench.sent().pop().unwrap().to_tag();
    let lines = [&common::to(&tag), "CSeq: 2 ACK", &branch("z9hG4bKack")];
    bench.receive_from(flow(), &request("ACK", &lines, ""));
    hang_up(&mut bench, dialog)
}

#[test]
fn a_phone_whose_router_maps_anew_while_it_rings_gets_ack_and_bye_where_it_answers() {
    let elsewhere = Flow::udp(UDP, address("10.9.0.21:40009"));
    let mut bench = Bench::default();
    let (dialog, invite) = bench.call_over(Target::Flow(flow()));

    bench.receive_from(elsewhere, &answer(&invite, &[]));

    let followed =
        |event: &Event| matches!(event, Event::Followed { flow, .. } if *flow == elsewhere);
    assert!(bench.events().iter().any(followed));
    assert_eq!(bench.only().target, Target::Flow(elsewhere));
    assert_eq!(hang_up(&mut bench, dialog).target, Target::Flow(elsewhere));
}

#[test]
fn a_phone_whose_router_maps_anew_between_two_answers_is_acknowledged_at_the_later_one() {
    let elsewhere = Flow::udp(UDP, address("10.9.0.21:40009"));
    let mut bench = Bench::default();
    let (dialog, invite) = bench.call_over(Target::Flow(flow()));
    bench.receive_from(flow(), &answer(&invite, &[]));
    let first = bench.only();

    bench.receive_from(elsewhere, &answer(&invite, &[]));

    let again = bench.sent().pop().unwrap();
    assert_eq!(
        (again.text, again.target),
        (first.text, Target::Flow(elsewhere))
    );
    // The first answer doubled on its way, or was late.
    bench.receive_from(flow(), &answer(&invite, &[]));
    bench.sent();
    assert_eq!(hang_up(&mut bench, dialog).target, Target::Flow(elsewhere));
}

#[test]
fn a_trunk_that_answers_from_elsewhere_gets_its_ack_where_its_contact_leads() {
    let trunk = Target::Address {
        listener: UDP,
        protocol: sip::Protocol::Udp,
        remote: flow().remote,
        local: None,
    };
    let elsewhere = Flow::udp(UDP, address("10.9.0.21:40009"));
    let mut bench = Bench::default();
    let (_, invite) = bench.call_over(trunk);

    bench.receive_from(
        elsewhere,
        &answer(&invite, &["Contact: <sip:gw@10.9.0.22:5070>"]),
    );

    assert_eq!(bench.only().target.remote(), address("10.9.0.22:5070"));
}

#[test]
fn a_call_to_a_phone_goes_by_the_flow_that_registered_whatever_its_contact_says() {
    for contact in CONTACTS {
        let line = format!("Contact: <sip:jana@{contact}>");

        let sent = called(flow(), &[&line]);

        for sent in sent {
            assert_eq!(sent.target, Target::Flow(flow()), "{sent:?}");
            assert!(sent.start_line().contains(contact), "{sent:?}");
        }
    }
}

#[test]
fn the_own_call_of_a_phone_goes_by_the_flow_it_came_by() {
    for contact in CONTACTS {
        assert_eq!(dialled(contact).target, Target::Flow(flow()), "{contact}");
    }
}

#[test]
fn the_contact_of_a_phone_serves_only_once_its_connection_is_gone() {
    for (contact, elsewhere) in [
        ("192.168.77.5:5070", "192.168.77.5:5070"),
        ("127.0.0.1:5070", "10.9.0.21:5070"),
        ("[2003:fa::5]:5070", "10.9.0.21:5070"),
    ] {
        let line = format!("Contact: <sip:jana@{contact};transport=tcp>");

        let sent = called(connection(), &[&line]);

        let (flow, address) = (connection(), address(elsewhere));
        for sent in sent {
            assert_eq!(sent.target, Target::FlowOrAddress { flow, address });
        }
    }
}

#[test]
fn a_phone_behind_a_proxy_that_stays_in_the_call_is_reached_through_it() {
    let lines = [
        "Contact: <sip:jana@192.168.77.5>",
        "Record-Route: <sip:10.9.0.30;lr>",
    ];

    let [ack, bye] = called(flow(), &lines);

    assert_eq!(ack.target.remote(), address("10.9.0.30:5060"));
    assert_eq!(bye.target.remote(), address("10.9.0.30:5060"));
}

/// An answered call to a phone that did not hear our ACK, after everything about its INVITE was forgotten.
fn unheard(lines: &[&str]) -> (Bench, DialogId, String) {
    let mut bench = Bench::default();
    let (dialog, invite) = bench.call_over(Target::Flow(flow()));
    let answer = answer(&invite, lines);
    bench.receive_from(flow(), &answer);
    bench.seconds(33);
    bench.sent();
    bench.events();
    (bench, dialog, answer)
}

#[test]
fn an_answer_that_comes_again_late_is_acknowledged_where_it_came_from() {
    let lines = [
        "Contact: <sip:jana@192.168.77.5>",
        "Record-Route: <sip:203.0.113.66;lr>",
    ];
    let (mut bench, dialog, answer) = unheard(&lines);
    let moved = Flow::udp(UDP, address("10.9.0.21:40077"));

    bench.receive_unknown(moved, &answer);

    let ack = bench.only();
    assert_eq!(ack.start_line(), "ACK sip:jana@192.168.77.5 SIP/2.0");
    assert_eq!(
        (ack.target, ack.to_tag().as_str()),
        (Target::Flow(moved), "phone")
    );
    assert!(bench.events().is_empty());
    assert!(hang_up(&mut bench, dialog).is("BYE"));
}

#[test]
fn the_late_answer_of_a_fork_is_told_as_before() {
    let (mut bench, _, answer) = unheard(&["Contact: <sip:jana@192.168.77.5>"]);

    bench.receive_from(flow(), &answer.replace("tag=phone", "tag=other"));

    assert!(bench.sent().is_empty());
    assert!(matches!(bench.event(), Event::StraySuccess { .. }));
}
