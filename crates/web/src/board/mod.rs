//! The board: what screens show of this moment, as the live feed tells it.
//!
//! It lives in memory alone. Contacts have a number and a class and nothing of a caller; only the
//! names of operators say who somebody is, and those are left out for a wall by
//! [`Parts::for_wall`].

mod fold;
mod operator;
mod recent;

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

pub use fold::{Change, Fold};
pub use operator::{
    Claim, Intent, IntentCause, Occupancy, Operator, Place, Presence, Reachability, Status,
};
pub use recent::{QUARTER, RECENT, Recent, Today};

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
    /// When the certificate of the web runs out or ran out, once it is time to renew it.
    pub certificate_ends_ms: Option<Millis>,
    /// Why the machine's clock is not believed, if it is not: what a screen says of hours and days may be wrong, how long something lasts is not.
    pub clock_doubt: Option<String>,
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
    /// The names of operators that colleagues see, where others than those of their accounts are configured; none on a wall.
    pub names: BTreeMap<String, String>,
    /// The time zone of the site, such as `Europe/Prague`; nothing where the machine's own has no name.
    pub time_zone: Option<String>,
    /// Where phones register, as far as it is known: an address that one can enter into a phone. Missing on a wall.
    pub sip_address: Option<String>,
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
    /// Since when somebody talks with the caller, or talked with her when linka was started again.
    pub talking_since_ms: Option<Millis>,
    /// Whose phones ring for it, or who talks with the caller; empty on a wall.
    pub with: Vec<Name>,
    /// Who was offered it and did not take it, and is not rung for it again before; empty on a wall.
    pub resting: Vec<Rest>,
    /// The partner that took it, also while the leg is looked for.
    pub partner: Option<String>,
    /// How many steps of its timeline were taken.
    pub steps_taken: usize,
}

/// An operator whose phone does not ring for a contact for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Rest {
    /// Who.
    pub operator: Name,
    /// Until when.
    pub until_ms: Millis,
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

/// A trunk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Trunk {
    /// Its name.
    pub name: String,
    /// What it is, in one word.
    pub status: TrunkStatus,
    /// Whether it answers.
    pub health: TrunkHealth,
    /// The registration that we hold with it, where there is one.
    pub registration: Option<Registration>,
}

/// What a trunk is: well only by what was seen of it within its interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrunkStatus {
    /// It answered the last probe, or our registration holds where no probe is sent.
    Well,
    /// Nobody asks it and we hold no registration with it.
    NotProbed,
    /// It is asked and has not answered yet.
    Asked,
    /// It did not answer the last probe.
    Silent,
    /// Our registration with it does not hold.
    NotRegistered,
    /// It does not answer.
    Down,
}

/// Whether a trunk answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrunkHealth {
    /// It is never asked.
    NotProbed,
    /// It has not answered yet.
    Unknown,
    /// It does.
    Up,
    /// It did not the last time, and did the time before.
    Silent,
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
    /// Contacts that an operator talked with, or talks with now.
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
    /// Contacts that were answered or are over, those who hung up early apart.
    pub counted: u64,
    /// The same with those who hung up early.
    pub all: u64,
    /// The service level in thousandths: answered in time of those counted; nothing below [`SHARE_OF_MIN`].
    pub in_time_permille: Option<u64>,
    /// The same of all.
    pub in_time_of_all_permille: Option<u64>,
    /// Since when it is counted, where that is later than the name of the sum says: Linka was started.
    pub since_ms: Option<Millis>,
}

/// Of fewer contacts no share is told: one more would change it by more than a person expects of a percentage.
pub const SHARE_OF_MIN: u64 = 10;

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
    /// Contacts that an operator answered in it.
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
            contact.resting.clear();
        }
        for operator in &mut parts.operators {
            operator.key = number(&operator.key);
            operator.name = None;
            operator.phone_seen_ms = None;
            operator.intent_cause = None;
            if let Intent::Paused { reason, .. } = &mut operator.intent {
                reason.clear();
            }
            if let Status::Paused { reason, .. } = &mut operator.status {
                reason.clear();
            }
        }
        for key in &mut parts.operators_gone {
            *key = number(key);
        }
        if let Some(setup) = &mut parts.setup {
            setup.names.clear();
            setup.sip_address = None;
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
        let share_of = |all: u64| {
            let share = records::permille(tally.answered_in_time, all);
            share.filter(|_| all >= SHARE_OF_MIN)
        };
        Self {
            arrived: tally.arrived,
            answered: tally.answered,
            answered_in_time: tally.answered_in_time,
            abandoned: tally.abandoned,
            abandoned_early: tally.abandoned_early,
            overflowed: tally.overflowed,
            lost: tally.lost,
            counted: tally.counted(),
            all: tally.ended(),
            in_time_permille: share_of(tally.counted()),
            in_time_of_all_permille: share_of(tally.ended()),
            since_ms: None,
        }
    }
}
