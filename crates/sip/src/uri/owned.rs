//! URIs that own their bytes, and the builder of our own.

use super::{Host, UriError, UriRef};
use crate::header::Params;
use bytes::Bytes;
use std::fmt;

/// A URI that owns its bytes. It was read once, so it holds no white space, control or angle bracket.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Uri(Bytes);

impl Uri {
    /// Reads a URI that fills the text.
    pub fn parse(text: impl AsRef<[u8]>) -> Result<Self, UriError> {
        UriRef::parse(text.as_ref()).map(|uri| uri.to_uri())
    }

    /// Begins a `sip:` URI.
    pub fn sip(host: Host<'_>) -> UriBuilder {
        UriBuilder::new(b"sip:", host)
    }

    pub(super) fn of(uri: &UriRef<'_>) -> Self {
        Self(Bytes::copy_from_slice(uri.bytes()))
    }

    /// A view of its parts.
    pub fn view(&self) -> UriRef<'_> {
        const ROOT: &[u8] = b"x:-";
        UriRef::parse(&self.0)
            .or_else(|_| UriRef::parse(ROOT))
            .unwrap_or(UriRef {
                raw: ROOT,
                scheme: super::Scheme::Other,
                rest: b"-",
                user: None,
                host: None,
                port: None,
                params: Params::NONE,
                headers: b"",
            })
    }

    /// All its bytes. It reveals whom it names.
    pub const fn bytes(&self) -> &Bytes {
        &self.0
    }

    /// Tells whether both address the same resource (RFC 3261 §19.1.4).
    pub fn equivalent(&self, other: &Self) -> bool {
        self.view().equivalent(&other.view())
    }
}

impl fmt::Debug for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.view().fmt(f)
    }
}

/// Builds a SIP URI part by part; what may not stand plainly is escaped.
#[derive(Clone)]
pub struct UriBuilder {
    scheme: &'static [u8],
    user: Vec<u8>,
    host: Vec<u8>,
    port: Option<u16>,
    params: Vec<u8>,
}

impl UriBuilder {
    fn new(scheme: &'static [u8], host: Host<'_>) -> Self {
        let mut written = Vec::new();
        host.write(&mut written);
        Self {
            scheme,
            user: Vec::new(),
            host: written,
            port: None,
            params: Vec::new(),
        }
    }

    /// Makes it `sips:`.
    #[must_use]
    pub const fn secure(mut self) -> Self {
        self.scheme = b"sips:";
        self
    }

    /// Sets the user part.
    #[must_use]
    pub fn user(mut self, user: impl AsRef<[u8]>) -> Self {
        self.user.clear();
        escape(user.as_ref(), b"-_.!~*'()&=+$,;?/", &mut self.user);
        self
    }

    /// Sets the port.
    #[must_use]
    pub const fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Adds a parameter with a value.
    #[must_use]
    pub fn param(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self = self.flag(name);
        self.params.push(b'=');
        escape(value.as_ref(), b"-_.!~*'()[]/:&+$", &mut self.params);
        self
    }

    /// Adds a parameter without a value, such as `lr`.
    #[must_use]
    pub fn flag(mut self, name: &str) -> Self {
        self.params.push(b';');
        escape(name.as_bytes(), b"-_.!~*'()", &mut self.params);
        self
    }

    /// The URI.
    pub fn build(self) -> Uri {
        let mut text = self.scheme.to_vec();
        if !self.user.is_empty() {
            text.extend_from_slice(&self.user);
            text.push(b'@');
        }
        text.extend_from_slice(&self.host);
        if let Some(port) = self.port {
            text.extend_from_slice(format!(":{port}").as_bytes());
        }
        text.extend_from_slice(&self.params);
        Uri(text.into())
    }
}

fn escape(bytes: &[u8], plain: &[u8], out: &mut Vec<u8>) {
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || plain.contains(&byte) {
            out.push(byte);
        } else {
            out.extend_from_slice(format!("%{byte:02X}").as_bytes());
        }
    }
}
