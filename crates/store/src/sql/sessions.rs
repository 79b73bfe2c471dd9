use async_trait::async_trait;

use super::accounts::account_id;
use super::chain::Hash;
use super::named::{Named, named};
use super::period::count;
use super::store::attempt;
use super::{AccountId, Backend, Fault, Row, SqlStore, StoreError, Transaction, Value};

/// How many sessions an account may have; then one that was ended goes, or else the one that was unused longest.
pub const SESSIONS_PER_ACCOUNT_MAX: u64 = 32;

/// A moment in seconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnixSeconds(pub i64);

/// A session's token, hashed by the caller with SHA-256. The token itself comes nowhere near the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TokenHash(pub Hash);

named! {
    /// What a session was opened on.
    DeviceKind {
        /// On a device that the account signed in on before.
        Known = "known",
        /// On any other.
        New = "new",
    }
}

named! {
    /// Whether a session holds, apart from its time.
    SessionStanding {
        /// It does.
        Live = "live",
        /// It was ended.
        Revoked = "revoked",
    }
}

named! {
    /// By what a session was opened.
    OpenedBy {
        /// A password of ours, with a one-time password where the account has them.
        Password = "password",
        /// The word of the OpenID Connect provider, which told of no second factor.
        Provider = "provider",
        /// The word of the provider, and a second factor.
        ProviderTwoFactors = "provider-two-factors",
    }
}

/// Somebody who has signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its token, hashed.
    pub token: TokenHash,
    /// Who signed in.
    pub account: AccountId,
    /// On what.
    pub device: DeviceKind,
    /// By what.
    pub opened_by: OpenedBy,
    /// When.
    pub created: UnixSeconds,
    /// When it was last used.
    pub last_seen: UnixSeconds,
    /// When it ends, however much it is used.
    pub expires: UnixSeconds,
    /// Whether it was ended.
    pub standing: SessionStanding,
}

/// Sessions of those who have signed in. Whether one has run out is for the caller to see: nothing here knows the time.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Adds a session; of the account's others only [`SESSIONS_PER_ACCOUNT_MAX`] − 1 stay.
    ///
    /// # Errors
    /// [`StoreError`], with [`Fault::Unknown`] when there is no such account.
    async fn open_session(&self, session: &Session) -> Result<(), StoreError>;

    /// The session with this token.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn session(&self, token: &TokenHash) -> Result<Option<Session>, StoreError>;

    /// The sessions of an account, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn sessions(&self, account: AccountId) -> Result<Vec<Session>, StoreError>;

    /// Notes that a session was used. An earlier moment than the one that is kept changes nothing.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn touch_session(&self, token: &TokenHash, at: UnixSeconds) -> Result<(), StoreError>;

    /// Ends a session.
    ///
    /// # Errors
    /// [`StoreError`], with [`Fault::Unknown`] when there is no such session.
    async fn revoke_session(&self, token: &TokenHash) -> Result<(), StoreError>;

    /// Ends all sessions of an account.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn revoke_sessions(&self, account: AccountId) -> Result<(), StoreError>;

    /// Deletes all sessions that ran out before a moment, and tells how many.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn prune_sessions(&self, before: UnixSeconds) -> Result<u64, StoreError>;
}

#[async_trait]
impl<B: Backend> SessionStore for SqlStore<B> {
    async fn open_session(&self, session: &Session) -> Result<(), StoreError> {
        let account = session.account.to_string();
        let values = [
            Value::from(&session.token.0[..]),
            Value::from(account.as_str()),
            Value::from(session.device.name()),
            Value::from(session.created.0),
            Value::from(session.last_seen.0),
            Value::from(session.expires.0),
            Value::from(session.standing.name()),
            Value::from(session.opened_by.name()),
        ];
        let attempted = || format!("opening a session of account {account}");
        attempt(attempted, async {
            let others = count(SESSIONS_PER_ACCOUNT_MAX - 1)?;
            let mut work = self.backend.begin().await?;
            lock_account(&mut *work, values[1]).await?;
            work.execute(OPEN, &values).await?;
            let crowd_out = [values[1], values[0], others.into()];
            work.execute(CROWD_OUT, &crowd_out).await?;
            work.commit().await
        })
        .await
    }

    async fn session(&self, token: &TokenHash) -> Result<Option<Session>, StoreError> {
        attempt(|| "reading a session".to_owned(), async {
            let rows = self.look_up(BY_TOKEN, &[token.0[..].into()]).await?;
            rows.into_iter().next().map(read_session).transpose()
        })
        .await
    }

    async fn sessions(&self, account: AccountId) -> Result<Vec<Session>, StoreError> {
        let text = account.to_string();
        attempt(
            || format!("reading the sessions of account {text}"),
            async {
                let rows = self.look_up(BY_ACCOUNT, &[text.as_str().into()]).await?;
                rows.into_iter().map(read_session).collect()
            },
        )
        .await
    }

    async fn touch_session(&self, token: &TokenHash, at: UnixSeconds) -> Result<(), StoreError> {
        let values = [Value::from(&token.0[..]), Value::from(at.0)];
        attempt(
            || "noting that a session was used".to_owned(),
            self.write(SEEN, &values),
        )
        .await
    }

    async fn revoke_session(&self, token: &TokenHash) -> Result<(), StoreError> {
        let values = [Value::from(&token.0[..])];
        attempt(
            || "ending a session".to_owned(),
            self.touch(REVOKE, &values),
        )
        .await
    }

    async fn revoke_sessions(&self, account: AccountId) -> Result<(), StoreError> {
        let text = account.to_string();
        let attempted = || format!("ending all sessions of account {text}");
        attempt(attempted, self.write(REVOKE_ALL, &[text.as_str().into()])).await
    }

    async fn prune_sessions(&self, before: UnixSeconds) -> Result<u64, StoreError> {
        attempt(|| "deleting sessions that ran out".to_owned(), async {
            let mut work = self.backend.begin().await?;
            let deleted = work.execute(PRUNE, &[before.0.into()]).await?;
            work.commit().await?;
            self.backend.settle().await?;
            Ok(deleted)
        })
        .await
    }
}

/// The columns of a session, in the order in which they are read.
macro_rules! select_session {
    ($rest:literal) => {
        concat!(
            "SELECT token, account, device, created, last_seen, expires, standing, opened_by
            FROM session ",
            $rest
        )
    };
}

const BY_TOKEN: &str = select_session!("WHERE token = $1");
const BY_ACCOUNT: &str = select_session!("WHERE account = $1 ORDER BY created, token");

const OPEN: &str = "
    INSERT INTO session (token, account, device, created, last_seen, expires, standing, opened_by)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const CROWD_OUT: &str = "
    DELETE FROM session WHERE account = $1 AND token <> $2 AND token NOT IN
        (SELECT token FROM session WHERE account = $1 AND token <> $2
        ORDER BY standing = 'revoked', last_seen DESC, token LIMIT $3)";
const SEEN: &str = "UPDATE session SET last_seen = $2 WHERE token = $1 AND last_seen < $2";
const REVOKE: &str = "UPDATE session SET standing = 'revoked' WHERE token = $1";
pub(super) const REVOKE_ALL: &str = "UPDATE session SET standing = 'revoked' WHERE account = $1";
const PRUNE: &str = "DELETE FROM session WHERE expires < $1";

const LOCK_ACCOUNT: &str = "UPDATE account SET standing = standing WHERE id = $1";

/// Keeps others from adding to an account until this transaction ends, so that what has a limit is counted once.
pub(super) async fn lock_account(
    work: &mut dyn Transaction,
    account: Value<'_>,
) -> Result<(), Fault> {
    if work.execute(LOCK_ACCOUNT, &[account]).await? == 0 {
        return Err(Fault::Unknown);
    }
    Ok(())
}

fn read_session(mut row: Row) -> Result<Session, Fault> {
    Ok(Session {
        token: TokenHash(row.digest()?),
        account: account_id(&row.text()?)?,
        device: DeviceKind::read(&row.text()?)?,
        created: UnixSeconds(row.integer()?),
        last_seen: UnixSeconds(row.integer()?),
        expires: UnixSeconds(row.integer()?),
        standing: SessionStanding::read(&row.text()?)?,
        opened_by: OpenedBy::read(&row.text()?)?,
    })
}
