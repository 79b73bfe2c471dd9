//! Nothing is sent to where a mere offer points.

#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{Desk, FRAME, PROMPT, Phone, WAITING, address_of, alaw, trunk};
use media::{Background, Direction, Event, Level, Order, Playlist, Proof, Remote, Target};

/// A host of the caller's trunk; not the one that her offer names.
const TRUNK: &str = "203.0.113.9";
const CALLER: u16 = 1;

fn target(proof: Proof) -> Target {
    Target {
        remote: Some(Remote::at(address_of(CALLER))),
        format: alaw(),
        direction: Direction::SendRecv,
        hosts: trunk(TRUNK),
        proof,
    }
}

/// A caller of whom nothing but an offer is known, and who is greeted.
fn greeted(desk: &mut Desk) -> Phone {
    let phone = desk.phone_of(CALLER, target(Proof::Awaited));
    let then = Background::Sound {
        sound: WAITING,
        level: Level::Full,
    };
    let prompts = vec![PROMPT];
    desk.play(&phone, Playlist { prompts, then });
    phone
}

fn last_heard(desk: &mut Desk, phone: &Phone) -> Vec<Event> {
    let stream = phone.stream;
    desk.order(Order::Ask { stream });
    desk.take_events()
}

#[test]
fn nothing_is_sent_before_an_ack_and_the_greeting_waits_for_it() {
    let mut desk = Desk::new();
    let phone = greeted(&mut desk);
    desk.pass(Duration::from_secs(60));
    assert_eq!(desk.sent, []);
    assert_eq!(desk.take_events(), []);

    let (stream, target) = (phone.stream, target(Proof::Given));
    desk.order(Order::Retarget { stream, target });
    desk.pass(FRAME * 4);

    let heard = desk.rtp_to(&phone);
    let thousands = heard
        .iter()
        .map(|packet| packet.thousands(media::Law::ALaw));
    assert_eq!(thousands.collect::<Vec<_>>()[..3], [1, 2, 3]);
    let sound = PROMPT;
    assert_eq!(desk.take_events(), [Event::Finished { stream, sound }]);
}

#[test]
fn first_packet_of_her_trunk_opens_and_a_strangers_does_not() {
    let mut desk = Desk::new();
    let mut phone = greeted(&mut desk);
    let bytes = phone.sound(1);

    desk.hear_from(phone.port, "203.0.113.66:1".parse().unwrap(), &bytes);
    desk.pass(FRAME * 4);
    assert_eq!(desk.sent, []);

    desk.hear_from(phone.port, "203.0.113.9:7000".parse().unwrap(), &bytes);
    desk.pass(FRAME * 4);
    assert!(desk.rtp_to(&phone).len() >= 3);
    let stream = phone.stream;
    assert_eq!(desk.take_events()[0], Event::Heard { stream });
}

/// Whoever forges an offer names a host of his own in it.
#[test]
fn host_of_a_mere_offer_proves_nothing_by_its_sound_or_its_reports() {
    let mut desk = Desk::new();
    let mut phone = greeted(&mut desk);
    let receiver_report = [0x80, 201, 0, 1, 1, 2, 3, 4];
    for _ in 0..100 {
        let bytes = phone.sound(1);
        desk.hear(&phone, &bytes);
        let (now, port, from) = (desk.now, phone.port, phone.address);
        desk.engine
            .control_packet(now, port, from, &receiver_report);
        desk.pass(FRAME);
    }

    assert_eq!(desk.sent, []);
    let (stream, at) = (phone.stream, None);
    assert_eq!(
        last_heard(&mut desk, &phone),
        [Event::LastHeard { stream, at }]
    );

    let target = target(Proof::Given);
    desk.order(Order::Retarget { stream, target });
    let (bytes, now) = (phone.sound(1), Some(desk.now));
    desk.hear(&phone, &bytes);
    let told = last_heard(&mut desk, &phone);
    assert_eq!(
        told,
        [
            Event::Heard { stream },
            Event::LastHeard { stream, at: now }
        ]
    );
}

#[test]
fn nobody_is_relayed_to_a_mere_offer() {
    let mut desk = Desk::new();
    let caller = greeted(&mut desk);
    let mut operator = desk.phone(2, alaw());
    desk.join(&caller, &operator);

    let bytes = operator.sound(1);

    assert_eq!(desk.hear(&operator, &bytes), None);
}
