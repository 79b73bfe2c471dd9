use std::sync::mpsc;

use dispatch::Seq;
use journal::{Fact, Health, Journal as _, Log, LogInput, LogOutput, replay};
use tempfile::TempDir;

use super::*;
use crate::LiveDb;
use crate::live::tests::{entry, open};

/// How long a test waits for a disk before it fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// A log on a real file, in a time that only grows by word.
struct Node {
    log: Log,
    journal: JournalHandle,
    woken: mpsc::Receiver<()>,
    now: Moment,
}

impl Node {
    fn start(db: LiveDb) -> Self {
        let mut journal = NodeJournal::over(db);
        let replayed = replay(&mut journal).unwrap();
        let (wake, woken) = mpsc::channel();
        let now = Moment::from_micros(1_790_000_000_000_000).max(replayed.state.at());
        let journal = JournalHandle::spawn(journal, move || wake.send(()).unwrap_or(())).unwrap();
        Self {
            log: Log::new(replayed, now),
            journal,
            woken,
            now,
        }
    }

    fn append(&mut self, count: usize) {
        for _ in 0..count {
            self.log.append(self.now, Fact::Timeout).unwrap();
        }
    }

    /// Passes on orders and tells the other outputs.
    fn drain(&mut self) -> Vec<LogOutput> {
        let mut told = Vec::new();
        while let Some(output) = self.log.poll_output() {
            if let LogOutput::Order(order) = output {
                self.journal.order(order).unwrap();
            } else {
                told.push(output);
            }
        }
        told
    }

    /// Runs until an output is wanted, whatever is due on the way.
    fn until(&mut self, wanted: impl Fn(&LogOutput) -> bool) -> LogOutput {
        loop {
            if let Some(found) = self.drain().into_iter().find(&wanted) {
                return found;
            }
            self.woken.recv_timeout(PATIENCE).unwrap();
            while let Some(report) = self.journal.poll_report() {
                self.log.handle_input(self.now, LogInput::Reported(report));
            }
        }
    }

    fn until_applied(&mut self, seq: u64) {
        self.until(|output| matches!(output, LogOutput::Applied(entry) if entry.seq == Seq(seq)));
    }
}

#[test]
fn facts_come_back_once_they_are_in_the_file() {
    let folder = TempDir::new().unwrap();
    let mut node = Node::start(open(folder.path()));

    node.append(5_000);
    node.until_applied(5_000);

    let mut db = node.journal.stop(PATIENCE).unwrap();
    assert_eq!(db.load().unwrap().tail.len(), 5_000);
    drop(db);
    let node = Node::start(open(folder.path()));
    assert_eq!(node.log.state().seq(), Seq(5_000));
}

#[test]
fn stopping_node_leaves_a_snapshot_and_no_entries() {
    let folder = TempDir::new().unwrap();
    let mut node = Node::start(open(folder.path()));
    node.append(10);
    node.until_applied(10);

    node.log.handle_input(node.now, LogInput::Stopping);
    node.until(|output| matches!(output, LogOutput::SnapshotWritten(_)));

    let loaded = node.journal.stop(PATIENCE).unwrap().load().unwrap();
    assert_eq!(loaded.snapshot.map(|snapshot| snapshot.seq), Some(Seq(10)));
    assert_eq!(loaded.tail, []);
}

#[test]
fn everything_ordered_is_carried_out_before_the_thread_ends() {
    let folder = TempDir::new().unwrap();
    let mut node = Node::start(open(folder.path()));
    node.append(3_000);
    node.drain();

    let mut db = node.journal.stop(PATIENCE).unwrap();

    assert_eq!(db.load().unwrap().tail.len(), 3_000);
}

#[test]
fn full_disk_fails_towards_the_caller_and_heals_by_a_snapshot() {
    let folder = TempDir::new().unwrap();
    let db = open(folder.path());
    db.limit_growth(8);
    let mut node = Node::start(db);

    let mut appended = 0;
    while node.log.is_healthy() {
        node.append(100);
        appended += 100;
        node.until(|output| matches!(output, LogOutput::Applied(entry) if entry.seq.0 == appended));
    }
    assert_eq!(node.log.state().seq(), Seq(appended));
    node.append(7);
    assert_eq!(node.log.state().seq(), Seq(appended + 7));
    node.now = node.log.poll_timeout().unwrap();
    node.log.handle_input(node.now, LogInput::Timeout);
    node.until(|output| matches!(output, LogOutput::Health(Health::Saved)));
    node.append(1);
    node.until_applied(appended + 8);

    drop(node.journal.stop(PATIENCE));
    let node = Node::start(open(folder.path()));
    assert_eq!(node.log.state().seq(), Seq(appended + 8));
}

#[test]
fn registrations_are_written_by_the_same_thread() {
    let folder = TempDir::new().unwrap();
    let node = Node::start(open(folder.path()));
    let binding = |user: &str| Binding {
        user: user.into(),
        bytes: b"where".into(),
    };
    for user in ["jana", "eva"] {
        node.journal
            .change_binding(BindingChange::Kept(binding(user)))
            .unwrap();
    }
    let user = "eva".into();
    node.journal
        .change_binding(BindingChange::Gone { user })
        .unwrap();

    let mut journal = node.journal.stop(PATIENCE).unwrap();

    assert_eq!(journal.bindings(), [binding("jana")]);
}

#[test]
fn idle_thread_beats() {
    let folder = TempDir::new().unwrap();
    let mut node = Node::start(open(folder.path()));
    let before = node.journal.pulse().beats;

    for seq in 1..=3 {
        node.append(1);
        node.until_applied(seq);
    }

    assert!(node.journal.pulse().beats >= before + 2);
}

#[test]
fn thread_that_is_stuck_in_a_write_says_so() {
    let folder = TempDir::new().unwrap();
    let (stuck, is_stuck) = mpsc::sync_channel(0);
    let (free, is_freed) = mpsc::channel::<()>();
    let report_that_hangs = move || {
        stuck.send(()).unwrap_or(());
        is_freed.recv().unwrap_or(());
    };
    let journal =
        JournalHandle::spawn(NodeJournal::over(open(folder.path())), report_that_hangs).unwrap();

    journal.order(Order::Append(entry(1))).unwrap();
    is_stuck.recv_timeout(PATIENCE).unwrap();
    let stuck = journal.pulse();
    drop(free);
    let db = journal.stop(PATIENCE);

    assert_eq!(stuck.doing, Doing::Writing);
    assert!(db.is_ok());
}

#[test]
fn end_of_a_thread_that_is_stuck_in_a_write_is_not_waited_for() {
    let folder = TempDir::new().unwrap();
    let (stuck, is_stuck) = mpsc::sync_channel(0);
    let (_free, is_freed) = mpsc::channel::<()>();
    let report_that_hangs = move || {
        stuck.send(()).unwrap_or(());
        is_freed.recv().unwrap_or(());
    };
    let journal =
        JournalHandle::spawn(NodeJournal::over(open(folder.path())), report_that_hangs).unwrap();
    journal.order(Order::Append(entry(1))).unwrap();
    is_stuck.recv_timeout(PATIENCE).unwrap();

    let stopped = journal.stop(Duration::ZERO);

    let within = Duration::ZERO;
    assert_eq!(stopped.err(), Some(NotStopped::Stuck { within }));
}
