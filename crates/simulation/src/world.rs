//! The world: the exchange and all around it, under one virtual clock.

mod crash;
mod dialling;
mod names;
mod peers;
mod script;
mod sound;
mod streams;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use bytes::Bytes;
use dispatch::{Moment, OperatorId};
use exchange::{Command, Exchange, Input, Output, Reply, Token, Warning};
use journal::{MemoryJournal, MemoryWriter, Order};
use sip::{Flow, Protocol, RestoredBinding, Target};

use crate::centre::{Centre, LISTENER};
use crate::chance::Chance;
use crate::media::MediaThreads;
use crate::network::{Datagram, Network, Weather};
use crate::peer::{Act, CallRef, Peer};
use crate::screen::{self, Screen};
use crate::shadow::Shadow;

pub use crash::{Found, Outgoing};
pub use script::Caller;

use crash::CrashPlan;
use sound::Stranger;
use streams::Streams;

/// The moment at which every world begins.
const BEGIN: Moment = Moment::from_micros(1_790_000_000_000_000);
/// More inputs than this in one virtual second are a loop.
const INPUTS_PER_SECOND_MAX: u32 = 50_000;
/// The longest time until a command is answered.
/// The token of configurations; their answers are nobody else's.
pub(crate) const CONFIGURES: Token = Token(4);
pub(crate) const ANSWERED_WITHIN: Duration = Duration::from_secs(1);
/// How often a screen is compared with what is, until they agree: something may change between two looks.
const SCREEN_LOOKS: u32 = 20;
/// How often the `Debug` of entries is searched for callers' numbers, in entries.
const PRINTED_EVERY: u64 = 64;

/// A message that the exchange sent.
#[derive(Clone, Debug)]
pub struct Sent {
    /// When.
    pub at: Instant,
    /// To whom.
    pub to: SocketAddr,
    /// The message.
    pub text: String,
}

/// Whether messages are kept for the test to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wire {
    Kept,
    Forgotten,
}

/// A centre in memory.
pub struct World {
    seed: u64,
    centre: Centre,
    chance: Chance,
    began: Instant,
    now: Instant,
    exchange: Exchange,
    start: u32,
    writer: MemoryWriter,
    media: MediaThreads,
    network: Network,
    peers: Vec<Peer>,
    /// Which peer has an address.
    places: BTreeMap<SocketAddr, usize>,
    bindings: BTreeMap<OperatorId, (Instant, Vec<RestoredBinding>)>,
    shadow: Shadow,
    numbers: BTreeSet<Vec<u8>>,
    streams: Streams,
    strangers: Vec<Stranger>,
    weather_changed: Instant,
    /// When it was last looked whether those who talk hear each other.
    looked: Instant,
    inputs: u64,
    inputs_this_second: (u64, u32),
    crash_plan: Option<CrashPlan>,
    crashes: u32,
    crashed: Option<Found>,
    wire: Wire,
    sent: Vec<Sent>,
    /// What people were told by a way that is not the trunk.
    pub warnings: Vec<Warning>,
    /// Hosts of no trunk that were named for calling a line.
    pub refused_hosts: Vec<IpAddr>,
    drained: Option<Instant>,
    board: Option<Box<exchange::Board>>,
    screen: Screen,
    /// What operators were told that their callers pressed.
    pub taps: Vec<(OperatorId, char)>,
    answers: Vec<Reply>,
    /// What came of the last configuration that was given in.
    configured: Option<Reply>,
    names: names::Names,
}

impl World {
    /// A calm world.
    #[must_use]
    pub fn new(seed: u64, centre: Centre) -> Self {
        Self::with_weather(seed, centre, Weather::CALM)
    }

    /// A world whose network does that.
    #[must_use]
    pub fn with_weather(seed: u64, centre: Centre, weather: Weather) -> Self {
        let mut chance = Chance::new(seed);
        let now = origin();
        let journal = MemoryJournal::default();
        let network = Network::new(weather, Chance::new(chance.word()));
        let media = threads(now, 1, &centre);
        let exchange = crash::start(
            now,
            (now, BEGIN),
            (1, crash::replayed(&mut journal.clone())),
            &centre,
            (&mut chance, Vec::new()),
        );
        let mut world = Self {
            seed,
            began: now,
            now,
            exchange,
            start: 1,
            writer: MemoryWriter::new(journal, centre.commit_time),
            media,
            network,
            peers: Vec::new(),
            places: BTreeMap::new(),
            bindings: BTreeMap::new(),
            shadow: Shadow::default(),
            numbers: BTreeSet::new(),
            streams: Streams::default(),
            strangers: Vec::new(),
            weather_changed: now,
            looked: now,
            inputs: 0,
            inputs_this_second: (0, 0),
            crash_plan: None,
            crashes: 0,
            crashed: None,
            wire: Wire::Kept,
            sent: Vec::new(),
            warnings: Vec::new(),
            refused_hosts: Vec::new(),
            drained: None,
            board: None,
            screen: Screen::default(),
            taps: Vec::new(),
            answers: Vec::new(),
            configured: None,
            names: names::Names::default(),
            centre,
            chance,
        };
        world.settle_peers();
        world.drain();
        world
    }

    /// Ends the run: something is wrong.
    #[track_caller]
    pub(crate) fn fail(&self, what: &str) -> ! {
        let since = self.now - self.began;
        panic!("seed {}, {since:?} after the start: {what}", self.seed);
    }

    /// Lets time pass.
    pub fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(due) = self.next().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.step();
        }
        self.now = self.now.max(end);
    }

    fn next(&self) -> Option<Instant> {
        let writer = self.writer.poll_timeout().map(|at| self.instant(at));
        let around = [
            self.exchange.poll_timeout(),
            writer,
            self.media.next(),
            self.network.next(),
            self.next_stranger(),
            self.streams.next(),
            self.names.next(),
        ];
        let peers = self.peers.iter().filter_map(Peer::next);
        around.into_iter().flatten().chain(peers).min()
    }

    /// Everything that is due now happens, in an order that is always the same.
    fn step(&mut self) {
        while let Some(datagram) = self.network.arrived(self.now) {
            self.deliver(datagram);
        }
        self.take_from_streams();
        self.answer_names();
        self.strangers_speak();
        self.media.on_time(self.now);
        self.flush_media();
        while let Some(event) = self.media.poll_event(self.now) {
            self.input(Input::Media(event));
        }
        let moment = self.moment(self.now);
        if self.writer.poll_timeout().is_some_and(|due| due <= moment) {
            self.writer.handle_timeout(moment);
            while let Some(report) = self.writer.poll_report() {
                self.input(Input::Reported(report));
            }
        }
        if self
            .exchange
            .poll_timeout()
            .is_some_and(|due| due <= self.now)
        {
            self.input(Input::Timeout);
        }
        for place in 0..self.peers.len() {
            if self.peers[place].next().is_some_and(|due| due <= self.now) {
                let now = self.now;
                self.peers[place].on_time(now);
            }
            self.flush_peer(place);
        }
        self.look_at_talks();
    }

    fn deliver(&mut self, datagram: Datagram) {
        if datagram.to == Centre::exchange() {
            let flow = Flow::udp(LISTENER, datagram.from);
            let bytes = datagram.bytes;
            self.input(Input::Received { flow, bytes });
        } else if let Some(place) = self.places.get(&datagram.to).copied() {
            let now = self.now;
            let flow = Flow::udp(LISTENER, datagram.from);
            self.peers[place].receive(now, flow, datagram.bytes);
            self.flush_peer(place);
        } else {
            self.deliver_sound(&datagram);
        }
    }

    /// Gives the exchange an input and carries out all that it wants.
    fn input(&mut self, input: Input) {
        self.note_load();
        self.inputs += 1;
        self.exchange.handle_input(self.now, input);
        match self.crash_plan.take_if(|plan| plan.input == self.inputs) {
            Some(plan) if plan.outgoing == Outgoing::Lost => self.crash(plan.point),
            Some(plan) => {
                self.drain();
                self.crash(plan.point);
            }
            None => self.drain(),
        }
    }

    fn note_load(&mut self) {
        let second = (self.now - self.began).as_secs();
        if self.inputs_this_second.0 != second {
            self.inputs_this_second = (second, 0);
        }
        self.inputs_this_second.1 += 1;
        if self.inputs_this_second.1 > INPUTS_PER_SECOND_MAX {
            self.fail("the exchange runs in a loop");
        }
    }

    fn drain(&mut self) {
        while let Some(output) = self.exchange.poll_output() {
            self.carry_out(output);
        }
        if let Err(wrong) = self.shadow.follow(self.exchange.state()) {
            self.fail(&wrong);
        }
        self.flush_media();
    }

    fn carry_out(&mut self, output: Output) {
        match output {
            Output::Transmit { target, bytes } => self.transmit(target, bytes),
            Output::Media { thread, order } => self.order_media(thread, &order),
            Output::Journal(order) => self.order_journal(order),
            Output::KeepBindings { user, bindings } => {
                self.bindings.insert(user, (self.now, bindings));
            }
            Output::Warn(warning) => {
                if let Warning::JournalUnsaved { .. } = warning {
                    self.shadow.journal_fell_sick();
                }
                self.warnings.push(warning);
            }
            Output::Answer { token, reply } if token == CONFIGURES => self.configured = Some(reply),
            Output::Answer { token: _, reply } => match reply {
                Reply::Status(board) => self.board = Some(board),
                other @ (Reply::Draining
                | Reply::Records(_)
                | Reply::Done
                | Reply::Refused(_)
                | Reply::Content(_)
                | Reply::Finished(_)
                | Reply::Why(_)) => self.answers.push(other),
            },
            Output::Changed(changed) => {
                self.check_printed("a change", &format!("{changed:?}"));
                if let Err(what) = self.screen.take(*changed) {
                    self.fail(&what);
                }
            }
            Output::Tapped {
                operator, digit, ..
            } => self.taps.push((operator, digit.as_char())),
            Output::Drained => self.drained = Some(self.now),
            Output::StrangerRefused { host } => self.refused_hosts.push(host),
            Output::Resolve { host, protocol } => self.names.ask(self.now, host, protocol),
        }
    }

    fn transmit(&mut self, target: Target, bytes: Bytes) {
        let to = target.remote();
        self.check_identity(to, &bytes);
        if self.wire == Wire::Kept {
            self.sent.push(Sent {
                at: self.now,
                to,
                text: String::from_utf8_lossy(&bytes).into_owned(),
            });
        }
        if target.protocol() == Protocol::Tcp {
            return self.stream_to(target, bytes);
        }
        let (from, bytes) = (Centre::exchange(), self.on_its_way(to, bytes));
        self.network.send(self.now, Datagram { from, to, bytes });
    }

    fn order_media(&mut self, thread: media::ThreadId, order: &media::Order) {
        if let Err(wrong) = self.media.order(self.now, thread, order) {
            self.fail(&format!("media: {wrong} in {order:?}"));
        }
        if let media::Order::Join { a, b } = order {
            for side in [a, b] {
                self.on_joined(*side);
            }
        }
    }

    /// A caller who is joined talks for as long as she means to, then hangs up.
    fn on_joined(&mut self, stream: media::StreamId) {
        let Some(sound) = self.media.remote_of(stream) else {
            return;
        };
        let Some(place) = self.owner_of(sound) else {
            return;
        };
        let peer = &mut self.peers[place];
        if let Some(dialog) = peer.call_at(sound)
            && let Some(talks) = peer.call(dialog).and_then(|call| call.talks)
        {
            peer.plan(self.now + talks, dialog, Act::HangUp);
        }
    }

    fn order_journal(&mut self, order: Order) {
        if let Order::Append(entry) = &order {
            if entry.seq.0.is_multiple_of(PRINTED_EVERY) || self.wire == Wire::Kept {
                self.check_printed("an entry", &format!("{entry:?}"));
            }
            self.shadow.note(entry.clone());
        }
        let moment = self.moment(self.now);
        self.writer.order(moment, order);
    }

    /// No byte of a caller's number reaches anybody but her trunk, in her own dialogs.
    fn check_identity(&self, to: SocketAddr, bytes: &Bytes) {
        let mobile = |number: &&str| contains(bytes, format!("sip:{number}@").as_bytes());
        let others = self.centre.on_call.iter().chain(&self.centre.partners);
        let own = to == Centre::trunk() && !others.map(|(_, number)| number).any(mobile);
        if !own && let Some(number) = self.number_in(bytes) {
            self.fail(&format!(
                "the number {number} is in what {to} gets: {}",
                String::from_utf8_lossy(bytes)
            ));
        }
    }

    fn check_printed(&self, what: &str, printed: &str) {
        if let Some(number) = self.number_in(printed.as_bytes()) {
            self.fail(&format!("the number {number} is in {what}: {printed}"));
        }
    }

    fn number_in(&self, bytes: &[u8]) -> Option<String> {
        let begin = script::NUMBER_BEGINS.as_bytes();
        let length = script::NUMBER_DIGITS;
        let found = bytes
            .windows(length)
            .find(|window| window.starts_with(begin) && self.numbers.contains(*window))?;
        Some(String::from_utf8_lossy(found).into_owned())
    }

    fn moment(&self, at: Instant) -> Moment {
        BEGIN + at.saturating_duration_since(self.began)
    }

    fn instant(&self, moment: Moment) -> Instant {
        self.began + moment.since(BEGIN)
    }

    /// The state of everything, as the command line sees it.
    pub fn board(&mut self) -> exchange::Board {
        let token = Token(1);
        self.input(Input::Asked {
            token,
            command: Command::Status,
        });
        // Right after a start the answer waits until the restart is applied.
        for _ in 0..ANSWERED_WITHIN.as_millis() {
            if let Some(board) = self.board.take() {
                self.check_printed("the board", &format!("{board:?}"));
                return *board;
            }
            self.run(Duration::from_millis(1));
        }
        self.fail("no board came")
    }

    /// Checks that who hears of every change sees what is.
    pub fn check_screen(&mut self) {
        let (mut seen, mut is) = (String::new(), String::new());
        for _ in 0..SCREEN_LOOKS {
            self.run(exchange::TOLD_EVERY);
            is = screen::words_of(&self.board());
            seen = self.screen.words();
            if seen == is {
                return;
            }
        }
        self.fail(&format!("a screen shows\n{seen}\nbut it is\n{is}"));
    }

    /// The calls of a peer, and their ends.
    #[must_use]
    pub fn peers(&self) -> &[Peer] {
        &self.peers
    }

    /// The call that a reference names.
    #[must_use]
    pub fn call_of(&self, call: CallRef) -> &crate::Call {
        match self.peers[call.peer].call(call.dialog) {
            Some(call) => call,
            None => self.fail("the call was never made"),
        }
    }
}

fn threads(now: Instant, start: u32, centre: &Centre) -> MediaThreads {
    MediaThreads::new(now, start, Centre::exchange().ip(), centre.ports)
}

fn contains(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}

#[allow(
    clippy::disallowed_methods,
    reason = "any instant will do as the start of virtual time"
)]
fn origin() -> Instant {
    Instant::now()
}
