//! Keys, both ways.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Desk, FRAME, Phone, WAITING, alaw, alaw_with_events};
use media::{Digit, DigitSource, Event, EventTypes, Format, InputError, Law, Order, Playlist};

fn keys(desk: &mut Desk) -> Vec<(char, DigitSource)> {
    let digit = |event| match event {
        Event::Digit { digit, source, .. } => Some((digit.as_char(), source)),
        Event::Heard { .. }
        | Event::LastHeard { .. }
        | Event::Finished { .. }
        | Event::DigitsSent { .. }
        | Event::Closed { .. }
        | Event::PortReady(_)
        | Event::Refused { .. } => None,
    };
    desk.take_events().into_iter().filter_map(digit).collect()
}

/// Presses a key by events: five packets and three ends.
fn press(desk: &mut Desk, phone: &mut Phone, event: u8) {
    for n in 1..=8_u16 {
        let [high, low] = (n.min(5) * 160).to_be_bytes();
        let end = if n >= 5 { 0x80 } else { 0 };
        let bytes = phone.packet(101, vec![event, end | 10, high, low], 0);
        desk.now += FRAME;
        desk.hear(phone, &bytes);
    }
    phone.next.timestamp = phone.next.timestamp.wrapping_add(3_200);
}

/// Presses 5 by tones in the sound.
fn press_in_band(desk: &mut Desk, phone: &mut Phone) {
    let sine = |n: usize, frequency: f64| {
        (std::f64::consts::TAU * frequency * n as f64 / 8_000.0).sin() * 6_000.0
    };
    for frame in 0..10 {
        let sample = |n: usize| {
            if (2..6).contains(&frame) {
                (sine(n, 770.0) + sine(n, 1_336.0)) as i16
            } else {
                0
            }
        };
        let codes = (frame * 160..(frame + 1) * 160)
            .map(|n| Law::ALaw.encode(sample(n)))
            .collect();
        let bytes = phone.packet(8, codes, 160);
        desk.now += FRAME;
        desk.hear(phone, &bytes);
    }
}

#[test]
fn a_key_pressed_twice_is_told_twice() {
    let mut desk = Desk::new();
    let mut phone = desk.phone(1, alaw_with_events());

    press(&mut desk, &mut phone, 5);
    press(&mut desk, &mut phone, 5);

    let five = ('5', DigitSource::TelephoneEvent);
    assert_eq!(keys(&mut desk), [five, five]);
}

/// A gateway that sends its keys as a source of their own, while the sound goes on.
#[test]
fn keys_under_an_ssrc_of_their_own_are_heard_beside_running_sound() {
    let mut desk = Desk::new();
    let (mut sound, mut other) = (desk.phone(1, alaw_with_events()), desk.phone(2, alaw()));
    desk.join(&sound, &other);
    let mut keypad = sound.clone();
    (keypad.next.ssrc, keypad.next.sequence) = (0xDEC, 7);
    keypad.next.timestamp = 77;

    for _ in 0..2 {
        for n in 1..=8_u16 {
            let bytes = sound.sound(1);
            desk.now += FRAME;
            assert!(desk.hear(&sound, &bytes).is_some(), "the sound goes on");
            let [high, low] = (n.min(5) * 160).to_be_bytes();
            let end = if n >= 5 { 0x80 } else { 0 };
            let bytes = keypad.packet(101, vec![5, end | 10, high, low], 0);
            desk.hear(&keypad, &bytes);
        }
        keypad.next.timestamp += 3_200;
    }

    let five = ('5', DigitSource::TelephoneEvent);
    assert_eq!(keys(&mut desk), [five, five]);
    let bytes = other.sound(2);
    assert!(desk.hear(&other, &bytes).is_some());
}

/// A phone that sends no sound until its key was pressed: the key's SSRC is not what its sound is measured by.
#[test]
fn sound_that_begins_beside_a_key_of_another_ssrc_is_heard_at_once() {
    let mut desk = Desk::new();
    let (mut sound, other) = (desk.phone(1, alaw_with_events()), desk.phone(2, alaw()));
    desk.join(&sound, &other);
    let mut keypad = sound.clone();
    keypad.next.ssrc = 0xDEC;
    let bytes = keypad.packet(101, vec![5, 10, 0, 160], 0);
    desk.hear(&keypad, &bytes);

    let bytes = sound.sound(1);
    assert!(desk.hear(&sound, &bytes).is_some());
    let bytes = keypad.packet(101, vec![5, 0x80 | 10, 0, 160], 0);
    desk.hear(&keypad, &bytes);

    assert_eq!(keys(&mut desk), [('5', DigitSource::TelephoneEvent)]);
}

#[test]
fn keys_are_heard_by_our_number_and_by_theirs_and_sent_by_theirs() {
    let mut desk = Desk::new();
    let format = Format {
        telephone_event: Some(EventTypes {
            send: 96,
            receive: 101,
        }),
        ..alaw()
    };
    let mut phone = desk.phone(1, format);

    press(&mut desk, &mut phone, 5);
    for (n, payload_type) in [(1, 96), (2, 101)] {
        let bytes = phone.packet(payload_type, vec![n, 0x80, 0, 160], 3_200);
        desk.now += FRAME;
        desk.hear(&phone, &bytes);
    }
    desk.order(Order::SendDigits {
        stream: phone.stream,
        digits: vec![Digit::from_char('1').unwrap()],
    });
    desk.pass(FRAME);

    let heard: String = keys(&mut desk).into_iter().map(|(key, _)| key).collect();
    assert_eq!(heard, "512");
    assert_eq!(desk.rtp_to(&phone)[0].payload_type, 96);
}

#[test]
fn keys_that_were_not_agreed_on_are_heard_and_what_sounds_beside_them_is_none() {
    let mut desk = Desk::new();
    let format = Format {
        stray_event: Some(101),
        ..alaw()
    };
    let mut phone = desk.phone(1, format);

    press_in_band(&mut desk, &mut phone);
    press(&mut desk, &mut phone, 1);
    press_in_band(&mut desk, &mut phone);

    assert_eq!(
        keys(&mut desk),
        [
            ('5', DigitSource::InBand),
            ('1', DigitSource::TelephoneEvent)
        ]
    );
}

#[test]
fn tones_count_only_without_telephone_event() {
    let mut desk = Desk::new();
    let (mut with, mut without) = (desk.phone(1, alaw_with_events()), desk.phone(2, alaw()));

    press_in_band(&mut desk, &mut with);
    assert_eq!(keys(&mut desk), []);

    press_in_band(&mut desk, &mut without);
    assert_eq!(keys(&mut desk), [('5', DigitSource::InBand)]);
}

#[test]
fn keys_are_heard_in_a_bridge_and_while_sound_is_played() {
    let mut desk = Desk::new();
    let (mut a, b) = (desk.phone(1, alaw_with_events()), desk.phone(2, alaw()));
    desk.join(&a, &b);
    press(&mut desk, &mut a, 1);
    desk.play(&a, Playlist::waiting(WAITING));
    press(&mut desk, &mut a, 2);

    assert_eq!(keys(&mut desk).len(), 2);
}

#[test]
fn keys_are_sent_as_events_and_the_waiting_sound_goes_on_after() {
    let mut desk = Desk::new();
    let phone = desk.phone(1, alaw_with_events());
    desk.play(&phone, Playlist::waiting(WAITING));
    desk.pass(FRAME);
    desk.rtp_to(&phone);
    let digits = ['4', '#']
        .map(|key| Digit::from_char(key).unwrap())
        .to_vec();

    desk.order(Order::SendDigits {
        stream: phone.stream,
        digits,
    });
    desk.pass(FRAME * 22);

    let sent = desk.rtp_to(&phone);
    let events: Vec<_> = sent
        .iter()
        .filter(|packet| packet.payload_type == 101)
        .collect();
    assert_eq!(
        events
            .iter()
            .map(|packet| packet.payload[0])
            .collect::<Vec<_>>(),
        [[4; 7], [11; 7]].concat()
    );
    assert_eq!(
        events
            .iter()
            .filter(|packet| packet.payload[1] & 0x80 != 0)
            .count(),
        6,
        "three ends each"
    );
    assert!(events[0].marker && events[7].marker && !events[1].marker);
    assert!(
        events[..7]
            .iter()
            .all(|packet| packet.timestamp == events[0].timestamp)
    );
    assert_eq!(events[7].timestamp.wrapping_sub(events[0].timestamp), 1_600);
    assert!(
        sent.windows(2)
            .all(|pair| pair[1].sequence == pair[0].sequence.wrapping_add(1))
    );
    assert_eq!(sent.last().unwrap().thousands(Law::ALaw), 8);
    assert_eq!(
        desk.take_events(),
        [Event::DigitsSent {
            stream: phone.stream
        }]
    );
}

#[test]
fn keys_cannot_be_sent_where_there_are_no_events() {
    let mut desk = Desk::new();
    let phone = desk.phone(1, alaw());
    let digits = vec![Digit::from_char('1').unwrap()];

    let refused = desk.try_order(Order::SendDigits {
        stream: phone.stream,
        digits,
    });

    assert_eq!(refused, Err(InputError::NoTelephoneEvent(phone.stream)));
}

#[test]
fn a_voice_is_not_mixed_into_keys_that_are_sent() {
    let mut desk = Desk::new();
    let (a, mut b) = (desk.phone(1, alaw_with_events()), desk.phone(2, alaw()));
    desk.join(&a, &b);
    desk.order(Order::SendDigits {
        stream: a.stream,
        digits: vec![Digit::from_char('1').unwrap()],
    });

    let bytes = b.sound(1);
    assert_eq!(desk.hear(&b, &bytes), None);
    desk.pass(FRAME * 11);
    let bytes = b.sound(1);
    assert!(desk.hear(&b, &bytes).unwrap().rtp().marker);
}
