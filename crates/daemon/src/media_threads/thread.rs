//! The loop of a media thread.

use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use ::media::{
    Channel, DATAGRAM_MAX, Engine, Event, Input, InputError, Order, Output, PortId, StreamId,
};
use crossbeam_channel::{Receiver, Sender, TrySendError};
use rustix::event::{Timespec, epoll};
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::thread::nanosleep;

use super::Shared;
use super::ports::Ports;
use super::socket::{self, Read};

/// How many ready sockets one call to the kernel returns.
const READY_MAX: usize = 1_024;

/// How many such calls one round makes while each is full, so that sound is not late.
const CALLS_IN_A_ROUND: usize = 4;

/// How long the thread sleeps at most, so that its beat is heard.
const SLEEP_MAX: Duration = Duration::from_millis(500);

/// How many orders one round obeys, so that sound is not late.
const ORDERS_IN_A_ROUND: usize = 256;

/// How many events wait in a thread when nobody takes them.
const EVENTS_WAITING_MAX: usize = 65_536;

/// The least time from one round to the next: under load a round serves many packets, and a call to the kernel that
/// finds one packet costs as much as one that finds fifty. No packet waits longer for it than this.
const ROUND_MIN: Duration = Duration::from_millis(1);

/// How far a media thread steps back behind signalling and journal, from wherever the process
/// stands: one step, since it still goes before the rest.
const NICENESS: i32 = 1;

const WAKER: u64 = u64::MAX;

/// Whether the owner of an event is woken for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Haste {
    /// At the end of this round.
    Now,
    /// It finds the event when it is awake for something else, at least twice a second: a wake costs more than what
    /// there is to do.
    NextTurn,
}

impl Haste {
    fn of(event: &Event) -> Self {
        match event {
            Event::Heard { .. }
            | Event::LastHeard { .. }
            | Event::Digit { .. }
            | Event::Finished { .. }
            | Event::DigitsSent { .. }
            | Event::Refused { .. }
            | Event::PortReady(_) => Self::Now,
            Event::Closed { .. } => Self::NextTurn,
        }
    }
}

/// Events on their way to their owner.
pub(super) struct EventQueue {
    events: Sender<Event>,
    wake: Arc<dyn Fn() + Send + Sync>,
    waiting: VecDeque<Event>,
    haste: Haste,
    lost: u64,
}

impl EventQueue {
    pub(super) fn new(events: Sender<Event>, wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        Self {
            events,
            wake,
            waiting: VecDeque::new(),
            haste: Haste::NextTurn,
            lost: 0,
        }
    }

    fn push(&mut self, event: Event) {
        let haste = Haste::of(&event);
        self.push_with(event, haste);
    }

    fn push_with(&mut self, event: Event, haste: Haste) {
        if haste == Haste::Now {
            self.haste = Haste::Now;
        }
        if self.waiting.len() < EVENTS_WAITING_MAX {
            self.waiting.push_back(event);
        } else {
            self.lost += 1;
        }
    }

    /// Sends what waits, as far as there is room, and wakes the owner once if something is urgent.
    fn flush(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        while let Some(event) = self.waiting.pop_front() {
            match self.events.try_send(event) {
                Ok(()) => {}
                Err(TrySendError::Full(event)) => {
                    self.waiting.push_front(event);
                    self.haste = Haste::Now;
                    break;
                }
                Err(TrySendError::Disconnected(_)) => {}
            }
        }
        if std::mem::replace(&mut self.haste, Haste::NextTurn) == Haste::Now {
            (self.wake)();
        }
    }
}

/// Counters of this thread alone; published once a round.
#[derive(Default)]
struct Tally {
    received: u64,
    relayed: u64,
    sent: u64,
    unsent: u64,
}

/// Everything that a media thread owns.
pub(super) struct MediaThread {
    engine: Engine,
    ports: Ports,
    epoll: OwnedFd,
    orders: Receiver<Order>,
    events: EventQueue,
    shared: Arc<Shared>,
    tally: Tally,
    /// When the last round began.
    round: Instant,
    buffer: Box<[u8; DATAGRAM_MAX]>,
}

impl MediaThread {
    pub(super) fn new(
        ports: Ports,
        orders: Receiver<Order>,
        events: EventQueue,
        shared: Arc<Shared>,
        seed: [u64; 2],
    ) -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        epoll::add(
            &epoll,
            &shared.waker,
            epoll::EventData::new_u64(WAKER),
            epoll::EventFlags::IN,
        )?;
        let round = Instant::now();
        let engine = Engine::new(round, seed);
        let (tally, buffer) = (Tally::default(), Box::new([0; DATAGRAM_MAX]));
        Ok(Self {
            engine,
            ports,
            epoll,
            orders,
            events,
            shared,
            tally,
            round,
            buffer,
        })
    }

    /// Works until it is told to stop.
    pub(super) fn run(mut self) {
        let mut ready = Vec::with_capacity(READY_MAX);
        while !self.shared.stopping.load(Ordering::Acquire) {
            let wait = self.pace();
            let now = self.serve_ready(wait, &mut ready);
            self.obey(now);
            self.tick(now);
            self.apply_outputs(now);
            self.tend_ports(now);
            self.events.flush();
            self.publish();
        }
    }

    /// Sleeps off what the last round left of its time, and returns how long the sockets may be waited for.
    fn pace(&mut self) -> Duration {
        let mut now = Instant::now();
        let due = [self.engine.poll_timeout(), self.ports.poll_timeout(now)];
        let due = due.into_iter().flatten().min();
        let paced = self.round + ROUND_MIN;
        let next = due.map_or(paced, |due| due.min(paced));
        if now < next {
            // Interrupted or not, the round that follows is right.
            let _ = nanosleep(&timespec(next - now));
            now = Instant::now();
        }
        if !self.orders.is_empty() {
            return Duration::ZERO;
        }
        due.map_or(SLEEP_MAX, |due| {
            due.saturating_duration_since(now).min(SLEEP_MAX)
        })
    }

    /// Waits for sockets, begins a round, and serves them.
    fn serve_ready(&mut self, wait: Duration, ready: &mut Vec<epoll::Event>) -> Instant {
        let mut found = self.ask(wait, ready);
        let now = Instant::now();
        self.round = now;
        for _ in 0..CALLS_IN_A_ROUND {
            for event in ready.drain(..) {
                self.serve(now, event.data.u64());
            }
            if found < READY_MAX {
                break;
            }
            found = self.ask(Duration::ZERO, ready);
        }
        // What a last call found is found again: the sockets are still ready.
        ready.clear();
        now
    }

    fn ask(&self, wait: Duration, ready: &mut Vec<epoll::Event>) -> usize {
        let room = rustix::buffer::spare_capacity(ready);
        match epoll::wait(&self.epoll, room, Some(&timespec(wait))) {
            Ok(found) => found,
            Err(Errno::INTR) => 0,
            Err(error) => {
                tracing::error!(%error, "a media thread cannot wait for its sockets");
                0
            }
        }
    }

    /// Reads one datagram of a ready socket. What else waits there is served in the next round, so that a flood on one
    /// port delays no other.
    fn serve(&mut self, now: Instant, token: u64) {
        let Some((port, channel)) = port_of(token) else {
            return;
        };
        let Some(pair) = self.ports.find(port) else {
            return;
        };
        match channel {
            Channel::Rtp => {
                if let Read::Datagram(length, from) = socket::read(&pair.rtp, &mut self.buffer[..])
                {
                    self.tally.received += 1;
                    self.relay(now, port, from, length);
                }
            }
            Channel::Rtcp => {
                if let Read::Datagram(length, from) = socket::read(&pair.rtcp, &mut self.buffer[..])
                {
                    self.engine
                        .control_packet(now, port, from, &self.buffer[..length]);
                }
            }
        }
    }

    fn relay(&mut self, now: Instant, port: PortId, from: std::net::SocketAddr, length: usize) {
        let datagram = &mut self.buffer[..length];
        let Some(forward) = self.engine.packet(now, port, from, datagram) else {
            return;
        };
        let Some(pair) = self.ports.find(forward.port) else {
            return;
        };
        match pair.send_rtp(forward.to, &datagram[forward.bytes]) {
            Ok(_) => self.tally.relayed += 1,
            Err(_) => self.tally.unsent += 1,
        }
    }

    fn obey(&mut self, now: Instant) {
        if self.shared.woken.load(Ordering::Acquire) {
            self.shared.rest();
        }
        for _ in 0..ORDERS_IN_A_ROUND {
            let Ok(order) = self.orders.try_recv() else {
                break;
            };
            let stream = stream_of(&order);
            if let Err(error) = self.engine.handle_input(now, Input::Order(order)) {
                self.events.push(Event::Refused { stream, error });
            }
            self.transmit(now);
            self.apply_outputs(now);
        }
    }

    fn tick(&mut self, now: Instant) {
        if self.engine.poll_timeout().is_some_and(|due| due <= now) {
            // A timeout is always applied.
            let _: Result<(), InputError> = self.engine.handle_input(now, Input::Timeout);
            self.transmit(now);
        }
    }

    fn transmit(&mut self, now: Instant) {
        while let Some(transmit) = self.engine.transmit(now, &mut self.buffer) {
            let Some(pair) = self.ports.find(transmit.port) else {
                continue;
            };
            let datagram = &self.buffer[..transmit.length];
            let sent = match transmit.channel {
                Channel::Rtp => pair.send_rtp(transmit.to, datagram),
                Channel::Rtcp => pair.send_rtcp(transmit.to, datagram),
            };
            match sent {
                Ok(_) => self.tally.sent += 1,
                Err(_) => self.tally.unsent += 1,
            }
        }
    }

    fn apply_outputs(&mut self, now: Instant) {
        while let Some(output) = self.engine.poll_output() {
            match output {
                Output::Watch { port, at } => self.watch(port, at),
                Output::Connect { port, to } => {
                    if let Some(Err(error)) = self.ports.find(port).map(|pair| pair.connect(to)) {
                        // It stays unconnected, and the engine goes on judging every source.
                        tracing::debug!(%error, "an RTP socket cannot be connected");
                    }
                }
                Output::Disconnect { port } => {
                    if let Some(Err(error)) = self.ports.find(port).map(|pair| pair.disconnect()) {
                        tracing::warn!(%error, "an RTP socket cannot be disconnected");
                    }
                }
                Output::Free { port } => {
                    self.unwatch(port);
                    self.ports.free(now, port);
                }
                Output::Event(event) => self.events.push(event),
            }
        }
    }

    /// Somebody may wait for a port only while few are ready.
    fn tend_ports(&mut self, now: Instant) {
        let haste = if self.ports.are_scarce() {
            Haste::Now
        } else {
            Haste::NextTurn
        };
        let (ports, events) = (&mut self.ports, &mut self.events);
        ports.tend(now, |pair| {
            events.push_with(Event::PortReady(pair), haste);
        });
    }

    fn watch(&mut self, port: PortId, at: Option<IpAddr>) {
        let Some(pair) = self.ports.take(port, at) else {
            tracing::error!(
                port = port.0,
                "a stream was opened on a port that is not bound"
            );
            return;
        };
        pair.discard_stale();
        for (socket, channel) in [(&pair.rtp, Channel::Rtp), (&pair.rtcp, Channel::Rtcp)] {
            let data = epoll::EventData::new_u64(token_of(port, channel));
            if let Err(error) = epoll::add(&self.epoll, socket, data, epoll::EventFlags::IN) {
                tracing::error!(%error, "an RTP socket cannot be watched");
            }
        }
    }

    fn unwatch(&mut self, port: PortId) {
        let Some(pair) = self.ports.find(port) else {
            return;
        };
        for socket in [&pair.rtp, &pair.rtcp] {
            // One that was never opened is not watched.
            let _not_watched = epoll::delete(&self.epoll, socket);
        }
    }

    fn publish(&mut self) {
        let (counters, tally) = (&self.shared.counters, &self.tally);
        counters.beats.fetch_add(1, Ordering::Relaxed);
        counters.received.store(tally.received, Ordering::Relaxed);
        counters.relayed.store(tally.relayed, Ordering::Relaxed);
        counters.sent.store(tally.sent, Ordering::Relaxed);
        counters.unsent.store(tally.unsent, Ordering::Relaxed);
        counters
            .events_lost
            .store(self.events.lost, Ordering::Relaxed);
    }
}

/// A duration of less than a second.
fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: 0,
        tv_nsec: i64::from(duration.subsec_nanos()),
    }
}

fn token_of(port: PortId, channel: Channel) -> u64 {
    let odd = match channel {
        Channel::Rtp => 0,
        Channel::Rtcp => 1,
    };
    u64::from(port.0) * 2 + odd
}

fn port_of(token: u64) -> Option<(PortId, Channel)> {
    let channel = if token.is_multiple_of(2) {
        Channel::Rtp
    } else {
        Channel::Rtcp
    };
    u16::try_from(token / 2)
        .ok()
        .map(|port| (PortId(port), channel))
}

fn stream_of(order: &Order) -> Option<StreamId> {
    match order {
        Order::Open { stream, .. }
        | Order::Retarget { stream, .. }
        | Order::Play { stream, .. }
        | Order::Part { stream }
        | Order::SendDigits { stream, .. }
        | Order::Ask { stream }
        | Order::Close { stream } => Some(*stream),
        Order::Join { a, .. } => Some(*a),
        Order::Release { .. } | Order::Load { .. } => None,
    }
}

/// Pins the calling thread to a core of its own, the first one being left to signalling, and lets signalling and
/// journal go before it. Both are best effort: without the right to do so, sound flows as well.
pub(super) fn settle_on_core(n: usize) {
    let pinned = rustix::thread::sched_getaffinity(None).and_then(|allowed| {
        let cores: Vec<usize> = (0..rustix::thread::CpuSet::MAX_CPU)
            .filter(|core| allowed.is_set(*core))
            .collect();
        let mut own = rustix::thread::CpuSet::new();
        own.set(
            cores
                .get((n + 1) % cores.len().max(1))
                .copied()
                .unwrap_or(0),
        );
        rustix::thread::sched_setaffinity(None, &own)
    });
    if let Err(error) = pinned {
        tracing::warn!(%error, thread = n, "a media thread is not pinned to a core");
    }
    if let Err(error) = rustix::process::nice(NICENESS) {
        tracing::warn!(%error, thread = n, "a media thread keeps the common priority");
    }
}
