//! The routes of sign-in through a provider.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::lockout::Origin;
use super::super::token::{PROVIDER_COOKIE, Token, cookie_token, set_cookie};
use super::super::{Identity, Peer, fresh};
use super::BEGUN_SECONDS;
use super::begun::Begun;
use super::come_back::{Back, Refused, unanswered};
use crate::app::{App, Asked, Json};
use crate::problem::{Kind, Problem, ProblemBody};

/// Where somebody goes who is signed in, whatever she was sent with.
const HOME: &str = "/";
/// The page of sign-in.
const SIGN_IN: &str = "/sign-in";

pub(in crate::identity) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(provider, begin))
        .routes(routes!(come_back))
}

/// The provider through which one may sign in.
#[derive(Debug, Serialize, ToSchema)]
struct ProviderTold {
    /// What people call it; nothing when there is none.
    name: Option<String>,
}

/// Where to go on.
#[derive(Serialize, ToSchema)]
struct Way {
    /// An address of the provider.
    address: String,
}

/// What the provider sends back with somebody.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Sent {
    /// What is changed for a token.
    code: Option<String>,
    /// What was begun.
    state: Option<String>,
    /// Why there is no code.
    error: Option<String>,
    /// Who sends it (RFC 9207).
    iss: Option<String>,
}

/// Tells through which provider one may sign in.
#[utoipa::path(
    get,
    path = "/api/v1/session/provider",
    tag = "session",
    responses((status = 200, body = ProviderTold))
)]
async fn provider(Extension(identity): Extension<Arc<Identity>>) -> Json<ProviderTold> {
    let provider = identity.provider.as_ref();
    Json(ProviderTold {
        name: provider.map(|provider| provider.settings.name.clone()),
    })
}

/// Begins a sign-in through the provider. The answer sets a cookie by which this browser is known when it comes back, within ten minutes.
#[utoipa::path(
    post,
    path = "/api/v1/session/provider",
    tag = "session",
    responses(
        (status = 200, body = Way),
        (status = 404, description = "No provider is set up.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 502, description = "The provider does not answer.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn begin(
    Extension(identity): Extension<Arc<Identity>>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let provider = identity.provider.as_ref();
    let provider = provider.ok_or_else(|| Problem::new(Kind::NotFound, "no provider is set up"))?;
    // Two tabs of a browser are on their way at once.
    let browser = match cookie_token(&headers, PROVIDER_COOKIE) {
        Some(browser) => browser,
        None => Token::new(fresh()?),
    };
    let begun = Begun {
        browser: browser.hash(),
        network: Origin::network(peer.map(|Extension(Peer(address))| address)),
        nonce: Token::new(fresh()?),
        verifier: Token::new(fresh()?),
        at: identity.now(),
    };
    let way = provider.begin(&Token::new(fresh()?), begun).await;
    let address = way.map_err(|error| {
        unanswered(error);
        Problem::new(
            Kind::ProviderUnreachable,
            "the sign-in provider does not answer: use a password",
        )
    })?;
    let cookie = set_cookie(PROVIDER_COOKIE, &browser, BEGUN_SECONDS);
    let cookies = [(header::SET_COOKIE, cookie)];
    Ok((AppendHeaders(cookies), Json(Way { address })).into_response())
}

/// Takes somebody in who comes back from the provider. The answer leads to the pages, or back to the sign-in with why not.
#[utoipa::path(
    get,
    path = "/api/v1/session/provider/callback",
    tag = "session",
    params(Sent),
    responses((status = 303, description = "To `/`, or to `/sign-in?refused=` with the reason."))
)]
async fn come_back(
    State(app): State<App>,
    Extension(identity): Extension<Arc<Identity>>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    sent: Result<Asked<Sent>, Problem>,
) -> Response {
    let from = peer.map(|Extension(Peer(address))| address);
    let Sent {
        code,
        state,
        error,
        iss,
    } = sent.map(|Asked(sent)| sent).unwrap_or_default();
    let back = Back {
        code,
        state,
        error,
        issuer: iss,
    };
    match identity.come_back(&app.audit, from, &headers, back).await {
        Ok(cookies) => {
            let cookies = cookies.map(|cookie| (header::SET_COOKIE, cookie));
            (AppendHeaders(cookies), to(HOME)).into_response()
        }
        Err(refused) => to_sign_in(refused),
    }
}

fn to_sign_in(refused: Refused) -> Response {
    to(&format!("{SIGN_IN}?refused={}", refused.name()))
}

fn to(path: &str) -> Response {
    let place = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static(SIGN_IN));
    let no_store = HeaderValue::from_static("no-store");
    let headers = [(header::LOCATION, place), (header::CACHE_CONTROL, no_store)];
    (StatusCode::SEE_OTHER, headers).into_response()
}
