//! Tokens of RFC 3261 §25.1 and the character classes that the parsers share.

use std::fmt;

const TOKEN: u8 = 1;
const LWS: u8 = 2;
const URI: u8 = 4;
const HOST: u8 = 8;
const CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        if (byte as u8).is_ascii_alphanumeric() {
            table[byte] |= TOKEN | HOST;
        }
        if byte > b' ' as usize && !matches!(byte as u8, b'<' | b'>' | b'"' | 0x7f) {
            table[byte] |= URI;
        }
        byte += 1;
    }
    let marks = b"-.!%*_+`'~";
    let mut mark = 0;
    while mark < marks.len() {
        table[marks[mark] as usize] |= TOKEN;
        mark += 1;
    }
    table[b'-' as usize] |= HOST;
    table[b'.' as usize] |= HOST;
    table[b'_' as usize] |= HOST;
    table[b' ' as usize] |= LWS;
    table[b'\t' as usize] |= LWS;
    table[b'\r' as usize] |= LWS;
    table[b'\n' as usize] |= LWS;
    table
}

/// Tells whether the byte may stand in a token.
pub(crate) const fn is_token(byte: u8) -> bool {
    CLASSES[byte as usize] & TOKEN != 0
}

/// Tells whether the byte is linear white space. CR and LF count, because the index lets them into a value only where
/// a line was folded.
pub(crate) const fn is_lws(byte: u8) -> bool {
    CLASSES[byte as usize] & LWS != 0
}

/// Tells whether the byte may stand in a URI: no control, no white space, no delimiter of the places where URIs stand.
/// Bytes above ASCII are tolerated.
pub(crate) const fn is_uri(byte: u8) -> bool {
    CLASSES[byte as usize] & URI != 0
}

/// Tells whether the byte may stand in a host name: letters, digits, `-`, `.` and, as phones write it, `_`.
pub(crate) const fn is_host(byte: u8) -> bool {
    CLASSES[byte as usize] & HOST != 0
}

/// Cuts linear white space from both ends.
pub(crate) fn trim(bytes: &[u8]) -> &[u8] {
    let Some(start) = bytes.iter().position(|&byte| !is_lws(byte)) else {
        return &[];
    };
    let end = bytes
        .iter()
        .rposition(|&byte| !is_lws(byte))
        .map_or(start, |last| last + 1);
    &bytes[start..end]
}

/// Reads a decimal number that must fill the slice: digits only, no sign, no overflow.
pub(crate) fn decimal(bytes: &[u8]) -> Option<u64> {
    if bytes.is_empty() {
        return None;
    }
    bytes.iter().try_fold(0_u64, |number, &byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

/// Reads a decimal number that fits in a `u32`.
pub(crate) fn decimal_u32(bytes: &[u8]) -> Option<u32> {
    decimal(bytes).and_then(|number| u32::try_from(number).ok())
}

/// A token (RFC 3261 §25.1): one or more letters, digits and the marks ``-.!%*_+`'~``.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token<'a>(&'a [u8]);

impl<'a> Token<'a> {
    /// Checks that the bytes are a token.
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        (!bytes.is_empty() && bytes.iter().all(|&byte| is_token(byte))).then_some(Self(bytes))
    }

    /// The bytes of the token.
    pub const fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// The token as text; a token is always ASCII.
    pub fn text(self) -> &'a str {
        str::from_utf8(self.0).unwrap_or_default()
    }

    /// Compares without regard to ASCII case.
    pub const fn eq_ignore_case(self, other: &[u8]) -> bool {
        self.0.eq_ignore_ascii_case(other)
    }
}

impl fmt::Debug for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_number_never_wraps() {
        assert_eq!(decimal(b"18446744073709551615"), Some(u64::MAX));
        assert_eq!(decimal(b"18446744073709551616"), None);
        assert_eq!(decimal(b"-1"), None);
        assert_eq!(decimal(b"+1"), None);
        assert_eq!(decimal(b""), None);
        assert_eq!(decimal_u32(b"4294967296"), None);
    }

    #[test]
    fn white_space_is_cut_from_both_ends() {
        assert_eq!(trim(b" \r\n\ta b\t "), b"a b");
        assert_eq!(trim(b" \t"), b"");
    }

    #[test]
    fn a_token_holds_no_separator() {
        assert!(Token::new(b"!interesting-Method0123456789_*+`.%indeed'~").is_some());
        for bad in [&b""[..], b"a b", b"a:b", b"a\0", b"a@b", b"\xe9"] {
            assert!(Token::new(bad).is_none());
        }
    }
}
