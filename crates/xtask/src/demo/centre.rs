//! Who is in the little centre, and what they do next.

use super::chance::Chance;
use super::sipp::{Calls, PHONES_HOST, Peer, Peers, Sipp, TRUNK_HOST};
use super::site::{OPERATORS, Site};
use crate::shell;
use anyhow::{Result, bail};
use std::fmt;
use std::thread;
use std::time::{Duration, Instant};

const READY_MAX: Duration = Duration::from_secs(20);
const TICK: Duration = Duration::from_millis(50);
/// More callers at once would need more ports than the demo takes.
const CALLERS_MAX: usize = 40;
const BETWEEN_CALLERS_MS: (u64, u64) = (800, 6_000);
const TALK_MS: (u64, u64) = (8_000, 35_000);
const PHONE_RINGS_MS: (u64, u64) = (1_000, 5_000);
/// A caller who hangs up early does so before any phone of the centre answers.
const PATIENCE_MS: (u64, u64) = (500, 1_000);
const PRESSES_AFTER_MS: u64 = 2_000;
const PHONE_DIES_AFTER: Duration = Duration::from_secs(25);
const PHONE_IS_BACK_AFTER: Duration = Duration::from_secs(70);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Speaks,
    HangsUpEarly,
    CannotSpeak,
}

/// What became of the callers, as the phones saw it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) came: u64,
    pub(crate) answered: u64,
    pub(crate) hung_up_early: u64,
    pub(crate) could_not_speak: u64,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            came,
            answered,
            hung_up_early,
            could_not_speak,
        } = self;
        write!(
            f,
            "{came} callers came: {answered} were answered by an operator, {hung_up_early} hung up early, {could_not_speak} could not speak"
        )
    }
}

/// The running centre: six phones, a colleague at home, and callers who come at random.
pub(crate) struct Centre<'site> {
    site: &'site Site,
    peers: Peers<'site>,
    chance: Chance,
    keys_can_be_pressed: bool,
    phones: Vec<Option<Sipp>>,
    _at_home: Sipp,
    callers: Vec<Sipp>,
    tally: Tally,
    started: Instant,
    next_caller: Instant,
}

impl<'site> Centre<'site> {
    /// Brings the operators on shift: each phone registers and dials `*40`.
    pub(crate) fn new(site: &'site Site, seed: u64) -> Result<Self> {
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
            let phone = phone(site, operator, &mut chance);
            phones.push(Some(peers.start(&phone)?));
        }
        let now = Instant::now();
        let mut centre = Self {
            site,
            peers,
            chance,
            keys_can_be_pressed,
            phones,
            _at_home: at_home,
            callers: Vec::new(),
            tally: Tally::default(),
            started: now,
            next_caller: now,
        };
        centre.wait_until_ready()?;
        centre.started = Instant::now();
        Ok(centre)
    }

    /// Does what is due: the next caller, the phone that dies and the phone that comes back.
    pub(crate) fn tick(&mut self, now: Instant) -> Result<()> {
        self.forget_callers_who_left()?;
        if now >= self.next_caller && self.callers.len() < CALLERS_MAX {
            self.next_caller = now + self.milliseconds(BETWEEN_CALLERS_MS);
            self.start_caller()?;
        }
        let time = now.saturating_duration_since(self.started);
        let dead = time >= PHONE_DIES_AFTER && time < PHONE_IS_BACK_AFTER;
        let last = OPERATORS.len() - 1;
        match (&self.phones[last], dead) {
            (Some(phone), true) => {
                self.tally.answered += phone.times("answered");
                self.phones[last] = None;
            }
            (None, false) => {
                let phone = phone(self.site, OPERATORS[last], &mut self.chance);
                self.phones[last] = Some(self.peers.start(&phone)?);
            }
            (Some(_), false) | (None, true) => {}
        }
        Ok(())
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
            .map(|phone| phone.times("answered"))
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
        let from = format!("+420777{:06}", self.chance.between(0, 1_000_000));
        let values = vec![
            ("from", from),
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

fn phone<'a>(site: &Site, operator: &'a str, chance: &mut Chance) -> Peer<'a> {
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
