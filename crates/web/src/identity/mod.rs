//! Who sends a request: accounts, sessions, keys.
//!
//! The rest of the crate asks [`Gate`] and nothing else of it. [`Identity`] is the one behind it:
//! sign-in by password and, for those who may change much, one-time passwords, or through an OpenID
//! Connect provider; sessions that the database keeps by the hash of their token, looked up anew
//! for every request, so that what is revoked opens nothing from then on (while the database does
//! not answer, who was there a moment before goes on); waits after failed attempts, in memory.

mod accounts;
mod enrolment;
mod first_start;
mod keys;
mod lockout;
mod lockouts;
mod memory;
mod names;
mod password;
pub mod provider;
mod remembered;
mod sessions;
mod sign_in;
mod token;
mod totp;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use async_trait::async_trait;
use axum::Extension;
use axum::http::HeaderMap;
use store::sql::{AccountId, Role, Scope, Store, TokenHash, UnixSeconds};
use utoipa_axum::router::OpenApiRouter;

use self::enrolment::Enrolments;
use self::first_start::FirstPassword;
use self::lockout::Lockouts;
use self::password::Hasher;
use self::provider::{Provider, ProviderSettings};
use self::remembered::{Asking, Remembered, Standing};
use self::totp::Seal;
use crate::app::App;
use crate::problem::{Kind, Problem};

pub use self::enrolment::{ENROLMENT_SECONDS, ENROLMENTS_MAX};
pub use self::first_start::{
    FIRST_LOGIN, FIRST_PASSWORD_SECONDS, FIRST_SIGN_IN, FirstStart, FirstStartError,
};
pub use self::keys::KEY_DAYS_MAX;
pub use self::lockout::{
    FAILURES_MAX, FIRST_WAIT_SECONDS, FORGET_SECONDS, PLACES_MAX, WAIT_SECONDS_MAX,
};
pub use self::password::{
    BUSY_RETRY_SECONDS, HASHES_AT_ONCE_MAX, HASHES_WAITING_FOR_KNOWN, HASHES_WAITING_MAX,
    PASSWORD_BYTES_MAX, PASSWORD_CHARACTERS_MIN,
};
pub use self::remembered::{
    ASKED_AGAIN_AFTER, FAMILIAR_SECONDS, KEYS_REMEMBERED_MAX, REMEMBERED_MAX, SEEN_BEFORE_SECONDS,
    WITHOUT_DATABASE_SECONDS_MAX,
};
pub use self::sessions::{
    DEVICE_SECONDS, IDLE_SECONDS_MAX, SEEN_EVERY_SECONDS, SESSION_SECONDS_MAX, WALL_SECONDS_MAX,
};
pub use self::token::{DEVICE_COOKIE, KEY_PREFIX, PROVIDER_COOKIE, SESSION_COOKIE, TOKEN_BYTES};
pub use self::totp::KEY_BYTES;

/// What no session has, to ask whether the database answers.
const NOBODYS: TokenHash = TokenHash([0; 32]);

/// Who sends a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Somebody with an account.
    Account(SignedIn),
    /// A program with a key.
    Key {
        /// The key's name, for the audit.
        name: String,
        /// What it may be used for.
        scopes: BTreeSet<Scope>,
    },
}

/// Somebody who has signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// Her account.
    pub account: AccountId,
    /// Its login name, which is also the name of an operator if she is one.
    pub login: String,
    /// What others see.
    pub display_name: String,
    /// What she may do.
    pub role: Role,
    /// What she has to do before she may do anything else.
    pub due: Due,
}

/// What an account has to do before it may do anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Nothing.
    Nothing,
    /// Choose a password.
    Password,
    /// Set up one-time passwords.
    Totp,
}

/// Tells who sends a request.
#[async_trait]
pub trait Gate: Send + Sync {
    /// Who sends a request with these headers: a session's cookie, or `Authorization: Bearer` with a key. Nothing when nobody is signed in. The session
    /// counts as used.
    ///
    /// # Errors
    /// [`Problem`] when it cannot be told.
    async fn who(&self, headers: &HeaderMap) -> Result<Option<Who>, Problem>;

    /// Whether [`Self::who`] knew a moment before who sends requests with these headers. Looks nothing up, and lets nobody in.
    fn is_familiar(&self, headers: &HeaderMap) -> bool;
}

impl Who {
    /// How the audit names it: a key as what it is, whatever its name, so that it is taken for no person.
    #[must_use]
    pub fn name(&self) -> Cow<'_, str> {
        match self {
            Self::Account(account) => Cow::Borrowed(&account.login),
            Self::Key { name, .. } => Cow::Owned(format!("key:{name}")),
        }
    }
}

/// What time it is outside. Codes of telephones go by it, so it is corrected while running, unlike the engine's.
pub trait WallClock: Send + Sync {
    /// Seconds since the Unix epoch.
    fn now(&self) -> UnixSeconds;
}

/// The address that a connection comes from, as an extension of its requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// What sign-in needs.
#[derive(Clone)]
pub struct Settings {
    /// Accounts, sessions, devices, keys.
    pub store: Arc<dyn Store>,
    /// What time it is outside.
    pub clock: Arc<dyn WallClock>,
    /// Seals the secrets of one-time passwords.
    pub key: [u8; KEY_BYTES],
    /// The folder that [`FIRST_SIGN_IN`] is written to.
    pub folder: PathBuf,
    /// The OpenID Connect provider through which one may sign in, if there is one.
    pub provider: Option<ProviderSettings>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings = &mut f.debug_struct("Settings");
        settings
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

/// Accounts, sessions and keys.
pub struct Identity {
    store: Arc<dyn Store>,
    clock: Arc<dyn WallClock>,
    seal: Seal,
    folder: PathBuf,
    hasher: Hasher,
    lockouts: Mutex<Lockouts>,
    enrolments: Mutex<Enrolments>,
    first_password: Mutex<Option<FirstPassword>>,
    remembered: Arc<Mutex<Remembered>>,
    provider: Option<Provider>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(..)")
    }
}

impl Identity {
    /// Accounts, sessions and keys of a store. Nobody has failed to sign in yet.
    #[must_use]
    pub fn new(settings: Settings) -> Arc<Self> {
        Arc::new(Self {
            store: settings.store,
            clock: settings.clock,
            seal: Seal::new(&settings.key),
            folder: settings.folder,
            hasher: Hasher::default(),
            lockouts: Mutex::default(),
            enrolments: Mutex::default(),
            first_password: Mutex::default(),
            remembered: Arc::default(),
            provider: settings.provider.map(Provider::new),
        })
    }

    /// The routes of sign-in, accounts, keys and lockouts.
    pub fn routes(self: &Arc<Self>) -> OpenApiRouter<App> {
        routes().layer(Extension(Arc::clone(self)))
    }

    /// How many password hashes were computed, for logins that exist and for those that do not.
    #[must_use]
    pub fn hashes_computed(&self) -> u64 {
        self.hasher.computed()
    }

    fn now(&self) -> UnixSeconds {
        self.clock.now()
    }

    /// Who has a session while the database does not answer, or the problem.
    fn without_database(&self, token: &TokenHash, problem: Problem) -> Result<Who, Problem> {
        let who = lock(&self.remembered).without_database(token, self.now());
        who.map(Who::Account).ok_or(problem)
    }

    /// The database did not answer: it is asked until it does, one question at a time, and nobody waits for that.
    fn fell_silent(&self) {
        if lock(&self.remembered).fell_silent(self.now()) == Asking::You {
            let remembered = Arc::downgrade(&self.remembered);
            tokio::spawn(ask_until_it_answers(Arc::clone(&self.store), remembered));
        }
    }
}

/// Ends as soon as the database has answered, whomever, or nobody is there any more who would want to know.
async fn ask_until_it_answers(store: Arc<dyn Store>, remembered: Weak<Mutex<Remembered>>) {
    loop {
        let answer = store.session(&NOBODYS).await;
        let Some(remembered) = remembered.upgrade() else {
            return;
        };
        {
            let remembered = &mut *lock(&remembered);
            if answer.is_ok() {
                remembered.answers();
            }
            if remembered.is_to_be_asked() == Standing::Answers {
                return;
            }
        }
        drop(remembered);
        tokio::time::sleep(ASKED_AGAIN_AFTER).await;
    }
}

/// What is told at once while the database is known not to answer.
fn silent() -> Problem {
    Problem::new(Kind::Unavailable, "the records database does not answer").retry_after(5)
}

/// The routes and their description.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(sign_in::routes())
        .merge(provider::routes())
        .merge(enrolment::routes())
        .merge(sessions::routes())
        .merge(accounts::routes())
        .merge(keys::routes())
        .merge(lockouts::routes())
}

#[async_trait]
impl Gate for Identity {
    async fn who(&self, headers: &HeaderMap) -> Result<Option<Who>, Problem> {
        if let Some(key) = token::bearer(headers) {
            return self.holder(key).await;
        }
        let Some(token) = token::cookie_token(headers, SESSION_COOKIE) else {
            return Ok(None);
        };
        let (token, now) = (token.hash(), self.now());
        if lock(&self.remembered).standing() == Standing::Silent {
            return self.without_database(&token, silent()).map(Some);
        }
        match self.present(headers).await {
            Ok(Some(present)) => {
                let who = present.signed_in();
                lock(&self.remembered).confirm(token, &who, now);
                Ok(Some(Who::Account(who)))
            }
            Ok(None) => {
                lock(&self.remembered).forget(&token);
                Ok(None)
            }
            Err(problem) if problem.kind() == Kind::Unavailable => {
                self.fell_silent();
                self.without_database(&token, problem).map(Some)
            }
            Err(problem) => Err(problem),
        }
    }

    fn is_familiar(&self, headers: &HeaderMap) -> bool {
        let token = match token::bearer(headers) {
            Some(key) => token::key_token(key),
            None => token::cookie_token(headers, SESSION_COOKIE),
        };
        token.is_some_and(|token| lock(&self.remembered).is_familiar(&token.hash(), self.now()))
    }
}

/// Bytes from the system's random source.
fn fresh<const BYTES: usize>() -> Result<[u8; BYTES], Problem> {
    let mut bytes = [0; BYTES];
    if let Err(error) = getrandom::fill(&mut bytes) {
        tracing::error!(%error, "the system gives no chance");
        return Err(Problem::new(Kind::Internal, "the system gives no chance"));
    }
    Ok(bytes)
}

/// What a mutex guards. Nothing under these locks panics half way.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
