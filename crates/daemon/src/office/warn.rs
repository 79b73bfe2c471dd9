//! Warnings and the heartbeat: how people learn that Linka fails, by a way that is not the trunk.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dispatch::ContactId;
use jiff::Timestamp;
use tokio::sync::Semaphore;

use super::ways::{self, Message};
use crate::configuration::Warnings;
use unsteady::{Comings, Say};

pub(crate) use heartbeat::beat;
pub(crate) use words::{News, Subject, Words, words};

mod heartbeat;
mod unsteady;
mod words;

/// Time from one look for what came and went and is steady now to the next.
pub(super) const LOOK_FOR_STEADY_EVERY: Duration = Duration::from_secs(10);
/// Warnings of the office itself that may wait to be told; who has more to say waits.
pub(super) const OF_OFFICE_MAX: usize = 16;
/// Sentences about machines, and contacts, that are remembered so as not to be repeated; beyond it
/// those told longest ago are forgotten.
const REMEMBERED_MAX: usize = 1_000;
/// Messages that may wait to be sent; what comes beyond is an error in the log.
const UNSENT_MAX: usize = 1_000;
/// Messages that are sent at once: each may take a process, and as long as a way has.
const SENT_AT_ONCE_MAX: usize = 16;
/// Seconds to which the time of a notice about people is cut: no second of a caller's goes to a webhook.
const PEOPLE_SECONDS: i64 = 60;

/// What is said of what fails for the third time in a short while.
const COMES_AND_GOES: &str = "it comes and goes; nothing more is said of it until it is steady";

/// Tells people: of a machine not the same again within the configured time unless it was well
/// meanwhile, of each contact apart.
pub(crate) struct Herald {
    ways: Warnings,
    /// By its words.
    standing: BTreeMap<String, Standing>,
    comings: Comings,
    contacts: BTreeMap<ContactId, OfContact>,
    /// The number that the next contact of whom something is told is known by.
    number: u32,
    room: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

/// A sentence that was told and may be told again.
struct Standing {
    /// What is well again when the sentence has come to its end.
    subject: Option<Subject>,
    since: Timestamp,
    told: Instant,
}

/// What was told of a contact.
struct OfContact {
    number: u32,
    told: BTreeMap<String, Instant>,
}

/// Now, on the clock that measures and on the one that people read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    pub(crate) instant: Instant,
    pub(crate) wall: Timestamp,
}

impl Now {
    pub(crate) fn read() -> Self {
        Self {
            instant: Instant::now(),
            wall: Timestamp::now(),
        }
    }
}

impl Herald {
    pub(crate) fn new(ways: Warnings) -> Self {
        Self {
            ways,
            standing: BTreeMap::new(),
            comings: Comings::default(),
            contacts: BTreeMap::new(),
            number: 1,
            room: Arc::new(Semaphore::new(UNSENT_MAX)),
            turns: Arc::new(Semaphore::new(SENT_AT_ONCE_MAX)),
        }
    }

    pub(crate) fn configure(&mut self, ways: Warnings) {
        self.ways = ways;
    }

    /// Logs what is said and sends it by every configured way.
    pub(crate) fn tell(&mut self, now: Now, words: &Words) {
        if words.news.may_be_written() {
            tracing::warn!(kind = words.kind, "{}", words.text);
        }
        let Some(message) = self.message(now, words) else {
            return;
        };
        let Ok(place) = Arc::clone(&self.room).try_acquire_owned() else {
            tracing::error!(
                kind = words.kind,
                "{UNSENT_MAX} warnings wait to be sent: one is not"
            );
            return;
        };
        let (ways, turns) = (self.ways.clone(), Arc::clone(&self.turns));
        tokio::spawn(async move {
            let _place = place;
            let _turn = turns.acquire().await;
            for (way, sent) in ways::send(&ways, message).await {
                if sent.is_err() {
                    tracing::error!("the warning's {way} failed");
                }
            }
        });
    }

    /// What is to be sent, unless it was told already.
    fn message(&mut self, now: Now, words: &Words) -> Option<Message> {
        let mut text = words.text.clone();
        let since = match &words.news {
            News::Machine => self.standing_since(now, words, None)?,
            News::Fails(subject) => {
                let repeat = self.ways.repeat;
                match self.comings.fails(now.instant, repeat, (subject, words)) {
                    Say::AsItIs => self.standing_since(now, words, Some(subject))?,
                    Say::ComesAndGoes => {
                        let since = self.standing_since(now, words, Some(subject))?;
                        text = format!("{text}: {COMES_AND_GOES}");
                        since
                    }
                    Say::Nothing => return None,
                }
            }
            News::Mended(subject) => self.mended_at(now, subject, words)?,
            News::Ends(subject) => {
                self.comings.ends(subject);
                self.ends(subject);
                return None;
            }
            News::People => self.standing_since(now, words, None)?,
            News::Missed => now.wall,
            News::Contact(contact) => {
                let number = self.number_of(now, *contact, &words.text)?;
                text = format!("{text} (no. {number})");
                now.wall
            }
        };
        let kind = words.kind;
        let since = if words.news.may_be_written() {
            since
        } else {
            cut(since)
        };
        Some(Message { kind, text, since })
    }

    /// When a subject became well again that is to be told of now.
    fn mended_at(&mut self, now: Now, subject: &Subject, words: &Words) -> Option<Timestamp> {
        match self.comings.is_well(now.instant, (subject, words)) {
            Say::AsItIs => {}
            Say::ComesAndGoes | Say::Nothing => return None,
        }
        let told = self.ends(subject);
        if told {
            self.comings.mended(now.instant, self.ways.repeat, subject);
        }
        (told || subject.is_machine()).then_some(now.wall)
    }

    /// Tells how everything is that came and went and is steady now.
    pub(crate) fn tell_steady(&mut self, now: Now) {
        for words in self.steady(now) {
            self.tell(now, &words);
        }
    }

    fn steady(&mut self, now: Now) -> Vec<Words> {
        let steady = self.comings.steady(now.instant, self.ways.repeat);
        for words in &steady {
            // That it comes and goes is over; that it fails is told anew.
            match &words.news {
                News::Fails(subject) => {
                    self.ends(subject);
                }
                News::Mended(_)
                | News::Ends(_)
                | News::Machine
                | News::People
                | News::Missed
                | News::Contact(_) => {}
            }
        }
        steady
    }

    /// Forgets what stands of a subject, so that its next failure is told. Tells whether anything stood.
    fn ends(&mut self, subject: &Subject) -> bool {
        let before = self.standing.len();
        self.standing
            .retain(|_, standing| standing.subject.as_ref() != Some(subject));
        self.standing.len() < before
    }

    /// Since when something is so that is to be told now.
    fn standing_since(
        &mut self,
        now: Now,
        words: &Words,
        subject: Option<&Subject>,
    ) -> Option<Timestamp> {
        let key = format!("{} {}", words.kind, words.text);
        let known = self.standing.get(&key);
        if known.is_some_and(|standing| self.is_recent(now, standing.told)) {
            return None;
        }
        let since = known.map_or(now.wall, |standing| standing.since);
        if self.standing.len() >= REMEMBERED_MAX {
            let oldest = self.standing.iter();
            let oldest = oldest.min_by_key(|(_, standing)| standing.told);
            let oldest = oldest.map(|(key, _)| key.clone());
            oldest.and_then(|oldest| self.standing.remove(&oldest));
        }
        let standing = Standing {
            subject: subject.cloned(),
            since,
            told: now.instant,
        };
        self.standing.insert(key, standing);
        Some(since)
    }

    /// The number by which a contact is told from others, when this is to be told of it now. It
    /// says nothing of who it is.
    fn number_of(&mut self, now: Now, contact: ContactId, text: &str) -> Option<u32> {
        let known = self.contacts.get(&contact).and_then(|of| of.told.get(text));
        if known.is_some_and(|told| self.is_recent(now, *told)) {
            return None;
        }
        if self.contacts.len() >= REMEMBERED_MAX && !self.contacts.contains_key(&contact) {
            self.contacts.pop_first();
        }
        let next = self.number;
        let of = self.contacts.entry(contact).or_insert_with(|| OfContact {
            number: next,
            told: BTreeMap::new(),
        });
        of.told.insert(text.to_owned(), now.instant);
        let number = of.number;
        if number == next {
            self.number = next.wrapping_add(1);
        }
        Some(number)
    }

    fn is_recent(&self, now: Now, told: Instant) -> bool {
        now.instant.saturating_duration_since(told) < self.ways.repeat
    }
}

/// A time without what would tell of a single call.
fn cut(time: Timestamp) -> Timestamp {
    let second = time.as_second();
    Timestamp::from_second(second - second.rem_euclid(PEOPLE_SECONDS)).unwrap_or(time)
}

#[cfg(test)]
mod tests;
