//! What every part of the endpoint works with: the time, the timers and the queue of outputs.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::endpoint::{DialogId, Event, Output, RegistrationId, RequestId};
use crate::flow::Target;
use crate::timers::{TimerHandle, Timers};
use crate::transaction::{ClientKey, ServerKey, Timer};

/// What a timer of the endpoint is for.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum TimerKey {
    Client(ClientKey, Timer),
    Server(ServerKey, Timer),
    Dialog(DialogId, DialogTimer),
    Registration(RegistrationId),
    /// What the registrar granted ends.
    RegistrationEnds(RegistrationId),
    /// The binding of this number runs out.
    Binding(u64),
    /// The caller was to answer this request.
    Request(RequestId),
}

/// A timer of a dialog.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum DialogTimer {
    /// Send the 2xx again (RFC 3261 §13.3.1.4).
    RepeatSuccess,
    /// 64·T1 passed without an ACK.
    AwaitAck,
    /// Send the last provisional response again (RFC 3261 §13.3.1).
    RepeatProgress,
    /// Refresh the session, or see whether the peer still does (RFC 4028 §10).
    Refresh,
    /// Offer again after a 491 (RFC 3261 §14.1).
    OfferAgain,
    /// Use the connection, so that nobody on its way thinks it forgotten (RFC 5626 §3.5.1).
    KeepAlive,
}

impl DialogTimer {
    pub(crate) const ALL: [Self; 6] = [
        Self::RepeatSuccess,
        Self::AwaitAck,
        Self::RepeatProgress,
        Self::Refresh,
        Self::OfferAgain,
        Self::KeepAlive,
    ];
}

/// The endpoint's hands: all effects pass through here.
pub(crate) struct Wire {
    pub(crate) now: Instant,
    pub(crate) timers: Timers<TimerKey>,
    pub(crate) outputs: VecDeque<Output>,
}

impl Wire {
    pub(crate) const fn new(now: Instant) -> Self {
        Self {
            now,
            timers: Timers::new(),
            outputs: VecDeque::new(),
        }
    }

    pub(crate) fn transmit(&mut self, target: Target, bytes: Bytes) {
        self.outputs.push_back(Output::Transmit { target, bytes });
    }

    pub(crate) fn tell(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    pub(crate) fn after(&mut self, wait: Duration, key: TimerKey) -> TimerHandle {
        self.timers.set(self.now + wait, key)
    }
}
