//! Packets of sound and keys, as peers send them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use bytes::Bytes;
use media::Digit;

/// Time between two packets of who speaks. It is long, so that days stay short, and yet no silence.
pub(crate) const SOUND_EVERY: Duration = Duration::from_secs(1);
/// Samples in a millisecond.
const SAMPLES: u128 = 8;
/// A-law.
const SOUND: u8 = 8;
/// telephone-event, as all descriptions here number it.
const EVENT: u8 = 101;
/// How often a key is told: any of its packets may be lost.
const TOLD: u16 = 4;
const HEADER: usize = 12;

/// What one source of sound sends. Its payload tells where it is from.
#[derive(Clone, Debug)]
pub(crate) struct Speech {
    from: SocketAddr,
    ssrc: u32,
    sequence: u16,
    began: Instant,
}

impl Speech {
    pub(crate) fn new(began: Instant, from: SocketAddr) -> Self {
        Self {
            from,
            ssrc: 0x5000_0000 + u32::from(from.port()),
            sequence: from.port(),
            began,
        }
    }

    /// A packet of sound.
    pub(crate) fn sound(&mut self, now: Instant) -> Bytes {
        let octets = match self.from.ip() {
            IpAddr::V4(ip) => ip.octets(),
            IpAddr::V6(_) => Ipv4Addr::UNSPECIFIED.octets(),
        };
        let mut payload = octets.to_vec();
        payload.extend(self.from.port().to_be_bytes());
        self.packet(now, SOUND, &payload)
    }

    /// A key, from its beginning to its end.
    pub(crate) fn key(&mut self, now: Instant, digit: Digit) -> Vec<Bytes> {
        let packet = |n: u16| {
            let end = if n == TOLD { 0x80 } else { 0 };
            let [high, low] = (160 * n).to_be_bytes();
            self.packet(now, EVENT, &[digit.event(), end | 10, high, low])
        };
        (1..=TOLD).map(packet).collect()
    }

    fn packet(&mut self, now: Instant, payload_type: u8, payload: &[u8]) -> Bytes {
        self.sequence = self.sequence.wrapping_add(1);
        let samples = now.saturating_duration_since(self.began).as_millis() * SAMPLES;
        let timestamp = u32::try_from(samples).unwrap_or(u32::MAX);
        let mut packet = vec![0x80, payload_type];
        packet.extend(self.sequence.to_be_bytes());
        packet.extend(timestamp.to_be_bytes());
        packet.extend(self.ssrc.to_be_bytes());
        packet.extend(payload);
        packet.into()
    }
}

/// Whose sound a packet brings; `None` when it is nobody's.
pub(crate) fn speaker_in(packet: &[u8]) -> Option<SocketAddr> {
    let (header, payload) = packet.split_at_checked(HEADER)?;
    let payload: [u8; 6] = payload.try_into().ok()?;
    let [a, b, c, d, high, low] = payload;
    let port = u16::from_be_bytes([high, low]);
    (header.get(1)? & 0x7F == SOUND).then(|| SocketAddr::from(([a, b, c, d], port)))
}
