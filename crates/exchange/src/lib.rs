//! Joins SIP, media and the journal: what phones and trunks do becomes facts, what the dispatcher
//! decides becomes SIP and media orders.
//!
//! [`Exchange`] is a pure engine in `Instant`; it is given the pair of instant and
//! [`Moment`](dispatch::Moment) of the start and converts. Nothing in it waits: an INVITE is rung
//! at once, its fact is appended, and what the journal gives back is applied in order.

mod answering;
mod applied;
mod at_home;
pub mod board;
mod caller;
mod calling;
mod commands;
mod configuring;
mod contents;
mod doubt;
mod draining;
mod engine;
mod following;
mod gateways;
mod incoming;
mod input;
mod joining;
mod keys;
mod legs;
mod lines;
mod offering;
mod ports;
mod presence;
mod presses;
pub mod refusals;
mod ringing_again;
mod room;
mod screens;
mod sentence;
mod session;
pub mod settings;
mod sound;
mod star;
mod tag;
mod timers;
mod trunks;
mod waiting;

pub use board::{Board, Holdings};
pub use engine::{Exchange, Setup};
pub use input::{
    Command, Input, Mode, NotRegistered, Output, Reply, Resolution, Token, TrunkTrouble, Unwritten,
    Warning,
};
pub use screens::{Changed, HAPPENINGS_MAX, Happening, TOLD_EVERY, What};
pub use settings::Settings;
