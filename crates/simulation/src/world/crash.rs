//! Starting the exchange, and letting it crash.

use std::time::Instant;

use dispatch::{ContactView, Moment, OperatorView, Seq};
use exchange::{Exchange, Setup};
use journal::{CrashPoint, Log, MemoryJournal, MemoryWriter, Replayed, replay};
use records::Date;
use sip::digest::Algorithm;
use sip::{Endpoint, EndpointConfig, Listener, RestoredBinding};

use crate::centre::{Centre, LISTENERS};
use crate::chance::Chance;
use crate::screen::Screen;
use crate::world::{World, threads};

/// The key that seals tags; the same for every start.
const TAG_KEY: [u8; 32] = [9; 32];
/// The day of every simulated day.
const TODAY: Date = Date::FIRST;

/// What becomes of that which the exchange wanted done by its last input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// It went out.
    Sent,
    /// Nobody heard of it.
    Lost,
}

/// What a start found in the journal, before it appended anything.
#[derive(Clone, Debug)]
pub struct Found {
    /// When it was started.
    pub at: Instant,
    /// The last entry.
    pub seq: Seq,
    /// The contacts in their order.
    pub contacts: Vec<ContactView>,
    /// The operators.
    pub operators: Vec<OperatorView>,
}

/// A crash to come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CrashPlan {
    pub(crate) input: u64,
    pub(crate) point: CrashPoint,
    pub(crate) outgoing: Outgoing,
}

impl World {
    /// Lets the exchange crash right after its `input`-th input, and start again at once.
    pub const fn crash_at(&mut self, input: u64, point: CrashPoint, outgoing: Outgoing) {
        self.crash_plan = Some(CrashPlan {
            input,
            point,
            outgoing,
        });
    }

    /// How many inputs the exchange took.
    #[must_use]
    pub const fn inputs(&self) -> u64 {
        self.inputs
    }

    /// What the last start after a crash found.
    #[must_use]
    pub const fn found(&self) -> Option<&Found> {
        self.crashed.as_ref()
    }

    /// How often it crashed.
    #[must_use]
    pub const fn crashes(&self) -> u32 {
        self.crashes
    }

    /// The exchange dies and is started again on what its journal holds. The media threads die with
    /// it; phones and trunk know nothing of it.
    pub fn crash(&mut self, point: CrashPoint) {
        let dead = std::mem::replace(
            &mut self.writer,
            MemoryWriter::new(MemoryJournal::default(), self.centre.commit_time),
        );
        let mut journal = dead.crash(point);
        let replayed = replayed(&mut journal);
        if let Err(wrong) = self.shadow.restart(&replayed.state) {
            self.fail(&wrong);
        }
        self.crashes += 1;
        self.crashed = Some(Found {
            at: self.now,
            seq: replayed.state.seq(),
            contacts: replayed.state.dispatcher().contacts(),
            operators: replayed.state.dispatcher().operators(),
        });
        self.start += 1;
        self.writer = MemoryWriter::new(journal, self.centre.commit_time);
        self.media = threads(self.now, self.start, &self.centre);
        let bindings = self.kept_bindings();
        let moment = self.moment(self.now);
        self.screen = Screen::default();
        self.exchange = start(
            self.now,
            (self.now, moment),
            (self.start, replayed),
            &self.centre,
            (&mut self.chance, bindings),
        );
        self.end_streams();
        self.drain();
    }

    fn kept_bindings(&self) -> Vec<RestoredBinding> {
        let mut all = Vec::new();
        for (kept, bindings) in self.bindings.values() {
            let passed = self.now.saturating_duration_since(*kept);
            all.extend(bindings.iter().cloned().filter_map(|mut binding| {
                binding.remaining = binding.remaining.checked_sub(passed)?;
                Some(binding)
            }));
        }
        all
    }
}

pub(crate) fn replayed(journal: &mut MemoryJournal) -> Replayed {
    match replay(journal) {
        Ok(replayed) => replayed,
        Err(error) => panic!("a journal in memory cannot be read: {error}"),
    }
}

/// Starts an exchange: how often it was started, and what the replay made.
pub(crate) fn start(
    now: Instant,
    started: (Instant, Moment),
    (start, replayed): (u32, Replayed),
    centre: &Centre,
    (chance, bindings): (&mut Chance, Vec<RestoredBinding>),
) -> Exchange {
    let listener = |(id, protocol)| Listener {
        id,
        protocol,
        local: Centre::exchange(),
        algorithm: Algorithm::Md5,
    };
    let listeners = LISTENERS.map(listener).to_vec();
    let mut config = EndpointConfig::new(listeners, "linka".to_owned());
    config.session_expires = centre.session_expires;
    let setup = Setup {
        node: dispatch::NodeId::ONLY,
        started,
        start,
        log: Log::new(replayed, started.1),
        endpoint: Endpoint::new(config, chance.seed(), now),
        settings: centre.settings(),
        today: TODAY,
        tag_key: TAG_KEY,
        number_key: chance.seed(),
        bindings,
    };
    Exchange::new(now, setup)
}
