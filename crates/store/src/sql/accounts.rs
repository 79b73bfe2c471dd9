use std::fmt;

use async_trait::async_trait;

use super::named::{Named, named};
use super::store::attempt;
use super::{Backend, Fault, Row, SqlStore, StoreError, Value};

/// An account: 128 bits of the caller's chance, shown as 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccountId(pub u128);

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

named! {
    /// What an account may do.
    Role {
        /// Answers contacts.
        Operator = "operator",
        /// Watches over the line.
        Supervisor = "supervisor",
        /// Changes configuration and roster.
        Administrator = "administrator",
        /// A wall: numbers and no names.
        Screen = "screen",
    }
}

named! {
    /// Whether an account may sign in.
    AccountStanding {
        /// It may.
        Active = "active",
        /// It may not.
        Disabled = "disabled",
    }
}

named! {
    /// Whether a new password has to be chosen at the next sign-in.
    PasswordChange {
        /// It has to.
        Due = "due",
        /// It has not.
        NotDue = "not-due",
    }
}

/// A password as Argon2id hashed it, in its text form.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub String);

/// The secret of one-time passwords, sealed by the caller.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedTotp(pub Vec<u8>);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

impl fmt::Debug for SealedTotp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedTotp(..)")
    }
}

/// Who may sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Which.
    pub id: AccountId,
    /// What is typed at sign-in. No two differ by case alone.
    pub login: String,
    /// What others see.
    pub display_name: String,
    /// What it may do.
    pub role: Role,
    /// Whether it may sign in.
    pub standing: AccountStanding,
    /// Its password.
    pub password: PasswordHash,
    /// Whether that has to be changed.
    pub password_change: PasswordChange,
    /// Its one-time passwords, if it uses them.
    pub totp: Option<SealedTotp>,
}

/// A change of an account. Each touches nothing else, so that two changes at once do not undo each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountChange {
    /// Another name to others.
    DisplayName(String),
    /// Other rights.
    Role(Role),
    /// It may sign in, or may not.
    Standing(AccountStanding),
    /// Another password.
    Password(PasswordHash, PasswordChange),
    /// Other one-time passwords, or none.
    Totp(Option<SealedTotp>),
}

/// Who may sign in.
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// Adds an account.
    ///
    /// # Errors
    /// [`StoreError`], with [`Fault::Taken`] when its id or login name is there already.
    async fn create_account(&self, account: &Account) -> Result<(), StoreError>;

    /// Changes an account.
    ///
    /// # Errors
    /// [`StoreError`], with [`Fault::Unknown`] when there is no such account.
    async fn change_account(&self, id: AccountId, to: &AccountChange) -> Result<(), StoreError>;

    /// Deletes an account, its sessions, devices and failures.
    ///
    /// # Errors
    /// [`StoreError`], with [`Fault::Unknown`] when there is no such account.
    async fn remove_account(&self, id: AccountId) -> Result<(), StoreError>;

    /// The account with this id.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError>;

    /// The account with this login name, in whatever case it is written.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn account_of(&self, login: &str) -> Result<Option<Account>, StoreError>;

    /// All accounts, by login name without its case.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn accounts(&self) -> Result<Vec<Account>, StoreError>;
}

#[async_trait]
impl<B: Backend> AccountStore for SqlStore<B> {
    async fn create_account(&self, account: &Account) -> Result<(), StoreError> {
        attempt(|| format!("creating account {}", account.id), async {
            let (id, folded) = (account.id.to_string(), account.login.to_lowercase());
            let values = [
                Value::from(id.as_str()),
                Value::from(account.login.as_str()),
                Value::from(folded.as_str()),
                Value::from(account.display_name.as_str()),
                Value::from(account.role.name()),
                Value::from(account.standing.name()),
                Value::from(account.password.0.as_str()),
                Value::from(account.password_change.name()),
                Value::Bytes(account.totp.as_ref().map(|totp| &totp.0[..])),
            ];
            let mut work = self.backend.begin().await?;
            work.execute(CREATE, &values).await?;
            work.commit().await
        })
        .await
    }

    async fn change_account(&self, id: AccountId, to: &AccountChange) -> Result<(), StoreError> {
        let text = id.to_string();
        let id_value = Value::from(text.as_str());
        let (sql, values) = match to {
            AccountChange::DisplayName(name) => (RENAME, vec![id_value, name.as_str().into()]),
            AccountChange::Role(role) => (SET_ROLE, vec![id_value, role.name().into()]),
            AccountChange::Standing(standing) => {
                (SET_STANDING, vec![id_value, standing.name().into()])
            }
            AccountChange::Password(hash, change) => {
                let values = vec![id_value, hash.0.as_str().into(), change.name().into()];
                (SET_PASSWORD, values)
            }
            AccountChange::Totp(totp) => {
                let totp = totp.as_ref().map(|totp| &totp.0[..]);
                (SET_TOTP, vec![id_value, Value::Bytes(totp)])
            }
        };
        attempt(
            || format!("changing account {id}"),
            self.touch(sql, &values),
        )
        .await
    }

    async fn remove_account(&self, id: AccountId) -> Result<(), StoreError> {
        let text = id.to_string();
        attempt(|| format!("deleting account {id}"), async {
            self.touch(REMOVE, &[text.as_str().into()]).await?;
            self.backend.settle().await
        })
        .await
    }

    async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        let text = id.to_string();
        attempt(|| format!("reading account {id}"), async {
            let rows = self.look_up(BY_ID, &[text.as_str().into()]).await?;
            rows.into_iter().next().map(read_account).transpose()
        })
        .await
    }

    async fn account_of(&self, login: &str) -> Result<Option<Account>, StoreError> {
        let folded = login.to_lowercase();
        // A mistyped login may be a password: it is not repeated.
        attempt(|| "reading the account of a login name".to_owned(), async {
            let rows = self.look_up(BY_LOGIN, &[folded.as_str().into()]).await?;
            rows.into_iter().next().map(read_account).transpose()
        })
        .await
    }

    async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        attempt(|| "reading all accounts".to_owned(), async {
            let rows = self.look_up(ALL, &[]).await?;
            rows.into_iter().map(read_account).collect()
        })
        .await
    }
}

/// The columns of an account, in the order in which they are read.
macro_rules! select_account {
    ($rest:literal) => {
        concat!(
            "SELECT id, login, display_name, role, standing, password, password_change, totp
            FROM account ",
            $rest
        )
    };
}

const BY_ID: &str = select_account!("WHERE id = $1");
const BY_LOGIN: &str = select_account!("WHERE login_folded = $1");
const ALL: &str = select_account!("ORDER BY login_folded");

const CREATE: &str = "
    INSERT INTO account (id, login, login_folded, display_name, role, standing, password,
        password_change, totp)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const RENAME: &str = "UPDATE account SET display_name = $2 WHERE id = $1";
const SET_ROLE: &str = "UPDATE account SET role = $2 WHERE id = $1";
const SET_STANDING: &str = "UPDATE account SET standing = $2 WHERE id = $1";
const SET_PASSWORD: &str = "UPDATE account SET password = $2, password_change = $3 WHERE id = $1";
const SET_TOTP: &str = "UPDATE account SET totp = $2 WHERE id = $1";
const REMOVE: &str = "DELETE FROM account WHERE id = $1";

fn read_account(mut row: Row) -> Result<Account, Fault> {
    Ok(Account {
        id: account_id(&row.text()?)?,
        login: row.text()?,
        display_name: row.text()?,
        role: Role::read(&row.text()?)?,
        standing: AccountStanding::read(&row.text()?)?,
        password: PasswordHash(row.text()?),
        password_change: PasswordChange::read(&row.text()?)?,
        totp: row.optional_bytes()?.map(SealedTotp),
    })
}

pub(super) fn account_id(text: &str) -> Result<AccountId, Fault> {
    let id = u128::from_str_radix(text, 16);
    id.map(AccountId)
        .map_err(|_| Fault::Damaged("an account's id"))
}
