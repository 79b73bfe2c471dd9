mod quiet;
mod slots;
mod tables;

use std::fs::{self, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use dispatch::Seq;
use journal::{
    Entry, FORMAT, FORMAT_OLDEST, Fate, Journal, JournalError, Loaded, Snapshot, TailEntry,
};
use rusqlite::{Connection, Error};

use crate::mark::Mark;
use crate::schema::{self, SCHEMA, SCHEMA_OLDEST};
use crate::seal::{CHANCE_BYTES, KEY_BYTES, Seal};
use crate::wire::Wire as _;
use crate::{fault, wire};
use quiet::QuietFiles;
use slots::Slot;
use tables::Content;

/// The file of the journal in the data folder.
pub const LIVE_DB: &str = "live.db";
/// The mark of a replay under way, beside it.
pub const REPLAY_MARK: &str = "live.replaying";

/// The file of a node's journal, its snapshot and the registrations of its phones.
///
/// One process has it open at a time. All that it holds of contacts, operators and phones is sealed,
/// and padded: neither lengths nor the times of its files tell of one.
pub struct LiveDb {
    connection: Connection,
    path: PathBuf,
    seal: Seal,
    mark: Mark,
    start: u32,
    /// The entries that are not covered, in their slots.
    held: Vec<Seq>,
    /// How many bytes of the snapshot are sealed.
    snapshot_bytes: usize,
    files: QuietFiles,
}

/// A registration of a phone, as the registrar wrote it.
#[derive(Clone, PartialEq, Eq)]
pub struct Binding {
    /// The user that registered.
    pub user: String,
    /// What the registrar needs to find the phone again.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Binding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Binding")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl LiveDb {
    /// Opens the file in this folder, or makes it, and counts the start.
    ///
    /// `chance` has to be fresh for every opening: nonces are made of it.
    ///
    /// # Errors
    /// [`JournalError::Locked`] when another process has it open, [`JournalError::Format`] when a
    /// newer release wrote it, and the others as they are.
    pub fn open(
        folder: &Path,
        key: &[u8; KEY_BYTES],
        chance: [u8; CHANCE_BYTES],
    ) -> Result<Self, JournalError> {
        let path = folder.join(LIVE_DB);
        make_private(&path)?;
        let mut seal = Seal::new(key, chance);
        let (connection, start) = connect(&path, &mut seal)?;
        let mut db = Self {
            files: QuietFiles::new(&path, SystemTime::now()),
            mark: Mark::new(folder.join(REPLAY_MARK)),
            held: Vec::new(),
            snapshot_bytes: 0,
            connection,
            seal,
            path,
            start,
        };
        db.held = db.numbers()?;
        db.files.written();
        Ok(db)
    }

    /// Moves a file that cannot be read out of the way, so that a start can begin an empty one, and
    /// tells where it is kept.
    ///
    /// # Errors
    /// [`JournalError`] when it could not be renamed.
    pub fn set_aside(folder: &Path) -> Result<PathBuf, JournalError> {
        let path = folder.join(LIVE_DB);
        let mut number = 1_u32;
        let aside = loop {
            let aside = folder.join(format!("{LIVE_DB}.damaged-{number}"));
            if !aside.exists() {
                break aside;
            }
            number += 1;
        };
        fs::rename(&path, &aside).map_err(|error| fault::of_file(&path, error))?;
        let wal = log_beside(&path);
        if wal.exists() {
            fs::rename(&wal, log_beside(&aside)).map_err(|error| fault::of_file(&wal, error))?;
        }
        Mark::new(folder.join(REPLAY_MARK))
            .remove()
            .map_err(|error| fault::of_file(folder, error))?;
        Ok(aside)
    }

    /// How often the node was started with this file, this start included.
    #[must_use]
    pub const fn start(&self) -> u32 {
        self.start
    }

    /// The registrations that were kept.
    ///
    /// # Errors
    /// [`JournalError`] when they cannot be read.
    pub fn bindings(&self) -> Result<Vec<Binding>, JournalError> {
        let bindings = tables::bindings(&self.connection, &self.seal);
        let bindings = bindings.map_err(|error| self.fault(error))?;
        bindings.ok_or_else(|| self.damaged("a registration"))
    }

    /// Keeps registrations, or forgets those that have no bytes, in one transaction.
    ///
    /// # Errors
    /// [`JournalError`] when they could not be written; the older ones stand.
    pub fn keep_bindings<'a>(
        &mut self,
        changes: impl IntoIterator<Item = (&'a str, Option<&'a [u8]>)>,
    ) -> Result<(), JournalError> {
        let Self {
            connection, seal, ..
        } = self;
        let kept = transact(connection, |connection| {
            for (user, bytes) in changes {
                match bytes {
                    Some(bytes) => tables::put_binding(connection, seal, user, bytes)?,
                    None => tables::drop_binding(connection, seal, user)?,
                }
            }
            Ok(())
        });
        self.files.written();
        kept.map_err(|error| fault::of_database(&self.path, error))
    }

    fn load_snapshot(&self) -> Result<Option<Snapshot>, JournalError> {
        let read = tables::snapshot(&self.connection, &self.seal);
        let (format, bytes) = read.map_err(|error| self.fault(error))?;
        self.check_format(format)?;
        let damaged = || self.damaged("the snapshot");
        let bytes = bytes.ok_or_else(damaged)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let snapshot = wire::decode(format, &bytes);
        snapshot.map(Some).map_err(|_malformed| damaged())
    }

    fn load_tail(&self) -> Result<Vec<TailEntry>, JournalError> {
        let entries = slots::entries(&self.connection, &self.seal, 0);
        let entries = entries.map_err(|error| self.fault(error))?.into_iter();
        entries.map(|entry| self.decoded(entry)).collect()
    }

    fn decoded(&self, entry: Option<Slot>) -> Result<TailEntry, JournalError> {
        let damaged = || self.damaged("an entry");
        let Slot {
            format,
            bytes,
            skipped,
        } = entry.ok_or_else(damaged)?;
        self.check_format(format)?;
        Ok(TailEntry {
            entry: wire::decode(format, &bytes).map_err(|_malformed| damaged())?,
            fate: if skipped {
                Fate::Skipped
            } else {
                Fate::Applied
            },
        })
    }

    /// The numbers of the entries, in their slots.
    fn numbers(&self) -> Result<Vec<Seq>, JournalError> {
        let tail = self.load_tail()?.into_iter();
        let numbers: Vec<Seq> = tail.map(|tail| tail.entry.seq).collect();
        if numbers.is_sorted() {
            return Ok(numbers);
        }
        Err(self.damaged("the order of entries"))
    }

    fn check_format(&self, found: u32) -> Result<(), JournalError> {
        check_format(&self.path, found, FORMAT_OLDEST, FORMAT)
    }

    /// Writes the snapshot in the place of the older one and blanks what it covers.
    fn replace(&mut self, snapshot: &Snapshot) -> Result<(), JournalError> {
        let covered = self.held.partition_point(|seq| *seq <= snapshot.seq);
        let kept = slots::entries(&self.connection, &self.seal, covered);
        let kept: Option<Vec<Slot>> = kept
            .map_err(|error| self.fault(error))?
            .into_iter()
            .collect();
        let kept = kept.ok_or_else(|| self.damaged("an entry"))?;
        let Self {
            connection, seal, ..
        } = self;
        let mut bytes = self.snapshot_bytes;
        let replaced = transact(connection, |connection| {
            bytes = tables::put_snapshot(connection, seal, FORMAT, bytes, |out| snapshot.put(out))?;
            slots::make(connection, seal, &kept)
        });
        replaced.map_err(|error| self.fault(error))?;
        self.snapshot_bytes = bytes;
        self.held.drain(..covered);
        Ok(())
    }

    /// Moves what was written into the database itself and empties the log of writes beside it, so
    /// that nothing deleted is left in either.
    fn checkpoint(&self) -> Result<(), JournalError> {
        let busy: u32 = self
            .connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
            .map_err(|error| self.fault(error))?;
        if busy == 0 {
            return Ok(());
        }
        Err(JournalError::Locked {
            place: self.path.display().to_string(),
        })
    }

    fn fault(&self, error: Error) -> JournalError {
        fault::of_database(&self.path, error)
    }

    fn damaged(&self, what: &'static str) -> JournalError {
        damaged(&self.path, what)
    }
}

impl Journal for LiveDb {
    fn load(&mut self) -> Result<Loaded, JournalError> {
        let crash = self.mark.left();
        Ok(Loaded {
            snapshot: self.load_snapshot()?,
            tail: self.load_tail()?,
            crash: crash.map_err(|error| fault::of_file(&self.path, error))?,
        })
    }

    fn append(&mut self, entries: &[Entry]) -> Result<(), JournalError> {
        let Self {
            connection,
            seal,
            held,
            ..
        } = self;
        let written = transact(connection, |connection| {
            for (slot, entry) in (held.len()..).zip(entries) {
                let mut bytes = Vec::new();
                entry.put(&mut bytes);
                let entry = Slot {
                    bytes,
                    ..Slot::BLANK
                };
                slots::put(connection, seal, slot, &entry)?;
            }
            Ok(())
        });
        self.files.written();
        written.map_err(|error| self.fault(error))?;
        self.held.extend(entries.iter().map(|entry| entry.seq));
        Ok(())
    }

    fn write_snapshot(&mut self, snapshot: &Snapshot) -> Result<(), JournalError> {
        if let Err(error) = self.replace(snapshot) {
            let JournalError::Full { .. } = error else {
                return Err(error);
            };
            // The log of writes may hold the room that is missing.
            self.checkpoint()?;
            self.replace(snapshot)?;
        }
        self.checkpoint()?;
        self.files.snapshot_written(SystemTime::now());
        Ok(())
    }

    fn mark_replay(&mut self, seq: Seq, times: u32) -> Result<(), JournalError> {
        let marked = self.mark.set(seq, times);
        marked.map_err(|error| fault::of_file(&self.path, error))
    }

    fn end_replay(&mut self) -> Result<(), JournalError> {
        let removed = self.mark.remove();
        removed.map_err(|error| fault::of_file(&self.path, error))
    }

    fn skip(&mut self, seq: Seq) -> Result<(), JournalError> {
        let Ok(slot) = self.held.binary_search(&seq) else {
            return Ok(());
        };
        let skipped = transact(&mut self.connection, |connection| {
            slots::skip(connection, slot)
        });
        self.files.written();
        skipped.map_err(|error| self.fault(error))
    }
}

/// The log of writes that SQLite keeps beside a file.
pub(crate) fn log_beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}

/// Makes the file, if there is none, so that only its owner may read it; what SQLite puts beside it has the same mode.
fn make_private(path: &Path) -> Result<(), JournalError> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path)
        .map(drop)
        .map_err(|error| fault::of_file(path, error))
}

/// Opens the file for this process alone, brings its tables up to date, and counts the start.
fn connect(path: &Path, seal: &mut Seal) -> Result<(Connection, u32), JournalError> {
    let fault = |error| fault::of_database(path, error);
    let mut connection = Connection::open(path).map_err(fault)?;
    schema::configure(&connection).map_err(fault)?;
    match schema::found(&connection).map_err(fault)? {
        0 => {
            let empty = Content::default();
            transact(&mut connection, |connection| empty.write(connection, seal)).map_err(fault)?;
        }
        SCHEMA_OLDEST => {
            let content = Content::of_before(&connection, seal).map_err(fault)?;
            let content = content.ok_or_else(|| damaged(path, "what the release before wrote"))?;
            content.write_anew(&mut connection, seal).map_err(fault)?;
        }
        found => check_format(path, found, SCHEMA_OLDEST, SCHEMA)?,
    }
    let start = count_start(&mut connection).map_err(fault)?;
    Ok((connection, start))
}

fn count_start(connection: &mut Connection) -> Result<u32, Error> {
    let sql = "UPDATE start SET count = count + 1 RETURNING count";
    connection.query_row(sql, [], |row| row.get(0))
}

fn check_format(path: &Path, found: u32, oldest: u32, newest: u32) -> Result<(), JournalError> {
    if (oldest..=newest).contains(&found) {
        return Ok(());
    }
    Err(JournalError::Format {
        place: path.display().to_string(),
        found,
        oldest,
        newest,
    })
}

/// Writes in one transaction. A failure leaves none open.
fn transact(
    connection: &mut Connection,
    write: impl FnOnce(&Connection) -> Result<(), Error>,
) -> Result<(), Error> {
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    let written =
        write(connection).and_then(|()| connection.prepare_cached("COMMIT")?.execute([]).map(drop));
    if written.is_err() && !connection.is_autocommit() {
        connection.execute_batch("ROLLBACK")?;
    }
    written
}

fn damaged(path: &Path, what: &'static str) -> JournalError {
    JournalError::Damaged {
        place: path.display().to_string(),
        what,
    }
}

#[cfg(test)]
pub(crate) mod tests;
