//! What the tables hold, and how those of the release before become those of today.

use journal::FORMAT;
use rusqlite::{Connection, Error, OptionalExtension as _, params};

use super::slots::{self, Slot};
use super::{Binding, transact};
use crate::schema;
use crate::seal::{Place, Seal};

/// The snapshot is padded to a multiple of so many bytes.
const SNAPSHOT_STEP_BYTES: usize = 64 * 1024;
/// A registration is padded to a multiple of so many bytes.
const BINDING_STEP_BYTES: usize = 512;
/// The format of a kept registration; it stands apart from that of entries and snapshots. Since 2 it is padded, and
/// who it is of is sealed, too.
const BINDING_FORMAT: u32 = 2;
const BINDING_FORMAT_BEFORE: u32 = 1;
/// Ends the user before what is kept of the registration; no user has it.
const USER_END: u8 = 0;

/// A snapshot as it was encoded.
pub(super) struct Encoded {
    pub(super) format: u32,
    pub(super) bytes: Vec<u8>,
}

/// All that a file holds.
#[derive(Default)]
pub(super) struct Content {
    starts: u32,
    snapshot: Option<Encoded>,
    entries: Vec<Slot>,
    bindings: Vec<Binding>,
}

impl Content {
    /// What the tables of the release before hold. Nothing comes back where something does not open.
    pub(super) fn of_before(connection: &Connection, seal: &Seal) -> Result<Option<Self>, Error> {
        let snapshot = connection
            .query_row("SELECT format, sealed FROM snapshot", [], |row| {
                Ok((row.get::<_, u32>(0)?, row.get::<_, Vec<u8>>(1)?))
            })
            .optional()?;
        let snapshot = snapshot.map(|(format, sealed)| {
            let bytes = seal.open(snapshot_place("snapshot", format), &sealed)?;
            Some(Encoded { format, bytes })
        });
        let entries = entries_before(connection, seal)?;
        let bindings = bindings_before(connection, seal)?;
        let (Some(snapshot), Some(entries), Some(bindings)) = (
            snapshot.map_or(Some(None), |read| read.map(Some)),
            entries,
            bindings,
        ) else {
            return Ok(None);
        };
        Ok(Some(Self {
            starts: connection.query_row("SELECT count FROM start", [], |row| row.get(0))?,
            snapshot,
            entries,
            bindings,
        }))
    }

    /// Makes the tables of today of it, in a file without any.
    pub(super) fn write(&self, connection: &Connection, seal: &mut Seal) -> Result<(), Error> {
        schema::create(connection)?;
        connection.execute(
            "INSERT INTO start (node, count) VALUES (1, ?1)",
            [self.starts],
        )?;
        // A file without a snapshot has the room for one.
        let none = Encoded {
            format: FORMAT,
            bytes: Vec::new(),
        };
        let Encoded { format, bytes } = self.snapshot.as_ref().unwrap_or(&none);
        put_snapshot(connection, seal, *format, 0, |out| {
            out.extend_from_slice(bytes);
        })?;
        slots::make(connection, seal, &self.entries)?;
        for Binding { user, bytes } in &self.bindings {
            put_binding(connection, seal, user, bytes)?;
        }
        Ok(())
    }

    /// The same in the place of the tables of the release before. What those leave free is given back,
    /// where the disk has the room for that.
    pub(super) fn write_anew(
        &self,
        connection: &mut Connection,
        seal: &mut Seal,
    ) -> Result<(), Error> {
        transact(connection, |connection| {
            schema::drop_tables(connection)?;
            self.write(connection, seal)
        })?;
        // A full disk keeps the free pages in the file: the next entries take them.
        let _kept = connection.execute_batch("VACUUM");
        Ok(())
    }
}

fn entries_before(connection: &Connection, seal: &Seal) -> Result<Option<Vec<Slot>>, Error> {
    let mut statement =
        connection.prepare("SELECT seq, format, sealed, skipped FROM entry ORDER BY seq")?;
    let rows = statement.query_map([], |row| {
        let (seq, format, sealed): (i64, u32, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let place = Place {
            table: "entry",
            row: &seq.to_be_bytes(),
            format,
        };
        let skipped = row.get(3)?;
        Ok(seal.open(place, &sealed).map(|bytes| Slot {
            format,
            bytes,
            skipped,
        }))
    })?;
    rows.collect()
}

/// Writes the snapshot in the place of the older one, which took `before` bytes, and tells how many it takes.
///
/// It gives room back only where it needs less than half of it: a state that grows and shrinks by a
/// contact has one length.
pub(super) fn put_snapshot(
    connection: &Connection,
    seal: &mut Seal,
    format: u32,
    before: usize,
    write: impl FnOnce(&mut Vec<u8>),
) -> Result<usize, Error> {
    let padded = |needed: usize| {
        let least = needed.next_multiple_of(SNAPSHOT_STEP_BYTES);
        if least * 2 > before {
            least.max(before)
        } else {
            least
        }
    };
    let mut length = 0;
    let sealed = seal.seal_padded(
        snapshot_place("state", format),
        |needed| {
            length = padded(needed);
            length
        },
        write,
    );
    connection
        .prepare_cached(
            "INSERT INTO snapshot (node, format, sealed) VALUES (1, ?1, ?2)
             ON CONFLICT (node) DO UPDATE SET format = excluded.format, sealed = excluded.sealed",
        )?
        .execute(params![format, sealed])?;
    Ok(length)
}

/// The format of the snapshot, and what was encoded: no bytes where none was written yet, and nothing where it does not open.
pub(super) fn snapshot(
    connection: &Connection,
    seal: &Seal,
) -> Result<(u32, Option<Vec<u8>>), Error> {
    connection.query_row("SELECT format, sealed FROM snapshot", [], |row| {
        let (format, sealed): (u32, Vec<u8>) = (row.get(0)?, row.get(1)?);
        let bytes = seal.open_padded(snapshot_place("state", format), &sealed);
        Ok((format, bytes))
    })
}

/// Keeps a registration: who it is of is sealed with it.
pub(super) fn put_binding(
    connection: &Connection,
    seal: &mut Seal,
    user: &str,
    bytes: &[u8],
) -> Result<(), Error> {
    let padded = |needed: usize| needed.next_multiple_of(BINDING_STEP_BYTES);
    let name = seal.name(user);
    let sealed = seal.seal_padded(binding_place(&name, BINDING_FORMAT), padded, |out| {
        out.extend_from_slice(user.as_bytes());
        out.push(USER_END);
        out.extend_from_slice(bytes);
    });
    connection
        .prepare_cached("INSERT OR REPLACE INTO binding (name, sealed) VALUES (?1, ?2)")?
        .execute(params![name, sealed])
        .map(drop)
}

/// Forgets a registration.
pub(super) fn drop_binding(connection: &Connection, seal: &Seal, user: &str) -> Result<(), Error> {
    connection
        .prepare_cached("DELETE FROM binding WHERE name = ?1")?
        .execute([seal.name(user)])
        .map(drop)
}

/// The registrations, by their users; nothing where one does not open.
pub(super) fn bindings(
    connection: &Connection,
    seal: &Seal,
) -> Result<Option<Vec<Binding>>, Error> {
    let mut statement = connection.prepare_cached("SELECT name, sealed FROM binding")?;
    let rows = statement.query_map([], |row| {
        let (name, sealed): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?);
        let opened = seal.open_padded(binding_place(&name, BINDING_FORMAT), &sealed);
        Ok(opened.and_then(|opened| binding(&opened)))
    })?;
    let bindings: Option<Vec<Binding>> = rows.collect::<Result<_, _>>()?;
    Ok(bindings.map(|mut bindings| {
        bindings.sort_by(|one, other| one.user.cmp(&other.user));
        bindings
    }))
}

fn binding(opened: &[u8]) -> Option<Binding> {
    let end = opened.iter().position(|byte| *byte == USER_END)?;
    let (user, bytes) = opened.split_at(end);
    Some(Binding {
        user: str::from_utf8(user).ok()?.to_owned(),
        bytes: bytes[1..].to_vec(),
    })
}

/// The registrations of the release before; nothing where one does not open.
fn bindings_before(connection: &Connection, seal: &Seal) -> Result<Option<Vec<Binding>>, Error> {
    let mut statement = connection.prepare("SELECT user, sealed FROM binding")?;
    let rows = statement.query_map([], |row| {
        let (user, sealed): (String, Vec<u8>) = (row.get(0)?, row.get(1)?);
        let bytes = seal.open(
            binding_place(user.as_bytes(), BINDING_FORMAT_BEFORE),
            &sealed,
        );
        Ok(bytes.map(|bytes| Binding { user, bytes }))
    })?;
    rows.collect()
}

pub(super) const fn snapshot_place(table: &'static str, format: u32) -> Place<'static> {
    Place {
        table,
        row: &[],
        format,
    }
}

const fn binding_place(name: &[u8], format: u32) -> Place<'_> {
    Place {
        table: "binding",
        row: name,
        format,
    }
}
