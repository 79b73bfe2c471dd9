//! Two streams that are joined hear each other.

#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{Desk, FRAME, PROMPT, Phone, Rtp, Sent, WAITING, alaw, alaw_with_events};
use media::{Direction, Format, Hosts, Law, Order, Output, Playlist, Proof, Target};

/// What a phone says, as the other one hears it.
fn said(desk: &mut Desk, phone: &mut Phone, code: u8) -> Option<Rtp> {
    let bytes = phone.sound(code);
    desk.now += FRAME;
    desk.hear(phone, &bytes).as_ref().map(Sent::rtp)
}

#[test]
fn both_sides_hear_each_other_under_our_own_numbers() {
    let mut desk = Desk::new();
    let (mut a, mut b) = (desk.phone(1, alaw()), desk.phone(2, alaw()));
    desk.join(&a, &b);

    let first = said(&mut desk, &mut a, 0x11).unwrap();
    let second = said(&mut desk, &mut a, 0x12).unwrap();
    let back = said(&mut desk, &mut b, 0x21).unwrap();

    assert_eq!(
        (first.payload.clone(), second.payload.clone(), back.payload),
        (vec![0x11; 160], vec![0x12; 160], vec![0x21; 160])
    );
    assert_eq!(second.sequence, first.sequence.wrapping_add(1));
    assert_eq!(second.timestamp, first.timestamp.wrapping_add(160));
    assert_eq!((first.marker, second.marker), (true, false));
    assert_eq!(first.ssrc, second.ssrc);
    assert!(first.ssrc != a.next.ssrc && back.ssrc != b.next.ssrc && first.ssrc != back.ssrc);
}

#[test]
fn packets_go_to_where_the_other_side_is() {
    let mut desk = Desk::new();
    let (mut a, b) = (desk.phone(1, alaw()), desk.phone(2, alaw()));
    desk.join(&a, &b);

    let bytes = a.sound(0x11);
    let sent = desk.hear(&a, &bytes).unwrap();

    assert_eq!((sent.port, sent.to), (b.port, b.address));
}

#[test]
fn laws_are_translated_and_payload_types_are_the_listeners() {
    let mut desk = Desk::new();
    let ulaw = Format {
        payload_type: 96,
        ..Format::of(Law::MuLaw)
    };
    let (mut a, b) = (desk.phone(1, alaw()), desk.phone(2, ulaw));
    desk.join(&a, &b);

    let heard = said(&mut desk, &mut a, Law::ALaw.encode(5_000)).unwrap();

    assert_eq!(heard.payload_type, 96);
    assert_eq!(
        heard.payload,
        vec![Law::MuLaw.encode(Law::ALaw.decode(Law::ALaw.encode(5_000))); 160]
    );
}

#[test]
fn a_phone_that_sends_the_other_law_is_understood() {
    let mut desk = Desk::new();
    let (mut a, b) = (desk.phone(1, alaw()), desk.phone(2, alaw()));
    desk.join(&a, &b);

    let bytes = a.packet(0, vec![Law::MuLaw.encode(5_000); 160], 160);
    let heard = desk.hear(&a, &bytes).unwrap().rtp();

    assert_eq!(
        (heard.payload_type, heard.payload[0]),
        (
            8,
            Law::ALaw.encode(Law::MuLaw.decode(Law::MuLaw.encode(5_000)))
        )
    );
}

#[test]
fn events_are_renumbered_or_dropped() {
    let mut desk = Desk::new();
    let (mut a, b) = (
        desk.phone(1, alaw_with_events()),
        desk.phone(2, alaw().with_telephone_event(96)),
    );
    let c = desk.phone(3, alaw());

    desk.join(&a, &b);
    let bytes = a.packet(101, vec![5, 0x0A, 0, 160], 0);
    assert_eq!(desk.hear(&a, &bytes).unwrap().rtp().payload_type, 96);

    desk.join(&a, &c);
    let bytes = a.packet(101, vec![5, 0x0A, 0, 160], 0);
    assert_eq!(desk.hear(&a, &bytes), None);
}

#[test]
fn extensions_and_contributors_do_not_cross() {
    let mut desk = Desk::new();
    let (mut a, b) = (desk.phone(1, alaw()), desk.phone(2, alaw()));
    desk.join(&a, &b);
    let plain = a.sound(0x33);
    // One CSRC, an extension of one word, three bytes of padding.
    let mut bytes = vec![0x80 | 0x20 | 0x10 | 1];
    bytes.extend(&plain[1..12]);
    bytes.extend([9, 9, 9, 9, 0xBE, 0xDE, 0, 1, 7, 7, 7, 7]);
    bytes.extend(&plain[12..]);
    bytes.extend([0, 0, 3]);

    let heard = desk.hear(&a, &bytes).unwrap().rtp();

    assert_eq!(heard.payload, vec![0x33; 160]);
}

#[test]
fn answering_interrupts_a_prompt_at_once_and_the_clock_runs_on() {
    let mut desk = Desk::new();
    let (caller, mut operator) = (desk.phone(1, alaw()), desk.phone(2, alaw()));
    desk.play(
        &caller,
        Playlist {
            prompts: vec![PROMPT],
            ..Playlist::waiting(WAITING)
        },
    );
    desk.pass(Duration::from_millis(50));
    let prompt = desk.rtp_to(&caller);

    desk.join(&caller, &operator);
    let heard = said(&mut desk, &mut operator, 0x44).unwrap();
    desk.pass(Duration::from_secs(1));

    let last = prompt.last().unwrap();
    assert_eq!(desk.rtp_to(&caller), []);
    assert_eq!(heard.sequence, last.sequence.wrapping_add(1));
    assert!((160..=560).contains(&heard.timestamp.wrapping_sub(last.timestamp)));
    assert!(heard.marker && heard.ssrc == last.ssrc);
}

#[test]
fn hold_music_covers_the_bridge_and_silence_uncovers_it() {
    let mut desk = Desk::new();
    let (mut caller, mut operator) = (desk.phone(1, alaw()), desk.phone(2, alaw()));
    desk.join(&caller, &operator);

    desk.play(&caller, Playlist::waiting(WAITING));
    assert_eq!(said(&mut desk, &mut operator, 0x44), None);
    assert!(
        said(&mut desk, &mut caller, 0x55).is_some(),
        "only the caller's ear is covered"
    );
    desk.pass(FRAME);
    assert_eq!(desk.rtp_to(&caller)[0].thousands(Law::ALaw), 8);

    desk.play(&caller, Playlist::silence());
    assert_eq!(
        said(&mut desk, &mut operator, 0x44).unwrap().payload[0],
        0x44
    );
}

#[test]
fn directions_are_kept() {
    for (direction, hears, is_heard) in [
        (Direction::SendRecv, true, true),
        (Direction::SendOnly, true, false),
        (Direction::RecvOnly, false, true),
        (Direction::Inactive, false, false),
    ] {
        let mut desk = Desk::new();
        let mut a = desk.phone_with(1, alaw(), direction, Hosts::default());
        let mut b = desk.phone(2, alaw());
        desk.join(&a, &b);

        assert_eq!(said(&mut desk, &mut b, 1).is_some(), hears, "{direction:?}");
        assert_eq!(
            said(&mut desk, &mut a, 1).is_some(),
            is_heard,
            "{direction:?}"
        );
    }
}

#[test]
fn parting_ends_both_ways_and_a_new_bridge_leaves_the_old_one() {
    let mut desk = Desk::new();
    let (mut a, mut b, mut c) = (
        desk.phone(1, alaw()),
        desk.phone(2, alaw()),
        desk.phone(3, alaw()),
    );
    desk.join(&a, &b);

    desk.join(&a, &c);
    assert_eq!(said(&mut desk, &mut b, 1), None);
    assert!(said(&mut desk, &mut a, 1).is_some());
    assert!(said(&mut desk, &mut c, 1).is_some());

    desk.order(Order::Part { stream: c.stream });
    assert_eq!(
        (said(&mut desk, &mut a, 1), said(&mut desk, &mut c, 1)),
        (None, None)
    );
}

#[test]
fn a_call_that_goes_on_with_another_phone_keeps_numbers_and_clock() {
    let mut desk = Desk::new();
    let (caller, mut b, mut c) = (
        desk.phone(1, alaw()),
        desk.phone(2, alaw()),
        desk.phone(3, alaw()),
    );
    c.next.sequence = 30_000;
    desk.join(&caller, &b);
    let last = said(&mut desk, &mut b, 1).unwrap();
    desk.now += Duration::from_secs(2);

    desk.join(&caller, &c);
    let first = said(&mut desk, &mut c, 1).unwrap();

    assert_eq!(first.sequence, last.sequence.wrapping_add(1));
    assert_eq!(first.timestamp.wrapping_sub(last.timestamp), 16_160);
    assert!(first.marker);
}

#[test]
fn joining_the_same_two_again_changes_nothing_they_would_notice() {
    let mut desk = Desk::new();
    let (mut a, b) = (desk.phone(1, alaw()), desk.phone(2, alaw()));
    desk.join(&a, &b);
    desk.join(&b, &a);

    assert!(said(&mut desk, &mut a, 1).is_some());
}

#[test]
fn retargeting_moves_the_stream_and_its_law() {
    let mut desk = Desk::new();
    let (mut a, mut b) = (desk.phone(1, alaw()), desk.phone(2, alaw()));
    desk.join(&a, &b);
    said(&mut desk, &mut a, 1);
    said(&mut desk, &mut b, 1);
    let moved = media::Remote::at("198.51.100.7:7000".parse().unwrap());
    let format = Format::of(Law::MuLaw);
    let target = Target {
        remote: Some(moved),
        format,
        direction: Direction::SendRecv,
        hosts: Hosts::default(),
        proof: Proof::Given,
    };

    desk.order(Order::Retarget {
        stream: b.stream,
        target,
    });
    let bytes = a.sound(2);
    let sent = desk.hear(&a, &bytes).unwrap();

    assert_eq!(
        (sent.to, sent.rtp().payload_type, sent.rtp().marker),
        (moved.rtp, 0, true)
    );
    assert_eq!(
        desk.outputs.last(),
        Some(&Output::Disconnect { port: b.port })
    );
}
