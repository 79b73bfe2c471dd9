//! The smaller headers.

use super::name::Name;
use super::params::{Params, split_params};
use super::{HeaderError, NameAddr};
use crate::message::Value;
use crate::token::{Token, decimal_u32, is_lws, trim};
use crate::{Method, Status};

/// The largest sequence number, exclusive (RFC 3261 §8.1.1.5).
const CSEQ_END: u32 = 1 << 31;

/// CSeq (RFC 3261 §20.16).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CSeq<'a> {
    /// The sequence number, below 2³¹.
    pub number: u32,
    /// The method.
    pub method: Method<'a>,
}

impl<'a> CSeq<'a> {
    /// Reads the value.
    pub fn parse(value: Value<'a>) -> Result<Self, HeaderError> {
        let (number, method) = split_word(value.bytes());
        let number = decimal_u32(number).filter(|number| *number < CSEQ_END);
        match (number, Method::parse(method)) {
            (Some(number), Some(method)) => Ok(Self { number, method }),
            _ => Err(HeaderError::malformed(Name::CSeq)),
        }
    }
}

/// RAck (RFC 3262 §7.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RAck<'a> {
    /// The RSeq of the response that is acknowledged.
    pub response: u32,
    /// The CSeq of the response that is acknowledged.
    pub cseq: CSeq<'a>,
}

impl<'a> RAck<'a> {
    /// Reads the value.
    pub fn parse(value: Value<'a>) -> Result<Self, HeaderError> {
        let malformed = HeaderError::malformed(Name::RAck);
        let (response, cseq) = split_word(value.bytes());
        let response = decimal_u32(response).ok_or(malformed)?;
        let cseq = CSeq::parse(Value::new(cseq)).map_err(|_| malformed)?;
        Ok(Self { response, cseq })
    }
}

/// Splits behind the first word.
fn split_word(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes
        .iter()
        .position(|&byte| is_lws(byte))
        .unwrap_or(bytes.len());
    (&bytes[..end], trim(&bytes[end..]))
}

/// Who refreshes a session (RFC 4028 §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresher {
    /// The side that sent the request.
    Uac,
    /// The side that answered it.
    Uas,
}

/// Session-Expires (RFC 4028 §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionExpires {
    /// The interval in seconds.
    pub seconds: u32,
    /// Who refreshes, where it is said.
    pub refresher: Option<Refresher>,
}

impl SessionExpires {
    /// Reads the value.
    pub fn parse(value: Value<'_>) -> Result<Self, HeaderError> {
        let malformed = HeaderError::malformed(Name::SessionExpires);
        let (seconds, params) = split_params(value.bytes());
        let seconds = decimal_u32(seconds).ok_or(malformed)?;
        let params = Params::of_header(params).ok_or(malformed)?;
        let refresher = match params.value(b"refresher") {
            None => None,
            Some(side) if side.eq_ignore_ascii_case(b"uac") => Some(Refresher::Uac),
            Some(side) if side.eq_ignore_ascii_case(b"uas") => Some(Refresher::Uas),
            Some(_) => return Err(malformed),
        };
        Ok(Self { seconds, refresher })
    }
}

/// One element of Reason (RFC 3326).
#[derive(Clone, Copy, Debug)]
pub struct Reason<'a> {
    /// The protocol, such as `SIP` or `Q.850`.
    pub protocol: Token<'a>,
    /// The parameters, `cause` and `text` among them.
    pub params: Params<'a>,
}

impl<'a> Reason<'a> {
    /// Reads one element.
    pub fn parse(value: Value<'a>) -> Result<Self, HeaderError> {
        let (protocol, params) = split_params(value.bytes());
        match (Token::new(protocol), Params::of_header(params)) {
            (Some(protocol), Some(params)) => Ok(Self { protocol, params }),
            _ => Err(HeaderError::malformed(Name::Reason)),
        }
    }

    /// The number of the cause.
    pub fn cause(&self) -> Option<u32> {
        self.params.value(b"cause").and_then(decimal_u32)
    }

    /// The cause as a SIP status, if the protocol is SIP.
    pub fn status(&self) -> Option<Status> {
        let cause = self
            .cause()
            .filter(|_| self.protocol.eq_ignore_case(b"SIP"))?;
        Status::new(u16::try_from(cause).ok()?)
    }
}

/// Retry-After (RFC 3261 §20.33).
#[derive(Clone, Copy, Debug)]
pub struct RetryAfter<'a> {
    /// How long to wait, in seconds.
    pub seconds: u32,
    /// The parameters, `duration` among them.
    pub params: Params<'a>,
}

impl<'a> RetryAfter<'a> {
    /// Reads the value; the comment in parentheses is skipped.
    pub fn parse(value: Value<'a>) -> Result<Self, HeaderError> {
        Self::read(value.bytes()).ok_or(HeaderError::malformed(Name::RetryAfter))
    }

    fn read(bytes: &'a [u8]) -> Option<Self> {
        let digits = bytes
            .iter()
            .position(|byte| !byte.is_ascii_digit())
            .unwrap_or(bytes.len());
        let seconds = decimal_u32(&bytes[..digits])?;
        let rest = trim(&bytes[digits..]);
        let params = if rest.first() == Some(&b'(') {
            &rest[comment_end(rest)?..]
        } else {
            rest
        };
        Some(Self {
            seconds,
            params: Params::of_header(params)?,
        })
    }
}

fn comment_end(bytes: &[u8]) -> Option<usize> {
    let (mut depth, mut at) = (0_usize, 0);
    loop {
        match bytes.get(at)? {
            b'\\' => at += 1,
            b'(' => depth += 1,
            b')' if depth == 1 => return Some(at + 1),
            b')' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
}

/// Content-Type, or one element of Accept (RFC 3261 §20.15).
#[derive(Clone, Copy, Debug)]
pub struct MediaType<'a> {
    /// The type, such as `application`.
    pub kind: Token<'a>,
    /// The subtype, such as `sdp`.
    pub subtype: Token<'a>,
    /// The parameters.
    pub params: Params<'a>,
}

impl<'a> MediaType<'a> {
    /// Reads the value of the header with that name.
    pub fn parse(name: Name<'_>, value: Value<'a>) -> Result<Self, HeaderError> {
        Self::read(value.bytes()).ok_or(HeaderError::malformed(name))
    }

    fn read(bytes: &'a [u8]) -> Option<Self> {
        let (full, params) = split_params(bytes);
        let slash = memchr::memchr(b'/', full)?;
        let kind = Token::new(trim(&full[..slash]))?;
        let subtype = Token::new(trim(&full[slash + 1..]))?;
        Some(Self {
            kind,
            subtype,
            params: Params::of_header(params)?,
        })
    }

    /// Compares type and subtype without regard to case.
    pub fn is(&self, kind: &str, subtype: &str) -> bool {
        self.kind.eq_ignore_case(kind.as_bytes()) && self.subtype.eq_ignore_case(subtype.as_bytes())
    }
}

/// The Contact headers of a message (RFC 3261 §20.10).
#[derive(Clone, Debug)]
pub enum Contacts<'a> {
    /// `*`, which removes all bindings (RFC 3261 §10.2.2).
    Star,
    /// Every contact, in order; empty when the message has no Contact.
    List(Vec<NameAddr<'a>>),
}

impl<'a> Contacts<'a> {
    pub(crate) fn collect(
        mut elements: impl Iterator<Item = Value<'a>>,
    ) -> Result<Self, HeaderError> {
        let mut list = Vec::new();
        while let Some(element) = elements.next() {
            if element.bytes() == b"*" {
                let alone = list.is_empty() && elements.next().is_none();
                return if alone {
                    Ok(Self::Star)
                } else {
                    Err(HeaderError::malformed(Name::Contact))
                };
            }
            list.push(NameAddr::parse(Name::Contact, element)?);
        }
        Ok(Self::List(list))
    }
}

/// Reads a Call-ID: one word (RFC 3261 §20.8), any bytes but white space and controls.
pub(crate) fn call_id(value: Value<'_>) -> Result<&[u8], HeaderError> {
    let bytes = value.bytes();
    let sound = !bytes.is_empty() && bytes.iter().all(|&byte| byte > b' ' && byte != 0x7f);
    if sound {
        Ok(bytes)
    } else {
        Err(HeaderError::malformed(Name::CallId))
    }
}

/// Reads a number of seconds (delta-seconds), ignoring parameters.
pub(crate) fn seconds(name: Name<'_>, value: Value<'_>) -> Result<u32, HeaderError> {
    let (seconds, params) = split_params(value.bytes());
    let sound = Params::of_header(params).and_then(|_| decimal_u32(seconds));
    sound.ok_or(HeaderError::malformed(name))
}
