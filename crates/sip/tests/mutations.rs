//! Broken messages, by the ten thousand, in every state of a call: nothing panics, nothing stays.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod common;

use std::time::Duration;

use common::{Bench, SDP, branch, invite, peer, request, response, to};
use sip::{Admission, Body, Command, Event};

const SEEDS: u64 = 1_000;
const MUTATIONS: u64 = 40;

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % sides as u64).unwrap()
    }
}

/// One to four bytes changed, removed, repeated or swapped for bytes that matter to a parser.
fn mutate(text: &str, dice: &mut Dice) -> Vec<u8> {
    const SHARP: &[u8] = b"\r\n\0:;,<>\"@ =9-\xff\\";
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=dice.roll(4) {
        let at = dice.roll(bytes.len());
        match dice.roll(5) {
            0 => bytes[at] = SHARP[dice.roll(SHARP.len())],
            1 => bytes.insert(at, SHARP[dice.roll(SHARP.len())]),
            2 if bytes.len() > 1 => drop(bytes.remove(at)),
            3 => bytes.truncate(at + 1),
            _ => {
                let end = (at + dice.roll(60)).min(bytes.len());
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
        }
    }
    bytes
}

/// The end of a message without a body.
const EMPTY: &str = "Content-Length: 0\r\n\r\n";
/// The same of an INFO with a key.
const KEY: &str = "Content-Type: application/dtmf-relay\r\n\r\nSignal=5\r\n";

/// The messages of a peer in the midst of one call each way.
fn corpus(tag: &str, ours: &str) -> Vec<String> {
    let inside = |method: &str, number: u32, body: &str| {
        let lines = [
            to(tag),
            format!("CSeq: {number} {method}"),
            branch(&format!("z9hG4bK{method}{number}")),
        ];
        request(method, &lines.each_ref().map(String::as_str), body)
    };
    let parts = format!(
        "Content-Type: multipart/mixed;boundary=x\r\n\r\n--x\r\nContent-Type: application/sdp\r\n\r\n{SDP}\r\n\
         --x\r\nContent-Disposition: signal;handling=optional\r\n\r\n1\r\n--x--\r\n"
    );
    vec![
        invite(),
        inside("INVITE", 2, SDP),
        inside("INVITE", 3, ""),
        inside("UPDATE", 4, SDP),
        inside("ACK", 2, ""),
        inside("INFO", 5, "").replace(EMPTY, KEY),
        inside("INVITE", 7, "").replace(EMPTY, &parts),
        inside("BYE", 6, ""),
        request("CANCEL", &[], ""),
        request(
            "REGISTER",
            &["Authorization: Digest username=\"a\", realm=\"linka.test\", nonce=\"0\""],
            "",
        ),
        request("MESSAGE", &["Content-Type: text/plain"], "alarm"),
        request(
            "OPTIONS",
            &[
                "Session-Expires: 90;refresher=uac",
                "Record-Route: <sip:a;lr>",
            ],
            "",
        ),
        response(ours, "180 Ringing", "callee", ""),
        response(ours, "200 OK", "callee", SDP),
        response(ours, "422 Session Interval Too Small", "callee", ""),
    ]
}

fn react(bench: &mut Bench) {
    for event in bench.events() {
        let command = match event {
            Event::Incoming { dialog, .. } => Command::Accept {
                dialog,
                sdp: SDP.into(),
                local_tag: None,
                headers: Vec::new(),
            },
            Event::Offered { dialog, .. } | Event::OfferWanted { dialog } => Command::Answer {
                dialog,
                sdp: SDP.into(),
            },
            Event::Request { request, .. } => {
                let status = common::status(200);
                Command::Respond {
                    request,
                    status,
                    headers: Vec::new(),
                    body: Body::default(),
                }
            }
            Event::Established { dialog, .. } => Command::Bye {
                dialog,
                reason: None,
            },
            Event::RefreshFailed { dialog, .. } | Event::NotAcknowledged { dialog } => {
                Command::Bye {
                    dialog,
                    reason: None,
                }
            }
            _ => continue,
        };
        // The dialog may have ended since.
        let _ = bench.try_command(command);
    }
    bench.sent();
}

#[test]
fn broken_messages_in_any_state_leave_nothing_behind() {
    let mut answered = 0;
    for seed in 0..SEEDS {
        let mut dice = Dice(seed);
        let mut bench = Bench::default();
        let (_, tag) = bench.answered();
        let (_, ours) = bench.call();
        let corpus = corpus(&tag, &ours.text);
        for _ in 0..MUTATIONS {
            let bytes = mutate(&corpus[dice.roll(corpus.len())], &mut dice);
            let admission = if dice.roll(4) == 0 {
                Admission::Unknown
            } else {
                Admission::Trunk
            };
            bench.receive_as(peer(), &bytes, admission);
            answered += usize::from(!bench.sent().is_empty());
            react(&mut bench);
            bench.advance(Duration::from_millis(dice.roll(3_000) as u64));
        }
        for _ in 0..200 {
            bench.seconds(60);
            react(&mut bench);
        }
        bench.assert_empty();
    }
    assert!(
        answered > 1_000,
        "the mutations hardly reached anything: {answered}"
    );
}
