//! Header names: the known ones as an enum, with their compact forms (RFC 3261 §7.3.3).

use crate::token::Token;
use std::fmt;

macro_rules! names {
    ($($variant:ident $text:literal $($compact:literal)?;)*) => {
        /// A header name. Names are compared without regard to case; a compact name is the same name.
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub enum Name<'a> {
            $(#[doc = concat!("`", $text, "`.")] $variant,)*
            /// A name outside the list above.
            Other(Token<'a>),
        }

        #[derive(Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub(crate) enum Known { $($variant,)* Other }

        const ENTRIES: &[(&str, Known)] = &[
            $(($text, Known::$variant), $(($compact, Known::$variant),)?)*
        ];

        impl Known {
            /// The full name on the wire; empty for a name outside the list.
            pub(crate) const fn text(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Other => "",
                }
            }
        }

        impl<'a> Name<'a> {
            pub(crate) const fn known(self) -> Known {
                match self {
                    $(Self::$variant => Known::$variant,)*
                    Self::Other(_) => Known::Other,
                }
            }

            /// Reads a name in its full or compact form; none when the bytes are no token.
            pub fn parse(bytes: &'a [u8]) -> Option<Self> {
                match Known::find(bytes) {
                    $(Known::$variant => Some(Self::$variant),)*
                    Known::Other => Token::new(bytes).map(Self::Other),
                }
            }
        }
    };
}

names! {
    Accept "Accept";
    AcceptEncoding "Accept-Encoding";
    AcceptLanguage "Accept-Language";
    AlertInfo "Alert-Info";
    Allow "Allow";
    AllowEvents "Allow-Events" "u";
    AuthenticationInfo "Authentication-Info";
    Authorization "Authorization";
    CallId "Call-ID" "i";
    CallInfo "Call-Info";
    Contact "Contact" "m";
    ContentDisposition "Content-Disposition";
    ContentEncoding "Content-Encoding" "e";
    ContentLanguage "Content-Language";
    ContentLength "Content-Length" "l";
    ContentType "Content-Type" "c";
    CSeq "CSeq";
    Date "Date";
    Diversion "Diversion";
    Event "Event" "o";
    Expires "Expires";
    From "From" "f";
    HistoryInfo "History-Info";
    Identity "Identity" "y";
    InfoPackage "Info-Package";
    MaxForwards "Max-Forwards";
    MinExpires "Min-Expires";
    MinSe "Min-SE";
    Organization "Organization";
    PAssertedIdentity "P-Asserted-Identity";
    PCalledPartyId "P-Called-Party-ID";
    PPreferredIdentity "P-Preferred-Identity";
    Path "Path";
    Priority "Priority";
    Privacy "Privacy";
    ProxyAuthenticate "Proxy-Authenticate";
    ProxyAuthorization "Proxy-Authorization";
    ProxyRequire "Proxy-Require";
    RAck "RAck";
    RSeq "RSeq";
    Reason "Reason";
    RecordRoute "Record-Route";
    RecvInfo "Recv-Info";
    ReferTo "Refer-To" "r";
    ReferredBy "Referred-By" "b";
    RemotePartyId "Remote-Party-ID";
    Replaces "Replaces";
    ReplyTo "Reply-To";
    Require "Require";
    ResourcePriority "Resource-Priority";
    RetryAfter "Retry-After";
    Route "Route";
    Server "Server";
    ServiceRoute "Service-Route";
    SessionExpires "Session-Expires" "x";
    Subject "Subject" "s";
    SubscriptionState "Subscription-State";
    Supported "Supported" "k";
    Timestamp "Timestamp";
    To "To" "t";
    Unsupported "Unsupported";
    UserAgent "User-Agent";
    Via "Via" "v";
    Warning "Warning";
    WwwAuthenticate "WWW-Authenticate";
}

const SLOTS: usize = 256;
const EMPTY: u8 = u8::MAX;
// Open addressing, laid out at compile time. The factors of `slot` were searched for until no two names met, so that a
// look-up is one comparison.
const TABLE: [u8; SLOTS] = table();

const fn slot(bytes: &[u8]) -> usize {
    let first = (bytes[0] | 0x20) as usize;
    let middle = (bytes[bytes.len() / 2] | 0x20) as usize;
    let last = (bytes[bytes.len() - 1] | 0x20) as usize;
    (bytes.len() * 165 + first * 89 + last * 8 + middle * 120) % SLOTS
}

const fn table() -> [u8; SLOTS] {
    let mut table = [EMPTY; SLOTS];
    let mut entry = 0;
    while entry < ENTRIES.len() {
        let mut at = slot(ENTRIES[entry].0.as_bytes());
        while table[at] != EMPTY {
            at = (at + 1) % SLOTS;
        }
        table[at] = entry as u8;
        entry += 1;
    }
    table
}

impl Known {
    /// Finds the name in the list; `Other` when it is not there.
    pub(crate) fn find(bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            return Self::Other;
        }
        let mut at = slot(bytes);
        while TABLE[at] != EMPTY {
            let (text, known) = ENTRIES[usize::from(TABLE[at])];
            // Names are mostly written as in the RFC, and whole words compare faster than letters.
            if text.as_bytes() == bytes || text.as_bytes().eq_ignore_ascii_case(bytes) {
                return known;
            }
            at = (at + 1) % SLOTS;
        }
        Self::Other
    }
}

impl<'a> Name<'a> {
    /// A name outside the list; the known name when it is in the list, none when the bytes are no token.
    pub fn extension(bytes: &'a [u8]) -> Option<Self> {
        Self::parse(bytes)
    }

    /// The full name on the wire.
    pub const fn bytes(self) -> &'a [u8] {
        if let Self::Other(token) = self {
            token.bytes()
        } else {
            self.known().text().as_bytes()
        }
    }

    /// The name for an error text; extension names are not told, since they may carry anything.
    pub(crate) const fn label(self) -> &'static str {
        let text = self.known().text();
        if text.is_empty() { "extension" } else { text }
    }
}

impl fmt::Debug for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_names_meet() {
        for (place, entry) in TABLE
            .iter()
            .enumerate()
            .filter(|(_, entry)| **entry != EMPTY)
        {
            assert_eq!(slot(ENTRIES[usize::from(*entry)].0.as_bytes()), place);
        }
    }

    #[test]
    fn every_name_is_found_in_any_case_and_compact() {
        for (text, known) in ENTRIES {
            assert!(Known::find(text.as_bytes()) == *known);
            assert!(Known::find(text.to_ascii_uppercase().as_bytes()) == *known);
            assert!(Known::find(text.to_ascii_lowercase().as_bytes()) == *known);
        }
        assert_eq!(Name::parse(b"v"), Some(Name::Via));
        assert_eq!(Name::parse(b"L"), Some(Name::ContentLength));
        assert!(matches!(Name::parse(b"X-Alarm"), Some(Name::Other(_))));
        assert_eq!(Name::parse(b"Fro m"), None);
    }
}
