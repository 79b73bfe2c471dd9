//! The INVITE server transaction (RFC 3261 §17.2.1 with RFC 6026 §7.1).

use std::time::Duration;

use super::timer::{Act, Acts, GIVE_UP, T1, T4, Timer, back_off, linger};
use crate::flow::Reliability;

/// Figure 7 of RFC 3261, with the state *Accepted* of RFC 6026.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum ServerInvite {
    Proceeding,
    Accepted,
    Completed { interval: Duration },
    Confirmed,
    Terminated,
}

impl ServerInvite {
    /// The same INVITE again: the last response, provisional ones too, is repeated.
    pub(crate) fn on_retransmission(self, acts: &mut Acts) {
        match self {
            Self::Proceeding | Self::Completed { .. } => acts.push(Act::Transmit),
            // RFC 6026 §7.1: the transaction user repeats its 2xx by itself.
            Self::Accepted | Self::Confirmed | Self::Terminated => {}
        }
    }

    /// A response of the transaction user; whether the state allows it.
    pub(crate) fn on_respond(
        &mut self,
        status: u16,
        reliability: Reliability,
        acts: &mut Acts,
    ) -> bool {
        match (*self, status) {
            (Self::Proceeding, 100..=199) => acts.push(Act::Transmit),
            (Self::Proceeding, 200..=299) => {
                *self = Self::Accepted;
                acts.extend([Act::Transmit, Act::Set(Timer::L, GIVE_UP)]);
            }
            (Self::Proceeding, _) => {
                *self = Self::Completed { interval: T1 };
                acts.push(Act::Transmit);
                if reliability == Reliability::Unreliable {
                    acts.push(Act::Set(Timer::G, T1));
                }
                acts.push(Act::Set(Timer::H, GIVE_UP));
            }
            (Self::Accepted, 200..=299) => acts.push(Act::Transmit),
            (Self::Accepted | Self::Completed { .. } | Self::Confirmed | Self::Terminated, _) => {
                return false;
            }
        }
        true
    }

    pub(crate) fn on_ack(&mut self, reliability: Reliability, acts: &mut Acts) {
        match *self {
            Self::Completed { .. } => {
                *self = Self::Confirmed;
                acts.extend([Act::Quiet, Act::Set(Timer::I, linger(reliability, T4))]);
            }
            Self::Accepted => acts.push(Act::PassUp),
            Self::Proceeding | Self::Confirmed | Self::Terminated => {}
        }
    }

    pub(crate) fn on_timer(&mut self, timer: Timer, acts: &mut Acts) {
        match (*self, timer) {
            (Self::Completed { interval }, Timer::G) => {
                let interval = back_off(interval);
                *self = Self::Completed { interval };
                acts.extend([Act::Transmit, Act::Set(Timer::G, interval)]);
            }
            (Self::Completed { .. }, Timer::H) => {
                acts.push(Act::TimedOut);
                self.end(acts);
            }
            (Self::Confirmed, Timer::I) | (Self::Accepted, Timer::L) => self.end(acts),
            _ => {}
        }
    }

    fn end(&mut self, acts: &mut Acts) {
        *self = Self::Terminated;
        acts.push(Act::End);
    }
}
