//! Who may speak on a stream, and where it is answered.
//!
//! Packets of the admitted hosts alone are looked at: that of SDP, and the [`Hosts`] of the leg.
//! SDP's own address is *credible* where it is on one of these hosts, or where a trunk names a
//! public one: nobody near us can take it. A credible address is the source from when it speaks,
//! whoever spoke before: a caller's leg is open for seconds before her sound begins, and what comes
//! then is an earlier call that does not know of its end, or forged. Only a source on another host
//! that speaks now is not displaced by a word of it (comfort noise, a key, one forged packet), but
//! once it has spoken for [`TAKEOVER`]. An address that is not credible, as that of a phone behind
//! a router, is one of those that may be tried.
//!
//! Any other address is the source once it has spoken for [`RUN`] without a [`PAUSE`]; until then
//! whoever speaks in its pause takes its place, so that a word now and then holds no place. A
//! source that moves, when a NAT rebinds, is followed to another port or host of these: once it was
//! silent for [`SILENCE`], if the packets go on where they left off, or after an answered
//! re-INVITE.
//!
//! Who speaks when the port is opened, and for [`RUN`] before there is an answer, is most likely an
//! earlier call on this port, that does not know of its end. Such a *leftover* is not refused, for it
//! may be a phone that answered at once; but for [`LEFTOVER_LASTS`] it gives way to any other admitted
//! address, and takes nobody's place but by that one's silence. Whoever began to speak later is none:
//! a phone whose answer was lost speaks before we know of it.
//!
//! While nobody speaks, a trunk gets its sound where its credible SDP says, unless a source on that
//! host spoke for [`MAPPED`] in all: a router maps another port there, and a shorter burst in the
//! trunk's name takes the sound from no silent caller. A phone, which is known by its password, gets
//! it where it was heard last.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use crate::format::{Hosts, Proof, Remote};

/// How long another address than SDP's has to speak before it is the source.
const RUN: Duration = Duration::from_millis(200);

/// A pause in that after which it begins anew, and another address may take its place.
const PAUSE: Duration = Duration::from_millis(100);

/// How long SDP's own address has to speak before it takes the place of a source on another host
/// that speaks as well, and any admitted one before it takes that of a leftover. A key is shorter.
const TAKEOVER: Duration = Duration::from_millis(500);

/// How long a source is silent before it may be found elsewhere.
pub(crate) const SILENCE: Duration = Duration::from_secs(2);

/// How long a source on the host of a trunk's SDP has to have spoken before sound goes on to go there in its silence.
const MAPPED: Duration = Duration::from_secs(1);

/// An earlier call on the port is heard within this time of its opening: it sends at least every second, while whoever
/// is called mostly takes longer than that to answer and to speak.
const LEFTOVER_HEARD: Duration = Duration::from_millis(1_200);

/// How long after the answer somebody may still be a leftover: until then its BYE is repeated (RFC 3261 timer F).
const LEFTOVER_LASTS: Duration = Duration::from_secs(32);

/// How many are noted who speak before there is an answer. A port is used again after seconds, so there is one at most.
const EARLY_MAX: usize = 4;

/// What is to be done with a datagram by where it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It is none of ours.
    Refused,
    /// It is from the source.
    Admitted,
    /// It is from SDP's own address, which is the source for good; the socket may hear nobody else.
    Settled(SocketAddr),
    /// It is from elsewhere on an admitted host: the source, if its packets go on in it.
    Moving,
}

#[derive(Clone, Copy)]
enum State {
    /// No SDP yet.
    Unknown,
    /// Nothing was admitted yet, or nothing since an answer said where the source, known before, is now.
    Waiting { before: Option<Past> },
    /// An address that is not the credible one of SDP speaks, and has not done so for long.
    Learning { candidate: SocketAddr, run: Run },
    /// There is one source, since then, and it had spoken for so long before.
    Settled {
        source: SocketAddr,
        since: Instant,
        spoke: Duration,
    },
    /// It says nothing any longer.
    Silent(Past),
}

/// A source that was, and how long it spoke in all.
#[derive(Clone, Copy)]
struct Past {
    source: SocketAddr,
    spoke: Duration,
}

/// How long somebody speaks without a pause.
#[derive(Clone, Copy)]
struct Run {
    since: Instant,
    last: Instant,
}

impl Run {
    fn begin(now: Instant) -> Self {
        let (since, last) = (now, now);
        Self { since, last }
    }

    fn has_paused(self, now: Instant) -> bool {
        now.saturating_duration_since(self.last) >= PAUSE
    }

    /// Goes on with a packet of now; after a pause it begins anew.
    fn go_on(self, now: Instant) -> Self {
        if self.has_paused(now) {
            return Self::begin(now);
        }
        Self { last: now, ..self }
    }

    fn lasts(self, long: Duration) -> bool {
        self.last.saturating_duration_since(self.since) >= long
    }
}

/// Who may take the place of a source that speaks as well.
#[derive(Clone, Copy)]
struct Rival {
    address: SocketAddr,
    run: Run,
}

/// Who spoke before there was an answer.
enum Early {
    /// There is none yet: who spoke when the port was opened, and since when; [`EARLY_MAX`] at most.
    Noted {
        opened: Instant,
        since: Vec<(SocketAddr, Instant)>,
    },
    /// There was one. Nobody is noted any more: who speaks while the phone holds without an address is
    /// the phone.
    Leftovers {
        all: Vec<SocketAddr>,
        until: Instant,
    },
}

impl Early {
    /// As of a stream that begins now, with or without an answer.
    fn of(now: Instant, remote: Option<Remote>) -> Self {
        match remote {
            None => Self::Noted {
                opened: now,
                since: Vec::new(),
            },
            Some(_) => Self::Leftovers {
                all: Vec::new(),
                until: now,
            },
        }
    }

    fn note(&mut self, now: Instant, from: SocketAddr) {
        if let Self::Noted { opened, since } = self
            && now.saturating_duration_since(*opened) <= LEFTOVER_HEARD
            && since.len() < EARLY_MAX
            && since.iter().all(|(speaker, _)| *speaker != from)
        {
            since.push((from, now));
        }
    }

    /// There is an answer: who speaks now may be whom it was given by.
    fn close(self, now: Instant) -> Self {
        let Self::Noted { since, .. } = self else {
            return self;
        };
        let spoken_for = |since| now.saturating_duration_since(since);
        let for_long = since
            .into_iter()
            .filter(|(_, since)| spoken_for(*since) >= RUN);
        Self::Leftovers {
            all: for_long.map(|(speaker, _)| speaker).collect(),
            until: now + LEFTOVER_LASTS,
        }
    }

    /// Whether one may take the place of another, for that is a leftover.
    fn prefers(&self, now: Instant, one: SocketAddr, over: SocketAddr) -> bool {
        match self {
            Self::Noted { .. } => false,
            Self::Leftovers { all, until } => {
                now < *until && all.contains(&over) && !all.contains(&one)
            }
        }
    }
}

/// The source of one stream.
pub(crate) struct Source {
    remote: Option<Remote>,
    hosts: Hosts,
    state: State,
    /// Who was heard last.
    heard: Option<SocketAddr>,
    /// Who speaks beside the source, and may take its place.
    rival: Option<Rival>,
    early: Early,
    /// Where RTCP came from first.
    control: Option<SocketAddr>,
}

impl Source {
    pub(crate) fn new(now: Instant, remote: Option<Remote>, hosts: Hosts) -> Self {
        let state = match remote {
            None => State::Unknown,
            Some(_) => State::Waiting { before: None },
        };
        Self {
            remote,
            hosts,
            state,
            heard: None,
            rival: None,
            early: Early::of(now, remote),
            control: None,
        }
    }

    /// SDP's own address, if it is to be believed.
    fn credible(&self) -> Option<SocketAddr> {
        let signalled = self.remote?.rtp;
        self.hosts.vouch_for(signalled.ip()).then_some(signalled)
    }

    /// Returns the source if no other address may take its place while it speaks: the credible one of SDP.
    pub(crate) fn only(&self) -> Option<SocketAddr> {
        match self.state {
            State::Settled { source, .. } => {
                Some(source).filter(|_| self.credible() == Some(source))
            }
            State::Unknown | State::Waiting { .. } | State::Learning { .. } | State::Silent(_) => {
                None
            }
        }
    }

    /// Takes what a new answer says, or where the phone is now. With the same remote the source
    /// stays, and may have moved; with another one it is looked for anew. Whoever renegotiates
    /// admits no host by it but the one that the description names.
    pub(crate) fn retarget(&mut self, now: Instant, remote: Option<Remote>, hosts: Hosts) {
        if remote != self.remote {
            let early = std::mem::replace(&mut self.early, Early::of(now, remote));
            *self = Self::new(now, remote, hosts);
            self.early = early.close(now);
            return;
        }
        self.hosts = hosts;
        match self.state {
            State::Settled { .. } | State::Silent(_) => {
                self.state = State::Waiting {
                    before: self.past(now),
                };
            }
            // What spoke before there was an answer need not be whom it was given to.
            State::Learning { .. } => self.state = State::Waiting { before: None },
            State::Unknown | State::Waiting { .. } => {}
        }
    }

    /// Notes that nothing came for [`SILENCE`] since the last packet.
    pub(crate) fn fall_silent(&mut self, last: Instant) {
        match (self.state, self.past(last)) {
            (State::Settled { .. }, Some(past)) => self.state = State::Silent(past),
            // It said a word and was gone: whoever goes on is as good.
            (State::Learning { .. }, _) => self.state = State::Waiting { before: None },
            (
                State::Settled { .. } | State::Unknown | State::Waiting { .. } | State::Silent(_),
                _,
            ) => {}
        }
    }

    /// The source that is or was, and how long it has spoken at this moment.
    fn past(&self, now: Instant) -> Option<Past> {
        match self.state {
            State::Settled {
                source,
                since,
                spoke,
            } => Some(Past {
                source,
                spoke: spoke + now.saturating_duration_since(since),
            }),
            State::Silent(past) => Some(past),
            State::Waiting { before } => before,
            State::Unknown | State::Learning { .. } => None,
        }
    }

    /// Follows the source to where its packets go on.
    pub(crate) fn follow(&mut self, now: Instant, to: SocketAddr) -> Admission {
        let spoke = self.past(now).map_or(Duration::ZERO, |past| past.spoke);
        self.settle_after(now, to, spoke)
    }

    /// Judges an RTP datagram that is otherwise in order.
    pub(crate) fn admit(&mut self, now: Instant, from: SocketAddr) -> Admission {
        let Some(remote) = self.remote else {
            if self.hosts.contain(from.ip()) {
                self.early.note(now, from);
            }
            return Admission::Refused;
        };
        if !self.is_admitted(remote, from) {
            return Admission::Refused;
        }
        let is_credible = self.credible() == Some(from);
        match self.state {
            State::Unknown => Admission::Refused,
            State::Settled { source, .. } if source == from => Admission::Admitted,
            State::Settled { source, .. } if from == remote.rtp && from.ip() == source.ip() => {
                self.settle(now, from)
            }
            State::Settled { source, .. }
                if is_credible || self.early.prefers(now, from, source) =>
            {
                self.hear_rival(now, from)
            }
            State::Settled { .. } => Admission::Refused,
            State::Silent(_) | State::Learning { .. } | State::Waiting { .. } if is_credible => {
                self.settle(now, from)
            }
            State::Silent(past) if past.source == from => self.settle(now, from),
            State::Silent(past) if self.early.prefers(now, from, past.source) => {
                self.learn(now, from)
            }
            State::Silent(_) => Admission::Moving,
            State::Waiting { before: Some(past) } if past.source == from => self.settle(now, from),
            State::Waiting { .. } => self.learn(now, from),
            State::Learning { candidate, run } if candidate == from => {
                self.hear_candidate(candidate, run.go_on(now))
            }
            State::Learning { candidate, .. } if self.early.prefers(now, from, candidate) => {
                self.learn(now, from)
            }
            State::Learning { candidate, .. } if self.early.prefers(now, candidate, from) => {
                Admission::Refused
            }
            State::Learning { run, .. } if run.has_paused(now) => self.learn(now, from),
            State::Learning { .. } => Admission::Refused,
        }
    }

    /// Begins to listen to an address that is not the credible one of SDP.
    fn learn(&mut self, now: Instant, candidate: SocketAddr) -> Admission {
        self.control = None;
        self.hear_candidate(candidate, Run::begin(now))
    }

    fn hear_candidate(&mut self, candidate: SocketAddr, run: Run) -> Admission {
        if run.lasts(RUN) {
            return self.settle(run.last, candidate);
        }
        self.heard = Some(candidate);
        self.state = State::Learning { candidate, run };
        Admission::Admitted
    }

    /// Somebody speaks who may take the place of a source that does as well.
    fn hear_rival(&mut self, now: Instant, address: SocketAddr) -> Admission {
        let run = match self.rival {
            Some(rival) if rival.address == address => rival.run.go_on(now),
            Some(rival) if !rival.run.has_paused(now) => return Admission::Refused,
            Some(_) | None => Run::begin(now),
        };
        if run.lasts(TAKEOVER) {
            return self.settle(now, address);
        }
        self.rival = Some(Rival { address, run });
        Admission::Refused
    }

    fn is_admitted(&self, remote: Remote, from: SocketAddr) -> bool {
        from.ip() == remote.rtp.ip() || self.hosts.contain(from.ip())
    }

    /// What a packet shows of the other side: that it is there, if it comes from the leg's flow or
    /// trunk. The host of SDP shows nothing, for whoever forges an offer names it.
    pub(crate) fn shown_by(&self, from: SocketAddr) -> Proof {
        if self.hosts.contain(from.ip()) {
            Proof::Given
        } else {
            Proof::Awaited
        }
    }

    fn settle(&mut self, now: Instant, source: SocketAddr) -> Admission {
        let past = self.past(now).filter(|past| past.source == source);
        self.settle_after(now, source, past.map_or(Duration::ZERO, |past| past.spoke))
    }

    fn settle_after(&mut self, now: Instant, source: SocketAddr, spoke: Duration) -> Admission {
        if self.destination() != Some(source) {
            self.control = None;
        }
        (self.heard, self.rival) = (Some(source), None);
        self.state = State::Settled {
            source,
            since: now,
            spoke,
        };
        match self.only() {
            Some(only) => Admission::Settled(only),
            None => Admission::Admitted,
        }
    }

    /// Tells whether an RTCP datagram comes from the host of the source; the first that does says where RTCP goes.
    pub(crate) fn admit_control(&mut self, from: SocketAddr) -> bool {
        let Some(remote) = self.remote else {
            return false;
        };
        let is_hosts = match self.state {
            State::Unknown => false,
            State::Settled { source, .. } | State::Silent(Past { source, .. }) => {
                source.ip() == from.ip()
            }
            State::Waiting { .. } => self.is_admitted(remote, from),
            State::Learning { candidate, .. } => candidate.ip() == from.ip(),
        };
        // Who speaks first by RTCP need not be whose sound comes first.
        is_hosts
            && (matches!(self.state, State::Waiting { .. })
                || *self.control.get_or_insert(from) == from)
    }

    /// Returns where RTP goes.
    pub(crate) fn destination(&self) -> Option<SocketAddr> {
        let remote = self.remote?;
        if let State::Settled { source, .. } = self.state {
            return Some(source);
        }
        let told = self.credible().filter(|_| self.hosts.are_of_a_trunk());
        let beside = told.and_then(|told| self.source_before_silence(told.ip()));
        Some(beside.or(told).or(self.heard).unwrap_or(remote.rtp))
    }

    /// Who was the source on a host for long, and may be it again.
    fn source_before_silence(&self, host: IpAddr) -> Option<SocketAddr> {
        let past = match self.state {
            State::Silent(past) => Some(past),
            State::Waiting { before } => before,
            State::Unknown | State::Learning { .. } | State::Settled { .. } => None,
        };
        let is_mapped = |past: &Past| past.source.ip() == host && past.spoke >= MAPPED;
        past.filter(is_mapped).map(|past| past.source)
    }

    /// Returns where RTCP goes.
    pub(crate) fn control_destination(&self) -> Option<SocketAddr> {
        let remote = self.remote?;
        let source = self.destination()?;
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
mod tests;
