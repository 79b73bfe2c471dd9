//! What the provider says of itself and its keys, kept for a while.

use std::sync::{Arc, Mutex};

use jsonwebtoken::jwk::Jwk;
use serde::Deserialize;
use store::sql::UnixSeconds;
use ureq::http::StatusCode;

use super::super::lock;
use super::address::Address;
use super::ask::{Answer, Asker, NoAnswer, Question};

/// Seconds for which the provider's description holds. It is asked for again soon, so that who
/// wants to sign in while the provider is down is told so by a page of ours.
pub const DESCRIPTION_SECONDS: i64 = 60;
/// Seconds for which the provider's keys hold.
pub const KEYS_SECONDS: i64 = 60 * 60;
/// Seconds between two looks for a key that is not known.
pub const KEYS_AGAIN_SECONDS: i64 = 60;
/// How many keys of a provider are kept.
pub const KEYS_MAX: usize = 64;

const DESCRIPTION: &str = "/.well-known/openid-configuration";

/// How the provider wants a client with a secret to prove itself (OpenID Connect Core 1.0 §9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// By the header of basic authentication.
    Basic,
    /// By the secret in the form.
    Form,
}

/// Whether answers by way of the browser name who sends them (RFC 9207).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sender {
    Named,
    NotNamed,
}

/// What the provider says of itself (OpenID Connect Discovery 1.0 §3).
#[derive(Debug)]
pub(super) struct Description {
    pub(super) authorization: Address,
    pub(super) token: Address,
    pub(super) person: Option<Address>,
    pub(super) proof: Proof,
    pub(super) sender: Sender,
    keys: Address,
}

#[derive(Deserialize)]
struct Written {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Written {
    fn checked(self, issuer: &Address) -> Result<Description, NoAnswer> {
        if self.issuer != issuer.as_str() {
            return Err(NoAnswer::Unusable("it names another issuer"));
        }
        let safe = |text: &str| {
            Address::endpoint(text)
                .map_err(|_| NoAnswer::Unusable("it names an address that is not safe"))
        };
        let proof = match &self.token_endpoint_auth_methods_supported {
            None => Proof::Basic,
            Some(ways) if ways.iter().any(|way| way == "client_secret_basic") => Proof::Basic,
            Some(_) => Proof::Form,
        };
        let sender = if self.authorization_response_iss_parameter_supported {
            Sender::Named
        } else {
            Sender::NotNamed
        };
        Ok(Description {
            authorization: safe(&self.authorization_endpoint)?,
            token: safe(&self.token_endpoint)?,
            person: self.userinfo_endpoint.as_deref().map(safe).transpose()?,
            keys: safe(&self.jwks_uri)?,
            proof,
            sender,
        })
    }
}

#[derive(Deserialize)]
struct WrittenKeys {
    keys: Vec<serde_json::Value>,
}

/// Something that holds for a while.
#[derive(Debug)]
struct Kept<T> {
    it: Arc<T>,
    since: UnixSeconds,
}

/// What is kept, while it is younger than so many seconds.
fn within<T>(kept: &Mutex<Option<Kept<T>>>, seconds: i64, now: UnixSeconds) -> Option<Arc<T>> {
    let kept = lock(kept);
    let young = kept
        .as_ref()
        .filter(|kept| (0..seconds).contains(&(now.0 - kept.since.0)));
    young.map(|kept| Arc::clone(&kept.it))
}

/// Whether keys that were kept are good enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Those that are kept.
    Known,
    /// Newer ones: the key of a token is not among those.
    Newer,
}

/// What is kept of the provider's documents.
#[derive(Debug, Default)]
pub(super) struct Documents {
    description: Mutex<Option<Kept<Description>>>,
    keys: Mutex<Option<Kept<Vec<Jwk>>>>,
    /// When a key that was not known was last looked for.
    looked: Mutex<Option<UnixSeconds>>,
}

impl Documents {
    /// What the provider says of itself.
    pub(super) async fn description(
        &self,
        asker: &Asker,
        issuer: &Address,
        now: UnixSeconds,
    ) -> Result<Arc<Description>, NoAnswer> {
        if let Some(kept) = within(&self.description, DESCRIPTION_SECONDS, now) {
            return Ok(kept);
        }
        let at = issuer.with_path(DESCRIPTION);
        let answer = asker.ask(Question::Document { at }).await?;
        let written: Written = read(&answer, "itself")?;
        let it = Arc::new(written.checked(issuer)?);
        *lock(&self.description) = Some(Kept {
            it: Arc::clone(&it),
            since: now,
        });
        Ok(it)
    }

    /// The provider's keys. Newer ones are looked for at most once in [`KEYS_AGAIN_SECONDS`].
    pub(super) async fn keys(
        &self,
        asker: &Asker,
        description: &Description,
        wanted: Wanted,
        now: UnixSeconds,
    ) -> Result<Arc<Vec<Jwk>>, NoAnswer> {
        if let Some(kept) = within(&self.keys, KEYS_SECONDS, now)
            && (wanted == Wanted::Known || !self.may_look(now))
        {
            return Ok(kept);
        }
        let at = description.keys.as_str().to_owned();
        let answer = asker.ask(Question::Document { at }).await?;
        let written: WrittenKeys = read(&answer, "its keys")?;
        let known = written.keys.into_iter().take(KEYS_MAX);
        // A key of a kind that is not known is no key of ours, and hides no other.
        let known = known.filter_map(|key| serde_json::from_value(key).ok());
        let it: Arc<Vec<Jwk>> = Arc::new(known.collect());
        *lock(&self.keys) = Some(Kept {
            it: Arc::clone(&it),
            since: now,
        });
        Ok(it)
    }

    /// Whether it is time to look for a key that is not known; then it is done now.
    fn may_look(&self, now: UnixSeconds) -> bool {
        let mut looked = lock(&self.looked);
        let rests = looked.is_some_and(|at| (0..KEYS_AGAIN_SECONDS).contains(&(now.0 - at.0)));
        if !rests {
            *looked = Some(now);
        }
        !rests
    }
}

/// Reads a document.
pub(super) fn read<T: serde::de::DeserializeOwned>(
    answer: &Answer,
    what: &'static str,
) -> Result<T, NoAnswer> {
    if answer.status != StatusCode::OK {
        return Err(NoAnswer::Status(answer.status));
    }
    serde_json::from_slice(&answer.body).map_err(|_| NoAnswer::Unreadable(what))
}
