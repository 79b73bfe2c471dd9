//! Passwords: what they have to be, and their hashes, computed few at a time.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash as Phc, Salt};
use argon2::{Algorithm, Argon2, Params, Version};
use serde::Deserialize;
use store::sql::PasswordHash;
use subtle::ConstantTimeEq as _;
use tokio::sync::Semaphore;
use utoipa::ToSchema;

use super::memory::Memory;

/// How many characters a password has at least.
pub const PASSWORD_CHARACTERS_MIN: usize = 12;
/// How many bytes a password has at most.
pub const PASSWORD_BYTES_MAX: usize = 256;
/// How many hashes are computed at once: each takes a core, and 19 MiB that are kept for the next one.
pub const HASHES_AT_ONCE_MAX: usize = 2;
/// How many hashes wait for their turn.
pub const HASHES_WAITING_MAX: usize = 32;
/// How many of those places are for people on devices that are known.
pub const HASHES_WAITING_FOR_KNOWN: usize = 8;
/// Seconds after which one who found the queue full may come again.
pub const BUSY_RETRY_SECONDS: u64 = 2;

/// Bytes of fresh chance in a hash.
pub(crate) const SALT_BYTES: usize = 16;
/// Bytes of fresh chance in a one-time password.
pub(crate) const ONE_TIME_BYTES: usize = 16;

/// KiB, passes and lanes: what OWASP's password storage cheat sheet asks for.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// A hash that no password has, as costly as any.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdC4uLg$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A password in clear, for as long as a request takes.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, format = Password)]
pub(crate) struct Password(String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

impl Password {
    /// A password that is used once, in letters and digits that are not mistaken for each other: 80 bits of chance.
    pub(crate) fn one_time(chance: [u8; ONE_TIME_BYTES]) -> Self {
        const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
        let mut text = String::new();
        for (place, byte) in chance.into_iter().enumerate() {
            if place > 0 && place % 4 == 0 {
                text.push('-');
            }
            text.push(char::from(ALPHABET[usize::from(byte % 32)]));
        }
        Self(text)
    }

    /// Its text, for the one who is to type it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether an account with this login may have it.
    pub(crate) fn check(&self, login: &str) -> Result<(), Unfit> {
        if self.0.chars().count() < PASSWORD_CHARACTERS_MIN {
            return Err(Unfit::Short);
        }
        if self.0.len() > PASSWORD_BYTES_MAX {
            return Err(Unfit::Long);
        }
        if self.0.to_lowercase() == login.to_lowercase() {
            return Err(Unfit::Login);
        }
        Ok(())
    }

    /// Whether it is the same as another.
    pub(crate) fn is(&self, other: &Self) -> Same {
        if self.0.as_bytes().ct_eq(other.0.as_bytes()).into() {
            return Same::Yes;
        }
        Same::No
    }
}

/// Whether two passwords are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Same {
    Yes,
    No,
}

/// Why a password will not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    /// It is too short.
    #[error("a password has at least {PASSWORD_CHARACTERS_MIN} characters")]
    Short,
    /// It is too long.
    #[error("a password has at most {PASSWORD_BYTES_MAX} bytes")]
    Long,
    /// It is the login name.
    #[error("a password is not the login name")]
    Login,
}

/// Who waits for a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asker {
    /// Somebody on a device that is known, or with a session.
    Known,
    /// Anybody else.
    Stranger,
}

/// Whether a password is the one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Right,
    Wrong,
}

/// Why no hash was computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotHashed {
    /// Too many wait already.
    #[error("too many passwords are being checked")]
    Busy,
    /// The hash failed; this does not happen.
    #[error("the password could not be hashed")]
    Failed,
}

/// Computes hashes on threads of their own, few at a time.
#[derive(Debug)]
pub(crate) struct Hasher {
    /// Those that are computed and those that wait.
    places: Arc<Semaphore>,
    /// Those that are computed.
    turns: Arc<Semaphore>,
    workshop: Arc<Workshop>,
}

/// Where hashes are computed.
#[derive(Debug, Default)]
struct Workshop {
    memory: Memory,
    computed: AtomicU64,
}

impl Default for Hasher {
    fn default() -> Self {
        let places = HASHES_AT_ONCE_MAX + HASHES_WAITING_MAX;
        Self {
            places: Arc::new(Semaphore::new(places)),
            turns: Arc::new(Semaphore::new(HASHES_AT_ONCE_MAX)),
            workshop: Arc::default(),
        }
    }
}

impl Hasher {
    /// Hashes a password.
    pub(crate) async fn hash(
        &self,
        password: Password,
        salt: [u8; SALT_BYTES],
        asker: Asker,
    ) -> Result<PasswordHash, NotHashed> {
        let hashed = self.compute(asker, move |workshop| workshop.hash(&password, &salt));
        hashed.await?.ok_or(NotHashed::Failed)
    }

    /// Whether a password has a hash. Without one it is wrong, at the same cost: time does not tell which logins there are.
    pub(crate) async fn verify(
        &self,
        password: Password,
        hash: Option<PasswordHash>,
        asker: Asker,
    ) -> Result<Verdict, NotHashed> {
        let right = self.compute(asker, move |workshop| {
            let stored = hash.as_ref().map_or(NOBODYS, |hash| hash.0.as_str());
            let same = workshop.verify(&password, stored)?;
            Some(match (same, hash) {
                (Same::Yes, Some(_)) => Verdict::Right,
                (Same::Yes, None) | (Same::No, _) => Verdict::Wrong,
            })
        });
        right.await?.ok_or(NotHashed::Failed)
    }

    /// How many hashes were computed.
    pub(crate) fn computed(&self) -> u64 {
        self.workshop.computed.load(Ordering::Relaxed)
    }

    /// Computes something when it is its turn. Whoever asked may go away meanwhile; its place is free only when the computing ended.
    async fn compute<T: Send + 'static>(
        &self,
        asker: Asker,
        work: impl FnOnce(&Workshop) -> T + Send + 'static,
    ) -> Result<T, NotHashed> {
        let kept = match asker {
            Asker::Known => 0,
            Asker::Stranger => HASHES_WAITING_FOR_KNOWN,
        };
        if self.places.available_permits() <= kept {
            return Err(NotHashed::Busy);
        }
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = place.map_err(|_| NotHashed::Busy)?;
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let turn = turn.map_err(|_| NotHashed::Failed)?;
        let workshop = Arc::clone(&self.workshop);
        let done = tokio::task::spawn_blocking(move || {
            let outcome = work(&workshop);
            drop((turn, place));
            outcome
        });
        done.await.map_err(|_| NotHashed::Failed)
    }
}

impl Workshop {
    /// The hash of a password, with what it was computed by.
    fn hash(&self, password: &Password, salt: &[u8]) -> Option<PasswordHash> {
        let (algorithm, version) = (Algorithm::Argon2id, Version::V0x13);
        let parameters = Params::new(MEMORY_KIB, PASSES, LANES, None).ok()?;
        let argon2 = Argon2::new(algorithm, version, parameters.clone());
        let salt = Salt::new(salt).ok()?;
        let hash = Phc {
            algorithm: algorithm.ident(),
            version: Some(version.into()),
            params: ParamsString::try_from(&parameters).ok()?,
            salt: Some(salt),
            hash: Some(self.output(&argon2, password, &salt)?),
        };
        Some(PasswordHash(hash.to_string()))
    }

    /// Whether a password has this hash.
    fn verify(&self, password: &Password, stored: &str) -> Option<Same> {
        let stored = Phc::new(stored).ok()?;
        let algorithm = Algorithm::new(stored.algorithm.as_str()).ok()?;
        let version = Version::try_from(stored.version?).ok()?;
        let parameters = Params::try_from(&stored).ok()?;
        let argon2 = Argon2::new(algorithm, version, parameters);
        let output = self.output(&argon2, password, &stored.salt?)?;
        // They are compared in constant time.
        Some(if output == stored.hash? {
            Same::Yes
        } else {
            Same::No
        })
    }

    fn output(&self, argon2: &Argon2<'_>, password: &Password, salt: &[u8]) -> Option<Output> {
        let parameters = argon2.params();
        let length = parameters.output_len();
        let length = length.unwrap_or(Params::DEFAULT_OUTPUT_LEN);
        let mut output = [0; Output::MAX_LENGTH];
        let output = output.get_mut(..length)?;
        let hashed = self.memory.lend(parameters.block_count(), |blocks| {
            argon2.hash_password_into_with_memory(password.0.as_bytes(), salt, output, blocks)
        });
        self.computed.fetch_add(1, Ordering::Relaxed);
        hashed.ok()?;
        Output::new(output).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password(text.to_owned())
    }

    #[test]
    fn password_is_long_enough_and_not_too_long_and_not_the_login() {
        let check = |text: &str| password(text).check("Žofie Nováková");

        assert_eq!(check("eleven char"), Err(Unfit::Short));
        assert_eq!(check("ž".repeat(11).as_str()), Err(Unfit::Short));
        assert_eq!(check("twelve chars"), Ok(()));
        assert_eq!(check("x".repeat(256).as_str()), Ok(()));
        assert_eq!(check("x".repeat(257).as_str()), Err(Unfit::Long));
        assert_eq!(check("žofie nováková"), Err(Unfit::Login));
    }

    #[test]
    fn password_is_not_shown() {
        let shown = format!("{:?}", password("correct horse"));

        assert!(!shown.contains("horse"), "{shown}");
    }

    #[test]
    fn one_time_passwords_are_fit_and_differ() {
        let one = Password::one_time([7; ONE_TIME_BYTES]);
        let other = Password::one_time([8; ONE_TIME_BYTES]);

        assert_eq!(one.check("admin"), Ok(()));
        assert_eq!(one.reveal(), "hhhh-hhhh-hhhh-hhhh");
        assert_eq!(one.is(&other), Same::No);
        assert_eq!(one.is(&one), Same::Yes);
    }

    #[tokio::test]
    async fn password_has_its_own_hash_and_no_other() {
        let hasher = Hasher::default();
        let right = password("correct horse");
        let salt = [1; SALT_BYTES];

        let hash = hasher
            .hash(right.clone(), salt, Asker::Known)
            .await
            .unwrap();

        assert!(
            hash.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{}",
            hash.0
        );
        let mut verdicts = Vec::new();
        for tried in [right, password("wrong horse")] {
            let verdict = hasher.verify(tried, Some(hash.clone()), Asker::Stranger);
            verdicts.push(verdict.await.unwrap());
        }
        assert_eq!(verdicts, [Verdict::Right, Verdict::Wrong]);
    }

    #[tokio::test]
    async fn nobodys_password_costs_as_much_and_is_wrong() {
        let hasher = Hasher::default();

        let verdict = hasher.verify(password(""), None, Asker::Stranger).await;

        assert_eq!(verdict, Ok(Verdict::Wrong));
        assert_eq!(hasher.computed(), 1);
        let nobodys = Params::try_from(&Phc::new(NOBODYS).unwrap()).unwrap();
        let ours = Params::new(MEMORY_KIB, PASSES, LANES, Some(32)).unwrap();
        assert_eq!(nobodys, ours);
    }

    #[tokio::test]
    async fn hashes_are_those_of_the_library() {
        use argon2::password_hash::PasswordHasher as _;
        let hasher = Hasher::default();

        let ours = hasher.hash(password("correct horse"), [1; SALT_BYTES], Asker::Known);

        let theirs: Phc = Argon2::default()
            .hash_password_with_salt(b"correct horse", &[1; SALT_BYTES])
            .unwrap();
        assert_eq!(ours.await.unwrap().0, theirs.to_string());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn hashes_are_computed_in_memory_that_is_kept_and_left_empty() {
        let hasher = Arc::new(Hasher::default());

        let tries = (0..10).map(|n| {
            let hasher = Arc::clone(&hasher);
            tokio::spawn(async move {
                let password = password(&format!("wrong horse {n}"));
                hasher.verify(password, None, Asker::Known).await
            })
        });
        for tried in tries.collect::<Vec<_>>() {
            assert_eq!(tried.await.unwrap(), Ok(Verdict::Wrong));
        }

        let (not_zero, pieces) = hasher.workshop.memory.left();
        assert_eq!(not_zero, 0);
        assert!((1..=HASHES_AT_ONCE_MAX).contains(&pieces), "{pieces}");
    }

    #[tokio::test]
    async fn full_queue_turns_strangers_away_first() {
        let hasher = Hasher::default();
        let all = u32::try_from(hasher.places.available_permits()).unwrap();
        let for_known = u32::try_from(HASHES_WAITING_FOR_KNOWN).unwrap();
        let waiting = hasher.places.try_acquire_many(all - for_known).unwrap();

        let stranger = hasher.verify(password("x"), None, Asker::Stranger).await;
        let known = hasher.verify(password("x"), None, Asker::Known).await;

        assert_eq!(stranger, Err(NotHashed::Busy));
        assert_eq!(known, Ok(Verdict::Wrong));
        let more = hasher.places.try_acquire_many(for_known).unwrap();
        let known = hasher.verify(password("x"), None, Asker::Known).await;
        assert_eq!(known, Err(NotHashed::Busy));
        drop((waiting, more));
    }
}
