//! The legs that live now, and what each of them is for.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use dispatch::{ContactId, LegId, Miss, OperatorId, PartnerId, Speech};
use media::Digit;
use sip::DialogId;

use crate::settings::{Line, Who};
use crate::sound::Sound;
use crate::timers::TimerId;
use crate::trunks::TrunkId;

/// A caller's leg.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) dialog: DialogId,
    /// Her line, as it is now.
    pub(crate) line: Arc<Line>,
    /// The trunk it came by.
    pub(crate) trunk: TrunkId,
    pub(crate) sound: Sound,
    pub(crate) stage: Stage,
    pub(crate) contact: ContactId,
    pub(crate) hearing: Hearing,
    pub(crate) last_key: Option<(Digit, Instant)>,
    pub(crate) doubt: Doubt,
}

/// How far a caller's call has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The line rings; it answers by itself at the timer.
    Ringing { answer: TimerId },
    /// Answered, and nobody talks with her yet.
    Waiting { words: Option<TimerId> },
    /// Joined with this leg.
    Talking { with: LegId },
}

/// How loud she waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hearing {
    /// Words and the waiting sound; the next words have this number.
    Words { next: usize },
    /// She cannot speak: the waiting sound at near silence, no words.
    NearSilence,
}

/// What makes us doubt that a leg still lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Doubt {
    /// Refreshes that failed in a row.
    pub(crate) refreshes_failed: u32,
    /// When it was last heard, as far as was asked.
    pub(crate) heard: Option<Instant>,
    /// Whether a question to its peer is open.
    pub(crate) asking: Asking,
}

impl Doubt {
    /// Nobody listens to a leg before it is in a call, unless its refreshes fail: what was heard of it until then tells
    /// nothing about how long it has been silent.
    pub(crate) const fn listen_from_now(&mut self) {
        if self.refreshes_failed == 0 {
            self.heard = None;
        }
    }
}

/// Whether a re-INVITE asks a silent peer if it is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Asking {
    #[default]
    No,
    Yes,
}

/// A leg that we called for a contact: an operator's phone, somebody at home, a partner.
#[derive(Debug)]
pub(crate) struct Called {
    pub(crate) dialog: DialogId,
    pub(crate) contact: ContactId,
    pub(crate) whom: Whom,
    /// The way it went through a trunk; none for a registered phone.
    pub(crate) gateway: Option<Gateway>,
    pub(crate) sound: Sound,
    pub(crate) stage: CalledStage,
    pub(crate) doubt: Doubt,
}

/// One of the addresses of a trunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gateway {
    pub(crate) trunk: TrunkId,
    pub(crate) address: SocketAddr,
    /// How many others can still be tried for the same call.
    pub(crate) others: usize,
}

/// Whom a leg calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whom {
    /// An operator at a desk.
    Desk(OperatorId),
    /// An on-call person at home.
    Home(OperatorId),
    /// A partner's line.
    Partner(PartnerId),
}

impl Whom {
    pub(crate) const fn operator(self) -> Option<OperatorId> {
        match self {
            Self::Desk(operator) | Self::Home(operator) => Some(operator),
            Self::Partner(_) => None,
        }
    }
}

impl From<Who> for Whom {
    fn from(who: Who) -> Self {
        match who {
            Who::OnCall(operator) => Self::Home(operator),
            Who::Partner(partner) => Self::Partner(partner),
        }
    }
}

/// How far a called leg has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CalledStage {
    /// The INVITE is out; without any response by the timer the phone counts as unreachable.
    Calling { silent: TimerId },
    /// A provisional response came.
    Ringing,
    /// Somebody at home answered and has not pressed 1 yet.
    Asked { repeat: TimerId },
    /// Answered; the journal decides whether it wins.
    Answered,
    /// Joined with the caller.
    Talking,
    /// Cancelled or hung up; the dialog is not over yet.
    Leaving,
}

/// What rings for one offer: each phone of the operator.
#[derive(Debug)]
pub(crate) struct Offer {
    pub(crate) legs: BTreeSet<LegId>,
    /// What the phones that failed said so far; the friendliest word counts.
    pub(crate) miss: Miss,
    pub(crate) again: Again,
}

/// Whether an offer was called off only to ring once more, with another display name.
#[derive(Debug)]
pub(crate) enum Again {
    No,
    /// It rings as soon as these legs are over, or at the timer.
    Soon {
        leaving: BTreeSet<LegId>,
        at_the_latest: TimerId,
    },
}

/// The legs of a contact.
#[derive(Debug)]
pub(crate) struct Legs {
    pub(crate) caller: LegId,
    pub(crate) speech: Speech,
    pub(crate) offers: BTreeMap<OperatorId, Offer>,
    pub(crate) partners: BTreeMap<PartnerId, LegId>,
    pub(crate) joined: Option<LegId>,
}

impl Legs {
    pub(crate) fn of(caller: LegId) -> Self {
        Self {
            caller,
            speech: Speech::Expected,
            offers: BTreeMap::new(),
            partners: BTreeMap::new(),
            joined: None,
        }
    }
}

/// A phone that dialled a star code.
#[derive(Debug)]
pub(crate) struct StarCall {
    pub(crate) dialog: DialogId,
    pub(crate) operator: OperatorId,
    pub(crate) sound: Sound,
    pub(crate) hang_up: Option<TimerId>,
    /// How many prompts of the confirmation are still to be heard.
    pub(crate) prompts_left: usize,
}
