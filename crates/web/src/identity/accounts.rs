//! Accounts, for administrators.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::sql::{
    Account, AccountChange, AccountId, AccountStanding, PasswordChange, PasswordHash,
};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::names::{RoleName, StandingName};
use super::password::{Asker, Password};
use super::{Identity, SignedIn, fresh};
use crate::app::{App, Json, Path};
use crate::audit::Event;
use crate::problem::{Kind, Problem, ProblemBody};

impl Identity {
    /// A password that is used once, and its hash.
    async fn one_time_password(&self) -> Result<(Password, PasswordHash), Problem> {
        let password = Password::one_time(fresh()?);
        let hash = self.hasher.hash(password.clone(), fresh()?, Asker::Known);
        let hash = hash.await?;
        Ok((password, hash))
    }

    /// The account of a path.
    async fn account(&self, id: &str) -> Result<Account, Problem> {
        let id = u128::from_str_radix(id, 16).map_err(|_| no_account())?;
        let account = self.store.account(AccountId(id)).await?;
        account.ok_or_else(no_account)
    }
}

fn no_account() -> Problem {
    Problem::new(Kind::NotFound, "there is no such account")
}

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(accounts, create))
        .routes(routes!(change, remove))
        .routes(routes!(reset_password))
}

/// An account.
#[derive(Debug, Serialize, ToSchema)]
struct AccountTold {
    /// Its id.
    id: String,
    /// What is typed at sign-in.
    login: String,
    /// What others see.
    display_name: String,
    /// What it may do.
    role: RoleName,
    /// Whether it may sign in.
    standing: StandingName,
    /// Whether a new password has to be chosen at the next sign-in.
    password_due: bool,
    /// Whether one-time passwords are set up.
    totp: bool,
    /// Whether it belongs to somebody at the sign-in provider.
    provider: bool,
}

impl From<Account> for AccountTold {
    fn from(account: Account) -> Self {
        Self {
            id: account.id.to_string(),
            login: account.login,
            display_name: account.display_name,
            role: account.role.into(),
            standing: account.standing.into(),
            password_due: account.password_change == PasswordChange::Due,
            totp: account.totp.is_some(),
            provider: account.provider.is_some(),
        }
    }
}

/// A new account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewAccount {
    /// What is typed at sign-in. No two differ by case alone.
    login: String,
    /// What others see.
    display_name: String,
    /// What it may do.
    role: RoleName,
}

/// A new account and its first password.
#[derive(Serialize, ToSchema)]
struct Created {
    /// The account.
    account: AccountTold,
    /// The password for its first sign-in. It is told once.
    one_time_password: String,
}

/// A password that is used once.
#[derive(Serialize, ToSchema)]
struct OneTimePassword {
    /// The password for the next sign-in. It is told once.
    one_time_password: String,
}

/// A change of an account. What is left out stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Changes {
    /// What others see.
    #[serde(default)]
    display_name: Option<String>,
    /// What it may do.
    #[serde(default)]
    role: Option<RoleName>,
    /// Whether it may sign in. When it may not, all its sessions end.
    #[serde(default)]
    standing: Option<StandingName>,
    /// Takes its one-time passwords away, so that they can be set up anew.
    #[serde(default)]
    totp: Option<TakenAway>,
    /// Takes it from whom it belongs to at the sign-in provider; who comes from there next has it. All its sessions end.
    #[serde(default)]
    provider: Option<TakenAway>,
}

/// What becomes of one-time passwords, or of the tie to the sign-in provider.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum TakenAway {
    /// They are taken away.
    Removed,
}

impl Changes {
    /// The changes, and how the audit names each.
    fn all(self) -> Vec<(AccountChange, &'static str)> {
        let standing = self.standing.map(AccountStanding::from);
        let changes = [
            self.display_name
                .map(|name| (AccountChange::DisplayName(name), "renamed")),
            self.role
                .map(|role| (AccountChange::Role(role.into()), "role")),
            standing.map(|standing| {
                let told = match standing {
                    AccountStanding::Active => "enabled",
                    AccountStanding::Disabled => "disabled",
                };
                (AccountChange::Standing(standing), told)
            }),
            self.totp
                .map(|TakenAway::Removed| (AccountChange::NotEnrolled, "totp-removed")),
            self.provider
                .map(|TakenAway::Removed| (AccountChange::NotPinned, "provider-removed")),
        ];
        changes.into_iter().flatten().collect()
    }
}

/// All accounts, by login name.
#[utoipa::path(
    get,
    path = "/api/v1/accounts",
    tag = "accounts",
    responses(
        (status = 200, body = Vec<AccountTold>),
        (status = 503, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn accounts(
    Extension(identity): Extension<Arc<Identity>>,
) -> Result<Json<Vec<AccountTold>>, Problem> {
    let accounts = identity.store.accounts().await?;
    Ok(Json(accounts.into_iter().map(AccountTold::from).collect()))
}

/// Makes an account, with a password for its first sign-in.
#[utoipa::path(
    post,
    path = "/api/v1/accounts",
    tag = "accounts",
    request_body = NewAccount,
    responses(
        (status = 201, body = Created),
        (status = 409, body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn create(
    State(app): State<App>,
    Extension(identity): Extension<Arc<Identity>>,
    who: SignedIn,
    Json(new): Json<NewAccount>,
) -> Result<(StatusCode, Json<Created>), Problem> {
    let (password, hash) = identity.one_time_password().await?;
    let account = Account {
        id: AccountId(u128::from_be_bytes(fresh()?)),
        login: new.login,
        display_name: new.display_name,
        role: new.role.into(),
        standing: AccountStanding::Active,
        password: hash,
        password_change: PasswordChange::Due,
        totp: None,
        provider: None,
    };
    identity.store.create_account(&account).await?;
    app.audit
        .note(&who.login, changed(&account.login, "created"));
    let created = Created {
        account: account.into(),
        one_time_password: password.reveal().to_owned(),
    };
    Ok((StatusCode::CREATED, Json(created)))
}

/// Changes an account, in all these ways or in none. The last active administrator stays one.
#[utoipa::path(
    patch,
    path = "/api/v1/accounts/{id}",
    tag = "accounts",
    params(("id" = String, Path, description = "The id of the account.")),
    request_body = Changes,
    responses(
        (status = 200, body = AccountTold),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn change(
    State(app): State<App>,
    Extension(identity): Extension<Arc<Identity>>,
    who: SignedIn,
    Path(id): Path<String>,
    Json(changes): Json<Changes>,
) -> Result<Json<AccountTold>, Problem> {
    let account = identity.account(&id).await?;
    let (changes, told): (Vec<_>, Vec<_>) = changes.all().into_iter().unzip();
    identity.store.change_account(account.id, &changes).await?;
    for change in told {
        app.audit.note(&who.login, changed(&account.login, change));
    }
    let account = identity.account(&id).await?;
    Ok(Json(account.into()))
}

/// Removes an account, its sessions and devices. The last active administrator stays.
#[utoipa::path(
    delete,
    path = "/api/v1/accounts/{id}",
    tag = "accounts",
    params(("id" = String, Path, description = "The id of the account.")),
    responses(
        (status = 204, description = "Done."),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn remove(
    State(app): State<App>,
    Extension(identity): Extension<Arc<Identity>>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let account = identity.account(&id).await?;
    identity.store.remove_account(account.id).await?;
    app.audit
        .note(&who.login, changed(&account.login, "removed"));
    Ok(StatusCode::NO_CONTENT)
}

/// Gives an account a password that is used once. All its sessions end, and no device is known any more.
#[utoipa::path(
    post,
    path = "/api/v1/accounts/{id}/password",
    tag = "accounts",
    params(("id" = String, Path, description = "The id of the account.")),
    responses(
        (status = 200, body = OneTimePassword),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn reset_password(
    State(app): State<App>,
    Extension(identity): Extension<Arc<Identity>>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Json<OneTimePassword>, Problem> {
    let account = identity.account(&id).await?;
    let (password, hash) = identity.one_time_password().await?;
    identity.store.forget_devices(account.id).await?;
    let to = [AccountChange::Password(hash, PasswordChange::Due)];
    identity.store.change_account(account.id, &to).await?;
    app.audit
        .note(&who.login, changed(&account.login, "password-reset"));
    Ok(Json(OneTimePassword {
        one_time_password: password.reveal().to_owned(),
    }))
}

fn changed(login: &str, change: &'static str) -> Event {
    Event::AccountChanged {
        login: login.to_owned(),
        change,
    }
}
