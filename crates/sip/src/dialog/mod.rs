//! Dialogs (RFC 3261 §12) and the INVITE sessions in them (§13–§15), with UPDATE (RFC 3311) and
//! session timers (RFC 4028).

mod following;
mod incoming;
mod offers;
mod outgoing;
mod reach;
mod route;
mod sending;
mod session;
mod session_timer;
mod table;
mod within;

pub(crate) use incoming::Incoming;
pub(crate) use outgoing::{CHALLENGES_MAX, Calling, Taken, retry_after, to_tag};
pub(crate) use route::{Leads, Order, Route};
pub use sending::IN_DIALOG_PENDING_MAX;
pub(crate) use sending::InFlight;
pub(crate) use session::{Established, Session, Unacknowledged};
pub(crate) use session_timer::{Agreement, TooSmall};
pub(crate) use table::Dialogs;
pub(crate) use within::{abilities, interval_too_small};

use crate::Tag;
use crate::endpoint::auth::Login;
use crate::endpoint::{Core, DialogId, EndCause, Event};
use crate::flow::{Flow, Target};
use crate::framing;
use crate::message::HeaderValue;
use crate::timers::TimerHandle;
use crate::wire::{DialogTimer, TimerKey};
use bytes::Bytes;
use std::net::SocketAddr;
use std::time::Duration;

/// The bounds of the time from one keep-alive of a connection to the next (RFC 5626 §4.4.1).
const KEEP_ALIVE_MIN: Duration = Duration::from_secs(95);
const KEEP_ALIVE_MAX: Duration = Duration::from_secs(120);

/// A dialog, or the INVITE that may become one.
pub(crate) struct Dialog {
    pub(crate) id: DialogId,
    pub(crate) identity: Identity,
    pub(crate) route: Route,
    pub(crate) state: State,
    pub(crate) session: Session,
    pub(crate) initiator: Initiator,
    pub(crate) login: Option<Login>,
    pub(crate) in_flight: Vec<InFlight>,
    pub(crate) local_cseq: u32,
    pub(crate) remote_cseq: Option<u32>,
    /// Where its phone was before it was heard from elsewhere.
    left: Option<Flow>,
    clocks: Clocks,
}

/// What tells a dialog from others (RFC 3261 §12).
pub(crate) struct Identity {
    pub(crate) call_id: HeaderValue,
    /// Our From or To with its tag.
    pub(crate) local: HeaderValue,
    /// None until the tag of an incoming INVITE is settled.
    pub(crate) local_tag: Option<Tag>,
    /// Their To or From with its tag.
    pub(crate) remote: HeaderValue,
    /// Empty until a peer is heard, and from peers of RFC 2543.
    pub(crate) remote_tag: Vec<u8>,
}

/// Who sent the INVITE, and so made the Call-ID.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum Initiator {
    Us,
    Them,
}

/// How far the dialog is.
pub(crate) enum State {
    /// Their INVITE waits for our final response.
    Incoming(Incoming),
    /// Our INVITE waits for their final response.
    Calling(Box<Calling>),
    /// A 2xx was sent or received.
    Established(Established),
    /// We hung up: the BYE waits for the ACK of our 2xx, or for its response.
    Leaving {
        unacknowledged: Option<Unacknowledged>,
        reason: Option<HeaderValue>,
    },
    /// To be removed.
    Over,
}

#[derive(Default)]
struct Clocks {
    repeat: Option<TimerHandle>,
    ack: Option<TimerHandle>,
    progress: Option<TimerHandle>,
    refresh: Option<TimerHandle>,
    again: Option<TimerHandle>,
    keep_alive: Option<TimerHandle>,
}

impl Clocks {
    const fn slot(&mut self, timer: DialogTimer) -> &mut Option<TimerHandle> {
        match timer {
            DialogTimer::RepeatSuccess => &mut self.repeat,
            DialogTimer::AwaitAck => &mut self.ack,
            DialogTimer::RepeatProgress => &mut self.progress,
            DialogTimer::Refresh => &mut self.refresh,
            DialogTimer::OfferAgain => &mut self.again,
            DialogTimer::KeepAlive => &mut self.keep_alive,
        }
    }
}

impl Dialog {
    pub(crate) fn new(
        id: DialogId,
        identity: Identity,
        route: Route,
        state: State,
        session: Session,
    ) -> Self {
        let initiator = if matches!(state, State::Calling(_)) {
            Initiator::Us
        } else {
            Initiator::Them
        };
        Self {
            id,
            identity,
            route,
            state,
            session,
            initiator,
            login: None,
            in_flight: Vec::new(),
            local_cseq: 0,
            remote_cseq: None,
            left: None,
            clocks: Clocks::default(),
        }
    }

    pub(crate) const fn is_over(&self) -> bool {
        matches!(self.state, State::Over)
    }

    /// Whether the peer may have that tag; while our INVITE rings there may be several.
    pub(crate) fn has_peer(&self, remote_tag: &[u8]) -> bool {
        matches!(self.state, State::Calling(_)) || self.identity.remote_tag == remote_tag
    }

    /// Whether it was established with the peer of that tag.
    pub(crate) fn stands_with(&self, remote_tag: &[u8]) -> bool {
        let stands = match self.state {
            State::Established(_) | State::Leaving { .. } => true,
            State::Incoming(_) | State::Calling(_) | State::Over => false,
        };
        stands && self.identity.remote_tag == remote_tag
    }

    /// Another way for a request that could not be sent, for all that follows too. An INVITE that makes a dialog has
    /// none: whoever sent it tries another gateway.
    pub(crate) fn around(&mut self, failed: Target, ours: &[SocketAddr]) -> Option<Target> {
        match self.state {
            State::Established(_) | State::Leaving { .. } => self.route.around(failed, ours),
            State::Incoming(_) | State::Calling(_) | State::Over => None,
        }
    }

    /// Sets a timer of the dialog; it replaces the same one.
    pub(crate) fn set(&mut self, core: &mut Core, timer: DialogTimer, wait: Duration) {
        self.stop(core, timer);
        let handle = core.wire.after(wait, TimerKey::Dialog(self.id, timer));
        *self.clocks.slot(timer) = Some(handle);
    }

    pub(crate) fn stop(&mut self, core: &mut Core, timer: DialogTimer) {
        if let Some(handle) = self.clocks.slot(timer).take() {
            core.wire.timers.stop(handle);
        }
    }

    pub(crate) const fn is_set(&mut self, timer: DialogTimer) -> bool {
        self.clocks.slot(timer).is_some()
    }

    /// Runs a timer that fired.
    pub(crate) fn on_timer(&mut self, core: &mut Core, timer: DialogTimer) {
        *self.clocks.slot(timer) = None;
        match timer {
            DialogTimer::RepeatSuccess => self.repeat_success(core),
            DialogTimer::AwaitAck => self.ack_is_missing(core),
            DialogTimer::RepeatProgress => self.repeat_progress(core),
            DialogTimer::Refresh => self.refresh(core),
            DialogTimer::OfferAgain => self.flush(core),
            DialogTimer::KeepAlive => {
                if let Some(flow) = self.route.connection() {
                    let ping = Bytes::from_static(framing::PING);
                    core.wire.transmit(Target::Flow(flow), ping);
                }
                self.keep_alive(core);
            }
        }
    }

    /// Keeps the connection of an established dialog alive from now on, if it has one.
    pub(crate) fn keep_alive(&mut self, core: &mut Core) {
        if self.route.connection().is_some() {
            let wait = core.between(KEEP_ALIVE_MIN, KEEP_ALIVE_MAX);
            self.set(core, DialogTimer::KeepAlive, wait);
        }
    }

    /// Stops all that the dialog does by itself.
    pub(crate) fn stop_all(&mut self, core: &mut Core) {
        for timer in DialogTimer::ALL {
            self.stop(core, timer);
        }
    }

    /// The dialog is over and the caller is told why.
    pub(crate) fn end(&mut self, core: &mut Core, cause: EndCause) {
        self.over(core);
        core.wire.tell(Event::Ended {
            dialog: self.id,
            cause,
        });
    }

    /// The dialog is over; the caller knows or is told otherwise.
    pub(crate) fn over(&mut self, core: &mut Core) {
        self.state = State::Over;
        self.stop_all(core);
    }
}
