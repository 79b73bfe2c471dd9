//! Notes in the audit what became another one in the configuration, by whatever means: a command, a
//! page, or an editor before the start.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;
use store::sql::{AUDIT_ENTRIES_READ_MAX, AuditKey, Store};
use tokio::time::sleep;
use web::{Event, note_now};

use super::Office;
use super::records::RecordsDatabase;
use crate::calendar::Calendar;

/// Who is named in the audit.
const BY: &str = "linka";
/// How long a database that failed is left alone.
const RETRY: Duration = Duration::from_secs(60);
/// What is watched.
const FILES: [&str; 7] = [
    "linka.toml",
    "trunks.toml",
    "lines.toml",
    "queues.toml",
    OPERATORS,
    "partners.toml",
    "prompts/prompts.toml",
];
const OPERATORS: &str = "operators.toml";
/// Bytes of a mark: enough to tell two contents apart.
const MARK_BYTES: usize = 16;

/// By what a file, or an operator's password, is known again.
type Marks = BTreeMap<String, String>;

/// What watches the configuration.
pub(crate) struct ConfigurationWatch {
    pub(crate) database: Arc<RecordsDatabase>,
    pub(crate) calendar: Calendar,
    pub(crate) key: AuditKey,
}

impl ConfigurationWatch {
    /// Works until the process ends: at its start, and after each reload.
    pub(crate) async fn run(self, office: Arc<Office>) {
        office.left_acts_written.wait().await;
        loop {
            while let Err(error) = self.note(&office).await {
                let error = format!("{error:#}");
                tracing::info!(
                    error,
                    "what changed in the configuration is not in the audit yet"
                );
                sleep(RETRY).await;
            }
            office.configured.notified().await;
        }
    }

    async fn note(&self, office: &Office) -> anyhow::Result<()> {
        let store = self.database.store().await?;
        let marks = self.marks(&office.config);
        let before = last_noted(&*store).await?;
        let Some(event) = changed(before, marks) else {
            return Ok(());
        };
        let today = self.calendar.date(office.screens.moment());
        note_now(&*store, &self.key, today, BY, &event).await?;
        Ok(())
    }

    /// The marks of what is there now. A file that is gone has none.
    fn marks(&self, config: &Path) -> Marks {
        let mut marks = Marks::new();
        for name in FILES {
            let Ok(text) = std::fs::read_to_string(config.join(name)) else {
                continue;
            };
            marks.insert(name.to_owned(), self.mark(&[name, &text]));
            if name == OPERATORS {
                let secrets = secrets(&text).into_iter();
                marks.extend(secrets.map(|(operator, secret)| {
                    let mark = self.mark(&[OPERATORS, &operator, &secret]);
                    (of_operator(&operator), mark)
                }));
            }
        }
        marks
    }

    fn mark(&self, parts: &[&str]) -> String {
        let mut key = [0; 64];
        key[..self.key.0.len()].copy_from_slice(&self.key.0);
        let mut mac = Hmac::<Sha256>::new(&key.into()).chain_update("linka configuration 1");
        for part in parts {
            let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
            mac = mac.chain_update(length.to_be_bytes()).chain_update(part);
        }
        let bytes = mac.finalize().into_bytes();
        bytes
            .iter()
            .take(MARK_BYTES)
            .fold(String::new(), |mut hex, byte| {
                let _infallible = write!(hex, "{byte:02x}");
                hex
            })
    }
}

/// The key of an operator's mark.
fn of_operator(name: &str) -> String {
    format!("operator {name}")
}

/// Each operator and what her password is checked against.
fn secrets(text: &str) -> Vec<(String, String)> {
    let Ok(file) = text.parse::<toml::Table>() else {
        return Vec::new();
    };
    let operators = file.get("operator").and_then(toml::Value::as_array);
    let of = |table: &toml::Value, key: &str| {
        let value = table.get(key).and_then(toml::Value::as_str);
        value.unwrap_or_default().to_owned()
    };
    operators
        .into_iter()
        .flatten()
        .map(|table| {
            let secret = of(table, "digest_md5") + &of(table, "digest_sha256");
            (of(table, "name"), secret)
        })
        .collect()
}

/// The marks that were noted last; nothing when none were in the last year.
async fn last_noted(store: &dyn Store) -> anyhow::Result<Marks> {
    let first = store.audit_beginning().await?.anchor().seq;
    let mut end = store.audit_head().await?.seq + 1;
    while end > first + 1 {
        let begin = end.saturating_sub(AUDIT_ENTRIES_READ_MAX).max(first);
        let entries = store.audit_chain(begin..end).await?;
        let found = entries.iter().rev().find_map(|entry| {
            let payload = entry.payload.as_ref()?;
            let event: Value = serde_json::from_slice(&payload.bytes).ok()?;
            (event["what"] == "configuration_changed").then(|| event["marks"].clone())
        });
        if let Some(marks) = found {
            return Ok(serde_json::from_value(marks).unwrap_or_default());
        }
        end = begin;
    }
    Ok(Marks::new())
}

/// What is another one now; nothing when all is as it was noted.
fn changed(before: Marks, marks: Marks) -> Option<Event> {
    if before == marks {
        return None;
    }
    let operators = |which: &dyn Fn(&str) -> bool| {
        let named = before
            .keys()
            .chain(marks.keys().filter(|key| !before.contains_key(*key)));
        let operators = named.filter(|key| which(key));
        let operators = operators.filter_map(|key| key.strip_prefix("operator "));
        operators.map(str::to_owned).collect::<Vec<_>>()
    };
    let is_new = |key: &str| !before.contains_key(key);
    let is_gone = |key: &str| !marks.contains_key(key);
    let differs = |key: &str| before.get(key) != marks.get(key);
    Some(Event::ConfigurationChanged {
        files: FILES
            .into_iter()
            .filter(|name| differs(name))
            .map(str::to_owned)
            .collect(),
        added: operators(&is_new),
        removed: operators(&is_gone),
        password: operators(&|key| differs(key) && !is_new(key) && !is_gone(key)),
        marks: marks.clone(),
    })
}

#[cfg(test)]
mod tests {
    use store::sql::Database;

    use super::*;

    fn watch(folder: &Path) -> ConfigurationWatch {
        let database = Database::File(folder.join("linka.db"));
        ConfigurationWatch {
            database: Arc::new(RecordsDatabase::new(database)),
            calendar: Calendar::new(jiff::tz::TimeZone::UTC),
            key: AuditKey([1; 32]),
        }
    }

    fn operators(folder: &Path, operators: &[(&str, &str)]) {
        let tables = operators.iter().map(|(name, secret)| {
            format!("[[operator]]\nname = \"{name}\"\ndigest_md5 = \"{secret}\"\n")
        });
        std::fs::write(folder.join(OPERATORS), tables.collect::<String>()).unwrap();
    }

    #[test]
    fn operators_who_came_went_or_have_another_password_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let watch = watch(folder.path());
        operators(folder.path(), &[("jana", "1"), ("dana", "1"), ("eva", "1")]);
        let before = watch.marks(folder.path());
        operators(
            folder.path(),
            &[("jana", "1"), ("dana", "2"), ("petra", "1")],
        );
        let marks = watch.marks(folder.path());

        let event = changed(before, marks.clone()).unwrap();

        let names = |name: &str| vec![name.to_owned()];
        assert_eq!(
            event,
            Event::ConfigurationChanged {
                files: names(OPERATORS),
                added: names("petra"),
                removed: names("eva"),
                password: names("dana"),
                marks: marks.clone(),
            }
        );
        assert_eq!(changed(marks.clone(), marks), None);
    }

    #[tokio::test]
    async fn marks_that_were_noted_are_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let watch = watch(folder.path());
        let store = watch.database.store().await.unwrap();
        operators(folder.path(), &[("jana", "1")]);
        let marks = watch.marks(folder.path());
        let day = records::Date::new(2026, 11, 29).unwrap();

        let nothing = last_noted(&*store).await.unwrap();
        let event = changed(Marks::new(), marks.clone()).unwrap();
        note_now(&*store, &watch.key, day, BY, &event)
            .await
            .unwrap();
        note_now(&*store, &watch.key, day, BY, &Event::Given)
            .await
            .unwrap();

        assert_eq!(nothing, Marks::new());
        assert_eq!(last_noted(&*store).await.unwrap(), marks);
    }
}
