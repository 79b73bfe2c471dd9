//! Via (RFC 3261 §20.42, RFC 3581).

use super::params::{Params, skip_lws};
use super::{HeaderError, Name};
use crate::message::Value;
use crate::token::{Token, is_token};
use crate::uri::{Host, parse_ipv6, parse_port};
use std::net::IpAddr;

/// One element of Via.
#[derive(Clone, Copy, Debug)]
pub struct Via<'a> {
    /// The transport, such as `UDP`.
    pub transport: Token<'a>,
    /// The host of sent-by.
    pub host: Host<'a>,
    /// The port of sent-by, if it is given.
    pub port: Option<u16>,
    /// The parameters.
    pub params: Params<'a>,
}

impl<'a> Via<'a> {
    /// Reads one element.
    pub fn parse(value: Value<'a>) -> Result<Self, HeaderError> {
        Self::read(value.bytes()).ok_or(HeaderError::malformed(Name::Via))
    }

    fn read(bytes: &'a [u8]) -> Option<Self> {
        let rest = expect_slash(expect(bytes, b"SIP")?)?;
        let rest = expect_slash(expect(rest, b"2.0")?)?;
        let end = rest.iter().position(|&byte| !is_token(byte))?;
        let transport = Token::new(&rest[..end])?;
        let sent_by = skip_lws(&rest[end..]);
        if sent_by.len() == rest.len() - end {
            return None;
        }
        let (host, rest) = split_host(sent_by)?;
        let rest = skip_lws(rest);
        let (port, rest) = match rest.strip_prefix(b":") {
            Some(after) => {
                let digits = skip_lws(after);
                let end = digits
                    .iter()
                    .position(|byte| !byte.is_ascii_digit())
                    .unwrap_or(digits.len());
                (Some(parse_port(&digits[..end])?), &digits[end..])
            }
            None => (None, rest),
        };
        Some(Self {
            transport,
            host,
            port,
            params: Params::of_header(rest)?,
        })
    }

    /// The branch, where there is one (RFC 2543 elements send none).
    pub fn branch(&self) -> Option<&'a [u8]> {
        self.params.value(b"branch")
    }

    /// Tells whether the branch begins with the magic cookie of RFC 3261 §8.1.1.7.
    pub fn has_cookie(&self) -> bool {
        let cookie = b"z9hG4bK";
        self.branch()
            .and_then(|branch| branch.get(..cookie.len()))
            .is_some_and(|begin| begin.eq_ignore_ascii_case(cookie))
    }

    /// The address of `received`; IPv6 with or without brackets (RFC 5118 §4.5).
    pub fn received(&self) -> Option<IpAddr> {
        let value = self.params.value(b"received")?;
        match Host::parse(value) {
            Some(host) => host.address(),
            None => parse_ipv6(value).map(IpAddr::V6),
        }
    }

    /// The parameter `rport` of RFC 3581: none when absent, `Some(None)` when asked for without a value.
    pub fn rport(&self) -> Option<Option<u16>> {
        self.params
            .find(b"rport")
            .map(|param| param.value.and_then(parse_port))
    }
}

fn expect<'a>(bytes: &'a [u8], word: &[u8]) -> Option<&'a [u8]> {
    let (begin, rest) = bytes.split_at_checked(word.len())?;
    begin.eq_ignore_ascii_case(word).then_some(rest)
}

fn expect_slash(bytes: &[u8]) -> Option<&[u8]> {
    skip_lws(bytes).strip_prefix(b"/").map(skip_lws)
}

fn split_host(bytes: &[u8]) -> Option<(Host<'_>, &[u8])> {
    let end = if bytes.first() == Some(&b'[') {
        memchr::memchr(b']', bytes)? + 1
    } else {
        bytes
            .iter()
            .position(|&byte| matches!(byte, b':' | b';' | b' ' | b'\t' | b'\r' | b'\n'))
            .unwrap_or(bytes.len())
    };
    Some((Host::parse(&bytes[..end])?, &bytes[end..]))
}
