//! The INVITE client transaction (RFC 3261 §17.1.1 with RFC 6026 §7.2).

use std::time::Duration;

use super::timer::{Act, Acts, GIVE_UP, RING_MAX, T1, Timer, linger};
use crate::flow::Reliability;

/// Figure 5 of RFC 3261, with the state *Accepted* of RFC 6026.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum ClientInvite {
    Calling {
        interval: Duration,
    },
    Proceeding,
    /// A CANCEL was sent: the final response is due within 64·T1, however often it rings until then (RFC 3261 §9.1).
    Cancelled,
    Accepted,
    Completed,
    Terminated,
}

impl ClientInvite {
    pub(crate) fn start(reliability: Reliability, acts: &mut Acts) -> Self {
        acts.push(Act::Transmit);
        if reliability == Reliability::Unreliable {
            acts.push(Act::Set(Timer::A, T1));
        }
        acts.push(Act::Set(Timer::B, GIVE_UP));
        Self::Calling { interval: T1 }
    }

    pub(crate) fn on_response(&mut self, status: u16, reliability: Reliability, acts: &mut Acts) {
        match (*self, status) {
            (Self::Calling { .. }, 100..=199) => {
                *self = Self::Proceeding;
                acts.extend([Act::Quiet, Act::Set(Timer::C, RING_MAX), Act::PassUp]);
            }
            (Self::Proceeding, 100..=199) => {
                acts.extend([Act::Set(Timer::C, RING_MAX), Act::PassUp])
            }
            (Self::Cancelled, 100..=199) => acts.push(Act::PassUp),
            (Self::Calling { .. } | Self::Proceeding | Self::Cancelled, 200..=299) => {
                *self = Self::Accepted;
                acts.extend([Act::Quiet, Act::Set(Timer::M, GIVE_UP), Act::PassUp]);
            }
            (Self::Calling { .. } | Self::Proceeding | Self::Cancelled, _) => {
                self.complete(reliability, acts);
            }
            (Self::Accepted, 200..=299) => acts.push(Act::PassUp),
            (Self::Completed, 300..) => acts.push(Act::Transmit),
            (Self::Accepted | Self::Completed | Self::Terminated, _) => {}
        }
    }

    fn complete(&mut self, reliability: Reliability, acts: &mut Acts) {
        *self = Self::Completed;
        let wait = linger(reliability, GIVE_UP);
        acts.extend([
            Act::Quiet,
            Act::Acknowledge,
            Act::Transmit,
            Act::Set(Timer::D, wait),
            Act::PassUp,
        ]);
    }

    pub(crate) fn on_timer(&mut self, timer: Timer, acts: &mut Acts) {
        match (*self, timer) {
            (Self::Calling { interval }, Timer::A) => {
                let interval = interval * 2;
                *self = Self::Calling { interval };
                acts.extend([Act::Transmit, Act::Set(Timer::A, interval)]);
            }
            (Self::Calling { .. }, Timer::B) | (Self::Proceeding | Self::Cancelled, Timer::C) => {
                self.fail(acts)
            }
            (Self::Completed, Timer::D) | (Self::Accepted, Timer::M) => self.end(acts),
            _ => {}
        }
    }

    pub(crate) fn on_cancel(&mut self, acts: &mut Acts) {
        if *self == Self::Proceeding {
            *self = Self::Cancelled;
            acts.push(Act::Set(Timer::C, GIVE_UP));
        }
    }

    pub(crate) fn on_transport_error(&mut self, acts: &mut Acts) {
        self.end(acts);
    }

    fn fail(&mut self, acts: &mut Acts) {
        acts.push(Act::TimedOut);
        self.end(acts);
    }

    fn end(&mut self, acts: &mut Acts) {
        *self = Self::Terminated;
        acts.push(Act::End);
    }
}
