//! A SIP peer: an operator's phone, or the trunk with everybody behind it.

mod call;
mod events;
mod habits;
mod registering;
mod sound;

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use bytes::Bytes;
use sip::digest::Algorithm;
use sip::{
    Admission, Command, Credentials, DialogId, Endpoint, EndpointConfig, Flow, Header, Input,
    Invite, Listener, Output, Party, Protocol, Registering, RegistrationState, Status, Target, Uri,
};

pub use call::{Act, Call, CallEnd, CallStage, Hold, Manner, Voice};
pub use habits::{Behind, Habits, Names};

use crate::carrier::{self, Keys};
use crate::centre::{LISTENER, PASSWORD};
use crate::network::Datagram;
use call::Direction;

/// Names one call of one peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallRef {
    /// The place of the peer in the world.
    pub peer: usize,
    /// Its dialog there.
    pub dialog: DialogId,
}

/// Whether a peer is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// It is.
    On,
    /// It neither hears nor says anything.
    Off,
}

/// A call to be made by a peer.
pub(crate) struct Dial {
    pub(crate) number: String,
    pub(crate) request_uri: Uri,
    pub(crate) to: Uri,
    pub(crate) from: Party,
    pub(crate) headers: Vec<Header>,
    pub(crate) credentials: Option<Credentials>,
}

/// One peer.
pub struct Peer {
    /// Its name: the operator's, or "trunk".
    pub name: String,
    /// Its address.
    pub address: SocketAddr,
    /// How calls to it are met, by the number called; others by the one for "".
    pub manners: BTreeMap<String, Manner>,
    place: usize,
    endpoint: Endpoint,
    power: Power,
    keys: Keys,
    registration: Option<RegistrationState>,
    calls: BTreeMap<DialogId, Call>,
    plans: BTreeMap<(Instant, u64), (DialogId, Plan)>,
    planned: u64,
    sounds: u16,
    outbox: VecDeque<(Target, Bytes)>,
    said: VecDeque<Datagram>,
    habits: Habits,
    /// The host that it names as its own.
    named: IpAddr,
    /// Who registers by it.
    user: Option<String>,
    /// When it registers again after its connection was lost, or it was off.
    back_at: Option<Instant>,
    /// When it was last seen at another address than before.
    pub(crate) moved: Instant,
    /// How often its router mapped anew.
    mappings: u16,
}

/// What is to come in a call.
#[derive(Clone, Copy, Debug)]
enum Plan {
    Act(Act),
    /// The next packet of sound.
    Sound,
}

impl Peer {
    pub(crate) fn new(
        now: Instant,
        (name, place): (&str, usize),
        address: SocketAddr,
        seed: [u8; 32],
        config: EndpointConfig,
    ) -> Self {
        Self {
            name: name.to_owned(),
            address,
            manners: BTreeMap::new(),
            place,
            endpoint: Endpoint::new(config, seed, now),
            power: Power::On,
            keys: Keys::InSound,
            registration: None,
            calls: BTreeMap::new(),
            plans: BTreeMap::new(),
            planned: 0,
            sounds: 0,
            outbox: VecDeque::new(),
            said: VecDeque::new(),
            habits: Habits::default(),
            named: address.ip(),
            user: None,
            back_at: None,
            moved: now,
            mappings: 0,
        }
    }

    /// How it meets calls that have no manner of their own.
    pub fn set_manner(&mut self, manner: Manner) {
        self.manners.insert(String::new(), manner);
    }

    /// What is special about it, and the host that it names as its own.
    pub(crate) const fn set_habits(&mut self, habits: Habits, named: IpAddr) {
        self.habits = habits;
        self.named = named;
    }

    /// How it tells keys from now on.
    pub(crate) const fn tell_keys(&mut self, keys: Keys) {
        self.keys = keys;
    }

    /// What is known of its registration.
    #[must_use]
    pub const fn registration(&self) -> Option<RegistrationState> {
        self.registration
    }

    /// All its calls, those that are over among them.
    pub fn calls(&self) -> impl Iterator<Item = (CallRef, &Call)> {
        self.calls
            .iter()
            .map(|(dialog, call)| (self.call_ref(*dialog), call))
    }

    /// One of its calls.
    #[must_use]
    pub fn call(&self, dialog: DialogId) -> Option<&Call> {
        self.calls.get(&dialog)
    }

    pub(crate) fn call_mut(&mut self, dialog: DialogId) -> Option<&mut Call> {
        self.calls.get_mut(&dialog)
    }

    /// The calls that are not over.
    pub fn live_calls(&self) -> impl Iterator<Item = (CallRef, &Call)> {
        self.calls()
            .filter(|(_, call)| !matches!(call.stage, CallStage::Over(_)))
    }

    /// How much its SIP engine holds.
    #[must_use]
    pub fn counts(&self) -> sip::Counts {
        self.endpoint.counts()
    }

    /// Whether it is connected.
    #[must_use]
    pub const fn power(&self) -> Power {
        self.power
    }

    const fn call_ref(&self, dialog: DialogId) -> CallRef {
        CallRef {
            peer: self.place,
            dialog,
        }
    }

    pub(crate) const fn habits(&self) -> Habits {
        self.habits
    }

    /// Connects or disconnects it; who spoke is silent from then on. One that had a connection makes a new one.
    pub(crate) fn set_power(&mut self, now: Instant, power: Power) {
        self.power = power;
        if power == Power::On && self.habits.protocol == Protocol::Tcp {
            self.back_at = Some(now);
        }
        if power == Power::Off {
            for call in self.calls.values_mut() {
                call.voice = Voice::Silent;
            }
        }
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        let plan = self.plans.keys().next().map(|(at, _)| *at);
        let back = self.back_at.filter(|_| self.power == Power::On);
        [plan, back, self.endpoint.poll_timeout()]
            .into_iter()
            .flatten()
            .min()
    }

    pub(crate) fn poll_message(&mut self) -> Option<(Target, Bytes)> {
        let (target, bytes) = self.outbox.pop_front()?;
        (self.power == Power::On).then(|| (target, self.signed(bytes)))
    }

    pub(crate) fn has_messages(&self) -> bool {
        !self.outbox.is_empty()
    }

    pub(crate) fn receive(&mut self, now: Instant, flow: Flow, bytes: Bytes) {
        if self.power == Power::On {
            let admission = Admission::Trunk;
            self.input(
                now,
                Input::Received {
                    flow,
                    bytes,
                    admission,
                    registering: Registering::Allowed,
                },
            );
        }
    }

    pub(crate) fn on_time(&mut self, now: Instant) {
        if self.endpoint.poll_timeout().is_some_and(|due| due <= now) {
            self.input(now, Input::Timeout);
        }
        if self.power == Power::On {
            self.come_back(now);
        }
        while let Some(entry) = self.plans.first_entry()
            && entry.key().0 <= now
        {
            match entry.remove() {
                (dialog, Plan::Act(act)) => self.act(now, dialog, act),
                (dialog, Plan::Sound) => self.speak(now, dialog),
            }
        }
    }

    pub(crate) fn plan(&mut self, at: Instant, dialog: DialogId, act: Act) {
        self.plan_next(at, dialog, Plan::Act(act));
    }

    fn plan_next(&mut self, at: Instant, dialog: DialogId, plan: Plan) {
        self.planned += 1;
        self.plans.insert((at, self.planned), (dialog, plan));
    }

    fn input(&mut self, now: Instant, input: Input) {
        // An act may come too late for its call: that is an error of the act and nothing else.
        let _too_late = self.endpoint.handle_input(now, input);
        while let Some(output) = self.endpoint.poll_output() {
            match output {
                Output::Transmit { target, bytes } => self.outbox.push_back((target, bytes)),
                Output::Event(event) => self.on_event(now, event),
            }
        }
    }

    fn command(&mut self, now: Instant, command: Command) {
        self.input(now, Input::Command(command));
    }

    pub(crate) fn dial(&mut self, now: Instant, dial: Dial) -> CallRef {
        let dialog = self.endpoint.next_dialog();
        let sound = self.next_sound();
        let call = Call::new(dial.number, Direction::Out, now, sound);
        let invite = Invite {
            dialog,
            target: self.exchange_target(),
            to: Party {
                display: None,
                uri: dial.to,
            },
            request_uri: dial.request_uri,
            from: dial.from,
            local_tag: None,
            call_id: None,
            sdp: call.description().into(),
            headers: dial.headers,
            credentials: dial.credentials,
        };
        self.calls.insert(dialog, call);
        self.command(now, Command::Invite(Box::new(invite)));
        self.call_ref(dialog)
    }

    fn next_sound(&mut self) -> SocketAddr {
        self.sounds = self.sounds.wrapping_add(1) % 20_000;
        SocketAddr::new(self.address.ip(), 20_000 + 2 * self.sounds)
    }

    pub(crate) fn act(&mut self, now: Instant, dialog: DialogId, act: Act) {
        let Some(call) = self.calls.get_mut(&dialog) else {
            return;
        };
        if let CallStage::Over(_) = call.stage {
            return;
        }
        let (local_tag, headers) = (None, Vec::new());
        match act {
            Act::Ring => self.command(
                now,
                Command::Progress {
                    dialog,
                    status: Status::RINGING,
                    local_tag,
                },
            ),
            Act::Accept => {
                let sdp = call.description().into();
                call.answered = Some(now);
                self.begin_to_speak(now, dialog);
                self.command(
                    now,
                    Command::Accept {
                        dialog,
                        sdp,
                        local_tag,
                        headers,
                    },
                );
            }
            Act::Reject(status) => {
                self.command(
                    now,
                    Command::Reject {
                        dialog,
                        status,
                        headers,
                    },
                );
                self.over(now, dialog, CallEnd::Rejected);
            }
            Act::HangUp => self.hang_up(now, dialog),
            Act::Hold(hold) => {
                call.hold = hold;
                call.changed = now;
                call.version += 1;
                let sdp = call.description().into();
                self.command(now, Command::Reoffer { dialog, sdp });
            }
            Act::Press(digit) => match carrier::key_by_info(self.keys, dialog, digit) {
                Some(info) => self.command(now, info),
                None => self.press(now, dialog, digit),
            },
            Act::FallSilent => call.voice = Voice::Silent,
        }
    }

    /// Ends a call however far it has come.
    fn hang_up(&mut self, now: Instant, dialog: DialogId) {
        let Some(call) = self.calls.get(&dialog) else {
            return;
        };
        let reason = None;
        match (call.direction, call.stage) {
            (Direction::Out, CallStage::Ringing) => {
                self.command(now, Command::Cancel { dialog, reason })
            }
            (Direction::In, CallStage::Ringing) if call.answered.is_none() => {
                self.act(now, dialog, Act::Reject(Status::BUSY_HERE));
            }
            (_, CallStage::Ringing | CallStage::Talking) => {
                self.command(now, Command::Bye { dialog, reason })
            }
            (_, CallStage::Over(_)) => {}
        }
    }

    /// Forgets calls that are over, so that a long day stays small.
    pub(crate) fn forget_ended(&mut self, before: Instant) {
        self.calls
            .retain(|_, call| call.ended.is_none_or(|ended| ended >= before));
    }
}

/// The settings of a peer's SIP engine at an address.
pub(crate) fn settings(address: SocketAddr, protocol: Protocol) -> EndpointConfig {
    let listener = Listener {
        id: LISTENER,
        protocol,
        local: address,
        algorithm: Algorithm::Md5,
    };
    EndpointConfig::new(vec![listener], "trunk".to_owned())
}

pub(crate) fn credentials(user: &str) -> Credentials {
    Credentials {
        username: user.to_owned(),
        password: PASSWORD.to_owned(),
    }
}
