//! The live feed: one stream of server-sent events for each screen, a snapshot and then numbered changes.
//!
//! A change is rendered once for people and once for walls, whoever listens. A screen that does not
//! keep up, or comes back after too long, gets a new snapshot: nothing is kept for it beyond the
//! last [`CHANGES_KEPT`] changes that all share.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use dispatch::{ContactId, OperatorId};
use futures_util::Stream;
use futures_util::stream::unfold;
use serde::Serialize;
use tokio::sync::broadcast;

use crate::board::{Change, Contact, Fold, Millis, Operator, Parts, Setup};
use crate::limits::Asker;
use crate::places::{NoPlace, Place, Places};

/// How many changes are kept for screens that are slow or come back.
pub const CHANGES_KEPT: usize = 256;
/// How many feeds may be open at once.
pub const FEEDS_MAX: usize = 2_000;
/// How many of them one account or one key may have open.
pub const FEEDS_OF_ONE_MAX: usize = 64;
/// How often a screen hears something when nothing changes.
pub const KEEP_ALIVE: Duration = Duration::from_secs(2);

/// Who listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listener {
    /// Somebody who may see names; an operator also hears the taps of her own caller.
    Person(Option<OperatorId>),
    /// A screen on a wall.
    Wall,
}

/// A key that a caller pressed. It is told to the operator who has her, and kept nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tap {
    /// Which contact.
    pub contact: String,
    /// The key: 0 to 9, `*`, `#` or A to D.
    pub key: char,
}

/// The feed.
pub struct Feed {
    state: Mutex<State>,
    frames: broadcast::Sender<Arc<Frame>>,
    places: Arc<Places<Asker>>,
}

struct State {
    fold: Fold,
    /// Differs at every start, so that a number of an earlier start is none of this one.
    start: u64,
    last: u64,
    kept: VecDeque<Arc<Frame>>,
}

/// A change as it goes over the wire.
#[derive(Debug)]
struct Frame {
    number: u64,
    audience: Audience,
    person: Bytes,
    wall: Bytes,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Audience {
    Everybody,
    Operator(OperatorId),
}

/// There is no place for another feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Full {
    /// All are taken.
    #[error("{FEEDS_MAX} feeds are open")]
    All,
    /// Who asks has all that one may have.
    #[error("{FEEDS_OF_ONE_MAX} feeds of yours are open")]
    OfOne,
}

impl From<NoPlace> for Full {
    fn from(no: NoPlace) -> Self {
        match no {
            NoPlace::Left => Self::All,
            NoPlace::ForOne => Self::OfOne,
        }
    }
}

/// An open feed: who holds it has a place.
pub(crate) struct Subscription {
    listener: Listener,
    first: VecDeque<Bytes>,
    receiver: broadcast::Receiver<Arc<Frame>>,
    feed: Arc<Feed>,
    _place: Place<Asker>,
}

impl Feed {
    /// A feed of which nothing is known yet. `start` is chance.
    #[must_use]
    pub fn new(start: u64) -> Arc<Self> {
        let (frames, _) = broadcast::channel(CHANGES_KEPT);
        Arc::new(Self {
            state: Mutex::new(State {
                fold: Fold::default(),
                start,
                last: 0,
                kept: VecDeque::with_capacity(CHANGES_KEPT),
            }),
            frames,
            places: Places::new(FEEDS_MAX, FEEDS_OF_ONE_MAX),
        })
    }

    /// Takes changes in and tells them to everybody.
    pub fn change(&self, at: Millis, changes: Vec<Change>) {
        let mut state = self.state();
        let parts = state.fold.apply(at, changes);
        self.tell(&mut state, "change", &parts);
    }

    /// Takes in what is so now; changes were lost.
    pub fn replace(&self, at: Millis, changes: Vec<Change>) {
        let mut state = self.state();
        let parts = state.fold.replace(at, changes);
        self.tell(&mut state, "snapshot", &parts);
    }

    /// Tells what passing time alone changes; by that every screen knows that it is up to date.
    pub fn tick(&self, at: Millis) {
        let mut state = self.state();
        let parts = state.fold.tick(at);
        self.tell(&mut state, "change", &parts);
    }

    /// Tells an operator what her caller pressed. It is not kept for a screen that comes back.
    pub fn tap(&self, operator: OperatorId, tap: &Tap) {
        let number = self.state().last;
        let frame = Frame {
            number,
            audience: Audience::Operator(operator),
            person: event("tap", None, tap),
            wall: Bytes::new(),
        };
        // Nobody may listen.
        let _listeners = self.frames.send(Arc::new(frame));
    }

    /// How many feeds are open.
    #[must_use]
    pub fn open(&self) -> usize {
        self.places.taken()
    }

    /// A contact that is on the board.
    #[must_use]
    pub fn contact(&self, contact: ContactId) -> Option<Contact> {
        self.state().fold.contact(contact.0.0).cloned()
    }

    /// An operator who is on the board.
    #[must_use]
    pub fn operator(&self, operator: &str) -> Option<Operator> {
        self.state().fold.operator(operator).cloned()
    }

    /// What the configuration says to screens.
    #[must_use]
    pub fn setup(&self) -> Setup {
        self.state().fold.setup().clone()
    }

    /// Opens a feed. `last_event` is what a screen that comes back heard last.
    ///
    /// # Errors
    /// [`Full`] when [`FEEDS_MAX`] are open, or [`FEEDS_OF_ONE_MAX`] of whoever asks.
    pub(crate) fn subscribe(
        self: &Arc<Self>,
        asker: Asker,
        listener: Listener,
        last_event: Option<&str>,
        at: Millis,
    ) -> Result<Subscription, Full> {
        let place = self.places.take(asker)?;
        let state = self.state();
        // Under the lock, so that nothing comes between what is told first and what follows.
        let receiver = self.frames.subscribe();
        let first = state
            .since(last_event, &listener)
            .unwrap_or_else(|| [state.snapshot(&listener, at)].into());
        drop(state);
        Ok(Subscription {
            listener,
            first,
            receiver,
            feed: self.clone(),
            _place: place,
        })
    }

    fn tell(&self, state: &mut State, name: &str, parts: &Parts) {
        state.last += 1;
        let id = Some((state.start, state.last));
        let frame = Arc::new(Frame {
            number: state.last,
            audience: Audience::Everybody,
            person: event(name, id, parts),
            wall: event(name, id, &state.fold.for_wall(parts)),
        });
        if state.kept.len() == CHANGES_KEPT {
            state.kept.pop_front();
        }
        state.kept.push_back(frame.clone());
        // Nobody may listen.
        let _listeners = self.frames.send(frame);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn snapshot(&self, listener: &Listener, at: Millis) -> Bytes {
        let parts = self.fold.parts(at);
        let id = Some((self.start, self.last));
        match listener {
            Listener::Person(_) => event("snapshot", id, &parts),
            Listener::Wall => event("snapshot", id, &self.fold.for_wall(&parts)),
        }
    }

    /// The changes after the one that a screen heard last; nothing when they are not all kept.
    fn since(&self, last_event: Option<&str>, listener: &Listener) -> Option<VecDeque<Bytes>> {
        let (start, number) = last_event?.split_once('-')?;
        let (start, number) = (u64::from_str_radix(start, 16).ok()?, number.parse().ok()?);
        let oldest = self
            .kept
            .front()
            .map_or(self.last + 1, |frame| frame.number);
        if start != self.start || number > self.last || number + 1 < oldest {
            return None;
        }
        let newer = self.kept.iter().filter(|frame| frame.number > number);
        Some(newer.filter_map(|frame| frame.to(listener)).collect())
    }
}

impl Frame {
    fn to(&self, listener: &Listener) -> Option<Bytes> {
        match (listener, &self.audience) {
            (Listener::Person(_), Audience::Everybody) => Some(self.person.clone()),
            (Listener::Wall, Audience::Everybody) => Some(self.wall.clone()),
            (Listener::Person(operator), Audience::Operator(wanted)) => {
                (operator.as_ref() == Some(wanted)).then(|| self.person.clone())
            }
            (Listener::Wall, Audience::Operator(_)) => None,
        }
    }
}

impl Subscription {
    /// What is to be sent next, once there is something; nothing when the feed has ended.
    pub(crate) async fn next(&mut self, now: impl Fn() -> Millis) -> Option<Bytes> {
        if let Some(first) = self.first.pop_front() {
            return Some(first);
        }
        loop {
            match self.receiver.recv().await {
                Ok(frame) => {
                    if let Some(bytes) = frame.to(&self.listener) {
                        return Some(bytes);
                    }
                }
                Err(broadcast::error::RecvError::Lagged(_)) => {
                    let state = self.feed.state();
                    self.receiver = self.receiver.resubscribe();
                    return Some(state.snapshot(&self.listener, now()));
                }
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }

    /// The subscription as a stream that ends with the feed.
    pub(crate) fn into_stream(
        self,
        now: impl Fn() -> Millis + Send + Sync,
    ) -> impl Stream<Item = Bytes> + Send {
        unfold((self, now), |(mut subscription, now)| async move {
            let next = subscription.next(&now).await?;
            Some((next, (subscription, now)))
        })
    }
}

/// An event of the stream (WHATWG HTML, server-sent events). JSON has no line breaks outside
/// strings and none inside them.
fn event(name: &str, id: Option<(u64, u64)>, body: &impl Serialize) -> Bytes {
    let id = id.map_or_else(String::new, |(start, number)| {
        format!("id: {start:x}-{number}\n")
    });
    let body = serde_json::to_string(body).unwrap_or_default();
    Bytes::from(format!("event: {name}\n{id}data: {body}\n\n"))
}

#[cfg(test)]
mod tests;
