//! Where the hosts of a trunk are: that which its calls go to, and its registrar where that is another one.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::left::Left;
use super::reach::Lookup;
use super::{TrunkState, literal};
use crate::settings::{Host, Trunk};

/// Which of a trunk's hosts is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The one that calls go to; or the registrar of a trunk that takes none of ours.
    Calls,
    /// A registrar that is not the host that calls go to.
    Registrar,
}

impl Role {
    pub(super) const ALL: [Self; 2] = [Self::Calls, Self::Registrar];

    pub(super) fn host(self, settings: &Trunk) -> Option<&Host> {
        match self {
            Self::Calls => settings.host(),
            Self::Registrar => settings.registrar_apart(),
        }
    }
}

/// What is known of where a host is.
#[derive(Debug)]
pub(super) struct Whereabouts {
    /// Where it is, as far as that is known, the preferred address first.
    pub(super) addresses: Vec<SocketAddr>,
    /// Which of them is used now.
    current: usize,
    /// Where it was before; its calls may come from there still.
    pub(super) left: Left,
    pub(super) lookup: Lookup,
}

impl Whereabouts {
    pub(super) fn new(host: Option<&Host>) -> Self {
        Self {
            addresses: host.and_then(literal).into_iter().collect(),
            current: 0,
            left: Left::default(),
            lookup: Lookup::No,
        }
    }

    /// What stays known of it when it is configured anew; it is looked up again.
    pub(super) fn anew(self) -> Self {
        Self {
            lookup: Lookup::No,
            ..self
        }
    }

    pub(super) fn address(&self) -> Option<SocketAddr> {
        self.addresses.get(self.current).copied()
    }

    /// An address failed: the next one is used from now on, unless that was done already.
    pub(super) fn pass_over(&mut self, address: SocketAddr) {
        if self.address() == Some(address) {
            self.current = (self.current + 1) % self.addresses.len();
        }
    }

    /// Goes on with other addresses: with the one that is used now, where it is among them.
    pub(super) fn found(&mut self, now: Instant, addresses: Vec<SocketAddr>, registered: Duration) {
        let before = self.address();
        self.left
            .moved(now, (&self.addresses, &addresses), registered);
        self.addresses = addresses;
        let mut addresses = self.addresses.iter();
        let same = addresses.position(|address| Some(*address) == before);
        self.current = same.unwrap_or(0);
    }

    /// Where it is, and where it was.
    pub(super) fn all(&self) -> impl Iterator<Item = SocketAddr> {
        self.addresses.iter().copied().chain(self.left.iter())
    }
}

impl TrunkState {
    pub(super) const fn whereabouts(&self, role: Role) -> Option<&Whereabouts> {
        match role {
            Role::Calls => Some(&self.at),
            Role::Registrar => self.registrar.as_ref(),
        }
    }

    pub(super) const fn whereabouts_mut(&mut self, role: Role) -> Option<&mut Whereabouts> {
        match role {
            Role::Calls => Some(&mut self.at),
            Role::Registrar => self.registrar.as_mut(),
        }
    }

    pub(super) fn address_as(&self, role: Role) -> Option<SocketAddr> {
        self.whereabouts(role)?.address()
    }

    /// All that is known of its hosts.
    pub(super) fn hosts_known(&self) -> impl Iterator<Item = &Whereabouts> {
        std::iter::once(&self.at).chain(&self.registrar)
    }

    /// As which of its hosts it takes our registration.
    pub(super) const fn registers_as(&self) -> Role {
        match self.registrar {
            Some(_) => Role::Registrar,
            None => Role::Calls,
        }
    }
}
