use journal::replay;

use super::*;
use crate::live::tests::{entries, snapshot};

const KEY: [u8; KEY_BYTES] = [7; KEY_BYTES];
const OTHER_KEY: [u8; KEY_BYTES] = [8; KEY_BYTES];
const CHANCE: [u8; CHANCE_BYTES] = [3; CHANCE_BYTES];

impl NodeJournal {
    /// Around a file that is open.
    pub(crate) fn over(db: LiveDb) -> Self {
        let opener = Opener::new(Path::new("/proc/nowhere"), &KEY, CHANCE);
        Self::at(opener, Home::File(Box::new(db)), Vec::new())
    }
}

fn open(folder: &Path) -> NodeJournal {
    NodeJournal::open(folder, &KEY, CHANCE).unwrap()
}

/// A file with entries, a registration, and one start.
fn filled(folder: &Path) -> LiveDb {
    let mut db = LiveDb::open(folder, &KEY, CHANCE).unwrap();
    db.append(&entries(1..=3)).unwrap();
    let phone: &[u8] = b"her phone";
    db.keep_bindings([("jana", Some(phone))]).unwrap();
    db
}

fn numbers(loaded: &Loaded) -> Vec<u64> {
    let tail = loaded.tail.iter();
    tail.map(|tail| tail.entry.seq.0).collect()
}

fn set_aside(news: &[JournalNews]) -> Option<&Path> {
    news.iter().find_map(|news| match news {
        JournalNews::SetAside { kept, .. } => Some(kept.as_path()),
        JournalNews::InMemory { .. }
        | JournalNews::Unread { .. }
        | JournalNews::RegistrationsLost { .. } => None,
    })
}

fn locked() -> JournalError {
    JournalError::Locked {
        place: LIVE_DB.to_owned(),
    }
}

#[test]
fn healthy_file_is_no_news() {
    let folder = TempDir::new().unwrap();
    drop(filled(folder.path()));

    let mut journal = open(folder.path());

    assert_eq!(numbers(&journal.load().unwrap()), [1, 2, 3]);
    assert_eq!(journal.start(), 2);
    assert_eq!(journal.bindings().len(), 1);
    assert_eq!(journal.take_news(), []);
}

#[test]
fn damaged_file_is_set_aside_named_and_an_empty_one_begun() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join(LIVE_DB), vec![0x55; 8_192]).unwrap();

    let mut journal = open(folder.path());
    let loaded = journal.load().unwrap();
    journal.append(&entries(1..=1)).unwrap();

    assert_eq!(loaded, Loaded::default());
    let news = journal.take_news();
    let kept = set_aside(&news).unwrap();
    assert_eq!(fs::read(kept).unwrap(), vec![0x55; 8_192]);
}

#[test]
fn file_under_another_key_is_set_aside_too() {
    let folder = TempDir::new().unwrap();
    drop(filled(folder.path()));
    let mut journal = NodeJournal::open(folder.path(), &OTHER_KEY, CHANCE).unwrap();

    let replayed = replay(&mut journal).unwrap();
    journal.append(&entries(1..=1)).unwrap();

    assert_eq!(replayed.state.seq(), Seq(0));
    let news = journal.take_news();
    let kept = set_aside(&news).unwrap().to_owned();
    fs::rename(kept, folder.path().join("elsewhere")).unwrap();
    drop(journal);
    let mut journal = NodeJournal::open(folder.path(), &OTHER_KEY, CHANCE).unwrap();
    assert_eq!(numbers(&journal.load().unwrap()), [1]);
}

#[test]
fn folder_that_may_not_be_written_is_served_from_memory() {
    // Nobody, the superuser included, makes a file there.
    let mut journal = open(Path::new("/sys"));

    let replayed = replay(&mut journal).unwrap();
    let refused = journal.append(&entries(1..=1));

    assert_eq!(replayed.state.seq(), Seq(0));
    assert!(matches!(refused, Err(JournalError::ReadOnly { .. })));
    let news = journal.take_news();
    assert!(
        matches!(news[..], [JournalNews::InMemory { .. }]),
        "{news:?}"
    );
}

#[test]
fn folder_in_whose_place_a_file_lies_is_served_from_memory_until_it_can_be_made() {
    let parent = TempDir::new().unwrap();
    let folder = parent.path().join("data");
    fs::write(&folder, "a file").unwrap();
    let mut journal = open(&folder);
    assert_eq!(journal.load().unwrap(), Loaded::default());
    assert!(journal.write_snapshot(&snapshot(5)).is_err());

    fs::remove_file(&folder).unwrap();
    journal.write_snapshot(&snapshot(5)).unwrap();
    journal.append(&entries(6..=6)).unwrap();
    drop(journal);

    let loaded = open(&folder).load().unwrap();
    assert_eq!(
        loaded.snapshot.as_ref().map(|snapshot| snapshot.seq),
        Some(Seq(5))
    );
    assert_eq!(numbers(&loaded), [6]);
}

#[test]
fn file_that_cannot_be_opened_is_read_and_gives_way_to_a_snapshot_later() {
    let folder = TempDir::new().unwrap();
    let holder = filled(folder.path());

    let mut journal = NodeJournal::in_memory(folder.path(), &KEY, CHANCE, locked());
    let loaded = journal.load().unwrap();

    assert_eq!(numbers(&loaded), [1, 2, 3]);
    assert_eq!((journal.start(), journal.bindings().len()), (2, 1));
    assert!(journal.append(&entries(4..=4)).is_err());
    assert!(journal.write_snapshot(&snapshot(4)).is_err());

    drop(holder);
    journal.write_snapshot(&snapshot(4)).unwrap();
    let loaded = journal.load().unwrap();
    assert_eq!(numbers(&loaded), []);
    assert_eq!(loaded.snapshot.map(|snapshot| snapshot.seq), Some(Seq(4)));
    assert_eq!(journal.start(), 2);
}

#[test]
fn file_that_cannot_even_be_read_is_set_aside_before_another_is_begun() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join(LIVE_DB), vec![0x55; 8_192]).unwrap();

    let mut journal = NodeJournal::in_memory(folder.path(), &KEY, CHANCE, locked());
    journal.write_snapshot(&snapshot(4)).unwrap();

    let news = journal.take_news();
    assert!(
        matches!(
            news[..],
            [JournalNews::InMemory { .. }, JournalNews::Unread { .. }]
        ),
        "{news:?}"
    );
    assert!(folder.path().join("live.db.damaged-1").exists());
    assert_eq!(numbers(&journal.load().unwrap()), []);
}

#[test]
fn second_node_on_one_folder_is_told() {
    let folder = TempDir::new().unwrap();
    let _first = filled(folder.path());

    let refused = NodeJournal::open(folder.path(), &KEY, CHANCE);

    assert!(matches!(refused.err(), Some(JournalError::Locked { .. })));
}

#[test]
fn no_two_openings_share_their_chance() {
    let mut opener = Opener::new(Path::new("/proc/nowhere"), &KEY, CHANCE);

    let (first, second) = (opener.fresh_chance(), opener.fresh_chance());

    assert!(first != second && first != CHANCE);
}

#[test]
fn registrations_that_are_not_written_are_told_until_they_are() {
    let folder = TempDir::new().unwrap();
    let mut journal = NodeJournal::in_memory(folder.path(), &KEY, CHANCE, locked());
    let unkept = journal.unkept();
    let phone: [(&str, Option<&[u8]>); 1] = [("jana", Some(b"her phone"))];
    assert_eq!(unkept.reason(), None);

    journal.keep_bindings(phone).unwrap_err();
    let reason = unkept.reason().unwrap();
    journal.write_snapshot(&snapshot(0)).unwrap();
    journal.keep_bindings(phone).unwrap();

    assert!(reason.contains("in use by another process"), "{reason}");
    assert_eq!(unkept.reason(), None);
}
