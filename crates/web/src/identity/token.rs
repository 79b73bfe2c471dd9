//! Tokens of sessions, devices and keys, and the cookies that carry them.

use std::fmt;

use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use store::sql::TokenHash;

/// Bytes of a token: nobody guesses 256 bits.
pub const TOKEN_BYTES: usize = 32;
/// What a key begins with, so that one that was left lying about is recognised.
pub const KEY_PREFIX: &str = "linka_";
/// The cookie of a session. `__Host-` binds it to this host, to HTTPS and to the root path (RFC 6265bis §4.1.3.2).
pub const SESSION_COOKIE: &str = "__Host-linka";
/// The cookie by which a device is known again.
pub const DEVICE_COOKIE: &str = "__Host-linka-device";
/// The cookie of a browser whose person is at the provider.
pub const PROVIDER_COOKIE: &str = "__Host-linka-provider";

/// A secret that opens something. The database has its hash alone.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token([u8; TOKEN_BYTES]);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

impl Token {
    /// A token of fresh chance.
    pub(crate) const fn new(chance: [u8; TOKEN_BYTES]) -> Self {
        Self(chance)
    }

    /// Reads what [`Self::reveal`] wrote, and nothing else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// Its text, for the one who is to keep it.
    pub(crate) fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What the database keeps of it.
    pub(crate) fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0).into())
    }
}

/// The token in a cookie of a request.
pub(crate) fn cookie_token(headers: &HeaderMap, name: &str) -> Option<Token> {
    let cookies = headers.get_all(header::COOKIE).into_iter();
    cookies
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, _)| *found == name)
        .and_then(|(_, value)| Token::parse(value))
}

/// The key that a program shows, if it shows any: `Authorization: Bearer linka_…` (RFC 6750 §2.1).
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

/// The token of a key.
pub(crate) fn key_token(key: &str) -> Option<Token> {
    Token::parse(key.strip_prefix(KEY_PREFIX)?)
}

/// `Set-Cookie` with a token, for so many seconds. No script reads it, no clear connection carries it.
pub(crate) fn set_cookie(name: &str, token: &Token, seconds: i64) -> HeaderValue {
    write_cookie(name, &token.reveal(), seconds)
}

/// `Set-Cookie` that takes a cookie away.
pub(crate) fn take_cookie(name: &str) -> HeaderValue {
    write_cookie(name, "", 0)
}

fn write_cookie(name: &str, value: &str, seconds: i64) -> HeaderValue {
    let text = format!("{name}={value}; Max-Age={seconds}; Path=/; Secure; HttpOnly; SameSite=Lax");
    let mut value = HeaderValue::from_str(&text)
        .unwrap_or_else(|_| HeaderValue::from_static("__Host-linka=; Max-Age=0; Path=/; Secure"));
    value.set_sensitive(true);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn token_is_read_as_it_was_written_and_never_shown() {
        let token = Token::new([7; TOKEN_BYTES]);
        let text = token.reveal();

        assert_eq!(text.len(), 43);
        assert_eq!(Token::parse(&text), Some(token.clone()));
        assert!(!format!("{token:?}").contains(&text[..4]));
    }

    #[test]
    fn what_is_no_token_is_not_read() {
        let text = Token::new([7; TOKEN_BYTES]).reveal();

        for wrong in [
            "",
            "x",
            &text[1..],
            &format!("{text}A"),
            &format!("{text}="),
            "ž",
        ] {
            assert_eq!(Token::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn cookie_is_found_among_others_by_its_whole_name() {
        let token = Token::new([7; TOKEN_BYTES]);
        let other = Token::new([8; TOKEN_BYTES]).reveal();
        let text = format!(
            "linka={other}; {DEVICE_COOKIE}={other}; {SESSION_COOKIE}={}; x=1",
            token.reveal()
        );

        let found = cookie_token(&headers(header::COOKIE, &text), SESSION_COOKIE);

        assert_eq!(found, Some(token));
    }

    #[test]
    fn cookie_is_for_this_host_over_https_alone_and_not_for_scripts() {
        let set = set_cookie(SESSION_COOKIE, &Token::new([7; TOKEN_BYTES]), 60);

        let text = set.to_str().unwrap();
        for attribute in ["Path=/", "Secure", "HttpOnly", "SameSite=Lax", "Max-Age=60"] {
            assert!(text.split("; ").any(|part| part == attribute), "{text}");
        }
        assert!(text.starts_with("__Host-") && !text.contains("Domain"));
        assert!(set.is_sensitive());
    }

    #[test]
    fn key_is_read_from_its_header() {
        let token = Token::new([7; TOKEN_BYTES]);
        let key = format!("{KEY_PREFIX}{}", token.reveal());

        let read = |value: &str| {
            let headers = headers(header::AUTHORIZATION, value);
            bearer(&headers).and_then(key_token)
        };

        assert_eq!(read(&format!("Bearer {key}")), Some(token.clone()));
        assert_eq!(read(&format!("bearer {key}")), Some(token));
        assert_eq!(read(&format!("Basic {key}")), None);
        assert_eq!(read("Bearer linka_"), None);
        assert_eq!(read("Bearer"), None);
    }
}
