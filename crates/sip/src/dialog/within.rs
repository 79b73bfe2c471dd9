//! Their requests inside a dialog.

use std::time::Duration;

use super::incoming::success;
use super::session::{Established, Offered, Stage, sdp_of};
use super::session_timer::{Agreement, TooSmall};
use super::{Dialog, State};
use crate::endpoint::{Added, Body, Core, EndCause, Event, MIN_SE, Pending};
use crate::message::HeaderValue;
use crate::signal::Signal;
use crate::{Method, Name, Status};

/// The longest `Retry-After` of a 500 to a request that came too early (RFC 3261 §14.2): 10 s.
const RETRY_AFTER_MAX_S: u64 = 10;

/// Why an offer cannot be taken now.
enum Crossing {
    /// An offer of ours is open: 491.
    Ours,
    /// An earlier offer of theirs is open: 500 with Retry-After.
    Theirs,
}

impl Dialog {
    /// Takes a request that has a server transaction of its own and, unless it hangs up, passed all checks on its form.
    pub(crate) fn on_request(&mut self, core: &mut Core, pending: Pending, method: Method<'_>) {
        let number = pending
            .request
            .cseq()
            .map(|cseq| cseq.number)
            .unwrap_or_default();
        if method != Method::Bye && self.remote_cseq.is_some_and(|last| number < last) {
            // RFC 3261 §12.2.2. Gaps upwards are legal.
            return self.retry_later(core, &pending);
        }
        self.remote_cseq = Some(number);
        match method {
            Method::Bye => self.on_bye(core, &pending),
            Method::Invite => self.on_invite(core, pending),
            Method::Update => self.on_update(core, pending),
            Method::Info => self.on_info(core, &pending),
            Method::Options => self.reply(core, &pending, Status::OK, abilities()),
            Method::Prack
            | Method::Ack
            | Method::Cancel
            | Method::Register
            | Method::Message
            | Method::Refer
            | Method::Notify
            | Method::Subscribe
            | Method::Publish
            | Method::Other(_) => self.reply(
                core,
                &pending,
                Status::CALL_DOES_NOT_EXIST,
                Added::default(),
            ),
        }
    }

    fn reply(&self, core: &mut Core, pending: &Pending, status: Status, added: Added<'_>) {
        core.answer(pending, status, self.identity.local_tag.as_ref(), added);
    }

    fn retry_later(&self, core: &mut Core, pending: &Pending) {
        let seconds = u32::try_from(core.chance.below(RETRY_AFTER_MAX_S + 1)).unwrap_or(0);
        let added = Added::one(Name::RetryAfter, seconds.into());
        self.reply(core, pending, Status::SERVER_INTERNAL_ERROR, added);
    }

    fn on_bye(&mut self, core: &mut Core, pending: &Pending) {
        let reason = pending.request.value(Name::Reason).map(HeaderValue::from);
        match &mut self.state {
            State::Calling(_) => {
                return self.reply(core, pending, Status::CALL_DOES_NOT_EXIST, Added::default());
            }
            State::Leaving { .. } | State::Over => {
                self.reply(core, pending, Status::OK, Added::default());
                return self.over(core);
            }
            State::Incoming(incoming) => {
                let invite = incoming.pending.clone();
                self.reply(core, &invite, Status::REQUEST_TERMINATED, Added::default());
            }
            State::Established(established) => {
                if let Some(offered) = established.offered.take() {
                    self.reply(
                        core,
                        &offered.pending,
                        Status::REQUEST_TERMINATED,
                        Added::default(),
                    );
                }
            }
        }
        self.reply(core, pending, Status::OK, Added::default());
        self.end(core, EndCause::Bye { reason });
    }

    /// A re-INVITE (RFC 3261 §14.2).
    fn on_invite(&mut self, core: &mut Core, pending: Pending) {
        if let Some(crossing) = self.crossing() {
            return self.refuse_crossing(core, &pending, &crossing);
        }
        if !matches!(self.state, State::Established(_)) {
            return self.reply(
                core,
                &pending,
                Status::CALL_DOES_NOT_EXIST,
                Added::default(),
            );
        }
        let Some(agreement) = self.agree(core, &pending) else {
            return;
        };
        let trying = core.response(
            &pending.request,
            pending.source,
            Status::TRYING,
            None,
            Added::default(),
        );
        core.respond(pending.key, Status::TRYING, trying);
        let sdp = sdp_of(&pending.request);
        self.offered(core, pending, agreement, sdp);
    }

    /// An UPDATE (RFC 3311 §5.2): without an offer it only refreshes.
    fn on_update(&mut self, core: &mut Core, pending: Pending) {
        let sdp = sdp_of(&pending.request);
        if let Some(crossing) = self.crossing().filter(|_| sdp.is_some()) {
            return self.refuse_crossing(core, &pending, &crossing);
        }
        if matches!(self.state, State::Leaving { .. } | State::Over) {
            return self.reply(
                core,
                &pending,
                Status::CALL_DOES_NOT_EXIST,
                Added::default(),
            );
        }
        let Some(agreement) = self.agree(core, &pending) else {
            return;
        };
        match sdp {
            Some(sdp) => self.offered(core, pending, agreement, Some(sdp)),
            None => {
                self.route.refresh(&pending.request);
                self.session.learn(&pending.request);
                let added = success(core, &pending, &agreement);
                self.reply(core, &pending, Status::OK, added);
                self.refreshed(core, agreement);
            }
        }
    }

    /// Whether another offer is open.
    fn crossing(&self) -> Option<Crossing> {
        match &self.state {
            State::Incoming(_) => Some(Crossing::Theirs),
            State::Calling(_) => Some(Crossing::Ours),
            State::Established(established) if established.offered.is_some() => {
                Some(Crossing::Theirs)
            }
            State::Established(established)
                if self.is_offering() || established.offers_in_success() =>
            {
                Some(Crossing::Ours)
            }
            State::Established(_) | State::Leaving { .. } | State::Over => None,
        }
    }

    fn refuse_crossing(&self, core: &mut Core, pending: &Pending, crossing: &Crossing) {
        match crossing {
            Crossing::Ours => self.reply(core, pending, Status::REQUEST_PENDING, Added::default()),
            Crossing::Theirs => self.retry_later(core, pending),
        }
    }

    /// Settles the session timer, or answers 422 (RFC 4028 §9).
    fn agree(&self, core: &mut Core, pending: &Pending) -> Option<Agreement> {
        match Agreement::as_server(&pending.request, core.config.session_expires) {
            Ok(agreement) => Some(agreement),
            Err(TooSmall) => {
                self.reply(
                    core,
                    pending,
                    Status::SESSION_INTERVAL_TOO_SMALL,
                    interval_too_small(),
                );
                None
            }
        }
    }

    /// Their offer is to be answered, or without one ours is to be made (RFC 3261 §14.2).
    fn offered(
        &mut self,
        core: &mut Core,
        pending: Pending,
        agreement: Agreement,
        sdp: Option<Body>,
    ) {
        self.session.learn(&pending.request);
        self.acknowledged_by_next(core);
        let State::Established(established) = &mut self.state else {
            return;
        };
        established.offered = Some(Box::new(Offered {
            pending,
            agreement,
            sdp: sdp.clone(),
        }));
        let dialog = self.id;
        core.wire.tell(match sdp {
            Some(sdp) => Event::Offered { dialog, sdp },
            None => Event::OfferWanted { dialog },
        });
    }

    /// A next INVITE of the peer proves that our 2xx arrived, though its ACK was lost.
    fn acknowledged_by_next(&mut self, core: &mut Core) {
        let State::Established(Established { unacknowledged, .. }) = &mut self.state else {
            return;
        };
        let Some(success) = unacknowledged.take() else {
            return;
        };
        self.stop(core, crate::wire::DialogTimer::RepeatSuccess);
        self.stop(core, crate::wire::DialogTimer::AwaitAck);
        if success.stage == Stage::First {
            core.wire.tell(Event::Acknowledged {
                dialog: self.id,
                sdp: None,
            });
        }
    }

    fn on_info(&self, core: &mut Core, pending: &Pending) {
        self.reply(core, pending, Status::OK, Added::default());
        if let Some(signal) = Signal::of(&pending.request) {
            core.wire.tell(Event::Signalled {
                dialog: self.id,
                signal,
            });
        }
    }
}

/// What we understand, for OPTIONS (RFC 3261 §11.2).
pub(crate) fn abilities() -> Added<'static> {
    Added::one(Name::Allow, HeaderValue::literal(crate::endpoint::ALLOW))
        .with(Name::Accept, HeaderValue::literal(crate::endpoint::ACCEPT))
        .with(
            Name::Supported,
            HeaderValue::literal(crate::endpoint::SUPPORTED),
        )
}

/// The header of a 422.
pub(crate) fn interval_too_small() -> Added<'static> {
    Added::one(Name::MinSe, seconds(MIN_SE).into())
}

fn seconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_secs()).unwrap_or(u32::MAX)
}
