//! Transactions: the four machines of RFC 3261 §17 with RFC 6026, and the layer that holds them.

mod client_invite;
mod client_non_invite;
mod entry;
mod invites;
mod key;
mod layer;
mod sent;
mod server_invite;
mod server_non_invite;
mod timer;
mod user;

pub(crate) use entry::Response;
pub(crate) use invites::Sender;
pub(crate) use key::{ClientKey, Identity, Keys, Part, ServerKey};
pub use layer::ANSWERS_KEPT_MAX;
pub(crate) use layer::Transactions;
pub(crate) use timer::Timer;
pub use timer::{GIVE_UP, RING_MAX, T1, T2, T4};
pub(crate) use user::{
    Answer, ClientOwner, ClientRequest, Kind, Report, ServerOwner, ServerRequest,
};
