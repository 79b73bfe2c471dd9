//! A token bucket for each unknown source, before anything is parsed.

use std::hash::BuildHasher as _;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::table::Seeded;

/// How many buckets there are. Sources share one by chance; each is small, and the table never grows.
pub const SOURCES_MAX: usize = 4_096;
/// How many messages a source may send at once.
pub const SOURCE_BURST: u32 = 20;
/// How long a source waits for one more message.
pub const SOURCE_REFILL: Duration = Duration::from_millis(500);

/// The buckets, found by a keyed hash of the source's network: /24 of IPv4, /48 of IPv6.
pub(crate) struct Buckets {
    full_at: Vec<Option<Instant>>,
    seeded: Seeded,
}

impl Buckets {
    pub(crate) fn new(secret: &[u8; 32]) -> Self {
        Self {
            full_at: vec![None; SOURCES_MAX],
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
        let next = full_at.map_or(now, |at| at.max(now)) + SOURCE_REFILL;
        let empty = next > now + SOURCE_REFILL * SOURCE_BURST;
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

    #[test]
    #[allow(clippy::disallowed_methods, reason = "an Instant has no other origin")]
    fn a_source_gets_its_burst_and_then_its_refill() {
        let start = Instant::now();
        let mut buckets = Buckets::new(&[1; 32]);
        let (scanner, neighbour) = ([192, 0, 2, 1].into(), [192, 0, 2, 200].into());

        let taken = (0..100).filter(|_| buckets.take(start, scanner)).count();

        assert_eq!(taken, 20);
        assert!(
            !buckets.take(start, neighbour),
            "the whole /24 shares the bucket"
        );
        assert!(buckets.take(start, [198, 51, 100, 1].into()));
        assert!(buckets.take(start + SOURCE_REFILL, scanner));
        assert!(!buckets.take(start + SOURCE_REFILL, scanner));
    }
}
