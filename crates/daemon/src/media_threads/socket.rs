//! The UDP sockets of a port pair.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use rustix::fd::OwnedFd;
use rustix::io::{Errno, Result};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, bind, connect, connect_unspec,
    recvfrom, send, sendto, socket_with, sockopt,
};

use super::Local;

/// Expedited forwarding (RFC 3246) in the upper six bits of the traffic class.
const TRAFFIC_CLASS: u8 = 46 << 2;

/// What the kernel may keep for a socket, in bytes: about a second of sound with its overhead.
const RTP_BUFFER: usize = 64 * 1_024;
const RTCP_BUFFER: usize = 16 * 1_024;

/// How many waiting datagrams are thrown away at most when a port is opened.
const STALE_MAX: usize = 4_096;

/// Whether another socket that says the same may be bound to its port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sharing {
    Alone,
    Shared,
}

/// The two sockets of a port pair.
pub(super) struct Pair {
    pub(super) rtp: OwnedFd,
    pub(super) rtcp: OwnedFd,
    pub(super) address: SocketAddr,
    /// Where the RTP socket is connected to.
    connected: Option<SocketAddr>,
}

impl Pair {
    /// Binds an even port and the odd one above it.
    pub(super) fn bind(local: Local, even: u16) -> Result<Self> {
        Self::bind_as(local, even, Sharing::Alone)
    }

    fn bind_as(local: Local, even: u16, sharing: Sharing) -> Result<Self> {
        let rtp = bound(local, even, sharing, RTP_BUFFER)?;
        let odd = even.checked_add(1).ok_or(Errno::INVAL)?;
        let rtcp = bound(local, odd, sharing, RTCP_BUFFER)?;
        Ok(Self {
            rtp,
            rtcp,
            address: SocketAddr::new(address_of(local), even),
            connected: None,
        })
    }

    /// Has the pair hear at this address alone, and speak from it: from a socket that is bound to every address, the
    /// kernel takes for each peer the one that it likes best. The ports are held all the while. A pair that cannot move
    /// stays where it is.
    pub(super) fn move_to(&mut self, local: Local) -> Result<()> {
        if self.address.ip() == address_of(local) {
            return Ok(());
        }
        self.share(Sharing::Shared)?;
        match Self::bind_as(local, self.address.port(), Sharing::Shared) {
            Ok(moved) => {
                *self = moved;
                self.share(Sharing::Alone)
            }
            Err(error) => {
                self.share(Sharing::Alone)?;
                Err(error)
            }
        }
    }

    fn share(&self, sharing: Sharing) -> Result<()> {
        let shared = sharing == Sharing::Shared;
        sockopt::set_socket_reuseaddr(&self.rtp, shared)?;
        sockopt::set_socket_reuseaddr(&self.rtcp, shared)
    }

    /// Lets the kernel refuse whatever comes from elsewhere, and find the route once instead of for every packet.
    pub(super) fn connect(&mut self, to: SocketAddr) -> Result<()> {
        connect(&self.rtp, &self.seen_from_here(to))?;
        self.connected = Some(to);
        Ok(())
    }

    /// Hears everybody again.
    pub(super) fn disconnect(&mut self) -> Result<()> {
        if self.connected.take().is_none() {
            return Ok(());
        }
        connect_unspec(&self.rtp)
    }

    pub(super) fn send_rtp(&self, to: SocketAddr, datagram: &[u8]) -> Result<usize> {
        if self.connected == Some(to) {
            return send(&self.rtp, datagram, SendFlags::DONTWAIT);
        }
        let to = self.seen_from_here(to);
        sendto(&self.rtp, datagram, SendFlags::DONTWAIT, &to)
    }

    pub(super) fn send_rtcp(&self, to: SocketAddr, datagram: &[u8]) -> Result<usize> {
        let to = self.seen_from_here(to);
        sendto(&self.rtcp, datagram, SendFlags::DONTWAIT, &to)
    }

    /// An IPv6 socket knows IPv4 addresses as mapped ones (RFC 4291 §2.5.5.2).
    fn seen_from_here(&self, to: SocketAddr) -> SocketAddr {
        match (self.address, to) {
            (SocketAddr::V6(_), SocketAddr::V4(to)) => {
                SocketAddr::new(to.ip().to_ipv6_mapped().into(), to.port())
            }
            (SocketAddr::V4(_) | SocketAddr::V6(_), _) => to,
        }
    }

    /// Throws away what came before anybody was to be heard here. Returns how many datagrams that were.
    pub(super) fn discard_stale(&self) -> usize {
        let mut byte = [0; 1];
        let mut discarded = 0;
        for socket in [&self.rtp, &self.rtcp] {
            for _ in 0..STALE_MAX {
                match recvfrom(socket, &mut byte, RecvFlags::DONTWAIT) {
                    Ok(_) => discarded += 1,
                    Err(error) if error == Errno::AGAIN => break,
                    Err(_) => {}
                }
            }
        }
        discarded
    }
}

const fn address_of(local: Local) -> IpAddr {
    match local {
        Local::At(address) => address,
        Local::Everywhere => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    }
}

fn bound(local: Local, port: u16, sharing: Sharing, buffer: usize) -> Result<OwnedFd> {
    let address = SocketAddr::new(address_of(local), port);
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::INET,
        SocketAddr::V6(_) => AddressFamily::INET6,
    };
    let socket = socket_with(
        family,
        SocketType::DGRAM,
        SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
        None,
    )?;
    match address {
        SocketAddr::V4(_) => sockopt::set_ip_tos(&socket, TRAFFIC_CLASS)?,
        SocketAddr::V6(_) => {
            sockopt::set_ipv6_v6only(&socket, matches!(local, Local::At(_)))?;
            if local == Local::Everywhere {
                sockopt::set_ip_tos(&socket, TRAFFIC_CLASS)?;
            }
            sockopt::set_ipv6_tclass(&socket, u32::from(TRAFFIC_CLASS))?;
        }
    }
    sockopt::set_socket_recv_buffer_size(&socket, buffer)?;
    if sharing == Sharing::Shared {
        sockopt::set_socket_reuseaddr(&socket, true)?;
    }
    bind(&socket, &address)?;
    Ok(socket)
}

/// A datagram that was read.
pub(super) enum Read {
    /// So many bytes, from there.
    Datagram(usize, SocketAddr),
    /// An error of an earlier send, or a datagram longer than the buffer; another one may wait.
    Nothing,
    /// None waits.
    Empty,
}

/// Reads a datagram.
pub(super) fn read(socket: &OwnedFd, buffer: &mut [u8]) -> Read {
    let room = buffer.len();
    match recvfrom(socket, buffer, RecvFlags::DONTWAIT | RecvFlags::TRUNC) {
        Ok((_, length, Some(from))) if length <= room => match SocketAddr::try_from(from) {
            Ok(from) => {
                let from = SocketAddr::new(from.ip().to_canonical(), from.port());
                Read::Datagram(length, from)
            }
            Err(_) => Read::Nothing,
        },
        Err(Errno::AGAIN) => Read::Empty,
        Ok(_) | Err(_) => Read::Nothing,
    }
}
