//! Who is in the little centre, and what they do next.

use super::chance::Chance;
use super::sipp::{Calls, PHONES_HOST, Peer, Peers, Sipp, TRUNK_HOST};
use super::site::{LINE, LINE_IN_UKRAINIAN, OPERATORS, Site};
use crate::shell;
use anyhow::{Result, bail};
use std::fmt;
use std::ops::Range;
use std::thread;
use std::time::{Duration, Instant};

const READY_MAX: Duration = Duration::from_secs(20);
const TICK: Duration = Duration::from_millis(50);
/// More callers at once would need more ports than the demo takes.
const CALLERS_MAX: usize = 40;
/// From the moment that Linka answers: she waits and talks for so long.
const TALK_MS: (u64, u64) = (12_000, 36_000);
const PHONE_RINGS_MS: (u64, u64) = (1_000, 5_000);
/// A caller who hangs up early does so before any phone of the centre answers.
const PATIENCE_MS: (u64, u64) = (500, 1_000);
const PRESSES_AFTER_MS: u64 = 2_000;
/// The last operator's phone is dead for these seconds of every so many.
const PHONE_LIES_DEAD: Range<u64> = 25..70;
const PHONE_DIES_EVERY_SECONDS: u64 = 300;
/// A line on which fewer of those who stay reach an operator is not shown as one that works.
const ANSWERED_PERCENT_MIN: u64 = 70;

/// How fast callers come.
#[derive(Clone, Copy)]
pub(crate) enum Pace {
    /// The operators are busy for two thirds of their time: somebody waits now and then, and nobody for long.
    Evening,
    /// The operators are always busy and somebody nearly always waits: for pictures, which show one moment.
    Throng,
}

impl Pace {
    fn between_callers_ms(self) -> (u64, u64) {
        match self {
            Self::Evening => (1_000, 12_000),
            Self::Throng => (1_000, 7_000),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Speaks,
    HangsUpEarly,
    CannotSpeak,
}

/// What the centre does with a phone.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phone {
    Works,
    LiesDead,
}

/// Whether callers are let in.
#[derive(Clone, Copy)]
enum Door {
    Open { next_caller: Instant },
    Closed,
}

/// What became of the callers, as the phones saw it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) came: u64,
    pub(crate) in_ukrainian: u64,
    pub(crate) answered: u64,
    pub(crate) hung_up_early: u64,
    pub(crate) could_not_speak: u64,
}

impl Tally {
    /// How many did not hang up early: they were answered, or waited as long as they had time or the demo lasted.
    pub(crate) fn stayed(&self) -> u64 {
        self.came.saturating_sub(self.hung_up_early)
    }

    /// Whether as many of those who stayed reached an operator as a line that works answers.
    pub(crate) fn is_well_answered(&self) -> bool {
        self.answered * 100 >= self.stayed() * ANSWERED_PERCENT_MIN
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            came,
            in_ukrainian,
            answered,
            hung_up_early,
            could_not_speak,
        } = self;
        let stayed = self.stayed();
        let percent = answered * 100 / stayed.max(1);
        write!(
            f,
            "{came} callers came, {in_ukrainian} of them to the line in Ukrainian; {hung_up_early} hung up early, {could_not_speak} could not speak.\n\
             xtask: {stayed} stayed, {answered} of them were answered by an operator: {percent} % (at least {ANSWERED_PERCENT_MIN} % ought to be)"
        )
    }
}

/// The running centre: six phones, a colleague at home, and callers who come at random.
pub(crate) struct Centre<'site> {
    site: &'site Site,
    peers: Peers<'site>,
    chance: Chance,
    pace: Pace,
    keys_can_be_pressed: bool,
    phones: Vec<Option<Sipp>>,
    _at_home: Sipp,
    callers: Vec<Sipp>,
    tally: Tally,
    started: Instant,
    door: Door,
}

impl<'site> Centre<'site> {
    /// Brings the operators on shift: each phone registers and dials `*40`.
    pub(crate) fn new(site: &'site Site, seed: u64, pace: Pace) -> Result<Self> {
        let keys_can_be_pressed = shell::is_root()?;
        if !keys_can_be_pressed {
            println!(
                "xtask: SIPp presses keys through a raw socket, which needs root: no caller who cannot speak"
            );
        }
        let mut peers = Peers::new(site)?;
        let mut chance = Chance::new(seed);
        let at_home = peers.start(&at_home(site))?;
        let mut phones = Vec::new();
        for operator in OPERATORS {
            let peer = phone_of(site, operator, &mut chance);
            phones.push(Some(peers.start(&peer)?));
        }
        let now = Instant::now();
        let mut centre = Self {
            site,
            peers,
            chance,
            pace,
            keys_can_be_pressed,
            phones,
            _at_home: at_home,
            callers: Vec::new(),
            tally: Tally::default(),
            started: now,
            door: Door::Open { next_caller: now },
        };
        centre.wait_until_ready()?;
        centre.started = Instant::now();
        Ok(centre)
    }

    /// Does what is due: the next caller, the phone that dies and comes back, a phone that ended by itself.
    pub(crate) fn tick(&mut self, now: Instant) -> Result<()> {
        self.forget_callers_who_left()?;
        if let Door::Open { next_caller } = self.door
            && now >= next_caller
            && self.callers.len() < CALLERS_MAX
        {
            let next_caller = now + self.milliseconds(self.pace.between_callers_ms());
            self.door = Door::Open { next_caller };
            self.start_caller()?;
        }
        let seconds = now.saturating_duration_since(self.started).as_secs();
        let is_time = PHONE_LIES_DEAD.contains(&(seconds % PHONE_DIES_EVERY_SECONDS));
        for index in 0..OPERATORS.len() {
            let is_last = index == OPERATORS.len() - 1;
            let phone = if is_time && is_last {
                Phone::LiesDead
            } else {
                Phone::Works
            };
            self.tend(index, phone)?;
        }
        Ok(())
    }

    /// Lets nobody in any more: those who are on the line are served.
    pub(crate) fn close_door(&mut self) {
        self.door = Door::Closed;
    }

    /// Whether the door is closed and nobody is on the line any more.
    pub(crate) fn is_empty(&self) -> bool {
        match self.door {
            Door::Open { .. } => false,
            Door::Closed => self.callers.is_empty(),
        }
    }

    /// Ends everybody, and says what became of the callers.
    pub(crate) fn finish(mut self) -> Tally {
        for caller in std::mem::take(&mut self.callers) {
            self.count(&caller);
        }
        self.tally.answered += self
            .phones
            .iter()
            .flatten()
            .map(Sipp::calls_talked)
            .sum::<u64>();
        self.tally
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + READY_MAX;
        for (phone, operator) in self.phones.iter_mut().flatten().zip(OPERATORS) {
            while phone.times("ready") == 0 {
                if phone.is_over()? || Instant::now() > deadline {
                    bail!(
                        "the phone of {operator} did not get ready:\n{}",
                        phone.errors()
                    );
                }
                thread::sleep(TICK);
            }
        }
        Ok(())
    }

    /// Takes a phone away that shall lie dead, and starts one that shall work and is not there.
    fn tend(&mut self, index: usize, phone: Phone) -> Result<()> {
        if let Some(there) = &mut self.phones[index] {
            let ended = there.is_over()?;
            if ended && phone == Phone::Works {
                println!(
                    "xtask: the phone of {} ended and is started again:\n{}",
                    OPERATORS[index],
                    there.errors()
                );
            }
            if ended || phone == Phone::LiesDead {
                self.tally.answered += there.calls_talked();
                self.phones[index] = None;
            }
        }
        if self.phones[index].is_none() && phone == Phone::Works {
            let peer = phone_of(self.site, OPERATORS[index], &mut self.chance);
            self.phones[index] = Some(self.peers.start(&peer)?);
        }
        Ok(())
    }

    fn start_caller(&mut self) -> Result<()> {
        let talk = self.chance.between(TALK_MS.0, TALK_MS.1);
        let (scenario, wait) = match self.kind_of_caller() {
            Kind::HangsUpEarly => (
                "caller-cancels",
                self.chance.between(PATIENCE_MS.0, PATIENCE_MS.1),
            ),
            Kind::CannotSpeak => ("caller-cannot-speak", PRESSES_AFTER_MS),
            Kind::Speaks => ("caller", 0),
        };
        let line = self.line_of_caller();
        let from = format!("+420777{:06}", self.chance.between(0, 1_000_000));
        let values = vec![
            ("from", from),
            ("to", line.to_owned()),
            ("talk_ms", talk.to_string()),
            ("ring_ms", wait.to_string()),
        ];
        let peer = Peer {
            scenario,
            answers: None,
            host: TRUNK_HOST,
            port: None,
            towards: Some(self.site.sip()),
            once: Calls::One,
            values,
        };
        self.callers.push(self.peers.start(&peer)?);
        self.tally.came += 1;
        self.tally.in_ukrainian += u64::from(line == LINE_IN_UKRAINIAN);
        Ok(())
    }

    /// The second and the third caller are fixed, so that even a short demo shows both; the others come at random.
    fn kind_of_caller(&mut self) -> Kind {
        let kind = match (self.tally.came, self.chance.between(0, 10)) {
            (1, _) | (3.., 0 | 1) => Kind::HangsUpEarly,
            (2, _) | (3.., 2) => Kind::CannotSpeak,
            (0 | 3.., _) => Kind::Speaks,
        };
        if kind == Kind::CannotSpeak && !self.keys_can_be_pressed {
            Kind::Speaks
        } else {
            kind
        }
    }

    /// The fourth caller dials the line in Ukrainian, and later one in six.
    fn line_of_caller(&mut self) -> &'static str {
        match (self.tally.came, self.chance.between(0, 6)) {
            (3, _) | (4.., 0) => LINE_IN_UKRAINIAN,
            (0..3 | 4.., _) => LINE,
        }
    }

    fn forget_callers_who_left(&mut self) -> Result<()> {
        let mut waiting = Vec::new();
        for mut caller in std::mem::take(&mut self.callers) {
            if caller.is_over()? {
                self.count(&caller);
            } else {
                waiting.push(caller);
            }
        }
        self.callers = waiting;
        Ok(())
    }

    fn count(&mut self, caller: &Sipp) {
        self.tally.hung_up_early += caller.times("cancelled");
        self.tally.could_not_speak += caller.times("pressed");
    }

    fn milliseconds(&mut self, (from, to): (u64, u64)) -> Duration {
        Duration::from_millis(self.chance.between(from, to))
    }
}

fn phone_of<'a>(site: &Site, operator: &'a str, chance: &mut Chance) -> Peer<'a> {
    let ring_ms = chance
        .between(PHONE_RINGS_MS.0, PHONE_RINGS_MS.1)
        .to_string();
    let values = vec![
        ("user", operator.to_owned()),
        ("password", site.password(operator).to_owned()),
        ("ring_ms", ring_ms),
    ];
    let towards = Some(site.sip());
    Peer {
        scenario: "register-and-dial",
        answers: Some("answers"),
        host: PHONES_HOST,
        port: None,
        towards,
        once: Calls::One,
        values,
    }
}

/// Somebody on call whose voicemail answers: she must not swallow a caller.
fn at_home(site: &Site) -> Peer<'static> {
    let port = Some(site.outward().port());
    Peer {
        scenario: "voicemail",
        answers: None,
        host: TRUNK_HOST,
        port,
        towards: None,
        once: Calls::Any,
        values: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(answered: u64, came: u64) -> Tally {
        Tally {
            came,
            answered,
            hung_up_early: 20,
            ..Tally::default()
        }
    }

    #[test]
    fn seven_of_ten_who_stay_have_to_be_answered() {
        assert!(answered(70, 120).is_well_answered());
        assert!(!answered(69, 120).is_well_answered());
        assert!(!answered(24, 118).is_well_answered());
        assert!(answered(0, 20).is_well_answered());
    }

    #[test]
    fn who_stayed_and_was_answered_is_told() {
        let told = answered(75, 120).to_string();

        assert!(
            told.contains("100 stayed, 75 of them were answered by an operator: 75 %"),
            "{told}"
        );
    }
}
