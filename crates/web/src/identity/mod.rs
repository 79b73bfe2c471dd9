//! Who sends a request: accounts, sessions, keys.
//!
//! The rest of the crate asks [`Gate`] and nothing else of it.

use std::collections::BTreeSet;

use async_trait::async_trait;
use axum::http::HeaderMap;
use store::sql::{AccountId, Role, Scope};

use crate::problem::Problem;

/// Who sends a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Somebody with an account.
    Account(SignedIn),
    /// A program with a key.
    Key {
        /// The key's name, for the audit.
        name: String,
        /// What it may be used for.
        scopes: BTreeSet<Scope>,
    },
}

/// Somebody who has signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// Her account.
    pub account: AccountId,
    /// Its login name, which is also the name of an operator if she is one.
    pub login: String,
    /// What others see.
    pub display_name: String,
    /// What she may do.
    pub role: Role,
    /// What she has to do before she may do anything else.
    pub due: Due,
}

/// What an account has to do before it may do anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Nothing.
    Nothing,
    /// Choose a password.
    Password,
    /// Set up one-time passwords.
    Totp,
}

/// Tells who sends a request.
#[async_trait]
pub trait Gate: Send + Sync {
    /// Who sends a request with these headers: a session's cookie, or `Authorization: Bearer` with a key. Nothing when nobody is signed in. The session
    /// counts as used.
    ///
    /// # Errors
    /// [`Problem`] when it cannot be told.
    async fn who(&self, headers: &HeaderMap) -> Result<Option<Who>, Problem>;
}

impl Who {
    /// How the audit names it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Account(account) => &account.login,
            Self::Key { name, .. } => name,
        }
    }
}
