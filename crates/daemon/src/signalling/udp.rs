//! The UDP sockets of SIP.

use std::io;
use std::net::SocketAddr;

use bytes::Bytes;
use mio::net::UdpSocket;
use mio::{Interest, Poll, Token};
use sip::{Flow, ListenerId, Target};
use socket2::{Domain, Socket, Type};

use super::{Sent, datagrams};

/// The waker's token; sockets have the number of their listener.
pub(crate) const WAKER: Token = Token(usize::MAX);
/// The largest datagram, in bytes.
const DATAGRAM_MAX: usize = 65_535;
/// Receive buffer asked for, in bytes: a burst of some thousand messages.
const RECEIVE_BUFFER: usize = 4 << 20;
/// Differentiated services: CS3, signalling (RFC 4594 §3.3).
const TOS_SIGNALLING: u32 = 0x60;

/// A bound UDP socket of SIP.
pub(crate) struct UdpListener {
    pub(crate) id: ListenerId,
    socket: UdpSocket,
    readable: bool,
}

impl UdpListener {
    /// Binds a socket.
    pub(crate) fn bind(poll: &Poll, id: ListenerId, address: SocketAddr) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, None)?;
        socket.set_nonblocking(true)?;
        if address.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        // Both are wishes: the kernel grants what it is set up for.
        let _granted = socket.set_recv_buffer_size(RECEIVE_BUFFER);
        let _marked = if address.is_ipv4() {
            socket.set_tos_v4(TOS_SIGNALLING)
        } else {
            socket.set_tclass_v6(TOS_SIGNALLING)
        };
        if address.ip().is_unspecified() {
            datagrams::tell_own_address(&socket, address)?;
        }
        socket.bind(&address.into())?;
        let mut socket = UdpSocket::from_std(socket.into());
        poll.registry()
            .register(&mut socket, Token(usize::from(id.0)), Interest::READABLE)?;
        Ok(Self {
            id,
            socket,
            readable: true,
        })
    }

    /// Where it is bound.
    pub(crate) fn local(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }
}

/// All UDP sockets with one buffer.
pub(crate) struct Sockets {
    listeners: Vec<UdpListener>,
    next: usize,
    buffer: Box<[u8; DATAGRAM_MAX]>,
    /// What the kernel says of the datagram in the buffer.
    said: Vec<u8>,
}

impl Sockets {
    pub(crate) fn new(listeners: Vec<UdpListener>) -> Self {
        Self {
            listeners,
            next: 0,
            buffer: Box::new([0; DATAGRAM_MAX]),
            said: datagrams::room_for_own_address(),
        }
    }

    pub(crate) fn mark_readable(&mut self, token: Token) {
        if let Some(listener) = self
            .listeners
            .iter_mut()
            .find(|listener| usize::from(listener.id.0) == token.0)
        {
            listener.readable = true;
        }
    }

    pub(crate) fn is_readable(&self) -> bool {
        self.listeners.iter().any(|listener| listener.readable)
    }

    /// The next datagram; the sockets take turns.
    pub(crate) fn receive(&mut self) -> Option<(Flow, Bytes)> {
        for _ in 0..self.listeners.len() {
            self.next = (self.next + 1) % self.listeners.len();
            let listener = &mut self.listeners[self.next];
            if !listener.readable {
                continue;
            }
            let (buffer, said) = (&mut self.buffer[..], &mut self.said);
            match datagrams::receive(&listener.socket, buffer, said) {
                Ok(heard) => {
                    return Some((
                        Flow::udp(listener.id, heard.remote).at(heard.local),
                        Bytes::copy_from_slice(&self.buffer[..heard.length]),
                    ));
                }
                // An ICMP error for an earlier datagram is reported here; it says nothing about what can be received.
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
                Err(_) => listener.readable = false,
            }
        }
        None
    }

    /// Sends a datagram, from the address of ours that its peer spoke to. Where that is ours no more, the machine's
    /// routes tell where this datagram leaves from; what it says of us changes once its peer speaks to another address.
    pub(crate) fn send(&self, target: &Target, bytes: &[u8]) -> Sent {
        let id = target.listener();
        let Some(listener) = self.listeners.iter().find(|listener| listener.id == id) else {
            return Sent::Failed;
        };
        let from = |local| {
            sent(datagrams::send(
                &listener.socket,
                bytes,
                target.remote(),
                local,
            ))
        };
        match from(target.local()) {
            Sent::Failed if target.local().is_some() => from(None),
            sent @ (Sent::Failed | Sent::Done) => sent,
        }
    }
}

/// What came of a datagram. A full send buffer drops it: the transaction's timers send it again.
fn sent(result: io::Result<()>) -> Sent {
    match result {
        Ok(()) => Sent::Done,
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Sent::Done,
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Sent::Done,
        Err(_) => Sent::Failed,
    }
}
