//! The timers of RFC 3261 §17 and RFC 6026 and their values (RFC 3261 table 4).

use std::time::Duration;

use crate::flow::Reliability;

/// The estimate of a round trip (RFC 3261 §17.1.1.1).
pub const T1: Duration = Duration::from_millis(500);
/// The longest pause between retransmissions of a non-INVITE request or an INVITE response.
pub const T2: Duration = Duration::from_secs(4);
/// How long a message may stay in the network.
pub const T4: Duration = Duration::from_secs(5);
/// 64·T1: how long a transaction waits before it gives up, 32 s.
pub const GIVE_UP: Duration = Duration::from_secs(32);

/// Timer C: more than three minutes since the last provisional response (RFC 3261 §16.6).
pub const RING_MAX: Duration = Duration::from_secs(200);

/// A timer of a transaction, named as the RFC names it.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Ord, PartialOrd)]
pub(crate) enum Timer {
    /// INVITE request retransmission, UDP only.
    A,
    /// INVITE transaction timeout.
    B,
    /// How long a call may ring without a further provisional response.
    C,
    /// Wait for response retransmissions of an INVITE.
    D,
    /// Non-INVITE request retransmission, UDP only.
    E,
    /// Non-INVITE transaction timeout.
    F,
    /// INVITE response retransmission.
    G,
    /// Wait for the ACK.
    H,
    /// Wait for ACK retransmissions.
    I,
    /// Wait for non-INVITE request retransmissions.
    J,
    /// Wait for response retransmissions of a non-INVITE.
    K,
    /// Wait for INVITE retransmissions after a 2xx (RFC 6026 §7.1).
    L,
    /// Wait for 2xx retransmissions (RFC 6026 §7.2).
    M,
}

impl Timer {
    /// Whether it repeats a message, rather than ending a wait.
    pub(crate) const fn role(self) -> Role {
        match self {
            Self::A | Self::E | Self::G => Role::Retransmit,
            Self::B
            | Self::C
            | Self::D
            | Self::F
            | Self::H
            | Self::I
            | Self::J
            | Self::K
            | Self::L
            | Self::M => Role::Wait,
        }
    }
}

/// A transaction has at most one timer of each role at a time.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum Role {
    Retransmit,
    Wait,
}

/// How long a finished transaction lingers to absorb what is still in the network: not at all over a stream.
pub(crate) const fn linger(reliability: Reliability, over_udp: Duration) -> Duration {
    match reliability {
        Reliability::Unreliable => over_udp,
        Reliability::Reliable => Duration::ZERO,
    }
}

/// The next pause of a retransmission that backs off up to T2.
pub(crate) fn back_off(interval: Duration) -> Duration {
    (interval * 2).min(T2)
}

/// What a machine asks of the layer that holds it.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum Act {
    /// Send the stored message (again).
    Transmit,
    /// Set a timer; it replaces the one of its role.
    Set(Timer, Duration),
    /// Stop the retransmissions.
    Quiet,
    /// Hand the message that came in to the transaction user.
    PassUp,
    /// Tell the transaction user that nothing came in time: timers B, F and H.
    TimedOut,
    /// Answer a final response with an ACK and store that (client INVITE only).
    Acknowledge,
    /// Remove the transaction.
    End,
}

/// The acts of one step, in order. A step asks for at most five.
pub(crate) type Acts = Vec<Act>;
