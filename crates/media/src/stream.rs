//! One stream: what arrives on its port pair, and what goes out.

mod receiving;
mod sending;

use std::net::SocketAddr;
use std::ops::Range;
use std::time::{Duration, Instant};

use crate::control::Control;
use crate::effect::{Channel, Transmit};
use crate::format::{Direction, Format, Law, Packets, Proof, Target};
use crate::ids::{PortId, SoundId, StreamId};
use crate::in_band::Detector;
use crate::order::{Digit, DigitSource, Stats};
use crate::outgoing::{Header, Outgoing, Run};
use crate::playback::Playback;
use crate::reception::Reception;
use crate::sound::{FRAME_SAMPLES, HALF_SAMPLES};
use crate::source::Source;
use crate::telephone_event::{DigitSender, Keys};

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
    /// It is the first one of a side that has shown that it is there.
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

/// What tones in the sound of a stream are taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tones {
    /// There is no telephone-event, as far as is known.
    MayBeKeys,
    /// What it plays of a key it tells by telephone-event.
    AreEvents,
}

impl Tones {
    fn of(format: &Format) -> Self {
        match format.telephone_event {
            Some(_) => Self::AreEvents,
            None => Self::MayBeKeys,
        }
    }
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
    /// Whether its first packet was told.
    told: bool,
    keys: Keys,
    tones: Tones,
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
            source: Source::new(now, target.remote, target.hosts),
            partner: None,
            playback: None,
            outgoing,
            report_at: now,
            vigil_at: None,
            tones: Tones::of(&target.format),
            format: target.format,
            direction: target.direction,
            proof: target.proof,
            digits: None,
            reception: None,
            restarts: 0,
            spoke: None,
            heard_rtp: None,
            heard: None,
            told: false,
            keys: Keys::default(),
            detector: None,
            control,
            opened: now,
            stats: Stats::default(),
        }
    }

    pub(crate) fn retarget(&mut self, now: Instant, target: Target) {
        self.source.retarget(now, target.remote, target.hosts);
        self.direction = target.direction;
        self.note(target.proof);
        if self.format != target.format {
            self.format = target.format;
            self.tones = Tones::of(&self.format);
            self.detector = None;
            self.outgoing.cut();
        }
    }

    /// When it was heard last, if who is heard has shown that it is there.
    pub(crate) fn last_heard(&self) -> Option<Instant> {
        self.heard.filter(|_| self.is_proven())
    }

    /// Tells whether anything may be sent.
    fn is_proven(&self) -> bool {
        self.proof == Proof::Given
    }

    /// Takes what a packet or an answer shows; what was shown once is not forgotten.
    fn note(&mut self, shown: Proof) {
        match shown {
            Proof::Given => self.proof = Proof::Given,
            Proof::Awaited => {}
        }
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

    /// Tells whether what this stream says may be heard by its partner.
    pub(crate) fn is_audible(&self) -> bool {
        self.direction.receives()
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
        self.note(self.source.shown_by(from));
        self.control.hear(start, now, self.outgoing.ssrc(), packets);
    }
}

/// Whether a report is the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parting {
    Staying,
    Goodbye,
}
