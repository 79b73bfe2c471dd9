//! Failed sign-ins, counted by account and place, and the waits that they cost.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;
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
/// How many places in networks are remembered of names that have an account, and how many of others.
pub const PLACES_MAX: usize = 10_000;

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

/// A place that has to wait, as supervisors see it; of a network all names that have no account together.
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
    /// Until when it has to wait: of several the last.
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

    fn is_old(&self, now: UnixSeconds) -> bool {
        self.last.0.saturating_add(FORGET_SECONDS) <= now.0
    }
}

/// Whether a name that was tried has an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HasAccount {
    Yes,
    No,
}

impl HasAccount {
    const fn of(account: Option<AccountId>) -> Self {
        match account {
            Some(_) => Self::Yes,
            None => Self::No,
        }
    }
}

impl Lockout {
    /// Stands for another one as well.
    fn include(&mut self, other: &Self) {
        self.number = self.number.min(other.number);
        self.failures = self.failures.saturating_add(other.failures);
        self.until = self.until.max(other.until);
    }
}

/// All places where sign-ins failed.
#[derive(Debug, Default)]
pub(crate) struct Lockouts {
    entries: BTreeMap<Place, Entry>,
    numbered: u64,
}

impl Lockouts {
    /// Begins a sign-in. It counts as failed until [`Self::succeeded`] or [`Self::withdraw`]: of
    /// many at once no more are tried than may fail.
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
            self.make_room(place.origin, HasAccount::of(account), now)?;
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
        let mut lockouts = Vec::new();
        let mut made_up: BTreeMap<Origin, Lockout> = BTreeMap::new();
        for lockout in waiting {
            match HasAccount::of(lockout.account) {
                HasAccount::Yes => lockouts.push(lockout),
                HasAccount::No => match made_up.entry(lockout.origin) {
                    Slot::Vacant(slot) => {
                        slot.insert(lockout);
                    }
                    Slot::Occupied(mut slot) => slot.get_mut().include(&lockout),
                },
            }
        }
        lockouts.extend(made_up.into_values());
        lockouts.sort_by_key(|lockout| std::cmp::Reverse((lockout.until, lockout.number)));
        lockouts
    }

    /// Lets a place sign in again, or all of a network whose names have no account; tells whose
    /// account it was about. Nothing when there is no such place.
    pub(crate) fn clear(&mut self, number: u64) -> Option<Option<AccountId>> {
        let found = self
            .entries
            .iter()
            .find(|(_, entry)| entry.number == number);
        let (cleared, account) = found.map(|(place, entry)| (*place, entry.account))?;
        match HasAccount::of(account) {
            HasAccount::Yes => {
                self.entries.remove(&cleared);
            }
            HasAccount::No => self
                .entries
                .retain(|place, entry| place.origin != cleared.origin || entry.account.is_some()),
        }
        Some(account)
    }

    /// Has room for one more place, where there is too little by forgetting one that failed the
    /// fewest times and longest ago. A place that has to wait is never forgotten for another: where
    /// all wait, the new one does too. Names that have no account take no room of those that have
    /// one: whoever makes them up would else lock out everybody; each is remembered like one that
    /// has, so that nobody learns by trying which is which. A device that the account knows always
    /// has room.
    fn make_room(
        &mut self,
        origin: Origin,
        has_account: HasAccount,
        now: UnixSeconds,
    ) -> Result<(), Locked> {
        match origin {
            Origin::Known(_) => return Ok(()),
            Origin::Network(_) => {}
        }
        let alike = || {
            self.entries.iter().filter(|(place, entry)| {
                matches!(place.origin, Origin::Network(_))
                    && HasAccount::of(entry.account) == has_account
            })
        };
        if alike().count() < PLACES_MAX {
            return Ok(());
        }
        let may_go = alike().filter(|(_, entry)| entry.locked(now).is_none());
        let least = may_go.min_by_key(|(_, entry)| (entry.failures, entry.last, entry.number));
        if let Some((place, _)) = least {
            let place = *place;
            self.entries.remove(&place);
            return Ok(());
        }
        let waits = alike().filter_map(|(_, entry)| entry.locked(now));
        waits
            .min_by_key(|locked| locked.seconds)
            .map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests;
