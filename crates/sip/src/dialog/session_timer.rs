//! Session timers (RFC 4028): who refreshes the session, and how often.

use std::time::Duration;

use crate::endpoint::MIN_SE;
use crate::header::{Name, Refresher as Side, SessionExpires};
use crate::message::{HeaderValue, Message};

/// Who sends the refreshes.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum Refresher {
    Us,
    Them,
}

/// Our role in one request and its response, by which `refresher=` names a side.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum Role {
    Client,
    Server,
}

/// Whether the peer knows RFC 4028.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum Peer {
    Supports,
    Ignores,
}

/// What was agreed.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) struct Agreement {
    pub(crate) interval: Duration,
    pub(crate) refresher: Refresher,
    pub(crate) peer: Peer,
}

/// The interval asked for is below our [`MIN_SE`]: 422.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) struct TooSmall;

/// How long before its end the session counts as unrefreshed (RFC 4028 §10): this or a third of the interval.
const GRACE: Duration = Duration::from_secs(32);

impl Refresher {
    /// The side that `refresher=` names in a message where we have that role.
    const fn side(self, role: Role) -> Side {
        match (self, role) {
            (Self::Us, Role::Client) | (Self::Them, Role::Server) => Side::Uac,
            (Self::Us, Role::Server) | (Self::Them, Role::Client) => Side::Uas,
        }
    }

    const fn of(side: Side, role: Role) -> Self {
        match (side, role) {
            (Side::Uac, Role::Client) | (Side::Uas, Role::Server) => Self::Us,
            (Side::Uac, Role::Server) | (Side::Uas, Role::Client) => Self::Them,
        }
    }
}

impl Agreement {
    /// What we go by as long as the peer said nothing: we refresh, so that a dead call is found.
    pub(crate) const fn alone(interval: Duration) -> Self {
        Self {
            interval,
            refresher: Refresher::Us,
            peer: Peer::Ignores,
        }
    }

    /// What we answer to a request that starts or refreshes the session (RFC 4028 §9).
    pub(crate) fn as_server(request: &Message, wish: Duration) -> Result<Self, TooSmall> {
        let asked = request.session_expires().ok().flatten();
        let supports =
            request.lists(Name::Supported, "timer") || request.lists(Name::Require, "timer");
        let interval = asked.map(|asked| seconds(asked.seconds));
        if supports && interval.is_some_and(|interval| interval < MIN_SE) {
            return Err(TooSmall);
        }
        let least = min_se(request).unwrap_or(MIN_SE).max(MIN_SE);
        let interval = interval
            .map_or(wish, |interval| interval.min(wish))
            .max(least);
        let side = asked.and_then(|asked| asked.refresher).filter(|_| supports);
        Ok(Self {
            interval,
            refresher: side.map_or(Refresher::Us, |side| Refresher::of(side, Role::Server)),
            peer: if supports {
                Peer::Supports
            } else {
                Peer::Ignores
            },
        })
    }

    /// What a 2xx to our request agreed to (RFC 4028 §7.2).
    pub(crate) fn as_client(response: &Message, wish: Duration) -> Self {
        let Some(granted) = response.session_expires().ok().flatten() else {
            return Self::alone(wish);
        };
        let side = granted.refresher.unwrap_or(Side::Uac);
        Self {
            interval: seconds(granted.seconds).max(MIN_SE),
            refresher: Refresher::of(side, Role::Client),
            peer: Peer::Supports,
        }
    }

    /// How long after a refresh the next act is due: half the interval if it is ours, and if it is theirs, the time at
    /// which RFC 4028 §10 gives up. We do not hang up then, but refresh by ourselves to see whether they are there.
    pub(crate) fn next(&self) -> Duration {
        match self.refresher {
            Refresher::Us => self.interval / 2,
            Refresher::Them => self.interval - (self.interval / 3).min(GRACE),
        }
    }

    /// The value of Session-Expires in a message where we have that role.
    pub(crate) fn value(&self, role: Role) -> HeaderValue {
        let seconds = u32::try_from(self.interval.as_secs()).unwrap_or(u32::MAX);
        SessionExpires {
            seconds,
            refresher: Some(self.refresher.side(role)),
        }
        .into()
    }
}

/// The value of Min-SE.
pub(crate) fn min_se(message: &Message) -> Option<Duration> {
    message.min_se().ok().flatten().map(seconds)
}

fn seconds(seconds: u32) -> Duration {
    Duration::from_secs(seconds.into())
}
