//! Warnings and the heartbeat: how people learn that Linka fails, by a way that is not the trunk.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dispatch::{ContactId, Notice, OperatorId};
use exchange::{NotRegistered, TrunkTrouble, Warning};
use jiff::Timestamp;
use tokio::sync::{Semaphore, watch};

use super::ways::{self, Message};
use crate::configuration::{Heartbeat, Warnings};
use unsteady::{Comings, Say};

mod unsteady;

/// Time from one look for what came and went and is steady now to the next.
pub(super) const LOOK_FOR_STEADY_EVERY: Duration = Duration::from_secs(10);
/// Warnings of the office itself that may wait to be told; who has more to say waits.
pub(super) const OF_OFFICE_MAX: usize = 16;
/// Sentences about machines, and contacts, that are remembered so as not to be repeated; beyond it those told longest ago are forgotten.
const REMEMBERED_MAX: usize = 1_000;
/// Messages that may wait to be sent; what comes beyond is an error in the log.
const UNSENT_MAX: usize = 1_000;
/// Messages that are sent at once: each may take a process, and as long as a way has.
const SENT_AT_ONCE_MAX: usize = 16;
/// Seconds to which the time of a notice about people is cut: no second of a caller's goes to a webhook.
const PEOPLE_SECONDS: i64 = 60;

/// Tells people: of a machine not the same again within the configured time unless it was well meanwhile, of each contact apart.
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

/// A warning in neutral words: nothing tells what kind of line this is, or who called.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    pub(crate) kind: &'static str,
    pub(crate) text: String,
    pub(crate) news: News,
}

/// What fails and is well again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    /// The way to the telephone network of that name.
    Trunk(String),
    /// Our calls by it.
    Calls(String),
    /// Our registration there.
    Registration(String),
    /// The journal and the disk under it.
    Journal,
    /// The certificate of the web.
    Certificate,
    /// An operator's phone.
    Phone(OperatorId),
}

impl Subject {
    /// Whether what becomes of it may be written.
    const fn is_machine(&self) -> bool {
        match self {
            Self::Trunk(_)
            | Self::Calls(_)
            | Self::Registration(_)
            | Self::Journal
            | Self::Certificate => true,
            Self::Phone(_) => false,
        }
    }
}

/// What a warning is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// A machine fails, and nothing will say that it is well again: logged, and not repeated for a while.
    Machine,
    /// That fails: not repeated for a while unless it is well meanwhile.
    Fails(Subject),
    /// That is well again: told at once, of a phone where its failure was told.
    Mended(Subject),
    /// What was told of that is over, and it is not well: told to nobody.
    Ends(Subject),
    /// Something goes on with telephones or callers: not repeated for a while, and written nowhere.
    People,
    /// An operator missed her calls, or is excused for them: told each time, and written nowhere.
    Missed,
    /// Somebody waits: told of each, and written nowhere.
    Contact(ContactId),
}

impl News {
    /// Whether it may stand in the log, and its time be told to the second: nothing of people may.
    const fn may_be_written(&self) -> bool {
        match self {
            Self::Machine => true,
            Self::Fails(subject) | Self::Mended(subject) | Self::Ends(subject) => {
                subject.is_machine()
            }
            Self::People | Self::Missed | Self::Contact(_) => false,
        }
    }
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

    /// The number by which a contact is told from others, when this is to be told of it now. It says nothing of who it is.
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

/// Asks the outside watcher's address for as long as every thread ticks. Another address, or none, holds from when it is configured.
pub(crate) async fn beat(
    mut heartbeat: watch::Receiver<Option<Heartbeat>>,
    ticks: crate::ticks::Ticks,
) {
    loop {
        let configured = heartbeat.borrow_and_update().clone();
        let changed = match configured {
            Some(configured) => {
                tokio::select! {
                    changed = heartbeat.changed() => changed,
                    () = beat_at(&configured, &ticks) => Ok(()),
                }
            }
            None => heartbeat.changed().await,
        };
        if changed.is_err() {
            return;
        }
    }
}

async fn beat_at(heartbeat: &Heartbeat, ticks: &crate::ticks::Ticks) {
    let mut interval = tokio::time::interval(heartbeat.interval);
    loop {
        interval.tick().await;
        if ticks.stuck().is_some() {
            continue;
        }
        let url = heartbeat.url.clone();
        let asked = tokio::task::spawn_blocking(move || ways::agent().get(&url).call().is_ok());
        if !asked.await.unwrap_or(false) {
            tracing::warn!("the heartbeat's watcher does not answer");
        }
    }
}

/// A warning in words.
pub(crate) fn words(warning: &Warning) -> Words {
    let (kind, text, news) = match warning {
        Warning::TrunkDown { trunk } => trunk_fails(trunk, "does not answer"),
        Warning::TrunkNotFound { trunk } => trunk_fails(trunk, NOT_FOUND),
        Warning::TrunkUp { trunk } => trunk_is_well(trunk, "answers again"),
        Warning::TrunkFound { trunk } => trunk_is_well(trunk, "has an address again"),
        Warning::TrunkRefusesCalls { trunk, why } => carries_no_calls(trunk, *why),
        Warning::TrunkCarriesCalls { trunk } => carries_calls(trunk),
        Warning::TrunkNotRegistered { trunk, why } => not_registered(trunk, *why),
        Warning::TrunkRegistered { trunk } => registered(trunk),
        Warning::TrunkTroubleEnds { trunk, trouble } => trouble_ends(trunk, *trouble),
        Warning::JournalUnsaved { reason } => (
            "journal-unsaved",
            format!("what happens is not on disk: {reason}"),
            News::Fails(Subject::Journal),
        ),
        Warning::JournalSaved => (
            "journal-saved",
            "what happens is on disk again".to_owned(),
            News::Mended(Subject::Journal),
        ),
        Warning::SnapshotFailed { reason } => (
            "snapshot-failed",
            format!("a snapshot could not be written: {reason}"),
            News::Machine,
        ),
        Warning::ConfigurationRefused { reason } => (
            "configuration-refused",
            format!("distribution keeps its old configuration: {reason}"),
            News::Machine,
        ),
        Warning::OperatorPaused { operator } => (
            "operator-paused",
            format!("{operator} was paused after missed calls"),
            News::Missed,
        ),
        Warning::PauseLifted { operator } => (
            "pause-lifted",
            format!("{operator} is the last one there: her pause after missed calls is lifted"),
            News::Missed,
        ),
        Warning::CallRefused { reason } => (
            "call-refused",
            format!("a call was refused: {reason}"),
            News::People,
        ),
        Warning::Distribution(notice) => return distribution(notice),
    };
    Words { kind, text, news }
}

/// Kind, text and news of a warning.
type Parts = (&'static str, String, News);

/// What is said of what fails for the third time in a short while.
const COMES_AND_GOES: &str = "it comes and goes; nothing more is said of it until it is steady";

const NOT_FOUND: &str =
    "has no address that can be reached: its name is not found, or none of our listeners fits";

fn trunk_fails(trunk: &str, how: &str) -> Parts {
    let news = News::Fails(Subject::Trunk(trunk.to_owned()));
    ("trunk-down", format!("trunk {trunk} {how}"), news)
}

fn trunk_is_well(trunk: &str, how: &str) -> Parts {
    let news = News::Mended(Subject::Trunk(trunk.to_owned()));
    ("trunk-up", format!("trunk {trunk} {how}"), news)
}

fn carries_no_calls(trunk: &str, why: sip::Failure) -> Parts {
    let how = match why {
        sip::Failure::Timeout => "does not answer our calls".to_owned(),
        sip::Failure::Transport => "cannot be reached by our calls".to_owned(),
        sip::Failure::Status(status) => format!("refuses our calls ({})", status.code()),
    };
    let text = format!("trunk {trunk} {how}: nobody behind it can be rung");
    let news = News::Fails(Subject::Calls(trunk.to_owned()));
    ("trunk-carries-no-calls", text, news)
}

fn carries_calls(trunk: &str) -> Parts {
    let text = format!("trunk {trunk} carries our calls again");
    let news = News::Mended(Subject::Calls(trunk.to_owned()));
    ("trunk-carries-calls", text, news)
}

fn not_registered(trunk: &str, why: NotRegistered) -> Parts {
    let text = match why {
        NotRegistered::Refused(status) => {
            format!("trunk {trunk} refuses our registration ({})", status.code())
        }
        NotRegistered::Unanswered => format!("trunk {trunk} does not answer our registration"),
        NotRegistered::Nowhere => format!("the registrar of trunk {trunk} {NOT_FOUND}"),
        NotRegistered::Lapsed => format!("our registration with trunk {trunk} has run out"),
    };
    let news = News::Fails(Subject::Registration(trunk.to_owned()));
    ("trunk-not-registered", text, news)
}

fn registered(trunk: &str) -> Parts {
    let text = format!("our registration with trunk {trunk} holds again");
    let news = News::Mended(Subject::Registration(trunk.to_owned()));
    ("trunk-registered", text, news)
}

fn trouble_ends(trunk: &str, trouble: TrunkTrouble) -> Parts {
    let trunk = trunk.to_owned();
    let (what, subject): (_, fn(String) -> Subject) = match trouble {
        TrunkTrouble::Unreached => ("does not answer", Subject::Trunk),
        TrunkTrouble::CarriesNoCalls => ("carries no calls of ours", Subject::Calls),
        TrunkTrouble::NotRegistered => ("does not hold our registration", Subject::Registration),
    };
    let text = format!("that trunk {trunk} {what} is over: it is gone or configured otherwise");
    ("trunk-changed", text, News::Ends(subject(trunk)))
}

fn distribution(notice: &Notice) -> Words {
    let (kind, text, news) = match notice {
        Notice::Waits { contact, wait } => (
            "waits",
            format!("somebody has waited for {} s", wait.as_secs()),
            News::Contact(*contact),
        ),
        Notice::NobodyThere { contact, queue } => (
            "nobody-there",
            format!("somebody waits in {queue} and nobody is there"),
            News::Contact(*contact),
        ),
        Notice::LastOperatorMisses { operator, misses } => (
            "last-operator-misses",
            format!("{operator} is the last one there and missed {misses} calls in a row"),
            News::Missed,
        ),
        Notice::OnCallMisses { operator, misses } => (
            "on-call-misses",
            format!("{operator}, on call, missed {misses} calls in a row"),
            News::Missed,
        ),
        Notice::PhoneGone { operator, .. } => (
            "phone-gone",
            format!("the phone of {operator} does not answer while she is ready"),
            News::Fails(Subject::Phone(*operator)),
        ),
        Notice::PhoneBack { operator } => (
            "phone-back",
            format!("the phone of {operator} answers again"),
            News::Mended(Subject::Phone(*operator)),
        ),
    };
    Words { kind, text, news }
}

#[cfg(test)]
mod tests;
