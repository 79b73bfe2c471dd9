//! The signalling thread: it owns the exchange and the UDP sockets, and everything else reaches it as messages.

mod datagrams;
mod mail;
mod streams;
mod udp;
mod wake;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dispatch::OperatorId;
use exchange::{Command, Exchange, Input, Output, Reply, Resolution, Settings, Token};
use mio::{Events, Poll};
use sip::{Flow, Target};
use store::Doing;
use tokio::sync::{mpsc, oneshot};

pub(crate) use mail::{Kept, Lost, Receiver as FromSignalling, Shown, ToOffice, mail};
pub(crate) use streams::{Connect, Connections, FromStream};
pub(crate) use udp::UdpListener;
pub(crate) use wake::Wake;

use crate::bindings;
use crate::clock;
use crate::media_threads::Media;
use crate::ticks::Tick;
use streams::Streams;

/// Messages from the office that may wait for the signalling thread.
pub(crate) const FROM_OFFICE_MAX: usize = 1_000;
/// Messages from media threads that may wait; beyond it a media thread waits with its news, never with sound.
pub(crate) const FROM_MEDIA_MAX: usize = 16_384;
/// Framed messages of all stream connections that may wait; beyond it their readers wait, which
/// slows those peers and nobody else.
pub(crate) const FROM_STREAMS_MAX: usize = 1_024;
/// Messages of one kind that are taken before the others have their turn.
const BATCH: usize = 256;
/// The thread ticks at least so often, so that the watchdog sees it.
const TICK: Duration = Duration::from_millis(500);

/// What the office wants of the exchange.
pub(crate) enum FromOffice {
    /// A command with its way back.
    Ask {
        command: Command,
        answer: oneshot::Sender<Reply>,
    },
    /// A valid configuration, its sounds, and the way back for what came of it.
    Configure {
        settings: Box<Settings>,
        sounds: Arc<media::Sounds>,
        answer: oneshot::Sender<Reply>,
    },
    /// A name was looked up.
    Resolved(Resolution),
    /// The machine's routes are other ones than before.
    Routed(sip::LocalRoutes),
    /// A day began, or something is in the records database.
    Recorded(records::Fact),
    /// A snapshot last, then the end.
    Stop,
}

/// Everything that the signalling thread is connected to.
pub(crate) struct Wiring {
    pub(crate) exchange: Exchange,
    pub(crate) udp: Vec<UdpListener>,
    pub(crate) poll: Poll,
    pub(crate) wake: Arc<Wake>,
    pub(crate) from_office: mpsc::Receiver<FromOffice>,
    pub(crate) from_streams: mpsc::Receiver<FromStream>,
    pub(crate) from_media: crossbeam_channel::Receiver<media::Event>,
    pub(crate) to_office: mail::Sender,
    pub(crate) media: Arc<Media>,
    pub(crate) journal: store::JournalHandle,
    pub(crate) connections: Arc<Connections>,
    pub(crate) tick: Tick,
    pub(crate) journal_tick: Tick,
    pub(crate) disk_tick: Tick,
}

/// How long the end waits for what the journal still has to write. A disk that hangs longer keeps no process alive.
const JOURNAL_ENDS_WITHIN: Duration = Duration::from_secs(10);
/// Time for the first media thread to have ports ready.
const PORTS_TIME: Duration = Duration::from_secs(2);

/// Runs until it is told to stop.
pub(crate) fn run(wiring: Wiring) -> io::Result<()> {
    let mut signalling = Signalling::new(wiring);
    let mut events = Events::with_capacity(64);
    signalling.flush(clock::now());
    signalling.wait_for_ports();
    loop {
        signalling
            .poll
            .poll(&mut events, Some(signalling.patience(clock::now())))
            .or_else(ignore_interruption)?;
        for event in &events {
            signalling.udp.mark_readable(event.token());
        }
        if signalling.turn() == Turn::Stop {
            return Ok(());
        }
    }
}

fn ignore_interruption(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::Interrupted {
        Ok(())
    } else {
        Err(error)
    }
}

#[derive(PartialEq, Eq)]
enum Turn {
    GoOn,
    Stop,
}

struct Signalling {
    exchange: Exchange,
    udp: udp::Sockets,
    streams: Streams,
    poll: Poll,
    wake: Arc<Wake>,
    from_office: mpsc::Receiver<FromOffice>,
    from_streams: mpsc::Receiver<FromStream>,
    from_media: crossbeam_channel::Receiver<media::Event>,
    to_office: mail::Sender,
    media: Arc<Media>,
    journal: Option<store::JournalHandle>,
    /// Beats of the journal thread when it was last looked at.
    beats: u64,
    /// Whether the last turn left reports untaken.
    reports_left: Left,
    answers: BTreeMap<Token, oneshot::Sender<Reply>>,
    /// Sounds of configurations whose entry is not applied yet.
    sounds: BTreeMap<Token, Arc<media::Sounds>>,
    next_token: u64,
    tick: Tick,
    journal_tick: Tick,
    disk_tick: Tick,
}

/// Whether something was left for the next turn.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Left {
    Nothing,
    Something,
}

impl Signalling {
    fn new(wiring: Wiring) -> Self {
        Self {
            exchange: wiring.exchange,
            udp: udp::Sockets::new(wiring.udp),
            streams: Streams::new(wiring.connections),
            poll: wiring.poll,
            wake: wiring.wake,
            from_office: wiring.from_office,
            from_streams: wiring.from_streams,
            from_media: wiring.from_media,
            to_office: wiring.to_office,
            media: wiring.media,
            journal: Some(wiring.journal),
            beats: 0,
            reports_left: Left::Nothing,
            answers: BTreeMap::new(),
            sounds: BTreeMap::new(),
            next_token: 0,
            tick: wiring.tick,
            journal_tick: wiring.journal_tick,
            disk_tick: wiring.disk_tick,
        }
    }

    /// Has the first ports before the first call: callers are there as soon as the sockets are
    /// bound, and would be refused.
    fn wait_for_ports(&mut self) {
        if let Ok(event) = self.from_media.recv_timeout(PORTS_TIME) {
            self.input(Input::Media(event));
        }
    }

    /// How long nothing need be done.
    fn patience(&self, now: Instant) -> Duration {
        let waiting = self.udp.is_readable()
            || !self.from_media.is_empty()
            || self.reports_left == Left::Something;
        if waiting || !self.from_office.is_empty() || !self.from_streams.is_empty() {
            return Duration::ZERO;
        }
        let due = self
            .exchange
            .poll_timeout()
            .map_or(TICK, |due| due.saturating_duration_since(now));
        due.min(TICK)
    }

    /// Takes a batch from each source, the journal first.
    fn turn(&mut self) -> Turn {
        self.tick.tick();
        self.wake.heard();
        self.take_reports();
        for _ in 0..BATCH {
            let Some((flow, bytes)) = self.udp.receive() else {
                break;
            };
            self.input(Input::Received { flow, bytes });
        }
        for _ in 0..BATCH {
            let Ok(event) = self.from_media.try_recv() else {
                break;
            };
            self.input(Input::Media(event));
        }
        for _ in 0..BATCH {
            let Ok(message) = self.from_streams.try_recv() else {
                break;
            };
            self.take_from_stream(message);
        }
        let now = clock::now();
        if self.exchange.poll_timeout().is_some_and(|due| due <= now) {
            self.input(Input::Timeout);
        }
        while let Ok(message) = self.from_office.try_recv() {
            if self.take_from_office(message) == Turn::Stop {
                return Turn::Stop;
            }
        }
        Turn::GoOn
    }

    /// A journal thread inside a write is alive, however long its disk keeps it there.
    fn feel_the_journal(&mut self) {
        let Some(pulse) = self.journal.as_ref().map(store::JournalHandle::pulse) else {
            return;
        };
        if pulse.beats != self.beats {
            self.beats = pulse.beats;
            self.disk_tick.tick();
            self.journal_tick.tick();
        } else if pulse.doing == Doing::Writing {
            self.journal_tick.tick();
        }
    }

    fn take_reports(&mut self) {
        self.feel_the_journal();
        self.reports_left = Left::Something;
        for _ in 0..BATCH {
            let Some(report) = self
                .journal
                .as_ref()
                .and_then(store::JournalHandle::poll_report)
            else {
                self.reports_left = Left::Nothing;
                return;
            };
            self.input(Input::Reported(report));
        }
    }

    fn input(&mut self, input: Input) {
        let now = clock::now();
        self.exchange.handle_input(now, input);
        self.flush(now);
    }

    fn take_from_stream(&mut self, message: FromStream) {
        match message {
            FromStream::Received { flow, bytes } => self.input(Input::Received { flow, bytes }),
            FromStream::Unframed { flow, error } => {
                self.input(Input::Unframed { flow, error });
                self.connection_ended(flow);
            }
            FromStream::Closed(flow) => self.connection_ended(flow),
            FromStream::ConnectFailed { flow, target } => {
                let _ours = self.streams.forget(&flow);
                self.input(Input::SendFailed(target));
            }
        }
    }

    fn connection_ended(&mut self, flow: Flow) {
        let opened = self.streams.forget(&flow);
        self.input(Input::FlowClosed { flow, opened });
    }

    fn take_from_office(&mut self, message: FromOffice) -> Turn {
        match message {
            FromOffice::Ask { command, answer } => {
                let token = self.token_for(answer);
                self.input(Input::Asked { token, command });
            }
            FromOffice::Configure {
                settings,
                sounds,
                answer,
            } => {
                let token = self.token_for(answer);
                self.sounds.insert(token, sounds);
                self.input(Input::Configured { token, settings });
            }
            FromOffice::Resolved(resolution) => self.input(Input::Resolved(resolution)),
            FromOffice::Routed(routes) => self.input(Input::Routed(routes)),
            FromOffice::Recorded(fact) => self.input(Input::Recorded(fact)),
            FromOffice::Stop => {
                self.stop();
                return Turn::Stop;
            }
        }
        Turn::GoOn
    }

    fn token_for(&mut self, answer: oneshot::Sender<Reply>) -> Token {
        self.next_token += 1;
        let token = Token(self.next_token);
        self.answers.insert(token, answer);
        token
    }

    fn answer(&mut self, token: Token, reply: Reply) {
        // The sounds of a configuration hold from the same moment as what plays them.
        if let Some(sounds) = self.sounds.remove(&token)
            && let Reply::Done = reply
            && let Err(error) = self.media.load(&sounds)
        {
            tracing::error!(%error, "the sounds of the configuration were not taken");
        }
        // Who asked may have gone meanwhile.
        let _gone = self.answers.remove(&token).map(|answer| answer.send(reply));
    }

    /// Writes a snapshot last. What the journal still has in flight is in it.
    fn stop(&mut self) {
        let now = clock::now();
        self.exchange.snapshot_now(now);
        self.flush(now);
        if let Some(journal) = self.journal.take()
            && let Err(error) = journal.stop(JOURNAL_ENDS_WITHIN)
        {
            tracing::error!(%error, "it ends without the journal: what happened last may not be on disk");
        }
    }

    fn flush(&mut self, now: Instant) {
        while let Some(output) = self.exchange.poll_output() {
            match output {
                Output::Transmit { target, bytes } => self.transmit(now, target, bytes),
                Output::Media { thread, order } => {
                    let stream = order.stream();
                    if self.media.order(thread, order).is_err()
                        && let Some(stream) = stream
                    {
                        self.exchange.handle_input(now, Input::OrderLost(stream));
                    }
                }
                Output::Journal(order) => self.journal_order(order),
                Output::KeepBindings { user, bindings } => self.keep_bindings(user, &bindings),
                Output::Resolve { host, protocol } => {
                    self.to_office.keep(Kept::Resolve(host, protocol));
                }
                Output::StrangerRefused { host } => {
                    tracing::warn!(%host, "a call of a line was refused: its host is no trunk's");
                }
                Output::Warn(warning) => self.to_office.keep(Kept::Warn(warning)),
                Output::Answer { token, reply } => self.answer(token, reply),
                Output::Changed(changed) => self.to_office.show(Shown::Changed(changed)),
                Output::Tapped {
                    contact,
                    operator,
                    digit,
                } => self.to_office.show(Shown::Tapped(contact, operator, digit)),
                Output::Drained => self.to_office.drained(),
            }
        }
    }

    /// An order that is not taken is never reported done, by which the exchange sees a sick journal.
    fn journal_order(&self, order: journal::Order) {
        if self
            .journal
            .as_ref()
            .is_some_and(|journal| journal.order(order).is_err())
        {
            tracing::error!("the journal thread takes no orders");
        }
    }

    fn keep_bindings(&self, user: OperatorId, restored: &[sip::RestoredBinding]) {
        let change = bindings::change(user, restored, std::time::SystemTime::now());
        if self
            .journal
            .as_ref()
            .is_some_and(|journal| journal.change_binding(change).is_err())
        {
            tracing::error!("a registration could not be kept for the next start");
        }
    }

    fn transmit(&mut self, now: Instant, target: Target, bytes: bytes::Bytes) {
        let sent = match target.protocol() {
            sip::Protocol::Udp => self.udp.send(&target, &bytes),
            sip::Protocol::Tcp => {
                let to_office = &self.to_office;
                self.streams
                    .send(target, bytes, |connect| to_office.connect(connect).is_ok())
            }
        };
        if sent == Sent::Failed {
            self.exchange.handle_input(now, Input::SendFailed(target));
        }
    }
}

/// Whether a message was handed to the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    Done,
    Failed,
}
