//! Datagrams and the address of ours that they come to and leave from (`IP_PKTINFO`, ip(7); RFC 3542 §6).
//!
//! From a socket that is bound to every address the kernel answers by the one that its routes like best, and a peer
//! that sent to another hears nothing.

use std::io::{self, IoSlice, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsFd, AsRawFd};

use nix::cmsg_space;
use nix::libc::{in_addr, in_pktinfo, in6_addr, in6_pktinfo};
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, sendmsg, setsockopt,
    sockopt,
};

/// A datagram that came.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) length: usize,
    pub(super) remote: SocketAddr,
    /// Which address of ours it was sent to, where the socket tells.
    pub(super) local: Option<IpAddr>,
}

/// Has a socket tell of each datagram which address of ours it was sent to.
pub(super) fn tell_own_address(socket: &impl AsFd, bound: SocketAddr) -> io::Result<()> {
    match bound {
        SocketAddr::V4(_) => setsockopt(socket, sockopt::Ipv4PacketInfo, &true)?,
        SocketAddr::V6(_) => setsockopt(socket, sockopt::Ipv6RecvPacketInfo, &true)?,
    }
    Ok(())
}

/// Room for what the kernel says of a datagram.
pub(super) fn room_for_own_address() -> Vec<u8> {
    cmsg_space!(in_pktinfo, in6_pktinfo)
}

/// Reads a datagram.
pub(super) fn receive(
    socket: &impl AsRawFd,
    buffer: &mut [u8],
    said: &mut [u8],
) -> io::Result<Heard> {
    let (fd, none) = (socket.as_raw_fd(), MsgFlags::empty());
    let mut parts = [IoSliceMut::new(buffer)];
    let message = recvmsg::<SockaddrStorage>(fd, &mut parts, Some(said), none)?;
    let remote = message.address.as_ref().and_then(address);
    let mut said = message.cmsgs().into_iter().flatten();
    Ok(Heard {
        length: message.bytes,
        remote: remote.ok_or(io::ErrorKind::InvalidData)?,
        local: said.find_map(|said| own_address(&said)),
    })
}

/// Sends a datagram from this address of ours; where none is given, from the one that the machine's routes tell.
pub(super) fn send(
    socket: &impl AsRawFd,
    bytes: &[u8],
    remote: SocketAddr,
    local: Option<IpAddr>,
) -> io::Result<()> {
    let (four, six);
    let said = match local {
        Some(IpAddr::V4(local)) => {
            four = from_v4(local);
            Some(ControlMessage::Ipv4PacketInfo(&four))
        }
        Some(IpAddr::V6(local)) => {
            six = from_v6(local);
            Some(ControlMessage::Ipv6PacketInfo(&six))
        }
        None => None,
    };
    let (parts, to) = ([IoSlice::new(bytes)], SockaddrStorage::from(remote));
    let (fd, none) = (socket.as_raw_fd(), MsgFlags::empty());
    sendmsg(fd, &parts, said.as_slice(), none, Some(&to))?;
    Ok(())
}

const fn from_v4(local: Ipv4Addr) -> in_pktinfo {
    in_pktinfo {
        ipi_ifindex: 0,
        ipi_spec_dst: in_addr {
            s_addr: u32::from_ne_bytes(local.octets()),
        },
        ipi_addr: in_addr { s_addr: 0 },
    }
}

const fn from_v6(local: Ipv6Addr) -> in6_pktinfo {
    in6_pktinfo {
        ipi6_addr: in6_addr {
            s6_addr: local.octets(),
        },
        ipi6_ifindex: 0,
    }
}

fn address(storage: &SockaddrStorage) -> Option<SocketAddr> {
    let four = || Some(SocketAddrV4::from(*storage.as_sockaddr_in()?).into());
    let six = || Some(SocketAddrV6::from(*storage.as_sockaddr_in6()?).into());
    four().or_else(six)
}

/// The address of ours, unless it is one of many hosts.
fn own_address(said: &ControlMessageOwned) -> Option<IpAddr> {
    let own = if let ControlMessageOwned::Ipv4PacketInfo(info) = said {
        Ipv4Addr::from(info.ipi_spec_dst.s_addr.to_ne_bytes()).into()
    } else if let ControlMessageOwned::Ipv6PacketInfo(info) = said {
        Ipv6Addr::from(info.ipi6_addr.s6_addr).into()
    } else {
        return None;
    };
    let one = |own: &IpAddr| !own.is_multicast() && !own.is_unspecified();
    Some(own).filter(one)
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use super::*;

    /// A socket that is bound to every address and tells, and one that speaks to it at this address.
    fn ends(bound: &str, asked: &str) -> (UdpSocket, UdpSocket) {
        let everywhere = UdpSocket::bind((bound, 0)).unwrap();
        let local = everywhere.local_addr().unwrap();
        tell_own_address(&everywhere, local).unwrap();
        let peer = UdpSocket::bind((bound, 0)).unwrap();
        peer.connect((asked, local.port())).unwrap();
        (everywhere, peer)
    }

    #[test]
    fn a_datagram_tells_where_it_came_to_and_its_answer_leaves_from_there() {
        for (bound, asked) in [("0.0.0.0", "127.0.0.7"), ("::", "::1")] {
            let (everywhere, peer) = ends(bound, asked);
            let (mut buffer, mut said) = ([0; 8], room_for_own_address());
            peer.send(b"asked").unwrap();

            let heard = receive(&everywhere, &mut buffer, &mut said).unwrap();
            send(&everywhere, b"answered", heard.remote, heard.local).unwrap();

            let expected = Heard {
                length: 5,
                remote: peer.local_addr().unwrap(),
                local: Some(asked.parse().unwrap()),
            };
            assert_eq!(heard, expected);
            // A connected socket hears nobody else.
            assert_eq!(peer.recv(&mut buffer).unwrap(), 8);
        }
    }

    #[test]
    fn nothing_leaves_from_an_address_that_is_not_ours() {
        let (everywhere, peer) = ends("0.0.0.0", "127.0.0.7");
        let remote = peer.local_addr().unwrap();
        let not_ours = IpAddr::from([192, 0, 2, 1]);

        let sent = send(&everywhere, b"answered", remote, Some(not_ours));

        assert!(sent.is_err());
    }
}
