//! Offers in an established dialog, ours and theirs, and the refreshes that keep it (RFC 4028 §10).

use std::time::Duration;

use super::incoming::success;
use super::sending::What;
use super::session::{Carries, Established, Stage, Update};
use super::session_timer::Agreement;
use super::{Dialog, State};
use crate::endpoint::{Added, Body, Core, Event, Failure, InputError};
use crate::wire::DialogTimer;
use crate::{Method, Status};

/// When a refresh is tried again that failed, or for which the way was not free: two failures and 60 s of silence are
/// what tells a dead leg.
const REFRESH_AGAIN: Duration = Duration::from_secs(10);

impl Dialog {
    fn established(&mut self) -> Result<&mut Established, InputError> {
        match &mut self.state {
            State::Established(established) => Ok(established),
            State::Incoming(_) | State::Calling(_) | State::Leaving { .. } | State::Over => {
                Err(InputError::WrongState(self.id))
            }
        }
    }

    /// Offers a changed session, now or as soon as no other offer is open.
    pub(crate) fn reoffer(&mut self, core: &mut Core, sdp: Body) -> Result<(), InputError> {
        self.established()?.wanted = Some(sdp);
        self.flush(core);
        Ok(())
    }

    /// Sends the offer that waits, if the way is free.
    pub(crate) fn flush(&mut self, core: &mut Core) {
        if !self.is_free() || self.is_set(DialogTimer::OfferAgain) {
            return;
        }
        let State::Established(established) = &mut self.state else {
            return;
        };
        if let Some(sdp) = established.wanted.take() {
            self.send(core, What::Reoffer(sdp));
        }
    }

    /// Whether an INVITE of ours would cross no other.
    fn is_free(&self) -> bool {
        match &self.state {
            State::Established(established) => {
                established.unacknowledged.is_none()
                    && established.offered.is_none()
                    && !self.is_offering()
            }
            State::Incoming(_) | State::Calling(_) | State::Leaving { .. } | State::Over => false,
        }
    }

    /// Whether an offer of ours is open.
    pub(crate) fn is_offering(&self) -> bool {
        self.in_flight.iter().any(|request| request.what.is_offer())
    }

    /// Accepts the open offer of the peer, or makes the one that it left to us.
    pub(crate) fn answer(&mut self, core: &mut Core, sdp: &Body) -> Result<(), InputError> {
        let id = self.id;
        let offered = self
            .established()?
            .offered
            .take()
            .ok_or(InputError::WrongState(id))?;
        let Some(tag) = self.identity.local_tag.clone() else {
            return Ok(());
        };
        self.session.local = Some(sdp.clone());
        let carries = match offered.sdp {
            Some(theirs) => {
                self.session.remote = Some(theirs);
                Carries::Answer
            }
            None => Carries::Offer,
        };
        self.route.refresh(&offered.pending.request);
        let added = success(core, &offered.pending, &offered.agreement).sdp(sdp);
        if offered.pending.request.method() == Some(Method::Invite) {
            self.send_success(core, &offered.pending, &tag, added, (Stage::Again, carries));
        } else {
            core.answer(&offered.pending, Status::OK, Some(&tag), added);
        }
        self.refreshed(core, offered.agreement);
        self.flush(core);
        Ok(())
    }

    /// Refuses the open offer of the peer.
    pub(crate) fn refuse(&mut self, core: &mut Core, status: Status) -> Result<(), InputError> {
        if status.code() < 300 {
            return Err(InputError::WrongStatus {
                dialog: self.id,
                status: status.code(),
            });
        }
        let id = self.id;
        let offered = self
            .established()?
            .offered
            .take()
            .ok_or(InputError::WrongState(id))?;
        let tag = self.identity.local_tag.clone();
        core.answer(&offered.pending, status, tag.as_ref(), Added::default());
        self.flush(core);
        Ok(())
    }

    /// The session was refreshed by either side.
    pub(crate) fn refreshed(&mut self, core: &mut Core, agreement: Agreement) {
        self.session.agreement = agreement;
        self.session.failures = 0;
        if matches!(self.state, State::Established(_)) {
            self.set(core, DialogTimer::Refresh, agreement.next());
        }
    }

    /// Refreshes the session: by UPDATE where the peer takes it, else by the last offer again.
    pub(crate) fn refresh(&mut self, core: &mut Core) {
        if !self.is_free()
            || self
                .in_flight
                .iter()
                .any(|request| matches!(request.what, What::RefreshByUpdate))
        {
            return self.set(core, DialogTimer::Refresh, REFRESH_AGAIN);
        }
        match (self.session.update, self.session.local.clone()) {
            (Update::Allowed, _) | (Update::NotAllowed, None) => {
                self.send(core, What::RefreshByUpdate)
            }
            (Update::NotAllowed, Some(sdp)) => self.send(core, What::RefreshByInvite(sdp)),
        }
    }

    /// 408, 481 and silence tell of a dead peer; any other response comes from a living one.
    pub(crate) fn refresh_failed(&mut self, core: &mut Core, failure: Failure) {
        if is_deadly(failure) {
            self.session.failures += 1;
            core.wire.tell(Event::RefreshFailed {
                dialog: self.id,
                in_a_row: self.session.failures,
            });
            self.set(core, DialogTimer::Refresh, REFRESH_AGAIN);
        } else {
            let agreement = self.session.agreement;
            self.refreshed(core, agreement);
        }
        self.flush(core);
    }
}

fn is_deadly(failure: Failure) -> bool {
    match failure {
        Failure::Timeout | Failure::Transport => true,
        Failure::Status(status) => {
            status == Status::REQUEST_TIMEOUT || status == Status::CALL_DOES_NOT_EXIST
        }
    }
}
