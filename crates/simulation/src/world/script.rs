//! What tests let people do, and what they look at.

use std::time::{Duration, Instant};

use dispatch::{Intent, OperatorView, Reachability};
use exchange::{Command, Exchange, Input, Reply, Settings, Token};
use journal::{Fault, MemoryWriter};
use media::StreamId;
use records::Date;
use sip::{Flow, Party};

use crate::centre::{Centre, LINE_NUMBER, LISTENER};
use crate::media::{Hears, MediaThreads};
use crate::network::{Datagram, Weather};
use crate::peer::{Act, CallRef, CallStage, Dial, Peer, Power, credentials};
use crate::shadow::Shadow;
use crate::world::{ANSWERED_WITHIN, CONFIGURES, Sent, Wire, World};

/// How the national number of every caller begins.
pub(crate) const NUMBER_BEGINS: &str = "777";
/// The longest silence of a caller whose call stands, in which the journal may write.
const SILENCE_MAX: Duration = Duration::from_secs(1);
/// How many digits it has.
pub(crate) const NUMBER_DIGITS: usize = 9;

/// Somebody who calls the line.
#[derive(Clone, Copy, Debug, Default)]
pub struct Caller {
    /// Which number she calls from; 0 is withheld.
    pub number: u32,
    /// How long she talks once somebody is there; without it she never hangs up by herself.
    pub talks: Option<Duration>,
    /// When she hangs up whatever happens.
    pub gives_up: Option<Duration>,
}

impl Caller {
    /// Somebody who calls from that number and never hangs up by herself.
    #[must_use]
    pub const fn from_number(number: u32) -> Self {
        Self {
            number,
            talks: None,
            gives_up: None,
        }
    }

    fn user(self) -> String {
        if self.number == 0 {
            return "anonymous".to_owned();
        }
        let digits = NUMBER_DIGITS - NUMBER_BEGINS.len();
        format!("+420{NUMBER_BEGINS}{:0digits$}", self.number)
    }
}

impl World {
    /// Time since the beginning.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.now - self.began
    }

    /// The current instant.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// Somebody calls the line.
    #[track_caller]
    pub fn call(&mut self, caller: Caller) -> CallRef {
        let user = caller.user();
        if caller.number > 0 {
            let national = user.trim_start_matches("+420");
            self.numbers.insert(national.as_bytes().to_vec());
        }
        let dial = self.dial_of(caller, &user);
        let call = self.dial(0, dial);
        if let Some(made) = self.peers[0].call_mut(call.dialog) {
            made.talks = caller.talks;
        }
        if let Some(gives_up) = caller.gives_up {
            self.plan(call, gives_up, Act::HangUp);
        }
        call
    }

    /// A phone dials a number, a star code for example.
    #[track_caller]
    pub fn dial_from(&mut self, phone: &str, number: &str) -> CallRef {
        let place = self.place(phone);
        let owner = self.owner(phone).to_owned();
        let exchange = Centre::exchange();
        let request_uri = self.uri(&format!("sip:{number}@{exchange}"));
        let dial = Dial {
            number: number.to_owned(),
            to: request_uri.clone(),
            request_uri,
            from: Party {
                display: None,
                uri: self.uri(&format!("sip:{owner}@{exchange}")),
            },
            headers: Vec::new(),
            credentials: Some(credentials(&owner)),
        };
        self.dial(place, dial)
    }

    fn dial(&mut self, place: usize, dial: Dial) -> CallRef {
        let call = self.peers[place].dial(self.now, dial);
        self.flush_peer(place);
        call
    }

    /// Whose phone that is.
    fn owner<'a>(&'a self, phone: &'a str) -> &'a str {
        let second = self.centre.second_phones.iter();
        second
            .clone()
            .find(|(name, _)| *name == phone)
            .map_or(phone, |(_, owner)| owner)
    }

    #[track_caller]
    pub(super) fn place(&self, name: &str) -> usize {
        match self.peers.iter().position(|peer| peer.name == name) {
            Some(place) => place,
            None => self.fail(&format!("there is no peer {name}")),
        }
    }

    /// A peer by its name.
    #[track_caller]
    pub fn peer(&mut self, name: &str) -> &mut Peer {
        let place = self.place(name);
        &mut self.peers[place]
    }

    /// A phone registers.
    #[track_caller]
    pub fn register(&mut self, phone: &str) {
        let (now, place) = (self.now, self.place(phone));
        let owner = self.owner(phone).to_owned();
        self.peers[place].register(now, &owner);
        self.flush_peer(place);
    }

    /// A phone ends its registration.
    pub fn unregister(&mut self, phone: &str) {
        let (now, place) = (self.now, self.place(phone));
        self.peers[place].unregister(now);
        self.flush_peer(place);
    }

    /// Operators register their phones and dial `*40`; ten seconds later they are ready.
    #[track_caller]
    pub fn open(&mut self, operators: &[&str]) {
        for operator in operators {
            self.register(operator);
        }
        self.run(Duration::from_secs(1));
        for operator in operators {
            self.dial_from(operator, "*40");
        }
        self.run(Duration::from_secs(9));
        for operator in operators {
            let view = self.operator(operator);
            if view.intent != Intent::Ready || view.reachability != Reachability::Reachable {
                self.fail(&format!("{operator} is not ready: {view:?}"));
            }
        }
    }

    /// What is known of an operator.
    #[track_caller]
    #[must_use]
    pub fn operator(&self, name: &str) -> OperatorView {
        let view = self.state().dispatcher().operator(Centre::operator(name));
        match view {
            Some(view) => view,
            None => self.fail(&format!("there is no operator {name}")),
        }
    }

    /// Somebody does something in a call, now.
    pub fn act(&mut self, call: CallRef, act: Act) {
        let now = self.now;
        self.peers[call.peer].act(now, call.dialog, act);
        self.flush_peer(call.peer);
    }

    /// Somebody does something in a call, later.
    pub fn plan(&mut self, call: CallRef, after: Duration, act: Act) {
        let at = self.now + after;
        self.peers[call.peer].plan(at, call.dialog, act);
    }

    /// Connects or disconnects a phone.
    pub fn power(&mut self, phone: &str, power: Power) {
        let place = self.place(phone);
        if power == Power::Off {
            self.peers[place].set_power(self.now, power);
            self.lose_connections(phone);
        } else {
            self.peers[place].set_power(self.now, power);
            self.flush_peer(place);
        }
    }

    /// The weather changes.
    pub const fn set_weather(&mut self, weather: Weather) {
        self.weather_changed = self.now;
        self.network.set_weather(weather);
    }

    /// How every write of the journal fails from now on.
    pub fn set_fault(&mut self, fault: Option<Fault>) {
        self.writer.set_fault(fault);
    }

    /// Messages are no longer kept: a long day stays small.
    pub const fn forget_messages(&mut self) {
        self.wire = Wire::Forgotten;
    }

    /// No caller was left in silence: as long as her call stood she heard a prompt, the waiting sound or somebody.
    #[track_caller]
    pub fn check_heard(&self) {
        let callers = self.peers[0].calls();
        for (name, call) in callers.filter(|(_, call)| call.number == LINE_NUMBER) {
            // Before that it rings.
            let Some(answered) = call.answered.map(|at| at - call.began) else {
                continue;
            };
            let heard = self.heard(name);
            let ends = heard.iter().skip(1).map(|(at, _)| *at);
            for ((from, hears), to) in heard.iter().zip(ends) {
                let silent = to.saturating_sub(answered.max(*from));
                if *hears == Hears::Silence && silent > SILENCE_MAX {
                    self.fail(&format!("{name:?} heard nothing until {to:?}: {heard:?}"));
                }
            }
        }
    }

    /// Calls that ended this long ago are forgotten.
    #[track_caller]
    pub fn forget_calls(&mut self, ended: Duration) {
        self.check_heard();
        let before = self.now.checked_sub(ended);
        for peer in &mut self.peers {
            before
                .into_iter()
                .for_each(|before| peer.forget_ended(before));
        }
    }

    /// The messages to a peer, in order.
    #[track_caller]
    pub fn sent_to(&self, name: &str) -> impl Iterator<Item = &Sent> {
        let address = self.peers[self.place(name)].address;
        self.sent.iter().filter(move |sent| sent.to == address)
    }

    /// Sends bytes of the test's own making to the exchange, from any address.
    pub fn send(&mut self, from: std::net::SocketAddr, text: &str) {
        let bytes = bytes::Bytes::copy_from_slice(text.as_bytes());
        let to = Centre::exchange();
        self.network.send(self.now, Datagram { from, to, bytes });
    }

    /// Messages to an address, in order.
    pub fn sent_to_address(&self, to: std::net::SocketAddr) -> impl Iterator<Item = &Sent> {
        self.sent.iter().filter(move |sent| sent.to == to)
    }

    /// Gives the exchange a message at once, as if it had just arrived.
    pub fn receive(&mut self, from: std::net::SocketAddr, text: &str) {
        let bytes = bytes::Bytes::copy_from_slice(text.as_bytes());
        let flow = Flow::udp(LISTENER, from);
        self.input(Input::Received { flow, bytes });
    }

    /// A media thread did not take an order about a call.
    pub fn lose_order(&mut self, call: CallRef) {
        if let Some(stream) = self.stream_of(call) {
            self.input(Input::OrderLost(stream));
        }
    }

    /// What somebody has heard in a call, each with the time since the call began.
    #[must_use]
    pub fn heard(&self, call: CallRef) -> Vec<(Duration, Hears)> {
        let call = self.call_of(call);
        let heard = self.media.heard_at(call.sound).iter();
        heard
            .map(|(at, hears)| (at.saturating_duration_since(call.began), hears.clone()))
            .collect()
    }

    /// What somebody hears now.
    #[must_use]
    pub fn hears(&self, call: CallRef) -> Option<Hears> {
        self.heard(call).pop().map(|(_, hears)| hears)
    }

    /// Whether two calls hear each other.
    #[must_use]
    pub fn are_joined(&self, one: CallRef, other: CallRef) -> bool {
        let hears = |call: CallRef, other: CallRef| {
            let stream = self.stream_of(other);
            stream.is_some_and(|stream| self.hears(call) == Some(Hears::Stream(stream)))
        };
        hears(one, other) && hears(other, one)
    }

    fn stream_of(&self, call: CallRef) -> Option<StreamId> {
        self.media.stream_at(self.call_of(call).sound)
    }

    /// Whether a call is answered and not over.
    #[must_use]
    pub fn is_talking(&self, call: CallRef) -> bool {
        self.call_of(call).stage == CallStage::Talking
    }

    /// The live call of a peer; there must be one, and one alone.
    #[track_caller]
    pub fn only_call(&mut self, name: &str) -> CallRef {
        let live: Vec<CallRef> = self.peer(name).live_calls().map(|(call, _)| call).collect();
        match live.as_slice() {
            [call] => *call,
            others => self.fail(&format!("{name} has {} live calls", others.len())),
        }
    }

    /// Asks the exchange something and waits for its answer.
    pub fn ask(&mut self, command: Command) -> Reply {
        let before = self.answers.len();
        let token = Token(3);
        self.input(Input::Asked { token, command });
        for _ in 0..ANSWERED_WITHIN.as_millis() {
            if self.answers.len() > before {
                return self.answers.remove(before);
            }
            self.run(Duration::from_millis(1));
        }
        self.fail("no answer came")
    }

    /// Somebody at a page makes this fact; returns the answer.
    pub fn makes(&mut self, fact: impl Into<journal::Fact>) -> Reply {
        self.ask(Command::Act(Box::new(fact.into())))
    }

    /// It is this day of the site's calendar from now on.
    pub fn day_begins(&mut self, day: Date) {
        self.input(Input::Recorded(records::Fact::DayBegan { date: day }));
        self.run(ANSWERED_WITHIN);
    }

    /// The acts on contacts of the days through this one are in the audit.
    pub fn acts_are_stored(&mut self, through: Date) {
        self.input(Input::Recorded(records::Fact::ActsStored { through }));
        self.run(ANSWERED_WITHIN);
    }

    /// No new calls from now on.
    pub fn drain_exchange(&mut self) {
        self.input(Input::Asked {
            token: Token(2),
            command: Command::Drain,
        });
    }

    /// When the last call ended after draining began.
    #[must_use]
    pub const fn drained(&self) -> Option<Instant> {
        self.drained
    }

    /// A changed configuration is swapped in.
    pub fn configure(&mut self, change: impl FnOnce(&mut Centre)) {
        self.edit(change);
        let settings = self.centre.settings();
        self.give(settings);
    }

    /// The files of the configuration are changed, and not given in: the next start reads them.
    pub fn edit(&mut self, change: impl FnOnce(&mut Centre)) {
        change(&mut self.centre);
    }

    /// Gives in a configuration as it stands, and waits for what comes of it.
    pub fn reload(&mut self, settings: Settings) -> Reply {
        self.configured = None;
        self.give(settings);
        for _ in 0..ANSWERED_WITHIN.as_millis() {
            if let Some(reply) = self.configured.take() {
                return reply;
            }
            self.run(Duration::from_millis(1));
        }
        self.fail("no answer came")
    }

    fn give(&mut self, settings: Settings) {
        self.input(Input::Configured {
            token: CONFIGURES,
            settings: Box::new(settings),
        });
    }

    /// The state that the entries made.
    #[must_use]
    pub const fn state(&self) -> &journal::State {
        self.exchange.state()
    }

    /// The exchange.
    #[must_use]
    pub const fn exchange(&self) -> &Exchange {
        &self.exchange
    }

    /// The media threads.
    #[must_use]
    pub const fn media(&self) -> &MediaThreads {
        &self.media
    }

    /// The journal's writer.
    #[must_use]
    pub const fn writer(&self) -> &MemoryWriter {
        &self.writer
    }

    /// The second fold over the entries.
    #[must_use]
    pub const fn shadow(&self) -> &Shadow {
        &self.shadow
    }

    /// The configuration.
    #[must_use]
    pub const fn centre(&self) -> &Centre {
        &self.centre
    }

    /// Lets time pass until nothing is left, or fails with what is.
    #[track_caller]
    pub fn run_until_quiet(&mut self, most: Duration) {
        let end = self.now + most;
        while self.now < end {
            if self.remains().is_none() {
                return;
            }
            self.run(Duration::from_millis(100));
        }
        let remains = self.remains().unwrap_or_default();
        self.fail(&format!("not quiet after {most:?}: {remains}"));
    }

    /// What is left of calls, if anything.
    fn remains(&self) -> Option<String> {
        let holdings = self.exchange.holdings();
        let (streams, ports) = self.media.in_use();
        let live = self.state().live_contacts();
        let sip = holdings.sip;
        // A phone that was not connected when it was cancelled rings on: that is its own affair.
        let talking = |peer: &Peer| {
            peer.live_calls()
                .filter(|(_, call)| call.stage == CallStage::Talking)
                .count()
        };
        let peers: usize = self.peers.iter().map(talking).sum();
        let quiet = peers == 0
            && holdings.calls == 0
            && holdings.contacts == 0
            && live == 0
            && sip.dialogs == 0
            && sip.transactions == 0
            && sip.requests == 0
            && (streams, ports) == (0, 0);
        (!quiet).then(|| {
            format!(
                "{holdings:?}, {live} live contacts, {streams} streams, {ports} ports away, {peers} peers in calls"
            )
        })
    }

    /// Counts add up, and every contact came to one end.
    #[track_caller]
    pub fn check_counts(&self) {
        let total = self.state().counts().open.total();
        if total.arrived != total.ended() {
            self.fail(&format!("the counts do not add up: {total:?}"));
        }
        let ended = self.shadow.closed().len() as u64;
        if self.shadow.saw_everything() && self.shadow.arrived() != ended {
            let arrived = self.shadow.arrived();
            self.fail(&format!("{arrived} contacts came and {ended} ended"));
        }
        if !self.shadow.agrees_with(self.state()) {
            self.fail("a second fold over the entries made another state");
        }
    }
}
