//! A node on a disk that is slow, full, fails or lies, and that crashes at any step: what it is
//! after a start is what its entries make.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::collections::BTreeMap;
use std::time::Duration;

use dispatch::{Moment, Seq};
use journal::{
    CrashPoint, Entry, Fact, Fault, Log, LogInput, LogOutput, MemoryJournal, MemoryWriter, Saved,
    State, replay,
};
use proptest::prelude::*;

const QUICK: Duration = Duration::from_micros(200);

struct Node {
    log: Log,
    writer: MemoryWriter,
    now: Moment,
    /// Every entry that was numbered, as it came out.
    entries: BTreeMap<Seq, Entry>,
    applied: Seq,
    /// The last entry that was applied as saved.
    promised: Seq,
    was_sick: bool,
}

impl Node {
    fn start(mut journal: MemoryJournal, now: Moment, entries: BTreeMap<Seq, Entry>) -> Self {
        let replayed = replay(&mut journal).unwrap();
        let last = replayed.state.seq();
        assert_eq!((&replayed.gaps, &replayed.skipped), (&vec![], &vec![]));
        Self {
            log: Log::new(replayed, now),
            writer: MemoryWriter::new(journal, QUICK),
            now,
            entries,
            applied: last,
            promised: last,
            was_sick: false,
        }
    }

    /// Crashes, starts again, and checks what came back.
    fn crash(self, point: CrashPoint) -> Self {
        let Self {
            writer,
            now,
            mut entries,
            promised,
            was_sick,
            ..
        } = self;
        let journal = writer.crash(point);
        let now = now + Duration::from_secs(2);
        let node = Self::start(journal, now, BTreeMap::new());
        let last = node.log.state().seq();
        assert!(
            last >= promised,
            "{last:?} is before {promised:?}, which was saved"
        );
        entries.retain(|seq, _| *seq <= last);
        assert_eq!(node.log.state().snapshot(), fold(&entries).snapshot());
        Self {
            entries,
            was_sick,
            ..node
        }
    }

    fn append(&mut self, fact: Fact) {
        // New work may be refused.
        let _ = self.log.append(self.now, fact);
        self.settle();
    }

    fn advance(&mut self, by: Duration) {
        let end = self.now + by;
        loop {
            let due = [self.writer.poll_timeout(), self.log.poll_timeout()];
            let Some(next) = due.into_iter().flatten().min().filter(|next| *next <= end) else {
                self.now = end;
                return;
            };
            self.now = self.now.max(next);
            self.writer.handle_timeout(self.now);
            self.log.handle_input(self.now, LogInput::Timeout);
            self.settle();
        }
    }

    fn settle(&mut self) {
        loop {
            while let Some(output) = self.log.poll_output() {
                self.take(output);
            }
            let Some(report) = self.writer.poll_report() else {
                return;
            };
            self.log.handle_input(self.now, LogInput::Reported(report));
        }
    }

    fn take(&mut self, output: LogOutput) {
        match output {
            LogOutput::Order(order) => {
                if let journal::Order::Append(entry) = &order {
                    self.entries.insert(entry.seq, entry.clone());
                }
                self.writer.order(self.now, order);
            }
            LogOutput::Applied(entry) | LogOutput::Rejected(entry, _) => {
                assert_eq!(entry.seq.0, self.applied.0 + 1);
                self.applied = entry.seq;
                match entry.saved {
                    Saved::Saved => self.promised = entry.seq,
                    Saved::Unsaved => self.was_sick = true,
                }
                self.entries.insert(entry.seq, entry);
            }
            LogOutput::Decided(_) | LogOutput::Health(_) | LogOutput::SnapshotWritten(_) => {}
        }
    }

    fn step(&mut self, chance: common::Chance) {
        let (kind, a, _, wait) = chance;
        match kind {
            0..180 => self.append(common::fact(self.log.state(), chance)),
            180..200 => self.writer.set_commit_time(match a % 3 {
                0 => Duration::from_millis(400),
                1 => Duration::from_millis(50),
                _ => QUICK,
            }),
            200..206 => self.writer.set_fault(Some(Fault::Fails)),
            206..212 => self.writer.set_fault(Some(Fault::Full)),
            212..220 => self.writer.set_fault(Some(Fault::FailsButWritten)),
            220..236 => self.writer.set_fault(None),
            236..240 => self.log.handle_input(self.now, LogInput::Stopping),
            240..=255 => {}
        }
        self.settle();
        let by = u64::from(wait);
        self.advance(if kind.is_multiple_of(2) {
            Duration::from_micros(by)
        } else {
            Duration::from_millis(by / 20)
        });
    }
}

fn fold(entries: &BTreeMap<Seq, Entry>) -> State {
    let mut state = State::default();
    for entry in entries.values() {
        let _ = state.apply(entry);
        while state.poll_decision().is_some() {}
    }
    state
}

fn fresh() -> Node {
    let mut node = Node::start(MemoryJournal::default(), common::START, BTreeMap::new());
    node.append(Fact::Dispatch(dispatch::Fact::Configured(
        std::sync::Arc::new(common::config(0)),
    )));
    node
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn start_after_any_crash_gives_the_state_that_the_entries_make(
        chances in common::chances(120)
    ) {
        let mut node = fresh();
        for chance in chances {
            let (kind, _, b, _) = chance;
            if kind >= 248 {
                node = node.crash(if b.is_multiple_of(2) {
                    CrashPoint::BeforeCommit
                } else {
                    CrashPoint::AfterCommit
                });
            }
            node.step(chance);
        }
        node = node.crash(CrashPoint::BeforeCommit);
        node.advance(QUICK);
    }

    #[test]
    fn disk_that_works_again_heals_the_journal_and_loses_nothing(chances in common::chances(120)) {
        let mut node = fresh();
        for chance in chances {
            node.step(chance);
        }
        node.writer.set_fault(None);
        node.writer.set_commit_time(QUICK);
        node.advance(Duration::from_secs(20));
        prop_assert!(node.log.is_healthy());

        let applied = node.applied;
        let node = node.crash(CrashPoint::BeforeCommit);

        prop_assert!(node.log.state().seq() >= applied);
    }
}

#[test]
fn crash_before_the_commit_loses_the_fact_and_crash_after_it_does_not() {
    for (point, expected) in [
        (CrashPoint::BeforeCommit, Seq(1)),
        (CrashPoint::AfterCommit, Seq(2)),
    ] {
        let mut node = fresh();
        node.advance(Duration::from_secs(1));
        node.append(Fact::Timeout);
        assert_eq!(node.applied, Seq(1));

        let node = node.crash(point);

        assert_eq!(node.log.state().seq(), expected);
    }
}

#[test]
fn entries_of_a_stuck_disk_apply_in_order_and_reach_it_by_a_snapshot() {
    let mut node = fresh();
    node.advance(Duration::from_secs(1));
    node.writer.set_commit_time(Duration::from_secs(5));
    node.append(Fact::Timeout);
    node.advance(Duration::from_millis(249));
    assert_eq!(node.applied, Seq(1));

    node.advance(Duration::from_millis(1));
    node.append(Fact::Timeout);

    assert_eq!((node.applied, node.promised), (Seq(3), Seq(1)));
    node.writer.set_commit_time(QUICK);
    node.advance(Duration::from_secs(5));
    assert!(node.log.is_healthy());
    assert_eq!(
        node.crash(CrashPoint::BeforeCommit).log.state().seq(),
        Seq(3)
    );
}

#[test]
fn write_that_failed_and_was_written_is_neither_doubled_nor_reordered() {
    let mut node = fresh();
    node.advance(Duration::from_secs(1));
    node.writer.set_fault(Some(Fault::FailsButWritten));
    node.append(Fact::Timeout);
    node.advance(Duration::from_millis(10));
    assert!(!node.log.is_healthy());

    node.writer.set_fault(None);
    node.append(Fact::Timeout);
    node.advance(Duration::from_secs(2));
    node.append(Fact::Timeout);
    node.advance(Duration::from_millis(10));

    assert!(node.log.is_healthy());
    assert_eq!(node.promised, Seq(4));
    assert_eq!(
        node.crash(CrashPoint::BeforeCommit).log.state().seq(),
        Seq(4)
    );
}
