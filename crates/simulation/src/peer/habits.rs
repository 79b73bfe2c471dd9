//! What is special about a phone, and about its way to the exchange.

use std::time::Duration;

/// What is special about a phone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Habits {
    /// How long after an answer its first sound comes.
    pub sound_after: Duration,
    /// What stands between it and everybody else.
    pub behind: Behind,
}

/// What stands between a phone and everybody else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Behind {
    /// Nothing: what it says of its address is so.
    #[default]
    Nothing,
    /// A router with NAT, which lets in only who was sent to: the addresses that it names lead nowhere.
    Nat,
}
