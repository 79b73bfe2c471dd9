//! The carrier behind the trunk: what it makes of messages on their way, and how it tells keys.

use std::ops::RangeInclusive;
use std::time::Duration;

use bytes::Bytes;
use media::Digit;
use sip::{Command, DialogId, HeaderValue};

/// How long a registrar that counts in seconds grants a registration.
const SHORT: Duration = Duration::from_secs(20);
/// What stands beside a description: the beginning of an IAM (ITU-T Q.763), which is no text.
const ISUP: &[u8] = &[0x01, 0x00, 0x49, 0x00, 0x00, 0x03, 0x02, 0x00, 0xFF, 0x80];

/// How a carrier tells the keys of a telephone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keys {
    /// In the sound, by RFC 4733.
    #[default]
    InSound,
    /// By INFO with `application/dtmf-relay`.
    DtmfRelay,
    /// By INFO with `application/dtmf`.
    Dtmf,
}

/// What a carrier's messages carry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bodies {
    /// A session description.
    #[default]
    Description,
    /// `multipart/mixed`: a session description, and beside it ISUP that may be skipped.
    WithIsup,
}

/// What a carrier's registrar says that it holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Holds {
    /// The Contact that it was sent.
    #[default]
    WhatWasSent,
    /// Another one, which it sees instead, for a few seconds.
    AnotherForShort,
    /// The same, and beside it the Contact of somebody else, for an hour.
    SomebodyElsesToo,
}

/// What is special about a carrier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Carrier {
    /// How it tells keys.
    pub keys: Keys,
    /// What its messages carry.
    pub bodies: Bodies,
    /// What its registrar says.
    pub holds: Holds,
}

impl Carrier {
    /// How long its registrar grants a registration; `None` is as usual.
    pub(crate) const fn grants(self) -> Option<RangeInclusive<Duration>> {
        match self.holds {
            Holds::WhatWasSent => None,
            Holds::AnotherForShort | Holds::SomebodyElsesToo => Some(SHORT..=SHORT),
        }
    }

    /// A message of the trunk as it arrives.
    pub(crate) fn carries(self, bytes: Bytes) -> Bytes {
        self.holding(self.beside_isup(bytes))
    }

    fn beside_isup(self, bytes: Bytes) -> Bytes {
        match (self.bodies, Parts::of(&bytes)) {
            (Bodies::WithIsup, Some(parts)) if parts.kind() == Some("application/sdp") => {
                parts.with_isup()
            }
            (Bodies::WithIsup | Bodies::Description, _) => bytes,
        }
    }

    /// The 200 to a REGISTER names other Contacts than were sent.
    fn holding(self, bytes: Bytes) -> Bytes {
        let others = match self.holds {
            Holds::WhatWasSent => return bytes,
            Holds::AnotherForShort => "",
            Holds::SomebodyElsesToo => "Contact: <sip:office@203.0.113.77>;expires=3600\r\n",
        };
        let Some(parts) = Parts::of(&bytes).filter(Parts::grants_registration) else {
            return bytes;
        };
        let lines = parts.head.split_inclusive("\r\n");
        let head: String = lines
            .map(|line| match line.split_once(">;expires=") {
                Some((_, rest)) if line.starts_with("Contact:") => {
                    format!("{others}Contact: <sip:linka@203.0.113.9:1024>;expires={rest}")
                }
                Some(_) | None => line.to_owned(),
            })
            .collect();
        format!("{head}\r\n").into()
    }
}

/// The command that tells a key by INFO; `None` where keys are told in the sound.
pub(crate) fn key_by_info(keys: Keys, dialog: DialogId, digit: Digit) -> Option<Command> {
    let key = digit.as_char();
    let (content_type, body) = match keys {
        Keys::InSound => return None,
        Keys::DtmfRelay => (
            "application/dtmf-relay",
            format!("Signal={key}\r\nDuration=160\r\n"),
        ),
        Keys::Dtmf => ("application/dtmf", key.to_string()),
    };
    Some(Command::Info {
        dialog,
        content_type: HeaderValue::literal(content_type),
        body: body.into_bytes().into(),
    })
}

/// A message as it is on the wire: its lines, and what follows the empty one.
struct Parts<'a> {
    head: &'a str,
    body: &'a [u8],
}

impl<'a> Parts<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let ends = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 2;
        Some(Self {
            head: std::str::from_utf8(&bytes[..ends]).ok()?,
            body: &bytes[ends + 2..],
        })
    }

    fn value(&self, name: &str) -> Option<&'a str> {
        let lines = self.head.lines();
        let mut values = lines.filter_map(|line| line.split_once(": "));
        values.find(|(other, _)| *other == name).map(|it| it.1)
    }

    fn kind(&self) -> Option<&'a str> {
        self.value("Content-Type")
    }

    fn grants_registration(&self) -> bool {
        let cseq = self.value("CSeq");
        self.head.starts_with("SIP/2.0 200") && cseq.is_some_and(|it| it.ends_with(" REGISTER"))
    }

    fn with_isup(&self) -> Bytes {
        let mut body = b"--part\r\nContent-Type: application/sdp\r\n\r\n".to_vec();
        body.extend_from_slice(self.body);
        body.extend_from_slice(
            b"\r\n--part\r\nContent-Type: application/isup;version=itu-t92+\r\n\
              Content-Disposition: signal;handling=optional\r\n\r\n",
        );
        body.extend_from_slice(ISUP);
        body.extend_from_slice(b"\r\n--part--\r\n");
        let others = self.head.split_inclusive("\r\n").filter(|line| {
            !(line.starts_with("Content-Type:") || line.starts_with("Content-Length:"))
        });
        let head: String = others.collect();
        let length = body.len();
        let mut message = format!(
            "{head}Content-Type: multipart/mixed;boundary=part\r\nContent-Length: {length}\r\n\r\n"
        )
        .into_bytes();
        message.extend(body);
        message.into()
    }
}

/// A message between the exchange and its trunk where a proxy stands between: it challenges by 407 what the registrar
/// challenges by 401.
pub(crate) fn through_proxy(bytes: Bytes) -> Bytes {
    let about_it = bytes.starts_with(b"REGISTER") || bytes.starts_with(b"SIP/2.0 401");
    let Some(text) = std::str::from_utf8(&bytes).ok().filter(|_| about_it) else {
        return bytes;
    };
    text.replace(
        "SIP/2.0 401 Unauthorized",
        "SIP/2.0 407 Proxy Authentication Required",
    )
    .replace("WWW-Authenticate:", "Proxy-Authenticate:")
    .replace("Proxy-Authorization:", "Authorization:")
    .into()
}
