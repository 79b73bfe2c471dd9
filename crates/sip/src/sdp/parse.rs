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
    /// More streams or attributes than the limits allow.
    #[error("session description beyond a limit")]
    TooMany,
    /// It does not begin with `v=0`, or a stream of it cannot be read.
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
    /// Reads a session description as its writer meant it. What is not used here is skipped, unread: lines of other
    /// types and lines that are none at all, a `t=` without its numbers; `o=`, `s=` and `t=` may be missing. A line may
    /// end with LF or CR alone, blanks at its end and NULs behind the last one mean nothing. Only a stream that cannot
    /// be read makes the whole unreadable: it could be neither taken nor refused in its place.
    pub fn parse(body: &Bytes) -> Result<Self, SdpError> {
        if body.len() > SDP_BYTES_MAX {
            return Err(SdpError::TooLarge);
        }
        let mut lines = lines(body);
        if lines.next().as_deref() != Some(b"v=0") {
            return Err(SdpError::Malformed);
        }
        let mut description = Self::default();
        for line in lines {
            description.read_line(&line)?;
        }
        Ok(description)
    }

    fn read_line(&mut self, line: &Bytes) -> Result<(), SdpError> {
        let Some(equals) = memchr::memchr(b'=', line) else {
            return Ok(());
        };
        let value = line.slice_ref(line[equals + 1..].trim_ascii_start());
        match line[..equals].trim_ascii_end() {
            b"m" => self.push_media(&value),
            b"a" => self.push_attribute(&value),
            b"c" => {
                self.set_connection(&value);
                Ok(())
            }
            b"t" => {
                self.set_timing(&value);
                Ok(())
            }
            _ => Ok(()),
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
        let name = value[..colon.unwrap_or(value.len())].trim_ascii_end();
        attributes.push(Attribute {
            name: value.slice_ref(name),
            value: colon.map(|colon| value.slice_ref(value[colon + 1..].trim_ascii_start())),
        });
        Ok(())
    }

    fn set_connection(&mut self, value: &Bytes) {
        let connection = self
            .media
            .last_mut()
            .map_or(&mut self.connection, |media| &mut media.connection);
        connection.get_or_insert_with(|| read_connection(value));
    }

    fn set_timing(&mut self, value: &[u8]) {
        let mut words = words(value);
        let (start, stop) = (
            words.next().and_then(decimal),
            words.next().and_then(decimal),
        );
        self.timing = self.timing.or_else(|| start.zip(stop));
    }
}

/// The lines of a body without blanks at their ends; empty ones are left out, and NULs behind the last one.
fn lines(body: &Bytes) -> impl Iterator<Item = Bytes> {
    let end = body.iter().rposition(|&byte| byte != 0);
    body[..end.map_or(0, |last| last + 1)]
        .split(|byte| matches!(byte, b'\r' | b'\n'))
        .map(|line| body.slice_ref(line.trim_ascii()))
        .filter(|line| !line.is_empty())
}

/// The words between blanks.
pub(super) fn words(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value
        .split(u8::is_ascii_whitespace)
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
    // Whoever offers more than that has long named what everybody speaks.
    let formats: Vec<Bytes> = words.take(SDP_CODECS_MAX).collect();
    if formats.is_empty() {
        return Err(SdpError::Malformed);
    }
    Ok(Media {
        kind,
        port,
        protocol,
        formats,
        connection: None,
        attributes: Vec::new(),
    })
}

/// `IN IP4 <address>[/<ttl>]` or `IN IP6 <address>`. What the type says does not matter: the address tells itself. What
/// is no address is a name, so that no other line's address is taken in its place.
fn read_connection(value: &Bytes) -> Connection {
    let address = words(value).nth(2).unwrap_or_default();
    let address = &address[..memchr::memchr(b'/', address).unwrap_or(address.len())];
    read_address(address).map_or_else(
        || Connection::Name(value.slice_ref(address)),
        Connection::Address,
    )
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
