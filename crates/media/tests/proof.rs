//! Nothing is sent to where a mere offer points.

#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{Desk, FRAME, PROMPT, Phone, WAITING, alaw};
use media::{Background, Direction, Event, Hosts, Level, Order, Playlist, Proof, Remote, Target};

fn target(phone: &Phone, proof: Proof) -> Target {
    Target {
        remote: Some(Remote::at(phone.address)),
        format: alaw(),
        direction: Direction::SendRecv,
        hosts: Hosts::default(),
        proof,
    }
}

/// A caller of whom nothing but an offer is known, and who is greeted.
fn greeted(desk: &mut Desk) -> Phone {
    let phone = desk.phone(1, alaw());
    let (stream, target) = (phone.stream, target(&phone, Proof::Awaited));
    desk.order(Order::Retarget { stream, target });
    let then = Background::Sound {
        sound: WAITING,
        level: Level::Full,
    };
    let prompts = vec![PROMPT];
    desk.play(&phone, Playlist { prompts, then });
    phone
}

#[test]
fn nothing_is_sent_before_an_ack_and_the_greeting_waits_for_it() {
    let mut desk = Desk::new();
    let phone = greeted(&mut desk);
    desk.pass(Duration::from_secs(60));
    assert_eq!(desk.sent, []);
    assert_eq!(desk.take_events(), []);

    let (stream, target) = (phone.stream, target(&phone, Proof::Given));
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
fn first_packet_of_an_admitted_host_opens_and_a_strangers_does_not() {
    let mut desk = Desk::new();
    let mut phone = greeted(&mut desk);
    let bytes = phone.sound(1);

    desk.hear_from(phone.port, "203.0.113.66:1".parse().unwrap(), &bytes);
    desk.pass(FRAME * 4);
    assert_eq!(desk.sent, []);

    desk.hear(&phone, &bytes);
    desk.pass(FRAME * 4);
    assert!(desk.rtp_to(&phone).len() >= 3);
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
