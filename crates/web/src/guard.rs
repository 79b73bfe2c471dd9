//! What every request passes: who sends it, whether that role may, whether it comes from our own
//! pages; and the headers of every answer.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Response as HttpResponse, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tower_http::csrf::{CsrfLayer, ProtectionError, ResponseForProtectionError};

use crate::app::App;
use crate::identity::{Due, Gate, Peer, Who};
use crate::limits::{Asker, Limits};
use crate::problem::{Kind, Problem};
use crate::roles::{Access, access};
use crate::serve::Traffic;

/// Only what comes from here: no script, style, picture or connection of anybody else, and no page
/// of ours within another.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
    connect-src 'self'; manifest-src 'self'; worker-src 'self'; media-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// What the guard knows.
#[derive(Clone)]
pub(crate) struct Guard {
    gate: Arc<dyn Gate>,
    limits: Arc<Limits>,
}

impl Guard {
    pub(crate) fn new(app: &App) -> Self {
        Self {
            gate: app.gate.clone(),
            limits: Arc::default(),
        }
    }
}

/// Counts what strangers ask, on every path and before anything is looked up. Who was known a
/// moment before is spared, and counted by [`guard`]. Who is refused loses the connection, unless it
/// is that of a proxy.
///
/// # Errors
/// [`Problem`]: too many requests came from that network.
pub(crate) async fn hold_strangers_back(
    State(guard): State<Guard>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    if !guard.gate.is_familiar(request.headers()) {
        let stranger = Asker::stranger(address(&request));
        let counted = guard.limits.count(&stranger, request.uri().path());
        if counted.is_err()
            && let Some(traffic) = request.extensions().get::<Traffic>()
        {
            traffic.hold_back().await;
        }
        counted?;
    }
    Ok(next.run(request).await)
}

/// Lets a request through when its sender may, with the sender as an extension.
///
/// # Errors
/// [`Problem`]: nobody is signed in, or not somebody who may; or too many requests came.
pub(crate) async fn guard(
    State(guard): State<Guard>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let path = request.extensions().get::<MatchedPath>().cloned();
    let path = path.as_ref().map_or("", MatchedPath::as_str);
    let Some(needs) = access(request.method(), path) else {
        // The router answers what exists for other methods; what has no access is for nobody.
        return Ok(next.run(request).await);
    };
    if needs == Access::Anybody {
        return Ok(next.run(request).await);
    }
    let Some(who) = guard.gate.who(request.headers()).await? else {
        return Err(Problem::new(Kind::NotSignedIn, "sign in first"));
    };
    if let Some(traffic) = request.extensions().get::<Traffic>() {
        traffic.is_known();
    }
    guard.limits.count(&Asker::of(&who), path)?;
    may(needs, &who)?;
    request.extensions_mut().insert(who);
    Ok(next.run(request).await)
}

fn address(request: &Request) -> Option<IpAddr> {
    request.extensions().get::<Peer>().map(|peer| peer.0)
}

/// Whether somebody may do what needs this access.
fn may(needs: Access, who: &Who) -> Result<(), Problem> {
    let forbidden = || Problem::new(Kind::Forbidden, "this is not for your role");
    match (needs, who) {
        (Access::Anybody, _) | (Access::AnySession, Who::Account(_)) => Ok(()),
        (Access::AnySession, Who::Key { .. }) => Err(forbidden()),
        (Access::Only(roles, _), Who::Account(account)) => match account.due {
            Due::Nothing if roles.contains(&account.role) => Ok(()),
            Due::Nothing => Err(forbidden()),
            Due::Password => Err(Problem::new(Kind::SetUpFirst, "choose a password first")),
            Due::Totp => Err(Problem::new(
                Kind::SetUpFirst,
                "set up one-time passwords first",
            )),
        },
        (Access::Only(_, scope), Who::Key { scopes, .. }) => {
            if scope.is_some_and(|scope| scopes.contains(&scope)) {
                Ok(())
            } else {
                Err(Problem::new(Kind::Forbidden, "the key has no such scope"))
            }
        }
    }
}

/// Refuses whatever another site's page sends and would change something.
pub(crate) fn same_origin() -> CsrfLayer<CrossSite> {
    CsrfLayer::new().with_rejection_response(CrossSite)
}

/// The answer to a request from another site.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CrossSite;

impl ResponseForProtectionError<Body> for CrossSite {
    fn response_for_protection_error(&mut self, _: ProtectionError) -> HttpResponse<Body> {
        Problem::new(Kind::CrossSite, "only our own pages may send this").into_response()
    }
}

/// Puts the headers on every answer that keep a browser strict.
pub(crate) async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let strict: [(HeaderName, &'static str); 6] = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=(self)",
        ),
    ];
    for (name, value) in strict {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
