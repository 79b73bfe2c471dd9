//! One transaction as the layer keeps it: its machine, what it sends again, and its timers.

use std::time::Instant;

use bytes::Bytes;

use super::client_invite::ClientInvite;
use super::client_non_invite::ClientNonInvite;
use super::invites::Sender;
use super::server_invite::ServerInvite;
use super::server_non_invite::ServerNonInvite;
use super::timer::{Role, Timer};
use super::user::{ClientOwner, ServerOwner};
use crate::flow::Target;
use crate::timers::TimerHandle;
use crate::wire::{TimerKey, Wire};

pub(super) enum ClientMachine {
    Invite(ClientInvite),
    NonInvite(ClientNonInvite),
}

pub(super) enum ServerMachine {
    Invite(ServerInvite),
    NonInvite(ServerNonInvite),
}

/// The one timer of each role that a transaction may have.
#[derive(Default)]
pub(super) struct Clocks {
    retransmit: Option<TimerHandle>,
    wait: Option<TimerHandle>,
}

pub(super) struct Client {
    pub(super) machine: ClientMachine,
    pub(super) target: Target,
    /// The request; once it was finally answered, the ACK; otherwise empty, so that a finished transaction is small.
    pub(super) message: Bytes,
    pub(super) owner: ClientOwner,
    pub(super) clocks: Clocks,
    /// The To tag of the 2xx that was taken: another tag is another fork.
    pub(super) winner: Option<Bytes>,
}

pub(super) struct Server {
    pub(super) machine: ServerMachine,
    pub(super) sender: Sender,
    pub(super) target: Target,
    /// The last response; empty until there is one.
    pub(super) message: Bytes,
    pub(super) owner: ServerOwner,
    pub(super) clocks: Clocks,
    pub(super) merge: Option<u64>,
}

/// What the layer needs to know of a response.
#[derive(Copy, Clone)]
pub(crate) struct Response<'a> {
    pub(crate) status: u16,
    /// The tag of To; empty if there is none.
    pub(crate) to_tag: &'a [u8],
    /// Makes the ACK of a final response other than 2xx from the request that was sent.
    pub(crate) acknowledge: &'a dyn Fn(&Bytes) -> Bytes,
}

impl Client {
    /// Whether this is the 2xx again that won: the stored ACK answers it.
    pub(super) fn repeats(&self, response: &Response<'_>) -> bool {
        let won = self
            .winner
            .as_ref()
            .is_some_and(|winner| winner == response.to_tag);
        won && (200..300).contains(&response.status)
    }

    pub(super) fn acknowledge(&mut self, response: Option<&Response<'_>>) {
        if let Some(response) = response {
            self.message = (response.acknowledge)(&self.message);
        }
    }

    /// Whether the transaction user still expects a final response.
    pub(super) const fn waits(&self) -> bool {
        match self.machine {
            ClientMachine::Invite(machine) => matches!(
                machine,
                ClientInvite::Calling { .. } | ClientInvite::Proceeding | ClientInvite::Cancelled
            ),
            ClientMachine::NonInvite(machine) => {
                matches!(
                    machine,
                    ClientNonInvite::Trying { .. } | ClientNonInvite::Proceeding
                )
            }
        }
    }

    /// A finished transaction keeps only what a retransmission needs.
    pub(super) fn shrink(&mut self) {
        let finished = match self.machine {
            ClientMachine::Invite(machine) => {
                machine == ClientInvite::Accepted && self.winner.is_none()
            }
            ClientMachine::NonInvite(machine) => machine == ClientNonInvite::Completed,
        };
        if finished {
            self.message = Bytes::new();
        }
    }
}

impl Server {
    pub(super) fn shrink(&mut self) {
        if let ServerMachine::Invite(ServerInvite::Accepted | ServerInvite::Confirmed) =
            self.machine
        {
            self.message = Bytes::new();
        }
    }
}

impl Clocks {
    const fn slot(&mut self, role: Role) -> &mut Option<TimerHandle> {
        match role {
            Role::Retransmit => &mut self.retransmit,
            Role::Wait => &mut self.wait,
        }
    }

    pub(super) fn set(&mut self, wire: &mut Wire, key: TimerKey, timer: Timer, at: Instant) {
        let slot = self.slot(timer.role());
        if let Some(old) = slot.take() {
            wire.timers.stop(old);
        }
        *slot = Some(wire.timers.set(at, key));
    }

    pub(super) fn fired(&mut self, timer: Timer) {
        *self.slot(timer.role()) = None;
    }

    pub(super) fn quiet(&mut self, wire: &mut Wire) {
        if let Some(handle) = self.retransmit.take() {
            wire.timers.stop(handle);
        }
    }

    pub(super) fn stop(&mut self, wire: &mut Wire) {
        self.quiet(wire);
        if let Some(handle) = self.wait.take() {
            wire.timers.stop(handle);
        }
    }
}
