//! Parameters behind semicolons, of headers and of URIs.

use crate::token::{is_lws, is_token, trim};
use std::fmt;

/// One parameter. The value of a quoted string keeps its quotes; [`Param::unquoted`] takes them off.
#[derive(Clone, Copy)]
pub struct Param<'a> {
    /// The name as it stands.
    pub name: &'a [u8],
    /// The value, if there is one.
    pub value: Option<&'a [u8]>,
}

impl<'a> Param<'a> {
    /// The value without the quotes of a quoted string; escapes in it stay.
    pub fn unquoted(self) -> Option<&'a [u8]> {
        self.value.map(unquote)
    }
}

/// Takes the quotes off a quoted string; anything else stays as it is.
pub(crate) fn unquote(value: &[u8]) -> &[u8] {
    value
        .strip_prefix(b"\"")
        .and_then(|rest| rest.strip_suffix(b"\""))
        .unwrap_or(value)
}

/// A list of parameters, checked as a whole when it was read.
#[derive(Clone, Copy)]
pub struct Params<'a>(&'a [u8]);

impl<'a> Params<'a> {
    /// No parameter.
    pub(crate) const NONE: Self = Self(b"");

    /// Reads `*( SEMI name [ EQUAL value ] )` of a header that fills the slice.
    pub(crate) fn of_header(raw: &'a [u8]) -> Option<Self> {
        let mut walk = Walk(raw);
        while walk.step()?.is_some() {}
        Some(Self(raw))
    }

    /// Reads the parameters of a URI: no white space, no quotes, and names of a wider alphabet.
    pub(crate) fn of_uri(raw: &'a [u8]) -> Option<Self> {
        let sound = raw.is_empty() || raw[1..].split(|&byte| byte == b';').all(is_uri_param);
        sound.then_some(Self(raw))
    }

    /// The parameters in order.
    pub fn iter(self) -> impl Iterator<Item = Param<'a>> {
        let mut walk = Walk(self.0);
        std::iter::from_fn(move || walk.step().flatten())
    }

    /// The first parameter of that name, compared without regard to case.
    pub fn find(self, name: &[u8]) -> Option<Param<'a>> {
        self.iter()
            .find(|param| param.name.eq_ignore_ascii_case(name))
    }

    /// The value of the first parameter of that name, without quotes; none when it is absent or has no value.
    pub fn value(self, name: &[u8]) -> Option<&'a [u8]> {
        self.find(name).and_then(Param::unquoted)
    }

    /// Tells whether there is a parameter of that name.
    pub fn contains(self, name: &[u8]) -> bool {
        self.find(name).is_some()
    }

    /// All the bytes, from the first semicolon.
    pub const fn bytes(self) -> &'a [u8] {
        self.0
    }
}

impl fmt::Debug for Params<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Params({} bytes)", self.0.len())
    }
}

fn is_uri_param(param: &[u8]) -> bool {
    let (name, value) = match memchr::memchr(b'=', param) {
        Some(at) => (&param[..at], &param[at + 1..]),
        None => (param, &b"-"[..]),
    };
    let plain =
        |byte: &u8| *byte > b' ' && !matches!(byte, b'"' | b'<' | b'>' | b'@' | b',' | b'=' | 0x7f);
    !name.is_empty() && !value.is_empty() && name.iter().all(plain) && value.iter().all(plain)
}

/// Walks over parameters: `Some(None)` at the end, `None` where the grammar is broken.
struct Walk<'a>(&'a [u8]);

impl<'a> Walk<'a> {
    fn step(&mut self) -> Option<Option<Param<'a>>> {
        let rest = skip_lws(self.0);
        let Some((first, rest)) = rest.split_first() else {
            return Some(None);
        };
        if *first != b';' {
            return None;
        }
        let rest = skip_lws(rest);
        let end = rest
            .iter()
            .position(|&byte| !is_name(byte))
            .unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        if name.is_empty() {
            return None;
        }
        let Some(after_equal) = skip_lws(after).strip_prefix(b"=") else {
            self.0 = after;
            return Some(Some(Param { name, value: None }));
        };
        let after_equal = skip_lws(after_equal);
        if matches!(after_equal.first(), None | Some(b';')) {
            // Some write `rport=` for `rport` (RFC 3581 §3).
            self.0 = after_equal;
            return Some(Some(Param { name, value: None }));
        }
        let end = value_end(after_equal)?;
        let (value, after) = after_equal.split_at(end);
        self.0 = after;
        Some(Some(Param {
            name,
            value: Some(value),
        }))
    }
}

/// Names of URI parameters hold more than tokens do; the wider alphabet is harmless in headers.
const fn is_name(byte: u8) -> bool {
    is_token(byte)
        || byte >= 0x80
        || matches!(byte, b'[' | b']' | b'/' | b':' | b'&' | b'$' | b'(' | b')')
}

fn value_end(rest: &[u8]) -> Option<usize> {
    if rest.first() == Some(&b'"') {
        return quoted_end(rest);
    }
    let stop = |byte: u8| {
        is_lws(byte) || byte < b' ' || matches!(byte, b';' | b',' | b'"' | b'<' | b'>' | 0x7f)
    };
    let end = rest
        .iter()
        .position(|&byte| stop(byte))
        .unwrap_or(rest.len());
    (end > 0).then_some(end)
}

/// Finds the end of the quoted string that begins the slice, behind its closing quote.
pub(crate) fn quoted_end(bytes: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// Cuts white space from the begin.
pub(crate) fn skip_lws(bytes: &[u8]) -> &[u8] {
    let start = bytes
        .iter()
        .position(|&byte| !is_lws(byte))
        .unwrap_or(bytes.len());
    &bytes[start..]
}

/// Splits a value in front of its parameters, outside quotes and brackets.
pub(crate) fn split_params(bytes: &[u8]) -> (&[u8], &[u8]) {
    let at = memchr::memchr(b';', bytes).unwrap_or(bytes.len());
    let (head, params) = bytes.split_at(at);
    (trim(head), params)
}
