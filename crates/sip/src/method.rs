//! Request methods (RFC 3261 §7.1 and its extensions).

use crate::token::Token;
use std::fmt;

macro_rules! methods {
    ($($variant:ident $text:literal $doc:literal;)*) => {
        /// A request method. Methods are compared by case (RFC 3261 §7.1).
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Method<'a> {
            $(#[doc = $doc] $variant,)*
            /// An extension method.
            Other(Token<'a>),
        }

        impl<'a> Method<'a> {
            /// Reads a method; none when the bytes are no token.
            pub fn parse(bytes: &'a [u8]) -> Option<Self> {
                $(if bytes == $text { return Some(Self::$variant); })*
                Token::new(bytes).map(Self::Other)
            }

            /// The method as it stands on the wire.
            pub const fn bytes(self) -> &'a [u8] {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Other(token) => token.bytes(),
                }
            }

            /// The same method without the borrow; none for an extension method.
            pub const fn known(self) -> Option<Method<'static>> {
                match self {
                    $(Self::$variant => Some(Method::$variant),)*
                    Self::Other(_) => None,
                }
            }
        }
    };
}

methods! {
    Invite b"INVITE" "RFC 3261 §13.";
    Ack b"ACK" "RFC 3261 §13.2.2.4 and §17.1.1.3.";
    Bye b"BYE" "RFC 3261 §15.";
    Cancel b"CANCEL" "RFC 3261 §9.";
    Register b"REGISTER" "RFC 3261 §10.";
    Options b"OPTIONS" "RFC 3261 §11.";
    Info b"INFO" "RFC 6086.";
    Update b"UPDATE" "RFC 3311.";
    Prack b"PRACK" "RFC 3262.";
    Message b"MESSAGE" "RFC 3428.";
    Refer b"REFER" "RFC 3515.";
    Notify b"NOTIFY" "RFC 6665.";
    Subscribe b"SUBSCRIBE" "RFC 6665.";
    Publish b"PUBLISH" "RFC 3903.";
}

impl<'a> Method<'a> {
    /// The method as text; a method is always ASCII.
    pub fn text(self) -> &'a str {
        str::from_utf8(self.bytes()).unwrap_or_default()
    }
}

impl fmt::Debug for Method<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.known().map_or("Other", Method::text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_compared_by_case() {
        assert_eq!(Method::parse(b"INVITE"), Some(Method::Invite));
        assert!(matches!(Method::parse(b"invite"), Some(Method::Other(_))));
        assert_eq!(Method::parse(b"IN VITE"), None);
        assert_eq!(Method::parse(b""), None);
    }
}
