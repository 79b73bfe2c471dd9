//! What goes out on a stream: the partner's sound, what we play, keys, and a packet now and then
//! that keeps the way open.

use std::net::SocketAddr;
use std::time::Instant;

use super::{Accepted, KEEPALIVE_AFTER, Kind, Played, Stream};
use crate::effect::{Channel, DATAGRAM_MAX, Forward, Transmit};
use crate::format::Packets;
use crate::outgoing::{HEADER, Header};
use crate::sound::{FRAME_SAMPLES, HALF_SAMPLES, Sounds};
use crate::telephone_event::{DigitStep, EVENT_BYTES};

impl Stream {
    /// Rewrites what the partner said into a packet of this stream.
    pub(crate) fn relay(
        &mut self,
        now: Instant,
        heard: Accepted,
        datagram: &mut [u8],
    ) -> Option<Forward> {
        if self.is_busy() || heard.payload.is_empty() {
            return None;
        }
        let to = self.sound_destination()?;
        let (payload_type, translated) = match heard.kind {
            Kind::Sound(law) => (self.format.payload_type, law != self.format.law),
            Kind::Event => (self.format.telephone_event?.send, false),
            Kind::Comfort => return None,
        };
        let renumbered = Header {
            payload_type,
            ..heard.header
        };
        let header = self
            .outgoing
            .relayed(now, heard.run, renumbered, heard.payload.len())?;
        // Whatever stood between header and payload (CSRCs, extensions) stays behind: it is nobody else's business.
        let start = heard.payload.start.checked_sub(HEADER)?;
        let packet = datagram.get_mut(start..heard.payload.end)?;
        let (bytes, payload) = packet.split_first_chunk_mut()?;
        header.write(bytes);
        if translated {
            self.format.law.translate_from_other(payload);
        }
        Some(Forward {
            port: self.port,
            to,
            bytes: start..heard.payload.end,
        })
    }

    /// Does what is due in this stream's slot of the wheel.
    pub(crate) fn play(
        &mut self,
        at: Instant,
        sounds: &Sounds,
        buffer: &mut [u8; DATAGRAM_MAX],
    ) -> (Option<Transmit>, Played) {
        if !self.is_proven() {
            return (None, Played::Nothing);
        }
        if self.digits.is_some() {
            return self.play_digits(at, buffer);
        }
        let Some(playback) = &mut self.playback else {
            return (None, Played::Nothing);
        };
        let ended = playback.next(
            self.format.law,
            sounds,
            &mut buffer[HEADER..HEADER + FRAME_SAMPLES],
        );
        if playback.is_over() {
            self.playback = None;
        }
        let samples = self.packet_samples();
        let transmit = self.sound_destination().map(|to| {
            let header = self.outgoing.own(at, self.format.payload_type, samples);
            if self.packets() == Packets::Half {
                self.outgoing.keep_rest(&buffer[HEADER + samples..]);
            }
            self.written(header, samples, to, buffer)
        });
        (transmit, ended.map_or(Played::Nothing, Played::Prompt))
    }

    /// Sends the second half of the frame whose first half is out, if there is one.
    pub(crate) fn play_rest(&mut self, buffer: &mut [u8; DATAGRAM_MAX]) -> Option<Transmit> {
        let rest = self.outgoing.take_rest()?;
        let to = self.sound_destination()?;
        buffer[HEADER..HEADER + HALF_SAMPLES].copy_from_slice(&rest);
        let header = self.outgoing.own_rest(self.format.payload_type);
        Some(self.written(header, HALF_SAMPLES, to, buffer))
    }

    fn play_digits(
        &mut self,
        at: Instant,
        buffer: &mut [u8; DATAGRAM_MAX],
    ) -> (Option<Transmit>, Played) {
        let Some(digits) = &mut self.digits else {
            return (None, Played::Nothing);
        };
        let step = digits.advance();
        let (Some(events), Some(to)) = (self.format.telephone_event, self.sound_destination())
        else {
            return (None, self.end_of_digits(step));
        };
        let payload_type = events.send;
        let (header, packet) = match step {
            DigitStep::First(packet) => {
                self.outgoing.cut();
                (self.outgoing.own(at, payload_type, EVENT_BYTES), packet)
            }
            DigitStep::Again(packet) => {
                (self.outgoing.own_again(payload_type, EVENT_BYTES), packet)
            }
            DigitStep::Pause | DigitStep::Done => return (None, self.end_of_digits(step)),
        };
        buffer[HEADER..HEADER + EVENT_BYTES].copy_from_slice(&packet.bytes());
        (
            Some(self.written(header, EVENT_BYTES, to, buffer)),
            Played::Nothing,
        )
    }

    fn end_of_digits(&mut self, step: DigitStep) -> Played {
        if step != DigitStep::Done {
            return Played::Nothing;
        }
        self.digits = None;
        self.outgoing.cut();
        Played::Digits
    }

    fn sound_destination(&self) -> Option<SocketAddr> {
        let may_send = self.direction.sends() && self.is_proven();
        self.source.destination().filter(|_| may_send)
    }

    fn written(
        &self,
        header: Header,
        payload: usize,
        to: SocketAddr,
        buffer: &mut [u8; DATAGRAM_MAX],
    ) -> Transmit {
        if let Some(bytes) = buffer.first_chunk_mut() {
            header.write(bytes);
        }
        Transmit {
            port: self.port,
            channel: Channel::Rtp,
            to,
            length: HEADER + payload,
        }
    }

    /// Writes one silent packet if nothing was sent for long, so that NAT and trunk keep the way open.
    pub(crate) fn keep_alive(
        &mut self,
        now: Instant,
        buffer: &mut [u8; DATAGRAM_MAX],
    ) -> Option<Transmit> {
        let to = self.sound_destination()?;
        let quiet = now.saturating_duration_since(self.outgoing.sent_at().unwrap_or(self.opened));
        if quiet < KEEPALIVE_AFTER || self.is_busy() {
            return None;
        }
        let samples = self.packet_samples();
        buffer[HEADER..HEADER + samples].fill(self.format.law.silence());
        let header = self.outgoing.own(now, self.format.payload_type, samples);
        self.outgoing.cut();
        Some(self.written(header, samples, to, buffer))
    }
}
