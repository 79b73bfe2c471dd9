//! Nothing that arrives breaks an engine, nor passes through it in a shape of its own.
//!
//! Replayed are the fixtures and 10,000 seeded mutations of them for RTP and for RTCP each; the same with random bytes.

#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;
use std::time::Duration;

use common::{Desk, FRAME, Phone, WAITING, alaw, alaw_with_events};
use media::{Event, Format, Law, Order, Playlist};
use proptest::prelude::*;

const MUTATIONS: u64 = 10_000;

fn fixtures(kind: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../sip-test-fixtures")
        .join(kind);
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty());
    let read =
        |path: std::path::PathBuf| (path.display().to_string(), std::fs::read(&path).unwrap());
    files.into_iter().map(read).collect()
}

/// Splitmix64: a seed is a whole sequence.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % sides.max(1) as u64) as usize
    }

    /// Changes, cuts, doubles or inserts bytes, one to eight times.
    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.roll(8) {
            let at = self.roll(bytes.len() + 1);
            match self.roll(6) {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, self.roll(256) as u8),
                2 => bytes.extend_from_within(at..),
                _ if at == bytes.len() => {}
                // Headers decide: most changes are made there.
                3 => {
                    let at = at % 16.min(bytes.len());
                    bytes[at] ^= 1 << self.roll(8);
                }
                4 => bytes[at] = [0, 0xFF, 0x7F, 0x80][self.roll(4)],
                _ => bytes[at] = self.roll(256) as u8,
            }
        }
        bytes.truncate(1_500);
    }
}

/// Two bridged phones, of which the first is attacked, and a waiting one.
struct Target {
    desk: Desk,
    victim: Phone,
    ssrc: Option<u32>,
}

impl Target {
    fn new(format: Format) -> Self {
        let mut desk = Desk::new();
        let victim = desk.phone(1, format);
        let (listener, waiting) = (
            desk.phone(2, Format::of(Law::MuLaw).with_telephone_event(96)),
            desk.phone(3, alaw()),
        );
        desk.join(&victim, &listener);
        desk.play(&waiting, Playlist::waiting(WAITING));
        Self {
            desk,
            victim,
            ssrc: None,
        }
    }

    /// What is relayed is well-formed, the listener's and of one source.
    fn rtp(&mut self, bytes: &[u8]) {
        self.desk.now += FRAME;
        let victim = self.victim.clone();
        if let Some(sent) = self.desk.hear(&victim, bytes) {
            let packet = sent.rtp();
            assert!(matches!(packet.payload_type, 0 | 96), "{packet:?}");
            assert_eq!(*self.ssrc.get_or_insert(packet.ssrc), packet.ssrc);
            assert!(!packet.payload.is_empty() && sent.bytes.len() <= bytes.len());
        }
    }

    fn rtcp(&mut self, bytes: &[u8]) {
        self.desk.now += FRAME;
        self.desk.engine.control_packet(
            self.desk.now,
            self.victim.port,
            self.victim.address,
            bytes,
        );
    }

    /// Afterwards everything still works: time passes, a good packet is relayed, the stream closes.
    fn survives(mut self) {
        self.desk.pass(Duration::from_secs(10));
        let good = self.victim.sound(1);
        self.rtp(&good);
        let next = self.victim.sound(1);
        assert!(self.desk.hear(&self.victim, &next).is_some());
        self.desk.order(Order::Close {
            stream: self.victim.stream,
        });
        assert!(matches!(
            self.desk.events.last(),
            Some(Event::Closed { .. })
        ));
    }
}

#[test]
fn every_fixture_is_survived() {
    for (name, bytes) in fixtures("rtp").into_iter().chain(fixtures("rtcp")) {
        println!("{name}");
        let mut target = Target::new(alaw_with_events());
        target.rtp(&bytes);
        target.rtcp(&bytes);
        target.survives();
    }
}

#[test]
fn ten_thousand_mutations_of_rtp_are_survived() {
    let seeds = fixtures("rtp");
    for format in [alaw(), alaw_with_events()] {
        let mut target = Target::new(format);
        for seed in 0..MUTATIONS / 2 {
            let mut dice = Dice(seed);
            let mut bytes = seeds[dice.roll(seeds.len())].1.clone();
            dice.mutate(&mut bytes);
            target.rtp(&bytes);
        }
        target.survives();
    }
}

#[test]
fn ten_thousand_mutations_of_rtcp_are_survived() {
    let seeds = fixtures("rtcp");
    let mut target = Target::new(alaw());
    for seed in 0..MUTATIONS {
        let mut dice = Dice(seed);
        let mut bytes = seeds[dice.roll(seeds.len())].1.clone();
        dice.mutate(&mut bytes);
        target.rtcp(&bytes);
    }
    target.survives();
}

proptest! {
    #[test]
    fn random_bytes_are_survived(datagrams in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..64), 1..20)) {
        let mut target = Target::new(alaw_with_events());
        for bytes in &datagrams {
            target.rtp(bytes);
            target.rtcp(bytes);
        }
        target.survives();
    }

    #[test]
    fn any_sound_in_order_is_relayed_whole(
        payload in prop::collection::vec(any::<u8>(), 1..480), first: u16, timestamp: u32, ssrc: u32, marker: bool,
    ) {
        let mut desk = Desk::new();
        let (mut a, b) = (desk.phone(1, alaw()), desk.phone(2, alaw()));
        desk.join(&a, &b);
        a.next = common::Rtp { marker, sequence: first, timestamp, ssrc, ..a.next };
        let mut last = None;
        for _ in 0..3 {
            let bytes = a.packet(8, payload.clone(), 160);
            let heard = desk.hear(&a, &bytes).unwrap().rtp();
            prop_assert_eq!(&heard.payload, &payload);
            if let Some(last) = last.replace(heard.sequence) {
                prop_assert_eq!(heard.sequence, u16::wrapping_add(last, 1));
            }
        }
    }
}
