//! The engine: orders and datagrams in, datagrams and events out.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use crate::chance::Chance;
use crate::control::Control;
use crate::effect::{DATAGRAM_MAX, Forward, Input, Output, Transmit};
use crate::error::InputError;
use crate::format::Target;
use crate::ids::{PortId, StreamId};
use crate::order::{Digit, Event, Order, Playlist};
use crate::outgoing::Outgoing;
use crate::playback::Playback;
use crate::rtcp::REPORT_MAX;
use crate::sound::Sounds;
use crate::source::SILENCE;
use crate::stream::{News, Parting, Played, Stream};
use crate::wheel::{Member, Wheel};

/// Something to be written by [`Engine::transmit`].
enum Due {
    /// A stream's slot of the wheel came up.
    Frame {
        index: usize,
        at: Instant,
    },
    /// Half a round later, for a stream that sends halves of a frame.
    Rest {
        index: usize,
    },
    /// A report, and perhaps a packet that keeps the way open.
    Report {
        index: usize,
    },
    KeepAlive {
        index: usize,
    },
    /// The last report of a stream that is gone.
    Goodbye {
        transmit: Transmit,
        bytes: Box<[u8; REPORT_MAX]>,
    },
}

/// The streams of one media thread.
///
/// After every [`Engine::handle_input`], drain [`Engine::transmit`] and then [`Engine::poll_output`] to `None`; after
/// [`Engine::packet`] drain [`Engine::poll_output`] before the thread sleeps.
pub struct Engine {
    start: Instant,
    chance: Chance,
    streams: Vec<Option<Box<Stream>>>,
    vacant: Vec<usize>,
    ids: BTreeMap<StreamId, usize>,
    /// The stream of each port pair, by the pair's id.
    ports: Vec<Option<usize>>,
    wheel: Wheel,
    reports: BTreeSet<(Instant, usize)>,
    vigils: BTreeSet<(Instant, usize)>,
    due: VecDeque<Due>,
    sounds: Arc<Sounds>,
    outputs: VecDeque<Output>,
}

impl Engine {
    /// Makes an engine without streams. `start` is the zero of its clocks; `seed` chooses SSRCs, sequence numbers,
    /// timestamps, CNAMEs and the spread of its reports, and must not be guessable.
    pub fn new(start: Instant, seed: [u64; 2]) -> Self {
        Self {
            start,
            chance: Chance::new(seed),
            streams: Vec::new(),
            vacant: Vec::new(),
            ids: BTreeMap::new(),
            ports: Vec::new(),
            wheel: Wheel::new(start),
            reports: BTreeSet::new(),
            vigils: BTreeSet::new(),
            due: VecDeque::new(),
            sounds: Arc::default(),
            outputs: VecDeque::new(),
        }
    }

    /// Applies an input.
    ///
    /// # Errors
    /// When an order cannot be applied; then nothing has changed.
    pub fn handle_input(&mut self, now: Instant, input: Input) -> Result<(), InputError> {
        match input {
            Input::Order(order) => self.obey(now, order),
            Input::Timeout => {
                self.tick(now);
                Ok(())
            }
        }
    }

    /// Takes an RTP datagram that arrived on a port pair and, when somebody hears it, returns what to send: a part of
    /// the same buffer, rewritten in place.
    pub fn packet(
        &mut self,
        now: Instant,
        port: PortId,
        from: SocketAddr,
        datagram: &mut [u8],
    ) -> Option<Forward> {
        let index = self.index_at(port)?;
        let stream = self.streams[index].as_deref_mut()?;
        let heard = stream.accept(self.start, now, from, datagram)?;
        let (id, partner, audible) = (stream.id, stream.partner, stream.is_audible());
        if stream.vigil_at.is_none() {
            self.arm_vigil(now + SILENCE, index);
        }
        self.tell(id, port, heard.news);
        let partner = self.streams[partner.filter(|_| audible)?].as_deref_mut()?;
        partner.relay(now, heard, datagram)
    }

    /// Takes an RTCP datagram that arrived on a port pair.
    pub fn control_packet(
        &mut self,
        now: Instant,
        port: PortId,
        from: SocketAddr,
        datagram: &[u8],
    ) {
        let Some(index) = self.index_at(port) else {
            return;
        };
        if let Some(stream) = &mut self.streams[index] {
            stream.hear_control(self.start, now, from, datagram);
        }
    }

    /// Writes the next datagram that the engine has to send by itself into `buffer`.
    pub fn transmit(&mut self, now: Instant, buffer: &mut [u8; DATAGRAM_MAX]) -> Option<Transmit> {
        loop {
            let transmit = match self.due.pop_front()? {
                Due::Frame { index, at } => self.play_frame(index, at, buffer),
                Due::Rest { index } => self.play_rest(index, buffer),
                Due::Report { index } => self.report(now, index, buffer),
                Due::KeepAlive { index } => self.streams[index]
                    .as_mut()
                    .and_then(|s| s.keep_alive(now, buffer)),
                Due::Goodbye { transmit, bytes } => {
                    buffer[..bytes.len()].copy_from_slice(&*bytes);
                    Some(transmit)
                }
            };
            if transmit.is_some() {
                return transmit;
            }
        }
    }

    /// Returns what is to be done next.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Returns when to give the next [`Input::Timeout`], if ever.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let first = |timers: &BTreeSet<(Instant, usize)>| timers.first().map(|(at, _)| *at);
        let timers = [first(&self.reports), first(&self.vigils)];
        let timers = timers.into_iter().flatten();
        timers.chain(self.wheel.poll_timeout()).min()
    }

    /// Returns how many streams are open.
    pub fn streams_open(&self) -> usize {
        self.ids.len()
    }

    fn obey(&mut self, now: Instant, order: Order) -> Result<(), InputError> {
        match order {
            Order::Open {
                stream,
                port,
                at,
                target,
            } => self.open(now, stream, (port, at), target),
            Order::Retarget { stream, target } => self.retarget(now, stream, target),
            Order::Play { stream, playlist } => self.play(now, stream, &playlist),
            Order::Join { a, b } => self.join(a, b),
            Order::Part { stream } => self.part(stream),
            Order::SendDigits { stream, digits } => self.send_digits(now, stream, &digits),
            Order::Ask { stream } => self.ask(stream),
            Order::Close { stream } => self.close(now, stream),
            Order::Release { port } => self.release(port),
            Order::Load { sounds } => {
                self.sounds = sounds;
                Ok(())
            }
        }
    }

    fn open(
        &mut self,
        now: Instant,
        id: StreamId,
        (port, at): (PortId, Option<IpAddr>),
        target: Target,
    ) -> Result<(), InputError> {
        if self.ids.contains_key(&id) {
            return Err(InputError::StreamOpen(id));
        }
        if self.index_at(port).is_some() {
            return Err(InputError::PortTaken(port));
        }
        let drawn = self.chance.draw();
        let outgoing = Outgoing::new(
            self.chance.draw() as u32,
            drawn as u16,
            (drawn >> 32) as u32,
        );
        let control = Control::new(&mut self.chance);
        let stream = Stream::new(id, port, target, outgoing, control, now);
        self.outputs.push_back(Output::Watch { port, at });
        let index = self.settle_in(Box::new(stream));
        self.ids.insert(id, index);
        self.take_port(port, index);
        self.schedule_report(now, index);
        Ok(())
    }

    fn settle_in(&mut self, stream: Box<Stream>) -> usize {
        if let Some(index) = self.vacant.pop() {
            self.streams[index] = Some(stream);
            return index;
        }
        self.streams.push(Some(stream));
        self.streams.len() - 1
    }

    fn take_port(&mut self, port: PortId, index: usize) {
        let place = usize::from(port.0);
        if self.ports.len() <= place {
            self.ports.resize(place + 1, None);
        }
        self.ports[place] = Some(index);
    }

    fn retarget(&mut self, now: Instant, id: StreamId, target: Target) -> Result<(), InputError> {
        let (index, stream) = self.find(id)?;
        let before = stream.source.only();
        stream.retarget(now, target);
        let (port, after) = (stream.port, stream.source.only());
        if before.is_some() && after.is_none() {
            self.outputs.push_back(Output::Disconnect { port });
        }
        self.keep_on_wheel(now, index);
        Ok(())
    }

    fn play(&mut self, now: Instant, id: StreamId, playlist: &Playlist) -> Result<(), InputError> {
        let sounds = Arc::clone(&self.sounds);
        let (index, stream) = self.find(id)?;
        let playback = Playback::new(id, playlist, &sounds, stream.playback.as_ref())?;
        stream.playback = Some(playback).filter(|playback| !playback.is_over());
        stream.outgoing.cut();
        self.keep_on_wheel(now, index);
        Ok(())
    }

    fn join(&mut self, a: StreamId, b: StreamId) -> Result<(), InputError> {
        let (first, _) = self.find(a)?;
        let (second, _) = self.find(b)?;
        if first == second {
            return Err(InputError::JoinedToItself(a));
        }
        self.unlink(first);
        self.unlink(second);
        for (index, partner) in [(first, second), (second, first)] {
            if let Some(stream) = &mut self.streams[index] {
                stream.partner = Some(partner);
                stream.playback = None;
                stream.outgoing.cut();
            }
            self.leave_wheel(index);
        }
        Ok(())
    }

    fn part(&mut self, id: StreamId) -> Result<(), InputError> {
        let (index, _) = self.find(id)?;
        self.unlink(index);
        Ok(())
    }

    fn unlink(&mut self, index: usize) {
        let Some(partner) = self.streams[index]
            .as_mut()
            .and_then(|stream| stream.partner.take())
        else {
            return;
        };
        if let Some(stream) = &mut self.streams[partner] {
            stream.partner = None;
            stream.outgoing.cut();
        }
        if let Some(stream) = &mut self.streams[index] {
            stream.outgoing.cut();
        }
    }

    fn send_digits(
        &mut self,
        now: Instant,
        id: StreamId,
        digits: &[Digit],
    ) -> Result<(), InputError> {
        let (index, stream) = self.find(id)?;
        if !stream.has_telephone_event() {
            return Err(InputError::NoTelephoneEvent(id));
        }
        if !stream.send_digits(digits) {
            return Err(InputError::TooMany(id));
        }
        self.keep_on_wheel(now, index);
        Ok(())
    }

    fn ask(&mut self, id: StreamId) -> Result<(), InputError> {
        let (_, stream) = self.find(id)?;
        let at = stream.last_heard();
        self.outputs
            .push_back(Output::Event(Event::LastHeard { stream: id, at }));
        Ok(())
    }

    fn close(&mut self, now: Instant, id: StreamId) -> Result<(), InputError> {
        let (index, _) = self.find(id)?;
        self.unlink(index);
        self.wheel.remove(index);
        self.ids.remove(&id);
        let Some(mut stream) = self.streams[index].take() else {
            return Ok(());
        };
        self.vacant.push(index);
        self.reports.remove(&(stream.report_at, index));
        if let Some(at) = stream.vigil_at {
            self.vigils.remove(&(at, index));
        }
        self.ports[usize::from(stream.port.0)] = None;
        let mut bytes = Box::new([0; REPORT_MAX]);
        if let Some(transmit) = stream.report(self.start, now, Parting::Goodbye, &mut bytes[..]) {
            self.due.push_back(Due::Goodbye { transmit, bytes });
        }
        self.outputs.push_back(Output::Free { port: stream.port });
        self.outputs.push_back(Output::Event(Event::Closed {
            stream: id,
            stats: stream.stats(),
        }));
        Ok(())
    }

    fn release(&mut self, port: PortId) -> Result<(), InputError> {
        if self.index_at(port).is_some() {
            return Err(InputError::PortTaken(port));
        }
        self.outputs.push_back(Output::Free { port });
        Ok(())
    }

    fn find(&mut self, id: StreamId) -> Result<(usize, &mut Stream), InputError> {
        let index = *self.ids.get(&id).ok_or(InputError::NoStream(id))?;
        let stream = self.streams[index]
            .as_deref_mut()
            .ok_or(InputError::NoStream(id))?;
        Ok((index, stream))
    }

    fn index_at(&self, port: PortId) -> Option<usize> {
        *self.ports.get(usize::from(port.0))?
    }

    fn tell(&mut self, stream: StreamId, port: PortId, news: News) {
        if news.first {
            self.outputs
                .push_back(Output::Event(Event::Heard { stream }));
        }
        if let Some(to) = news.settled {
            self.outputs.push_back(Output::Connect { port, to });
        }
        if let Some((digit, source)) = news.digit {
            self.outputs.push_back(Output::Event(Event::Digit {
                stream,
                digit,
                source,
            }));
        }
    }

    fn tick(&mut self, now: Instant) {
        let due = &mut self.due;
        self.wheel.advance(now, |member, at| {
            due.push_back(match member {
                Member::Frame(index) => Due::Frame { index, at },
                Member::Rest(index) => Due::Rest { index },
            });
        });
        while let Some((at, index)) = self.reports.first().copied().filter(|(at, _)| *at <= now) {
            self.reports.remove(&(at, index));
            self.schedule_report(now, index);
            self.due
                .extend([Due::Report { index }, Due::KeepAlive { index }]);
        }
        while let Some((at, index)) = self.vigils.first().copied().filter(|(at, _)| *at <= now) {
            self.vigils.remove(&(at, index));
            self.keep_vigil(now, index);
        }
    }

    /// A silent source may be found elsewhere, so its socket must hear everybody.
    fn keep_vigil(&mut self, now: Instant, index: usize) {
        let Some(stream) = &mut self.streams[index] else {
            return;
        };
        stream.vigil_at = None;
        let connected = stream.source.only();
        let (again, port) = (stream.keep_vigil(now), stream.port);
        match again {
            Some(at) => self.arm_vigil(at, index),
            None if connected.is_some() => self.outputs.push_back(Output::Disconnect { port }),
            None => {}
        }
    }

    fn arm_vigil(&mut self, at: Instant, index: usize) {
        if let Some(stream) = &mut self.streams[index] {
            stream.vigil_at = Some(at);
            self.vigils.insert((at, index));
        }
    }

    fn schedule_report(&mut self, now: Instant, index: usize) {
        let Some(stream) = &mut self.streams[index] else {
            return;
        };
        stream.report_at = Control::next_report(self.start, now, &mut self.chance);
        self.reports.insert((stream.report_at, index));
    }

    fn report(
        &mut self,
        now: Instant,
        index: usize,
        buffer: &mut [u8; DATAGRAM_MAX],
    ) -> Option<Transmit> {
        self.streams[index]
            .as_mut()?
            .report(self.start, now, Parting::Staying, &mut buffer[..])
    }

    fn play_frame(
        &mut self,
        index: usize,
        at: Instant,
        buffer: &mut [u8; DATAGRAM_MAX],
    ) -> Option<Transmit> {
        let stream = self.streams[index].as_mut()?;
        let (transmit, played) = stream.play(at, &self.sounds, buffer);
        let id = stream.id;
        match played {
            Played::Nothing => return transmit,
            Played::Prompt(sound) => {
                self.outputs
                    .push_back(Output::Event(Event::Finished { stream: id, sound }));
            }
            Played::Digits => self
                .outputs
                .push_back(Output::Event(Event::DigitsSent { stream: id })),
        }
        self.leave_wheel(index);
        transmit
    }

    fn play_rest(&mut self, index: usize, buffer: &mut [u8; DATAGRAM_MAX]) -> Option<Transmit> {
        let transmit = self.streams[index].as_mut()?.play_rest(buffer);
        self.leave_wheel(index);
        transmit
    }

    /// Puts a stream that has something to send on the wheel.
    fn keep_on_wheel(&mut self, now: Instant, index: usize) {
        let Some(stream) = self.streams[index]
            .as_ref()
            .filter(|stream| stream.is_busy())
        else {
            return self.wheel.remove(index);
        };
        let packets = stream.packets();
        self.wheel.insert(now, index, packets);
    }

    /// Takes a stream that has nothing to send off the wheel.
    fn leave_wheel(&mut self, index: usize) {
        if self.streams[index]
            .as_ref()
            .is_none_or(|stream| !stream.is_busy())
        {
            self.wheel.remove(index);
        }
    }
}
