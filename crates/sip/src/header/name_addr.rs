//! From, To, Contact, Route, Record-Route and their kin (RFC 3261 §20.10).

use super::HeaderError;
use super::name::Name;
use super::params::{Params, quoted_end, skip_lws, split_params, unquote};
use crate::message::Value;
use crate::token::trim;
use crate::uri::UriRef;

/// A name-addr or addr-spec with the parameters of the header.
#[derive(Clone, Copy, Debug)]
pub struct NameAddr<'a> {
    /// The display name with its quotes, empty when there is none.
    display: Value<'a>,
    /// The URI.
    pub uri: UriRef<'a>,
    /// The parameters of the header, not those of the URI.
    pub params: Params<'a>,
}

impl<'a> NameAddr<'a> {
    /// Reads one element of the header with that name.
    pub fn parse(name: Name<'_>, value: Value<'a>) -> Result<Self, HeaderError> {
        Self::read(value.bytes()).ok_or(HeaderError::malformed(name))
    }

    /// Reads From or To as far as a caller needs it: the tag. A URI that cannot be read names
    /// nobody, and whatever stands before the last bracket is the display name: phones and gateways
    /// write there what people typed.
    pub(crate) fn parse_party(name: Name<'_>, value: Value<'a>) -> Result<Self, HeaderError> {
        let bytes = value.bytes();
        if bytes.is_empty() {
            return Err(HeaderError::malformed(name));
        }
        Ok(Self::read(bytes).unwrap_or_else(|| Self::read_loosely(bytes)))
    }

    fn read_loosely(bytes: &'a [u8]) -> Self {
        let open = memchr::memrchr(b'<', bytes);
        let close = open.and_then(|open| Some(open + memchr::memchr(b'>', &bytes[open..])?));
        let (display, uri, params) = match open.zip(close) {
            Some((open, close)) => (&bytes[..open], &bytes[open + 1..close], &bytes[close + 1..]),
            None => {
                let (uri, params) = split_params(bytes);
                (&b""[..], uri, params)
            }
        };
        Self {
            display: Value::new(trim(display)),
            uri: UriRef::parse(trim(uri)).unwrap_or(UriRef::unread(uri)),
            params: Params::of_header(params).unwrap_or(Params::NONE),
        }
    }

    fn read(bytes: &'a [u8]) -> Option<Self> {
        let display_end = match bytes.first()? {
            b'"' => quoted_end(bytes)?,
            _ => match memchr::memchr(b'<', bytes) {
                Some(end) if bytes[..end].iter().all(|&byte| is_display(byte)) => end,
                // A bracket within a quoted parameter.
                Some(_) | None => return Self::read_addr_spec(bytes),
            },
        };
        let (display, rest) = bytes.split_at_checked(display_end)?;
        let inside = skip_lws(rest).strip_prefix(b"<")?;
        let end = memchr::memchr(b'>', inside)?;
        let uri = UriRef::parse(trim(&inside[..end])).ok()?;
        let params = Params::of_header(&inside[end + 1..])?;
        Some(Self {
            display: Value::new(display),
            uri,
            params,
        })
    }

    /// Without brackets everything from the first semicolon belongs to the header, and neither comma nor question mark
    /// may stand in the URI (RFC 3261 §20).
    fn read_addr_spec(bytes: &'a [u8]) -> Option<Self> {
        let (uri, params) = split_params(bytes);
        if uri.iter().any(|byte| matches!(byte, b',' | b'?' | b'<')) {
            return None;
        }
        let uri = UriRef::parse(uri).ok()?;
        Some(Self {
            display: Value::new(b""),
            uri,
            params: Params::of_header(params)?,
        })
    }

    /// The display name without its quotes, empty when there is none; escapes in it stay.
    pub fn display(&self) -> Value<'a> {
        Value::new(unquote(self.display.bytes()))
    }

    /// The tag (RFC 3261 §19.3).
    pub fn tag(&self) -> Option<&'a [u8]> {
        self.params.value(b"tag")
    }
}

/// A display name without quotes is a list of tokens; other marks that cannot be mistaken are tolerated.
const fn is_display(byte: u8) -> bool {
    !matches!(byte, b',' | b';' | b':' | b'"' | b'<' | b'>' | b'\\' | 0x7f | 0..=8 | 11 | 12 | 14..=31)
}
