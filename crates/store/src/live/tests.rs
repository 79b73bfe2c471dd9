use std::panic::{AssertUnwindSafe, catch_unwind};

use dispatch::{LegId, Moment, NodeId};
use journal::{Fact, Saved, State, replay};
use tempfile::TempDir;

use super::*;

const KEY: [u8; KEY_BYTES] = [7; KEY_BYTES];

impl LiveDb {
    /// Lets the database grow by so many pages and then be full.
    pub(crate) fn limit_growth(&self, pages: u32) {
        let count: u32 = self
            .connection
            .pragma_query_value(None, "page_count", |row| row.get(0))
            .unwrap();
        let sql = format!("PRAGMA max_page_count = {}", count + pages);
        self.connection.query_row(&sql, [], |_| Ok(())).unwrap();
    }
}

pub(crate) fn open(folder: &Path) -> LiveDb {
    LiveDb::open(folder, &KEY, [3; CHANCE_BYTES]).unwrap()
}

pub(crate) fn entry(seq: u64) -> Entry {
    Entry {
        seq: Seq(seq),
        at: Moment::from_micros(seq * 1_000),
        fact: Fact::Dispatch(dispatch::Fact::LegLost {
            leg: LegId::new(NodeId::ONLY, 1, 7),
        }),
        saved: Saved::Saved,
    }
}

pub(crate) fn entries(range: std::ops::RangeInclusive<u64>) -> Vec<Entry> {
    range.map(entry).collect()
}

pub(crate) fn snapshot(seq: u64) -> Snapshot {
    Snapshot {
        seq: Seq(seq),
        at: Moment::from_micros(seq * 1_000),
        ..Snapshot::default()
    }
}

/// The last entry that the snapshot covers, and the numbers of the entries after it.
fn held(db: &mut LiveDb) -> (Option<u64>, Vec<u64>) {
    let loaded = db.load().unwrap();
    let tail = loaded.tail.iter().map(|tail| tail.entry.seq.0).collect();
    (loaded.snapshot.map(|snapshot| snapshot.seq.0), tail)
}

/// What a crash of the machine at this moment would leave.
fn crashed(folder: &TempDir) -> TempDir {
    let left = TempDir::new().unwrap();
    for file in fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), left.path().join(file.file_name())).unwrap();
    }
    left
}

fn anywhere(folder: &TempDir, wanted: &[u8]) -> bool {
    fs::read_dir(folder.path()).unwrap().any(|file| {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        bytes.windows(wanted.len()).any(|window| window == wanted)
    })
}

#[test]
fn crash_after_any_step_leaves_what_was_written_until_then() {
    let folder = TempDir::new().unwrap();
    let mut db = open(folder.path());
    let mut left = vec![(crashed(&folder), (None, vec![]))];

    db.append(&entries(1..=2)).unwrap();
    left.push((crashed(&folder), (None, vec![1, 2])));
    db.append(&entries(3..=3)).unwrap();
    left.push((crashed(&folder), (None, vec![1, 2, 3])));
    db.replace(&snapshot(2)).unwrap();
    left.push((crashed(&folder), (Some(2), vec![3])));
    db.checkpoint().unwrap();
    left.push((crashed(&folder), (Some(2), vec![3])));
    db.append(&entries(4..=5)).unwrap();
    left.push((crashed(&folder), (Some(2), vec![3, 4, 5])));

    for (folder, expected) in left {
        assert_eq!(held(&mut open(folder.path())), expected);
    }
}

#[test]
fn write_torn_anywhere_leaves_whole_commits_in_their_order() {
    let folder = TempDir::new().unwrap();
    let mut db = open(folder.path());
    db.checkpoint().unwrap();
    for commit in 0..4 {
        db.append(&entries(commit * 3 + 1..=commit * 3 + 3))
            .unwrap();
    }
    let wal = fs::read(folder.path().join("live.db-wal")).unwrap();
    let mut seen = Vec::new();

    for length in (0..=wal.len()).step_by(1_024) {
        let left = crashed(&folder);
        fs::write(left.path().join("live.db-wal"), &wal[..length]).unwrap();
        let (_, tail) = held(&mut open(left.path()));
        assert_eq!(tail.len() % 3, 0);
        assert!(tail.iter().copied().eq(1..=tail.len() as u64));
        seen.push(tail.len());
    }

    assert!(seen.is_sorted());
    assert_eq!((seen[0], seen.contains(&6)), (0, true));
}

/// Bytes of a sealed row that nothing else is likely to hold.
const MARK_BYTES: usize = 24;

/// Where the sealed bytes of every row begin, go on and end.
fn marks(db: &LiveDb) -> Vec<Vec<u8>> {
    let sql = "SELECT sealed FROM entry UNION ALL SELECT sealed FROM snapshot \
               UNION ALL SELECT sealed FROM binding";
    let mut statement = db.connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    let sealed: Vec<Vec<u8>> = rows.collect::<Result<_, _>>().unwrap();

    let ends = |bytes: &Vec<u8>| {
        let places = [0, (bytes.len() - MARK_BYTES) / 2, bytes.len() - MARK_BYTES];
        places.map(|at| bytes[at..at + MARK_BYTES].to_vec())
    };
    sealed.iter().flat_map(ends).collect()
}

/// A snapshot that takes several pages.
fn large_snapshot(seq: u64) -> Snapshot {
    let mut snapshot = snapshot(seq);
    let line = dispatch::LineId::parse("free").unwrap();
    let arrived = |quarter| ((records::QuarterHour(quarter), line), 3);
    snapshot.counts.arrived = (1_900_000..1_902_000).map(arrived).collect();
    snapshot
}

#[test]
fn nothing_deleted_is_left_in_any_file() {
    let folder = TempDir::new().unwrap();
    let mut db = open(folder.path());
    db.append(&entries(1..=200)).unwrap();
    db.keep_bindings([("jana", Some(&b"sip:jana@192.0.2.7"[..]))])
        .unwrap();
    db.write_snapshot(&large_snapshot(0)).unwrap();
    let marks = marks(&db);
    assert_eq!(marks.len(), 3 * 202);
    let found = marks.iter().filter(|mark| anywhere(&folder, mark)).count();
    // Where a page ends in the middle of a mark it is not found.
    assert!(found > 590, "{found}");

    db.keep_bindings([("jana", None)]).unwrap();
    db.write_snapshot(&snapshot(200)).unwrap();

    assert!(!marks.iter().any(|mark| anywhere(&folder, mark)));
}

#[test]
fn nothing_is_written_in_the_clear() {
    let folder = TempDir::new().unwrap();
    let mut db = open(folder.path());

    db.keep_bindings([("jana", Some(&b"sip:jana@192.0.2.7"[..]))])
        .unwrap();
    let fact = Fact::Dispatch(dispatch::Fact::Intends {
        operator: dispatch::OperatorId::parse("marked-operator").unwrap(),
        intent: dispatch::Intent::Ready,
        cause: dispatch::IntentCause::Page,
    });
    db.append(&[Entry { fact, ..entry(1) }]).unwrap();

    assert!(!anywhere(&folder, b"192.0.2.7"));
    assert!(!anywhere(&folder, b"marked-operator"));
}

#[test]
fn full_disk_keeps_what_was_written_and_a_snapshot_makes_room() {
    let folder = TempDir::new().unwrap();
    let mut db = open(folder.path());
    db.append(&entries(1..=100)).unwrap();
    db.limit_growth(2);

    let error = db.append(&entries(101..=2_000)).unwrap_err();

    assert!(matches!(error, JournalError::Full { .. }), "{error}");
    assert_eq!(held(&mut db).1.len(), 100);
    db.write_snapshot(&snapshot(2_000)).unwrap();
    db.append(&entries(2_001..=2_010)).unwrap();
    drop(db);
    assert_eq!(
        held(&mut open(folder.path())),
        (Some(2_000), (2_001..=2_010).collect())
    );
}

/// A file whose entry kills the process as soon as its replay has begun.
struct Poisoned {
    db: LiveDb,
    poison: Seq,
}

impl Journal for Poisoned {
    fn load(&mut self) -> Result<Loaded, JournalError> {
        self.db.load()
    }

    fn append(&mut self, entries: &[Entry]) -> Result<(), JournalError> {
        self.db.append(entries)
    }

    fn write_snapshot(&mut self, snapshot: &Snapshot) -> Result<(), JournalError> {
        self.db.write_snapshot(snapshot)
    }

    fn mark_replay(&mut self, seq: Seq, times: u32) -> Result<(), JournalError> {
        self.db.mark_replay(seq, times)?;
        assert_ne!(seq, self.poison, "poison");
        Ok(())
    }

    fn end_replay(&mut self) -> Result<(), JournalError> {
        self.db.end_replay()
    }

    fn skip(&mut self, seq: Seq) -> Result<(), JournalError> {
        self.db.skip(seq)
    }
}

#[test]
fn entry_that_kills_the_process_twice_is_skipped_for_ever() {
    let folder = TempDir::new().unwrap();
    open(folder.path()).append(&entries(1..=5)).unwrap();
    let start = || {
        let mut journal = Poisoned {
            db: open(folder.path()),
            poison: Seq(3),
        };
        catch_unwind(AssertUnwindSafe(|| replay(&mut journal).unwrap()))
    };

    assert!(start().is_err());
    assert!(start().is_err());
    for _ in 0..2 {
        let replayed = start().unwrap();
        assert_eq!(replayed.skipped, [Seq(3)]);
        assert_eq!(replayed.state.seq(), Seq(5));
    }
    assert!(!folder.path().join(REPLAY_MARK).exists());
}

#[test]
fn two_crashes_at_different_entries_skip_none() {
    let folder = TempDir::new().unwrap();
    open(folder.path()).append(&entries(1..=5)).unwrap();
    for poison in [3, 4] {
        let mut journal = Poisoned {
            db: open(folder.path()),
            poison: Seq(poison),
        };
        assert!(catch_unwind(AssertUnwindSafe(|| replay(&mut journal))).is_err());
    }

    let replayed = replay(&mut open(folder.path())).unwrap();

    assert_eq!(replayed.skipped, []);
}

#[test]
fn snapshot_of_a_state_comes_back_whole() {
    let folder = TempDir::new().unwrap();
    let mut db = open(folder.path());
    let mut state = State::default();
    for entry in entries(1..=9) {
        let _ = state.apply(&entry);
    }

    db.write_snapshot(&state.snapshot()).unwrap();

    assert_eq!(db.load().unwrap().snapshot, Some(state.snapshot()));
}

/// A snapshot as format 3 wrote it, and a registration that was kept beside it.
#[test]
fn file_of_the_release_before_is_read() {
    let folder = TempDir::new().unwrap();
    let mut db = open(folder.path());
    let mut old = snapshot(5);
    let line = dispatch::LineId::parse("free").unwrap();
    old.counts.arrive(old.at, line, dispatch::Class::Crisis);
    old.counts.lines.clear();
    // The configuration had no desk, which stands before the rules.
    let (mut dispatcher, mut rules) = (Vec::new(), Vec::new());
    old.dispatcher.put(&mut dispatcher);
    old.dispatcher.config.rules.put(&mut rules);
    let mut places = dispatcher.windows(rules.len());
    let at = places.position(|bytes| bytes == rules).unwrap();
    dispatcher.remove(at - 1);
    let place = tables::snapshot_place("state", 3);
    let sealed = db.seal.seal_padded(
        place,
        |needed| needed,
        |out| {
            old.seq.put(out);
            old.at.put(out);
            // How often the node had been started.
            1_u32.put(out);
            out.extend(dispatcher);
            old.counts.arrived.put(out);
            old.counts.open.put(out);
            old.counts.of_today.put(out);
            // No day was told, no line had anything open, nothing was closed, and no call may still be entered.
            out.extend([0, 0, 0, 0]);
        },
    );
    let sql = "UPDATE snapshot SET format = 3, sealed = ?1";
    db.connection.execute(sql, [sealed]).unwrap();
    db.keep_bindings([("jana", Some(&b"sip:jana@192.0.2.7"[..]))])
        .unwrap();
    drop(db);

    let mut again = open(folder.path());

    old.counts = old.counts.without_today();
    assert_eq!(again.load().unwrap().snapshot, Some(old));
    assert_eq!(again.bindings().unwrap().len(), 1);
}

/// What the files of a journal tell without what is in them: their lengths, the pages that are free,
/// and how often SQLite gave or took one.
#[derive(Debug, PartialEq, Eq)]
struct Outside {
    lengths: [u64; 2],
    free_pages: u32,
    changes: Vec<u8>,
}

fn outside(folder: &TempDir) -> Outside {
    let path = folder.path().join(LIVE_DB);
    let (file, log) = (
        fs::read(&path).unwrap(),
        fs::read(log_beside(&path)).unwrap(),
    );
    Outside {
        lengths: [file.len() as u64, log.len() as u64],
        free_pages: u32::from_be_bytes(*file[36..].first_chunk().unwrap()),
        changes: file[24..28].to_vec(),
    }
}

/// Ten minutes, each with a snapshot at its end, of which these have so many entries.
fn ten_minutes(entries_of: impl Fn(u64) -> u64) -> (Vec<Outside>, TempDir) {
    let folder = TempDir::new().unwrap();
    let mut db = open(folder.path());
    let (mut last, mut seen) = (0, Vec::new());
    db.write_snapshot(&snapshot(0)).unwrap();
    for minute in 0..10 {
        let through = last + entries_of(minute);
        for seq in last + 1..=through {
            db.append(&entries(seq..=seq)).unwrap();
        }
        let before = outside(&folder);
        db.write_snapshot(&snapshot(through)).unwrap();
        let after = outside(&folder);
        assert_eq!(before.lengths, after.lengths);
        seen.push(after);
        last = through;
    }
    drop(db);
    (seen, folder)
}

#[test]
fn lengths_and_free_pages_are_those_of_a_minute_without_entries() {
    let (quiet, _) = ten_minutes(|_| 0);

    let (few, _) = ten_minutes(|minute| 9 * (minute % 2));
    let (many, _) = ten_minutes(|minute| 60 * (minute % 3));

    assert!(
        quiet
            .iter()
            .all(|minute| minute.lengths == quiet[0].lengths)
    );
    assert_eq!(few, quiet);
    assert_eq!(many, quiet);
}

#[test]
fn entries_that_a_snapshot_does_not_cover_stand_first_and_beyond_the_slots_too() {
    let folder = TempDir::new().unwrap();
    let mut db = open(folder.path());
    db.append(&entries(1..=1_000)).unwrap();

    db.write_snapshot(&snapshot(300)).unwrap();
    let many = held(&mut db);
    db.write_snapshot(&snapshot(995)).unwrap();
    db.append(&entries(1_001..=1_002)).unwrap();
    drop(db);

    assert_eq!(many, (Some(300), (301..=1_000).collect()));
    let few = held(&mut open(folder.path()));
    assert_eq!(few, (Some(995), (996..=1_002).collect()));
}

#[test]
fn snapshot_gives_its_room_back_only_where_it_needs_less_than_half() {
    let folder = TempDir::new().unwrap();
    let mut db = open(folder.path());
    let mut with = |quarters: u64| {
        let mut snapshot = snapshot(0);
        let line = dispatch::LineId::parse("free").unwrap();
        let arrived = |quarter| ((records::QuarterHour(quarter), line), 3);
        snapshot.counts.arrived = (1_900_000..1_900_000 + quarters).map(arrived).collect();
        db.write_snapshot(&snapshot).unwrap();
        db.snapshot_bytes / (64 * 1024)
    };

    assert_eq!(
        [0, 20_000, 12_000, 1_000, 0].map(&mut with),
        [1, 3, 3, 1, 1]
    );
}

#[test]
fn times_of_the_files_are_those_of_the_last_snapshot_to_the_minute() {
    let folder = TempDir::new().unwrap();
    let mut db = open(folder.path());
    let path = folder.path().join(LIVE_DB);
    let times = || {
        [path.clone(), log_beside(&path)].map(|file| {
            let told = fs::metadata(file).unwrap();
            (told.modified().unwrap(), told.accessed().unwrap())
        })
    };
    let minute = |seconds| SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds);

    db.files.snapshot_written(minute(60 * 29_000_000 + 17));
    let first = times();
    db.append(&entries(1..=3)).unwrap();
    db.keep_bindings([("jana", Some(&b"x"[..]))]).unwrap();
    db.skip(Seq(2)).unwrap();
    let second = times();
    db.files.snapshot_written(minute(60 * 29_000_001 + 17));
    let third = times();

    let expected = |minutes: u64| [(minute(60 * minutes), minute(60 * minutes)); 2];
    assert_eq!(first, expected(29_000_000));
    assert_eq!(second, first);
    assert_eq!(third, expected(29_000_001));
}
