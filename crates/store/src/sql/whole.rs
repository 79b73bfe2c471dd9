//! The whole audit, read from its beginning and checked.

use super::audit_key::AuditKey;
use super::chain::{AuditAnchor, AuditEntry, ChainBroken, verify};
use super::{AUDIT_ENTRIES_READ_MAX, AuditBeginning, AuditStore, Fault, StoreError};

/// An audit that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WholeAudit {
    /// Where it begins.
    pub beginning: AuditBeginning,
    /// Where it ends. Kept elsewhere, it shows later whether the end was cut off.
    pub end: AuditAnchor,
    /// How many of its payloads were erased.
    pub erased: u64,
}

/// An audit that could not be checked, or is not as it was written.
#[derive(Debug, thiserror::Error)]
pub enum AuditFault {
    /// The database failed.
    #[error("the audit could not be read")]
    Store(#[source] StoreError),
    /// Somebody changed it.
    #[error(transparent)]
    Broken(#[from] ChainBroken),
}

impl From<StoreError> for AuditFault {
    fn from(error: StoreError) -> Self {
        if let Fault::DamagedEntry { seq, .. } = error.fault() {
            return ChainBroken::Changed(*seq).into();
        }
        Self::Store(error)
    }
}

/// Reads the audit from its beginning to its end and checks every entry.
///
/// # Errors
/// [`AuditFault`], which names the first entry that is missing or was changed.
pub async fn verify_audit(
    store: &(impl AuditStore + ?Sized),
    key: &AuditKey,
) -> Result<WholeAudit, AuditFault> {
    loop {
        let beginning = store.audit_beginning().await?;
        let checked = verify_from(store, &beginning, key).await;
        // Old entries may be deleted while it is read: then it is read anew.
        if checked.is_ok() || store.audit_beginning().await? == beginning {
            let (end, erased) = checked?;
            return Ok(WholeAudit {
                beginning,
                end,
                erased,
            });
        }
    }
}

async fn verify_from(
    store: &(impl AuditStore + ?Sized),
    beginning: &AuditBeginning,
    key: &AuditKey,
) -> Result<(AuditAnchor, u64), AuditFault> {
    let head = store.audit_head().await?;
    let mut before = beginning.anchor();
    let mut erased = 0;
    // The last entry of a page is checked again with the next one: its successor may show that it was written anew.
    let mut carried: Option<AuditEntry> = None;
    loop {
        let from = carried.as_ref().map_or(before.seq, |entry| entry.seq) + 1;
        let to = from.saturating_add(AUDIT_ENTRIES_READ_MAX);
        let read = store.audit_chain(from..to.min(head.seq + 1)).await?;
        erased += read.iter().filter(|entry| entry.payload.is_none()).count() as u64;
        let is_last = read.is_empty();
        let entries: Vec<AuditEntry> = carried.take().into_iter().chain(read).collect();
        let end = verify(&before, &entries, key)?;
        if is_last {
            return ends_at(end, head).map(|()| (end, erased));
        }
        let last_but_one = entries.iter().rev().nth(1);
        before = last_but_one.map_or(before, AuditEntry::anchor);
        carried = entries.into_iter().next_back();
    }
}

/// Checks that the chain ends where it was written to.
fn ends_at(end: AuditAnchor, head: AuditAnchor) -> Result<(), AuditFault> {
    if end.seq < head.seq {
        return Err(ChainBroken::Missing(end.seq + 1).into());
    }
    if end != head {
        return Err(ChainBroken::Changed(end.seq).into());
    }
    Ok(())
}
