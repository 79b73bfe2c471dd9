//! Where a trunk was found before. A name server may name one of a carrier's proxies at a time, and what moves goes on
//! calling us from where it was until our registration there ends: such an address is recognised and never called.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// The least time for which an address that is no longer named is recognised.
const RECOGNISED_FOR: Duration = Duration::from_secs(3600);
/// Addresses of one trunk that are recognised though they are no longer named; those left first are forgotten first.
const LEFT_MAX: usize = 32;

/// The addresses at which a trunk was found and is not any more, those left first in front.
#[derive(Debug, Default)]
pub(super) struct Left {
    all: Vec<(SocketAddr, Instant)>,
}

impl Left {
    pub(super) fn iter(&self) -> impl Iterator<Item = SocketAddr> {
        self.all.iter().map(|(address, _)| *address)
    }

    /// A trunk that was at `before` is at `found` now. A registration that it holds of us may live for `registered`.
    pub(super) fn moved(
        &mut self,
        now: Instant,
        (before, found): (&[SocketAddr], &[SocketAddr]),
        registered: Duration,
    ) {
        let until = now + RECOGNISED_FOR.max(registered);
        let left = before.iter().map(|address| (*address, until));
        self.all.extend(left);
        self.all.retain(|(address, _)| !found.contains(address));
        let beyond = self.all.len().saturating_sub(LEFT_MAX);
        self.all.drain(..beyond);
    }

    /// Forgets what was left long ago.
    pub(super) fn forget(&mut self, now: Instant) {
        self.all.retain(|(_, until)| *until > now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> SocketAddr {
        SocketAddr::from(([198, 51, 100, last], 5060))
    }

    fn left(left: &Left) -> Vec<SocketAddr> {
        left.iter().collect()
    }

    #[allow(clippy::disallowed_methods, reason = "an Instant has no other origin")]
    fn start() -> Instant {
        Instant::now()
    }

    #[test]
    fn an_address_is_left_while_it_is_not_named_and_for_as_long_as_a_registration_lives() {
        let (now, mut all) = (start(), Left::default());
        let registered = RECOGNISED_FOR * 2;

        all.moved(now, (&[address(1)], &[address(2)]), registered);
        all.moved(now, (&[address(2)], &[address(1)]), Duration::ZERO);
        assert_eq!(left(&all), [address(2)]);
        all.moved(now, (&[address(1)], &[address(3)]), registered);

        all.forget(now + RECOGNISED_FOR);
        assert_eq!(left(&all), [address(1)]);
        all.forget(now + registered);
        assert_eq!(left(&all), []);
    }

    #[test]
    fn addresses_that_were_left_are_bounded_and_the_oldest_give_way() {
        let (now, mut all) = (start(), Left::default());
        let most = u8::try_from(LEFT_MAX).unwrap();

        for last in 0..=most {
            all.moved(
                now,
                (&[address(last)], &[address(last + 1)]),
                Duration::ZERO,
            );
        }

        assert_eq!(all.iter().count(), LEFT_MAX);
        assert!(!left(&all).contains(&address(0)));
        assert!(left(&all).contains(&address(most)));
    }
}
