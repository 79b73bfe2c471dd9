//! The engine: transactions, dialogs, registrar and registrations behind three verbs.

mod addresses;
mod admission;
pub(crate) mod auth;
mod command;
pub(crate) mod compose;
mod config;
mod core;
mod event;
mod execute;
mod expire;
mod ids;
mod load;
mod probe;
mod receive;
mod requests;
mod responses;
mod screen;
mod stray;
mod way_back;

pub use addresses::{LocalRoute, LocalRoutes, OwnAddresses};
pub use admission::{PHONE_SOURCES_MAX, SOURCE_BURST, SOURCE_REFILL, SOURCES_MAX, SourceRate};
pub use command::{Command, Invite, NewCalls, Rebinding, Register, Registered, RestoredBinding};
pub(crate) use compose::{ACCEPT, ALLOW, Added, Outgoing, SUPPORTED, copied};
pub use config::{
    CONTACTS_MAX, EndpointConfig, INVITES_OF_PHONE_MAX, INVITES_OF_TRUNK_ADDRESS_MAX, Limits,
    Listener, MIN_SE, REGISTRATION_MAX, REGISTRATION_MIN, SESSION_EXPIRES,
};
pub(crate) use core::{Core, Pending};
pub use event::{EndCause, Event, Failure, Load, Output, RegistrationState};
pub use ids::{
    Body, Credentials, DialogId, Header, Party, ProbeId, RegistrationId, RequestId, User,
};
pub use requests::{REQUEST_WAIT, REQUESTS_MAX};

use std::fmt;
use std::time::Instant;

use bytes::Bytes;

use self::admission::Buckets;
use self::probe::Probes;
use self::receive::Source;
use self::requests::Requests;
use crate::dialog::Dialogs;
use crate::flow::{Flow, OpenedBy, Target};
use crate::message::ParseError;
use crate::registrar::Registrar;
use crate::registration::Registrations;

/// A SIP user agent without sockets, clock or thread: it takes inputs, and gives outputs and the
/// time of its next timer.
pub struct Endpoint {
    core: Core,
    dialogs: Dialogs,
    registrar: Registrar,
    registrations: Registrations,
    requests: Requests,
    probes: Probes,
    buckets: Buckets,
    new_calls: NewCalls,
    next_dialog: u64,
}

/// What the shell and the caller hand to an endpoint.
pub enum Input {
    /// One datagram, or one message that framing cut from a stream.
    Received {
        /// Where it came from.
        flow: Flow,
        /// The bytes.
        bytes: Bytes,
        /// Whether the source is one of ours.
        admission: Admission,
        /// Whether a REGISTER may come this way.
        registering: Registering,
    },
    /// What came by a connection can no longer be cut into messages.
    Unframed {
        /// The connection; it will be closed.
        flow: Flow,
        /// What the framing found.
        error: ParseError,
        /// Whether the source is one of ours.
        admission: Admission,
        /// Whether a REGISTER may come this way.
        registering: Registering,
    },
    /// A connection is gone.
    FlowClosed {
        /// The connection.
        flow: Flow,
        /// Who had opened it.
        opened: OpenedBy,
    },
    /// A message could not be sent; its transactions fail as if answered by 503.
    SendFailed {
        /// The target of the output that failed.
        target: Target,
    },
    /// The machine reaches others from other addresses of its own than before.
    Routed(LocalRoutes),
    /// The time of [`Endpoint::poll_timeout`] has come.
    Timeout,
    /// An act of the caller.
    Command(Command),
}

/// Whether a source is known, decided by the shell from its address: a trunk, or the flow of a registered phone.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Admission {
    /// A trunk: its INVITEs are callers.
    Trunk,
    /// A registered phone.
    Phone,
    /// Another flow of the host of a registered phone: as unknown, but its INVITE is challenged too, since a phone may
    /// call from another port than it registers from.
    Neighbour,
    /// Anybody: after a token bucket, REGISTER is challenged, an INVITE gets 403, what belongs to a dialog or a
    /// transaction passes, and all else is met with silence. Nothing is kept of either. With its bucket empty it still
    /// has a few REGISTERs that answer a challenge of ours, where phones register.
    Unknown,
}

impl Admission {
    /// Whether it is one of ours.
    pub(crate) const fn is_trusted(self) -> bool {
        match self {
            Self::Trunk | Self::Phone => true,
            Self::Neighbour | Self::Unknown => false,
        }
    }
}

/// Whether a flow may carry a REGISTER, decided by the shell from its transport and its network.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Registering {
    /// A REGISTER is answered.
    Allowed,
    /// A REGISTER is met with silence, whoever sends it.
    Ignored,
}

/// A command that cannot be carried out; nothing was changed.
#[derive(Copy, Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InputError {
    /// The dialog has ended or was never made.
    #[error("no such dialog: {0:?}")]
    NoSuchDialog(DialogId),
    /// The id of a new dialog is taken.
    #[error("the dialog {0:?} exists already")]
    DialogExists(DialogId),
    /// The dialog is not in a state that allows the command.
    #[error("the dialog {0:?} does not allow that now")]
    WrongState(DialogId),
    /// The request was answered already, or its time is over.
    #[error("no such request: {0:?}")]
    NoSuchRequest(RequestId),
    /// The registration was never asked for.
    #[error("no such registration: {0:?}")]
    NoSuchRegistration(RegistrationId),
    /// The status does not fit the command.
    #[error("status {status} does not fit the command for dialog {dialog:?}")]
    WrongStatus {
        /// The dialog.
        dialog: DialogId,
        /// The status given.
        status: u16,
    },
    /// The target names a listener that was not configured.
    #[error("no such listener in the target of the request")]
    NoSuchListener,
    /// Too many requests of ours are unanswered in that dialog.
    #[error("too many requests are pending in dialog {0:?}")]
    TooManyPending(DialogId),
}

/// How much an endpoint holds.
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// Client and server transactions.
    pub transactions: usize,
    /// Dialogs, with INVITEs that may become one.
    pub dialogs: usize,
    /// Requests outside a dialog that wait for an answer of the caller.
    pub requests: usize,
    /// Probes without an outcome.
    pub probes: usize,
    /// Contacts in the registrar.
    pub bindings: usize,
    /// Outgoing registrations.
    pub registrations: usize,
    /// Timers that are set.
    pub timers: usize,
}

impl Endpoint {
    /// An endpoint without calls. `seed` is all its chance: the same seed and inputs give the same outputs.
    #[must_use]
    pub fn new(config: EndpointConfig, seed: [u8; 32], now: Instant) -> Self {
        let core = Core::new(config, seed, now);
        Self {
            dialogs: Dialogs::new(&core.chance.derive("dialogs")),
            registrar: Registrar::new(),
            registrations: Registrations::new(),
            requests: Requests::new(),
            probes: Probes::new(),
            buckets: Buckets::new(
                &core.chance.derive("buckets"),
                core.config.limits.unknown_source,
            ),
            new_calls: NewCalls::Taken,
            next_dialog: 0,
            core,
        }
    }

    /// A fresh id for an [`Invite`].
    pub const fn next_dialog(&mut self) -> DialogId {
        self.next_dialog += 1;
        DialogId(self.next_dialog)
    }

    /// Takes one input. Whatever comes from the network is no error: it is answered or dropped.
    ///
    /// # Errors
    /// A command that names something unknown or does not fit the state; then nothing was changed.
    pub fn handle_input(&mut self, now: Instant, input: Input) -> Result<(), InputError> {
        self.core.wire.now = self.core.wire.now.max(now);
        match input {
            Input::Received {
                flow,
                bytes,
                admission,
                registering,
            } => {
                if let Some(asked) = flow.local {
                    self.core.hear_at(asked);
                }
                self.receive(
                    bytes,
                    Source {
                        flow,
                        admission,
                        registering,
                    },
                );
            }
            Input::Unframed {
                flow,
                error,
                admission,
                registering,
            } => self.unframed(
                Source {
                    flow,
                    admission,
                    registering,
                },
                &error,
            ),
            Input::FlowClosed { flow, opened } => self.flow_closed(flow, opened),
            Input::SendFailed { target } => self.send_failed(target),
            Input::Routed(routes) => {
                self.core.follow_routes(routes);
                self.registrations.follow_routes(&mut self.core);
            }
            Input::Timeout => self.expire(),
            Input::Command(command) => return self.execute(command),
        }
        Ok(())
    }

    /// The next effect; call it until it gives none after every input.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.core.wire.outputs.pop_front()
    }

    /// What peers are told of where we are.
    #[must_use]
    pub const fn own_addresses(&self) -> &OwnAddresses {
        &self.core.config.addresses
    }

    /// When [`Input::Timeout`] is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.core.wire.timers.next()
    }

    /// How much it holds now.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts {
            transactions: self.core.transactions.len(),
            dialogs: self.dialogs.len(),
            requests: self.requests.len(),
            probes: self.probes.len(),
            bindings: self.registrar.len(),
            registrations: self.registrations.len(),
            timers: self.core.wire.timers.len(),
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.counts().fmt(formatter)
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Received {
                flow,
                bytes,
                admission,
                registering,
            } => formatter
                .debug_struct("Received")
                .field("flow", flow)
                .field("bytes", &bytes.len())
                .field("admission", admission)
                .field("registering", registering)
                .finish(),
            Self::Unframed { flow, .. } => formatter.debug_tuple("Unframed").field(flow).finish(),
            Self::FlowClosed { flow, opened } => formatter
                .debug_struct("FlowClosed")
                .field("flow", flow)
                .field("opened", opened)
                .finish(),
            Self::SendFailed { target } => formatter
                .debug_struct("SendFailed")
                .field("target", target)
                .finish(),
            Self::Routed(routes) => formatter.debug_tuple("Routed").field(routes).finish(),
            Self::Timeout => formatter.write_str("Timeout"),
            Self::Command(command) => command.fmt(formatter),
        }
    }
}
