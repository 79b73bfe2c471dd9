//! What an engine is told, and what it tells: orders, events.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use crate::error::InputError;
use crate::format::Target;
use crate::ids::{Level, PortId, SoundId, StreamId, ThreadId};
use crate::sound::Sounds;

/// A bound pair of an even RTP port and the odd RTCP port above it, ready to be opened on its thread.
///
/// Its thread binds another one when this one is opened, so whoever takes it opens it at once, if need be without a
/// remote, or releases it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortPair {
    /// The id to open it by.
    pub id: PortId,
    /// The thread it belongs to; streams that are joined must share one.
    pub thread: ThreadId,
    /// The local address of the even port.
    pub rtp: SocketAddr,
}

impl PortPair {
    /// Returns the local address of the odd port.
    pub fn rtcp(&self) -> SocketAddr {
        SocketAddr::new(self.rtp.ip(), self.rtp.port().saturating_add(1))
    }
}

/// What a stream hears when the prompts are over, until the next order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Background {
    /// Nothing is sent, apart from one silent packet every 12 to 20 s that keeps NAT and trunk alive.
    Silence,
    /// A sound, round and round. It goes on where it was when the same stream was played it before.
    Sound {
        /// Which sound.
        sound: SoundId,
        /// How loud.
        level: Level,
    },
}

/// What a stream is to hear: each prompt once, in order, then the background.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Playlist {
    /// The prompts; at most [`Playlist::PROMPTS_MAX`]. Each end is told by [`Event::Finished`].
    pub prompts: Vec<SoundId>,
    /// What follows.
    pub then: Background,
}

impl Playlist {
    /// How many prompts a playlist may have.
    pub const PROMPTS_MAX: usize = 32;

    /// Returns the playlist that stops everything.
    pub fn silence() -> Self {
        Self {
            prompts: Vec::new(),
            then: Background::Silence,
        }
    }

    /// Returns the playlist of a waiting sound at its full level, at once.
    pub fn waiting(sound: SoundId) -> Self {
        Self {
            prompts: Vec::new(),
            then: Background::Sound {
                sound,
                level: Level::Full,
            },
        }
    }
}

/// A key of a telephone (RFC 4733 §3.2, events 0 to 15).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digit(u8);

impl Digit {
    const KEYS: &[u8; 16] = b"0123456789*#ABCD";

    /// Returns the key of an RFC 4733 event code, if it is one of the sixteen.
    pub const fn from_event(code: u8) -> Option<Self> {
        if code < 16 { Some(Self(code)) } else { None }
    }

    /// Returns the key of a character: `0` to `9`, `*`, `#`, `A` to `D` in either case.
    pub fn from_char(key: char) -> Option<Self> {
        let key = u8::try_from(key.to_ascii_uppercase()).ok()?;
        let code = Self::KEYS.iter().position(|known| *known == key)?;
        u8::try_from(code).ok().and_then(Self::from_event)
    }

    /// Returns the RFC 4733 event code, 0 to 15.
    pub const fn event(self) -> u8 {
        self.0
    }

    /// Returns the key's character.
    pub fn as_char(self) -> char {
        char::from(Self::KEYS[usize::from(self.0 & 0x0F)])
    }
}

/// How a digit was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DigitSource {
    /// As an RFC 4733 event; told when the press begins.
    TelephoneEvent,
    /// As a dual tone in the sound of a stream without telephone-event; told when it is certain, at the latest 40 ms
    /// after the key was let go.
    InBand,
}

/// What an engine is told to do. An order either applies or changes nothing and says why.
#[derive(Clone, Debug)]
pub enum Order {
    /// Begins a stream on a ready port. It sends nothing until it is played or joined.
    Open {
        /// The new stream.
        stream: StreamId,
        /// The port pair it takes.
        port: PortId,
        /// The address of ours that it hears at and speaks from; `None` where the pair stands already.
        at: Option<IpAddr>,
        /// What is settled so far.
        target: Target,
    },
    /// Replaces what was settled, after each offer and answer. When the remote is the same as before, the source stays
    /// until it is heard from elsewhere on an admitted host; with another remote it is found anew.
    Retarget {
        /// Which stream.
        stream: StreamId,
        /// What holds from now on.
        target: Target,
    },
    /// Plays to a stream, in place of whatever it heard. On a joined stream it covers the other side (hold music) until
    /// a playlist of silence or another join.
    Play {
        /// Who hears it.
        stream: StreamId,
        /// What she hears.
        playlist: Playlist,
    },
    /// Joins two streams of the same thread: each hears the other from the next packet on, and whatever they were
    /// played stops. Bridges they were in are left.
    Join {
        /// One side.
        a: StreamId,
        /// The other.
        b: StreamId,
    },
    /// Leaves the bridge. Both sides hear silence, or what they are played.
    Part {
        /// Which stream leaves.
        stream: StreamId,
    },
    /// Sends RFC 4733 events of 100 ms with 100 ms between; sound towards that stream is suspended meanwhile.
    SendDigits {
        /// To whom.
        stream: StreamId,
        /// The keys, in order.
        digits: Vec<Digit>,
    },
    /// Asks for [`Event::LastHeard`].
    Ask {
        /// Which stream.
        stream: StreamId,
    },
    /// Ends a stream with an RTCP BYE and gives its port back.
    Close {
        /// Which stream.
        stream: StreamId,
    },
    /// Gives back a ready port that was never opened.
    Release {
        /// Which port pair.
        port: PortId,
    },
    /// Replaces the sounds. What plays goes on; a background takes the new sound when it comes round.
    Load {
        /// All sounds.
        sounds: Arc<Sounds>,
    },
}

impl Order {
    /// The stream that an order is about, if one: the one to tear down when the order is lost.
    pub const fn stream(&self) -> Option<StreamId> {
        match self {
            Self::Open { stream, .. }
            | Self::Retarget { stream, .. }
            | Self::Play { stream, .. }
            | Self::Join { a: stream, .. }
            | Self::Part { stream }
            | Self::SendDigits { stream, .. }
            | Self::Ask { stream }
            | Self::Close { stream } => Some(*stream),
            Self::Release { .. } | Self::Load { .. } => None,
        }
    }
}

/// What a stream did in its life; told when it closes. Nothing here tells who.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// RTP packets sent.
    pub sent: u64,
    /// RTP packets accepted.
    pub received: u64,
    /// RTP packets that never came, by RFC 3550 A.3; negative when duplicates outnumber losses.
    pub lost: i64,
    /// Interarrival jitter at the end, in units of 1/8000 s (RFC 3550 §6.4.1).
    pub jitter: u32,
    /// What the other side last reported lost of our packets.
    pub lost_at_remote: Option<i32>,
    /// Last round trip measured by RTCP (RFC 3550 §6.4.1), in ms.
    pub round_trip_ms: Option<u32>,
    /// Datagrams refused: from another source than the true one.
    pub refused_source: u64,
    /// Datagrams refused: no RTP or RTCP, an unknown payload type, another SSRC while the first one speaks, a sequence
    /// number out of the order of things.
    pub refused_content: u64,
    /// Digits heard.
    pub digits: u32,
}

/// What an engine tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The first packet of a stream was accepted whose other side has shown that it is there, by this packet at the
    /// latest.
    Heard {
        /// Whose.
        stream: StreamId,
    },
    /// The answer to [`Order::Ask`].
    LastHeard {
        /// Whose.
        stream: StreamId,
        /// When its last accepted RTP or RTCP packet came, if any did, and the other side has shown that it is there.
        at: Option<Instant>,
    },
    /// A key was pressed.
    Digit {
        /// By whom.
        stream: StreamId,
        /// Which.
        digit: Digit,
        /// How it was heard.
        source: DigitSource,
    },
    /// A prompt was played to its end.
    Finished {
        /// To whom.
        stream: StreamId,
        /// Which prompt.
        sound: SoundId,
    },
    /// All digits of an [`Order::SendDigits`] were sent.
    DigitsSent {
        /// To whom.
        stream: StreamId,
    },
    /// A stream is over.
    Closed {
        /// Which.
        stream: StreamId,
        /// What it did.
        stats: Stats,
    },
    /// A port pair is ready to be opened. Told by the threads, never by the engine.
    PortReady(PortPair),
    /// An order was refused and changed nothing. Told by the threads; the engine returns the error.
    Refused {
        /// The stream it was about, if one.
        stream: Option<StreamId>,
        /// Why.
        error: InputError,
    },
}
