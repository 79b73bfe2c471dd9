use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use dispatch::Seq;
use journal::{Entry, Journal, JournalError, Loaded, Snapshot};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::live::log_beside;
use crate::seal::{CHANCE_BYTES, KEY_BYTES};
use crate::{Binding, LIVE_DB, LiveDb};

/// Where a copy of a file is read that its own disk does not let be opened: first in memory.
const PLACES_FOR_A_COPY: [&str; 3] = ["/dev/shm", "/run", "/tmp"];

/// A node's journal: its file, or memory for as long as the disk refuses the file.
///
/// A line opens whatever its disk says. A file that cannot be read is set aside and an empty one
/// begun. A full or read-only disk is read from, and what happens stays in memory: every entry is
/// told to be unsaved, and every snapshot is an attempt to move into the file.
pub struct NodeJournal {
    opener: Opener,
    home: Home,
    news: Vec<JournalNews>,
    unkept: Unkept,
}

/// Why registrations are not on disk, if they are not: for whoever tells it, in whatever thread.
#[derive(Clone, Debug, Default)]
pub struct Unkept(Arc<Mutex<Option<String>>>);

impl Unkept {
    /// The reason, from a write that failed until one succeeds.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        let reason = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reason.clone()
    }

    fn set(&self, reason: Option<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = reason;
    }
}

/// What an administrator is told of how a journal was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JournalNews {
    /// The file could not be read: it was set aside, and the node began without it.
    SetAside {
        /// Where it is kept.
        kept: PathBuf,
        /// Why, in a sentence.
        reason: String,
    },
    /// The file cannot be written: what happens stays in memory.
    InMemory {
        /// Why, in a sentence.
        reason: String,
    },
    /// The file cannot even be read: the node began without it.
    Unread {
        /// Why, in a sentence.
        reason: String,
    },
    /// The registrations that were kept cannot be read: each phone is unknown until it registers again.
    RegistrationsLost {
        /// Why, in a sentence.
        reason: String,
    },
}

enum Home {
    File(Box<LiveDb>),
    Memory(Box<Memory>),
}

/// A journal whose file is not open.
struct Memory {
    why: JournalError,
    read: Read,
    content: Content,
}

/// What was read of a file.
#[derive(Default)]
struct Read {
    start: u32,
    loaded: Loaded,
    bindings: Vec<Binding>,
}

/// What the file holds beside what is in memory.
enum Content {
    /// Nothing: a snapshot may take its place.
    Known,
    /// Something that could not be read: it is set aside before another file is begun.
    Unknown,
    /// The same, and an opening still has it: before that has ended it is neither moved nor opened again, since SQLite
    /// would take the log of another file for its own.
    Held(JoinHandle<()>),
}

/// What opening the file takes.
struct Opener {
    folder: PathBuf,
    key: [u8; KEY_BYTES],
    chance: [u8; CHANCE_BYTES],
    openings: u64,
}

impl NodeJournal {
    /// Opens the journal of this folder, which is made if there is none; `chance` has to be fresh.
    ///
    /// # Errors
    /// [`JournalError::Locked`] alone, when another process has it open: whether that is a node
    /// that serves this folder the caller knows.
    pub fn open(
        folder: &Path,
        key: &[u8; KEY_BYTES],
        chance: [u8; CHANCE_BYTES],
    ) -> Result<Self, JournalError> {
        let mut opener = Opener::new(folder, key, chance);
        let mut news = Vec::new();
        let opened = opener.open_or_begin(&mut news);
        let home = match opened {
            Ok(db) => Home::File(Box::new(db)),
            Err(why @ JournalError::Locked { .. }) => return Err(why),
            Err(why) => opener.read_into_memory(why, &mut news),
        };
        Ok(Self::at(opener, home, news))
    }

    /// Does without the file, for now: what it holds is read from a copy.
    #[must_use]
    pub fn in_memory(
        folder: &Path,
        key: &[u8; KEY_BYTES],
        chance: [u8; CHANCE_BYTES],
        why: JournalError,
    ) -> Self {
        let mut opener = Opener::new(folder, key, chance);
        let mut news = Vec::new();
        let home = opener.read_into_memory(why, &mut news);
        Self::at(opener, home, news)
    }

    /// Does without the file, whose disk does not even let it be opened: what it holds is unknown. `opening` is the
    /// thread that opens it, and closes it again when the disk lets it after all.
    #[must_use]
    pub fn without_file(
        folder: &Path,
        key: &[u8; KEY_BYTES],
        chance: [u8; CHANCE_BYTES],
        opening: JoinHandle<()>,
    ) -> Self {
        let why = JournalError::Failed {
            place: folder.join(LIVE_DB).display().to_string(),
            cause: "the disk under it does not come back".into(),
        };
        let reason = sentence(&why);
        let news = vec![
            JournalNews::InMemory {
                reason: reason.clone(),
            },
            JournalNews::Unread { reason },
        ];
        let home = Home::Memory(Box::new(Memory {
            why,
            read: Read::of_nothing(),
            content: Content::Held(opening),
        }));
        Self::at(Opener::new(folder, key, chance), home, news)
    }

    fn at(opener: Opener, home: Home, news: Vec<JournalNews>) -> Self {
        Self {
            opener,
            home,
            news,
            unkept: Unkept::default(),
        }
    }

    /// Why registrations are not on disk, as long as they are not.
    #[must_use]
    pub fn unkept(&self) -> Unkept {
        self.unkept.clone()
    }

    /// How often the node was started with this file, this start included.
    #[must_use]
    pub const fn start(&self) -> u32 {
        match &self.home {
            Home::File(db) => db.start(),
            Home::Memory(memory) => memory.read.start,
        }
    }

    /// The registrations that were kept, as far as they can be read.
    pub fn bindings(&mut self) -> Vec<Binding> {
        let kept = match &mut self.home {
            Home::File(db) => db.bindings(),
            Home::Memory(memory) => Ok(std::mem::take(&mut memory.read.bindings)),
        };
        kept.unwrap_or_else(|error| {
            let reason = sentence(&error);
            self.news.push(JournalNews::RegistrationsLost { reason });
            Vec::new()
        })
    }

    /// Keeps registrations, or forgets those that have no bytes, in one transaction.
    ///
    /// # Errors
    /// [`JournalError`] when they could not be written; the older ones stand.
    pub fn keep_bindings<'a>(
        &mut self,
        changes: impl IntoIterator<Item = (&'a str, Option<&'a [u8]>)>,
    ) -> Result<(), JournalError> {
        let kept = match &mut self.home {
            Home::File(db) => db.keep_bindings(changes),
            Home::Memory(memory) => Err(again(&memory.why)),
        };
        let reason = kept.as_ref().err();
        self.unkept.set(reason.map(|error| sentence(error)));
        kept
    }

    /// What is to be told of how it was opened, once.
    pub fn take_news(&mut self) -> Vec<JournalNews> {
        std::mem::take(&mut self.news)
    }

    /// A file that opened and cannot be read after all gives way to an empty one.
    fn begin_anew(&mut self, reason: &JournalError) -> Result<Loaded, JournalError> {
        // The old file has to be closed before it is moved.
        self.home = Home::Memory(Box::new(Memory {
            why: again(reason),
            read: Read::default(),
            content: Content::Unknown,
        }));
        let begun = self
            .opener
            .set_aside(reason, &mut self.news)
            .and_then(|()| self.opener.open());
        match begun {
            Ok(db) => self.home = Home::File(Box::new(db)),
            Err(why) => self.home = self.opener.read_into_memory(why, &mut self.news),
        }
        self.load()
    }
}

impl Read {
    /// As a first start would find it.
    fn of_nothing() -> Self {
        Self {
            start: 1,
            ..Self::default()
        }
    }
}

impl Memory {
    /// Opens the file, or begins another one where what it holds could not be read.
    fn move_to_file(&mut self, opener: &mut Opener) -> Result<LiveDb, JournalError> {
        if let Content::Held(opening) = &self.content
            && opening.is_finished()
        {
            self.content = Content::Unknown;
        }
        let mut news = Vec::new();
        match &self.content {
            Content::Known => opener.open_or_begin(&mut news),
            Content::Unknown if opener.folder.join(LIVE_DB).exists() => opener
                .set_aside(&self.why, &mut news)
                .and_then(|()| opener.open()),
            Content::Unknown => opener.open(),
            Content::Held(_) => Err(again(&self.why)),
        }
    }
}

impl Opener {
    fn new(folder: &Path, key: &[u8; KEY_BYTES], chance: [u8; CHANCE_BYTES]) -> Self {
        Self {
            folder: folder.to_owned(),
            key: *key,
            chance,
            openings: 0,
        }
    }

    fn open(&mut self) -> Result<LiveDb, JournalError> {
        make_folder(&self.folder)?;
        let chance = self.fresh_chance();
        LiveDb::open(&self.folder, &self.key, chance)
    }

    /// Opens the file; one that cannot be read is set aside, and an empty one begun.
    fn open_or_begin(&mut self, news: &mut Vec<JournalNews>) -> Result<LiveDb, JournalError> {
        match self.open() {
            Err(reason) if is_unreadable(&reason) => {
                self.set_aside(&reason, news)?;
                self.open()
            }
            opened => opened,
        }
    }

    fn set_aside(
        &self,
        reason: &JournalError,
        news: &mut Vec<JournalNews>,
    ) -> Result<(), JournalError> {
        let kept = LiveDb::set_aside(&self.folder)?;
        let reason = sentence(reason);
        tracing::error!(kept = %kept.display(), "{reason}: it was set aside");
        news.push(JournalNews::SetAside { kept, reason });
        Ok(())
    }

    fn read_into_memory(&mut self, why: JournalError, news: &mut Vec<JournalNews>) -> Home {
        let reason = sentence(&why);
        news.push(JournalNews::InMemory { reason });
        let (read, content) = match self.read_a_copy() {
            Ok(read) => (read, Content::Known),
            Err(unread) => {
                let reason = sentence(&unread);
                news.push(JournalNews::Unread { reason });
                (Read::of_nothing(), Content::Unknown)
            }
        };
        Home::Memory(Box::new(Memory { why, read, content }))
    }

    /// Reads the file from a copy: SQLite writes where it opens, be it only to count the start.
    fn read_a_copy(&mut self) -> Result<Read, JournalError> {
        let copy = copy_of(&self.folder).map_err(|cause| JournalError::Failed {
            place: self.folder.join(LIVE_DB).display().to_string(),
            cause: cause.into(),
        })?;
        let chance = self.fresh_chance();
        let mut db = LiveDb::open(copy.path(), &self.key, chance)?;
        Ok(Read {
            start: db.start(),
            bindings: db.bindings().unwrap_or_default(),
            loaded: db.load()?,
        })
    }

    /// Chance that no opening had before: nonces are made of it.
    fn fresh_chance(&mut self) -> [u8; CHANCE_BYTES] {
        self.openings += 1;
        let digest = Sha256::new()
            .chain_update(self.chance)
            .chain_update(self.openings.to_be_bytes())
            .finalize();
        let mut chance = [0; CHANCE_BYTES];
        chance.copy_from_slice(&digest[..CHANCE_BYTES]);
        chance
    }
}

impl Journal for NodeJournal {
    fn load(&mut self) -> Result<Loaded, JournalError> {
        match &mut self.home {
            Home::File(db) => match db.load() {
                Err(reason) if is_unreadable(&reason) => self.begin_anew(&reason),
                Err(reason) => {
                    self.home = self.opener.read_into_memory(reason, &mut self.news);
                    self.load()
                }
                Ok(loaded) => Ok(loaded),
            },
            Home::Memory(memory) => Ok(std::mem::take(&mut memory.read.loaded)),
        }
    }

    fn append(&mut self, entries: &[Entry]) -> Result<(), JournalError> {
        match &mut self.home {
            Home::File(db) => db.append(entries),
            Home::Memory(memory) => Err(again(&memory.why)),
        }
    }

    fn write_snapshot(&mut self, snapshot: &Snapshot) -> Result<(), JournalError> {
        if let Home::Memory(memory) = &mut self.home {
            let opened = memory.move_to_file(&mut self.opener)?;
            self.home = Home::File(Box::new(opened));
        }
        match &mut self.home {
            Home::File(db) => db.write_snapshot(snapshot),
            Home::Memory(memory) => Err(again(&memory.why)),
        }
    }

    /// A disk that takes no mark stops no replay.
    fn mark_replay(&mut self, seq: Seq, times: u32) -> Result<(), JournalError> {
        match &mut self.home {
            Home::File(db) => db.mark_replay(seq, times).or_else(|_unmarked| Ok(())),
            Home::Memory(_) => Ok(()),
        }
    }

    fn end_replay(&mut self) -> Result<(), JournalError> {
        match &mut self.home {
            Home::File(db) => db.end_replay().or_else(|_stays| Ok(())),
            Home::Memory(_) => Ok(()),
        }
    }

    /// An entry that cannot be marked is passed all the same, by this replay.
    fn skip(&mut self, seq: Seq) -> Result<(), JournalError> {
        match &mut self.home {
            Home::File(db) => db.skip(seq).or_else(|_unmarked| Ok(())),
            Home::Memory(_) => Ok(()),
        }
    }
}

/// Whether the content of a file is at fault, and not the disk under it.
const fn is_unreadable(error: &JournalError) -> bool {
    match error {
        JournalError::Damaged { .. } | JournalError::Format { .. } => true,
        JournalError::Full { .. }
        | JournalError::ReadOnly { .. }
        | JournalError::Locked { .. }
        | JournalError::Failed { .. } => false,
    }
}

/// Makes the data folder, readable for its owner alone, if there is none.
fn make_folder(folder: &Path) -> Result<(), JournalError> {
    let made = fs::DirBuilder::new()
        .mode(0o700)
        .recursive(true)
        .create(folder);
    made.map_err(|error| crate::fault::of_file(folder, error))
}

/// A copy of the file and of its log of writes, in a folder that only this process reads.
fn copy_of(folder: &Path) -> io::Result<TempDir> {
    let copy = PLACES_FOR_A_COPY
        .iter()
        .find_map(|place| TempDir::with_prefix_in("linka-", place).ok());
    let copy = copy.ok_or_else(|| io::Error::other("there is no place to read a copy of it"))?;
    let file = folder.join(LIVE_DB);
    let pairs = [
        (file.clone(), copy.path().join(LIVE_DB)),
        (log_beside(&file), log_beside(&copy.path().join(LIVE_DB))),
    ];
    for (from, to) in pairs {
        match fs::copy(from, to) {
            Err(error) if is_absent(&error) => {}
            copied => drop(copied?),
        }
    }
    Ok(copy)
}

/// Whether there is no such file, nor a folder for it.
fn is_absent(error: &io::Error) -> bool {
    let kind = error.kind();
    kind == io::ErrorKind::NotFound || kind == io::ErrorKind::NotADirectory
}

/// The same error once more, for whoever asks again.
fn again(error: &JournalError) -> JournalError {
    match error {
        JournalError::Full { place } => JournalError::Full {
            place: place.clone(),
        },
        JournalError::ReadOnly { place } => JournalError::ReadOnly {
            place: place.clone(),
        },
        JournalError::Locked { place } => JournalError::Locked {
            place: place.clone(),
        },
        JournalError::Format {
            place,
            found,
            oldest,
            newest,
        } => JournalError::Format {
            place: place.clone(),
            found: *found,
            oldest: *oldest,
            newest: *newest,
        },
        JournalError::Damaged { place, what } => JournalError::Damaged {
            place: place.clone(),
            what,
        },
        JournalError::Failed { place, cause } => JournalError::Failed {
            place: place.clone(),
            cause: cause.to_string().into(),
        },
    }
}

/// An error with its causes, in one sentence.
fn sentence(error: &dyn std::error::Error) -> String {
    let mut sentence = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        sentence.push_str(": ");
        sentence.push_str(&inner.to_string());
        cause = inner.source();
    }
    sentence
}

#[cfg(test)]
pub(crate) mod tests;
