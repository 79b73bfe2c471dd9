//! The web face: the API under `/api/v1`, the live feed, the dashboards.
//!
//! Nothing here holds an engine. What happens in the exchange comes as [`board::Change`]s into the
//! [`feed::Feed`]; what somebody wants done goes out as a [`line::Act`] and is answered after it
//! was applied. Every route stands in [`roles::ROUTES`] with who may use it; errors are RFC 9457
//! [`problem::Problem`]s.

#![expect(
    unused_qualifications,
    reason = "the macro that describes parameters writes them out"
)]

mod app;
mod audit;
pub mod board;
mod contacts;
pub mod feed;
mod feed_route;
mod guard;
pub mod identity;
mod limits;
pub mod line;
mod network;
mod openapi;
mod operators;
mod pages;
mod places;
pub mod problem;
mod reports;
pub mod roles;
mod serve;
pub mod tls;

pub use app::{App, Asked, BODY_BYTES_MAX, Clock, Json, Path, REQUEST_TIMEOUT, router};
pub use audit::{
    AUDIT_WAITING_MAX, Audit, AuditWriter, Earlier, Event, NotAudited, Noted, Unwritten,
    acts_entry, note_now,
};
pub use limits::{ASKERS_MAX, REQUESTS_A_SECOND, REQUESTS_AT_ONCE};
pub use openapi::document;
pub use pages::are_built;
pub use serve::{
    CONNECTIONS_MAX, CONNECTIONS_OF_NETWORK_MAX, FIRST_REQUEST_TIMEOUT, GRACE, HANDSHAKE_TIMEOUT,
    HEAD_BYTES_MAX, HEAD_TIMEOUT, IDLE_TIMEOUT, Proxies, STRANGER_TIMEOUT, STREAMS_MAX,
    WRITE_TIMEOUT, serve, serve_tls,
};
