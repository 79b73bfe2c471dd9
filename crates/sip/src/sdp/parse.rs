//! Reading a session description (RFC 8866 §5).

use super::description::{Attribute, Connection, Description, Media};
use crate::Status;
use crate::limits::{SDP_ATTRIBUTES_MAX, SDP_BYTES_MAX, SDP_CODECS_MAX, SDP_MEDIA_MAX};
use crate::token::decimal;
use bytes::Bytes;
use std::net::{IpAddr, Ipv4Addr};
use thiserror::Error;

/// Why a session description cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SdpError {
    /// More than [`SDP_BYTES_MAX`] bytes.
    #[error("session description too large")]
    TooLarge,
    /// More streams, attributes or formats than the limits allow.
    #[error("session description beyond a limit")]
    TooMany,
    /// It does not begin with `v=0`, or a line of it does not follow the grammar.
    #[error("malformed session description")]
    Malformed,
}

impl SdpError {
    /// The status that answers a request with such a body.
    pub const fn status(self) -> Status {
        match self {
            Self::TooLarge => Status::REQUEST_ENTITY_TOO_LARGE,
            Self::TooMany => Status::NOT_ACCEPTABLE_HERE,
            Self::Malformed => Status::BAD_REQUEST,
        }
    }
}

impl Description {
    /// Reads a session description. Lines of types that are not used here, `b=` and `k=` among them, are skipped; `o=`,
    /// `s=` and `t=` may be missing; a line may end with LF alone.
    pub fn parse(body: &Bytes) -> Result<Self, SdpError> {
        if body.len() > SDP_BYTES_MAX {
            return Err(SdpError::TooLarge);
        }
        let mut lines = Lines { body, at: 0 };
        if lines.next_line().as_deref() != Some(b"v=0") {
            return Err(SdpError::Malformed);
        }
        let mut description = Self::default();
        while let Some(line) = lines.next_line() {
            if !line.is_empty() {
                description.read_line(&line)?;
            }
        }
        Ok(description)
    }

    fn read_line(&mut self, line: &Bytes) -> Result<(), SdpError> {
        let Some((kind, value)) = line
            .split_first_chunk::<2>()
            .filter(|(kind, _)| kind[1] == b'=')
        else {
            return Err(SdpError::Malformed);
        };
        let value = line.slice_ref(value);
        match kind[0] {
            b'm' => self.push_media(&value),
            b'a' => self.push_attribute(&value),
            b'c' => self.set_connection(&value),
            b't' => self.set_timing(&value),
            other if other.is_ascii_alphabetic() => Ok(()),
            _ => Err(SdpError::Malformed),
        }
    }

    fn push_media(&mut self, value: &Bytes) -> Result<(), SdpError> {
        if self.media.len() == SDP_MEDIA_MAX {
            return Err(SdpError::TooMany);
        }
        self.media.push(read_media(value)?);
        Ok(())
    }

    fn push_attribute(&mut self, value: &Bytes) -> Result<(), SdpError> {
        let attributes = self
            .media
            .last_mut()
            .map_or(&mut self.attributes, |media| &mut media.attributes);
        if attributes.len() == SDP_ATTRIBUTES_MAX {
            return Err(SdpError::TooMany);
        }
        let colon = memchr::memchr(b':', value);
        attributes.push(Attribute {
            name: value.slice(..colon.unwrap_or(value.len())),
            value: colon.map(|colon| value.slice(colon + 1..)),
        });
        Ok(())
    }

    fn set_connection(&mut self, value: &Bytes) -> Result<(), SdpError> {
        let connection = self
            .media
            .last_mut()
            .map_or(&mut self.connection, |media| &mut media.connection);
        if connection.is_none() {
            *connection = Some(read_connection(value)?);
        }
        Ok(())
    }

    fn set_timing(&mut self, value: &[u8]) -> Result<(), SdpError> {
        let mut words = words(value);
        let (start, stop) = (
            words.next().and_then(decimal),
            words.next().and_then(decimal),
        );
        let timing = start.zip(stop).ok_or(SdpError::Malformed)?;
        self.timing.get_or_insert(timing);
        Ok(())
    }
}

struct Lines<'a> {
    body: &'a Bytes,
    at: usize,
}

impl Lines<'_> {
    fn next_line(&mut self) -> Option<Bytes> {
        let rest = self.body.get(self.at..).filter(|rest| !rest.is_empty())?;
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = rest[..length]
            .strip_suffix(b"\r")
            .unwrap_or(&rest[..length]);
        self.at += length + 1;
        Some(self.body.slice_ref(line))
    }
}

fn words(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value
        .split(|&byte| byte == b' ')
        .filter(|word| !word.is_empty())
}

/// Words of an `m=` line are written again in an answer, so they hold only visible ASCII.
fn is_visible(word: &[u8]) -> bool {
    word.iter().all(u8::is_ascii_graphic)
}

/// `<media> <port>[/<count>] <proto> <fmt> …`.
fn read_media(value: &Bytes) -> Result<Media, SdpError> {
    if !words(value).all(is_visible) {
        return Err(SdpError::Malformed);
    }
    let mut words = words(value).map(|word| value.slice_ref(word));
    let mut word = || words.next().ok_or(SdpError::Malformed);
    let (kind, port, protocol) = (word()?, word()?, word()?);
    let port = &port[..memchr::memchr(b'/', &port).unwrap_or(port.len())];
    let port = decimal(port)
        .and_then(|port| u16::try_from(port).ok())
        .ok_or(SdpError::Malformed)?;
    let formats: Vec<Bytes> = words.take(SDP_CODECS_MAX + 1).collect();
    match formats.len() {
        0 => Err(SdpError::Malformed),
        1..=SDP_CODECS_MAX => Ok(Media {
            kind,
            port,
            protocol,
            formats,
            connection: None,
            attributes: Vec::new(),
        }),
        _ => Err(SdpError::TooMany),
    }
}

/// `IN IP4 <address>[/<ttl>]` or `IN IP6 <address>`. What the type says does not matter: the address tells itself.
fn read_connection(value: &Bytes) -> Result<Connection, SdpError> {
    let mut words = words(value);
    let network = words.next() == Some(b"IN");
    let kind = words
        .next()
        .is_some_and(|kind| kind == b"IP4" || kind == b"IP6");
    let address = words
        .next()
        .filter(|_| network && kind)
        .ok_or(SdpError::Malformed)?;
    let address = &address[..memchr::memchr(b'/', address).unwrap_or(address.len())];
    Ok(read_address(address).map_or_else(
        || Connection::Name(value.slice_ref(address)),
        Connection::Address,
    ))
}

/// Reads an address; an IPv4-mapped IPv6 address is the IPv4 address.
pub(super) fn read_address(bytes: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(bytes).ok()?;
    text.parse::<Ipv4Addr>()
        .map(IpAddr::V4)
        .ok()
        .or_else(|| text.parse::<IpAddr>().ok())
        .map(|ip| ip.to_canonical())
}
