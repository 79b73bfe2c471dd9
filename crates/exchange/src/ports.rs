//! Ready ports, thread by thread, and the offers that wait for one.

use std::collections::{BTreeMap, VecDeque};

use dispatch::{ContactId, OperatorId};
use media::{PortPair, ThreadId};

/// How many offers may wait for a port of one thread; beyond it an offer is over at its deadline without having rung.
const OFFERS_WITHOUT_PORT_MAX: usize = 1_000;

/// An operator's phone that is to ring for a contact.
pub(crate) type Offered = (ContactId, OperatorId);

/// The ports that the media threads have ready.
#[derive(Debug, Default)]
pub(crate) struct Ports {
    threads: BTreeMap<ThreadId, OfThread>,
}

#[derive(Debug, Default)]
struct OfThread {
    ready: VecDeque<PortPair>,
    /// The longest waiting first: an offer of many phones is not overtaken by those of one.
    waiting: VecDeque<Offered>,
}

/// Whether people are to be told that a port is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shortage {
    /// Nobody waited before.
    New,
    Known,
}

impl Ports {
    /// A port is ready.
    pub(crate) fn add(&mut self, port: PortPair) {
        let thread = self.threads.entry(port.thread).or_default();
        thread.ready.push_back(port);
    }

    /// A port of this thread, whose leg is to be joined with another one there.
    pub(crate) fn take_of(&mut self, thread: ThreadId) -> Option<PortPair> {
        self.threads.get_mut(&thread)?.ready.pop_front()
    }

    /// A port of the thread that has the most.
    pub(crate) fn take_any(&mut self) -> Option<PortPair> {
        let threads = self.threads.values_mut();
        let most = threads.max_by_key(|thread| thread.ready.len())?;
        most.ready.pop_front()
    }

    /// How many ports of a thread are ready.
    pub(crate) fn ready(&self, thread: ThreadId) -> usize {
        self.threads
            .get(&thread)
            .map_or(0, |thread| thread.ready.len())
    }

    /// An offer waits until its thread has ports.
    pub(crate) fn wait(&mut self, thread: ThreadId, offered: Offered) -> Shortage {
        let thread = self.threads.entry(thread).or_default();
        let shortage = if thread.waiting.is_empty() {
            Shortage::New
        } else {
            Shortage::Known
        };
        if thread.waiting.len() < OFFERS_WITHOUT_PORT_MAX {
            thread.waiting.push_back(offered);
        }
        shortage
    }

    /// The offer of a thread that waits the longest.
    pub(crate) fn first_waiting(&self, thread: ThreadId) -> Option<Offered> {
        self.threads.get(&thread)?.waiting.front().copied()
    }

    /// An offer waits no longer.
    pub(crate) fn forget(&mut self, offered: Offered) {
        for thread in self.threads.values_mut() {
            thread.waiting.retain(|waiting| *waiting != offered);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};

    use dispatch::Seq;
    use media::PortId;

    use super::*;

    const ONE: ThreadId = ThreadId(0);
    const OTHER: ThreadId = ThreadId(1);

    fn pair(thread: ThreadId, n: u16) -> PortPair {
        PortPair {
            id: PortId(n),
            thread,
            rtp: SocketAddr::from((Ipv4Addr::LOCALHOST, 10_000 + 2 * n)),
        }
    }

    fn offered(n: u64) -> Offered {
        (ContactId(Seq(n)), OperatorId::parse("jana").unwrap())
    }

    #[test]
    fn a_caller_takes_from_the_thread_that_has_the_most() {
        let mut ports = Ports::default();
        ports.add(pair(ONE, 1));
        ports.add(pair(OTHER, 2));
        ports.add(pair(OTHER, 3));

        assert_eq!(ports.take_any(), Some(pair(OTHER, 2)));
        assert_eq!(ports.take_of(ONE), Some(pair(ONE, 1)));
        assert_eq!(ports.take_of(ONE), None);
    }

    #[test]
    fn offers_of_one_thread_do_not_wait_for_another_thread() {
        let mut ports = Ports::default();

        assert_eq!(ports.wait(ONE, offered(1)), Shortage::New);
        assert_eq!(ports.wait(OTHER, offered(2)), Shortage::New);
        assert_eq!(ports.wait(ONE, offered(3)), Shortage::Known);

        assert_eq!(ports.first_waiting(ONE), Some(offered(1)));
        assert_eq!(ports.first_waiting(OTHER), Some(offered(2)));
        ports.forget(offered(1));
        assert_eq!(ports.first_waiting(ONE), Some(offered(3)));
    }
}
