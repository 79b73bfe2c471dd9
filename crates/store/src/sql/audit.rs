use std::fmt;
use std::ops::Range;

use async_trait::async_trait;
use records::Date;

use super::audit_key::AuditKey;
use super::chain::{AuditAnchor, AuditEntry, AuditPayload};
use super::period::{count, date_of, number_of};
use super::store::attempt;
use super::{Backend, Fault, Row, SqlStore, StoreError, Transaction, Value};

/// How many entries are read at once; whoever wants more asks again from where they end.
pub const AUDIT_ENTRIES_READ_MAX: u64 = 10_000;

/// A place in the chain, and a signature over it in a form of the caller's.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedAnchor {
    /// The place.
    pub anchor: AuditAnchor,
    /// The signature.
    pub signature: Vec<u8>,
}

impl fmt::Debug for SignedAnchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let signed = &mut f.debug_struct("SignedAnchor");
        signed.field("anchor", &self.anchor).finish_non_exhaustive()
    }
}

/// Where the audit begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditBeginning {
    /// With its first entry.
    Whole,
    /// After entries that were deleted; the last of them is vouched for by a signature.
    Pruned(SignedAnchor),
}

impl AuditBeginning {
    /// The place before the first entry that is kept.
    #[must_use]
    pub const fn anchor(&self) -> AuditAnchor {
        match self {
            Self::Whole => AuditAnchor::FIRST,
            Self::Pruned(signed) => signed.anchor,
        }
    }
}

/// The audit: a chain of entries that shows every later change. [`verify`](super::verify) checks what is read from it.
#[async_trait]
pub trait AuditStore: Send + Sync {
    /// Adds an entry at the end, hashed with a key, and tells its place.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn append_audit(
        &self,
        day: Date,
        what: AuditPayload,
        key: &AuditKey,
    ) -> Result<AuditAnchor, StoreError>;

    /// The entries of a range, in order, at most [`AUDIT_ENTRIES_READ_MAX`].
    ///
    /// # Errors
    /// [`StoreError`].
    async fn audit_chain(&self, range: Range<u64>) -> Result<Vec<AuditEntry>, StoreError>;

    /// Where it begins.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn audit_beginning(&self) -> Result<AuditBeginning, StoreError>;

    /// Where it ends. Signed and kept elsewhere, it shows whether the end was cut off.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn audit_head(&self) -> Result<AuditAnchor, StoreError>;

    /// Erases the payload of an entry, and its salt; the chain stays whole. Erasing it again does nothing.
    ///
    /// # Errors
    /// [`StoreError`], with [`Fault::Unknown`] when there is no such entry.
    async fn erase_payload(&self, seq: u64) -> Result<(), StoreError>;

    /// The last entry of those at the beginning that are older than a day: what has to be signed
    /// before they may be deleted. Nothing when there are none.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn audit_before(&self, day: Date) -> Result<Option<AuditAnchor>, StoreError>;

    /// Deletes all entries up to a place; the chain then begins there. Deleting them again does nothing.
    ///
    /// # Errors
    /// [`StoreError`], with [`Fault::Unknown`] when the chain has no such place.
    async fn prune_audit(&self, up_to: &SignedAnchor) -> Result<(), StoreError>;
}

#[async_trait]
impl<B: Backend> AuditStore for SqlStore<B> {
    async fn append_audit(
        &self,
        day: Date,
        what: AuditPayload,
        key: &AuditKey,
    ) -> Result<AuditAnchor, StoreError> {
        attempt(|| "adding to the audit".to_owned(), async {
            let mut work = self.backend.begin().await?;
            let last = lock_head(&mut *work).await?;
            let entry = AuditEntry::after(&last, day, what, key);
            insert(&mut *work, &entry).await?;
            move_head(&mut *work, entry.anchor()).await?;
            work.commit().await?;
            Ok(entry.anchor())
        })
        .await
    }

    async fn audit_chain(&self, range: Range<u64>) -> Result<Vec<AuditEntry>, StoreError> {
        let attempted = || format!("reading the audit from {} to {}", range.start, range.end);
        attempt(attempted, async {
            let end = range
                .end
                .min(range.start.saturating_add(AUDIT_ENTRIES_READ_MAX));
            let limits = [count(range.start)?, count(end)?].map(Value::from);
            let mut work = self.backend.read().await?;
            let rows = work.rows(ENTRIES, &limits).await?;
            rows.into_iter()
                .map(|mut row| read_entry(&mut row))
                .collect()
        })
        .await
    }

    async fn audit_beginning(&self) -> Result<AuditBeginning, StoreError> {
        attempt(|| "reading where the audit begins".to_owned(), async {
            let mut work = self.backend.read().await?;
            let beginning = read_end(&mut *work, "beginning").await?;
            Ok(beginning.map_or(AuditBeginning::Whole, AuditBeginning::Pruned))
        })
        .await
    }

    async fn audit_head(&self) -> Result<AuditAnchor, StoreError> {
        attempt(|| "reading where the audit ends".to_owned(), async {
            let mut work = self.backend.read().await?;
            let head = read_end(&mut *work, "head").await?;
            Ok(head.map_or(AuditAnchor::FIRST, |signed| signed.anchor))
        })
        .await
    }

    async fn erase_payload(&self, seq: u64) -> Result<(), StoreError> {
        attempt(
            || format!("erasing the payload of audit entry {seq}"),
            async {
                let mut work = self.backend.begin().await?;
                if work.execute(ERASE, &[count(seq)?.into()]).await? == 0 {
                    return Err(Fault::Unknown);
                }
                work.commit().await?;
                self.backend.settle().await
            },
        )
        .await
    }

    async fn audit_before(&self, day: Date) -> Result<Option<AuditAnchor>, StoreError> {
        attempt(|| "looking for old audit entries".to_owned(), async {
            let mut work = self.backend.read().await?;
            let rows = work.rows(BEFORE, &[number_of(day).into()]).await?;
            let last = rows.into_iter().next();
            last.map(|mut row| read_anchor(&mut row)).transpose()
        })
        .await
    }

    async fn prune_audit(&self, up_to: &SignedAnchor) -> Result<(), StoreError> {
        let AuditAnchor { seq, hash } = up_to.anchor;
        attempt(|| format!("deleting audit entries up to {seq}"), async {
            let mut work = self.backend.begin().await?;
            let place = [Value::from(count(seq)?), Value::from(&hash[..])];
            let beginning = read_end(&mut *work, "beginning").await?;
            if beginning.is_some_and(|signed| signed.anchor == up_to.anchor) {
                // The answer to an earlier attempt was lost.
                work.commit().await?;
                return self.backend.settle().await;
            }
            if work.rows(PLACE, &place).await?.is_empty() {
                return Err(Fault::Unknown);
            }
            work.execute(PRUNE, &place[..1]).await?;
            let signed = [place[0], place[1], Value::from(&up_to.signature[..])];
            work.execute(BEGIN_AFTER, &signed).await?;
            work.commit().await?;
            self.backend.settle().await
        })
        .await
    }
}

const LOCK_HEAD: &str = "
    INSERT INTO audit_end (which, seq, hash) VALUES ('head', $1, $2)
    ON CONFLICT (which) DO UPDATE SET seq = audit_end.seq";

const MOVE_HEAD: &str = "UPDATE audit_end SET seq = $1, hash = $2 WHERE which = 'head'";

const END: &str = "SELECT seq, hash, signature FROM audit_end WHERE which = $1";

const APPEND: &str = "
    INSERT INTO audit (seq, day, previous, commitment, hash, salt, payload)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";

const ENTRIES: &str = "
    SELECT seq, day, previous, commitment, hash, salt, payload FROM audit
    WHERE seq >= $1 AND seq < $2 ORDER BY seq";

const ERASE: &str = "UPDATE audit SET salt = NULL, payload = NULL WHERE seq = $1";

const BEFORE: &str = "
    SELECT seq, hash FROM audit
    WHERE day < $1 AND NOT EXISTS
        (SELECT 1 FROM audit AS newer WHERE newer.day >= $1 AND newer.seq < audit.seq)
    ORDER BY seq DESC LIMIT 1";

const PLACE: &str = "SELECT seq FROM audit WHERE seq = $1 AND hash = $2";

const PRUNE: &str = "DELETE FROM audit WHERE seq <= $1";

const BEGIN_AFTER: &str = "
    INSERT INTO audit_end (which, seq, hash, signature) VALUES ('beginning', $1, $2, $3)
    ON CONFLICT (which) DO UPDATE
    SET seq = excluded.seq, hash = excluded.hash, signature = excluded.signature";

/// Keeps whoever appends at the same time waiting, and tells where the audit ends.
pub(super) async fn lock_head(work: &mut dyn Transaction) -> Result<AuditAnchor, Fault> {
    // Makes the row, or locks it.
    let first = AuditAnchor::FIRST;
    let values = [Value::from(0_i64), Value::from(&first.hash[..])];
    work.execute(LOCK_HEAD, &values).await?;
    let head = read_end(work, "head").await?;
    Ok(head.map_or(first, |signed| signed.anchor))
}

pub(super) async fn move_head(work: &mut dyn Transaction, to: AuditAnchor) -> Result<(), Fault> {
    let values = [Value::from(count(to.seq)?), Value::from(&to.hash[..])];
    work.execute(MOVE_HEAD, &values).await.map(drop)
}

pub(super) async fn insert(work: &mut dyn Transaction, entry: &AuditEntry) -> Result<(), Fault> {
    let payload = entry.payload.as_ref();
    let values = [
        Value::from(count(entry.seq)?),
        Value::from(number_of(entry.day)),
        Value::from(&entry.previous[..]),
        Value::from(&entry.commitment[..]),
        Value::from(&entry.hash[..]),
        Value::Bytes(payload.map(|payload| &payload.salt[..])),
        Value::Bytes(payload.map(|payload| &payload.bytes[..])),
    ];
    work.execute(APPEND, &values).await.map(drop)
}

async fn read_end(
    work: &mut dyn Transaction,
    which: &'static str,
) -> Result<Option<SignedAnchor>, Fault> {
    let Some(mut row) = work.rows(END, &[which.into()]).await?.into_iter().next() else {
        return Ok(None);
    };
    Ok(Some(SignedAnchor {
        anchor: read_anchor(&mut row)?,
        signature: row.optional_bytes()?.unwrap_or_default(),
    }))
}

fn read_anchor(row: &mut Row) -> Result<AuditAnchor, Fault> {
    Ok(AuditAnchor {
        seq: row.count()?,
        hash: row.digest()?,
    })
}

/// Reads an entry. What somebody changed is read all the same, for [`verify`](super::verify) to
/// name it; what has no longer the form of an entry is named at once.
fn read_entry(row: &mut Row) -> Result<AuditEntry, Fault> {
    let seq = row.count()?;
    read_entry_at(seq, row).map_err(|fault| {
        if let Fault::Damaged(why) = fault {
            return Fault::DamagedEntry { seq, why };
        }
        fault
    })
}

fn read_entry_at(seq: u64, row: &mut Row) -> Result<AuditEntry, Fault> {
    let day = date_of(row.integer()?)?;
    let (previous, commitment, hash) = (row.digest()?, row.digest()?, row.digest()?);
    let payload = match (row.optional_bytes()?, row.optional_bytes()?) {
        (Some(salt), Some(bytes)) => Some(AuditPayload {
            salt: salt
                .try_into()
                .map_err(|_| Fault::Damaged("a salt is short"))?,
            bytes,
        }),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => {
            return Err(Fault::Damaged(
                "a payload without its salt, or a salt alone",
            ));
        }
    };
    Ok(AuditEntry {
        seq,
        day,
        previous,
        commitment,
        hash,
        payload,
    })
}
