//! What is known of a caller's number, and how little is done with it.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use dispatch::{LegId, Standing};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A caller's number. It has no `Display`, no serialisation, and leaves this crate nowhere.
pub(crate) struct CallerNumber(Vec<u8>);

impl fmt::Debug for CallerNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallerNumber(redacted)")
    }
}

/// Users of a From that mean "no number": what trunks send for withheld ones.
const WITHHELD: [&[u8]; 6] = [
    b"",
    b"anonymous",
    b"restricted",
    b"unavailable",
    b"unknown",
    b"private",
];

impl CallerNumber {
    /// Reads the user part of a From or P-Asserted-Identity; `None` for a withheld number.
    pub(crate) fn from_user(user: &[u8]) -> Option<Self> {
        let lower = user.to_ascii_lowercase();
        if WITHHELD.contains(&lower.as_slice()) {
            return None;
        }
        let digits: Vec<u8> = lower.iter().copied().filter(u8::is_ascii_digit).collect();
        Some(Self(if digits.is_empty() { lower } else { digits }))
    }
}

/// How long one key of the keyed hash lives: a hash is gone within 24 h.
const KEY_LIFE: Duration = Duration::from_secs(12 * 3600);

type Hash = [u8; 16];

/// Which live calls came from one number, by a keyed hash in memory.
///
/// A call keeps the hash it was given when it came in; when the key has been replaced since, a new call from the same number no longer
/// meets it: forgetting wins over fairness.
pub(crate) struct Repeats {
    key: [u8; 32],
    renewed: Instant,
    live: BTreeMap<Hash, Vec<LegId>>,
    by_leg: BTreeMap<LegId, Hash>,
}

impl Repeats {
    pub(crate) fn new(now: Instant, key: [u8; 32]) -> Self {
        Self {
            key,
            renewed: now,
            live: BTreeMap::new(),
            by_leg: BTreeMap::new(),
        }
    }

    /// Notes a new call and says where it stands: behind its band while another call from the number is live.
    pub(crate) fn came(
        &mut self,
        now: Instant,
        leg: LegId,
        number: Option<&CallerNumber>,
    ) -> Standing {
        let Some(number) = number else {
            return Standing::Arrival;
        };
        self.renew(now);
        let hash = self.hash(number);
        let legs = self.live.entry(hash).or_default();
        legs.push(leg);
        self.by_leg.insert(leg, hash);
        if legs.len() > 1 {
            Standing::BehindBand
        } else {
            Standing::Arrival
        }
    }

    /// Notes that a call is over; returns the leg that now is the first from that number, if it stood behind.
    pub(crate) fn went(&mut self, leg: LegId) -> Option<LegId> {
        let hash = self.by_leg.remove(&leg)?;
        let legs = self.live.get_mut(&hash)?;
        let was_first = legs.first() == Some(&leg);
        legs.retain(|other| *other != leg);
        let first = legs.first().copied();
        if first.is_none() {
            self.live.remove(&hash);
        }
        first.filter(|_| was_first)
    }

    fn hash(&self, number: &CallerNumber) -> Hash {
        keyed(&self.key, &number.0)
    }

    /// Replaces the key once it is old. The new key is derived one way from the old one, which is then gone.
    fn renew(&mut self, now: Instant) {
        if now.saturating_duration_since(self.renewed) < KEY_LIFE {
            return;
        }
        let mut next = [0; 32];
        next[..16].copy_from_slice(&keyed(&self.key, b"next key, first half"));
        next[16..].copy_from_slice(&keyed(&self.key, b"next key, second half"));
        self.key = next;
        self.renewed = now;
        // Calls older than a key keep no hash at all.
        self.live.clear();
        self.by_leg.clear();
    }
}

fn keyed(key: &[u8; 32], input: &[u8]) -> Hash {
    let mut hash = [0; 16];
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) {
        mac.update(input);
        hash.copy_from_slice(&mac.finalize().into_bytes()[..16]);
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: LegId = LegId { start: 1, n: 1 };
    const B: LegId = LegId { start: 1, n: 2 };
    const C: LegId = LegId { start: 1, n: 3 };

    #[allow(
        clippy::disallowed_methods,
        reason = "any instant will do as the start of virtual time"
    )]
    fn now() -> Instant {
        Instant::now()
    }

    fn number(user: &str) -> Option<CallerNumber> {
        CallerNumber::from_user(user.as_bytes())
    }

    #[test]
    fn the_second_live_call_of_one_number_waits_behind() {
        let now = now();
        let mut repeats = Repeats::new(now, [1; 32]);

        let first = repeats.came(now, A, number("+420 777 000 001").as_ref());
        let second = repeats.came(now, B, number("+420777000001").as_ref());
        let other = repeats.came(now, C, number("+420777000002").as_ref());

        assert_eq!(
            (first, second, other),
            (Standing::Arrival, Standing::BehindBand, Standing::Arrival)
        );
    }

    #[test]
    fn the_next_call_moves_up_when_the_first_ends() {
        let now = now();
        let mut repeats = Repeats::new(now, [1; 32]);
        repeats.came(now, A, number("777000001").as_ref());
        repeats.came(now, B, number("777000001").as_ref());

        assert_eq!(repeats.went(B), None);
        repeats.came(now, C, number("777000001").as_ref());
        assert_eq!(repeats.went(A), Some(C));
        assert_eq!(repeats.went(C), None);
    }

    #[test]
    fn withheld_numbers_are_exempt() {
        let now = now();
        let mut repeats = Repeats::new(now, [1; 32]);

        for leg in [A, B, C] {
            assert_eq!(
                repeats.came(now, leg, number("Anonymous").as_ref()),
                Standing::Arrival
            );
        }
    }

    #[test]
    fn a_number_is_forgotten_with_its_key() {
        let now = now();
        let mut repeats = Repeats::new(now, [1; 32]);
        repeats.came(now, A, number("777000001").as_ref());

        let later = repeats.came(now + KEY_LIFE, B, number("777000001").as_ref());

        assert_eq!(later, Standing::Arrival);
    }

    #[test]
    fn a_number_is_never_printed() {
        let printed = format!("{:?}", number("777000001").unwrap());

        assert!(!printed.contains("777"));
    }
}
