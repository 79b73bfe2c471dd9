//! From which of its addresses this machine reaches whom: the kernel's routes, each asked for the
//! address that it leaves from. And which addresses it has at all: phones are told none that is gone.
//!
//! The main tables alone are listed. Where rules lead to a trunk by another one, the question for
//! its own network tells. Phones are not asked for: each has spoken to an address of ours, and that
//! comes before all routes.

use std::collections::BTreeSet;
use std::fs::read_to_string;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

use sip::{LocalRoute, LocalRoutes};

/// How many routes of a family are looked at.
const ROUTES_MAX: usize = 512;
/// Any port: nothing is sent there.
const DISCARD: u16 = 9;

/// A network: an address, and how many of its leading bits count.
pub(crate) type Network = (IpAddr, u8);

/// Asks the kernel, for these networks too.
pub(crate) fn read(peers: &[Network]) -> LocalRoutes {
    let four = read_to_string("/proc/net/route").unwrap_or_default();
    let six = read_to_string("/proc/net/ipv6_route").unwrap_or_default();
    let listed = ipv4_networks(&four).chain(ipv6_networks(&six));
    let peers = peers.iter().copied().take(ROUTES_MAX);
    let networks: BTreeSet<Network> = listed.chain(unlisted()).chain(peers).collect();
    let routes = LocalRoutes::new(networks.into_iter().filter_map(|(network, bits)| {
        Some(LocalRoute {
            network,
            bits,
            local: left_from(an_address_in(network, bits))?,
        })
    }));
    routes.of_machine_with(addresses())
}

/// The addresses of all interfaces; none where the kernel does not tell.
fn addresses() -> impl Iterator<Item = IpAddr> {
    let interfaces = nix::ifaddrs::getifaddrs().into_iter().flatten();
    interfaces.filter_map(|interface| {
        let address = interface.address?;
        let four = address.as_sockaddr_in().map(|four| four.ip().into());
        four.or_else(|| Some(address.as_sockaddr_in6()?.ip().into()))
    })
}

/// An address that stands for the world outside, for a socket bound there: one for documentation (RFC 5737, RFC 3849),
/// so that it is in nobody's network.
pub(crate) const fn outside(bound: IpAddr) -> IpAddr {
    match bound {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1)),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
    }
}

/// Everybody, wherever the rules of the machine lead them, and this machine itself.
fn unlisted() -> [Network; 4] {
    [
        (Ipv4Addr::UNSPECIFIED.into(), 0),
        (Ipv4Addr::new(127, 0, 0, 0).into(), 8),
        (Ipv6Addr::UNSPECIFIED.into(), 0),
        (Ipv6Addr::LOCALHOST.into(), 128),
    ]
}

/// The networks of `/proc/net/route`: the second field and the eighth are address and mask, as the machine has them in
/// memory.
fn ipv4_networks(table: &str) -> impl Iterator<Item = Network> {
    let lines = table.lines().skip(1).take(ROUTES_MAX);
    lines.filter_map(|line| {
        let mut fields = line.split_whitespace();
        let network = u32::from_str_radix(fields.nth(1)?, 16).ok()?;
        let mask = u32::from_str_radix(fields.nth(5)?, 16).ok()?;
        let bits = u8::try_from(mask.count_ones()).ok()?;
        Some((Ipv4Addr::from(network.to_ne_bytes()).into(), bits))
    })
}

/// The networks of `/proc/net/ipv6_route`: the first field is the address, the second how many of its bits count. What
/// an interface has to itself is asked for in vain, without its number.
fn ipv6_networks(table: &str) -> impl Iterator<Item = Network> {
    let lines = table.lines().take(ROUTES_MAX);
    lines.filter_map(|line| {
        let mut fields = line.split_whitespace();
        let network = u128::from_str_radix(fields.next()?, 16).ok()?;
        let bits = u8::from_str_radix(fields.next()?, 16).ok()?;
        let network = Ipv6Addr::from_bits(network);
        (!network.is_multicast()).then_some((network.into(), bits))
    })
}

/// One that packets may go to: the first of a network is its name and no host.
fn an_address_in(network: IpAddr, bits: u8) -> IpAddr {
    match network {
        _ if bits == 0 => outside(network),
        IpAddr::V4(first) if bits < 31 => Ipv4Addr::from_bits(first.to_bits() | 1).into(),
        IpAddr::V6(first) if bits < 127 => Ipv6Addr::from_bits(first.to_bits() | 1).into(),
        IpAddr::V4(_) | IpAddr::V6(_) => network,
    }
}

/// The address that packets to a peer leave from. Connecting a datagram socket sends nothing: it
/// asks the routing table.
fn left_from(peer: IpAddr) -> Option<IpAddr> {
    let any: IpAddr = match peer {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect((peer, DISCARD)).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_the_kernel_are_read() {
        let four = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\n\
                    eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\n\
                    eth1\t00140A0A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\n\
                    eth1\tshort\n";
        let six = "fd000000000000000000000000000000 40 00 00 00 00 00 00 00     eth0\n\
                   ff000000000000000000000000000000 08 00 00 00 00 00 00 00     eth0\n";

        let found: Vec<Network> = ipv4_networks(four).chain(ipv6_networks(six)).collect();

        let network = |text: &str, bits| (text.parse::<IpAddr>().unwrap(), bits);
        let swapped = if cfg!(target_endian = "little") {
            "10.10.20.0"
        } else {
            "0.20.10.10"
        };
        assert_eq!(
            found,
            [
                network("0.0.0.0", 0),
                network(swapped, 24),
                network("fd00::", 64)
            ]
        );
    }

    #[test]
    fn networks_of_peers_are_asked_for_by_themselves() {
        let network = (Ipv4Addr::new(127, 77, 0, 0).into(), 16);
        let of = |routes: &LocalRoutes| format!("{routes:?}").contains("127.77.0.0");

        assert!(of(&read(&[network])));
        assert!(!of(&read(&[])));
    }

    #[test]
    fn this_machine_reaches_itself_from_itself() {
        let own = sip::OwnAddresses {
            public: None,
            routes: read(&[]),
        };

        let told = own.told(
            Ipv4Addr::UNSPECIFIED.into(),
            Ipv4Addr::new(127, 0, 77, 9).into(),
        );

        assert_eq!(told, IpAddr::V4(Ipv4Addr::LOCALHOST));
    }

    #[test]
    fn the_machine_is_known_by_all_of_its_addresses() {
        let own = addresses().collect::<Vec<_>>();

        assert!(own.contains(&Ipv4Addr::LOCALHOST.into()), "{own:?}");
        for address in own.iter().filter(|address| address.is_ipv4()) {
            assert!(UdpSocket::bind((*address, 0)).is_ok(), "{address}");
        }
    }
}
