//! URIs: any scheme is kept, SIP and SIPS are taken apart (RFC 3261 §19.1).

mod compare;
mod host;
mod owned;

pub use host::{Host, HostName};
pub(crate) use host::{parse_ipv6, parse_port, split_port};
pub use owned::{Uri, UriBuilder};

use crate::header::Params;
use crate::token::is_uri;
use std::fmt;
use thiserror::Error;

/// Bytes that are no URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("malformed URI")]
pub struct UriError;

/// The scheme of a URI, compared without regard to case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `sip:`.
    Sip,
    /// `sips:`.
    Sips,
    /// `tel:` (RFC 3966).
    Tel,
    /// `urn:` (RFC 8141).
    Urn,
    /// Any other scheme.
    Other,
}

impl Scheme {
    fn find(name: &[u8]) -> Option<Self> {
        let (first, rest) = name.split_first()?;
        let sound = first.is_ascii_alphabetic()
            && rest
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
        let known: [(&[u8], Self); 4] = [
            (b"sip", Self::Sip),
            (b"sips", Self::Sips),
            (b"tel", Self::Tel),
            (b"urn", Self::Urn),
        ];
        let found = known
            .iter()
            .find(|(text, _)| name.eq_ignore_ascii_case(text))
            .map(|(_, scheme)| *scheme);
        sound.then_some(found.unwrap_or(Self::Other))
    }

    /// Tells whether it is `sip:` or `sips:`.
    pub const fn is_sip(self) -> bool {
        matches!(self, Self::Sip | Self::Sips)
    }
}

/// A URI that borrows from a message.
#[derive(Clone, Copy)]
pub struct UriRef<'a> {
    raw: &'a [u8],
    scheme: Scheme,
    /// Behind the colon, for SIP without user information.
    rest: &'a [u8],
    user: Option<&'a [u8]>,
    host: Option<Host<'a>>,
    port: Option<u16>,
    params: Params<'a>,
    headers: &'a [u8],
}

impl<'a> UriRef<'a> {
    /// Stands for what no builder makes: bytes that are no URI.
    const NOTHING: Self = Self {
        raw: b"x:-",
        scheme: Scheme::Other,
        rest: b"-",
        user: None,
        host: None,
        port: None,
        params: Params::NONE,
        headers: b"",
    };

    /// Stands for bytes that are no URI: they name nobody and lead nowhere.
    pub(crate) const fn unread(raw: &'a [u8]) -> Self {
        Self {
            raw,
            ..Self::NOTHING
        }
    }

    /// Reads a URI that fills the slice.
    pub fn parse(raw: &'a [u8]) -> Result<Self, UriError> {
        Self::read(raw).ok_or(UriError)
    }

    fn read(raw: &'a [u8]) -> Option<Self> {
        let colon = memchr::memchr(b':', raw)?;
        let scheme = Scheme::find(&raw[..colon])?;
        let rest = &raw[colon + 1..];
        if rest.is_empty() || !rest.iter().all(|&byte| is_uri(byte)) {
            return None;
        }
        let opaque = Self {
            raw,
            scheme,
            rest,
            ..Self::NOTHING
        };
        if scheme.is_sip() {
            opaque.read_sip()
        } else {
            Some(opaque)
        }
    }

    fn read_sip(mut self) -> Option<Self> {
        if let Some(at) = memchr::memchr(b'@', self.rest) {
            let user = &self.rest[..at];
            if at == 0 || !escapes_are_sound(user) {
                return None;
            }
            self.user = Some(user);
            self.rest = &self.rest[at + 1..];
        }
        let question = memchr::memchr(b'?', self.rest).unwrap_or(self.rest.len());
        let (address, headers) = self.rest.split_at(question);
        let semicolon = memchr::memchr(b';', address).unwrap_or(address.len());
        let (hostport, params) = address.split_at(semicolon);
        let (host, port) = split_port(hostport);
        self.host = Some(Host::parse(host)?);
        self.port = match port {
            [] => None,
            [_, digits @ ..] => Some(parse_port(digits)?),
        };
        self.params = Params::of_uri(params)?;
        self.headers = headers.get(1..).unwrap_or_default();
        let sound = !headers.contains(&b'@') && escapes_are_sound(headers) && headers.len() != 1;
        sound.then_some(self)
    }

    /// All its bytes.
    pub const fn bytes(&self) -> &'a [u8] {
        self.raw
    }

    /// The scheme.
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// What follows the scheme, for SIP what follows the user information.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The user part of a SIP URI with its escapes, without the password.
    pub fn user(&self) -> Option<&'a [u8]> {
        self.user
            .map(|user| &user[..memchr::memchr(b':', user).unwrap_or(user.len())])
    }

    /// The user part of a SIP URI with its escapes taken out.
    pub fn user_unescaped(&self) -> Option<Vec<u8>> {
        self.user().map(|user| unescape(user).collect())
    }

    /// The password of a SIP URI.
    pub fn password(&self) -> Option<&'a [u8]> {
        let user = self.user?;
        memchr::memchr(b':', user).map(|colon| &user[colon + 1..])
    }

    /// The user part and the password as they stand.
    pub(crate) const fn userinfo(&self) -> Option<&'a [u8]> {
        self.user
    }

    /// The host of a SIP URI; none for other schemes.
    pub const fn host(&self) -> Option<Host<'a>> {
        self.host
    }

    /// The port of a SIP URI, if it is given.
    pub const fn port(&self) -> Option<u16> {
        self.port
    }

    /// The parameters of a SIP URI.
    pub const fn params(&self) -> Params<'a> {
        self.params
    }

    /// The headers of a SIP URI, without the question mark.
    pub const fn headers(&self) -> &'a [u8] {
        self.headers
    }

    /// The same URI without the borrow.
    pub fn to_uri(&self) -> Uri {
        Uri::of(self)
    }
}

impl fmt::Debug for UriRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UriRef({:?}, {} bytes)", self.scheme, self.raw.len())
    }
}

/// Tells whether each percent sign is followed by two hexadecimal digits.
fn escapes_are_sound(bytes: &[u8]) -> bool {
    memchr::memchr_iter(b'%', bytes).all(|at| {
        bytes
            .get(at + 1..at + 3)
            .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

/// The bytes with escapes replaced by what they stand for (RFC 3261 §19.1.2).
pub(crate) fn unescape(bytes: &[u8]) -> impl Iterator<Item = u8> + '_ {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (&first, after) = rest.split_first()?;
        let escaped = if first == b'%' {
            after.get(..2).and_then(hex_byte)
        } else {
            None
        };
        rest = if escaped.is_some() {
            &after[2..]
        } else {
            after
        };
        Some(escaped.unwrap_or(first))
    })
}

fn hex_byte(digits: &[u8]) -> Option<u8> {
    digits.iter().try_fold(0, |byte, &digit| {
        let value = char::from(digit).to_digit(16)?;
        Some(byte << 4 | u8::try_from(value).ok()?)
    })
}
