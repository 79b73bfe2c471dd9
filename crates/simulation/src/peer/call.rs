//! One call of a peer, and how calls are met.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use media::Digit;
use sip::{EndCause, Failure, Status};

use crate::rtp::Speech;

/// How a peer meets a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Rings and is answered after a while; then it talks until the other side hangs up.
    Answers(Duration),
    /// Rings, is answered after a while, and hangs up when it talked for some time.
    AnswersAndHangsUp(Duration, Duration),
    /// Rings, is answered after a while, and presses a key some time later.
    AnswersAndPresses(Duration, Duration, Digit),
    /// Rings, is refused after a while.
    Declines(Duration, Status),
    /// Rings for ever.
    RingsOn,
    /// Rings for ever, after a while in which it says 100 alone.
    RingsLate(Duration),
}

impl Manner {
    /// What is done, and how long after the call came.
    pub(crate) fn acts(self) -> Vec<(Duration, Act)> {
        let ring = (Duration::from_millis(50), Act::Ring);
        match self {
            Self::Answers(after) => vec![ring, (after, Act::Accept)],
            Self::AnswersAndHangsUp(after, talk) => {
                vec![ring, (after, Act::Accept), (after + talk, Act::HangUp)]
            }
            Self::AnswersAndPresses(after, later, digit) => vec![
                ring,
                (after, Act::Accept),
                (after + later, Act::Press(digit)),
            ],
            Self::Declines(after, status) if after.is_zero() => {
                vec![(after, Act::Reject(status))]
            }
            Self::Declines(after, status) => vec![ring, (after, Act::Reject(status))],
            Self::RingsOn => vec![ring],
            Self::RingsLate(after) => vec![(after, Act::Ring)],
        }
    }
}

/// What somebody does in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// 180.
    Ring,
    /// 200.
    Accept,
    /// A refusal.
    Reject(Status),
    /// CANCEL, BYE or a refusal, as far as the call has come.
    HangUp,
    /// A re-INVITE with this direction of sound.
    Hold(Hold),
    /// A key.
    Press(Digit),
    /// No sound comes any more; the call stands.
    FallSilent,
}

/// Whether a peer holds a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// It does not.
    Off,
    /// It does: `a=sendonly`.
    On,
}

/// Who began a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    In,
    Out,
}

/// How far a call has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallStage {
    /// Not answered.
    Ringing,
    /// Answered.
    Talking,
    /// Over.
    Over(CallEnd),
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallEnd {
    /// The other side cancelled.
    Cancelled,
    /// This side refused.
    Rejected,
    /// The other side refused, or nothing came.
    Failed(Failure),
    /// The other side hung up.
    Bye,
    /// This side hung up.
    HungUp,
}

impl CallEnd {
    pub(crate) const fn of(cause: &EndCause) -> Self {
        match cause {
            EndCause::Bye { .. } => Self::Bye,
            EndCause::HungUp | EndCause::CancelledLate => Self::HungUp,
        }
    }
}

/// Whether sound comes from a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voice {
    /// None.
    Silent,
    /// It does.
    Speaks,
}

/// One call of a peer.
#[derive(Clone, Debug)]
pub struct Call {
    /// The number that was called.
    pub number: String,
    /// When it began.
    pub began: Instant,
    /// When it was answered.
    pub answered: Option<Instant>,
    /// When it was over.
    pub ended: Option<Instant>,
    /// How far it has come.
    pub stage: CallStage,
    /// The provisional responses that came.
    pub progress: Vec<Status>,
    /// The display name that it showed.
    pub shown: Option<String>,
    /// Where this side receives and sends sound.
    pub sound: SocketAddr,
    /// Whether it sends any.
    pub voice: Voice,
    /// When it heard sound of somebody last, and from which address that set out.
    pub heard: Option<(Instant, SocketAddr)>,
    pub(crate) speech: Speech,
    /// Where the exchange hears.
    pub(crate) towards: Option<SocketAddr>,
    /// When something changed by which sound may pause.
    pub(crate) changed: Instant,
    pub(crate) direction: Direction,
    pub(crate) hold: Hold,
    pub(crate) version: u32,
    /// How long the caller talks once she is joined; then she hangs up.
    pub(crate) talks: Option<Duration>,
}

impl Call {
    pub(crate) fn new(
        number: String,
        direction: Direction,
        began: Instant,
        sound: SocketAddr,
    ) -> Self {
        Self {
            number,
            began,
            answered: None,
            ended: None,
            stage: CallStage::Ringing,
            progress: Vec::new(),
            shown: None,
            sound,
            voice: Voice::Silent,
            heard: None,
            speech: Speech::new(began, sound),
            towards: None,
            changed: began,
            direction,
            hold: Hold::Off,
            version: 1,
            talks: None,
        }
    }

    /// Its session description as it is now.
    pub(crate) fn description(&self) -> Bytes {
        let (ip, port, version) = (self.sound.ip(), self.sound.port(), self.version);
        let direction = match self.hold {
            Hold::Off => "sendrecv",
            Hold::On => "sendonly",
        };
        format!(
            "v=0\r\no=- {port} {version} IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\n\
             m=audio {port} RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n\
             a=fmtp:101 0-15\r\na={direction}\r\n"
        )
        .into()
    }
}
