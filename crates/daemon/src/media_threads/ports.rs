//! A thread's share of the port range: which pairs are free, cooling, ready or in use.

use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use ::media::{PortId, PortPair, ThreadId};

use super::socket::Pair;

/// How many pairs a thread keeps bound beyond those in use: what 300 calls a second take in 0.4 s, should the thread stall.
pub(super) const PORTS_READY: usize = 240;

/// How long a port rests before its next call, so that no late packet of the last one finds a listener.
const COOL_DOWN: Duration = Duration::from_secs(5);

/// How long to wait after the kernel refused a socket for want of something: descriptors, memory.
const RETRY: Duration = Duration::from_millis(250);

/// How many pairs one round of the loop may bind, so that sound is not late.
const BOUND_IN_A_ROUND: usize = 16;

struct Slot {
    pair: Pair,
    in_use: bool,
}

/// The port pairs of one thread.
pub(super) struct Ports {
    thread: ThreadId,
    address: IpAddr,
    /// Even ports that may be bound.
    free: Vec<u16>,
    /// Even ports that may be bound later.
    cooling: VecDeque<(Instant, u16)>,
    slots: Vec<Option<Slot>>,
    vacant: Vec<usize>,
    ready: usize,
    retry_at: Option<Instant>,
}

impl Ports {
    /// Takes every `count`-th even port of a range, from the `n`-th on.
    pub(super) fn new(
        thread: ThreadId,
        address: IpAddr,
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
        let (cooling, slots, vacant) = (VecDeque::new(), Vec::new(), Vec::new());
        Ok(Self {
            thread,
            address,
            free,
            cooling,
            slots,
            vacant,
            ready: 0,
            retry_at: None,
        })
    }

    /// Binds what is missing; calls `ready` with each new pair.
    pub(super) fn tend(&mut self, now: Instant, mut ready: impl FnMut(PortPair)) {
        if self.ready >= PORTS_READY || self.retry_at.is_some_and(|at| now < at) {
            return;
        }
        self.retry_at = None;
        while self.cooling.front().is_some_and(|(until, _)| *until <= now) {
            self.free
                .extend(self.cooling.pop_front().map(|(_, port)| port));
        }
        for _ in 0..BOUND_IN_A_ROUND {
            if self.ready >= PORTS_READY || self.free.is_empty() {
                break;
            }
            if let Some(pair) = self.bind_one(now) {
                ready(pair);
            }
            if self.retry_at.is_some() {
                break;
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
            if self.free.is_empty() {
                cooled()
            } else {
                Some(now)
            }
        })
    }

    fn bind_one(&mut self, now: Instant) -> Option<PortPair> {
        let port = self.draw()?;
        match Pair::bind(self.address, port) {
            Ok(pair) => Some(self.keep(pair)),
            Err(error) => {
                // Any port of the range may be somebody else's for a while: another one is tried at once, since calls wait.
                tracing::debug!(%error, port, "an RTP port cannot be bound");
                self.cooling.push_back((now + COOL_DOWN, port));
                if error.kind() != io::ErrorKind::AddrInUse {
                    self.retry_at = Some(now + RETRY);
                }
                None
            }
        }
    }

    /// Any of the free ports: what an outsider has seen of one call says nothing of the next.
    fn draw(&mut self) -> Option<u16> {
        let chosen = getrandom::u64()
            .unwrap_or(0)
            .checked_rem(self.free.len() as u64)?;
        Some(self.free.swap_remove(usize::try_from(chosen).unwrap_or(0)))
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

    /// Marks a ready pair as in use.
    pub(super) fn take(&mut self, port: PortId) -> Option<&mut Pair> {
        let slot = self.slots.get_mut(usize::from(port.0))?.as_mut()?;
        if !std::mem::replace(&mut slot.in_use, true) {
            self.ready -= 1;
        }
        Some(&mut slot.pair)
    }

    pub(super) fn find(&mut self, port: PortId) -> Option<&mut Pair> {
        Some(&mut self.slots.get_mut(usize::from(port.0))?.as_mut()?.pair)
    }

    /// Closes a pair; its ports rest.
    pub(super) fn free(&mut self, now: Instant, port: PortId) {
        let index = usize::from(port.0);
        let Some(slot) = self.slots.get_mut(index).and_then(Option::take) else {
            return;
        };
        self.vacant.push(index);
        if !slot.in_use {
            self.ready -= 1;
        }
        self.cooling
            .push_back((now + COOL_DOWN, slot.pair.address.port()));
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, UdpSocket};

    use super::*;

    /// Loopback, but nobody else's address.
    const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 77, 2));

    fn tended(ports: &mut Ports, now: Instant) -> Vec<PortPair> {
        let mut ready = Vec::new();
        ports.tend(now, |pair| ready.push(pair));
        ready
    }

    fn ports(range: RangeInclusive<u16>) -> Ports {
        Ports::new(ThreadId(0), LOCAL, &range, 0, 1).unwrap()
    }

    #[test]
    fn a_range_is_split_into_even_ports_without_overlap() {
        let share = |n| {
            Ports::new(ThreadId(0), LOCAL, &(10_001..=10_011), n, 2)
                .unwrap()
                .free
        };

        assert_eq!(
            (share(0), share(1)),
            (vec![10_002, 10_006, 10_010], vec![10_004, 10_008])
        );
        assert!(Ports::new(ThreadId(0), LOCAL, &(10_000..=10_000), 0, 1).is_err());
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
        ports.take(pair.id).unwrap();

        ports.free(now, pair.id);

        assert_eq!(tended(&mut ports, now + COOL_DOWN / 2), []);
        assert_eq!(ports.poll_timeout(now), Some(now + COOL_DOWN));
        assert_eq!(tended(&mut ports, now + COOL_DOWN), [pair]);
    }

    #[test]
    fn as_many_are_ready_as_promised() {
        let now = Instant::now();
        let mut ports = ports(19_320..=19_999);
        let rounds = (0..100).map(|round| tended(&mut ports, now + RETRY * round));
        let ready: Vec<PortPair> = rounds.flatten().collect();
        assert_eq!(ready.len(), PORTS_READY);

        ports.take(ready[5].id).unwrap();

        assert_eq!(tended(&mut ports, now + RETRY * 101).len(), 1);
    }
}
