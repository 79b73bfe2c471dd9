//! Names of the things an endpoint and its user talk about.

use std::fmt;

use bytes::Bytes;

use crate::message::HeaderValue;
use crate::{Tag, Uri};

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Ord, PartialOrd)]
        pub struct $name(pub u64);
    };
}

number! {
    /// A dialog, or the INVITE that may become one. Never used twice.
    DialogId
}
number! {
    /// A request outside a dialog that waits for [`Respond`](super::Command::Respond).
    RequestId
}
number! {
    /// An outgoing registration, numbered by the caller.
    RegistrationId
}
number! {
    /// An OPTIONS probe, numbered by the caller.
    ProbeId
}

/// A body whose `Debug` shows its length alone.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Body(pub Bytes);

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(bytes)
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Self(Bytes::from_static(text.as_bytes()))
    }
}

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Body({} bytes)", self.0.len())
    }
}

/// A side of a dialog as From, To or Contact show it: display name and URI.
#[derive(Clone, Eq, PartialEq)]
pub struct Party {
    /// The display name in plain words; it is quoted when written. Control characters are left out.
    pub display: Option<String>,
    /// The URI, for example `sip:anonymous@anonymous.invalid`.
    pub uri: Uri,
}

impl Party {
    /// The value of From or To.
    pub(crate) fn value(&self, tag: Option<&Tag>) -> HeaderValue {
        HeaderValue::address(self.display.as_deref().unwrap_or_default(), &self.uri, tag)
    }
}

impl fmt::Debug for Party {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Party(redacted)")
    }
}

/// A header field that the caller adds to a message.
#[derive(Clone, Debug)]
pub struct Header {
    /// The name as it is written.
    pub name: &'static str,
    /// The value; it cannot hold a line break.
    pub value: HeaderValue,
}

/// User name and password for a challenge (RFC 7616).
#[derive(Clone, Eq, PartialEq)]
pub struct Credentials {
    /// The user name as the peer knows it.
    pub username: String,
    /// The password in clear: a client must compute with it.
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Credentials(redacted)")
    }
}

/// The name of an account in the registrar, which is the user part of its address of record.
#[derive(Clone, Debug, Eq, PartialEq, Hash, Ord, PartialOrd)]
pub struct User(pub String);
