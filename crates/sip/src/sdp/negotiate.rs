//! Offer and answer for one audio stream (RFC 3264).

use super::description::{Codec, Connection, Description, Direction, Media, PayloadType, Profile};
use super::parse::{read_address, words};
use crate::Status;
use crate::token::decimal;
use std::net::{IpAddr, SocketAddr};
use thiserror::Error;

/// The packet time of what we send, in milliseconds. `a=ptime` is a wish that we leave.
const PTIME_MS: u8 = 20;
/// The packet time where `a=maxptime` allows no 20 ms: the shortest there is.
const SHORT_PTIME_MS: u8 = 10;
/// The payload type of our own offers for telephone-event.
const EVENT_TYPE: u8 = 101;

/// Whose order of codecs decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// That of the offer, as RFC 3264 §6.1 recommends.
    #[default]
    Theirs,
    /// Ours.
    Ours,
}

/// What we can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// The codecs, best first.
    pub codecs: Vec<Codec>,
    /// Whose order decides.
    pub order: Order,
    /// Which way we are willing to let media flow, seen from us: `SendOnly` or `Inactive` holds the peer.
    pub direction: Direction,
    /// The host that the peer signals from. Names are not resolved here: where a description gives
    /// its host by a name, or gives none, this one is taken. Without it such a description is
    /// refused.
    pub host_of_peer: Option<IpAddr>,
}

impl Default for Capabilities {
    fn default() -> Self {
        Self {
            codecs: vec![Codec::Pcma, Codec::Pcmu],
            order: Order::Theirs,
            direction: Direction::SendRecv,
            host_of_peer: None,
        }
    }
}

/// The payload types of telephone-event: each side sends by the number of the other's description (RFC 3264 §6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventTypes {
    /// What we send carries the number of their description.
    pub send: PayloadType,
    /// What we receive carries the number of ours.
    pub receive: PayloadType,
}

/// What both sides agreed on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Negotiated {
    /// The place of the audio stream among the streams.
    pub index: usize,
    /// Its profile: an answer repeats that of the offer (RFC 3264 §6).
    pub profile: Profile,
    /// The codec.
    pub codec: Codec,
    /// Its payload type in what we send: the number that the other side gave it. What we receive may carry it as well
    /// as the number that we gave it.
    pub payload_type: PayloadType,
    /// The payload types of telephone-event (RFC 4733), if both know it.
    pub telephone_event: Option<EventTypes>,
    /// Where it is not agreed on: the number under which some phones send it all the same, if that stands for nothing
    /// else.
    pub stray_event: Option<PayloadType>,
    /// Where RTP goes. With the unspecified address nothing is sent.
    pub rtp: SocketAddr,
    /// Where RTCP goes (RFC 3605).
    pub rtcp: SocketAddr,
    /// Which way media flows, seen from us.
    pub direction: Direction,
    /// How much sound goes into a packet that we send by ourselves, in milliseconds: 20, or 10 where the other side
    /// takes no more.
    pub ptime_ms: u8,
}

impl std::fmt::Debug for Negotiated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Negotiated")
            .field("codec", &self.codec)
            .field("direction", &self.direction)
            .field("ptime_ms", &self.ptime_ms)
            .finish_non_exhaustive()
    }
}

/// Why there is no agreement; each is answered with 488.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// No audio stream over RTP/AVP or RTP/AVPF is offered, or it was refused.
    #[error("no audio stream")]
    NoAudio,
    /// No codec in common.
    #[error("no common codec")]
    NoCodec,
    /// The stream has no IP address.
    #[error("no address")]
    NoAddress,
}

impl Refusal {
    /// The status that tells it: 488.
    pub const fn status(self) -> Status {
        Status::NOT_ACCEPTABLE_HERE
    }
}

/// Compares an offer with what we can do. The first audio stream with a codec in common is taken.
pub fn negotiate(offer: &Description, capabilities: &Capabilities) -> Result<Negotiated, Refusal> {
    let mut refusal = Refusal::NoAudio;
    let audio = |(index, media)| Some((index, media, profile_of_audio(media)?));
    for (index, media, profile) in offer.media.iter().enumerate().filter_map(audio) {
        // The answer numbers everything as the offer did.
        let events = telephone_event(media);
        match take(offer, (index, media, profile), capabilities, events) {
            Ok(negotiated) => return Ok(negotiated),
            Err(other) => refusal = other,
        }
    }
    Err(refusal)
}

/// Reads the answer to an offer of ours, whose audio stream stood at `index` and numbered telephone-event `events`. The
/// order of the answer decides.
pub(super) fn accept_answer(
    answer: &Description,
    index: usize,
    offered: &Capabilities,
    events: Option<PayloadType>,
) -> Result<Negotiated, Refusal> {
    let media = answer
        .media
        .get(index)
        .and_then(|media| Some((index, media, profile_of_audio(media)?)))
        .ok_or(Refusal::NoAudio)?;
    let offered = Capabilities {
        order: Order::Theirs,
        ..offered.clone()
    };
    take(answer, media, &offered, events)
}

/// The profile of an audio stream that is not refused.
fn profile_of_audio(media: &Media) -> Option<Profile> {
    let is_audio = media.kind.eq_ignore_ascii_case(b"audio") && media.port != 0;
    Profile::find(&media.protocol).filter(|_| is_audio)
}

fn take(
    remote: &Description,
    (index, media, profile): (usize, &Media, Profile),
    ours: &Capabilities,
    own_events: Option<PayloadType>,
) -> Result<Negotiated, Refusal> {
    let (codec, payload_type) = common_codec(media, ours).ok_or(Refusal::NoCodec)?;
    let address = match remote.connection_of(media) {
        Some(Connection::Address(address)) => *address,
        Some(Connection::Name(_)) | None => ours.host_of_peer.ok_or(Refusal::NoAddress)?,
    };
    let rtp = SocketAddr::new(address, media.port);
    let agreed = telephone_event(media)
        .zip(own_events)
        .map(|(send, receive)| EventTypes { send, receive });
    let stray = own_events
        .or(event_type())
        .filter(|stray| agreed.is_none() && encodings(media, *stray).next().is_none());
    Ok(Negotiated {
        index,
        profile,
        codec,
        payload_type,
        telephone_event: agreed,
        stray_event: stray,
        rtp,
        rtcp: rtcp_of(media, rtp),
        direction: remote.direction_of(media).reversed().and(ours.direction),
        ptime_ms: ptime(remote, media),
    })
}

fn payload_types(media: &Media) -> impl Iterator<Item = PayloadType> {
    media.formats.iter().filter_map(|format| {
        let number = decimal(format).and_then(|number| u8::try_from(number).ok())?;
        PayloadType::new(number)
    })
}

fn common_codec(media: &Media, ours: &Capabilities) -> Option<(Codec, PayloadType)> {
    let mut theirs = payload_types(media).filter_map(|kind| Some((codec_of(media, kind)?, kind)));
    match ours.order {
        Order::Theirs => theirs.find(|(codec, _)| ours.codecs.contains(codec)),
        Order::Ours => {
            let theirs: Vec<_> = theirs.collect();
            ours.codecs
                .iter()
                .find_map(|codec| theirs.iter().find(|(other, _)| other == codec).copied())
        }
    }
}

/// What a payload type stands for: `a=rtpmap` decides, without it the static types of RFC 3551.
fn codec_of(media: &Media, kind: PayloadType) -> Option<Codec> {
    let mut all = [Codec::Pcma, Codec::Pcmu].into_iter();
    if encodings(media, kind).next().is_none() {
        return all.find(|codec| codec.payload_type() == kind);
    }
    all.find(|codec| stands_for(media, kind, codec.name()))
}

fn telephone_event(media: &Media) -> Option<PayloadType> {
    payload_types(media).find(|&kind| stands_for(media, kind, "telephone-event"))
}

/// Tells whether a payload type is mapped to that encoding: of two mappings of one number, to two clocks for example,
/// either counts.
fn stands_for(media: &Media, kind: PayloadType, name: &str) -> bool {
    encodings(media, kind).any(|encoding| is_encoding(encoding, name))
}

/// The encodings that `a=rtpmap` gives a payload type.
fn encodings(media: &Media, kind: PayloadType) -> impl Iterator<Item = &[u8]> {
    media.values("rtpmap").filter_map(move |value| {
        let space = value.iter().position(u8::is_ascii_whitespace)?;
        let same = decimal(&value[..space]) == Some(u64::from(kind.number()));
        same.then(|| value[space..].trim_ascii())
    })
}

/// Tells whether it is that encoding with one channel and 8,000 samples a second, which is what a clock that is left
/// out means: none of ours has another.
fn is_encoding(encoding: &[u8], name: &str) -> bool {
    let mut parts = encoding.split(|&byte| byte == b'/');
    let same = parts
        .next()
        .is_some_and(|part| part.eq_ignore_ascii_case(name.as_bytes()));
    same && matches!(parts.next(), None | Some(b"8000"))
        && matches!(parts.next(), None | Some(b"1"))
}

/// `a=rtcp:<port> [IN IP4 <address>]`, else the port behind that of RTP.
fn rtcp_of(media: &Media, rtp: SocketAddr) -> SocketAddr {
    let usual = SocketAddr::new(rtp.ip(), rtp.port().saturating_add(1));
    let read = |value: &[u8]| {
        let mut words = words(value);
        let port = words
            .next()
            .and_then(decimal)
            .and_then(|port| u16::try_from(port).ok())?;
        let address: Option<IpAddr> = words.nth(2).and_then(read_address);
        (port != 0).then(|| SocketAddr::new(address.unwrap_or(rtp.ip()), port))
    };
    media.value("rtcp").and_then(read).unwrap_or(usual)
}

/// The longest packet that we send and the other side takes (RFC 8866 §6.4).
fn ptime(remote: &Description, media: &Media) -> u8 {
    let value = media.value("maxptime").or_else(|| remote.value("maxptime"));
    let most = value.and_then(|value| decimal(value.trim_ascii()));
    match most {
        Some(most) if most < u64::from(PTIME_MS) => SHORT_PTIME_MS,
        Some(_) | None => PTIME_MS,
    }
}

/// The payload type for telephone-event in our offers.
pub(super) const fn event_type() -> Option<PayloadType> {
    PayloadType::new(EVENT_TYPE)
}
