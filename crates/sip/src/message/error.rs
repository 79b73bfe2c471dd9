//! What can be wrong with a message or with one of its headers.

use super::Message;
use crate::header::Name;
use crate::{Method, Status};
use thiserror::Error;

/// A header that is missing, or is not what its grammar says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HeaderError {
    /// The message has no such header.
    #[error("no {0} header")]
    Missing(&'static str),
    /// The value does not follow the grammar or is out of range.
    #[error("malformed {0} header")]
    Malformed(&'static str),
}

impl HeaderError {
    pub(crate) const fn missing(name: Name<'_>) -> Self {
        Self::Missing(name.label())
    }

    pub(crate) const fn malformed(name: Name<'_>) -> Self {
        Self::Malformed(name.label())
    }

    /// The status that answers a request with such a header: 400.
    pub const fn status(self) -> Status {
        Status::BAD_REQUEST
    }
}

/// What is wrong with a message. None of the texts repeats bytes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// Nothing but CRLF: a keep-alive (RFC 5626 §3.5.1), no message.
    #[error("empty message")]
    Empty,
    /// More than [`MESSAGE_BYTES_MAX`](crate::limits::MESSAGE_BYTES_MAX).
    #[error("message too large")]
    TooLarge,
    /// A header line longer than [`LINE_BYTES_MAX`](crate::limits::LINE_BYTES_MAX).
    #[error("header line too long")]
    LineTooLong,
    /// More header lines than [`HEADERS_MAX`](crate::limits::HEADERS_MAX).
    #[error("too many headers")]
    TooManyHeaders,
    /// A CR without LF or an LF without CR in the head.
    #[error("bare line break in the head")]
    BareLineBreak,
    /// The head does not end with an empty line.
    #[error("head without end")]
    HeadTruncated,
    /// Neither a Request-Line nor a Status-Line (RFC 3261 §7.1, §7.2).
    #[error("malformed start line")]
    StartLine,
    /// A version other than SIP/2.0.
    #[error("unknown SIP version")]
    Version,
    /// A header that may stand once stands twice with different values.
    #[error("differing {0} headers")]
    Differing(&'static str),
    /// One of the headers that every message must have, or a header needed to delimit the body.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The method of CSeq is not that of the request (RFC 3261 §8.1.1.5).
    #[error("method of CSeq differs")]
    MethodMismatch,
    /// Content-Length counts more bytes than there are (RFC 3261 §18.3), or on a message cut by its transport fewer.
    #[error("body does not have the length of Content-Length")]
    BodyLength,
}

impl Fault {
    /// The status that tells the sender of a request.
    pub const fn status(self) -> Status {
        match self {
            Self::Version => Status::VERSION_NOT_SUPPORTED,
            Self::TooLarge | Self::LineTooLong | Self::TooManyHeaders => Status::MESSAGE_TOO_LARGE,
            Self::Empty
            | Self::BareLineBreak
            | Self::HeadTruncated
            | Self::StartLine
            | Self::Differing(_)
            | Self::Header(_)
            | Self::MethodMismatch
            | Self::BodyLength => Status::BAD_REQUEST,
        }
    }
}

/// A message that cannot be used, with what could be read of it.
#[derive(Clone, Debug, Error)]
#[error("unusable SIP message")]
pub struct ParseError {
    #[source]
    fault: Fault,
    read: Option<Message>,
}

impl ParseError {
    pub(crate) const fn new(fault: Fault, read: Option<Message>) -> Self {
        Self { fault, read }
    }

    /// What is wrong: the first thing found.
    pub const fn fault(&self) -> Fault {
        self.fault
    }

    /// The status to answer with, if [`answerable`](Self::answerable) gives a request.
    pub const fn status(&self) -> Status {
        self.fault.status()
    }

    /// What could be read, if it is a request that an error response can be composed for: any method but ACK, with Via,
    /// From, To, Call-ID and CSeq to copy (RFC 3261 §8.2.6.2). They may be the very ones that are malformed, so the
    /// response goes where the request came from.
    pub fn answerable(&self) -> Option<&Message> {
        let request = self.read.as_ref()?;
        let method = request.method()?;
        let copied = [Name::Via, Name::From, Name::To, Name::CallId, Name::CSeq];
        let complete = copied
            .iter()
            .all(|&name| request.value(name).is_some_and(|value| !value.is_empty()));
        (method != Method::Ack && complete).then_some(request)
    }
}
