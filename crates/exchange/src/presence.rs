//! Operators' phones: their registrations, and whether they answer.
//!
//! A phone is proved by REGISTER and by an answer to OPTIONS, whichever came last. Some phones
//! answer no OPTIONS at all: one that never did is believed as long as it keeps its registration,
//! until an offer meets no sign of life.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use dispatch::{Fact, OperatorId, Reachability};
use sip::{Flow, ProbeId, Target, Transport, User};

use crate::engine::{Exchange, Timer};
use crate::input::Output;
use crate::trunks::TrunkId;

/// Time from one OPTIONS to a phone to the next.
const PROBE_EVERY: Duration = Duration::from_secs(30);
/// Time from the miss of a phone, or a probe that failed, to the next probe.
const PROBE_SOON: Duration = Duration::from_secs(10);

/// What is known of the operators' phones.
#[derive(Debug, Default)]
pub(crate) struct Presences {
    by_operator: BTreeMap<OperatorId, Presence>,
    /// How many phones are registered, of all operators.
    registered: usize,
    /// Who is registered on the flows of each host, whichever address of ours they come to: several accounts may share
    /// one, and an account may have several.
    by_host: BTreeMap<IpAddr, BTreeMap<Flow, BTreeSet<OperatorId>>>,
    probes: BTreeMap<ProbeId, Probed>,
    next_probe: u64,
}

/// What a probe was sent to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Probed {
    /// An operator's phone, by this flow, in the round that began then.
    Phone(OperatorId, Flow, Instant),
    /// A trunk, at this address.
    Trunk(TrunkId, SocketAddr),
}

#[derive(Debug, Default)]
struct Presence {
    phones: Vec<Phone>,
    reachability: Option<Reachability>,
    /// When one of them registered or answered last.
    seen: Option<Instant>,
    /// Probes without an answer yet, of the round that runs.
    open: usize,
    /// When that round began.
    asked: Option<Instant>,
    armed: Armed,
}

/// Whether a phone ever answered OPTIONS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Probes {
    NeverAnswered,
    Answered,
}

/// How well a flow is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Acquaintance {
    /// A phone is registered on it.
    Phone,
    /// A phone of the same host is registered on another.
    HostOfPhone,
    Nobody,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Armed {
    #[default]
    No,
    Yes,
}

/// One registered phone.
#[derive(Clone)]
pub(crate) struct Phone {
    pub(crate) contact: sip::Uri,
    pub(crate) flow: Flow,
    instance: Option<sip::Instance>,
    probes: Probes,
}

impl std::fmt::Debug for Phone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Phone")
            .field("flow", &self.flow)
            .finish_non_exhaustive()
    }
}

impl Phone {
    pub(crate) fn registered(&self) -> sip::Registered {
        sip::Registered {
            contact: self.contact.clone(),
            flow: self.flow,
            instance: self.instance.clone(),
        }
    }
}

impl Presences {
    /// What is known of a flow by the phones that are registered.
    pub(crate) fn acquaintance(&self, flow: &Flow) -> Acquaintance {
        match self.by_host.get(&flow.remote.ip()) {
            Some(flows) if flows.contains_key(&flow.at(None)) => Acquaintance::Phone,
            Some(_) => Acquaintance::HostOfPhone,
            None => Acquaintance::Nobody,
        }
    }

    pub(crate) fn phones(&self, operator: OperatorId) -> &[Phone] {
        self.by_operator
            .get(&operator)
            .map_or(&[], |presence| &presence.phones)
    }

    /// How many phones are registered. One that came back with another contact counts twice, until
    /// the older one is gone: both would ring.
    pub(crate) const fn registered(&self) -> usize {
        self.registered
    }

    /// When a phone of an operator registered or answered last.
    pub(crate) fn seen(&self, operator: OperatorId) -> Option<Instant> {
        self.by_operator.get(&operator)?.seen
    }

    pub(crate) fn next_probe(&mut self, probed: Probed) -> ProbeId {
        self.next_probe += 1;
        let probe = ProbeId(self.next_probe);
        self.probes.insert(probe, probed);
        probe
    }

    fn replace(&mut self, operator: OperatorId, mut phones: Vec<Phone>) {
        let presence = self.by_operator.entry(operator).or_default();
        self.registered += phones.len();
        self.registered -= presence.phones.len();
        for phone in &mut phones {
            phone.probes = presence.probes_of(&phone.contact);
        }
        for phone in std::mem::take(&mut presence.phones) {
            let ip = phone.flow.remote.ip();
            let flows = self.by_host.entry(ip).or_default();
            let flow = phone.flow.at(None);
            let operators = flows.entry(flow).or_default();
            operators.remove(&operator);
            if operators.is_empty() {
                flows.remove(&flow);
            }
            if flows.is_empty() {
                self.by_host.remove(&ip);
            }
        }
        for phone in &phones {
            let flows = self.by_host.entry(phone.flow.remote.ip()).or_default();
            let operators = flows.entry(phone.flow.at(None)).or_default();
            operators.insert(operator);
        }
        self.by_operator.entry(operator).or_default().phones = phones;
    }
}

impl Presence {
    fn probes_of(&self, contact: &sip::Uri) -> Probes {
        let mut phones = self.phones.iter();
        let known = phones.find(|phone| phone.contact.bytes() == contact.bytes());
        known.map_or(Probes::NeverAnswered, |phone| phone.probes)
    }

    fn answered_by(&mut self, flow: Flow) {
        for phone in self.phones.iter_mut().filter(|phone| phone.flow == flow) {
            phone.probes = Probes::Answered;
        }
    }

    /// Whether a round without an answer says that nobody is there.
    fn is_lost_by_silence(&self) -> bool {
        let proved_since = self.seen >= self.asked;
        let mut phones = self.phones.iter();
        let registered = self.reachability == Some(Reachability::Reachable)
            && phones.any(|phone| phone.probes == Probes::NeverAnswered);
        !proved_since && !registered
    }
}

impl Exchange {
    /// A phone registered, or its registration ended.
    pub(crate) fn on_bindings(&mut self, now: Instant, user: &User, bindings: Vec<sip::Binding>) {
        let Ok(operator) = OperatorId::parse(&user.0) else {
            return;
        };
        let phones: Vec<Phone> = bindings
            .iter()
            .map(|binding| Phone {
                contact: binding.contact.clone(),
                flow: binding.flow,
                instance: binding.instance.clone(),
                probes: Probes::NeverAnswered,
            })
            .collect();
        let proven = bindings
            .iter()
            .any(|binding| binding.state == sip::BindingState::Proven);
        let kept = bindings
            .iter()
            .filter(|binding| binding.flow.transport == Transport::Udp)
            .map(|binding| sip::RestoredBinding {
                user: user.clone(),
                contact: binding.contact.clone(),
                flow: binding.flow,
                remaining: binding.expires_at.saturating_duration_since(now),
                instance: binding.instance.clone(),
            });
        let bindings = kept.collect();
        self.push(Output::KeepBindings {
            user: operator,
            bindings,
        });
        let reachability = match (phones.is_empty(), proven) {
            (true, _) => Reachability::Unreachable,
            (false, true) => Reachability::Reachable,
            (false, false) => Reachability::Unproven,
        };
        let before = self.presences.phones(operator).to_vec();
        self.presences.replace(operator, phones);
        self.follow_phones(now, operator, &before);
        self.untold.operator(operator);
        self.reached(now, operator, reachability);
        let soon = if proven { PROBE_EVERY } else { Duration::ZERO };
        self.arm_probe(now, operator, soon);
    }

    /// Appends what is known of a phone, when that is news.
    fn reached(&mut self, now: Instant, operator: OperatorId, reachability: Reachability) {
        // A phone that registers or answers again proves itself even if nothing else changed: its rest may end by it.
        let proves = reachability == Reachability::Reachable
            && self
                .dispatcher()
                .operator(operator)
                .is_some_and(|view| view.rest.is_some());
        let presence = self.presences.by_operator.entry(operator).or_default();
        if reachability == Reachability::Reachable {
            presence.seen = Some(now);
        }
        if presence.reachability == Some(reachability) && !proves {
            return;
        }
        presence.reachability = Some(reachability);
        self.append(
            now,
            Fact::Reached {
                operator,
                reachability,
            },
        );
    }

    /// A phone did not answer an offer or is dead in a call: it is asked again soon, and until then
    /// it is not reachable.
    pub(crate) fn phone_did_not_answer(&mut self, now: Instant, operator: OperatorId) {
        if self.presences.phones(operator).is_empty() {
            return;
        }
        if let Some(presence) = self.presences.by_operator.get_mut(&operator) {
            presence.reachability = Some(Reachability::Unreachable);
            presence.armed = Armed::No;
        }
        self.append(
            now,
            Fact::Reached {
                operator,
                reachability: Reachability::Unreachable,
            },
        );
        self.arm_probe(now, operator, PROBE_SOON);
    }

    fn arm_probe(&mut self, now: Instant, operator: OperatorId, after: Duration) {
        let Some(presence) = self.presences.by_operator.get_mut(&operator) else {
            return;
        };
        if presence.phones.is_empty() || presence.armed == Armed::Yes {
            return;
        }
        presence.armed = Armed::Yes;
        self.timers.arm(now + after, Timer::ProbePhone(operator));
    }

    /// Asks each phone of an operator whether it is there.
    pub(crate) fn probe_phone(&mut self, now: Instant, operator: OperatorId) {
        let phones = self.presences.phones(operator).to_vec();
        if let Some(presence) = self.presences.by_operator.get_mut(&operator) {
            presence.armed = Armed::No;
            presence.open = phones.len();
            presence.asked = Some(now);
        }
        for phone in phones {
            let probe = self
                .presences
                .next_probe(Probed::Phone(operator, phone.flow, now));
            self.command(
                now,
                sip::Command::Probe {
                    probe,
                    target: Target::Flow(phone.flow),
                    uri: phone.contact,
                },
            );
        }
    }

    pub(crate) fn on_probed(&mut self, now: Instant, probe: ProbeId, answered: bool) {
        match self.presences.probes.remove(&probe) {
            Some(Probed::Phone(operator, flow, _)) if answered => {
                self.phone_answered(now, operator, flow);
            }
            Some(Probed::Phone(operator, _, asked)) => self.phone_was_silent(now, operator, asked),
            Some(Probed::Trunk(trunk, address)) => {
                self.on_trunk_probed(now, trunk, address, answered);
            }
            None => {}
        }
    }

    fn phone_answered(&mut self, now: Instant, operator: OperatorId, flow: Flow) {
        let Some(presence) = self.presences.by_operator.get_mut(&operator) else {
            return;
        };
        presence.open = 0;
        if presence.phones.is_empty() {
            return;
        }
        presence.answered_by(flow);
        self.reached(now, operator, Reachability::Reachable);
        self.arm_probe(now, operator, PROBE_EVERY);
    }

    fn phone_was_silent(&mut self, now: Instant, operator: OperatorId, asked: Instant) {
        let Some(presence) = self.presences.by_operator.get_mut(&operator) else {
            return;
        };
        // A REGISTER begins a round before the one under way is over: the later one decides.
        if presence.asked != Some(asked) {
            return;
        }
        presence.open = presence.open.saturating_sub(1);
        if presence.phones.is_empty() || presence.open > 0 {
            return;
        }
        let again = if presence.is_lost_by_silence() {
            self.reached(now, operator, Reachability::Unreachable);
            PROBE_SOON
        } else {
            PROBE_EVERY
        };
        self.arm_probe(now, operator, again);
    }
}

#[cfg(test)]
mod tests {
    use sip::ListenerId;

    use super::*;

    #[test]
    fn a_phone_is_known_at_whichever_address_of_ours_it_speaks_to() {
        let flow = Flow::udp(ListenerId(1), SocketAddr::from(([192, 0, 2, 7], 5_060)));
        let asked = |last| flow.at(Some([10, 9, 0, last].into()));
        let phone = Phone {
            contact: sip::Uri::parse("sip:jana@192.0.2.7").unwrap(),
            flow: asked(1),
            instance: None,
            probes: Probes::NeverAnswered,
        };
        let operator = OperatorId::parse("jana").unwrap();
        let mut presences = Presences::default();

        presences.replace(operator, vec![phone]);
        assert_eq!(presences.acquaintance(&asked(1)), Acquaintance::Phone);
        assert_eq!(presences.acquaintance(&asked(2)), Acquaintance::Phone);

        presences.replace(operator, Vec::new());
        assert_eq!(presences.acquaintance(&asked(1)), Acquaintance::Nobody);
    }
}
