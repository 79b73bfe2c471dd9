//! Datagrams on their way: delayed, lost, doubled, out of order.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::chance::Chance;

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
    pub const fn new(weather: Weather, chance: Chance) -> Self {
        Self {
            weather,
            chance,
            sent: 0,
            on_the_way: BTreeMap::new(),
        }
    }

    /// The weather changes for what is sent from now on.
    pub const fn set_weather(&mut self, weather: Weather) {
        self.weather = weather;
    }

    /// Takes a datagram.
    pub fn send(&mut self, now: Instant, datagram: Datagram) {
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
        let first = self.on_the_way.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }
}
