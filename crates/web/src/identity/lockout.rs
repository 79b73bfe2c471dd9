//! Failed sign-ins, counted by account and place, and the waits that they cost.

use std::collections::BTreeMap;
use std::net::IpAddr;

use sha2::{Digest as _, Sha256};
use store::sql::{AccountId, TokenHash, UnixSeconds};

use crate::network::network_of;

/// How many sign-ins may fail before the next has to wait.
pub const FAILURES_MAX: u32 = 5;
/// Seconds of the first wait; each further failure doubles it.
pub const FIRST_WAIT_SECONDS: i64 = 60;
/// Seconds of the longest wait.
pub const WAIT_SECONDS_MAX: i64 = 60 * 60;
/// Seconds after which failures are forgotten.
pub const FORGET_SECONDS: i64 = 24 * 60 * 60;
/// How many places are remembered.
pub const PLACES_MAX: usize = 10_000;
/// How many of them may be of one network: login names that were tried from there.
pub const PLACES_OF_NETWORK_MAX: usize = 100;

/// Where a sign-in comes from.
///
/// A known device counts for itself: whoever guesses from elsewhere does not lock her out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Origin {
    /// A network: the first 24 bits of an IPv4 address, or the first 56 of an IPv6 address.
    Network(Option<IpAddr>),
    /// A device that the account has signed in on, or a session of it.
    Known(TokenHash),
}

impl Origin {
    /// The network of an address; IPv4 within IPv6 is IPv4.
    pub(crate) fn network(address: Option<IpAddr>) -> Self {
        Self::Network(address.map(network_of))
    }
}

/// A login name and where it was tried from. The name is hashed: a mistyped one may be a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    login: [u8; 32],
    origin: Origin,
}

impl Place {
    pub(crate) fn new(login: &str, origin: Origin) -> Self {
        Self {
            login: Sha256::digest(login.to_lowercase()).into(),
            origin,
        }
    }
}

/// Somebody has to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Locked {
    /// For how many seconds.
    pub(crate) seconds: u64,
}

/// A sign-in that was begun.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Begun {
    /// Where.
    place: Place,
    /// What was remembered of the place.
    before: Option<Entry>,
    /// How many failures there are with this one.
    failures: u32,
    /// How long the next one has to wait if this one fails.
    pub(crate) then_wait: Option<Locked>,
}

/// A place that has to wait, as supervisors see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lockout {
    /// Its number.
    pub(crate) number: u64,
    /// Whose account; nothing when there is no such login.
    pub(crate) account: Option<AccountId>,
    /// From where.
    pub(crate) origin: Origin,
    /// How often it failed.
    pub(crate) failures: u32,
    /// Until when it has to wait.
    pub(crate) until: UnixSeconds,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    number: u64,
    account: Option<AccountId>,
    failures: u32,
    last: UnixSeconds,
}

impl Entry {
    /// Until when it has to wait; nothing when it need not.
    fn until(&self) -> Option<UnixSeconds> {
        let doublings = self.failures.checked_sub(FAILURES_MAX)?;
        let wait = FIRST_WAIT_SECONDS.checked_shl(doublings.min(16))?;
        Some(UnixSeconds(self.last.0 + wait.min(WAIT_SECONDS_MAX)))
    }

    fn locked(&self, now: UnixSeconds) -> Option<Locked> {
        let left = self.until()?.0 - now.0;
        // A clock that was set back makes nobody wait longer than the longest wait.
        let left = u64::try_from(left.min(WAIT_SECONDS_MAX)).ok()?;
        (left > 0).then_some(Locked { seconds: left })
    }

    /// Whether it failed so long ago that it would not have to wait, however often it had failed.
    fn is_idle(&self, now: UnixSeconds) -> bool {
        self.last.0.saturating_add(WAIT_SECONDS_MAX) <= now.0
    }

    fn is_old(&self, now: UnixSeconds) -> bool {
        self.last.0.saturating_add(FORGET_SECONDS) <= now.0
    }
}

/// All places where sign-ins failed.
#[derive(Debug, Default)]
pub(crate) struct Lockouts {
    entries: BTreeMap<Place, Entry>,
    numbered: u64,
}

impl Lockouts {
    /// Begins a sign-in. It counts as failed until [`Self::succeeded`] or [`Self::withdraw`]: of many at once no more are tried than may fail.
    pub(crate) fn begin(
        &mut self,
        place: Place,
        account: Option<AccountId>,
        now: UnixSeconds,
    ) -> Result<Begun, Locked> {
        self.entries.retain(|_, entry| !entry.is_old(now));
        let before = self.entries.get(&place).copied();
        if let Some(locked) = before.and_then(|entry| entry.locked(now)) {
            return Err(locked);
        }
        if before.is_none() {
            self.make_room(place.origin, now)?;
            self.numbered += 1;
        }
        let entry = Entry {
            number: before.map_or(self.numbered, |entry| entry.number),
            account,
            failures: before.map_or(0, |entry| entry.failures).saturating_add(1),
            last: now,
        };
        self.entries.insert(place, entry);
        Ok(Begun {
            place,
            before,
            failures: entry.failures,
            then_wait: entry.locked(now),
        })
    }

    /// A sign-in succeeded: nothing is remembered of its place.
    pub(crate) fn succeeded(&mut self, begun: &Begun) {
        self.entries.remove(&begun.place);
    }

    /// A sign-in came to no end: it does not count.
    pub(crate) fn withdraw(&mut self, begun: &Begun) {
        let Some(entry) = self.entries.get_mut(&begun.place) else {
            return;
        };
        if entry.failures != begun.failures {
            // Others failed meanwhile: theirs stay.
            entry.failures = entry.failures.saturating_sub(1);
        } else if let Some(before) = begun.before {
            *entry = before;
        } else {
            self.entries.remove(&begun.place);
        }
    }

    /// All that have to wait, the latest first.
    pub(crate) fn list(&self, now: UnixSeconds) -> Vec<Lockout> {
        let waiting = self.entries.iter().filter_map(|(place, entry)| {
            entry.locked(now)?;
            Some(Lockout {
                number: entry.number,
                account: entry.account,
                origin: place.origin,
                failures: entry.failures,
                until: entry.until()?,
            })
        });
        let mut lockouts: Vec<Lockout> = waiting.collect();
        lockouts.sort_by_key(|lockout| std::cmp::Reverse((lockout.until, lockout.number)));
        lockouts
    }

    /// Lets a place sign in again; tells whose account it was about. Nothing when there is no such place.
    pub(crate) fn clear(&mut self, number: u64) -> Option<Option<AccountId>> {
        let found = self
            .entries
            .iter()
            .find(|(_, entry)| entry.number == number);
        let (place, account) = found.map(|(place, entry)| (*place, entry.account))?;
        self.entries.remove(&place);
        Some(account)
    }

    /// Has room for one more place, where there is too little by forgetting one that failed the fewest times and longest ago. A place that has to wait is
    /// never forgotten for another: where all wait, the new one does too. Within a network one that failed of late is not
    /// forgotten either: else whoever tries many names from there would never have to wait for any. A device that the account knows always has room.
    fn make_room(&mut self, origin: Origin, now: UnixSeconds) -> Result<(), Locked> {
        match origin {
            Origin::Known(_) => return Ok(()),
            Origin::Network(_) => {}
        }
        let of_network = |place: &Place| place.origin == origin;
        self.leave(PLACES_OF_NETWORK_MAX, of_network, |entry| {
            entry.is_idle(now)
        })?;
        let of_any = |place: &Place| match place.origin {
            Origin::Network(_) => true,
            Origin::Known(_) => false,
        };
        self.leave(PLACES_MAX, of_any, |entry| entry.locked(now).is_none())
    }

    /// Has one place fewer than so many of those that are meant.
    fn leave(
        &mut self,
        most: usize,
        is_meant: impl Fn(&Place) -> bool,
        may_go: impl Fn(&Entry) -> bool,
    ) -> Result<(), Locked> {
        let meant = || self.entries.iter().filter(|(place, _)| is_meant(place));
        if meant().count() < most {
            return Ok(());
        }
        let idle = meant().filter(|(_, entry)| may_go(entry));
        let least = idle.min_by_key(|(_, entry)| (entry.failures, entry.last, entry.number));
        let Some((place, _)) = least else {
            return Err(Locked {
                seconds: FIRST_WAIT_SECONDS.unsigned_abs(),
            });
        };
        let place = *place;
        self.entries.remove(&place);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixSeconds = UnixSeconds(1_000_000);

    fn after(seconds: i64) -> UnixSeconds {
        UnixSeconds(NOW.0 + seconds)
    }

    fn from(address: &str) -> Place {
        Place::new("jana", Origin::network(Some(address.parse().unwrap())))
    }

    fn fail(lockouts: &mut Lockouts, place: Place, at: UnixSeconds) -> Option<u64> {
        let begun = lockouts.begin(place, None, at).unwrap();
        begun.then_wait.map(|locked| locked.seconds)
    }

    #[test]
    fn fifth_failure_makes_the_next_wait_and_each_further_one_twice_as_long() {
        let mut lockouts = Lockouts::default();
        let place = from("192.0.2.1");

        for _ in 1..FAILURES_MAX {
            assert_eq!(fail(&mut lockouts, place, NOW), None);
        }

        let (mut at, mut waits) = (NOW, Vec::new());
        for _ in 0..9 {
            let wait = fail(&mut lockouts, place, at).unwrap();
            let early = UnixSeconds(at.0 + wait as i64 - 1);
            let locked = lockouts.begin(place, None, early).unwrap_err();
            assert_eq!(locked.seconds, 1);
            at = UnixSeconds(at.0 + wait as i64);
            waits.push(wait);
        }
        assert_eq!(waits, [60, 120, 240, 480, 960, 1_920, 3_600, 3_600, 3_600]);
    }

    #[test]
    fn networks_are_counted_apart_and_addresses_of_one_together() {
        let mut lockouts = Lockouts::default();
        for last in 1..=FAILURES_MAX {
            fail(&mut lockouts, from(&format!("192.0.2.{last}")), NOW);
            fail(&mut lockouts, from(&format!("2001:db8:0:100::{last}")), NOW);
        }

        let locked =
            |lockouts: &mut Lockouts, address| lockouts.begin(from(address), None, NOW).is_err();

        assert!(locked(&mut lockouts, "192.0.2.200"));
        assert!(locked(&mut lockouts, "::ffff:192.0.2.200"));
        assert!(!locked(&mut lockouts, "192.0.3.1"));
        assert!(locked(&mut lockouts, "2001:db8:0:1ff::1"));
        assert!(!locked(&mut lockouts, "2001:db8:0:200::1"));
    }

    #[test]
    fn other_login_and_known_device_are_spared() {
        let mut lockouts = Lockouts::default();
        let network = Origin::network(Some("192.0.2.1".parse().unwrap()));
        for _ in 0..FAILURES_MAX {
            fail(&mut lockouts, Place::new("Jana", network), NOW);
        }

        let device = Origin::Known(TokenHash([1; 32]));
        assert!(
            lockouts
                .begin(Place::new("jana", network), None, NOW)
                .is_err()
        );
        assert!(
            lockouts
                .begin(Place::new("dana", network), None, NOW)
                .is_ok()
        );
        assert!(
            lockouts
                .begin(Place::new("jana", device), None, NOW)
                .is_ok()
        );
    }

    #[test]
    fn success_forgets_all_failures() {
        let mut lockouts = Lockouts::default();
        let place = from("192.0.2.1");
        for _ in 1..FAILURES_MAX {
            fail(&mut lockouts, place, NOW);
        }
        let fifth = lockouts.begin(place, None, NOW).unwrap();

        lockouts.succeeded(&fifth);

        assert_eq!(fail(&mut lockouts, place, NOW), None);
    }

    #[test]
    fn what_came_to_no_end_does_not_count() {
        let mut lockouts = Lockouts::default();
        let place = from("192.0.2.1");
        for _ in 0..100 {
            let begun = lockouts.begin(place, None, NOW).unwrap();
            lockouts.withdraw(&begun);
        }
        assert!(lockouts.entries.is_empty());

        for _ in 0..FAILURES_MAX {
            fail(&mut lockouts, place, NOW);
        }
        let later = after(FIRST_WAIT_SECONDS);
        let begun = lockouts.begin(place, None, later).unwrap();
        lockouts.withdraw(&begun);

        assert!(lockouts.begin(place, None, later).is_ok());
    }

    #[test]
    fn what_came_to_no_end_forgets_no_failure_of_others() {
        let mut lockouts = Lockouts::default();
        let place = from("192.0.2.1");
        let first = lockouts.begin(place, None, NOW).unwrap();
        for _ in 1..FAILURES_MAX {
            fail(&mut lockouts, place, NOW);
        }

        lockouts.withdraw(&first);

        fail(&mut lockouts, place, NOW);
        assert!(lockouts.begin(place, None, NOW).is_err());
    }

    #[test]
    fn failures_are_forgotten_after_a_day() {
        let mut lockouts = Lockouts::default();
        let place = from("192.0.2.1");
        for _ in 1..FAILURES_MAX {
            fail(&mut lockouts, place, NOW);
        }

        assert_eq!(fail(&mut lockouts, place, after(FORGET_SECONDS)), None);
    }

    #[test]
    fn clock_that_is_set_back_makes_nobody_wait_for_ever() {
        let mut lockouts = Lockouts::default();
        let place = from("192.0.2.1");
        for _ in 0..FAILURES_MAX {
            fail(&mut lockouts, place, NOW);
        }

        let locked = lockouts.begin(place, None, UnixSeconds(0)).unwrap_err();

        assert_eq!(locked.seconds, WAIT_SECONDS_MAX as u64);
    }

    #[test]
    fn locked_places_are_listed_and_cleared() {
        let mut lockouts = Lockouts::default();
        let (one, other) = (from("192.0.2.1"), from("198.51.100.1"));
        for _ in 0..FAILURES_MAX {
            let begun = lockouts.begin(one, Some(AccountId(7)), NOW);
            begun.unwrap();
        }
        fail(&mut lockouts, other, NOW);

        let listed = lockouts.list(NOW);

        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].account, Some(AccountId(7)));
        assert_eq!(listed[0].until, after(FIRST_WAIT_SECONDS));
        assert_eq!(lockouts.clear(listed[0].number), Some(Some(AccountId(7))));
        assert_eq!(lockouts.clear(listed[0].number), None);
        assert!(lockouts.begin(one, None, NOW).is_ok());
    }

    fn of_network(network: u32, login: &str) -> Place {
        let address = std::net::Ipv4Addr::from_bits(network << 8);
        Place::new(login, Origin::network(Some(address.into())))
    }

    #[test]
    fn one_place_too_many_forgets_the_one_that_failed_least_and_longest_ago() {
        let mut lockouts = Lockouts::default();
        let place = |number: usize| of_network(number as u32, "jana");
        for number in 0..PLACES_MAX {
            fail(&mut lockouts, place(number), after(number as i64 / 1_000));
        }
        fail(&mut lockouts, place(0), after(20));

        fail(&mut lockouts, place(PLACES_MAX), after(20));

        assert_eq!(lockouts.entries.len(), PLACES_MAX);
        assert!(lockouts.entries.contains_key(&place(0)));
        assert!(!lockouts.entries.contains_key(&place(1)));
    }

    #[test]
    fn lock_is_never_pushed_out_by_failures_of_others() {
        let mut lockouts = Lockouts::default();
        let locked = of_network(0, "jana");
        for _ in 0..FAILURES_MAX {
            fail(&mut lockouts, locked, NOW);
        }

        for n in 0..PLACES_MAX as u32 + 200 {
            let _refused = lockouts.begin(of_network(1 + n / 50, &n.to_string()), None, after(1));
        }

        assert!(lockouts.begin(locked, None, after(2)).is_err());
    }

    #[test]
    fn lock_is_not_pushed_out_where_all_others_failed_more_often() {
        let mut lockouts = Lockouts::default();
        let locked = of_network(0, "jana");
        for _ in 0..FAILURES_MAX {
            fail(&mut lockouts, locked, NOW);
        }
        let waits = Entry {
            number: 0,
            account: None,
            failures: FAILURES_MAX + 1,
            last: NOW,
        };
        let others = (1..PLACES_MAX as u32).map(|n| of_network(1 + n / 50, &n.to_string()));
        lockouts.entries.extend(others.map(|place| (place, waits)));

        let one_more = lockouts.begin(of_network(0, "eva"), None, after(1));

        assert!(one_more.is_err());
        assert!(lockouts.begin(locked, None, after(2)).is_err());
    }

    #[test]
    fn failures_below_the_lock_are_not_pushed_out_by_other_names_of_the_network() {
        let mut lockouts = Lockouts::default();
        let guessed = of_network(1, "jana");
        for _ in 1..FAILURES_MAX {
            fail(&mut lockouts, guessed, NOW);
        }

        for n in 0..=PLACES_OF_NETWORK_MAX {
            for _ in 1..FAILURES_MAX {
                let _refused = lockouts.begin(of_network(1, &n.to_string()), None, after(1));
            }
        }

        assert!(fail(&mut lockouts, guessed, after(2)).is_some());
    }

    #[test]
    fn network_that_tries_many_names_takes_no_more_than_its_places() {
        let mut lockouts = Lockouts::default();
        let other = of_network(2, "dana");
        fail(&mut lockouts, other, NOW);
        let names: Vec<String> = (0..PLACES_OF_NETWORK_MAX).map(|n| n.to_string()).collect();
        for name in &names {
            for _ in 0..FAILURES_MAX {
                fail(&mut lockouts, of_network(1, name), NOW);
            }
        }

        let one_more = lockouts.begin(of_network(1, "eva"), None, after(1));
        let elsewhere = lockouts.begin(of_network(3, "eva"), None, after(1));
        let device = Origin::Known(TokenHash([1; 32]));
        let known = lockouts.begin(Place::new("eva", device), None, after(1));

        assert!(one_more.is_err());
        assert!(elsewhere.is_ok() && known.is_ok());
        assert!(lockouts.entries.contains_key(&other));
        let later = after(WAIT_SECONDS_MAX);
        assert!(lockouts.begin(of_network(1, "eva"), None, later).is_ok());
    }
}
