//! Setting up one-time passwords: a secret that counts only after the telephone has shown a code of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use serde::{Deserialize, Serialize};
use store::sql::{AccountChange, OpenedBy, PasswordChange, TokenHash, UnixSeconds};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::sessions::Present;
use super::sign_in::Code;
use super::totp::Secret;
use super::{Identity, fresh, lock};
use crate::app::{App, Json};
use crate::audit::Event;
use crate::problem::{Kind, Problem, ProblemBody};

/// Seconds that a telephone has to show its first code.
pub const ENROLMENT_SECONDS: i64 = 10 * 60;
/// How many secrets may wait for their first code; then the oldest goes.
pub const ENROLMENTS_MAX: usize = 1_000;

/// Secrets that wait for their first code, by session. A restart empties them.
#[derive(Debug, Default)]
pub(super) struct Enrolments(BTreeMap<TokenHash, (UnixSeconds, Secret)>);

impl Enrolments {
    fn begin(&mut self, session: TokenHash, secret: Secret, now: UnixSeconds) {
        self.forget_old(now);
        if self.0.len() >= ENROLMENTS_MAX {
            let oldest = self.0.iter().min_by_key(|(_, (begun, _))| *begun);
            if let Some(oldest) = oldest.map(|(session, _)| *session) {
                self.0.remove(&oldest);
            }
        }
        self.0.insert(session, (now, secret));
    }

    fn find(&mut self, session: &TokenHash, now: UnixSeconds) -> Option<Secret> {
        self.forget_old(now);
        self.0.get(session).map(|(_, secret)| secret.clone())
    }

    fn end(&mut self, session: &TokenHash) {
        self.0.remove(session);
    }

    fn forget_old(&mut self, now: UnixSeconds) {
        self.0
            .retain(|_, (begun, _)| now.0 < begun.0.saturating_add(ENROLMENT_SECONDS));
    }
}

impl Identity {
    /// Makes a secret for somebody who has none.
    fn begin_enrolment(&self, present: &Present) -> Result<Secret, Problem> {
        may_enrol(present)?;
        let secret = Secret::new(fresh()?);
        lock(&self.enrolments).begin(present.session.token, secret.clone(), self.now());
        Ok(secret)
    }

    /// Lets the secret count after a code of it. Ends all sessions of the account, and opens a new one.
    async fn confirm_enrolment(
        &self,
        present: &Present,
        code: &Code,
    ) -> Result<HeaderValue, Problem> {
        may_enrol(present)?;
        let Present { session, account } = present;
        let secret = lock(&self.enrolments).find(&session.token, self.now());
        let secret =
            secret.ok_or_else(|| Problem::new(Kind::Conflict, "begin to set it up again"))?;
        let step = secret.step_of(&code.0, self.now());
        let step = step.ok_or_else(|| {
            Problem::new(
                Kind::WrongCredentials,
                "the code is wrong; is the telephone's clock right?",
            )
        })?;
        let sealed = self.seal.seal(account.id, &secret, fresh()?);
        let sealed =
            sealed.ok_or_else(|| Problem::new(Kind::Internal, "the secret cannot be sealed"))?;
        let to = [AccountChange::Enrolled(sealed, step)];
        self.store.change_account(account.id, &to).await?;
        lock(&self.enrolments).end(&session.token);
        let opened_by = with_code(session.opened_by);
        let opened = self.open(account.id, account.role, session.device, opened_by);
        Ok(opened.await?.1)
    }
}

/// By what a session is opened that has shown a code besides.
const fn with_code(opened_by: OpenedBy) -> OpenedBy {
    match opened_by {
        OpenedBy::Password => OpenedBy::Password,
        OpenedBy::Provider | OpenedBy::ProviderTwoFactors => OpenedBy::ProviderTwoFactors,
    }
}

/// Whoever has a secret gets no other by a session alone: an administrator has to take the first one away.
fn may_enrol(present: &Present) -> Result<(), Problem> {
    if present.account.password_change == PasswordChange::Due {
        return Err(Problem::new(Kind::SetUpFirst, "choose a password first"));
    }
    if present.account.totp.is_some() {
        return Err(Problem::new(
            Kind::Conflict,
            "one-time passwords are set up; an administrator can take them away",
        ));
    }
    Ok(())
}

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(begin, confirm))
}

/// A secret for a telephone. It is told once.
#[derive(Serialize, ToSchema)]
struct Enrolment {
    /// The secret, to be typed.
    secret_base32: String,
    /// The same as an `otpauth:` address, to be shown as a picture.
    uri: String,
}

/// The first code.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FirstCode {
    /// What the telephone shows.
    code: Code,
}

/// Begins to set up one-time passwords. Nothing counts until the first code is confirmed, within ten minutes.
#[utoipa::path(
    post,
    path = "/api/v1/session/totp",
    tag = "session",
    responses(
        (status = 200, body = Enrolment),
        (status = 401, body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn begin(
    Extension(identity): Extension<Arc<Identity>>,
    headers: HeaderMap,
) -> Result<Json<Enrolment>, Problem> {
    let present = identity.must_be_present(&headers).await?;
    let secret = identity.begin_enrolment(&present)?;
    Ok(Json(Enrolment {
        secret_base32: secret.reveal(),
        uri: secret.reveal_address(&present.account.login),
    }))
}

/// Confirms the first code. All your sessions end, and this one goes on with a new cookie.
#[utoipa::path(
    put,
    path = "/api/v1/session/totp",
    tag = "session",
    request_body = FirstCode,
    responses(
        (status = 204, description = "Done."),
        (status = 401, body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn confirm(
    State(app): State<App>,
    Extension(identity): Extension<Arc<Identity>>,
    headers: HeaderMap,
    Json(first): Json<FirstCode>,
) -> Result<Response, Problem> {
    let present = identity.must_be_present(&headers).await?;
    let cookie = identity.confirm_enrolment(&present, &first.code).await?;
    app.audit.note(&present.account.login, Event::TotpSet);
    let cookies = [(header::SET_COOKIE, cookie)];
    Ok((StatusCode::NO_CONTENT, AppendHeaders(cookies)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(number: usize) -> TokenHash {
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&number.to_be_bytes());
        TokenHash(hash)
    }

    #[test]
    fn secret_waits_for_its_code_so_long_and_no_longer() {
        let mut enrolments = Enrolments::default();
        let secret = Secret::new([1; 20]);

        enrolments.begin(session(1), secret.clone(), UnixSeconds(0));

        let last = UnixSeconds(ENROLMENT_SECONDS - 1);
        assert_eq!(enrolments.find(&session(1), last), Some(secret));
        assert_eq!(enrolments.find(&session(2), last), None);
        let late = UnixSeconds(ENROLMENT_SECONDS);
        assert_eq!(enrolments.find(&session(1), late), None);
    }

    #[test]
    fn one_secret_too_many_makes_the_oldest_go() {
        let mut enrolments = Enrolments::default();
        for number in 0..=ENROLMENTS_MAX {
            let now = UnixSeconds(number as i64 / 10);
            enrolments.begin(session(number), Secret::new([1; 20]), now);
        }

        assert_eq!(enrolments.0.len(), ENROLMENTS_MAX);
        assert_eq!(enrolments.find(&session(0), UnixSeconds(100)), None);
    }
}
