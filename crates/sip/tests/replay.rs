//! Every fixture, every earlier finding and seeded mutations of them go through every parser. Nothing may panic, and
//! nothing may take long.
#![allow(clippy::unwrap_used)]

use sip::exercise;
use std::path::{Path, PathBuf};

/// How many mutations are tried; each goes through all four parsers.
const MUTATIONS: u64 = 10_000;
const SEED: u64 = 0x5eed_0f11_3a5e_ed00;

/// The generator SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end.max(1)).unwrap()).unwrap()
    }
}

fn corpus() -> Vec<(PathBuf, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sip-test-fixtures");
    let mut folders = vec![root];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push((path.clone(), std::fs::read(path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

fn exercise(bytes: &[u8]) -> usize {
    let body = bytes
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .map_or(0, |end| end + 4);
    exercise::message(bytes)
        + exercise::sdp(bytes)
        + exercise::sdp(&bytes[body..])
        + exercise::digest(bytes)
        + exercise::framing(bytes)
}

const WORDS: [&[u8]; 24] = [
    b"\r\n",
    b"\r\n\r\n",
    b"\r\n ",
    b"\n",
    b"\0",
    b"\"",
    b"\\",
    b"<",
    b">",
    b",",
    b";",
    b"=",
    b":",
    b"@",
    b"%",
    b"[",
    b"]",
    b"\xff\xfe",
    b"l: 0\r\n",
    b"Content-Length: 18446744073709551615\r\n",
    b"4294967296",
    b"-1",
    b"SIP/2.0",
    b"a=rtpmap:",
];

fn mutate(random: &mut Random, bytes: &mut Vec<u8>, other: &[u8]) {
    let at = random.below(bytes.len());
    match random.below(7) {
        0 if !bytes.is_empty() => bytes[at] ^= 1 << random.below(8),
        1 if !bytes.is_empty() => bytes[at] = u8::try_from(random.below(256)).unwrap(),
        2 => bytes.truncate(at),
        3 => {
            let end = (at + random.below(40)).min(bytes.len());
            bytes.drain(at..end);
        }
        4 => {
            let end = (at + random.below(200)).min(bytes.len());
            let copy = bytes[at..end].to_vec();
            bytes.splice(at..at, copy);
        }
        5 => {
            let from = random.below(other.len());
            let end = (from + random.below(200)).min(other.len());
            bytes.splice(at..at, other[from..end].iter().copied());
        }
        _ => {
            let word = WORDS[random.below(WORDS.len())];
            bytes.splice(at..at, word.iter().copied());
        }
    }
}

#[test]
fn every_fixture_and_finding_is_survived() {
    let read: usize = corpus().iter().map(|(_, bytes)| exercise(bytes)).sum();

    assert!(read > 10_000, "the corpus is there and most of it is read");
}

#[test]
fn mutations_are_survived() {
    let corpus = corpus();
    let mut random = Random(SEED);
    for number in 0..MUTATIONS {
        let (path, bytes) = &corpus[random.below(corpus.len())];
        let other = &corpus[random.below(corpus.len())].1;
        let mut bytes = bytes.clone();
        for _ in 0..=random.below(4) {
            mutate(&mut random, &mut bytes, other);
        }
        let survived = std::panic::catch_unwind(|| exercise(&bytes));
        assert!(
            survived.is_ok(),
            "mutation {number} of {} with seed {SEED:#x}: {bytes:?}",
            path.display()
        );
    }
}

/// Work must grow with the size, not with its square: the largest inputs that limits allow, made of what is dearest.
/// They take a third of a second on two slow cores.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the time that parsing takes is what is tested"
)]
fn the_dearest_messages_stay_cheap() {
    let begin = std::time::Instant::now();
    let head = "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\n\
                Call-ID: 1\r\nCSeq: 1 OPTIONS\r\n";
    for unit in [
        "<sip:a@b>,",
        ";a",
        "\"\\\"",
        "a,",
        "<",
        "\"",
        "%41",
        "x=y,",
        ";a=\"b\"",
        "a:",
        "\r\n ",
    ] {
        let list = unit.repeat(8_000 / unit.len());
        for name in [
            "Contact",
            "Via",
            "Route",
            "Authorization",
            "Accept",
            "Reason",
            "From",
        ] {
            let line = format!("{name}: sip:a@b{list}\r\n");
            let text = [head, &line.repeat(7), "\r\n"].concat();
            exercise(text.as_bytes());
        }
    }
    assert!(begin.elapsed().as_secs() < 10, "{:?}", begin.elapsed());
}
