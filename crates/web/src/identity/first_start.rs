//! The first start: one administrator, whose password stands in a file for an hour.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use store::sql::{
    Account, AccountChange, AccountId, AccountStanding, PasswordChange, PasswordHash, Role,
    StoreError, UnixSeconds,
};

use super::password::{Asker, Password};
use super::{Identity, fresh, lock};
use crate::problem::Problem;

/// The file with the first password.
pub const FIRST_SIGN_IN: &str = "first-sign-in.txt";
/// The login name of the first administrator.
pub const FIRST_LOGIN: &str = "admin";
/// Seconds for which the first password may be used; a restart makes another one.
pub const FIRST_PASSWORD_SECONDS: i64 = 60 * 60;

/// What a start finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FirstStart {
    /// Somebody has signed in before.
    Past,
    /// The first administrator has to sign in yet.
    Waits {
        /// The file with her password.
        file: PathBuf,
        /// Until when it may be used.
        until: UnixSeconds,
    },
}

/// Why the first administrator could not be made.
#[derive(Debug, thiserror::Error)]
pub enum FirstStartError {
    /// The records database failed.
    #[error("the first administrator could not be made")]
    Store(#[from] StoreError),
    /// The file could not be written.
    #[error("the first password could not be written to {path}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// There is no chance to be had, or no hash.
    #[error("the first password could not be made")]
    Password,
}

/// The first password, as long as this process runs.
#[derive(Debug)]
pub(super) struct FirstPassword {
    account: AccountId,
    until: UnixSeconds,
    file: PathBuf,
}

impl Identity {
    /// Makes the first administrator when there is no account, or gives her another password when
    /// she never chose one. Her password is written to [`FIRST_SIGN_IN`], readable for the owner of
    /// this process alone, and may be used for an hour.
    ///
    /// # Errors
    /// [`FirstStartError`].
    pub async fn first_start(&self) -> Result<FirstStart, FirstStartError> {
        let accounts = self.store.accounts().await?;
        let file = self.folder.join(FIRST_SIGN_IN);
        let account = match &accounts[..] {
            [] => None,
            [only] if never_signed_in(only) && !self.comes_by_provider(only) => Some(only.id),
            _ => {
                remove(&file);
                return Ok(FirstStart::Past);
            }
        };
        let no_password = |_: Problem| FirstStartError::Password;
        let password = Password::one_time(fresh().map_err(no_password)?);
        let salt = fresh().map_err(no_password)?;
        let hash = self.hasher.hash(password.clone(), salt, Asker::Known).await;
        let hash = hash.map_err(|_| FirstStartError::Password)?;
        let account = match account {
            Some(account) => {
                let to = [AccountChange::Password(hash, PasswordChange::Due)];
                self.store.change_account(account, &to).await?;
                account
            }
            None => {
                let id = AccountId(u128::from_be_bytes(fresh().map_err(no_password)?));
                self.store.create_account(&administrator(id, hash)).await?;
                id
            }
        };
        let until = UnixSeconds(self.now().0.saturating_add(FIRST_PASSWORD_SECONDS));
        write(&file, &password).map_err(|cause| FirstStartError::File {
            path: file.clone(),
            cause,
        })?;
        *lock(&self.first_password) = Some(FirstPassword {
            account,
            until,
            file: file.clone(),
        });
        Ok(FirstStart::Waits { file, until })
    }

    /// Whether somebody needs no password, for the provider that is set up knows her. Were it taken
    /// out of the configuration, she would get one again.
    fn comes_by_provider(&self, account: &Account) -> bool {
        self.provider.is_some() && account.provider.is_some()
    }

    /// Whether an account still has the first password, and its hour is over.
    pub(super) fn first_password_is_over(&self, account: &Account) -> bool {
        let first = lock(&self.first_password);
        let first = first.as_ref().filter(|first| first.account == account.id);
        account.password_change == PasswordChange::Due
            && first.is_some_and(|first| first.until <= self.now())
    }

    /// Deletes the file with the first password after its use. Its hour goes on.
    pub(super) fn first_password_used(&self, account: AccountId) {
        let first = lock(&self.first_password);
        if let Some(first) = first.as_ref().filter(|first| first.account == account) {
            remove(&first.file);
        }
    }
}

/// Whether an account is the first administrator's, who never chose a password.
fn never_signed_in(account: &Account) -> bool {
    account.login == FIRST_LOGIN
        && account.role == Role::Administrator
        && account.standing == AccountStanding::Active
        && account.password_change == PasswordChange::Due
        && account.totp.is_none()
}

fn administrator(id: AccountId, password: PasswordHash) -> Account {
    Account {
        id,
        login: FIRST_LOGIN.to_owned(),
        display_name: FIRST_LOGIN.to_owned(),
        role: Role::Administrator,
        standing: AccountStanding::Active,
        password,
        password_change: PasswordChange::Due,
        totp: None,
        provider: None,
    }
}

/// Writes the password to a file that was not there: nobody else holds it open, and it is no link to elsewhere.
fn write(file: &Path, password: &Password) -> io::Result<()> {
    match std::fs::remove_file(file) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let mut options = OpenOptions::new();
    let mut written = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)?;
    let text = format!(
        "Login: {FIRST_LOGIN}\nPassword: {}\n\nFor one hour, once; a restart of Linka makes another one.\n",
        password.reveal()
    );
    written.write_all(text.as_bytes())?;
    written.sync_all()
}

fn remove(file: &Path) {
    match std::fs::remove_file(file) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => {
            tracing::warn!(%error, file = %file.display(), "the first password could not be deleted");
        }
    }
}
