//! What goes out on a stream: one SSRC, one run of sequence numbers, one clock, whoever speaks.

use std::time::{Duration, Instant};

use crate::sound::{FRAME_SAMPLES, HALF_SAMPLES};

/// Bytes of an RTP header without anything optional.
pub(crate) const HEADER: usize = 12;

/// How many packets after a switch an older one may still turn up; it belongs to nothing and is dropped.
const SPLICE_GUARD: u16 = 256;

/// The varying fields of an RTP header (RFC 3550 §5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) marker: bool,
    pub(crate) payload_type: u8,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) ssrc: u32,
}

impl Header {
    pub(crate) fn write(self, bytes: &mut [u8; HEADER]) {
        let marker = if self.marker { 0x80 } else { 0 };
        bytes[0] = 0x80;
        bytes[1] = marker | (self.payload_type & 0x7F);
        bytes[2..4].copy_from_slice(&self.sequence.to_be_bytes());
        bytes[4..8].copy_from_slice(&self.timestamp.to_be_bytes());
        bytes[8..12].copy_from_slice(&self.ssrc.to_be_bytes());
    }
}

/// Which run of packets is being relayed: another SSRC or a restart is another run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) ssrc: u32,
    pub(crate) restarts: u32,
}

/// How a relayed run continues what was sent before it.
#[derive(Clone, Copy)]
struct Splice {
    run: Run,
    sequence_offset: u16,
    timestamp_offset: u32,
    /// The first number sent of this run.
    first: u16,
    relayed: u16,
}

/// The sender's half of a stream.
pub(crate) struct Outgoing {
    ssrc: u32,
    next_sequence: u16,
    /// The newest timestamp sent, and when.
    timestamp: u32,
    sent_at: Option<Instant>,
    splice: Option<Splice>,
    /// The next packet begins something and carries the marker.
    begins: bool,
    /// The second half of a frame whose first half was sent.
    rest: Option<[u8; HALF_SAMPLES]>,
    packets: u64,
    octets: u32,
}

impl Outgoing {
    pub(crate) fn new(ssrc: u32, first_sequence: u16, first_timestamp: u32) -> Self {
        Self {
            ssrc,
            next_sequence: first_sequence,
            timestamp: first_timestamp,
            sent_at: None,
            splice: None,
            begins: true,
            rest: None,
            packets: 0,
            octets: 0,
        }
    }

    pub(crate) fn ssrc(&self) -> u32 {
        self.ssrc
    }

    pub(crate) fn sent_at(&self) -> Option<Instant> {
        self.sent_at
    }

    /// Returns the packets and, wrapping, the payload octets sent (RFC 3550 §6.4.1).
    pub(crate) fn counts(&self) -> (u64, u32) {
        (self.packets, self.octets)
    }

    /// Returns the timestamp that `now` would have.
    pub(crate) fn timestamp_at(&self, now: Instant) -> u32 {
        let Some(sent_at) = self.sent_at else {
            return self.timestamp;
        };
        self.timestamp
            .wrapping_add(samples(now.saturating_duration_since(sent_at)))
    }

    /// Ends what is being sent: the next packet is the first of something else.
    pub(crate) fn cut(&mut self) {
        self.splice = None;
        self.begins = true;
        self.rest = None;
    }

    /// Keeps the second half of a frame until its time comes.
    pub(crate) fn keep_rest(&mut self, codes: &[u8]) {
        self.rest = codes.first_chunk().copied();
    }

    /// Tells whether half a frame is still to be sent.
    pub(crate) fn has_rest(&self) -> bool {
        self.rest.is_some()
    }

    /// Gives the half of a frame that is still to be sent.
    pub(crate) fn take_rest(&mut self) -> Option<[u8; HALF_SAMPLES]> {
        self.rest.take()
    }

    /// Numbers a packet of our own; `at` is the time it is due, so that packets 20 ms apart are 160 samples apart.
    pub(crate) fn own(&mut self, at: Instant, payload_type: u8, octets: usize) -> Header {
        self.splice = None;
        self.timestamp = self.next_timestamp(at);
        self.sent_at = Some(at);
        let marker = std::mem::take(&mut self.begins);
        self.numbered(marker, payload_type, octets)
    }

    /// Numbers a packet of our own that repeats the timestamp of the one before (RFC 4733 §2.2.1).
    pub(crate) fn own_again(&mut self, payload_type: u8, octets: usize) -> Header {
        self.numbered(false, payload_type, octets)
    }

    /// Numbers the second half of the frame whose first half was sent last: it is half a frame
    /// later, and the clock goes on from the frame's beginning.
    pub(crate) fn own_rest(&mut self, payload_type: u8) -> Header {
        let timestamp = self.timestamp.wrapping_add(HALF_SAMPLES as u32);
        Header {
            timestamp,
            ..self.numbered(false, payload_type, HALF_SAMPLES)
        }
    }

    fn numbered(&mut self, marker: bool, payload_type: u8, octets: usize) -> Header {
        let sequence = self.next_sequence;
        self.next_sequence = sequence.wrapping_add(1);
        self.count(octets);
        Header {
            marker,
            payload_type,
            sequence,
            timestamp: self.timestamp,
            ssrc: self.ssrc,
        }
    }

    /// Renumbers a packet of a run: gaps and disorder stay as they are, so that the listener sees the true losses.
    /// Returns nothing for a packet from before the switch to this run.
    pub(crate) fn relayed(
        &mut self,
        now: Instant,
        run: Run,
        heard: Header,
        octets: usize,
    ) -> Option<Header> {
        let splice = match self.splice {
            Some(splice) if splice.run == run => splice,
            Some(_) | None => self.splice_to(now, run, heard),
        };
        let sequence = heard.sequence.wrapping_add(splice.sequence_offset);
        if splice.relayed < SPLICE_GUARD && precedes(sequence, splice.first) {
            return None;
        }
        let timestamp = heard.timestamp.wrapping_add(splice.timestamp_offset);
        if !precedes(sequence, self.next_sequence) {
            self.next_sequence = sequence.wrapping_add(1);
            self.timestamp = timestamp;
            self.sent_at = Some(now);
        }
        self.splice = Some(Splice {
            relayed: splice.relayed.saturating_add(1),
            ..splice
        });
        self.count(octets);
        let marker = std::mem::take(&mut self.begins) || heard.marker;
        Some(Header {
            marker,
            payload_type: heard.payload_type,
            sequence,
            timestamp,
            ssrc: self.ssrc,
        })
    }

    fn splice_to(&mut self, now: Instant, run: Run, heard: Header) -> Splice {
        self.begins = true;
        Splice {
            run,
            sequence_offset: self.next_sequence.wrapping_sub(heard.sequence),
            timestamp_offset: self.next_timestamp(now).wrapping_sub(heard.timestamp),
            first: self.next_sequence,
            relayed: 0,
        }
    }

    /// The time that passed, but never less than the packet that was sent last.
    fn next_timestamp(&self, now: Instant) -> u32 {
        let Some(sent_at) = self.sent_at else {
            return self.timestamp;
        };
        let passed = samples(now.saturating_duration_since(sent_at));
        self.timestamp
            .wrapping_add(passed.max(FRAME_SAMPLES as u32))
    }

    fn count(&mut self, octets: usize) {
        self.packets += 1;
        self.octets = self.octets.wrapping_add(octets as u32);
    }
}

fn precedes(a: u16, b: u16) -> bool {
    a.wrapping_sub(b).cast_signed() < 0
}

/// A duration in units of 1/8000 s, wrapping as timestamps do.
fn samples(duration: Duration) -> u32 {
    (duration.as_micros() * 8 / 1_000) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: Run = Run {
        ssrc: 99,
        restarts: 0,
    };

    fn heard(sequence: u16, timestamp: u32) -> Header {
        Header {
            marker: false,
            payload_type: 8,
            sequence,
            timestamp,
            ssrc: RUN.ssrc,
        }
    }

    fn outgoing() -> Outgoing {
        Outgoing::new(7, 65_534, u32::MAX - 100)
    }

    #[test]
    fn prompt_and_relay_are_one_run_of_numbers_and_one_clock() {
        let now = crate::start_of_test();
        let mut outgoing = outgoing();

        let prompt = outgoing.own(now, 8, 160);
        let again = outgoing.own(now + Duration::from_millis(20), 8, 160);
        let relayed = outgoing
            .relayed(now + Duration::from_millis(70), RUN, heard(500, 9_000), 160)
            .unwrap();
        let next = outgoing
            .relayed(now + Duration::from_millis(90), RUN, heard(501, 9_160), 160)
            .unwrap();

        assert_eq!(
            [prompt, again, relayed, next].map(|h| h.sequence),
            [65_534, 65_535, 0, 1]
        );
        assert_eq!(
            [again, relayed, next].map(|h| h.timestamp.wrapping_sub(prompt.timestamp)),
            [160, 560, 720]
        );
        assert_eq!(
            [prompt, again, relayed, next].map(|h| h.marker),
            [true, false, true, false]
        );
        assert!([prompt, again, relayed, next].iter().all(|h| h.ssrc == 7));
    }

    #[test]
    fn losses_and_disorder_of_the_source_stay_visible() {
        let now = crate::start_of_test();
        let mut outgoing = outgoing();
        let mut relay = |sequence: u16| {
            let heard = heard(sequence, u32::from(sequence) * 160);
            outgoing
                .relayed(now, RUN, heard, 160)
                .map(|header| header.sequence)
        };

        assert_eq!(
            [10, 11, 14, 13, 15].map(&mut relay).map(Option::unwrap),
            [65_534, 65_535, 2, 1, 3]
        );
    }

    #[test]
    fn a_packet_from_before_the_switch_is_dropped() {
        let now = crate::start_of_test();
        let mut outgoing = outgoing();

        assert!(outgoing.relayed(now, RUN, heard(100, 0), 160).is_some());
        assert!(outgoing.relayed(now, RUN, heard(99, 0), 160).is_none());
    }

    #[test]
    fn another_run_begins_with_the_marker_right_after_the_last_number() {
        let now = crate::start_of_test();
        let mut outgoing = outgoing();
        let other = Run { restarts: 1, ..RUN };

        let last = outgoing.relayed(now, RUN, heard(100, 0), 160).unwrap();
        let first = outgoing
            .relayed(now, other, heard(40_000, 77_777), 160)
            .unwrap();

        assert_eq!(first.sequence, last.sequence.wrapping_add(1));
        assert_eq!(first.timestamp, last.timestamp.wrapping_add(160));
        assert!(first.marker);
    }
}
