//! What a caller hears while she waits.

#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::time::Duration;

use common::{Desk, FRAME, PROMPT, WAITING, alaw};
use media::{
    Background, Channel, Direction, Event, Format, Hosts, InputError, Law, Level, Order, Packets,
    Playlist, Remote, SoundId, Target,
};

fn thousands(desk: &mut Desk, phone: &common::Phone) -> Vec<i16> {
    desk.rtp_to(phone)
        .iter()
        .map(|packet| packet.thousands(Law::ALaw))
        .collect()
}

#[test]
fn a_prompt_is_played_once_and_then_the_waiting_sound() {
    let mut desk = Desk::new();
    let phone = desk.phone(1, alaw());

    desk.play(
        &phone,
        Playlist {
            prompts: vec![PROMPT],
            ..Playlist::waiting(WAITING)
        },
    );
    desk.pass(FRAME * 5);

    assert_eq!(thousands(&mut desk, &phone), [1, 2, 3, 8, 8]);
    assert_eq!(
        desk.take_events(),
        [Event::Finished {
            stream: phone.stream,
            sound: PROMPT
        }]
    );
}

#[test]
fn packets_are_20_ms_apart_and_numbered_without_a_gap() {
    let mut desk = Desk::new();
    let phone = desk.phone(1, alaw());
    desk.play(&phone, Playlist::waiting(WAITING));

    desk.pass(Duration::from_secs(1));

    let times: Vec<_> = desk.sent.iter().map(|sent| sent.at).collect();
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] == FRAME));
    let packets = desk.rtp_to(&phone);
    assert_eq!(packets.len(), 50);
    for pair in packets.windows(2) {
        assert_eq!(pair[1].sequence, pair[0].sequence.wrapping_add(1));
        assert_eq!(pair[1].timestamp, pair[0].timestamp.wrapping_add(160));
        assert!(!pair[1].marker);
    }
    assert!(packets[0].marker);
}

#[test]
fn callers_are_spread_over_the_20_ms() {
    let mut desk = Desk::new();
    for n in 1..=200 {
        let phone = desk.phone(n, alaw());
        desk.play(&phone, Playlist::waiting(WAITING));
    }

    desk.pass(FRAME);

    let mut at_once = BTreeMap::new();
    for sent in &desk.sent {
        *at_once.entry(sent.at).or_insert(0) += 1;
    }
    assert_eq!(at_once.into_values().collect::<Vec<_>>(), [10; 20]);
}

#[test]
fn a_late_thread_skips_and_sends_no_burst() {
    let mut desk = Desk::new();
    let phone = desk.phone(1, alaw());
    desk.play(&phone, Playlist::waiting(WAITING));
    desk.pass(FRAME);
    let before = desk.rtp_to(&phone).pop().unwrap();

    desk.now += Duration::from_millis(205);
    desk.timeout();

    let late = desk.rtp_to(&phone);
    assert_eq!(late.len(), 1);
    assert_eq!(late[0].sequence, before.sequence.wrapping_add(1));
    assert_eq!(late[0].timestamp.wrapping_sub(before.timestamp) % 160, 0);
    assert!(
        late[0].timestamp.wrapping_sub(before.timestamp) >= 1_600,
        "the clock has gone on"
    );
}

#[test]
fn near_silence_is_the_same_sound_36_db_below() {
    let mut desk = Desk::new();
    let phone = desk.phone(1, alaw());
    let then = Background::Sound {
        sound: WAITING,
        level: Level::NearSilent,
    };

    desk.play(
        &phone,
        Playlist {
            prompts: Vec::new(),
            then,
        },
    );
    desk.pass(FRAME);

    let sample = Law::ALaw.decode(desk.rtp_to(&phone)[0].payload[0]);
    assert!((100..160).contains(&sample), "{sample}");
}

#[test]
fn silence_sends_one_packet_in_12_to_20_seconds() {
    let mut desk = Desk::new();
    let phone = desk.phone(1, alaw());
    desk.play(&phone, Playlist::silence());

    desk.pass(Duration::from_secs(300));

    let sent: Vec<_> = desk
        .sent
        .iter()
        .filter(|sent| sent.channel == Channel::Rtp)
        .collect();
    assert!((15..=24).contains(&sent.len()), "{}", sent.len());
    assert!(
        sent.iter()
            .all(|sent| sent.rtp().payload == [Law::ALaw.silence(); 160])
    );
}

#[test]
fn prompts_of_a_held_caller_go_on_unheard() {
    let mut desk = Desk::new();
    let phone = desk.phone_with(1, alaw(), Direction::RecvOnly, Hosts::default());

    desk.play(
        &phone,
        Playlist {
            prompts: vec![PROMPT],
            ..Playlist::silence()
        },
    );
    desk.pass(FRAME * 4);

    assert_eq!(thousands(&mut desk, &phone), []);
    assert_eq!(
        desk.take_events(),
        [Event::Finished {
            stream: phone.stream,
            sound: PROMPT
        }]
    );
    assert!(
        desk.engine.poll_timeout().unwrap() > desk.now + FRAME,
        "nothing is left to tick for"
    );
}

#[test]
fn each_caller_hears_her_own_law() {
    let mut desk = Desk::new();
    let phone = desk.phone(1, Format::of(Law::MuLaw));

    desk.play(&phone, Playlist::waiting(WAITING));
    desk.pass(FRAME);

    let packet = &desk.rtp_to(&phone)[0];
    assert_eq!(
        (packet.payload_type, packet.payload[0]),
        (0, Law::MuLaw.encode(8_000))
    );
}

#[test]
fn unknown_sounds_and_endless_lists_change_nothing() {
    let mut desk = Desk::new();
    let phone = desk.phone(1, alaw());
    desk.play(&phone, Playlist::waiting(WAITING));
    let play = |playlist| Order::Play {
        stream: phone.stream,
        playlist,
    };

    let unknown = desk.try_order(play(Playlist::waiting(SoundId(77))));
    let prompts = vec![PROMPT; Playlist::PROMPTS_MAX + 1];
    let endless = desk.try_order(play(Playlist {
        prompts,
        ..Playlist::silence()
    }));

    assert_eq!(unknown, Err(InputError::NoSound(SoundId(77))));
    assert_eq!(endless, Err(InputError::TooMany(phone.stream)));
    desk.pass(FRAME * 2);
    assert_eq!(thousands(&mut desk, &phone), [8, 8]);
}

#[test]
fn who_takes_no_longer_packets_hears_the_same_in_halves() {
    let mut desk = Desk::new();
    let halves = Format {
        packets: Packets::Half,
        ..alaw()
    };
    let (whole, half) = (desk.phone(1, alaw()), desk.phone(2, halves));
    let playlist = || Playlist {
        prompts: vec![PROMPT],
        then: Background::Silence,
    };
    desk.play(&whole, playlist());
    desk.play(&half, playlist());

    desk.pass(FRAME * 5);

    let (whole, half) = (desk.rtp_to(&whole), desk.rtp_to(&half));
    assert_eq!((whole.len(), half.len()), (3, 6));
    assert!(half.iter().all(|packet| packet.payload.len() == 80));
    let sound = |packets: &[common::Rtp]| -> Vec<u8> {
        packets
            .iter()
            .flat_map(|packet| packet.payload.clone())
            .collect()
    };
    assert_eq!(sound(&whole), sound(&half));
    assert!(half.windows(2).all(|pair| {
        pair[1].timestamp.wrapping_sub(pair[0].timestamp) == 80
            && pair[1].sequence == pair[0].sequence.wrapping_add(1)
    }));
    assert!(half[0].marker && half[1..].iter().all(|packet| !packet.marker));
}

#[test]
fn halves_end_with_what_is_cut_and_begin_with_a_new_answer() {
    let mut desk = Desk::new();
    let (a, mut b) = (desk.phone(1, alaw()), desk.phone(2, alaw()));
    desk.play(&a, Playlist::waiting(WAITING));
    desk.pass(FRAME);
    desk.rtp_to(&a);
    let format = Format {
        packets: Packets::Half,
        ..alaw()
    };
    desk.order(Order::Retarget {
        stream: a.stream,
        target: Target {
            remote: Some(Remote::at(a.address)),
            format,
            direction: Direction::SendRecv,
            hosts: Hosts::default(),
            proof: media::Proof::Given,
        },
    });
    desk.pass(FRAME * 2);
    let sizes = |packets: Vec<common::Rtp>| -> Vec<usize> {
        packets.iter().map(|packet| packet.payload.len()).collect()
    };
    assert_eq!(sizes(desk.rtp_to(&a)), [80; 4]);

    desk.pass(Duration::from_millis(1));
    desk.join(&a, &b);
    desk.pass(FRAME);

    assert!(sizes(desk.rtp_to(&a)).len() <= 1, "no rest after the cut");
    let bytes = b.sound(1);
    assert_eq!(desk.hear(&b, &bytes).unwrap().rtp().payload.len(), 160);
}
