//! Our INVITE: its responses (RFC 3261 §13.2), its CANCEL (§9.1), one challenge and one interval too small.

use std::mem;
use std::time::Duration;

use super::route::Route;
use super::session::{Established, Session, sdp_of};
use super::session_timer::{Agreement, Role, min_se};
use super::{Dialog, Identity, State};
use crate::endpoint::{
    Core, EndCause, Event, Failure, Invite, MIN_SE, Outgoing, auth, compose, copied,
};
use crate::flow::Target;
use crate::message::{HeaderValue, Message, RequestWriter};
use crate::transaction::{ClientKey, ClientOwner, Kind};
use crate::{Method, Name, Status};
use bytes::Bytes;

/// How often an INVITE is sent again with a longer session interval before it counts as failed.
const LONGER_INTERVALS_MAX: u8 = 2;
/// How often a challenge is answered: once, and once more if the nonce was stale.
pub(crate) const CHALLENGES_MAX: u8 = 2;

/// An INVITE that waits for its final response.
pub(crate) struct Calling {
    invite: Box<Invite>,
    pub(crate) key: ClientKey,
    provisional: Provisional,
    cancel: Cancelling,
    challenges: u8,
    longer_intervals: u8,
    early: Option<crate::endpoint::Body>,
}

impl Calling {
    /// Whether it calls a registered phone, by the flow that it registered by.
    pub(crate) const fn goes_by_flow(&self) -> bool {
        match self.invite.target {
            Target::Flow(_) => true,
            Target::Address { .. } | Target::FlowOrAddress { .. } => false,
        }
    }
}

/// Whether any response came: before that a CANCEL may not be sent.
#[derive(Copy, Clone, Eq, PartialEq)]
enum Provisional {
    None,
    Came,
}

enum Cancelling {
    No,
    /// It waits for the first provisional response.
    Wanted(Option<HeaderValue>),
    Sent,
}

/// Whether a response found its use.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum Taken {
    Yes,
    /// A 2xx of another fork, or of an INVITE that is forgotten.
    Stray,
}

impl Dialog {
    /// Calls somebody: the INVITE is sent.
    pub(crate) fn call(core: &mut Core, invite: Invite) -> Self {
        let local_tag = invite.local_tag.clone().unwrap_or_else(|| core.tag());
        let call_id = invite.call_id.clone().unwrap_or_else(|| core.call_id());
        let identity = Identity {
            call_id: HeaderValue::from(&call_id),
            local: invite.from.value(Some(&local_tag)),
            local_tag: Some(local_tag),
            remote: invite.to.value(None),
            remote_tag: Vec::new(),
        };
        let route = Route::direct(invite.request_uri.clone(), invite.target);
        let mut session = Session::new(Agreement::alone(core.config.session_expires));
        session.local = Some(invite.sdp.clone());
        let (id, login) = (
            invite.dialog,
            invite.credentials.as_ref().map(auth::Login::new),
        );
        let calling = Calling {
            invite: Box::new(invite),
            key: core.client_key(),
            provisional: Provisional::None,
            cancel: Cancelling::No,
            challenges: 0,
            longer_intervals: 0,
            early: None,
        };
        let mut dialog = Self::new(
            id,
            identity,
            route,
            State::Calling(Box::new(calling)),
            session,
        );
        dialog.login = login;
        dialog.local_cseq = core.first_cseq();
        dialog.send_invite(core);
        dialog
    }

    fn send_invite(&mut self, core: &mut Core) {
        let State::Calling(calling) = &self.state else {
            return;
        };
        let (key, target) = (calling.key, calling.invite.target);
        let request = Outgoing {
            method: Method::Invite,
            uri: &calling.invite.request_uri,
            routes: &[],
            key,
            target,
            from: &self.identity.local,
            to: &self.identity.remote,
            call_id: &self.identity.call_id,
            cseq: self.local_cseq,
        };
        let mut writer = offering(request.begin(core), core, target, &self.session);
        if let Some(login) = &mut self.login {
            writer = login.authorize(core, writer, Method::Invite, &calling.invite.request_uri);
        }
        writer = compose::with_headers(writer, &calling.invite.headers);
        let bytes = compose::with_sdp(writer, &calling.invite.sdp);
        core.send(
            key,
            Kind::Invite,
            target,
            bytes,
            ClientOwner::Dialog(self.id),
        );
    }

    /// Sends the INVITE again with a new branch and the next number.
    fn send_invite_again(&mut self, core: &mut Core) {
        let key = core.client_key();
        if let State::Calling(calling) = &mut self.state {
            calling.key = key;
            calling.provisional = Provisional::None;
        }
        self.local_cseq += 1;
        self.send_invite(core);
    }

    /// Stops calling, as soon as that is allowed.
    pub(crate) fn cancel(&mut self, core: &mut Core, reason: Option<HeaderValue>) {
        let State::Calling(calling) = &mut self.state else {
            return;
        };
        match (&calling.cancel, calling.provisional) {
            (Cancelling::Sent, _) => {}
            (Cancelling::No | Cancelling::Wanted(_), Provisional::None) => {
                calling.cancel = Cancelling::Wanted(reason)
            }
            (Cancelling::No | Cancelling::Wanted(_), Provisional::Came) => {
                calling.cancel = Cancelling::Sent;
                let key = calling.key;
                send_cancel(core, key, reason.as_ref());
            }
        }
    }

    /// Takes a response to our INVITE.
    pub(crate) fn on_invite_response(
        &mut self,
        core: &mut Core,
        status: Status,
        response: &Message,
    ) -> Taken {
        match status.code() {
            100..=199 => self.on_provisional(core, status, response),
            200..=299 => self.on_success(core, response),
            _ => self.on_refusal(core, status, response),
        }
        Taken::Yes
    }

    fn on_provisional(&mut self, core: &mut Core, status: Status, response: &Message) {
        let State::Calling(calling) = &mut self.state else {
            return;
        };
        calling.provisional = Provisional::Came;
        let sdp = sdp_of(response);
        if sdp.is_some() {
            calling.early.clone_from(&sdp);
        }
        match mem::replace(&mut calling.cancel, Cancelling::Sent) {
            Cancelling::Wanted(reason) => {
                let key = calling.key;
                send_cancel(core, key, reason.as_ref());
            }
            Cancelling::Sent => {}
            Cancelling::No => {
                calling.cancel = Cancelling::No;
                let dialog = self.id;
                core.wire.tell(if status == Status::TRYING {
                    Event::Trying { dialog }
                } else {
                    Event::Progress {
                        dialog,
                        status,
                        sdp,
                    }
                });
            }
        }
    }

    /// A 2xx, whichever (RFC 3261 §13.2.2.4): the dialog stands, the ACK goes out at once.
    fn on_success(&mut self, core: &mut Core, response: &Message) {
        let State::Calling(calling) =
            mem::replace(&mut self.state, State::Established(Established::default()))
        else {
            return;
        };
        if let Some(login) = &mut self.login {
            login.accepted();
        }
        self.identity.remote = copied(response, Name::To);
        self.identity.remote_tag = to_tag(response).to_vec();
        self.route = self.route.answered(response);
        if calling.goes_by_flow() {
            self.route.keep_to_flow();
        }
        // Numbers of a fork that lost say nothing about this peer.
        self.remote_cseq = None;
        self.session.learn(response);
        self.session.remote = sdp_of(response).or(calling.early);
        self.send_ack(core, calling.key, self.local_cseq, response);
        let sdp = self.session.remote.clone();
        core.wire.tell(Event::Established {
            dialog: self.id,
            sdp,
            response: response.clone(),
        });
        if matches!(calling.cancel, Cancelling::No) {
            let agreement = Agreement::as_client(response, self.session.agreement.interval);
            self.refreshed(core, agreement);
            self.keep_alive(core);
        } else {
            self.leave(core, None, EndCause::CancelledLate);
        }
    }

    /// Sends the ACK of a 2xx and keeps it for when the 2xx comes again.
    pub(crate) fn send_ack(
        &self,
        core: &mut Core,
        invite: ClientKey,
        cseq: u32,
        response: &Message,
    ) {
        let target = self.route.next_hop(core.own_addresses());
        let ack = self.ack(core, target, cseq);
        core.wire.transmit(target, ack.clone());
        core.transactions
            .keep_ack(invite, to_tag(response).to_vec().into(), target, ack);
    }

    /// The ACK of a 2xx to the INVITE of that number.
    pub(crate) fn ack(&self, core: &mut Core, target: Target, cseq: u32) -> Bytes {
        let key = core.client_key();
        let addressing = self.route.addressing();
        let request = Outgoing {
            method: Method::Ack,
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
        if let Some(login) = &self.login {
            writer = login.repeat(writer);
        }
        writer.finish()
    }

    fn on_refusal(&mut self, core: &mut Core, status: Status, response: &Message) {
        let State::Calling(calling) = &mut self.state else {
            return;
        };
        let wanted = matches!(calling.cancel, Cancelling::No);
        let challenged = wanted && calling.challenges < CHALLENGES_MAX;
        if challenged
            && self
                .login
                .as_mut()
                .is_some_and(|login| login.challenged(response))
        {
            calling.challenges += 1;
            return self.send_invite_again(core);
        }
        let least = min_se(response).filter(|_| status == Status::SESSION_INTERVAL_TOO_SMALL);
        if let Some(least) =
            least.filter(|_| wanted && calling.longer_intervals < LONGER_INTERVALS_MAX)
        {
            calling.longer_intervals += 1;
            self.session.require(least);
            return self.send_invite_again(core);
        }
        let retry_after = retry_after(response);
        self.fail(core, Failure::Status(status), retry_after);
    }

    /// Our INVITE came to nothing.
    pub(crate) fn fail(&mut self, core: &mut Core, reason: Failure, retry_after: Option<Duration>) {
        self.over(core);
        core.wire.tell(Event::Failed {
            dialog: self.id,
            reason,
            retry_after,
        });
    }
}

impl Session {
    /// The peer accepts no interval below this one (RFC 4028 §7.3).
    pub(crate) fn require(&mut self, least: Duration) {
        self.min_se = self.min_se.max(least);
        self.agreement.interval = self.agreement.interval.max(least);
    }
}

/// The header fields of a request that makes or refreshes a session.
pub(crate) fn offering(
    writer: RequestWriter,
    core: &Core,
    target: Target,
    session: &Session,
) -> RequestWriter {
    let writer = writer
        .header(Name::Contact, core.face(&target).contact())
        .header(Name::Allow, HeaderValue::literal(crate::endpoint::ALLOW))
        .header(
            Name::Supported,
            HeaderValue::literal(crate::endpoint::SUPPORTED),
        )
        .header(Name::SessionExpires, session.agreement.value(Role::Client));
    if session.min_se > MIN_SE {
        let seconds = u32::try_from(session.min_se.as_secs()).unwrap_or(u32::MAX);
        return writer.header(Name::MinSe, seconds);
    }
    writer
}

/// The tag of To; empty if there is none.
pub(crate) fn to_tag(message: &Message) -> &[u8] {
    message
        .to()
        .ok()
        .and_then(|to| to.tag())
        .unwrap_or_default()
}

/// The seconds of Retry-After.
pub(crate) fn retry_after(response: &Message) -> Option<Duration> {
    let value = response.retry_after().ok().flatten()?;
    Some(Duration::from_secs(value.seconds.into()))
}

fn send_cancel(core: &mut Core, invite: ClientKey, reason: Option<&HeaderValue>) {
    let Some((bytes, target)) = core.transactions.request(invite) else {
        return;
    };
    let cancel = compose::cancel(bytes, reason);
    core.send(
        invite.cancel(),
        Kind::NonInvite,
        target,
        cancel,
        ClientOwner::Nobody,
    );
    core.transactions.cancelled(&mut core.wire, invite);
}
