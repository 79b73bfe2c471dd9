//! The index of a message: one pass over the head, positions only.

use super::error::Fault;
use crate::Status;
use crate::header::{HeaderError, Known, Name};
use crate::limits::{HEADERS_MAX, LINE_BYTES_MAX};
use crate::token::{decimal, is_lws, is_token, is_uri};

/// A range of the message. `u16` is enough, since a message has at most 65,535 bytes.
#[derive(Clone, Copy, Default)]
pub(super) struct Span {
    start: u16,
    end: u16,
}

impl Span {
    /// Makes a span; positions beyond the largest message are cut there.
    pub(super) fn new(start: usize, end: usize) -> Self {
        let cut = |at: usize| u16::try_from(at).unwrap_or(u16::MAX);
        Self {
            start: cut(start),
            end: cut(end),
        }
    }

    pub(super) fn of(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.range()).unwrap_or_default()
    }

    pub(super) fn range(self) -> std::ops::Range<usize> {
        usize::from(self.start)..usize::from(self.end)
    }
}

/// One header line.
#[derive(Clone, Copy)]
pub(super) struct Line {
    pub(super) known: Known,
    pub(super) name: Span,
    pub(super) value: Span,
}

#[derive(Clone, Copy)]
pub(super) enum StartLine {
    Request { method: Span, uri: Span },
    Response { status: Status, reason: Span },
}

const NO_LINE: Line = Line {
    known: Known::Other,
    name: Span { start: 0, end: 0 },
    value: Span { start: 0, end: 0 },
};
const KNOWN_NAMES: usize = Known::Other as usize;
const UNSEEN: u8 = u8::MAX;

/// What one pass over the head found. With a fault the lines are those that could be read.
pub(super) struct Head {
    pub(super) start: StartLine,
    lines: [Line; HEADERS_MAX],
    count: usize,
    first: [u8; KNOWN_NAMES],
    /// Where the body begins.
    pub(super) end: usize,
    pub(super) fault: Option<Fault>,
}

impl Head {
    /// Reads a head. Fails when not even a start line can be told.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Fault> {
        let begin = bytes
            .iter()
            .position(|&byte| byte != b'\r' && byte != b'\n')
            .ok_or(Fault::Empty)?;
        let (start_end, broken) = match line_end(bytes, begin) {
            Ok(end) => (end, None),
            Err(fault) => return Err(fault),
        };
        let (start, bad_start) = read_start(bytes, begin, start_end)?;
        let mut head = Self {
            start,
            lines: [NO_LINE; HEADERS_MAX],
            count: 0,
            first: [UNSEEN; KNOWN_NAMES],
            end: start_end + 2,
            fault: broken.or(bad_start),
        };
        if let Err(fault) = head.read_lines(bytes) {
            head.note(fault);
            head.end = bytes.len();
        }
        Ok(head)
    }

    pub(super) fn lines(&self) -> &[Line] {
        &self.lines[..self.count]
    }

    /// The first value of a known header.
    pub(super) fn value<'a>(&self, bytes: &'a [u8], known: Known) -> Option<&'a [u8]> {
        let line = self
            .lines
            .get(usize::from(*self.first.get(known as usize)?))?;
        Some(line.value.of(bytes))
    }

    /// The number that Content-Length gives.
    pub(super) fn content_length(&self, bytes: &[u8]) -> Result<Option<u64>, HeaderError> {
        let Some(value) = self.value(bytes, Known::ContentLength) else {
            return Ok(None);
        };
        decimal(value)
            .map(Some)
            .ok_or(HeaderError::malformed(Name::ContentLength))
    }

    /// Keeps the first fault.
    fn note(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }

    fn read_lines(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        loop {
            let at = self.end;
            match bytes.get(at..) {
                Some([b'\r', b'\n', ..]) => {
                    self.end = at + 2;
                    return Ok(());
                }
                Some([_, ..]) => {}
                Some([]) | None => return Err(Fault::HeadTruncated),
            }
            let end = folded_end(bytes, at)?;
            self.end = end + 2;
            if end - at > LINE_BYTES_MAX {
                self.note(Fault::LineTooLong);
                continue;
            }
            // A line that has no name is no header: nobody asks for it.
            if let Some(line) = read_line(bytes, at, end) {
                self.push(bytes, line)?;
            }
        }
    }

    fn push(&mut self, bytes: &[u8], line: Line) -> Result<(), Fault> {
        let slot = self
            .lines
            .get_mut(self.count)
            .ok_or(Fault::TooManyHeaders)?;
        *slot = line;
        if let Some(first) = self.first.get_mut(line.known as usize) {
            if *first == UNSEEN {
                *first = u8::try_from(self.count).unwrap_or(UNSEEN);
            } else if is_single(line.known) {
                let earlier = self.lines[usize::from(*first)].value.of(bytes);
                if earlier != line.value.of(bytes) {
                    self.note(Fault::Differing(line.known.text()));
                }
            }
        }
        self.count += 1;
        Ok(())
    }
}

/// Headers that change what a message means and may stand once (RFC 3261 §7.3.1).
const fn is_single(known: Known) -> bool {
    matches!(
        known,
        Known::CallId
            | Known::ContentLength
            | Known::ContentType
            | Known::CSeq
            | Known::Event
            | Known::Expires
            | Known::From
            | Known::MaxForwards
            | Known::MinExpires
            | Known::MinSe
            | Known::RAck
            | Known::RSeq
            | Known::ReferTo
            | Known::Replaces
            | Known::SessionExpires
            | Known::To
    )
}

/// Finds the CR that ends the line; a bare CR or LF is a fault.
fn line_end(bytes: &[u8], from: usize) -> Result<usize, Fault> {
    let rest = bytes.get(from..).unwrap_or_default();
    let at = memchr::memchr2(b'\r', b'\n', rest).ok_or(Fault::HeadTruncated)?;
    match rest.get(at..at + 2) {
        Some(b"\r\n") => Ok(from + at),
        Some(_) => Err(Fault::BareLineBreak),
        None if rest[at] == b'\n' => Err(Fault::BareLineBreak),
        None => Err(Fault::HeadTruncated),
    }
}

/// Finds the end of a header line with all its continuations.
fn folded_end(bytes: &[u8], from: usize) -> Result<usize, Fault> {
    let mut end = line_end(bytes, from)?;
    while matches!(bytes.get(end + 2), Some(b' ' | b'\t')) {
        end = line_end(bytes, end + 2)?;
    }
    Ok(end)
}

fn read_line(bytes: &[u8], start: usize, end: usize) -> Option<Line> {
    let line = &bytes[start..end];
    let name = line.iter().position(|&byte| !is_token(byte))?;
    let gap = line[name..]
        .iter()
        .position(|&byte| byte != b' ' && byte != b'\t')?;
    let colon = name + gap;
    if name == 0 || line[colon] != b':' {
        return None;
    }
    let value = &line[colon + 1..];
    let before = value
        .iter()
        .position(|&byte| !is_lws(byte))
        .unwrap_or(value.len());
    let after = value
        .iter()
        .rposition(|&byte| !is_lws(byte))
        .map_or(before, |last| last + 1);
    let offset = start + colon + 1;
    Some(Line {
        known: Known::find(&line[..name]),
        name: Span::new(start, start + name),
        value: Span::new(offset + before, offset + after),
    })
}

/// Reads the start line. A fault beside it means that it can be answered but not used.
fn read_start(bytes: &[u8], start: usize, end: usize) -> Result<(StartLine, Option<Fault>), Fault> {
    let line = &bytes[start..end];
    if line.len() > LINE_BYTES_MAX {
        return Err(Fault::LineTooLong);
    }
    if line
        .get(..4)
        .is_some_and(|begin| begin.eq_ignore_ascii_case(b"SIP/"))
    {
        return read_status_line(line, start).map(|start| (start, None));
    }
    read_request_line(line, start)
}

/// `SIP-Version SP Status-Code SP Reason-Phrase` (RFC 3261 §7.2). The phrase may be any bytes or be left out.
fn read_status_line(line: &[u8], offset: usize) -> Result<StartLine, Fault> {
    let (version, rest) = line.split_at_checked(7).ok_or(Fault::StartLine)?;
    if !version.eq_ignore_ascii_case(b"SIP/2.0") {
        return Err(Fault::Version);
    }
    let code = rest
        .strip_prefix(b" ")
        .and_then(|rest| rest.get(..3))
        .ok_or(Fault::StartLine)?;
    let status = decimal(code)
        .and_then(|code| Status::new(u16::try_from(code).ok()?))
        .ok_or(Fault::StartLine)?;
    if !matches!(rest.get(4), None | Some(b' ')) {
        return Err(Fault::StartLine);
    }
    let reason = (7 + 5).min(line.len());
    Ok(StartLine::Response {
        status,
        reason: Span::new(offset + reason, offset + line.len()),
    })
}

/// `Method SP Request-URI SP SIP-Version` (RFC 3261 §7.1), with exactly one space at both places.
fn read_request_line(line: &[u8], offset: usize) -> Result<(StartLine, Option<Fault>), Fault> {
    let space = memchr::memchr(b' ', line).ok_or(Fault::StartLine)?;
    if space == 0 || !line[..space].iter().all(|&byte| is_token(byte)) {
        return Err(Fault::StartLine);
    }
    let last = memchr::memrchr(b' ', line).unwrap_or(space);
    let (uri_start, uri_end) = if last > space {
        (space + 1, last)
    } else {
        (line.len(), line.len())
    };
    let uri = &line[uri_start..uri_end];
    let version = &line[last + 1..];
    let fault = if !version.eq_ignore_ascii_case(b"SIP/2.0") {
        Some(if is_version(version) {
            Fault::Version
        } else {
            Fault::StartLine
        })
    } else {
        let sound = !uri.is_empty() && uri.iter().all(|&byte| is_uri(byte));
        (!sound).then_some(Fault::StartLine)
    };
    let method = Span::new(offset, offset + space);
    Ok((
        StartLine::Request {
            method,
            uri: Span::new(offset + uri_start, offset + uri_end),
        },
        fault,
    ))
}

fn is_version(bytes: &[u8]) -> bool {
    let number = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    let Some((b"SIP/", rest)) = bytes.split_at_checked(4) else {
        return false;
    };
    let Some(dot) = memchr::memchr(b'.', rest) else {
        return false;
    };
    number(&rest[..dot]) && number(&rest[dot + 1..])
}
