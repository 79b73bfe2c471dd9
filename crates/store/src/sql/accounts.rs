use std::fmt;

use async_trait::async_trait;

use super::chain::Hash;
use super::named::{Named, named};
use super::names::check_name;
use super::period::count;
use super::sessions::REVOKE_ALL;
use super::store::{attempt, count_of, take_turn};
use super::{Backend, Fault, Row, SqlStore, StoreError, Transaction, Value};

/// How many accounts there may be.
pub const ACCOUNTS_MAX: u64 = 2_000;

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
        /// Reads reports and the audit, and changes nothing.
        Auditor = "auditor",
        /// A screen for all to see: numbers and no names.
        Wall = "wall",
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

/// Who somebody is at the OpenID Connect provider: its issuer and subject, hashed by the caller with SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProviderPin(pub Hash);

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
    /// Who it belongs to at the OpenID Connect provider, once somebody came from there.
    pub provider: Option<ProviderPin>,
}

/// A step of 30 seconds, counted from the Unix epoch (RFC 6238 §4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TotpStep(pub u64);

/// What became of a step that was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advance {
    /// It is later than all that were used before, and is now the last.
    Advanced,
    /// It, or a later one, was used before: the code must not count (RFC 6238 §5.2).
    Replayed,
}

/// What became of somebody from the OpenID Connect provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pinning {
    /// The account belongs to her from now on.
    Pinned,
    /// It belonged to her before.
    Hers,
    /// It belongs to somebody else, or another account belongs to her, or it may not sign in.
    Refused,
}

/// A change of an account. Each touches nothing else but what it says, so that two changes at once
/// do not undo each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountChange {
    /// Another name to others.
    DisplayName(String),
    /// Other rights.
    Role(Role),
    /// It may sign in, or may not; when it may not, all its sessions end.
    Standing(AccountStanding),
    /// Another password; all its sessions end.
    Password(PasswordHash, PasswordChange),
    /// Other one-time passwords, the first of which, of this step, is used already; all its
    /// sessions end, as none but one has shown a code.
    Enrolled(SealedTotp, TotpStep),
    /// No one-time passwords any more.
    NotEnrolled,
    /// Nobody's at the OpenID Connect provider any more; all its sessions end, as the wrong person may have them.
    NotPinned,
}

/// Who may sign in.
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// Adds an account.
    ///
    /// # Errors
    /// [`StoreError`], with [`Fault::Taken`] when its id or login name is there already,
    /// [`Fault::Invalid`] when a name is none, [`Fault::Full`] when there are [`ACCOUNTS_MAX`].
    async fn create_account(&self, account: &Account) -> Result<(), StoreError>;

    /// Changes an account, in all these ways or in none.
    ///
    /// # Errors
    /// [`StoreError`], with [`Fault::Unknown`] when there is no such account, [`Fault::Invalid`]
    /// when a name is none, [`Fault::LastAdministrator`] when no active administrator would be
    /// left.
    async fn change_account(&self, id: AccountId, to: &[AccountChange]) -> Result<(), StoreError>;

    /// Notes that a one-time password was used, unless its step or a later one was used before.
    ///
    /// # Errors
    /// [`StoreError`], with [`Fault::Unknown`] when there is no such account.
    async fn advance_totp(&self, id: AccountId, to: TotpStep) -> Result<Advance, StoreError>;

    /// Has an account that may sign in belong to somebody at the OpenID Connect provider, unless it
    /// belongs to somebody already.
    ///
    /// # Errors
    /// [`StoreError`], with [`Fault::Unknown`] when there is no such account.
    async fn pin_provider(&self, id: AccountId, to: ProviderPin) -> Result<Pinning, StoreError>;

    /// Deletes an account, its sessions and devices.
    ///
    /// # Errors
    /// [`StoreError`], with [`Fault::Unknown`] when there is no such account,
    /// [`Fault::LastAdministrator`] when no active administrator would be left.
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
            check_name(&account.login)?;
            check_name(&account.display_name)?;
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
                Value::Bytes(account.provider.as_ref().map(|pin| &pin.0[..])),
            ];
            let mut work = self.backend.begin().await?;
            take_turn(&mut *work).await?;
            if count_of(&mut *work, COUNT, &[]).await? >= ACCOUNTS_MAX {
                return Err(Fault::Full(ACCOUNTS_MAX));
            }
            work.execute(CREATE, &values).await?;
            work.commit().await
        })
        .await
    }

    async fn change_account(&self, id: AccountId, to: &[AccountChange]) -> Result<(), StoreError> {
        let text = id.to_string();
        let id_value = Value::from(text.as_str());
        attempt(|| format!("changing account {id}"), async {
            let mut work = self.backend.begin().await?;
            let administrators = administrators_in_turn(&mut *work).await?;
            for change in to {
                apply(&mut *work, id_value, change).await?;
            }
            check_administrators(&mut *work, administrators).await?;
            work.commit().await
        })
        .await
    }

    async fn advance_totp(&self, id: AccountId, to: TotpStep) -> Result<Advance, StoreError> {
        let text = id.to_string();
        attempt(|| format!("using a code of account {id}"), async {
            let values = [Value::from(text.as_str()), Value::from(count(to.0)?)];
            let mut work = self.backend.begin().await?;
            if work.execute(ADVANCE, &values).await? > 0 {
                work.commit().await?;
                return Ok(Advance::Advanced);
            }
            if work.rows(BY_ID, &values[..1]).await?.is_empty() {
                return Err(Fault::Unknown);
            }
            Ok(Advance::Replayed)
        })
        .await
    }

    async fn pin_provider(&self, id: AccountId, to: ProviderPin) -> Result<Pinning, StoreError> {
        let text = id.to_string();
        attempt(|| format!("pinning account {id}"), async {
            let values = [Value::from(text.as_str()), Value::from(&to.0[..])];
            let mut work = self.backend.begin().await?;
            match work.execute(PIN, &values).await {
                Ok(0) => {}
                Ok(_) => {
                    work.commit().await?;
                    return Ok(Pinning::Pinned);
                }
                Err(Fault::Taken) => return Ok(Pinning::Refused),
                Err(fault) => return Err(fault),
            }
            let found = work.rows(BY_ID, &values[..1]).await?.into_iter().next();
            let account = read_account(found.ok_or(Fault::Unknown)?)?;
            let is_hers =
                account.provider == Some(to) && account.standing == AccountStanding::Active;
            Ok(if is_hers {
                Pinning::Hers
            } else {
                Pinning::Refused
            })
        })
        .await
    }

    async fn remove_account(&self, id: AccountId) -> Result<(), StoreError> {
        let text = id.to_string();
        attempt(|| format!("deleting account {id}"), async {
            let mut work = self.backend.begin().await?;
            let administrators = administrators_in_turn(&mut *work).await?;
            touched(work.execute(REMOVE, &[text.as_str().into()]).await?)?;
            check_administrators(&mut *work, administrators).await?;
            work.commit().await?;
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
        if check_name(login).is_err() {
            return Ok(None);
        }
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
            "SELECT id, login, display_name, role, standing, password, password_change, totp, provider
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
        password_change, totp, totp_step, provider)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10)";
const RENAME: &str = "UPDATE account SET display_name = $2 WHERE id = $1";
const SET_ROLE: &str = "UPDATE account SET role = $2 WHERE id = $1";
const SET_STANDING: &str = "UPDATE account SET standing = $2 WHERE id = $1";
const SET_PASSWORD: &str = "UPDATE account SET password = $2, password_change = $3 WHERE id = $1";
const ENROL: &str = "UPDATE account SET totp = $2, totp_step = $3 WHERE id = $1";
const ADVANCE: &str = "UPDATE account SET totp_step = $2 WHERE id = $1 AND totp_step < $2";
const PIN: &str = "
    UPDATE account SET provider = $2
    WHERE id = $1 AND provider IS NULL AND standing = 'active'";
const UNPIN: &str = "UPDATE account SET provider = NULL WHERE id = $1";
const REMOVE: &str = "DELETE FROM account WHERE id = $1";
const COUNT: &str = "SELECT count(*) FROM account";
const COUNT_ADMINISTRATORS: &str =
    "SELECT count(*) FROM account WHERE role = 'administrator' AND standing = 'active'";

/// Applies one change within a transaction.
async fn apply(
    work: &mut dyn Transaction,
    id: Value<'_>,
    change: &AccountChange,
) -> Result<(), Fault> {
    let (sql, values) = match change {
        AccountChange::DisplayName(name) => {
            check_name(name)?;
            (RENAME, vec![id, name.as_str().into()])
        }
        AccountChange::Role(role) => (SET_ROLE, vec![id, role.name().into()]),
        AccountChange::Standing(standing) => (SET_STANDING, vec![id, standing.name().into()]),
        AccountChange::Password(hash, due) => {
            let values = vec![id, hash.0.as_str().into(), due.name().into()];
            (SET_PASSWORD, values)
        }
        AccountChange::Enrolled(totp, step) => {
            (ENROL, vec![id, totp.0[..].into(), count(step.0)?.into()])
        }
        AccountChange::NotEnrolled => (ENROL, vec![id, Value::Bytes(None), 0_i64.into()]),
        AccountChange::NotPinned => (UNPIN, vec![id]),
    };
    touched(work.execute(sql, &values).await?)?;
    if ends_sessions(change) {
        work.execute(REVOKE_ALL, &[id]).await?;
    }
    Ok(())
}

const fn ends_sessions(change: &AccountChange) -> bool {
    match change {
        AccountChange::Password(..)
        | AccountChange::Enrolled(..)
        | AccountChange::NotPinned
        | AccountChange::Standing(AccountStanding::Disabled) => true,
        AccountChange::DisplayName(_)
        | AccountChange::Role(_)
        | AccountChange::Standing(AccountStanding::Active)
        | AccountChange::NotEnrolled => false,
    }
}

const fn touched(rows: u64) -> Result<(), Fault> {
    if rows == 0 {
        return Err(Fault::Unknown);
    }
    Ok(())
}

/// How many administrators are active; until this transaction ends nobody else changes that.
async fn administrators_in_turn(work: &mut dyn Transaction) -> Result<u64, Fault> {
    take_turn(work).await?;
    count_of(work, COUNT_ADMINISTRATORS, &[]).await
}

/// Refuses a transaction that took the last active administrator.
async fn check_administrators(work: &mut dyn Transaction, before: u64) -> Result<(), Fault> {
    if before > 0 && count_of(work, COUNT_ADMINISTRATORS, &[]).await? == 0 {
        return Err(Fault::LastAdministrator);
    }
    Ok(())
}

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
        provider: read_pin(row.optional_bytes()?)?,
    })
}

fn read_pin(bytes: Option<Vec<u8>>) -> Result<Option<ProviderPin>, Fault> {
    let pin = bytes.map(Hash::try_from).transpose();
    pin.map(|pin| pin.map(ProviderPin))
        .map_err(|_| Fault::Damaged("a digest is short"))
}

pub(super) fn account_id(text: &str) -> Result<AccountId, Fault> {
    let id = u128::from_str_radix(text, 16);
    id.map(AccountId)
        .map_err(|_| Fault::Damaged("an account's id"))
}
