//! What a body carries: a session description, alone or as one part of several (RFC 5621).

use super::{Message, Value};
use crate::header::{MediaType, Name};
use crate::token::trim;
use bytes::Bytes;

/// The most parts of one body that are looked at.
const PARTS_MAX: usize = 16;
/// How deep parts may hold parts.
const DEPTH_MAX: usize = 3;

/// What was found in a body.
#[derive(Default)]
struct Found {
    description: Option<Bytes>,
    /// Something is there that must be understood and is not.
    demanded: bool,
}

/// A body, or a part of one, with the header fields that say what it is.
struct Part<'a> {
    content_type: Option<&'a [u8]>,
    disposition: Option<&'a [u8]>,
    /// A coding of its bytes that is not undone here.
    coded: bool,
    body: Bytes,
    depth: usize,
}

/// What the sender wants done with a part that is not understood (RFC 3261 §20.11).
#[derive(PartialEq, Eq)]
enum Handling {
    Optional,
    Required,
    Unsaid,
}

impl Message {
    /// The session description, without a copy: the body, or the first part of it that is one.
    /// Parts beside it are skipped. A body without a type counts when it begins like one.
    pub fn session_description(&self) -> Option<Bytes> {
        self.whole().find().description
    }

    /// Tells whether the body, or a part of it, must be understood and is not (RFC 3261 §8.2.3, RFC
    /// 5621 §8). A part that does not say how it is to be handled would have to be, but stands
    /// beside what was understood: nobody is refused for it.
    pub(crate) fn demands_an_unknown_body(&self) -> bool {
        let whole = self.whole();
        let optional = whole.handling() == Handling::Optional;
        let found = whole.find();
        let nothing =
            found.description.is_none() && !whole.body.is_empty() && !whole.is_multipart();
        found.demanded || (nothing && !optional)
    }

    /// Tells whether the sender leaves it to us what becomes of a body that is not understood.
    pub(crate) fn has_an_optional_body(&self) -> bool {
        self.whole().handling() == Handling::Optional
    }

    fn whole(&self) -> Part<'_> {
        Part {
            content_type: self.value(Name::ContentType).map(Value::bytes),
            disposition: self.value(Name::ContentDisposition).map(Value::bytes),
            coded: false,
            body: self.body(),
            depth: 0,
        }
    }
}

impl<'a> Part<'a> {
    fn media_type(&self) -> Option<MediaType<'a>> {
        MediaType::parse(Name::ContentType, Value::new(self.content_type?)).ok()
    }

    fn is_multipart(&self) -> bool {
        self.media_type()
            .is_some_and(|kind| kind.kind.eq_ignore_case(b"multipart"))
    }

    /// Tells whether it is the description of this session; one for early media (RFC 3959) is not.
    fn is_description(&self) -> bool {
        let described = match self.content_type {
            None => self.body.trim_ascii_start().starts_with(b"v=0"),
            Some(_) => self
                .media_type()
                .is_some_and(|kind| kind.is("application", "sdp")),
        };
        let early = self.disposition.is_some_and(|disposition| {
            let kind = disposition.split(|&byte| byte == b';').next();
            kind.is_some_and(|kind| trim(kind).eq_ignore_ascii_case(b"early-session"))
        });
        described && !early && !self.coded
    }

    fn handling(&self) -> Handling {
        let said = self.disposition.into_iter().find_map(|disposition| {
            let mut params = disposition.split(|&byte| byte == b';').skip(1);
            params.find_map(|param| {
                let equals = memchr::memchr(b'=', param)?;
                let same = trim(&param[..equals]).eq_ignore_ascii_case(b"handling");
                same.then(|| trim(&param[equals + 1..]))
            })
        });
        match said {
            Some(said) if said.eq_ignore_ascii_case(b"optional") => Handling::Optional,
            Some(said) if said.eq_ignore_ascii_case(b"required") => Handling::Required,
            Some(_) | None => Handling::Unsaid,
        }
    }

    fn find(&self) -> Found {
        if self.is_multipart() {
            return self.find_in_parts();
        }
        if self.is_description() && !self.body.is_empty() {
            return Found {
                description: Some(self.body.clone()),
                demanded: false,
            };
        }
        Found {
            description: None,
            demanded: self.depth > 0 && self.handling() == Handling::Required,
        }
    }

    fn find_in_parts(&self) -> Found {
        let mut found = Found::default();
        for part in self.parts() {
            let inside = part.find();
            found.description = found.description.or(inside.description);
            found.demanded |= inside.demanded;
        }
        // Of alternatives one is enough (RFC 2046 §5.1.4).
        let alternative = self
            .media_type()
            .is_some_and(|kind| kind.subtype.eq_ignore_case(b"alternative"));
        found.demanded &= !(alternative && found.description.is_some());
        found
    }

    /// The parts (RFC 2046 §5.1.1); none where no boundary can be told.
    fn parts(&self) -> Vec<Part<'_>> {
        let boundary = self
            .media_type()
            .and_then(|kind| kind.params.value(b"boundary"));
        let Some(boundary) = boundary.filter(|_| self.depth < DEPTH_MAX) else {
            return Vec::new();
        };
        let mut parts = Vec::new();
        let mut begun = None;
        let mut at = 0;
        while at < self.body.len() && parts.len() < PARTS_MAX {
            let rest = &self.body[at..];
            let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
            let delimiter = Delimiter::read(&rest[..length], boundary);
            if delimiter != Delimiter::None {
                if let Some(begin) = begun {
                    parts.push(self.part(begin, at));
                }
                begun = (delimiter == Delimiter::Next).then_some(at + length);
            }
            if delimiter == Delimiter::Last {
                break;
            }
            at += length;
        }
        // The last delimiter may be missing.
        if let Some(begin) = begun.filter(|_| parts.len() < PARTS_MAX) {
            parts.push(self.part(begin, self.body.len()));
        }
        parts
    }

    /// Reads a part that lies between two delimiters; the line end before the second one belongs to
    /// that.
    fn part(&self, begin: usize, end: usize) -> Part<'_> {
        let mut part = Part {
            content_type: None,
            disposition: None,
            coded: false,
            body: Bytes::new(),
            depth: self.depth + 1,
        };
        let bytes = self.body.get(begin..end).unwrap_or_default();
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        let mut at = 0;
        while at < bytes.len() {
            let (line, next) = header_line(bytes, at);
            at = next;
            if trim(line).is_empty() {
                break;
            }
            part.read_header(line);
        }
        part.body = self.body.slice_ref(bytes.get(at..).unwrap_or_default());
        part
    }
}

impl<'a> Part<'a> {
    fn read_header(&mut self, line: &'a [u8]) {
        let Some(colon) = memchr::memchr(b':', line) else {
            return;
        };
        let (name, value) = (trim(&line[..colon]), trim(&line[colon + 1..]));
        match Name::parse(name) {
            Some(Name::ContentType) => self.content_type = Some(value),
            Some(Name::ContentDisposition) => self.disposition = Some(value),
            Some(Name::ContentEncoding) => self.coded |= !value.eq_ignore_ascii_case(b"identity"),
            Some(Name::Other(name)) if name.eq_ignore_case(b"Content-Transfer-Encoding") => {
                let plain: [&[u8]; 3] = [b"binary", b"7bit", b"8bit"];
                self.coded |= !plain.iter().any(|plain| value.eq_ignore_ascii_case(plain));
            }
            Some(_) | None => {}
        }
    }
}

/// A header line with its continuations, and where the next one begins.
fn header_line(bytes: &[u8], from: usize) -> (&[u8], usize) {
    let mut end = from;
    loop {
        let rest = &bytes[end..];
        end += memchr::memchr(b'\n', rest).map_or(rest.len(), |line| line + 1);
        let blank = trim(&bytes[from..end]).is_empty();
        if blank || !matches!(bytes.get(end), Some(b' ' | b'\t')) {
            return (&bytes[from..end], end);
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Delimiter {
    None,
    Next,
    Last,
}

impl Delimiter {
    fn read(line: &[u8], boundary: &[u8]) -> Self {
        let Some(rest) = line
            .strip_prefix(b"--")
            .and_then(|rest| rest.strip_prefix(boundary))
        else {
            return Self::None;
        };
        match trim(rest) {
            b"" => Self::Next,
            b"--" => Self::Last,
            _ => Self::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SDP: &str = "v=0\r\nm=audio 4000 RTP/AVP 8\r\n";

    fn message(headers: &str, body: &str) -> Message {
        let text = format!(
            "INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\n\
             Call-ID: 1\r\nCSeq: 1 INVITE\r\n{headers}\r\n{body}"
        );
        Message::parse(text.into()).unwrap()
    }

    /// The description found, and whether something beside it must be understood.
    fn found(headers: &str, body: &str) -> (Option<String>, bool) {
        let message = message(headers, body);
        let text = |bytes: Bytes| String::from_utf8(bytes.to_vec()).unwrap();
        (
            message.session_description().map(text),
            message.demands_an_unknown_body(),
        )
    }

    fn multipart(kind: &str, parts: &[&str]) -> (Option<String>, bool) {
        let parts: String = parts
            .iter()
            .map(|part| format!("--x y\r\n{part}\r\n"))
            .collect();
        found(
            &format!("Content-Type: multipart/{kind};boundary=\"x y\"\r\n"),
            &format!("preamble\r\n{parts}--x y--\r\nepilogue"),
        )
    }

    fn sdp_part() -> String {
        format!("Content-Type: application/sdp\r\n\r\n{SDP}")
    }

    fn isup(disposition: &str) -> String {
        format!(
            "Content-Type: application/isup;version=itu-t92+\r\n{disposition}\r\n\u{1}\n--\n\u{0}"
        )
    }

    #[test]
    fn description_is_found_beside_what_is_optional() {
        let optional = isup("Content-Disposition: signal ; handling = Optional\r\n");
        let expected = (Some(SDP.to_owned()), false);

        assert_eq!(multipart("mixed", &[&sdp_part(), &optional]), expected);
        assert_eq!(multipart("mixed", &[&optional, &sdp_part()]), expected);
        assert_eq!(multipart("related", &[&isup(""), &sdp_part()]), expected);
        assert_eq!(
            multipart("mixed", &[&sdp_part(), "c: text/plain\r\n\r\nhello"]),
            expected
        );
    }

    #[test]
    fn what_must_be_understood_is_told() {
        let required = isup("Content-Disposition: signal;\r\n handling=required\r\n");

        assert!(multipart("mixed", &[&sdp_part(), &required]).1);
        assert!(!multipart("alternative", &[&required, &sdp_part()]).1);
        assert!(found("Content-Type: text/html\r\n", "<p>").1);
        assert!(
            !found(
                "Content-Type: text/html\r\nContent-Disposition: render;handling=optional\r\n",
                "<p>"
            )
            .1
        );
    }

    #[test]
    fn parts_in_parts_are_looked_into_as_deep_as_the_limit() {
        let wrap = |inner: &str, boundary: &str| {
            format!(
                "Content-Type: multipart/mixed;boundary={boundary}\r\n\r\n--{boundary}\r\n{inner}\r\n--{boundary}--"
            )
        };
        let two = wrap(&wrap(&sdp_part(), "b"), "a");
        let three = wrap(&two, "c");

        assert_eq!(multipart("mixed", &[&two]).0.as_deref(), Some(SDP));
        assert_eq!(multipart("mixed", &[&three]).0, None);
    }

    #[test]
    fn sloppy_parts_are_understood() {
        let head = "Content-Type: multipart/mixed;boundary=x\r\n";
        let unclosed = format!("--x\nContent-Type:application/SDP\n\n{SDP}");

        assert_eq!(
            found(head, &unclosed),
            (Some(SDP.trim_end().to_owned()), false)
        );
        assert_eq!(found("", SDP), (Some(SDP.to_owned()), false));
        assert_eq!(found("", ""), (None, false));
        assert_eq!(
            found("Content-Type: multipart/mixed\r\n", &unclosed),
            (None, false)
        );
    }

    #[test]
    fn a_description_for_early_media_or_in_a_coding_is_not_this_sessions() {
        let early = format!("Content-Disposition: early-session\r\n{}", sdp_part());
        let coded = format!("Content-Transfer-Encoding: base64\r\n{}", sdp_part());

        assert_eq!(multipart("mixed", &[&early]).0, None);
        assert_eq!(multipart("mixed", &[&coded]).0, None);
        assert_eq!(
            multipart("mixed", &[&early, &sdp_part()]).0.as_deref(),
            Some(SDP)
        );
    }
}
