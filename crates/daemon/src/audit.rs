//! `linka audit`: what was done by whom, and whether anybody has changed that.

use std::fmt::Write as _;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::{Map, Value};
use store::sql::{
    AUDIT_ENTRIES_READ_MAX, AuditAnchor, AuditBeginning, AuditEntry, AuditFault, AuditKey, Store,
    WholeAudit, verify_audit,
};
use web::{Event, note_now};

use crate::audit_end::{FollowedEnd, FollowedTo, SeenEnd, unvouched};
use crate::cli::{Data, Folders};
use crate::database::{BY_COMMAND, Records, block_on};
use crate::erasures::Erasures;
use crate::keys;

/// What `linka audit` is told.
#[derive(Debug, Subcommand)]
pub(crate) enum Options {
    /// Check every entry from the first one on, and tell where the audit ends.
    ///
    /// Exit code 0: nothing was changed. Exit code 2: a sentence names the first entry that is
    /// missing or was changed. The end is remembered in the keys folder, and an audit that is
    /// shorter the next time, or another one, is not whole. So is one that is shorter than a
    /// running linka saw it.
    Verify(Place),
    /// Print the newest entries, the oldest of them first.
    List {
        #[command(flatten)]
        place: Place,
        /// How many.
        #[arg(long, value_name = "ENTRIES", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=AUDIT_ENTRIES_READ_MAX))]
        last: u64,
    },
    /// Erase what an entry says, for good; that there was one stays, and the audit stays whole.
    ///
    /// The erasure is noted in the keys folder too, so that an older backup does not bring it back.
    Erase {
        #[command(flatten)]
        place: Place,
        /// The number of the entry.
        entry: u64,
    },
}

/// Where the audit is.
#[derive(Debug, Args)]
pub(crate) struct Place {
    #[command(flatten)]
    folders: Folders,
    #[command(flatten)]
    data: Data,
}

impl Place {
    fn key(&self) -> anyhow::Result<AuditKey> {
        keys::audit_key(&self.folders.keys, &self.data.data).map(AuditKey)
    }
}

/// Reads the audit and says what was asked; a running linka may write it meanwhile.
pub(crate) fn audit(options: &Options) -> anyhow::Result<String> {
    match options {
        Options::Verify(place) => {
            let key = place.key()?;
            let seen = SeenEnd::of(&place.folders.keys);
            let records = Records::find(&place.folders, &place.data)?;
            block_on(async {
                let store = records.open().await?;
                let followed = FollowedEnd::of(&place.data.data, key.clone());
                let before = Before::read(&followed, &seen)?;
                let whole = verify(&*store, &key).await?;
                followed.compare(&*store, &whole, before.followed).await?;
                seen.compare(&*store, &whole, before.seen).await?;
                Ok(in_words(&whole))
            })
        }
        Options::List { place, last } => {
            let records = Records::find(&place.folders, &place.data)?;
            block_on(async { list(&*records.open().await?, *last).await })
        }
        Options::Erase { place, entry } => {
            let records = Records::find(&place.folders, &place.data)?;
            let (key, erasures) = (place.key()?, Erasures::of(&place.folders.keys));
            block_on(async {
                let store = records.open().await?;
                erase(&*store, &erasures, *entry).await?;
                let event = Event::Erased { entry: *entry };
                note_now(&*store, &key, records.today(), BY_COMMAND, &event).await?;
                Ok(format!("What entry {entry} said is erased.\n"))
            })
        }
    }
}

/// The ends that were seen before the audit is read: it grows beside, and so do they.
struct Before {
    followed: FollowedTo,
    seen: Option<AuditAnchor>,
}

impl Before {
    fn read(followed: &FollowedEnd, seen: &SeenEnd) -> anyhow::Result<Self> {
        Ok(Self {
            followed: followed.seen()?,
            seen: seen.seen()?,
        })
    }
}

/// Checks the whole audit.
///
/// # Errors
/// A sentence that says what is not whole.
pub(crate) async fn verify(store: &dyn Store, key: &AuditKey) -> anyhow::Result<WholeAudit> {
    let whole = match verify_audit(store, key).await {
        Ok(whole) => whole,
        Err(AuditFault::Broken(broken)) => anyhow::bail!("the audit is not whole: {broken}"),
        Err(error @ AuditFault::Store(_)) => {
            return Err(error).context("the audit could not be checked");
        }
    };
    match unvouched(key, &whole.beginning) {
        Some(sentence) => anyhow::bail!("the audit is not whole: {sentence}"),
        None => Ok(whole),
    }
}

/// What was found, in sentences.
pub(crate) fn in_words(whole: &WholeAudit) -> String {
    let end = whole.end;
    let mut text = match &whole.beginning {
        AuditBeginning::Whole => "The audit is whole from its first entry.\n".to_owned(),
        AuditBeginning::Pruned(signed) => format!(
            "The audit is whole. Entries up to {} were kept long enough and deleted.\n",
            signed.anchor.seq
        ),
    };
    if whole.erased > 0 {
        let _infallible = writeln!(text, "Erased entries: {}.", whole.erased);
    }
    let _infallible = write!(text, "It ends with entry {}, hash ", end.seq);
    for byte in end.hash {
        let _infallible = write!(text, "{byte:02x}");
    }
    text + "\n"
}

/// Erases what an entry says. Noted first: whatever is erased is never brought back.
async fn erase(store: &dyn Store, erasures: &Erasures, seq: u64) -> anyhow::Result<()> {
    let end = seq.saturating_add(1);
    let entries = store.audit_chain(seq..end).await?;
    let entry = entries.first();
    let entry = entry.with_context(|| format!("the audit has no entry {seq}"))?;
    erasures.note(&entry.anchor())?;
    store.erase_payload(seq).await?;
    Ok(())
}

async fn list(store: &dyn Store, last: u64) -> anyhow::Result<String> {
    let end = store.audit_head().await?.seq + 1;
    let entries = store.audit_chain(end.saturating_sub(last)..end).await?;
    Ok(entries.iter().map(line).collect())
}

/// An entry as a line: its number, its day, who did what.
fn line(entry: &AuditEntry) -> String {
    let place = format!("{:>8}  {}  ", entry.seq, entry.day);
    let Some(payload) = &entry.payload else {
        return place + "(erased)\n";
    };
    let Ok(mut event) = serde_json::from_slice::<Map<String, Value>>(&payload.bytes) else {
        return place + "(not readable)\n";
    };
    let (by, what) = (text(event.remove("by")), text(event.remove("what")));
    // They tell a start what it knows already, and people nothing.
    event.remove("marks");
    event.retain(|_, value| value.as_array().is_none_or(|list| !list.is_empty()));
    let more: String = event
        .into_iter()
        .map(|(name, value)| format!(" {name}={}", text(Some(value))))
        .collect();
    format!("{place}{by} {what}{more}\n")
}

/// A value without anything that a terminal would obey.
fn text(value: Option<Value>) -> String {
    match value {
        Some(Value::String(text)) => text.escape_debug().to_string(),
        Some(other) => other.to_string(),
        None => "?".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use records::Date;
    use store::sql::{AuditPayload, Database, LINKA_DB, SignedAnchor};

    use super::*;

    const KEY: AuditKey = AuditKey([1; 32]);

    fn payload(text: &str) -> AuditPayload {
        AuditPayload {
            salt: [0; 32],
            bytes: text.as_bytes().to_vec(),
        }
    }

    async fn three_entries(folder: &std::path::Path) -> std::sync::Arc<dyn Store> {
        let database = Database::File(folder.join(LINKA_DB));
        let store = store::sql::open(&database).await.unwrap();
        for day in 1..=3 {
            let day = Date::new(2026, 1, day).unwrap();
            let what = payload(r#"{"by":"jana\u001b","what":"exported","report":"counts"}"#);
            store.append_audit(day, what, &KEY).await.unwrap();
        }
        store
    }

    #[tokio::test]
    async fn entries_are_listed_with_who_did_what() {
        let folder = tempfile::tempdir().unwrap();
        let store = three_entries(folder.path()).await;
        store.erase_payload(3).await.unwrap();

        let listed = list(&*store, 2).await.unwrap();

        assert_eq!(
            listed,
            "       2  2026-01-02  jana\\u{1b} exported report=counts\n       3  2026-01-03  (erased)\n"
        );
    }

    #[tokio::test]
    async fn beginning_that_nobody_vouched_for_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let store = three_entries(folder.path()).await;
        let day = Date::new(2026, 1, 2).unwrap();
        let anchor = store.audit_before(day).await.unwrap().unwrap();
        let forged = SignedAnchor {
            anchor,
            signature: vec![0; 32],
        };
        store.prune_audit(&forged).await.unwrap();

        let refused = verify(&*store, &KEY).await.unwrap_err();

        let told = refused.to_string();
        assert!(
            told.ends_with("does not vouch for its beginning after entry 1"),
            "{told}"
        );
    }

    #[tokio::test]
    async fn whole_audit_is_told_with_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let store = three_entries(folder.path()).await;
        let day = Date::new(2026, 1, 2).unwrap();
        let anchor = store.audit_before(day).await.unwrap().unwrap();
        store.prune_audit(&KEY.sign(anchor)).await.unwrap();

        let told = in_words(&verify(&*store, &KEY).await.unwrap());

        assert!(
            told.starts_with("The audit is whole. Entries up to 1"),
            "{told}"
        );
        assert!(told.contains("It ends with entry 3, hash "), "{told}");
    }

    #[tokio::test]
    async fn erased_entry_is_noted_beside_the_keys() {
        let folder = tempfile::tempdir().unwrap();
        let store = three_entries(folder.path()).await;
        let erasures = Erasures::of(folder.path());
        let entry = store.audit_chain(2..3).await.unwrap()[0].anchor();

        erase(&*store, &erasures, 2).await.unwrap();
        let unknown = erase(&*store, &erasures, 4).await;

        assert_eq!(store.audit_chain(2..3).await.unwrap()[0].payload, None);
        assert_eq!(erasures.all().unwrap(), [entry]);
        assert!(unknown.is_err());
        let told = in_words(&verify(&*store, &KEY).await.unwrap());
        assert!(told.contains("Erased entries: 1."), "{told}");
    }

    /// What `linka audit verify` says.
    async fn compared(store: &dyn Store, seen: &SeenEnd) -> Result<(), String> {
        let before = seen.seen().unwrap();
        let whole = verify(store, &KEY).await.unwrap();
        let compared = seen.compare(store, &whole, before).await;
        compared.map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn audit_that_goes_on_from_where_it_was_seen_is_whole() {
        let (keys, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let store = three_entries(folder.path()).await;
        let seen = SeenEnd::of(keys.path());

        let first = compared(&*store, &seen).await;
        let day = Date::new(2026, 1, 4).unwrap();
        store.append_audit(day, payload("{}"), &KEY).await.unwrap();
        let longer = compared(&*store, &seen).await;
        let anchor = store.audit_before(day).await.unwrap().unwrap();
        store.prune_audit(&KEY.sign(anchor)).await.unwrap();
        let pruned = compared(&*store, &seen).await;

        assert_eq!((first, longer, pruned), (Ok(()), Ok(()), Ok(())));
    }

    #[tokio::test]
    async fn audit_that_is_shorter_than_it_was_seen_or_emptied_is_not_whole() {
        let (keys, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let seen = SeenEnd::of(keys.path());
        compared(&*three_entries(folder.path()).await, &seen)
            .await
            .unwrap();
        let other = tempfile::tempdir().unwrap();
        let database = Database::File(other.path().join(LINKA_DB));
        let empty = store::sql::open(&database).await.unwrap();

        let refused = compared(&*empty, &seen).await.unwrap_err();

        assert!(
            refused.ends_with("it ends with entry 0, and entry 3 was seen before"),
            "{refused}"
        );
    }

    #[tokio::test]
    async fn audit_that_grows_while_it_is_checked_is_whole() {
        let (keys, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let store = three_entries(folder.path()).await;
        let followed = FollowedEnd::of(folder.path(), KEY);
        let seen = SeenEnd::of(keys.path());

        let before = Before::read(&followed, &seen).unwrap();
        let whole = verify(&*store, &KEY).await.unwrap();
        let day = Date::new(2026, 1, 4).unwrap();
        let further = store.append_audit(day, payload("{}"), &KEY).await.unwrap();
        followed.remember(further).unwrap();
        seen.remember(&further).unwrap();
        let by_service = followed.compare(&*store, &whole, before.followed).await;
        let by_verify = seen.compare(&*store, &whole, before.seen).await;

        assert!(by_service.is_ok() && by_verify.is_ok());
    }

    #[tokio::test]
    async fn audit_with_another_entry_where_its_end_was_is_not_whole() {
        let (keys, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let seen = SeenEnd::of(keys.path());
        compared(&*three_entries(folder.path()).await, &seen)
            .await
            .unwrap();
        let other = tempfile::tempdir().unwrap();
        let database = Database::File(other.path().join(LINKA_DB));
        let anew = store::sql::open(&database).await.unwrap();
        for day in 1..=4 {
            let day = Date::new(2026, 1, day).unwrap();
            anew.append_audit(day, payload("{}"), &KEY).await.unwrap();
        }

        let refused = compared(&*anew, &seen).await.unwrap_err();

        assert!(
            refused.ends_with("its entry 3 is another one than was seen before"),
            "{refused}"
        );
    }

    #[test]
    fn empty_audit_is_whole() {
        let whole = WholeAudit {
            beginning: AuditBeginning::Whole,
            end: AuditAnchor::FIRST,
            erased: 0,
        };

        assert!(in_words(&whole).contains("It ends with entry 0"));
    }
}
