//! Opens the keys and the journal at the start, whatever the disk under the data folder says, and
//! gathers what an administrator has to be told of it.

use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, bail};
use dispatch::Moment;
use journal::{JournalError, Replayed};
use store::{Binding, JournalNews, NodeJournal};

use crate::cli::Folders;
use crate::keys::{Keys, chance};
use crate::office::control;
use crate::office::warn::{News, Words};
use crate::serve::make_data_folder;
use crate::wall_clock;

/// How long a start waits for the disk under the data folder. A replay of 100,000 entries takes less than a second.
const OPENS_WITHIN: Duration = Duration::from_secs(10);

/// What a start is given: all that it asks of the data folder.
pub(crate) struct Opened {
    pub(crate) keys: Keys,
    pub(crate) journal: NodeJournal,
    pub(crate) replayed: Replayed,
    /// The registrations that were kept.
    pub(crate) bindings: Vec<Binding>,
    /// When the machine's clock was confirmed last.
    pub(crate) confirmed: Option<Moment>,
}

/// Opens the keys and the journal of a data folder, which are made if there are none, and replays it.
///
/// A damaged file is set aside, a full or read-only disk read from and then left alone, a disk that
/// hangs not waited for: none of them keeps the line closed. Only a folder that another linka
/// serves is refused, since that one answers the line.
pub(crate) fn open(
    folders: &Folders,
    data: &Path,
    news: &mut Vec<Words>,
) -> anyhow::Result<Opened> {
    let mut opened = opened_in_time(&folders.keys, data)?;
    news.extend(opened.journal.take_news().iter().map(of_opening));
    news.extend(of_replay(&opened.replayed));
    Ok(opened)
}

/// What the disk gives in time, else an empty journal in memory.
fn opened_in_time(keys: &Path, data: &Path) -> anyhow::Result<Opened> {
    let (tell, told) = mpsc::channel();
    let (of_keys, of_data) = (keys.to_owned(), data.to_owned());
    let opens = move || {
        // What comes too late is closed again here.
        let _late = tell.send(open_and_replay(&of_keys, &of_data));
    };
    let thread = thread::Builder::new().name("opening".into()).spawn(opens)?;
    match told.recv_timeout(OPENS_WITHIN) {
        Ok(opened) => opened,
        Err(RecvTimeoutError::Timeout) => {
            drop(told);
            let keys = Keys::read(keys)?;
            let journal = NodeJournal::without_file(data, &keys.journal, chance()?, thread);
            replayed(keys, journal, None)
        }
        // The entry that crashed the replay is marked: it has to end this process as it would have ended it anywhere.
        Err(RecvTimeoutError::Disconnected) => match thread.join() {
            Err(panic) => std::panic::resume_unwind(panic),
            Ok(()) => bail!("the journal was opened and is not there"),
        },
    }
}

fn open_and_replay(keys: &Path, data: &Path) -> anyhow::Result<Opened> {
    let keys = Keys::open(keys, data)?;
    let key = &keys.journal;
    // A data folder that cannot be made is told with the journal, which then stays in memory.
    let _told_below = make_data_folder(data);
    let journal = match NodeJournal::open(data, key, chance()?) {
        Ok(journal) => journal,
        Err(locked @ JournalError::Locked { .. }) if control::is_served(data) => {
            return Err(locked.into());
        }
        Err(refused) => NodeJournal::in_memory(data, key, chance()?, refused),
    };
    replayed(keys, journal, wall_clock::confirmed(data))
}

fn replayed(
    keys: Keys,
    mut journal: NodeJournal,
    confirmed: Option<Moment>,
) -> anyhow::Result<Opened> {
    let replayed = journal::replay(&mut journal).context("the journal cannot be replayed")?;
    let bindings = journal.bindings();
    Ok(Opened {
        keys,
        journal,
        replayed,
        bindings,
        confirmed,
    })
}

/// What is told of how the journal was opened.
fn of_opening(news: &JournalNews) -> Words {
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
