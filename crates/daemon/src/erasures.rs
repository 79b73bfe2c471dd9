//! Which payloads of the audit were erased: a list beside the keys, so that a backup that is older
//! than an erasure does not bring them back.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use store::sql::AuditAnchor;

use crate::anchors;

/// The file in the keys folder: a line for each entry, its number and its hash.
const FILE: &str = "erasures";
/// How many erasures are kept.
const ERASURES_MAX: usize = 100_000;

/// The list of a node.
pub(crate) struct Erasures(PathBuf);

impl Erasures {
    pub(crate) fn of(keys: &Path) -> Self {
        Self(keys.join(FILE))
    }

    /// All that were noted.
    pub(crate) fn all(&self) -> anyhow::Result<Vec<AuditAnchor>> {
        let path = self.0.display();
        let text = match fs::read_to_string(&self.0) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.with_context(|| format!("the erasures {path} cannot be read"))?,
        };
        let read =
            |line: &str| anchors::read(line).with_context(|| format!("{path} has a line {line:?}"));
        text.lines().map(read).collect()
    }

    /// Notes an erasure that is about to happen. Noting it again does nothing.
    pub(crate) fn note(&self, erased: &AuditAnchor) -> anyhow::Result<()> {
        let noted = self.all()?;
        if noted.contains(erased) {
            return Ok(());
        }
        if noted.len() >= ERASURES_MAX {
            bail!("there are {ERASURES_MAX} erasures already");
        }
        let mut options = OpenOptions::new();
        let opened = options.append(true).create(true).mode(0o600).open(&self.0);
        opened
            .and_then(|mut file| {
                file.write_all(anchors::written(erased).as_bytes())?;
                file.sync_all()
            })
            .with_context(|| format!("the erasures {} cannot be written", self.0.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn erasures_are_noted_once_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let erasures = Erasures::of(folder.path());
        let erased = [1, 2].map(|seq| AuditAnchor {
            seq,
            hash: [0xa0 + u8::try_from(seq).unwrap(); 32],
        });

        assert_eq!(erasures.all().unwrap(), []);
        for erased in erased.iter().chain(&erased) {
            erasures.note(erased).unwrap();
        }

        assert_eq!(erasures.all().unwrap(), erased);
    }

    #[test]
    fn line_that_is_none_is_told() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "7 abc\n").unwrap();

        let refused = Erasures::of(folder.path()).all().unwrap_err();

        assert!(
            refused.to_string().ends_with("has a line \"7 abc\""),
            "{refused}"
        );
    }
}
