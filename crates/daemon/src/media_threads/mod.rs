//! The media threads: sockets, clock and scheduling around the engines of the crate `media`.
//!
//! Each thread owns an engine, an epoll and its share of the port range; nothing is shared between them but counters.
//! Orders come by a bounded channel and never wait for one another's thread; events go back by another.

mod ports;
mod socket;
mod thread;

use std::io;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;

use ::media::{Event, Order, Sounds, ThreadId};
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use rustix::event::{EventfdFlags, eventfd};
use rustix::fd::OwnedFd;

use self::ports::Ports;
use self::thread::MediaThread;

/// How many orders may wait for a thread.
pub(crate) const ORDERS_IN_FLIGHT_MAX: usize = 8_192;

/// How many threads there may be.
const THREADS_MAX: usize = 64;

/// What the media threads are started with.
pub(crate) struct Config {
    /// Where RTP is received.
    pub(crate) local: Local,
    /// The port range, split evenly between the threads.
    pub(crate) ports: RangeInclusive<u16>,
    /// How many threads; none means one less than there are cores, and at least one.
    pub(crate) threads: Option<usize>,
    /// Where events go. When it is full, events wait in their thread.
    pub(crate) events: Sender<Event>,
    /// Called after events were sent, once for all of them.
    pub(crate) wake: Arc<dyn Fn() + Send + Sync>,
}

/// The local addresses of sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Local {
    /// This one.
    At(IpAddr),
    /// All of both families: each socket serves legs of IPv4 listeners and of IPv6 ones.
    Everywhere,
}

/// An order that its thread had no room for: the leg it is about must be torn down, and shown.
#[derive(Debug, thiserror::Error)]
#[error("the queue of media thread {} is full", thread.0)]
pub(crate) struct QueueFull {
    /// Which thread.
    pub(crate) thread: ThreadId,
    /// The order.
    pub(crate) order: Box<Order>,
}

/// What a thread counts and its owner may read at any time.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Rounds of the thread's loop; rises at least once a second.
    pub(crate) beats: AtomicU64,
    /// RTP datagrams read.
    pub(crate) received: AtomicU64,
    /// RTP datagrams relayed.
    pub(crate) relayed: AtomicU64,
    /// Datagrams sent by itself: sound, digits, reports.
    pub(crate) sent: AtomicU64,
    /// Datagrams that the kernel did not take.
    pub(crate) unsent: AtomicU64,
    /// Events thrown away because nobody took them for too long.
    pub(crate) events_lost: AtomicU64,
}

/// What a thread and its owner share.
struct Shared {
    counters: Counters,
    waker: OwnedFd,
    /// The waker was written and not yet read.
    woken: AtomicBool,
    stopping: AtomicBool,
}

impl Shared {
    fn new() -> io::Result<Self> {
        Ok(Self {
            counters: Counters::default(),
            waker: eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?,
            woken: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
        })
    }

    fn wake(&self) {
        if !self.woken.swap(true, Ordering::AcqRel) {
            // It fails only when the counter is full, and then the thread is being woken already.
            let _ = rustix::io::write(&self.waker, &1_u64.to_ne_bytes());
        }
    }

    /// Forgets that it was woken; to be called before the orders are read.
    fn rest(&self) {
        let _ = rustix::io::read(&self.waker, &mut [0; 8]);
        // A swap, not a store: whoever found it still set has sent its order before, and that order is seen now.
        self.woken.swap(false, Ordering::AcqRel);
    }
}

struct Handle {
    orders: Sender<Order>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// The running media threads. Dropping it stops and joins them.
pub(crate) struct Media {
    threads: Vec<Handle>,
}

impl Media {
    /// Starts the threads `media-0`, `media-1`, … Their first ready ports come as events.
    ///
    /// # Errors
    /// When the kernel refuses a thread or a descriptor, or the range leaves a thread without a pair.
    pub(crate) fn spawn(config: &Config) -> io::Result<Self> {
        let count = config
            .threads
            .unwrap_or_else(|| cores().saturating_sub(1))
            .clamp(1, THREADS_MAX);
        let mut media = Self {
            threads: Vec::with_capacity(count),
        };
        for n in 0..count {
            let (orders, receiver) = bounded(ORDERS_IN_FLIGHT_MAX);
            let shared = Arc::new(Shared::new()?);
            let thread = start(config, n, count, receiver, Arc::clone(&shared))?;
            media.threads.push(Handle {
                orders,
                shared,
                thread: Some(thread),
            });
        }
        Ok(media)
    }

    /// Gives a thread something to do. Never waits.
    ///
    /// # Errors
    /// When the thread has no room, or is gone: the order comes back.
    pub(crate) fn order(&self, thread: ThreadId, order: Order) -> Result<(), QueueFull> {
        let Some(handle) = self.threads.get(usize::from(thread.0)) else {
            let order = Box::new(order);
            return Err(QueueFull { thread, order });
        };
        match handle.orders.try_send(order) {
            Ok(()) => {
                handle.shared.wake();
                Ok(())
            }
            Err(TrySendError::Full(order) | TrySendError::Disconnected(order)) => {
                let order = Box::new(order);
                Err(QueueFull { thread, order })
            }
        }
    }

    /// Gives all threads the sounds.
    ///
    /// # Errors
    /// When a thread has no room.
    pub(crate) fn load(&self, sounds: &Arc<Sounds>) -> Result<(), QueueFull> {
        for n in 0..self.threads.len() {
            self.order(
                thread_id(n),
                Order::Load {
                    sounds: Arc::clone(sounds),
                },
            )?;
        }
        Ok(())
    }

    /// Returns the beats of each thread: they rise at least once a second.
    pub(crate) fn beats(&self) -> impl Iterator<Item = u64> {
        self.counters()
            .map(|counters| counters.beats.load(Ordering::Relaxed))
    }

    /// Returns what each thread counts: the watchdog looks at the beats.
    pub(crate) fn counters(&self) -> impl Iterator<Item = &Counters> {
        self.threads.iter().map(|handle| &handle.shared.counters)
    }
}

impl Drop for Media {
    fn drop(&mut self) {
        for handle in &self.threads {
            handle.shared.stopping.store(true, Ordering::Release);
            handle.shared.wake();
        }
        for handle in &mut self.threads {
            if let Some(thread) = handle.thread.take()
                && thread.join().is_err()
            {
                tracing::error!("a media thread has panicked");
            }
        }
    }
}

fn start(
    config: &Config,
    n: usize,
    count: usize,
    orders: Receiver<Order>,
    shared: Arc<Shared>,
) -> io::Result<JoinHandle<()>> {
    let ports = Ports::new(thread_id(n), config.local, &config.ports, n, count)?;
    let (events, wake) = (config.events.clone(), Arc::clone(&config.wake));
    let thread = MediaThread::new(
        ports,
        orders,
        thread::EventQueue::new(events, wake),
        shared,
        seed()?,
    )?;
    std::thread::Builder::new()
        .name(format!("media-{n}"))
        .spawn(move || {
            thread::settle_on_core(n);
            thread.run();
        })
}

fn thread_id(n: usize) -> ThreadId {
    ThreadId(u8::try_from(n).unwrap_or(u8::MAX))
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn seed() -> io::Result<[u64; 2]> {
    let draw = || getrandom::u64().map_err(io::Error::other);
    Ok([draw()?, draw()?])
}

#[cfg(test)]
mod tests;
