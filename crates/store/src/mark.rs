use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::PathBuf;

use dispatch::Seq;
use journal::Crash;

const BYTES: usize = 12;

/// The mark of a replay under way: a small file beside the database, which holds the entry that is
/// being applied and how often it was begun in a row.
///
/// It is overwritten before every entry, so it is not flushed: it outlives the process, which is
/// what a poison entry kills.
#[derive(Debug)]
pub(crate) struct Mark {
    path: PathBuf,
    file: Option<File>,
}

impl Mark {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, file: None }
    }

    /// The mark that an earlier replay left.
    pub(crate) fn left(&self) -> io::Result<Option<Crash>> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        // A file cut short by a crash of the machine says nothing.
        let Some((seq, times)) = bytes.split_first_chunk::<8>() else {
            return Ok(None);
        };
        let times = times.first_chunk().map(|times| u32::from_le_bytes(*times));
        Ok(times.map(|times| Crash {
            seq: Seq(u64::from_le_bytes(*seq)),
            times,
        }))
    }

    /// Writes the mark.
    pub(crate) fn set(&mut self, seq: Seq, times: u32) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(
                OpenOptions::new()
                    .create(true)
                    .truncate(false)
                    .write(true)
                    .mode(0o600)
                    .open(&self.path)?,
            ),
        };
        let mut bytes = [0; BYTES];
        bytes[..8].copy_from_slice(&seq.0.to_le_bytes());
        bytes[8..].copy_from_slice(&times.to_le_bytes());
        file.write_all_at(&bytes, 0)
    }

    /// Removes the mark.
    pub(crate) fn remove(&mut self) -> io::Result<()> {
        self.file = None;
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}
