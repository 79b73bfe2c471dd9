use crate::ids::{PortId, SoundId, StreamId};

/// Why an order was refused. The engine is then as it was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// There is no such stream, or no longer.
    #[error("stream {} is not open", .0.0)]
    NoStream(StreamId),
    /// A stream of that id is open.
    #[error("stream {} is open already", .0.0)]
    StreamOpen(StreamId),
    /// Another stream has that port pair.
    #[error("port pair {} is taken", .0.0)]
    PortTaken(PortId),
    /// The other side of this stream has no telephone-event.
    #[error("stream {} has no telephone-event", .0.0)]
    NoTelephoneEvent(StreamId),
    /// A sound is not loaded.
    #[error("sound {} is not loaded", .0.0)]
    NoSound(SoundId),
    /// A list is longer than its limit.
    #[error("the order for stream {} lists more than its limit", .0.0)]
    TooMany(StreamId),
    /// A stream cannot be joined to itself.
    #[error("stream {} cannot be joined to itself", .0.0)]
    JoinedToItself(StreamId),
}
