//! Warnings and the heartbeat: how people learn that Linka fails, by a way that is not the trunk.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use dispatch::{ContactId, Notice};
use exchange::Warning;
use jiff::Timestamp;
use tokio::sync::{Semaphore, watch};

use super::ways::{self, Message};
use crate::configuration::{Heartbeat, Warnings};

/// Warnings of the office itself that may wait to be told; who has more to say waits.
pub(super) const OF_OFFICE_MAX: usize = 16;
/// Sentences about machines, and contacts, that are remembered so as not to be repeated; beyond it those told longest ago are forgotten.
const REMEMBERED_MAX: usize = 1_000;
/// Messages that may wait to be sent; what comes beyond is an error in the log.
const UNSENT_MAX: usize = 1_000;
/// Messages that are sent at once: each may take a process, and as long as a way has.
const SENT_AT_ONCE_MAX: usize = 16;
/// Seconds to which the time of a notice about a caller is cut: no second of hers goes to a webhook.
const CONTACT_SECONDS: i64 = 60;

/// Tells people: of a machine not the same again within the configured time, of each contact apart.
pub(crate) struct Herald {
    ways: Warnings,
    standing: BTreeMap<String, Standing>,
    contacts: BTreeMap<ContactId, OfContact>,
    /// The number that the next contact of whom something is told is known by.
    number: u32,
    room: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

/// A sentence that was told and may be told again.
struct Standing {
    since: Timestamp,
    told: Instant,
}

/// What was told of a contact.
struct OfContact {
    number: u32,
    told: BTreeMap<String, Instant>,
}

/// A warning in neutral words: nothing tells what kind of line this is, or who called.
pub(crate) struct Words {
    pub(crate) kind: &'static str,
    pub(crate) text: String,
    pub(crate) news: News,
}

/// What a warning is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// A machine fails: logged, and not repeated for a while.
    Machine,
    /// A machine is well again: logged and told at once.
    Mended,
    /// Something goes on with telephones or callers: not repeated for a while, and written nowhere.
    People,
    /// An operator missed her calls, or is excused for them: told each time, and written nowhere.
    Missed,
    /// Somebody waits: told of each, and written nowhere.
    Contact(ContactId),
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
        match words.news {
            News::Machine | News::Mended => tracing::warn!(kind = words.kind, "{}", words.text),
            News::People | News::Missed | News::Contact(_) => {}
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
        let (text, since) = match words.news {
            News::Machine | News::People => (words.text.clone(), self.standing_since(now, words)?),
            News::Mended => {
                self.standing.clear();
                (words.text.clone(), now.wall)
            }
            News::Missed => (words.text.clone(), cut(now.wall)),
            News::Contact(contact) => {
                let number = self.number_of(now, contact, &words.text)?;
                (format!("{} (no. {number})", words.text), cut(now.wall))
            }
        };
        let kind = words.kind;
        Some(Message { kind, text, since })
    }

    /// Since when something is so that is to be told now.
    fn standing_since(&mut self, now: Now, words: &Words) -> Option<Timestamp> {
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
        let told = now.instant;
        self.standing.insert(key, Standing { since, told });
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
    Timestamp::from_second(second - second.rem_euclid(CONTACT_SECONDS)).unwrap_or(time)
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
        Warning::TrunkDown { trunk } => (
            "trunk-down",
            format!("trunk {trunk} does not answer"),
            News::Machine,
        ),
        Warning::TrunkUp { trunk } => (
            "trunk-up",
            format!("trunk {trunk} answers again"),
            News::Mended,
        ),
        Warning::JournalUnsaved { reason } => (
            "journal-unsaved",
            format!("what happens is not on disk: {reason}"),
            News::Machine,
        ),
        Warning::JournalSaved => (
            "journal-saved",
            "what happens is on disk again".to_owned(),
            News::Mended,
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
        Notice::PhoneGone { operator, .. } => (
            "phone-gone",
            format!("the phone of {operator} does not answer while she is ready"),
            News::People,
        ),
    };
    Words { kind, text, news }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use dispatch::{OperatorId, QueueId, Seq};

    use super::*;

    const REPEAT: Duration = Duration::from_secs(30 * 60);

    /// A herald, and a clock that the tests turn.
    struct Told {
        herald: Herald,
        now: Now,
    }

    impl Told {
        fn new() -> Self {
            Self {
                herald: Herald::new(Warnings {
                    webhook: None,
                    command: Vec::new(),
                    repeat: REPEAT,
                }),
                now: Now {
                    instant: Instant::now(),
                    wall: "2027-03-04T05:06:07Z".parse().unwrap(),
                },
            }
        }

        fn wait(&mut self, time: Duration) {
            self.now.instant += time;
            self.now.wall += time;
        }

        fn told(&mut self, warning: &Warning) -> Option<Message> {
            self.herald.message(self.now, &words(warning))
        }

        fn text(&mut self, warning: &Warning) -> Option<String> {
            self.told(warning).map(|message| message.text)
        }
    }

    #[tokio::test]
    async fn flood_of_warnings_is_sent_a_few_at_a_time_and_never_waits_without_limit() {
        let folder = tempfile::tempdir().unwrap();
        let running = folder.path().join("running");
        std::fs::create_dir(&running).unwrap();
        let script = "mkdir \"$0/$$\"; while [ -e \"$0\" ]; do sleep 0.05; done";
        let path = running.to_str().unwrap().to_owned();
        let mut told = Told::new();
        told.herald.ways.command = ["sh", "-c", script, &path].map(str::to_owned).to_vec();
        let count = || std::fs::read_dir(&running).unwrap().count();

        for contact in 0..u64::try_from(UNSENT_MAX).unwrap() + 5 {
            told.herald.tell(told.now, &words(&waits(contact)));
        }
        while count() < SENT_AT_ONCE_MAX {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }

        assert_eq!(told.herald.room.available_permits(), 0);
        assert_eq!(told.herald.turns.available_permits(), 0);
        assert_eq!(count(), SENT_AT_ONCE_MAX);
    }

    fn waits(contact: u64) -> Warning {
        Warning::Distribution(Notice::Waits {
            contact: ContactId(Seq(contact)),
            wait: Duration::from_secs(90),
        })
    }

    fn trunk_down() -> Warning {
        let trunk = "carrier".to_owned();
        Warning::TrunkDown { trunk }
    }

    #[test]
    fn second_caller_who_waits_is_told_and_told_from_the_first() {
        let mut told = Told::new();

        let first = told.text(&waits(7));
        told.wait(Duration::from_secs(60));
        let second = told.text(&waits(12));

        assert_eq!(
            first.as_deref(),
            Some("somebody has waited for 90 s (no. 1)")
        );
        assert_eq!(
            second.as_deref(),
            Some("somebody has waited for 90 s (no. 2)")
        );
    }

    #[test]
    fn two_callers_for_whom_nobody_is_there_are_told_apart() {
        let mut told = Told::new();
        let nobody = |contact| {
            Warning::Distribution(Notice::NobodyThere {
                contact: ContactId(Seq(contact)),
                queue: QueueId::parse("crisis").unwrap(),
            })
        };

        let texts = [1, 2, 1].map(|contact| told.text(&nobody(contact)));
        let waits = told.text(&waits(2));

        assert!(
            texts[0]
                .as_deref()
                .is_some_and(|text| text.ends_with("(no. 1)"))
        );
        assert!(
            texts[1]
                .as_deref()
                .is_some_and(|text| text.ends_with("(no. 2)"))
        );
        assert_eq!(texts[2], None);
        assert!(waits.is_some_and(|text| text.ends_with("(no. 2)")));
    }

    #[test]
    fn machine_is_told_once_per_repeat_time_and_since_when_it_fails() {
        let mut told = Told::new();

        let first = told.told(&trunk_down()).unwrap();
        told.wait(REPEAT - Duration::from_secs(1));
        let within = told.told(&trunk_down());
        told.wait(Duration::from_secs(1));
        let again = told.told(&trunk_down()).unwrap();

        assert_eq!(
            first.body(),
            r#"{"kind":"trunk-down","since":"2027-03-04T05:06:07Z","text":"trunk carrier does not answer"}"#
        );
        assert_eq!(within, None);
        assert_eq!(again, first);
    }

    #[test]
    fn machine_that_fails_after_it_was_mended_is_told_at_once_and_callers_stay_known() {
        let mut told = Told::new();
        let trunk = "carrier".to_owned();
        told.told(&trunk_down());
        told.told(&waits(7));

        let up = told.told(&Warning::TrunkUp { trunk });
        told.wait(Duration::from_secs(5));
        let down = told.told(&trunk_down()).unwrap();

        assert!(up.is_some());
        assert!(down.body().contains("05:06:12Z"));
        assert_eq!(told.told(&waits(7)), None);
    }

    #[test]
    fn operator_is_told_of_each_time_she_is_paused() {
        let mut told = Told::new();
        let operator = OperatorId::parse("jana").unwrap();
        let paused = Warning::OperatorPaused { operator };

        let texts = [told.text(&paused), told.text(&paused)];

        assert!(texts.iter().all(Option::is_some));
    }

    #[test]
    fn no_second_of_a_caller_leaves_the_house() {
        let mut told = Told::new();

        let message = told.told(&waits(7)).unwrap();

        assert!(
            message
                .body()
                .contains("\"since\":\"2027-03-04T05:06:00Z\"")
        );
    }

    #[test]
    fn many_callers_silence_no_machine_and_are_forgotten_the_oldest_first() {
        let mut told = Told::new();
        let callers = u64::try_from(REMEMBERED_MAX).unwrap() + 1;

        let all = (1..=callers).filter(|contact| told.told(&waits(*contact)).is_some());

        assert_eq!(all.count(), REMEMBERED_MAX + 1);
        assert!(told.told(&trunk_down()).is_some());
        assert_eq!(told.herald.contacts.len(), REMEMBERED_MAX);
        assert_eq!(told.told(&waits(callers)), None);
    }
}
