//! A router with everybody's roles at hand.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, Response, StatusCode, header};
use dispatch::{ContactId, OperatorId};
use records::Date;
use records::content::Content;
use serde_json::Value;
use store::sql::{AccountId, AuditKey, Database, Role, Scope, Store, UnixSeconds};
use tower::ServiceExt as _;
use web::board::Millis;
use web::feed::Feed;
use web::identity::{Due, Gate, Identity, KEY_BYTES, Settings, SignedIn, WallClock, Who};
use web::line::{Line, Refusal, Story};
use web::problem::Problem;
use web::{App, Audit, Clock};

pub(crate) const NOW: Millis = 1_795_420_800_000;

/// The exchange, as a test wants it to answer.
#[derive(Default)]
pub(crate) struct Exchange {
    pub(crate) acts: Mutex<Vec<dispatch::Fact>>,
    pub(crate) recorded: Mutex<Vec<records::Fact>>,
    pub(crate) refusal: Mutex<Option<Refusal>>,
}

impl Exchange {
    async fn answer(&self) -> Result<(), Refusal> {
        if let Some(refusal) = self.refusal.lock().unwrap().clone() {
            return Err(refusal);
        }
        // What another request does meanwhile comes first.
        tokio::task::yield_now().await;
        Ok(())
    }

    /// What an operator has entered, in its order.
    fn entered_by(&self, operator: OperatorId) -> Vec<(ContactId, Content)> {
        let mut entered = Vec::new();
        for fact in self.recorded.lock().unwrap().iter() {
            if let records::Fact::Entered {
                contact,
                operator: by,
                content,
            } = fact
                && *by == operator
            {
                entered.push((*contact, (**content).clone()));
            }
        }
        entered
    }
}

#[async_trait]
impl Line for Exchange {
    async fn act(&self, fact: dispatch::Fact) -> Result<(), Refusal> {
        self.answer().await?;
        self.acts.lock().unwrap().push(fact);
        Ok(())
    }

    async fn record(&self, fact: records::Fact) -> Result<(), Refusal> {
        self.answer().await?;
        self.recorded.lock().unwrap().push(fact);
        Ok(())
    }

    async fn content(&self, contact: ContactId, operator: OperatorId) -> Result<Content, Refusal> {
        self.answer().await?;
        let entered = self.entered_by(operator);
        let content = entered.into_iter().rev().find(|(of, _)| *of == contact);
        content
            .map(|(_, content)| content)
            .ok_or_else(|| Refusal::Unknown("it is none of hers".to_owned()))
    }

    async fn finished(&self, operator: OperatorId) -> Result<Vec<ContactId>, Refusal> {
        let entered = self.entered_by(operator).into_iter();
        Ok(entered.map(|(contact, _)| contact).collect())
    }

    async fn story(&self, contact: ContactId) -> Option<Story> {
        (contact.0.0 == 1).then(|| Story {
            contact: "1".to_owned(),
            steps: Vec::new(),
            why: Vec::new(),
        })
    }
}

/// Believes the header `role`: who it names has signed in.
struct ByHeader;

#[async_trait]
impl Gate for ByHeader {
    fn is_familiar(&self, headers: &HeaderMap) -> bool {
        headers.contains_key("role") || headers.contains_key("scope")
    }

    async fn who(&self, headers: &HeaderMap) -> Result<Option<Who>, Problem> {
        let text = |name| headers.get(name).map(|value| value.to_str().unwrap());
        if let Some(scope) = text("scope") {
            let scope = all_scopes().find(|other| format!("{other:?}") == scope);
            return Ok(Some(Who::Key {
                name: "a program".to_owned(),
                scopes: scope.into_iter().collect(),
            }));
        }
        let role = text("role").map(|name| {
            ROLES
                .into_iter()
                .find(|role| format!("{role:?}") == name)
                .unwrap()
        });
        let due = match text("due") {
            Some("password") => Due::Password,
            Some("totp") => Due::Totp,
            _ => Due::Nothing,
        };
        Ok(role.map(|role| {
            Who::Account(SignedIn {
                account: AccountId(1),
                login: text("login").unwrap_or("jana").to_owned(),
                display_name: "Jana".to_owned(),
                role,
                due,
            })
        }))
    }
}

pub(crate) const ROLES: [Role; 5] = [
    Role::Operator,
    Role::Supervisor,
    Role::Administrator,
    Role::Auditor,
    Role::Wall,
];

pub(crate) fn all_scopes() -> impl Iterator<Item = Scope> {
    [
        Scope::ReadBoard,
        Scope::ReadReports,
        Scope::ReadAudit,
        Scope::ManageOperators,
    ]
    .into_iter()
}

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Millis {
        NOW
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

impl WallClock for Noon {
    fn now(&self) -> UnixSeconds {
        UnixSeconds(i64::try_from(NOW / 1_000).unwrap())
    }
}

pub(crate) struct Fixture {
    pub(crate) exchange: Arc<Exchange>,
    pub(crate) feed: Arc<Feed>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) audit: Audit,
    router: Router,
    _folder: tempfile::TempDir,
}

impl Fixture {
    pub(crate) async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::File(folder.path().join("linka.db"));
        let store = store::sql::open(&database).await.unwrap();
        let exchange = Arc::new(Exchange::default());
        let feed = Feed::new(1);
        let audit = Audit::open(store.clone(), Arc::new(Noon), AuditKey([9; 32]));
        let app = App {
            line: exchange.clone(),
            feed: feed.clone(),
            store: store.clone(),
            gate: Arc::new(ByHeader),
            clock: Arc::new(Noon),
            audit: audit.clone(),
            entering: Arc::default(),
        };
        let identity = Identity::new(Settings {
            store: store.clone(),
            clock: Arc::new(Noon),
            key: [1; KEY_BYTES],
            folder: folder.path().to_owned(),
            provider: None,
        });
        Self {
            exchange,
            feed,
            store,
            audit,
            router: web::router(app, identity.routes()),
            _folder: folder,
        }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// Sends a request as a role, with a body of JSON where there is one.
    pub(crate) async fn ask(
        &self,
        role: Role,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> (StatusCode, Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("role", format!("{role:?}"));
        let request = match body {
            Some(body) => request
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        told(self.send(request.unwrap()).await).await
    }

    /// Whether nothing was asked of the exchange.
    pub(crate) fn did_nothing(&self) -> bool {
        self.acts().is_empty() && self.exchange.recorded.lock().unwrap().is_empty()
    }

    pub(crate) fn acts(&self) -> Vec<dispatch::Fact> {
        self.exchange.acts.lock().unwrap().clone()
    }
}

/// The status and the body of an answer; a body that is no JSON is nothing.
pub(crate) async fn told(response: Response<Body>) -> (StatusCode, Value) {
    let status = response.status();
    let body = to_bytes(response.into_body(), 10_000_000).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}
