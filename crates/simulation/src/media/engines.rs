//! The real engines behind the model of the threads: who may speak on a stream, who hears it, where sound goes.
//!
//! They are given every order but what is to be played: prompts and waiting sounds are the model's.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Instant;

use bytes::Bytes;
use media::{
    Channel, DATAGRAM_MAX, Engine, Event, Input, Order, Output, PortId, PortPair, ThreadId,
};

use crate::network::Datagram;

/// The engines of all threads.
pub(super) struct Engines {
    threads: Vec<Thread>,
    events: VecDeque<Event>,
    datagrams: VecDeque<Datagram>,
}

/// One engine, and what its thread knows of its sockets.
struct Thread {
    engine: Engine,
    sockets: BTreeMap<PortId, SocketAddr>,
    /// Sockets that hear one address alone.
    connected: BTreeMap<PortId, SocketAddr>,
}

impl std::fmt::Debug for Engines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engines").finish_non_exhaustive()
    }
}

impl Engines {
    pub(super) fn new(now: Instant, threads: u8) -> Self {
        let thread = |n: u8| Thread {
            engine: Engine::new(now, [n.into(), 1]),
            sockets: BTreeMap::new(),
            connected: BTreeMap::new(),
        };
        Self {
            threads: (0..threads).map(thread).collect(),
            events: VecDeque::new(),
            datagrams: VecDeque::new(),
        }
    }

    pub(super) fn bind(&mut self, pair: PortPair) {
        if let Some(thread) = self.thread(pair.thread) {
            thread.sockets.insert(pair.id, pair.rtp);
        }
    }

    fn thread(&mut self, id: ThreadId) -> Option<&mut Thread> {
        self.threads.get_mut(usize::from(id.0))
    }

    /// Gives an order to the engine of its thread.
    pub(super) fn order(
        &mut self,
        now: Instant,
        id: ThreadId,
        order: &Order,
    ) -> Result<(), String> {
        match order {
            Order::Play { .. } | Order::Load { .. } => return Ok(()),
            Order::Open { .. }
            | Order::Retarget { .. }
            | Order::Join { .. }
            | Order::Part { .. }
            | Order::SendDigits { .. }
            | Order::Ask { .. }
            | Order::Close { .. }
            | Order::Release { .. } => {}
        }
        let thread = self.thread(id).ok_or("there is no such thread")?;
        let done = thread.engine.handle_input(now, Input::Order(order.clone()));
        self.flush(now, id);
        done.map_err(|error| error.to_string())
    }

    /// Takes a datagram that arrived at a port of a thread.
    pub(super) fn receive(
        &mut self,
        now: Instant,
        (id, port): (ThreadId, PortId),
        from: SocketAddr,
        bytes: &Bytes,
    ) {
        let Some(thread) = self.thread(id) else {
            return;
        };
        let hears = thread.connected.get(&port);
        if hears.is_some_and(|only| *only != from) {
            return;
        }
        let mut buffer = bytes.to_vec();
        if let Some(forward) = thread.engine.packet(now, port, from, &mut buffer)
            && let Some(socket) = thread.sockets.get(&forward.port)
        {
            let datagram = Datagram {
                from: *socket,
                to: forward.to,
                bytes: Bytes::copy_from_slice(&buffer[forward.bytes]),
            };
            self.datagrams.push_back(datagram);
        }
        self.flush(now, id);
    }

    /// When an engine has something to do by itself.
    pub(super) fn next(&self) -> Option<Instant> {
        let timeouts = self.threads.iter().map(|it| it.engine.poll_timeout());
        timeouts.flatten().min()
    }

    pub(super) fn on_time(&mut self, now: Instant) {
        for id in (0..).map(ThreadId).take(self.threads.len()) {
            let Some(thread) = self.thread(id) else {
                return;
            };
            if thread.engine.poll_timeout().is_some_and(|due| due <= now) {
                // A timeout is never refused.
                let _ = thread.engine.handle_input(now, Input::Timeout);
                self.flush(now, id);
            }
        }
    }

    pub(super) fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    pub(super) fn poll_datagram(&mut self) -> Option<Datagram> {
        self.datagrams.pop_front()
    }

    /// Takes what an engine has to say. Its reports concern nobody here.
    fn flush(&mut self, now: Instant, id: ThreadId) {
        let Some(thread) = self.threads.get_mut(usize::from(id.0)) else {
            return;
        };
        let mut buffer = [0; DATAGRAM_MAX];
        while let Some(transmit) = thread.engine.transmit(now, &mut buffer) {
            if let (Channel::Rtp, Some(socket)) =
                (transmit.channel, thread.sockets.get(&transmit.port))
            {
                self.datagrams.push_back(Datagram {
                    from: *socket,
                    to: transmit.to,
                    bytes: Bytes::copy_from_slice(&buffer[..transmit.length]),
                });
            }
        }
        while let Some(output) = thread.engine.poll_output() {
            match output {
                Output::Connect { port, to } => {
                    thread.connected.insert(port, to);
                }
                Output::Disconnect { port } | Output::Free { port } => {
                    thread.connected.remove(&port);
                }
                Output::Watch { port: _, at: _ } => {}
                Output::Event(event) => self.events.push_back(event),
            }
        }
    }
}
