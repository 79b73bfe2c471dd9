//! What goes into an engine and what comes out of it.

use std::net::{IpAddr, SocketAddr};
use std::ops::Range;

use crate::ids::PortId;
use crate::order::{Event, Order};

/// The largest datagram that is read or written, in bytes: a second of sound. Some phones send 200
/// ms in a packet, which is more than an Ethernet frame holds.
pub const DATAGRAM_MAX: usize = 8_192;

/// What an engine is given.
#[derive(Clone, Debug)]
pub enum Input {
    /// Something to do.
    Order(Order),
    /// The time of [`Engine::poll_timeout`] has come.
    Timeout,
}

/// What its owner is to do for an engine.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Let this port pair stand at an address, throw away what waits there, and from now on pass on what arrives.
    Watch {
        /// Which pair.
        port: PortId,
        /// The address of [`Order::Open`].
        at: Option<IpAddr>,
    },
    /// The only source of this port pair is known: its RTP socket may be connected, so that the kernel refuses others.
    Connect {
        /// Which pair.
        port: PortId,
        /// Where the other side's RTP comes from and ours goes.
        to: SocketAddr,
    },
    /// The source is open again: undo the connecting.
    Disconnect {
        /// Which pair.
        port: PortId,
    },
    /// Nothing uses this port pair any longer; its id may be given to another pair at once.
    Free {
        /// Which pair.
        port: PortId,
    },
    /// Something happened.
    Event(Event),
}

/// One of the two sockets of a port pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// The even port.
    Rtp,
    /// The odd port.
    Rtcp,
}

/// A relayed packet: a part of the datagram that was given to [`Engine::packet`], rewritten in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forward {
    /// The port pair to send from, by its RTP socket.
    pub port: PortId,
    /// Where to; the connected remote, if the port is connected.
    pub to: SocketAddr,
    /// Which bytes of the datagram.
    pub bytes: Range<usize>,
}

/// A datagram that the engine wrote by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// The port pair to send from.
    pub port: PortId,
    /// Which of its sockets.
    pub channel: Channel,
    /// Where to; the connected remote, if the port is connected.
    pub to: SocketAddr,
    /// How many bytes of the buffer.
    pub length: usize,
}
