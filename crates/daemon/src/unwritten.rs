//! Entries of the audit that no database took before the process ended: sealed in the data folder
//! until the next start writes them.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use records::Date;
use serde::{Deserialize, Serialize};
use store::sql::{AuditKey, AuditPayload};
use web::Noted;

use crate::keys::chance;
use crate::small_file::{self, Found};

/// The file in the data folder.
const FILE: &str = "audit.unwritten";
/// Bytes of entries that are kept; what comes beyond is lost.
const BYTES_MAX: usize = 8 * 1024 * 1024;
/// What a seal adds, and more.
const SEAL_BYTES_MAX: usize = 256;

/// Where they are kept.
#[derive(Clone)]
pub(crate) struct KeptActs {
    file: PathBuf,
    key: AuditKey,
    /// Held while the file is changed.
    whose: Arc<Mutex<Whose>>,
}

/// Whose entries the file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    AnEarlierProcess,
    ThisProcess,
}

/// An entry as a line of the file, before it is sealed.
#[derive(Deserialize, Serialize)]
struct Line {
    day: String,
    salt: [u8; 32],
    entry: String,
}

/// How many entries there was no room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lost(pub(crate) usize);

impl KeptActs {
    pub(crate) fn of(data: &Path, key: AuditKey) -> Self {
        let file = data.join(FILE);
        let whose = Arc::new(Mutex::new(Whose::AnEarlierProcess));
        Self { file, key, whose }
    }

    /// What was kept, in order. What cannot be read is set aside.
    ///
    /// # Errors
    /// A sentence: the file cannot be read, or is none of ours.
    pub(crate) fn read(&self) -> anyhow::Result<Vec<Noted>> {
        let read = small_file::read(&self.file, (BYTES_MAX + SEAL_BYTES_MAX) as u64);
        let place = self.file.display();
        let sealed = match read.with_context(|| format!("{place} cannot be read"))? {
            Found::Nothing => return Ok(Vec::new()),
            Found::Bytes(sealed) => Some(sealed),
            Found::Foreign => None,
        };
        let entries = sealed.and_then(|sealed| entries(&self.key.unseal(&sealed)?));
        if entries.is_none() {
            let aside = self.file.with_extension("unwritten.damaged");
            std::fs::rename(&self.file, aside)
                .with_context(|| format!("{place} cannot be set aside"))?;
        }
        entries.with_context(|| {
            format!("{place} was damaged or not written with audit.key: it was set aside")
        })
    }

    /// Keeps these, in the place of what was kept before: the first of them, as many as there is room for.
    ///
    /// # Errors
    /// A sentence: the file cannot be written.
    pub(crate) fn keep(&self, unwritten: &[Noted]) -> anyhow::Result<Lost> {
        let mut clear = Vec::new();
        let mut kept = 0;
        for noted in unwritten {
            let line = line(noted)?;
            if clear.len() + line.len() > BYTES_MAX {
                break;
            }
            clear.extend_from_slice(&line);
            kept += 1;
        }
        let sealed = self.key.seal(chance()?, &clear);
        let sealed = sealed.context("the entries cannot be sealed")?;
        let mut whose = self.whose.lock().unwrap_or_else(PoisonError::into_inner);
        *whose = Whose::ThisProcess;
        small_file::replace(&self.file, &sealed)
            .with_context(|| format!("{} cannot be written", self.file.display()))?;
        Ok(Lost(unwritten.len() - kept))
    }

    /// What an earlier process left is written: it is kept no more. What this one kept is.
    ///
    /// # Errors
    /// The system's.
    pub(crate) fn forget(&self) -> io::Result<()> {
        let whose = self.whose.lock().unwrap_or_else(PoisonError::into_inner);
        match *whose {
            Whose::ThisProcess => return Ok(()),
            Whose::AnEarlierProcess => {}
        }
        match std::fs::remove_file(&self.file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

fn line(noted: &Noted) -> anyhow::Result<Vec<u8>> {
    let line = Line {
        day: noted.day.to_string(),
        salt: noted.payload.salt,
        entry: String::from_utf8_lossy(&noted.payload.bytes).into_owned(),
    };
    let mut line = serde_json::to_vec(&line)?;
    line.push(b'\n');
    Ok(line)
}

/// The entries of all lines; nothing when one is none.
fn entries(clear: &[u8]) -> Option<Vec<Noted>> {
    let lines = clear
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let Line { day, salt, entry } = serde_json::from_slice(line).ok()?;
            Some(Noted {
                day: Date::parse(&day)?,
                payload: AuditPayload {
                    salt,
                    bytes: entry.into_bytes(),
                },
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const KEY: AuditKey = AuditKey([1; 32]);

    fn noted(number: u8, length: usize) -> Noted {
        Noted {
            day: Date::new(2026, 11, 30).unwrap(),
            payload: AuditPayload {
                salt: [number; 32],
                bytes: vec![b'a'; length],
            },
        }
    }

    #[test]
    fn what_was_kept_is_read_in_order_at_the_next_start_and_sealed_until_then() {
        let data = tempfile::tempdir().unwrap();
        let acts = [noted(1, 100), noted(2, 100)];
        let ending = KeptActs::of(data.path(), KEY);
        assert_eq!(ending.read().unwrap(), []);
        assert_eq!(ending.keep(&acts).unwrap(), Lost(0));
        // What was left before is written only now.
        ending.forget().unwrap();

        let starting = KeptActs::of(data.path(), KEY);

        assert_eq!(starting.read().unwrap(), acts);
        let file = data.path().join(FILE);
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(20).any(|bytes| bytes == [b'a'; 20]));
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        starting.forget().unwrap();
        starting.forget().unwrap();
        assert_eq!(starting.read().unwrap(), []);
    }

    #[test]
    fn what_there_is_no_room_for_is_counted_as_lost() {
        let data = tempfile::tempdir().unwrap();
        let kept = KeptActs::of(data.path(), KEY);
        let half = BYTES_MAX / 2;

        let lost = kept.keep(&[noted(1, half), noted(2, half), noted(3, 1)]);

        assert_eq!(lost.unwrap(), Lost(2));
        assert_eq!(kept.read().unwrap(), [noted(1, half)]);
    }

    #[test]
    fn file_that_another_key_sealed_is_set_aside() {
        let data = tempfile::tempdir().unwrap();
        let other = KeptActs::of(data.path(), AuditKey([2; 32]));
        other.keep(&[noted(1, 1)]).unwrap();
        let kept = KeptActs::of(data.path(), KEY);

        let refused = kept.read().unwrap_err().to_string();

        assert!(refused.contains("set aside"), "{refused}");
        assert_eq!(kept.read().unwrap(), []);
    }
}
