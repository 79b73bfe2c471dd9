//! What passed on the loopback, and when: the kernel's own time stamps, which hold no delay of a peer.

use super::meter::Spread;
use super::site::{LINKA, PHONES, TRUNK};
use crate::demo::program::Program;
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// What is kept of a message: enough to find whose it is.
const KEPT: &str = "1000";
/// Both requests by their first four letters, each on its way over UDP.
const FILTER: &str = "udp port 8900 and (udp[8:4] = 0x494e5649 or udp[8:4] = 0x42594520)";
/// A capture with stamps in nanoseconds (pcap, little endian).
const MAGIC: [u8; 4] = 0xa1b2_3c4d_u32.to_le_bytes();
const FILE_HEADER: usize = 24;
const PACKET_HEADER: usize = 16;
/// Ethernet and IPv4 without options, as the loopback has them.
const LINK_AND_NETWORK: usize = 14 + 20;
const UDP: usize = 8;

/// The arguments of `tcpdump`, which then writes the capture at `file` until it is ended.
pub(super) fn capture(file: &Path) -> Vec<String> {
    let file = file.to_string_lossy();
    let fixed = [
        "tcpdump",
        "-i",
        "lo",
        "-n",
        "-U",
        "-Z",
        "root",
        "--time-stamp-precision=nano",
        "-B",
        "8192",
        "-s",
        KEPT,
        "-w",
        &file,
        FILTER,
    ];
    fixed.map(str::to_owned).into()
}

/// Tells whether `tcpdump` listens.
pub(super) fn listens(program: &Program) -> bool {
    program.last_words().contains("listening on lo")
}

/// An INVITE or a BYE.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Packet {
    /// Seconds since the epoch.
    at: f64,
    from: u16,
    to: u16,
    request: Request,
    /// The number of the operator whose phone sends or gets it.
    operator: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Request {
    Invite,
    Bye,
}

/// Reads a capture whose last packet may be half written.
pub(super) fn packets(file: &Path) -> Result<Vec<Packet>> {
    let bytes = fs::read(file).context("reading what passed on the loopback")?;
    if !bytes.starts_with(&MAGIC) {
        bail!("{} is no capture in nanoseconds", file.display());
    }
    let mut rest = bytes.get(FILE_HEADER..).unwrap_or_default();
    let mut packets = Vec::new();
    while let Some((header, after)) = rest.split_at_checked(PACKET_HEADER) {
        let word = |at: usize| {
            let bytes = header[at..at + 4].try_into().unwrap_or_default();
            u32::from_le_bytes(bytes)
        };
        let Some((frame, after)) = after.split_at_checked(word(8) as usize) else {
            break;
        };
        let at = f64::from(word(0)) + f64::from(word(4)) / 1e9;
        packets.extend(packet(at, frame));
        rest = after;
    }
    Ok(packets)
}

fn packet(at: f64, frame: &[u8]) -> Option<Packet> {
    let (udp, message) = frame.get(LINK_AND_NETWORK..)?.split_at_checked(UDP)?;
    let port = |at: usize| Some(u16::from_be_bytes(udp.get(at..at + 2)?.try_into().ok()?));
    let text = String::from_utf8_lossy(message);
    let request = match text.split_once(' ')?.0 {
        "INVITE" => Request::Invite,
        "BYE" => Request::Bye,
        _ => return None,
    };
    let operator = text.split_once("sip:operator-").and_then(|(_, after)| {
        let digits = after.find(|letter: char| !letter.is_ascii_digit());
        after[..digits.unwrap_or(after.len())].parse().ok()
    });
    Some(Packet {
        at,
        from: port(0)?,
        to: port(2)?,
        request,
        operator,
    })
}

/// The n-th INVITE of a caller belongs to the n-th INVITE to an operator: while operators are free nobody overtakes.
pub(super) fn to_operator(packets: &[Packet]) -> Spread {
    let times = |from, to| {
        packets
            .iter()
            .filter(move |packet| {
                packet.request == Request::Invite && (packet.from, packet.to) == (from, to)
            })
            .map(|packet| packet.at)
    };
    let came = times(TRUNK.1, LINKA.1);
    let rang = times(LINKA.1, PHONES.1);
    Spread::of(came.zip(rang).map(|(came, rang)| rang - came).collect())
}

/// The time from an operator's BYE to her next INVITE.
pub(super) fn freed(packets: &[Packet]) -> Spread {
    let mut ended: BTreeMap<u32, f64> = BTreeMap::new();
    let mut waits = Vec::new();
    for packet in packets {
        let Some(operator) = packet.operator else {
            continue;
        };
        match packet.request {
            Request::Bye if packet.from == PHONES.1 => drop(ended.insert(operator, packet.at)),
            Request::Invite if packet.to == PHONES.1 => {
                waits.extend(ended.remove(&operator).map(|at| packet.at - at));
            }
            Request::Bye | Request::Invite => {}
        }
    }
    Spread::of(waits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captured(packets: &[(f64, u16, u16, &str)]) -> Vec<u8> {
        let mut file = MAGIC.to_vec();
        file.resize(FILE_HEADER, 0);
        for (at, from, to, message) in packets {
            let size = LINK_AND_NETWORK + UDP + message.len();
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "small test values"
            )]
            let words = [
                at.trunc() as u32,
                (at.fract() * 1e9) as u32,
                size as u32,
                size as u32,
            ];
            file.extend(words.iter().flat_map(|word| word.to_le_bytes()));
            file.extend([0; LINK_AND_NETWORK]);
            file.extend(from.to_be_bytes());
            file.extend(to.to_be_bytes());
            file.extend([0; 4]);
            file.extend(message.as_bytes());
        }
        file
    }

    fn read(packets_: &[(f64, u16, u16, &str)], cut: usize) -> Vec<Packet> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pcap");
        let bytes = captured(packets_);
        fs::write(&file, &bytes[..bytes.len() - cut]).unwrap();
        packets(&file).unwrap()
    }

    #[test]
    fn an_offer_follows_the_call_that_came_first() {
        let packets = read(
            &[
                (1.0, 8_904, 8_900, "INVITE sip:800@x SIP/2.0\r\n"),
                (1.25, 8_904, 8_900, "INVITE sip:800@x SIP/2.0\r\n"),
                (1.5, 8_900, 8_902, "INVITE sip:operator-3@x SIP/2.0\r\n"),
                (2.25, 8_900, 8_902, "INVITE sip:operator-1@x SIP/2.0\r\n"),
            ],
            0,
        );

        assert_eq!(to_operator(&packets).seconds(), [0.5, 1.0]);
    }

    #[test]
    fn an_operator_is_freed_by_her_own_bye() {
        let packets = read(
            &[
                (
                    1.0,
                    8_902,
                    8_900,
                    "BYE sip:x SIP/2.0\r\nFrom: <sip:operator-12@x>\r\n",
                ),
                (1.25, 8_900, 8_904, "BYE sip:caller@x SIP/2.0\r\n"),
                (1.5, 8_900, 8_902, "INVITE sip:operator-1@x SIP/2.0\r\n"),
                (1.75, 8_900, 8_902, "INVITE sip:operator-12@x SIP/2.0\r\n"),
            ],
            0,
        );

        assert_eq!(freed(&packets).seconds(), [0.75]);
    }

    #[test]
    fn a_packet_that_is_half_written_is_left_out() {
        let calls = [
            (1.0, 8_904, 8_900, "INVITE sip:800@x SIP/2.0\r\n"),
            (1.5, 8_900, 8_902, "INVITE sip:operator-3@x SIP/2.0\r\n"),
        ];

        assert_eq!(read(&calls, 5).len(), 1);
    }
}
