//! What every route shares, and the whole as one router.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::sql::Store;
use tokio::sync::Mutex;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;
use utoipa_axum::router::OpenApiRouter;

use crate::audit::Audit;
use crate::board::Millis;
use crate::feed::Feed;
use crate::identity::{Gate, SignedIn, Who};
use crate::line::Line;
use crate::problem::{Kind, Problem};
use crate::{contacts, feed_route, guard, openapi, operators, pages, reports};

/// Bytes of a request's body.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// How long a request may take, the live feed apart.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// What every route shares.
#[derive(Clone)]
pub struct App {
    /// The way to the exchange.
    pub line: Arc<dyn Line>,
    /// The live feed.
    pub feed: Arc<Feed>,
    /// Counts, records, accounts.
    pub store: Arc<dyn Store>,
    /// Who sends a request.
    pub gate: Arc<dyn Gate>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// What is audited.
    pub audit: Audit,
    /// Held while a part of an entry takes its place among the others, so that none is lost between reading and entering.
    pub entering: Arc<Mutex<()>>,
}

/// What time it is.
pub trait Clock: Send + Sync {
    /// Milliseconds since the Unix epoch, by the clock of the engine.
    fn now(&self) -> Millis;

    /// The day of the site's calendar at this moment.
    fn date(&self, at: Millis) -> records::Date;

    /// The day of the site's calendar.
    fn today(&self) -> records::Date {
        self.date(self.now())
    }
}

/// The routes of the API and their description, those of `identity` apart.
pub(crate) fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(feed_route::routes())
        .merge(contacts::routes())
        .merge(operators::routes())
        .merge(reports::routes())
        .merge(crate::audit::routes())
}

/// Everything that HTTP serves: the API, its description, the dashboards. `identity` are the routes of sign-in and accounts.
pub fn router(app: App, identity: OpenApiRouter<App>) -> Router {
    let (api, description) = openapi::describe(api().merge(identity));
    let guard = guard::Guard::new(&app);
    api.merge(openapi::route(description))
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(guard.clone(), guard::guard))
        .fallback(pages::serve)
        .layer(from_fn_with_state(guard, guard::hold_strangers_back))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            REQUEST_TIMEOUT,
        ))
        .layer(RequestBodyLimitLayer::new(BODY_BYTES_MAX))
        .layer(guard::same_origin())
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(guard::headers))
        .with_state(app)
}

async fn method_not_allowed() -> Problem {
    Problem::new(Kind::MethodNotAllowed, "the path takes other methods")
}

fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    tracing::error!("a request made the web part panic");
    Problem::new(Kind::Internal, "it was logged; nothing was changed").into_response()
}

/// A body of JSON. What is wrong with it is a [`Problem`].
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        use axum::extract::rejection::JsonRejection;
        match axum::Json::from_request(request, app).await {
            Ok(axum::Json(body)) => Ok(Self(body)),
            Err(JsonRejection::JsonDataError(error)) => {
                Err(Problem::new(Kind::Invalid, where_wrong(&error.body_text())))
            }
            Err(JsonRejection::JsonSyntaxError(_)) => {
                Err(Problem::new(Kind::Malformed, "the body is no JSON"))
            }
            Err(JsonRejection::MissingJsonContentType(_)) => Err(Problem::new(
                Kind::UnsupportedType,
                "the body has to be application/json",
            )),
            Err(other) if other.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(Problem::new(
                Kind::TooLarge,
                format!("a body has at most {BODY_BYTES_MAX} bytes"),
            )),
            Err(_) => Err(Problem::new(Kind::Malformed, "the body cannot be read")),
        }
    }
}

/// What is wrong with a body, without its values: they may be secrets.
fn where_wrong(text: &str) -> String {
    let place = text.rsplit_once(" at line ").map_or("", |(_, place)| place);
    let missing = text.split_once("missing field `");
    match missing.and_then(|(_, rest)| rest.split_once('`')) {
        Some((field, _)) => format!("the field {field} is missing"),
        None => format!("a value of the body is not what it has to be (line {place})"),
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        let mut response = axum::Json(self.0).into_response();
        let no_store = HeaderValue::from_static("no-store");
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, no_store);
        response
    }
}

/// Variables of a path. One that cannot be read names nothing that exists.
#[derive(Clone, Copy, Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        match axum::extract::Path::from_request_parts(parts, app).await {
            Ok(axum::extract::Path(path)) => Ok(Self(path)),
            Err(_) => Err(Problem::new(Kind::NotFound, "the path names nothing")),
        }
    }
}

/// Variables of a query.
#[derive(Clone, Copy, Debug)]
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<App> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        match axum::extract::Query::from_request_parts(parts, app).await {
            Ok(axum::extract::Query(query)) => Ok(Self(query)),
            Err(error) => Err(Problem::new(Kind::Invalid, error.body_text())),
        }
    }
}

/// Who sends a request that the guard has let through.
impl FromRequestParts<App> for Who {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let who = parts.extensions.get::<Self>().cloned();
        who.ok_or_else(|| Problem::new(Kind::NotSignedIn, "sign in first"))
    }
}

/// The person who sends a request that the guard has let through.
impl FromRequestParts<App> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        match Who::from_request_parts(parts, app).await? {
            Who::Account(account) => Ok(account),
            Who::Key { .. } => Err(Problem::new(Kind::Forbidden, "a key is no person")),
        }
    }
}
