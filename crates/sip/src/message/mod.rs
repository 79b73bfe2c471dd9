//! SIP messages: an index over the received bytes with typed access on demand, and a writer.

mod access;
mod body;
mod error;
mod index;
mod value;
mod writer;

pub use error::{Fault, HeaderError, ParseError};
pub use value::{Elements, Value};
pub use writer::{ForbiddenByte, HeaderValue, RequestWriter, ResponseWriter};

use crate::header::{Known, Name};
use crate::limits::MESSAGE_BYTES_MAX;
use crate::{Method, Status};
use bytes::Bytes;
use index::{Head, Line, Span, StartLine};
use std::fmt;
use std::sync::Arc;

/// A received SIP message. It holds the bytes as they came and an index of its lines; a clone shares both.
///
/// A message that [`parse`](Self::parse) returned has a sound start line, topmost Via, From, To, Call-ID and CSeq, and
/// no two differing headers where one may stand. All else is checked by the accessor that reads it.
#[derive(Clone)]
pub struct Message {
    bytes: Bytes,
    start: StartLine,
    lines: Arc<[Line]>,
    body: Span,
}

/// The start line of a message (RFC 3261 §7.1, §7.2).
#[derive(Clone, Copy, Debug)]
pub enum Start<'a> {
    /// A Request-Line.
    Request {
        /// The method.
        method: Method<'a>,
        /// The Request-URI; [`Message::uri`] reads it.
        uri: Value<'a>,
    },
    /// A Status-Line.
    Response {
        /// The status code.
        status: Status,
        /// The reason phrase, any bytes.
        reason: Value<'a>,
    },
}

/// How the end of a message was found.
#[derive(Clone, Copy)]
enum Delimited {
    /// By the end of the datagram: bytes beyond Content-Length are no part of the message.
    Datagram,
    /// By framing or by the transport: Content-Length must tell the same.
    Framed,
}

impl Message {
    /// Reads the message of a datagram (RFC 3261 §18.3): without Content-Length the body is the rest of it, a smaller
    /// Content-Length cuts the rest off, a larger one is a fault. CRLFs before the start line are skipped.
    pub fn parse(datagram: Bytes) -> Result<Self, ParseError> {
        Self::read(datagram, Delimited::Datagram)
    }

    /// Reads one message that [`Framer`](crate::framing::Framer) or a message-oriented transport (RFC 7118) cut out:
    /// Content-Length, where present, must be the length of the body.
    pub fn parse_framed(bytes: Bytes) -> Result<Self, ParseError> {
        Self::read(bytes, Delimited::Framed)
    }

    fn read(bytes: Bytes, delimited: Delimited) -> Result<Self, ParseError> {
        if bytes.len() > MESSAGE_BYTES_MAX {
            return Err(ParseError::new(Fault::TooLarge, None));
        }
        let head = Head::read(&bytes).map_err(|fault| ParseError::new(fault, None))?;
        let body = body_of(&bytes, &head, delimited);
        let message = Self {
            start: head.start,
            lines: Arc::from(head.lines()),
            body: *body.as_ref().unwrap_or(&Span::default()),
            bytes,
        };
        let fault = head.fault.or(body.err()).or_else(|| message.check().err());
        match fault {
            Some(fault) => Err(ParseError::new(fault, Some(message))),
            None => Ok(message),
        }
    }

    /// What can be read of a head whose body is unknown.
    pub(crate) fn of_head(bytes: Bytes) -> Option<Self> {
        let head = Head::read(&bytes).ok()?;
        Some(Self {
            start: head.start,
            lines: Arc::from(head.lines()),
            body: Span::default(),
            bytes,
        })
    }

    /// Checks what a transaction, a dialog and a response need.
    fn check(&self) -> Result<(), Fault> {
        self.via()?;
        self.from()?;
        self.to()?;
        self.call_id()?;
        self.max_forwards()?;
        let cseq = self.cseq()?;
        match self.method() {
            Some(method) if method != cseq.method => Err(Fault::MethodMismatch),
            Some(_) => self.uri().map(|_| ()).map_err(|_| Fault::StartLine),
            None => Ok(()),
        }
    }

    /// The start line.
    pub fn start(&self) -> Start<'_> {
        match self.start {
            StartLine::Request { method, uri } => Start::Request {
                // The index takes nothing but a token for a method.
                method: Method::parse(method.of(&self.bytes)).unwrap_or(Method::Options),
                uri: Value::new(uri.of(&self.bytes)),
            },
            StartLine::Response { status, reason } => Start::Response {
                status,
                reason: Value::new(reason.of(&self.bytes)),
            },
        }
    }

    /// The method of a request; none for a response.
    pub fn method(&self) -> Option<Method<'_>> {
        match self.start() {
            Start::Request { method, .. } => Some(method),
            Start::Response { .. } => None,
        }
    }

    /// The status of a response; none for a request.
    pub fn status(&self) -> Option<Status> {
        match self.start {
            StartLine::Response { status, .. } => Some(status),
            StartLine::Request { .. } => None,
        }
    }

    /// Tells whether it is a request.
    pub fn is_request(&self) -> bool {
        matches!(self.start, StartLine::Request { .. })
    }

    /// The value of the first line of that name.
    pub fn value(&self, name: Name<'_>) -> Option<Value<'_>> {
        self.values(name).next()
    }

    /// The values of every line of that name, in order.
    pub fn values<'a, 'n>(
        &'a self,
        name: Name<'n>,
    ) -> impl Iterator<Item = Value<'a>> + use<'a, 'n> {
        let known = name.known();
        self.lines.iter().filter_map(move |line| {
            let same = line.known == known
                && (known != Known::Other
                    || line.name.of(&self.bytes).eq_ignore_ascii_case(name.bytes()));
            same.then(|| Value::new(line.value.of(&self.bytes)))
        })
    }

    /// The elements of the comma lists of every line of that name, in order.
    pub fn elements<'a, 'n>(
        &'a self,
        name: Name<'n>,
    ) -> impl Iterator<Item = Value<'a>> + use<'a, 'n> {
        self.values(name).flat_map(Value::elements)
    }

    /// Every header line, in order.
    pub fn headers(&self) -> impl Iterator<Item = (Name<'_>, Value<'_>)> {
        self.lines.iter().filter_map(|line| {
            let name = Name::parse(line.name.of(&self.bytes))?;
            Some((name, Value::new(line.value.of(&self.bytes))))
        })
    }

    /// The body, without a copy.
    pub fn body(&self) -> Bytes {
        self.bytes.slice(self.body.range())
    }

    /// All the bytes as they came.
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}

fn body_of(bytes: &[u8], head: &Head, delimited: Delimited) -> Result<Span, Fault> {
    let rest = bytes.len().saturating_sub(head.end);
    let length = match head.content_length(bytes)? {
        None => rest,
        Some(length) => usize::try_from(length).map_err(|_| Fault::BodyLength)?,
    };
    let fits = match delimited {
        Delimited::Datagram => length <= rest,
        Delimited::Framed => length == rest,
    };
    if fits {
        Ok(Span::new(head.end, head.end + length))
    } else {
        Err(Fault::BodyLength)
    }
}

/// The length of the body that a head announces; a fault where it cannot be trusted.
pub(crate) fn announced_length(bytes: &[u8]) -> Result<Option<u64>, Fault> {
    let head = Head::read(bytes)?;
    match head.fault {
        // A head that ends elsewhere, or two lengths, could hide a second message.
        Some(fault) if head.end != bytes.len() => Err(fault),
        Some(fault @ (Fault::BareLineBreak | Fault::TooManyHeaders | Fault::LineTooLong)) => {
            Err(fault)
        }
        Some(fault @ Fault::Differing("Content-Length")) => Err(fault),
        Some(_) | None => Ok(head.content_length(bytes)?),
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("Message");
        match self.start() {
            Start::Request { method, .. } => text.field("method", &method),
            Start::Response { status, .. } => text.field("status", &status.code()),
        };
        text.field("headers", &self.lines.len())
            .field("body_bytes", &self.body.range().len())
            .finish()
    }
}

#[cfg(test)]
mod tests;
