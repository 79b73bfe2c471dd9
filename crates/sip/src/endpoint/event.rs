//! What an endpoint tells its caller.

use std::fmt;
use std::time::Duration;

use super::ids::{Body, DialogId, ProbeId, RegistrationId, RequestId, User};
use crate::flow::{Flow, Target};
use crate::message::{HeaderValue, Message};
use crate::registrar::Binding;
use crate::signal::Signal;
use crate::{Status, Tag};
use bytes::Bytes;

/// An effect of the endpoint.
#[derive(Clone)]
pub enum Output {
    /// Bytes to send.
    Transmit {
        /// Where to.
        target: Target,
        /// One whole message.
        bytes: Bytes,
    },
    /// News for the caller.
    Event(Event),
}

impl fmt::Debug for Output {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transmit { target, bytes } => formatter
                .debug_struct("Transmit")
                .field("target", target)
                .field("bytes", &bytes.len())
                .finish(),
            Self::Event(event) => event.fmt(formatter),
        }
    }
}

/// Something that happened. Every dialog named in [`Incoming`](Self::Incoming) or in an `Invite` ends by exactly one of
/// [`Cancelled`](Self::Cancelled), [`Failed`](Self::Failed), [`Ended`](Self::Ended) or the caller's own `Reject`.
#[derive(Clone, Debug)]
pub enum Event {
    /// A new INVITE. 100 was sent already.
    Incoming {
        /// To be named in all commands about it.
        dialog: DialogId,
        /// The INVITE.
        request: Message,
        /// Where it came from.
        flow: Flow,
        /// The account whose credentials it carried, checked.
        user: Option<User>,
    },
    /// The caller gave up before the answer: 487 was sent. The dialog is over.
    Cancelled {
        /// The dialog.
        dialog: DialogId,
    },
    /// The ACK of our 2xx came.
    Acknowledged {
        /// The dialog.
        dialog: DialogId,
        /// The answer, if ours was the offer.
        sdp: Option<Body>,
    },
    /// No ACK came for 64·T1. The dialog lives: with media arriving, a missing ACK ends nothing.
    NotAcknowledged {
        /// The dialog.
        dialog: DialogId,
    },
    /// The dialog goes by this flow of its phone: one that is registered, after a
    /// [`Command::Follow`](super::Command::Follow), or another one by which the phone answered.
    Followed {
        /// The dialog.
        dialog: DialogId,
        /// That of its phone: another one than before, or the one that it was heard from.
        flow: Flow,
    },
    /// A 100 to our INVITE: the next hop has it and goes on looking.
    Trying {
        /// The dialog.
        dialog: DialogId,
    },
    /// A provisional response above 100 to our INVITE.
    Progress {
        /// The dialog.
        dialog: DialogId,
        /// 101–199.
        status: Status,
        /// Early media.
        sdp: Option<Body>,
    },
    /// Our INVITE was accepted and the ACK is sent.
    Established {
        /// The dialog.
        dialog: DialogId,
        /// The answer; `None` from a peer that forgot it.
        sdp: Option<Body>,
        /// The 2xx.
        response: Message,
    },
    /// Our INVITE came to nothing. The dialog is over.
    Failed {
        /// The dialog.
        dialog: DialogId,
        /// Why.
        reason: Failure,
        /// From `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// The peer offers another session (re-INVITE or UPDATE): `Answer` or `Refuse` it.
    Offered {
        /// The dialog.
        dialog: DialogId,
        /// The offer.
        sdp: Body,
    },
    /// The peer leaves the offer of another session to us (re-INVITE without a description): `Answer` brings what we
    /// want, and its ACK the answer.
    OfferWanted {
        /// The dialog.
        dialog: DialogId,
    },
    /// The peer answered an offer of ours: a `Reoffer`, one that it wanted, or a refresh that changed something.
    Reanswered {
        /// The dialog.
        dialog: DialogId,
        /// The answer.
        sdp: Body,
    },
    /// The peer refused a `Reoffer`; the session stays as it was.
    Refused {
        /// The dialog.
        dialog: DialogId,
        /// Why.
        reason: Failure,
    },
    /// A session refresh met 408, 481 or silence. Nothing ends by itself.
    RefreshFailed {
        /// The dialog.
        dialog: DialogId,
        /// How many failed without one that succeeded between.
        in_a_row: u32,
    },
    /// The dialog is over.
    Ended {
        /// The dialog.
        dialog: DialogId,
        /// Why.
        cause: EndCause,
    },
    /// A key was pressed: it came by INFO, answered 200.
    Signalled {
        /// The dialog.
        dialog: DialogId,
        /// The key.
        signal: Signal,
    },
    /// A BYE for a dialog that is unknown here, answered 481: our tag may say whose it was.
    StrayBye {
        /// The tag of To.
        local_tag: Tag,
        /// Where it came from.
        flow: Flow,
    },
    /// An INVITE of somebody unknown, answered 403.
    StrangerRefused {
        /// The INVITE.
        request: Message,
        /// Where it came from.
        flow: Flow,
    },
    /// A 2xx to an INVITE that no transaction knows. Nothing was answered: `EndStray` it if the tag is one of ours.
    StraySuccess {
        /// The tag of From.
        local_tag: Tag,
        /// The 2xx.
        response: Message,
        /// Where it came from.
        flow: Flow,
    },
    /// A request outside a dialog, MESSAGE for example: to be answered by `Respond`.
    Request {
        /// To be named in the answer.
        request: RequestId,
        /// The request.
        message: Message,
        /// Where it came from.
        flow: Flow,
        /// The account whose credentials it carried, checked.
        user: Option<User>,
    },
    /// A new INVITE was answered 503, since that was full.
    RefusedForLoad {
        /// What.
        load: Load,
    },
    /// The bindings of a user changed.
    BindingsChanged {
        /// The account.
        user: User,
        /// All that hold now, oldest first.
        bindings: Vec<Binding>,
    },
    /// An outgoing registration changed.
    RegistrationChanged {
        /// The registration.
        registration: RegistrationId,
        /// What it is now.
        state: RegistrationState,
    },
    /// A probe came to its end.
    Probed {
        /// The probe.
        probe: ProbeId,
        /// Any final response means that the peer is there.
        outcome: Result<Status, Failure>,
    },
}

/// What a new INVITE finds too full.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Load {
    /// A table that all share.
    Tables,
    /// The share of one address of a trunk.
    TrunkAddress,
    /// The share of one phone's host.
    Phone,
}

/// Why a request of ours failed.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Failure {
    /// The peer said so.
    Status(Status),
    /// Nothing came in time; counts as 408.
    Timeout,
    /// The message could not be sent; counts as 503.
    Transport,
}

/// Why a dialog ended.
#[derive(Clone, Debug)]
pub enum EndCause {
    /// The peer hung up.
    Bye {
        /// The value of `Reason` (RFC 3326).
        reason: Option<HeaderValue>,
    },
    /// `Bye` was commanded.
    HungUp,
    /// `Cancel` was commanded, but the answer was faster; BYE was sent.
    CancelledLate,
}

/// The state of an outgoing registration.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum RegistrationState {
    /// The registrar holds our Contact.
    Registered {
        /// For how long it granted it.
        expires: Duration,
    },
    /// The last attempt failed; the next is under way.
    Failing {
        /// Why.
        reason: Failure,
        /// When it is tried again.
        retry_after: Duration,
    },
    /// What was granted is over, and the refresh has no answer yet: calls may not find us.
    Lapsed,
    /// Ended by `Unregister`.
    Unregistered,
}
