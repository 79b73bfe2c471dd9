//! Keys of programs: made and revoked by administrators, shown as `Authorization: Bearer`.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::sql::{ApiKey, ApiKeyId, ApiKeyStanding, UnixSeconds};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::names::{ScopeName, millis};
use super::remembered::Standing;
use super::token::{KEY_PREFIX, Token, key_token};
use super::{Identity, SignedIn, Who, fresh, lock, silent};
use crate::app::{App, Json, Path};
use crate::audit::Event;
use crate::board::Millis;
use crate::problem::{Kind, Problem, ProblemBody};

/// Days for which a key may be made.
pub const KEY_DAYS_MAX: u16 = 366;

const DAY_SECONDS: i64 = 24 * 60 * 60;

impl Identity {
    /// Who has the key of a request.
    pub(super) async fn holder(&self, key: &str) -> Result<Option<Who>, Problem> {
        let Some(token) = key_token(key) else {
            return Ok(None);
        };
        let (token, now) = (token.hash(), self.now());
        if lock(&self.remembered).standing() == Standing::Silent {
            return Err(silent());
        }
        let key = self.store.api_key(&token).await?;
        let key = key.filter(|key| key.standing == ApiKeyStanding::Live && now < key.expires);
        let remembered = &mut *lock(&self.remembered);
        match &key {
            Some(_) => remembered.confirm_key(token, now),
            None => remembered.forget(&token),
        }
        Ok(key.map(|key| Who::Key {
            name: key.name,
            scopes: key.scopes,
        }))
    }
}

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(keys, make))
        .routes(routes!(revoke))
}

/// A key.
#[derive(Debug, Serialize, ToSchema)]
struct KeyTold {
    /// Its id. It opens nothing.
    id: String,
    /// What its maker calls it.
    name: String,
    /// What it opens.
    scopes: BTreeSet<ScopeName>,
    /// When it was made.
    created_ms: Millis,
    /// When it ends.
    expires_ms: Millis,
    /// The id of the account that made it, which may be gone.
    made_by: String,
    /// Whether it was revoked.
    revoked: bool,
}

impl From<ApiKey> for KeyTold {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id.to_string(),
            name: key.name,
            scopes: key.scopes.into_iter().map(ScopeName::from).collect(),
            created_ms: millis(key.created),
            expires_ms: millis(key.expires),
            made_by: key.made_by.to_string(),
            revoked: key.standing == ApiKeyStanding::Revoked,
        }
    }
}

/// A new key.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewKey {
    /// What it is called.
    name: String,
    /// What it opens, at least one thing.
    scopes: BTreeSet<ScopeName>,
    /// For how many days, at most 366.
    #[schema(minimum = 1, maximum = 366)]
    days: u16,
}

/// A new key and its text.
#[derive(Serialize, ToSchema)]
struct Made {
    /// The key.
    key: KeyTold,
    /// What the program shows as `Authorization: Bearer`. It is told once.
    token: String,
}

/// All keys, by name.
#[utoipa::path(
    get,
    path = "/api/v1/api-keys",
    tag = "keys",
    responses(
        (status = 200, body = Vec<KeyTold>),
        (status = 503, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn keys(
    Extension(identity): Extension<Arc<Identity>>,
) -> Result<Json<Vec<KeyTold>>, Problem> {
    let keys = identity.store.api_keys().await?;
    Ok(Json(keys.into_iter().map(KeyTold::from).collect()))
}

/// Makes a key.
#[utoipa::path(
    post,
    path = "/api/v1/api-keys",
    tag = "keys",
    request_body = NewKey,
    responses(
        (status = 201, body = Made),
        (status = 409, body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn make(
    State(app): State<App>,
    Extension(identity): Extension<Arc<Identity>>,
    who: SignedIn,
    Json(new): Json<NewKey>,
) -> Result<(StatusCode, Json<Made>), Problem> {
    if new.days == 0 || new.days > KEY_DAYS_MAX {
        return Err(Problem::new(
            Kind::Invalid,
            format!("a key is for 1 to {KEY_DAYS_MAX} days"),
        ));
    }
    let token = Token::new(fresh()?);
    let now = identity.now();
    let expires = now.0.saturating_add(i64::from(new.days) * DAY_SECONDS);
    let key = ApiKey {
        id: ApiKeyId(u128::from_be_bytes(fresh()?)),
        name: new.name,
        token: token.hash(),
        scopes: new.scopes.into_iter().map(Into::into).collect(),
        created: now,
        expires: UnixSeconds(expires),
        made_by: who.account,
        standing: ApiKeyStanding::Live,
    };
    identity.store.create_api_key(&key).await?;
    app.audit.note(&who.login, changed(&key.name, "made"));
    let made = Made {
        key: key.into(),
        token: format!("{KEY_PREFIX}{}", token.reveal()),
    };
    Ok((StatusCode::CREATED, Json(made)))
}

/// Ends a key for good.
#[utoipa::path(
    delete,
    path = "/api/v1/api-keys/{id}",
    tag = "keys",
    params(("id" = String, Path, description = "The id of the key.")),
    responses(
        (status = 204, description = "Done."),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn revoke(
    State(app): State<App>,
    Extension(identity): Extension<Arc<Identity>>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let keys = identity.store.api_keys().await?;
    let key = keys.into_iter().find(|key| key.id.to_string() == id);
    let key = key.ok_or_else(|| Problem::new(Kind::NotFound, "there is no such key"))?;
    identity.store.revoke_api_key(key.id).await?;
    app.audit.note(&who.login, changed(&key.name, "revoked"));
    Ok(StatusCode::NO_CONTENT)
}

fn changed(key: &str, change: &'static str) -> Event {
    Event::KeyChanged {
        key: key.to_owned(),
        change,
    }
}
