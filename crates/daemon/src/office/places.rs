//! How many stream connections there may be, and whose.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use exchange::settings::{Network, Settings};

/// Connections in all.
const CONNECTIONS_MAX: usize = 2_000;
/// Connections of strangers: the rest is kept for trunks and for the networks of our phones, whatever the others do.
const CONNECTIONS_OF_STRANGERS_MAX: usize = 1_000;
/// Connections from one address.
const CONNECTIONS_OF_ADDRESS_MAX: usize = 200;

/// The places for connections that peers open.
#[derive(Default)]
pub(crate) struct Places(Mutex<Taken>);

#[derive(Default)]
struct Taken {
    known: Vec<Network>,
    per_address: BTreeMap<IpAddr, usize>,
    all: usize,
    strangers: usize,
}

/// Whose connection it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Peer {
    /// It comes from a network of the configuration.
    Known,
    Stranger,
}

/// A connection's place, given back when it is dropped.
pub(crate) struct Place {
    address: IpAddr,
    peer: Peer,
    places: Arc<Places>,
}

impl Places {
    /// Knows from now on whom these settings name: trunks, and the networks of clear-text phones.
    pub(crate) fn know(&self, settings: &Settings) {
        let trunks = settings.trunks.iter().flat_map(|trunk| &trunk.addresses);
        let phones = &settings.node.clear_text;
        self.lock().known = trunks.chain(phones).cloned().collect();
    }

    /// A place for a connection from this peer, while there is room for it.
    pub(crate) fn take(self: &Arc<Self>, from: SocketAddr) -> Option<Place> {
        let mut taken = self.lock();
        let peer = taken.peer(from);
        let of_address = taken.per_address.get(&from.ip()).copied().unwrap_or(0);
        let strangers_full = taken.strangers >= CONNECTIONS_OF_STRANGERS_MAX;
        if taken.all >= CONNECTIONS_MAX
            || of_address >= CONNECTIONS_OF_ADDRESS_MAX
            || peer == Peer::Stranger && strangers_full
        {
            return None;
        }
        taken.all += 1;
        taken.per_address.insert(from.ip(), of_address + 1);
        if peer == Peer::Stranger {
            taken.strangers += 1;
        }
        Some(Place {
            address: from.ip(),
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
        if self.known.iter().any(of_network) {
            Peer::Known
        } else {
            Peer::Stranger
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.lock();
        taken.all -= 1;
        if self.peer == Peer::Stranger {
            taken.strangers -= 1;
        }
        if let Some(count) = taken.per_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                taken.per_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn from(a: u8, b: u8) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::new(a, 0, 0, b), 40_000))
    }

    fn places(known: &[(u8, Option<u16>)]) -> Arc<Places> {
        let places = Places::default();
        let network = |(a, port): &(u8, Option<u16>)| Network {
            address: from(*a, 0).ip(),
            bits: 8,
            port: *port,
        };
        places.lock().known = known.iter().map(network).collect();
        Arc::new(places)
    }

    /// As many as there is room for, from so many addresses.
    fn fill(places: &Arc<Places>, network: u8) -> Vec<Place> {
        let addresses = (0..=255).cycle().take(20 * CONNECTIONS_MAX);
        let taken = addresses.map(|b| places.take(from(network, b)));
        taken.flatten().collect()
    }

    #[test]
    fn one_address_takes_no_more_than_its_share() {
        let places = places(&[(10, None)]);

        let taken: Vec<_> = (0..1_000)
            .filter_map(|_| places.take(from(10, 1)))
            .collect();

        assert_eq!(taken.len(), CONNECTIONS_OF_ADDRESS_MAX);
    }

    #[test]
    fn strangers_leave_half_of_the_places_to_those_whom_we_know() {
        let places = places(&[(10, Some(5_060))]);

        let strangers = fill(&places, 203);
        let known = fill(&places, 10);

        assert_eq!(strangers.len(), CONNECTIONS_OF_STRANGERS_MAX);
        assert_eq!(known.len(), CONNECTIONS_MAX - CONNECTIONS_OF_STRANGERS_MAX);
    }

    #[test]
    fn a_dropped_place_is_free_again() {
        let places = places(&[]);
        let mut strangers = fill(&places, 203);
        assert!(places.take(from(204, 1)).is_none());

        strangers.pop();

        assert!(places.take(from(204, 1)).is_some());
    }
}
