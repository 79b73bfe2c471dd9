mod mailbox;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use dispatch::Moment;
use journal::{ENTRIES_IN_FLIGHT_LIMIT, ENTRIES_PER_COMMIT_MAX, Order, Pacer, Report, Writer};

use mailbox::{Taken, mailbox};

use crate::{Binding, LiveDb};

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
    beats: Arc<AtomicU64>,
    thread: JoinHandle<LiveDb>,
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

impl JournalHandle {
    /// Starts the thread. `wake` is called whenever a report is ready; it must not wait.
    ///
    /// # Errors
    /// The system's, when no thread could be started.
    pub fn spawn(db: LiveDb, wake: impl Fn() + Send + 'static) -> io::Result<Self> {
        let (orders, take_orders) = mailbox(ORDERS_MAX);
        let (bindings, take_bindings) = bounded(BINDINGS_MAX);
        let (give_reports, reports) = bounded(REPORTS_MAX);
        let beats = Arc::new(AtomicU64::new(0));
        let thread = Thread {
            db,
            orders: take_orders,
            bindings: take_bindings,
            unwritten: BTreeMap::new(),
            retry_at: Moment::ZERO,
            beats: Arc::clone(&beats),
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
        let thread = thread::Builder::new()
            .name("journal".into())
            .spawn(move || thread.run(report))?;
        Ok(Self {
            orders,
            bindings,
            reports,
            beats,
            thread,
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

    /// Grows at least every [`BEAT`] while the thread is not stuck in a write.
    #[must_use]
    pub fn beats(&self) -> u64 {
        self.beats.load(Ordering::Relaxed)
    }

    /// Has everything carried out that was ordered, and ends the thread. Nothing comes back when it panicked.
    #[must_use]
    pub fn stop(self) -> Option<LiveDb> {
        let Self {
            orders,
            bindings,
            reports,
            thread,
            ..
        } = self;
        drop((orders, bindings, reports));
        thread.join().ok()
    }
}

/// What runs in the thread.
struct Thread {
    db: LiveDb,
    orders: mailbox::Receiver<Order>,
    bindings: Receiver<BindingChange>,
    /// Changes that could not be written yet, by user.
    unwritten: BTreeMap<String, Option<Vec<u8>>>,
    /// When they are tried next.
    retry_at: Moment,
    beats: Arc<AtomicU64>,
    writer: Writer,
    pacer: Pacer,
    started: Instant,
}

impl Thread {
    fn run(mut self, mut report: impl FnMut(Report)) -> LiveDb {
        loop {
            self.beats.fetch_add(1, Ordering::Relaxed);
            match self.orders.take(BEAT) {
                Taken::One(first) => self.write(first, &mut report),
                Taken::Nothing => {}
                Taken::Closed => {
                    self.write_bindings();
                    return self.db;
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
        self.writer.carry_out(&mut self.db, orders, report);
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
        match self.db.keep_bindings(changes) {
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
