//! Stream connections between the exchange and its peers: in order and without loss, as long as they last.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use exchange::Input;
use sip::{ConnectionId, Flow, OpenedBy, Protocol, Target, Transport};

use crate::centre::{Centre, LISTENER, TCP_LISTENER};
use crate::peer::Behind;
use crate::world::World;

/// How long the exchange takes to notice that a peer is gone, if it sends it nothing.
const NOTICED_AFTER: Duration = Duration::from_secs(30);
/// The first port from which peers connect.
const FIRST_PORT: u16 = 40_000;
/// How many of them there are.
const PORTS: u64 = 20_000;

/// Whether one end of a connection is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Open,
    Closed,
}

#[derive(Debug)]
struct Connection {
    peer: usize,
    /// As the exchange sees it.
    flow: Flow,
    /// Who opened it, as the exchange sees it.
    opened: OpenedBy,
    /// The end of the exchange.
    ours: End,
    /// The end of the peer.
    theirs: End,
    /// When what was sent last arrives; nothing overtakes it.
    latest: Instant,
}

/// What arrives.
#[derive(Debug)]
enum News {
    ToExchange(ConnectionId, Bytes),
    ToPeer(ConnectionId, Bytes),
    ExchangeSeesEnd(ConnectionId),
    PeerSeesEnd(ConnectionId),
    NobodyThere(Target),
}

/// All connections, and what is on its way by them.
#[derive(Debug, Default)]
pub(super) struct Streams {
    last: u64,
    connections: BTreeMap<ConnectionId, Connection>,
    sent: u64,
    on_the_way: BTreeMap<(Instant, u64), News>,
}

impl Streams {
    pub(super) fn next(&self) -> Option<Instant> {
        self.on_the_way.keys().next().map(|(at, _)| *at)
    }

    fn carry(&mut self, at: Instant, news: News) {
        self.sent += 1;
        self.on_the_way.insert((at, self.sent), news);
    }

    fn arrived(&mut self, now: Instant) -> Option<News> {
        let first = self.on_the_way.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }

    fn open(
        &mut self,
        now: Instant,
        (peer, opened): (usize, OpenedBy),
        remote: SocketAddr,
    ) -> ConnectionId {
        self.last += 1;
        let id = ConnectionId(self.last);
        let connection = Connection {
            peer,
            flow: Flow::tcp(TCP_LISTENER, remote, id),
            opened,
            ours: End::Open,
            theirs: End::Open,
            latest: now,
        };
        self.connections.insert(id, connection);
        id
    }

    /// The connection that a peer may still send by.
    fn of_peer(&self, peer: usize, id: Option<ConnectionId>) -> Option<ConnectionId> {
        let all = self.connections.iter();
        let mut open = all.filter(|(_, it)| it.peer == peer && it.theirs == End::Open);
        open.find(|(other, _)| id.is_none_or(|id| **other == id))
            .map(|(id, _)| *id)
    }

    /// The connection of a flow that the exchange may still send by.
    fn of_flow(&self, flow: Flow) -> Option<ConnectionId> {
        let id = connection_of(flow)?;
        let connection = self.connections.get(&id)?;
        (connection.ours == End::Open).then_some(id)
    }

    /// The connection by which the exchange reaches an address.
    fn to_address(&self, remote: SocketAddr) -> Option<ConnectionId> {
        let mut all = self.connections.iter();
        all.find(|(_, it)| it.flow.remote == remote && it.ours == End::Open)
            .map(|(id, _)| *id)
    }
}

fn connection_of(flow: Flow) -> Option<ConnectionId> {
    match flow.transport {
        Transport::Tcp(id) => Some(id),
        Transport::Udp => None,
    }
}

/// A connection as its peer sees it.
fn seen_by_peer(id: ConnectionId) -> Flow {
    Flow::tcp(LISTENER, Centre::exchange(), id)
}

impl World {
    /// A peer sends a message by a connection, or by a new one.
    pub(super) fn stream_from(&mut self, place: usize, target: Target, bytes: Bytes) {
        let id = match target {
            Target::Flow(flow) => self.streams.of_peer(place, connection_of(flow)),
            Target::FlowOrAddress { .. } | Target::Address { .. } => {
                Some(self.connection_from(place))
            }
        };
        match id {
            Some(id) => self.carry(id, News::ToExchange(id, bytes)),
            None => self.peers[place].send_failed(self.now, target),
        }
    }

    fn connection_from(&mut self, place: usize) -> ConnectionId {
        if let Some(id) = self.streams.of_peer(place, None) {
            return id;
        }
        let host = self.network.seen_as(self.peers[place].address.ip());
        let port = u16::try_from(self.streams.last % PORTS).unwrap_or(0);
        let remote = SocketAddr::new(host, FIRST_PORT + port);
        self.streams.open(self.now, (place, OpenedBy::Peer), remote)
    }

    /// The exchange sends a message by a connection, or by a new one where the target has an address.
    pub(super) fn stream_to(&mut self, target: Target, bytes: Bytes) {
        let id = match target {
            Target::Flow(flow) => self.streams.of_flow(flow),
            Target::FlowOrAddress { flow, address } => {
                let open = self.streams.of_flow(flow);
                open.or_else(|| self.connection_to(address))
            }
            Target::Address { remote, .. } => self.connection_to(remote),
        };
        match (id, target) {
            (Some(id), _) => self.carry(id, News::ToPeer(id, bytes)),
            (None, Target::Flow(_)) => {
                self.exchange
                    .handle_input(self.now, Input::SendFailed(target));
            }
            (
                None,
                Target::FlowOrAddress {
                    address: remote, ..
                }
                | Target::Address { remote, .. },
            ) => {
                let nobody = Target::Address {
                    listener: TCP_LISTENER,
                    protocol: Protocol::Tcp,
                    remote,
                    local: None,
                };
                let at = self.now + 2 * self.network.weather().slowest;
                self.streams.carry(at, News::NobodyThere(nobody));
            }
        }
    }

    fn connection_to(&mut self, address: SocketAddr) -> Option<ConnectionId> {
        if let Some(id) = self.streams.to_address(address) {
            return Some(id);
        }
        let place = *self.places.get(&address)?;
        let peer = &self.peers[place];
        (peer.hears(Protocol::Tcp) && peer.habits().behind == Behind::Nothing).then(|| {
            let opened = (place, OpenedBy::Us);
            self.streams.open(self.now, opened, address)
        })
    }

    fn carry(&mut self, id: ConnectionId, news: News) {
        let slowest = self.network.weather().slowest;
        if let Some(connection) = self.streams.connections.get_mut(&id) {
            connection.latest = connection.latest.max(self.now + slowest);
            let at = connection.latest;
            self.streams.carry(at, news);
        }
    }

    pub(super) fn take_from_streams(&mut self) {
        while let Some(news) = self.streams.arrived(self.now) {
            match news {
                News::ToExchange(id, bytes) => self.arrives_at_exchange(id, bytes),
                News::ToPeer(id, bytes) => self.arrives_at_peer(id, bytes),
                News::ExchangeSeesEnd(id) => self.exchange_sees_end(id),
                News::PeerSeesEnd(id) => self.peer_sees_end(id),
                News::NobodyThere(target) => self.input(Input::SendFailed(target)),
            }
        }
    }

    fn arrives_at_exchange(&mut self, id: ConnectionId, bytes: Bytes) {
        let connection = self.streams.connections.get(&id);
        if let Some(connection) = connection.filter(|it| it.ours == End::Open) {
            let flow = connection.flow;
            self.input(Input::Received { flow, bytes });
        }
    }

    fn arrives_at_peer(&mut self, id: ConnectionId, bytes: Bytes) {
        let Some(connection) = self.streams.connections.get(&id) else {
            return;
        };
        let place = connection.peer;
        match connection.theirs {
            End::Open => {
                self.peers[place].receive(self.now, seen_by_peer(id), bytes);
                self.flush_peer(place);
            }
            // The host answers for a peer that is no longer there.
            End::Closed => self.carry(id, News::ExchangeSeesEnd(id)),
        }
    }

    fn exchange_sees_end(&mut self, id: ConnectionId) {
        if let Some(connection) = self.streams.connections.get_mut(&id)
            && connection.ours == End::Open
        {
            connection.ours = End::Closed;
            let (flow, opened) = (connection.flow, connection.opened);
            self.input(Input::FlowClosed { flow, opened });
        }
        self.forget_if_closed(id);
    }

    fn peer_sees_end(&mut self, id: ConnectionId) {
        if let Some(connection) = self.streams.connections.get_mut(&id)
            && connection.theirs == End::Open
        {
            connection.theirs = End::Closed;
            let place = connection.peer;
            let opened = match connection.opened {
                OpenedBy::Us => OpenedBy::Peer,
                OpenedBy::Peer => OpenedBy::Us,
            };
            self.peers[place].flow_closed(self.now, seen_by_peer(id), opened);
            self.flush_peer(place);
        }
        self.forget_if_closed(id);
    }

    fn forget_if_closed(&mut self, id: ConnectionId) {
        let connections = &mut self.streams.connections;
        if connections
            .get(&id)
            .is_some_and(|it| (it.ours, it.theirs) == (End::Closed, End::Closed))
        {
            connections.remove(&id);
        }
    }

    /// The connections of a phone are lost, and all that is on its way by them. The phone sees it
    /// and registers by a new one; the exchange sees it when it sends something, or after a while.
    #[track_caller]
    pub fn lose_connections(&mut self, phone: &str) {
        let place = self.place(phone);
        for id in self.connections_of(place) {
            self.streams
                .on_the_way
                .retain(|_, news| !matches!(news, News::ToExchange(other, _) | News::ToPeer(other, _) if *other == id));
            self.peer_sees_end(id);
            let at = self.now + NOTICED_AFTER;
            self.streams.carry(at, News::ExchangeSeesEnd(id));
        }
    }

    fn connections_of(&self, place: usize) -> Vec<ConnectionId> {
        let all = self.streams.connections.iter();
        let open = all.filter(|(_, it)| it.peer == place && it.theirs == End::Open);
        open.map(|(id, _)| *id).collect()
    }

    /// The exchange died, and its ends of all connections with it.
    pub(super) fn end_streams(&mut self) {
        self.streams.on_the_way.clear();
        let at = self.now + self.network.weather().slowest;
        let ids: Vec<ConnectionId> = self.streams.connections.keys().copied().collect();
        for id in ids {
            if let Some(connection) = self.streams.connections.get_mut(&id) {
                connection.ours = End::Closed;
            }
            self.streams.carry(at, News::PeerSeesEnd(id));
        }
    }
}
