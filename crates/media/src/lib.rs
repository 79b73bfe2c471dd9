//! A sans-IO media engine: G.711 over RTP, relay, prompts, DTMF, RTCP.
//!
//! One [`Engine`] serves the streams of one media thread. It is told what to do by [`Order`]s, is given every datagram
//! in the buffer it was received into, and says what is to be sent; it owns no socket, no clock and no thread.
//! What arrives from the network is never an error: it is used, or counted and dropped.

mod chance;
mod control;
mod effect;
mod engine;
mod error;
mod format;
mod g711;
mod ids;
mod in_band;
mod order;
mod outgoing;
mod playback;
mod reception;
mod rtcp;
mod sound;
mod source;
mod stream;
mod telephone_event;
mod wheel;

pub use effect::{Channel, DATAGRAM_MAX, Forward, Input, Output, Transmit};
pub use engine::Engine;
pub use error::InputError;
pub use format::{
    Direction, EventTypes, Format, Hosts, Law, Network, Packets, Proof, Remote, Target,
};
pub use ids::{Level, PortId, SoundId, StreamId, ThreadId};
pub use order::{Background, Digit, DigitSource, Event, Order, Playlist, PortPair, Stats};
pub use sound::{Sound, SoundError, Sounds};

/// Returns a beginning of time for unit tests: an [`Instant`](std::time::Instant) can be had in no other way.
#[cfg(test)]
#[allow(clippy::disallowed_methods)]
fn start_of_test() -> std::time::Instant {
    std::time::Instant::now()
}
