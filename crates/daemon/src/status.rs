//! The state of everything as the command line shows it, in JSON and in words.

mod words;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use dispatch::{
    Class, ContactState, Intent, Joined, Moment, Occupancy, OperatorView, Presence, Reachability,
};
use exchange::Board;
use exchange::board::TrunkHealth;
use exchange::refusals::reason_of;
use serde::{Deserialize, Serialize};
use store::sql::UnixSeconds;
use web::board::{self, Millis};

use crate::expiry::{Nearness, sentence};
use crate::office::screens::{millis, status};

/// The state of everything.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Status {
    /// When this was so, in milliseconds since the Unix epoch.
    pub(crate) at_ms: Millis,
    pub(crate) mode: String,
    /// Why what happens is not on disk, if it is not.
    pub(crate) unsaved: Option<String>,
    /// When the certificate of the web runs out, in seconds since the Unix epoch; nothing without one.
    #[serde(default)]
    pub(crate) certificate_ends: Option<i64>,
    /// The time zone of the site by its name, where it has one.
    #[serde(default)]
    pub(crate) time_zone: Option<String>,
    /// Why the machine's clock is not believed, if it is not.
    #[serde(default)]
    pub(crate) clock_doubt: Option<String>,
    pub(crate) contacts: Vec<Contact>,
    pub(crate) operators: Vec<Operator>,
    pub(crate) trunks: Vec<Trunk>,
    pub(crate) counts: Counts,
    /// Calls and offers that were refused since the start, by cause.
    pub(crate) refused: BTreeMap<String, u64>,
    /// How many calls of them found what too full: a table, the share of a trunk's address, that of a phone.
    #[serde(default)]
    pub(crate) refused_for_load: BTreeMap<String, u64>,
    /// Why callers are refused for load, if they are.
    #[serde(default)]
    pub(crate) crowded: Option<String>,
    /// What was thrown away since the start on its way to screens and people, since they did not keep up.
    #[serde(default)]
    pub(crate) lost: BTreeMap<String, u64>,
}

/// One contact.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Contact {
    pub(crate) contact: String,
    pub(crate) line: String,
    pub(crate) class: String,
    pub(crate) state: String,
    /// Whose phones ring for it, or who talks with the caller.
    pub(crate) with: Vec<String>,
    pub(crate) age_seconds: u64,
}

/// One operator: her status, and what it is made of.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Operator {
    pub(crate) name: String,
    /// The name that colleagues see, where it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) display_name: Option<String>,
    pub(crate) status: board::Status,
    pub(crate) there: bool,
    pub(crate) intent: String,
    /// By what way she wants it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) intent_cause: Option<board::IntentCause>,
    pub(crate) paused_by_machine: bool,
    pub(crate) reachability: String,
    pub(crate) occupancy: String,
    pub(crate) claim: Option<String>,
    pub(crate) wrap_up_seconds: Option<u64>,
    /// All that she missed.
    pub(crate) misses: Misses,
    /// Those in a row, as pages tell them.
    #[serde(default)]
    pub(crate) misses_in_row: u32,
    pub(crate) phones: usize,
}

/// Missed offers by cause.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Misses {
    pub(crate) no_answer: u64,
    pub(crate) declined: u64,
    pub(crate) unreachable: u64,
}

/// One trunk.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Trunk {
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) health: String,
    pub(crate) registration: Option<String>,
}

/// What was counted since midnight, or since the start.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct Counts {
    /// When they began, in milliseconds since the Unix epoch, where it was a start and not midnight.
    #[serde(default)]
    pub(crate) since_ms: Option<Millis>,
    pub(crate) arrived: u64,
    pub(crate) answered: u64,
    pub answered_within_20_s: u64,
    pub(crate) abandoned: u64,
    pub abandoned_within_10_s: u64,
    pub(crate) lost: u64,
    pub(crate) overflowed: u64,
    pub(crate) wait_seconds: u64,
    pub(crate) talk_seconds: u64,
}

impl Status {
    /// Takes in the names that colleagues see.
    pub(crate) fn name(&mut self, names: &BTreeMap<String, String>) {
        for operator in &mut self.operators {
            operator.display_name = names.get(&operator.name).cloned();
        }
    }

    /// The board as it is shown.
    pub(crate) fn of(board: &Board) -> Self {
        Self {
            at_ms: millis(board.at),
            mode: format!("{:?}", board.mode).to_lowercase(),
            unsaved: board.unsaved.clone(),
            certificate_ends: None,
            time_zone: None,
            clock_doubt: None,
            lost: BTreeMap::new(),
            contacts: board.contacts.iter().map(Contact::of).collect(),
            operators: board
                .operators
                .iter()
                .map(|row| Operator::of(board.at, &row.view, row.phones))
                .collect(),
            trunks: board.trunks.iter().map(Trunk::of).collect(),
            counts: Counts::of(&board.counts, board.counts_since),
            refused: board
                .refused
                .iter()
                .map(|(reason, times)| ((*reason).to_owned(), *times))
                .collect(),
            refused_for_load: refused_for_load(board),
            crowded: board.crowded.map(str::to_owned),
        }
    }
}

fn refused_for_load(board: &Board) -> BTreeMap<String, u64> {
    let full = [
        (sip::Load::Tables, "tables"),
        (sip::Load::TrunkAddress, "trunk address"),
        (sip::Load::Phone, "phone"),
    ];
    let times = |load| board.refused.get(reason_of(load)).copied().unwrap_or(0);
    full.map(|(load, name)| (name.to_owned(), times(load)))
        .into()
}

impl Counts {
    fn of(tally: &records::Tally, since: Option<Moment>) -> Self {
        Self {
            since_ms: since.map(millis),
            arrived: tally.arrived,
            answered: tally.answered,
            answered_within_20_s: tally.answered_in_time,
            abandoned: tally.abandoned,
            abandoned_within_10_s: tally.abandoned_early,
            lost: tally.lost,
            overflowed: tally.overflowed,
            wait_seconds: (tally.answered_wait + tally.unanswered_wait).as_secs(),
            talk_seconds: tally.talk.as_secs(),
        }
    }

    /// Those who were answered or are over.
    const fn ended(&self) -> u64 {
        self.answered + self.abandoned + self.overflowed + self.lost
    }
}

impl Contact {
    fn of(row: &exchange::board::ContactRow) -> Self {
        let (state, with) = match &row.state {
            ContactState::Waiting => ("waiting", Vec::new()),
            ContactState::Offered { offers } => (
                "offered",
                offers
                    .iter()
                    .map(|offer| offer.operator.to_string())
                    .collect(),
            ),
            ContactState::Talking { with } => ("talking", vec![joined(with)]),
            ContactState::Adrift { with, .. } => (
                "adrift",
                with.iter().map(|(with, _)| joined(with)).collect(),
            ),
        };
        Self {
            contact: row.contact.0.0.to_string(),
            line: row.line.map(|line| line.to_string()).unwrap_or_default(),
            class: class(row.class).to_owned(),
            state: state.to_owned(),
            with,
            age_seconds: row.age.as_secs(),
        }
    }
}

fn joined(joined: &Joined) -> String {
    match joined {
        Joined::Operator { operator, .. } => operator.to_string(),
        Joined::Partner { partner, .. } => partner.to_string(),
    }
}

pub(crate) const fn class(class: Class) -> &'static str {
    match class {
        Class::Alarm => "alarm",
        Class::Danger => "danger",
        Class::Crisis => "crisis",
        Class::Information => "information",
    }
}

impl Operator {
    /// Her name as the screen of a terminal shows it.
    fn shown(&self) -> String {
        let shown = self.display_name.as_ref();
        shown.map_or_else(
            || self.name.clone(),
            |shown| format!("{} ({shown})", self.name),
        )
    }

    fn of(at: Moment, view: &OperatorView, phones: usize) -> Self {
        Self {
            name: view.id.to_string(),
            display_name: None,
            status: status(&view.status),
            there: view.presence == Presence::There,
            intent: match view.intent {
                Intent::Ready => "ready",
                Intent::Paused { .. } => "paused",
                Intent::Off => "off",
            }
            .to_owned(),
            intent_cause: board::IntentCause::of(view.intent_cause),
            paused_by_machine: view.paused.is_some(),
            reachability: match view.reachability {
                Reachability::Reachable => "reachable",
                Reachability::Unproven => "unproven",
                Reachability::Unreachable => "unreachable",
            }
            .to_owned(),
            occupancy: match &view.occupancy {
                Occupancy::Free => "free",
                Occupancy::Talking { .. } | Occupancy::Case { .. } => "in a call",
                Occupancy::Engaged { .. } => "in a call of her own",
            }
            .to_owned(),
            claim: view.claim.map(|(contact, _)| contact.0.0.to_string()),
            wrap_up_seconds: view.wrap_up.map(|until| until.since(at).as_secs()),
            misses: Misses {
                no_answer: view.misses.no_answer,
                declined: view.misses.declined,
                unreachable: view.misses.unreachable,
            },
            misses_in_row: view.misses_in_row,
            phones,
        }
    }
}

impl Trunk {
    fn of(row: &exchange::board::TrunkRow) -> Self {
        let health = match row.health {
            TrunkHealth::NotProbed => "not probed",
            TrunkHealth::Unknown => "unknown",
            TrunkHealth::Up => "up",
            TrunkHealth::Silent => "silent",
            TrunkHealth::Down => "down",
        };
        let registration = row.registration.map(|state| match state {
            sip::RegistrationState::Registered { .. } => "registered".to_owned(),
            sip::RegistrationState::Failing { .. } | sip::RegistrationState::Lapsed => {
                "failing".to_owned()
            }
            sip::RegistrationState::Unregistered => "unregistered".to_owned(),
        });
        Self {
            name: row.name.clone(),
            status: words::of_trunk(row.status()).to_owned(),
            health: health.to_owned(),
            registration,
        }
    }

    /// Whether it answers, as far as anybody knows.
    pub(crate) fn answers(&self) -> Option<bool> {
        match self.health.as_str() {
            "up" | "silent" => Some(true),
            "down" => Some(false),
            _not_known => None,
        }
    }
}

/// The status in words, a screen of them. Its clock is that of the site, wherever it is read.
pub(crate) fn in_words(status: &Status, now: UnixSeconds) -> String {
    let mut text = String::new();
    let hours = &words::Hours::of(status);
    calls(&mut text, status, hours);
    for (reason, times) in &status.refused {
        line(&mut text, format_args!("refused: {times} times, {reason}"));
    }
    trunks(&mut text, status);
    if let Some(ends) = status.certificate_ends.map(UnixSeconds) {
        let loud = match Nearness::of(ends, now) {
            Nearness::Far => "",
            Nearness::Soon | Nearness::VerySoon | Nearness::Over => "RENEW: ",
        };
        line(&mut text, format_args!("{loud}{}", sentence(ends, now)));
    }
    operators(&mut text, status, hours);
    contacts(&mut text, status);
    text
}

/// How many wait and talk, and what came today.
fn calls(text: &mut String, status: &Status, hours: &words::Hours) {
    let those = |states: &'static [&'static str]| {
        let contacts = status.contacts.iter();
        contacts.filter(|contact| states.contains(&contact.state.as_str()))
    };
    let waiting = || those(&["waiting", "offered"]);
    let longest = waiting().map(|contact| contact.age_seconds).max();
    let adrift = match those(&["adrift"]).count() {
        0 => String::new(),
        adrift => format!(", {adrift} looked for after the restart"),
    };
    line(
        text,
        format_args!(
            "{}: {} waiting (longest {}), {} talking{adrift}",
            status.mode,
            waiting().count(),
            longest.map_or_else(|| "–".to_owned(), age),
            those(&["talking"]).count(),
        ),
    );
    what_is_wrong(text, status);
    let counts = &status.counts;
    line(
        text,
        format_args!(
            "today{}: {} arrived, {} answered ({} within 20 s), {} abandoned ({} within 10 s), {} overflowed, {} lost",
            words::since(counts.since_ms, status.at_ms, hours),
            counts.arrived,
            counts.answered,
            counts.answered_within_20_s,
            counts.abandoned,
            counts.abandoned_within_10_s,
            counts.overflowed,
            counts.lost
        ),
    );
    line(
        text,
        format_args!(
            "within 20 s: {} of {} without those who hung up within 10 s, of {} with them",
            counts.answered_within_20_s,
            counts.ended() - counts.abandoned_within_10_s,
            counts.ended()
        ),
    );
}

fn trunks(text: &mut String, status: &Status) {
    for trunk in &status.trunks {
        let registration = trunk
            .registration
            .as_ref()
            .map(|state| format!(", {state}"))
            .unwrap_or_default();
        line(
            text,
            format_args!("trunk {}: {}{registration}", trunk.name, trunk.status),
        );
    }
}

/// What an administrator has to see to before all else.
fn what_is_wrong(text: &mut String, status: &Status) {
    if let Some(reason) = &status.unsaved {
        line(text, format_args!("NOT SAVED: {reason}"));
    }
    if let Some(doubt) = &status.clock_doubt {
        line(text, format_args!("CLOCK NOT BELIEVED: {doubt}"));
    }
    for (what, count) in status.lost.iter().filter(|(_, count)| **count > 0) {
        line(
            text,
            format_args!("LOST: {count} {what} on their way to screens and people"),
        );
    }
}

fn operators(text: &mut String, status: &Status, hours: &words::Hours) {
    line(
        text,
        format_args!("\n{:<24}{:<44} {}", "operator", "status", "missed in a row"),
    );
    for operator in &status.operators {
        let missed = operator.misses_in_row;
        let words = words::of_operator(&operator.status, status.at_ms, hours);
        line(
            text,
            format_args!("{:<24}{words:<44} {missed}", operator.shown()),
        );
    }
}

fn contacts(text: &mut String, status: &Status) {
    if status.contacts.is_empty() {
        return;
    }
    line(
        text,
        format_args!(
            "\n{:<12}{:<14}{:<12}{:<10}{:<10}{}",
            "contact", "line", "class", "state", "age", "with"
        ),
    );
    for contact in &status.contacts {
        line(
            text,
            format_args!(
                "{:<12}{:<14}{:<12}{:<10}{:<10}{}",
                contact.contact,
                contact.line,
                contact.class,
                contact.state,
                age(contact.age_seconds),
                contact.with.join(", ")
            ),
        );
    }
}

fn line(text: &mut String, words: std::fmt::Arguments<'_>) {
    let _infallible = writeln!(text, "{words}");
}

fn age(seconds: u64) -> String {
    let age = Duration::from_secs(seconds);
    format!("{}:{:02}", age.as_secs() / 60, age.as_secs() % 60)
}

#[cfg(test)]
mod tests;
