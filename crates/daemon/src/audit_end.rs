//! The furthest end of the audit that was ever seen, beside the keys: an audit that is shorter or another one was cut off or written anew.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use store::sql::{AuditAnchor, Store, WholeAudit};

use crate::anchors;

/// The file in the keys folder: one line.
const FILE: &str = "audit.end";

/// The end that a keys folder remembers.
pub(crate) struct SeenEnd(PathBuf);

impl SeenEnd {
    pub(crate) fn of(keys: &Path) -> Self {
        Self(keys.join(FILE))
    }

    /// Compares an audit that is whole in itself with what was seen before, and remembers its end if it is further.
    ///
    /// # Errors
    /// A sentence: the audit ends earlier, or has another entry where the end once was; or the file cannot be read or written.
    pub(crate) async fn compare(
        &self,
        store: &dyn Store,
        whole: &WholeAudit,
    ) -> anyhow::Result<()> {
        if let Some(seen) = self.seen()? {
            fits(store, whole, &seen).await?;
            if seen == whole.end {
                return Ok(());
            }
        }
        self.remember(&whole.end)
    }

    /// Remembers this end from now on, whatever was seen before: for who restores a backup.
    pub(crate) fn remember(&self, end: &AuditAnchor) -> anyhow::Result<()> {
        let context = || format!("{} cannot be written", self.0.display());
        let new = self.0.with_extension("end.new");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(&new).with_context(context)?;
        file.write_all(anchors::written(end).as_bytes())
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::rename(&new, &self.0))
            .with_context(context)
    }

    fn seen(&self) -> anyhow::Result<Option<AuditAnchor>> {
        let path = self.0.display();
        let text = match fs::read_to_string(&self.0) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            other => other.with_context(|| format!("{path} cannot be read"))?,
        };
        let seen = anchors::read(text.trim_end());
        Ok(Some(seen.with_context(|| {
            format!("{path} is no number and hash of an entry")
        })?))
    }
}

async fn fits(store: &dyn Store, whole: &WholeAudit, seen: &AuditAnchor) -> anyhow::Result<()> {
    let beginning = whole.beginning.anchor();
    if whole.end.seq < seen.seq {
        bail!(
            "the audit is not whole: it ends with entry {}, and entry {} was seen before",
            whole.end.seq,
            seen.seq
        );
    }
    // What was kept long enough is gone, and a signature vouches for it.
    if seen.seq < beginning.seq {
        return Ok(());
    }
    let there = if seen.seq == beginning.seq {
        Some(beginning)
    } else {
        let entries = store.audit_chain(seen.seq..seen.seq + 1).await?;
        entries.first().map(|entry| entry.anchor())
    };
    if there != Some(*seen) {
        bail!(
            "the audit is not whole: its entry {} is another one than was seen before",
            seen.seq
        );
    }
    Ok(())
}
