//! Writing our own descriptions.

use super::description::{Codec, Description, Direction, Media, PayloadType, Profile};
use super::negotiate::{Capabilities, Negotiated, Refusal, accept_answer, event_type};
use bytes::Bytes;
use std::fmt;
use std::net::SocketAddr;

/// Our side of one session: what we said last, so that the next description fits it (RFC 3264 §8).
#[derive(Clone)]
pub struct LocalSession {
    id: u64,
    version: u64,
    rtp: SocketAddr,
    /// The streams of the session in order: ours, and those that were refused.
    streams: Vec<Stream>,
    /// The number under which we take telephone-event: it stays ours whatever the other side calls it.
    telephone_event: Option<PayloadType>,
    /// The profile that the other side offered last; ours until then.
    profile: Profile,
    said: Vec<u8>,
}

#[derive(Clone)]
enum Stream {
    Audio,
    /// The `m=` line that refuses it.
    Refused(Vec<u8>),
}

impl LocalSession {
    /// Makes our side. `id` must be random and tells nothing of us; `rtp` is where we receive, RTCP one port above.
    pub fn new(id: u64, rtp: SocketAddr) -> Self {
        let telephone_event = event_type();
        // Some parsers take no number of 64 bits.
        let id = id >> 2;
        Self {
            id,
            version: 0,
            rtp,
            streams: vec![Stream::Audio],
            telephone_event,
            profile: Profile::default(),
            said: Vec::new(),
        }
    }

    /// The place of our audio stream among the streams.
    fn index(&self) -> usize {
        self.streams
            .iter()
            .position(|stream| matches!(stream, Stream::Audio))
            .unwrap_or(0)
    }

    /// Where we receive RTP from now on.
    pub const fn set_rtp(&mut self, rtp: SocketAddr) {
        self.rtp = rtp;
    }

    /// Writes an offer of every codec that we can do.
    pub fn offer(&mut self, capabilities: &Capabilities) -> Bytes {
        let codecs: Vec<_> = capabilities
            .codecs
            .iter()
            .map(|codec| (*codec, codec.payload_type()))
            .collect();
        let audio = self.audio(&codecs, self.telephone_event, capabilities.direction);
        self.write((0, 0), &audio)
    }

    /// Reads the answer to our last offer. The order of the answer decides, its numbers are for what we send, and ours
    /// for what we receive (RFC 3264 §6.1, §7).
    pub fn accept(
        &self,
        answer: &Description,
        offered: &Capabilities,
    ) -> Result<Negotiated, Refusal> {
        accept_answer(answer, self.index(), offered, self.telephone_event)
    }

    /// Writes the answer to an offer: the codec that was agreed on; every other stream is refused with port 0.
    pub fn answer(&mut self, offer: &Description, agreed: &Negotiated) -> Bytes {
        let stream = |(index, media)| {
            if index == agreed.index {
                Stream::Audio
            } else {
                Stream::Refused(refusal(media))
            }
        };
        self.streams = offer.media.iter().enumerate().map(stream).collect();
        self.profile = agreed.profile;
        let events = agreed.telephone_event.map(|events| events.receive);
        self.telephone_event = events.or(self.telephone_event);
        let audio = self.audio(
            &[(agreed.codec, agreed.payload_type)],
            events,
            agreed.direction,
        );
        self.write(offer.timing.unwrap_or((0, 0)), &audio)
    }

    fn audio(
        &self,
        codecs: &[(Codec, PayloadType)],
        event: Option<PayloadType>,
        direction: Direction,
    ) -> String {
        let mut formats = String::new();
        let mut maps = String::new();
        for (codec, kind) in codecs {
            formats.push_str(&format!(" {}", kind.number()));
            maps.push_str(&format!(
                "a=rtpmap:{} {}/8000\r\n",
                kind.number(),
                codec.name()
            ));
        }
        if let Some(kind) = event {
            let kind = kind.number();
            formats.push_str(&format!(" {kind}"));
            maps.push_str(&format!(
                "a=rtpmap:{kind} telephone-event/8000\r\na=fmtp:{kind} 0-15\r\n"
            ));
        }
        let direction = direction.attribute();
        format!(
            "m=audio {} {}{formats}\r\n{maps}a=ptime:20\r\na={direction}\r\n",
            self.rtp.port(),
            self.profile.protocol()
        )
    }

    /// Writes the description; its version rises when it differs from the one before (RFC 3264 §8).
    fn write(&mut self, timing: (u64, u64), audio: &str) -> Bytes {
        let family = if self.rtp.is_ipv4() { "IP4" } else { "IP6" };
        let address = self.rtp.ip();
        let mut rest =
            format!("IN {family} {address}\r\ns=-\r\nc=IN {family} {address}\r\n").into_bytes();
        rest.extend_from_slice(format!("t={} {}\r\n", timing.0, timing.1).as_bytes());
        for stream in &self.streams {
            match stream {
                Stream::Audio => rest.extend_from_slice(audio.as_bytes()),
                Stream::Refused(line) => rest.extend_from_slice(line),
            }
        }
        if rest != self.said {
            self.version += 1;
        }
        let mut text = format!("v=0\r\no=- {} {} ", self.id, self.version).into_bytes();
        text.extend_from_slice(&rest);
        self.said = rest;
        text.into()
    }
}

/// Refuses a stream (RFC 3264 §6): its own kind, protocol and first format with port 0.
fn refusal(media: &Media) -> Vec<u8> {
    let format = media
        .formats
        .first()
        .map_or(&b"0"[..], |format| &format[..]);
    [
        b"m=",
        &media.kind[..],
        b" 0 ",
        &media.protocol[..],
        b" ",
        format,
        b"\r\n",
    ]
    .concat()
}

impl fmt::Debug for LocalSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "LocalSession(version {}, {} streams)",
            self.version,
            self.streams.len()
        )
    }
}
