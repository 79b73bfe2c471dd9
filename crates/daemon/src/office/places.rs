//! How many stream connections there may be, and whose.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use exchange::Resolution;
use exchange::settings::{Host, Network, Settings};
use sip::Protocol;

use crate::routes;

/// Connections in all.
const CONNECTIONS_MAX: usize = 2_000;
/// Connections of strangers: the rest is kept for trunks and for the networks of our phones, whatever the others do.
const CONNECTIONS_OF_STRANGERS_MAX: usize = 1_000;
/// Places that trunks alone may take: the networks of phones are wide, and not everybody in them is a phone.
const CONNECTIONS_KEPT_FOR_TRUNKS: usize = 200;
/// Connections from one address, or from one network of strangers.
const CONNECTIONS_OF_SOURCE_MAX: usize = 200;
/// What counts as one network of strangers, in leading bits.
const NETWORK_BITS_V4: u32 = 24;
const NETWORK_BITS_V6: u32 = 56;

/// The places for connections that peers open.
#[derive(Default)]
pub(crate) struct Places(Mutex<Taken>);

#[derive(Default)]
struct Taken {
    trunks: Vec<Network>,
    /// Where the trunks are that are called by a host, as far as it is known. A name leads
    /// elsewhere by another protocol.
    hosts: BTreeMap<(Host, Protocol), Vec<IpAddr>>,
    phones: Vec<Network>,
    per_source: BTreeMap<IpAddr, usize>,
    all: usize,
    /// Those of anybody but trunks.
    others: usize,
    strangers: usize,
}

/// Whose connection it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Peer {
    /// It comes from where a trunk is.
    Trunk,
    /// It comes from a network whose phones may register.
    Phone,
    Stranger,
}

impl Peer {
    /// What counts as one source of connections: a stranger easily has a whole network.
    fn source(self, address: IpAddr) -> IpAddr {
        match (self, address.to_canonical()) {
            (Self::Trunk | Self::Phone, address) => address,
            (Self::Stranger, IpAddr::V4(address)) => {
                Ipv4Addr::from_bits(address.to_bits() & u32::MAX << (32 - NETWORK_BITS_V4)).into()
            }
            (Self::Stranger, IpAddr::V6(address)) => {
                Ipv6Addr::from_bits(address.to_bits() & u128::MAX << (128 - NETWORK_BITS_V6)).into()
            }
        }
    }
}

/// A connection's place, given back when it is dropped.
pub(crate) struct Place {
    source: IpAddr,
    peer: Peer,
    places: Arc<Places>,
}

impl Places {
    /// Knows from now on whom these settings name: trunks, and the networks of clear-text phones.
    pub(crate) fn know(&self, settings: &Settings) {
        let trunks = settings.trunks.iter().flat_map(|trunk| &trunk.addresses);
        let hosts = settings.trunks.iter().flat_map(|trunk| {
            let hosts = trunk.host().into_iter().chain(trunk.registrar_apart());
            hosts.map(|host| (host, trunk.protocol))
        });
        let hosts: BTreeSet<(&Host, Protocol)> = hosts.collect();
        let mut taken = self.lock();
        taken.trunks = trunks.copied().collect();
        let mut before = std::mem::take(&mut taken.hosts);
        taken.hosts = hosts
            .into_iter()
            .map(|(host, protocol)| {
                let literal = host.address().into_iter();
                let key = (host.clone(), protocol);
                let found = before.remove(&key);
                (key, found.unwrap_or_else(|| literal.collect()))
            })
            .collect();
        taken.phones.clone_from(&settings.node.clear_text);
    }

    /// A trunk's host was looked up. A name server that fails takes no address away.
    pub(crate) fn found(&self, resolution: &Resolution) {
        let addresses = resolution.addresses.iter();
        let key = (resolution.host.clone(), resolution.protocol);
        if let Some(known) = self.lock().hosts.get_mut(&key)
            && !resolution.addresses.is_empty()
        {
            *known = addresses.map(SocketAddr::ip).collect();
        }
    }

    /// The networks of the trunks, and the addresses of their hosts, as far as these are known.
    pub(crate) fn trunks(&self) -> Vec<routes::Network> {
        let taken = self.lock();
        let listed = taken.trunks.iter();
        let listed = listed.map(|network| (network.address, network.bits));
        let found = taken.hosts.values().flatten();
        let found = found.map(|address| (*address, if address.is_ipv4() { 32 } else { 128 }));
        listed.chain(found).collect()
    }

    /// A place for a connection from this peer, while there is room for it.
    pub(crate) fn take(self: &Arc<Self>, from: SocketAddr) -> Option<Place> {
        let mut taken = self.lock();
        let peer = taken.peer(from);
        let source = peer.source(from.ip());
        let of_source = taken.per_source.get(&source).copied().unwrap_or(0);
        if of_source >= CONNECTIONS_OF_SOURCE_MAX || taken.is_full_for(peer) {
            return None;
        }
        taken.per_source.insert(source, of_source + 1);
        taken.all += 1;
        taken.others += usize::from(peer != Peer::Trunk);
        taken.strangers += usize::from(peer == Peer::Stranger);
        Some(Place {
            source,
            peer,
            places: Arc::clone(self),
        })
    }

    /// No code that runs under this lock can panic.
    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    /// A source port says nothing here: a peer opens its connections from any.
    fn peer(&self, from: SocketAddr) -> Peer {
        let of_network = |network: &Network| {
            let any_port = Network {
                port: None,
                ..*network
            };
            any_port.contains(from)
        };
        let address = from.ip().to_canonical();
        let is_host = self.hosts.values().flatten().any(|host| *host == address);
        if is_host || self.trunks.iter().any(of_network) {
            Peer::Trunk
        } else if self.phones.iter().any(of_network) {
            Peer::Phone
        } else {
            Peer::Stranger
        }
    }

    const fn is_full_for(&self, peer: Peer) -> bool {
        let all = self.all >= CONNECTIONS_MAX;
        let others = self.others >= CONNECTIONS_MAX - CONNECTIONS_KEPT_FOR_TRUNKS;
        match peer {
            Peer::Trunk => all,
            Peer::Phone => all || others,
            Peer::Stranger => all || others || self.strangers >= CONNECTIONS_OF_STRANGERS_MAX,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.lock();
        taken.all -= 1;
        taken.others -= usize::from(self.peer != Peer::Trunk);
        taken.strangers -= usize::from(self.peer == Peer::Stranger);
        if let Some(count) = taken.per_source.get_mut(&self.source) {
            *count -= 1;
            if *count == 0 {
                taken.per_source.remove(&self.source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUNKS: u8 = 100;
    const PHONES: u8 = 10;

    fn from(a: u8, b: u8) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::new(a, 0, b, 1), 40_000))
    }

    fn places() -> Arc<Places> {
        let places = Places::default();
        let network = |a, port| Network {
            address: from(a, 0).ip(),
            bits: 8,
            port,
        };
        places.lock().trunks = vec![network(TRUNKS, Some(5_060))];
        places.lock().phones = vec![network(PHONES, None)];
        Arc::new(places)
    }

    /// As many as there is room for, from so many addresses.
    fn fill(places: &Arc<Places>, network: u8) -> Vec<Place> {
        let addresses = (0..=255).cycle().take(20 * CONNECTIONS_MAX);
        let taken = addresses.map(|b| places.take(from(network, b)));
        taken.flatten().collect()
    }

    fn taken(places: &Arc<Places>, from: impl Fn(u8) -> SocketAddr) -> usize {
        let all: Vec<_> = (0..=255).cycle().take(1_000).map(from).collect();
        let taken: Vec<_> = all
            .into_iter()
            .filter_map(|from| places.take(from))
            .collect();
        taken.len()
    }

    #[test]
    fn one_address_takes_no_more_than_its_share() {
        let places = places();

        assert_eq!(
            taken(&places, |_| from(PHONES, 1)),
            CONNECTIONS_OF_SOURCE_MAX
        );
    }

    #[test]
    fn one_network_of_strangers_takes_no_more_than_one_address() {
        let places = places();
        let v4 = |n: u8| SocketAddr::from((Ipv4Addr::new(203, 0, 113, n), 40_000));
        let v6 =
            |n: u8| SocketAddr::from((Ipv6Addr::new(0x2001, 0xdb8, 0, n.into(), 0, 0, 0, 1), 1));

        assert_eq!(taken(&places, v4), CONNECTIONS_OF_SOURCE_MAX);
        assert_eq!(taken(&places, v6), CONNECTIONS_OF_SOURCE_MAX);
    }

    #[test]
    fn strangers_leave_half_of_the_places_to_those_whom_we_know() {
        let places = places();

        let strangers = fill(&places, 203);
        let phones = fill(&places, PHONES);
        let trunks = fill(&places, TRUNKS);

        assert_eq!(strangers.len(), CONNECTIONS_OF_STRANGERS_MAX);
        assert_eq!(
            phones.len() + trunks.len(),
            CONNECTIONS_MAX - strangers.len()
        );
        assert_eq!(trunks.len(), CONNECTIONS_KEPT_FOR_TRUNKS);
    }

    #[test]
    fn a_trunk_that_is_known_by_its_host_counts_as_one() {
        let places = places();
        let named = Host {
            name: "carrier.test".to_owned(),
            port: None,
        };
        for protocol in [Protocol::Udp, Protocol::Tcp] {
            let key = (named.clone(), protocol);
            places.lock().hosts.insert(key, Vec::new());
        }
        let peer = |from| places.lock().peer(from);
        let before = peer(from(198, 7));

        let found = |protocol, addresses: Vec<SocketAddr>| Resolution {
            host: named.clone(),
            protocol,
            addresses,
        };
        let at = |b| vec![SocketAddr::new(from(198, b).ip(), 5_060)];
        places.found(&found(Protocol::Tcp, at(7)));
        places.found(&found(Protocol::Tcp, Vec::new()));
        places.found(&found(Protocol::Udp, at(9)));

        assert_eq!(before, Peer::Stranger);
        assert_eq!(peer(from(198, 7)), Peer::Trunk);
        assert_eq!(peer(from(198, 9)), Peer::Trunk);
        assert_eq!(peer(from(198, 8)), Peer::Stranger);
    }

    #[test]
    fn a_dropped_place_is_free_again() {
        let places = places();
        let mut strangers = fill(&places, 203);
        assert!(places.take(from(204, 1)).is_none());

        strangers.pop();

        assert!(places.take(from(204, 1)).is_some());
    }
}
