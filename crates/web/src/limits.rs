//! How often somebody may ask. What takes, raises or enters a contact is never held back, once it is known who asks.

use std::net::IpAddr;
use std::num::NonZeroU32;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::identity::Who;
use crate::network::network_of;
use crate::problem::{Kind, Problem};

/// Requests that somebody may send each second for long.
pub const REQUESTS_A_SECOND: NonZeroU32 = NonZeroU32::new(100).unwrap();
/// Requests that somebody may send at once.
pub const REQUESTS_AT_ONCE: NonZeroU32 = NonZeroU32::new(400).unwrap();
/// How many askers are remembered before those who are quiet are forgotten.
pub const ASKERS_MAX: usize = 10_000;
/// Paths below which nothing is held back: an operator's own acts, contacts, and the live feed,
/// which has limits of its own.
const SPARED: [&str; 3] = ["/api/v1/me/", "/api/v1/contacts/", "/api/v1/feed"];
/// A question below one of them that the engine looks through all open calls for: nobody takes a contact by it.
const COSTLY: &str = "/api/v1/me/finished";

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Asker {
    /// Somebody with an account.
    Account(u128),
    /// A program with a key.
    Key(String),
    /// Nobody that is known, from this network.
    Stranger(Option<IpAddr>),
}

impl Asker {
    /// Nobody that is known, from this address. A network counts as one.
    pub(crate) fn stranger(address: Option<IpAddr>) -> Self {
        Self::Stranger(address.map(network_of))
    }

    /// Who somebody is here that has signed in.
    pub(crate) fn of(who: &Who) -> Self {
        match who {
            Who::Account(account) => Self::Account(account.account.0),
            Who::Key { name, .. } => Self::Key(name.clone()),
        }
    }
}

/// Who has asked how often.
pub(crate) struct Limits(DefaultKeyedRateLimiter<Asker>);

impl Default for Limits {
    fn default() -> Self {
        let quota = Quota::per_second(REQUESTS_A_SECOND).allow_burst(REQUESTS_AT_ONCE);
        Self(RateLimiter::keyed(quota))
    }
}

impl Limits {
    /// Counts a request.
    ///
    /// # Errors
    /// [`Problem`] when there were too many.
    pub(crate) fn count(&self, asker: &Asker, path: &str) -> Result<(), Problem> {
        let is_known = match asker {
            Asker::Account(_) | Asker::Key(_) => true,
            Asker::Stranger(_) => false,
        };
        let is_spared = SPARED.iter().any(|spared| path.starts_with(spared));
        if is_known && is_spared && path != COSTLY {
            return Ok(());
        }
        if self.0.len() >= ASKERS_MAX {
            self.0.retain_recent();
        }
        self.0.check_key(asker).map_err(|early| {
            let wait = early.wait_time_from(DefaultClock::default().now());
            let told = format!("at most {REQUESTS_A_SECOND} requests a second");
            Problem::new(Kind::TooMany, told).retry_after(wait.as_secs() + 1)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn who_asks_too_often_waits_and_nobody_else_does() {
        let limits = Limits::default();
        let [often, other] = [1, 2].map(Asker::Account);
        let ask = |asker: &Asker, path: &str| limits.count(asker, path).is_ok();

        let taken = (0..2_000).filter(|_| ask(&often, "/api/v1/audit")).count();

        assert!((400..1_000).contains(&taken), "{taken}");
        assert!(ask(&other, "/api/v1/audit"));
        assert!((0..2_000).all(|_| ask(&often, "/api/v1/contacts/{contact}/class")));
        assert!((0..2_000).all(|_| ask(&often, "/api/v1/me/intent")));
        assert!((0..2_000).any(|_| !ask(&often, COSTLY)));
    }

    #[test]
    fn stranger_is_spared_nowhere_and_her_network_counts_as_one() {
        let limits = Limits::default();
        let asks = |last: u32| {
            let address = Ipv4Addr::from_bits(0xcb00_7100 + last % 256);
            let stranger = Asker::stranger(Some(address.into()));
            limits.count(&stranger, "/api/v1/contacts/{contact}/class")
        };

        let taken = (0..2_000).filter(|n| asks(*n).is_ok()).count();

        assert!((400..1_000).contains(&taken), "{taken}");
        let elsewhere = Asker::stranger(Some(Ipv4Addr::new(198, 51, 100, 1).into()));
        assert!(limits.count(&elsewhere, "/").is_ok());
    }
}
