//! What all parts of an endpoint share.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use super::addresses::LocalRoutes;
use super::compose::Face;
use super::config::{EndpointConfig, Listener};
use crate::chance::Chance;
use crate::digest::Server;
use crate::flow::{ListenerId, Target};
use crate::message::Message;
use crate::transaction::{ClientKey, ClientOwner, ClientRequest, Kind, ServerKey, Transactions};
use crate::transaction::{Identity, Keys};
use crate::wire::Wire;
use crate::{CallId, Status, Tag};
use bytes::Bytes;

/// Settings, chance, timers, outputs and transactions.
pub(crate) struct Core {
    pub(crate) config: EndpointConfig,
    pub(crate) chance: Chance,
    pub(crate) wire: Wire,
    pub(crate) transactions: Transactions,
    pub(crate) keys: Keys,
    /// The digest server of each listener.
    pub(crate) guards: Vec<(ListenerId, Server)>,
    start: Instant,
    own_addresses: Vec<SocketAddr>,
}

/// A request that was received and is not answered yet.
#[derive(Clone)]
pub(crate) struct Pending {
    pub(crate) key: ServerKey,
    pub(crate) request: Message,
    /// Where it came from, as the responses tell its sender.
    pub(crate) source: SocketAddr,
    /// Where its sender hears.
    pub(crate) target: Target,
}

impl Core {
    pub(crate) fn new(config: EndpointConfig, seed: [u8; 32], now: Instant) -> Self {
        let chance = Chance::new(seed);
        Self {
            own_addresses: config.addresses.of_all(&config.listeners),
            wire: Wire::new(now),
            transactions: Transactions::new(&chance.derive("transactions")),
            keys: Keys::new(&chance.derive("left"), &chance.derive("right")),
            guards: guards(&config, &chance),
            start: now,
            config,
            chance,
        }
    }

    /// The clock of nonces: whole seconds since the start.
    pub(crate) fn second(&self) -> u64 {
        self.wire
            .now
            .saturating_duration_since(self.start)
            .as_secs()
    }

    /// How we show ourselves to a peer.
    pub(crate) fn face(&self, target: &Target) -> Face {
        let mut listeners = self.config.listeners.iter();
        let Some(listener) = listeners.find(|listener| listener.id == target.listener()) else {
            // Commands that name a listener that was not configured are refused before.
            return Face::nameless();
        };
        let own = &self.config.addresses;
        let at = own.heard_at(target, listener.local.ip());
        let told = own.told(at, target.remote().ip());
        Face::new(
            listener.protocol,
            SocketAddr::new(told, listener.local.port()),
        )
    }

    /// Takes what changed in the machine's routes.
    pub(crate) fn follow_routes(&mut self, routes: LocalRoutes) {
        let config = &mut self.config;
        config.addresses.routes.follow(routes);
        self.own_addresses = config.addresses.of_all(&config.listeners);
    }

    /// Somebody spoke to this address of ours.
    pub(crate) fn hear_at(&mut self, address: IpAddr) {
        self.config.addresses.routes.hear_at(address);
    }

    /// Where peers reach us.
    pub(crate) fn own_addresses(&self) -> &[SocketAddr] {
        &self.own_addresses
    }

    /// Whether the target can be sent to.
    pub(crate) fn has_listener(&self, listener: ListenerId) -> bool {
        self.config
            .listeners
            .iter()
            .any(|other| other.id == listener)
    }

    /// A tag of chance.
    pub(crate) fn tag(&mut self) -> Tag {
        Tag::from_bits(self.chance.word())
    }

    /// A Call-ID of chance.
    pub(crate) fn call_id(&mut self) -> CallId {
        CallId::from_bits(u128::from(self.chance.word()) << 64 | u128::from(self.chance.word()))
    }

    /// The number of a first request (RFC 3261 §8.1.1.5): small, so that there is room for a long dialog.
    pub(crate) fn first_cseq(&mut self) -> u32 {
        u32::try_from(self.chance.below(1 << 16)).unwrap_or(0) + 1
    }

    /// A new branch.
    pub(crate) fn client_key(&mut self) -> ClientKey {
        ClientKey::request(self.chance.word())
    }

    /// Sends a request in its own transaction.
    pub(crate) fn send(
        &mut self,
        key: ClientKey,
        kind: Kind,
        target: Target,
        bytes: Bytes,
        owner: ClientOwner,
    ) {
        self.transactions.send(
            &mut self.wire,
            ClientRequest {
                key,
                kind,
                target,
                bytes,
                owner,
            },
        );
    }

    /// Answers a request in its transaction.
    pub(crate) fn respond(&mut self, key: ServerKey, status: Status, bytes: Bytes) {
        self.transactions
            .respond(&mut self.wire, key, status.code(), bytes);
    }

    /// A delay between the two, spread evenly over steps of 10 ms (RFC 3261 §14.1).
    pub(crate) fn between(&mut self, least: Duration, most: Duration) -> Duration {
        const STEP_MS: u128 = 10;
        let steps = u64::try_from(most.saturating_sub(least).as_millis() / STEP_MS).unwrap_or(0);
        least + Duration::from_millis(10 * self.chance.below(steps + 1))
    }
}

/// A digest server for each listener, each with a key of its own.
fn guards(config: &EndpointConfig, chance: &Chance) -> Vec<(ListenerId, Server)> {
    let guard = |listener: &Listener| {
        let key = chance.derive(&format!("nonces of listener {}", listener.id.0));
        (
            listener.id,
            Server::new(key, config.realm.as_str(), listener.algorithm),
        )
    };
    config.listeners.iter().map(guard).collect()
}

/// What identifies the transaction of a request. The parser has checked that all of it is there.
pub(crate) fn identity(request: &Message, source: SocketAddr) -> Option<Identity<'_>> {
    let via = request.via().ok()?;
    let cseq = request.cseq().ok()?;
    Some(Identity {
        branch: via.branch().unwrap_or_default(),
        sent_by: (via.host, via.port),
        method: cseq.method.bytes(),
        request_uri: request.uri().ok()?.bytes(),
        from_tag: request.from().ok()?.tag().unwrap_or_default(),
        call_id: request.call_id().ok()?,
        cseq: cseq.number,
        source,
    })
}
