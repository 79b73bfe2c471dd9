//! A model of the media threads: ports, streams, what each stream is played. Sound goes through the real engines.

mod engines;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use engines::Engines;
use media::{
    Background, Direction, Event, Level, Order, Playlist, PortId, PortPair, SoundId, Stats,
    StreamId, Target, ThreadId,
};

use crate::network::Datagram;

/// How long a thread takes to tell something.
const TOLD_AFTER: Duration = Duration::from_millis(1);
/// How long every prompt is.
const PROMPT: Duration = Duration::from_millis(1_500);
/// How long a port rests, so that what its last call still sends meets nobody.
const RESTS: Duration = Duration::from_secs(5);
/// The first port.
const FIRST_PORT: u16 = 10_000;
/// How many starts have ports of their own: what was drawn from thousands of them is not drawn again soon.
const STARTS_APART: u32 = 32;

/// What one stream hears from a moment on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hears {
    /// Nothing: it was opened or is silent.
    Silence,
    /// These prompts, then the waiting sound at this level, if any.
    Prompts(Vec<SoundId>, Option<Level>),
    /// A waiting sound.
    Waiting(Level),
    /// The other side.
    Stream(StreamId),
    /// It is over.
    Closed,
}

#[derive(Clone, Debug)]
struct Stream {
    port: PortPair,
    target: Target,
    joined: Option<StreamId>,
    /// When offer and answer settled it last.
    settled: Instant,
}

/// All media threads.
#[derive(Debug)]
pub struct MediaThreads {
    address: IpAddr,
    threads: u8,
    ports_each: u16,
    first_port: u16,
    ready: BTreeSet<(ThreadId, PortId)>,
    streams: BTreeMap<StreamId, Stream>,
    told: BTreeMap<(Instant, u64), Event>,
    tellings: u64,
    heard: BTreeMap<StreamId, Vec<(Instant, Hears)>>,
    /// Which stream speaks with an address of a peer; the latest.
    by_remote: BTreeMap<SocketAddr, StreamId>,
    engines: Engines,
    /// When something came last to a port that nobody speaks by.
    disturbed: BTreeMap<SocketAddr, Instant>,
}

impl MediaThreads {
    /// So many threads with so many port pairs each, all of which are told ready at once; those of
    /// each start of the node are others.
    #[must_use]
    pub fn new(
        now: Instant,
        start: u32,
        address: IpAddr,
        (threads, ports_each): (u8, u16),
    ) -> Self {
        let apart = u16::try_from(start % STARTS_APART).unwrap_or(0);
        let first_port = FIRST_PORT + apart * 2 * u16::from(threads) * ports_each;
        let mut media = Self {
            address,
            threads,
            ports_each,
            first_port,
            ready: BTreeSet::new(),
            streams: BTreeMap::new(),
            told: BTreeMap::new(),
            tellings: 0,
            heard: BTreeMap::new(),
            by_remote: BTreeMap::new(),
            engines: Engines::new(now, threads),
            disturbed: BTreeMap::new(),
        };
        for thread in (0..threads).map(ThreadId) {
            for port in (0..ports_each).map(PortId) {
                let pair = media.pair(thread, port);
                media.engines.bind(pair);
                media.tell(now, Event::PortReady(pair));
            }
        }
        media
    }

    fn pair(&self, thread: ThreadId, id: PortId) -> PortPair {
        let place = u16::from(thread.0) * self.ports_each + id.0;
        PortPair {
            id,
            thread,
            rtp: SocketAddr::new(self.address, self.first_port + 2 * place),
        }
    }

    fn tell(&mut self, at: Instant, event: Event) {
        self.tellings += 1;
        self.told.insert((at, self.tellings), event);
    }

    /// When something is told.
    #[must_use]
    pub fn next(&self) -> Option<Instant> {
        let told = self.told.keys().next().map(|(at, _)| *at);
        told.into_iter().chain(self.engines.next()).min()
    }

    /// The engines do what is due.
    pub(crate) fn on_time(&mut self, now: Instant) {
        self.engines.on_time(now);
        self.take_from_engines(now);
    }

    /// A datagram of sound that is to be sent.
    pub(crate) fn poll_datagram(&mut self) -> Option<Datagram> {
        self.engines.poll_datagram()
    }

    /// A datagram arrived at one of the ports; those of RTCP hear nothing.
    pub(crate) fn receive(&mut self, now: Instant, datagram: &Datagram) {
        let place = datagram.to.port().wrapping_sub(self.first_port);
        let (thread, port) = (place / 2 / self.ports_each, place / 2 % self.ports_each);
        if let (Ok(thread), 0) = (u8::try_from(thread), place % 2) {
            let socket = (ThreadId(thread), PortId(port));
            let (from, bytes) = (datagram.from, &datagram.bytes);
            let mut streams = self.streams.values();
            if !streams.any(|stream| stream.port.rtp == datagram.to) {
                self.disturbed.insert(datagram.to, now);
            }
            self.engines.receive(now, socket, from, bytes);
            self.take_from_engines(now);
        }
    }

    /// Tells what the engines tell of sound. The rest is the model's: what is played, and the ports.
    fn take_from_engines(&mut self, now: Instant) {
        while let Some(event) = self.engines.poll_event() {
            match event {
                Event::Heard { .. } | Event::LastHeard { .. } | Event::Digit { .. } => {
                    self.tell(now + TOLD_AFTER, event);
                }
                Event::PortReady(_)
                | Event::Finished { .. }
                | Event::DigitsSent { .. }
                | Event::Closed { .. }
                | Event::Refused { .. } => {}
            }
        }
    }

    /// What is told now.
    pub fn poll_event(&mut self, now: Instant) -> Option<Event> {
        loop {
            let first = self.told.first_entry()?;
            if first.key().0 > now {
                return None;
            }
            let event = first.remove();
            if let Event::PortReady(pair) = event {
                if self.rests_on(now, pair) {
                    self.tell(now + RESTS, event);
                    continue;
                }
                self.ready.insert((pair.thread, pair.id));
            }
            return Some(event);
        }
    }

    /// Whether somebody still sends to a port that has rested, and its thread has others.
    fn rests_on(&self, now: Instant, pair: PortPair) -> bool {
        let disturbed = self.disturbed.get(&pair.rtp);
        let mut ready = self.ready.iter();
        disturbed.is_some_and(|at| now - *at < RESTS)
            && ready.any(|(thread, _)| *thread == pair.thread)
    }

    /// The live stream that speaks with an address of a peer.
    #[must_use]
    pub fn stream_at(&self, remote: SocketAddr) -> Option<StreamId> {
        let stream = self.by_remote.get(&remote)?;
        self.streams.contains_key(stream).then_some(*stream)
    }

    /// The address of the peer that a stream speaks with.
    #[must_use]
    pub fn remote_of(&self, stream: StreamId) -> Option<SocketAddr> {
        let remote = self.streams.get(&stream)?.target.remote?;
        Some(remote.rtp)
    }

    /// What the stream of an address has heard, with the time of each change; also when it is closed by now.
    #[must_use]
    pub fn heard_at(&self, remote: SocketAddr) -> &[(Instant, Hears)] {
        self.by_remote
            .get(&remote)
            .and_then(|stream| self.heard.get(stream))
            .map_or(&[], Vec::as_slice)
    }

    /// How many streams are open, and how many port pairs are away from their threads.
    #[must_use]
    pub fn in_use(&self) -> (usize, usize) {
        let all = usize::from(self.threads) * usize::from(self.ports_each);
        (self.streams.len(), all - self.ready.len())
    }

    /// Who is joined with whom, both ways, and since when nothing changed in that: speaker, listener, time.
    pub(crate) fn talks(&self) -> impl Iterator<Item = (StreamId, StreamId, Instant)> {
        self.streams.iter().filter_map(|(listener, stream)| {
            let speaker = stream.joined?;
            let since = self.hears_since(*listener, speaker)?;
            let other = self.hears_since(speaker, *listener)?;
            Some((speaker, *listener, since.max(other)))
        })
    }

    /// Since when one stream hears another, if it does and neither side holds.
    fn hears_since(&self, listener: StreamId, speaker: StreamId) -> Option<Instant> {
        let (at, hears) = self.heard.get(&listener)?.last()?;
        let stream = self.streams.get(&listener)?;
        let flows = stream.target.direction == Direction::SendRecv;
        let same = *hears == Hears::Stream(speaker);
        (flows && same).then(|| stream.settled.max(*at))
    }

    /// Where a stream hears.
    #[must_use]
    pub(crate) fn local_of(&self, stream: StreamId) -> Option<SocketAddr> {
        Some(self.streams.get(&stream)?.port.rtp)
    }

    /// Carries out an order.
    ///
    /// # Errors
    /// A sentence, where the real threads would refuse it.
    pub fn order(&mut self, now: Instant, thread: ThreadId, order: &Order) -> Result<(), String> {
        self.engines.order(now, thread, order)?;
        self.take_from_engines(now);
        match order {
            Order::Open {
                stream,
                port,
                at: _,
                target,
            } => self.open(now, thread, (*stream, *port), target.clone()),
            Order::Retarget { stream, target } => {
                let known = self.known(thread, *stream)?;
                known.target = target.clone();
                known.settled = now;
                self.note_remote(*stream);
                Ok(())
            }
            Order::Play { stream, playlist } => {
                let joined = self.known(thread, *stream)?.joined;
                if playlist.prompts.len() > Playlist::PROMPTS_MAX {
                    return Err(format!("{stream:?} is played too many prompts"));
                }
                let hears = match (hears(playlist), joined) {
                    // What covered the other side is gone.
                    (Hears::Silence, Some(other)) => Hears::Stream(other),
                    (hears, _) => hears,
                };
                self.note(now, *stream, hears);
                let mut ends = now;
                for sound in &playlist.prompts {
                    ends += PROMPT;
                    let (stream, sound) = (*stream, *sound);
                    self.tell(ends, Event::Finished { stream, sound });
                }
                Ok(())
            }
            Order::Join { a, b } => self.join(now, thread, *a, *b),
            Order::Part { stream } => {
                self.known(thread, *stream)?;
                self.part(now, *stream);
                Ok(())
            }
            Order::SendDigits { stream, digits: _ } => self.known(thread, *stream).map(|_| ()),
            Order::Ask { stream } => self.known(thread, *stream).map(|_| ()),
            Order::Close { stream } => self.close(now, thread, *stream),
            Order::Release { port } => self.release(now, thread, *port),
            Order::Load { sounds: _ } => Ok(()),
        }
    }

    fn known(&mut self, thread: ThreadId, id: StreamId) -> Result<&mut Stream, String> {
        match self.streams.get_mut(&id) {
            Some(stream) if stream.port.thread == thread => Ok(stream),
            Some(_) => Err(format!("{id:?} is on another thread than {thread:?}")),
            None => Err(format!("{id:?} is unknown")),
        }
    }

    fn open(
        &mut self,
        now: Instant,
        thread: ThreadId,
        (id, port): (StreamId, PortId),
        target: Target,
    ) -> Result<(), String> {
        if !self.ready.remove(&(thread, port)) {
            return Err(format!("{port:?} of {thread:?} is not ready for {id:?}"));
        }
        if self.heard.contains_key(&id) {
            return Err(format!("{id:?} is used twice"));
        }
        let stream = Stream {
            port: self.pair(thread, port),
            target,
            joined: None,
            settled: now,
        };
        self.streams.insert(id, stream);
        self.note(now, id, Hears::Silence);
        self.note_remote(id);
        Ok(())
    }

    fn note_remote(&mut self, id: StreamId) {
        if let Some(remote) = self.remote_of(id) {
            self.by_remote.insert(remote, id);
        }
    }

    fn join(
        &mut self,
        now: Instant,
        thread: ThreadId,
        a: StreamId,
        b: StreamId,
    ) -> Result<(), String> {
        self.known(thread, a)?;
        self.known(thread, b)?;
        if a == b {
            return Err(format!("{a:?} is joined to itself"));
        }
        self.part(now, a);
        self.part(now, b);
        for (one, other) in [(a, b), (b, a)] {
            self.known(thread, one)?.joined = Some(other);
            self.note(now, one, Hears::Stream(other));
        }
        Ok(())
    }

    fn part(&mut self, now: Instant, id: StreamId) {
        let other = self
            .streams
            .get_mut(&id)
            .and_then(|stream| stream.joined.take());
        let Some(other) = other else {
            return;
        };
        if let Some(stream) = self.streams.get_mut(&other) {
            stream.joined = None;
        }
        for side in [id, other] {
            self.note(now, side, Hears::Silence);
        }
    }

    fn close(&mut self, now: Instant, thread: ThreadId, id: StreamId) -> Result<(), String> {
        self.known(thread, id)?;
        self.part(now, id);
        self.note(now, id, Hears::Closed);
        if let Some(stream) = self.streams.remove(&id) {
            let stats = Stats::default();
            self.tell(now + TOLD_AFTER, Event::Closed { stream: id, stats });
            self.tell(now + RESTS, Event::PortReady(stream.port));
        }
        Ok(())
    }

    fn release(&mut self, now: Instant, thread: ThreadId, port: PortId) -> Result<(), String> {
        if !self.ready.remove(&(thread, port)) {
            return Err(format!(
                "{port:?} of {thread:?} is given back and was not ready"
            ));
        }
        let pair = self.pair(thread, port);
        self.tell(now + RESTS, Event::PortReady(pair));
        Ok(())
    }

    fn note(&mut self, now: Instant, stream: StreamId, hears: Hears) {
        // What it was played before is not played to its end.
        self.told.retain(
            |_, event| !matches!(event, Event::Finished { stream: other, .. } if *other == stream),
        );
        self.heard.entry(stream).or_default().push((now, hears));
    }
}

fn hears(playlist: &Playlist) -> Hears {
    let level = match playlist.then {
        Background::Silence => None,
        Background::Sound { sound: _, level } => Some(level),
    };
    match (playlist.prompts.is_empty(), level) {
        (true, None) => Hears::Silence,
        (true, Some(level)) => Hears::Waiting(level),
        (false, level) => Hears::Prompts(playlist.prompts.clone(), level),
    }
}
