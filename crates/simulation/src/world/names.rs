//! The name server: what it knows now of the hosts that the exchange looks up.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use exchange::settings::Host;
use exchange::{Input, Resolution};
use sip::Protocol;

use super::World;

/// The time from a question to its answer.
const ANSWERED_AFTER: Duration = Duration::from_millis(20);

/// A name server that may know nothing yet.
#[derive(Debug, Default)]
pub(super) struct Names {
    known: BTreeMap<String, Vec<SocketAddr>>,
    asked: VecDeque<(Instant, Host, Protocol)>,
}

impl Names {
    pub(super) fn ask(&mut self, now: Instant, host: Host, protocol: Protocol) {
        let due = now + ANSWERED_AFTER;
        self.asked.push_back((due, host, protocol));
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.asked.front().map(|(due, ..)| *due)
    }

    fn answer(&mut self, now: Instant) -> Option<Resolution> {
        let (_, host, protocol) = self.asked.pop_front_if(|(due, ..)| *due <= now)?;
        let addresses = self.known.get(&host.name).cloned().unwrap_or_default();
        Some(Resolution {
            host,
            protocol,
            addresses,
        })
    }
}

impl World {
    /// From now on the name server gives these addresses for a name; none is a name that it does not know.
    pub fn name(&mut self, name: &str, addresses: &[SocketAddr]) {
        let known = &mut self.names.known;
        known.insert(name.to_owned(), addresses.to_vec());
    }

    pub(super) fn answer_names(&mut self) {
        while let Some(resolution) = self.names.answer(self.now) {
            self.input(Input::Resolved(resolution));
        }
    }
}
