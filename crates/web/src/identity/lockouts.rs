//! Places that have to wait after failed sign-ins, for supervisors.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::lockout::Origin;
use super::names::millis;
use super::{Identity, SignedIn, lock};
use crate::app::{App, Json, Path};
use crate::audit::Event;
use crate::board::Millis;
use crate::problem::{Kind, Problem, ProblemBody};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(lockouts))
        .routes(routes!(clear))
}

/// A place that has to wait before it may sign in again.
#[derive(Debug, Serialize, ToSchema)]
struct LockoutTold {
    /// Its id.
    id: String,
    /// The login name; nothing for all of a network that have no account, together: what was typed may have been a password.
    login: Option<String>,
    /// The network that the attempts came from; nothing when they came from a device that the account knows.
    network: Option<String>,
    /// How many failed.
    failures: u32,
    /// Until when it has to wait.
    until_ms: Millis,
}

/// Places that have to wait before they may sign in again, the longest first.
#[utoipa::path(
    get,
    path = "/api/v1/lockouts",
    tag = "accounts",
    responses(
        (status = 200, body = Vec<LockoutTold>),
        (status = 503, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn lockouts(
    Extension(identity): Extension<Arc<Identity>>,
) -> Result<Json<Vec<LockoutTold>>, Problem> {
    let accounts = identity.store.accounts().await?;
    let logins: BTreeMap<_, _> = accounts
        .into_iter()
        .map(|account| (account.id, account.login))
        .collect();
    let lockouts = lock(&identity.lockouts).list(identity.now());
    let told = lockouts.into_iter().map(|lockout| LockoutTold {
        id: lockout.number.to_string(),
        login: lockout.account.and_then(|id| logins.get(&id).cloned()),
        network: network(lockout.origin),
        failures: lockout.failures,
        until_ms: millis(lockout.until),
    });
    Ok(Json(told.collect()))
}

fn network(origin: Origin) -> Option<String> {
    let Origin::Network(Some(address)) = origin else {
        return None;
    };
    let bits = if address.is_ipv4() { 24 } else { 56 };
    Some(format!("{address}/{bits}"))
}

/// Lets a place sign in again.
#[utoipa::path(
    delete,
    path = "/api/v1/lockouts/{id}",
    tag = "accounts",
    params(("id" = String, Path, description = "The id of the lockout.")),
    responses(
        (status = 204, description = "Done."),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn clear(
    State(app): State<App>,
    Extension(identity): Extension<Arc<Identity>>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let number = id.parse().ok();
    let cleared = number.and_then(|number| lock(&identity.lockouts).clear(number));
    cleared.ok_or_else(|| Problem::new(Kind::NotFound, "there is no such lockout"))?;
    app.audit.note(&who.login, Event::LockoutCleared);
    Ok(StatusCode::NO_CONTENT)
}
