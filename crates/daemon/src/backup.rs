//! `linka backup` and `linka restore`: the records database as one sealed file, and back.

use std::fs::{self, File, OpenOptions};
use std::io::{BufReader, BufWriter, Seek as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use store::sql::{AuditKey, BackedUp, BackupKey, Database, Store, check_backup};
use web::{Event, note_now};

use crate::audit::{in_words, verify};
use crate::audit_end::{FollowedEnd, SeenEnd};
use crate::cli::{Data, Folders};
use crate::database::{BY_COMMAND, Records, block_on};
use crate::erasures::Erasures;
use crate::keys::{self, chance};

/// What `linka backup` and `linka restore` are told.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The backup.
    file: PathBuf,
    #[command(flatten)]
    folders: Folders,
    #[command(flatten)]
    data: Data,
}

/// Writes a backup; a running linka goes on meanwhile.
pub(crate) fn backup(options: &Options) -> anyhow::Result<String> {
    let file = &options.file;
    if file.exists() {
        bail!("{} is there already; nothing was written", file.display());
    }
    let records = Records::find(&options.folders, &options.data)?;
    if let Database::File(path) = &records.database
        && !path.exists()
    {
        bail!("there is no records database {}", path.display());
    }
    let keys = &options.folders.keys;
    let key = BackupKey(keys::make_backup_key(keys, &options.data.data)?);
    let audit = AuditKey(keys::audit_key(keys, &options.data.data)?);
    let written = block_on(async {
        let store = records.open().await?;
        let event = Event::Exported {
            report: "backup",
            from: None,
            to: None,
        };
        // Before the file is there: none goes out of the house without its entry.
        note_now(&*store, &audit, records.today(), BY_COMMAND, &event).await?;
        write(&*store, &key, file).await
    })?;
    Ok(format!(
        "{} holds {} rows.\nIt opens with {} alone: keep a copy of that key, and of audit.key and totp.key, in another place than the file.\n",
        file.display(),
        written.rows,
        keys.join("backup.key").display()
    ))
}

/// Writes the file beside its name and gives it its name when it is whole.
async fn write(store: &dyn Store, key: &BackupKey, file: &Path) -> anyhow::Result<BackedUp> {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = file.with_file_name(name);
    let written = write_part(store, key, &part).await;
    let named = written.and_then(|written| {
        fs::rename(&part, file)
            .with_context(|| format!("{} cannot get its name", file.display()))?;
        Ok(written)
    });
    if named.is_err() {
        // Half a backup is of no use.
        let _gone = fs::remove_file(&part);
    }
    named
}

async fn write_part(store: &dyn Store, key: &BackupKey, part: &Path) -> anyhow::Result<BackedUp> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let context = || format!("{} cannot be written", part.display());
    let opened = options.open(part).with_context(context)?;
    let mut buffered = BufWriter::new(opened);
    let written = store.backup(key, chance()?, &mut buffered).await?;
    let opened = buffered.into_inner().map_err(|error| error.into_error());
    opened
        .and_then(|opened| opened.sync_all())
        .with_context(context)?;
    Ok(written)
}

/// Writes a backup into an empty database. Nothing is opened before the whole file was read and
/// found to be as it was made.
pub(crate) fn restore(options: &Options) -> anyhow::Result<String> {
    let (file, data) = (&options.file, &options.data.data);
    if UnixStream::connect(data.join("linka.sock")).is_ok() {
        bail!(
            "linka serves with {}: stop it before a backup is restored",
            data.display()
        );
    }
    let key = BackupKey(keys::backup_key(&options.folders.keys)?);
    let context = || format!("{} was not restored", file.display());
    let opened = File::open(file).with_context(context)?;
    let mut from = BufReader::new(opened);
    check_backup(&key, &mut from).with_context(context)?;
    from.rewind().with_context(context)?;
    let records = Records::find(&options.folders, &options.data)?;
    crate::serve::make_data_folder(data)?;
    let audit = AuditKey(keys::audit_key(&options.folders.keys, data)?);
    let erased = Erasures::of(&options.folders.keys).all()?;
    block_on(async {
        let store = records.open().await?;
        let restored = store
            .restore(&key, &mut from, &erased)
            .await
            .with_context(context)?;
        let event = Event::Restored;
        note_now(&*store, &audit, records.today(), BY_COMMAND, &event).await?;
        let whole = verify(&*store, &audit)
            .await
            .context("the backup was restored, and in it")?;
        // The backup may be older than what was seen last.
        SeenEnd::of(&options.folders.keys).remember(&whole.end)?;
        FollowedEnd::of(data, audit).forget()?;
        let rows = restored.rows;
        Ok(format!(
            "{rows} rows were restored. Nobody is signed in any more.\n{}",
            in_words(&whole)
        ))
    })
}
