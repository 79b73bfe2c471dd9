//! A start: the snapshot, the entries after it, and the entry that kills whoever replays it.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use dispatch::Seq;
use journal::{Entry, Fact, Fate, Journal as _, MemoryJournal, Saved, State, replay};

fn journal_with(entries: &[Entry]) -> MemoryJournal {
    let mut journal = MemoryJournal::default();
    journal.append(entries).unwrap();
    journal
}

fn timeouts(seqs: impl IntoIterator<Item = u64>) -> Vec<Entry> {
    let entry = |seq| Entry {
        seq: Seq(seq),
        at: common::START,
        fact: Fact::Timeout,
        saved: Saved::Saved,
    };
    seqs.into_iter().map(entry).collect()
}

#[test]
fn empty_journal_gives_an_empty_state() {
    let replayed = replay(&mut MemoryJournal::default()).unwrap();

    assert_eq!(replayed.state.seq(), Seq(0));
    assert_eq!(replayed.state.snapshot(), State::default().snapshot());
}

#[test]
fn decisions_of_a_replay_are_not_executed() {
    let chances = [(12, 0, 2, 10), (3, 0, 0, 10), (5, 0, 0, 10)];
    let entries = common::entries(&chances);
    let mut live = State::default();
    let mut decided = 0;
    for entry in &entries {
        live.apply(entry).unwrap();
        decided += std::iter::from_fn(|| live.poll_decision()).count();
    }

    let mut replayed = replay(&mut journal_with(&entries)).unwrap();

    assert!(decided > 0);
    assert_eq!(replayed.state.poll_decision(), None);
    assert_eq!(replayed.state.snapshot(), live.snapshot());
}

#[test]
fn entry_that_was_begun_twice_and_never_ended_is_skipped_and_told() {
    let mut journal = journal_with(&timeouts(1..=3));
    journal.mark_replay(Seq(2), 2).unwrap();

    let first = replay(&mut journal).unwrap();
    let second = replay(&mut journal).unwrap();

    assert_eq!(
        (&first.skipped, &second.skipped),
        (&vec![Seq(2)], &vec![Seq(2)])
    );
    assert_eq!(first.state.seq(), Seq(3));
    let fates = journal.load().unwrap().tail;
    assert_eq!(
        fates
            .iter()
            .filter(|tail| tail.fate == Fate::Skipped)
            .count(),
        1
    );
}

#[test]
fn entry_that_was_begun_once_is_tried_again() {
    let mut journal = journal_with(&timeouts(1..=3));
    journal.mark_replay(Seq(2), 1).unwrap();

    let replayed = replay(&mut journal).unwrap();

    assert_eq!(replayed.skipped, []);
    assert_eq!(journal.load().unwrap().crash, None);
}

#[test]
fn skipped_last_entry_keeps_its_number() {
    let mut journal = journal_with(&timeouts(1..=3));
    journal.skip(Seq(3)).unwrap();

    let replayed = replay(&mut journal).unwrap();

    assert_eq!(replayed.state.seq(), Seq(3));
}

#[test]
fn missing_entry_is_told_and_the_rest_applied() {
    let replayed = replay(&mut journal_with(&timeouts([1, 2, 5]))).unwrap();

    assert_eq!(replayed.gaps, [Seq(2)]);
    assert_eq!(replayed.state.seq(), Seq(5));
}

#[test]
fn refused_fact_is_refused_again() {
    let mut entries = common::entries(&[]);
    let unknown = dispatch::ContactId(Seq(77));
    entries.push(Entry {
        seq: Seq(2),
        at: common::START,
        fact: Fact::Dispatch(dispatch::Fact::Ended {
            contact: unknown,
            cause: dispatch::EndCause::Caller,
        }),
        saved: Saved::Saved,
    });

    let replayed = replay(&mut journal_with(&entries)).unwrap();

    assert_eq!(replayed.rejected, 1);
    assert_eq!(replayed.state.seq(), Seq(2));
}
