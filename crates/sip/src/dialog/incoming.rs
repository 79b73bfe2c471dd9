//! Their INVITE: ringing, accepting, refusing (RFC 3261 §13.3) and their CANCEL (§9.2).

use std::time::Duration;

use super::route::{Order, Route};
use super::session::{Carries, Established, Session, Stage, Unacknowledged, sdp_of};
use super::session_timer::{Agreement, Peer, Refresher, Role};
use super::{Dialog, Identity, State};
use crate::endpoint::{Added, Body, Core, DialogId, Event, Header, InputError, Pending, copied};
use crate::message::HeaderValue;
use crate::wire::DialogTimer;
use crate::{Method, Name, Status, Tag, Token};

/// How often a provisional response is repeated, so that proxies keep the call (RFC 3261 §13.3.1).
const PROGRESS_AGAIN: Duration = Duration::from_secs(60);

/// An INVITE that waits for our final response.
pub(crate) struct Incoming {
    pub(crate) pending: Pending,
    pub(crate) agreement: Agreement,
    /// The last provisional response above 100.
    progress: Option<Status>,
}

impl Incoming {
    pub(crate) const fn new(pending: Pending, agreement: Agreement) -> Self {
        Self {
            pending,
            agreement,
            progress: None,
        }
    }
}

impl Dialog {
    /// The dialog of a new INVITE; none if it names no Contact.
    pub(crate) fn incoming(id: DialogId, incoming: Incoming) -> Option<Self> {
        let request = incoming.pending.request.clone();
        let remote = request.contact().ok()?.uri.to_uri();
        let route = Route::new(remote, &request, Order::AsWritten, incoming.pending.target);
        let identity = Identity {
            call_id: copied(&request, Name::CallId),
            local: copied(&request, Name::To),
            local_tag: None,
            remote: copied(&request, Name::From),
            remote_tag: request.from().ok()?.tag().unwrap_or_default().to_vec(),
        };
        let mut session = Session::new(incoming.agreement);
        session.learn(&request);
        session.remote = sdp_of(&request);
        let mut dialog = Self::new(id, identity, route, State::Incoming(incoming), session);
        dialog.remote_cseq = request.cseq().ok().map(|cseq| cseq.number);
        Some(dialog)
    }

    /// Settles our tag for the whole dialog: the first one given stays.
    fn settle(&mut self, core: &mut Core, tag: Option<Tag>) -> Tag {
        if let Some(tag) = &self.identity.local_tag {
            return tag.clone();
        }
        let tag = tag.unwrap_or_else(|| core.tag());
        if let (Some(name), Some(value)) = (Token::new(b"tag"), Token::new(tag.bytes())) {
            self.identity.local = self.identity.local.clone().with_param(name, value);
        }
        self.identity.local_tag = Some(tag.clone());
        tag
    }

    fn ringing(&self) -> Result<&Incoming, InputError> {
        match &self.state {
            State::Incoming(incoming) => Ok(incoming),
            State::Calling(_) | State::Established(_) | State::Leaving { .. } | State::Over => {
                Err(InputError::WrongState(self.id))
            }
        }
    }

    /// Sends a provisional response, unless the peer wants it reliable.
    pub(crate) fn progress(
        &mut self,
        core: &mut Core,
        status: Status,
        tag: Option<Tag>,
    ) -> Result<(), InputError> {
        if !(101..=199).contains(&status.code()) {
            return Err(InputError::WrongStatus {
                dialog: self.id,
                status: status.code(),
            });
        }
        let pending = self.ringing()?.pending.clone();
        self.settle(core, tag);
        if pending.request.lists(Name::Require, "100rel") {
            return Ok(());
        }
        self.send_progress(core, &pending, status);
        if let State::Incoming(incoming) = &mut self.state {
            incoming.progress = Some(status);
        }
        Ok(())
    }

    fn send_progress(&mut self, core: &mut Core, pending: &Pending, status: Status) {
        let contact = core.face(&pending.target).contact();
        let tag = self.identity.local_tag.clone();
        core.answer(
            pending,
            status,
            tag.as_ref(),
            Added::one(Name::Contact, contact),
        );
        self.set(core, DialogTimer::RepeatProgress, PROGRESS_AGAIN);
    }

    pub(crate) fn repeat_progress(&mut self, core: &mut Core) {
        let State::Incoming(incoming) = &self.state else {
            return;
        };
        let Some(status) = incoming.progress else {
            return;
        };
        let pending = incoming.pending.clone();
        self.send_progress(core, &pending, status);
    }

    /// Answers 200. The INVITE's offer is answered by `sdp`; without one, `sdp` is our offer.
    pub(crate) fn accept(
        &mut self,
        core: &mut Core,
        sdp: &Body,
        tag: Option<Tag>,
        headers: &[Header],
    ) -> Result<(), InputError> {
        let incoming = self.ringing()?;
        let (pending, agreement) = (incoming.pending.clone(), incoming.agreement);
        let carries = if self.session.remote.is_some() {
            Carries::Answer
        } else {
            Carries::Offer
        };
        let tag = self.settle(core, tag);
        self.stop(core, DialogTimer::RepeatProgress);
        self.state = State::Established(Established::default());
        self.session.local = Some(sdp.clone());
        let added = Added {
            more: headers,
            ..success(core, &pending, &agreement)
        }
        .sdp(sdp);
        self.send_success(core, &pending, &tag, added, (Stage::First, carries));
        self.refreshed(core, agreement);
        self.keep_alive(core);
        Ok(())
    }

    /// Sends the 2xx of an INVITE and repeats it until the ACK comes.
    pub(crate) fn send_success(
        &mut self,
        core: &mut Core,
        pending: &Pending,
        tag: &Tag,
        added: Added<'_>,
        (stage, carries): (Stage, Carries),
    ) {
        let bytes = core.answer(pending, Status::OK, Some(tag), added);
        let cseq = pending
            .request
            .cseq()
            .map(|cseq| cseq.number)
            .unwrap_or_default();
        let interval = Self::first_interval();
        let success = Unacknowledged {
            cseq,
            bytes,
            target: pending.target,
            interval,
            stage,
            carries,
        };
        self.await_ack(core, success);
    }

    /// Answers with a final response other than 2xx; the dialog is over.
    pub(crate) fn reject(
        &mut self,
        core: &mut Core,
        status: Status,
        added: Added<'_>,
    ) -> Result<(), InputError> {
        if status.code() < 300 {
            return Err(InputError::WrongStatus {
                dialog: self.id,
                status: status.code(),
            });
        }
        let pending = self.ringing()?.pending.clone();
        let tag = self.settle(core, None);
        core.answer(&pending, status, Some(&tag), added);
        self.over(core);
        Ok(())
    }

    /// Their CANCEL came: an INVITE without a final response is answered 487, anything else stays.
    pub(crate) fn on_cancel(&mut self, core: &mut Core) {
        match &mut self.state {
            State::Incoming(_) => {
                if self
                    .reject(core, Status::REQUEST_TERMINATED, Added::default())
                    .is_ok()
                {
                    core.wire.tell(Event::Cancelled { dialog: self.id });
                }
            }
            State::Established(established) => {
                let cancelled = established
                    .offered
                    .take_if(|offered| offered.pending.request.method() == Some(Method::Invite));
                if let Some(offered) = cancelled {
                    let tag = self.identity.local_tag.clone();
                    core.answer(
                        &offered.pending,
                        Status::REQUEST_TERMINATED,
                        tag.as_ref(),
                        Added::default(),
                    );
                    self.flush(core);
                }
            }
            State::Calling(_) | State::Leaving { .. } | State::Over => {}
        }
    }
}

/// The header fields of a 2xx that makes or refreshes a session.
pub(crate) fn success(core: &Core, pending: &Pending, agreement: &Agreement) -> Added<'static> {
    let contact = core.face(&pending.target).contact();
    let added = Added::one(Name::Contact, contact)
        .with(Name::Allow, HeaderValue::literal(crate::endpoint::ALLOW))
        .with(
            Name::Supported,
            HeaderValue::literal(crate::endpoint::SUPPORTED),
        )
        .with(Name::SessionExpires, agreement.value(Role::Server));
    // RFC 4028 §9: a client that refreshes must know that it does.
    match (agreement.peer, agreement.refresher) {
        (Peer::Supports, Refresher::Them) => {
            added.with(Name::Require, HeaderValue::literal("timer"))
        }
        (Peer::Supports, Refresher::Us) | (Peer::Ignores, _) => added,
    }
}
