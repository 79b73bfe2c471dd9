//! One leg's session: what we offered or answered, and what the media thread is told of it.

use std::net::SocketAddr;

use bytes::Bytes;
use media::{Direction, EventTypes, Format, Hosts, Law, Packets, Proof, Remote, Target};
use sip::Status;
use sip::sdp::{
    self, Capabilities, Codec, Description, LocalSession, Negotiated, Refusal, SdpError,
};

/// Why a session description cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SessionError {
    /// It cannot be read.
    #[error("the session description cannot be read")]
    Unreadable(#[source] SdpError),
    /// It has no sound that we speak.
    #[error("the session description has no sound that we speak")]
    NothingInCommon(#[source] Refusal),
}

impl SessionError {
    /// How an offer that cannot be answered is refused.
    pub(crate) const fn status(self) -> Status {
        match self {
            Self::Unreadable(error) => error.status(),
            Self::NothingInCommon(refusal) => refusal.status(),
        }
    }
}

/// How much sound the media threads send in a packet by themselves, unless the other side takes no more than half.
const FRAME_MS: u8 = 20;

/// How a leg's session is made.
#[derive(Clone, Debug)]
pub(crate) struct Terms<'a> {
    /// Where we receive.
    pub(crate) at: SocketAddr,
    /// Where the peer signals from: where its sound is, when it gives a name in place of an address.
    pub(crate) peer: SocketAddr,
    /// What we speak, the preferred law first.
    pub(crate) laws: &'a [Law],
    /// Who may speak beside the host that the peer's description names.
    pub(crate) hosts: Hosts,
    /// Names the session in `o=`; nothing else depends on it.
    pub(crate) number: u64,
}

/// What is known of a leg's peer, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Known {
    /// Nothing but an offer.
    Offer,
    /// Packets came in its name; whoever forges an offer can forge them too.
    Heard,
    /// It acknowledged or answered.
    Met,
}

/// Where a call followed its phone to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Followed {
    /// Another flow from where it was.
    ToTheSameHost,
    /// Another host.
    Elsewhere,
}

/// One leg's session. Attributes never cross from one leg to another: each is settled by its own offer and answer.
#[derive(Debug)]
pub(crate) struct Session {
    local: LocalSession,
    ours: Capabilities,
    hosts: Hosts,
    known: Known,
    settled: Option<Negotiated>,
    said: Bytes,
}

impl Session {
    /// Answers the offer of an INVITE; without one the offer is ours.
    pub(crate) fn answering(offer: &Bytes, terms: Terms<'_>) -> Result<Self, SessionError> {
        if offer.is_empty() {
            return Ok(Self::offering(terms));
        }
        let mut session = Self::new(terms);
        session.reanswer(offer)?;
        Ok(session)
    }

    /// Makes the offer of a call of ours.
    pub(crate) fn offering(terms: Terms<'_>) -> Self {
        let mut session = Self::new(terms);
        session.offer_again();
        session
    }

    fn new(terms: Terms<'_>) -> Self {
        let codecs = terms.laws.iter().map(|law| codec(*law)).collect();
        Self {
            local: LocalSession::new(terms.number, terms.at),
            ours: Capabilities {
                codecs,
                host_of_peer: Some(terms.peer.ip()),
                ..Capabilities::default()
            },
            hosts: terms.hosts,
            known: Known::Offer,
            settled: None,
            said: Bytes::new(),
        }
    }

    /// Takes the peer's answer to an offer of ours.
    pub(crate) fn accept(&mut self, answer: &Bytes) -> Result<(), SessionError> {
        let answer = Description::parse(answer).map_err(SessionError::Unreadable)?;
        let settled = self.local.accept(&answer, &self.ours);
        self.settled = Some(settled.map_err(SessionError::NothingInCommon)?);
        Ok(())
    }

    /// Answers an offer of the peer: the first one, or one within the session: hold, resume, another address.
    pub(crate) fn reanswer(&mut self, offer: &Bytes) -> Result<Bytes, SessionError> {
        let offer = Description::parse(offer).map_err(SessionError::Unreadable)?;
        let settled = sdp::negotiate(&offer, &self.ours).map_err(SessionError::NothingInCommon)?;
        self.said = self.local.answer(&offer, &settled);
        self.settled = Some(settled);
        Ok(self.said.clone())
    }

    /// Offers what we want, both ways and every law, whatever was settled before: what was once
    /// answered to a hold would repeat it for ever (RFC 6337 §5.1).
    pub(crate) fn offer_again(&mut self) -> Bytes {
        self.said = self.local.offer(&self.ours);
        self.said.clone()
    }

    /// Packets came in the peer's name: sound may go out.
    pub(crate) fn hear(&mut self) {
        self.known = self.known.max(Known::Heard);
    }

    /// The peer acknowledged or answered: it has our messages.
    pub(crate) const fn meet(&mut self) {
        self.known = Known::Met;
    }

    pub(crate) const fn known(&self) -> Known {
        self.known
    }

    /// The phone registered by a flow from here: whoever its flow comes from may speak, beside whoever it came from
    /// before, for sound may go on by the way that it went.
    pub(crate) fn follow(&mut self, flow: SocketAddr) -> Followed {
        let hosts = self.hosts.moved_to(flow.ip());
        if hosts == self.hosts {
            return Followed::ToTheSameHost;
        }
        self.hosts = hosts;
        self.ours.host_of_peer = Some(flow.ip());
        Followed::Elsewhere
    }

    /// Whether its sound goes to one of the hosts of its trunk or flow.
    pub(crate) fn is_at_its_hosts(&self) -> bool {
        let settled = self.settled;
        settled.is_some_and(|settled| self.hosts.contain(settled.rtp.ip()))
    }

    const fn proof(&self) -> Proof {
        match self.known {
            Known::Offer => Proof::Awaited,
            Known::Heard | Known::Met => Proof::Given,
        }
    }

    /// Our current description.
    pub(crate) fn local(&self) -> Bytes {
        self.said.clone()
    }

    /// What the media thread is to be told, once offer and answer are there.
    pub(crate) fn target(&self) -> Target {
        let Some(settled) = self.settled else {
            return self.awaiting_answer();
        };
        let reachable = !settled.rtp.ip().is_unspecified() && settled.rtp.port() != 0;
        Target {
            remote: reachable.then_some(Remote {
                rtp: settled.rtp,
                rtcp: settled.rtcp,
            }),
            format: Format {
                law: law(settled.codec),
                payload_type: settled.payload_type.number(),
                telephone_event: settled.telephone_event.map(events),
                stray_event: settled.stray_event.map(sdp::PayloadType::number),
                packets: if settled.ptime_ms < FRAME_MS {
                    Packets::Half
                } else {
                    Packets::Whole
                },
            },
            direction: direction(settled.direction),
            hosts: self.hosts.clone(),
            proof: self.proof(),
        }
    }

    /// Our offer is out: nothing can be sent yet, and nothing is accepted.
    fn awaiting_answer(&self) -> Target {
        let law = self
            .ours
            .codecs
            .first()
            .map_or(Law::ALaw, |codec| law(*codec));
        Target {
            remote: None,
            format: Format::of(law),
            direction: Direction::SendRecv,
            hosts: self.hosts.clone(),
            proof: self.proof(),
        }
    }

    /// The law that was settled.
    pub(crate) fn law(&self) -> Option<Law> {
        self.settled.map(|settled| law(settled.codec))
    }

    /// Whether the peer holds: it does not listen, and nothing it says matters.
    pub(crate) fn is_held(&self) -> bool {
        matches!(
            self.target().direction,
            Direction::RecvOnly | Direction::Inactive
        )
    }
}

const fn codec(law: Law) -> Codec {
    match law {
        Law::ALaw => Codec::Pcma,
        Law::MuLaw => Codec::Pcmu,
    }
}

const fn law(codec: Codec) -> Law {
    match codec {
        Codec::Pcma => Law::ALaw,
        Codec::Pcmu => Law::MuLaw,
    }
}

const fn events(types: sdp::EventTypes) -> EventTypes {
    EventTypes {
        send: types.send.number(),
        receive: types.receive.number(),
    }
}

const fn direction(direction: sdp::Direction) -> Direction {
    match direction {
        sdp::Direction::SendRecv => Direction::SendRecv,
        sdp::Direction::SendOnly => Direction::SendOnly,
        sdp::Direction::RecvOnly => Direction::RecvOnly,
        sdp::Direction::Inactive => Direction::Inactive,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAWS: [Law; 2] = [Law::ALaw, Law::MuLaw];

    fn terms() -> Terms<'static> {
        Terms {
            at: "192.0.2.1:10000".parse().unwrap(),
            peer: "192.0.2.9:5060".parse().unwrap(),
            laws: &LAWS,
            hosts: Hosts::default(),
            number: 7,
        }
    }

    fn offer(direction: &str) -> Bytes {
        format!(
            "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n\
             m=audio 20000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na={direction}\r\n"
        )
        .into()
    }

    #[test]
    fn sound_of_a_peer_that_names_its_host_is_where_it_signals_from() {
        let named = String::from_utf8(offer("sendrecv").to_vec()).unwrap();
        let named = named.replace("c=IN IP4 192.0.2.9", "c=IN IP4 pbx.example");

        let session = Session::answering(&named.into(), terms()).unwrap();

        let remote = session.target().remote.unwrap();
        assert_eq!(remote.rtp, "192.0.2.9:20000".parse().unwrap());
    }

    #[test]
    fn an_offer_is_answered_in_its_own_law() {
        let session = Session::answering(&offer("sendrecv"), terms()).unwrap();

        let target = session.target();
        assert_eq!(session.law(), Some(Law::MuLaw));
        assert_eq!(target.format.telephone_event, Some(EventTypes::both(101)));
        assert_eq!(
            target.remote,
            Some(Remote::at("192.0.2.9:20000".parse().unwrap()))
        );
    }

    #[test]
    fn a_call_without_an_offer_gets_ours_and_is_settled_by_the_answer() {
        let mut session = Session::answering(&Bytes::new(), terms()).unwrap();
        assert!(session.target().remote.is_none());

        session.accept(&offer("sendrecv")).unwrap();

        assert_eq!(session.law(), Some(Law::MuLaw));
    }

    #[test]
    fn hold_and_resume_are_seen() {
        let mut session = Session::answering(&offer("sendrecv"), terms()).unwrap();
        assert!(!session.is_held());

        session.reanswer(&offer("inactive")).unwrap();
        assert!(session.is_held());

        session.reanswer(&offer("sendrecv")).unwrap();
        assert!(!session.is_held());
    }

    #[test]
    fn an_offer_after_a_hold_is_what_we_want() {
        let mut session = Session::answering(&offer("sendonly"), terms()).unwrap();
        assert!(session.is_held());

        let again = String::from_utf8(session.offer_again().to_vec()).unwrap();
        assert!(again.contains(" RTP/AVP 8 0 101\r\n") && again.contains("a=sendrecv"));
        assert!(session.is_held(), "until it is answered");
        session.accept(&offer("sendrecv")).unwrap();

        assert!(!session.is_held());
    }

    #[test]
    fn nothing_in_common_is_an_error() {
        let offer = String::from_utf8(offer("sendrecv").to_vec())
            .unwrap()
            .replace("RTP/AVP 0 101", "RTP/AVP 9");

        assert_eq!(
            Session::answering(&offer.into(), terms()).unwrap_err(),
            SessionError::NothingInCommon(Refusal::NoCodec)
        );
    }
}
