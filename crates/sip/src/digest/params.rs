//! The grammar of challenges and credentials (RFC 3261 §25.1, RFC 7235).

use crate::header::{quoted_end, skip_lws};
use crate::message::Value;
use crate::token::{Token, is_lws, is_token};
use std::borrow::Cow;
use std::fmt;
use thiserror::Error;

/// The most parameters of one challenge or of one set of credentials.
const PARAMS_MAX: usize = 32;

/// A challenge or credentials that do not follow the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("malformed challenge or credentials")]
pub struct AuthError;

/// A challenge or credentials: a scheme and parameters.
#[derive(Clone)]
pub struct AuthParams<'a> {
    scheme: Token<'a>,
    params: Vec<(&'a [u8], Cow<'a, [u8]>)>,
}

impl<'a> AuthParams<'a> {
    /// Reads the whole value of WWW-Authenticate, Proxy-Authenticate, Authorization or Proxy-Authorization. The same
    /// parameter twice is malformed.
    pub fn parse(value: Value<'a>) -> Result<Self, AuthError> {
        Self::read(value.bytes()).ok_or(AuthError)
    }

    fn read(bytes: &'a [u8]) -> Option<Self> {
        let end = bytes.iter().position(|&byte| is_lws(byte))?;
        let scheme = Token::new(&bytes[..end])?;
        let mut params: Vec<(&[u8], Cow<'_, [u8]>)> = Vec::new();
        let mut rest = skip_separators(&bytes[end..]);
        while !rest.is_empty() {
            let (name, value, after) = read_param(rest)?;
            let again = params
                .iter()
                .any(|(other, _)| other.eq_ignore_ascii_case(name));
            if again || params.len() == PARAMS_MAX {
                return None;
            }
            params.push((name, value));
            rest = next_param(after)?;
        }
        (!params.is_empty()).then_some(Self { scheme, params })
    }

    /// Tells whether the scheme is Digest.
    pub const fn is_digest(&self) -> bool {
        self.scheme.eq_ignore_case(b"Digest")
    }

    /// The value of a parameter, without quotes and escapes.
    pub fn value(&self, name: &str) -> Option<&[u8]> {
        let found = self
            .params
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name.as_bytes()));
        found.map(|(_, value)| &**value)
    }
}

impl fmt::Debug for AuthParams<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuthParams({} parameters)", self.params.len())
    }
}

/// A parameter may be followed by a comma or by the end.
fn next_param(after: &[u8]) -> Option<&[u8]> {
    let after = skip_lws(after);
    match after.first() {
        None => Some(after),
        Some(b',') => Some(skip_separators(after)),
        Some(_) => None,
    }
}

fn skip_separators(bytes: &[u8]) -> &[u8] {
    let start = bytes
        .iter()
        .position(|&byte| !is_lws(byte) && byte != b',')
        .unwrap_or(bytes.len());
    &bytes[start..]
}

type Read<'a> = (&'a [u8], Cow<'a, [u8]>, &'a [u8]);

fn read_param(bytes: &[u8]) -> Option<Read<'_>> {
    let end = bytes
        .iter()
        .position(|&byte| !is_token(byte))
        .filter(|end| *end > 0)?;
    let (name, rest) = bytes.split_at(end);
    let rest = skip_lws(skip_lws(rest).strip_prefix(b"=")?);
    if rest.first() == Some(&b'"') {
        let (quoted, rest) = rest.split_at_checked(quoted_end(rest)?)?;
        return Some((name, unescape(&quoted[1..quoted.len() - 1]), rest));
    }
    let plain = |byte: u8| byte > b' ' && !matches!(byte, b',' | b'"' | 0x7f);
    let end = rest
        .iter()
        .position(|&byte| !plain(byte))
        .unwrap_or(rest.len());
    let (value, rest) = rest.split_at(end);
    (end > 0).then_some((name, Cow::Borrowed(value), rest))
}

/// Takes the backslashes out of the inside of a quoted string.
fn unescape(inside: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\\', inside).is_none() {
        return Cow::Borrowed(inside);
    }
    let mut escaped = false;
    let plain = inside.iter().copied().filter(|&byte| {
        escaped = byte == b'\\' && !escaped;
        !escaped
    });
    Cow::Owned(plain.collect())
}

/// Writes a quoted string; CR, LF and NUL become a space.
pub(super) fn quote(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for &byte in bytes {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\r' | b'\n' | 0 => out.push(b' '),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}
