//! What is known of a source from its packets: order, loss, jitter (RFC 3550 §6.4.1, appendices A.1, A.3, A.8).

use std::time::Instant;

/// Sequence numbers this far ahead are a gap (RFC 3550 A.1, `MAX_DROPOUT`).
const GAP_MAX: u16 = 3_000;

/// Sequence numbers this far behind are late or doubled (RFC 3550 A.1, `MAX_MISORDER`).
const LATE_MAX: u16 = 100;

/// How a packet fits in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// It is the newest.
    Newest,
    /// It is late or a duplicate.
    Late,
    /// The source began a new sequence, and this is the second packet of it.
    Restarted,
    /// It is a key that the source sends under an SSRC of its own, beside its sound.
    Beside,
    /// It is far out of order; should the next one follow it, the source has restarted.
    Refused,
}

/// The receiver's half of one source.
#[derive(Clone, Debug)]
pub(crate) struct Reception {
    ssrc: u32,
    base: u16,
    highest: u16,
    cycles: u32,
    /// The number that would prove a restart.
    restart: Option<u16>,
    received: u64,
    /// Lost in the sequences before this one.
    lost_before: i64,
    /// Expected and received when the last report was made (RFC 3550 A.3).
    reported: (u64, u64),
    transit: Option<u32>,
    /// Sixteen times the jitter (RFC 3550 A.8).
    jitter_16: u32,
}

impl Reception {
    pub(crate) fn new(ssrc: u32, sequence: u16) -> Self {
        Self {
            ssrc,
            base: sequence,
            highest: sequence.wrapping_sub(1),
            cycles: 0,
            restart: None,
            received: 0,
            lost_before: 0,
            reported: (0, 0),
            transit: None,
            jitter_16: 0,
        }
    }

    /// Begins another sequence and keeps count of what was lost before.
    pub(crate) fn after(&self, ssrc: u32, sequence: u16) -> Self {
        Self {
            jitter_16: self.jitter_16,
            lost_before: self.lost_in_all(),
            ..Self::new(ssrc, sequence)
        }
    }

    pub(crate) fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// Tells whether a packet goes on where the last one of this source left off, a gap apart.
    pub(crate) fn is_continued_by(&self, ssrc: u32, sequence: u16) -> bool {
        let ahead = sequence.wrapping_sub(self.highest);
        ssrc == self.ssrc && ahead != 0 && ahead < GAP_MAX
    }

    /// Takes a packet's sequence number.
    pub(crate) fn sequence(&mut self, sequence: u16) -> Arrival {
        let ahead = sequence.wrapping_sub(self.highest);
        if ahead != 0 && ahead < GAP_MAX {
            if sequence < self.highest && self.received > 0 {
                self.cycles = self.cycles.wrapping_add(1 << 16);
            }
            self.highest = sequence;
            self.restart = None;
            self.received += 1;
            return Arrival::Newest;
        }
        if self.highest.wrapping_sub(sequence) <= LATE_MAX {
            self.received += 1;
            return Arrival::Late;
        }
        if self.restart == Some(sequence) {
            *self = Self {
                jitter_16: self.jitter_16,
                ..Self::new(self.ssrc, sequence)
            };
            self.highest = sequence;
            self.received = 1;
            return Arrival::Restarted;
        }
        self.restart = Some(sequence.wrapping_add(1));
        Arrival::Refused
    }

    /// Takes a packet's timestamp; `arrival` is in the same units of 1/8000 s.
    pub(crate) fn timing(&mut self, arrival: u32, timestamp: u32) {
        let transit = arrival.wrapping_sub(timestamp);
        if let Some(before) = self.transit.replace(transit) {
            let difference = transit.wrapping_sub(before).cast_signed().unsigned_abs();
            let jitter = i64::from(self.jitter_16);
            let next = jitter + i64::from(difference) - ((jitter + 8) >> 4);
            self.jitter_16 = u32::try_from(next).unwrap_or(u32::MAX);
        }
    }

    /// Returns the interarrival jitter in units of 1/8000 s.
    pub(crate) fn jitter(&self) -> u32 {
        self.jitter_16 >> 4
    }

    /// Returns how many packets never came; negative when more came than were sent.
    pub(crate) fn lost(&self) -> i64 {
        self.expected().cast_signed() - self.received.cast_signed()
    }

    /// Returns the same over all sequences.
    pub(crate) fn lost_in_all(&self) -> i64 {
        self.lost_before + self.lost()
    }

    /// Returns the extended highest sequence number.
    pub(crate) fn extended_highest(&self) -> u32 {
        self.cycles.wrapping_add(u32::from(self.highest))
    }

    /// Returns the fraction lost since the last call, in 1/256 (RFC 3550 A.3).
    pub(crate) fn fraction_lost(&mut self) -> u8 {
        let (expected, received) = (self.expected(), self.received);
        let expected_since = expected.saturating_sub(self.reported.0);
        let received_since = received.saturating_sub(self.reported.1);
        self.reported = (expected, received);
        let lost = expected_since.saturating_sub(received_since);
        (lost << 8)
            .checked_div(expected_since)
            .map_or(0, |share| u8::try_from(share).unwrap_or(u8::MAX))
    }

    fn expected(&self) -> u64 {
        if self.received == 0 {
            return 0;
        }
        (u64::from(self.cycles) + u64::from(self.highest) + 1).saturating_sub(u64::from(self.base))
    }
}

/// Returns a time as a count of 1/8000 s since `start`, wrapping.
pub(crate) fn samples_since(start: Instant, now: Instant) -> u32 {
    let micros = now.saturating_duration_since(start).as_micros();
    // A wrapping clock: only differences are used.
    (micros * 8 / 1_000) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fed(sequences: impl IntoIterator<Item = u16>) -> Reception {
        let mut sequences = sequences.into_iter().peekable();
        let mut reception = Reception::new(1, *sequences.peek().unwrap());
        for sequence in sequences {
            reception.sequence(sequence);
        }
        reception
    }

    #[test]
    fn losses_are_counted_over_a_wrap() {
        let mut reception = fed((65_000..=65_535)
            .chain(0..500)
            .filter(|sequence| sequence % 10 != 3));

        assert_eq!(reception.lost(), 104);
        assert_eq!(reception.extended_highest(), 65_536 + 499);
        assert_eq!(
            reception.fraction_lost(),
            u8::try_from(104 * 256 / 1_036).unwrap()
        );
        assert_eq!(reception.fraction_lost(), 0);
    }

    #[test]
    fn a_first_packet_of_number_zero_is_no_wrap() {
        let reception = fed([0, 1, 2]);

        assert_eq!((reception.lost(), reception.extended_highest()), (0, 2));
    }

    #[test]
    fn late_and_doubled_packets_are_told_apart_from_new_ones() {
        let mut reception = fed([10, 12]);

        assert_eq!(reception.sequence(11), Arrival::Late);
        assert_eq!(reception.sequence(11), Arrival::Late);
        assert_eq!(reception.sequence(13), Arrival::Newest);
        assert_eq!(reception.lost(), -1);
    }

    #[test]
    fn a_jump_is_believed_at_the_second_packet() {
        let mut reception = fed([10, 11]);

        assert_eq!(reception.sequence(40_000), Arrival::Refused);
        assert_eq!(reception.sequence(12), Arrival::Newest);
        assert_eq!(reception.sequence(40_000), Arrival::Refused);
        assert_eq!(reception.sequence(40_001), Arrival::Restarted);
        assert_eq!(reception.sequence(40_002), Arrival::Newest);
    }

    #[test]
    fn jitter_follows_the_formula_of_the_rfc() {
        let mut reception = Reception::new(1, 0);
        let mut expected = 0.0_f64;
        for packet in 0..200_u32 {
            let deviation = if packet % 2 == 0 { 0 } else { 80 };
            reception.timing(packet * 160 + deviation, packet * 160);
            if packet > 0 {
                expected += (80.0 - expected) / 16.0;
            }
        }

        assert!(
            (f64::from(reception.jitter()) - expected).abs() <= 1.0,
            "{} {expected}",
            reception.jitter()
        );
    }
}
