//! What the orderer calls things by.

/// One RTP stream pair of one leg, chosen by the orderer and never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(pub u128);

/// A media thread, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadId(pub u8);

/// A port pair of a media thread: small numbers, unique within the thread while the pair is bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortId(pub u16);

/// A prompt or waiting sound, numbered by the orderer when it is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SoundId(pub u16);

/// How loud a waiting sound is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// As it was recorded.
    Full,
    /// 36 dB below: the sign to a caller who cannot speak that she was understood.
    NearSilent,
}
