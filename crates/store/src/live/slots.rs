//! The table of entries: rows that are always there, so that neither the length of the file nor its
//! free pages tell whether they hold an entry.

use rusqlite::{Connection, Error, params};

use crate::seal::{Place, Seal};
use journal::FORMAT;

/// How many rows there are at least. A minute with a dozen calls takes no more; what a busier one
/// takes is deleted with its snapshot.
pub(crate) const SLOTS_MIN: usize = 128;
/// An entry is padded to a multiple of so many bytes. What an operator enters of a call takes one step, however much it is.
const STEP_BYTES: usize = 512;

/// What a row holds: an entry as it was encoded, or nothing.
pub(crate) struct Slot {
    /// Which format it is encoded in.
    pub(crate) format: u32,
    /// The entry; no bytes where there is none.
    pub(crate) bytes: Vec<u8>,
    /// Whether a replay passes it.
    pub(crate) skipped: bool,
}

impl Slot {
    /// A row that holds nothing.
    pub(crate) const BLANK: Self = Self {
        format: FORMAT,
        bytes: Vec::new(),
        skipped: false,
    };
}

/// A row as it is on disk.
struct Row {
    slot: i64,
    format: u32,
    sealed: Vec<u8>,
    skipped: bool,
}

/// Makes rows that hold these entries, and nothing behind them.
pub(crate) fn make(
    connection: &Connection,
    seal: &mut Seal,
    entries: &[Slot],
) -> Result<(), Error> {
    for (slot, entry) in entries.iter().enumerate() {
        put(connection, seal, slot, entry)?;
    }
    for slot in entries.len()..SLOTS_MIN {
        put(connection, seal, slot, &Slot::BLANK)?;
    }
    let end = row_of(entries.len().max(SLOTS_MIN));
    let mut delete = connection.prepare_cached("DELETE FROM entry WHERE slot >= ?1")?;
    delete.execute([end]).map(drop)
}

/// Writes what a row holds; a row of the same length is written where it lies.
pub(crate) fn put(
    connection: &Connection,
    seal: &mut Seal,
    slot: usize,
    entry: &Slot,
) -> Result<(), Error> {
    let mut put = connection.prepare_cached(
        "INSERT INTO entry (slot, format, sealed, skipped) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (slot) DO UPDATE
         SET format = excluded.format, sealed = excluded.sealed, skipped = excluded.skipped",
    )?;
    let slot = row_of(slot);
    let place = Place {
        table: "slot",
        row: &slot.to_be_bytes(),
        format: entry.format,
    };
    let padded = |needed: usize| needed.next_multiple_of(STEP_BYTES);
    let sealed = seal.seal_padded(place, padded, |out| out.extend_from_slice(&entry.bytes));
    put.execute(params![slot, entry.format, sealed, entry.skipped])
        .map(drop)
}

/// The entries from this row on, in their order; nothing in the place of a row that does not open.
pub(crate) fn entries(
    connection: &Connection,
    seal: &Seal,
    first: usize,
) -> Result<Vec<Option<Slot>>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT slot, format, sealed, skipped FROM entry WHERE slot >= ?1 ORDER BY slot",
    )?;
    let rows = statement.query_map([row_of(first)], |row| {
        Ok(Row {
            slot: row.get(0)?,
            format: row.get(1)?,
            sealed: row.get(2)?,
            skipped: row.get(3)?,
        })
    })?;
    let mut entries = Vec::new();
    for row in rows {
        let row = row?;
        let place = Place {
            table: "slot",
            row: &row.slot.to_be_bytes(),
            format: row.format,
        };
        let opened = seal.open_padded(place, &row.sealed);
        if opened.as_ref().is_some_and(Vec::is_empty) {
            continue;
        }
        entries.push(opened.map(|bytes| Slot {
            format: row.format,
            bytes,
            skipped: row.skipped,
        }));
    }
    Ok(entries)
}

/// Has replays pass an entry.
pub(crate) fn skip(connection: &Connection, slot: usize) -> Result<(), Error> {
    let sql = "UPDATE entry SET skipped = 1 WHERE slot = ?1";
    connection.execute(sql, [row_of(slot)]).map(drop)
}

/// Row numbers are signed; the number of slots stays far below their limit.
fn row_of(slot: usize) -> i64 {
    i64::try_from(slot).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use dispatch::{ContactId, KEY_BYTES_MAX, Moment, OperatorId, Seq};
    use journal::{Entry, Fact, Saved};
    use records::content::{Content, Field};
    use records::{Holds, SEVERAL_SEPARATOR};

    use super::*;
    use crate::seal::{CHANCE_BYTES, KEY_BYTES};
    use crate::wire::Wire as _;

    /// Every field was asked, and all of its values are ticked where several may be.
    fn fullest_content() -> Content {
        let mut content = Content::default();
        for field in Field::ALL {
            let values = &field.domain()[1..];
            let text = match field.holds() {
                Holds::One => values.last().unwrap().to_string(),
                Holds::Several => values.join(&SEVERAL_SEPARATOR.to_string()),
            };
            content.set(*field, &text).unwrap();
        }
        content
    }

    fn sealed_length(entry: &Slot) -> i64 {
        let connection = Connection::open_in_memory().unwrap();
        let table = "CREATE TABLE entry (slot INTEGER PRIMARY KEY, format INTEGER, sealed BLOB, skipped INTEGER)";
        connection.execute(table, []).unwrap();
        let mut seal = Seal::new(&[7; KEY_BYTES], [1; CHANCE_BYTES]);
        put(&connection, &mut seal, 0, entry).unwrap();
        connection
            .query_row("SELECT length(sealed) FROM entry", [], |row| row.get(0))
            .unwrap()
    }

    #[test]
    fn fullest_content_of_a_call_is_as_long_as_nothing() {
        let entry = Entry {
            seq: Seq(u64::MAX),
            at: Moment::from_micros(u64::MAX),
            fact: Fact::Records(records::Fact::Entered {
                contact: ContactId(Seq(u64::MAX)),
                operator: OperatorId::parse(&"o".repeat(KEY_BYTES_MAX)).unwrap(),
                content: Box::new(fullest_content()),
            }),
            saved: Saved::Saved,
        };
        let mut bytes = Vec::new();
        entry.put(&mut bytes);

        let fullest = sealed_length(&Slot {
            bytes,
            ..Slot::BLANK
        });

        assert_eq!(fullest, sealed_length(&Slot::BLANK));
    }
}
