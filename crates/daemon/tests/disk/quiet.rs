//! Whoever looks at the journal's files from outside, or polls them all day, learns neither when anybody called nor how many did.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use dispatch::LineId;
use journal::{Journal as _, TailEntry};
use records::{Calls, OpenLine, Tally};
use serde_json::json;
use store::{CHANCE_BYTES, LiveDb};

use super::peers::eventually;
use super::peers::linka::Site;
use super::peers::people::people;
use super::peers::wire::{Caller, WirePhone, callers_hang_up};
use super::{Duration, SETTLES, SOON};

/// The steps of a day, with a snapshot at the end of each.
const STEPS: usize = 12;
/// A write and its flush are over.
const AT_ONCE: Duration = Duration::from_secs(2);
const STEP: Duration = Duration::from_secs(2 * 3_600);
/// Bytes of SQLite's header of a file: how long it is, which pages are free, and how often one was given or taken.
const HEADER_BYTES: usize = 100;
/// Bytes of SQLite's header of a log of writes; zero while nothing is in it.
const LOG_HEADER_BYTES: usize = 32;

/// What the files tell to whoever cannot open what is in them.
#[derive(Debug, PartialEq, Eq)]
struct Outside {
    lengths: [u64; 2],
    blocks: [u64; 2],
    header: Vec<u8>,
}

fn files(site: &Site) -> [PathBuf; 2] {
    ["live.db", "live.db-wal"].map(|name| site.data().join(name))
}

fn beginning(file: &PathBuf, bytes: usize) -> Vec<u8> {
    let mut beginning = vec![0; bytes];
    let read = File::open(file).unwrap().read(&mut beginning).unwrap();
    beginning.truncate(read);
    beginning
}

fn outside(site: &Site) -> Outside {
    let files = files(site);
    let told = [&files[0], &files[1]].map(|file| fs::metadata(file).unwrap());
    Outside {
        lengths: [told[0].len(), told[1].len()],
        blocks: [told[0].blocks(), told[1].blocks()],
        header: beginning(&files[0], HEADER_BYTES),
    }
}

/// Both files are dated to a whole minute, but for the moment in which they are being written. (Their
/// times of reading are those of this test's own reading.)
#[track_caller]
fn are_dated_to_the_minute(site: &Site) {
    eventually("the files are dated to the minute", AT_ONCE, || {
        let is_dated = |file: PathBuf| {
            let told = fs::metadata(file).unwrap();
            (told.mtime() % 60, told.mtime_nsec()) == (0, 0)
        };
        files(site).into_iter().all(is_dated).then_some(())
    });
}

/// Waits for the snapshot after this one.
#[track_caller]
fn is_written_anew(site: &Site, before: &[u8]) {
    let [file, log] = files(site);
    eventually("a snapshot is written", SOON, || {
        let is_anew = fs::read(&file).unwrap() != before;
        let is_blank = beginning(&log, LOG_HEADER_BYTES) == [0; LOG_HEADER_BYTES];
        (is_anew && is_blank).then_some(())
    });
}

/// What the files tell at each step of a day on which so many call in each.
fn day(calls: impl Fn(usize) -> usize) -> Vec<Outside> {
    let site = Site::new();
    // Each is answered at once.
    site.change(
        "lines.toml",
        "ring_time_seconds = 6",
        "ring_time_seconds = 0",
    );
    let linka = site.start();
    let mut seen = Vec::new();
    for step in 0..STEPS {
        if step > 0 {
            callers_hang_up(&site, &linka, calls(step));
            // They have just hung up.
            are_dated_to_the_minute(&site);
            assert_eq!(Some(&outside(&site)), seen.last(), "step {step}");
        }
        let before = fs::read(&files(&site)[0]).unwrap();
        linka.advance(STEP);
        is_written_anew(&site, &before);
        are_dated_to_the_minute(&site);
        seen.push(outside(&site));
    }
    seen
}

#[test]
fn day_of_few_calls_looks_from_outside_like_one_without_any() {
    let nobody = day(|_| 0);
    let five = day(|step| usize::from(step % 2 == 1));
    let ten = day(|step| if step % 3 == 1 { 3 } else { 0 });

    assert_eq!(five, nobody);
    assert_eq!(ten, nobody);
}

/// What whoever has the key finds of calls that ended in this way, one after the other: the open
/// month of the line, once all contents have settled.
fn with_the_key(outcomes: [&str; 3]) -> BTreeMap<LineId, OpenLine> {
    let site = Site::new();
    site.change(
        "lines.toml",
        "ring_time_seconds = 6",
        "ring_time_seconds = 0",
    );
    site.change("queues.toml", "wrap_up_seconds = 60", "wrap_up_seconds = 1");
    site.operator("jana", "");
    let linka = site.start();
    let (_, people) = people(&site, &[("jana", "operator")]);
    let client = people[1].signed_in(&site);
    let _jana = WirePhone::dials("*40", "jana", &site);
    for (at, outcome) in outcomes.into_iter().enumerate() {
        let mut caller = Caller::calls(&site, "<sip:+420777000001@127.0.0.2>", "");
        caller.is_answered(SOON);
        linka.wait_for("she talks", SOON, |status| {
            (status["contacts"][0]["state"] == "talking").then_some(())
        });
        assert_eq!(caller.hangs_up(), 200);
        let call = eventually("her call is to be entered", SOON, || {
            let finished = client.done("GET", "/me/finished", None);
            let finished = finished.as_array()?;
            (finished.len() == at + 1).then(|| finished[0].as_str().unwrap().to_owned())
        });
        let content = json!({"fields": {"outcome": outcome}});
        client.done("PUT", &format!("/contacts/{call}/content"), Some(content));
    }
    let [file, _] = files(&site);
    let before = fs::read(&file).unwrap();
    linka.advance(SETTLES);
    eventually("a snapshot is written", SOON, || {
        (fs::read(&file).unwrap() != before).then_some(())
    });
    linka.kill();

    let copy = tempfile::tempdir().unwrap();
    for file in files(&site) {
        fs::copy(&file, copy.path().join(file.file_name().unwrap())).unwrap();
    }
    let key = fs::read(site.keys().join("journal.key")).unwrap();
    let mut live = LiveDb::open(copy.path(), &key.try_into().unwrap(), [1; CHANCE_BYTES]).unwrap();
    let loaded = live.load().unwrap();
    let counts = loaded.snapshot.unwrap().counts;
    let of_a_contact = |tail: &TailEntry| format!("{:?}", tail.entry.fact).contains("contact");
    assert!(!loaded.tail.iter().any(of_a_contact), "{:?}", loaded.tail);
    assert_eq!(counts.calls, Calls::default(), "a content has a contact");
    let mut lines = counts.lines;
    for line in lines.values_mut() {
        // How long they waited and talked is another in each run.
        line.running = Tally {
            answered_wait: Duration::ZERO,
            talk: Duration::ZERO,
            ..line.running
        };
    }
    lines
}

#[test]
fn whoever_has_the_key_finds_no_order_in_what_settled() {
    let one = with_the_key(["advised", "referred", "bed_found"]);
    let other = with_the_key(["bed_found", "advised", "referred"]);

    assert_eq!(one, other);
    let contents: Vec<u64> = one.values().map(|line| line.contents.len()).collect();
    assert_eq!(contents, [3]);
}
