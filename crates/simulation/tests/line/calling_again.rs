//! Several calls live at once from one number.

use dispatch::Standing;
use simulation::{Act, CallRef, Caller, Centre, Manner, World};

use super::{open, seconds};

/// An operator who is busy, one caller with two calls, and another caller.
fn busy() -> (World, CallRef, [CallRef; 3]) {
    let mut world = open(Centre::default());
    world.peer("eva").set_manner(Manner::Answers(seconds(1)));
    let busy = world.call(Caller::from_number(9));
    world.run(seconds(3));
    let calls = [1, 1, 2].map(|number| {
        let call = world.call(Caller::from_number(number));
        world.run(seconds(1));
        call
    });
    (world, busy, calls)
}

fn next_taken(world: &mut World, ends: CallRef) -> CallRef {
    world.act(ends, Act::HangUp);
    world.run(seconds(14));
    world.only_call("eva")
}

#[test]
fn the_second_call_of_one_number_waits_behind() {
    let mut world = open(Centre {
        operators: vec!["eva", "jana"],
        ..Centre::default()
    });
    for phone in ["eva", "jana"] {
        world.peer(phone).set_manner(Manner::Answers(seconds(1)));
    }
    let busy = [8, 9].map(|number| world.call(Caller::from_number(number)));
    world.run(seconds(3));
    let [first, again, other] = [1, 1, 2].map(|number| {
        let call = world.call(Caller::from_number(number));
        world.run(seconds(1));
        call
    });

    for call in busy {
        world.act(call, Act::HangUp);
    }
    world.run(seconds(14));

    let joined = |call| ["eva", "jana"].map(|phone| is_joined(&world, phone, call));
    assert!(joined(first).contains(&true));
    assert!(joined(other).contains(&true));
    assert_eq!(joined(again), [false, false]);
}

fn is_joined(world: &World, phone: &str, call: CallRef) -> bool {
    let peer = world.peers().iter().find(|peer| peer.name == phone);
    peer.unwrap()
        .live_calls()
        .any(|(operator, _)| world.are_joined(call, operator))
}

#[test]
fn it_moves_up_when_the_first_ends() {
    let (mut world, busy, [first, again, other]) = busy();

    world.act(first, Act::HangUp);
    world.run(seconds(1));
    let operator = next_taken(&mut world, busy);

    assert!(world.are_joined(again, operator));
    assert!(world.is_talking(other));
}

/// Where callers stand of whom the network asserts these identities, each a second after the one before.
fn standings(asserted: &[&str]) -> Vec<Standing> {
    let mut world = open(Centre {
        operators: vec![],
        ..Centre::default()
    });
    let from = "198.51.100.1:5070".parse().unwrap();
    for (n, asserted) in asserted.iter().enumerate() {
        world.send(
            from,
            &format!(
                "INVITE sip:80060@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bKagain{n}\r\n\
                 Max-Forwards: 70\r\nFrom: <sip:anonymous@anonymous.invalid>;tag=a{n}\r\n\
                 To: <sip:80060@192.0.2.1>\r\nCall-ID: again{n}@{from}\r\nCSeq: 1 INVITE\r\n\
                 P-Asserted-Identity: {asserted}\r\nContact: <sip:x@{from}>\r\nContent-Length: 0\r\n\r\n"
            ),
        );
        world.run(seconds(1));
    }
    let contacts = world.state().dispatcher().contacts();
    let mut standings: Vec<_> = contacts
        .iter()
        .map(|contact| (contact.id, contact.standing))
        .collect();
    standings.sort_by_key(|(contact, _)| *contact);
    standings
        .into_iter()
        .map(|(_, standing)| standing)
        .collect()
}

#[test]
fn a_number_that_is_asserted_by_a_tel_uri_is_the_same_number() {
    let standings = standings(&[
        "<tel:+420777000001>",
        "<tel:+420-777-000-001;npdi>",
        "\"Anonymous\" <sip:anonymous@anonymous.invalid>, <tel:+420777000001>",
        "<tel:+420777000002>",
    ]);

    assert_eq!(
        standings,
        [
            Standing::Arrival,
            Standing::BehindBand,
            Standing::BehindBand,
            Standing::Arrival
        ]
    );
}

#[test]
fn withheld_numbers_that_a_carrier_shows_as_one_of_ours_are_exempt() {
    for ours in [simulation::OUTGOING_NUMBER, simulation::LINE_NUMBER] {
        let asserted = format!("<sip:{ours}@carrier.example>");

        let standings = standings(&[&asserted, &asserted]);

        assert_eq!(standings, [Standing::Arrival; 2], "{ours}");
    }
}

#[test]
fn withheld_numbers_are_exempt() {
    let mut world = open(Centre {
        operators: vec![],
        ..Centre::default()
    });

    for _ in 0..3 {
        world.call(Caller::default());
    }
    world.run(seconds(1));

    let contacts = world.state().dispatcher().contacts();
    assert!(
        contacts
            .iter()
            .all(|contact| contact.standing == Standing::Arrival)
    );
}
