//! Somebody comes back from the provider: the account that is hers, or why there is none.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderValue};
use store::sql::{Account, AccountStanding, DeviceKind, OpenedBy, Pinning, ProviderPin, Role};

use super::super::lockout::Begun as Counted;
use super::super::lockout::Origin;
use super::super::sessions::{SecondFactor, second_factor};
use super::super::token::{PROVIDER_COOKIE, Token, cookie_token, take_cookie};
use super::super::{Identity, lock};
use super::ask::NoAnswer;
use super::begun::Begun;
use super::{CODE_BYTES_MAX, Factors, IsSender, NotVouched, Provider, Vouched};
use crate::audit::{Audit, Event};
use crate::problem::{Kind, Problem};

/// Bytes of a provider's word for an error that are logged.
const ERROR_BYTES_MAX: usize = 64;

/// What the provider sends with somebody. It has no `Debug`: a code stands in it.
#[derive(Default)]
pub(super) struct Back {
    pub(super) code: Option<String>,
    pub(super) state: Option<String>,
    pub(super) error: Option<String>,
    pub(super) issuer: Option<String>,
}

/// Why somebody who came back is not signed in. The page of sign-in has a sentence for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It was begun too long ago, in another browser, or is over.
    Stale,
    /// She, or the provider, said no.
    Denied,
    /// What the provider says is not believed.
    Untrusted,
    /// The provider does not answer.
    Unreachable,
    /// The provider says not what her login name is.
    NoLogin,
    /// There is no account with that login name that may sign in.
    NoAccount,
    /// The account belongs to somebody else at the provider.
    OtherPerson,
    /// Her role may change much, and nobody has signed in to the account by password in this
    /// browser: the provider's word alone does not tie it.
    PasswordFirst,
    /// Her role needs a second factor, and the provider told of none.
    SecondFactor,
    /// Too many attempts failed.
    TooMany,
    /// Linka itself cannot.
    Unavailable,
}

impl Refused {
    /// What the page of sign-in is told. These are never changed.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Stale => "stale",
            Self::Denied => "denied",
            Self::Untrusted => "untrusted",
            Self::Unreachable => "unreachable",
            Self::NoLogin => "no-login",
            Self::NoAccount => "no-account",
            Self::OtherPerson => "other-person",
            Self::PasswordFirst => "password-first",
            Self::SecondFactor => "second-factor",
            Self::TooMany => "too-many",
            Self::Unavailable => "unavailable",
        }
    }
}

impl<P: Into<Problem>> From<P> for Refused {
    fn from(problem: P) -> Self {
        if problem.into().kind() == Kind::TooMany {
            Self::TooMany
        } else {
            Self::Unavailable
        }
    }
}

/// Somebody of whom all is known but whether the account is hers.
struct Comer<'a> {
    vouched: &'a Vouched,
    account: Option<Account>,
    /// Whether the account knows her device.
    device: DeviceKind,
}

impl Identity {
    /// Signs somebody in who comes back from the provider. Gives the cookies.
    pub(super) async fn come_back(
        &self,
        audit: &Audit,
        from: Option<IpAddr>,
        headers: &HeaderMap,
        back: Back,
    ) -> Result<[HeaderValue; 3], Refused> {
        let provider = self.provider.as_ref().ok_or(Refused::Stale)?;
        let begun = self.begun(provider, headers, &back)?;
        let vouched = self.vouched(provider, &begun, back).await?;
        let account = self.store.account_of(&vouched.login).await?;
        let (device, _) = self.origin(account.as_ref(), from, headers).await?;
        let place = format!("\0provider {}", vouched.login);
        let counted = self.begin(&place, account.as_ref(), Origin::network(from))?;
        let comer = Comer {
            vouched: &vouched,
            account,
            device,
        };
        let account = self.account_of_comer(audit, comer, &counted).await?;
        self.welcome(audit, headers, account, &vouched, device)
            .await
    }

    /// What was begun, of which this is the end.
    fn begun(
        &self,
        provider: &Provider,
        headers: &HeaderMap,
        back: &Back,
    ) -> Result<Begun, Refused> {
        let state = back.state.as_deref().and_then(Token::parse);
        let browser = cookie_token(headers, PROVIDER_COOKIE);
        let begun = state
            .and_then(|state| lock(&provider.begun).finish(&state, browser.as_ref(), self.now()));
        begun.ok_or(Refused::Stale)
    }

    /// Whom the provider vouches for.
    async fn vouched(
        &self,
        provider: &Provider,
        begun: &Begun,
        back: Back,
    ) -> Result<Vouched, Refused> {
        let now = self.now();
        let sender = provider.is_sender(back.issuer.as_deref(), now).await;
        if sender.map_err(unanswered)? == IsSender::No {
            if provider.turns.is_said(now) {
                tracing::warn!(
                    "somebody came back from another provider than the one that is set up"
                );
            }
            return Err(Refused::Untrusted);
        }
        if let Some(error) = back.error {
            let (word, refused) = told_error(&error);
            if refused == Refused::Untrusted && provider.turns.is_said(now) {
                tracing::warn!(error = word, "the provider refuses our sign-ins");
            }
            return Err(refused);
        }
        let code = back.code.filter(|code| code.len() <= CODE_BYTES_MAX);
        let code = code.ok_or(Refused::Untrusted)?;
        let turn = provider.turns.take(begun.network).await;
        let _turn = turn.map_err(unanswered)?;
        let vouched = provider.vouch(&code, begun, now).await;
        vouched.map_err(|error| match error {
            NotVouched::NoAnswer(error) => unanswered(error),
            NotVouched::Untrusted(_) | NotVouched::Code => {
                if provider.turns.is_said(now) {
                    tracing::warn!(%error, "nobody was signed in by the provider");
                }
                Refused::Untrusted
            }
            NotVouched::NoLogin => {
                tracing::warn!(%error, "nobody was signed in by the provider");
                Refused::NoLogin
            }
        })
    }

    /// The account of somebody, which is hers from now on. Refusals of one person are counted by network.
    async fn account_of_comer(
        &self,
        audit: &Audit,
        comer: Comer<'_>,
        counted: &Counted,
    ) -> Result<Account, Refused> {
        let login = comer.account.as_ref().map(|account| account.login.clone());
        match self.hers(audit, comer).await {
            Ok(account) => {
                lock(&self.lockouts).succeeded(counted);
                Ok(account)
            }
            Err(Refused::Unavailable) => {
                lock(&self.lockouts).withdraw(counted);
                Err(Refused::Unavailable)
            }
            Err(refused) => {
                if let (Some(login), Some(_)) = (login, counted.then_wait) {
                    audit.note(&login, Event::LockedOut);
                }
                Err(refused)
            }
        }
    }

    async fn hers(&self, audit: &Audit, comer: Comer<'_>) -> Result<Account, Refused> {
        let Comer {
            vouched,
            account,
            device,
        } = comer;
        let account = account.filter(|account| may_be_hers(account, &vouched.login));
        let mut account = account.ok_or(Refused::NoAccount)?;
        if account.provider.is_some_and(|pin| pin != vouched.pin) {
            audit.note(&account.login, Event::ProviderRefused);
            return Err(Refused::OtherPerson);
        }
        if second_factor(&account) == SecondFactor::Needed && vouched.factors == Factors::One {
            return Err(Refused::SecondFactor);
        }
        if account.provider.is_none() && may_change_much(account.role) && device == DeviceKind::New
        {
            audit.note(&account.login, Event::ProviderRefused);
            return Err(Refused::PasswordFirst);
        }
        match self.store.pin_provider(account.id, vouched.pin).await? {
            Pinning::Hers => {}
            Pinning::Pinned => audit.note(&account.login, Event::ProviderPinned),
            Pinning::Refused => {
                audit.note(&account.login, Event::ProviderRefused);
                return Err(Refused::OtherPerson);
            }
        }
        account.provider = Some(vouched.pin);
        Ok(account)
    }

    /// Opens a session for somebody whose account it is.
    async fn welcome(
        &self,
        audit: &Audit,
        headers: &HeaderMap,
        account: Account,
        vouched: &Vouched,
        device: DeviceKind,
    ) -> Result<[HeaderValue; 3], Refused> {
        let opened_by = match vouched.factors {
            Factors::One => OpenedBy::Provider,
            Factors::Two => OpenedBy::ProviderTwoFactors,
        };
        // A session that was there before is not gone on with, whoever planted its cookie.
        self.end(headers).await?;
        let device_cookie = self.remember(account.id, headers).await?;
        let opened = self.open(account.id, account.role, device, opened_by);
        let (token, cookie) = opened.await?;
        if !self.is_still_hers(&account, vouched.pin).await? {
            self.store.revoke_session(&token).await?;
            return Err(Refused::NoAccount);
        }
        audit.note(&account.login, Event::SignedInByProvider);
        Ok([cookie, device_cookie, take_cookie(PROVIDER_COOKIE)])
    }

    /// Whether an account is as it was: it may have been taken from her meanwhile.
    async fn is_still_hers(&self, account: &Account, pin: ProviderPin) -> Result<bool, Refused> {
        let now = self.store.account(account.id).await?;
        Ok(now.is_some_and(|now| {
            now.standing == AccountStanding::Active && now.provider == Some(pin)
        }))
    }
}

/// Whether an account may sign in and has this login name. Letters that are alike only when small
/// ones are made of them (the Kelvin sign and `k`) are different people's at a provider.
fn may_be_hers(account: &Account, login: &str) -> bool {
    account.standing == AccountStanding::Active && account.login.eq_ignore_ascii_case(login)
}

/// Whether whoever has the role may change what others see and do.
const fn may_change_much(role: Role) -> bool {
    match role {
        Role::Supervisor | Role::Administrator => true,
        Role::Operator | Role::Auditor | Role::Wall => false,
    }
}

/// The provider's word for an error as it may be logged, and what it means (RFC 6749 §4.1.2.1,
/// OpenID Connect Core 1.0 §3.1.2.6).
fn told_error(error: &str) -> (&str, Refused) {
    let is_word = error.len() <= ERROR_BYTES_MAX
        && error
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let word = if is_word {
        error
    } else {
        "no word of the protocol"
    };
    let refused = match word {
        "access_denied"
        | "login_required"
        | "interaction_required"
        | "consent_required"
        | "account_selection_required" => Refused::Denied,
        "server_error" | "temporarily_unavailable" => Refused::Unreachable,
        _ => Refused::Untrusted,
    };
    (word, refused)
}

/// Says in the log why the provider's answer is none.
pub(super) fn unanswered(error: NoAnswer) -> Refused {
    let cause = std::error::Error::source(&error).map(ToString::to_string);
    tracing::warn!(%error, cause, "the sign-in provider does not answer");
    Refused::Unreachable
}
