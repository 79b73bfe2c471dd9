//! What a chunk of a backup holds: rows of one table, or the end.

use crate::sql::Cell;
use crate::wire::{Malformed, Reader, Wire, choice};

/// What a chunk holds.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Page {
    /// Rows of the table with this number.
    Rows { table: u8, rows: Vec<Vec<Cell>> },
    /// The end, and how many rows were before it.
    End { rows: u64 },
}

choice!(Page {
    1 Rows { table, rows },
    2 End { rows },
});

impl Wire for Cell {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.push(0),
            Self::Integer(number) => {
                out.push(1);
                out.extend_from_slice(&number.to_be_bytes());
            }
            Self::Text(text) => {
                out.push(2);
                text.put(out);
            }
            Self::Bytes(bytes) => {
                out.push(3);
                bytes.len().put(out);
                out.extend_from_slice(bytes);
            }
        }
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        match from.byte()? {
            0 => Ok(Self::Null),
            1 => {
                let bytes = from.bytes(8)?.try_into().map_err(|_| Malformed)?;
                Ok(Self::Integer(i64::from_be_bytes(bytes)))
            }
            2 => String::take(from).map(Self::Text),
            3 => {
                let length = usize::take(from)?;
                Ok(Self::Bytes(from.bytes(length)?.to_vec()))
            }
            _ => Err(Malformed),
        }
    }
}
