//! One leg's session: what we offered or answered, and what the media thread is told of it.

use std::net::SocketAddr;

use bytes::Bytes;
use media::{Direction, Format, Latch, Law, Remote, Target};

/// Why a session description cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SessionError {
    /// It is no session description.
    Malformed,
    /// It has no sound that we speak.
    NothingInCommon,
}

/// One leg's session.
#[derive(Debug)]
pub(crate) struct Session {
    local: Bytes,
    target: Option<Target>,
}

impl Session {
    /// Answers the offer of an INVITE; without one the offer is ours.
    pub(crate) fn answering(
        offer: &[u8],
        at: SocketAddr,
        laws: &[Law],
    ) -> Result<Self, SessionError> {
        let _todo = (offer, at, laws);
        Err(SessionError::Malformed)
    }

    /// Makes the offer of a call of ours.
    pub(crate) fn offering(at: SocketAddr, laws: &[Law]) -> Self {
        let _todo = (at, laws);
        Self {
            local: Bytes::new(),
            target: None,
        }
    }

    /// Takes the peer's answer to an offer of ours.
    pub(crate) fn accept(&mut self, answer: &[u8]) -> Result<(), SessionError> {
        let _todo = answer;
        Err(SessionError::NothingInCommon)
    }

    /// Answers another offer of the peer within the session: hold, resume, another address.
    pub(crate) fn reanswer(&mut self, offer: &[u8]) -> Result<Bytes, SessionError> {
        let _todo = offer;
        Err(SessionError::NothingInCommon)
    }

    /// Our current description.
    pub(crate) fn local(&self) -> Bytes {
        self.local.clone()
    }

    /// What the media thread is to be told.
    pub(crate) fn target(&self) -> Option<Target> {
        self.target
    }

    /// The law that was settled.
    pub(crate) fn law(&self) -> Option<Law> {
        self.target.map(|target| target.format.law)
    }

    /// Whether the peer does not listen: it holds us.
    pub(crate) fn is_held(&self) -> bool {
        self.target.is_some_and(|target| {
            matches!(target.direction, Direction::RecvOnly | Direction::Inactive)
        })
    }
}
