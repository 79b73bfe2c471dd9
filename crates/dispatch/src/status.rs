//! What an operator is, in one word with its time. Every screen, command and count takes it from here. (DESIGN §4.9)

use crate::slots::ContactSlot;
use crate::{ContactId, Key, Moment, PauseCause};

/// What an operator is now. Nobody is [`Free`](Self::Free) or [`OnCall`](Self::OnCall) who would not be rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// She talks with a caller, or is looked for with one after a restart.
    Talking {
        /// Which contact.
        contact: ContactId,
        /// Since when.
        since: Moment,
    },
    /// Her phone is in a call of her own.
    Engaged {
        /// Since when.
        since: Moment,
    },
    /// Her phone rings.
    Ringing {
        /// For which contact.
        contact: ContactId,
        /// When it counts as missed.
        until: Moment,
    },
    /// She wants nothing, or is not configured any more.
    Off {
        /// Since when.
        since: Moment,
    },
    /// She paused.
    Paused {
        /// What for.
        reason: Key,
        /// Since when.
        since: Moment,
        /// When she means to be back.
        back_at: Option<Moment>,
    },
    /// The machine paused her.
    PausedByMachine {
        /// Why.
        cause: PauseCause,
        /// Since when.
        since: Moment,
    },
    /// No line's callers come to her, however long they wait: no line leads to a queue of hers, or
    /// they ask for more than she can do. At home: nobody calls her.
    Unassigned {
        /// Since when.
        since: Moment,
    },
    /// She is ready, and no phone of hers answers.
    Unreachable {
        /// Since when.
        since: Moment,
    },
    /// She is ready, and her phone has not answered since a restart.
    Unproven {
        /// Since when.
        since: Moment,
    },
    /// She has her time after a call.
    WrapUp {
        /// When it ends.
        until: Moment,
    },
    /// She rests from everybody after an offer that her phone could not take.
    Resting {
        /// Until when.
        until: Moment,
    },
    /// The next contact that she may take rings at her desk.
    Free {
        /// Since when.
        since: Moment,
    },
    /// She is rung at home once a timeline comes to her.
    OnCall {
        /// Since when.
        since: Moment,
    },
}

/// Whether an operator is ready and could be reached, busy or not: who is there holds back what happens when nobody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// She is.
    There,
    /// She is not.
    Away,
}

/// Which status she has; when it becomes another one, its time begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Talking(ContactSlot),
    Engaged,
    Ringing(ContactSlot),
    Off,
    Paused(Key, Option<Moment>),
    PausedByMachine(PauseCause),
    Unassigned,
    Unreachable,
    Unproven,
    WrapUp(Moment),
    Resting(Moment),
    Free,
    OnCall,
}

impl Kind {
    /// Whether it is the same status, however long it lasts.
    pub(crate) fn is_still(self, before: Self) -> bool {
        match (self, before) {
            (Self::Paused(reason, _), Self::Paused(other, _)) => reason == other,
            (Self::WrapUp(_), Self::WrapUp(_)) | (Self::Resting(_), Self::Resting(_)) => true,
            (now, before) => now == before,
        }
    }
}
