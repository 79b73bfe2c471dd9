//! Connections of strangers: when all places are taken, one of them gives way to whoever comes from elsewhere, the oldest on which no request was
//! answered yet before all others.
//!
//! A few networks could else hold every place, again and again for as long as a stranger may keep one.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::places::Place;

/// All of them, in the order in which they give way.
#[derive(Default)]
pub(super) struct Strangers(Mutex<Entered>);

#[derive(Default)]
struct Entered {
    last: u64,
    by_turn: BTreeMap<Turn, Entry>,
}

/// Who gives way before whom: the earlier value.
type Turn = (Progress, u64);

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Progress {
    /// No request was answered on it.
    Silent,
    /// One was, to nobody who is signed in.
    Answered,
    /// Somebody who is signed in asks by it.
    Known,
}

struct Entry {
    network: IpAddr,
    place: Place<IpAddr>,
    gives_way: Arc<Notify>,
}

/// Whether a place became free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    Made,
    None,
}

/// A connection's place, which it may have to give up until somebody asks by it who is signed in.
pub(crate) struct Stranger {
    number: u64,
    strangers: Arc<Strangers>,
    gives_way: Arc<Notify>,
    /// The place, once it is its own.
    place: Mutex<Option<Place<IpAddr>>>,
}

impl Strangers {
    /// A connection took a place.
    pub(super) fn enter(self: &Arc<Self>, network: IpAddr, place: Place<IpAddr>) -> Stranger {
        let gives_way = Arc::new(Notify::new());
        let mut entered = self.lock();
        entered.last += 1;
        let number = entered.last;
        let entry = Entry {
            network,
            place,
            gives_way: gives_way.clone(),
        };
        entered.by_turn.insert((Progress::Silent, number), entry);
        Stranger {
            number,
            strangers: Arc::clone(self),
            gives_way,
            place: Mutex::new(None),
        }
    }

    /// Has the first in turn give way that is not of this network.
    pub(super) fn make_room(&self, network: IpAddr) -> Room {
        let mut entered = self.lock();
        let mut in_turn = entered.by_turn.iter();
        let first = in_turn.find(|(_, entry)| entry.network != network);
        let Some(turn) = first.map(|(turn, _)| *turn) else {
            return Room::None;
        };
        if let Some(entry) = entered.by_turn.remove(&turn) {
            entry.gives_way.notify_one();
        }
        Room::Made
    }

    fn take(&self, number: u64) -> Option<Entry> {
        let mut entered = self.lock();
        let turns = [Progress::Silent, Progress::Answered].map(|progress| (progress, number));
        turns.iter().find_map(|turn| entered.by_turn.remove(turn))
    }

    /// Nothing under this lock panics half way.
    fn lock(&self) -> MutexGuard<'_, Entered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stranger {
    /// It has come so far; what it was farther than before, it stays.
    pub(super) fn comes(&self, progress: Progress) {
        let Some(entry) = self.strangers.take(self.number) else {
            return;
        };
        match progress {
            Progress::Silent | Progress::Answered => {
                let mut entered = self.strangers.lock();
                entered.by_turn.insert((progress, self.number), entry);
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
        drop(self.strangers.take(self.number));
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

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
            let place = house.take(network(n)).or_else(|no| {
                let room = strangers.make_room(network(n));
                assert_eq!(room, Room::Made, "{no:?}");
                house.take(network(n))
            });
            strangers.enter(network(n), place.unwrap())
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

    #[tokio::test]
    async fn who_was_answered_gives_way_after_all_who_were_not() {
        let (_places, enter) = house(2);
        let (answered, silent) = (enter(1), enter(2));
        answered.comes(Progress::Answered);

        let newcomer = enter(3);
        silent.gives_way().await;
        newcomer.comes(Progress::Answered);
        let _another = enter(4);

        answered.gives_way().await;
    }

    #[test]
    fn nobody_gives_way_to_her_own_network() {
        let places = Places::new(1, 1);
        let strangers = Arc::new(Strangers::default());
        let _only = strangers.enter(network(1), places.take(network(1)).unwrap());

        assert_eq!(strangers.make_room(network(1)), Room::None);
        assert_eq!(strangers.make_room(network(2)), Room::Made);
    }
}
