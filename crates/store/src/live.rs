use std::fs::{self, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use dispatch::Seq;
use journal::{
    Entry, FORMAT, FORMAT_OLDEST, Fate, Journal, JournalError, Loaded, Snapshot, TailEntry,
};
use rusqlite::{Connection, Error, OptionalExtension as _, params};

use crate::mark::Mark;
use crate::schema::{self, SCHEMA, SCHEMA_OLDEST};
use crate::seal::{CHANCE_BYTES, KEY_BYTES, Place, Seal};
use crate::wire::Wire as _;
use crate::{fault, wire};

/// The file of the journal in the data folder.
pub const LIVE_DB: &str = "live.db";
/// The mark of a replay under way, beside it.
pub const REPLAY_MARK: &str = "live.replaying";

/// The file of a node's journal, its snapshot and the registrations of its phones.
///
/// One process has it open at a time. All that it holds of contacts, operators and phones is sealed.
pub struct LiveDb {
    connection: Connection,
    path: PathBuf,
    seal: Seal,
    mark: Mark,
    start: u32,
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
        let (connection, start) = connect(&path)?;
        Ok(Self {
            connection,
            seal: Seal::new(key, chance),
            mark: Mark::new(folder.join(REPLAY_MARK)),
            path,
            start,
        })
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
        let rows = self.sealed_bindings().map_err(|error| self.fault(error))?;
        let open = |(user, sealed): (String, Vec<u8>)| {
            let bytes = self.seal.open(binding_place(&user), &sealed);
            bytes.map(|bytes| Binding { user, bytes })
        };
        let bindings: Option<Vec<_>> = rows.into_iter().map(open).collect();
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
            let mut keep = connection
                .prepare_cached("INSERT OR REPLACE INTO binding (user, sealed) VALUES (?1, ?2)")?;
            let mut forget = connection.prepare_cached("DELETE FROM binding WHERE user = ?1")?;
            for (user, bytes) in changes {
                let sealed = bytes.and_then(|bytes| {
                    seal.seal(binding_place(user), |out| out.extend_from_slice(bytes))
                });
                match sealed {
                    Some(sealed) => keep.execute(params![user, sealed])?,
                    None => forget.execute([user])?,
                };
            }
            Ok(())
        });
        kept.map_err(|error| fault::of_database(&self.path, error))
    }

    fn sealed_bindings(&self) -> Result<Vec<(String, Vec<u8>)>, Error> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT user, sealed FROM binding ORDER BY user")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect()
    }

    fn load_snapshot(&self) -> Result<Option<Snapshot>, JournalError> {
        let row = self
            .connection
            .query_row("SELECT format, sealed FROM snapshot", [], |row| {
                Ok((row.get::<_, u32>(0)?, row.get::<_, Vec<u8>>(1)?))
            })
            .optional()
            .map_err(|error| self.fault(error))?;
        let Some((format, sealed)) = row else {
            return Ok(None);
        };
        self.check_format(format)?;
        let bytes = self.seal.open(snapshot_place(format), &sealed);
        let snapshot = bytes.and_then(|bytes| wire::decode(format, &bytes).ok());
        snapshot
            .map(Some)
            .ok_or_else(|| self.damaged("the snapshot"))
    }

    fn load_tail(&self) -> Result<Vec<TailEntry>, JournalError> {
        let rows = self.sealed_entries().map_err(|error| self.fault(error))?;
        rows.into_iter().map(|row| self.open_entry(&row)).collect()
    }

    fn sealed_entries(&self) -> Result<Vec<SealedEntry>, Error> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT seq, format, sealed, skipped FROM entry ORDER BY seq")?;
        let rows = statement.query_map([], |row| {
            Ok(SealedEntry {
                seq: row.get(0)?,
                format: row.get(1)?,
                sealed: row.get(2)?,
                skipped: row.get(3)?,
            })
        })?;
        rows.collect()
    }

    fn open_entry(&self, row: &SealedEntry) -> Result<TailEntry, JournalError> {
        self.check_format(row.format)?;
        let place = Place {
            table: "entry",
            row: &row.seq.to_be_bytes(),
            format: row.format,
        };
        let bytes = self.seal.open(place, &row.sealed);
        let entry = bytes.and_then(|bytes| wire::decode(row.format, &bytes).ok());
        Ok(TailEntry {
            entry: entry.ok_or_else(|| self.damaged("an entry"))?,
            fate: if row.skipped {
                Fate::Skipped
            } else {
                Fate::Applied
            },
        })
    }

    fn check_format(&self, found: u32) -> Result<(), JournalError> {
        check_format(&self.path, found, FORMAT_OLDEST, FORMAT)
    }

    /// Writes the snapshot in the place of the older one and deletes what it covers.
    fn replace(&mut self, snapshot: &Snapshot) -> Result<(), Error> {
        let Self {
            connection, seal, ..
        } = self;
        let sealed = seal.seal(snapshot_place(FORMAT), |out| snapshot.put(out));
        let seq = row_of(snapshot.seq);
        transact(connection, |connection| {
            connection.execute("DELETE FROM snapshot", [])?;
            connection.execute(
                "INSERT INTO snapshot (node, seq, format, sealed) VALUES (1, ?1, ?2, ?3)",
                params![seq, FORMAT, sealed],
            )?;
            connection.execute("DELETE FROM entry WHERE seq <= ?1", [seq])?;
            Ok(())
        })
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
        JournalError::Damaged {
            place: self.path.display().to_string(),
            what,
        }
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
            connection, seal, ..
        } = self;
        let written = transact(connection, |connection| {
            let mut insert = connection
                .prepare_cached("INSERT INTO entry (seq, format, sealed) VALUES (?1, ?2, ?3)")?;
            for entry in entries {
                let seq = row_of(entry.seq);
                let place = Place {
                    table: "entry",
                    row: &seq.to_be_bytes(),
                    format: FORMAT,
                };
                let sealed = seal.seal(place, |out| entry.put(out));
                insert.execute(params![seq, FORMAT, sealed])?;
            }
            Ok(())
        });
        written.map_err(|error| self.fault(error))
    }

    fn write_snapshot(&mut self, snapshot: &Snapshot) -> Result<(), JournalError> {
        if let Err(error) = self.replace(snapshot) {
            let error = self.fault(error);
            let JournalError::Full { .. } = error else {
                return Err(error);
            };
            // The log of writes may hold the room that is missing.
            self.checkpoint()?;
            self.replace(snapshot).map_err(|error| self.fault(error))?;
        }
        self.checkpoint()
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
        let skipped = transact(&mut self.connection, |connection| {
            let sql = "UPDATE entry SET skipped = 1 WHERE seq = ?1";
            connection.execute(sql, [row_of(seq)]).map(drop)
        });
        skipped.map_err(|error| self.fault(error))
    }
}

/// A row of the table of entries.
struct SealedEntry {
    seq: i64,
    format: u32,
    sealed: Vec<u8>,
    skipped: bool,
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

/// Opens the file for this process alone and counts the start.
fn connect(path: &Path) -> Result<(Connection, u32), JournalError> {
    let fault = |error| fault::of_database(path, error);
    let mut connection = Connection::open(path).map_err(fault)?;
    schema::configure(&connection).map_err(fault)?;
    match schema::found(&connection).map_err(fault)? {
        0 => schema::create(&mut connection).map_err(fault)?,
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

/// Row numbers are signed; an entry's number stays far below their limit.
fn row_of(seq: Seq) -> i64 {
    i64::try_from(seq.0).unwrap_or(i64::MAX)
}

/// The format of a kept registration; it stands apart from that of entries and snapshots.
const BINDING_FORMAT: u32 = 1;

const fn snapshot_place(format: u32) -> Place<'static> {
    Place {
        table: "snapshot",
        row: &[],
        format,
    }
}

const fn binding_place(user: &str) -> Place<'_> {
    Place {
        table: "binding",
        row: user.as_bytes(),
        format: BINDING_FORMAT,
    }
}

#[cfg(test)]
pub(crate) mod tests;
