//! Keys as RFC 4733 events, heard and sent.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::order::Digit;

/// Bytes of an event's payload (RFC 4733 §2.3).
pub(crate) const EVENT_BYTES: usize = 4;

/// An event of the same key goes on when its next timestamp lies this close behind what is known of it, in 1/8000 s: no
/// finger lifts and presses within 30 ms, but some phones move the timestamp within one press, or that of its ends.
const CONTINUES_WITHIN: u32 = 240;

/// A segment this long, in 1/8000 s, is near the longest one (RFC 4733 §2.5.1.3) and may be followed by another of the
/// same press, although the packets that told its full length were lost.
const LONG: u16 = 0xF000;
const LONG_CONTINUES_WITHIN: u32 = 0x1_0000 - LONG as u32 + CONTINUES_WITHIN;

/// Timestamps up to 5 s older than the current press are late packets of an earlier one.
const LATE_MAX: u32 = 40_000;

/// A press that begins anew this long after the last end of another is one of its own, whatever its
/// timestamp says: some senders let their clock stand still between keys. Ends are repeated within
/// 20 ms.
const BEGINS_ANEW_AFTER: Duration = Duration::from_millis(40);

/// Packets whose sequence number is up to 5 s older than the newest of a source are late.
const LATE_PACKETS_MAX: u16 = 250;

/// One packet of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EventPacket {
    pub(crate) event: u8,
    pub(crate) end: bool,
    /// In 1/8000 s.
    pub(crate) duration: u16,
}

impl EventPacket {
    pub(crate) fn parse(payload: &[u8]) -> Option<Self> {
        let [event, flags, high, low] = *payload.first_chunk()?;
        Some(Self {
            event,
            end: flags & 0x80 != 0,
            duration: u16::from_be_bytes([high, low]),
        })
    }

    /// Writes the payload, at −10 dBm0.
    pub(crate) fn bytes(self) -> [u8; EVENT_BYTES] {
        let [high, low] = self.duration.to_be_bytes();
        let end = if self.end { 0x80 } else { 0 };
        [self.event, end | 10, high, low]
    }
}

/// The keys of the SSRC that sent the last one: its sound's or one of their own.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Keys {
    ssrc: u32,
    events: EventReceiver,
}

impl Keys {
    pub(crate) fn of(&mut self, ssrc: u32) -> &mut EventReceiver {
        if self.ssrc != ssrc {
            self.ssrc = ssrc;
            self.events = self.events.succeeded();
        }
        &mut self.events
    }
}

/// Where an event packet stands among those of its source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp {
    pub(crate) sequence: u16,
    /// In 1/8000 s.
    pub(crate) timestamp: u32,
}

/// Hears presses in the packets of one source.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct EventReceiver {
    current: Option<(u32, EventPacket)>,
    /// When a packet of the current press came last.
    heard: Option<Instant>,
    /// The newest sequence number of an event packet.
    newest: Option<u16>,
    /// The key that another source has just pressed: some gateways double it.
    doubled: Option<u8>,
}

impl EventReceiver {
    /// The receiver of another source that takes over from this one.
    fn succeeded(self) -> Self {
        Self {
            heard: self.heard,
            doubled: self.current.map(|(_, packet)| packet.event),
            ..Self::default()
        }
    }

    /// Takes an event packet and returns the key when it is the first that was heard of a press:
    /// the start may be lost, packets may repeat, come late, or continue a long press under a new
    /// timestamp. What was sent before a packet that came already begins no press.
    pub(crate) fn receive(
        &mut self,
        now: Instant,
        Stamp {
            sequence,
            timestamp,
        }: Stamp,
        packet: EventPacket,
    ) -> Option<Digit> {
        let newest = *self.newest.get_or_insert(sequence);
        let is_numbered_lower = (1..=LATE_PACKETS_MAX).contains(&newest.wrapping_sub(sequence));
        if is_numbered_lower && !self.is_newer(timestamp) {
            return None;
        }
        self.newest = Some(sequence);
        let Some((began, current)) = self.current else {
            return self.begin(now, timestamp, packet);
        };
        let since = timestamp.wrapping_sub(began);
        if (since == 0 && packet.event != current.event) || self.begins_anew(now, current, packet) {
            return self.begin(now, timestamp, packet);
        }
        if since == 0 || (current.end && is_same_press(current, packet, since)) {
            self.heard = Some(now);
            self.current = Some((
                began,
                EventPacket {
                    end: current.end || packet.end,
                    duration: current.duration.max(packet.duration),
                    ..current
                },
            ));
            return None;
        }
        if began.wrapping_sub(timestamp) <= LATE_MAX {
            return None;
        }
        if is_same_press(current, packet, since) {
            self.heard = Some(now);
            self.current = Some((timestamp, packet));
            return None;
        }
        self.begin(now, timestamp, packet)
    }

    /// Whether it is of another time than the current press, and of a later one: its sender numbers anew.
    fn is_newer(&self, timestamp: u32) -> bool {
        let began = self.current.map(|(began, _)| began);
        let ahead = |began: u32| timestamp.wrapping_sub(began);
        began.is_some_and(|began| (CONTINUES_WITHIN + 1..u32::MAX / 2).contains(&ahead(began)))
    }

    /// Whether a key goes down again after it was told to be up.
    fn begins_anew(&self, now: Instant, current: EventPacket, packet: EventPacket) -> bool {
        let since = self.heard.map(|heard| now.saturating_duration_since(heard));
        current.end
            && !packet.end
            && packet.duration <= current.duration
            && since.is_some_and(|since| since > BEGINS_ANEW_AFTER)
    }

    fn begin(&mut self, now: Instant, timestamp: u32, packet: EventPacket) -> Option<Digit> {
        let since = self.heard.map(|heard| now.saturating_duration_since(heard));
        let is_doubled = self.doubled.take() == Some(packet.event)
            && since.is_some_and(|since| since <= BEGINS_ANEW_AFTER);
        let digit = Digit::from_event(packet.event).filter(|_| !is_doubled);
        self.heard = Some(now);
        self.current = Some((timestamp, packet));
        digit
    }
}

/// A press cannot begin before the one before it ended: what claims so is a part of that one.
fn is_same_press(current: EventPacket, packet: EventPacket, since: u32) -> bool {
    let goes_on_within = if current.duration >= LONG && !current.end {
        LONG_CONTINUES_WITHIN
    } else {
        CONTINUES_WITHIN
    };
    current.event == packet.event && since <= u32::from(current.duration) + goes_on_within
}

/// Packets of 20 ms in which a key is down.
const DOWN: u32 = 5;
/// Packets that tell the end (RFC 4733 §2.5.1.4), the first of them the last one of [`DOWN`].
const ENDS: u32 = 3;
/// Packets from one key to the next.
const PERIOD: u32 = 10;

/// What a sender of digits does in one 20 ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DigitStep {
    /// The first packet of a key: a new timestamp and the marker.
    First(EventPacket),
    /// Another packet under the same timestamp.
    Again(EventPacket),
    /// Nothing.
    Pause,
    /// All is sent.
    Done,
}

/// Sends keys, 100 ms each with 100 ms between.
#[derive(Clone, Debug)]
pub(crate) struct DigitSender {
    digits: VecDeque<Digit>,
    step: u32,
}

impl DigitSender {
    /// How many keys may wait to be sent.
    pub(crate) const DIGITS_MAX: usize = 64;

    pub(crate) fn new() -> Self {
        Self {
            digits: VecDeque::new(),
            step: 0,
        }
    }

    pub(crate) fn waiting(&self) -> usize {
        self.digits.len()
    }

    pub(crate) fn push(&mut self, digits: &[Digit]) {
        self.digits.extend(digits);
    }

    pub(crate) fn advance(&mut self) -> DigitStep {
        let Some(digit) = self.digits.front() else {
            return DigitStep::Done;
        };
        let step = self.step;
        self.step += 1;
        let down = (step + 1).min(DOWN);
        let packet = EventPacket {
            event: digit.event(),
            end: step + 1 >= DOWN,
            duration: (down * 160) as u16,
        };
        match step {
            0 => DigitStep::First(packet),
            _ if step < DOWN + ENDS - 1 => DigitStep::Again(packet),
            _ => {
                if self.step == PERIOD {
                    self.digits.pop_front();
                    self.step = 0;
                }
                DigitStep::Pause
            }
        }
    }
}

#[cfg(test)]
mod tests;
