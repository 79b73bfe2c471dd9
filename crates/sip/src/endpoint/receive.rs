//! What comes from the network, and whose it is.

use bytes::Bytes;

use super::core::{Pending, identity};
use super::load::Room;
use super::screen::{Refusal, Scope, hangs_up, screen};
use super::way_back::{way_back, where_answered};
use super::{Added, Admission, DialogId, Endpoint, Event, Registering, User, auth};
use crate::dialog::{Agreement, Dialog, Incoming, TooSmall, abilities, interval_too_small};
use crate::flow::{Flow, Target, Transport};
use crate::message::{Message, ParseError};
use crate::registrar::Registrant;
use crate::transaction::{Identity, Kind, Sender, ServerKey, ServerOwner, ServerRequest};
use crate::{Method, Status, Tag};

/// The server transaction that a request belongs to or would start.
#[derive(Copy, Clone)]
struct Keys {
    own: ServerKey,
    cancelled: ServerKey,
    merge: u64,
    stateless_tag: u64,
}

/// Where a message came from, and what is granted to it for that.
#[derive(Copy, Clone)]
pub(super) struct Source {
    pub(super) flow: Flow,
    pub(super) admission: Admission,
    pub(super) registering: Registering,
}

impl Source {
    /// Whether a request is met with silence for the way it came: judged by what was understood of it, since the same
    /// request can be written in many ways.
    fn ignores(&self, request: &Message) -> bool {
        self.registering == Registering::Ignored && request.method() == Some(Method::Register)
    }
}

/// A request on its way to whoever answers it.
pub(super) struct Arrival {
    request: Message,
    /// Where it came from: who its sender is.
    flow: Flow,
    /// Where its sender hears.
    back: Flow,
    /// Where the responses of its transaction go.
    answered: Target,
    admission: Admission,
    keys: Keys,
}

impl Arrival {
    /// Whose share it takes from if it is an INVITE.
    pub(super) fn sender(&self) -> Sender {
        let host = self.flow.remote.ip().to_canonical();
        match self.admission {
            Admission::Trunk => Sender::TrunkAddress(host),
            Admission::Phone | Admission::Neighbour | Admission::Unknown => Sender::Phone(host),
        }
    }

    /// The server transaction that it starts.
    fn starts(&self, kind: Kind, owner: ServerOwner) -> ServerRequest {
        ServerRequest {
            key: self.keys.own,
            kind,
            sender: self.sender(),
            target: self.answered,
            owner,
        }
    }

    fn pending(&self) -> Pending {
        Pending {
            key: self.keys.own,
            request: self.request.clone(),
            source: self.flow.remote,
            target: self.answered,
        }
    }
}

impl Endpoint {
    pub(super) fn receive(&mut self, bytes: Bytes, source: Source) {
        let Source {
            flow, admission, ..
        } = source;
        let room = self.room_for(&bytes, source);
        if room == Room::Nothing {
            return;
        }
        let parsed = match flow.transport {
            Transport::Udp => Message::parse(bytes),
            Transport::Tcp(_) => Message::parse_framed(bytes),
        };
        match parsed {
            Ok(message) if room == Room::Answers && !self.has_room_for_answer(flow, &message) => {}
            Ok(message) => match message.status() {
                Some(status) => self.on_response(flow, status, &message, admission),
                None if source.ignores(&message) => {}
                None => self.on_request(flow, message, admission),
            },
            Err(error) => self.on_malformed(source, &error),
        }
    }

    /// A stream of which no further message can be told: its sender is told why, if it is known and that can be read.
    pub(super) fn unframed(&mut self, source: Source, error: &ParseError) {
        self.on_malformed(source, error);
    }

    /// A BYE hangs up however it is written. Of anything else a known sender is told what is wrong with it, and anybody
    /// else hears nothing.
    fn on_malformed(&mut self, source: Source, error: &ParseError) {
        let (flow, admission) = (source.flow, source.admission);
        let answerable = error.answerable();
        let Some(request) = answerable.filter(|request| !source.ignores(request)) else {
            return;
        };
        if hangs_up(request) && identity(request, flow.remote).is_some() {
            self.on_request(flow, request.clone(), admission);
        } else if admission.is_trusted() {
            self.refuse_malformed(flow, request, error);
        }
    }

    fn refuse_malformed(&mut self, flow: Flow, request: &Message, error: &ParseError) {
        let tag = self.core.tag();
        let back = request.via().map_or(flow, |via| way_back(flow, &via));
        let target = Target::Flow(back);
        let bytes = self.core.response(
            request,
            flow.remote,
            error.status(),
            Some(&tag),
            Added::default(),
        );
        self.core.wire.transmit(target, bytes);
    }

    fn keys_of(&self, identity: &Identity<'_>) -> Keys {
        let keys = &self.core.keys;
        Keys {
            own: keys.of(identity),
            cancelled: keys.cancelled_by(identity),
            merge: keys.merge(identity),
            stateless_tag: keys.stateless_tag(identity),
        }
    }

    fn on_request(&mut self, flow: Flow, request: Message, admission: Admission) {
        let Some(keys) = identity(&request, flow.remote).map(|identity| self.keys_of(&identity))
        else {
            return;
        };
        let (Some(method), Ok(via)) = (request.method(), request.via()) else {
            return;
        };
        let known = self.core.transactions.knows(keys.own);
        let back = way_back(flow, &via);
        let arrival = Arrival {
            request: request.clone(),
            flow,
            back,
            answered: where_answered(back, &via, admission),
            admission,
            keys,
        };
        if method == Method::Ack {
            self.on_ack(&arrival, known);
        } else if known {
            self.core
                .transactions
                .on_retransmission(&mut self.core.wire, keys.own);
        } else if method == Method::Cancel {
            self.on_cancel(&arrival);
        } else {
            self.on_new_request(&arrival, method);
        }
    }

    /// An ACK belongs to the transaction that sent a refusal, or to the dialog that sent a 2xx.
    fn on_ack(&mut self, arrival: &Arrival, known: bool) {
        let owner = if known {
            self.core
                .transactions
                .on_ack(&mut self.core.wire, arrival.keys.own)
        } else {
            None
        };
        let dialog = match owner {
            Some(ServerOwner::Dialog(dialog)) => Some(dialog),
            Some(ServerOwner::Endpoint) => None,
            None => self.dialog_of(&arrival.request),
        };
        if let Some(dialog) = dialog {
            self.with_dialog(dialog, |dialog, core| {
                dialog.route.hear(arrival.back);
                dialog.on_ack(core, &arrival.request);
            });
        }
    }

    /// A CANCEL is answered by itself, and so is the INVITE it names if that still rings (RFC 3261 §9.2).
    fn on_cancel(&mut self, arrival: &Arrival) {
        let owner = self.core.transactions.owner(arrival.keys.cancelled);
        if owner.is_none() && !arrival.admission.is_trusted() {
            return;
        }
        let status = if owner.is_some() {
            Status::OK
        } else {
            Status::CALL_DOES_NOT_EXIST
        };
        self.reply(arrival, status, Added::default());
        if let Some(ServerOwner::Dialog(dialog)) = owner {
            self.with_dialog(dialog, |dialog, core| dialog.on_cancel(core));
        }
    }

    /// The dialog that a request names by Call-ID and tags.
    fn dialog_of(&self, request: &Message) -> Option<DialogId> {
        let local_tag = request.to().ok()?.tag()?;
        let remote_tag = request.from().ok()?.tag().unwrap_or_default();
        let dialog = self.dialogs.find(request.call_id().ok()?, local_tag)?;
        dialog.has_peer(remote_tag).then_some(dialog.id)
    }

    fn on_new_request(&mut self, arrival: &Arrival, method: Method<'_>) {
        let dialog = self.dialog_of(&arrival.request);
        if dialog.is_none() && !arrival.admission.is_trusted() {
            return self.on_stranger(arrival, method);
        }
        let scope = Scope::of(&arrival.request);
        if method == Method::Invite && scope == Scope::Outside && self.refuse_for_load(arrival) {
            return;
        }
        if let Err(Refusal { status, added }) = screen(&arrival.request, method, scope) {
            return self.reply(arrival, status, added);
        }
        match (dialog, scope) {
            (Some(dialog), _) if method != Method::Message => {
                self.on_request_within(arrival, dialog, method)
            }
            (None, Scope::Inside) if !matches!(method, Method::Message | Method::Register) => {
                self.on_stray_request(arrival, method);
            }
            _ => self.on_request_outside(arrival, method),
        }
    }

    /// A stranger's REGISTER is challenged, and so is the INVITE of a phone's neighbour; that of
    /// anybody else is refused, all without state. Everything else is met with silence.
    fn on_stranger(&mut self, arrival: &Arrival, method: Method<'_>) {
        let calls = method == Method::Invite;
        let scope = Scope::of(&arrival.request);
        if calls && (scope == Scope::Inside || arrival.admission == Admission::Unknown) {
            self.reply_stateless(arrival, Status::FORBIDDEN, Added::default());
            if scope == Scope::Outside {
                self.core.wire.tell(Event::StrangerRefused {
                    request: arrival.request.clone(),
                    flow: arrival.flow,
                });
            }
            return;
        }
        if !calls && method != Method::Register {
            return;
        }
        match screen(&arrival.request, method, Scope::Outside) {
            Ok(()) if calls => self.on_neighbours_invite(arrival),
            Ok(()) => self.on_register(arrival),
            Err(Refusal { status, added }) => self.reply_stateless(arrival, status, added),
        }
    }

    fn on_neighbours_invite(&mut self, arrival: &Arrival) {
        if self.refuse_for_load(arrival) {
            return;
        }
        match auth::authenticate(&mut self.core, &arrival.request, arrival.flow) {
            Ok(user) => self.on_new_invite(arrival, Some(user)),
            Err(challenge) => self.reply_stateless(arrival, Status::UNAUTHORIZED, challenge),
        }
    }

    pub(super) fn reply_stateless(&mut self, arrival: &Arrival, status: Status, added: Added<'_>) {
        let tag = Tag::from_bits(arrival.keys.stateless_tag);
        let bytes = self.core.response(
            &arrival.request,
            arrival.flow.remote,
            status,
            Some(&tag),
            added,
        );
        self.core.wire.transmit(Target::Flow(arrival.back), bytes);
    }

    /// Answers in a transaction that nobody else owns.
    fn reply(&mut self, arrival: &Arrival, status: Status, added: Added<'_>) {
        let kind = kind_of(&arrival.request);
        self.core.transactions.receive(
            &mut self.core.wire,
            arrival.starts(kind, ServerOwner::Endpoint),
            None,
        );
        let tag = Tag::from_bits(arrival.keys.stateless_tag);
        self.core
            .answer(&arrival.pending(), status, Some(&tag), added);
    }

    fn on_request_within(&mut self, arrival: &Arrival, dialog: DialogId, method: Method<'_>) {
        let owner = ServerOwner::Dialog(dialog);
        self.core.transactions.receive(
            &mut self.core.wire,
            arrival.starts(kind_of(&arrival.request), owner),
            None,
        );
        let pending = arrival.pending();
        self.with_dialog(dialog, |dialog, core| {
            dialog.route.hear(arrival.back);
            dialog.on_request(core, pending, method);
        });
    }

    /// A request for a dialog that is not here (RFC 3261 §12.2.2).
    fn on_stray_request(&mut self, arrival: &Arrival, method: Method<'_>) {
        if method == Method::Invite {
            // It is answered again whenever it comes again: nothing is kept that would take the room of calls.
            return self.reply_stateless(arrival, Status::CALL_DOES_NOT_EXIST, Added::default());
        }
        self.reply(arrival, Status::CALL_DOES_NOT_EXIST, Added::default());
        let local_tag = arrival
            .request
            .to()
            .ok()
            .and_then(|to| to.tag())
            .and_then(Tag::new);
        if let (Method::Bye, Some(local_tag)) = (method, local_tag) {
            self.core.wire.tell(Event::StrayBye {
                local_tag,
                flow: arrival.flow,
            });
        }
    }

    fn on_request_outside(&mut self, arrival: &Arrival, method: Method<'_>) {
        match method {
            Method::Invite => {
                let user = auth::user_of(&mut self.core, &arrival.request, arrival.flow);
                self.on_new_invite(arrival, user);
            }
            Method::Options => self.reply(arrival, Status::OK, abilities()),
            Method::Register => self.on_register(arrival),
            Method::Message => self.on_message(arrival),
            Method::Bye
            | Method::Info
            | Method::Update
            | Method::Prack
            | Method::Ack
            | Method::Cancel
            | Method::Refer
            | Method::Notify
            | Method::Subscribe
            | Method::Publish
            | Method::Other(_) => {
                self.reply(arrival, Status::CALL_DOES_NOT_EXIST, Added::default())
            }
        }
    }

    fn on_new_invite(&mut self, arrival: &Arrival, user: Option<User>) {
        if self
            .core
            .transactions
            .is_merged(arrival.keys.merge, arrival.keys.own)
        {
            return self.reply(arrival, Status::LOOP_DETECTED, Added::default());
        }
        let agreement =
            match Agreement::as_server(&arrival.request, self.core.config.session_expires) {
                Ok(agreement) => agreement,
                Err(TooSmall) => {
                    return self.reply(
                        arrival,
                        Status::SESSION_INTERVAL_TOO_SMALL,
                        interval_too_small(),
                    );
                }
            };
        let id = self.next_dialog();
        let pending = arrival.pending();
        let incoming = Incoming::new(pending.clone(), agreement);
        let Some(mut dialog) = Dialog::incoming(id, incoming) else {
            return self.reply(arrival, Status::BAD_REQUEST, Added::default());
        };
        if user.is_some() {
            dialog.route.keep_to_flow();
        }
        let owner = ServerOwner::Dialog(id);
        self.core.transactions.receive(
            &mut self.core.wire,
            arrival.starts(Kind::Invite, owner),
            Some(arrival.keys.merge),
        );
        self.core
            .answer(&pending, Status::TRYING, None, Added::default());
        self.dialogs.insert(dialog);
        let request = arrival.request.clone();
        self.core.wire.tell(Event::Incoming {
            dialog: id,
            request,
            flow: arrival.flow,
            user,
        });
    }

    /// Until a password is proved nothing is kept: a flood of REGISTERs must not take the room of calls.
    fn on_register(&mut self, arrival: &Arrival) {
        let user = match auth::authenticate(&mut self.core, &arrival.request, arrival.flow) {
            Ok(user) => user,
            Err(challenge) => {
                return self.reply_stateless(arrival, Status::UNAUTHORIZED, challenge);
            }
        };
        let kind = Kind::NonInvite;
        self.core.transactions.receive(
            &mut self.core.wire,
            arrival.starts(kind, ServerOwner::Endpoint),
            None,
        );
        let challenged = auth::challenged(&self.core, &arrival.request, arrival.flow);
        let phone = Registrant {
            user,
            flow: arrival.back,
            source: arrival.flow,
            challenged,
        };
        self.registrar
            .on_register(&mut self.core, &arrival.pending(), &phone);
    }

    fn on_message(&mut self, arrival: &Arrival) {
        let kind = Kind::NonInvite;
        self.core.transactions.receive(
            &mut self.core.wire,
            arrival.starts(kind, ServerOwner::Endpoint),
            None,
        );
        let user = auth::user_of(&mut self.core, &arrival.request, arrival.flow);
        self.requests
            .ask(&mut self.core, arrival.pending(), arrival.flow, user);
    }
}

fn kind_of(request: &Message) -> Kind {
    if request.method() == Some(Method::Invite) {
        Kind::Invite
    } else {
        Kind::NonInvite
    }
}
