//! The log joins numbers, state, time and snapshots.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::time::Duration;

use dispatch::{
    Class, Decision, EndCause, Intent, IntentCause, LegId, LineId, Moment, Needs, NodeId,
    OperatorId, Origin, Reachability, Seq, Standing,
};
use journal::{
    Fact, Health, Log, LogInput, LogOutput, MemoryJournal, MemoryWriter, Order, Report,
    SNAPSHOT_EVERY, replay,
};

use common::START;

/// A log whose disk commits at once.
struct Node {
    log: Log,
    writer: MemoryWriter,
    now: Moment,
}

impl Node {
    fn start(mut journal: MemoryJournal, now: Moment) -> Self {
        let log = Log::new(replay(&mut journal).unwrap(), now);
        let writer = MemoryWriter::new(journal, Duration::ZERO);
        Self { log, writer, now }
    }

    fn configured() -> Self {
        let mut node = Self::start(MemoryJournal::default(), START);
        node.append(Fact::Dispatch(dispatch::Fact::Configured(
            std::sync::Arc::new(common::config(0)),
        )));
        node
    }

    /// Appends a fact and tells what came of it.
    fn append(&mut self, fact: Fact) -> Vec<LogOutput> {
        self.log.append(self.now, fact).unwrap();
        self.drain()
    }

    fn arrive(&mut self) -> Vec<LogOutput> {
        self.append(Fact::Dispatch(dispatch::Fact::Arrived {
            origin: Origin::Caller {
                leg: LegId::new(
                    NodeId::ONLY,
                    1,
                    u32::try_from(self.log.state().seq().0).unwrap(),
                ),
                line: LineId::parse("free").unwrap(),
            },
            class: Class::Crisis,
            needs: Needs::from([]),
            standing: Standing::Arrival,
        }))
    }

    /// In which minutes the next three snapshots are written, and what they cover.
    fn next_snapshots(&mut self) -> Vec<(u64, Seq)> {
        let mut written = Vec::new();
        while written.len() < 3 {
            let told = self.time_out();
            let minute = self.now.as_micros() / 60_000_000;
            written.extend(snapshots(&told).into_iter().map(|seq| (minute, seq)));
        }
        written
    }

    fn drain(&mut self) -> Vec<LogOutput> {
        let mut told = Vec::new();
        loop {
            while let Some(output) = self.log.poll_output() {
                match output {
                    LogOutput::Order(order) => self.writer.order(self.now, order),
                    LogOutput::Applied(_)
                    | LogOutput::Rejected(..)
                    | LogOutput::Decided(_)
                    | LogOutput::Health(_)
                    | LogOutput::SnapshotWritten(_) => told.push(output),
                }
            }
            let Some(due) = self.writer.poll_timeout() else {
                return told;
            };
            self.now = self.now.max(due);
            self.writer.handle_timeout(self.now);
            while let Some(report) = self.writer.poll_report() {
                self.log.handle_input(self.now, LogInput::Reported(report));
            }
        }
    }

    fn time_out(&mut self) -> Vec<LogOutput> {
        self.now = self.now.max(self.log.poll_timeout().unwrap());
        self.log.handle_input(self.now, LogInput::Timeout);
        self.drain()
    }

    fn ready(&mut self) {
        let operator = OperatorId::parse("jana").unwrap();
        let reachability = Reachability::Reachable;
        self.append(Fact::Dispatch(dispatch::Fact::Reached {
            operator,
            reachability,
        }));
        self.append(Fact::Dispatch(dispatch::Fact::Intends {
            operator,
            intent: Intent::Ready,
            cause: IntentCause::Page,
        }));
    }
}

fn snapshots(told: &[LogOutput]) -> Vec<Seq> {
    let of = |output: &LogOutput| {
        if let LogOutput::SnapshotWritten(seq) = output {
            Some(*seq)
        } else {
            None
        }
    };
    told.iter().filter_map(of).collect()
}

#[test]
fn decisions_follow_the_entry_that_they_come_of() {
    let mut node = Node::configured();
    node.ready();

    let told = node.arrive();

    assert!(matches!(&told[0], LogOutput::Applied(entry) if entry.seq == Seq(4)));
    let offered = told.iter().any(|output| {
        matches!(output, LogOutput::Decided(Decision::Offer { contact, .. }) if contact.0 == Seq(4))
    });
    assert!(offered, "{told:?}");
}

#[test]
fn number_of_an_arrival_is_known_before_it_is_on_disk() {
    let mut node = Node::configured();

    let seq = node.log.append(node.now, Fact::Timeout).unwrap();

    assert_eq!(seq, Seq(2));
    assert_eq!(node.log.state().seq(), Seq(1));
}

#[test]
fn refused_fact_is_told_and_stays_in_the_log() {
    let mut node = Node::configured();

    let contact = dispatch::ContactId(Seq(99));
    let told = node.append(Fact::Dispatch(dispatch::Fact::Ended {
        contact,
        cause: EndCause::Caller,
    }));

    assert!(matches!(&told[..], [LogOutput::Rejected(entry, _)] if entry.seq == Seq(2)));
}

#[test]
fn what_is_due_is_appended_as_one_timeout() {
    let mut node = Node::configured();
    node.ready();
    node.arrive();
    let due = node.log.state().poll_timeout().unwrap();

    node.now = due;
    node.log.handle_input(due, LogInput::Timeout);
    node.log.handle_input(due, LogInput::Timeout);

    let mut appended = 0;
    while let Some(output) = node.log.poll_output() {
        let LogOutput::Order(Order::Append(entry)) = output else {
            continue;
        };
        assert_eq!((entry.fact, entry.at), (Fact::Timeout, due));
        appended += 1;
    }
    assert_eq!(appended, 1);
}

#[test]
fn timeouts_go_on_until_the_contact_is_over() {
    let mut node = Node::configured();
    node.ready();
    node.arrive();

    let told: Vec<LogOutput> = (0..4).flat_map(|_| node.time_out()).collect();

    assert!(
        told.iter()
            .any(|output| matches!(output, LogOutput::Decided(Decision::Missed { .. })))
    );
}

#[test]
fn snapshot_is_written_each_minute_and_leaves_no_entry() {
    let mut node = Node::configured();
    node.arrive();
    let contact = dispatch::ContactId(node.log.state().seq());

    let over = node.append(Fact::Dispatch(dispatch::Fact::Ended {
        contact,
        cause: EndCause::Caller,
    }));
    let written = node.next_snapshots();

    assert_eq!(snapshots(&over), []);
    let minutes = |n: u64| written[0].0 + n;
    assert_eq!(written, [0, 1, 2].map(|n| (minutes(n), Seq(3))));
    let journal = node.writer.crash(journal::CrashPoint::BeforeCommit);
    assert_eq!(journal.entries().count(), 0);
}

#[test]
fn snapshot_is_written_each_minute_while_contacts_live() {
    let mut node = Node::configured();
    node.arrive();

    let written = node.next_snapshots();

    let minutes: Vec<u64> = written.iter().map(|(minute, _)| *minute).collect();
    assert_eq!(minutes, [0, 1, 2].map(|n| minutes[0] + n));
}

#[test]
fn stopping_node_writes_a_snapshot() {
    let mut node = Node::configured();
    node.arrive();

    node.log.handle_input(node.now, LogInput::Stopping);

    assert_eq!(snapshots(&node.drain()), [Seq(2)]);
}

#[test]
fn replayed_entries_are_covered_by_a_snapshot_at_once() {
    let mut node = Node::configured();
    node.arrive();
    let journal = node.writer.crash(journal::CrashPoint::BeforeCommit);

    let mut node = Node::start(journal, START + SNAPSHOT_EVERY);
    let told = node.time_out();

    assert_eq!(snapshots(&told), [Seq(2)]);
}

#[test]
fn failed_snapshot_is_told_and_the_log_goes_on() {
    let mut node = Node::configured();
    let place = "live.db".into();

    let report = Report::SnapshotFailed(journal::JournalError::Full { place });
    node.log.handle_input(node.now, LogInput::Reported(report));
    let told = node.drain();

    assert!(matches!(
        &told[..],
        [LogOutput::Health(Health::SnapshotFailed(_))]
    ));
    assert!(node.log.is_healthy());
}
