//! Where messages come from and go to.

use std::net::{IpAddr, SocketAddr};

/// One bound socket of the shell: a UDP socket or a TCP listener.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Ord, PartialOrd)]
pub struct ListenerId(pub u16);

/// One connection of a stream transport, numbered by the shell and never reused.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Ord, PartialOrd)]
pub struct ConnectionId(pub u64);

/// A transport protocol as `Via` names it.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Ord, PartialOrd)]
pub enum Protocol {
    /// Datagrams, one message each.
    Udp,
    /// A stream, framed by `Content-Length`.
    Tcp,
}

impl Protocol {
    /// The name in a `Via` header field.
    #[must_use]
    pub const fn via_name(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
        }
    }

    /// Whether the transport retransmits by itself, so that timers A, E and G are never set (RFC 3261 §17).
    #[must_use]
    pub const fn reliability(self) -> Reliability {
        match self {
            Self::Udp => Reliability::Unreliable,
            Self::Tcp => Reliability::Reliable,
        }
    }
}

/// Whether lost messages are the transport's business or ours.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Reliability {
    /// Messages may vanish: timers retransmit them.
    Unreliable,
    /// The transport delivers or reports a failure.
    Reliable,
}

/// Who opened a connection.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum OpenedBy {
    /// We did: messages to its address go by it.
    Us,
    /// The peer did.
    Peer,
}

/// A transport with the connection it runs over, if it has one.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Ord, PartialOrd)]
pub enum Transport {
    /// A datagram socket.
    Udp,
    /// An open TCP connection.
    Tcp(ConnectionId),
}

impl Transport {
    /// The protocol without the connection.
    #[must_use]
    pub const fn protocol(self) -> Protocol {
        match self {
            Self::Udp => Protocol::Udp,
            Self::Tcp(_) => Protocol::Tcp,
        }
    }
}

/// Where a message came from or goes to: listener and both addresses for UDP, the connection for TCP (RFC 5626 §3).
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Ord, PartialOrd)]
pub struct Flow {
    /// The socket it uses.
    pub listener: ListenerId,
    /// The peer's address as seen on the wire.
    pub remote: SocketAddr,
    /// Which address of ours the peer speaks to, where the socket is bound to every one: it hears what comes from there
    /// (RFC 3581 §4). None where the machine's routes tell.
    pub local: Option<IpAddr>,
    /// The transport and its connection.
    pub transport: Transport,
}

impl Flow {
    /// A flow over UDP.
    #[must_use]
    pub const fn udp(listener: ListenerId, remote: SocketAddr) -> Self {
        Self {
            listener,
            remote,
            local: None,
            transport: Transport::Udp,
        }
    }

    /// A flow over an open TCP connection.
    #[must_use]
    pub const fn tcp(listener: ListenerId, remote: SocketAddr, connection: ConnectionId) -> Self {
        Self {
            listener,
            remote,
            local: None,
            transport: Transport::Tcp(connection),
        }
    }

    /// The same flow, of a peer that speaks to this address of ours.
    #[must_use]
    pub const fn at(self, local: Option<IpAddr>) -> Self {
        Self { local, ..self }
    }
}

/// Where the shell is to send a message.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Ord, PartialOrd)]
pub enum Target {
    /// The socket or connection of this flow.
    Flow(Flow),
    /// An address: the shell uses an open connection to it or opens one.
    Address {
        /// The socket whose address the message names as ours.
        listener: ListenerId,
        /// The protocol to use.
        protocol: Protocol,
        /// The peer.
        remote: SocketAddr,
        /// Which address of ours a datagram leaves from, where the peer spoke to one; else the machine's routes tell.
        local: Option<IpAddr>,
    },
    /// The connection of this flow while it is open, else one to the address that its peer named: a call must not end
    /// with a connection.
    FlowOrAddress {
        /// The connection.
        flow: Flow,
        /// Where the peer is reached without it.
        address: SocketAddr,
    },
}

impl Target {
    /// The listener whose address the message names as ours.
    #[must_use]
    pub const fn listener(&self) -> ListenerId {
        match self {
            Self::Flow(flow) | Self::FlowOrAddress { flow, .. } => flow.listener,
            Self::Address { listener, .. } => *listener,
        }
    }

    /// The protocol the message goes by.
    #[must_use]
    pub const fn protocol(&self) -> Protocol {
        match self {
            Self::Flow(flow) | Self::FlowOrAddress { flow, .. } => flow.transport.protocol(),
            Self::Address { protocol, .. } => *protocol,
        }
    }

    /// The peer's address.
    #[must_use]
    pub const fn remote(&self) -> SocketAddr {
        match self {
            Self::Flow(flow) | Self::FlowOrAddress { flow, .. } => flow.remote,
            Self::Address { remote, .. } => *remote,
        }
    }

    /// Which address of ours the peer speaks to, as far as it was heard.
    #[must_use]
    pub const fn local(&self) -> Option<IpAddr> {
        match self {
            Self::Flow(flow) | Self::FlowOrAddress { flow, .. } => flow.local,
            Self::Address { local, .. } => *local,
        }
    }

    /// The ways that it may take, the first one first.
    pub(crate) fn ways(self) -> impl Iterator<Item = Self> {
        let (first, second) = match self {
            Self::Flow(_) | Self::Address { .. } => (self, None),
            Self::FlowOrAddress { flow, address } => {
                let second = Self::Address {
                    listener: flow.listener,
                    protocol: flow.transport.protocol(),
                    remote: address,
                    local: None,
                };
                (Self::Flow(flow), Some(second))
            }
        };
        std::iter::once(first).chain(second)
    }

    /// Whether lost messages are ours to repeat.
    #[must_use]
    pub const fn reliability(&self) -> Reliability {
        self.protocol().reliability()
    }
}
