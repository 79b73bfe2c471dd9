//! The RTCP side of a stream: what is reported, and what the other side reports.

use std::time::{Duration, Instant};

use crate::chance::Chance;
use crate::outgoing::Outgoing;
use crate::reception::Reception;
use crate::rtcp::{Block, CNAME_BYTES, Packet, Report, SenderInfo};

/// The mean time between two reports (RFC 3550 §6.2).
const INTERVAL: Duration = Duration::from_secs(5);

/// What reports are rounded to, so that one wake-up makes several.
const GRID_MS: u64 = 20;

/// What RTCP knows of a stream.
pub(crate) struct Control {
    cname: [u8; CNAME_BYTES],
    /// The NTP time of the engine's start: any number will do without a wall clock (RFC 3550 §6.4.1).
    epoch: u64,
    /// The middle of the NTP time of the last sender report, and when it came.
    heard: Option<(u32, Instant)>,
    /// RTP packets sent by the time of the last report.
    reported: u64,
    pub(crate) lost_at_remote: Option<i32>,
    pub(crate) round_trip_ms: Option<u32>,
}

impl Control {
    pub(crate) fn new(chance: &mut Chance) -> Self {
        const BASE64: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut letters = [0; CNAME_BYTES];
        for half in letters.chunks_mut(CNAME_BYTES / 2) {
            let mut bits = chance.draw();
            for letter in half {
                *letter = BASE64[(bits & 0x3F) as usize];
                bits >>= 6;
            }
        }
        Self {
            cname: letters,
            epoch: chance.draw(),
            heard: None,
            reported: 0,
            lost_at_remote: None,
            round_trip_ms: None,
        }
    }

    /// Returns when the next report is due: half to one and a half intervals from now (RFC 3550 §6.3.1).
    pub(crate) fn next_report(start: Instant, now: Instant, chance: &mut Chance) -> Instant {
        let interval_ms = INTERVAL.as_millis() as u64;
        let wait = interval_ms / 2 + chance.below(interval_ms);
        let since_start = now.saturating_duration_since(start).as_millis() as u64;
        start + Duration::from_millis((since_start + wait).next_multiple_of(GRID_MS))
    }

    /// Takes what the other side sent.
    pub(crate) fn hear<'a>(
        &mut self,
        start: Instant,
        now: Instant,
        ssrc: u32,
        packets: impl Iterator<Item = Packet<'a>>,
    ) {
        for packet in packets {
            let blocks = match packet {
                Packet::Sender { info, blocks, .. } => {
                    self.heard = Some((middle(info.ntp), now));
                    blocks
                }
                Packet::Receiver { blocks, .. } => blocks,
                Packet::Bye | Packet::Other => continue,
            };
            if let Some(block) = blocks.about(ssrc) {
                self.hear_block(middle(self.ntp(start, now)), block);
            }
        }
    }

    fn hear_block(&mut self, now: u32, block: Block) {
        self.lost_at_remote = Some(block.lost);
        if block.last_report == 0 {
            return;
        }
        let trip = now
            .wrapping_sub(block.last_report)
            .wrapping_sub(block.delay)
            .cast_signed();
        // A clock that ran ahead of ours gives a negative trip; more than a minute is no trip at all.
        if (0..60 << 16).contains(&trip) {
            self.round_trip_ms = u32::try_from((i64::from(trip) * 1_000) >> 16).ok();
        }
    }

    /// Makes a report: of what was sent since the last one, if anything, and of what was heard.
    pub(crate) fn report(
        &mut self,
        start: Instant,
        now: Instant,
        outgoing: &Outgoing,
        reception: Option<&mut Reception>,
    ) -> Report {
        let (packets, octets) = outgoing.counts();
        let sender = (packets > self.reported).then(|| SenderInfo {
            ntp: self.ntp(start, now),
            timestamp: outgoing.timestamp_at(now),
            packets: packets as u32,
            octets,
        });
        self.reported = packets;
        let block = reception.map(|reception| self.block(now, reception));
        Report {
            ssrc: outgoing.ssrc(),
            sender,
            block,
            cname: self.cname,
            bye: false,
        }
    }

    fn block(&self, now: Instant, reception: &mut Reception) -> Block {
        let (last_report, delay) = match self.heard {
            Some((report, at)) => (report, fixed_point(now.saturating_duration_since(at)) >> 16),
            None => (0, 0),
        };
        Block {
            ssrc: reception.ssrc(),
            fraction_lost: reception.fraction_lost(),
            lost: i32::try_from(reception.lost()).unwrap_or(i32::MAX),
            highest: reception.extended_highest(),
            jitter: reception.jitter(),
            last_report,
            delay: delay as u32,
        }
    }

    fn ntp(&self, start: Instant, now: Instant) -> u64 {
        self.epoch
            .wrapping_add(fixed_point(now.saturating_duration_since(start)))
    }
}

/// A duration in 1/2³² s.
fn fixed_point(duration: Duration) -> u64 {
    ((duration.as_nanos() << 32) / 1_000_000_000) as u64
}

fn middle(ntp: u64) -> u32 {
    (ntp >> 16) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtcp::parse;

    #[test]
    fn round_trip_is_measured_between_two_sides() {
        let start = crate::start_of_test();
        let mut chance = Chance::new([1, 2]);
        let (mut ours, mut theirs) = (Control::new(&mut chance), Control::new(&mut chance));
        let (mut out, silent) = (Outgoing::new(7, 0, 0), Outgoing::new(8, 0, 0));
        out.own(start, 8, 160);
        let mut heard = Reception::new(7, 0);
        let mut bytes = [0; 200];
        let at = |ms| start + Duration::from_millis(ms);

        let length = ours.report(start, at(1_000), &out, None).write(&mut bytes);
        theirs.hear(start, at(1_040), 8, parse(&bytes[..length]).unwrap());
        let length = theirs
            .report(start, at(3_000), &silent, Some(&mut heard))
            .write(&mut bytes);
        ours.hear(start, at(3_060), 7, parse(&bytes[..length]).unwrap());

        let trip = ours.round_trip_ms.unwrap();
        assert!((99..=101).contains(&trip), "{trip}");
        assert_eq!(ours.lost_at_remote, Some(0));
    }

    #[test]
    fn reports_are_spread_from_half_to_one_and_a_half_intervals() {
        let start = crate::start_of_test();
        let mut chance = Chance::new([3, 4]);
        for _ in 0..1_000 {
            let wait = Control::next_report(start, start, &mut chance) - start;

            assert!((2_500..=7_520).contains(&wait.as_millis()), "{wait:?}");
        }
    }

    #[test]
    fn names_of_two_streams_differ() {
        let mut chance = Chance::new([5, 6]);

        assert_ne!(
            Control::new(&mut chance).cname,
            Control::new(&mut chance).cname
        );
    }
}
