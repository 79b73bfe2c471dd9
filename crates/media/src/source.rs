//! Who may speak on a stream, and where it is answered.
//!
//! Packets of the admitted hosts alone are looked at: that of SDP, and the [`Hosts`] of the leg. SDP's own address is
//! *credible* where it is on one of these hosts, or where a trunk names a public one: nobody near us can take it. A credible
//! address is the source from when it speaks, whoever spoke before: a caller's leg is open for seconds before her sound
//! begins, and what comes then is an earlier call that does not know of its end, or forged. Only a source on another host
//! that speaks now is not displaced by a word of it (comfort noise, a key, one forged packet), but once it has spoken for
//! [`TAKEOVER`]. An address that is not credible, as that of a phone behind a router, is one of those that may be tried.
//!
//! Any other address is the source once it has spoken for [`RUN`] without a [`PAUSE`]; until then whoever speaks in its pause
//! takes its place, so that a word now and then holds no place. A source that moves, when a NAT rebinds, is followed to
//! another port or host of these: once it was silent for [`SILENCE`], if the packets go on where they left off, or after an
//! answered re-INVITE.
//!
//! Who spoke for [`RUN`] before there was an answer is most likely an earlier call on this port, that does not know of its end.
//! Such a *leftover* is not refused, for it may be an answer that took long; but it gives way to any other admitted address,
//! and takes nobody's place but by that one's silence.
//!
//! While nobody speaks, a trunk gets its sound where its credible SDP says, unless the source was on that host: a router maps
//! another port there. A phone, which is known by its password, gets it where it was heard last.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use crate::format::{Hosts, Proof, Remote};

/// How long another address than SDP's has to speak before it is the source.
const RUN: Duration = Duration::from_millis(200);

/// A pause in that after which it begins anew, and another address may take its place.
const PAUSE: Duration = Duration::from_millis(100);

/// How long SDP's own address has to speak before it takes the place of a source on another host that speaks as well, and
/// any admitted one before it takes that of a leftover. A key is shorter.
const TAKEOVER: Duration = Duration::from_millis(500);

/// How long a source is silent before it may be found elsewhere.
pub(crate) const SILENCE: Duration = Duration::from_secs(2);

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
    Waiting { before: Option<SocketAddr> },
    /// An address that is not the credible one of SDP speaks, and has not done so for long.
    Learning { candidate: SocketAddr, run: Run },
    /// There is one source.
    Settled { source: SocketAddr },
    /// It says nothing any longer.
    Silent { source: SocketAddr },
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
#[derive(Default)]
struct Early {
    since: Vec<(SocketAddr, Instant)>,
    leftovers: Vec<SocketAddr>,
}

impl Early {
    fn note(&mut self, now: Instant, from: SocketAddr) {
        let is_known = self.since.iter().any(|(speaker, _)| *speaker == from);
        if !is_known && self.since.len() < EARLY_MAX {
            self.since.push((from, now));
        }
    }

    /// There is an answer: who speaks now may be whom it was given by.
    fn close(&mut self, now: Instant) {
        let spoken_for = |since| now.saturating_duration_since(since);
        let noted = std::mem::take(&mut self.since).into_iter();
        let for_long = noted.filter(|(_, since)| spoken_for(*since) >= RUN);
        self.leftovers.extend(for_long.map(|(speaker, _)| speaker));
    }

    /// Whether one may take the place of another, for that is a leftover.
    fn prefers(&self, one: SocketAddr, over: SocketAddr) -> bool {
        self.leftovers.contains(&over) && !self.leftovers.contains(&one)
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
    pub(crate) fn new(remote: Option<Remote>, hosts: Hosts) -> Self {
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
            early: Early::default(),
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
            State::Settled { source } => Some(source).filter(|_| self.credible() == Some(source)),
            State::Unknown
            | State::Waiting { .. }
            | State::Learning { .. }
            | State::Silent { .. } => None,
        }
    }

    /// Takes what a new answer says, or where the phone is now. With the same remote the source stays, and may have moved;
    /// with another one it is looked for anew. Whoever renegotiates admits no host by it but the one that the description names.
    pub(crate) fn retarget(&mut self, now: Instant, remote: Option<Remote>, hosts: Hosts) {
        if remote != self.remote {
            let mut early = std::mem::take(&mut self.early);
            early.close(now);
            *self = Self::new(remote, hosts);
            self.early = early;
            return;
        }
        self.hosts = hosts;
        match self.state {
            State::Settled { source } | State::Silent { source } => {
                self.state = State::Waiting {
                    before: Some(source),
                };
            }
            // What spoke before there was an answer need not be whom it was given to.
            State::Learning { .. } => self.state = State::Waiting { before: None },
            State::Unknown | State::Waiting { .. } => {}
        }
    }

    /// Notes that nothing came for [`SILENCE`].
    pub(crate) fn fall_silent(&mut self) {
        match self.state {
            State::Settled { source } => self.state = State::Silent { source },
            // It said a word and was gone: whoever goes on is as good.
            State::Learning { .. } => self.state = State::Waiting { before: None },
            State::Unknown | State::Waiting { .. } | State::Silent { .. } => {}
        }
    }

    /// Follows the source to where its packets go on.
    pub(crate) fn follow(&mut self, to: SocketAddr) -> Admission {
        self.settle(to)
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
            State::Settled { source } if source == from => Admission::Admitted,
            State::Settled { source } if from == remote.rtp && from.ip() == source.ip() => {
                self.settle(from)
            }
            State::Settled { source } if is_credible || self.early.prefers(from, source) => {
                self.hear_rival(now, from)
            }
            State::Settled { .. } => Admission::Refused,
            State::Silent { .. } | State::Learning { .. } | State::Waiting { .. }
                if is_credible =>
            {
                self.settle(from)
            }
            State::Silent { source } if source == from => self.settle(from),
            State::Silent { source } if self.early.prefers(from, source) => self.learn(now, from),
            State::Silent { .. } => Admission::Moving,
            State::Waiting { before } if before == Some(from) => self.settle(from),
            State::Waiting { .. } => self.learn(now, from),
            State::Learning { candidate, run } if candidate == from => {
                self.hear_candidate(candidate, run.go_on(now))
            }
            State::Learning { candidate, .. } if self.early.prefers(from, candidate) => {
                self.learn(now, from)
            }
            State::Learning { candidate, .. } if self.early.prefers(candidate, from) => {
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
            return self.settle(candidate);
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
            return self.settle(address);
        }
        self.rival = Some(Rival { address, run });
        Admission::Refused
    }

    fn is_admitted(&self, remote: Remote, from: SocketAddr) -> bool {
        from.ip() == remote.rtp.ip() || self.hosts.contain(from.ip())
    }

    /// What a packet shows of the other side: that it is there, if it comes from the leg's flow or trunk. The host of SDP
    /// shows nothing, for whoever forges an offer names it.
    pub(crate) fn shown_by(&self, from: SocketAddr) -> Proof {
        if self.hosts.contain(from.ip()) {
            Proof::Given
        } else {
            Proof::Awaited
        }
    }

    fn settle(&mut self, source: SocketAddr) -> Admission {
        if self.destination() != Some(source) {
            self.control = None;
        }
        (self.heard, self.rival) = (Some(source), None);
        self.state = State::Settled { source };
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
            State::Settled { source } | State::Silent { source } => source.ip() == from.ip(),
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
        if let State::Settled { source } = self.state {
            return Some(source);
        }
        let told = self.credible().filter(|_| self.hosts.are_of_a_trunk());
        let beside = told.and_then(|told| self.source_before_silence(told.ip()));
        Some(beside.or(told).or(self.heard).unwrap_or(remote.rtp))
    }

    /// Who was the source on a host, and may be it again.
    fn source_before_silence(&self, host: IpAddr) -> Option<SocketAddr> {
        let source = match self.state {
            State::Silent { source } => Some(source),
            State::Waiting { before } => before,
            State::Unknown | State::Learning { .. } | State::Settled { .. } => None,
        };
        source.filter(|source| source.ip() == host)
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
mod tests {
    use super::*;
    use crate::format::Network;

    const SIGNALLED: &str = "192.0.2.10:4000";

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    /// The source of a phone whose flow is at this host, and whose SDP names another one.
    fn source(flow: &str) -> Source {
        let hosts = Hosts::of_flow(flow.parse().unwrap());
        Source::new(Some(Remote::at(address(SIGNALLED))), hosts)
    }

    /// The source of a trunk of one host, whose SDP names another one.
    fn source_of_trunk(host: &str) -> Source {
        let host: IpAddr = host.parse().unwrap();
        let hosts = Hosts::of_trunk([Network::host(host)]);
        Source::new(Some(Remote::at(address(SIGNALLED))), hosts)
    }

    /// Has an address speak until it is the source; returns when that was.
    fn speak(source: &mut Source, from: Instant, speaker: SocketAddr) -> Instant {
        let end = from + RUN;
        let mut now = from;
        while now < end {
            assert_eq!(source.admit(now, speaker), Admission::Admitted);
            now += Duration::from_millis(20);
        }
        assert_eq!(source.admit(end, speaker), Admission::Admitted);
        assert!(matches!(source.state, State::Settled { .. }));
        end
    }

    #[test]
    fn hosts_of_sdp_and_flow_are_taken_and_nobody_else() {
        let now = crate::start_of_test();
        let first = |from| source_of_trunk("203.0.113.1").admit(now, address(from));

        assert_eq!(first(SIGNALLED), Admission::Settled(address(SIGNALLED)));
        assert_eq!(first("192.0.2.10:9"), Admission::Admitted);
        assert_eq!(first("203.0.113.1:9"), Admission::Admitted);
        for stranger in ["192.0.2.11:4000", "203.0.113.2:9", "[2001:db8::1]:4000"] {
            assert_eq!(first(stranger), Admission::Refused, "{stranger}");
        }
    }

    #[test]
    fn first_source_stays_the_only_one() {
        let now = crate::start_of_test();
        let mut source = source("192.0.2.77");
        let (phone, other) = (address("192.0.2.77:7000"), address("192.0.2.77:7002"));

        assert_eq!(source.admit(now, phone), Admission::Admitted);
        assert_eq!(source.destination(), Some(phone));
        assert_eq!(source.admit(now, other), Admission::Refused);
        let end = speak(&mut source, now, phone);
        assert_eq!(source.admit(end + PAUSE, other), Admission::Refused);
        assert_eq!(source.destination(), Some(phone));
    }

    #[test]
    fn who_pauses_before_long_gives_way() {
        let now = crate::start_of_test();
        let mut source = source("192.0.2.77");
        let (word, other) = (address("192.0.2.77:7000"), address("192.0.2.77:7002"));
        source.admit(now, word);

        let early = now + PAUSE - Duration::from_millis(1);
        assert_eq!(source.admit(early, other), Admission::Refused);
        assert_eq!(source.admit(now + PAUSE, other), Admission::Admitted);

        assert_eq!(source.destination(), Some(other));
        assert_eq!(source.admit(now + PAUSE, word), Admission::Refused);
    }

    #[test]
    fn words_with_pauses_between_are_no_run() {
        let now = crate::start_of_test();
        let mut source = source("192.0.2.77");
        let (word, other) = (address("192.0.2.77:7000"), address("192.0.2.77:7002"));
        for said in 0..10 {
            source.admit(now + PAUSE * said, word);
        }

        assert_eq!(source.admit(now + PAUSE * 10, other), Admission::Admitted);
    }

    #[test]
    fn signalled_address_takes_the_place_of_whoever_does_not_speak_or_is_on_its_host() {
        let now = crate::start_of_test();
        let signalled = address(SIGNALLED);
        let (elsewhere, beside) = (address("203.0.113.66:1"), address("192.0.2.10:1"));
        for (other, run, silence) in [
            (elsewhere, Duration::ZERO, Duration::ZERO),
            (elsewhere, Duration::ZERO, SILENCE),
            (elsewhere, RUN, SILENCE),
            (beside, RUN, Duration::ZERO),
        ] {
            let mut source = source_of_trunk("203.0.113.66");
            source.admit(now, other);
            if run == RUN {
                speak(&mut source, now, other);
            }
            if silence == SILENCE {
                source.fall_silent();
            }

            let end = now + run + silence;

            assert_eq!(source.admit(end, signalled), Admission::Settled(signalled));
            assert_eq!(source.admit(end, other), Admission::Refused);
            assert_eq!(source.destination(), Some(signalled));
        }
    }

    #[test]
    fn signalled_address_takes_the_place_of_who_speaks_elsewhere_once_it_speaks_for_long() {
        let now = crate::start_of_test();
        let (signalled, elsewhere) = (address(SIGNALLED), address("203.0.113.66:1"));
        let mut source = source_of_trunk("203.0.113.66");
        let mut now = speak(&mut source, now, elsewhere);
        let end = now + TAKEOVER;
        while now < end {
            assert_eq!(source.admit(now, signalled), Admission::Refused);
            assert_eq!(source.admit(now, elsewhere), Admission::Admitted);
            now += Duration::from_millis(20);
        }

        assert_eq!(source.admit(end, signalled), Admission::Settled(signalled));
    }

    const LEFTOVER: &str = "192.0.2.77:7000";
    const PHONE: &str = "192.0.2.77:7002";

    /// The source of a phone that was called while a call before it still sends to the port, and when it answered.
    fn source_with_leftover() -> (Source, Instant) {
        let start = crate::start_of_test();
        let mut source = Source::new(None, Hosts::of_flow("192.0.2.77".parse().unwrap()));
        assert_eq!(source.admit(start, address(LEFTOVER)), Admission::Refused);
        let answered = start + RUN;
        source.retarget(
            answered,
            Some(Remote::at(address(SIGNALLED))),
            source.hosts.clone(),
        );
        (source, answered)
    }

    #[test]
    fn leftover_of_an_earlier_call_gives_way_to_the_first_word_of_the_phone() {
        let (mut source, now) = source_with_leftover();
        let (leftover, phone) = (address(LEFTOVER), address(PHONE));
        assert_eq!(source.admit(now, leftover), Admission::Admitted);

        assert_eq!(source.admit(now, phone), Admission::Admitted);

        assert_eq!(source.admit(now + PAUSE, leftover), Admission::Refused);
        assert_eq!(source.destination(), Some(phone));
    }

    #[test]
    fn leftover_that_speaks_for_long_gives_way_to_who_speaks_beside_it() {
        let (mut source, now) = source_with_leftover();
        let (leftover, phone) = (address(LEFTOVER), address(PHONE));
        let mut now = speak(&mut source, now, leftover);
        let end = now + TAKEOVER;
        while now < end {
            assert_eq!(source.admit(now, phone), Admission::Refused);
            assert_eq!(source.admit(now, leftover), Admission::Admitted);
            now += Duration::from_millis(20);
        }

        assert_eq!(source.admit(end, phone), Admission::Admitted);

        assert_eq!(source.admit(end, leftover), Admission::Refused);
        assert_eq!(source.destination(), Some(phone));
    }

    #[test]
    fn leftover_that_falls_silent_is_no_source_that_has_moved() {
        let (mut source, now) = source_with_leftover();
        let now = speak(&mut source, now, address(LEFTOVER));
        source.fall_silent();

        let phone = source.admit(now + SILENCE, address(PHONE));

        assert_eq!(phone, Admission::Admitted);
    }

    #[test]
    fn who_speaks_before_its_answer_came_is_heard_and_is_no_leftover_by_a_word() {
        let (mut source, now) = source_with_leftover();
        let (early, other) = (address(LEFTOVER), address(PHONE));
        speak(&mut source, now, early);
        assert_eq!(source.destination(), Some(early));

        let start = crate::start_of_test();
        let mut source = Source::new(None, Hosts::of_flow(early.ip()));
        source.admit(start, early);
        let answered = start + RUN - Duration::from_millis(1);
        source.retarget(
            answered,
            Some(Remote::at(address(SIGNALLED))),
            source.hosts.clone(),
        );
        source.admit(answered, early);

        assert_eq!(source.admit(answered, other), Admission::Refused);
    }

    #[test]
    fn no_more_than_a_few_early_speakers_are_noted() {
        let now = crate::start_of_test();
        let mut source = Source::new(None, Hosts::of_flow("192.0.2.77".parse().unwrap()));
        for port in 1..1_000 {
            source.admit(now, SocketAddr::new("192.0.2.77".parse().unwrap(), port));
            source.admit(now, SocketAddr::new("192.0.2.78".parse().unwrap(), port));
        }

        assert_eq!(source.early.since.len(), EARLY_MAX);
    }

    #[test]
    fn trunk_that_falls_silent_behind_a_router_goes_on_to_hear() {
        let now = crate::start_of_test();
        let (mapped, elsewhere) = (address("192.0.2.10:1"), address("203.0.113.66:1"));
        for (speaker, hears) in [(mapped, mapped), (elsewhere, address(SIGNALLED))] {
            let mut source = source_of_trunk("203.0.113.66");
            speak(&mut source, now, speaker);

            source.fall_silent();

            assert_eq!(source.destination(), Some(hears));
        }
    }

    #[test]
    fn word_from_beside_a_silent_trunk_takes_nothing_from_it() {
        let now = crate::start_of_test();
        let mut source = source_of_trunk("203.0.113.66");

        source.admit(now, address("192.0.2.10:1"));

        assert_eq!(source.destination(), Some(address(SIGNALLED)));
    }

    #[test]
    fn source_that_was_gone_after_a_word_gives_way() {
        let now = crate::start_of_test();
        let mut source = source("192.0.2.77");
        let (gone, other) = (address("192.0.2.77:7000"), address("192.0.2.77:7002"));
        source.admit(now, gone);
        assert_eq!(source.admit(now, other), Admission::Refused);

        source.fall_silent();

        assert_eq!(source.admit(now + SILENCE, other), Admission::Admitted);
    }

    #[test]
    fn another_remote_admits_its_own_host_and_the_old_one_no_longer() {
        let now = crate::start_of_test();
        let mut source = source("203.0.113.1");
        source.admit(now, address(SIGNALLED));

        let moved = Remote::at(address("198.51.100.1:6000"));
        source.retarget(now, Some(moved), source.hosts.clone());

        assert_eq!(source.only(), None);
        assert_eq!(source.admit(now, address(SIGNALLED)), Admission::Refused);
        assert_eq!(
            source.admit(now, address("198.51.100.1:6002")),
            Admission::Admitted
        );
    }

    #[test]
    fn phone_whose_router_is_elsewhere_now_is_heard_from_there_alone() {
        let now = crate::start_of_test();
        let (before, after) = (address("192.0.2.77:7000"), address("198.51.100.7:7000"));
        let mut source = source("192.0.2.77");
        let now = speak(&mut source, now, before);
        assert_eq!(source.admit(now, after), Admission::Refused);

        source.retarget(now, source.remote, Hosts::of_flow(after.ip()));

        assert_eq!(source.admit(now, before), Admission::Refused);
        assert_eq!(source.admit(now, after), Admission::Admitted);
        assert_eq!(source.destination(), Some(after));
    }

    #[test]
    fn rtcp_is_taken_from_the_host_of_the_source_only() {
        let now = crate::start_of_test();
        let mut source = source("192.0.2.77");
        assert!(!source.admit_control(address("192.0.2.78:4001")));
        speak(&mut source, now, address("192.0.2.77:7000"));

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
