//! How orders become commits.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::time::Duration;

use dispatch::Seq;
use journal::{
    COMMIT_GAP, ENTRIES_PER_COMMIT_MAX, Entry, Fact, Fault, MemoryJournal, Order, Pacer, Report,
    Saved, Snapshot, Writer,
};

fn append(seq: u64) -> Order {
    Order::Append(Entry {
        seq: Seq(seq),
        at: common::START,
        fact: Fact::Timeout,
        saved: Saved::Saved,
    })
}

fn snapshot(seq: u64) -> Order {
    Order::Snapshot(Box::new(Snapshot {
        seq: Seq(seq),
        ..Snapshot::default()
    }))
}

/// What was reported, one word each.
fn reports(
    writer: &mut Writer,
    journal: &mut MemoryJournal,
    orders: impl IntoIterator<Item = Order>,
) -> String {
    let mut words = Vec::new();
    writer.carry_out(journal, orders, |report| {
        words.push(match report {
            Report::Committed { through } => format!("+{}", through.0),
            Report::SnapshotWritten { through } => format!("s{}", through.0),
            Report::CommitFailed(_) => "failed".into(),
            Report::SnapshotFailed(_) => "snapshot-failed".into(),
        });
    });
    words.join(" ")
}

fn seqs(journal: &MemoryJournal) -> Vec<u64> {
    journal.entries().map(|entry| entry.seq.0).collect()
}

#[test]
fn all_that_waits_is_committed_once() {
    let (mut writer, mut journal) = Default::default();

    let told = reports(&mut writer, &mut journal, (1..=5).map(append));

    assert_eq!(told, "+5");
}

#[test]
fn commit_takes_at_most_2048_entries() {
    let (mut writer, mut journal) = Default::default();
    let count = u64::try_from(ENTRIES_PER_COMMIT_MAX).unwrap();

    let told = reports(&mut writer, &mut journal, (1..=count + 1).map(append));

    assert_eq!(told, "+2048 +2049");
}

#[test]
fn snapshot_between_entries_is_written_between_them() {
    let (mut writer, mut journal) = Default::default();
    let orders = [append(1), append(2), snapshot(1), append(3)];

    let told = reports(&mut writer, &mut journal, orders);

    assert_eq!(told, "+2 s1 +3");
    assert_eq!(seqs(&journal), [2, 3]);
}

#[test]
fn after_a_failed_commit_nothing_is_appended_until_a_snapshot_covers_the_loss() {
    let (mut writer, mut journal): (Writer, MemoryJournal) = Default::default();
    journal.set_fault(Some(Fault::Full));
    let failed = reports(&mut writer, &mut journal, [append(1), append(2)]);
    journal.set_fault(None);

    let after = reports(
        &mut writer,
        &mut journal,
        [append(3), snapshot(0), append(4), snapshot(4), append(5)],
    );

    assert_eq!((failed.as_str(), after.as_str()), ("failed", "s0 s4 +5"));
    assert_eq!(seqs(&journal), [5]);
}

#[test]
fn pacer_lets_a_rested_writer_commit_at_once_and_a_busy_one_once_a_millisecond() {
    let mut pacer = Pacer::default();
    let now = common::START;
    assert_eq!(pacer.wait(now), Duration::ZERO);

    pacer.committed(now);

    assert_eq!(pacer.wait(now), COMMIT_GAP);
    assert_eq!(pacer.wait(now + COMMIT_GAP / 2), COMMIT_GAP / 2);
    assert_eq!(pacer.wait(now + COMMIT_GAP), Duration::ZERO);
}
