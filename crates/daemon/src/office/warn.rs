//! Warnings and the heartbeat: how people learn that Linka fails, by a way that is not the trunk.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use dispatch::Notice;
use exchange::Warning;
use tokio::process::Command;
use tokio::time::timeout;

use crate::configuration::{Heartbeat, Warnings};

/// Time that a webhook or command has.
const WAY_TIME: Duration = Duration::from_secs(20);
/// Warnings of the office itself that may wait to be told; who has more to say waits.
pub(super) const OF_OFFICE_MAX: usize = 16;
/// Kinds of warnings remembered so as not to repeat them.
const KINDS_MAX: usize = 1_000;

/// Tells people, and the same thing not again within the configured time.
pub(crate) struct Herald {
    ways: Warnings,
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
    /// Somebody waits, or an operator missed calls: told, but written nowhere.
    Contact,
}

impl Herald {
    pub(crate) fn new(ways: Warnings) -> Self {
        Self {
            ways,
            told: BTreeMap::new(),
        }
    }

    pub(crate) fn configure(&mut self, ways: Warnings) {
        self.ways = ways;
    }

    /// Logs what is said and sends it by every configured way.
    pub(crate) fn tell(&mut self, words: &Words) {
        if words.news != News::Contact {
            tracing::warn!(kind = words.kind, "{}", words.text);
        }
        if !self.is_news(words) {
            return;
        }
        if let Some(url) = self.ways.webhook.clone() {
            let body = serde_json::json!({ "kind": words.kind, "text": words.text }).to_string();
            tokio::task::spawn_blocking(move || post(&url, &body));
        }
        if let Some((program, arguments)) = self.ways.command.split_first() {
            let mut command = Command::new(program);
            command
                .args(arguments)
                .arg(&words.text)
                .env("LINKA_WARNING", words.kind)
                .kill_on_drop(true);
            tokio::spawn(run(command));
        }
    }

    fn is_news(&mut self, words: &Words) -> bool {
        let now = Instant::now();
        let repeat = self.ways.repeat;
        self.told
            .retain(|_, at| now.saturating_duration_since(*at) < repeat);
        if words.news == News::Mended {
            self.told.clear();
            return true;
        }
        let key = format!("{} {}", words.kind, words.text);
        if self.told.contains_key(&key) {
            return false;
        }
        // What cannot be remembered is told again rather than not at all.
        if self.told.len() < KINDS_MAX {
            self.told.insert(key, now);
        }
        true
    }
}

fn post(url: &str, body: &str) {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(WAY_TIME))
        .build()
        .into();
    if agent
        .post(url)
        .content_type("application/json")
        .send(body)
        .is_err()
    {
        tracing::error!("the warning's webhook failed");
    }
}

async fn run(mut command: Command) {
    let ended = timeout(WAY_TIME, command.status()).await;
    if !matches!(ended, Ok(Ok(status)) if status.success()) {
        tracing::error!("the warning's command failed");
    }
}

/// Asks the outside watcher's address for as long as every thread ticks.
pub(crate) async fn beat(heartbeat: Heartbeat, ticks: crate::ticks::Ticks) {
    let mut interval = tokio::time::interval(heartbeat.interval);
    loop {
        interval.tick().await;
        if ticks.stuck().is_some() {
            continue;
        }
        let url = heartbeat.url.clone();
        let asked = tokio::task::spawn_blocking(move || {
            let agent: ureq::Agent = ureq::Agent::config_builder()
                .timeout_global(Some(WAY_TIME))
                .build()
                .into();
            agent.get(&url).call().is_ok()
        });
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
            News::Contact,
        ),
        Warning::PauseLifted { operator } => (
            "pause-lifted",
            format!("{operator} is the last one there: her pause after missed calls is lifted"),
            News::Contact,
        ),
        Warning::CallRefused { reason } => (
            "call-refused",
            format!("a call was refused: {reason}"),
            News::Contact,
        ),
        Warning::Distribution(notice) => return distribution(notice),
    };
    Words { kind, text, news }
}

fn distribution(notice: &Notice) -> Words {
    let (kind, text) = match notice {
        Notice::Waits { wait, .. } => (
            "waits",
            format!("somebody has waited for {} s", wait.as_secs()),
        ),
        Notice::NobodyThere { queue, .. } => (
            "nobody-there",
            format!("somebody waits in {queue} and nobody is there"),
        ),
        Notice::LastOperatorMisses { operator, misses } => (
            "last-operator-misses",
            format!("{operator} is the last one there and missed {misses} calls in a row"),
        ),
        Notice::PhoneGone { operator, .. } => (
            "phone-gone",
            format!("the phone of {operator} does not answer while she is ready"),
        ),
    };
    Words {
        kind,
        text,
        news: News::Contact,
    }
}
