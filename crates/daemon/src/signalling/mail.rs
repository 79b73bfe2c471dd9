//! What the signalling thread tells the office, and the rooms in which it waits there.
//!
//! The signalling thread never waits for the office. What must not be lost has a room that nothing
//! else takes; of what screens are shown the oldest goes first, by whose number the office sees
//! that something is missing and asks for everything. Whatever goes is counted.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dispatch::{ContactId, OperatorId};
use exchange::settings::Host;
use exchange::{Changed, Warning};
use media::Digit;
use tokio::sync::Notify;

use super::Connect;

/// Warnings and names to look up that may wait.
const KEPT_MAX: usize = 4_096;
/// Connections to be opened that may wait; one more fails at once.
const CONNECTS_MAX: usize = 1_024;
/// Changes and taps that may wait.
const SHOWN_MAX: usize = 1_024;

/// What the exchange wants of the office.
pub(crate) enum ToOffice {
    /// What must not be lost.
    Kept(Kept),
    /// A connection is to be opened.
    Connect(Connect),
    /// Screens are to be told.
    Shown(Shown),
    /// The last call ended while draining.
    Drained,
}

/// What must not be lost on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// People are to be told.
    Warn(Warning),
    /// A host is to be looked up.
    Resolve(Host, sip::Protocol),
}

/// What screens are told.
pub(crate) enum Shown {
    /// What changed.
    Changed(Box<Changed>),
    /// An operator's caller pressed a key.
    Tapped(ContactId, OperatorId, Digit),
}

/// The signalling thread's end; dropping it ends the office's.
pub(crate) struct Sender(Arc<Mail>);

/// The office's end.
pub(crate) struct Receiver(Arc<Mail>);

/// How much was thrown away on its way to the office, by what it was.
#[derive(Clone)]
pub(crate) struct Lost(Arc<Mail>);

struct Mail {
    rooms: Mutex<Rooms>,
    posted: Notify,
    lost: [AtomicU64; WHAT.len()],
}

/// Too much waits already.
#[derive(Debug, thiserror::Error)]
#[error("the office has no room for another connection to open")]
pub(super) struct NoRoom;

/// What may get lost, as it is counted.
const WHAT: [&str; 3] = ["changes", "connections", "warnings"];
const CHANGES: usize = 0;
const CONNECTIONS: usize = 1;
const WARNINGS: usize = 2;

#[derive(Default)]
struct Rooms {
    kept: VecDeque<Kept>,
    connects: VecDeque<Connect>,
    shown: VecDeque<Shown>,
    drained: Drained,
    sender: End,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Drained {
    #[default]
    NotYet,
    Untold,
    Told,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum End {
    #[default]
    Open,
    Closed,
}

/// Makes the rooms.
pub(crate) fn mail() -> (Sender, Receiver, Lost) {
    let mail = Arc::new(Mail {
        rooms: Mutex::default(),
        posted: Notify::new(),
        lost: Default::default(),
    });
    (
        Sender(Arc::clone(&mail)),
        Receiver(Arc::clone(&mail)),
        Lost(mail),
    )
}

impl Mail {
    /// No code that runs under this lock can panic.
    fn rooms(&self) -> MutexGuard<'_, Rooms> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lose(&self, what: usize) {
        self.lost[what].fetch_add(1, Ordering::Relaxed);
    }
}

impl Sender {
    /// Tells what must not be lost. The same again, with nothing new in between, is told once.
    pub(super) fn keep(&self, kept: Kept) {
        let mut rooms = self.0.rooms();
        if rooms.kept.back() == Some(&kept) {
            return;
        }
        if rooms.kept.len() >= KEPT_MAX {
            return self.0.lose(WARNINGS);
        }
        rooms.kept.push_back(kept);
        drop(rooms);
        self.0.posted.notify_one();
    }

    /// Has a connection opened, unless too many wait.
    pub(super) fn connect(&self, connect: Connect) -> Result<(), NoRoom> {
        let mut rooms = self.0.rooms();
        if rooms.connects.len() >= CONNECTS_MAX {
            self.0.lose(CONNECTIONS);
            return Err(NoRoom);
        }
        rooms.connects.push_back(connect);
        drop(rooms);
        self.0.posted.notify_one();
        Ok(())
    }

    /// Shows something; where there is no room the oldest goes.
    pub(super) fn show(&self, shown: Shown) {
        let mut rooms = self.0.rooms();
        if rooms.shown.len() >= SHOWN_MAX {
            rooms.shown.pop_front();
            self.0.lose(CHANGES);
        }
        rooms.shown.push_back(shown);
        drop(rooms);
        self.0.posted.notify_one();
    }

    /// Tells that the last call ended.
    pub(super) fn drained(&self) {
        self.0.rooms().drained = Drained::Untold;
        self.0.posted.notify_one();
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.0.rooms().sender = End::Closed;
        self.0.posted.notify_one();
    }
}

impl Receiver {
    /// What comes next, what must not be lost first; nothing when the signalling thread has ended and all is told.
    pub(crate) async fn next(&mut self) -> Option<ToOffice> {
        loop {
            if let Some(message) = self.waiting() {
                return Some(message);
            }
            if self.0.rooms().sender == End::Closed {
                return self.waiting();
            }
            self.0.posted.notified().await;
        }
    }

    fn waiting(&self) -> Option<ToOffice> {
        let mut rooms = self.0.rooms();
        if rooms.drained == Drained::Untold {
            rooms.drained = Drained::Told;
            return Some(ToOffice::Drained);
        }
        if let Some(kept) = rooms.kept.pop_front() {
            return Some(ToOffice::Kept(kept));
        }
        if let Some(connect) = rooms.connects.pop_front() {
            return Some(ToOffice::Connect(connect));
        }
        rooms.shown.pop_front().map(ToOffice::Shown)
    }
}

impl Lost {
    /// The same with names of their own.
    pub(crate) fn named(&self) -> BTreeMap<String, u64> {
        let counts = self.counts().into_iter();
        counts
            .map(|(what, count)| (what.to_owned(), count))
            .collect()
    }

    /// How much was thrown away since the start, by what it was.
    pub(crate) fn counts(&self) -> BTreeMap<&'static str, u64> {
        let counts = self.0.lost.iter().map(|lost| lost.load(Ordering::Relaxed));
        WHAT.into_iter().zip(counts).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAPS: u64 = SHOWN_MAX as u64;

    fn tap(contact: u64) -> Shown {
        let operator = OperatorId::parse("jana").unwrap();
        Shown::Tapped(
            ContactId(dispatch::Seq(contact)),
            operator,
            Digit::from_char('5').unwrap(),
        )
    }

    fn trunk_down(n: usize) -> Kept {
        let trunk = format!("trunk-{n}");
        Kept::Warn(Warning::TrunkDown { trunk })
    }

    /// Everything that waits, once the sender is gone: taps by their contact.
    async fn all(sender: Sender, mut receiver: Receiver) -> (Vec<Kept>, Vec<u64>, usize) {
        drop(sender);
        let (mut kept, mut taps, mut drained) = (Vec::new(), Vec::new(), 0);
        while let Some(message) = receiver.next().await {
            match message {
                ToOffice::Kept(one) => kept.push(one),
                ToOffice::Shown(Shown::Tapped(contact, _, _)) => taps.push(contact.0.0),
                ToOffice::Shown(Shown::Changed(_)) | ToOffice::Connect(_) => {}
                ToOffice::Drained => drained += 1,
            }
        }
        (kept, taps, drained)
    }

    #[tokio::test]
    async fn oldest_goes_where_screens_have_no_room_and_is_counted() {
        let (sender, receiver, lost) = mail();

        for contact in 1..=TAPS + 3 {
            sender.show(tap(contact));
        }

        let (_, taps, _) = all(sender, receiver).await;
        assert_eq!(taps.first(), Some(&4));
        assert_eq!(taps.last(), Some(&(TAPS + 3)));
        assert_eq!(lost.counts()["changes"], 3);
    }

    #[tokio::test]
    async fn warnings_and_drained_come_through_whatever_screens_are_told() {
        let (sender, receiver, lost) = mail();
        for contact in 1..=2 * TAPS {
            sender.show(tap(contact));
        }

        sender.keep(trunk_down(1));
        sender.drained();

        let (kept, _, drained) = all(sender, receiver).await;
        assert_eq!((kept, drained), (vec![trunk_down(1)], 1));
        assert_eq!(lost.counts()["warnings"], 0);
    }

    #[tokio::test]
    async fn same_warning_again_takes_no_room() {
        let (sender, receiver, _) = mail();

        for n in [1, 1, 2, 2, 1] {
            sender.keep(trunk_down(n));
        }

        let (kept, _, _) = all(sender, receiver).await;
        assert_eq!(kept, [trunk_down(1), trunk_down(2), trunk_down(1)]);
    }

    #[tokio::test]
    async fn warning_without_room_is_counted() {
        let (sender, receiver, lost) = mail();

        for n in 0..=KEPT_MAX {
            sender.keep(trunk_down(n));
        }

        let (kept, _, _) = all(sender, receiver).await;
        assert_eq!(kept.len(), KEPT_MAX);
        assert_eq!(lost.counts()["warnings"], 1);
    }

    #[tokio::test]
    async fn reader_that_sleeps_is_woken() {
        let (sender, mut receiver, _) = mail();
        let reader = tokio::spawn(async move { receiver.next().await.is_some() });
        tokio::task::yield_now().await;

        sender.drained();

        assert!(reader.await.unwrap());
    }
}
