//! Sign-in through an OpenID Connect provider: the authorization code flow with PKCE (OpenID
//! Connect Core 1.0 §3.1, RFC 7636).
//!
//! The provider says who somebody is; which accounts there are, and what they may do, stays here.
//! Whatever it answers is bounded and checked, and nobody but those who sign in through it waits
//! for it: passwords go on while it is down.

mod address;
mod ask;
mod begun;
mod come_back;
mod documents;
mod id_token;
mod routes;
mod signatures;
mod turns;

use std::fmt;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use store::sql::{ProviderPin, UnixSeconds};
use url::form_urlencoded;

use self::ask::{Asker, NoAnswer, Question};
use self::begun::{AllBegun, Begun};
use self::documents::{Description, Documents, Proof, Sender, Wanted, read};
use self::id_token::{Claims, Expected, Texts, Untrusted, believe};
use self::turns::Turns;
use super::lock;
use super::token::Token;

pub use self::address::{Address, NoAddress};
pub use self::ask::{ANSWER_BYTES_MAX, ANSWER_TIME, ASKED_AT_ONCE_MAX};
pub use self::begun::{BEGUN_MAX, BEGUN_OF_NETWORK_MAX, BEGUN_SECONDS};
pub use self::documents::{DESCRIPTION_SECONDS, KEYS_AGAIN_SECONDS, KEYS_MAX, KEYS_SECONDS};
pub use self::id_token::{CLOCK_SKEW_SECONDS, SUBJECT_BYTES_MAX};
pub(super) use self::routes::routes;
pub use self::turns::{SAID_AGAIN_SECONDS, SHOWN_OF_NETWORK_MAX, TURN_TIME};

/// Where the provider sends people back to, behind the address of the site.
pub const CALLBACK: &str = "/api/v1/session/provider/callback";
/// Bytes of a code that the provider sends.
pub const CODE_BYTES_MAX: usize = 4_096;

/// The claim that is an address, which counts only when the provider has checked it.
const EMAIL: &str = "email";
const EMAIL_VERIFIED: &str = "email_verified";

/// What proves to the provider who we are.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientSecret(String);

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret(..)")
    }
}

impl ClientSecret {
    /// A secret as the provider gave it.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }
}

/// What an administrator says of the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderSettings {
    /// Who makes the tokens.
    pub issuer: Address,
    /// What the provider calls us.
    pub client_id: String,
    /// What proves that; a public client has none.
    pub secret: Option<ClientSecret>,
    /// What people call the provider.
    pub name: String,
    /// Which claim is the login name of an account.
    pub claim: String,
    /// Where browsers find us.
    pub site: Address,
    /// The values of `amr` or `acr` that tell of a second factor (RFC 8176).
    pub second_factor: Vec<String>,
}

/// How many factors the provider has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Factors {
    One,
    Two,
}

/// Somebody whom the provider vouches for. It has no `Debug`: it is about a person.
struct Vouched {
    pin: ProviderPin,
    login: String,
    factors: Factors,
}

/// Why the provider vouches for nobody.
#[derive(Debug, thiserror::Error)]
enum NotVouched {
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    #[error("a token of the provider is not believed: {0}")]
    Untrusted(#[from] Untrusted),
    #[error("the provider takes the code for wrong, or us for somebody else")]
    Code,
    #[error("the provider does not say what the login name is: see web.oidc.claim")]
    NoLogin,
}

/// What the provider gives for a code. It has no `Debug`: tokens stand in it.
#[derive(Deserialize)]
struct Tokens {
    id_token: String,
    access_token: Option<String>,
}

/// The provider.
#[derive(Debug)]
pub(super) struct Provider {
    settings: ProviderSettings,
    asker: Asker,
    documents: Documents,
    begun: Mutex<AllBegun>,
    turns: Turns,
}

impl Provider {
    /// The provider of these settings. Nothing is asked yet.
    pub(super) fn new(settings: ProviderSettings) -> Self {
        Self {
            settings,
            asker: Asker::default(),
            documents: Documents::default(),
            begun: Mutex::default(),
            turns: Turns::default(),
        }
    }

    /// Begins a sign-in; gives the address at which it goes on.
    async fn begin(&self, state: &Token, begun: Begun) -> Result<String, NoAnswer> {
        let description = self.description(begun.at).await?;
        let challenge = Sha256::digest(begun.verifier.reveal());
        let settings = &self.settings;
        let way = description.authorization.with_query(&[
            ("response_type", "code"),
            ("client_id", &settings.client_id),
            ("redirect_uri", &self.callback()),
            ("scope", self.scope()),
            ("state", &state.reveal()),
            ("nonce", &begun.nonce.reveal()),
            ("code_challenge", &URL_SAFE_NO_PAD.encode(challenge)),
            ("code_challenge_method", "S256"),
        ]);
        lock(&self.begun).begin(state, begun);
        Ok(way)
    }

    /// Who somebody is that comes back with a code.
    async fn vouch(
        &self,
        code: &str,
        begun: &Begun,
        now: UnixSeconds,
    ) -> Result<Vouched, NotVouched> {
        let description = self.description(now).await?;
        let tokens = self.tokens(&description, code, begun).await?;
        let claims = self.believe(&description, &tokens, begun, now).await?;
        let login = match self.login_in(&claims.sub, &claims.others) {
            Some(login) => login,
            None => self.login_asked(&description, &tokens, &claims).await?,
        };
        Ok(Vouched {
            pin: pin(self.settings.issuer.as_str(), &claims.sub),
            login,
            factors: self.factors(&claims),
        })
    }

    async fn description(&self, now: UnixSeconds) -> Result<Arc<Description>, NoAnswer> {
        let issuer = &self.settings.issuer;
        self.documents.description(&self.asker, issuer, now).await
    }

    fn callback(&self) -> String {
        self.settings.site.with_path(CALLBACK)
    }

    /// No more is asked for than what the login name stands in.
    fn scope(&self) -> &'static str {
        match self.settings.claim.as_str() {
            "sub" => "openid",
            EMAIL => "openid email",
            _ => "openid profile",
        }
    }

    /// Changes the code for tokens (OpenID Connect Core 1.0 §3.1.3).
    async fn tokens(
        &self,
        description: &Description,
        code: &str,
        begun: &Begun,
    ) -> Result<Tokens, NotVouched> {
        let question = self.question_for_tokens(description, code, begun);
        let answer = self.asker.ask(question).await?;
        if answer.status.is_client_error() {
            return Err(NotVouched::Code);
        }
        Ok(read(&answer, "somebody")?)
    }

    fn question_for_tokens(
        &self,
        description: &Description,
        code: &str,
        begun: &Begun,
    ) -> Question {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", &self.callback())
            .append_pair("code_verifier", &begun.verifier.reveal());
        let client = &self.settings.client_id;
        let authorization = match (&self.settings.secret, description.proof) {
            (Some(secret), Proof::Basic) => Some(basic(client, secret)),
            (Some(secret), Proof::Form) => {
                form.append_pair("client_id", client)
                    .append_pair("client_secret", &secret.0);
                None
            }
            (None, Proof::Basic | Proof::Form) => {
                form.append_pair("client_id", client);
                None
            }
        };
        Question::Form {
            at: description.token.as_str().to_owned(),
            authorization,
            body: form.finish(),
        }
    }

    /// What the ID token says. A key that is not known is looked for once more.
    async fn believe(
        &self,
        description: &Description,
        tokens: &Tokens,
        begun: &Begun,
        now: UnixSeconds,
    ) -> Result<Claims, NotVouched> {
        let expected = Expected {
            issuer: self.settings.issuer.as_str(),
            client_id: &self.settings.client_id,
            nonce: &begun.nonce,
            now,
        };
        let keys = |wanted| self.documents.keys(&self.asker, description, wanted, now);
        match believe(&tokens.id_token, &keys(Wanted::Known).await?, &expected) {
            Err(Untrusted::Key) => {
                let newer = keys(Wanted::Newer).await?;
                Ok(believe(&tokens.id_token, &newer, &expected)?)
            }
            other => Ok(other?),
        }
    }

    /// The login name among claims.
    fn login_in(
        &self,
        subject: &str,
        claims: &serde_json::Map<String, serde_json::Value>,
    ) -> Option<String> {
        let claim = self.settings.claim.as_str();
        if claim == "sub" {
            return Some(subject.to_owned());
        }
        // Who may write any address into her profile may not become anybody by it.
        if claim == EMAIL && claims.get(EMAIL_VERIFIED) != Some(&serde_json::Value::Bool(true)) {
            return None;
        }
        claims.get(claim)?.as_str().map(str::to_owned)
    }

    /// The login name as the provider tells it when asked: many keep it out of the ID token (OpenID
    /// Connect Core 1.0 §5.3).
    async fn login_asked(
        &self,
        description: &Description,
        tokens: &Tokens,
        claims: &Claims,
    ) -> Result<String, NotVouched> {
        let (Some(at), Some(token)) = (&description.person, &tokens.access_token) else {
            return Err(NotVouched::NoLogin);
        };
        let answer = self.asker.ask(Question::Person {
            at: at.as_str().to_owned(),
            token: token.clone(),
        });
        let told: serde_json::Map<_, _> = read(&answer.await?, "somebody")?;
        if told.get("sub").and_then(|sub| sub.as_str()) != Some(&claims.sub) {
            return Err(Untrusted::Subject.into());
        }
        self.login_in(&claims.sub, &told).ok_or(NotVouched::NoLogin)
    }

    fn factors(&self, claims: &Claims) -> Factors {
        let methods = claims.amr.as_ref().map_or(&[][..], Texts::as_slice);
        let mut told = methods.iter().chain(&claims.acr);
        if told.any(|value| self.settings.second_factor.contains(value)) {
            Factors::Two
        } else {
            Factors::One
        }
    }

    /// Whether what came by way of the browser is from this provider.
    async fn is_sender(&self, named: Option<&str>, now: UnixSeconds) -> Result<IsSender, NoAnswer> {
        let description = self.description(now).await?;
        Ok(match (named, description.sender) {
            (Some(issuer), _) if issuer == self.settings.issuer.as_str() => IsSender::Yes,
            (None, Sender::NotNamed) => IsSender::Yes,
            (Some(_), _) | (None, Sender::Named) => IsSender::No,
        })
    }
}

/// Whether it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum IsSender {
    Yes,
    No,
}

/// Basic authentication, each part encoded as in a form (RFC 6749 §2.3.1).
fn basic(client: &str, secret: &ClientSecret) -> String {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encoded(client), encoded(&secret.0));
    format!("Basic {}", STANDARD.encode(pair))
}

/// Who somebody is at a provider, hashed; the length keeps the two parts apart.
fn pin(issuer: &str, subject: &str) -> ProviderPin {
    let hash = Sha256::new()
        .chain_update(b"provider\0")
        .chain_update((issuer.len() as u64).to_be_bytes())
        .chain_update(issuer)
        .chain_update(subject);
    ProviderPin(hash.finalize().into())
}
