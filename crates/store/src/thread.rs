mod mailbox;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use dispatch::Moment;
use journal::{ENTRIES_IN_FLIGHT_LIMIT, ENTRIES_PER_COMMIT_MAX, Order, Pacer, Report, Writer};

use mailbox::{Taken, mailbox};

use crate::{Binding, NodeJournal};

/// How many orders may wait for the thread: every entry that may be in flight, and the snapshots between them.
pub const ORDERS_MAX: usize = ENTRIES_IN_FLIGHT_LIMIT + ENTRIES_PER_COMMIT_MAX;
/// How many reports may wait for the signalling thread before the journal thread waits for it.
pub const REPORTS_MAX: usize = 1_024;
/// How many changes of registrations may wait for the thread.
pub const BINDINGS_MAX: usize = 16_384;
/// How long registrations are left alone that could not be written.
pub const BINDINGS_RETRY: Duration = Duration::from_secs(5);
/// The longest time between two beats of a thread that is not stuck in a write.
pub const BEAT: Duration = Duration::from_millis(500);

/// The thread that writes the journal, the only writer of its file.
#[derive(Debug)]
pub struct JournalHandle {
    orders: mailbox::Sender<Order>,
    bindings: Sender<BindingChange>,
    reports: Receiver<Report>,
    signs: Arc<Signs>,
    ended: Receiver<NodeJournal>,
}

/// The thread's signs of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pulse {
    /// Grows at least every [`BEAT`] while the thread is not stuck in a write.
    pub beats: u64,
    /// What the thread is at.
    pub doing: Doing,
}

/// What the thread is at. A thread that is stuck in a write waits for a sick disk: it is not dead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// It waits for orders.
    Waiting,
    /// It is inside a write.
    Writing,
}

/// What the thread leaves for whoever looks whether it lives.
#[derive(Debug, Default)]
struct Signs {
    beats: AtomicU64,
    writing: AtomicBool,
}

/// For as long as it lives, the thread is inside a write; a panic ends it too.
struct Inside(Arc<Signs>);

impl Inside {
    fn a_write(signs: &Arc<Signs>) -> Self {
        signs.writing.store(true, Ordering::Release);
        Self(Arc::clone(signs))
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.writing.store(false, Ordering::Release);
    }
}

/// A change of a registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BindingChange {
    /// It is kept.
    Kept(Binding),
    /// The user's registration is over.
    Gone {
        /// Whose.
        user: String,
    },
}

/// Something the thread did not take: it has ended, or more waits for it than may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the journal thread takes no more: it has ended, or too much waits for it")]
pub struct NotTaken;

/// A journal that does not come back from its thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotStopped {
    /// The disk keeps the thread; it is left to itself.
    #[error("the journal thread does not come back from its disk within {within:?}")]
    Stuck {
        /// How long it was waited for.
        within: Duration,
    },
    /// The thread panicked.
    #[error("the journal thread panicked")]
    Panicked,
}

impl JournalHandle {
    /// Starts the thread. `wake` is called whenever a report is ready; it must not wait.
    ///
    /// # Errors
    /// The system's, when no thread could be started.
    pub fn spawn(journal: NodeJournal, wake: impl Fn() + Send + 'static) -> io::Result<Self> {
        let (orders, take_orders) = mailbox(ORDERS_MAX);
        let (bindings, take_bindings) = bounded(BINDINGS_MAX);
        let (give_reports, reports) = bounded(REPORTS_MAX);
        let (end, ended) = bounded(1);
        let signs = Arc::new(Signs::default());
        let thread = Thread {
            journal,
            orders: take_orders,
            bindings: take_bindings,
            unwritten: BTreeMap::new(),
            retry_at: Moment::ZERO,
            signs: Arc::clone(&signs),
            writer: Writer::default(),
            pacer: Pacer::default(),
            started: Instant::now(),
        };
        let report = move |report| {
            // Nobody listens any more when the node stops.
            if give_reports.send(report).is_ok() {
                wake();
            }
        };
        let run = move || {
            // Whoever did not want to wait any longer lets it be closed here.
            let _late = end.send(thread.run(report));
        };
        thread::Builder::new().name("journal".into()).spawn(run)?;
        Ok(Self {
            orders,
            bindings,
            reports,
            signs,
            ended,
        })
    }

    /// Gives an order. It never waits.
    ///
    /// # Errors
    /// [`NotTaken`] when the thread has ended, or more orders wait than an appender can give.
    pub fn order(&self, order: Order) -> Result<(), NotTaken> {
        self.orders.give(order).map_err(|_| NotTaken)
    }

    /// Has a registration kept or forgotten, within [`BEAT`]. It never waits.
    ///
    /// # Errors
    /// [`NotTaken`] when the thread has ended, or [`BINDINGS_MAX`] changes wait for a sick disk.
    pub fn change_binding(&self, change: BindingChange) -> Result<(), NotTaken> {
        self.bindings.try_send(change).map_err(|_| NotTaken)
    }

    /// What became of orders.
    #[must_use]
    pub fn poll_report(&self) -> Option<Report> {
        self.reports.try_recv().ok()
    }

    /// The thread's signs of life.
    #[must_use]
    pub fn pulse(&self) -> Pulse {
        let doing = if self.signs.writing.load(Ordering::Acquire) {
            Doing::Writing
        } else {
            Doing::Waiting
        };
        Pulse {
            beats: self.signs.beats.load(Ordering::Relaxed),
            doing,
        }
    }

    /// Has everything carried out that was ordered, and ends the thread; waits for that no longer than this.
    ///
    /// # Errors
    /// [`NotStopped`] when the thread panicked, or its disk does not let it end in time.
    pub fn stop(self, within: Duration) -> Result<NodeJournal, NotStopped> {
        let Self {
            orders,
            bindings,
            reports,
            ended,
            ..
        } = self;
        drop((orders, bindings, reports));
        ended.recv_timeout(within).map_err(|error| match error {
            RecvTimeoutError::Timeout => NotStopped::Stuck { within },
            RecvTimeoutError::Disconnected => NotStopped::Panicked,
        })
    }
}

/// What runs in the thread.
struct Thread {
    journal: NodeJournal,
    orders: mailbox::Receiver<Order>,
    bindings: Receiver<BindingChange>,
    /// Changes that could not be written yet, by user.
    unwritten: BTreeMap<String, Option<Vec<u8>>>,
    /// When they are tried next.
    retry_at: Moment,
    signs: Arc<Signs>,
    writer: Writer,
    pacer: Pacer,
    started: Instant,
}

impl Thread {
    fn run(mut self, mut report: impl FnMut(Report)) -> NodeJournal {
        loop {
            self.signs.beats.fetch_add(1, Ordering::Relaxed);
            match self.orders.take(BEAT) {
                Taken::One(first) => self.write(first, &mut report),
                Taken::Nothing => {}
                Taken::Closed => {
                    self.write_bindings();
                    return self.journal;
                }
            }
            self.write_bindings();
        }
    }

    fn write(&mut self, first: Order, report: &mut impl FnMut(Report)) {
        let wait = self.pacer.wait(self.now());
        if !wait.is_zero() {
            // While the thread sleeps orders gather without waking it.
            thread::sleep(wait);
        }
        let orders = std::iter::once(first)
            .chain(self.orders.take_waiting())
            .take(ENTRIES_PER_COMMIT_MAX);
        let _until_written = Inside::a_write(&self.signs);
        self.writer.carry_out(&mut self.journal, orders, report);
        self.pacer.committed(self.now());
    }

    fn write_bindings(&mut self) {
        for change in self.bindings.try_iter().take(BINDINGS_MAX) {
            match change {
                BindingChange::Kept(Binding { user, bytes }) => {
                    self.unwritten.insert(user, Some(bytes));
                }
                BindingChange::Gone { user } => {
                    self.unwritten.insert(user, None);
                }
            }
        }
        if self.unwritten.is_empty() || self.now() < self.retry_at {
            return;
        }
        let changes = self.unwritten.iter();
        let changes = changes.map(|(user, bytes)| (user.as_str(), bytes.as_deref()));
        let _until_written = Inside::a_write(&self.signs);
        match self.journal.keep_bindings(changes) {
            Ok(()) => self.unwritten.clear(),
            Err(error) => {
                tracing::warn!(%error, "registrations could not be kept");
                self.retry_at = self.now() + BINDINGS_RETRY;
            }
        }
    }

    fn now(&self) -> Moment {
        Moment::ZERO + self.started.elapsed()
    }
}

#[cfg(test)]
mod tests;
