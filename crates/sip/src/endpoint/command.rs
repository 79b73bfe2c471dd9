//! What the caller of an endpoint asks of it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::ids::{
    Body, Credentials, DialogId, Header, Party, ProbeId, RegistrationId, RequestId, User,
};
use crate::digest::Ha1;
use crate::flow::{Flow, Target};
use crate::message::{HeaderValue, Message};
use crate::registrar::Instance;
use crate::{CallId, Status, Tag, Uri};

/// An act of the caller. Those that name a dialog fail with
/// [`InputError::NoSuchDialog`](super::InputError) once it ended.
#[derive(Clone, Debug)]
pub enum Command {
    /// Sends a provisional response to a new INVITE.
    Progress {
        /// The dialog of [`Event::Incoming`](super::Event::Incoming).
        dialog: DialogId,
        /// 180, 182 or 183; 101–199 are not sent to a peer that requires them reliable (`Require: 100rel`).
        status: Status,
        /// Our tag for the whole dialog; the first one given stays, without one it is chance.
        local_tag: Option<Tag>,
    },
    /// Answers a new INVITE with 200. `sdp` is the answer, or the offer if the INVITE had none.
    Accept {
        /// The dialog of [`Event::Incoming`](super::Event::Incoming).
        dialog: DialogId,
        /// Answer or offer.
        sdp: Body,
        /// Our tag, if none was given before.
        local_tag: Option<Tag>,
        /// Further header fields.
        headers: Vec<Header>,
    },
    /// Answers a new INVITE with a final response other than 2xx; 401 carries a challenge of our realm.
    Reject {
        /// The dialog of [`Event::Incoming`](super::Event::Incoming); it ends here.
        dialog: DialogId,
        /// 300–699.
        status: Status,
        /// Further header fields, `Retry-After` for example.
        headers: Vec<Header>,
    },
    /// Calls somebody.
    Invite(Box<Invite>),
    /// Stops calling: CANCEL as soon as RFC 3261 §9.1 allows it, BYE if the answer was faster.
    Cancel {
        /// The dialog of the [`Invite`].
        dialog: DialogId,
        /// The value of `Reason` (RFC 3326).
        reason: Option<HeaderValue>,
    },
    /// Hangs up. The BYE waits for the ACK of our 2xx (RFC 3261 §15).
    Bye {
        /// An established dialog.
        dialog: DialogId,
        /// The value of `Reason` (RFC 3326).
        reason: Option<HeaderValue>,
    },
    /// Offers a changed session by re-INVITE; waits while another offer is open.
    Reoffer {
        /// An established dialog.
        dialog: DialogId,
        /// The offer.
        sdp: Body,
    },
    /// Accepts the offer of [`Event::Offered`](super::Event::Offered), or makes the one of
    /// [`Event::OfferWanted`](super::Event::OfferWanted).
    Answer {
        /// The dialog of the event.
        dialog: DialogId,
        /// The answer, or the offer.
        sdp: Body,
    },
    /// Refuses either; the session stays as it was.
    Refuse {
        /// The dialog of the event.
        dialog: DialogId,
        /// 488 for example.
        status: Status,
    },
    /// Sends an INFO (RFC 6086), DTMF for example.
    Info {
        /// An established dialog.
        dialog: DialogId,
        /// The value of `Content-Type`.
        content_type: HeaderValue,
        /// The body.
        body: Body,
    },
    /// The phones of a dialog's peer are others now. If none of their flows is the one that the
    /// dialog goes by, it goes by that of its own phone among those that are new (RFC 5626 §5.3):
    /// the one with the same `+sip.instance`, or whose Contact has the address of the remote
    /// target, or else the only one with its user part, or else the only one.
    /// [`Event::Followed`](super::Event::Followed) tells which, if there is one.
    Follow {
        /// The dialog.
        dialog: DialogId,
        /// Those that there were, and those that there are.
        phones: Rebinding,
    },
    /// Asks a peer whether it is there (RFC 3261 §11).
    Probe {
        /// Comes back with [`Event::Probed`](super::Event::Probed).
        probe: ProbeId,
        /// Where to send it.
        target: Target,
        /// The Request-URI.
        uri: Uri,
    },
    /// Registers at a peer and keeps the registration alive.
    Register(Box<Register>),
    /// Ends a registration of ours.
    Unregister {
        /// The registration.
        registration: RegistrationId,
    },
    /// Acknowledges the 2xx of [`Event::StraySuccess`](super::Event::StraySuccess) and hangs up,
    /// once, where it came from.
    EndStray {
        /// The 2xx.
        response: Message,
        /// Where it came from.
        flow: Flow,
    },
    /// Answers [`Event::Request`](super::Event::Request); 401 carries a challenge of our realm.
    Respond {
        /// The request.
        request: RequestId,
        /// A final status.
        status: Status,
        /// Further header fields, `Content-Type` among them if there is a body.
        headers: Vec<Header>,
        /// The body, perhaps empty.
        body: Body,
    },
    /// Replaces the accounts that may register, at a reload. Bindings of users that are gone are removed.
    SetAccounts {
        /// All accounts.
        accounts: BTreeMap<User, Ha1>,
    },
    /// Brings back bindings of an earlier start, unproven: [`BindingState::Unproven`](super::BindingState).
    RestoreBindings {
        /// The bindings with the time they still have.
        bindings: Vec<RestoredBinding>,
    },
    /// Removes every binding of a user: its phone did not answer a probe, say.
    RemoveBindings {
        /// The user.
        user: User,
    },
    /// Takes new INVITEs, or answers them 503 with `Retry-After` before any state is made.
    Admit(NewCalls),
}

/// Whether new INVITEs are taken.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum NewCalls {
    /// As usual.
    Taken,
    /// Answered 503 with a spread `Retry-After`: overload, or draining before the end.
    Refused,
}

/// A call to be made.
#[derive(Clone, Debug)]
pub struct Invite {
    /// A fresh id from [`Endpoint::next_dialog`](super::Endpoint::next_dialog).
    pub dialog: DialogId,
    /// Where the INVITE goes.
    pub target: Target,
    /// The Request-URI.
    pub request_uri: Uri,
    /// Who calls, as From shows it.
    pub from: Party,
    /// Who is called, as To shows it.
    pub to: Party,
    /// Our tag; without one it is chance.
    pub local_tag: Option<Tag>,
    /// The Call-ID; without one it is chance.
    pub call_id: Option<CallId>,
    /// The offer.
    pub sdp: Body,
    /// Further header fields.
    pub headers: Vec<Header>,
    /// For a 401 or 407, answered once.
    pub credentials: Option<Credentials>,
}

/// A registration to be kept.
#[derive(Clone, Debug)]
pub struct Register {
    /// The caller's number for it. Registering it again replaces it.
    pub registration: RegistrationId,
    /// The registrar.
    pub target: Target,
    /// The Request-URI, for example `sip:trunk.example`.
    pub registrar: Uri,
    /// The address of record, for example `sip:linka@trunk.example`.
    pub address_of_record: Uri,
    /// The user part of our Contact, by which calls come back.
    pub contact_user: String,
    /// For a 401 or 407.
    pub credentials: Option<Credentials>,
    /// The expiry asked for.
    pub expires: Duration,
}

/// A change of the phones that a user has registered.
#[derive(Clone, Debug)]
pub struct Rebinding {
    /// Those that there were.
    pub before: Vec<Registered>,
    /// Those that there are.
    pub now: Vec<Registered>,
}

/// A phone as it is registered.
#[derive(Clone, Debug)]
pub struct Registered {
    /// The Contact URI.
    pub contact: Uri,
    /// The flow it registered from.
    pub flow: Flow,
    /// Which phone it is, where it says so.
    pub instance: Option<Instance>,
}

/// A binding of an earlier start.
#[derive(Clone, Debug)]
pub struct RestoredBinding {
    /// The account.
    pub user: User,
    /// The Contact URI.
    pub contact: Uri,
    /// The flow; only those over UDP survive a restart.
    pub flow: Flow,
    /// How long it still holds.
    pub remaining: Duration,
    /// Which phone it is, where it says so.
    pub instance: Option<Instance>,
}
