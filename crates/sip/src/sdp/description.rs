//! What a session description says.

use bytes::Bytes;
use std::fmt;
use std::net::IpAddr;

/// A payload type of RTP, 0–127.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PayloadType(u8);

impl PayloadType {
    /// Checks that the number is below 128.
    pub const fn new(number: u8) -> Option<Self> {
        if number < 128 {
            Some(Self(number))
        } else {
            None
        }
    }

    /// The number.
    pub const fn number(self) -> u8 {
        self.0
    }
}

/// A codec for speech.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// G.711 A-law.
    Pcma,
    /// G.711 µ-law.
    Pcmu,
}

impl Codec {
    /// The name in `a=rtpmap`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pcma => "PCMA",
            Self::Pcmu => "PCMU",
        }
    }

    /// The static payload type (RFC 3551 §6).
    pub const fn payload_type(self) -> PayloadType {
        match self {
            Self::Pcma => PayloadType(8),
            Self::Pcmu => PayloadType(0),
        }
    }
}

/// The profile of RTP that a stream is described under. Both carry the same packets; whoever speaks of feedback
/// (RFC 4585) may send reports sooner and does without answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Profile {
    /// `RTP/AVP` (RFC 3551).
    #[default]
    Avp,
    /// `RTP/AVPF` (RFC 4585).
    Avpf,
}

impl Profile {
    /// The protocol of the `m=` line.
    pub const fn protocol(self) -> &'static str {
        match self {
            Self::Avp => "RTP/AVP",
            Self::Avpf => "RTP/AVPF",
        }
    }

    pub(super) fn find(protocol: &[u8]) -> Option<Self> {
        [Self::Avp, Self::Avpf]
            .into_iter()
            .find(|profile| protocol.eq_ignore_ascii_case(profile.protocol().as_bytes()))
    }
}

/// Which way media flows, seen from the side that says it (RFC 3264 §6.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Both ways.
    #[default]
    SendRecv,
    /// It only sends.
    SendOnly,
    /// It only receives.
    RecvOnly,
    /// Neither.
    Inactive,
}

impl Direction {
    /// The direction that sends and receives as told.
    const fn of(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, true) => Self::SendRecv,
            (true, false) => Self::SendOnly,
            (false, true) => Self::RecvOnly,
            (false, false) => Self::Inactive,
        }
    }

    /// Tells whether this side sends.
    pub const fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// Tells whether this side receives.
    pub const fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }

    /// The same seen from the other side.
    #[must_use]
    pub const fn reversed(self) -> Self {
        Self::of(self.receives(), self.sends())
    }

    /// What both allow.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self::of(
            self.sends() && other.sends(),
            self.receives() && other.receives(),
        )
    }

    /// The attribute on the wire.
    pub const fn attribute(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }

    pub(super) fn find(name: &[u8]) -> Option<Self> {
        let all = [
            Self::SendRecv,
            Self::SendOnly,
            Self::RecvOnly,
            Self::Inactive,
        ];
        all.into_iter()
            .find(|direction| name.eq_ignore_ascii_case(direction.attribute().as_bytes()))
    }
}

/// Where media goes: the address of a `c=` line.
#[derive(Clone, PartialEq, Eq)]
pub enum Connection {
    /// An IP address.
    Address(IpAddr),
    /// A name, which is not resolved here.
    Name(Bytes),
}

/// One `a=` line.
#[derive(Clone, PartialEq, Eq)]
pub struct Attribute {
    /// What stands in front of the colon.
    pub name: Bytes,
    /// What stands behind it.
    pub value: Option<Bytes>,
}

impl Attribute {
    /// Compares the name without regard to case, as some phones write it.
    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

/// One `m=` line with the lines that belong to it.
#[derive(Clone, PartialEq, Eq)]
pub struct Media {
    /// `audio`, `video` and the like.
    pub kind: Bytes,
    /// The port; 0 when the stream is refused or over.
    pub port: u16,
    /// `RTP/AVP` and the like.
    pub protocol: Bytes,
    /// Payload types, or what the protocol calls its formats.
    pub formats: Vec<Bytes>,
    /// The `c=` line of this stream.
    pub connection: Option<Connection>,
    /// The attributes of this stream.
    pub attributes: Vec<Attribute>,
}

/// A session description.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Description {
    /// The `c=` line of the session.
    pub connection: Option<Connection>,
    /// The first `t=` line: start and stop.
    pub timing: Option<(u64, u64)>,
    /// The attributes of the session.
    pub attributes: Vec<Attribute>,
    /// The streams, in order.
    pub media: Vec<Media>,
}

/// The value of the first attribute of that name; an attribute without a value gives nothing.
fn value_of<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a [u8]> {
    attributes
        .iter()
        .find(|attribute| attribute.is(name))
        .and_then(|attribute| attribute.value.as_deref())
}

fn direction_of(attributes: &[Attribute]) -> Option<Direction> {
    attributes
        .iter()
        .find_map(|attribute| Direction::find(&attribute.name))
}

impl Media {
    /// The value of the first attribute of that name.
    pub fn value(&self, name: &str) -> Option<&[u8]> {
        value_of(&self.attributes, name)
    }

    /// The values of every attribute of that name.
    pub(super) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        let same = self
            .attributes
            .iter()
            .filter(move |attribute| attribute.is(name));
        same.filter_map(|attribute| attribute.value.as_deref())
    }
}

impl Description {
    /// The address of a stream: its own `c=` line, else that of the session.
    pub fn connection_of<'a>(&'a self, media: &'a Media) -> Option<&'a Connection> {
        media.connection.as_ref().or(self.connection.as_ref())
    }

    /// The direction of a stream, seen from the sender of the description. The unspecified address, as RFC 2543 held
    /// calls, takes the receiving away.
    pub fn direction_of(&self, media: &Media) -> Direction {
        let said = direction_of(&media.attributes)
            .or_else(|| direction_of(&self.attributes))
            .unwrap_or_default();
        match self.connection_of(media) {
            Some(Connection::Address(address)) if address.is_unspecified() => {
                said.and(Direction::SendOnly)
            }
            Some(_) | None => said,
        }
    }

    /// The value of the first session attribute of that name.
    pub fn value(&self, name: &str) -> Option<&[u8]> {
        value_of(&self.attributes, name)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection(..)")
    }
}

impl fmt::Debug for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Attribute(..)")
    }
}

impl fmt::Debug for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Media({} formats, {} attributes)",
            self.formats.len(),
            self.attributes.len()
        )
    }
}

impl fmt::Debug for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Description")
            .field("media", &self.media)
            .finish_non_exhaustive()
    }
}
