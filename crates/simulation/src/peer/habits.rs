//! What is special about a phone, and about its way to the exchange.

use std::time::Duration;

use sip::Protocol;

use crate::rtp::SOUND_EVERY;

/// What is special about a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Habits {
    /// How long after an answer its first sound comes.
    pub sound_after: Duration,
    /// Time from one packet of its sound to the next.
    pub sound_every: Duration,
    /// What stands between it and everybody else.
    pub behind: Behind,
    /// What it speaks.
    pub protocol: Protocol,
    /// Whether it names itself when it registers.
    pub names: Names,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            sound_after: Duration::ZERO,
            sound_every: SOUND_EVERY,
            behind: Behind::Nothing,
            protocol: Protocol::Udp,
            names: Names::Nothing,
        }
    }
}

/// Whether a phone that registers says which one it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Names {
    /// It does not: under another Contact it is another phone.
    #[default]
    Nothing,
    /// By `+sip.instance` (RFC 5626 §4.1).
    Itself,
}

/// What stands between a phone and everybody else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Behind {
    /// Nothing: what it says of its address is so.
    #[default]
    Nothing,
    /// A router with NAT, which lets in only who was sent to: the addresses that it names lead nowhere.
    Nat,
    /// The same in the house of the exchange: the address outside is as private as the one inside.
    NatInTheHouse,
    /// The same, and the phone has asked for its address outside: it names that, with a port that
    /// leads nowhere. One that names itself asks again once the router has mapped anew.
    NatThatItKnows,
}
