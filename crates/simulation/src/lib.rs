//! A centre in memory under a virtual clock: the exchange with phones, a trunk, callers, media
//! threads and a journal around it.
//!
//! [`World`] runs them all from one seed: the same seed and the same script give the same day. What
//! goes wrong ends the run with the seed and the time in the message.

mod carrier;
mod centre;
mod chance;
mod media;
mod network;
mod peer;
mod random;
mod rtp;
mod screen;
mod seeds;
mod shadow;
mod world;

pub use carrier::{Bodies, Carrier, Holds, Keys};
pub use centre::{Centre, Dialling, LINE_NUMBER, OUTGOING_NUMBER, PASSWORD, Sounds};
pub use chance::Chance;
pub use media::{Hears, MediaThreads};
pub use network::{Network, Weather};
pub use peer::{
    Act, Behind, Call, CallEnd, CallRef, CallStage, Habits, Hold, Manner, Names, Peer, Power, Voice,
};
pub use random::{Day, Summary, random_day};
pub use seeds::each_seed;
pub use shadow::Shadow;
pub use world::{Caller, Found, Outgoing, Sent, World};
