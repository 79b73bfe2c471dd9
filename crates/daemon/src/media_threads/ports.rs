//! A thread's share of the port range: which pairs are free, cooling, ready or in use.

use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use ::media::{PortId, PortPair, ThreadId};

use super::Local;
use super::socket::Pair;

/// How many pairs a thread keeps bound beyond those in use: what 300 calls a second take in 0.4 s,
/// should the thread stall.
pub(super) const PORTS_READY: usize = 240;

/// How long a port rests before its next call, so that no late packet of the last one finds a listener.
const COOL_DOWN: Duration = Duration::from_secs(5);

/// How long to wait after the kernel refused a socket for want of something: descriptors, memory.
const RETRY: Duration = Duration::from_millis(250);

/// How many pairs one round of the loop may bind, so that sound is not late.
const BOUND_IN_A_ROUND: usize = 16;

/// How many rested pairs there must be before one of them is drawn: a choice wide enough that the next call's port
/// cannot be guessed. Below it a new pair is bound, which costs ten calls to the kernel more.
const RESTED_MIN: usize = 64;

/// With fewer ready pairs than this, those are used too to which somebody sends who should have stopped.
const QUIET_READY_MIN: usize = 16;

/// How many rested pairs stay bound after a busy hour.
const RESTED_MAX: usize = 1_024;

struct Slot {
    pair: Pair,
    in_use: bool,
}

/// What rests.
enum Resting {
    /// A pair that stays bound: what still comes is thrown away when it is used again.
    Bound(Pair),
    /// The same, and it rested before: somebody goes on sending there, who does not know of the end of a call.
    Disturbed(Pair),
    /// A port that could not be bound or left as it was.
    Port(u16),
}

/// The port pairs of one thread.
pub(super) struct Ports {
    thread: ThreadId,
    local: Local,
    /// Even ports that may be bound.
    free: Vec<u16>,
    /// What may be used later.
    cooling: VecDeque<(Instant, Resting)>,
    /// Bound pairs that may be used.
    rested: Vec<Pair>,
    slots: Vec<Option<Slot>>,
    vacant: Vec<usize>,
    ready: usize,
    retry_at: Option<Instant>,
}

impl Ports {
    /// Takes every `count`-th even port of a range, from the `n`-th on.
    pub(super) fn new(
        thread: ThreadId,
        local: Local,
        range: &RangeInclusive<u16>,
        n: usize,
        count: usize,
    ) -> io::Result<Self> {
        let even = range
            .clone()
            .filter(|port| port.is_multiple_of(2) && *port < *range.end());
        let free: Vec<u16> = even.skip(n).step_by(count).collect();
        if free.is_empty() {
            let problem = format!(
                "RTP ports {} to {} leave thread {n} without a pair",
                range.start(),
                range.end()
            );
            return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
        }
        Ok(Self {
            thread,
            local,
            free,
            cooling: VecDeque::new(),
            rested: Vec::new(),
            slots: Vec::new(),
            vacant: Vec::new(),
            ready: 0,
            retry_at: None,
        })
    }

    /// Tells whether fewer than half of the promised pairs are ready.
    pub(super) const fn are_scarce(&self) -> bool {
        self.ready < PORTS_READY / 2
    }

    /// Makes ready what is missing; calls `ready` with each such pair.
    pub(super) fn tend(&mut self, now: Instant, mut ready: impl FnMut(PortPair)) {
        if self.ready >= PORTS_READY || self.retry_at.is_some_and(|at| now < at) {
            return;
        }
        self.retry_at = None;
        self.end_rests(now);
        for _ in 0..BOUND_IN_A_ROUND {
            if self.ready >= PORTS_READY || !self.has_choice() && !self.end_a_disturbed_rest() {
                break;
            }
            if let Some(pair) = self.one_more(now) {
                ready(pair);
            }
            if self.retry_at.is_some() {
                break;
            }
        }
    }

    const fn has_choice(&self) -> bool {
        !self.free.is_empty() || !self.rested.is_empty()
    }

    /// Whether nothing is left but pairs that are sent to, and one of them is needed.
    fn needs_disturbed(&self) -> bool {
        let mut resting = self.cooling.iter();
        self.ready < QUIET_READY_MIN
            && !self.has_choice()
            && resting.any(|(_, resting)| matches!(resting, Resting::Disturbed(_)))
    }

    /// Takes the pair that rests for the second time the longest, if it is needed.
    fn end_a_disturbed_rest(&mut self) -> bool {
        if !self.needs_disturbed() {
            return false;
        }
        let mut resting = self.cooling.iter();
        let place = resting.position(|(_, resting)| matches!(resting, Resting::Disturbed(_)));
        match place.and_then(|place| self.cooling.remove(place)) {
            Some((_, Resting::Bound(pair) | Resting::Disturbed(pair))) => {
                self.rested.push(pair);
                true
            }
            Some((_, Resting::Port(_))) | None => false,
        }
    }

    fn end_rests(&mut self, now: Instant) {
        while let Some((_, resting)) = self.cooling.pop_front_if(|(until, _)| *until <= now) {
            match resting {
                Resting::Bound(pair) | Resting::Disturbed(pair) if pair.discard_stale() > 0 => {
                    let resting = Resting::Disturbed(pair);
                    self.cooling.push_back((now + COOL_DOWN, resting));
                }
                Resting::Bound(pair) | Resting::Disturbed(pair)
                    if self.rested.len() < RESTED_MAX =>
                {
                    self.rested.push(pair)
                }
                Resting::Bound(pair) | Resting::Disturbed(pair) => {
                    self.free.push(pair.address.port())
                }
                Resting::Port(port) => self.free.push(port),
            }
        }
    }

    /// Returns when to tend again, if something is missing.
    pub(super) fn poll_timeout(&self, now: Instant) -> Option<Instant> {
        if self.ready >= PORTS_READY {
            return None;
        }
        let cooled = || self.cooling.front().map(|(until, _)| *until);
        self.retry_at.or_else(|| {
            if !self.has_choice() && !self.needs_disturbed() {
                cooled()
            } else {
                Some(now)
            }
        })
    }

    /// A rested pair while there are many, otherwise a new one.
    fn one_more(&mut self, now: Instant) -> Option<PortPair> {
        if self.rested.len() >= RESTED_MIN || self.free.is_empty() {
            let pair = draw(&mut self.rested)?;
            return Some(self.keep(pair));
        }
        let port = draw(&mut self.free)?;
        match Pair::bind(self.local, port) {
            Ok(pair) => Some(self.keep(pair)),
            Err(error) => {
                // Any port of the range may be somebody else's for a while: another one is tried at
                // once, since calls wait.
                tracing::debug!(%error, port, "an RTP port cannot be bound");
                self.cooling
                    .push_back((now + COOL_DOWN, Resting::Port(port)));
                if error.kind() != io::ErrorKind::AddrInUse {
                    self.retry_at = Some(now + RETRY);
                }
                None
            }
        }
    }

    fn keep(&mut self, pair: Pair) -> PortPair {
        let rtp = pair.address;
        let slot = Some(Slot {
            pair,
            in_use: false,
        });
        let index = self.vacant.pop().unwrap_or(self.slots.len());
        match self.slots.get_mut(index) {
            Some(vacant) => *vacant = slot,
            None => self.slots.push(slot),
        }
        self.ready += 1;
        PortPair {
            id: PortId(u16::try_from(index).unwrap_or(u16::MAX)),
            thread: self.thread,
            rtp,
        }
    }

    /// Marks a ready pair as in use, and lets it stand at an address.
    pub(super) fn take(&mut self, port: PortId, at: Option<IpAddr>) -> Option<&mut Pair> {
        let slot = self.slots.get_mut(usize::from(port.0))?.as_mut()?;
        let wanted = at.map_or(self.local, Local::At);
        if let Err(error) = slot.pair.move_to(wanted) {
            // An address that has just gone, as it were: it hears wherever it stands.
            tracing::warn!(%error, "an RTP port cannot be bound at the address that its peer was told");
        }
        if !std::mem::replace(&mut slot.in_use, true) {
            self.ready -= 1;
        }
        Some(&mut slot.pair)
    }

    pub(super) fn find(&mut self, port: PortId) -> Option<&mut Pair> {
        Some(&mut self.slots.get_mut(usize::from(port.0))?.as_mut()?.pair)
    }

    /// Ends the use of a pair; its ports rest.
    pub(super) fn free(&mut self, now: Instant, port: PortId) {
        let index = usize::from(port.0);
        let Some(mut slot) = self.slots.get_mut(index).and_then(Option::take) else {
            return;
        };
        self.vacant.push(index);
        if !slot.in_use {
            self.ready -= 1;
        }
        let resting = match slot.pair.disconnect() {
            Ok(()) => Resting::Bound(slot.pair),
            Err(error) => {
                tracing::debug!(%error, "an RTP socket is closed, for it cannot be disconnected");
                Resting::Port(slot.pair.address.port())
            }
        };
        self.cooling.push_back((now + COOL_DOWN, resting));
    }
}

/// Any one of them: what an outsider has seen of one call says nothing of the next.
fn draw<T>(choice: &mut Vec<T>) -> Option<T> {
    let chosen = getrandom::u64()
        .unwrap_or(0)
        .checked_rem(choice.len() as u64)?;
    Some(choice.swap_remove(usize::try_from(chosen).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, UdpSocket};

    use super::super::socket::{self, Read};
    use super::*;

    /// Loopback, but nobody else's address.
    const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 77, 2));

    fn tended(ports: &mut Ports, now: Instant) -> Vec<PortPair> {
        let mut ready = Vec::new();
        ports.tend(now, |pair| ready.push(pair));
        ready
    }

    fn ports(range: RangeInclusive<u16>) -> Ports {
        Ports::new(ThreadId(0), Local::At(LOCAL), &range, 0, 1).unwrap()
    }

    /// The port of the first pair that is ready.
    fn first(ports: &Ports) -> u16 {
        ports.slots[0].as_ref().unwrap().pair.address.port()
    }

    #[test]
    fn a_range_is_split_into_even_ports_without_overlap() {
        let share = |n| {
            Ports::new(ThreadId(0), Local::At(LOCAL), &(10_001..=10_011), n, 2)
                .unwrap()
                .free
        };

        assert_eq!(
            (share(0), share(1)),
            (vec![10_002, 10_006, 10_010], vec![10_004, 10_008])
        );
        assert!(Ports::new(ThreadId(0), Local::At(LOCAL), &(10_000..=10_000), 0, 1).is_err());
    }

    #[test]
    fn a_port_that_is_taken_by_somebody_else_is_passed_over() {
        let now = Instant::now();
        let mut ports = ports(19_300..=19_303);
        let _somebody = UdpSocket::bind((LOCAL, 19_303)).unwrap();

        let ready = tended(&mut ports, now);

        assert_eq!(
            ready.iter().map(|pair| pair.rtp.port()).collect::<Vec<_>>(),
            [19_300]
        );
    }

    #[test]
    fn a_port_rests_before_it_is_used_again() {
        let now = Instant::now();
        let mut ports = ports(19_310..=19_311);
        let pair = tended(&mut ports, now)[0];
        ports.take(pair.id, None).unwrap();

        ports.free(now, pair.id);

        assert_eq!(tended(&mut ports, now + COOL_DOWN / 2), []);
        assert_eq!(ports.poll_timeout(now), Some(now + COOL_DOWN));
        assert_eq!(tended(&mut ports, now + COOL_DOWN), [pair]);
    }

    #[test]
    fn a_port_to_which_somebody_still_sends_rests_on_while_there_are_others() {
        let now = Instant::now();
        let mut ports = ports(19_400..=19_479);
        let mut pairs = tended(&mut ports, now);
        loop {
            let more = tended(&mut ports, now);
            if more.is_empty() {
                break;
            }
            pairs.extend(more);
        }
        let (disturbed, quiet) = (pairs[0], pairs[1]);
        for pair in [disturbed, quiet] {
            ports.take(pair.id, None).unwrap();
            ports.free(now, pair.id);
        }
        let orphan = UdpSocket::bind((LOCAL, 0)).unwrap();
        orphan.send_to(b"sound", disturbed.rtp).unwrap();

        let rested = tended(&mut ports, now + COOL_DOWN);
        assert_eq!(rested.len(), 1);
        assert_eq!(rested[0].rtp, quiet.rtp);
        let rested_on = tended(&mut ports, now + COOL_DOWN * 2);

        assert_eq!(rested_on.len(), 1);
        assert_eq!(rested_on[0].rtp, disturbed.rtp);
    }

    #[test]
    fn a_port_to_which_somebody_still_sends_is_used_where_there_is_no_other() {
        let now = Instant::now();
        let mut ports = ports(19_318..=19_319);
        let pair = tended(&mut ports, now)[0];
        ports.take(pair.id, None).unwrap();
        ports.free(now, pair.id);
        let orphan = UdpSocket::bind((LOCAL, 0)).unwrap();
        orphan.send_to(b"sound", pair.rtp).unwrap();

        assert_eq!(tended(&mut ports, now + COOL_DOWN), [pair]);
    }

    #[test]
    fn rested_pair_stays_bound_and_hears_nothing_of_its_last_call() {
        let now = Instant::now();
        let mut ports = ports(19_314..=19_315);
        let pair = tended(&mut ports, now)[0];
        let phone = UdpSocket::bind((LOCAL, 0)).unwrap();
        let taken = ports.take(pair.id, None).unwrap();
        taken.connect(phone.local_addr().unwrap()).unwrap();
        ports.free(now, pair.id);
        phone.send_to(b"late", pair.rtp).unwrap();

        let again = tended(&mut ports, now + COOL_DOWN)[0];
        let taken = ports.take(again.id, None).unwrap();
        taken.discard_stale();
        let stranger = UdpSocket::bind((LOCAL, 0)).unwrap();
        stranger.send_to(b"new", again.rtp).unwrap();

        let mut heard = [0; 8];
        let Read::Datagram(length, from) = socket::read(&taken.rtp, &mut heard) else {
            panic!("the new caller is not heard");
        };
        assert_eq!(heard[..length], *b"new");
        assert_eq!(from, stranger.local_addr().unwrap());
    }

    #[test]
    fn next_port_is_one_of_many() {
        let now = Instant::now();
        let alone = Local::At(IpAddr::V4(Ipv4Addr::new(127, 0, 77, 3)));
        let mut ports = Ports::new(ThreadId(0), alone, &(10_000..=12_000), 0, 1).unwrap();
        let mut used = Vec::new();
        for call in 0..60 {
            let now = now + COOL_DOWN * call;
            tended(&mut ports, now);
            used.push(first(&ports));
            ports.take(PortId(0), None).unwrap();
            ports.free(now, PortId(0));
        }

        used.sort_unstable();
        used.dedup();

        assert!(used.len() > 30, "{} ports for 60 calls", used.len());
    }

    #[test]
    fn as_many_are_ready_as_promised() {
        let now = Instant::now();
        let mut ports = ports(19_320..=19_999);
        let rounds = (0..100).map(|round| tended(&mut ports, now + RETRY * round));
        let ready: Vec<PortPair> = rounds.flatten().collect();
        assert_eq!(ready.len(), PORTS_READY);

        ports.take(ready[5].id, None).unwrap();

        assert_eq!(tended(&mut ports, now + RETRY * 101).len(), 1);
    }
}
