//! Sign-ins that were begun, until their person comes back from the provider.

use std::collections::BTreeMap;

use store::sql::{TokenHash, UnixSeconds};

use super::super::lockout::Origin;
use super::super::token::Token;

/// Seconds in which somebody may come back.
pub const BEGUN_SECONDS: i64 = 10 * 60;
/// How many may be on their way; then the one that left first is given up. A restart gives up all.
pub const BEGUN_MAX: usize = 1_000;
/// How many of one network may be on their way, so that a stranger crowds out nobody else.
pub const BEGUN_OF_NETWORK_MAX: usize = 100;

/// Somebody on her way.
#[derive(Clone, Debug)]
pub(super) struct Begun {
    /// What her browser keeps, hashed.
    pub(super) browser: TokenHash,
    /// Where she comes from.
    pub(super) network: Origin,
    /// What has to stand in her token.
    pub(super) nonce: Token,
    /// What proves that the code was meant for us (RFC 7636 §4.1).
    pub(super) verifier: Token,
    /// When she left.
    pub(super) at: UnixSeconds,
}

/// Everybody on their way, by what the provider sends back with them, hashed.
#[derive(Debug, Default)]
pub(super) struct AllBegun {
    /// Each with its number, in the order in which they left.
    begun: BTreeMap<TokenHash, (u64, Begun)>,
    numbered: u64,
}

impl AllBegun {
    /// Somebody leaves.
    pub(super) fn begin(&mut self, state: &Token, begun: Begun) {
        self.begun.retain(|_, (_, other)| !is_over(other, begun.at));
        let of_network = |other: &Begun| other.network == begun.network;
        let others = self.begun.values().filter(|(_, other)| of_network(other));
        if others.count() >= BEGUN_OF_NETWORK_MAX {
            self.give_up_first(of_network);
        }
        if self.begun.len() >= BEGUN_MAX {
            self.give_up_first(|_| true);
        }
        self.numbered += 1;
        self.begun.insert(state.hash(), (self.numbered, begun));
    }

    /// Somebody comes back: what was begun, when it was in this browser and not too long ago. It is
    /// used up in any case.
    pub(super) fn finish(
        &mut self,
        state: &Token,
        browser: Option<&Token>,
        now: UnixSeconds,
    ) -> Option<Begun> {
        let (_, begun) = self.begun.remove(&state.hash())?;
        let is_hers = browser.is_some_and(|browser| browser.hash() == begun.browser);
        (is_hers && !is_over(&begun, now)).then_some(begun)
    }

    fn give_up_first(&mut self, among: impl Fn(&Begun) -> bool) {
        let some = self.begun.iter().filter(|(_, (_, begun))| among(begun));
        let first = some.min_by_key(|(_, (number, _))| *number);
        if let Some(state) = first.map(|(state, _)| *state) {
            self.begun.remove(&state);
        }
    }
}

const fn is_over(begun: &Begun, now: UnixSeconds) -> bool {
    now.0 >= begun.at.0.saturating_add(BEGUN_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BROWSER: Token = Token::new([9; 32]);

    fn state(number: usize) -> Token {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        Token::new(bytes)
    }

    fn begun(network: u32, at: i64) -> Begun {
        let network = std::net::Ipv4Addr::from_bits(network << 8);
        Begun {
            browser: BROWSER.hash(),
            network: Origin::network(Some(network.into())),
            nonce: Token::new([1; 32]),
            verifier: Token::new([2; 32]),
            at: UnixSeconds(at),
        }
    }

    #[test]
    fn who_comes_back_in_time_and_in_her_browser_is_known_once() {
        let mut all = AllBegun::default();
        let last = UnixSeconds(BEGUN_SECONDS - 1);
        all.begin(&state(1), begun(1, 0));

        let first = all.finish(&state(1), Some(&BROWSER), last);
        let again = all.finish(&state(1), Some(&BROWSER), last);

        assert!(first.is_some() && again.is_none());
    }

    #[test]
    fn who_is_late_or_in_another_browser_is_not_known_and_has_used_it_up() {
        let mut all = AllBegun::default();
        let now = UnixSeconds(1);
        for number in 1..=3 {
            all.begin(&state(number), begun(1, 0));
        }

        let late = all.finish(&state(1), Some(&BROWSER), UnixSeconds(BEGUN_SECONDS));
        let other = all.finish(&state(2), Some(&state(2)), now);
        let without = all.finish(&state(3), None, now);
        let again = (1..=3).find_map(|one| all.finish(&state(one), Some(&BROWSER), now));

        assert!([late, other, without, again].iter().all(Option::is_none));
    }

    #[test]
    fn one_too_many_of_a_network_gives_up_its_own_first() {
        let mut all = AllBegun::default();
        all.begin(&state(0), begun(1, 0));
        for number in 1..=BEGUN_OF_NETWORK_MAX + 1 {
            all.begin(&state(number), begun(2, number as i64 / 10));
        }

        let now = UnixSeconds(50);
        let mut known = |number| all.finish(&state(number), Some(&BROWSER), now).is_some();

        assert_eq!([0, 1, 2].map(&mut known), [true, false, true]);
        assert!(known(BEGUN_OF_NETWORK_MAX + 1));
    }

    #[test]
    fn one_too_many_of_all_gives_up_the_first() {
        let mut all = AllBegun::default();
        for number in 0..=BEGUN_MAX {
            let network = u32::try_from(number).unwrap();
            all.begin(&state(number), begun(network, number as i64 / 10));
        }

        assert_eq!(all.begun.len(), BEGUN_MAX);
        let now = UnixSeconds(100);
        assert!(all.finish(&state(0), Some(&BROWSER), now).is_none());
        assert!(all.finish(&state(1), Some(&BROWSER), now).is_some());
    }
}
