//! Cutting messages out of a byte stream (RFC 3261 §18.3), with the keep-alives of RFC 5626 §3.5.1.

use crate::limits::MESSAGE_BYTES_MAX;
use crate::message::{Fault, HeaderError, Message, ParseError};
use bytes::{Buf, Bytes, BytesMut};
use std::fmt;

/// The keep-alive of a client; it is answered by [`PONG`].
pub const PING: &[u8] = b"\r\n\r\n";
/// The answer to [`PING`].
pub const PONG: &[u8] = b"\r\n";

/// Tells whether a datagram or a WebSocket message is nothing but line breaks: a keep-alive and no message.
pub fn is_keep_alive(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n'))
}

/// What was cut out of a stream.
#[derive(Clone)]
pub enum Frame {
    /// The bytes of one message, for [`Message::parse_framed`].
    Message(Bytes),
    /// A keep-alive that wants [`PONG`].
    Ping,
    /// The answer to a keep-alive of ours.
    Pong,
}

/// Cuts one stream. It holds at most one message and what came behind it; each byte is looked at once while the end of
/// a head is sought, so that a peer that sends a byte at a time costs no more than another.
#[derive(Default)]
pub struct Framer {
    buffer: BytesMut,
    state: State,
}

#[derive(Default)]
enum State {
    #[default]
    Between,
    /// Within a head, of which so many bytes hold no end.
    Head { searched: usize },
    /// Within a message of so many bytes.
    Body { length: usize },
    /// The end of a message can no longer be told.
    Lost,
}

impl Framer {
    /// Makes a framer for a new stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many bytes [`push`](Self::push) takes before frames must be taken out.
    pub fn room(&self) -> usize {
        MESSAGE_BYTES_MAX.saturating_sub(self.buffer.len())
    }

    /// Tells whether no message has been begun.
    pub fn is_between_messages(&self) -> bool {
        self.buffer.is_empty() && matches!(self.state, State::Between)
    }

    /// Adds bytes of the stream, at most [`room`](Self::room); tells how many it took.
    pub fn push(&mut self, bytes: &[u8]) -> usize {
        let taken = bytes.len().min(self.room());
        self.buffer.extend_from_slice(&bytes[..taken]);
        taken
    }

    /// Takes out the next frame; none until more bytes come.
    ///
    /// After an error the stream must be closed, since nobody can tell where the next message begins: Content-Length
    /// was missing, malformed or differing, or the message is too large. The error tells whether it can be answered
    /// first.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, ParseError> {
        loop {
            match self.state {
                State::Between => match self.between() {
                    Between::Frame(frame) => return Ok(Some(frame)),
                    Between::Starved => return Ok(None),
                    Between::Head => self.state = State::Head { searched: 0 },
                },
                State::Head { searched } => match self.head(searched)? {
                    Some(length) => self.state = State::Body { length },
                    None => return Ok(None),
                },
                State::Body { length } if self.buffer.len() >= length => {
                    self.state = State::Between;
                    return Ok(Some(Frame::Message(self.buffer.split_to(length).freeze())));
                }
                State::Body { .. } => return Ok(None),
                State::Lost => return Err(ParseError::new(Fault::TooLarge, None)),
            }
        }
    }

    /// Between messages: CRLF CRLF is a ping, a CRLF in front of anything else is a pong.
    fn between(&mut self) -> Between {
        match &self.buffer[..] {
            [] | [b'\r'] => Between::Starved,
            [b'\r', b'\n', b'\r', b'\n', ..] => self.keep_alive(PING.len(), Frame::Ping),
            [b'\r', b'\n', b'\r'] => Between::Starved,
            [b'\r', b'\n', ..] => self.keep_alive(PONG.len(), Frame::Pong),
            [..] => Between::Head,
        }
    }

    fn keep_alive(&mut self, length: usize, frame: Frame) -> Between {
        self.buffer.advance(length);
        Between::Frame(frame)
    }

    /// Seeks the end of the head and gives the length of the whole message.
    fn head(&mut self, searched: usize) -> Result<Option<usize>, ParseError> {
        let from = searched.saturating_sub(3);
        let Some(at) = memchr::memmem::find(&self.buffer[from..], b"\r\n\r\n") else {
            self.state = State::Head {
                searched: self.buffer.len(),
            };
            return if self.room() == 0 {
                Err(self.lose(Fault::TooLarge))
            } else {
                Ok(None)
            };
        };
        let head = from + at + 4;
        let announced = crate::message::announced_length(&self.buffer[..head]);
        let missing = Fault::Header(HeaderError::Missing("Content-Length"));
        match announced.and_then(|length| length.ok_or(missing)) {
            Ok(length) => match usize::try_from(length)
                .ok()
                .and_then(|length| head.checked_add(length))
            {
                Some(length) if length <= MESSAGE_BYTES_MAX => Ok(Some(length)),
                Some(_) | None => Err(self.lose_at(head, Fault::TooLarge)),
            },
            Err(fault) => Err(self.lose_at(head, fault)),
        }
    }

    fn lose(&mut self, fault: Fault) -> ParseError {
        self.state = State::Lost;
        self.buffer.clear();
        ParseError::new(fault, None)
    }

    fn lose_at(&mut self, head: usize, fault: Fault) -> ParseError {
        let read = Message::of_head(self.buffer.split_to(head).freeze());
        self.lose(fault);
        ParseError::new(fault, read)
    }
}

enum Between {
    Frame(Frame),
    Starved,
    Head,
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(bytes) => write!(f, "Message({} bytes)", bytes.len()),
            Self::Ping => f.write_str("Ping"),
            Self::Pong => f.write_str("Pong"),
        }
    }
}

impl fmt::Debug for Framer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Framer({} bytes)", self.buffer.len())
    }
}
