//! Where a trunk is, and whether it answers there: look-ups of its name, probes, and what people are told of both.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::{Role, TrunkId, TrunkState, literal};
use crate::engine::{Exchange, Timer};
use crate::input::{Output, Resolution, Warning};
use crate::presence::Probed;
use crate::settings::Trunk;
use crate::timers::TimerId;

/// Time from one look-up of a trunk's name to the next, while the trunk is well.
const LOOKUP_EVERY: Duration = Duration::from_secs(300);
/// The same while it is not, since it may have moved; and the longest wait for an answer.
const LOOKUP_EVERY_IN_TROUBLE: Duration = Duration::from_secs(60);
/// The pause after a look-up that found nothing; it doubles up to [`LOOKUP_EVERY_IN_TROUBLE`].
const LOOKUP_AGAIN_AFTER: Duration = Duration::from_secs(2);
/// Look-ups that found nothing in a row after which a trunk that is nowhere counts as down.
const LOOKUPS_FAILED: u32 = 2;
/// How long an answer to a probe may take until the trunk counts as seen no longer: time enough for three further copies.
const ANSWERS_WITHIN: Duration = Duration::from_secs(4);
/// Probes without an answer in a row after which a trunk counts as down.
const PROBES_FAILED: u32 = 2;

/// Whether a trunk answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrunkHealth {
    /// It is never asked: nobody knows.
    NotProbed,
    /// It is asked and has not answered yet.
    Unknown,
    /// It answered the last probe.
    Up,
    /// It did not answer the last probe, or not yet and should have; it answered the one before.
    Silent,
    /// It does not answer, or is nowhere to be found.
    Down,
}

/// Time between two probes of a trunk; none of one that nobody would know where to ask.
pub(super) fn probed_every(settings: &Trunk) -> Option<Duration> {
    settings
        .probe_interval
        .filter(|_| settings.host().is_some())
}

impl TrunkHealth {
    pub(super) fn of_new(settings: &Trunk) -> Self {
        match probed_every(settings) {
            None => Self::NotProbed,
            Some(_) => Self::Unknown,
        }
    }

    /// What is left of it under other settings.
    pub(super) fn under(self, settings: &Trunk) -> Self {
        match (probed_every(settings), self) {
            (None, _) | (Some(_), Self::NotProbed) => Self::of_new(settings),
            (Some(_), Self::Unknown | Self::Up | Self::Silent | Self::Down) => self,
        }
    }
}

/// Why a trunk counts as down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreached {
    /// It does not answer.
    Silent,
    /// It has no address that we could speak to.
    Nowhere,
}

/// What is known of the look-ups of a trunk's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lookup {
    /// Its host is an address, or it has none.
    No,
    /// It is being looked up, after so many look-ups in a row that found nothing; asked again at the timer.
    Asked { again: TimerId, failed: u32 },
    /// So many look-ups in a row found nothing; looked up again at the timer.
    Pauses { again: TimerId, failed: u32 },
}

impl Lookup {
    pub(super) const fn timer(self) -> Option<TimerId> {
        match self {
            Self::No => None,
            Self::Asked { again, .. } | Self::Pauses { again, .. } => Some(again),
        }
    }

    const fn failed(self) -> u32 {
        match self {
            Self::No => 0,
            Self::Asked { failed, .. } | Self::Pauses { failed, .. } => failed,
        }
    }
}

impl TrunkState {
    /// One of its hosts is at other addresses now.
    fn found(&mut self, now: Instant, role: Role, addresses: Vec<SocketAddr>) {
        let before = self.address();
        let registered = self.registered_for();
        if let Some(at) = self.whereabouts_mut(role) {
            at.found(now, addresses, registered);
        }
        if self.address() != before {
            self.moved();
            self.uncarried.forget();
        }
    }

    /// Of its new address nothing is known; a trunk that is down stays it until it answers.
    fn moved(&mut self) {
        match self.health {
            TrunkHealth::Up | TrunkHealth::Silent | TrunkHealth::Unknown => {
                self.health = TrunkHealth::Unknown;
                self.failures = 0;
            }
            TrunkHealth::Down if probed_every(&self.settings).is_none() => {
                self.health = TrunkHealth::NotProbed;
            }
            TrunkHealth::NotProbed | TrunkHealth::Down => {}
        }
    }

    fn is_well(&self) -> bool {
        self.health != TrunkHealth::Down && self.holds_what_it_registers()
    }
}

impl Exchange {
    /// Has the name of one of a trunk's hosts looked up, now and again and again.
    pub(crate) fn look_up_trunk(&mut self, now: Instant, id: TrunkId, role: Role) {
        let Some(trunk) = self.trunks.get_mut(id) else {
            return;
        };
        let name = role.host(&trunk.settings);
        let Some(host) = name.filter(|host| literal(host).is_none()).cloned() else {
            return;
        };
        let protocol = trunk.settings.protocol;
        let Some(at) = trunk.whereabouts_mut(role) else {
            return;
        };
        at.left.forget(now);
        let again = now + LOOKUP_EVERY_IN_TROUBLE;
        let again = self.timers.arm(again, Timer::LookUpTrunk(id, role));
        let failed = at.lookup.failed();
        let before = std::mem::replace(&mut at.lookup, Lookup::Asked { again, failed });
        if let Some(before) = before.timer() {
            self.timers.cancel(before);
        }
        self.push(Output::Resolve { host, protocol });
    }

    pub(crate) fn on_resolved(&mut self, now: Instant, resolution: Resolution) {
        let Resolution {
            host,
            protocol,
            mut addresses,
        } = resolution;
        // What no listener speaks to is no address for us.
        addresses.retain(|address| self.listener_for(protocol, *address).is_some());
        let of_host = |trunk: &TrunkState, role: Role| {
            role.host(&trunk.settings) == Some(&host) && trunk.settings.protocol == protocol
        };
        let trunks = self.trunks.iter();
        let roles = trunks.flat_map(|trunk| Role::ALL.map(|role| (trunk, role)));
        let sought = roles.filter(|(trunk, role)| of_host(trunk, *role));
        let sought: Vec<(TrunkId, Role)> = sought.map(|(trunk, role)| (trunk.id, role)).collect();
        for (id, role) in sought {
            if addresses.is_empty() {
                self.on_trunk_not_found(now, id, role);
            } else {
                self.on_trunk_found(now, id, role, addresses.clone());
            }
        }
    }

    /// A name server that fails takes no address away.
    fn on_trunk_not_found(&mut self, now: Instant, id: TrunkId, role: Role) {
        let trunk = self.trunks.get(id);
        let Some(at) = trunk.and_then(|trunk| trunk.whereabouts(role)) else {
            return;
        };
        // Another trunk of the same name asked.
        let Lookup::Asked { failed, .. } = at.lookup else {
            return;
        };
        let nowhere = at.addresses.is_empty();
        let pause = LOOKUP_AGAIN_AFTER.saturating_mul(1 << failed.min(10));
        let failed = failed.saturating_add(1);
        let pause = pause.min(LOOKUP_EVERY_IN_TROUBLE);
        self.look_up_after(now, (id, role), pause, failed);
        if nowhere && failed >= LOOKUPS_FAILED {
            match role {
                Role::Calls => self.trunk_is_down(now, id, Unreached::Nowhere),
                Role::Registrar => self.registrar_is_nowhere(id),
            }
        }
    }

    fn on_trunk_found(
        &mut self,
        now: Instant,
        id: TrunkId,
        role: Role,
        addresses: Vec<SocketAddr>,
    ) {
        let Some(trunk) = self.trunks.get_mut(id) else {
            return;
        };
        let before = trunk.address();
        trunk.found(now, role, addresses);
        let pause = if trunk.is_well() {
            LOOKUP_EVERY
        } else {
            LOOKUP_EVERY_IN_TROUBLE
        };
        let is_elsewhere = trunk.address() != before;
        let unasked = probed_every(&trunk.settings).is_none();
        if unasked && trunk.told.take_if(|_| is_elsewhere).is_some() {
            let trunk = trunk.settings.name.clone();
            self.warn(Warning::TrunkFound { trunk });
        }
        self.look_up_after(now, (id, role), pause, 0);
        if is_elsewhere {
            self.untold.others();
            self.probe_trunk(now, id);
        }
        self.register_if_needed(now, id);
    }

    fn look_up_after(
        &mut self,
        now: Instant,
        (id, role): (TrunkId, Role),
        pause: Duration,
        failed: u32,
    ) {
        let trunk = self.trunks.get_mut(id);
        let Some(at) = trunk.and_then(|trunk| trunk.whereabouts_mut(role)) else {
            return;
        };
        let again = self.timers.arm(now + pause, Timer::LookUpTrunk(id, role));
        let before = std::mem::replace(&mut at.lookup, Lookup::Pauses { again, failed });
        if let Some(before) = before.timer() {
            self.timers.cancel(before);
        }
    }

    /// Asks a trunk whether it is there, now and again and again. One that is nowhere cannot answer.
    pub(crate) fn probe_trunk(&mut self, now: Instant, id: TrunkId) {
        self.probe_trunk_later(now, id);
        let trunk = self.trunks.get(id).map(|trunk| &trunk.settings);
        let Some(trunk) = trunk.filter(|trunk| probed_every(trunk).is_some()) else {
            return;
        };
        let host = trunk.host();
        let uri = host.and_then(crate::settings::Host::uri);
        let Some((target, uri)) = self.trunk_place(id, Role::Calls).zip(uri) else {
            return self.on_trunk_silent(now, id, Unreached::Nowhere);
        };
        let probed = Probed::Trunk(id, target.remote());
        let (probe, uri) = (self.presences.next_probe(probed), uri.build());
        self.await_trunk(now, id);
        self.command(now, sip::Command::Probe { probe, target, uri });
    }

    /// The first probe without an answer is the one that is waited for.
    fn await_trunk(&mut self, now: Instant, id: TrunkId) {
        let Some(trunk) = self.trunks.get_mut(id) else {
            return;
        };
        if trunk.awaited.is_some() {
            return;
        }
        let Some(every) = probed_every(&trunk.settings) else {
            return;
        };
        let late = now + every.min(ANSWERS_WITHIN);
        trunk.awaited = Some(self.timers.arm(late, Timer::TrunkLate(id)));
    }

    /// A trunk has not answered for so long that it is no longer known to be well. Whether it is down is for its probes to say.
    pub(crate) fn on_trunk_late(&mut self, id: TrunkId) {
        if let Some(trunk) = self.trunks.get_mut(id) {
            trunk.awaited = None;
        }
        self.trunk_is_silent(id);
    }

    fn trunk_is_silent(&mut self, id: TrunkId) {
        let trunk = self.trunks.get_mut(id);
        if let Some(trunk) = trunk.filter(|trunk| trunk.health == TrunkHealth::Up) {
            trunk.health = TrunkHealth::Silent;
            self.untold.others();
        }
    }

    pub(super) fn probe_trunk_later(&mut self, now: Instant, id: TrunkId) {
        let Some(trunk) = self.trunks.get_mut(id) else {
            return;
        };
        let Some(every) = probed_every(&trunk.settings) else {
            return;
        };
        let again = self.timers.arm(now + every, Timer::ProbeTrunk(id));
        if let Some(before) = trunk.probe.replace(again) {
            self.timers.cancel(before);
        }
    }

    /// A probe of one of a trunk's addresses is over. What was asked of an address that is no longer used says nothing.
    pub(crate) fn on_trunk_probed(
        &mut self,
        now: Instant,
        id: TrunkId,
        address: SocketAddr,
        answered: bool,
    ) {
        let is_asked = |trunk: &TrunkState| {
            probed_every(&trunk.settings).is_some() && trunk.address() == Some(address)
        };
        if !self.trunks.get(id).is_some_and(is_asked) {
            return;
        }
        if answered {
            self.on_trunk_answers(id);
        } else {
            self.on_trunk_silent(now, id, Unreached::Silent);
        }
    }

    /// Any answer means that a trunk lives.
    fn on_trunk_answers(&mut self, id: TrunkId) {
        let Some(trunk) = self.trunks.get_mut(id) else {
            return;
        };
        trunk.failures = 0;
        if let Some(awaited) = trunk.awaited.take() {
            self.timers.cancel(awaited);
        }
        let before = std::mem::replace(&mut trunk.health, TrunkHealth::Up);
        let told = trunk.told.take();
        let name = trunk.settings.name.clone();
        if before != TrunkHealth::Up {
            trunk.uncarried.forget();
            self.untold.others();
        }
        if told.is_some() {
            self.warn(Warning::TrunkUp { trunk: name });
        }
    }

    /// After two silences in a row a trunk is down, and its next address is tried.
    fn on_trunk_silent(&mut self, now: Instant, id: TrunkId, why: Unreached) {
        let Some(trunk) = self.trunks.get_mut(id) else {
            return;
        };
        trunk.failures = trunk.failures.saturating_add(1);
        if trunk.failures >= PROBES_FAILED {
            let silent = trunk.address();
            self.trunk_is_down(now, id, why);
            return self.leave_silent_address(now, id, silent);
        }
        self.trunk_is_silent(id);
    }

    fn leave_silent_address(&mut self, now: Instant, id: TrunkId, silent: Option<SocketAddr>) {
        let (Some(trunk), Some(silent)) = (self.trunks.get_mut(id), silent) else {
            return;
        };
        trunk.pass_over(silent);
        let role = trunk.registers_as();
        if trunk.address_as(role) != Some(silent) && trunk.registered_at() == Some(silent) {
            self.register_trunk(now, id);
        }
    }

    /// People are told once of each cause, and its name is looked up at once: it may have moved.
    fn trunk_is_down(&mut self, now: Instant, id: TrunkId, why: Unreached) {
        let Some(trunk) = self.trunks.get_mut(id) else {
            return;
        };
        let was = std::mem::replace(&mut trunk.health, TrunkHealth::Down);
        let told = trunk.told.replace(why);
        let trunk = trunk.settings.name.clone();
        if told != Some(why) {
            self.warn(match why {
                Unreached::Silent => Warning::TrunkDown { trunk },
                Unreached::Nowhere => Warning::TrunkNotFound { trunk },
            });
        }
        if was == TrunkHealth::Down {
            return;
        }
        self.untold.others();
        self.look_up_lost_trunk(now, id, Role::Calls);
    }

    /// Looks a trunk up that does not answer where it was found.
    pub(super) fn look_up_lost_trunk(&mut self, now: Instant, id: TrunkId, role: Role) {
        let trunk = self.trunks.get(id);
        let at = trunk.and_then(|trunk| trunk.whereabouts(role));
        match at.map(|at| at.lookup) {
            Some(Lookup::Pauses { failed: 0, .. }) => self.look_up_trunk(now, id, role),
            Some(Lookup::No | Lookup::Asked { .. } | Lookup::Pauses { .. }) | None => {}
        }
    }
}
