//! A token bucket for each unknown source, before anything is parsed.

use std::hash::BuildHasher as _;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::table::Seeded;

/// How many buckets there are. Sources share one by chance; each is small, and the table never grows.
pub const SOURCES_MAX: usize = 4_096;
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

/// The buckets, found by a keyed hash of the source's network: /24 of IPv4, /48 of IPv6.
pub(crate) struct Buckets {
    full_at: Vec<Option<Instant>>,
    rate: SourceRate,
    seeded: Seeded,
}

impl Buckets {
    pub(crate) fn new(secret: &[u8; 32], rate: SourceRate) -> Self {
        Self {
            full_at: vec![None; SOURCES_MAX],
            rate,
            seeded: Seeded::new(secret),
        }
    }

    /// Takes a token of the source; whether there was one.
    pub(crate) fn take(&mut self, now: Instant, source: IpAddr) -> bool {
        let at = usize::try_from(self.seeded.hash_one(network(source)) % SOURCES_MAX as u64)
            .unwrap_or(0);
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

/// The network of an address: what one attacker easily has.
fn network(address: IpAddr) -> [u8; 6] {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            [a, b, c, 0, 0, 4]
        }
        IpAddr::V6(address) => {
            let [a, b, c, d, e, f, ..] = address.octets();
            [a, b, c, d, e, f]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFILL: Duration = Duration::from_millis(500);

    #[test]
    #[allow(clippy::disallowed_methods, reason = "an Instant has no other origin")]
    fn a_source_gets_its_burst_and_then_its_refill() {
        let start = Instant::now();
        let mut buckets = Buckets::new(
            &[1; 32],
            SourceRate {
                burst: 20,
                refill: REFILL,
            },
        );
        let (scanner, neighbour) = ([192, 0, 2, 1].into(), [192, 0, 2, 200].into());

        let taken = (0..100).filter(|_| buckets.take(start, scanner)).count();

        assert_eq!(taken, 20);
        assert!(
            !buckets.take(start, neighbour),
            "the whole /24 shares the bucket"
        );
        assert!(buckets.take(start, [198, 51, 100, 1].into()));
        assert!(buckets.take(start + REFILL, scanner));
        assert!(!buckets.take(start + REFILL, scanner));
    }
}
