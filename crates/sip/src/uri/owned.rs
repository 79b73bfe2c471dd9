//! URIs that own their bytes, and the builder of our own.

use super::{Host, UriError, UriRef};
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
        UriRef::parse(&self.0).unwrap_or(UriRef::NOTHING)
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

    /// Adds a parameter with a value; with an empty value it is a flag.
    #[must_use]
    pub fn param(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self = self.flag(name);
        if !name.is_empty() && !value.as_ref().is_empty() {
            self.params.push(b'=');
            escape(value.as_ref(), b"-_.!~*'()[]/:&+$", &mut self.params);
        }
        self
    }

    /// Adds a parameter without a value, such as `lr`; an empty name adds nothing.
    #[must_use]
    pub fn flag(mut self, name: &str) -> Self {
        if !name.is_empty() {
            self.params.push(b';');
            escape(name.as_bytes(), b"-_.!~*'()", &mut self.params);
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn equivalent(one: &str, two: &str) -> bool {
        let (one, two) = (Uri::parse(one).unwrap(), Uri::parse(two).unwrap());
        assert_eq!(one.equivalent(&two), two.equivalent(&one));
        one.equivalent(&two)
    }

    #[test]
    fn the_equivalent_uris_of_rfc_3261_19_1_4_are_equivalent() {
        for (one, two) in [
            (
                "sip:%61lice@atlanta.com;transport=TCP",
                "sip:alice@AtlanTa.CoM;Transport=tcp",
            ),
            ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
            (
                "sip:carol@chicago.com;security=on",
                "sip:carol@chicago.com;newparam=5",
            ),
            (
                "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
                "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
            ),
            (
                "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
                "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
            ),
            ("TEL:116016", "tel:116016"),
        ] {
            assert!(equivalent(one, two), "{one} {two}");
        }
    }

    #[test]
    fn the_other_uris_of_rfc_3261_19_1_4_are_not() {
        for (one, two) in [
            (
                "SIP:ALICE@AtLanTa.CoM;Transport=udp",
                "sip:alice@AtLanTa.CoM;Transport=UDP",
            ),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
            (
                "sip:bob@biloxi.com",
                "sip:bob@biloxi.com:6000;transport=tcp",
            ),
            (
                "sip:carol@chicago.com",
                "sip:carol@chicago.com?Subject=next%20meeting",
            ),
            ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
            (
                "sip:carol@chicago.com;security=on",
                "sip:carol@chicago.com;security=off",
            ),
            ("sip:a@b", "sips:a@b"),
            ("sip:a@b", "sip:b"),
        ] {
            assert!(!equivalent(one, two), "{one} {two}");
        }
    }

    #[test]
    fn a_builder_makes_nothing_that_cannot_be_read() {
        let host = Host::parse(b"linka.example").unwrap();
        let uri = Uri::sip(host)
            .secure()
            .user("\r\n@<>")
            .port(1)
            .param("", "x")
            .param("p", "")
            .param("q", ";\0")
            .build();

        assert_eq!(
            &uri.bytes()[..],
            b"sips:%0D%0A%40%3C%3E@linka.example:1;p;q=%3B%00"
        );
        assert_eq!(uri.view().user_unescaped().unwrap(), b"\r\n@<>");
        assert!(super::super::HostName::new(b"a\r\nX: y").is_none());
    }

    #[test]
    fn nothing_of_a_uri_is_printed() {
        let uri = Uri::parse("sip:+420601000017@192.0.2.1").unwrap();
        assert_eq!(
            format!("{uri:?} {:?}", uri.view()),
            "UriRef(Sip, 27 bytes) UriRef(Sip, 27 bytes)"
        );
    }
}
