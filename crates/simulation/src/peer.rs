//! A SIP peer: an operator's phone, or the trunk with everybody behind it.

mod call;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use media::Digit;
use sip::digest::Algorithm;
use sip::{
    Admission, Command, Credentials, DialogId, Endpoint, EndpointConfig, Event, Flow, Header,
    Input, Invite, Listener, Output, Party, Protocol, Registering, RegistrationId,
    RegistrationState, Status, Target, Uri,
};

pub use call::{Act, Call, CallEnd, CallStage, Hold, Manner, Voice};

use crate::carrier::{self, Keys};
use crate::centre::{Centre, LISTENER, PASSWORD};
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
    plans: BTreeMap<(Instant, u64), (DialogId, Act)>,
    planned: u64,
    sounds: u16,
    outbox: VecDeque<Bytes>,
    pressed: VecDeque<(SocketAddr, Digit)>,
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
            pressed: VecDeque::new(),
        }
    }

    /// How it meets calls that have no manner of their own.
    pub fn set_manner(&mut self, manner: Manner) {
        self.manners.insert(String::new(), manner);
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

    /// Connects or disconnects it; who spoke is silent from then on.
    pub(crate) fn set_power(&mut self, now: Instant, power: Power) {
        self.power = power;
        if power == Power::Off {
            for call in self.calls.values_mut() {
                call.fall_silent(now);
            }
        }
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        let plan = self.plans.keys().next().map(|(at, _)| *at);
        [plan, self.endpoint.poll_timeout()]
            .into_iter()
            .flatten()
            .min()
    }

    pub(crate) fn poll_datagram(&mut self) -> Option<Bytes> {
        let bytes = self.outbox.pop_front()?;
        (self.power == Power::On).then_some(bytes)
    }

    pub(crate) fn has_datagrams(&self) -> bool {
        !self.outbox.is_empty()
    }

    pub(crate) fn poll_pressed(&mut self) -> Option<(SocketAddr, Digit)> {
        self.pressed.pop_front()
    }

    pub(crate) fn receive(&mut self, now: Instant, from: SocketAddr, bytes: Bytes) {
        if self.power == Power::On {
            let flow = Flow::udp(LISTENER, from);
            let admission = Admission::Trusted;
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
        while let Some(entry) = self.plans.first_entry()
            && entry.key().0 <= now
        {
            let (dialog, act) = entry.remove();
            self.act(now, dialog, act);
        }
    }

    pub(crate) fn plan(&mut self, at: Instant, dialog: DialogId, act: Act) {
        self.planned += 1;
        self.plans.insert((at, self.planned), (dialog, act));
    }

    fn input(&mut self, now: Instant, input: Input) {
        // An act may come too late for its call: that is an error of the act and nothing else.
        let _too_late = self.endpoint.handle_input(now, input);
        while let Some(output) = self.endpoint.poll_output() {
            match output {
                Output::Transmit { target: _, bytes } => self.outbox.push_back(bytes),
                Output::Event(event) => self.on_event(now, event),
            }
        }
    }

    fn command(&mut self, now: Instant, command: Command) {
        self.input(now, Input::Command(command));
    }

    /// Registers at the exchange, and keeps it up.
    pub(crate) fn register(&mut self, now: Instant, user: &str) {
        let exchange = Centre::exchange();
        let (Ok(registrar), Ok(address_of_record)) = (
            Uri::parse(format!("sip:{exchange}")),
            Uri::parse(format!("sip:{user}@{exchange}")),
        ) else {
            return;
        };
        let register = sip::Register {
            registration: RegistrationId(1),
            target: exchange_target(),
            registrar,
            address_of_record,
            contact_user: user.to_owned(),
            credentials: Some(credentials(user)),
            expires: Duration::from_secs(120),
        };
        self.command(now, Command::Register(Box::new(register)));
    }

    pub(crate) fn unregister(&mut self, now: Instant) {
        let registration = RegistrationId(1);
        self.command(now, Command::Unregister { registration });
    }

    pub(crate) fn dial(&mut self, now: Instant, dial: Dial) -> CallRef {
        let dialog = self.endpoint.next_dialog();
        let sound = self.next_sound();
        let call = Call::new(dial.number, Direction::Out, now, sound);
        let invite = Invite {
            dialog,
            target: exchange_target(),
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

    fn on_event(&mut self, now: Instant, event: Event) {
        match event {
            Event::Incoming {
                dialog, request, ..
            } => self.on_incoming(now, dialog, &request),
            Event::Progress { dialog, status, .. } => {
                if let Some(call) = self.calls.get_mut(&dialog) {
                    call.progress.push(status);
                }
            }
            Event::Established { dialog, .. } => self.established(now, dialog),
            Event::Acknowledged { dialog, .. } => self.established(now, dialog),
            Event::Cancelled { dialog } => self.over(now, dialog, CallEnd::Cancelled),
            Event::Failed { dialog, reason, .. } => self.over(now, dialog, CallEnd::Failed(reason)),
            Event::Ended { dialog, cause } => self.over(now, dialog, CallEnd::of(&cause)),
            Event::Offered { dialog, .. } | Event::OfferWanted { dialog } => {
                if let Some(call) = self.calls.get(&dialog) {
                    let sdp = call.description().into();
                    self.command(now, Command::Answer { dialog, sdp });
                }
            }
            Event::RefreshFailed { dialog, in_a_row } if in_a_row >= 2 => {
                self.command(
                    now,
                    Command::Bye {
                        dialog,
                        reason: None,
                    },
                );
            }
            Event::RegistrationChanged { state, .. } => self.registration = Some(state),
            Event::NotAcknowledged { .. }
            | Event::Reanswered { .. }
            | Event::Refused { .. }
            | Event::RefreshFailed { .. }
            | Event::Signalled { .. }
            | Event::StrayBye { .. }
            | Event::StraySuccess { .. }
            | Event::Request { .. }
            | Event::BindingsChanged { .. }
            | Event::Trying { .. }
            | Event::Probed { .. } => {}
        }
    }

    fn on_incoming(&mut self, now: Instant, dialog: DialogId, request: &sip::message::Message) {
        let user = request.uri().ok().and_then(|uri| uri.user_unescaped());
        let number = String::from_utf8_lossy(&user.unwrap_or_default()).into_owned();
        let manner = self
            .manners
            .get(&number)
            .or_else(|| self.manners.get(""))
            .copied()
            .unwrap_or(Manner::Declines(Duration::ZERO, Status::NOT_FOUND));
        let sound = self.next_sound();
        let mut call = Call::new(number, Direction::In, now, sound);
        call.shown = request.from().ok().and_then(|from| {
            from.display()
                .text()
                .map(|text| text.trim_matches('"').to_owned())
        });
        self.calls.insert(dialog, call);
        for (after, act) in manner.acts() {
            self.plan(now + after, dialog, act);
        }
    }

    fn established(&mut self, now: Instant, dialog: DialogId) {
        let Some(call) = self.calls.get_mut(&dialog) else {
            return;
        };
        if let CallStage::Over(_) = call.stage {
            return;
        }
        if call.answered.is_none() {
            call.answered = Some(now);
        }
        if call.stage != CallStage::Talking {
            call.stage = CallStage::Talking;
            call.voice = Voice::Speaks;
        }
    }

    fn over(&mut self, now: Instant, dialog: DialogId, end: CallEnd) {
        if let Some(call) = self.calls.get_mut(&dialog) {
            call.fall_silent(now);
            call.stage = CallStage::Over(end);
            call.ended = Some(now);
        }
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
                call.voice = Voice::Speaks;
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
                call.version += 1;
                let sdp = call.description().into();
                self.command(now, Command::Reoffer { dialog, sdp });
            }
            Act::Press(digit) => {
                let sound = call.sound;
                match carrier::key_by_info(self.keys, dialog, digit) {
                    Some(info) => self.command(now, info),
                    None => self.pressed.push_back((sound, digit)),
                }
            }
            Act::FallSilent => call.fall_silent(now),
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

    /// When the peer behind an address of sound last spoke.
    pub(crate) fn spoke_at(&self, now: Instant, sound: SocketAddr) -> Option<Instant> {
        let call = self.calls.values().find(|call| call.sound == sound)?;
        match call.voice {
            Voice::Speaks if self.power == Power::On => Some(now),
            Voice::Speaks => None,
            Voice::SilentSince(since) => since,
        }
    }

    /// The call that an address of sound belongs to.
    pub(crate) fn call_at(&self, sound: SocketAddr) -> Option<DialogId> {
        let found = self.calls.iter().find(|(_, call)| call.sound == sound);
        found.map(|(dialog, _)| *dialog)
    }

    /// Forgets calls that are over, so that a long day stays small.
    pub(crate) fn forget_ended(&mut self, before: Instant) {
        self.calls
            .retain(|_, call| call.ended.is_none_or(|ended| ended >= before));
    }
}

/// The settings of a peer's SIP engine at an address.
pub(crate) fn settings(address: SocketAddr) -> EndpointConfig {
    let listener = Listener {
        id: LISTENER,
        protocol: Protocol::Udp,
        advertised: address,
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

fn exchange_target() -> Target {
    Target::Address {
        listener: LISTENER,
        protocol: Protocol::Udp,
        remote: Centre::exchange(),
    }
}
