//! The non-INVITE server transaction (RFC 3261 §17.2.2).

use super::timer::{Act, Acts, GIVE_UP, Timer, linger};
use crate::flow::Reliability;

/// Figure 8 of RFC 3261.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum ServerNonInvite {
    Trying,
    Proceeding,
    Completed,
    Terminated,
}

impl ServerNonInvite {
    /// The same request again: answered by the last response, if there was one.
    pub(crate) fn on_retransmission(self, acts: &mut Acts) {
        match self {
            Self::Proceeding | Self::Completed => acts.push(Act::Transmit),
            Self::Trying | Self::Terminated => {}
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
            (Self::Trying | Self::Proceeding, 100..=199) => {
                *self = Self::Proceeding;
                acts.push(Act::Transmit);
            }
            (Self::Trying | Self::Proceeding, _) => {
                *self = Self::Completed;
                acts.extend([
                    Act::Transmit,
                    Act::Set(Timer::J, linger(reliability, GIVE_UP)),
                ]);
            }
            (Self::Completed | Self::Terminated, _) => return false,
        }
        true
    }

    pub(crate) fn on_timer(&mut self, timer: Timer, acts: &mut Acts) {
        if (*self, timer) == (Self::Completed, Timer::J) {
            *self = Self::Terminated;
            acts.push(Act::End);
        }
    }
}
