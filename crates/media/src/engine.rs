//! The engine: orders and datagrams in, datagrams and events out.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::ops::Range;
use std::time::Instant;

use crate::format::Remote;
use crate::order::{Event, Order, PortId, Stats, StreamId};

/// The largest datagram that is read or written, in bytes: an Ethernet frame.
pub const DATAGRAM_MAX: usize = 1_500;

/// What an engine is given.
#[derive(Clone, Debug)]
pub enum Input {
    /// Something to do.
    Order(Order),
    /// The time of [`Engine::poll_timeout`] has come.
    Timeout,
}

/// What its owner is to do for an engine.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Throw away what waits on this port pair, and from now on pass on what arrives there.
    Watch {
        /// Which pair.
        port: PortId,
    },
    /// The only source of this port pair is known: its sockets may be connected, so that the kernel refuses others.
    Connect {
        /// Which pair.
        port: PortId,
        /// The other side, by its true addresses.
        remote: Remote,
    },
    /// The source is open again: undo the connecting.
    Disconnect {
        /// Which pair.
        port: PortId,
    },
    /// Nothing uses this port pair any longer; its id may be given to another pair at once.
    Free {
        /// Which pair.
        port: PortId,
    },
    /// Something happened.
    Event(Event),
}

/// Why an order was refused. The engine is then as it was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// There is no such stream, or no longer.
    #[error("stream {} is not open", .0.0)]
    NoStream(StreamId),
    /// A stream of that id is open.
    #[error("stream {} is open already", .0.0)]
    StreamOpen(StreamId),
    /// Another stream has that port pair.
    #[error("port pair {} is taken", .0.0)]
    PortTaken(PortId),
    /// The other side of this stream has no telephone-event.
    #[error("stream {} has no telephone-event", .0.0)]
    NoTelephoneEvent(StreamId),
    /// A sound is not loaded.
    #[error("sound {} is not loaded", .0.0)]
    NoSound(crate::SoundId),
    /// A list is longer than its limit.
    #[error("the order for stream {} lists more than its limit", .0.0)]
    TooMany(StreamId),
    /// A stream cannot be joined to itself.
    #[error("stream {} cannot be joined to itself", .0.0)]
    JoinedToItself(StreamId),
}

/// One of the two sockets of a port pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// The even port.
    Rtp,
    /// The odd port.
    Rtcp,
}

/// A relayed packet: a part of the datagram that was given to [`Engine::packet`], rewritten in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forward {
    /// The port pair to send from, by its RTP socket.
    pub port: PortId,
    /// Where to; the connected remote, if the port is connected.
    pub to: SocketAddr,
    /// Which bytes of the datagram.
    pub bytes: Range<usize>,
}

/// A datagram that the engine wrote by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// The port pair to send from.
    pub port: PortId,
    /// Which of its sockets.
    pub channel: Channel,
    /// Where to; the connected remote, if the port is connected.
    pub to: SocketAddr,
    /// How many bytes of the buffer.
    pub length: usize,
}

/// The streams of one media thread.
///
/// After every [`Engine::handle_input`], drain [`Engine::transmit`] and then [`Engine::poll_output`] to `None`; after
/// [`Engine::packet`] and [`Engine::control_packet`] drain [`Engine::poll_output`] before the thread sleeps.
pub struct Engine {
    streams: BTreeMap<StreamId, PortId>,
    outputs: VecDeque<Output>,
}

impl Engine {
    /// Makes an engine without streams. `start` is the zero of its clocks; `seed` chooses SSRCs, sequence numbers,
    /// timestamps, CNAMEs and the spread of its reports, and must not be guessable.
    pub fn new(start: Instant, seed: [u64; 2]) -> Self {
        let _ = (start, seed);
        Self {
            streams: BTreeMap::new(),
            outputs: VecDeque::new(),
        }
    }

    /// Applies an input.
    ///
    /// # Errors
    /// When an order cannot be applied; then nothing has changed.
    pub fn handle_input(&mut self, now: Instant, input: Input) -> Result<(), InputError> {
        let _ = now;
        match input {
            Input::Order(Order::Open { stream, port, .. }) => {
                self.streams.insert(stream, port);
                self.outputs.push_back(Output::Watch { port });
                Ok(())
            }
            Input::Order(Order::Close { stream }) => {
                let port = self
                    .streams
                    .remove(&stream)
                    .ok_or(InputError::NoStream(stream))?;
                self.outputs.push_back(Output::Free { port });
                self.outputs.push_back(Output::Event(Event::Closed {
                    stream,
                    stats: Stats::default(),
                }));
                Ok(())
            }
            Input::Order(_) | Input::Timeout => Ok(()),
        }
    }

    /// Takes an RTP datagram that arrived on a port pair and, when somebody hears it, returns what to send: a part of
    /// the same buffer, rewritten in place.
    pub fn packet(
        &mut self,
        now: Instant,
        port: PortId,
        from: SocketAddr,
        datagram: &mut [u8],
    ) -> Option<Forward> {
        let _ = (now, port, from, datagram);
        None
    }

    /// Takes an RTCP datagram that arrived on a port pair.
    pub fn control_packet(
        &mut self,
        now: Instant,
        port: PortId,
        from: SocketAddr,
        datagram: &[u8],
    ) {
        let _ = (now, port, from, datagram);
    }

    /// Writes the next datagram that the engine has to send by itself into `buffer`.
    pub fn transmit(&mut self, now: Instant, buffer: &mut [u8; DATAGRAM_MAX]) -> Option<Transmit> {
        let _ = (now, buffer);
        None
    }

    /// Returns what is to be done next.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Returns when to give the next [`Input::Timeout`], if ever.
    pub fn poll_timeout(&self) -> Option<Instant> {
        None
    }
}
