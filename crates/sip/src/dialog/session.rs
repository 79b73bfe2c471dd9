//! The session inside a dialog: who offered what, and our 2xx until its ACK comes.

use std::time::Duration;

use bytes::Bytes;

use super::session_timer::Agreement;
use super::{Dialog, State};
use crate::Method;
use crate::endpoint::{Body, Core, Event, MIN_SE, Pending};
use crate::flow::Target;
use crate::message::Message;
use crate::transaction::{GIVE_UP, T1, T2};
use crate::wire::DialogTimer;

/// What is known of the session.
pub(crate) struct Session {
    /// Our last description, repeated in refreshes.
    pub(crate) local: Option<Body>,
    /// Their last description, to tell a mere refresh from a change.
    pub(crate) remote: Option<Body>,
    pub(crate) agreement: Agreement,
    /// The least interval the peer accepts.
    pub(crate) min_se: Duration,
    /// Whether the peer takes UPDATE.
    pub(crate) update: Update,
    /// Refreshes that failed without one that succeeded between.
    pub(crate) failures: u32,
}

/// How the session can be refreshed.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum Update {
    Allowed,
    NotAllowed,
}

/// The state of an established session.
#[derive(Default)]
pub(crate) struct Established {
    /// Our 2xx that no ACK has come for.
    pub(crate) unacknowledged: Option<Unacknowledged>,
    /// Their offer that waits for our answer.
    pub(crate) offered: Option<Box<Offered>>,
    /// Our offer that waits until the way is free.
    pub(crate) wanted: Option<Body>,
}

/// A 2xx that is repeated until its ACK comes (RFC 3261 §13.3.1.4).
pub(crate) struct Unacknowledged {
    pub(crate) cseq: u32,
    pub(crate) bytes: Bytes,
    pub(crate) target: Target,
    pub(crate) interval: Duration,
    pub(crate) stage: Stage,
    pub(crate) carries: Carries,
}

/// Which INVITE a 2xx answered.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum Stage {
    First,
    Again,
}

/// What a 2xx carries: after an offer the ACK brings the answer.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum Carries {
    Offer,
    Answer,
}

/// An offer of theirs (re-INVITE or UPDATE), or a re-INVITE that leaves the offer to us.
pub(crate) struct Offered {
    pub(crate) pending: Pending,
    pub(crate) agreement: Agreement,
    /// Their offer; none where it is to be ours.
    pub(crate) sdp: Option<Body>,
}

impl Session {
    pub(crate) const fn new(agreement: Agreement) -> Self {
        Self {
            local: None,
            remote: None,
            agreement,
            min_se: MIN_SE,
            update: Update::NotAllowed,
            failures: 0,
        }
    }

    /// Reads from a request or 2xx what the peer allows.
    pub(crate) fn learn(&mut self, message: &Message) {
        if message.value(crate::Name::Allow).is_some() {
            let allowed = message.lists(crate::Name::Allow, Method::Update.text());
            self.update = if allowed {
                Update::Allowed
            } else {
                Update::NotAllowed
            };
        }
    }
}

impl Established {
    /// Whether an offer of either side is open that the peer's offer would cross (RFC 3261 §14.2, RFC 3311 §5.2).
    pub(crate) fn offers_in_success(&self) -> bool {
        self.unacknowledged
            .as_ref()
            .is_some_and(|success| success.carries == Carries::Offer)
    }
}

/// The session description of a message; none if it has none. It is copied, so that a long call does not keep the
/// datagram it came in.
pub(crate) fn sdp_of(message: &Message) -> Option<Body> {
    let description = message.session_description()?;
    Some(Body(Bytes::copy_from_slice(&description)))
}

impl Dialog {
    /// Keeps our 2xx and repeats it.
    pub(crate) fn await_ack(&mut self, core: &mut Core, success: Unacknowledged) {
        self.set(core, DialogTimer::RepeatSuccess, success.interval);
        self.set(core, DialogTimer::AwaitAck, GIVE_UP);
        if let State::Established(established) = &mut self.state {
            established.unacknowledged = Some(success);
        }
    }

    const fn unacknowledged(&mut self) -> Option<&mut Option<Unacknowledged>> {
        match &mut self.state {
            State::Established(established) => Some(&mut established.unacknowledged),
            State::Leaving { unacknowledged, .. } => Some(unacknowledged),
            State::Incoming(_) | State::Calling(_) | State::Over => None,
        }
    }

    pub(crate) fn repeat_success(&mut self, core: &mut Core) {
        let Some(success) = self.unacknowledged().and_then(Option::as_mut) else {
            return;
        };
        core.wire.transmit(success.target, success.bytes.clone());
        success.interval = (success.interval * 2).min(T2);
        let wait = success.interval;
        self.set(core, DialogTimer::RepeatSuccess, wait);
    }

    /// No ACK for 64·T1. With media arriving that ends nothing, so it is only told.
    pub(crate) fn ack_is_missing(&mut self, core: &mut Core) {
        self.stop(core, DialogTimer::RepeatSuccess);
        let Some(success) = self.unacknowledged().and_then(Option::take) else {
            return;
        };
        let leaving = matches!(self.state, State::Leaving { .. });
        if !leaving && success.stage == Stage::First {
            core.wire.tell(Event::NotAcknowledged { dialog: self.id });
        }
        self.after_ack(core);
    }

    /// Takes an ACK: it ends the repetition of the 2xx with its number.
    pub(crate) fn on_ack(&mut self, core: &mut Core, ack: &Message) {
        let number = ack.cseq().map(|cseq| cseq.number).unwrap_or_default();
        let Some(slot) = self.unacknowledged() else {
            return;
        };
        let Some(success) = slot.take_if(|success| success.cseq == number) else {
            return;
        };
        self.stop(core, DialogTimer::RepeatSuccess);
        self.stop(core, DialogTimer::AwaitAck);
        let answer = sdp_of(ack).filter(|_| success.carries == Carries::Offer);
        self.acknowledged(core, success.stage, answer);
        self.after_ack(core);
    }

    fn acknowledged(&mut self, core: &mut Core, stage: Stage, answer: Option<Body>) {
        if matches!(self.state, State::Leaving { .. }) {
            return;
        }
        if answer.is_some() {
            self.session.remote.clone_from(&answer);
        }
        match (stage, answer) {
            (Stage::First, sdp) => core.wire.tell(Event::Acknowledged {
                dialog: self.id,
                sdp,
            }),
            (Stage::Again, Some(sdp)) => {
                core.wire.tell(Event::Reanswered {
                    dialog: self.id,
                    sdp,
                });
            }
            (Stage::Again, None) => {}
        }
    }

    /// What had to wait for the ACK: our BYE (RFC 3261 §15), or our offer.
    fn after_ack(&mut self, core: &mut Core) {
        match &mut self.state {
            State::Leaving { reason, .. } => {
                let reason = reason.take();
                self.send_bye(core, reason);
            }
            State::Established(_) => self.flush(core),
            State::Incoming(_) | State::Calling(_) | State::Over => {}
        }
    }

    /// The first pause before our 2xx is repeated.
    pub(crate) const fn first_interval() -> Duration {
        T1
    }
}
