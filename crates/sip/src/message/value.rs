//! A header value as it came from the network.

use crate::token::{is_lws, trim};
use std::borrow::Cow;
use std::fmt;

/// A header value, or one element of a comma list, as it came from the network: any bytes, cut of white space at both
/// ends. Where the line was folded it still holds the CRLF of the fold; all typed views read that as white space.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Value<'a>(&'a [u8]);

impl<'a> Value<'a> {
    /// Wraps bytes as a value and cuts white space from both ends.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(trim(bytes))
    }

    /// The bytes, folds included.
    pub const fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// Tells whether nothing is there.
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// The bytes with each fold and the white space around it replaced by one space (RFC 3261 §7.3.1).
    pub fn unfolded(self) -> Cow<'a, [u8]> {
        if memchr::memchr2(b'\r', b'\n', self.0).is_none() {
            return Cow::Borrowed(self.0);
        }
        let mut line = Vec::with_capacity(self.0.len());
        unfold(self.0, |part| line.extend_from_slice(part));
        Cow::Owned(line)
    }

    /// The value as text with folds taken out; none when it is not UTF-8.
    pub fn text(self) -> Option<Cow<'a, str>> {
        match self.unfolded() {
            Cow::Borrowed(bytes) => str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
        }
    }

    /// Compares with a token without regard to ASCII case.
    pub const fn eq_ignore_case(self, other: &[u8]) -> bool {
        self.0.eq_ignore_ascii_case(other)
    }

    /// The elements of a comma list in this one value (RFC 3261 §7.3.1).
    pub const fn elements(self) -> Elements<'a> {
        Elements { rest: self.0 }
    }
}

/// Hands over the parts of a folded value, with one space in place of each fold.
pub(crate) fn unfold<'a>(mut rest: &'a [u8], mut part: impl FnMut(&'a [u8])) {
    while let Some(fold) = memchr::memchr2(b'\r', b'\n', rest) {
        let (before, after) = rest.split_at(fold);
        part(trim_end(before));
        part(b" ");
        let next = after
            .iter()
            .position(|&byte| !is_lws(byte))
            .unwrap_or(after.len());
        rest = &after[next..];
    }
    part(rest);
}

fn trim_end(bytes: &[u8]) -> &[u8] {
    let end = bytes
        .iter()
        .rposition(|&byte| !is_lws(byte))
        .map_or(0, |last| last + 1);
    &bytes[..end]
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Value({} bytes)", self.0.len())
    }
}

/// The elements of a comma list. Commas in quotes and in angle brackets do not split; empty elements are left out.
#[derive(Clone)]
pub struct Elements<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Elements<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        while !self.rest.is_empty() {
            let end = element_end(self.rest);
            let element = Value::new(&self.rest[..end]);
            self.rest = self.rest.get(end + 1..).unwrap_or_default();
            if !element.is_empty() {
                return Some(element);
            }
        }
        None
    }
}

/// Finds the comma that ends the first element, or the end of the list.
fn element_end(list: &[u8]) -> usize {
    let (mut quoted, mut bracketed, mut escaped) = (false, false, false);
    for (at, &byte) in list.iter().enumerate() {
        if escaped {
            escaped = false;
            continue;
        }
        match byte {
            b'\\' if quoted => escaped = true,
            b'"' if !bracketed => quoted = !quoted,
            b'<' if !quoted => bracketed = true,
            b'>' if !quoted => bracketed = false,
            b',' if !quoted && !bracketed => return at,
            _ => {}
        }
    }
    list.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elements(list: &[u8]) -> Vec<&[u8]> {
        Value::new(list).elements().map(Value::bytes).collect()
    }

    #[test]
    fn commas_in_quotes_and_brackets_do_not_split() {
        assert_eq!(
            elements(br#""A, \", B" <sip:a,b@x;p=1>;q="1,2" , <sip:c@x>"#),
            [&br#""A, \", B" <sip:a,b@x;p=1>;q="1,2""#[..], b"<sip:c@x>"]
        );
    }

    #[test]
    fn empty_elements_are_left_out() {
        assert_eq!(elements(b",a,, b,"), [&b"a"[..], b"b"]);
        assert!(elements(b"").is_empty());
        assert!(elements(b" , ,").is_empty());
    }

    #[test]
    fn a_fold_becomes_one_space() {
        assert_eq!(&*Value::new(b"a  \r\n\t  b\r\n c").unfolded(), b"a b c");
        assert_eq!(&*Value::new(b"a  b").unfolded(), b"a  b");
    }

    #[test]
    fn nothing_of_a_value_is_printed() {
        assert_eq!(
            format!("{:?}", Value::new(b"+420601000017")),
            "Value(13 bytes)"
        );
    }
}
