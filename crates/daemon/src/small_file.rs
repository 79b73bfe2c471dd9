//! Small files of ours in folders where somebody may have put something else in their place.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::OFlags;

/// What is found in the place of a small file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Nothing,
    Bytes(Vec<u8>),
    /// A folder, a pipe, a link, or a file that is longer than ours ever are.
    Foreign,
}

/// Reads a file of at most so many bytes. It never waits for another process.
///
/// # Errors
/// The system's, where a file of ours may be there.
pub(crate) fn read(path: &Path, bytes_max: u64) -> io::Result<Found> {
    match path.symlink_metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(error),
        Ok(there) if !there.is_file() || there.len() > bytes_max => return Ok(Found::Foreign),
        Ok(_) => {}
    }
    let mut options = OpenOptions::new();
    let mut bytes = Vec::new();
    let mut file = ours(options.read(true)).open(path)?.take(bytes_max + 1);
    file.read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= bytes_max) {
        Ok(Found::Bytes(bytes))
    } else {
        Ok(Found::Foreign)
    }
}

/// Replaces a file in one step. Its owner alone may read it.
///
/// # Errors
/// The system's; then the file is as it was.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let mut file = overwritten(Path::new(&new))?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&new, path)
}

/// A file to be written from its beginning, made if there is none. Its owner alone may read it.
///
/// # Errors
/// The system's, and where a link or a pipe that nobody reads is in its place.
pub(crate) fn overwritten(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    ours(&mut options).open(path)
}

/// Whatever is in its place: no link is followed, and no pipe is waited for.
fn ours(options: &mut OpenOptions) -> &mut OpenOptions {
    let flags = OFlags::NONBLOCK | OFlags::NOFOLLOW;
    options.custom_flags(flags.bits().cast_signed())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::process::Command;

    use super::*;

    #[test]
    fn file_that_was_replaced_is_read_and_its_owner_s_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        let before = read(&file, 3).unwrap();

        replace(&file, b"old").unwrap();
        replace(&file, b"new").unwrap();

        assert_eq!(before, Found::Nothing);
        assert_eq!(read(&file, 3).unwrap(), Found::Bytes(b"new".to_vec()));
        assert_eq!(read(&file, 2).unwrap(), Found::Foreign);
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn what_is_no_regular_file_is_foreign_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let [pipe, link, real] = ["pipe", "link", "real"].map(|name| folder.path().join(name));
        let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        replace(&real, b"real").unwrap();
        symlink(&real, &link).unwrap();

        for path in [folder.path(), &pipe, &link] {
            assert_eq!(read(path, 100).unwrap(), Found::Foreign, "{path:?}");
        }
    }
}
