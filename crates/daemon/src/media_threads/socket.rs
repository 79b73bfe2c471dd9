//! The UDP sockets of a port pair.

use std::net::{IpAddr, SocketAddr};

use rustix::fd::OwnedFd;
use rustix::io::{Errno, Result};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, bind, connect, connect_unspec,
    recvfrom, send, sendto, socket_with, sockopt,
};

/// Expedited forwarding (RFC 3246) in the upper six bits of the traffic class.
const TRAFFIC_CLASS: u8 = 46 << 2;

/// What the kernel may keep for a socket, in bytes: about a second of sound with its overhead.
const RTP_BUFFER: usize = 64 * 1_024;
const RTCP_BUFFER: usize = 16 * 1_024;

/// How many waiting datagrams are thrown away at most when a port is opened.
const STALE_MAX: usize = 4_096;

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
    pub(super) fn bind(address: IpAddr, even: u16) -> Result<Self> {
        let rtp = bound(SocketAddr::new(address, even), RTP_BUFFER)?;
        let odd = even.checked_add(1).ok_or(Errno::INVAL)?;
        let rtcp = bound(SocketAddr::new(address, odd), RTCP_BUFFER)?;
        Ok(Self {
            rtp,
            rtcp,
            address: SocketAddr::new(address, even),
            connected: None,
        })
    }

    /// Lets the kernel refuse whatever comes from elsewhere, and find the route once instead of for every packet.
    pub(super) fn connect(&mut self, to: SocketAddr) -> Result<()> {
        connect(&self.rtp, &to)?;
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
        sendto(&self.rtp, datagram, SendFlags::DONTWAIT, &to)
    }

    pub(super) fn send_rtcp(&self, to: SocketAddr, datagram: &[u8]) -> Result<usize> {
        sendto(&self.rtcp, datagram, SendFlags::DONTWAIT, &to)
    }

    /// Throws away what came before anybody was to be heard here.
    pub(super) fn discard_stale(&self) {
        let mut byte = [0; 1];
        for socket in [&self.rtp, &self.rtcp] {
            for _ in 0..STALE_MAX {
                if recvfrom(socket, &mut byte, RecvFlags::DONTWAIT)
                    .is_err_and(|error| error == Errno::AGAIN)
                {
                    break;
                }
            }
        }
    }
}

fn bound(address: SocketAddr, buffer: usize) -> Result<OwnedFd> {
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
            sockopt::set_ipv6_v6only(&socket, true)?;
            sockopt::set_ipv6_tclass(&socket, u32::from(TRAFFIC_CLASS))?;
        }
    }
    sockopt::set_socket_recv_buffer_size(&socket, buffer)?;
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
            Ok(from) => Read::Datagram(length, from),
            Err(_) => Read::Nothing,
        },
        Err(Errno::AGAIN) => Read::Empty,
        Ok(_) | Err(_) => Read::Nothing,
    }
}
