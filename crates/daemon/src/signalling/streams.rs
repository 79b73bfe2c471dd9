//! Stream connections as the signalling thread sees them: a bounded queue each, never a socket.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use sip::{ConnectionId, Flow, ListenerId, OpenedBy, ParseError, Protocol, Target, Transport};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::Sent;

/// Messages that may wait for one connection's peer to read; one more drops the connection.
pub(crate) const TO_STREAM_MAX: usize = 64;

/// News of a connection.
pub(crate) enum FromStream {
    /// One framed message.
    Received { flow: Flow, bytes: Bytes },
    /// What came behind the last message can no longer be cut into messages; nothing more is read.
    Unframed { flow: Flow, error: ParseError },
    /// It ended.
    Closed(Flow),
    /// It could not be opened.
    ConnectFailed { flow: Flow, target: Target },
}

/// A connection to be opened.
pub(crate) struct Connect {
    pub(crate) flow: Flow,
    pub(crate) target: Target,
    pub(crate) queue: mpsc::Receiver<Bytes>,
}

/// The queues of all open connections. The office enters what it accepts; the signalling thread sends.
#[derive(Default)]
pub(crate) struct Connections {
    queues: Mutex<BTreeMap<ConnectionId, mpsc::Sender<Bytes>>>,
    last: AtomicU64,
}

impl Connections {
    /// Enters a new connection and gives its id and the end of its queue.
    pub(crate) fn enter(&self) -> (ConnectionId, mpsc::Receiver<Bytes>) {
        let id = ConnectionId(self.last.fetch_add(1, Ordering::Relaxed) + 1);
        let (sender, receiver) = mpsc::channel(TO_STREAM_MAX);
        self.lock().insert(id, sender);
        (id, receiver)
    }

    /// Forgets a connection, which closes it once its queue is drained.
    pub(crate) fn forget(&self, id: ConnectionId) {
        self.lock().remove(&id);
    }

    fn send(&self, id: ConnectionId, bytes: Bytes) -> Sent {
        let mut queues = self.lock();
        let Some(queue) = queues.get(&id) else {
            return Sent::Failed;
        };
        match queue.try_send(bytes) {
            Ok(()) => Sent::Done,
            Err(TrySendError::Full(_) | TrySendError::Closed(_)) => {
                // A peer that does not read costs its own queue, and then its connection.
                queues.remove(&id);
                Sent::Failed
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<ConnectionId, mpsc::Sender<Bytes>>> {
        self.queues
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Sends over connections, opening those that we need.
pub(crate) struct Streams {
    connections: Arc<Connections>,
    opened: BTreeMap<(ListenerId, SocketAddr), Flow>,
}

impl Streams {
    pub(crate) fn new(connections: Arc<Connections>) -> Self {
        Self {
            connections,
            opened: BTreeMap::new(),
        }
    }

    /// Forgets a connection that ended, and tells who had opened it.
    pub(crate) fn forget(&mut self, flow: &Flow) -> OpenedBy {
        let ours = self
            .opened
            .extract_if(.., |_, opened| opened == flow)
            .count();
        if let Transport::Tcp(id) = flow.transport {
            self.connections.forget(id);
        }
        if ours > 0 {
            OpenedBy::Us
        } else {
            OpenedBy::Peer
        }
    }

    pub(crate) fn send(
        &mut self,
        target: Target,
        bytes: Bytes,
        connect: impl FnOnce(Connect) -> bool,
    ) -> Sent {
        match target {
            Target::Flow(flow) => self.over(&flow, bytes),
            Target::Address {
                listener, remote, ..
            } => self.by_address(listener, remote, bytes, connect),
            Target::FlowOrAddress { flow, address } => match self.over(&flow, bytes.clone()) {
                Sent::Done => Sent::Done,
                Sent::Failed => self.by_address(flow.listener, address, bytes, connect),
            },
        }
    }

    fn over(&self, flow: &Flow, bytes: Bytes) -> Sent {
        match flow.transport {
            Transport::Tcp(id) => self.connections.send(id, bytes),
            Transport::Udp => Sent::Failed,
        }
    }

    fn by_address(
        &mut self,
        listener: ListenerId,
        remote: SocketAddr,
        bytes: Bytes,
        connect: impl FnOnce(Connect) -> bool,
    ) -> Sent {
        match self.open(listener, remote, connect) {
            Some(flow) => self.over(&flow, bytes),
            None => Sent::Failed,
        }
    }

    /// The open connection to an address, or a new one.
    fn open(
        &mut self,
        listener: ListenerId,
        remote: SocketAddr,
        connect: impl FnOnce(Connect) -> bool,
    ) -> Option<Flow> {
        if let Some(flow) = self.opened.get(&(listener, remote)) {
            return Some(*flow);
        }
        let (id, queue) = self.connections.enter();
        let flow = Flow::tcp(listener, remote, id);
        let target = Target::Address {
            listener,
            protocol: Protocol::Tcp,
            remote,
            local: None,
        };
        if !connect(Connect {
            flow,
            target,
            queue,
        }) {
            self.connections.forget(id);
            return None;
        }
        self.opened.insert((listener, remote), flow);
        Some(flow)
    }
}
