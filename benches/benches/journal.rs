//! What the journal's file costs the thread that writes it: commits, the snapshot of each minute and
//! of a centre of ten thousand contacts, and what a start reads.
//!
//! CPU time, user and system: a flush waits for the disk beyond it.
#![allow(missing_docs, reason = "criterion makes functions without docs")]
#![allow(clippy::unwrap_used, reason = "a bench fails by panicking")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use benches::cpu;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use dispatch::{
    Class, Config, Key, LegId, Line, LineId, Moment, Needs, NodeId, Origin, Queue, QueueId, Rules,
    Seq, Standing, Strategy,
};
use journal::{Entry, Fact, Journal as _, SNAPSHOT_ENTRIES, Saved, State};
use store::{CHANCE_BYTES, KEY_BYTES, LiveDb};

const KEY: [u8; KEY_BYTES] = [7; KEY_BYTES];
/// 2026-11-30T00:00:00Z.
const START: Moment = Moment::from_micros(1_795_996_800_000_000);
const CONTACTS: u32 = 10_000;

fn key(text: &str) -> Key {
    Key::parse(text).unwrap()
}

fn configuration() -> Fact {
    Fact::Dispatch(dispatch::Fact::Configured(Arc::new(Config {
        lines: vec![Line {
            id: LineId(key("help")),
            queue: QueueId(key("help")),
            needs: Needs::from([]),
            choices: Vec::new(),
        }],
        queues: vec![Queue {
            id: QueueId(key("help")),
            strategy: Strategy::LongestIdle,
            ring_time: Duration::from_secs(20),
            wrap_up: Duration::from_secs(60),
            wrap_up_hard: Duration::from_secs(120),
            reserves: Vec::new(),
            relaxations: Vec::new(),
            timelines: Vec::new(),
        }],
        operators: Vec::new(),
        partners: Vec::new(),
        desk: None,
        rules: Rules::default(),
    })))
}

fn arrival(n: u32) -> Fact {
    Fact::Dispatch(dispatch::Fact::Arrived {
        origin: Origin::Caller {
            leg: LegId::new(NodeId::ONLY, 1, n),
            line: LineId(key("help")),
        },
        class: Class::Crisis,
        needs: Needs::from([]),
        standing: Standing::Arrival,
    })
}

/// A node's journal in a folder of its own, and what its entries make.
struct Node {
    _folder: tempfile::TempDir,
    file: LiveDb,
    state: State,
}

impl Node {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = LiveDb::open(folder.path(), &KEY, [3; CHANCE_BYTES]).unwrap();
        let mut node = Self {
            _folder: folder,
            file,
            state: State::default(),
        };
        node.applies(configuration());
        node
    }

    fn with_contacts(contacts: u32) -> Self {
        let mut node = Self::new();
        (0..contacts).for_each(|n| node.applies(arrival(n)));
        node
    }

    fn entry(&self, after: u64, fact: Fact) -> Entry {
        let seq = Seq(self.state.seq().0 + after);
        Entry {
            seq,
            at: START + Duration::from_millis(seq.0),
            fact,
            saved: Saved::Saved,
        }
    }

    fn applies(&mut self, fact: Fact) {
        let entry = self.entry(1, fact);
        self.state.apply(&entry).unwrap();
        while self.state.poll_decision().is_some() {}
    }

    /// Appends entries that change nothing, and tells the CPU time of it.
    fn appends(&mut self, entries: u64) -> Duration {
        let entries: Vec<Entry> = (1..=entries)
            .map(|n| self.entry(n, Fact::Timeout))
            .collect();
        let began = cpu();
        self.file.append(&entries).unwrap();
        let spent = cpu() - began;
        for entry in &entries {
            self.state.pass(entry);
        }
        spent
    }

    fn snapshot(&mut self) -> Duration {
        let began = cpu();
        let snapshot = self.state.snapshot();
        self.file.write_snapshot(&snapshot).unwrap();
        cpu() - began
    }
}

fn measure(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    mut round: impl FnMut() -> Duration,
) {
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|rounds| (0..rounds).map(|_| round()).sum());
    });
}

fn commits(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("journal commit");
    for entries in [1, 4, 64] {
        let mut node = Node::new();
        let mut since = 0;
        measure(&mut group, &format!("entries: {entries}"), || {
            // As many as the slots hold between two snapshots of a quiet line.
            if since >= 100 {
                node.snapshot();
                since = 0;
            }
            since += entries;
            node.appends(entries)
        });
    }
    group.finish();
}

fn snapshots(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("journal snapshot");
    group.sample_size(10);
    let mut quiet = Node::new();
    measure(&mut group, "nothing happened", || quiet.snapshot());
    let mut full = Node::with_contacts(CONTACTS);
    measure(&mut group, "10,000 contacts", || full.snapshot());
    for entries in [SNAPSHOT_ENTRIES, 5 * SNAPSHOT_ENTRIES] {
        measure(
            &mut group,
            &format!("10,000 contacts, {entries} entries"),
            || {
                full.appends(entries);
                full.snapshot()
            },
        );
    }
    group.finish();
}

fn starts(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("journal start");
    group.sample_size(10);
    let mut node = Node::with_contacts(CONTACTS);
    node.snapshot();
    node.appends(SNAPSHOT_ENTRIES);
    let name = format!("10,000 contacts, {SNAPSHOT_ENTRIES} entries");
    measure(&mut group, &name, || {
        let began = cpu();
        black_box(node.file.load().unwrap());
        cpu() - began
    });
    group.finish();
}

criterion_group!(benches, commits, snapshots, starts);
criterion_main!(benches);
