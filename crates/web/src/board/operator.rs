use serde::Serialize;
use utoipa::ToSchema;

use super::{Millis, Name};

/// An operator: one status with its time, and below it the parts that it is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Operator {
    /// Her name; on a wall a number.
    pub key: String,
    /// Her name; missing on a wall.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
    /// What she is now. Nobody is free or on call whom nothing would ring.
    pub status: Status,
    /// Whether she is there, busy or not.
    pub presence: Presence,
    /// Where she answers.
    pub place: Place,
    /// What she wants.
    pub intent: Intent,
    /// By what way that came; missing where it is not known, and on a wall.
    pub intent_cause: Option<IntentCause>,
    /// After how many missed offers the machine paused her, if it did.
    pub paused_after_misses: Option<u32>,
    /// What is known of her phone.
    pub reachability: Reachability,
    /// What her live legs say.
    pub occupancy: Occupancy,
    /// The contact that her phone rings for.
    pub claim: Option<Claim>,
    /// When her wrap-up ends.
    pub wrap_up_until_ms: Option<Millis>,
    /// Missed offers in a row.
    pub misses_in_row: u32,
    /// The queues that she serves.
    pub queues: Vec<String>,
    /// How many phones are registered.
    pub phones: usize,
    /// When one of them last registered or answered, while none does: as far as it was seen since the start. Missing on a wall.
    pub phone_seen_ms: Option<Millis>,
}

/// What an operator is now, in one word with its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize, ToSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Status {
    /// She talks with a caller, or is looked for with one after a restart.
    Talking {
        /// Which contact.
        contact: String,
        /// Since when.
        since_ms: Millis,
    },
    /// Her phone is in a call of her own.
    Engaged {
        /// Since when.
        since_ms: Millis,
    },
    /// Her phone rings.
    Ringing {
        /// For which contact.
        contact: String,
        /// When it counts as missed.
        until_ms: Millis,
    },
    /// She is not on shift.
    Off {
        /// Since when.
        since_ms: Millis,
    },
    /// She paused.
    Paused {
        /// What for, one of the reasons of the configuration; empty on a wall.
        reason: String,
        /// Since when.
        since_ms: Millis,
        /// When she means to be back.
        back_at_ms: Option<Millis>,
    },
    /// The machine paused her.
    PausedByMachine {
        /// After how many missed offers.
        misses: u32,
        /// Since when.
        since_ms: Millis,
    },
    /// She serves no queue: nothing would ring.
    Unassigned {
        /// Since when.
        since_ms: Millis,
    },
    /// She is ready, and no phone of hers answers.
    Unreachable {
        /// Since when.
        since_ms: Millis,
    },
    /// She is ready, and her phone has not answered since a restart.
    Unproven {
        /// Since when.
        since_ms: Millis,
    },
    /// She has her time after a call.
    WrapUp {
        /// When it ends.
        until_ms: Millis,
    },
    /// She rests from everybody after an offer that her phone could not take.
    Resting {
        /// Until when.
        until_ms: Millis,
    },
    /// The next contact that she may take rings at her desk.
    Free {
        /// Since when.
        since_ms: Millis,
    },
    /// She is rung at home once a timeline comes to her.
    OnCall {
        /// Since when.
        since_ms: Millis,
    },
}

/// Whether an operator is ready and could be reached, busy or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// She is.
    There,
    /// She is not.
    Away,
}

/// Where somebody answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// At a registered phone.
    Desk,
    /// At home, through the trunk.
    Home,
}

/// What an operator wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "wants", rename_all = "snake_case")]
pub enum Intent {
    /// Contacts.
    Ready,
    /// A pause.
    Paused {
        /// Its reason, one of the configuration; empty on a wall.
        reason: String,
        /// When she means to be back.
        back_at_ms: Option<Millis>,
    },
    /// Nothing: not on shift.
    Off,
}

/// By what way it came that an operator wants something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum IntentCause {
    /// She said so on a page of hers.
    Page,
    /// She said so by a code on her phone.
    Phone,
    /// A supervisor said so.
    Supervisor,
}

impl IntentCause {
    /// What a screen tells of a cause, where it is known.
    #[must_use]
    pub const fn of(cause: dispatch::IntentCause) -> Option<Self> {
        match cause {
            dispatch::IntentCause::Page => Some(Self::Page),
            dispatch::IntentCause::Phone => Some(Self::Phone),
            dispatch::IntentCause::Supervisor => Some(Self::Supervisor),
            dispatch::IntentCause::Unsaid => None,
        }
    }
}

/// What is known of a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reachability {
    /// A live registration that answered.
    Reachable,
    /// A registration from before a restart that has not answered yet.
    Unproven,
    /// No registration, or it does not answer.
    Unreachable,
}

/// What an operator's live legs say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "does", rename_all = "snake_case")]
pub enum Occupancy {
    /// No leg.
    Free,
    /// With a contact.
    Talking {
        /// Which.
        contact: String,
    },
    /// In a call of her own.
    Engaged,
}

/// An offer that rings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Claim {
    /// For which contact.
    pub contact: String,
    /// Until when.
    pub until_ms: Millis,
}
