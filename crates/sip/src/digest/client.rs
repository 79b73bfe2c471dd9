//! The client: answers to 401 and 407.

use super::hash::{Algorithm, Ha1, Work};
use super::params::{AuthParams, quote};
use crate::message::{HeaderValue, Message};
use crate::{Method, Name, Status};
use std::fmt;
use thiserror::Error;

/// Why a challenge is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ClientError {
    /// The response is neither a 401 nor a 407.
    #[error("the response is no challenge")]
    NoChallenge,
    /// No challenge asks for Digest with MD5 or SHA-256 and `qop=auth` or no `qop`.
    #[error("no challenge of a known kind")]
    Unsupported,
    /// The same credentials were refused a moment ago.
    #[error("the credentials were refused")]
    Refused,
}

/// The credentials of one account at one peer, with the challenge that is being answered.
pub struct Client {
    username: Vec<u8>,
    password: Vec<u8>,
    session: Option<Session>,
}

struct Session {
    header: Name<'static>,
    realm: Vec<u8>,
    nonce: Vec<u8>,
    opaque: Option<Vec<u8>>,
    algorithm: Algorithm,
    /// Whether the challenge named the algorithm; an answer repeats it only then.
    named: bool,
    qop: Qop,
    count: u32,
    /// Whether an answer to it was sent and not yet accepted.
    pending: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Qop {
    Auth,
    /// The way of RFC 2069: no count, no client nonce.
    Absent,
}

impl Client {
    /// Makes a client that was not challenged yet.
    pub fn new(username: impl Into<Vec<u8>>, password: impl Into<Vec<u8>>) -> Self {
        Self {
            username: username.into(),
            password: password.into(),
            session: None,
        }
    }

    /// Takes up the topmost challenge of a 401 or 407 that can be answered (RFC 8760 §2.4).
    pub fn challenged(&mut self, response: &Message) -> Result<(), ClientError> {
        let (from, header) = match response.status() {
            Some(Status::UNAUTHORIZED) => (Name::WwwAuthenticate, Name::Authorization),
            Some(Status::PROXY_AUTHENTICATION_REQUIRED) => {
                (Name::ProxyAuthenticate, Name::ProxyAuthorization)
            }
            Some(_) | None => return Err(ClientError::NoChallenge),
        };
        let mut challenges = response
            .values(from)
            .filter_map(|value| AuthParams::parse(value).ok());
        let found =
            challenges.find_map(|params| Some((Session::of(header, &params)?, is_stale(&params))));
        let (session, stale) = found.ok_or(ClientError::Unsupported)?;
        let again = self
            .session
            .as_ref()
            .is_some_and(|old| old.pending && old.realm == session.realm);
        if again && !stale {
            self.session = None;
            return Err(ClientError::Refused);
        }
        self.session = Some(session);
        Ok(())
    }

    /// Notes that a request with credentials was accepted.
    pub const fn accepted(&mut self) {
        if let Some(session) = &mut self.session {
            session.pending = false;
        }
    }

    /// The header with the credentials for the next request; none before the first challenge. `cnonce` must be random.
    pub fn authorize(
        &mut self,
        method: Method<'_>,
        uri: &[u8],
        cnonce: u64,
    ) -> Option<(Name<'static>, HeaderValue)> {
        let session = self.session.as_mut()?;
        session.pending = true;
        session.count = session.count.saturating_add(1);
        let ha1 = Ha1::new(&self.username, &session.realm, &self.password);
        let (count, cnonce) = (format!("{:08x}", session.count), format!("{cnonce:016x}"));
        let work = Work {
            algorithm: session.algorithm,
            ha1: ha1.hex(session.algorithm),
            method: method.bytes(),
            uri,
            nonce: &session.nonce,
            count: (session.qop == Qop::Auth).then_some((count.as_bytes(), cnonce.as_bytes())),
        };
        let response = work.response();
        let mut text = b"Digest username=".to_vec();
        quote(&self.username, &mut text);
        session.write(uri, response.text(), &mut text);
        if session.qop == Qop::Auth {
            text.extend_from_slice(
                format!(r#", qop=auth, nc={count}, cnonce="{cnonce}""#).as_bytes(),
            );
        }
        Some((session.header, HeaderValue::from_clean(text)))
    }
}

fn is_stale(challenge: &AuthParams<'_>) -> bool {
    challenge
        .value("stale")
        .is_some_and(|stale| stale.eq_ignore_ascii_case(b"true"))
}

impl Session {
    fn of(header: Name<'static>, challenge: &AuthParams<'_>) -> Option<Self> {
        let named = challenge.value("algorithm");
        let qop = match challenge.value("qop") {
            None => Qop::Absent,
            Some(list) => {
                let mut options = list.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
                options
                    .any(|option| option.eq_ignore_ascii_case(b"auth"))
                    .then_some(Qop::Auth)?
            }
        };
        challenge.is_digest().then_some(())?;
        Some(Self {
            header,
            realm: challenge.value("realm")?.to_vec(),
            nonce: challenge.value("nonce")?.to_vec(),
            opaque: challenge.value("opaque").map(<[u8]>::to_vec),
            algorithm: named.map_or(Some(Algorithm::Md5), Algorithm::parse)?,
            named: named.is_some(),
            qop,
            count: 0,
            pending: false,
        })
    }

    fn write(&self, uri: &[u8], response: &str, text: &mut Vec<u8>) {
        let quoted: [(&[u8], &[u8]); 4] = [
            (b", realm=", &self.realm),
            (b", nonce=", &self.nonce),
            (b", uri=", uri),
            (b", response=", response.as_bytes()),
        ];
        for (name, value) in quoted {
            text.extend_from_slice(name);
            quote(value, text);
        }
        if self.named {
            text.extend_from_slice(b", algorithm=");
            text.extend_from_slice(self.algorithm.token().as_bytes());
        }
        if let Some(opaque) = &self.opaque {
            text.extend_from_slice(b", opaque=");
            quote(opaque, text);
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client(..)")
    }
}
