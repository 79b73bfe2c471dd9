//! On a socket that is bound to every address, a peer is answered from the one that it asked, and told it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::net::IpAddr;

use common::{Bench, OURS, SDP, ack, config, peer, request};
use sip::{Command, Flow, Input, LocalRoute, LocalRoutes, Target};

fn asked() -> IpAddr {
    "203.0.113.5".parse().unwrap()
}

/// A peer that asks an address of ours which no route leaves from.
fn who_asks() -> Flow {
    peer().at(Some(asked()))
}

/// The machine's one route, which leaves from another address of ours.
fn routes() -> LocalRoutes {
    let routed: std::net::SocketAddr = OURS.parse().unwrap();
    LocalRoutes::new([LocalRoute {
        network: "0.0.0.0".parse().unwrap(),
        bits: 0,
        local: routed.ip(),
    }])
}

fn bench() -> Bench {
    let mut config = config();
    for listener in &mut config.listeners {
        listener.local.set_ip("0.0.0.0".parse().unwrap());
    }
    config.addresses.routes = routes();
    Bench::with(config)
}

#[test]
fn a_request_is_answered_from_where_it_was_sent_to_by_whatever_port() {
    for via in [
        "Via: SIP/2.0/UDP 198.51.100.7:5090;branch=z9hG4bKlocal",
        "Via: SIP/2.0/UDP 198.51.100.7:5090;branch=z9hG4bKlocal;rport",
    ] {
        let mut bench = bench();

        bench.receive_from(who_asks(), &request("OPTIONS", &[via], ""));

        assert_eq!(bench.only().target.local(), Some(asked()), "{via}");
    }
}

#[test]
fn a_call_goes_on_from_the_address_that_was_asked_wherever_its_contact_leads() {
    for (contact, by_flow) in [
        ("198.51.100.7:5080", false),
        ("192.168.1.20", true),
        ("203.0.113.5:5060", true),
    ] {
        let mut bench = bench();
        let contact = format!("Contact: <sip:x@{contact}>");
        let dialog = bench.incoming_from(who_asks(), &request("INVITE", &[&contact], SDP));
        bench.accept(dialog);
        let answer = bench.sent().pop().unwrap();
        bench.receive_from(who_asks(), &ack(&answer.to_tag()));
        bench.command(Command::Bye {
            dialog,
            reason: None,
        });
        let bye = bench.only();

        let flow = Target::Flow(who_asks());
        assert_eq!(answer.target, flow);
        assert_eq!(bye.target == flow, by_flow, "{contact}");
        assert_eq!(bye.target.local(), Some(asked()), "{contact}");
        let told = format!("{}:5060", asked());
        assert!(answer.header("Contact").unwrap().contains(&told));
        assert!(bye.header("Via").unwrap().contains(&told), "{bye:?}");
    }
}

#[test]
fn a_phone_is_told_the_routes_address_once_the_one_that_it_spoke_to_is_gone() {
    let mut bench = bench();
    let routed = routes().to(who_asks().remote.ip()).unwrap();
    let mut told_when_having = |addresses: &[IpAddr]| {
        let routes = routes().of_machine_with(addresses.iter().copied());
        bench.input(Input::Routed(routes)).unwrap();
        let (_, invite) = bench.call_over(Target::Flow(who_asks()));
        invite.header("Contact").unwrap()
    };

    let before = told_when_having(&[routed, asked()]);
    let after = told_when_having(&[routed]);

    assert!(before.contains(&format!("{}:5060", asked())), "{before}");
    assert!(after.contains(&format!("{routed}:5060")), "{after}");
}

#[test]
fn an_address_that_was_spoken_to_is_told_whatever_the_machine_listed_before() {
    let loopback: IpAddr = "127.0.0.1".parse().unwrap();
    let routed = routes().to(who_asks().remote.ip()).unwrap();
    let nowhere = LocalRoutes::new([]);
    for (named, before) in [
        (
            "the network is just back",
            nowhere.of_machine_with([loopback]),
        ),
        ("it just came", routes().of_machine_with([routed])),
    ] {
        let mut bench = bench();
        bench.input(Input::Routed(before)).unwrap();
        let dialog = bench.incoming_from(who_asks(), &request("INVITE", &[], SDP));
        bench.accept(dialog);
        let told = bench.sent().pop().unwrap().header("Contact").unwrap();
        assert!(
            told.contains(&format!("{}:5060", asked())),
            "{named}: {told}"
        );

        // It may be the machine's by a route alone, which is never listed.
        let unlisted = routes().of_machine_with([routed]);
        bench.input(Input::Routed(unlisted.clone())).unwrap();
        let (_, invite) = bench.call_over(Target::Flow(who_asks()));
        let told = invite.header("Contact").unwrap();
        assert!(
            told.contains(&format!("{}:5060", asked())),
            "{named}: {told}"
        );

        let listed = routes().of_machine_with([routed, asked()]);
        bench.input(Input::Routed(listed)).unwrap();
        bench.input(Input::Routed(unlisted)).unwrap();
        let (_, invite) = bench.call_over(Target::Flow(who_asks()));
        let told = invite.header("Contact").unwrap();
        assert!(told.contains(&format!("{routed}:5060")), "{named}: {told}");
    }
}
