//! A token bucket for each unknown source, before anything is parsed.

use std::hash::{BuildHasher as _, Hash};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use super::Registering;
use crate::table::Seeded;

/// How many buckets there are for networks without phones. Sources share one by chance; each is small, and the table
/// never grows.
pub const SOURCES_MAX: usize = 4_096;
/// How many buckets there are for single addresses in the networks of phones, and as many again for their answers to
/// challenges of ours.
pub const PHONE_SOURCES_MAX: usize = 16_384;
/// How many messages a source may send at once by default: an office of phones that register together.
pub const SOURCE_BURST: u32 = 100;
/// How long a source waits for one more message by default: 10 a second leave little to guess passwords with.
pub const SOURCE_REFILL: Duration = Duration::from_millis(100);

/// How much an unknown source may send.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct SourceRate {
    /// How many messages at once.
    pub burst: u32,
    /// How long it waits for one more.
    pub refill: Duration,
}

/// The buckets of all unknown sources. In the networks of phones each address has its own, so that one machine there
/// keeps no phone from registering; elsewhere a network shares one.
pub(crate) struct Buckets {
    networks: Shelf,
    addresses: Shelf,
    answers: Shelf,
}

impl Buckets {
    pub(crate) fn new(secret: &[u8; 32], rate: SourceRate) -> Self {
        let shelf = |buckets| Shelf::new(secret, rate, buckets);
        Self {
            networks: shelf(SOURCES_MAX),
            addresses: shelf(PHONE_SOURCES_MAX),
            answers: shelf(PHONE_SOURCES_MAX),
        }
    }

    /// Takes a token of the source; whether there was one.
    pub(crate) fn take(&mut self, now: Instant, source: IpAddr, registering: Registering) -> bool {
        match registering {
            Registering::Allowed => self.addresses.take(now, source.to_canonical()),
            Registering::Ignored => self.networks.take(now, network(source)),
        }
    }

    /// Takes a token of those that an address has for REGISTERs with a nonce of ours; whether there was one. What
    /// anybody sends in its name uses none of them up.
    pub(crate) fn take_for_answer(&mut self, now: Instant, source: IpAddr) -> bool {
        self.answers.take(now, source.to_canonical())
    }
}

/// Buckets that are found by a keyed hash of whose they are.
struct Shelf {
    full_at: Vec<Option<Instant>>,
    rate: SourceRate,
    seeded: Seeded,
}

impl Shelf {
    fn new(secret: &[u8; 32], rate: SourceRate, buckets: usize) -> Self {
        Self {
            full_at: vec![None; buckets],
            rate,
            seeded: Seeded::new(secret),
        }
    }

    fn take(&mut self, now: Instant, owner: impl Hash) -> bool {
        let at =
            usize::try_from(self.seeded.hash_one(owner) % self.full_at.len() as u64).unwrap_or(0);
        let Some(full_at) = self.full_at.get_mut(at) else {
            return false;
        };
        // The bucket is full again at that time; each token moves it on by one refill.
        let next = full_at.map_or(now, |at| at.max(now)) + self.rate.refill;
        let empty = next > now + self.rate.refill * self.rate.burst;
        if !empty {
            *full_at = Some(next);
        }
        !empty
    }
}

/// The network of an address, what one attacker easily has: /24 of IPv4, /56 of IPv6.
fn network(address: IpAddr) -> [u8; 8] {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            [a, b, c, 0, 0, 0, 0, 4]
        }
        IpAddr::V6(address) => {
            let [a, b, c, d, e, f, g, ..] = address.octets();
            [a, b, c, d, e, f, g, 6]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFILL: Duration = Duration::from_millis(500);
    const BURST: u32 = 20;

    fn buckets() -> Buckets {
        let rate = SourceRate {
            burst: BURST,
            refill: REFILL,
        };
        Buckets::new(&[1; 32], rate)
    }

    #[allow(clippy::disallowed_methods, reason = "an Instant has no other origin")]
    fn some_instant() -> Instant {
        Instant::now()
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_source_gets_its_burst_and_then_its_refill() {
        for registering in [Registering::Allowed, Registering::Ignored] {
            let (start, mut buckets) = (some_instant(), buckets());
            let scanner = address("192.0.2.1");
            let mut take = |at, source| buckets.take(at, source, registering);

            let taken = (0..100).filter(|_| take(start, scanner)).count();

            assert_eq!(taken, BURST as usize);
            assert!(take(start, address("198.51.100.1")));
            assert!(take(start + REFILL, scanner));
            assert!(!take(start + REFILL, scanner));
        }
    }

    #[test]
    fn a_network_shares_a_bucket_but_for_addresses_where_phones_are() {
        for (scanner, neighbour, stranger) in [
            ("192.0.2.1", "192.0.2.200", "192.0.3.1"),
            ("2001:db8:0:1::1", "2001:db8:0:ff::1", "2001:db8:0:100::1"),
        ] {
            let (start, mut buckets) = (some_instant(), buckets());
            for registering in [Registering::Allowed, Registering::Ignored] {
                while buckets.take(start, address(scanner), registering) {}
            }

            assert!(!buckets.take(start, address(neighbour), Registering::Ignored));
            assert!(buckets.take(start, address(stranger), Registering::Ignored));
            assert!(buckets.take(start, address(neighbour), Registering::Allowed));
        }
    }

    #[test]
    fn answers_to_challenges_have_a_bucket_of_their_own() {
        let (start, mut buckets) = (some_instant(), buckets());
        let phone = address("192.0.2.1");
        while buckets.take(start, phone, Registering::Allowed) {}

        let taken = (0..100)
            .filter(|_| buckets.take_for_answer(start, phone))
            .count();

        assert_eq!(taken, BURST as usize);
        assert!(buckets.take_for_answer(start, address("192.0.2.2")));
    }
}
