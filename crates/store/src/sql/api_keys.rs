use std::collections::BTreeSet;
use std::fmt;

use async_trait::async_trait;

use super::accounts::account_id;
use super::named::{Named, named};
use super::names::check_name;
use super::period::count;
use super::store::{attempt, count_of, take_turn};
use super::{AccountId, Backend, Fault, Row, SqlStore, StoreError, TokenHash, UnixSeconds, Value};

/// How many keys may be in force.
pub const API_KEYS_LIVE_MAX: u64 = 100;
/// How many keys are kept that were revoked or ran out; the oldest go when a key is made.
pub const API_KEYS_ENDED_MAX: u64 = 100;

/// A key: 128 bits of the caller's chance, shown as 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApiKeyId(pub u128);

impl fmt::Display for ApiKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

named! {
    /// What a key opens.
    Scope {
        /// The board: numbers and no names.
        ReadBoard = "read-board",
        /// Reports of closed periods.
        ReadReports = "read-reports",
        /// The audit.
        ReadAudit = "read-audit",
        /// What operators want: pausing them and undoing it.
        ManageOperators = "manage-operators",
    }
}

named! {
    /// Whether a key holds, apart from its time.
    ApiKeyStanding {
        /// It does.
        Live = "live",
        /// It was revoked.
        Revoked = "revoked",
    }
}

/// What a program signs in with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Which.
    pub id: ApiKeyId,
    /// What its maker calls it.
    pub name: String,
    /// Its token, hashed by the caller with SHA-256.
    pub token: TokenHash,
    /// What it opens, at least one thing.
    pub scopes: BTreeSet<Scope>,
    /// When it was made.
    pub created: UnixSeconds,
    /// When it ends.
    pub expires: UnixSeconds,
    /// Who made it. That account may be gone.
    pub made_by: AccountId,
    /// Whether it was revoked.
    pub standing: ApiKeyStanding,
}

/// Keys of programs. Whether one has run out is for the caller to see: nothing here knows the time.
#[async_trait]
pub trait ApiKeyStore: Send + Sync {
    /// Adds a key. Of those that ended before it was made, all but the newest [`API_KEYS_ENDED_MAX`] are deleted.
    ///
    /// # Errors
    /// [`StoreError`], with [`Fault::Invalid`] when its name is none or it opens nothing,
    /// [`Fault::Full`] when [`API_KEYS_LIVE_MAX`] are in force at the moment of its making,
    /// [`Fault::Taken`] when its id or token is there already.
    async fn create_api_key(&self, key: &ApiKey) -> Result<(), StoreError>;

    /// All keys, by name.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn api_keys(&self) -> Result<Vec<ApiKey>, StoreError>;

    /// The key with this token.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn api_key(&self, token: &TokenHash) -> Result<Option<ApiKey>, StoreError>;

    /// Ends a key for good. Ending it again does nothing.
    ///
    /// # Errors
    /// [`StoreError`], with [`Fault::Unknown`] when there is no such key.
    async fn revoke_api_key(&self, id: ApiKeyId) -> Result<(), StoreError>;
}

#[async_trait]
impl<B: Backend> ApiKeyStore for SqlStore<B> {
    async fn create_api_key(&self, key: &ApiKey) -> Result<(), StoreError> {
        attempt(|| format!("making key {}", key.id), async {
            check_name(&key.name)?;
            if key.scopes.is_empty() {
                return Err(Fault::Invalid("a key opens at least one thing"));
            }
            let now = Value::from(key.created.0);
            let mut work = self.backend.begin().await?;
            take_turn(&mut *work).await?;
            let live = count_of(&mut *work, COUNT_LIVE, &[now]).await?;
            if live >= API_KEYS_LIVE_MAX {
                return Err(Fault::Full(API_KEYS_LIVE_MAX));
            }
            let kept = count(API_KEYS_ENDED_MAX)?;
            work.execute(PRUNE, &[now, kept.into()]).await?;
            let (id, maker) = (key.id.to_string(), key.made_by.to_string());
            let scopes = write_scopes(&key.scopes);
            let values = [
                Value::from(id.as_str()),
                Value::from(key.name.as_str()),
                Value::from(&key.token.0[..]),
                Value::from(scopes.as_str()),
                now,
                Value::from(key.expires.0),
                Value::from(maker.as_str()),
                Value::from(key.standing.name()),
            ];
            work.execute(CREATE, &values).await?;
            work.commit().await
        })
        .await
    }

    async fn api_keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        attempt(|| "reading all keys".to_owned(), async {
            let rows = self.look_up(ALL, &[]).await?;
            rows.into_iter().map(read_key).collect()
        })
        .await
    }

    async fn api_key(&self, token: &TokenHash) -> Result<Option<ApiKey>, StoreError> {
        attempt(|| "reading a key".to_owned(), async {
            let rows = self.look_up(BY_TOKEN, &[token.0[..].into()]).await?;
            rows.into_iter().next().map(read_key).transpose()
        })
        .await
    }

    async fn revoke_api_key(&self, id: ApiKeyId) -> Result<(), StoreError> {
        let text = id.to_string();
        let values = [Value::from(text.as_str())];
        attempt(|| format!("revoking key {id}"), self.touch(REVOKE, &values)).await
    }
}

/// The columns of a key, in the order in which they are read.
macro_rules! select_key {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, token, scopes, created, expires, made_by, standing FROM api_key ",
            $rest
        )
    };
}

const ALL: &str = select_key!("ORDER BY name, id");
const BY_TOKEN: &str = select_key!("WHERE token = $1");

const COUNT_LIVE: &str = "SELECT count(*) FROM api_key WHERE standing = 'live' AND expires > $1";

const PRUNE: &str = "
    DELETE FROM api_key WHERE (standing = 'revoked' OR expires <= $1) AND id NOT IN
        (SELECT id FROM api_key WHERE standing = 'revoked' OR expires <= $1
        ORDER BY created DESC, id LIMIT $2)";

const CREATE: &str = "
    INSERT INTO api_key (id, name, token, scopes, created, expires, made_by, standing)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

const REVOKE: &str = "UPDATE api_key SET standing = 'revoked' WHERE id = $1";

fn write_scopes(scopes: &BTreeSet<Scope>) -> String {
    let names: Vec<&str> = scopes.iter().map(|scope| scope.name()).collect();
    names.join(" ")
}

fn read_key(mut row: Row) -> Result<ApiKey, Fault> {
    let id = u128::from_str_radix(&row.text()?, 16);
    Ok(ApiKey {
        id: ApiKeyId(id.map_err(|_| Fault::Damaged("a key's id"))?),
        name: row.text()?,
        token: TokenHash(row.digest()?),
        scopes: row
            .text()?
            .split(' ')
            .map(Scope::read)
            .collect::<Result<_, _>>()?,
        created: UnixSeconds(row.integer()?),
        expires: UnixSeconds(row.integer()?),
        made_by: account_id(&row.text()?)?,
        standing: ApiKeyStanding::read(&row.text()?)?,
    })
}
