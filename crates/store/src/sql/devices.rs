use async_trait::async_trait;

use super::period::count;
use super::sessions::lock_account;
use super::store::attempt;
use super::{AccountId, Backend, DeviceKind, SqlStore, StoreError, TokenHash, UnixSeconds, Value};

/// How many devices are known of an account; then the one that was unused longest is forgotten.
pub const DEVICES_PER_ACCOUNT_MAX: u64 = 16;

/// A device that an account signed in on. Several accounts may share one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownDevice {
    /// Who signed in.
    pub account: AccountId,
    /// The token that the device keeps, hashed.
    pub token: TokenHash,
    /// When it became known.
    pub created: UnixSeconds,
    /// When it was last signed in on.
    pub last_seen: UnixSeconds,
}

/// Devices that accounts have signed in on.
#[async_trait]
pub trait DeviceStore: Send + Sync {
    /// Adds a device, or notes that it was used again; of the account's others only the
    /// [`DEVICES_PER_ACCOUNT_MAX`] − 1 used last stay.
    ///
    /// # Errors
    /// [`StoreError`], with [`Fault::Unknown`](super::Fault::Unknown) when there is no such account.
    async fn remember_device(&self, device: &KnownDevice) -> Result<(), StoreError>;

    /// Whether an account has signed in on the device with this token.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn knows_device(
        &self,
        account: AccountId,
        token: &TokenHash,
    ) -> Result<DeviceKind, StoreError>;

    /// Forgets all devices of an account.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn forget_devices(&self, account: AccountId) -> Result<(), StoreError>;
}

#[async_trait]
impl<B: Backend> DeviceStore for SqlStore<B> {
    async fn remember_device(&self, device: &KnownDevice) -> Result<(), StoreError> {
        let account = device.account.to_string();
        attempt(|| format!("remembering a device of {account}"), async {
            let (id, token) = (
                Value::from(account.as_str()),
                Value::from(&device.token.0[..]),
            );
            let times = [device.created.0, device.last_seen.0].map(Value::from);
            let others = count(DEVICES_PER_ACCOUNT_MAX - 1)?;
            let mut work = self.backend.begin().await?;
            lock_account(&mut *work, id).await?;
            work.execute(REMEMBER, &[id, token, times[0], times[1]])
                .await?;
            work.execute(CROWD_OUT, &[id, token, others.into()]).await?;
            work.commit().await
        })
        .await
    }

    async fn knows_device(
        &self,
        account: AccountId,
        token: &TokenHash,
    ) -> Result<DeviceKind, StoreError> {
        let text = account.to_string();
        let values = [Value::from(text.as_str()), Value::from(&token.0[..])];
        attempt(|| format!("looking for a device of {text}"), async {
            let rows = self.look_up(KNOWN, &values).await?;
            let found = rows.into_iter().next();
            Ok(found.map_or(DeviceKind::New, |_| DeviceKind::Known))
        })
        .await
    }

    async fn forget_devices(&self, account: AccountId) -> Result<(), StoreError> {
        let text = account.to_string();
        let values = [Value::from(text.as_str())];
        attempt(
            || format!("forgetting the devices of {text}"),
            self.write(FORGET, &values),
        )
        .await
    }
}

const REMEMBER: &str = "
    INSERT INTO device (account, token, created, last_seen) VALUES ($1, $2, $3, $4)
    ON CONFLICT (account, token) DO UPDATE SET last_seen = excluded.last_seen
    WHERE device.last_seen < excluded.last_seen";

const CROWD_OUT: &str = "
    DELETE FROM device WHERE account = $1 AND token <> $2 AND token NOT IN
        (SELECT token FROM device WHERE account = $1 AND token <> $2
        ORDER BY last_seen DESC, token LIMIT $3)";

const KNOWN: &str = "SELECT created FROM device WHERE account = $1 AND token = $2";
const FORGET: &str = "DELETE FROM device WHERE account = $1";
