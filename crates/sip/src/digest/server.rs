//! The server: challenges and their check.

use super::NONCE_SECONDS;
use super::hash::{Algorithm, Ha1, Hex, Work};
use super::params::{AuthParams, quote};
use super::window::{Issue, Window};
use crate::message::{HeaderValue, Message};
use crate::{Method, Name, UriRef};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;
use std::net::IpAddr;
use subtle::ConstantTimeEq;

/// Seconds and number of a nonce in hexadecimal digits.
const ISSUE_DIGITS: usize = 16 + 8;
/// How many bytes of the HMAC a nonce carries.
const MAC_BYTES: usize = 16;

/// What became of credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The sender knows the password, and this request was not seen before.
    Accepted,
    /// The sender knows the password, but the nonce is too old, from elsewhere or used up: challenge with `stale=true`.
    Stale,
    /// Anything else: challenge again.
    Refused,
}

/// Digest credentials of a request, with everything that `qop=auth` needs.
#[derive(Clone)]
pub struct Credentials<'a> {
    params: AuthParams<'a>,
}

impl<'a> Credentials<'a> {
    /// Takes credentials whose parameters are all there.
    fn new(params: AuthParams<'a>) -> Option<Self> {
        let all = [
            "username", "realm", "nonce", "uri", "response", "cnonce", "nc",
        ];
        let complete = all.iter().all(|name| params.value(name).is_some());
        let auth = params
            .value("qop")
            .is_some_and(|qop| qop.eq_ignore_ascii_case(b"auth"));
        let hashed = params
            .value("userhash")
            .is_some_and(|value| value.eq_ignore_ascii_case(b"true"));
        (params.is_digest() && complete && auth && !hashed).then_some(Self { params })
    }

    /// Whether they were made for this Request-URI (RFC 7616 §3.4.6), in this form or an equivalent one (RFC 3261
    /// §19.1.4): what somebody overheard opens nothing else.
    fn are_for(&self, request: &Message) -> bool {
        let (Ok(asked), meant) = (request.uri(), self.text("uri")) else {
            return false;
        };
        meant == asked.bytes() || UriRef::parse(meant).is_ok_and(|meant| meant.equivalent(&asked))
    }

    fn text(&self, name: &str) -> &[u8] {
        self.params.value(name).unwrap_or_default()
    }

    /// Who the sender claims to be.
    pub fn username(&self) -> &[u8] {
        self.text("username")
    }

    /// The count of requests with this nonce: eight hexadecimal digits.
    fn count(&self) -> Option<u32> {
        let digits = str::from_utf8(self.text("nc")).ok()?;
        let sound = digits.len() == 8 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        u32::from_str_radix(digits, 16)
            .ok()
            .filter(|count| sound && *count > 0)
    }

    fn algorithm(&self) -> Option<Algorithm> {
        self.params
            .value("algorithm")
            .map_or(Some(Algorithm::Md5), Algorithm::parse)
    }
}

impl fmt::Debug for Credentials<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(..)")
    }
}

/// The digest server of one listener. Nonces are made of time, a number and an HMAC over both and the source, so that
/// nothing is stored until a client proved its password.
pub struct Server {
    key: [u8; 32],
    realm: String,
    algorithm: Algorithm,
    issued: u32,
    window: Window,
    nobody: Ha1,
}

impl Server {
    /// Makes a server. `key` must be random and new at each start; `realm` is shown by phones.
    pub fn new(key: [u8; 32], realm: impl Into<String>, algorithm: Algorithm) -> Self {
        let realm = realm.into();
        let nobody = Ha1::new(b"", realm.as_bytes(), &key);
        Self {
            key,
            realm,
            algorithm,
            issued: 0,
            window: Window::default(),
            nobody,
        }
    }

    /// The realm of stored hashes.
    pub const fn realm(&self) -> &str {
        self.realm.as_str()
    }

    /// The one challenge of a 401, the value of WWW-Authenticate. `second` is any clock that never runs backwards.
    pub fn challenge(
        &mut self,
        second: u64,
        source: IpAddr,
        verdict: Option<Verdict>,
    ) -> HeaderValue {
        self.issued = self.issued.wrapping_add(1);
        let nonce = self.nonce((second, self.issued), source);
        let mut text = b"Digest realm=".to_vec();
        quote(self.realm.as_bytes(), &mut text);
        let stale = if verdict == Some(Verdict::Stale) {
            ", stale=true"
        } else {
            ""
        };
        let rest = format!(
            r#", nonce="{nonce}", algorithm={}, qop="auth"{stale}"#,
            self.algorithm.token()
        );
        text.extend_from_slice(rest.as_bytes());
        HeaderValue::from_clean(text)
    }

    /// The credentials of a request for this realm, if it has such, and they are complete and made for its Request-URI.
    pub fn credentials<'a>(&self, request: &'a Message) -> Option<Credentials<'a>> {
        request
            .values(Name::Authorization)
            .filter_map(|value| AuthParams::parse(value).ok())
            .filter_map(Credentials::new)
            .find(|credentials| credentials.text("realm") == self.realm.as_bytes())
            .filter(|credentials| credentials.are_for(request))
    }

    /// Checks credentials against what is stored of that user; none for an unknown one, which costs the same time.
    pub fn verify(
        &mut self,
        second: u64,
        source: IpAddr,
        method: Method<'_>,
        credentials: &Credentials<'_>,
        stored: Option<&Ha1>,
    ) -> Verdict {
        let work = Work {
            algorithm: self.algorithm,
            ha1: stored.unwrap_or(&self.nobody).hex(self.algorithm),
            method: method.bytes(),
            uri: credentials.text("uri"),
            nonce: credentials.text("nonce"),
            count: Some((credentials.text("nc"), credentials.text("cnonce"))),
        };
        let given = credentials.text("response").to_ascii_lowercase();
        let same = bool::from(work.response().bytes().ct_eq(&given));
        let nonce = self.nonce_of(credentials.text("nonce"), source);
        let known = stored.is_some() && credentials.algorithm() == Some(self.algorithm);
        let Some(count) = credentials.count().filter(|_| same && known) else {
            return Verdict::Refused;
        };
        self.window
            .forget_before(second.saturating_sub(NONCE_SECONDS));
        match nonce {
            Some(issue) if is_fresh(issue, second) && self.window.mark(issue, count) => {
                Verdict::Accepted
            }
            Some(_) | None => Verdict::Stale,
        }
    }

    /// When the challenge was made that credentials answer; nothing if it was not made here for that source.
    pub(crate) fn challenged(
        &self,
        credentials: &Credentials<'_>,
        source: IpAddr,
    ) -> Option<Issue> {
        self.nonce_of(credentials.text("nonce"), source)
    }

    fn nonce(&self, issue: Issue, source: IpAddr) -> String {
        let mac = self.mac(issue, source);
        format!("{:016x}{:08x}{}", issue.0, issue.1, Hex::of(&mac).text())
    }

    /// When a nonce was made, if it was made here for that source.
    fn nonce_of(&self, nonce: &[u8], source: IpAddr) -> Option<Issue> {
        let digits = str::from_utf8(nonce)
            .ok()
            .filter(|digits| digits.is_ascii())?;
        let (issue, _) = digits.split_at_checked(ISSUE_DIGITS)?;
        let second = u64::from_str_radix(&issue[..16], 16).ok()?;
        let number = u32::from_str_radix(&issue[16..], 16).ok()?;
        let ours = self.nonce((second, number), source);
        bool::from(ours.as_bytes().ct_eq(nonce)).then_some((second, number))
    }

    fn mac(&self, issue: Issue, source: IpAddr) -> Vec<u8> {
        // A key of 32 bytes is always taken; without a key no nonce could ever be guessed right.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else {
            return Vec::new();
        };
        mac.update(&issue.0.to_be_bytes());
        mac.update(&issue.1.to_be_bytes());
        match source.to_canonical() {
            IpAddr::V4(address) => mac.update(&address.octets()),
            IpAddr::V6(address) => mac.update(&address.octets()),
        }
        let mut bytes = mac.finalize().into_bytes().to_vec();
        bytes.truncate(MAC_BYTES);
        bytes
    }
}

const fn is_fresh(issue: Issue, second: u64) -> bool {
    issue.0 <= second && second - issue.0 <= NONCE_SECONDS
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({:?})", self.algorithm)
    }
}
