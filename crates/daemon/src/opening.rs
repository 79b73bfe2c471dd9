//! Opens the journal at the start, whatever its disk says, and gathers what an administrator has to be told of it.

use std::path::Path;

use anyhow::Context;
use journal::{JournalError, Replayed};
use store::{JournalNews, NodeJournal};

use crate::keys::chance;
use crate::office::control;
use crate::office::warn::{News, Words};

/// Opens the journal of a data folder and replays it.
///
/// A damaged file is set aside, a full or read-only disk read from and then left alone: neither keeps the line closed. Only a folder that another
/// linka serves is refused, since that one answers the line.
pub(crate) fn open_journal(
    data: &Path,
    key: &[u8; 32],
    news: &mut Vec<Words>,
) -> anyhow::Result<(NodeJournal, Replayed)> {
    let mut journal = match NodeJournal::open(data, key, chance()?) {
        Ok(journal) => journal,
        Err(locked @ JournalError::Locked { .. }) if control::is_served(data) => {
            return Err(locked.into());
        }
        Err(refused) => NodeJournal::in_memory(data, key, chance()?, refused),
    };
    let replayed = journal::replay(&mut journal).context("the journal cannot be replayed")?;
    news.extend(journal.take_news().iter().map(of_opening));
    news.extend(of_replay(&replayed));
    Ok((journal, replayed))
}

/// What is told of how the journal was opened.
pub(crate) fn of_opening(news: &JournalNews) -> Words {
    let (kind, text) = match news {
        JournalNews::SetAside { kept, reason } => (
            "journal-set-aside",
            format!(
                "{reason}: it was set aside as {}, and what it holds is unknown",
                kept.display()
            ),
        ),
        JournalNews::InMemory { reason } => (
            "journal-in-memory",
            format!("the line is served from memory: {reason}"),
        ),
        JournalNews::Unread { reason } => (
            "journal-unread",
            format!("what was before this start is unknown: {reason}"),
        ),
        JournalNews::RegistrationsLost { reason } => (
            "registrations-lost",
            format!("phones are unknown until they register again: {reason}"),
        ),
    };
    machine(kind, text)
}

fn of_replay(replayed: &Replayed) -> impl Iterator<Item = Words> {
    let skipped = replayed.skipped.iter().map(|seq| {
        let text = format!("entry {} crashed the replay twice and was skipped", seq.0);
        machine("journal-entry-skipped", text)
    });
    let gaps = replayed.gaps.iter().map(|seq| {
        let text = format!("entries are missing from the journal after {}", seq.0);
        machine("journal-gap", text)
    });
    skipped.chain(gaps)
}

fn machine(kind: &'static str, text: String) -> Words {
    Words {
        kind,
        text,
        news: News::Machine,
    }
}
