//! What arrives on a stream: whose it is, what it carries, and which keys it presses.

use std::net::SocketAddr;
use std::ops::Range;
use std::time::Instant;

use rtp_rs::RtpReader;

use super::{Accepted, COMFORT_NOISE, Kind, News, SSRC_QUIET, Stream, Tones};
use crate::format::Law;
use crate::in_band::Detector;
use crate::order::{Digit, DigitSource};
use crate::outgoing::{Header, Run};
use crate::reception::{Arrival, Reception, samples_since};
use crate::source::{Admission, SILENCE};
use crate::telephone_event::{EventPacket, Stamp};

impl Stream {
    /// Judges a datagram, and takes note of it when it is the source's.
    pub(crate) fn accept(
        &mut self,
        start: Instant,
        now: Instant,
        from: SocketAddr,
        datagram: &[u8],
    ) -> Option<Accepted> {
        let Some((header, kind, payload)) = self.parse(datagram) else {
            self.stats.refused_content += 1;
            return None;
        };
        let settled = match self.admit(now, from, header) {
            Admission::Refused | Admission::Moving => {
                self.stats.refused_source += 1;
                return None;
            }
            Admission::Admitted => None,
            Admission::Settled(source) => Some(source),
        };
        let mut news = News {
            first: false,
            settled,
            digit: None,
        };
        let arrival = self.arrive(now, header, kind);
        if arrival == Arrival::Refused {
            self.stats.refused_content += 1;
            // A latch that settles is news even when this packet is not.
            return settled.map(|_| Accepted {
                kind: Kind::Comfort,
                ..self.accepted(header, kind, payload, news)
            });
        }
        self.stats.received += 1;
        (self.heard_rtp, self.heard) = (Some(now), Some(now));
        self.note(self.source.shown_by(from));
        let proven = self.is_proven();
        news.first = proven && !std::mem::replace(&mut self.told, proven);
        if kind != Kind::Event {
            self.spoke = Some(now);
        }
        if arrival == Arrival::Newest
            && kind != Kind::Event
            && let Some(reception) = &mut self.reception
        {
            reception.timing(samples_since(start, now), header.timestamp);
        }
        news.digit = self.digit_in((now, arrival), header, kind, &datagram[payload.clone()]);
        self.stats.digits += u32::from(news.digit.is_some());
        // A key beside the sound is ours to hear: one SSRC goes out, and it cannot be woven into that.
        let kind = match arrival {
            Arrival::Beside => Kind::Comfort,
            Arrival::Newest | Arrival::Late | Arrival::Restarted | Arrival::Refused => kind,
        };
        Some(self.accepted(header, kind, payload, news))
    }

    fn admit(&mut self, now: Instant, from: SocketAddr, header: Header) -> Admission {
        let judged = self.source.admit(now, from);
        if judged == Admission::Moving && self.goes_on_in(header) {
            return self.source.follow(now, from);
        }
        judged
    }

    fn goes_on_in(&self, header: Header) -> bool {
        let reception = self.reception.as_ref();
        reception.is_some_and(|reception| reception.is_continued_by(header.ssrc, header.sequence))
    }

    /// Looks whether the source still speaks. Returns when to look again, if it does.
    pub(crate) fn keep_vigil(&mut self, now: Instant) -> Option<Instant> {
        let last = self.heard_rtp?;
        if last + SILENCE > now {
            return Some(last + SILENCE);
        }
        self.source.fall_silent(last);
        None
    }

    fn accepted(&self, header: Header, kind: Kind, payload: Range<usize>, news: News) -> Accepted {
        Accepted {
            header,
            kind,
            payload,
            run: Run {
                ssrc: header.ssrc,
                restarts: self.restarts,
            },
            news,
        }
    }

    fn parse(&self, datagram: &[u8]) -> Option<(Header, Kind, Range<usize>)> {
        let reader = RtpReader::new(datagram).ok()?;
        let kind = self.kind(reader.payload_type())?;
        let start = reader.payload_offset();
        let header = Header {
            marker: reader.mark(),
            payload_type: reader.payload_type(),
            sequence: reader.sequence_number().into(),
            timestamp: reader.timestamp(),
            ssrc: reader.ssrc(),
        };
        Some((header, kind, start..start + reader.payload().len()))
    }

    /// Our own numbers come first, then those that the other side numbers by. Both laws are understood under their
    /// static numbers, whichever was agreed: some phones send the other one.
    fn kind(&self, payload_type: u8) -> Option<Kind> {
        let events = self.format.telephone_event;
        if events.is_some_and(|events| events.receive == payload_type) {
            return Some(Kind::Event);
        }
        if payload_type == self.format.payload_type {
            return Some(Kind::Sound(self.format.law));
        }
        if events.is_some_and(|events| events.send == payload_type) {
            return Some(Kind::Event);
        }
        if self.format.stray_event == Some(payload_type) {
            return Some(Kind::Event);
        }
        match payload_type {
            0 => Some(Kind::Sound(Law::MuLaw)),
            8 => Some(Kind::Sound(Law::ALaw)),
            COMFORT_NOISE => Some(Kind::Comfort),
            _ => None,
        }
    }

    fn arrive(&mut self, now: Instant, header: Header, kind: Kind) -> Arrival {
        let arrival = match &mut self.reception {
            Some(reception) if reception.ssrc() == header.ssrc => {
                reception.sequence(header.sequence)
            }
            Some(_) if kind == Kind::Event => Arrival::Beside,
            Some(_)
                if self
                    .spoke
                    .is_some_and(|at| now.saturating_duration_since(at) < SSRC_QUIET) =>
            {
                Arrival::Refused
            }
            before => {
                let mut reception = before.as_ref().map_or_else(
                    || Reception::new(header.ssrc, header.sequence),
                    |before| before.after(header.ssrc, header.sequence),
                );
                reception.sequence(header.sequence);
                *before = Some(reception);
                Arrival::Restarted
            }
        };
        if arrival == Arrival::Restarted {
            self.restarts = self.restarts.wrapping_add(1);
        }
        arrival
    }

    fn digit_in(
        &mut self,
        (now, arrival): (Instant, Arrival),
        header: Header,
        kind: Kind,
        payload: &[u8],
    ) -> Option<(Digit, DigitSource)> {
        match kind {
            Kind::Event => {
                let events = self.keys.of(header.ssrc);
                let stamp = Stamp {
                    sequence: header.sequence,
                    timestamp: header.timestamp,
                };
                let digit = events.receive(now, stamp, EventPacket::parse(payload)?)?;
                // One press is told once: what sounds beside it is the same key.
                self.tones = Tones::AreEvents;
                Some((digit, DigitSource::TelephoneEvent))
            }
            Kind::Sound(law) if self.tones == Tones::MayBeKeys && arrival != Arrival::Late => {
                if !self.direction.receives() {
                    return None;
                }
                let detector = self
                    .detector
                    .get_or_insert_with(|| Box::new(Detector::new()));
                Some((detector.hear(law, payload)?, DigitSource::InBand))
            }
            Kind::Sound(_) | Kind::Comfort => None,
        }
    }
}
