//! The non-INVITE client transaction (RFC 3261 §17.1.2).

use std::time::Duration;

use super::timer::{Act, Acts, GIVE_UP, T1, T2, T4, Timer, back_off, linger};
use crate::flow::Reliability;

/// Figure 6 of RFC 3261.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum ClientNonInvite {
    Trying { interval: Duration },
    Proceeding,
    Completed,
    Terminated,
}

impl ClientNonInvite {
    pub(crate) fn start(reliability: Reliability, acts: &mut Acts) -> Self {
        acts.push(Act::Transmit);
        if reliability == Reliability::Unreliable {
            acts.push(Act::Set(Timer::E, T1));
        }
        acts.push(Act::Set(Timer::F, GIVE_UP));
        Self::Trying { interval: T1 }
    }

    pub(crate) fn on_response(&mut self, status: u16, reliability: Reliability, acts: &mut Acts) {
        match (*self, status) {
            (Self::Trying { .. } | Self::Proceeding, 100..=199) => {
                *self = Self::Proceeding;
                acts.push(Act::PassUp);
            }
            (Self::Trying { .. } | Self::Proceeding, _) => {
                *self = Self::Completed;
                acts.extend([
                    Act::Quiet,
                    Act::Set(Timer::K, linger(reliability, T4)),
                    Act::PassUp,
                ]);
            }
            (Self::Completed | Self::Terminated, _) => {}
        }
    }

    pub(crate) fn on_timer(&mut self, timer: Timer, acts: &mut Acts) {
        match (*self, timer) {
            (Self::Trying { interval }, Timer::E) => {
                let interval = back_off(interval);
                *self = Self::Trying { interval };
                acts.extend([Act::Transmit, Act::Set(Timer::E, interval)]);
            }
            (Self::Proceeding, Timer::E) => acts.extend([Act::Transmit, Act::Set(Timer::E, T2)]),
            (Self::Trying { .. } | Self::Proceeding, Timer::F) => {
                acts.push(Act::TimedOut);
                self.end(acts);
            }
            (Self::Completed, Timer::K) => self.end(acts),
            _ => {}
        }
    }

    pub(crate) fn on_transport_error(&mut self, acts: &mut Acts) {
        self.end(acts);
    }

    fn end(&mut self, acts: &mut Acts) {
        *self = Self::Terminated;
        acts.push(Act::End);
    }
}
