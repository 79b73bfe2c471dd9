//! Opening the journal's file: what is kept, what is refused, and with which sentence.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use journal::{FORMAT, Journal as _, JournalError, Snapshot};
use store::{Binding, CHANCE_BYTES, KEY_BYTES, LIVE_DB, LiveDb};
use tempfile::TempDir;

const KEY: [u8; KEY_BYTES] = [7; KEY_BYTES];

fn open(folder: &Path) -> Result<LiveDb, JournalError> {
    LiveDb::open(folder, &KEY, [1; CHANCE_BYTES])
}

/// Changes the file behind the node's back.
fn tamper(folder: &TempDir, sql: &str) {
    let path = folder.path().join(LIVE_DB);
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.execute_batch(sql).unwrap();
}

fn sentence(opened: Result<LiveDb, JournalError>) -> String {
    opened.err().map(|error| error.to_string()).unwrap()
}

#[test]
fn starts_are_counted_from_one() {
    let folder = TempDir::new().unwrap();

    let starts: Vec<u32> = (0..3)
        .map(|_| open(folder.path()).unwrap().start())
        .collect();

    assert_eq!(starts, [1, 2, 3]);
}

#[test]
fn second_node_on_one_folder_is_refused() {
    let folder = TempDir::new().unwrap();
    let _first = open(folder.path()).unwrap();

    let told = sentence(open(folder.path()));

    assert!(told.contains("in use by another process"), "{told}");
}

#[test]
fn folder_that_may_not_be_written_is_told() {
    // Nobody, the superuser included, makes a file there.
    let told = sentence(open(Path::new("/sys")));

    assert!(told.contains("/sys/live.db may not be written"), "{told}");
}

#[test]
fn folder_that_is_not_there_is_told() {
    let folder = TempDir::new().unwrap();

    let told = sentence(open(&folder.path().join("none")));

    assert!(told.contains("none/live.db could not be used"), "{told}");
}

#[test]
fn file_of_a_newer_release_is_refused() {
    let folder = TempDir::new().unwrap();
    drop(open(folder.path()).unwrap());
    tamper(&folder, "PRAGMA user_version = 3");

    let told = sentence(open(folder.path()));

    let expected = "has format 3, this release reads 1 to 2";
    assert!(told.contains(expected), "{told}");
}

#[test]
fn snapshot_of_a_newer_release_is_refused() {
    let folder = TempDir::new().unwrap();
    let mut db = open(folder.path()).unwrap();
    db.write_snapshot(&Snapshot::default()).unwrap();
    drop(db);
    let newer = FORMAT + 1;
    tamper(&folder, &format!("UPDATE snapshot SET format = {newer}"));

    let error = open(folder.path()).unwrap().load().unwrap_err();

    assert!(
        matches!(error, JournalError::Format { found, .. } if found == newer),
        "{error}"
    );
}

#[test]
fn file_that_is_no_database_is_told_and_can_be_set_aside() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join(LIVE_DB), vec![0x55; 8_192]).unwrap();

    let told = sentence(open(folder.path()));
    let kept = LiveDb::set_aside(folder.path()).unwrap();
    let db = open(folder.path()).unwrap();

    assert!(told.contains("the database"), "{told}");
    assert_eq!(fs::read(kept).unwrap().len(), 8_192);
    assert_eq!(db.start(), 1);
}

#[test]
fn file_sealed_under_another_key_is_told() {
    let folder = TempDir::new().unwrap();
    let mut db = open(folder.path()).unwrap();
    db.write_snapshot(&Snapshot::default()).unwrap();
    drop(db);

    let other = [8; KEY_BYTES];
    let told = sentence(LiveDb::open(folder.path(), &other, [1; CHANCE_BYTES]));

    assert!(told.contains("under another key: an entry"), "{told}");
}

#[test]
fn only_the_owner_may_read_what_is_written() {
    let folder = TempDir::new().unwrap();
    let _db = open(folder.path()).unwrap();

    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().flatten().collect();

    assert_eq!(files.len(), 2);
    for file in files {
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.path().display());
    }
}

#[test]
fn registrations_are_kept_replaced_and_forgotten() {
    let folder = TempDir::new().unwrap();
    let mut db = open(folder.path()).unwrap();
    db.keep_bindings([("jana", Some(&b"one"[..])), ("eva", Some(b"two"))])
        .unwrap();

    db.keep_bindings([("jana", Some(&b"three"[..])), ("eva", None), ("olga", None)])
        .unwrap();
    drop(db);

    let kept = open(folder.path()).unwrap().bindings().unwrap();
    let user = "jana".into();
    let bytes = b"three".into();
    assert_eq!(kept, [Binding { user, bytes }]);
}
