//! Keys in INFO (RFC 6086 §1): what telephones sent before RFC 4733, and some still send.

use std::fmt;

use crate::Message;
use crate::header::MediaType;
use crate::token::trim;

/// The bodies of INFO that are understood.
pub(crate) const ACCEPT: &str = "application/dtmf-relay, application/dtmf";
/// The bit of an event that is over (RFC 4733 §2.3.5).
const END: u8 = 0x80;
/// The bit behind it, which is sent as zero.
const RESERVED: u8 = 0x40;
/// The keys in the order of their numbers (RFC 4733 §3.2), which some telephones write instead.
const KEYS: &[u8; 16] = b"0123456789*#ABCD";

/// A pressed key: a digit, `*`, `#`, or A to D.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signal(u8);

impl Signal {
    /// The key as it is written on a telephone.
    pub fn as_char(self) -> char {
        self.0.into()
    }

    /// Tells whether an INFO with a body of that type may tell a key: one of `audio/telephone-event` has to hold one,
    /// since telephones write it in several ways.
    pub(crate) fn is_known(kind: &MediaType<'_>, body: &[u8]) -> bool {
        let is_text = kind.is("application", "dtmf-relay") || kind.is("application", "dtmf");
        is_text || is_event(kind) && (Event::parse(body).is_some() || Self::in_text(body).is_some())
    }

    /// The key that an INFO tells; none where it tells none. `application/dtmf-relay` has it in a
    /// line `Signal=5`, `application/dtmf` alone, `audio/telephone-event` like these or as one event of RFC 4733, which
    /// counts when it ends.
    pub(crate) fn of(info: &Message) -> Option<Self> {
        let kind = info.content_type().ok()??;
        let body = info.body();
        if !Self::is_known(&kind, &body) {
            return None;
        }
        match Event::parse(&body).filter(|_| is_event(&kind)) {
            Some(event) => event.pressed(),
            None => Self::in_text(&body),
        }
    }

    fn in_text(body: &[u8]) -> Option<Self> {
        let mut lines = body.split(|byte| matches!(byte, b'\r' | b'\n')).map(trim);
        let named = lines.clone().find_map(|line| {
            let equals = memchr::memchr(b'=', line)?;
            let same = trim(&line[..equals]).eq_ignore_ascii_case(b"signal");
            same.then(|| trim(&line[equals + 1..]))
        });
        named.or_else(|| lines.next()).and_then(Self::parse)
    }

    fn parse(text: &[u8]) -> Option<Self> {
        let key = match text {
            [key] => key.to_ascii_uppercase(),
            [b'1', unit @ b'0'..=b'5'] => KEYS[usize::from(10 + unit - b'0')],
            _ => return None,
        };
        KEYS.contains(&key).then_some(Self(key))
    }
}

fn is_event(kind: &MediaType<'_>) -> bool {
    kind.is("audio", "telephone-event")
}

/// An event of RFC 4733 §2.3 that is a key.
struct Event {
    key: Signal,
    flags: u8,
}

impl Event {
    fn parse(body: &[u8]) -> Option<Self> {
        let [code, flags, _, _] = body else {
            return None;
        };
        let key = KEYS.get(usize::from(*code)).copied().map(Signal)?;
        (flags & RESERVED == 0).then_some(Self { key, flags: *flags })
    }

    /// The key, once: it ends in one message only.
    fn pressed(self) -> Option<Signal> {
        (self.flags & END != 0).then_some(self.key)
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signal(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(content_type: &str, body: &str) -> Option<char> {
        let text = format!(
            "INFO sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\n\
             Call-ID: 1\r\nCSeq: 1 INFO\r\nContent-Type: {content_type}\r\n\r\n{body}"
        );
        Signal::of(&Message::parse(text.into()).unwrap()).map(Signal::as_char)
    }

    #[test]
    fn keys_are_read_as_telephones_write_them() {
        for (body, expected) in [
            ("Signal=5\r\nDuration=160\r\n", '5'),
            ("Duration = 160\nsignal= 5 \n", '5'),
            ("Signal=*\r\n", '*'),
            ("Signal=10\r\n", '*'),
            ("Signal=11", '#'),
            ("Signal=d\r\n", 'D'),
            ("7", '7'),
        ] {
            assert_eq!(
                key("application/dtmf-relay", body),
                Some(expected),
                "{body}"
            );
        }
        assert_eq!(key("Application/DTMF", "0\r\n"), Some('0'));
        assert_eq!(key("application/dtmf", "Signal=#"), Some('#'));
    }

    #[test]
    fn keys_of_telephone_event_are_read_where_they_are_clear() {
        let key = |body| key("audio/telephone-event", body);
        assert_eq!(key("5"), Some('5'));
        assert_eq!(key("Signal=*\r\nDuration=160\r\n"), Some('*'));
        // The event 5 as it ends, after 160 units; before it ends it is no press yet.
        assert_eq!(key("\u{5}\u{a}\0\u{50}"), None);
        let ended = |bytes: &'static [u8]| {
            let kind = b"Content-Type: audio/telephone-event\r\n";
            let head = b"INFO sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n\
                To: <sip:a@b>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 INFO\r\n";
            let text = [&head[..], kind, b"\r\n", bytes].concat();
            Signal::of(&Message::parse(text.into()).unwrap()).map(Signal::as_char)
        };
        assert_eq!(ended(&[11, 0x8a, 0, 160]), Some('#'));
        assert_eq!(ended(&[16, 0x8a, 0, 160]), None);
        assert_eq!(ended(&[11, 0xca, 0, 160]), None);
    }

    #[test]
    fn what_is_no_key_is_none() {
        for body in ["", "Signal=", "Signal=16", "Signal=!", "Duration=5", "55"] {
            assert_eq!(key("application/dtmf-relay", body), None, "{body}");
        }
        assert_eq!(key("text/plain", "5"), None);
    }
}
