//! The furthest end of the audit that was ever seen: an audit that is shorter or another one was
//! cut off or written anew.
//!
//! It is remembered twice. `linka audit verify` keeps what it saw beside the keys, where the
//! service may not write. The running service keeps what it saw in the data folder, vouched for by
//! `audit.key`, and looks again every few seconds: so a cut is noticed that came before the first
//! `verify`.

use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use store::sql::{AuditAnchor, AuditBeginning, AuditKey, SignedAnchor, Store, WholeAudit};

use crate::anchors;
use crate::small_file::{self, Found};

/// The file in either folder: one line.
const FILE: &str = "audit.end";
/// More than a line of either has.
const LINE_BYTES_MAX: u64 = 4_096;

/// The end that a keys folder remembers.
#[derive(Clone)]
pub(crate) struct SeenEnd(PathBuf);

impl SeenEnd {
    pub(crate) fn of(keys: &Path) -> Self {
        Self(keys.join(FILE))
    }

    /// Compares an audit that is whole in itself with what was seen `before` it was read, and
    /// remembers its end if it is further.
    ///
    /// # Errors
    /// A sentence: the audit ends earlier, or has another entry where the end once was; or the file
    /// cannot be read or written.
    pub(crate) async fn compare(
        &self,
        store: &dyn Store,
        whole: &WholeAudit,
        before: Option<AuditAnchor>,
    ) -> anyhow::Result<()> {
        if let Some(seen) = before {
            let beginning = whole.beginning.anchor();
            if let Some(sentence) = misfit(store, beginning, whole.end, seen).await? {
                bail!("the audit is not whole: {sentence}");
            }
            if seen == whole.end {
                return Ok(());
            }
        }
        self.remember(&whole.end)
    }

    /// Remembers this end from now on, whatever was seen before: for who restores a backup.
    pub(crate) fn remember(&self, end: &AuditAnchor) -> anyhow::Result<()> {
        write(&self.0, &anchors::written(end))
    }

    /// What was seen last. It is read before an audit that it is compared with: that may grow.
    ///
    /// # Errors
    /// A sentence: the file cannot be read, or is none of ours.
    pub(crate) fn seen(&self) -> anyhow::Result<Option<AuditAnchor>> {
        let seen = match read(&self.0)? {
            Found::Nothing => return Ok(None),
            Found::Bytes(bytes) => anchors::read(String::from_utf8_lossy(&bytes).trim_end()),
            Found::Foreign => None,
        };
        let path = self.0.display();
        Ok(Some(seen.with_context(|| {
            format!("{path} is no number and hash of an entry")
        })?))
    }
}

/// The end that the running service remembers.
#[derive(Clone)]
pub(crate) struct FollowedEnd {
    file: PathBuf,
    key: AuditKey,
}

impl FollowedEnd {
    pub(crate) fn of(data: &Path, key: AuditKey) -> Self {
        let file = data.join(FILE);
        Self { file, key }
    }

    /// Compares an audit that is whole in itself with what the service saw `before` it was read.
    ///
    /// # Errors
    /// A sentence: the audit ends earlier, or has another entry where the end once was; or somebody
    /// else wrote what the service saw.
    pub(crate) async fn compare(
        &self,
        store: &dyn Store,
        whole: &WholeAudit,
        before: FollowedTo,
    ) -> anyhow::Result<()> {
        let seen = match before {
            FollowedTo::Nothing => return Ok(()),
            FollowedTo::Foreign => bail!("the audit is not whole: {}", self.foreign()),
            FollowedTo::End(seen) => seen,
        };
        let beginning = whole.beginning.anchor();
        match misfit(store, beginning, whole.end, seen).await? {
            Some(sentence) => bail!("the audit is not whole: {sentence}"),
            None => Ok(()),
        }
    }

    /// What a file says that somebody else wrote.
    pub(crate) fn foreign(&self) -> String {
        format!("{} was not written with audit.key", self.file.display())
    }

    /// Why an audit may not begin there, if it may not.
    pub(crate) fn unvouched(&self, beginning: &AuditBeginning) -> Option<String> {
        unvouched(&self.key, beginning)
    }

    /// Forgets what was seen: for who restores a backup, which may be older.
    pub(crate) fn forget(&self) -> anyhow::Result<()> {
        match fs::remove_file(&self.file) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).with_context(|| format!("{} cannot be removed", self.file.display()))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// What the service saw last. It is read before an audit that it is compared with: that may grow.
    pub(crate) fn seen(&self) -> anyhow::Result<FollowedTo> {
        let bytes = match read(&self.file)? {
            Found::Nothing => return Ok(FollowedTo::Nothing),
            Found::Bytes(bytes) => bytes,
            Found::Foreign => return Ok(FollowedTo::Foreign),
        };
        let text = String::from_utf8_lossy(&bytes);
        let seen = signed(text.trim_end()).filter(|signed| self.key.vouches_for(signed));
        Ok(seen.map_or(FollowedTo::Foreign, |signed| FollowedTo::End(signed.anchor)))
    }

    /// Remembers this end from now on.
    pub(crate) fn remember(&self, end: AuditAnchor) -> anyhow::Result<()> {
        let SignedAnchor { anchor, signature } = self.key.sign(end);
        let mut line = anchors::written(&anchor).trim_end().to_owned() + " ";
        for byte in signature {
            let _infallible = write!(line, "{byte:02x}");
        }
        write(&self.file, &(line + "\n"))
    }
}

/// How far the running service has followed the audit, by what its file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FollowedTo {
    /// There is no file: it has not served yet.
    Nothing,
    /// To here.
    End(AuditAnchor),
    /// The file was not written with `audit.key`.
    Foreign,
}

/// Why an audit may not begin there, if it may not: what was deleted, this key has to vouch for.
pub(crate) fn unvouched(key: &AuditKey, beginning: &AuditBeginning) -> Option<String> {
    match beginning {
        AuditBeginning::Pruned(signed) if !key.vouches_for(signed) => Some(format!(
            "the key audit.key does not vouch for its beginning after entry {}",
            signed.anchor.seq
        )),
        AuditBeginning::Pruned(_) | AuditBeginning::Whole => None,
    }
}

/// The place and the signature of a line.
fn signed(line: &str) -> Option<SignedAnchor> {
    let (place, digits) = line.rsplit_once(' ')?;
    let pairs = digits.as_bytes().chunks(2);
    let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    Some(SignedAnchor {
        anchor: anchors::read(place)?,
        signature: pairs.map(byte).collect::<Option<_>>()?,
    })
}

/// Looks at the file.
fn read(path: &Path) -> anyhow::Result<Found> {
    small_file::read(path, LINE_BYTES_MAX)
        .with_context(|| format!("{} cannot be read", path.display()))
}

/// Replaces the file in one step.
fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    small_file::replace(path, text.as_bytes())
        .with_context(|| format!("{} cannot be written", path.display()))
}

/// Why an audit with this beginning and end is not the one that was seen, if it is not.
///
/// # Errors
/// The database does not answer.
pub(crate) async fn misfit(
    store: &dyn Store,
    beginning: AuditAnchor,
    end: AuditAnchor,
    seen: AuditAnchor,
) -> anyhow::Result<Option<String>> {
    if end.seq < seen.seq {
        return Ok(Some(format!(
            "it ends with entry {}, and entry {} was seen before",
            end.seq, seen.seq
        )));
    }
    // What was kept long enough is gone, and a signature vouches for it.
    if seen.seq < beginning.seq {
        return Ok(None);
    }
    let there = if seen.seq == beginning.seq {
        Some(beginning)
    } else {
        let entries = store.audit_chain(seen.seq..seen.seq + 1).await?;
        entries.first().map(|entry| entry.anchor())
    };
    let another = || format!("its entry {} is another one than was seen before", seen.seq);
    Ok((there != Some(seen)).then(another))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: AuditKey = AuditKey([1; 32]);
    const PLACE: AuditAnchor = AuditAnchor {
        seq: 7,
        hash: [3; 32],
    };

    #[test]
    fn what_the_service_saw_is_believed_with_its_key_alone() {
        let data = tempfile::tempdir().unwrap();
        let end = FollowedEnd::of(data.path(), KEY);
        let before = end.seen().unwrap();

        end.remember(PLACE).unwrap();
        let other = FollowedEnd::of(data.path(), AuditKey([2; 32]));

        let (nothing, foreign) = (FollowedTo::Nothing, FollowedTo::Foreign);
        let seen = (before, end.seen().unwrap());
        assert_eq!(seen, (nothing, FollowedTo::End(PLACE)));
        assert_eq!(other.seen().unwrap(), foreign);
        let file = data.path().join(FILE);
        let forged = fs::read_to_string(&file).unwrap().replacen('7', "6", 1);
        for rubbish in [forged.as_bytes(), b"", b"x\n", b"\xff\xfe", &[0; 4_096]] {
            fs::write(&file, rubbish).unwrap();
            assert_eq!(end.seen().unwrap(), foreign);
        }
        end.forget().unwrap();
        assert_eq!(end.seen().unwrap(), nothing);
    }
}
