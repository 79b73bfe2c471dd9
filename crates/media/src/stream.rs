//! One stream: what arrives on its port pair, and what goes out.

use std::net::SocketAddr;
use std::ops::Range;
use std::time::{Duration, Instant};

use rtp_rs::RtpReader;

use crate::control::Control;
use crate::effect::{Channel, DATAGRAM_MAX, Forward, Transmit};
use crate::format::{Direction, Format, Law, Packets, Proof, Target};
use crate::in_band::Detector;
use crate::order::{Digit, DigitSource, PortId, SoundId, Stats, StreamId};
use crate::outgoing::{HEADER, Header, Outgoing, Run};
use crate::playback::Playback;
use crate::reception::{Arrival, Reception, samples_since};
use crate::sound::{FRAME_SAMPLES, HALF_SAMPLES, Sounds};
use crate::source::{Admission, SILENCE, Source};
use crate::telephone_event::{DigitSender, DigitStep, EVENT_BYTES, EventPacket, Keys};

/// A source that was silent for so long may come back under another SSRC; before, another SSRC is an intruder's.
const SSRC_QUIET: Duration = Duration::from_millis(60);

/// The payload type of comfort noise (RFC 3389): a sign of life without sound.
const COMFORT_NOISE: u8 = 13;

/// After so long without a packet, a silent one is sent at the next report.
const KEEPALIVE_AFTER: Duration = Duration::from_millis(12_500);

/// What an accepted packet carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Sound(Law),
    Event,
    Comfort,
}

/// A packet of the true source.
pub(crate) struct Accepted {
    header: Header,
    kind: Kind,
    payload: Range<usize>,
    run: Run,
    pub(crate) news: News,
}

/// What an accepted packet tells beyond its sound.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct News {
    /// It is the first one.
    pub(crate) first: bool,
    /// The source is settled: the socket may be connected.
    pub(crate) settled: Option<SocketAddr>,
    pub(crate) digit: Option<(Digit, DigitSource)>,
}

/// What playing a frame tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Played {
    Nothing,
    Prompt(SoundId),
    Digits,
}

/// One RTP stream of one leg, both ways.
pub(crate) struct Stream {
    pub(crate) id: StreamId,
    pub(crate) port: PortId,
    pub(crate) source: Source,
    pub(crate) partner: Option<usize>,
    pub(crate) playback: Option<Playback>,
    pub(crate) outgoing: Outgoing,
    pub(crate) report_at: Instant,
    /// When it is looked after whether the source still speaks; none until it speaks again.
    pub(crate) vigil_at: Option<Instant>,
    format: Format,
    direction: Direction,
    proof: Proof,
    digits: Option<DigitSender>,
    reception: Option<Reception>,
    restarts: u32,
    /// When the last sound came: not a key.
    spoke: Option<Instant>,
    heard_rtp: Option<Instant>,
    heard: Option<Instant>,
    keys: Keys,
    detector: Option<Box<Detector>>,
    control: Control,
    opened: Instant,
    stats: Stats,
}

impl Stream {
    pub(crate) fn new(
        id: StreamId,
        port: PortId,
        target: Target,
        outgoing: Outgoing,
        control: Control,
        now: Instant,
    ) -> Self {
        Self {
            id,
            port,
            source: Source::new(target.remote, target.hosts),
            partner: None,
            playback: None,
            outgoing,
            report_at: now,
            vigil_at: None,
            format: target.format,
            direction: target.direction,
            proof: target.proof,
            digits: None,
            reception: None,
            restarts: 0,
            spoke: None,
            heard_rtp: None,
            heard: None,
            keys: Keys::default(),
            detector: None,
            control,
            opened: now,
            stats: Stats::default(),
        }
    }

    pub(crate) fn retarget(&mut self, target: Target) {
        self.source.retarget(target.remote, target.hosts);
        self.direction = target.direction;
        self.proof = target.proof;
        if self.format != target.format {
            self.format = target.format;
            self.detector = None;
            self.outgoing.cut();
        }
    }

    pub(crate) fn last_heard(&self) -> Option<Instant> {
        self.heard
    }

    /// Tells whether anything may be sent.
    fn is_proven(&self) -> bool {
        self.proof == Proof::Given || self.heard.is_some()
    }

    pub(crate) fn has_telephone_event(&self) -> bool {
        self.format.telephone_event.is_some()
    }

    /// Tells whether it has something to send every 20 ms.
    pub(crate) fn is_busy(&self) -> bool {
        self.playback.is_some() || self.digits.is_some() || self.outgoing.has_rest()
    }

    /// How long the packets are that it sends by itself.
    pub(crate) fn packets(&self) -> Packets {
        self.format.packets
    }

    /// The samples of a packet that it sends by itself.
    fn packet_samples(&self) -> usize {
        match self.format.packets {
            Packets::Whole => FRAME_SAMPLES,
            Packets::Half => HALF_SAMPLES,
        }
    }

    /// Queues keys; tells whether there was room.
    pub(crate) fn send_digits(&mut self, digits: &[Digit]) -> bool {
        let waiting = self.digits.as_ref().map_or(0, DigitSender::waiting);
        if waiting + digits.len() > DigitSender::DIGITS_MAX {
            return false;
        }
        if !digits.is_empty() {
            self.digits
                .get_or_insert_with(DigitSender::new)
                .push(digits);
        }
        true
    }

    pub(crate) fn stats(&self) -> Stats {
        let reception = self.reception.as_ref();
        Stats {
            sent: self.outgoing.counts().0,
            lost: reception.map_or(0, Reception::lost_in_all),
            jitter: reception.map_or(0, Reception::jitter),
            lost_at_remote: self.control.lost_at_remote,
            round_trip_ms: self.control.round_trip_ms,
            ..self.stats
        }
    }

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
            first: self.heard_rtp.is_none(),
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
            return self.source.follow(from);
        }
        judged
    }

    fn goes_on_in(&self, header: Header) -> bool {
        let reception = self.reception.as_ref();
        reception.is_some_and(|reception| reception.is_continued_by(header.ssrc, header.sequence))
    }

    /// Looks whether the source still speaks. Returns when to look again, if it does.
    pub(crate) fn keep_vigil(&mut self, now: Instant) -> Option<Instant> {
        let silent_at = self.heard_rtp? + SILENCE;
        if silent_at > now {
            return Some(silent_at);
        }
        self.source.fall_silent();
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
                let digit = events.receive(now, header.timestamp, EventPacket::parse(payload)?)?;
                Some((digit, DigitSource::TelephoneEvent))
            }
            Kind::Sound(law)
                if self.format.telephone_event.is_none() && arrival != Arrival::Late =>
            {
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

    /// Tells whether what this stream says may be heard by its partner.
    pub(crate) fn is_audible(&self) -> bool {
        self.direction.receives()
    }

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

    /// Writes a report, unless there is nothing to tell.
    pub(crate) fn report(
        &mut self,
        start: Instant,
        now: Instant,
        last: Parting,
        buffer: &mut [u8],
    ) -> Option<Transmit> {
        let to = self.source.control_destination();
        let to = to.filter(|_| self.is_proven())?;
        if self.reception.is_none() && self.outgoing.counts().0 == 0 {
            return None;
        }
        let report = self
            .control
            .report(start, now, &self.outgoing, self.reception.as_mut());
        let report = crate::rtcp::Report {
            bye: last == Parting::Goodbye,
            ..report
        };
        Some(Transmit {
            port: self.port,
            channel: Channel::Rtcp,
            to,
            length: report.write(buffer),
        })
    }

    /// Takes an RTCP datagram.
    pub(crate) fn hear_control(
        &mut self,
        start: Instant,
        now: Instant,
        from: SocketAddr,
        datagram: &[u8],
    ) {
        let Ok(packets) = crate::rtcp::parse(datagram) else {
            self.stats.refused_content += 1;
            return;
        };
        if !self.source.admit_control(from) {
            self.stats.refused_source += 1;
            return;
        }
        self.heard = Some(now);
        self.control.hear(start, now, self.outgoing.ssrc(), packets);
    }
}

/// Whether a report is the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parting {
    Staying,
    Goodbye,
}
