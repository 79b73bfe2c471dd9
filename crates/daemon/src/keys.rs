//! The keys folder: secrets of this node, each a file, never inside the data folder.

use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use anyhow::{Context, bail};

/// Length of a key, in bytes.
const KEY_BYTES: usize = 32;
const AUDIT: &str = "audit.key";
const BACKUP: &str = "backup.key";

/// The keys of a node.
pub(crate) struct Keys {
    /// Seals the journal and its snapshots.
    pub(crate) journal: [u8; KEY_BYTES],
    /// Seals leg ids into SIP tags.
    pub(crate) tag: [u8; KEY_BYTES],
    /// Seals the secrets of one-time passwords.
    pub(crate) totp: [u8; KEY_BYTES],
    /// Keys the audit's hashes, and vouches for where it begins.
    pub(crate) audit: [u8; KEY_BYTES],
}

/// The key of the audit's hashes and of where it begins; made if there is none.
pub(crate) fn audit_key(folder: &Path, data: &Path) -> anyhow::Result<[u8; KEY_BYTES]> {
    make_folder(folder, data)?;
    key(folder, AUDIT)
}

/// The key that seals backups; made if there is none.
pub(crate) fn make_backup_key(folder: &Path, data: &Path) -> anyhow::Result<[u8; KEY_BYTES]> {
    make_folder(folder, data)?;
    key(folder, BACKUP)
}

/// The key that seals backups. One that was made only now would open none.
pub(crate) fn backup_key(folder: &Path) -> anyhow::Result<[u8; KEY_BYTES]> {
    if !folder.join(BACKUP).exists() {
        bail!(
            "there is no key {}: put the one there that the backup was made with",
            folder.join(BACKUP).display()
        );
    }
    key(folder, BACKUP)
}

impl Keys {
    /// Reads the keys, which may not lie in the data folder, and makes those that are missing.
    pub(crate) fn open(folder: &Path, data: &Path) -> anyhow::Result<Self> {
        make_folder(folder, data)?;
        Self::read(folder)
    }

    /// The same without a look at the data folder: for when its disk does not come back.
    pub(crate) fn read(folder: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            journal: key(folder, "journal.key")?,
            tag: key(folder, "tag.key")?,
            totp: key(folder, "totp.key")?,
            audit: key(folder, AUDIT)?,
        })
    }
}

fn make_folder(folder: &Path, data: &Path) -> anyhow::Result<()> {
    if !folder.exists() {
        let made = std::fs::DirBuilder::new()
            .mode(0o700)
            .recursive(true)
            .create(folder);
        made.with_context(|| format!("the keys folder {} cannot be made", folder.display()))?;
    }
    let inside = folder
        .canonicalize()
        .and_then(|keys| Ok(keys.starts_with(data.canonicalize()?)));
    if inside.unwrap_or(false) {
        bail!(
            "the keys folder {} lies inside the data folder: a copy of the data would carry its keys",
            folder.display()
        );
    }
    Ok(())
}

fn key(folder: &Path, name: &str) -> anyhow::Result<[u8; KEY_BYTES]> {
    let path = folder.join(name);
    match std::fs::read(&path) {
        Ok(bytes) => match bytes.try_into() {
            Ok(key) => Ok(key),
            Err(_) => bail!("{} is no key: it has not {KEY_BYTES} bytes", path.display()),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => make(&path),
        Err(error) => {
            Err(error).with_context(|| format!("the key {} cannot be read", path.display()))
        }
    }
}

fn make(path: &Path) -> anyhow::Result<[u8; KEY_BYTES]> {
    let key = chance()?;
    let context = || format!("the key {} cannot be written", path.display());
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(context)?;
    file.write_all(&key)
        .and_then(|()| file.sync_all())
        .with_context(context)?;
    Ok(key)
}

/// Bytes from the system's random source.
pub(crate) fn chance<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| anyhow::anyhow!("the system gives no random bytes: {error}"))?;
    Ok(bytes)
}
