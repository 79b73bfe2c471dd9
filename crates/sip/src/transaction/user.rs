//! What the users of transactions give them, and what they hear of them.

use bytes::Bytes;

use super::invites::Sender;
use super::key::{ClientKey, ServerKey};
use crate::endpoint::{DialogId, ProbeId, RegistrationId};
use crate::flow::Target;

/// Which machine a request needs.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Invite,
    NonInvite,
}

/// Who sent a request and is to hear of its responses.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum ClientOwner {
    /// A request inside a dialog, or the INVITE that makes it.
    Dialog(DialogId),
    /// A REGISTER of ours.
    Registration(RegistrationId),
    /// An OPTIONS that probes a peer.
    Probe(ProbeId),
    /// Nobody waits for the outcome: a CANCEL, or the BYE of an unwanted fork.
    Nobody,
}

/// Who answers a request.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum ServerOwner {
    /// The dialog, from its INVITE on.
    Dialog(DialogId),
    /// The endpoint itself, or the caller through it.
    Endpoint,
}

/// What a transaction tells its user by itself.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum Report {
    /// Timer B, C or F: no final response came in time; counts as 408 (RFC 3261 §8.1.3.1).
    ClientTimedOut { key: ClientKey, owner: ClientOwner },
    /// The transport failed; counts as 503.
    ClientFailed { key: ClientKey, owner: ClientOwner },
    /// Timer H: a final response other than 2xx was never acknowledged.
    NeverAcknowledged { owner: ServerOwner },
}

/// What became of a response.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum Answer {
    /// No transaction of ours sent the request.
    Stray,
    /// The transaction took it: a retransmission, or one too late.
    Absorbed,
    /// It is for the transaction user.
    Passed(ClientOwner),
}

/// A request about to be sent in a transaction of its own.
pub(crate) struct ClientRequest {
    pub(crate) key: ClientKey,
    pub(crate) kind: Kind,
    pub(crate) target: Target,
    pub(crate) bytes: Bytes,
    pub(crate) owner: ClientOwner,
}

/// A request that came and is answered in a transaction of its own.
pub(crate) struct ServerRequest {
    pub(crate) key: ServerKey,
    pub(crate) kind: Kind,
    pub(crate) sender: Sender,
    /// Where its responses go.
    pub(crate) target: Target,
    pub(crate) owner: ServerOwner,
}
