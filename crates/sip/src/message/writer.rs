//! Writing messages. What is written holds no CR, LF or NUL that the grammar did not put there, by type.

use super::value::unfold;
use super::{Message, Value};
use crate::header::{CSeq, Name, Refresher, SessionExpires};
use crate::ids::{Branch, CallId, Tag};
use crate::token::Token;
use crate::uri::{Host, Uri};
use crate::{Method, Status};
use bytes::Bytes;
use std::fmt;
use std::net::SocketAddr;
use thiserror::Error;

/// CR, LF or NUL in what should become a header value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("CR, LF or NUL in a header value")]
pub struct ForbiddenByte;

/// A header value to be written: any bytes but CR, LF and NUL.
#[derive(Clone, PartialEq, Eq)]
pub struct HeaderValue(Bytes);

const fn is_forbidden(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n' | 0)
}

impl HeaderValue {
    /// Checks bytes that come from elsewhere.
    pub fn new(bytes: impl AsRef<[u8]>) -> Result<Self, ForbiddenByte> {
        let bytes = bytes.as_ref();
        if bytes.iter().any(|&byte| is_forbidden(byte)) {
            return Err(ForbiddenByte);
        }
        Ok(Self(Bytes::copy_from_slice(bytes)))
    }

    /// A value of our own words; a forbidden byte in it becomes a space.
    pub fn literal(text: &'static str) -> Self {
        Self::new(text).map_or_else(
            |_| Self::cleaned(text.as_bytes()),
            |_| Self(Bytes::from_static(text.as_bytes())),
        )
    }

    /// Option tags or methods as a comma list.
    pub fn list<'a>(tokens: impl IntoIterator<Item = Token<'a>>) -> Self {
        let mut text = Vec::new();
        for token in tokens {
            if !text.is_empty() {
                text.extend_from_slice(b", ");
            }
            text.extend_from_slice(token.bytes());
        }
        Self(text.into())
    }

    /// One element of Via: `SIP/2.0/transport sent-by;branch=…;rport`.
    pub fn via(transport: Token<'_>, host: Host<'_>, port: Option<u16>, branch: &Branch) -> Self {
        let mut text = b"SIP/2.0/".to_vec();
        text.extend_from_slice(transport.bytes());
        text.push(b' ');
        host.write(&mut text);
        if let Some(port) = port {
            text.extend_from_slice(format!(":{port}").as_bytes());
        }
        text.extend_from_slice(b";branch=");
        text.extend_from_slice(branch.bytes());
        text.extend_from_slice(b";rport");
        Self(text.into())
    }

    /// A name-addr with a quoted display name, which is left out when it is empty, and a tag.
    pub fn address(display: &str, uri: &Uri, tag: Option<&Tag>) -> Self {
        let mut text = Vec::new();
        if !display.is_empty() {
            text.push(b'"');
            for byte in display.bytes() {
                match byte {
                    b'"' | b'\\' => text.extend_from_slice(&[b'\\', byte]),
                    control if control.is_ascii_control() => text.push(b' '),
                    plain => text.push(plain),
                }
            }
            text.extend_from_slice(b"\" ");
        }
        text.push(b'<');
        text.extend_from_slice(uri.bytes());
        text.push(b'>');
        if let Some(tag) = tag {
            text.extend_from_slice(b";tag=");
            text.extend_from_slice(tag.bytes());
        }
        Self(text.into())
    }

    /// The same value with `;name=value` behind it.
    #[must_use]
    pub fn with_param(self, name: Token<'_>, value: Token<'_>) -> Self {
        let text = [&self.0[..], b";", name.bytes(), b"=", value.bytes()].concat();
        Self(text.into())
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Takes over text of this crate, of which the parts were checked.
    pub(crate) fn from_clean(text: Vec<u8>) -> Self {
        if text.iter().any(|&byte| is_forbidden(byte)) {
            Self::cleaned(&text)
        } else {
            Self(text.into())
        }
    }

    fn cleaned(bytes: &[u8]) -> Self {
        let mut text = Vec::with_capacity(bytes.len());
        push_clean(&mut text, Value::new(bytes));
        Self(text.into())
    }
}

/// Writes a received value: folds become a space, and so does a NUL (RFC 3261 lets one stand behind a backslash).
fn push_clean(out: &mut Vec<u8>, value: Value<'_>) {
    let begin = out.len();
    unfold(value.bytes(), |part| out.extend_from_slice(part));
    for byte in &mut out[begin..] {
        if is_forbidden(*byte) {
            *byte = b' ';
        }
    }
}

impl fmt::Debug for HeaderValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HeaderValue({} bytes)", self.0.len())
    }
}

impl From<u32> for HeaderValue {
    fn from(number: u32) -> Self {
        Self(number.to_string().into())
    }
}

impl From<Value<'_>> for HeaderValue {
    fn from(value: Value<'_>) -> Self {
        Self::cleaned(value.bytes())
    }
}

impl From<CSeq<'_>> for HeaderValue {
    fn from(cseq: CSeq<'_>) -> Self {
        Self(format!("{} {}", cseq.number, cseq.method.text()).into())
    }
}

impl From<&CallId> for HeaderValue {
    fn from(call_id: &CallId) -> Self {
        Self(Bytes::copy_from_slice(call_id.bytes()))
    }
}

impl From<Token<'_>> for HeaderValue {
    fn from(token: Token<'_>) -> Self {
        Self(Bytes::copy_from_slice(token.bytes()))
    }
}

impl From<SessionExpires> for HeaderValue {
    fn from(session: SessionExpires) -> Self {
        let refresher = match session.refresher {
            None => "",
            Some(Refresher::Uac) => ";refresher=uac",
            Some(Refresher::Uas) => ";refresher=uas",
        };
        Self(format!("{}{refresher}", session.seconds).into())
    }
}

/// The bytes of a usual message, to begin with.
const CAPACITY: usize = 1_024;

#[derive(Clone)]
struct Writer {
    out: Vec<u8>,
}

impl Writer {
    fn header(&mut self, name: Name<'_>, value: &[u8]) {
        self.out.extend_from_slice(name.bytes());
        self.out.extend_from_slice(b": ");
        self.out.extend_from_slice(value);
        self.out.extend_from_slice(b"\r\n");
    }

    fn copy(&mut self, name: Name<'_>, value: Value<'_>) {
        self.out.extend_from_slice(name.bytes());
        self.out.extend_from_slice(b": ");
        push_clean(&mut self.out, value);
        self.out.extend_from_slice(b"\r\n");
    }

    fn copy_all(&mut self, name: Name<'_>, message: &Message) {
        for value in message.values(name) {
            self.copy(name, value);
        }
    }

    fn body(mut self, content_type: Option<&HeaderValue>, body: &[u8]) -> Bytes {
        if let Some(content_type) = content_type {
            self.header(Name::ContentType, content_type.bytes());
        }
        self.header(Name::ContentLength, body.len().to_string().as_bytes());
        self.out.extend_from_slice(b"\r\n");
        self.out.extend_from_slice(body);
        self.out.into()
    }
}

macro_rules! writer_verbs {
    () => {
        /// Adds a header line.
        #[must_use]
        pub fn header(mut self, name: Name<'_>, value: impl Into<HeaderValue>) -> Self {
            self.writer.header(name, value.into().bytes());
            self
        }

        /// Copies every line of that name from a received message, in order.
        #[must_use]
        pub fn copy(mut self, name: Name<'_>, message: &Message) -> Self {
            self.writer.copy_all(name, message);
            self
        }

        /// Ends the message with a body; Content-Type and Content-Length are written here.
        pub fn body(self, content_type: &HeaderValue, body: &[u8]) -> Bytes {
            self.writer.body(Some(content_type), body)
        }

        /// Ends the message without a body.
        pub fn finish(self) -> Bytes {
            self.writer.body(None, b"")
        }
    };
}

/// Writes a request: start line, then headers in the order of the calls, then the body.
#[derive(Clone)]
pub struct RequestWriter {
    writer: Writer,
}

impl RequestWriter {
    /// Begins a request with its Request-Line.
    pub fn new(method: Method<'_>, uri: &Uri) -> Self {
        let mut out = Vec::with_capacity(CAPACITY);
        out.extend_from_slice(method.bytes());
        out.push(b' ');
        out.extend_from_slice(uri.bytes());
        out.extend_from_slice(b" SIP/2.0\r\n");
        Self {
            writer: Writer { out },
        }
    }

    writer_verbs!();
}

/// Writes a response.
#[derive(Clone)]
pub struct ResponseWriter {
    writer: Writer,
}

impl ResponseWriter {
    /// Begins the response to a request (RFC 3261 §8.2.6): status line, every Via, From, To,
    /// Call-ID, CSeq and, where it may make a dialog, Record-Route. With `source` the topmost Via
    /// tells where the request came from (RFC 3261 §18.2.1, RFC 3581 §4). `tag` is added to To
    /// unless it has one; 100 carries none.
    pub fn to(
        request: &Message,
        status: Status,
        tag: Option<&Tag>,
        source: Option<SocketAddr>,
    ) -> Self {
        let mut out = Vec::with_capacity(CAPACITY);
        out.extend_from_slice(
            format!("SIP/2.0 {} {}\r\n", status.code(), status.reason()).as_bytes(),
        );
        let mut writer = Writer { out };
        writer.vias(request, source);
        writer.copy_all(Name::From, request);
        writer.to(request, tag.filter(|_| status != Status::TRYING));
        writer.copy_all(Name::CallId, request);
        writer.copy_all(Name::CSeq, request);
        let makes_dialog = matches!(status.code(), 101..=299)
            && matches!(
                request.method(),
                Some(Method::Invite | Method::Subscribe | Method::Refer | Method::Notify)
            );
        if makes_dialog {
            writer.copy_all(Name::RecordRoute, request);
        }
        if status == Status::TRYING {
            writer.copy_all(Name::Timestamp, request);
        }
        Self { writer }
    }

    writer_verbs!();
}

impl Writer {
    fn vias(&mut self, request: &Message, source: Option<SocketAddr>) {
        let mut vias = request.elements(Name::Via);
        if let Some(top) = vias.next() {
            self.out.extend_from_slice(b"Via: ");
            self.top_via(top, source);
            self.out.extend_from_slice(b"\r\n");
        }
        for via in vias {
            self.copy(Name::Via, via);
        }
    }

    fn top_via(&mut self, top: Value<'_>, source: Option<SocketAddr>) {
        let (Some(source), Ok(via)) = (source, crate::header::Via::parse(top)) else {
            return push_clean(&mut self.out, top);
        };
        let params = via.params.bytes();
        let sent_by = &top.bytes()[..top.bytes().len() - params.len()];
        push_clean(&mut self.out, Value::new(sent_by));
        let asks_port = via.params.contains(b"rport");
        for param in via.params.iter() {
            if param.name.eq_ignore_ascii_case(b"rport")
                || param.name.eq_ignore_ascii_case(b"received")
            {
                continue;
            }
            self.param(param.name, param.value);
        }
        if asks_port || via.host.address() != Some(source.ip()) {
            self.out
                .extend_from_slice(format!(";received={}", source.ip()).as_bytes());
        }
        if asks_port {
            self.out
                .extend_from_slice(format!(";rport={}", source.port()).as_bytes());
        }
    }

    fn param(&mut self, name: &[u8], value: Option<&[u8]>) {
        self.out.push(b';');
        self.out.extend_from_slice(name);
        if let Some(value) = value {
            self.out.push(b'=');
            push_clean(&mut self.out, Value::new(value));
        }
    }

    fn to(&mut self, request: &Message, tag: Option<&Tag>) {
        let Some(to) = request.value(Name::To) else {
            return;
        };
        self.out.extend_from_slice(b"To: ");
        push_clean(&mut self.out, to);
        let tagged = request.to().is_ok_and(|to| to.params.contains(b"tag"));
        if let Some(tag) = tag.filter(|_| !tagged) {
            self.out.extend_from_slice(b";tag=");
            self.out.extend_from_slice(tag.bytes());
        }
        self.out.extend_from_slice(b"\r\n");
    }
}
