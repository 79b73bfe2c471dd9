//! A router, a clock, and browsers that keep cookies.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use argon2::Argon2;
use argon2::password_hash::PasswordHasher as _;
use argon2::password_hash::phc::PasswordHash as Phc;
use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use dispatch::{ContactId, OperatorId};
use records::Date;
use records::content::Content;
use serde_json::{Value, json};
use store::sql::{
    Account, AccountId, AccountStanding, AuditKey, Database, PasswordChange, PasswordHash, Role,
    SqlStore, Store, UnixSeconds,
};
use tempfile::TempDir;
use tower::ServiceExt as _;
use web::board::Millis;
use web::board::{Change, Setup};
use web::feed::Feed;
use web::identity::provider::ProviderSettings;
use web::identity::{Identity, Peer, Settings, WallClock};
use web::line::{Line, Refusal, Story};
use web::{App, Audit, Clock};

use crate::moody::{Mood, Moody};
use crate::telephone::Telephone;

/// The password of accounts that a test does not make over the API.
pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const START: i64 = 1_795_420_800;
pub(crate) const DAY: i64 = 24 * 60 * 60;

/// No exchange: nothing here needs one.
struct NoLine;

#[async_trait]
impl Line for NoLine {
    async fn act(&self, _: dispatch::Fact) -> Result<(), Refusal> {
        Err(Refusal::NoAnswer)
    }

    async fn record(&self, _: records::Fact) -> Result<(), Refusal> {
        Err(Refusal::NoAnswer)
    }

    async fn content(&self, _: ContactId, _: OperatorId) -> Result<Content, Refusal> {
        Err(Refusal::NoAnswer)
    }

    async fn finished(&self, _: OperatorId) -> Result<Vec<ContactId>, Refusal> {
        Err(Refusal::NoAnswer)
    }

    async fn story(&self, _: ContactId) -> Option<Story> {
        None
    }
}

/// A clock that goes when a test says so.
pub(crate) struct Hands(AtomicI64);

impl Hands {
    pub(crate) fn seconds(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn go(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl WallClock for Hands {
    fn now(&self) -> UnixSeconds {
        UnixSeconds(self.seconds())
    }
}

impl Clock for Hands {
    fn now(&self) -> Millis {
        self.seconds() as Millis * 1_000
    }

    fn date(&self, at: Millis) -> Date {
        let at = i64::try_from(at).ok();
        let at = at.and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
        let date = at.map(|at| at.to_zoned(jiff::tz::TimeZone::UTC).date().to_string());
        date.and_then(|date| Date::parse(&date))
            .unwrap_or(Date::LAST)
    }

    fn today(&self) -> Date {
        Date::new(2026, 11, 23).unwrap()
    }
}

pub(crate) struct Fixture {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<Hands>,
    pub(crate) identity: Arc<Identity>,
    pub(crate) router: Router,
    audit: Audit,
    made: AtomicU64,
    folder: Arc<TempDir>,
}

impl Fixture {
    pub(crate) async fn open() -> Self {
        Self::open_with(None).await
    }

    /// With a provider through which one may sign in.
    pub(crate) async fn open_with(provider: Option<ProviderSettings>) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let database = Database::File(folder.path().join("linka.db"));
        let store = store::sql::open(&database).await.unwrap();
        let clock = Arc::new(Hands(AtomicI64::new(START)));
        Self::over(store, clock, folder, 1, provider)
    }

    /// Over a database that answers as it is told to.
    pub(crate) async fn open_moody() -> (Self, Arc<Mood>) {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let (database, mood) = Moody::open(&folder.path().join("linka.db")).await;
        let clock = Arc::new(Hands(AtomicI64::new(START)));
        let store = Arc::new(SqlStore::over(database));
        (Self::over(store, clock, folder, 1, None), mood)
    }

    /// The same after a restart, with a key of this byte.
    pub(crate) fn restarted(&self, key: u8) -> Self {
        self.restarted_with(key, None)
    }

    /// The same, with a provider.
    pub(crate) fn restarted_with(&self, key: u8, provider: Option<ProviderSettings>) -> Self {
        let (store, folder) = (Arc::clone(&self.store), Arc::clone(&self.folder));
        Self::over(store, Arc::clone(&self.clock), folder, key, provider)
    }

    fn over(
        store: Arc<dyn Store>,
        clock: Arc<Hands>,
        folder: Arc<TempDir>,
        key: u8,
        provider: Option<ProviderSettings>,
    ) -> Self {
        let identity = Identity::new(Settings {
            store: Arc::clone(&store),
            clock: clock.clone(),
            key: [key; web::identity::KEY_BYTES],
            folder: folder.path().to_owned(),
            provider,
        });
        let feed = Feed::new(1);
        let setup = Setup {
            time_zone: Some("Europe/Prague".to_owned()),
            ..Setup::default()
        };
        feed.change(0, vec![Change::Setup(setup)]);
        let audit = Audit::open(Arc::clone(&store), clock.clone(), AuditKey([9; 32]));
        let app = App {
            line: Arc::new(NoLine),
            feed,
            store: Arc::clone(&store),
            gate: identity.clone(),
            clock: clock.clone(),
            audit: audit.clone(),
            entering: Arc::default(),
        };
        Self {
            router: web::router(app, identity.routes()),
            store,
            clock,
            identity,
            audit,
            made: AtomicU64::new(0),
            folder,
        }
    }

    /// A file in the folder for the first password.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes an account with [`PASSWORD`] that has nothing due but what its role needs.
    pub(crate) async fn account(&self, login: &str, role: Role) -> AccountId {
        let id = AccountId(u128::from(self.made.fetch_add(1, Ordering::Relaxed) + 1));
        let account = Account {
            id,
            login: login.to_owned(),
            display_name: login.to_uppercase(),
            role,
            standing: AccountStanding::Active,
            password: hash(),
            password_change: PasswordChange::NotDue,
            totp: None,
            provider: None,
        };
        self.store.create_account(&account).await.unwrap();
        id
    }

    /// A browser at this address, without cookies.
    pub(crate) fn browser(&self, address: &str) -> Browser<'_> {
        Browser {
            fixture: self,
            address: address.parse().unwrap(),
            cookies: BTreeMap::new(),
        }
    }

    /// A browser that has signed in to a new account, with a telephone where the role needs one.
    pub(crate) async fn signed_in(&self, login: &str, role: Role) -> (Browser<'_>, AccountId) {
        let id = self.account(login, role).await;
        let mut browser = self.browser("192.0.2.1");
        assert_eq!(
            browser.sign_in(login, PASSWORD).await.status,
            StatusCode::OK
        );
        if matches!(role, Role::Supervisor | Role::Administrator) {
            browser.enrol().await;
        }
        (browser, id)
    }

    /// What the audit says: who did what.
    pub(crate) async fn audited(&self) -> Vec<(String, String)> {
        self.audit.flush().await;
        let entries = self.store.audit_chain(0..1_000).await.unwrap();
        let events = entries.into_iter().map(|entry| {
            let event: Value = serde_json::from_slice(&entry.payload.unwrap().bytes).unwrap();
            let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
            (text("by"), text("what"))
        });
        events.collect()
    }
}

/// The hash of [`PASSWORD`], computed once.
fn hash() -> PasswordHash {
    static HASH: OnceLock<String> = OnceLock::new();
    let hash = HASH.get_or_init(|| {
        let hash: Phc = Argon2::default()
            .hash_password_with_salt(PASSWORD.as_bytes(), &[7; 16])
            .unwrap();
        hash.to_string()
    });
    PasswordHash(hash.clone())
}

/// What a browser was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// The kind of the problem, or nothing.
    pub(crate) fn problem(&self) -> &str {
        let kind = self.body["type"].as_str().unwrap_or_default();
        kind.strip_prefix("/problems/").unwrap_or_default()
    }

    pub(crate) fn retry_after(&self) -> Option<u64> {
        let value = self.headers.get(header::RETRY_AFTER)?;
        value.to_str().unwrap().parse().ok()
    }

    /// Everything that is told, but its moment.
    pub(crate) fn told(&self) -> (StatusCode, &Value) {
        (self.status, &self.body)
    }
}

#[derive(Clone)]
pub(crate) struct Browser<'a> {
    pub(crate) fixture: &'a Fixture,
    pub(crate) address: IpAddr,
    pub(crate) cookies: BTreeMap<String, String>,
}

impl Browser<'_> {
    pub(crate) async fn ask(&mut self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let cookies = self.cookies.iter();
        let cookies: Vec<String> = cookies
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .extension(Peer(self.address))
            .header(header::COOKIE, cookies.join("; "));
        let request = match body {
            Some(body) => request
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        let response = self.fixture.router.clone().oneshot(request.unwrap());
        let (parts, body) = response.await.unwrap().into_parts();
        self.keep(&parts.headers);
        let body = to_bytes(body, 10_000_000).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: serde_json::from_slice(&body).unwrap_or(Value::Null),
        }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, None).await
    }

    pub(crate) async fn delete(&mut self, path: &str) -> Answer {
        self.ask("DELETE", path, None).await
    }

    pub(crate) async fn post(&mut self, path: &str, body: Value) -> Answer {
        self.ask("POST", path, Some(body)).await
    }

    pub(crate) async fn sign_in(&mut self, login: &str, password: &str) -> Answer {
        let body = json!({ "login": login, "password": password });
        self.post("/session", body).await
    }

    pub(crate) async fn sign_in_with(&mut self, login: &str, code: &str) -> Answer {
        let body = json!({ "login": login, "password": PASSWORD, "code": code });
        self.post("/session", body).await
    }

    pub(crate) async fn change_password(&mut self, old: &str, new: &str) -> Answer {
        let body = json!({ "old": old, "new": new });
        self.post("/session/password", body).await
    }

    /// Sets up one-time passwords.
    pub(crate) async fn enrol(&mut self) -> Telephone {
        let begun = self.ask("POST", "/session/totp", None).await;
        let telephone = Telephone::new(begun.body["secret_base32"].as_str().unwrap());
        let code = telephone.code(self.fixture.clock.seconds());
        let confirmed = self.confirm(&code).await;
        assert_eq!(confirmed.status, StatusCode::NO_CONTENT, "{confirmed:?}");
        telephone
    }

    pub(crate) async fn confirm(&mut self, code: &str) -> Answer {
        let body = Some(json!({ "code": code }));
        self.ask("PUT", "/session/totp", body).await
    }

    /// Whether it is signed in.
    pub(crate) async fn status(&mut self) -> StatusCode {
        self.get("/session").await.status
    }

    fn keep(&mut self, headers: &HeaderMap) {
        for cookie in headers.get_all(header::SET_COOKIE) {
            let (pair, rest) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if rest.contains("Max-Age=0;") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}
