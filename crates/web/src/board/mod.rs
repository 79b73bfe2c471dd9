//! The board: what screens show of this moment, as the live feed tells it.
//!
//! It lives in memory alone. Contacts have a number and a class and nothing of a caller; only the names of operators say who somebody is, and those
//! are left out for a wall by [`Parts::for_wall`].

mod fold;
mod recent;

use serde::Serialize;
use utoipa::ToSchema;

pub use fold::{Change, Fold};
pub use recent::{QUARTER, RECENT, Recent};

/// A moment in milliseconds since the Unix epoch, by the clock of the engine.
pub type Millis = u64;

/// The name of an operator. A wall never sees one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(transparent)]
pub struct Name(pub String);

/// Everything, or what changed. Each part replaces the one that was there before; contacts and operators do so by their key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Parts {
    /// When.
    pub at_ms: Millis,
    /// Whether calls are taken and kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
    /// What the configuration says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setup: Option<Setup>,
    /// Contacts that are new or changed, in no order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<Contact>,
    /// Contacts that are over, by id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contacts_gone: Vec<String>,
    /// Operators that are new or changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub operators: Vec<Operator>,
    /// Operators who are not configured any more, by key.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub operators_gone: Vec<String>,
    /// All trunks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trunks: Option<Vec<Trunk>>,
    /// Sums of today and of the last 30 minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sums: Option<Sums>,
    /// The chart of today.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chart: Option<Chart>,
}

/// Whether calls are taken, and whether what happens is on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Health {
    /// Whether new calls are taken.
    pub mode: Mode,
    /// Why what happens is not on disk, if it is not.
    pub unsaved: Option<String>,
}

/// Whether new calls are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// They are.
    Serving,
    /// They get 503; running calls may end.
    Draining,
    /// The last call ended while draining.
    Drained,
}

/// What the configuration says to screens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Setup {
    /// The lines.
    pub lines: Vec<String>,
    /// The queues.
    pub queues: Vec<Queue>,
    /// The reasons that an operator may give for a pause.
    pub pause_reasons: Vec<String>,
    /// An answer within so many seconds is in time.
    pub in_time_seconds: u32,
    /// Who hangs up within so many seconds hung up early.
    pub early_seconds: u32,
}

/// A queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Queue {
    /// Its name.
    pub name: String,
    /// How many operators there ought to be; 0 where nothing is configured.
    pub staff_minimum: u32,
}

/// A contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Contact {
    /// Its number.
    pub id: String,
    /// The line it came in on.
    pub line: String,
    /// The queue it is in.
    pub queue: String,
    /// Its urgency.
    pub class: Class,
    /// Whether its caller speaks.
    pub speech: Speech,
    /// Whether it waits behind its band, since another call from the same source is live.
    pub standing: Standing,
    /// What is done with it.
    pub state: ContactState,
    /// When it arrived.
    pub arrived_ms: Millis,
    /// Since when somebody talks with the caller.
    pub talking_since_ms: Option<Millis>,
    /// Whose phones ring for it, or who talks with the caller; empty on a wall.
    pub with: Vec<Name>,
    /// The partner that took it.
    pub partner: Option<String>,
    /// How many steps of its timeline were taken.
    pub steps_taken: usize,
}

/// How urgent a contact is, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// An SOS button.
    Alarm,
    /// The caller cannot speak, or somebody raised it.
    Danger,
    /// The line.
    Crisis,
    /// Questions that can wait.
    Information,
}

/// Whether a caller speaks, as far as she told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Speech {
    /// She told nothing about it.
    Expected,
    /// She told by a key that she cannot: ask what yes and no can answer.
    CannotSpeak,
}

/// Where in its class a contact waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// By its arrival.
    Arrival,
    /// Behind the band.
    BehindBand,
}

/// What is done with a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContactState {
    /// It waits.
    Waiting,
    /// It waits and rings.
    Offered,
    /// Somebody talks with the caller.
    Talking,
    /// Linka was started again and the leg is looked for.
    Adrift,
}

/// An operator: intent, reachability, occupancy and claim, never one flag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Operator {
    /// Her name; on a wall a number.
    pub key: String,
    /// Her name; missing on a wall.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
    /// Where she answers.
    pub place: Place,
    /// What she wants.
    pub intent: Intent,
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

/// A trunk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Trunk {
    /// Its name.
    pub name: String,
    /// Whether it answers.
    pub health: TrunkHealth,
    /// The registration that we hold with it, where there is one.
    pub registration: Option<Registration>,
}

/// Whether a trunk answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrunkHealth {
    /// It was not asked yet.
    Unknown,
    /// It does.
    Up,
    /// It does not.
    Down,
}

/// A registration that we hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Registration {
    /// It holds.
    Registered,
    /// It is refused or not answered.
    Failing,
    /// There is none.
    Unregistered,
}

/// Sums in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Sums {
    /// Since midnight, or since the start.
    pub today: Sum,
    /// Of the last 30 minutes, or since the start.
    pub recent: Sum,
}

/// Sums over contacts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Sum {
    /// Contacts that arrived.
    pub arrived: u64,
    /// Contacts that ended after an operator talked with them.
    pub answered: u64,
    /// Of those, in time.
    pub answered_in_time: u64,
    /// Contacts whose caller hung up before anybody answered.
    pub abandoned: u64,
    /// Of those, early.
    pub abandoned_early: u64,
    /// Contacts that a partner took.
    pub overflowed: u64,
    /// Contacts whose leg was lost before anybody answered.
    pub lost: u64,
    /// The service level in thousandths: answered in time of all that ended, those who hung up early apart.
    pub in_time_permille: Option<u64>,
    /// The same with those who hung up early.
    pub in_time_of_all_permille: Option<u64>,
}

/// Quarter-hours of today that are new or changed; a snapshot has all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Chart {
    /// When the first quarter-hour of today begins; earlier ones are to be forgotten.
    pub first_ms: Millis,
    /// The quarter-hours, the oldest first.
    pub quarters: Vec<Quarter>,
}

/// A quarter-hour of today.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Quarter {
    /// When it begins.
    pub begins_ms: Millis,
    /// Contacts that arrived in it.
    pub arrived: u64,
    /// Contacts that ended in it after an operator talked with them.
    pub answered: u64,
    /// Contacts whose caller hung up in it before anybody answered.
    pub abandoned: u64,
}

impl Parts {
    /// The same without any name, for a screen that everybody in the room sees. `number` gives an operator her number there.
    #[must_use]
    pub fn for_wall(&self, number: impl Fn(&str) -> String) -> Self {
        let mut parts = self.clone();
        for contact in &mut parts.contacts {
            contact.with.clear();
        }
        for operator in &mut parts.operators {
            operator.key = number(&operator.key);
            operator.name = None;
            if let Intent::Paused { reason, .. } = &mut operator.intent {
                reason.clear();
            }
        }
        for key in &mut parts.operators_gone {
            *key = number(key);
        }
        parts
    }
}

impl From<dispatch::Class> for Class {
    fn from(class: dispatch::Class) -> Self {
        match class {
            dispatch::Class::Alarm => Self::Alarm,
            dispatch::Class::Danger => Self::Danger,
            dispatch::Class::Crisis => Self::Crisis,
            dispatch::Class::Information => Self::Information,
        }
    }
}

impl From<Class> for dispatch::Class {
    fn from(class: Class) -> Self {
        match class {
            Class::Alarm => Self::Alarm,
            Class::Danger => Self::Danger,
            Class::Crisis => Self::Crisis,
            Class::Information => Self::Information,
        }
    }
}

impl From<&records::Tally> for Sum {
    fn from(tally: &records::Tally) -> Self {
        Self {
            arrived: tally.arrived,
            answered: tally.answered,
            answered_in_time: tally.answered_in_time,
            abandoned: tally.abandoned,
            abandoned_early: tally.abandoned_early,
            overflowed: tally.overflowed,
            lost: tally.lost,
            in_time_permille: tally.in_time_permille(),
            in_time_of_all_permille: (tally.answered_in_time * 1_000).checked_div(tally.ended()),
        }
    }
}
