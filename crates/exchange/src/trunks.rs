//! Trunks: recognised by address, asked whether they live, registered with, looked up.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use media::PortPair;
use sip::uri::UriBuilder;
use sip::{Failure, Flow, ListenerId, RegistrationId, RegistrationState, Target, Transport};

use crate::engine::{Exchange, Timer};
use crate::input::{Output, Resolution, Warning};
use crate::legs::Gateway;
use crate::presence::Probed;
use crate::settings::{Host, Network, Settings, Trunk};
use crate::timers::TimerId;

/// Time from one look-up of a trunk's name to the next.
const RESOLVE_EVERY: Duration = Duration::from_secs(300);
/// Probes without an answer in a row after which a trunk counts as down.
const PROBES_FAILED: u32 = 2;
/// The port of a target that names none.
const SIP_PORT: u16 = 5060;

/// A trunk as it is now.
#[derive(Debug)]
pub(crate) struct TrunkState {
    pub(crate) name: String,
    networks: Vec<Network>,
    pub(crate) codecs: Vec<media::Law>,
    /// Where outward calls may go, the preferred one first.
    addresses: Vec<SocketAddr>,
    /// Which of them is used now.
    current: usize,
    pub(crate) health: TrunkHealth,
    failures: u32,
    /// When it is asked and looked up again.
    probe: Option<TimerId>,
    lookup: Option<TimerId>,
    pub(crate) registration: Option<RegistrationState>,
}

/// Whether a trunk answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrunkHealth {
    /// It is never asked: nobody knows.
    NotProbed,
    /// It is asked and has not answered yet.
    Unknown,
    /// It answered the last probe.
    Up,
    /// It did not answer the last probe, after it answered the one before.
    Silent,
    /// It does not answer.
    Down,
}

impl TrunkState {
    fn new(trunk: &Trunk, before: Option<Self>) -> Self {
        let literal = trunk.target.as_ref().and_then(literal);
        let kept = before
            .filter(|before| literal.is_none() || before.addresses.first() == literal.as_ref());
        let (addresses, health, failures) = match kept {
            Some(kept) => (kept.addresses, kept.health, kept.failures),
            None => (literal.into_iter().collect(), TrunkHealth::Unknown, 0),
        };
        let health = match (trunk.probe_interval, health) {
            (None, _) => TrunkHealth::NotProbed,
            (Some(_), TrunkHealth::NotProbed) => TrunkHealth::Unknown,
            (Some(_), health) => health,
        };
        Self {
            name: trunk.name.clone(),
            networks: trunk.addresses.clone(),
            codecs: trunk.codecs.clone(),
            addresses,
            current: 0,
            health,
            failures,
            probe: None,
            lookup: None,
            registration: None,
        }
    }

    /// The hosts that its sound may come from.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = media::Network> {
        let listed = self.networks.iter();
        let listed = listed.map(|network| media::Network::new(network.address, network.bits));
        let found = self.addresses.iter();
        listed.chain(found.map(|address| media::Network::host(address.ip())))
    }

    /// The gateway that a call would go to now.
    pub(crate) fn gateway(&self, trunk: usize) -> Gateway {
        Gateway {
            trunk,
            number: self.current,
            others: self.addresses.len().saturating_sub(1),
        }
    }

    /// A gateway took no call: the next one is used from now on, unless that was done already.
    pub(crate) fn pass_over(&mut self, number: usize) {
        if self.current == number {
            self.current = self.current.wrapping_add(1);
        }
    }

    fn address(&self) -> Option<SocketAddr> {
        self.addresses
            .get(self.current % self.addresses.len().max(1))
            .copied()
    }
}

/// A host that is an address already.
fn literal(host: &Host) -> Option<SocketAddr> {
    Some(SocketAddr::new(
        host.address()?,
        host.port.unwrap_or(SIP_PORT),
    ))
}

impl Exchange {
    pub(crate) fn replace_trunks(&mut self, now: Instant, settings: Arc<Settings>) {
        let before = self.settings.clone();
        for (index, trunk) in before.trunks.iter().enumerate() {
            let still_there = settings
                .trunks
                .iter()
                .any(|other| other.name == trunk.name && other.register.is_some());
            if trunk.register.is_some() && !still_there {
                self.command(
                    now,
                    sip::Command::Unregister {
                        registration: registration(index),
                    },
                );
            }
        }
        self.follow_trunks(&settings);
        let mut before = std::mem::take(&mut self.trunks);
        for timer in before
            .iter()
            .flat_map(|trunk| [trunk.probe, trunk.lookup])
            .flatten()
        {
            self.timers.cancel(timer);
        }
        for trunk in &settings.trunks {
            let same = before.iter().position(|state| state.name == trunk.name);
            self.trunks.push(TrunkState::new(
                trunk,
                same.map(|index| before.swap_remove(index)),
            ));
        }
        self.settings = settings;
        for index in 0..self.trunks.len() {
            self.resolve_trunk(now, index);
            self.probe_trunk(now, index);
            self.register_trunk(now, index);
        }
    }

    /// Live calls stay with their trunk, wherever it stands in the new configuration.
    fn follow_trunks(&mut self, settings: &Settings) {
        let place = |trunk: &Trunk| {
            let same = |other: &Trunk| other.name == trunk.name;
            settings.trunks.iter().position(same)
        };
        let places: Vec<Option<usize>> = self.settings.trunks.iter().map(place).collect();
        let place = |before: usize| places.get(before).copied().flatten();
        for caller in self.callers.values_mut() {
            caller.trunk = caller.trunk.and_then(place);
        }
        for called in self.called.values_mut() {
            called.gateway = called.gateway.and_then(|gateway| {
                let trunk = place(gateway.trunk)?;
                Some(Gateway { trunk, ..gateway })
            });
        }
    }

    /// Which trunk a message came from.
    pub(crate) fn trunk_at(&self, flow: &Flow) -> Option<usize> {
        // A connection comes from any port of its host.
        let found = |address: &SocketAddr| match flow.transport {
            Transport::Udp => *address == flow.remote,
            Transport::Tcp(_) => address.ip() == flow.remote.ip().to_canonical(),
        };
        let from = |trunk: &TrunkState| {
            let listed = trunk
                .networks
                .iter()
                .any(|network| network.contains(flow.remote));
            listed || trunk.addresses.iter().any(found)
        };
        self.trunks.iter().position(from)
    }

    /// Where a trunk's outward calls go now, and the beginning of its URIs.
    pub(crate) fn trunk_target(&self, index: usize) -> Option<(Target, UriBuilder)> {
        let trunk = self.settings.trunks.get(index)?;
        let remote = self.trunks.get(index)?.address()?;
        let fits = |listener: &&crate::settings::Listener| {
            listener.protocol == trunk.protocol && listener.local.is_ipv4() == remote.is_ipv4()
        };
        let listener = self.settings.node.listeners.iter().find(fits)?.id;
        let target = Target::Address {
            listener,
            protocol: trunk.protocol,
            remote,
        };
        Some((target, trunk.target.as_ref()?.uri()?))
    }

    pub(crate) fn trunk_credentials(&self, index: usize) -> Option<sip::Credentials> {
        let register = self.settings.trunks.get(index)?.register.as_ref()?;
        Some(sip::Credentials {
            username: register.auth_user.clone(),
            password: register.password.clone(),
        })
    }

    /// The beginning of our own URIs, as a listener's peers know us.
    pub(crate) fn own_uri(&self, listener: ListenerId) -> Option<UriBuilder> {
        let listeners = &self.settings.node.listeners;
        let own = listeners.iter().find(|other| other.id == listener)?;
        let host = sip::Host::Address(own.advertised.ip());
        Some(sip::Uri::sip(host).port(own.advertised.port()))
    }

    /// Where sound of a port is received, as SDP says it.
    pub(crate) fn sound_address(&self, listener: ListenerId, port: PortPair) -> SocketAddr {
        let found = self
            .settings
            .node
            .listeners
            .iter()
            .find(|other| other.id == listener);
        let address = found.map_or(port.rtp.ip(), |listener| listener.advertised.ip());
        SocketAddr::new(address, port.rtp.port())
    }

    /// Has a trunk's name looked up, now and again and again.
    pub(crate) fn resolve_trunk(&mut self, now: Instant, index: usize) {
        let Some((host, protocol)) = self
            .settings
            .trunks
            .get(index)
            .and_then(|trunk| Some((trunk.target.clone()?, trunk.protocol)))
        else {
            return;
        };
        if literal(&host).is_none() {
            let again = self.timers.arm(now + RESOLVE_EVERY, Timer::Resolve(index));
            let before = self.trunks.get_mut(index);
            if let Some(before) = before.and_then(|trunk| trunk.lookup.replace(again)) {
                self.timers.cancel(before);
            }
            self.push(Output::Resolve { host, protocol });
        }
    }

    pub(crate) fn on_resolved(&mut self, now: Instant, resolution: Resolution) {
        for index in 0..self.trunks.len() {
            let asked = self
                .settings
                .trunks
                .get(index)
                .and_then(|trunk| trunk.target.as_ref())
                == Some(&resolution.host);
            // A name server that fails takes no address away.
            if !asked || resolution.addresses.is_empty() {
                continue;
            }
            let first = self.trunks[index].addresses.is_empty();
            self.trunks[index]
                .addresses
                .clone_from(&resolution.addresses);
            if first {
                self.probe_trunk(now, index);
                self.register_trunk(now, index);
            }
        }
    }

    pub(crate) fn probe_trunk(&mut self, now: Instant, index: usize) {
        let Some(every) = self
            .settings
            .trunks
            .get(index)
            .and_then(|trunk| trunk.probe_interval)
        else {
            return;
        };
        let again = self.timers.arm(now + every, Timer::ProbeTrunk(index));
        let before = self.trunks.get_mut(index);
        if let Some(before) = before.and_then(|trunk| trunk.probe.replace(again)) {
            self.timers.cancel(before);
        }
        let Some((target, uri)) = self.trunk_target(index) else {
            return;
        };
        let (probe, uri) = (self.presences.next_probe(Probed::Trunk(index)), uri.build());
        self.command(now, sip::Command::Probe { probe, target, uri });
    }

    /// Any answer means that a trunk lives; after two silences in a row it is down, people are told, and its next address is tried.
    pub(crate) fn on_trunk_probed(&mut self, now: Instant, index: usize, answered: bool) {
        let Some(trunk) = self.trunks.get_mut(index) else {
            return;
        };
        let before = trunk.health;
        if before == TrunkHealth::NotProbed {
            return;
        }
        if answered {
            trunk.failures = 0;
            trunk.health = TrunkHealth::Up;
        } else {
            trunk.failures += 1;
            if trunk.failures >= PROBES_FAILED {
                trunk.health = TrunkHealth::Down;
                trunk.current = trunk.current.wrapping_add(1);
            } else if trunk.health == TrunkHealth::Up {
                trunk.health = TrunkHealth::Silent;
            }
        }
        let (name, health, moved) = (trunk.name.clone(), trunk.health, trunk.addresses.len() > 1);
        if before != health {
            self.untold.others();
        }
        match (before, health) {
            (TrunkHealth::Down, TrunkHealth::Up) => self.warn(Warning::TrunkUp { trunk: name }),
            (TrunkHealth::Unknown | TrunkHealth::Up | TrunkHealth::Silent, TrunkHealth::Down) => {
                self.warn(Warning::TrunkDown { trunk: name });
                if moved {
                    self.register_trunk(now, index);
                }
            }
            (
                TrunkHealth::NotProbed
                | TrunkHealth::Unknown
                | TrunkHealth::Up
                | TrunkHealth::Silent
                | TrunkHealth::Down,
                _,
            ) => {}
        }
    }

    fn register_trunk(&mut self, now: Instant, index: usize) {
        let Some(register) = self
            .settings
            .trunks
            .get(index)
            .and_then(|trunk| trunk.register.clone())
        else {
            return;
        };
        let Some((target, _)) = self.trunk_target(index) else {
            return;
        };
        let Some(registrar) = register.registrar.uri() else {
            return;
        };
        let command = sip::Register {
            registration: registration(index),
            target,
            registrar: registrar.clone().build(),
            address_of_record: registrar.user(&register.user).build(),
            contact_user: register.user,
            credentials: Some(sip::Credentials {
                username: register.auth_user,
                password: register.password,
            }),
            expires: register.expires,
        };
        self.command(now, sip::Command::Register(Box::new(command)));
    }

    pub(crate) fn on_registration(
        &mut self,
        _now: Instant,
        registration: RegistrationId,
        state: RegistrationState,
    ) {
        let Some(trunk) = usize::try_from(registration.0)
            .ok()
            .and_then(|index| self.trunks.get_mut(index))
        else {
            return;
        };
        let name = trunk.name.clone();
        let before = trunk.registration.replace(state);
        self.untold.others();
        let was_failing = matches!(
            before,
            Some(RegistrationState::Failing { .. } | RegistrationState::Lapsed)
        );
        match state {
            RegistrationState::Failing {
                reason: Failure::Status(_) | Failure::Timeout | Failure::Transport,
                ..
            }
            | RegistrationState::Lapsed
                if !was_failing =>
            {
                self.warn(Warning::TrunkDown { trunk: name });
            }
            RegistrationState::Registered { .. } if was_failing => {
                self.warn(Warning::TrunkUp { trunk: name })
            }
            RegistrationState::Failing { .. }
            | RegistrationState::Lapsed
            | RegistrationState::Registered { .. }
            | RegistrationState::Unregistered => {}
        }
    }
}

fn registration(trunk: usize) -> RegistrationId {
    RegistrationId(u64::try_from(trunk).unwrap_or(u64::MAX))
}
