//! A sans-IO media engine: G.711 over RTP, relay, prompts, DTMF, RTCP.
//!
//! One [`Engine`] serves the streams of one media thread. It is told what to do by [`Order`]s, is given every datagram
//! in the buffer it was received into, and says what is to be sent; it owns no socket, no clock and no thread.
//! What arrives from the network is never an error: it is used, or counted and dropped.

mod engine;
mod format;
mod g711;
mod order;
mod sound;

pub use engine::{Channel, DATAGRAM_MAX, Engine, Forward, Input, InputError, Output, Transmit};
pub use format::{Direction, Format, Latch, Law, Remote, Target};
pub use order::{
    Background, Digit, DigitSource, Event, Level, Order, Playlist, PortId, PortPair, SoundId,
    Stats, StreamId, ThreadId,
};
pub use sound::{Sound, SoundError, Sounds};
