//! A sans-IO SIP core: messages, transactions, dialogs, SDP, digest, registrar.

pub mod digest;
pub mod exercise;
pub mod framing;
pub mod header;
mod ids;
pub mod limits;
pub mod message;
mod method;
pub mod sdp;
mod status;
mod token;
pub mod uri;

pub use header::Name;
pub use ids::{Branch, CallId, Tag};
pub use message::{HeaderValue, Message, ParseError, RequestWriter, ResponseWriter, Start, Value};
pub use method::Method;
pub use status::Status;
pub use token::Token;
pub use uri::{Host, Uri, UriRef};
