//! How an endpoint is set up.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::addresses::OwnAddresses;
use super::admission::{SOURCE_BURST, SOURCE_REFILL, SourceRate};
use super::ids::User;
use crate::digest::{Algorithm, Ha1};
use crate::flow::{ListenerId, Protocol};
use crate::message::HeaderValue;

/// The settings of an endpoint.
#[derive(Clone, Debug)]
pub struct EndpointConfig {
    /// The sockets.
    pub listeners: Vec<Listener>,
    /// What peers are told of where they are.
    pub addresses: OwnAddresses,
    /// The value of `Server` and `User-Agent`; none says nothing about us.
    pub product: Option<HeaderValue>,
    /// The realm of our challenges. Stored hashes hold for this one only, so it never changes.
    pub realm: String,
    /// Who may register, with the stored hashes; passwords are not kept.
    pub accounts: BTreeMap<User, Ha1>,
    /// The session interval we ask for (RFC 4028 §4), at least [`MIN_SE`].
    pub session_expires: Duration,
    /// The shortest and the longest time that a registration is granted for. A wish below the shortest is answered 423.
    pub registration: RangeInclusive<Duration>,
    /// How many contacts one user may have at once.
    pub contacts_max: usize,
    /// The limits on tables.
    pub limits: Limits,
}

/// The least session interval (RFC 4028 §5): 90 s.
pub const MIN_SE: Duration = Duration::from_secs(90);
/// The session interval asked for by default (RFC 4028 §4 recommends 30 minutes): dead calls are
/// found by their refresh.
pub const SESSION_EXPIRES: Duration = Duration::from_secs(1_800);
/// The shortest registration granted by default, and the least asked for that is not answered 423: 60 s.
pub const REGISTRATION_MIN: Duration = Duration::from_secs(60);
/// The longest registration granted by default: 120 s, so that a dead phone is noticed.
pub const REGISTRATION_MAX: Duration = Duration::from_secs(120);
/// How many contacts one user may have by default.
pub const CONTACTS_MAX: usize = 5;

impl EndpointConfig {
    /// Settings with the defaults of this crate.
    #[must_use]
    pub fn new(listeners: Vec<Listener>, realm: String) -> Self {
        Self {
            listeners,
            addresses: OwnAddresses::default(),
            product: None,
            realm,
            accounts: BTreeMap::new(),
            session_expires: SESSION_EXPIRES,
            registration: REGISTRATION_MIN..=REGISTRATION_MAX,
            contacts_max: CONTACTS_MAX,
            limits: Limits::DEFAULT,
        }
    }
}

/// A socket of the shell.
#[derive(Clone, Debug)]
pub struct Listener {
    /// The socket.
    pub id: ListenerId,
    /// What it speaks.
    pub protocol: Protocol,
    /// Where it is bound: what peers are told in our `Via` and `Contact`, as [`OwnAddresses`] says.
    pub local: SocketAddr,
    /// The algorithm of its challenges. MD5 by default on UDP and TCP: some phones give up on any other.
    pub algorithm: Algorithm,
}

/// How many INVITEs one phone's host may have by default that are not over: each stays for at most 32 s. Behind one
/// gateway or NAT may be a thousand phones that dial at once when the power comes back, each challenged first.
pub const INVITES_OF_PHONE_MAX: usize = 2_048;
/// How many INVITEs one address of a trunk may have by default that are not over: 1,250 a second for 32 s, a fifth of
/// the room of all.
pub const INVITES_OF_TRUNK_ADDRESS_MAX: usize = 40_000;

/// How much an endpoint holds before it answers new INVITEs with 503. Nothing else is refused by
/// them; an unknown source holds nothing.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Server and client transactions together, but for answers to requests other than INVITE: of those
    /// [`ANSWERS_KEPT_MAX`](crate::ANSWERS_KEPT_MAX) are kept at most.
    pub transactions: usize,
    /// INVITEs of one phone's host that are not over: phones leave the room of callers alone.
    pub invites_of_phone: usize,
    /// INVITEs of one address of a trunk that are not over: it leaves room for the others.
    pub invites_of_trunk_address: usize,
    /// Dialogs, ringing ones among them.
    pub dialogs: usize,
    /// Outputs not yet taken.
    pub outputs: usize,
    /// What an unknown source may send, before anything of it is parsed.
    pub unknown_source: SourceRate,
}

impl Limits {
    /// Room for 10,000 calls at once and 300 new ones a second for 32 s.
    pub const DEFAULT: Self = Self {
        transactions: 200_000,
        invites_of_phone: INVITES_OF_PHONE_MAX,
        invites_of_trunk_address: INVITES_OF_TRUNK_ADDRESS_MAX,
        dialogs: 40_000,
        outputs: 100_000,
        unknown_source: SourceRate {
            burst: SOURCE_BURST,
            refill: SOURCE_REFILL,
        },
    };
}
