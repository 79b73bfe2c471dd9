//! A router with NAT between a peer and everybody else.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

/// The first port that a router maps to; every new mapping takes another one.
const FIRST_PORT: u16 = 30_000;

/// A router: it shows another address than the peer's own, and lets in only what was sent to before.
#[derive(Debug)]
pub(crate) struct Router {
    outside: IpAddr,
    next_port: u16,
    /// The port outside of each address inside.
    mapped: BTreeMap<SocketAddr, u16>,
    /// Where each port has sent to.
    sent_to: BTreeSet<(u16, SocketAddr)>,
}

impl Router {
    pub(crate) const fn new(outside: IpAddr) -> Self {
        Self {
            outside,
            next_port: FIRST_PORT,
            mapped: BTreeMap::new(),
            sent_to: BTreeSet::new(),
        }
    }

    /// How an address inside is seen by whom it sends to.
    pub(crate) fn outward(&mut self, inside: SocketAddr, to: SocketAddr) -> SocketAddr {
        let port = *self.mapped.entry(inside).or_insert_with(|| {
            let port = self.next_port;
            self.next_port = port.checked_add(1).unwrap_or(FIRST_PORT);
            port
        });
        self.sent_to.insert((port, to));
        SocketAddr::new(self.outside, port)
    }

    /// Whom inside a datagram is for, if it may come in.
    pub(crate) fn inward(&self, from: SocketAddr, port: u16) -> Option<SocketAddr> {
        if !self.sent_to.contains(&(port, from)) {
            return None;
        }
        let mut mapped = self.mapped.iter();
        mapped.find(|(_, other)| **other == port).map(|it| *it.0)
    }

    /// Its network gives it another address outside.
    pub(crate) fn move_to(&mut self, outside: IpAddr) {
        self.outside = outside;
        self.rebind();
    }

    /// It forgets all that it mapped: what comes next from inside has another port.
    pub(crate) fn rebind(&mut self) {
        self.mapped.clear();
        self.sent_to.clear();
    }
}
