//! Who may speak on a stream.

#![allow(clippy::unwrap_used)]

mod common;

use std::net::SocketAddr;
use std::time::Duration;

use common::{Desk, FRAME, Phone, alaw, flow, trunk};
use media::{Direction, Event, Order, Output, PortId, Proof, Stats, StreamId, Target};

fn closed(desk: &mut Desk, phone: &Phone) -> Stats {
    desk.order(Order::Close {
        stream: phone.stream,
    });
    let stats = |event: &Event| match event {
        Event::Closed { stats, .. } => Some(*stats),
        Event::Heard { .. }
        | Event::LastHeard { .. }
        | Event::Digit { .. }
        | Event::Finished { .. }
        | Event::DigitsSent { .. }
        | Event::PortReady(_)
        | Event::Refused { .. } => None,
    };
    desk.events.iter().find_map(stats).unwrap()
}

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn speak(desk: &mut Desk, phone: &mut Phone, from: SocketAddr) -> bool {
    let bytes = phone.sound(1);
    desk.now += FRAME;
    desk.hear_from(phone.port, from, &bytes).is_some()
}

#[test]
fn strangers_are_neither_heard_nor_answered_but_counted() {
    let mut desk = Desk::new();
    let (mut a, b) = (desk.phone(1, alaw()), desk.phone(2, alaw()));
    desk.join(&a, &b);

    assert!(!speak(&mut desk, &mut a, address("203.0.113.9:4002")));
    let home = a.address;
    assert!(speak(&mut desk, &mut a, home));

    let stats = closed(&mut desk, &a);
    assert_eq!((stats.refused_source, stats.received), (1, 1));
}

/// How long another address than SDP's has to speak before it is the source, and a little more.
const RUN: Duration = Duration::from_millis(220);

/// Speaks every 20 ms until the source is settled; tells whether each packet was relayed.
fn speak_on(desk: &mut Desk, phone: &mut Phone, from: SocketAddr) -> bool {
    let end = desk.now + RUN;
    let mut heard = true;
    while desk.now < end {
        heard &= speak(desk, phone, from);
    }
    heard
}

/// Two packets that carry next to nothing, as they are sprayed over all ports; the second one much later.
fn sprayed(desk: &mut Desk, phone: &Phone, from: SocketAddr) {
    let mut forged = phone.clone();
    forged.next.ssrc = 0x0BAD;
    for _ in 0..2 {
        let bytes = forged.packet(8, vec![0x66], 160);
        desk.hear_from(forged.port, from, &bytes);
        desk.pass(Duration::from_millis(1_100));
    }
}

#[test]
fn caller_who_speaks_late_is_not_lost_to_two_forged_packets_of_her_trunk() {
    for wait in [Duration::ZERO, FRAME, SILENCE * 3] {
        let mut desk = Desk::new();
        let mut caller = desk.phone_with(1, alaw(), Direction::SendRecv, trunk("203.0.113.9"));
        let mut operator = desk.phone(2, alaw());
        desk.join(&caller, &operator);
        sprayed(&mut desk, &caller, address("203.0.113.9:40404"));
        desk.pass(wait);

        let home = caller.address;
        let heard = (0..5).any(|_| speak(&mut desk, &mut caller, home));

        assert!(heard, "{wait:?}");
        let bytes = operator.sound(2);
        assert_eq!(desk.hear(&operator, &bytes).unwrap().to, home, "{wait:?}");
    }
}

#[test]
fn caller_takes_her_place_from_whoever_spoke_for_long_before_her() {
    let mut desk = Desk::new();
    let mut caller = desk.phone_with(1, alaw(), Direction::SendRecv, trunk("203.0.113.9"));
    let mut operator = desk.phone(2, alaw());
    desk.join(&caller, &operator);
    let (home, forged) = (caller.address, address("203.0.113.9:40404"));
    let mut forger = caller.clone();
    forger.next.ssrc = 0x0BAD;
    speak_on(&mut desk, &mut forger, forged);

    let heard = (0..TAKEOVER_PACKETS).any(|_| speak(&mut desk, &mut caller, home));

    assert!(heard);
    assert!(!speak(&mut desk, &mut forger, forged));
    assert!(speak(&mut desk, &mut caller, home));
    let port = caller.port;
    let connected = Output::Connect { port, to: home };
    assert_eq!(desk.outputs.last(), Some(&connected));
    let bytes = operator.sound(2);
    assert_eq!(desk.hear(&operator, &bytes).unwrap().to, home);
}

/// Packets in which SDP's own address takes the place of a source on another host that speaks: 500
/// ms, and a little more.
const TAKEOVER_PACKETS: u32 = 30;

#[test]
fn who_has_the_private_address_of_a_phone_behind_a_router_takes_no_part_in_its_call() {
    for words in [1, 200] {
        let mut desk = Desk::new();
        let (mut phone, mut caller) = behind_nat(&mut desk);
        let mut neighbour = phone.clone();
        neighbour.next.ssrc = 0x0BAD;
        let named_in_sdp = phone.address;

        desk.pass(Duration::from_millis(200));
        for _ in 0..words {
            assert!(!speak(&mut desk, &mut neighbour, named_in_sdp));
            assert!(speak(&mut desk, &mut phone, address(NAT)));
        }

        let bytes = caller.sound(2);
        let to = desk.hear(&caller, &bytes).unwrap().to;
        assert_eq!(to, address(NAT), "after {words} words");
    }
}

#[test]
fn comfort_noise_of_the_signalling_host_deafens_no_gateway_that_speaks() {
    let mut desk = Desk::new();
    let carrier = trunk("203.0.113.9");
    let mut caller = desk.phone_with(1, alaw(), Direction::SendRecv, carrier);
    let mut operator = desk.phone(2, alaw());
    desk.join(&caller, &operator);
    let (signalled, gateway) = (caller.address, address("203.0.113.9:4000"));
    speak_on(&mut desk, &mut caller, gateway);
    let mut noise = caller.clone();
    noise.next.ssrc = 0xC0;

    for packet in 0..500 {
        if packet % 250 == 0 {
            let bytes = noise.packet(13, vec![0x40], 160);
            assert_eq!(desk.hear_from(noise.port, signalled, &bytes), None);
        }
        assert!(speak(&mut desk, &mut caller, gateway), "packet {packet}");
    }

    let bytes = operator.sound(2);
    assert_eq!(desk.hear(&operator, &bytes).unwrap().to, gateway);
}

#[test]
fn phone_behind_a_router_that_falls_silent_goes_on_hearing() {
    let mut desk = Desk::new();
    let hosts = flow("203.0.113.9");
    let mut phone = desk.phone_with(1, alaw(), Direction::SendRecv, hosts.clone());
    let mut caller = desk.phone(2, alaw());
    desk.join(&phone, &caller);
    let target = Target {
        remote: Some(media::Remote::at(phone.address)),
        format: alaw(),
        direction: Direction::SendRecv,
        hosts,
        proof: Proof::Given,
    };
    for _ in 0..3 {
        speak(&mut desk, &mut phone, address(NAT));
    }

    for silence in [FRAME, SILENCE * 3] {
        desk.pass(silence);
        let bytes = caller.sound(2);
        let to = desk.hear(&caller, &bytes).unwrap().to;
        assert_eq!(to, address(NAT), "after {silence:?}");
    }
    desk.order(Order::Retarget {
        stream: phone.stream,
        target,
    });
    let bytes = caller.sound(2);
    assert_eq!(desk.hear(&caller, &bytes).unwrap().to, address(NAT));
}

#[test]
fn burst_in_the_name_of_a_trunk_takes_no_sound_from_a_caller_who_says_nothing() {
    let mut desk = Desk::new();
    let caller = desk.phone_with(1, alaw(), Direction::SendRecv, trunk("203.0.113.9"));
    let mut operator = desk.phone(2, alaw());
    desk.join(&caller, &operator);
    let mut forger = caller.clone();
    speak_on(&mut desk, &mut forger, address("203.0.113.9:40404"));

    desk.pass(SILENCE * 2);

    let bytes = operator.sound(2);
    assert_eq!(desk.hear(&operator, &bytes).unwrap().to, caller.address);
}

/// Many share one address of the network behind which the phone is, and one of them sprays all ports once a second.
#[test]
fn phone_behind_nat_is_not_lost_to_a_neighbour_who_says_a_word_now_and_then() {
    for late in [Duration::from_millis(500), SILENCE * 2] {
        let mut desk = Desk::new();
        let mut phone = desk.phone_with(1, alaw(), Direction::SendRecv, flow("203.0.113.9"));
        let mut caller = desk.phone(2, alaw());
        desk.join(&phone, &caller);
        let (nat, neighbour) = (address("203.0.113.9:61000"), address("203.0.113.9:40404"));
        let mut neighbours = phone.clone();
        neighbours.next.ssrc = 0x0BAD;
        speak(&mut desk, &mut neighbours, neighbour);
        desk.pass(late);

        let mut heard = 0;
        for packet in 0..200 {
            if packet % 50 == 0 {
                speak(&mut desk, &mut neighbours, neighbour);
            }
            heard += usize::from(speak(&mut desk, &mut phone, nat));
        }

        assert!(heard > 190, "{heard} of 200 after {late:?}");
        let bytes = caller.sound(2);
        assert_eq!(desk.hear(&caller, &bytes).unwrap().to, nat);
    }
}

#[test]
fn what_spoke_before_our_answer_is_not_waited_for_after_it() {
    let mut desk = Desk::new();
    let trunk = trunk("203.0.113.9");
    let caller = desk.phone_with(1, alaw(), Direction::SendRecv, trunk.clone());
    let mut operator = desk.phone(2, alaw());
    desk.join(&caller, &operator);
    let mut forger = caller.clone();
    speak(&mut desk, &mut forger, address("203.0.113.9:40404"));

    let target = Target {
        remote: Some(media::Remote::at(caller.address)),
        format: alaw(),
        direction: Direction::SendRecv,
        hosts: trunk,
        proof: Proof::Given,
    };
    desk.order(Order::Retarget {
        stream: caller.stream,
        target,
    });

    let bytes = operator.sound(2);
    let to = desk.hear(&operator, &bytes).unwrap().to;
    assert_eq!(to, caller.address);
}

#[test]
fn a_phone_behind_nat_is_found_at_the_host_of_its_flow() {
    let mut desk = Desk::new();
    let flow = flow("203.0.113.9");
    let mut phone = desk.phone_with(1, alaw(), Direction::SendRecv, flow);
    let mut other = desk.phone(2, alaw());
    desk.join(&phone, &other);
    let (nat, thief) = (address("203.0.113.9:61000"), address("203.0.113.66:61000"));

    assert!(!speak(&mut desk, &mut phone, thief));
    assert!(speak(&mut desk, &mut phone, nat));
    let bytes = other.sound(2);
    assert_eq!(desk.hear(&other, &bytes).unwrap().to, nat);
    assert!(speak_on(&mut desk, &mut phone, nat));

    let bytes = other.sound(2);
    assert_eq!(desk.hear(&other, &bytes).unwrap().to, nat);
    assert!(!speak(&mut desk, &mut phone, thief));
}

#[test]
fn what_an_earlier_call_of_her_host_still_sends_gives_way_to_a_caller_when_she_speaks() {
    for wait in [FRAME, RUN, SILENCE * 3] {
        let mut desk = Desk::new();
        let (mut caller, mut operator) = (desk.phone(1, alaw()), desk.phone(2, alaw()));
        desk.join(&caller, &operator);
        let home = caller.address;
        let earlier = SocketAddr::new(home.ip(), home.port() + 100);
        let mut orphan = caller.clone();
        orphan.next.ssrc = 0x0BAD;
        for _ in 0..20 {
            speak(&mut desk, &mut orphan, earlier);
        }
        desk.pass(wait);

        let heard = (0..5).any(|_| speak(&mut desk, &mut caller, home));

        assert!(heard, "{wait:?}");
        assert!(!speak(&mut desk, &mut orphan, earlier), "{wait:?}");
        assert!(speak(&mut desk, &mut caller, home), "{wait:?}");
        let (port, to) = (caller.port, home);
        assert_eq!(desk.outputs.last(), Some(&Output::Connect { port, to }));
        let bytes = operator.sound(2);
        assert_eq!(desk.hear(&operator, &bytes).unwrap().to, home);
    }
}

#[test]
fn a_phone_that_starts_late_is_not_lost_to_bare_headers_of_a_stranger() {
    let mut desk = Desk::new();
    let mut phone = desk.phone_with(1, alaw(), Direction::SendRecv, flow("203.0.113.9"));
    let mut other = desk.phone(2, alaw());
    desk.join(&phone, &other);
    let thief = address("203.0.113.66:61000");

    for _ in 0..20 {
        let header = phone.packet(8, Vec::new(), 160);
        desk.now += FRAME;
        assert_eq!(desk.hear_from(phone.port, thief, &header), None);
        let bytes = other.sound(2);
        assert_eq!(desk.hear(&other, &bytes).unwrap().to, phone.address);
    }

    let home = phone.address;
    assert!(speak(&mut desk, &mut phone, home));
    assert_eq!(closed(&mut desk, &phone).refused_source, 20);
}

#[test]
fn hold_resume_and_another_address_let_no_stranger_in() {
    let mut desk = Desk::new();
    let flow = flow("203.0.113.9");
    let mut phone = desk.phone_with(1, alaw(), Direction::SendRecv, flow.clone());
    let other = desk.phone(2, alaw());
    desk.join(&phone, &other);
    let nat = address("203.0.113.9:61000");
    speak_on(&mut desk, &mut phone, nat);
    let moved = address("198.51.100.7:7000");

    for (rtp, direction) in [
        (phone.address, Direction::RecvOnly),
        (phone.address, Direction::SendRecv),
        (moved, Direction::SendRecv),
    ] {
        let target = Target {
            remote: Some(media::Remote::at(rtp)),
            format: alaw(),
            direction,
            hosts: flow.clone(),
            proof: Proof::Given,
        };
        desk.order(Order::Retarget {
            stream: phone.stream,
            target,
        });
        assert!(!speak(&mut desk, &mut phone, address("203.0.113.66:1")));
    }

    assert!(speak(&mut desk, &mut phone, nat));
}

#[test]
fn nothing_is_accepted_before_there_is_an_answer() {
    let mut desk = Desk::new();
    let target = Target {
        remote: None,
        format: alaw(),
        direction: Direction::SendRecv,
        hosts: flow("192.0.2.1"),
        proof: Proof::Given,
    };
    desk.order(Order::Open {
        stream: StreamId(9),
        port: PortId(9),
        at: None,
        target,
    });
    let phone = desk.phone(1, alaw());
    let bytes = phone.clone().sound(1);

    desk.hear_from(PortId(9), phone.address, &bytes);

    assert_eq!(desk.take_events(), []);
}

#[test]
fn another_ssrc_is_refused_while_the_first_one_speaks() {
    let mut desk = Desk::new();
    let (mut a, b) = (desk.phone(1, alaw()), desk.phone(2, alaw()));
    desk.join(&a, &b);
    let home = a.address;
    assert!(speak(&mut desk, &mut a, home));
    let mut forged = a.clone();
    forged.next.ssrc = 0xBAD;

    assert!(!speak(&mut desk, &mut forged, home));
    assert!(speak(&mut desk, &mut a, home));
    desk.now += Duration::from_millis(100);
    assert!(
        speak(&mut desk, &mut forged, home),
        "a source that comes back under another name is believed"
    );
}

#[test]
fn sequence_numbers_out_of_nowhere_are_refused_until_they_go_on() {
    let mut desk = Desk::new();
    let (mut a, b) = (desk.phone(1, alaw()), desk.phone(2, alaw()));
    desk.join(&a, &b);
    let home = a.address;
    assert!(speak(&mut desk, &mut a, home));

    a.next.sequence = a.next.sequence.wrapping_add(20_000);

    assert!(!speak(&mut desk, &mut a, home));
    assert!(speak(&mut desk, &mut a, home));
}

#[test]
fn unknown_payload_types_and_garbage_are_counted() {
    let mut desk = Desk::new();
    let mut phone = desk.phone(1, alaw());
    let bytes = phone.packet(34, vec![0; 160], 160);

    desk.hear(&phone, &bytes);
    desk.hear(&phone, b"");
    desk.hear(&phone, &[0x80; 11]);
    desk.hear(&phone, &[0; 172]);

    let stats = closed(&mut desk, &phone);
    assert_eq!((stats.refused_content, stats.received), (4, 0));
}

#[test]
fn first_packet_is_told_once_and_the_last_one_when_asked_for() {
    let mut desk = Desk::new();
    let mut phone = desk.phone(1, alaw());
    let (stream, home) = (phone.stream, phone.address);
    desk.order(Order::Ask { stream });
    speak(&mut desk, &mut phone, home);
    speak(&mut desk, &mut phone, home);
    let last = desk.now;
    desk.now += Duration::from_secs(60);

    desk.order(Order::Ask { stream });

    assert_eq!(
        desk.take_events(),
        [
            Event::LastHeard { stream, at: None },
            Event::Heard { stream },
            Event::LastHeard {
                stream,
                at: Some(last)
            }
        ]
    );
}

/// A phone whose source is settled behind the NAT of its flow, joined with another one.
fn behind_nat(desk: &mut Desk) -> (Phone, Phone) {
    let mut phone = desk.phone_with(1, alaw(), Direction::SendRecv, flow("203.0.113.9"));
    let other = desk.phone(2, alaw());
    desk.join(&phone, &other);
    assert!(speak_on(desk, &mut phone, address(NAT)));
    (phone, other)
}

const NAT: &str = "203.0.113.9:61000";
const NAT_AFTER: &str = "203.0.113.9:7777";
const SILENCE: Duration = Duration::from_secs(2);

#[test]
fn source_that_its_nat_moves_is_followed_after_two_silent_seconds() {
    let mut desk = Desk::new();
    let (mut phone, mut other) = behind_nat(&mut desk);
    let after = address(NAT_AFTER);
    assert!(
        !speak(&mut desk, &mut phone, after),
        "while the source speaks"
    );

    desk.pass(SILENCE);
    assert!(speak(&mut desk, &mut phone, after));

    let bytes = other.sound(2);
    assert_eq!(desk.hear(&other, &bytes).unwrap().to, after);
    assert!(!speak(&mut desk, &mut phone, address(NAT)));
}

#[test]
fn nobody_else_takes_the_place_of_a_silent_source() {
    let mut desk = Desk::new();
    let (mut phone, _other) = behind_nat(&mut desk);
    let mut another = phone.clone();
    another.next.ssrc = 0xBAD;
    let mut out_of_nowhere = phone.clone();
    out_of_nowhere.next.sequence = out_of_nowhere.next.sequence.wrapping_add(20_000);

    desk.pass(SILENCE * 3);

    let after = address(NAT_AFTER);
    assert!(!speak(
        &mut desk,
        &mut phone.clone(),
        address("203.0.113.66:1")
    ));
    assert!(!speak(&mut desk, &mut another, after));
    assert!(!speak(&mut desk, &mut out_of_nowhere, after));
    assert!(speak(&mut desk, &mut phone, address(NAT)), "it comes back");
}

#[test]
fn source_that_pauses_and_goes_on_is_connected_again() {
    let mut desk = Desk::new();
    let mut phone = desk.phone(1, alaw());
    let (port, to) = (phone.port, phone.address);
    let other = desk.phone(2, alaw());
    desk.join(&phone, &other);
    speak(&mut desk, &mut phone, to);

    for _ in 0..2 {
        desk.pass(SILENCE);
        assert_eq!(desk.outputs.last(), Some(&Output::Disconnect { port }));
        assert!(speak(&mut desk, &mut phone, to));
        assert_eq!(desk.outputs.last(), Some(&Output::Connect { port, to }));
    }
    for _ in 0..500 {
        desk.pass(FRAME);
        assert!(speak(&mut desk, &mut phone, to));
    }
    assert_eq!(desk.outputs.last(), Some(&Output::Connect { port, to }));
}

#[test]
fn after_an_answered_re_invite_the_source_may_have_moved() {
    let mut desk = Desk::new();
    let (mut phone, mut other) = behind_nat(&mut desk);
    let target = Target {
        remote: Some(media::Remote::at(phone.address)),
        format: alaw(),
        direction: Direction::SendRecv,
        hosts: flow("203.0.113.9"),
        proof: Proof::Given,
    };
    desk.order(Order::Retarget {
        stream: phone.stream,
        target,
    });
    let bytes = other.sound(2);
    assert_eq!(desk.hear(&other, &bytes).unwrap().to, address(NAT));
    desk.now += FRAME * 5;
    phone.next.ssrc = 0xA_FEED;

    assert!(!speak(
        &mut desk,
        &mut phone.clone(),
        address("203.0.113.66:1")
    ));
    assert!(speak(&mut desk, &mut phone, address(NAT_AFTER)));

    let bytes = other.sound(2);
    assert_eq!(desk.hear(&other, &bytes).unwrap().to, address(NAT_AFTER));
}
