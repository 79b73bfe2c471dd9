//! The engine itself: its parts, and how an input runs through them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use dispatch::{ContactId, LegId, Miss, Moment, NodeId, OperatorId, Seq};
use journal::{Log, LogInput, State};
use media::{Order, ThreadId};
use records::Date;
use sip::{Admission, DialogId, Endpoint, Registering, Transport};

use crate::answering::Answering;
use crate::caller::Repeats;
use crate::contents::Entering;
use crate::input::{Command, Input, Mode, Output, Token, Warning};
use crate::legs::{Called, Caller, Legs, StarCall};
use crate::lines::Lines;
use crate::ports::Ports;
use crate::presence::{Acquaintance, Presences};
use crate::refusals::Refusals;
use crate::room::Rested;
use crate::screens::Untold;
use crate::settings::{Network, Settings};
use crate::sound::leg;
use crate::star::Paces;
use crate::tag::TagSeal;
use crate::timers::{TimerId, Timers};
use crate::trunks::{Role, TrunkId, Trunks};

/// What an exchange is made of.
pub struct Setup {
    /// The start, on both clocks.
    pub started: (Instant, Moment),
    /// This node.
    pub node: NodeId,
    /// How often the node was started, this start included.
    pub start: u32,
    /// The log, as the replay left it; the configuration of this start is not yet in it.
    pub log: Log,
    /// The SIP engine.
    pub endpoint: Endpoint,
    /// The configuration.
    pub settings: Settings,
    /// Which day of the site's calendar it is.
    pub today: Date,
    /// Seals leg ids into tags; the same for every start of this node.
    pub tag_key: [u8; 32],
    /// Chance for the keyed hash of callers' numbers; of this start alone.
    pub number_key: [u8; 32],
    /// Bindings of the last start.
    pub bindings: Vec<sip::RestoredBinding>,
}

/// The exchange.
pub struct Exchange {
    pub(crate) started: (Instant, Moment),
    pub(crate) node: NodeId,
    pub(crate) start: u32,
    pub(crate) legs_made: u32,
    pub(crate) settings: Arc<Settings>,
    pub(crate) lines: Lines,
    pub(crate) sip: Endpoint,
    pub(crate) log: Log,
    pub(crate) seal: TagSeal,
    pub(crate) repeats: Repeats,
    pub(crate) callers: BTreeMap<LegId, Caller>,
    pub(crate) called: BTreeMap<LegId, Called>,
    pub(crate) stars: BTreeMap<LegId, StarCall>,
    pub(crate) star_paces: Paces,
    pub(crate) ports_of_stars: Rested,
    pub(crate) by_dialog: BTreeMap<DialogId, LegId>,
    pub(crate) contacts: BTreeMap<ContactId, Legs>,
    pub(crate) ports: Ports,
    pub(crate) presences: Presences,
    pub(crate) trunks: Trunks,
    pub(crate) timers: Timers<Timer>,
    pub(crate) mode: Mode,
    /// Runs while nothing is left of a draining exchange but legs that are hung up.
    pub(crate) goodbyes: Option<TimerId>,
    pub(crate) unsaved: Option<String>,
    pub(crate) refusals: Refusals,
    /// What screens have not been told yet.
    pub(crate) untold: Untold,
    /// Those who are live and were answered.
    pub(crate) answering: Answering,
    /// When the sums of today began, where it was not midnight: with the start, or with the earliest contact that it found and that they count.
    pub(crate) today_since: Option<Moment>,
    /// Commands to be answered once their fact is applied, by the number of its entry.
    pub(crate) acting: BTreeMap<Seq, Token>,
    /// What waits for the entry of its configuration, by the entry's number.
    pub(crate) configuring: BTreeMap<Seq, Settings>,
    /// The configuration of the start, while distribution refuses it.
    pub(crate) unentered: Option<Arc<dispatch::Config>>,
    /// Contents of calls that are not applied yet.
    pub(crate) entering: Entering,
    /// Commands that came before the restart was applied: until then the state is that of before the crash.
    pub(crate) early: Option<Vec<(Token, Command)>>,
    outputs: VecDeque<Output>,
}

/// What a timer of the exchange is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    /// The line has rung long enough and answers by itself.
    Answer(LegId),
    /// The next honest words.
    Words(LegId),
    /// A called phone gave no sign of life.
    Silent(LegId),
    GatewaySilent(LegId),
    /// "Press one" is said again.
    AskAgain(LegId),
    /// Phones that were called off have had time to fall silent.
    RingAgain(ContactId, OperatorId),
    /// A spoken confirmation is over.
    HangUp(LegId),
    /// A leg in doubt is looked at again.
    Doubt(LegId),
    /// An offer has found no port until shortly before its end.
    NoPort(ContactId, OperatorId),
    /// The legs in a call are listened for.
    Listen,
    /// A phone is asked whether it is there.
    ProbePhone(OperatorId),
    /// A trunk is asked whether it is there.
    ProbeTrunk(TrunkId),
    /// A trunk's answer to a probe is late.
    TrunkLate(TrunkId),
    /// A trunk's name is looked up again.
    LookUpTrunk(TrunkId, Role),
    /// A registration is tried at a trunk's next address.
    RegisterTrunk(TrunkId),
    /// Who was hung up on had time to hear it.
    Goodbyes,
    /// Screens may be told again.
    TellScreens,
}

impl Exchange {
    /// Makes the exchange and appends what a start is: the restart and the configuration.
    #[must_use]
    pub fn new(now: Instant, setup: Setup) -> Self {
        let found = setup.log.state().dispatcher().contacts();
        let earliest = found.iter().map(|contact| contact.arrived).min();
        let since = earliest.map_or(setup.started.1, |arrived| arrived.min(setup.started.1));
        let mut exchange = Self {
            started: setup.started,
            node: setup.node,
            start: setup.start,
            legs_made: 0,
            settings: Arc::new(Settings::default()),
            lines: Lines::default(),
            sip: setup.endpoint,
            log: setup.log,
            seal: TagSeal::new(setup.tag_key),
            repeats: Repeats::new(now, setup.number_key),
            callers: BTreeMap::new(),
            called: BTreeMap::new(),
            stars: BTreeMap::new(),
            star_paces: Paces::default(),
            ports_of_stars: Rested::default(),
            by_dialog: BTreeMap::new(),
            contacts: BTreeMap::new(),
            ports: Ports::default(),
            presences: Presences::default(),
            trunks: Trunks::default(),
            timers: Timers::new(),
            mode: Mode::Serving,
            goodbyes: None,
            unsaved: None,
            refusals: Refusals::default(),
            untold: Untold::default(),
            answering: Answering::default(),
            today_since: Some(since),
            acting: BTreeMap::new(),
            configuring: BTreeMap::new(),
            unentered: None,
            entering: Entering::default(),
            early: Some(Vec::new()),
            outputs: VecDeque::new(),
        };
        let (node, start) = (setup.node, setup.start);
        exchange.append(now, dispatch::Fact::Restarted { node, start });
        let date = setup.today;
        exchange.append(now, records::Fact::DayBegan { date });
        exchange.begin_with(now, setup.settings);
        exchange.command(
            now,
            sip::Command::RestoreBindings {
                bindings: setup.bindings,
            },
        );
        exchange
            .timers
            .arm(now + crate::doubt::LISTEN_EVERY, Timer::Listen);
        exchange.settle(now);
        exchange
    }

    /// Applies an input and everything that follows from it.
    pub fn handle_input(&mut self, now: Instant, input: Input) {
        match input {
            Input::Received { flow, bytes } => {
                let admission = self.admission(&flow);
                let registering = self.registering(&flow);
                self.sip_input(
                    now,
                    sip::Input::Received {
                        flow,
                        bytes,
                        admission,
                        registering,
                    },
                );
            }
            Input::Unframed { flow, error } => {
                let admission = self.admission(&flow);
                let registering = self.registering(&flow);
                self.sip_input(
                    now,
                    sip::Input::Unframed {
                        flow,
                        error,
                        admission,
                        registering,
                    },
                );
            }
            Input::FlowClosed { flow, opened } => {
                self.sip_input(now, sip::Input::FlowClosed { flow, opened })
            }
            Input::SendFailed(target) => self.sip_input(now, sip::Input::SendFailed { target }),
            Input::Media(event) => self.on_media(now, event),
            Input::OrderLost(stream) => self.on_order_lost(now, leg(stream)),
            Input::Reported(report) => {
                let moment = self.moment(now);
                self.log.handle_input(moment, LogInput::Reported(report));
            }
            Input::Resolved(resolution) => self.on_resolved(now, resolution),
            Input::Routed(routes) => self.sip_input(now, sip::Input::Routed(routes)),
            Input::Configured { token, settings } => self.on_configured(now, token, *settings),
            Input::Recorded(fact) => {
                if let records::Fact::DayBegan { .. } = fact {
                    self.today_since = None;
                }
                self.append(now, fact);
            }
            Input::Asked { token, command } => self.on_command(now, token, command),
            Input::Timeout => self.on_timeout(now),
        }
        self.settle(now);
    }

    /// The next thing to do outside.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to send [`Input::Timeout`].
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let log = self.log.poll_timeout().map(|moment| self.instant(moment));
        [log, self.timers.next_due(), self.sip.poll_timeout()]
            .into_iter()
            .flatten()
            .min()
    }

    /// Takes a snapshot now, as the last thing before the end.
    pub fn snapshot_now(&mut self, now: Instant) {
        let moment = self.moment(now);
        self.log.handle_input(moment, LogInput::Stopping);
        self.settle(now);
    }

    /// The state that is a fold over the entries, for checks.
    #[must_use]
    pub const fn state(&self) -> &State {
        self.log.state()
    }

    pub(crate) const fn dispatcher(&self) -> &dispatch::Dispatcher {
        self.log.state().dispatcher()
    }

    pub(crate) fn moment(&self, now: Instant) -> Moment {
        self.started.1 + now.saturating_duration_since(self.started.0)
    }

    pub(crate) fn instant(&self, moment: Moment) -> Instant {
        self.started.0 + moment.since(self.started.1)
    }

    pub(crate) fn next_leg(&mut self) -> LegId {
        self.legs_made += 1;
        LegId {
            node: self.node,
            start: self.start,
            n: self.legs_made,
        }
    }

    pub(crate) fn push(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    pub(crate) fn warn(&mut self, warning: Warning) {
        self.push(Output::Warn(warning));
    }

    pub(crate) fn order(&mut self, thread: ThreadId, order: Order) {
        self.push(Output::Media { thread, order });
    }

    /// Appends a fact of what lives already; those are never refused.
    pub(crate) fn append(&mut self, now: Instant, fact: impl Into<journal::Fact>) {
        let moment = self.moment(now);
        let taken = self.log.append(moment, fact);
        debug_assert!(taken.is_ok(), "facts of live contacts are always taken");
    }

    /// Gives a command to SIP. A dialog that has just ended by itself refuses it, and its own event is on the way.
    pub(crate) fn command(&mut self, now: Instant, command: sip::Command) {
        self.sip_input(now, sip::Input::Command(command));
    }

    fn sip_input(&mut self, now: Instant, input: sip::Input) {
        // Refused commands are those to dialogs that ended meanwhile: their end is told by an event.
        let _already_over = self.sip.handle_input(now, input);
    }

    /// Whether a message comes from somebody we know: a registered phone, or a trunk.
    fn admission(&self, flow: &sip::Flow) -> Admission {
        match self.presences.acquaintance(flow) {
            Acquaintance::Phone => Admission::Phone,
            Acquaintance::HostOfPhone | Acquaintance::Nobody if self.trunk_at(flow).is_some() => {
                Admission::Trunk
            }
            Acquaintance::HostOfPhone => Admission::Neighbour,
            Acquaintance::Nobody => Admission::Unknown,
        }
    }

    /// Phones register in clear text from the named networks only.
    fn registering(&self, flow: &sip::Flow) -> Registering {
        let named = |network: &Network| network.contains(flow.remote);
        match flow.transport {
            Transport::Udp | Transport::Tcp(_) => {
                if self.settings.node.clear_text.iter().any(named) {
                    Registering::Allowed
                } else {
                    Registering::Ignored
                }
            }
        }
    }

    /// Runs until nothing is left to do: SIP events, entries, decisions.
    fn settle(&mut self, now: Instant) {
        loop {
            if let Some(output) = self.sip.poll_output() {
                match output {
                    sip::Output::Transmit { target, bytes } => {
                        self.push(Output::Transmit { target, bytes })
                    }
                    sip::Output::Event(event) => self.on_sip(now, event),
                }
            } else if let Some(output) = self.log.poll_output() {
                self.on_log(now, output);
            } else {
                break;
            }
        }
        self.note_drained(now);
        self.keep_screens_told(now);
    }

    fn on_timeout(&mut self, now: Instant) {
        let moment = self.moment(now);
        if self.log.poll_timeout().is_some_and(|due| due <= moment) {
            self.log.handle_input(moment, LogInput::Timeout);
        }
        if self.sip.poll_timeout().is_some_and(|due| due <= now) {
            self.sip_input(now, sip::Input::Timeout);
        }
        while let Some(timer) = self.timers.pop_due(now) {
            self.on_timer(now, timer);
        }
    }

    fn on_timer(&mut self, now: Instant, timer: Timer) {
        match timer {
            Timer::Answer(leg) => self.answer_by_itself(now, leg),
            Timer::Words(leg) => self.say_words(now, leg),
            Timer::Silent(leg) => self.on_no_sign_of_life(now, leg, Miss::Unreachable),
            Timer::GatewaySilent(leg) => self.on_gateway_silent(now, leg),
            Timer::AskAgain(leg) => self.ask_to_press_one(now, leg),
            Timer::RingAgain(contact, operator) => self.on_ring_again(now, contact, operator),
            Timer::HangUp(leg) => self.hang_up_star(now, leg),
            Timer::Doubt(leg) => self.on_doubt(now, leg),
            Timer::NoPort(contact, operator) => self.on_no_port(now, contact, operator),
            Timer::Listen => self.listen(now),
            Timer::ProbePhone(operator) => self.probe_phone(now, operator),
            Timer::ProbeTrunk(trunk) => self.probe_trunk(now, trunk),
            Timer::TrunkLate(trunk) => self.on_trunk_late(trunk),
            Timer::LookUpTrunk(trunk, role) => self.look_up_trunk(now, trunk, role),
            Timer::RegisterTrunk(trunk) => self.on_register_time(now, trunk),
            Timer::Goodbyes => self.on_goodbyes_over(),
            Timer::TellScreens => self.on_tell_screens(now),
        }
    }

    /// Which leg a dialog belongs to.
    pub(crate) fn leg_of(&self, dialog: DialogId) -> Option<LegId> {
        self.by_dialog.get(&dialog).copied()
    }
}
