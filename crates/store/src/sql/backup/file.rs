//! The file of a backup: a head, then chunks, each sealed for its place in this file.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `LINKABAK` |
//! | 4 | the format, big-endian |
//! | 16 | the number of the file, by chance |
//! | 4 + n, repeated | the length of a chunk, big-endian, and the chunk |
//!
//! The first chunk is empty and tells whether the key is the right one. A chunk is sealed by
//! XChaCha20-Poly1305 and bound to the format, the number of the file, its own number and whether
//! it is the last one: chunks of two files cannot be mixed, moved, left out or cut off.

use std::io::{ErrorKind, Read, Write};

use super::page::Page;
use super::{BACKUP_CHUNK_BYTES_MAX, BackupError, BackupKey};
use crate::CHANCE_BYTES;
use crate::seal::{Place, Seal};
use crate::wire::{Wire as _, decode};

const MAGIC: &[u8; 8] = b"LINKABAK";
/// The format of the file and of what is in it.
const FORMAT: u32 = 3;
/// The oldest format that is read.
const FORMAT_OLDEST: u32 = 1;

/// Whether a chunk is the last one.
#[derive(Clone, Copy)]
enum Chunk {
    Inner = 0,
    Last = 1,
}

/// A file that is being written.
pub(super) struct Writer<'a> {
    format: u32,
    seal: Seal,
    place: ChunkPlace,
    to: &'a mut (dyn Write + Send),
}

/// A file that is being read.
pub(super) struct Reader<'a> {
    /// Its format.
    pub(super) format: u32,
    seal: Seal,
    place: ChunkPlace,
    from: &'a mut (dyn Read + Send),
}

/// Which chunk of which file.
struct ChunkPlace {
    file: [u8; CHANCE_BYTES],
    number: u64,
}

impl ChunkPlace {
    fn bytes(&self, chunk: Chunk) -> Vec<u8> {
        [&self.file[..], &self.number.to_be_bytes(), &[chunk as u8]].concat()
    }
}

const fn place(row: &[u8], format: u32) -> Place<'_> {
    Place {
        table: "backup",
        row,
        format,
    }
}

impl<'a> Writer<'a> {
    /// Writes the head.
    pub(super) fn begin(
        key: &BackupKey,
        chance: [u8; CHANCE_BYTES],
        to: &'a mut (dyn Write + Send),
    ) -> Result<Self, BackupError> {
        Self::begin_as(FORMAT, key, chance, to)
    }

    pub(super) fn begin_as(
        format: u32,
        key: &BackupKey,
        chance: [u8; CHANCE_BYTES],
        to: &'a mut (dyn Write + Send),
    ) -> Result<Self, BackupError> {
        let head = [&MAGIC[..], &format.to_be_bytes(), &chance].concat();
        to.write_all(&head).map_err(BackupError::Write)?;
        let mut writer = Self {
            format,
            seal: Seal::new(&key.0, chance),
            place: ChunkPlace {
                file: chance,
                number: 0,
            },
            to,
        };
        writer.write(Chunk::Inner, |_| ())?;
        Ok(writer)
    }

    /// Writes a page.
    pub(super) fn put(&mut self, page: &Page) -> Result<(), BackupError> {
        self.write(Chunk::Inner, |out| page.put(out))
    }

    /// Writes the last page.
    pub(super) fn end(mut self, page: &Page) -> Result<(), BackupError> {
        self.write(Chunk::Last, |out| page.put(out))?;
        self.to.flush().map_err(BackupError::Write)
    }

    fn write(&mut self, chunk: Chunk, write: impl FnOnce(&mut Vec<u8>)) -> Result<(), BackupError> {
        let bound = self.place.bytes(chunk);
        let sealed = self.seal.seal(place(&bound, self.format), write);
        let sealed = sealed.ok_or(BackupError::TooLarge)?;
        let length = u32::try_from(sealed.len()).map_err(|_| BackupError::TooLarge)?;
        if sealed.len() > BACKUP_CHUNK_BYTES_MAX {
            return Err(BackupError::TooLarge);
        }
        self.place.number += 1;
        self.to
            .write_all(&length.to_be_bytes())
            .and_then(|()| self.to.write_all(&sealed))
            .map_err(BackupError::Write)
    }
}

impl<'a> Reader<'a> {
    /// Reads the head and tries the key.
    pub(super) fn open(
        key: &BackupKey,
        from: &'a mut (dyn Read + Send),
    ) -> Result<Self, BackupError> {
        let foreign = |error| unread(error, BackupError::Foreign);
        let (mut magic, mut format, mut file) = ([0; MAGIC.len()], [0; 4], [0; CHANCE_BYTES]);
        from.read_exact(&mut magic).map_err(foreign)?;
        if &magic != MAGIC {
            return Err(BackupError::Foreign);
        }
        from.read_exact(&mut format).map_err(foreign)?;
        let found = u32::from_be_bytes(format);
        if !(FORMAT_OLDEST..=FORMAT).contains(&found) {
            return Err(BackupError::Format {
                found,
                known: FORMAT,
            });
        }
        from.read_exact(&mut file).map_err(foreign)?;
        let mut reader = Self {
            format: found,
            seal: Seal::new(&key.0, file),
            place: ChunkPlace { file, number: 0 },
            from,
        };
        match reader.read() {
            Ok((Chunk::Inner, clear)) if clear.is_empty() => Ok(reader),
            Ok(_) => Err(BackupError::Malformed),
            Err(BackupError::Changed(_)) => Err(BackupError::Key),
            Err(other) => Err(other),
        }
    }

    /// The next page. The last one is the end, and nothing comes behind it.
    pub(super) fn next(&mut self) -> Result<Page, BackupError> {
        let (chunk, clear) = self.read()?;
        let page: Page = decode(self.format, &clear).map_err(|_| BackupError::Malformed)?;
        match (chunk, &page) {
            (Chunk::Inner, Page::Rows { .. }) => Ok(page),
            (Chunk::Last, Page::End { .. }) => self.at_end().map(|()| page),
            (Chunk::Inner, Page::End { .. }) | (Chunk::Last, Page::Rows { .. }) => {
                Err(BackupError::Malformed)
            }
        }
    }

    fn read(&mut self) -> Result<(Chunk, Vec<u8>), BackupError> {
        let number = self.place.number;
        let cut = |error| unread(error, BackupError::Cut(number));
        let mut length = [0; 4];
        self.from.read_exact(&mut length).map_err(cut)?;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if length > BACKUP_CHUNK_BYTES_MAX {
            return Err(BackupError::Changed(number));
        }
        let mut sealed = vec![0; length];
        self.from.read_exact(&mut sealed).map_err(cut)?;
        for chunk in [Chunk::Inner, Chunk::Last] {
            let bound = self.place.bytes(chunk);
            if let Some(clear) = self.seal.open(place(&bound, self.format), &sealed) {
                self.place.number += 1;
                return Ok((chunk, clear));
            }
        }
        Err(BackupError::Changed(number))
    }

    fn at_end(&mut self) -> Result<(), BackupError> {
        match self.from.read(&mut [0]).map_err(BackupError::Read)? {
            0 => Ok(()),
            _ => Err(BackupError::Longer),
        }
    }
}

/// Why something was not read: `ended` when the file was at its end.
fn unread(error: std::io::Error, ended: BackupError) -> BackupError {
    if error.kind() == ErrorKind::UnexpectedEof {
        return ended;
    }
    BackupError::Read(error)
}

#[cfg(test)]
mod tests {
    use super::super::tables::{ACCOUNT, Kept, kept};
    use super::*;
    use crate::sql::Cell;

    const KEY: BackupKey = BackupKey([7; 32]);

    fn page(number: i64) -> Page {
        Page::Rows {
            table: 1,
            rows: vec![vec![Cell::Integer(number)]],
        }
    }

    /// A file of two pages and the end, and where each of its chunks begins.
    fn file(chance: u8) -> (Vec<u8>, Vec<usize>) {
        let mut bytes = Vec::new();
        let mut writer = Writer::begin(&KEY, [chance; CHANCE_BYTES], &mut bytes).unwrap();
        writer.put(&page(1)).unwrap();
        writer.put(&page(2)).unwrap();
        writer.end(&Page::End { rows: 2 }).unwrap();
        let mut at = MAGIC.len() + 4 + CHANCE_BYTES;
        let mut begins = Vec::new();
        while at < bytes.len() {
            begins.push(at);
            let length = u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
            at += 4 + usize::try_from(length).unwrap();
        }
        (bytes, begins)
    }

    fn read(key: &BackupKey, mut bytes: &[u8]) -> Result<u64, BackupError> {
        let mut reader = Reader::open(key, &mut bytes)?;
        loop {
            if let Page::End { rows } = reader.next()? {
                return Ok(rows);
            }
        }
    }

    #[test]
    fn file_is_read_to_its_end() {
        assert_eq!(read(&KEY, &file(1).0).unwrap(), 2);
    }

    #[test]
    fn file_of_the_format_before_is_read_and_its_rows_are_filled_up() {
        let mut bytes = Vec::new();
        let writer = Writer::begin_as(FORMAT_OLDEST, &KEY, [1; CHANCE_BYTES], &mut bytes).unwrap();
        writer.end(&Page::End { rows: 0 }).unwrap();
        let mut from = &bytes[..];
        let mut reader = Reader::open(&KEY, &mut from).unwrap();
        assert!(matches!(reader.next(), Ok(Page::End { rows: 0 })));

        let row = |columns| vec![Cell::Integer(1); columns];
        let columns = |format, columns| match kept(format, ACCOUNT, row(columns)) {
            Some(Kept::Row(table, cells)) => Some((table.name, cells)),
            Some(
                Kept::PartWithdrawn
                | Kept::RowWithdrawn
                | Kept::ClassWithdrawn
                | Kept::CellWithdrawn
                | Kept::Withdrawn,
            )
            | None => None,
        };
        let filled = [row(10), vec![Cell::Null]].concat();
        assert!(columns(reader.format, 10) == Some(("account", filled)));
        assert!(columns(FORMAT_OLDEST, 11).is_none());
        assert!(columns(FORMAT, 11) == Some(("account", row(11))));
        assert!(columns(FORMAT, 10).is_none());
    }

    #[test]
    fn another_key_opens_nothing() {
        let opened = read(&BackupKey([8; 32]), &file(1).0);

        assert!(matches!(opened, Err(BackupError::Key)));
    }

    #[test]
    fn every_changed_byte_is_found() {
        let (bytes, _) = file(1);
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;

            assert!(read(&KEY, &changed).is_err(), "byte {at}");
        }
    }

    #[test]
    fn file_cut_anywhere_is_refused() {
        let (bytes, begins) = file(1);
        for length in 0..bytes.len() {
            assert!(read(&KEY, &bytes[..length]).is_err(), "{length} bytes");
        }

        let cut = read(&KEY, &bytes[..begins[2]]);

        assert!(matches!(cut, Err(BackupError::Cut(2))));
    }

    #[test]
    fn chunks_that_change_places_are_found() {
        let (bytes, begins) = file(1);
        let [first, second, end] = [begins[1], begins[2], begins[3]];
        let moved = [
            &bytes[..first],
            &bytes[second..end],
            &bytes[first..second],
            &bytes[end..],
        ];

        let opened = read(&KEY, &moved.concat());

        assert!(matches!(opened, Err(BackupError::Changed(1))));
    }

    #[test]
    fn chunk_of_another_file_is_found() {
        let (ours, theirs) = (file(1), file(2));
        let (begin, end) = (ours.1[1], ours.1[2]);
        let mixed = [&ours.0[..begin], &theirs.0[begin..end], &ours.0[end..]];

        let opened = read(&KEY, &mixed.concat());

        assert!(matches!(opened, Err(BackupError::Changed(1))));
    }

    #[test]
    fn file_that_goes_on_is_refused() {
        let (mut bytes, _) = file(1);
        bytes.push(0);

        assert!(matches!(read(&KEY, &bytes), Err(BackupError::Longer)));
    }

    #[test]
    fn other_files_and_formats_are_named() {
        let (mut bytes, _) = file(1);
        bytes[MAGIC.len() + 3] = 9;

        let newer = read(&KEY, &bytes);
        let foreign = read(&KEY, b"SQLite format 3\0");

        assert!(matches!(
            newer,
            Err(BackupError::Format {
                found: 9,
                known: FORMAT
            })
        ));
        assert!(matches!(foreign, Err(BackupError::Foreign)));
    }
}
