//! The table of transactions: it runs the machines, sends for them and keeps their timers.

use std::collections::VecDeque;
use std::mem;

use bytes::Bytes;

use super::client_invite::ClientInvite;
use super::client_non_invite::ClientNonInvite;
use super::entry::{Client, ClientMachine, Clocks, Response, Server, ServerMachine};
use super::invites::{Invites, Sender};
use super::key::{ClientKey, ServerKey};
use super::sent::Sent;
use super::server_invite::ServerInvite;
use super::server_non_invite::ServerNonInvite;
use super::timer::{Act, Acts, Timer};
use super::user::{Answer, ClientOwner, ClientRequest, Kind, Report, ServerOwner, ServerRequest};
use crate::flow::Target;
use crate::table::Table;
use crate::wire::{TimerKey, Wire};

/// How many answers to requests other than INVITE are kept for their repetitions; beyond it the oldest is given up.
pub const ANSWERS_KEPT_MAX: usize = 20_000;

/// All transactions of an endpoint.
pub(crate) struct Transactions {
    clients: Table<ClientKey, Client>,
    servers: Table<ServerKey, Server>,
    merges: Table<u64, ServerKey>,
    /// The server transactions of requests other than INVITE, the oldest first; some are over already.
    answers: VecDeque<ServerKey>,
    /// How many of them are not.
    answers_kept: usize,
    invites: Invites,
    sent: Sent,
    acts: Acts,
}

impl Transactions {
    pub(crate) fn new(secret: &[u8; 32]) -> Self {
        Self {
            clients: Table::new(secret),
            servers: Table::new(secret),
            merges: Table::new(secret),
            answers: VecDeque::new(),
            answers_kept: 0,
            invites: Invites::default(),
            sent: Sent::default(),
            acts: Acts::new(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.clients.len() + self.servers.len()
    }

    /// How many count against new calls. Answers that are kept have a limit of their own: whoever
    /// asks without end keeps nobody from calling.
    pub(crate) fn weight(&self) -> usize {
        self.len() - self.answers_kept
    }

    /// Sends a request and waits for its responses.
    pub(crate) fn send(&mut self, wire: &mut Wire, request: ClientRequest) {
        let ClientRequest {
            key,
            kind,
            target,
            bytes,
            owner,
        } = request;
        let mut acts = mem::take(&mut self.acts);
        let machine = match kind {
            Kind::Invite => {
                ClientMachine::Invite(ClientInvite::start(target.reliability(), &mut acts))
            }
            Kind::NonInvite => {
                ClientMachine::NonInvite(ClientNonInvite::start(target.reliability(), &mut acts))
            }
        };
        let client = Client {
            machine,
            target,
            message: bytes,
            owner,
            clocks: Clocks::default(),
            winner: None,
        };
        self.clients.insert(key, client);
        self.sent.note(target, key);
        self.play_client(wire, key, acts, None);
    }

    /// Whether this client transaction exists.
    pub(crate) fn sends(&self, key: ClientKey) -> bool {
        self.clients.contains(&key)
    }

    /// The transactions whose requests may have gone that way.
    pub(crate) fn sent_by(&self, way: Target) -> Vec<ClientKey> {
        self.sent.by(way)
    }

    /// Who sent a request.
    pub(crate) fn owner_of(&self, key: ClientKey) -> Option<ClientOwner> {
        self.clients.get(&key).map(|client| client.owner)
    }

    /// Who sent a request, if it goes that way and no other.
    pub(crate) fn sender(&self, key: ClientKey, target: Target) -> Option<ClientOwner> {
        let client = self.clients.get(&key)?;
        (client.target == target).then_some(client.owner)
    }

    /// The request that a client transaction sent, while it may still be needed for a CANCEL or an ACK.
    pub(crate) fn request(&self, key: ClientKey) -> Option<(&Bytes, Target)> {
        self.clients
            .get(&key)
            .filter(|client| !client.message.is_empty())
            .map(|client| (&client.message, client.target))
    }

    /// Takes a response. `acknowledge` makes the ACK of a final response other than 2xx from the stored request.
    pub(crate) fn on_response(
        &mut self,
        wire: &mut Wire,
        key: ClientKey,
        response: Response<'_>,
    ) -> Answer {
        let Some(client) = self.clients.get_mut(&key) else {
            return Answer::Stray;
        };
        if client.repeats(&response) {
            wire.transmit(client.target, client.message.clone());
            return Answer::Absorbed;
        }
        let mut acts = mem::take(&mut self.acts);
        match &mut client.machine {
            ClientMachine::Invite(machine) => {
                machine.on_response(response.status, client.target.reliability(), &mut acts)
            }
            ClientMachine::NonInvite(machine) => {
                machine.on_response(response.status, client.target.reliability(), &mut acts)
            }
        }
        let owner = client.owner;
        match self.play_client(wire, key, acts, Some(&response)) {
            Passed::Up => Answer::Passed(owner),
            Passed::Not => Answer::Absorbed,
        }
    }

    /// Keeps the ACK of the 2xx that won, to be sent again whenever that 2xx comes again (RFC 3261 §13.2.2.4).
    pub(crate) fn keep_ack(&mut self, key: ClientKey, to_tag: Bytes, target: Target, ack: Bytes) {
        if let Some(client) = self.clients.get_mut(&key) {
            self.sent.forget(client.target, key);
            self.sent.note(target, key);
            client.winner = Some(to_tag);
            client.target = target;
            client.message = ack;
        }
    }

    /// Shortens the wait for a final response after a CANCEL was sent.
    pub(crate) fn cancelled(&mut self, wire: &mut Wire, key: ClientKey) {
        let Some(client) = self.clients.get_mut(&key) else {
            return;
        };
        let mut acts = mem::take(&mut self.acts);
        if let ClientMachine::Invite(machine) = &mut client.machine {
            machine.on_cancel(&mut acts);
        }
        self.play_client(wire, key, acts, None);
    }

    /// How many INVITEs of a sender are not over.
    pub(crate) fn invites_of(&self, sender: Sender) -> usize {
        self.invites.of(sender)
    }

    /// Makes the server transaction of a new request.
    pub(crate) fn receive(&mut self, wire: &mut Wire, request: ServerRequest, merge: Option<u64>) {
        let ServerRequest {
            key,
            kind,
            sender,
            target,
            owner,
        } = request;
        let machine = match kind {
            Kind::Invite => {
                self.invites.began(sender);
                ServerMachine::Invite(ServerInvite::Proceeding)
            }
            Kind::NonInvite => ServerMachine::NonInvite(ServerNonInvite::Trying),
        };
        if kind == Kind::NonInvite {
            self.make_room_for_answer(wire);
            self.answers.push_back(key);
            self.answers_kept += 1;
        }
        if let Some(merge) = merge {
            self.merges.insert(merge, key);
        }
        let server = Server {
            machine,
            sender,
            target,
            message: Bytes::new(),
            owner,
            clocks: Clocks::default(),
            merge,
        };
        self.servers.insert(key, server);
    }

    /// Forgets the oldest answer where there are as many as may be kept: its sender has heard it, or asks anew.
    fn make_room_for_answer(&mut self, wire: &mut Wire) {
        while self.answers.len() >= ANSWERS_KEPT_MAX {
            if let Some(oldest) = self.answers.pop_front() {
                self.end_server(wire, oldest);
            }
        }
    }

    /// Whether another transaction is at work on the same request that came another way (RFC 3261 §8.2.2.2).
    pub(crate) fn is_merged(&self, merge: u64, key: ServerKey) -> bool {
        self.merges.get(&merge).is_some_and(|other| *other != key)
    }

    /// Whether this server transaction exists.
    pub(crate) fn knows(&self, key: ServerKey) -> bool {
        self.servers.contains(&key)
    }

    /// Who answers the request of this transaction.
    pub(crate) fn owner(&self, key: ServerKey) -> Option<ServerOwner> {
        self.servers.get(&key).map(|server| server.owner)
    }

    /// The same request again.
    pub(crate) fn on_retransmission(&mut self, wire: &mut Wire, key: ServerKey) {
        let Some(server) = self.servers.get_mut(&key) else {
            return;
        };
        let mut acts = mem::take(&mut self.acts);
        match &server.machine {
            ServerMachine::Invite(machine) => machine.on_retransmission(&mut acts),
            ServerMachine::NonInvite(machine) => machine.on_retransmission(&mut acts),
        }
        self.play_server(wire, key, acts);
    }

    /// Takes an ACK that matches an INVITE transaction; to whom it goes if the INVITE was accepted.
    pub(crate) fn on_ack(&mut self, wire: &mut Wire, key: ServerKey) -> Option<ServerOwner> {
        let server = self.servers.get_mut(&key)?;
        let owner = server.owner;
        let mut acts = mem::take(&mut self.acts);
        if let ServerMachine::Invite(machine) = &mut server.machine {
            machine.on_ack(server.target.reliability(), &mut acts);
        }
        match self.play_server(wire, key, acts) {
            Passed::Up => Some(owner),
            Passed::Not => None,
        }
    }

    /// Sends a response and keeps it for retransmissions.
    pub(crate) fn respond(&mut self, wire: &mut Wire, key: ServerKey, status: u16, bytes: Bytes) {
        let Some(server) = self.servers.get_mut(&key) else {
            return;
        };
        let mut acts = mem::take(&mut self.acts);
        let reliability = server.target.reliability();
        let allowed = match &mut server.machine {
            ServerMachine::Invite(machine) => machine.on_respond(status, reliability, &mut acts),
            ServerMachine::NonInvite(machine) => machine.on_respond(status, reliability, &mut acts),
        };
        if allowed {
            server.message = bytes;
        }
        let merge = if status >= 300 {
            server.merge.take()
        } else {
            None
        };
        if let Some(merge) = merge {
            self.merges.remove(&merge);
        }
        self.play_server(wire, key, acts);
    }

    /// Runs a timer that fired.
    pub(crate) fn on_client_timer(
        &mut self,
        wire: &mut Wire,
        key: ClientKey,
        timer: Timer,
    ) -> Option<Report> {
        let client = self.clients.get_mut(&key)?;
        client.clocks.fired(timer);
        let owner = client.owner;
        let mut acts = mem::take(&mut self.acts);
        match &mut client.machine {
            ClientMachine::Invite(machine) => machine.on_timer(timer, &mut acts),
            ClientMachine::NonInvite(machine) => machine.on_timer(timer, &mut acts),
        }
        let timed_out = acts.contains(&Act::TimedOut);
        self.play_client(wire, key, acts, None);
        timed_out.then_some(Report::ClientTimedOut { key, owner })
    }

    /// Runs a timer that fired.
    pub(crate) fn on_server_timer(
        &mut self,
        wire: &mut Wire,
        key: ServerKey,
        timer: Timer,
    ) -> Option<Report> {
        let server = self.servers.get_mut(&key)?;
        server.clocks.fired(timer);
        let owner = server.owner;
        let mut acts = mem::take(&mut self.acts);
        match &mut server.machine {
            ServerMachine::Invite(machine) => machine.on_timer(timer, &mut acts),
            ServerMachine::NonInvite(machine) => machine.on_timer(timer, &mut acts),
        }
        let timed_out = acts.contains(&Act::TimedOut);
        self.play_server(wire, key, acts);
        timed_out.then_some(Report::NeverAcknowledged { owner })
    }

    /// The connection of a flow is gone. A request that has another way goes by that, whether it was read or not: its
    /// receiver knows it again by its branch.
    pub(crate) fn on_flow_lost(&mut self, wire: &mut Wire, key: ClientKey) -> Option<Report> {
        let client = self.clients.get_mut(&key)?;
        let other = client.target.ways().nth(1);
        match other {
            Some(other) if client.waits() => {
                self.divert(wire, key, other);
                None
            }
            Some(_) | None => self.on_transport_error(wire, key),
        }
    }

    /// Sends a request, or the ACK of its 2xx, again by another way.
    pub(crate) fn divert(&mut self, wire: &mut Wire, key: ClientKey, other: Target) {
        let Some(client) = self.clients.get_mut(&key) else {
            return;
        };
        self.sent.forget(client.target, key);
        self.sent.note(other, key);
        client.target = other;
        wire.transmit(other, client.message.clone());
    }

    /// The connection to an address is gone: what went there by it and still waits is answered by nobody. A request
    /// that also has a connection of its peer may have gone by that.
    pub(crate) fn on_connection_lost(&mut self, wire: &mut Wire, key: ClientKey) -> Option<Report> {
        let client = self.clients.get(&key)?;
        match client.target {
            Target::Address { .. } if client.waits() => self.on_transport_error(wire, key),
            Target::Address { .. } | Target::Flow(_) | Target::FlowOrAddress { .. } => None,
        }
    }

    /// The shell could not send the request: the transaction ends as if answered by 503 (RFC 3261 §8.1.3.1). One that
    /// was accepted stays, since its ACK is wanted again if that was not sent.
    pub(crate) fn on_transport_error(&mut self, wire: &mut Wire, key: ClientKey) -> Option<Report> {
        let client = self.clients.get_mut(&key)?;
        if client.winner.is_some() {
            return None;
        }
        let waiting = client.waits();
        let owner = client.owner;
        let mut acts = mem::take(&mut self.acts);
        match &mut client.machine {
            ClientMachine::Invite(machine) => machine.on_transport_error(&mut acts),
            ClientMachine::NonInvite(machine) => machine.on_transport_error(&mut acts),
        }
        self.play_client(wire, key, acts, None);
        waiting.then_some(Report::ClientFailed { key, owner })
    }

    fn play_client(
        &mut self,
        wire: &mut Wire,
        key: ClientKey,
        mut acts: Acts,
        response: Option<&Response<'_>>,
    ) -> Passed {
        let mut passed = Passed::Not;
        for act in acts.drain(..) {
            let Some(client) = self.clients.get_mut(&key) else {
                break;
            };
            match act {
                Act::Transmit => wire.transmit(client.target, client.message.clone()),
                Act::Set(timer, wait) => {
                    client
                        .clocks
                        .set(wire, TimerKey::Client(key, timer), timer, wire.now + wait)
                }
                Act::Quiet => client.clocks.quiet(wire),
                Act::PassUp => passed = Passed::Up,
                Act::Acknowledge => client.acknowledge(response),
                Act::TimedOut => {}
                Act::End => {
                    client.clocks.stop(wire);
                    self.sent.forget(client.target, key);
                    self.clients.remove(&key);
                }
            }
        }
        if let Some(client) = self.clients.get_mut(&key) {
            client.shrink();
        }
        self.acts = acts;
        passed
    }

    fn play_server(&mut self, wire: &mut Wire, key: ServerKey, mut acts: Acts) -> Passed {
        let mut passed = Passed::Not;
        for act in acts.drain(..) {
            let Some(server) = self.servers.get_mut(&key) else {
                break;
            };
            match act {
                Act::Transmit if server.message.is_empty() => {}
                Act::Transmit => wire.transmit(server.target, server.message.clone()),
                Act::Set(timer, wait) => {
                    server
                        .clocks
                        .set(wire, TimerKey::Server(key, timer), timer, wire.now + wait)
                }
                Act::Quiet => server.clocks.quiet(wire),
                Act::PassUp => passed = Passed::Up,
                Act::TimedOut | Act::Acknowledge => {}
                Act::End => self.end_server(wire, key),
            }
        }
        if let Some(server) = self.servers.get_mut(&key) {
            server.shrink();
        }
        self.acts = acts;
        passed
    }

    fn end_server(&mut self, wire: &mut Wire, key: ServerKey) {
        let Some(mut server) = self.servers.remove(&key) else {
            return;
        };
        server.clocks.stop(wire);
        match server.machine {
            ServerMachine::Invite(_) => self.invites.ended(server.sender),
            ServerMachine::NonInvite(_) => self.answers_kept -= 1,
        }
        if let Some(merge) = server.merge {
            self.merges.remove(&merge);
        }
    }
}

#[derive(Copy, Clone, Eq, PartialEq)]
enum Passed {
    Up,
    Not,
}
