//! Our registrations with trunks: kept where the trunk is, over every reload, and told of when they fail.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use sip::{Failure, RegistrationId, RegistrationState};

use super::{Role, TrunkId, TrunkState};
use crate::engine::{Exchange, Timer};
use crate::gateways::is_of_gateway;
use crate::input::{NotRegistered, Warning};
use crate::settings::{Host, Register};

/// The pause before a registration that one address of a trunk did not take is tried at the next.
const AT_NEXT_ADDRESS_AFTER: Duration = Duration::from_secs(5);

/// A registration that we hold, or want to.
#[derive(Debug)]
pub(super) struct Registering {
    id: RegistrationId,
    /// Which trunk it belongs to.
    trunk: Option<TrunkId>,
    /// The address of record: its domain, and our user there.
    of: (Host, String),
    asked: Option<Asked>,
    state: RegistrationState,
    /// Until when the addresses that took no registration are left alone.
    pauses: BTreeMap<SocketAddr, Instant>,
    /// What people were told last, while that is bad.
    told: Option<NotRegistered>,
}

/// What was asked for last, and where.
#[derive(Debug)]
struct Asked {
    at: SocketAddr,
    register: Register,
}

impl Registering {
    pub(super) fn new(id: RegistrationId, register: &Register) -> Self {
        Self {
            id,
            trunk: None,
            of: (register.domain().clone(), register.user.clone()),
            asked: None,
            state: RegistrationState::Unregistered,
            pauses: BTreeMap::new(),
            told: None,
        }
    }

    /// Takes the registration out that was held for the same address of record, whichever trunk it belonged to: to
    /// end one and to begin the other at once would leave it to chance which of them the registrar heard last.
    pub(super) fn take(register: &Register, all: &mut Vec<Self>) -> Option<Self> {
        let of = (register.domain(), &register.user);
        let same = |held: &Self| (&held.of.0, &held.of.1) == of;
        let place = all.iter().position(same)?;
        let mut taken = all.swap_remove(place);
        // What fails is tried again at once when an administrator says so.
        if !taken.holds() {
            taken.asked = None;
            taken.pauses.clear();
        }
        Some(taken)
    }

    /// It belongs to a trunk from now on. By that one's name people were told nothing yet, where it was another's.
    pub(super) fn of_trunk(self, trunk: TrunkId) -> Self {
        let told = self.told.filter(|_| self.trunk == Some(trunk));
        let trunk = Some(trunk);
        Self {
            trunk,
            told,
            ..self
        }
    }

    pub(super) const fn is_told(&self) -> bool {
        self.told.is_some()
    }

    pub(super) const fn state(&self) -> RegistrationState {
        self.state
    }

    const fn holds(&self) -> bool {
        self.granted().is_some()
    }

    /// The registrar says how it stands with us. One that fails at an address is tried there again
    /// after a while, which it may have asked for itself.
    fn stands(&mut self, now: Instant, state: RegistrationState) {
        self.state = state;
        self.pauses.retain(|_, until| *until > now);
        let Some(asked) = &self.asked else {
            return;
        };
        match state {
            RegistrationState::Failing { retry_after, .. } => {
                self.pauses.insert(asked.at, now + retry_after);
            }
            RegistrationState::Registered { .. } => {
                self.pauses.remove(&asked.at);
            }
            RegistrationState::Lapsed | RegistrationState::Unregistered => {}
        }
    }

    /// Until when an address is left alone, if it is.
    fn pauses_at(&self, now: Instant, address: SocketAddr) -> Option<Instant> {
        let until = self.pauses.get(&address).copied();
        until.filter(|until| *until > now)
    }

    /// For how long the registrar holds us, if it does.
    const fn granted(&self) -> Option<Duration> {
        match self.state {
            RegistrationState::Registered { expires } => Some(expires),
            RegistrationState::Failing { .. }
            | RegistrationState::Lapsed
            | RegistrationState::Unregistered => None,
        }
    }
}

impl TrunkState {
    /// Where our registration was asked for last.
    pub(super) fn registered_at(&self) -> Option<SocketAddr> {
        let asked = self.registering.as_ref()?.asked.as_ref()?;
        Some(asked.at)
    }

    /// For how long a registrar may hold us from now on: what we ask for, or what it granted where that is longer.
    pub(super) fn registered_for(&self) -> Duration {
        let asked = self.settings.register.as_ref();
        let asked = asked.map(|register| register.expires);
        let granted = self.registering.as_ref().and_then(Registering::granted);
        asked.max(granted).unwrap_or_default()
    }

    pub(super) fn holds_what_it_registers(&self) -> bool {
        self.registering.as_ref().is_none_or(Registering::holds)
    }

    /// Whether what was asked for last, and where, is still what is wanted.
    fn is_registering(&self) -> bool {
        let asked = self.registering.as_ref();
        let asked = asked.and_then(|registering| registering.asked.as_ref());
        asked.is_some_and(|asked| {
            let at = self.whereabouts(self.registers_as());
            at.is_some_and(|at| at.addresses.contains(&asked.at))
                && self.settings.register.as_ref() == Some(&asked.register)
        })
    }
}

impl Exchange {
    /// Registers with a trunk that is elsewhere now, or otherwise than before.
    pub(super) fn register_if_needed(&mut self, now: Instant, id: TrunkId) {
        if self
            .trunks
            .get(id)
            .is_some_and(|trunk| !trunk.is_registering())
        {
            self.register_trunk(now, id);
        }
    }

    /// Registers with a trunk where its registrar is now, as soon as that address is no longer left alone.
    pub(super) fn register_trunk(&mut self, now: Instant, id: TrunkId) {
        let Some(role) = self.trunks.get(id).map(TrunkState::registers_as) else {
            return;
        };
        let Some(target) = self.trunk_place(id, role) else {
            // It has an address that none of our listeners speaks to; a name may only not be found yet.
            if self
                .trunks
                .get(id)
                .and_then(|trunk| trunk.address_as(role))
                .is_some()
            {
                self.registrar_is_nowhere(id);
            }
            return;
        };
        let Some(trunk) = self.trunks.get_mut(id) else {
            return;
        };
        let register = trunk.settings.register.clone();
        let (Some(registering), Some(register)) = (trunk.registering.as_mut(), register) else {
            return;
        };
        let at = target.remote();
        if let Some(until) = registering.pauses_at(now, at) {
            self.timers.arm(until, Timer::RegisterTrunk(id));
            return;
        }
        let Some(domain) = register.domain().uri() else {
            return;
        };
        let command = sip::Register {
            registration: registering.id,
            target,
            registrar: domain.clone().build(),
            address_of_record: domain.user(&register.user).build(),
            contact_user: register.user.clone(),
            credentials: Some(register.credentials()),
            expires: register.expires,
        };
        registering.asked = Some(Asked { at, register });
        self.command(now, sip::Command::Register(Box::new(command)));
    }

    /// No address of a registrar could be spoken to.
    pub(super) fn registrar_is_nowhere(&mut self, id: TrunkId) {
        let Some(trunk) = self.trunks.get_mut(id) else {
            return;
        };
        let Some(registering) = trunk.registering.as_mut() else {
            return;
        };
        let why = NotRegistered::Nowhere;
        if registering.told.replace(why) != Some(why) {
            let trunk = trunk.settings.name.clone();
            self.warn(Warning::TrunkNotRegistered { trunk, why });
        }
    }

    pub(super) fn unregister(&mut self, now: Instant, registering: &Registering) {
        let registration = registering.id;
        self.command(now, sip::Command::Unregister { registration });
    }

    pub(crate) fn on_registration(
        &mut self,
        now: Instant,
        registration: RegistrationId,
        state: RegistrationState,
    ) {
        let mut trunks = self.trunks.all.iter_mut();
        let found = trunks.find_map(|trunk| {
            let of_trunk = trunk.registering.as_mut();
            let held = of_trunk.filter(|registering| registering.id == registration)?;
            Some((trunk.id, trunk.settings.name.clone(), held))
        });
        let Some((id, trunk, registering)) = found else {
            return;
        };
        let held = registering.holds();
        registering.stands(now, state);
        let is_regained = !held && registering.holds();
        let before = registering.told;
        registering.told = match state {
            RegistrationState::Failing { reason, .. } => Some(why(reason)),
            RegistrationState::Lapsed => Some(NotRegistered::Lapsed),
            RegistrationState::Registered { .. } => None,
            RegistrationState::Unregistered => before,
        };
        let news = (before, registering.told);
        if let Some(trunk) = self.trunks.get_mut(id).filter(|_| is_regained) {
            trunk.uncarried.forget();
        }
        self.untold.others();
        match news {
            // It has just been told that it ran out without an answer.
            (Some(NotRegistered::Lapsed), Some(NotRegistered::Unanswered)) => {}
            (Some(_), None) => self.warn(Warning::TrunkRegistered { trunk }),
            (before, Some(why)) if before != Some(why) => {
                self.warn(Warning::TrunkNotRegistered { trunk, why });
            }
            (None | Some(_), None | Some(_)) => {}
        }
        if let RegistrationState::Failing { reason, .. } = state
            && is_of_gateway(reason)
        {
            self.leave_failing_address(now, id);
            let role = self.trunks.get(id).map(TrunkState::registers_as);
            self.look_up_lost_trunk(now, id, role.unwrap_or(Role::Calls));
        }
    }

    /// An address of a trunk took no registration: the next one may.
    fn leave_failing_address(&mut self, now: Instant, id: TrunkId) {
        let Some(trunk) = self.trunks.get_mut(id) else {
            return;
        };
        let Some(failing) = trunk.registered_at() else {
            return;
        };
        let role = trunk.registers_as();
        if let Some(at) = trunk.whereabouts_mut(role) {
            at.pass_over(failing);
        }
        if trunk.address_as(role) != Some(failing) {
            let soon = now + AT_NEXT_ADDRESS_AFTER;
            self.timers.arm(soon, Timer::RegisterTrunk(id));
        }
    }

    /// A registration that failed, or is held elsewhere than it should be, is tried where the trunk
    /// is now, unless it holds again.
    pub(crate) fn on_register_time(&mut self, now: Instant, id: TrunkId) {
        let Some(trunk) = self.trunks.get(id) else {
            return;
        };
        let is_wanted = trunk.holds_what_it_registers() && trunk.is_registering();
        if !is_wanted && trunk.registered_at() != trunk.address_as(trunk.registers_as()) {
            self.register_trunk(now, id);
        }
    }
}

/// Why our registration does not hold, as people are told it.
const fn why(reason: Failure) -> NotRegistered {
    match reason {
        Failure::Status(status) => NotRegistered::Refused(status),
        Failure::Timeout | Failure::Transport => NotRegistered::Unanswered,
    }
}
