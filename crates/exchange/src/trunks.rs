//! Trunks: which there are, who is recognised as one, and where their calls go.

mod carrying;
mod left;
mod reach;
mod registering;
mod trouble;
mod whereabouts;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sip::message::Message;
use sip::uri::UriBuilder;
use sip::{Flow, ListenerId, PhoneNumber, RegistrationId, RegistrationState, Target, Transport};

use crate::engine::Exchange;
use crate::input::Output;
use crate::legs::Gateway;
use crate::lines::is_our_user;
use crate::settings::{Host, Listener, Settings, Trunk};
use crate::timers::TimerId;

use carrying::Uncarried;
pub use reach::TrunkHealth;
use reach::Unreached;
use registering::Registering;
pub(crate) use whereabouts::Role;
use whereabouts::Whereabouts;

/// The port of a target that names none.
const SIP_PORT: u16 = 5060;
/// Time from one host of no trunk that is named for calling a line to the next: whoever floods us fills no log.
const STRANGER_NAMED_EVERY: Duration = Duration::from_secs(60);

/// Names a trunk, wherever it stands in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TrunkId(u32);

/// The trunks, in the order of the configuration.
#[derive(Debug, Default)]
pub(crate) struct Trunks {
    all: Vec<TrunkState>,
    made: u32,
    registrations_made: u64,
    /// When a host that calls a line and is no trunk's was named last.
    stranger_named: Option<Instant>,
}

/// A trunk as it is now.
#[derive(Debug)]
pub(crate) struct TrunkState {
    pub(crate) id: TrunkId,
    pub(crate) settings: Trunk,
    at: Whereabouts,
    /// Where its registrar is, if that is another host.
    registrar: Option<Whereabouts>,
    pub(crate) health: TrunkHealth,
    /// Probes without an answer in a row.
    failures: u32,
    /// What people were told last, while that is bad.
    told: Option<Unreached>,
    /// Whether people were told that it carries no call of ours.
    refuses_calls: bool,
    uncarried: Uncarried,
    /// When it is asked again.
    probe: Option<TimerId>,
    /// When its answer to a probe is late, while one is waited for.
    awaited: Option<TimerId>,
    registering: Option<Registering>,
}

impl Trunks {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &TrunkState> {
        self.all.iter()
    }

    pub(crate) fn get(&self, id: TrunkId) -> Option<&TrunkState> {
        self.all.iter().find(|trunk| trunk.id == id)
    }

    pub(crate) fn get_mut(&mut self, id: TrunkId) -> Option<&mut TrunkState> {
        self.all.iter_mut().find(|trunk| trunk.id == id)
    }

    pub(crate) fn named(&self, name: &str) -> Option<&TrunkState> {
        self.all.iter().find(|trunk| trunk.settings.name == name)
    }

    /// Adds a trunk: the same as before, where there was one, with the registration that is held for it already.
    fn add(&mut self, trunk: &Trunk, before: Option<TrunkState>, held: &mut Vec<Registering>) {
        let id = before.as_ref().map(|before| before.id);
        let id = id.unwrap_or_else(|| self.next_id());
        let mut state = TrunkState::new(id, trunk.clone());
        if let Some(before) = before {
            state.follow(before);
        }
        if let Some(register) = &trunk.register {
            let held = Registering::take(register, held);
            let new = || Registering::new(self.next_registration(), register);
            state.registering = Some(held.unwrap_or_else(new).of_trunk(id));
        }
        self.all.push(state);
    }

    /// The trunks that a message may come from: those by whose address it does first, those that were there last.
    fn at(&self, flow: &Flow) -> impl Iterator<Item = &TrunkState> {
        let by = |recognised| {
            let trunks = self.iter();
            trunks.filter(move |trunk| trunk.recognises(flow) == Some(recognised))
        };
        let is_there = by(Recognised::Address).chain(by(Recognised::Host));
        is_there.chain(by(Recognised::Left))
    }

    fn next_id(&mut self) -> TrunkId {
        self.made += 1;
        TrunkId(self.made)
    }

    fn next_registration(&mut self) -> RegistrationId {
        self.registrations_made += 1;
        RegistrationId(self.registrations_made)
    }
}

impl TrunkState {
    fn new(id: TrunkId, settings: Trunk) -> Self {
        let registrar = settings.registrar_apart();
        let registrar = registrar.map(|host| Whereabouts::new(Some(host)));
        Self {
            id,
            health: TrunkHealth::of_new(&settings),
            at: Whereabouts::new(settings.host()),
            registrar,
            settings,
            failures: 0,
            told: None,
            refuses_calls: false,
            uncarried: Uncarried::default(),
            probe: None,
            awaited: None,
            registering: None,
        }
    }

    /// Takes what is known of the same trunk as it was configured before. Of another host nothing
    /// is known but what people were told.
    fn follow(&mut self, before: Self) {
        let may_mend = |told: &Unreached| told.may_mend(&self.settings);
        self.told = before.told.filter(may_mend);
        self.refuses_calls = before.refuses_calls && self.settings.takes_calls();
        let (now, then) = (&self.settings, &before.settings);
        let place = |trunk: &Trunk, role: Role| (role.host(trunk).cloned(), trunk.protocol);
        let stays = |role| place(now, role) == place(then, role);
        let (is_there, registrar_is_there) = (stays(Role::Calls), stays(Role::Registrar));
        if registrar_is_there {
            self.registrar = before.registrar.map(Whereabouts::anew);
        }
        if is_there {
            self.at = before.at.anew();
            self.failures = before.failures;
            self.health = before.health.under(&self.settings);
        }
    }

    /// The hosts that its sound may come from.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = media::Network> {
        let listed = self.settings.addresses.iter();
        let listed = listed.map(|network| media::Network::new(network.address, network.bits));
        let found = self.hosts_known().flat_map(Whereabouts::all);
        listed.chain(found.map(|address| media::Network::host(address.ip())))
    }

    /// The gateway that a call would go to now.
    pub(crate) fn gateway(&self) -> Option<Gateway> {
        Some(Gateway {
            trunk: self.id,
            address: self.address()?,
            others: self.at.addresses.len().saturating_sub(1),
        })
    }

    /// An address failed: the next one is used from now on, unless that was done already.
    pub(crate) fn pass_over(&mut self, address: SocketAddr) {
        self.at.pass_over(address);
    }

    pub(crate) fn registration(&self) -> Option<RegistrationState> {
        self.registering.as_ref().map(Registering::state)
    }

    fn address(&self) -> Option<SocketAddr> {
        self.at.address()
    }

    /// By what a message is one of its own, if so.
    fn recognises(&self, flow: &Flow) -> Option<Recognised> {
        let mut listed = self.settings.addresses.iter();
        let mut found = self.hosts_known().flat_map(|at| &at.addresses);
        if listed.any(|network| network.contains(flow.remote))
            || found.any(|address| *address == flow.remote)
        {
            return Some(Recognised::Address);
        }
        let at_host = |address: SocketAddr| self.is_at_host(flow, address);
        let mut found = self.hosts_known().flat_map(|at| &at.addresses);
        if found.any(|address| at_host(*address)) {
            return Some(Recognised::Host);
        }
        let mut left = self.hosts_known().flat_map(|at| at.left.iter());
        left.any(|address| address == flow.remote || at_host(address))
            .then_some(Recognised::Left)
    }

    /// Whether a message comes from whatever port of the host of an address. A connection comes from any; so may the
    /// calls of a registrar, whose proxies need not share the port that we registered at.
    fn is_at_host(&self, flow: &Flow, address: SocketAddr) -> bool {
        let from_any_port = match flow.transport {
            Transport::Tcp(_) => true,
            Transport::Udp => self.settings.register.is_some(),
        };
        from_any_port && address.ip() == flow.remote.ip().to_canonical()
    }
}

/// By what a message is a trunk's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Recognised {
    /// An address that is named for it, or that it was found at.
    Address,
    /// Another port of a host that it was found at.
    Host,
    /// An address that it left, or another port there.
    Left,
}

/// A host that is an address already.
fn literal(host: &Host) -> Option<SocketAddr> {
    Some(SocketAddr::new(
        host.address()?,
        host.port.unwrap_or(SIP_PORT),
    ))
}

impl Exchange {
    /// Exchanges the trunks. Those of the same name stay the same ones wherever they stand, with
    /// all that is known of them; those that are no longer there end their registrations.
    pub(crate) fn replace_trunks(&mut self, now: Instant, settings: Arc<Settings>) {
        let told = self.trunks.troubles();
        let mut before = std::mem::take(&mut self.trunks.all);
        for trunk in &before {
            let lookups = trunk.hosts_known().filter_map(|at| at.lookup.timer());
            let probes = trunk.probe.into_iter().chain(trunk.awaited);
            for timer in probes.chain(lookups) {
                self.timers.cancel(timer);
            }
        }
        let mut registrations: Vec<Registering> = before
            .iter_mut()
            .filter_map(|trunk| trunk.registering.take())
            .collect();
        for trunk in &settings.trunks {
            let same = before
                .iter()
                .position(|other| other.settings.name == trunk.name);
            let same = same.map(|place| before.swap_remove(place));
            self.trunks.add(trunk, same, &mut registrations);
        }
        self.settings = settings;
        self.untold.others();
        self.troubles_end(told);
        for registration in registrations {
            self.unregister(now, &registration);
        }
        let ids: Vec<TrunkId> = self.trunks.iter().map(|trunk| trunk.id).collect();
        for id in ids {
            self.begin_trunk(now, id);
        }
    }

    fn begin_trunk(&mut self, now: Instant, id: TrunkId) {
        for role in Role::ALL {
            self.look_up_trunk(now, id, role);
        }
        match self.trunks.get(id).and_then(TrunkState::address) {
            Some(_) => self.probe_trunk(now, id),
            // It is being looked up: nothing failed yet.
            None => self.probe_trunk_later(now, id),
        }
        self.register_if_needed(now, id);
    }

    /// Which trunk a message came from.
    pub(crate) fn trunk_at(&self, flow: &Flow) -> Option<TrunkId> {
        self.trunks.at(flow).next().map(|trunk| trunk.id)
    }

    /// Which trunk a call came from: of several at one host, as two accounts with one carrier are,
    /// that whose Contact is called.
    pub(crate) fn trunk_of_call(&self, flow: &Flow, request: &Message) -> Option<TrunkId> {
        let uri = request.uri().ok();
        let called = |trunk: &&TrunkState| {
            let uri = uri.as_ref();
            uri.is_some_and(|uri| is_our_user(uri, &trunk.settings))
        };
        let called = self.trunks.at(flow).find(called).map(|trunk| trunk.id);
        called.or_else(|| self.trunk_at(flow))
    }

    /// A call from nowhere was refused. If it was for a line, a carrier may have sent it from a
    /// host that we do not know of.
    pub(crate) fn on_stranger_refused(&mut self, now: Instant, request: &Message, flow: &Flow) {
        let Ok(uri) = request.uri() else {
            return;
        };
        let is_line = PhoneNumber::in_uri(&uri).any(|number| self.lines.have(&number));
        let is_our_contact = |trunk: &TrunkState| is_our_user(&uri, &trunk.settings);
        if !is_line && !self.trunks.iter().any(is_our_contact) {
            return;
        }
        let named = self.trunks.stranger_named;
        if named.is_some_and(|named| now < named + STRANGER_NAMED_EVERY) {
            return;
        }
        self.trunks.stranger_named = Some(now);
        let host = flow.remote.ip();
        self.push(Output::StrangerRefused { host });
    }

    /// Where one of a trunk's hosts is spoken to now.
    fn trunk_place(&self, id: TrunkId, role: Role) -> Option<Target> {
        let trunk = self.trunks.get(id)?;
        let protocol = trunk.settings.protocol;
        let remote = trunk.address_as(role)?;
        Some(Target::Address {
            listener: self.listener_for(protocol, remote)?,
            protocol,
            remote,
            local: None,
        })
    }

    /// The listener that speaks to an address: the one that is bound where the machine's route to it leaves from, if
    /// there is one, else one that is bound everywhere.
    fn listener_for(&self, protocol: sip::Protocol, remote: SocketAddr) -> Option<ListenerId> {
        let fits = |listener: &&Listener| {
            listener.protocol == protocol && listener.local.is_ipv4() == remote.is_ipv4()
        };
        let routed = self.sip.own_addresses().routes.to(remote.ip());
        let distance = |listener: &&Listener| match listener.local.ip() {
            bound if Some(bound) == routed => 0,
            bound if bound.is_unspecified() => 1,
            _ => 2,
        };
        let listeners = self.settings.node.listeners.iter().filter(fits);
        listeners.min_by_key(distance).map(|listener| listener.id)
    }

    /// Where a trunk's outward calls go now, and the beginning of its URIs.
    pub(crate) fn trunk_target(&self, id: TrunkId) -> Option<(Target, UriBuilder)> {
        let target = self.trunks.get(id)?.settings.target.as_ref()?;
        Some((self.trunk_place(id, Role::Calls)?, target.uri()?))
    }

    pub(crate) fn trunk_credentials(&self, id: TrunkId) -> Option<sip::Credentials> {
        let register = self.trunks.get(id)?.settings.register.as_ref()?;
        Some(register.credentials())
    }

    /// The beginning of our own URIs, as a peer knows us.
    pub(crate) fn own_uri(&self, target: &Target) -> Option<UriBuilder> {
        let bound = self.listener(target.listener())?.local;
        let own = self.sip.own_addresses();
        let told = own.told(own.heard_at(target, bound.ip()), target.remote().ip());
        let host = sip::Host::Address(told);
        Some(sip::Uri::sip(host).port(bound.port()))
    }

    pub(crate) fn listener(&self, id: ListenerId) -> Option<&Listener> {
        let mut listeners = self.settings.node.listeners.iter();
        listeners.find(|listener| listener.id == id)
    }
}
