//! Signing in and out, and choosing a password.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use serde::{Deserialize, Serialize};
use store::sql::{
    Account, AccountChange, AccountId, AccountStanding, Advance, DeviceKind, OpenedBy,
    PasswordChange, Session,
};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::lockout::{Begun, Locked, Origin, Place};
use super::names::{DueName, RoleName};
use super::password::{Asker, BUSY_RETRY_SECONDS, NotHashed, Password, Same, Verdict};
use super::sessions::Present;
use super::token::{DEVICE_COOKIE, SESSION_COOKIE, cookie_token, take_cookie};
use super::{Identity, Peer, SignedIn, fresh, lock};
use crate::app::{App, Json};
use crate::audit::{Audit, Event};
use crate::problem::{Kind, Problem, ProblemBody};

/// What somebody signs in with. It has no `Debug`: a mistyped login may be a password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Credentials {
    /// The login name, in whatever case.
    login: String,
    /// The password.
    password: Password,
    /// The code of the telephone, if the account has one.
    #[serde(default)]
    code: Option<Code>,
}

/// A one-time password of a telephone: six digits.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String)]
pub(super) struct Code(pub(super) String);

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Code(..)")
    }
}

/// Why an account was not proven.
#[derive(Debug)]
enum Unproven {
    /// Login, password or code are wrong.
    Wrong,
    /// The attempt came to no end.
    NotTried(Problem),
}

impl<P: Into<Problem>> From<P> for Unproven {
    fn from(problem: P) -> Self {
        Self::NotTried(problem.into())
    }
}

impl From<NotHashed> for Problem {
    fn from(error: NotHashed) -> Self {
        match error {
            NotHashed::Busy => {
                Self::new(Kind::Unavailable, error.to_string()).retry_after(BUSY_RETRY_SECONDS)
            }
            NotHashed::Failed => Self::new(Kind::Internal, error.to_string()),
        }
    }
}

impl From<Locked> for Problem {
    fn from(locked: Locked) -> Self {
        Self::new(Kind::TooMany, "too many attempts failed: wait").retry_after(locked.seconds)
    }
}

fn wrong() -> Problem {
    Problem::new(Kind::WrongCredentials, "login, password or code are wrong")
}

impl Identity {
    /// Signs somebody in. Gives her account and the cookies.
    async fn sign_in(
        &self,
        audit: &Audit,
        from: Option<IpAddr>,
        headers: &HeaderMap,
        credentials: Credentials,
    ) -> Result<(Account, [HeaderValue; 2]), Problem> {
        let account = self.store.account_of(&credentials.login).await?;
        let (device, origin) = self.origin(account.as_ref(), from, headers).await?;
        let begun = self.begin(&credentials.login, account.as_ref(), origin)?;
        let proven = self.prove(account.clone(), credentials, device).await;
        let account = self.conclude(audit, account.as_ref(), &begun, proven)?;
        // A session that was there before is not gone on with, whoever planted its cookie.
        self.end(headers).await?;
        let device_cookie = self.remember(account.id, headers).await?;
        let opened = self.open(account.id, account.role, device, OpenedBy::Password);
        let (token, cookie) = opened.await?;
        if !self.is_still(&account).await? {
            self.store.revoke_session(&token).await?;
            return Err(wrong());
        }
        self.first_password_used(account.id);
        audit.note(&account.login, Event::SignedIn);
        Ok((account, [cookie, device_cookie]))
    }

    /// Where a sign-in comes from: a device that the account knows, or a network.
    pub(super) async fn origin(
        &self,
        account: Option<&Account>,
        from: Option<IpAddr>,
        headers: &HeaderMap,
    ) -> Result<(DeviceKind, Origin), Problem> {
        let network = (DeviceKind::New, Origin::network(from));
        let Some(device) = cookie_token(headers, DEVICE_COOKIE) else {
            return Ok(network);
        };
        // An account that there is not is looked up as well: time does not tell.
        let id = account.map_or(AccountId(0), |account| account.id);
        Ok(match self.store.knows_device(id, &device.hash()).await? {
            DeviceKind::Known => (DeviceKind::Known, Origin::Known(device.hash())),
            DeviceKind::New => network,
        })
    }

    /// Counts an attempt, unless it has to wait; whether it would have been right is not looked at then.
    pub(super) fn begin(
        &self,
        login: &str,
        account: Option<&Account>,
        origin: Origin,
    ) -> Result<Begun, Problem> {
        let place = Place::new(login, origin);
        let account = account.map(|account| account.id);
        let begun = lock(&self.lockouts).begin(place, account, self.now());
        begun.map_err(Problem::from)
    }

    /// Whether login, password and code are right.
    async fn prove(
        &self,
        account: Option<Account>,
        credentials: Credentials,
        device: DeviceKind,
    ) -> Result<Account, Unproven> {
        let asker = match device {
            DeviceKind::Known => Asker::Known,
            DeviceKind::New => Asker::Stranger,
        };
        let hash = account.as_ref().map(|account| account.password.clone());
        let verdict = self.hasher.verify(credentials.password, hash, asker);
        let verdict = verdict.await.map_err(Problem::from)?;
        let account = account.filter(|account| {
            verdict == Verdict::Right
                && account.standing == AccountStanding::Active
                && !self.first_password_is_over(account)
        });
        let account = account.ok_or(Unproven::Wrong)?;
        if account.totp.is_some() {
            self.prove_code(&account, credentials.code).await?;
        }
        Ok(account)
    }

    /// Whether a code is right, and was not used before.
    async fn prove_code(&self, account: &Account, code: Option<Code>) -> Result<(), Unproven> {
        let Some(code) = code else {
            return Err(
                Problem::new(Kind::CodeNeeded, "the code of the telephone is missing").into(),
            );
        };
        let sealed = account.totp.as_ref();
        let secret = sealed.and_then(|sealed| self.seal.open(account.id, sealed));
        let Some(secret) = secret else {
            tracing::error!(account = %account.id, "a secret of one-time passwords does not open under this key");
            return Err(Problem::new(Kind::Internal, "the code cannot be checked").into());
        };
        let step = secret.step_of(&code.0, self.now());
        let step = step.ok_or(Unproven::Wrong)?;
        let advance = self.store.advance_totp(account.id, step).await;
        match advance.map_err(Problem::from)? {
            Advance::Advanced => Ok(()),
            Advance::Replayed => Err(Unproven::Wrong),
        }
    }

    /// Counts how an attempt ended.
    fn conclude<T>(
        &self,
        audit: &Audit,
        account: Option<&Account>,
        begun: &Begun,
        proven: Result<T, Unproven>,
    ) -> Result<T, Problem> {
        match proven {
            Ok(proven) => {
                lock(&self.lockouts).succeeded(begun);
                Ok(proven)
            }
            Err(Unproven::Wrong) => {
                // Of a login that there is not, nothing is noted: it may be a password in the wrong place.
                if let (Some(account), Some(_)) = (account, begun.then_wait) {
                    audit.note(&account.login, Event::LockedOut);
                }
                Err(wrong())
            }
            Err(Unproven::NotTried(problem)) => {
                lock(&self.lockouts).withdraw(begun);
                Err(problem)
            }
        }
    }

    /// Whether an account is as it was when it was proven: its password may have been changed meanwhile.
    async fn is_still(&self, proven: &Account) -> Result<bool, Problem> {
        let now = self.store.account(proven.id).await?;
        Ok(now.is_some_and(|now| {
            now.password == proven.password
                && now.standing == AccountStanding::Active
                && now.totp == proven.totp
        }))
    }

    /// Gives somebody another password. Ends all her sessions, and opens a new one.
    async fn change_password(
        &self,
        audit: &Audit,
        present: Present,
        change: NewPassword,
    ) -> Result<HeaderValue, Problem> {
        let Present { session, account } = present;
        let unfit = change.new.check(&account.login);
        unfit.map_err(|unfit| Problem::new(Kind::Invalid, unfit.to_string()))?;
        if change.new.is(&change.old) == Same::Yes {
            return Err(Problem::new(Kind::Invalid, "that is the password you have"));
        }
        let begun = self.begin(&account.login, Some(&account), Origin::Known(session.token))?;
        let old = Some(account.password.clone());
        let verdict = self.hasher.verify(change.old, old, Asker::Known).await;
        let proven = match verdict {
            Ok(Verdict::Right) => Ok(()),
            Ok(Verdict::Wrong) => Err(Unproven::Wrong),
            Err(error) => Err(error.into()),
        };
        self.conclude(audit, Some(&account), &begun, proven)?;
        let hash = self.hasher.hash(change.new, fresh()?, Asker::Known).await?;
        let to = [AccountChange::Password(hash, PasswordChange::NotDue)];
        self.store.change_account(account.id, &to).await?;
        audit.note(&account.login, Event::PasswordChanged);
        let Session {
            device, opened_by, ..
        } = session;
        let opened = self.open(account.id, account.role, device, opened_by);
        Ok(opened.await?.1)
    }
}

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(sign_in, current, sign_out))
        .routes(routes!(choose_password))
}

/// Who you are.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Myself {
    /// The id of your account.
    account: String,
    /// Your login name.
    login: String,
    /// What others see.
    display_name: String,
    /// What you may do.
    role: RoleName,
    /// What you have to do before you may do anything else.
    due: DueName,
    /// The time zone of the site, such as `Europe/Prague`: screens tell hours and days by it, wherever they are looked at. Nothing where it has no name.
    time_zone: Option<String>,
}

impl Myself {
    fn of(app: &App, who: SignedIn) -> Self {
        Self {
            account: who.account.to_string(),
            login: who.login,
            display_name: who.display_name,
            role: who.role.into(),
            due: who.due.into(),
            time_zone: app.feed.setup().time_zone,
        }
    }
}

/// Signs in. The answer sets a cookie that every later request sends by itself, and another one by which this device is known again.
#[utoipa::path(
    post,
    path = "/api/v1/session",
    tag = "session",
    request_body = Credentials,
    responses(
        (status = 200, body = Myself),
        (status = 401, description = "`wrong-credentials`, or `code-needed`: the same again, with the code.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many attempts failed.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn sign_in(
    State(app): State<App>,
    Extension(identity): Extension<Arc<Identity>>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    Json(credentials): Json<Credentials>,
) -> Result<Response, Problem> {
    let from = peer.map(|Extension(Peer(address))| address);
    let signed_in = identity.sign_in(&app.audit, from, &headers, credentials);
    let (account, cookies) = signed_in.await?;
    let cookies = cookies.map(|cookie| (header::SET_COOKIE, cookie));
    Ok((
        AppendHeaders(cookies),
        Json(Myself::of(&app, SignedIn::by(account, OpenedBy::Password))),
    )
        .into_response())
}

/// Tells who you are.
#[utoipa::path(
    get,
    path = "/api/v1/session",
    tag = "session",
    responses(
        (status = 200, body = Myself),
        (status = 401, body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn current(State(app): State<App>, who: SignedIn) -> Json<Myself> {
    Json(Myself::of(&app, who))
}

/// Signs out.
#[utoipa::path(
    delete,
    path = "/api/v1/session",
    tag = "session",
    responses(
        (status = 204, description = "Done."),
        (status = 401, body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn sign_out(
    Extension(identity): Extension<Arc<Identity>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    identity.end(&headers).await?;
    let cookies = [(header::SET_COOKIE, take_cookie(SESSION_COOKIE))];
    Ok((StatusCode::NO_CONTENT, AppendHeaders(cookies)).into_response())
}

/// Another password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    /// The one you have.
    old: Password,
    /// The one you want: at least 12 characters, at most 256 bytes, not your login name.
    new: Password,
}

/// Gives you another password. All your sessions end, and this one goes on with a new cookie.
#[utoipa::path(
    post,
    path = "/api/v1/session/password",
    tag = "session",
    request_body = NewPassword,
    responses(
        (status = 204, description = "Done."),
        (status = 401, body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many attempts failed.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn choose_password(
    State(app): State<App>,
    Extension(identity): Extension<Arc<Identity>>,
    headers: HeaderMap,
    Json(change): Json<NewPassword>,
) -> Result<Response, Problem> {
    let present = identity.must_be_present(&headers).await?;
    let cookie = identity
        .change_password(&app.audit, present, change)
        .await?;
    let cookies = [(header::SET_COOKIE, cookie)];
    Ok((StatusCode::NO_CONTENT, AppendHeaders(cookies)).into_response())
}
