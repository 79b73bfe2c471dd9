//! Who may read the files of a node: nobody else what is secret, and the service what it needs.

use std::fs::{Metadata, metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::schema::File;

/// Read by the group of a file, and by everybody.
const GROUP: u32 = 0o040;
const OTHERS: u32 = 0o004;
/// Anything at all for anybody but the owner.
const NOT_OWNER: u32 = 0o077;

/// Files that hold hashes of passwords, or numbers of people at home.
const SECRETIVE: [File; 2] = [File::Operators, File::Partners];

/// Sentences about files that others may read although they hold secrets.
pub(crate) fn open_to_others(folder: &Path, keys: &Path) -> Vec<String> {
    let mut told = Vec::new();
    for path in SECRETIVE.map(|file| folder.join(file.name())) {
        if metadata(&path).is_ok_and(|file| file.mode() & OTHERS != 0) {
            let path = path.display();
            told.push(format!(
                "everybody on this machine may read {path}: `chmod o-rwx {path}`"
            ));
        }
    }
    if metadata(keys).is_ok_and(|folder| folder.mode() & NOT_OWNER != 0) {
        let path = keys.display();
        told.push(format!(
            "others may open the keys folder {path}: `chmod 700 {path}`"
        ));
    }
    let files = std::fs::read_dir(keys).into_iter().flatten().flatten();
    let mut open: Vec<_> = files
        .filter(|file| {
            file.metadata()
                .is_ok_and(|file| file.is_file() && file.mode() & NOT_OWNER != 0)
        })
        .map(|file| file.path())
        .collect();
    open.sort();
    for path in open {
        let path = path.display();
        told.push(format!(
            "others may read the key {path}: `chmod 600 {path}`"
        ));
    }
    told
}

/// Sentences about files that the service may not read. Whoever is let to read `linka.toml` by its
/// owner or its group is taken for the service.
pub(crate) fn closed_to_service(folder: &Path) -> Vec<String> {
    let name = File::Linka.name();
    let Ok(known) = metadata(folder.join(name)) else {
        return Vec::new();
    };
    let mut told = Vec::new();
    for file in File::ALL {
        let path = folder.join(file.name());
        if metadata(&path).is_ok_and(|file| is_closed(&known, &file)) {
            told.push(format!(
                "the service may read {name}, but not {path}: `chown --reference={} {path} && chmod --reference={} {path}`",
                folder.join(name).display(),
                folder.join(name).display(),
                path = path.display(),
            ));
        }
    }
    told
}

/// Whether somebody who reads the one by its owner or its group may not read the other.
fn is_closed(known: &Metadata, file: &Metadata) -> bool {
    if file.mode() & OTHERS != 0 {
        return false;
    }
    let same_group = file.gid() == known.gid() && file.mode() & GROUP != 0;
    let owner_reads = file.uid() == known.uid() || same_group;
    let group_reads = known.mode() & GROUP == 0 || known.mode() & OTHERS != 0 || same_group;
    !(owner_reads && group_reads)
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, set_permissions, write};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A configuration folder and a keys folder whose files have these modes.
    fn folders(modes: &[(&str, u32)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("keys")).unwrap();
        for (name, mode) in modes {
            let path = folder.path().join(name);
            if *name != "keys" {
                write(&path, "").unwrap();
            }
            set_permissions(path, Permissions::from_mode(*mode)).unwrap();
        }
        folder
    }

    fn open(folder: &tempfile::TempDir) -> Vec<String> {
        let told = open_to_others(folder.path(), &folder.path().join("keys"));
        let place = format!("{}/", folder.path().display());
        told.iter().map(|told| told.replace(&place, "")).collect()
    }

    #[test]
    fn secrets_that_others_may_read_are_named_with_what_to_do() {
        let folder = folders(&[
            ("operators.toml", 0o644),
            ("partners.toml", 0o640),
            ("keys", 0o750),
            ("keys/tag.key", 0o600),
            ("keys/trunk-carrier", 0o644),
        ]);

        assert_eq!(
            open(&folder),
            [
                "everybody on this machine may read operators.toml: `chmod o-rwx operators.toml`",
                "others may open the keys folder keys: `chmod 700 keys`",
                "others may read the key keys/trunk-carrier: `chmod 600 keys/trunk-carrier`",
            ]
        );
    }

    #[test]
    fn nothing_is_said_of_folders_that_are_as_they_should_be() {
        let folder = folders(&[
            ("linka.toml", 0o640),
            ("operators.toml", 0o640),
            ("keys", 0o700),
            ("keys/tag.key", 0o400),
        ]);

        assert_eq!(open(&folder), [""; 0]);
        assert_eq!(closed_to_service(folder.path()), [""; 0]);
    }

    #[test]
    fn file_that_the_service_may_not_read_is_named() {
        let folder = folders(&[("linka.toml", 0o640), ("operators.toml", 0o600)]);

        let told = closed_to_service(folder.path());

        assert_eq!(told.len(), 1);
        assert!(told[0].contains("but not") && told[0].contains("operators.toml"));
    }
}
