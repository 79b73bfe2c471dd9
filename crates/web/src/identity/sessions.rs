//! Sessions: looked up for every request, told to those whose they are, ended by them.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use store::sql::{
    Account, AccountId, AccountStanding, DeviceKind, KnownDevice, OpenedBy, PasswordChange, Role,
    Session, SessionStanding, TokenHash, UnixSeconds,
};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::names::{DeviceName, millis};
use super::token::{DEVICE_COOKIE, SESSION_COOKIE, Token, cookie_token, set_cookie};
use super::{Due, Identity, SignedIn, fresh, lock};
use crate::app::{App, Json, Path};
use crate::audit::Event;
use crate::board::Millis;
use crate::problem::{Kind, Problem, ProblemBody};

/// Seconds after which a session that nobody used ends. A page that is open uses it.
pub const IDLE_SECONDS_MAX: i64 = 12 * 60 * 60;
/// Seconds after which a person's session ends, however much it is used.
pub const SESSION_SECONDS_MAX: i64 = 7 * 24 * 60 * 60;
/// Seconds after which a wall's session ends. It does not end by idling.
pub const WALL_SECONDS_MAX: i64 = 90 * 24 * 60 * 60;
/// Seconds between two notes that a session is used.
pub const SEEN_EVERY_SECONDS: i64 = 60;
/// Seconds for which a browser is asked to keep a device's token; browsers keep none for longer than 400 days.
pub const DEVICE_SECONDS: i64 = 400 * 24 * 60 * 60;

/// Somebody who has a session that holds.
#[derive(Debug)]
pub(super) struct Present {
    pub(super) session: Session,
    pub(super) account: Account,
}

impl Present {
    /// As the rest of the crate sees her.
    pub(super) fn signed_in(self) -> SignedIn {
        SignedIn::by(self.account, self.session.opened_by)
    }
}

impl SignedIn {
    /// Somebody with this account, whose session was opened so.
    pub(super) fn by(account: Account, opened_by: OpenedBy) -> Self {
        Self {
            due: due(&account, opened_by),
            account: account.id,
            login: account.login,
            display_name: account.display_name,
            role: account.role,
        }
    }
}

/// What an account has to do before it may do anything else. Whoever came by the provider needs neither a password of ours nor one-time passwords: her
/// session does not hold where it would need them.
pub(super) const fn due(account: &Account, opened_by: OpenedBy) -> Due {
    match opened_by {
        OpenedBy::Password => due_by_password(account),
        OpenedBy::Provider | OpenedBy::ProviderTwoFactors => Due::Nothing,
    }
}

const fn due_by_password(account: &Account) -> Due {
    match (account.password_change, &account.totp, account.role) {
        (PasswordChange::Due, _, _) => Due::Password,
        (PasswordChange::NotDue, None, Role::Supervisor | Role::Administrator) => Due::Totp,
        (PasswordChange::NotDue, None, Role::Operator | Role::Auditor | Role::Wall)
        | (PasswordChange::NotDue, Some(_), _) => Due::Nothing,
    }
}

/// Whether a second factor has to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SecondFactor {
    Needed,
    NotNeeded,
}

/// Whether an account needs a second factor: its role does, or it has one.
pub(super) const fn second_factor(account: &Account) -> SecondFactor {
    match (&account.totp, account.role) {
        (Some(_), _) | (None, Role::Supervisor | Role::Administrator) => SecondFactor::Needed,
        (None, Role::Operator | Role::Auditor | Role::Wall) => SecondFactor::NotNeeded,
    }
}

/// Whether a session was opened by as much as its account needs by now. By a password it was, or what is missing is due.
fn suffices(opened_by: OpenedBy, account: &Account) -> bool {
    match opened_by {
        OpenedBy::Password | OpenedBy::ProviderTwoFactors => true,
        OpenedBy::Provider => second_factor(account) == SecondFactor::NotNeeded,
    }
}

/// Seconds after which a session of this role ends, however much it is used.
const fn lifetime(role: Role) -> i64 {
    match role {
        Role::Operator | Role::Supervisor | Role::Administrator | Role::Auditor => {
            SESSION_SECONDS_MAX
        }
        Role::Wall => WALL_SECONDS_MAX,
    }
}

/// Seconds after which a session of this role ends when nobody uses it.
const fn idle_max(role: Role) -> i64 {
    match role {
        Role::Operator | Role::Supervisor | Role::Administrator | Role::Auditor => IDLE_SECONDS_MAX,
        Role::Wall => WALL_SECONDS_MAX,
    }
}

/// The session, if it holds at a moment. An account's role may have changed since it was opened: what it is now decides.
fn holding(session: Session, account: &Account, now: UnixSeconds) -> Option<Session> {
    let role = account.role;
    let holds = session.standing == SessionStanding::Live
        && suffices(session.opened_by, account)
        && now < session.expires
        && now.0 < session.created.0.saturating_add(lifetime(role))
        && now.0 < session.last_seen.0.saturating_add(idle_max(role));
    holds.then_some(session)
}

impl Identity {
    /// Who has the session of a request's cookie. It counts as used.
    pub(super) async fn present(&self, headers: &HeaderMap) -> Result<Option<Present>, Problem> {
        let Some(token) = cookie_token(headers, SESSION_COOKIE) else {
            return Ok(None);
        };
        let Some(session) = self.store.session(&token.hash()).await? else {
            return Ok(None);
        };
        let Some(account) = self.store.account(session.account).await? else {
            return Ok(None);
        };
        let now = self.now();
        let Some(session) = holding(session, &account, now) else {
            return Ok(None);
        };
        if account.standing == AccountStanding::Disabled {
            return Ok(None);
        }
        if now.0 >= session.last_seen.0.saturating_add(SEEN_EVERY_SECONDS) {
            // A database that takes no note for a while signs nobody out. Others tell of it: in the ordinary log this
            // second would be that of an act.
            if let Err(error) = self.store.touch_session(&session.token, now).await {
                tracing::debug!(%error, "the use of a session was not noted");
            }
        }
        Ok(Some(Present { session, account }))
    }

    /// As [`Self::present`], where somebody has to be.
    pub(super) async fn must_be_present(&self, headers: &HeaderMap) -> Result<Present, Problem> {
        let present = self.present(headers).await?;
        present.ok_or_else(|| Problem::new(Kind::NotSignedIn, "sign in first"))
    }

    /// Opens a session with a token of its own, and gives the cookie. Those that ran out are deleted meanwhile.
    pub(super) async fn open(
        &self,
        account: AccountId,
        role: Role,
        device: DeviceKind,
        opened_by: OpenedBy,
    ) -> Result<(TokenHash, HeaderValue), Problem> {
        let token = Token::new(fresh()?);
        let now = self.now();
        let session = Session {
            token: token.hash(),
            account,
            device,
            opened_by,
            created: now,
            last_seen: now,
            expires: UnixSeconds(now.0.saturating_add(lifetime(role))),
            standing: SessionStanding::Live,
        };
        self.store.prune_sessions(now).await?;
        self.store.open_session(&session).await?;
        lock(&self.remembered).answers();
        Ok((
            session.token,
            set_cookie(SESSION_COOKIE, &token, lifetime(role)),
        ))
    }

    /// Remembers the device of a request, and gives the cookie by which it is known again. Several accounts may share a device.
    pub(super) async fn remember(
        &self,
        account: AccountId,
        headers: &HeaderMap,
    ) -> Result<HeaderValue, Problem> {
        let token = match cookie_token(headers, DEVICE_COOKIE) {
            Some(token) => token,
            None => Token::new(fresh()?),
        };
        let now = self.now();
        let device = KnownDevice {
            account,
            token: token.hash(),
            created: now,
            last_seen: now,
        };
        self.store.remember_device(&device).await?;
        Ok(set_cookie(DEVICE_COOKIE, &token, DEVICE_SECONDS))
    }

    /// Ends the session of a request's cookie, if there is one.
    pub(super) async fn end(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let Some(token) = cookie_token(headers, SESSION_COOKIE) else {
            return Ok(());
        };
        if self.store.session(&token.hash()).await?.is_some() {
            self.store.revoke_session(&token.hash()).await?;
        }
        lock(&self.remembered).forget(&token.hash());
        Ok(())
    }
}

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(sessions, revoke_others))
        .routes(routes!(revoke))
}

/// A session of yours.
#[derive(Debug, Serialize, ToSchema)]
struct SessionTold {
    /// Its id. It opens nothing.
    id: String,
    /// When it was opened.
    created_ms: Millis,
    /// When it was last used, to a minute.
    last_seen_ms: Millis,
    /// When it ends, however much it is used.
    expires_ms: Millis,
    /// What it was opened on.
    device: DeviceName,
    /// Whether it is the one that asks.
    current: bool,
}

/// The public id of a session. The hash of its token stays between us and the database.
fn public_id(token: &TokenHash) -> String {
    let digest = Sha256::new()
        .chain_update(b"session\0")
        .chain_update(token.0)
        .finalize();
    digest[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Your sessions, the oldest first.
#[utoipa::path(
    get,
    path = "/api/v1/sessions",
    tag = "session",
    responses(
        (status = 200, body = Vec<SessionTold>),
        (status = 401, body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn sessions(
    Extension(identity): Extension<Arc<Identity>>,
    headers: HeaderMap,
) -> Result<Json<Vec<SessionTold>>, Problem> {
    let present = identity.must_be_present(&headers).await?;
    let account = &present.account;
    let sessions = identity.store.sessions(account.id).await?;
    let now = identity.now();
    let live = sessions
        .into_iter()
        .filter_map(|session| holding(session, account, now));
    let told = live.map(|session| SessionTold {
        id: public_id(&session.token),
        created_ms: millis(session.created),
        last_seen_ms: millis(session.last_seen),
        expires_ms: millis(session.expires),
        device: session.device.into(),
        current: session.token == present.session.token,
    });
    Ok(Json(told.collect()))
}

/// Ends all your sessions but the one that asks.
#[utoipa::path(
    delete,
    path = "/api/v1/sessions",
    tag = "session",
    responses(
        (status = 204, description = "Done."),
        (status = 401, body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn revoke_others(
    State(app): State<App>,
    Extension(identity): Extension<Arc<Identity>>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let present = identity.must_be_present(&headers).await?;
    let account = &present.account;
    let sessions = identity.store.sessions(account.id).await?;
    let others = sessions.into_iter().filter(|session| {
        session.token != present.session.token && session.standing == SessionStanding::Live
    });
    for session in others {
        identity.store.revoke_session(&session.token).await?;
    }
    app.audit.note(&account.login, Event::SessionsRevoked);
    Ok(StatusCode::NO_CONTENT)
}

/// Ends a session of yours.
#[utoipa::path(
    delete,
    path = "/api/v1/sessions/{id}",
    tag = "session",
    params(("id" = String, Path, description = "The id of the session.")),
    responses(
        (status = 204, description = "Done."),
        (status = 401, body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn revoke(
    State(app): State<App>,
    Extension(identity): Extension<Arc<Identity>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let present = identity.must_be_present(&headers).await?;
    let sessions = identity.store.sessions(present.account.id).await?;
    let session = sessions
        .into_iter()
        .find(|session| public_id(&session.token) == id);
    let session =
        session.ok_or_else(|| Problem::new(Kind::NotFound, "you have no such session"))?;
    identity.store.revoke_session(&session.token).await?;
    app.audit
        .note(&present.account.login, Event::SessionsRevoked);
    Ok(StatusCode::NO_CONTENT)
}
