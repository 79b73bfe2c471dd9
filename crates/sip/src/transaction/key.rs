//! What makes two requests the same transaction.

use std::hash::{BuildHasher, Hash, Hasher};
use std::net::SocketAddr;

use crate::Branch;
use crate::table::Seeded;
use crate::uri::Host;

/// The magic cookie of a branch that is unique by RFC 3261 §8.1.1.7.
pub(crate) const COOKIE: &[u8] = b"z9hG4bK";

/// A server transaction: 128 bits of two keyed hashes over all that tells requests apart.
///
/// The secrets are the endpoint's own, so that a collision can neither be computed nor met by accident.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Ord, PartialOrd)]
pub(crate) struct ServerKey(u64, u64);

/// A client transaction: the chance in the branch that we made, and whether it is the CANCEL of that branch.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Ord, PartialOrd)]
pub(crate) struct ClientKey {
    pub(crate) branch: u64,
    pub(crate) part: Part,
}

/// A CANCEL shares the branch of the INVITE that it cancels (RFC 3261 §9.1).
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Ord, PartialOrd)]
pub(crate) enum Part {
    Request,
    Cancel,
}

impl ClientKey {
    pub(crate) const fn request(branch: u64) -> Self {
        Self {
            branch,
            part: Part::Request,
        }
    }

    pub(crate) const fn cancel(self) -> Self {
        Self {
            branch: self.branch,
            part: Part::Cancel,
        }
    }

    /// The branch as it is written in `Via`.
    pub(crate) fn branch(self) -> Branch {
        Branch::from_bits(self.branch)
    }

    /// Reads a branch of ours back from a response; none when we did not write it.
    pub(crate) fn parse(branch: &[u8], part: Part) -> Option<Self> {
        let digits = branch
            .strip_prefix(COOKIE)
            .filter(|digits| digits.len() == 16)?;
        let digits = str::from_utf8(digits)
            .ok()
            .filter(|text| !text.starts_with('+'))?;
        Some(Self {
            branch: u64::from_str_radix(digits, 16).ok()?,
            part,
        })
    }
}

/// The parts of a request that identify its server transaction.
///
/// RFC 3261 §17.2.3 asks for branch, sent-by and method alone. Alarm devices with constant branches
/// and tags are in use, so Call-ID, CSeq number and From tag count too, and the source for a
/// MESSAGE: a new alarm must never pass for a retransmission of the last one. None of them may
/// change in a true retransmission, an ACK or a CANCEL.
#[derive(Copy, Clone)]
pub(crate) struct Identity<'a> {
    /// The branch of the top Via.
    pub(crate) branch: &'a [u8],
    /// Host and port of the top Via.
    pub(crate) sent_by: (Host<'a>, Option<u16>),
    /// The method that was sent; `ACK` and `CANCEL` as they are.
    pub(crate) method: &'a [u8],
    /// The whole Request-URI, used when the branch lacks the cookie.
    pub(crate) request_uri: &'a [u8],
    /// The tag of From; empty from an RFC 2543 peer.
    pub(crate) from_tag: &'a [u8],
    /// The value of Call-ID.
    pub(crate) call_id: &'a [u8],
    /// The number of CSeq.
    pub(crate) cseq: u32,
    /// The source of the request.
    pub(crate) source: SocketAddr,
}

/// Makes keys under the secrets of one endpoint.
pub(crate) struct Keys {
    left: Seeded,
    right: Seeded,
}

impl Keys {
    pub(crate) fn new(left: &[u8; 32], right: &[u8; 32]) -> Self {
        Self {
            left: Seeded::new(left),
            right: Seeded::new(right),
        }
    }

    /// The key of the transaction that the request itself belongs to or starts; an ACK belongs to its INVITE.
    pub(crate) fn of(&self, identity: &Identity<'_>) -> ServerKey {
        let method = if identity.method == b"ACK" {
            b"INVITE"
        } else {
            identity.method
        };
        self.with_method(identity, method)
    }

    /// The key of the INVITE that a CANCEL is meant for (RFC 3261 §9.2).
    pub(crate) fn cancelled_by(&self, identity: &Identity<'_>) -> ServerKey {
        self.with_method(identity, b"INVITE")
    }

    /// A number that two requests share when one is a merged copy of the other (RFC 3261 §8.2.2.2).
    pub(crate) fn merge(&self, identity: &Identity<'_>) -> u64 {
        let mut hasher = self.left.build_hasher();
        identity.from_tag.hash(&mut hasher);
        identity.call_id.hash(&mut hasher);
        identity.cseq.hash(&mut hasher);
        hasher.finish()
    }

    /// A keyed hash that gives a stateless response the same To tag each time (RFC 3261 §8.2.7).
    pub(crate) fn stateless_tag(&self, identity: &Identity<'_>) -> u64 {
        let ServerKey(left, right) = self.of(identity);
        left.rotate_left(17) ^ right
    }

    /// The branch of the BYE that ends a call nobody wants: the same for the same 2xx.
    pub(crate) fn stray(&self, call_id: &[u8], to: &[u8], cseq: u32) -> u64 {
        self.right.hash_one((call_id, to, cseq))
    }

    fn with_method(&self, identity: &Identity<'_>, method: &[u8]) -> ServerKey {
        ServerKey(
            digest(&self.left, identity, method),
            digest(&self.right, identity, method),
        )
    }
}

fn digest(seeded: &Seeded, identity: &Identity<'_>, method: &[u8]) -> u64 {
    let mut hasher = seeded.build_hasher();
    method.hash(&mut hasher);
    identity.branch.hash(&mut hasher);
    let (host, port) = identity.sent_by;
    match host {
        Host::Name(name) => lower_case(name.bytes(), &mut hasher),
        Host::Address(address) => address.hash(&mut hasher),
    }
    port.hash(&mut hasher);
    identity.from_tag.hash(&mut hasher);
    identity.call_id.hash(&mut hasher);
    identity.cseq.hash(&mut hasher);
    if !has_cookie(identity.branch) {
        identity.request_uri.hash(&mut hasher);
    }
    if method == b"MESSAGE" {
        identity.source.hash(&mut hasher);
    }
    hasher.finish()
}

/// The cookie is read without regard to case, as some phones write it so.
fn has_cookie(branch: &[u8]) -> bool {
    branch
        .get(..COOKIE.len())
        .is_some_and(|begin| begin.eq_ignore_ascii_case(COOKIE))
}

fn lower_case(bytes: &[u8], hasher: &mut impl Hasher) {
    for byte in bytes {
        hasher.write_u8(byte.to_ascii_lowercase());
    }
    hasher.write_u8(0xff);
}
