//! Datagrams on their way: delayed, lost, doubled, out of order.

mod router;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::chance::Chance;

use router::Router;

/// What the network does to datagrams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weather {
    /// How many in a hundred are lost.
    pub loss: u64,
    /// How many in a hundred arrive twice.
    pub doubled: u64,
    /// The shortest time on the way.
    pub fastest: Duration,
    /// The longest time on the way; whatever differs from the shortest lets datagrams overtake each other.
    pub slowest: Duration,
}

impl Weather {
    /// Nothing is lost, doubled or overtaken.
    pub const CALM: Self = Self {
        loss: 0,
        doubled: 0,
        fastest: Duration::from_millis(10),
        slowest: Duration::from_millis(10),
    };
}

/// The network between the exchange and its peers.
#[derive(Debug)]
pub struct Network {
    weather: Weather,
    chance: Chance,
    sent: u64,
    on_the_way: BTreeMap<(Instant, u64), Datagram>,
    /// The routers, by the address inside.
    routers: BTreeMap<IpAddr, Router>,
    /// The address inside, by the one outside.
    insides: BTreeMap<IpAddr, IpAddr>,
}

/// One datagram.
#[derive(Clone, Debug)]
pub struct Datagram {
    /// Who sent it.
    pub from: SocketAddr,
    /// Whom it is for.
    pub to: SocketAddr,
    /// What is in it.
    pub bytes: Bytes,
}

impl Network {
    /// A network with this weather; its chance is its own.
    #[must_use]
    pub fn new(weather: Weather, chance: Chance) -> Self {
        Self {
            weather,
            chance,
            sent: 0,
            on_the_way: BTreeMap::new(),
            routers: BTreeMap::new(),
            insides: BTreeMap::new(),
        }
    }

    pub(crate) const fn weather(&self) -> Weather {
        self.weather
    }

    /// The weather changes for what is sent from now on.
    pub const fn set_weather(&mut self, weather: Weather) {
        self.weather = weather;
    }

    /// From now on everybody else sees what is sent from an address inside as sent from the one outside.
    pub fn put_behind_nat(&mut self, inside: IpAddr, outside: IpAddr) {
        self.routers.insert(inside, Router::new(outside));
        self.insides.insert(outside, inside);
    }

    /// How a host is seen by everybody else.
    pub(crate) fn seen_as(&self, host: IpAddr) -> IpAddr {
        let mut pairs = self.insides.iter();
        pairs
            .find(|(_, inside)| **inside == host)
            .map_or(host, |(outside, _)| *outside)
    }

    /// The router of an address inside maps anew.
    pub fn rebind(&mut self, inside: IpAddr) {
        if let Some(router) = self.routers.get_mut(&inside) {
            router.rebind();
        }
    }

    /// The router of an address inside has another one outside from now on.
    pub fn move_router(&mut self, inside: IpAddr, outside: IpAddr) {
        if let Some(router) = self.routers.get_mut(&inside) {
            router.move_to(outside);
            self.insides.retain(|_, behind| *behind != inside);
            self.insides.insert(outside, inside);
        }
    }

    /// Takes a datagram.
    pub fn send(&mut self, now: Instant, mut datagram: Datagram) {
        if let Some(router) = self.routers.get_mut(&datagram.from.ip()) {
            datagram.from = router.outward(datagram.from, datagram.to);
        }
        if self.chance.percent(self.weather.loss) {
            return;
        }
        if self.chance.percent(self.weather.doubled) {
            self.carry(now, datagram.clone());
        }
        self.carry(now, datagram);
    }

    fn carry(&mut self, now: Instant, datagram: Datagram) {
        let spread = self.weather.slowest.saturating_sub(self.weather.fastest);
        let micros = u64::try_from(spread.as_micros()).unwrap_or(u64::MAX);
        let late = Duration::from_micros(self.chance.below(micros.saturating_add(1)));
        self.sent += 1;
        self.on_the_way
            .insert((now + self.weather.fastest + late, self.sent), datagram);
    }

    /// When the next datagram arrives.
    #[must_use]
    pub fn next(&self) -> Option<Instant> {
        self.on_the_way.keys().next().map(|(at, _)| *at)
    }

    /// A datagram that has arrived.
    pub fn arrived(&mut self, now: Instant) -> Option<Datagram> {
        loop {
            let first = self.on_the_way.first_entry()?;
            if first.key().0 > now {
                return None;
            }
            let datagram = first.remove();
            if let Some(datagram) = self.let_in(datagram) {
                return Some(datagram);
            }
        }
    }

    /// What a router makes of a datagram from outside. Who is behind one is reached by no other way.
    fn let_in(&self, mut datagram: Datagram) -> Option<Datagram> {
        if self.routers.contains_key(&datagram.to.ip()) {
            return None;
        }
        if let Some(inside) = self.insides.get(&datagram.to.ip()) {
            let router = self.routers.get(inside)?;
            datagram.to = router.inward(datagram.from, datagram.to.port())?;
        }
        Some(datagram)
    }
}
