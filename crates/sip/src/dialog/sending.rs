//! Our requests inside a dialog and their responses.

use super::outgoing::{Taken, offering};
use super::session::{Update, sdp_of};
use super::session_timer::{Agreement, min_se};
use super::{Dialog, Initiator, State};
use crate::endpoint::{Body, Core, EndCause, Event, Failure, InputError, Outgoing, compose};
use crate::flow::Target;
use crate::message::{HeaderValue, Message, RequestWriter};
use crate::transaction::{ClientKey, ClientOwner, Kind};
use crate::wire::DialogTimer;
use crate::{Method, Name, Status};
use bytes::Bytes;
use std::time::Duration;

/// How many requests of ours may wait for responses in one dialog.
pub const IN_DIALOG_PENDING_MAX: usize = 8;

/// A request of ours that waits for its response.
pub(crate) struct InFlight {
    pub(crate) key: ClientKey,
    cseq: u32,
    pub(crate) what: What,
    tries: Tries,
}

/// What a request is for, with all it takes to send it again.
#[derive(Clone)]
pub(crate) enum What {
    Reoffer(Body),
    RefreshByInvite(Body),
    RefreshByUpdate,
    Bye(Option<HeaderValue>),
    Info {
        content_type: HeaderValue,
        body: Body,
    },
}

/// How often it was tried.
#[derive(Copy, Clone, Eq, PartialEq)]
enum Tries {
    First,
    WithCredentials,
    Again,
}

impl What {
    const fn method(&self) -> Method<'static> {
        match self {
            Self::Reoffer(_) | Self::RefreshByInvite(_) => Method::Invite,
            Self::RefreshByUpdate => Method::Update,
            Self::Bye(_) => Method::Bye,
            Self::Info { .. } => Method::Info,
        }
    }

    const fn kind(&self) -> Kind {
        match self {
            Self::Reoffer(_) | Self::RefreshByInvite(_) => Kind::Invite,
            Self::RefreshByUpdate | Self::Bye(_) | Self::Info { .. } => Kind::NonInvite,
        }
    }

    pub(crate) const fn is_offer(&self) -> bool {
        matches!(self.kind(), Kind::Invite)
    }
}

impl Dialog {
    /// Sends a request.
    pub(crate) fn send(&mut self, core: &mut Core, what: What) {
        self.send_tried(core, what, Tries::First);
    }

    fn send_tried(&mut self, core: &mut Core, what: What, tries: Tries) {
        self.local_cseq += 1;
        let (key, target, cseq) = (core.client_key(), self.next_hop(core), self.local_cseq);
        let addressing = self.route.addressing();
        let request = Outgoing {
            method: what.method(),
            uri: &addressing.uri,
            routes: &addressing.routes,
            key,
            target,
            from: &self.identity.local,
            to: &self.identity.remote,
            call_id: &self.identity.call_id,
            cseq,
        };
        let mut writer = request.begin(core);
        if let Some(login) = self
            .login
            .as_mut()
            .filter(|_| tries == Tries::WithCredentials)
        {
            writer = login.authorize(core, writer, what.method(), &addressing.uri);
        }
        let bytes = self.finish(core, writer, &what);
        let kind = what.kind();
        self.in_flight.push(InFlight {
            key,
            cseq,
            what,
            tries,
        });
        core.send(key, kind, target, bytes, ClientOwner::Dialog(self.id));
    }

    fn next_hop(&self, core: &Core) -> Target {
        self.route.next_hop(core.own_addresses())
    }

    fn finish(&self, core: &Core, writer: RequestWriter, what: &What) -> Bytes {
        match what {
            What::Reoffer(sdp) | What::RefreshByInvite(sdp) => compose::with_sdp(
                offering(writer, core, self.next_hop(core), &self.session),
                sdp,
            ),
            What::RefreshByUpdate => {
                offering(writer, core, self.next_hop(core), &self.session).finish()
            }
            What::Bye(None) => writer.finish(),
            What::Bye(Some(reason)) => writer.header(Name::Reason, reason.clone()).finish(),
            What::Info { content_type, body } => writer.body(content_type, body.as_ref()),
        }
    }

    /// Sends an INFO.
    pub(crate) fn info(
        &mut self,
        core: &mut Core,
        content_type: HeaderValue,
        body: Body,
    ) -> Result<(), InputError> {
        if !matches!(self.state, State::Established(_)) {
            return Err(InputError::WrongState(self.id));
        }
        if self.in_flight.len() >= IN_DIALOG_PENDING_MAX {
            return Err(InputError::TooManyPending(self.id));
        }
        self.send(core, What::Info { content_type, body });
        Ok(())
    }

    /// Hangs up: the caller is told at once, the BYE goes out when RFC 3261 §15 allows it.
    pub(crate) fn leave(&mut self, core: &mut Core, reason: Option<HeaderValue>, cause: EndCause) {
        let State::Established(established) = &mut self.state else {
            return;
        };
        let unacknowledged = established.unacknowledged.take();
        let offered = established.offered.take();
        let waits = unacknowledged.is_some();
        self.state = State::Leaving {
            unacknowledged,
            reason: reason.clone(),
        };
        for timer in [
            DialogTimer::Refresh,
            DialogTimer::OfferAgain,
            DialogTimer::KeepAlive,
        ] {
            self.stop(core, timer);
        }
        if let Some(offered) = offered {
            let tag = self.identity.local_tag.clone();
            core.answer(
                &offered.pending,
                Status::REQUEST_TERMINATED,
                tag.as_ref(),
                crate::endpoint::Added::default(),
            );
        }
        if !waits {
            self.send_bye(core, reason);
        }
        core.wire.tell(Event::Ended {
            dialog: self.id,
            cause,
        });
    }

    pub(crate) fn send_bye(&mut self, core: &mut Core, reason: Option<HeaderValue>) {
        self.send(core, What::Bye(reason));
    }

    /// Takes a response to a request of ours.
    pub(crate) fn on_response(
        &mut self,
        core: &mut Core,
        key: ClientKey,
        status: Status,
        response: &Message,
    ) -> Taken {
        if let State::Calling(calling) = &self.state
            && calling.key == key
        {
            return self.on_invite_response(core, status, response);
        }
        let Some(at) = self.in_flight.iter().position(|request| request.key == key) else {
            return Taken::Stray;
        };
        if status.is_provisional() {
            return Taken::Yes;
        }
        let request = self.in_flight.swap_remove(at);
        if status.is_success() {
            self.on_done(core, request, response);
        } else {
            self.on_refused(core, request, status, response);
        }
        Taken::Yes
    }

    fn on_done(&mut self, core: &mut Core, request: InFlight, response: &Message) {
        if request.what.is_offer() {
            self.route.refresh(response);
            self.send_ack(core, request.key, request.cseq, response);
        }
        if matches!(request.what, What::Bye(_)) {
            return self.over(core);
        }
        if !matches!(self.state, State::Established(_)) {
            return;
        }
        match request.what {
            What::Reoffer(sdp) => {
                self.session.local = Some(sdp);
                self.after_refresh(core, response);
                self.told_answer(core, response, Telling::Always);
            }
            What::RefreshByInvite(_) => {
                self.after_refresh(core, response);
                self.told_answer(core, response, Telling::Changes);
            }
            What::RefreshByUpdate => {
                self.route.refresh(response);
                self.after_refresh(core, response);
            }
            What::Info { .. } | What::Bye(_) => {}
        }
        self.flush(core);
    }

    fn after_refresh(&mut self, core: &mut Core, response: &Message) {
        self.session.learn(response);
        let agreement = Agreement::as_client(response, self.session.agreement.interval);
        self.refreshed(core, agreement);
    }

    fn told_answer(&mut self, core: &mut Core, response: &Message, telling: Telling) {
        let Some(sdp) = sdp_of(response) else { return };
        let changed = self.session.remote.as_ref() != Some(&sdp);
        self.session.remote = Some(sdp.clone());
        if changed || telling == Telling::Always {
            core.wire.tell(Event::Reanswered {
                dialog: self.id,
                sdp,
            });
        }
    }

    fn on_refused(
        &mut self,
        core: &mut Core,
        request: InFlight,
        status: Status,
        response: &Message,
    ) {
        if request.tries == Tries::First && self.try_again(core, &request.what, status, response) {
            return;
        }
        self.on_failed(core, request, Failure::Status(status));
    }

    /// Answers a challenge, or asks for a longer interval, once.
    fn try_again(
        &mut self,
        core: &mut Core,
        what: &What,
        status: Status,
        response: &Message,
    ) -> bool {
        if let Some(login) = &mut self.login {
            // The request that was challenged carried no credentials, so that none were refused.
            login.accepted();
            if login.challenged(response) {
                self.send_tried(core, what.clone(), Tries::WithCredentials);
                return true;
            }
        }
        let least = min_se(response).filter(|_| status == Status::SESSION_INTERVAL_TOO_SMALL);
        let Some(least) = least else { return false };
        self.session.require(least);
        self.send_tried(core, what.clone(), Tries::Again);
        true
    }

    /// A request of ours failed for good.
    pub(crate) fn on_failed(&mut self, core: &mut Core, request: InFlight, failure: Failure) {
        if matches!(request.what, What::Bye(_)) {
            return self.over(core);
        }
        if !matches!(self.state, State::Established(_)) {
            return;
        }
        let glare = failure == Failure::Status(Status::REQUEST_PENDING);
        match request.what {
            What::Reoffer(sdp) if glare => self.offer_later(core, sdp),
            What::Reoffer(_) => {
                core.wire.tell(Event::Refused {
                    dialog: self.id,
                    reason: failure,
                });
                self.flush(core);
            }
            What::RefreshByInvite(_) | What::RefreshByUpdate if glare => {
                let wait = self.glare_delay(core);
                self.set(core, DialogTimer::Refresh, wait);
            }
            What::RefreshByUpdate if is_unsupported(failure) => {
                self.session.update = Update::NotAllowed;
                self.refresh(core);
            }
            What::RefreshByInvite(_) | What::RefreshByUpdate => self.refresh_failed(core, failure),
            What::Info { .. } | What::Bye(_) => {}
        }
    }

    /// The transaction of one of our requests ended without a response.
    pub(crate) fn on_silence(&mut self, core: &mut Core, key: ClientKey, failure: Failure) {
        if let State::Calling(calling) = &self.state {
            if calling.key == key {
                self.fail(core, failure, None);
            }
            return;
        }
        if let Some(at) = self.in_flight.iter().position(|request| request.key == key) {
            let request = self.in_flight.swap_remove(at);
            self.on_failed(core, request, failure);
        }
    }

    fn offer_later(&mut self, core: &mut Core, sdp: Body) {
        let State::Established(established) = &mut self.state else {
            return;
        };
        // A newer offer of the caller takes the place of the one that met the glare.
        established.wanted.get_or_insert(sdp);
        let wait = self.glare_delay(core);
        self.set(core, DialogTimer::OfferAgain, wait);
    }

    /// How long to wait after a 491: whoever made the Call-ID waits longer (RFC 3261 §14.1).
    fn glare_delay(&self, core: &mut Core) -> Duration {
        match self.initiator {
            Initiator::Us => core.between(Duration::from_millis(2_100), Duration::from_secs(4)),
            Initiator::Them => core.between(Duration::ZERO, Duration::from_secs(2)),
        }
    }
}

/// Whether an unchanged answer is news.
#[derive(Copy, Clone, Eq, PartialEq)]
enum Telling {
    Always,
    Changes,
}

/// Whether the peer does not know the method.
fn is_unsupported(failure: Failure) -> bool {
    let unknown =
        |status| status == Status::NOT_IMPLEMENTED || status == Status::METHOD_NOT_ALLOWED;
    matches!(failure, Failure::Status(status) if unknown(status))
}
