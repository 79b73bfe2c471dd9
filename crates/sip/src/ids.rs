//! Identifiers of ours: tags, Call-IDs and branches, checked when they are made.

use crate::token::Token;
use bytes::Bytes;
use std::fmt;

/// The magic cookie of RFC 3261 §8.1.1.7.
const COOKIE: &[u8] = b"z9hG4bK";

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $sound:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Bytes);

        impl $name {
            /// Checks the bytes; none when they may not stand there.
            pub fn new(bytes: impl AsRef<[u8]>) -> Option<Self> {
                let sound: fn(&[u8]) -> bool = $sound;
                sound(bytes.as_ref()).then(|| Self(Bytes::copy_from_slice(bytes.as_ref())))
            }

            /// The bytes.
            pub fn bytes(&self) -> &[u8] {
                &self.0
            }
        }

        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({} bytes)"), self.0.len())
            }
        }
    };
}

identifier!(
    /// A tag of From or To (RFC 3261 §19.3): a token.
    Tag,
    |bytes| Token::new(bytes).is_some()
);
identifier!(
    /// A branch of Via: a token; ours begin with the magic cookie, those of others may not.
    Branch,
    |bytes| Token::new(bytes).is_some()
);
identifier!(
    /// A Call-ID: visible bytes without white space and controls.
    CallId,
    |bytes| !bytes.is_empty() && bytes.iter().all(|&byte| byte > b' ' && byte != 0x7f)
);

impl Tag {
    /// Writes a number, such as random bits, as a tag of 16 hexadecimal digits.
    pub fn from_bits(bits: u64) -> Self {
        Self(format!("{bits:016x}").into())
    }
}

impl Branch {
    /// Writes a number, such as random bits, as a branch with the magic cookie.
    pub fn from_bits(bits: u64) -> Self {
        Self(format!("z9hG4bK{bits:016x}").into())
    }

    /// Tells whether it begins with the magic cookie.
    pub fn has_cookie(&self) -> bool {
        self.0
            .get(..COOKIE.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(COOKIE))
    }
}

impl CallId {
    /// Writes a number, such as random bits, as a Call-ID that names no host and no time.
    pub fn from_bits(bits: u128) -> Self {
        Self(format!("{bits:032x}").into())
    }
}
