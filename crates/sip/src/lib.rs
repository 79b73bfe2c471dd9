//! A sans-IO SIP core: messages, transactions, dialogs, SDP, digest, registrar.

mod chance;
mod dialog;
pub mod digest;
mod endpoint;
pub mod exercise;
mod flow;
pub mod framing;
pub mod header;
mod ids;
pub mod limits;
pub mod message;
mod method;
mod number;
mod registrar;
mod registration;
pub mod sdp;
mod signal;
mod status;
mod table;
mod timers;
mod token;
mod transaction;
pub mod uri;
mod wire;

pub use dialog::IN_DIALOG_PENDING_MAX;
pub use endpoint::{
    Admission, Body, CONTACTS_MAX, Command, Counts, Credentials, DialogId, EndCause, Endpoint,
    EndpointConfig, Event, Failure, Header, INVITES_OF_PHONE_MAX, INVITES_OF_TRUNK_ADDRESS_MAX,
    Input, InputError, Invite, Limits, Listener, Load, LocalRoute, LocalRoutes, MIN_SE, NewCalls,
    Output, OwnAddresses, PHONE_SOURCES_MAX, Party, ProbeId, REGISTRATION_MAX, REGISTRATION_MIN,
    REQUEST_WAIT, REQUESTS_MAX, Rebinding, Register, Registered, Registering, RegistrationId,
    RegistrationState, RequestId, RestoredBinding, SESSION_EXPIRES, SOURCE_BURST, SOURCE_REFILL,
    SOURCES_MAX, SourceRate, User,
};
pub use flow::{
    ConnectionId, Flow, ListenerId, OpenedBy, Protocol, Reliability, Target, Transport,
};
pub use header::Name;
pub use ids::{Branch, CallId, Tag};
pub use message::{HeaderValue, Message, ParseError, RequestWriter, ResponseWriter, Start, Value};
pub use method::Method;
pub use number::{PhoneNumber, PhoneNumberError};
pub use registrar::{Binding, BindingState, Instance};
pub use registration::{RETRY_MAX, RETRY_MIN};
pub use signal::Signal;
pub use status::Status;
pub use token::Token;
pub use transaction::{ANSWERS_KEPT_MAX, GIVE_UP, RING_MAX, T1, T2, T4};
pub use uri::{Host, Uri, UriRef};
