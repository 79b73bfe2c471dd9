//! Whether an address that a peer names can be reached from here.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::uri::UriRef;

/// The port of SIP without TLS.
const SIP_PORT: u16 = 5060;

/// How far around it an address means the same host.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Ord, PartialOrd)]
enum Reach {
    Host,
    Link,
    Site,
    World,
}

/// The address that a URI names, if it can be sent to by the socket that hears `peer`, is not one
/// of ours, and means the same here as there: no less far than the address of who names it, or that
/// itself.
pub(super) fn reachable(
    uri: &UriRef<'_>,
    peer: SocketAddr,
    ours: &[SocketAddr],
) -> Option<SocketAddr> {
    let ip = uri.host()?.address()?.to_canonical();
    let named = SocketAddr::new(ip, uri.port().unwrap_or(SIP_PORT));
    let same = ip == peer.ip() || reach(ip) >= reach(peer.ip());
    let usable = is_one_host(named) && ip.is_ipv4() == peer.is_ipv4() && !ours.contains(&named);
    (same && usable).then_some(named)
}

/// Where a peer is reached once its connection is gone: at the address that it named, or at least at that port of it.
pub(super) fn without_connection(
    uri: &UriRef<'_>,
    peer: SocketAddr,
    ours: &[SocketAddr],
) -> SocketAddr {
    let port = uri.port().filter(|port| *port != 0).unwrap_or(SIP_PORT);
    reachable(uri, peer, ours).unwrap_or_else(|| SocketAddr::new(peer.ip(), port))
}

/// Whether an address is that of one host. A link-local one of IPv6 is so only with its link, which no URI names.
const fn is_one_host(named: SocketAddr) -> bool {
    let one = match named.ip() {
        IpAddr::V4(ip) => !ip.is_unspecified() && !ip.is_multicast() && !ip.is_broadcast(),
        IpAddr::V6(ip) => !ip.is_unspecified() && !ip.is_multicast() && !ip.is_unicast_link_local(),
    };
    one && named.port() != 0
}

const fn reach(ip: IpAddr) -> Reach {
    match ip {
        IpAddr::V4(ip) if ip.is_loopback() => Reach::Host,
        IpAddr::V4(ip) if ip.is_link_local() => Reach::Link,
        IpAddr::V4(ip) if ip.is_private() || is_shared(ip) => Reach::Site,
        IpAddr::V6(ip) if ip.is_loopback() => Reach::Host,
        IpAddr::V6(ip) if ip.is_unicast_link_local() => Reach::Link,
        IpAddr::V6(ip) if ip.is_unique_local() => Reach::Site,
        IpAddr::V4(_) | IpAddr::V6(_) => Reach::World,
    }
}

/// The addresses behind a carrier's NAT (RFC 6598).
const fn is_shared(ip: Ipv4Addr) -> bool {
    let [first, second, ..] = ip.octets();
    first == 100 && second & 0b1100_0000 == 64
}
