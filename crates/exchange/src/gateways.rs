//! A trunk of several addresses: a call that one of them does not take goes to the next (RFC 3263 §4.3).

use std::time::{Duration, Instant};

use dispatch::{LegId, Miss};
use sip::{DialogId, Failure, Status};

use crate::calling::SIGN_OF_LIFE_BY_TRUNK;
use crate::engine::{Exchange, Timer};
use crate::legs::{CalledStage, Whom};
use crate::settings::Who;

/// A gateway that does not even say 100 within this time is passed over: by then the INVITE was
/// sent four times over UDP.
pub(crate) const SIGN_OF_LIFE_OF_GATEWAY: Duration = Duration::from_secs(4);

/// Whether a failure says something of the gateway rather than of the telephone behind it.
pub(crate) fn is_of_gateway(reason: Failure) -> bool {
    match reason {
        Failure::Timeout | Failure::Transport => true,
        Failure::Status(status) => status == Status::SERVICE_UNAVAILABLE,
    }
}

impl Exchange {
    /// The gateway lives: from now on it is the telephone that is waited for.
    pub(crate) fn on_trying(&mut self, now: Instant, dialog: DialogId) {
        let Some(leg) = self.leg_of(dialog) else {
            return;
        };
        let Some(called) = self.called.get_mut(&leg) else {
            return;
        };
        if let (CalledStage::Calling { silent }, Some(_)) = (&mut called.stage, called.gateway) {
            let patience = now + SIGN_OF_LIFE_BY_TRUNK;
            let gateways = std::mem::replace(silent, self.timers.arm(patience, Timer::Silent(leg)));
            self.timers.cancel(gateways);
        }
    }

    /// A gateway did not even say 100: the next one is called, or else nobody was, and nobody missed it.
    pub(crate) fn on_gateway_silent(&mut self, now: Instant, leg: LegId) {
        let Some(called) = self.called.get(&leg) else {
            return;
        };
        let dialog = called.dialog;
        if self.try_next_gateway(now, leg).is_some() {
            let reason = None;
            return self.command(now, sip::Command::Cancel { dialog, reason });
        }
        self.on_call_not_carried(now, leg, Failure::Timeout);
        self.on_no_sign_of_life(now, leg, Miss::Ours);
    }

    /// Calls by the next address of the trunk, if there is one that was not yet tried, and gives
    /// the new leg. The old one then means nothing any more; otherwise it is as it was, and its
    /// failure is that of the call.
    pub(crate) fn try_next_gateway(&mut self, now: Instant, leg: LegId) -> Option<LegId> {
        let called = self.called.get(&leg)?;
        let (CalledStage::Calling { .. } | CalledStage::Ringing, Some(gateway)) =
            (called.stage, called.gateway)
        else {
            return None;
        };
        let (contact, whom) = (called.contact, called.whom);
        if let Some(trunk) = self.trunks.get_mut(gateway.trunk) {
            trunk.pass_over(gateway.address);
        }
        let others = gateway.others.checked_sub(1)?;
        let who = match whom {
            Whom::Desk(_) => return None,
            Whom::Home(operator) => Who::OnCall(operator),
            Whom::Partner(partner) => Who::Partner(partner),
        };
        let entry = self.directory(who)?;
        let mut call = self.call_by_trunk(contact, &entry)?;
        if let Some(next) = &mut call.gateway {
            next.others = others;
        }
        let next = self.call(now, call, self.thread_of(contact)?)?;
        self.replace(leg, next);
        Some(next)
    }

    /// A leg takes the place of another one in what its contact is offered.
    fn replace(&mut self, leg: LegId, by: LegId) {
        let Some(called) = self.called.get(&leg) else {
            return;
        };
        let (contact, whom) = (called.contact, called.whom);
        let Some(legs) = self.contacts.get_mut(&contact) else {
            return;
        };
        match whom {
            Whom::Desk(operator) | Whom::Home(operator) => {
                if let Some(offer) = legs.offers.get_mut(&operator) {
                    offer.legs.remove(&leg);
                    offer.legs.insert(by);
                }
            }
            Whom::Partner(partner) => {
                legs.partners.insert(partner, by);
            }
        }
        self.leave(leg);
    }
}
