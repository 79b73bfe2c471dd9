//! What happens when time passes or a transport fails.

use super::{Endpoint, Failure};
use crate::flow::{Flow, OpenedBy, Target};
use crate::transaction::{ClientKey, ClientOwner, Report, ServerOwner};
use crate::wire::TimerKey;

impl Endpoint {
    /// Runs every timer that is due.
    pub(super) fn expire(&mut self) {
        let now = self.core.wire.now;
        while let Some(key) = self.core.wire.timers.take_due(now) {
            self.on_timer(key);
        }
    }

    fn on_timer(&mut self, key: TimerKey) {
        let report = match key {
            TimerKey::Client(key, timer) => {
                self.core
                    .transactions
                    .on_client_timer(&mut self.core.wire, key, timer)
            }
            TimerKey::Server(key, timer) => {
                self.core
                    .transactions
                    .on_server_timer(&mut self.core.wire, key, timer)
            }
            TimerKey::Dialog(dialog, timer) => {
                self.with_dialog(dialog, |dialog, core| dialog.on_timer(core, timer));
                None
            }
            TimerKey::Registration(registration) => {
                self.registrations.on_timer(&mut self.core, registration);
                None
            }
            TimerKey::RegistrationEnds(registration) => {
                self.registrations.on_end(&mut self.core, registration);
                None
            }
            TimerKey::Binding(binding) => {
                self.registrar.expire(&mut self.core, binding);
                None
            }
            TimerKey::Request(request) => {
                self.requests.expire(&mut self.core, request);
                None
            }
        };
        if let Some(report) = report {
            self.on_report(report);
        }
    }

    fn on_report(&mut self, report: Report) {
        match report {
            Report::ClientTimedOut { key, owner } => self.on_silence(key, owner, Failure::Timeout),
            Report::ClientFailed { key, owner } => self.on_silence(key, owner, Failure::Transport),
            // A refusal that is never acknowledged needs no act: its sender has given up.
            Report::NeverAcknowledged {
                owner: ServerOwner::Dialog(_) | ServerOwner::Endpoint,
            } => {}
        }
    }

    fn on_silence(&mut self, key: ClientKey, owner: ClientOwner, failure: Failure) {
        match owner {
            ClientOwner::Dialog(dialog) => {
                self.with_dialog(dialog, |dialog, core| dialog.on_silence(core, key, failure));
            }
            ClientOwner::Registration(registration) => {
                self.registrations
                    .on_silence(&mut self.core, registration, key, failure);
            }
            ClientOwner::Probe(probe) => {
                self.probes
                    .on_outcome(&mut self.core, probe, key, Err(failure))
            }
            ClientOwner::Nobody => {}
        }
    }

    /// The requests sent to that target and not yet answered fail, as if by 503 (RFC 3261 §8.1.3.1), unless they have
    /// another way.
    pub(super) fn send_failed(&mut self, target: Target) {
        let Some(way) = target.ways().last() else {
            return;
        };
        for key in self.core.transactions.sent_by(way) {
            let around = self.around(key, way);
            let (transactions, wire) = (&mut self.core.transactions, &mut self.core.wire);
            let report = match (way, around) {
                (Target::Flow(_), _) => transactions.on_flow_lost(wire, key),
                (Target::Address { .. } | Target::FlowOrAddress { .. }, Some(around)) => {
                    transactions.divert(wire, key, around);
                    None
                }
                (Target::Address { .. } | Target::FlowOrAddress { .. }, None) => {
                    transactions.on_transport_error(wire, key)
                }
            };
            if let Some(report) = report {
                self.on_report(report);
            }
        }
    }

    /// Another way for what went to an address that a peer named in its dialog.
    fn around(&mut self, key: ClientKey, failed: Target) -> Option<Target> {
        let dialog = match self.core.transactions.sender(key, failed)? {
            ClientOwner::Dialog(dialog) => self.dialogs.get_mut(dialog)?,
            ClientOwner::Registration(_) | ClientOwner::Probe(_) | ClientOwner::Nobody => {
                return None;
            }
        };
        match failed {
            Target::Address { .. } => dialog.around(failed, self.core.own_addresses()),
            Target::Flow(_) | Target::FlowOrAddress { .. } => None,
        }
    }

    /// A connection is gone: its bindings with it, and the requests that waited on it.
    pub(super) fn flow_closed(&mut self, flow: Flow, opened: OpenedBy) {
        self.registrar.flow_closed(&mut self.core, flow);
        match opened {
            OpenedBy::Us => self.connection_lost(flow),
            OpenedBy::Peer => {}
        }
        self.send_failed(Target::Flow(flow));
    }

    /// What was sent to the address of a connection that we had opened was sent by it. Whoever was to answer is not
    /// waited for, so that a call goes to the next gateway at once.
    fn connection_lost(&mut self, flow: Flow) {
        let target = Target::Address {
            listener: flow.listener,
            protocol: flow.transport.protocol(),
            remote: flow.remote,
            local: None,
        };
        for key in self.core.transactions.sent_by(target) {
            let (transactions, wire) = (&mut self.core.transactions, &mut self.core.wire);
            if let Some(report) = transactions.on_connection_lost(wire, key) {
                self.on_report(report);
            }
        }
    }
}
