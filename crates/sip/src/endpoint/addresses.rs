//! Our own addresses, as each peer reaches us.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::config::Listener;
use crate::Target;

/// How many routes are kept, the narrowest first.
const ROUTES_MAX: usize = 1_024;
/// How many addresses of the machine are kept, and how many that were heard beside those; of one that has more, none
/// counts as gone.
const ADDRESSES_MAX: usize = 4_096;

/// Our own addresses. A socket that is bound to every one counts as bound to that which the peer spoke to
/// ([`Target::local`](crate::Target::local)), once it was heard.
#[derive(Clone, Debug, Default)]
pub struct OwnAddresses {
    /// The router's, behind NAT: told to peers of its family that are in no private network.
    pub public: Option<IpAddr>,
    /// From which address of ours whom is reached, for sockets that are bound to every address.
    pub routes: LocalRoutes,
}

impl OwnAddresses {
    /// Where a peer finds us: at the address that it spoke to, unless that is gone and a route leads to it from another
    /// one; else where its listener is bound.
    #[must_use]
    pub fn heard_at(&self, peer: &Target, bound: IpAddr) -> IpAddr {
        let is_known = |asked: &IpAddr| {
            self.routes.has(*asked) || self.routes.to(peer.remote().ip()).is_none()
        };
        peer.local().filter(is_known).unwrap_or(bound)
    }

    /// The address that packets to a peer come from, by a socket that is bound there; `None` where no route is known.
    #[must_use]
    pub fn local(&self, bound: IpAddr, peer: IpAddr) -> Option<IpAddr> {
        if bound.is_unspecified() {
            self.routes.to(peer)
        } else {
            Some(bound)
        }
    }

    /// The address that a peer is told to send to.
    #[must_use]
    pub fn told(&self, bound: IpAddr, peer: IpAddr) -> IpAddr {
        let peer = peer.to_canonical();
        let public = self
            .public
            .filter(|public| public.is_ipv4() == peer.is_ipv4() && !is_in_private_network(peer));
        let local = || self.local(bound, peer);
        public.or_else(local).unwrap_or_else(|| loopback(bound))
    }

    /// All addresses by which we may be named.
    pub(crate) fn of_all(&self, listeners: &[Listener]) -> Vec<SocketAddr> {
        let of = |listener: &Listener| {
            let bound = listener.local;
            let routed = self.routes.routes.iter().map(|route| route.local);
            let routed = routed.filter(move |local| local.is_ipv4() == bound.is_ipv4());
            let everywhere = routed.filter(|_| bound.ip().is_unspecified());
            let all = everywhere.chain([bound.ip()]).chain(self.public);
            all.map(|own| SocketAddr::new(own, bound.port()))
                .collect::<Vec<_>>()
        };
        let mut all: Vec<_> = listeners.iter().flat_map(of).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// From which of our addresses the machine's routes lead to whom, and which addresses it has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocalRoutes {
    /// The narrowest first.
    routes: Vec<LocalRoute>,
    /// All of the machine's; empty where they are not known.
    addresses: BTreeSet<IpAddr>,
    /// Addresses that were spoken to and are none of those: they came since, or the machine has them by a route alone.
    heard: BTreeSet<IpAddr>,
}

/// The address of ours that a network is reached from.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct LocalRoute {
    /// Any address of the network.
    pub network: IpAddr,
    /// How many leading bits count.
    pub bits: u8,
    /// Our address.
    pub local: IpAddr,
}

impl LocalRoute {
    fn leads_to(&self, peer: IpAddr) -> bool {
        let same = |differing: u128, width: u32| {
            let ignored = width.saturating_sub(self.bits.into());
            differing.checked_shr(ignored).unwrap_or(0) == 0
        };
        match (self.network, peer) {
            (IpAddr::V4(network), IpAddr::V4(peer)) => {
                same((network.to_bits() ^ peer.to_bits()).into(), 32)
            }
            (IpAddr::V6(network), IpAddr::V6(peer)) => {
                same(network.to_bits() ^ peer.to_bits(), 128)
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

impl LocalRoutes {
    /// Sorts the routes. Of several to one network the first counts.
    #[must_use]
    pub fn new(routes: impl IntoIterator<Item = LocalRoute>) -> Self {
        let mut routes: Vec<_> = routes.into_iter().collect();
        routes.sort_by_key(|route| Reverse(route.bits));
        routes.truncate(ROUTES_MAX);
        Self {
            routes,
            addresses: BTreeSet::new(),
            heard: BTreeSet::new(),
        }
    }

    /// The same routes, of a machine that has these addresses alone, and loopback.
    #[must_use]
    pub fn of_machine_with(self, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        let addresses = addresses.into_iter().take(ADDRESSES_MAX + 1);
        let mut addresses: BTreeSet<_> = addresses.collect();
        if addresses.len() > ADDRESSES_MAX {
            addresses.clear();
        }
        Self { addresses, ..self }
    }

    /// Takes in that somebody spoke to this address: the machine has it.
    pub(crate) fn hear_at(&mut self, address: IpAddr) {
        if !self.has(address) && self.heard.len() < ADDRESSES_MAX {
            self.heard.insert(address.to_canonical());
        }
    }

    /// Takes in what the machine has now. What it lists from now on is gone once it lists that no more.
    pub(crate) fn follow(&mut self, now: Self) {
        let heard = std::mem::replace(self, now).heard;
        let is_listed = |address: &IpAddr| self.addresses.contains(address);
        self.heard = heard
            .into_iter()
            .filter(|heard| !is_listed(heard))
            .collect();
    }

    /// Whether an address is the machine's, as far as is known.
    fn has(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.addresses.is_empty()
            || address.is_loopback()
            || self.addresses.contains(&address)
            || self.heard.contains(&address)
    }

    /// The address of ours that a peer is reached from.
    #[must_use]
    pub fn to(&self, peer: IpAddr) -> Option<IpAddr> {
        let peer = peer.to_canonical();
        let mut routes = self.routes.iter();
        routes
            .find(|route| route.leads_to(peer))
            .map(|route| route.local)
    }
}

/// Whether a peer shares a network with us that no router's public address leads into: RFC 1918, RFC 3927, RFC 6598,
/// RFC 4193, RFC 4291, and this machine itself. `media` asks the same and is held to the same table.
fn is_in_private_network(peer: IpAddr) -> bool {
    match peer {
        IpAddr::V4(peer) => {
            let shared = peer.octets()[0] == 100 && peer.octets()[1] & 0xC0 == 64;
            peer.is_private() || peer.is_loopback() || peer.is_link_local() || shared
        }
        IpAddr::V6(peer) => {
            peer.is_unique_local() || peer.is_loopback() || peer.is_unicast_link_local()
        }
    }
}

/// Where a machine without a route to anybody is reached.
const fn loopback(bound: IpAddr) -> IpAddr {
    match bound {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ListenerId;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn route(network: &str, bits: u8, local: &str) -> LocalRoute {
        LocalRoute {
            network: ip(network),
            bits,
            local: ip(local),
        }
    }

    /// A machine between the carrier's network and the one of the phones.
    fn between(public: Option<&str>) -> OwnAddresses {
        OwnAddresses {
            public: public.map(ip),
            routes: LocalRoutes::new([
                route("0.0.0.0", 0, "192.0.2.2"),
                route("10.20.0.0", 16, "10.1.0.1"),
                route("10.1.0.0", 24, "10.1.0.1"),
                route("10.20.30.0", 24, "10.9.0.1"),
                route("::", 0, "2001:db8::2"),
            ]),
        }
    }

    #[test]
    fn each_peer_is_told_the_address_that_the_narrowest_route_to_it_leaves_from() {
        let own = between(None);
        let told = |peer| own.told(ip("0.0.0.0"), ip(peer));

        assert_eq!(told("198.51.100.1"), ip("192.0.2.2"));
        assert_eq!(told("10.1.0.77"), ip("10.1.0.1"));
        assert_eq!(told("10.20.1.1"), ip("10.1.0.1"));
        assert_eq!(told("10.20.30.1"), ip("10.9.0.1"));
        assert_eq!(told("::ffff:10.1.0.77"), ip("10.1.0.1"));
        assert_eq!(own.told(ip("::"), ip("2001:db8::77")), ip("2001:db8::2"));
    }

    #[test]
    fn bound_address_is_told_whatever_the_routes_are() {
        let own = between(None);

        assert_eq!(own.told(ip("10.9.0.1"), ip("10.1.0.77")), ip("10.9.0.1"));
        assert_eq!(
            own.local(ip("10.9.0.1"), ip("10.1.0.77")),
            Some(ip("10.9.0.1"))
        );
    }

    #[test]
    fn public_address_is_told_to_peers_of_its_family_outside_private_networks_only() {
        let own = between(Some("203.0.113.10"));
        let told = |peer| own.told(ip("0.0.0.0"), ip(peer));

        assert_eq!(told("198.51.100.1"), ip("203.0.113.10"));
        assert_eq!(
            own.local(ip("0.0.0.0"), ip("198.51.100.1")),
            Some(ip("192.0.2.2"))
        );
        assert_eq!(told("10.1.0.77"), ip("10.1.0.1"));
        assert_eq!(told("100.64.0.1"), ip("192.0.2.2"));
        assert_eq!(own.told(ip("::"), ip("2001:db8::77")), ip("2001:db8::2"));
        let six = between(Some("2001:db8:ffff::1"));
        assert_eq!(six.told(ip("0.0.0.0"), ip("198.51.100.1")), ip("192.0.2.2"));
        assert_eq!(
            six.told(ip("::"), ip("2001:db8::77")),
            ip("2001:db8:ffff::1")
        );
        assert_eq!(six.told(ip("::"), ip("fd00::1")), ip("2001:db8::2"));
    }

    #[test]
    fn machine_without_a_route_names_itself() {
        let own = OwnAddresses::default();

        assert_eq!(own.local(ip("0.0.0.0"), ip("198.51.100.1")), None);
        assert_eq!(own.told(ip("0.0.0.0"), ip("198.51.100.1")), ip("127.0.0.1"));
        assert_eq!(own.told(ip("::"), ip("2001:db8::77")), ip("::1"));
    }

    #[test]
    fn peer_finds_us_where_it_spoke_to_us_until_that_address_is_gone() {
        let spoke_to = |asked: &str| Target::Address {
            listener: ListenerId(0),
            protocol: crate::Protocol::Udp,
            remote: "10.1.0.77:5060".parse().unwrap(),
            local: Some(ip(asked)),
        };
        let everywhere = ip("0.0.0.0");
        let machine = |addresses: &[&str]| OwnAddresses {
            public: None,
            routes: LocalRoutes::new([route("0.0.0.0", 0, "10.1.0.1")])
                .of_machine_with(addresses.iter().map(|address| ip(address))),
        };
        let found = |own: &OwnAddresses, asked| own.heard_at(&spoke_to(asked), everywhere);

        let own = machine(&["10.1.0.1", "10.1.0.5"]);
        assert_eq!(found(&own, "10.1.0.5"), ip("10.1.0.5"));
        assert_eq!(
            found(&own, "::ffff:10.1.0.5").to_canonical(),
            ip("10.1.0.5")
        );
        assert_eq!(found(&own, "127.7.7.7"), ip("127.7.7.7"));
        assert_eq!(found(&own, "10.1.0.9"), everywhere);
        assert_eq!(found(&machine(&[]), "10.1.0.9"), ip("10.1.0.9"));
        let many = (0..=ADDRESSES_MAX as u32).map(|n| Ipv4Addr::from_bits(n).into());
        let own = OwnAddresses {
            public: None,
            routes: LocalRoutes::new([route("0.0.0.0", 0, "10.1.0.1")]).of_machine_with(many),
        };
        assert_eq!(found(&own, "10.1.0.9"), ip("10.1.0.9"));
    }

    /// The same table holds for the other crate that asks this.
    #[test]
    fn private_networks_are_those_of_the_table() {
        let table = include_str!("private_networks.txt");
        let rows = table.lines().filter(|row| !row.starts_with('#'));
        let mut read = 0;
        for row in rows {
            let (told, host) = row.split_once(' ').unwrap();
            let is_private = is_in_private_network(ip(host.trim()));
            assert_eq!(is_private, told == "private", "{row}");
            read += 1;
        }
        assert!(read > 30, "the table is cut short: {read}");
    }
}
