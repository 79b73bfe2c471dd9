//! Who may speak on a stream, and where it is answered: the latch, opened once.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use crate::format::{Latch, Remote};

impl Latch {
    /// How long after the first admitted packet the address in SDP may still take the latch back; then it is closed.
    pub const WINDOW: Duration = Duration::from_millis(200);

    fn admits(self, signalled: SocketAddr, from: SocketAddr) -> bool {
        match self {
            Self::Strict => from == signalled,
            Self::SameHost => from.ip() == signalled.ip(),
            Self::SameNetwork => same_network(from.ip(), signalled.ip()),
            Self::Anywhere => true,
        }
    }
}

fn same_network(a: IpAddr, b: IpAddr) -> bool {
    match (a, b) {
        (IpAddr::V4(a), IpAddr::V4(b)) => a.to_bits() >> 8 == b.to_bits() >> 8,
        (IpAddr::V6(a), IpAddr::V6(b)) => a.to_bits() >> 80 == b.to_bits() >> 80,
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}

/// What is to be done with a datagram by where it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It is none of ours.
    Refused,
    /// It is from the source.
    Admitted,
    /// It is from the source, and from now on from this one only.
    Settled(SocketAddr),
}

#[derive(Clone, Copy)]
enum State {
    /// No SDP yet.
    Unknown,
    /// Nothing was admitted yet.
    Waiting,
    /// Another address than SDP's speaks; SDP's may still take over.
    Learning {
        candidate: SocketAddr,
        until: Instant,
    },
    /// There is one source.
    Settled { source: SocketAddr },
}

/// The source of one stream.
pub(crate) struct Source {
    remote: Option<Remote>,
    latch: Latch,
    state: State,
    /// Where RTCP came from first.
    control: Option<SocketAddr>,
}

impl Source {
    pub(crate) fn new(remote: Option<Remote>, latch: Latch) -> Self {
        let state = match (remote, latch) {
            (None, _) => State::Unknown,
            (Some(remote), Latch::Strict) => State::Settled { source: remote.rtp },
            (Some(_), Latch::SameHost | Latch::SameNetwork | Latch::Anywhere) => State::Waiting,
        };
        Self {
            remote,
            latch,
            state,
            control: None,
        }
    }

    /// Returns the source if there is one only.
    pub(crate) fn settled(&self) -> Option<SocketAddr> {
        match self.state {
            State::Settled { source } => Some(source),
            State::Unknown | State::Waiting | State::Learning { .. } => None,
        }
    }

    /// Takes what a new answer says. The same remote changes nothing: whoever renegotiates opens no latch by it.
    pub(crate) fn retarget(&mut self, remote: Option<Remote>, latch: Latch) {
        if remote != self.remote {
            *self = Self::new(remote, latch);
        }
    }

    /// Judges an RTP datagram that is otherwise in order.
    pub(crate) fn admit(&mut self, now: Instant, from: SocketAddr) -> Admission {
        let Some(remote) = self.remote else {
            return Admission::Refused;
        };
        match self.state {
            State::Unknown => Admission::Refused,
            State::Settled { source } if source == from => Admission::Admitted,
            State::Settled { .. } => Admission::Refused,
            State::Waiting if from == remote.rtp => self.settle(from),
            State::Waiting if self.latch.admits(remote.rtp, from) => {
                self.state = State::Learning {
                    candidate: from,
                    until: now + Latch::WINDOW,
                };
                Admission::Admitted
            }
            State::Waiting => Admission::Refused,
            State::Learning { until, .. } if now < until && from == remote.rtp => self.settle(from),
            State::Learning { candidate, until } if now >= until && from == candidate => {
                self.settle(from)
            }
            State::Learning { candidate, .. } if from == candidate => Admission::Admitted,
            State::Learning { .. } => Admission::Refused,
        }
    }

    fn settle(&mut self, source: SocketAddr) -> Admission {
        self.state = State::Settled { source };
        Admission::Settled(source)
    }

    /// Tells whether an RTCP datagram comes from the host of the source; the first that does says where RTCP goes.
    pub(crate) fn admit_control(&mut self, from: SocketAddr) -> bool {
        let Some(remote) = self.remote else {
            return false;
        };
        let host = match self.state {
            State::Unknown => return false,
            State::Settled { source } => source.ip(),
            State::Waiting => remote.rtp.ip(),
            State::Learning { candidate, .. } => candidate.ip(),
        };
        if from == remote.rtcp && matches!(self.state, State::Waiting) {
            return true;
        }
        if host != from.ip() {
            return false;
        }
        *self.control.get_or_insert(from) == from
    }

    /// Returns where RTP goes. An address out of SDP's network gets nothing before the latch closed on it.
    pub(crate) fn destination(&self) -> Option<SocketAddr> {
        let remote = self.remote?;
        match self.state {
            State::Unknown => None,
            State::Waiting => Some(remote.rtp),
            State::Learning { candidate, .. } => match self.latch {
                Latch::SameHost | Latch::SameNetwork => Some(candidate),
                Latch::Strict | Latch::Anywhere => Some(remote.rtp),
            },
            State::Settled { source } => Some(source),
        }
    }

    /// Returns where RTCP goes.
    pub(crate) fn control_destination(&self) -> Option<SocketAddr> {
        let remote = self.remote?;
        let source = self.settled()?;
        if let Some(control) = self.control.filter(|control| control.ip() == source.ip()) {
            return Some(control);
        }
        if source.ip() == remote.rtp.ip() {
            Some(remote.rtcp)
        } else {
            Some(Remote::at(source).rtcp)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNALLED: &str = "192.0.2.10:4000";

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn source(latch: Latch) -> Source {
        Source::new(Some(Remote::at(address(SIGNALLED))), latch)
    }

    #[test]
    fn strict_takes_the_signalled_address_only() {
        let now = crate::start_of_test();
        let mut source = source(Latch::Strict);

        assert_eq!(
            source.admit(now, address("192.0.2.10:4002")),
            Admission::Refused
        );
        assert_eq!(source.admit(now, address(SIGNALLED)), Admission::Admitted);
        assert_eq!(source.settled(), Some(address(SIGNALLED)));
    }

    #[test]
    fn each_latch_has_its_reach() {
        let now = crate::start_of_test();
        let reach = |latch, from| source(latch).admit(now, address(from)) == Admission::Admitted;

        assert!(reach(Latch::SameHost, "192.0.2.10:9"));
        assert!(!reach(Latch::SameHost, "192.0.2.11:4000"));
        assert!(reach(Latch::SameNetwork, "192.0.2.200:9"));
        assert!(!reach(Latch::SameNetwork, "192.0.3.10:4000"));
        assert!(!reach(Latch::SameNetwork, "[2001:db8::1]:4000"));
        assert!(reach(Latch::Anywhere, "203.0.113.1:9"));

        let mut six = Source::new(
            Some(Remote::at(address("[2001:db8:1::1]:4000"))),
            Latch::SameNetwork,
        );
        assert_eq!(
            six.admit(now, address("[2001:db8:2::1]:4000")),
            Admission::Refused
        );
        assert_eq!(
            six.admit(now, address("[2001:db8:1:2::1]:9")),
            Admission::Admitted
        );
    }

    #[test]
    fn latch_opens_once() {
        let now = crate::start_of_test();
        let mut source = source(Latch::SameNetwork);
        let phone = address("192.0.2.77:7000");

        assert_eq!(source.admit(now, phone), Admission::Admitted);
        assert_eq!(
            source.admit(now, address("192.0.2.78:7000")),
            Admission::Refused
        );
        assert_eq!(
            source.admit(now + Latch::WINDOW, phone),
            Admission::Settled(phone)
        );
        assert_eq!(
            source.admit(now + Latch::WINDOW, address(SIGNALLED)),
            Admission::Refused
        );

        source.retarget(Some(Remote::at(address(SIGNALLED))), Latch::SameNetwork);
        assert_eq!(
            source.admit(now + Latch::WINDOW, address("192.0.2.78:7000")),
            Admission::Refused
        );
        assert_eq!(source.destination(), Some(phone));
    }

    #[test]
    fn signalled_address_takes_over_within_the_window() {
        let now = crate::start_of_test();
        let mut source = source(Latch::Anywhere);
        let attacker = address("203.0.113.66:1");

        assert_eq!(source.admit(now, attacker), Admission::Admitted);
        assert_eq!(source.destination(), Some(address(SIGNALLED)));
        assert_eq!(
            source.admit(now, address(SIGNALLED)),
            Admission::Settled(address(SIGNALLED))
        );
        assert_eq!(
            source.admit(now + Latch::WINDOW, attacker),
            Admission::Refused
        );
    }

    #[test]
    fn another_remote_opens_the_latch_again() {
        let now = crate::start_of_test();
        let mut source = source(Latch::Strict);

        source.retarget(
            Some(Remote::at(address("198.51.100.1:6000"))),
            Latch::SameHost,
        );

        assert_eq!(source.settled(), None);
        assert_eq!(source.admit(now, address(SIGNALLED)), Admission::Refused);
        assert_eq!(
            source.admit(now, address("198.51.100.1:6002")),
            Admission::Admitted
        );
    }

    #[test]
    fn rtcp_is_taken_from_the_host_of_the_source_only() {
        let now = crate::start_of_test();
        let mut source = source(Latch::SameNetwork);
        source.admit(now, address("192.0.2.77:7000"));
        source.admit(now + Latch::WINDOW, address("192.0.2.77:7000"));

        assert_eq!(
            source.control_destination(),
            Some(address("192.0.2.77:7001"))
        );
        assert!(!source.admit_control(address("192.0.2.10:4001")));
        assert!(source.admit_control(address("192.0.2.77:9001")));
        assert!(!source.admit_control(address("192.0.2.77:9002")));
        assert_eq!(
            source.control_destination(),
            Some(address("192.0.2.77:9001"))
        );
    }
}
