//! Connections of strangers: when all places are taken, one of them gives way to whoever comes from elsewhere.
//!
//! A few networks could else hold every place, again and again for as long as a stranger may keep
//! one. The network that holds most gives way, so that whoever holds many cannot push out whoever
//! holds few. Within it, and among those that hold few, the first to go is who says nothing, then
//! who was answered, each time the oldest; who may still be shaking hands goes last, for she is
//! there only to be answered.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::places::Place;

/// How long a connection on which nothing was asked may be on its way: its handshake, over a slow line.
const ON_ITS_WAY: Duration = Duration::from_secs(3);
/// Up to how many connections of a network are few: those that hold no more are alike.
const FEW_OF_NETWORK: usize = 32;

/// All of them, by network.
#[derive(Default)]
pub(super) struct Strangers(Mutex<Entered>);

#[derive(Default)]
struct Entered {
    last: u64,
    by_network: BTreeMap<IpAddr, Held>,
}

/// What one network holds, the oldest first; never nothing.
#[derive(Default)]
struct Held {
    silent: BTreeMap<u64, Entry>,
    answered: BTreeMap<u64, Entry>,
}

/// Which of a network's connections is the first to give way, in the order in which they do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum First {
    /// The silent one of this number, which has had its time.
    Silent(u64),
    /// The answered one of this number.
    Answered(u64),
    /// The silent one of this number, which may still be on its way.
    OnItsWay(u64),
}

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// One request was answered on it, to nobody who is signed in.
    Answered,
    /// Somebody who is signed in asks by it.
    Known,
}

struct Entry {
    since: Instant,
    place: Place<IpAddr>,
    gives_way: Arc<Notify>,
}

/// Whether a place became free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// By one of a network that held so many.
    Made { held: usize },
    /// Nobody of another network could give way.
    None,
}

/// A connection's place, which it may have to give up until somebody asks by it who is signed in.
pub(crate) struct Stranger {
    number: u64,
    network: IpAddr,
    strangers: Arc<Strangers>,
    gives_way: Arc<Notify>,
    /// The place, once it is its own.
    place: Mutex<Option<Place<IpAddr>>>,
}

impl Strangers {
    /// A connection took a place.
    pub(super) fn enter(
        self: &Arc<Self>,
        network: IpAddr,
        place: Place<IpAddr>,
        now: Instant,
    ) -> Stranger {
        let gives_way = Arc::new(Notify::new());
        let mut entered = self.lock();
        entered.last += 1;
        let number = entered.last;
        let entry = Entry {
            since: now,
            place,
            gives_way: gives_way.clone(),
        };
        let held = entered.by_network.entry(network).or_default();
        held.silent.insert(number, entry);
        Stranger {
            number,
            network,
            strangers: Arc::clone(self),
            gives_way,
            place: Mutex::new(None),
        }
    }

    /// Has the first of the network that holds most give way, this one left out.
    pub(super) fn make_room(&self, network: IpAddr, now: Instant) -> Room {
        let mut entered = self.lock();
        let others = entered.by_network.iter().filter(|(of, _)| **of != network);
        let firsts = others.filter_map(|(of, held)| {
            let many = held.count().max(FEW_OF_NETWORK);
            Some((Reverse(many), held.first(now)?, *of, held.count()))
        });
        let Some((_, first, of, held)) = firsts.min() else {
            return Room::None;
        };
        let (First::Silent(number) | First::Answered(number) | First::OnItsWay(number)) = first;
        let Some(entry) = entered.take(of, number) else {
            return Room::None;
        };
        entry.gives_way.notify_one();
        Room::Made { held }
    }

    /// Nothing under this lock panics half way.
    fn lock(&self) -> MutexGuard<'_, Entered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entered {
    fn take(&mut self, network: IpAddr, number: u64) -> Option<Entry> {
        let held = self.by_network.get_mut(&network)?;
        let entry = held.silent.remove(&number);
        let entry = entry.or_else(|| held.answered.remove(&number));
        if held.count() == 0 {
            self.by_network.remove(&network);
        }
        entry
    }
}

impl Held {
    fn count(&self) -> usize {
        self.silent.len() + self.answered.len()
    }

    fn first(&self, now: Instant) -> Option<First> {
        let silent = self.silent.first_key_value();
        let silent = silent.map(|(number, entry)| {
            if now.duration_since(entry.since) < ON_ITS_WAY {
                First::OnItsWay(*number)
            } else {
                First::Silent(*number)
            }
        });
        let answered = self.answered.first_key_value();
        let answered = answered.map(|(number, _)| First::Answered(*number));
        silent.into_iter().chain(answered).min()
    }
}

impl Stranger {
    /// It has come so far; what it was farther than before, it stays.
    pub(super) fn comes(&self, progress: Progress) {
        let mut entered = self.strangers.lock();
        let Some(entry) = entered.take(self.network, self.number) else {
            return;
        };
        match progress {
            Progress::Answered => {
                let held = entered.by_network.entry(self.network).or_default();
                held.answered.insert(self.number, entry);
            }
            Progress::Known => {
                let mut place = self.place.lock().unwrap_or_else(PoisonError::into_inner);
                *place = Some(entry.place);
            }
        }
    }

    /// Waits until it has to give way.
    pub(super) async fn gives_way(&self) {
        self.gives_way.notified().await;
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        let mut entered = self.strangers.lock();
        drop(entered.take(self.network, self.number));
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use futures_util::FutureExt as _;

    use super::*;
    use crate::places::Places;

    fn network(n: u8) -> IpAddr {
        IpAddr::V4(Ipv4Addr::new(203, 0, n, 0))
    }

    /// So many places, and what takes one for a network.
    fn house(all: usize) -> (Arc<Places<IpAddr>>, impl Fn(u8) -> Stranger) {
        let places = Places::new(all, all);
        let strangers = Arc::new(Strangers::default());
        let house = places.clone();
        let enter = move |n| {
            let now = Instant::now();
            let place = house.take(network(n)).or_else(|no| {
                let room = strangers.make_room(network(n), now);
                assert!(matches!(room, Room::Made { .. }), "{no:?}");
                house.take(network(n))
            });
            strangers.enter(network(n), place.unwrap(), now)
        };
        (places, enter)
    }

    #[tokio::test]
    async fn oldest_of_another_network_gives_way() {
        let (places, enter) = house(3);
        let (own, first, second) = (enter(1), enter(2), enter(2));

        let newcomer = enter(1);

        first.gives_way().await;
        assert_eq!(places.taken(), 3);
        drop((own, first, second));
        assert_eq!(places.taken(), 1);
        drop(newcomer);
        assert_eq!(places.taken(), 0);
    }

    #[tokio::test]
    async fn who_is_known_gives_way_to_nobody() {
        let (places, enter) = house(2);
        let (settled, waits) = (enter(1), enter(2));
        settled.comes(Progress::Known);

        let newcomer = enter(3);

        waits.gives_way().await;
        drop((waits, newcomer));
        assert_eq!(places.taken(), 1);
        drop(settled);
        assert_eq!(places.taken(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn who_says_nothing_for_long_goes_first_and_who_is_on_her_way_last() {
        let (_places, enter) = house(3);
        let (silent, answered) = (enter(1), enter(2));
        answered.comes(Progress::Answered);
        tokio::time::advance(ON_ITS_WAY).await;
        let on_her_way = enter(3);

        let second = enter(4);
        assert!(silent.gives_way().now_or_never().is_some());
        assert!(answered.gives_way().now_or_never().is_none());
        let third = enter(5);
        assert!(answered.gives_way().now_or_never().is_some());
        assert!(on_her_way.gives_way().now_or_never().is_none());
        let _fourth = enter(6);

        assert!(on_her_way.gives_way().now_or_never().is_some());
        let later = [&second, &third].map(|later| later.gives_way().now_or_never());
        assert_eq!(later, [None, None]);
    }

    #[test]
    fn network_that_holds_most_gives_way_before_those_that_hold_few() {
        let (_places, enter) = house(FEW_OF_NETWORK + 2);
        let lone = enter(1);
        let held: Vec<Stranger> = (0..=FEW_OF_NETWORK).map(|_| enter(2)).collect();
        for answered in held.iter().chain([&lone]) {
            answered.comes(Progress::Answered);
        }

        let _newcomer = enter(3);

        assert!(lone.gives_way().now_or_never().is_none());
        assert!(held[0].gives_way().now_or_never().is_some());
    }

    #[test]
    fn networks_that_hold_few_are_alike() {
        let (_places, enter) = house(FEW_OF_NETWORK + 1);
        let first = enter(1);
        let held: Vec<Stranger> = (0..FEW_OF_NETWORK).map(|_| enter(2)).collect();

        let _newcomer = enter(3);

        assert!(first.gives_way().now_or_never().is_some());
        assert!(held[0].gives_way().now_or_never().is_none());
    }

    #[test]
    fn nobody_gives_way_to_her_own_network() {
        let places = Places::new(1, 1);
        let strangers = Arc::new(Strangers::default());
        let now = Instant::now();
        let _only = strangers.enter(network(1), places.take(network(1)).unwrap(), now);

        assert_eq!(strangers.make_room(network(1), now), Room::None);
        assert_eq!(strangers.make_room(network(2), now), Room::Made { held: 1 });
    }
}
