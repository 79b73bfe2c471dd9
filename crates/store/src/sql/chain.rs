//! The audit's chain: what is hashed, and how it is checked. Nothing here reads a database.

use std::fmt;

use records::Date;
use sha2::{Digest as _, Sha256};

use super::audit_key::AuditKey;
use super::period::number_of;

/// A SHA-256.
pub type Hash = [u8; 32];

const PAYLOAD: &[u8] = b"linka audit payload 1";

/// A place in the chain: an entry and its hash. Signed and kept elsewhere, it vouches for everything up to that entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditAnchor {
    /// The number of the entry, counted from 1; 0 before the first.
    pub seq: u64,
    /// Its hash; zeros before the first.
    pub hash: Hash,
}

impl AuditAnchor {
    /// Where a chain begins of which nothing was deleted.
    pub const FIRST: Self = Self {
        seq: 0,
        hash: [0; 32],
    };
}

/// Something to be audited.
#[derive(Clone, PartialEq, Eq)]
pub struct AuditPayload {
    /// Chance, fresh for every entry: without it a short payload could be guessed from its commitment.
    pub salt: [u8; 32],
    /// What happened, in a form of the caller's.
    pub bytes: Vec<u8>,
}

// What happened may name people.
impl fmt::Debug for AuditPayload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditPayload").finish_non_exhaustive()
    }
}

impl AuditPayload {
    /// What the chain holds of the payload, and keeps when the payload is erased.
    #[must_use]
    pub fn commitment(&self) -> Hash {
        let hash = Sha256::new_with_prefix(PAYLOAD).chain_update(self.salt);
        hash.chain_update(&self.bytes).finalize().into()
    }
}

/// An entry of the audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its number.
    pub seq: u64,
    /// The day it tells of. Nothing finer: acts on a contact name no minute, and are written when that day is over,
    /// after entries of the next one.
    pub day: Date,
    /// The hash of the entry before.
    pub previous: Hash,
    /// The salted hash of the payload.
    pub commitment: Hash,
    /// The keyed hash of all above.
    pub hash: Hash,
    /// The payload, unless it was erased.
    pub payload: Option<AuditPayload>,
}

impl AuditEntry {
    /// The entry that comes after this place.
    #[must_use]
    pub fn after(last: &AuditAnchor, day: Date, payload: AuditPayload, key: &AuditKey) -> Self {
        let mut entry = Self {
            seq: last.seq + 1,
            day,
            previous: last.hash,
            commitment: payload.commitment(),
            hash: [0; 32],
            payload: Some(payload),
        };
        entry.hash = entry.expected_hash(key);
        entry
    }

    /// Its place in the chain.
    #[must_use]
    pub const fn anchor(&self) -> AuditAnchor {
        AuditAnchor {
            seq: self.seq,
            hash: self.hash,
        }
    }

    fn expected_hash(&self, key: &AuditKey) -> Hash {
        let (seq, day) = (self.seq.to_be_bytes(), number_of(self.day).to_be_bytes());
        key.hash([&seq[..], &day, &self.previous, &self.commitment])
    }
}

/// A chain that is not as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainBroken {
    /// An entry is not there.
    #[error("audit entry {0} is missing")]
    Missing(u64),
    /// An entry is not what was written.
    #[error("audit entry {0} was changed")]
    Changed(u64),
}

/// Checks that entries follow each other from a place of the chain, and tells where they end.
/// Compared with the head that was kept elsewhere, that shows whether the end was cut off.
///
/// # Errors
/// [`ChainBroken`], which names the first entry that is missing or was changed. An entry that was
/// written anew by somebody with the key is noticed by its successor, or by the head.
pub fn verify(
    beginning: &AuditAnchor,
    entries: &[AuditEntry],
    key: &AuditKey,
) -> Result<AuditAnchor, ChainBroken> {
    let mut last = *beginning;
    for entry in entries {
        if entry.seq != last.seq + 1 {
            return Err(ChainBroken::Missing(last.seq + 1));
        }
        let committed = entry.payload.as_ref().map(AuditPayload::commitment);
        let is_itself = entry.hash == entry.expected_hash(key)
            && committed.is_none_or(|commitment| commitment == entry.commitment);
        if !is_itself {
            return Err(ChainBroken::Changed(entry.seq));
        }
        if entry.previous != last.hash {
            // The entry before was written anew, unless it is one that somebody else vouches for.
            let changed = if last == *beginning {
                entry.seq
            } else {
                last.seq
            };
            return Err(ChainBroken::Changed(changed));
        }
        last = entry.anchor();
    }
    Ok(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: AuditKey = AuditKey([9; 32]);

    fn chain(length: u8) -> Vec<AuditEntry> {
        let mut last = AuditAnchor::FIRST;
        let mut entries = Vec::new();
        for number in 0..length {
            let payload = AuditPayload {
                salt: [number; 32],
                bytes: vec![number],
            };
            let day = Date::new(2026, 1, 1 + number).unwrap();
            let entry = AuditEntry::after(&last, day, payload, &KEY);
            last = entry.anchor();
            entries.push(entry);
        }
        entries
    }

    #[test]
    fn whole_chain_ends_at_its_last_entry() {
        let entries = chain(4);

        let end = verify(&AuditAnchor::FIRST, &entries, &KEY);

        assert_eq!(end, Ok(entries[3].anchor()));
    }

    #[test]
    fn erased_payload_breaks_nothing() {
        let mut entries = chain(4);
        entries[1].payload = None;

        let end = verify(&AuditAnchor::FIRST, &entries, &KEY);

        assert_eq!(end, Ok(entries[3].anchor()));
    }

    #[test]
    fn every_change_of_every_entry_names_it() {
        let changes: [fn(&mut AuditEntry); 6] = [
            |entry| entry.day = Date::new(2025, 12, 31).unwrap(),
            |entry| entry.previous[0] ^= 1,
            |entry| entry.commitment[31] ^= 1,
            |entry| entry.hash[0] ^= 1,
            |entry| entry.payload.as_mut().unwrap().bytes.push(0),
            |entry| entry.payload.as_mut().unwrap().salt[0] ^= 1,
        ];
        for changed in 0..4 {
            for change in changes {
                let mut entries = chain(4);
                change(&mut entries[changed]);

                let broken = verify(&AuditAnchor::FIRST, &entries, &KEY);

                let seq = u64::try_from(changed).unwrap() + 1;
                assert_eq!(broken, Err(ChainBroken::Changed(seq)));
            }
        }
    }

    #[test]
    fn entry_written_anew_is_noticed_by_its_successor_or_the_head() {
        for changed in 0..4 {
            let mut entries = chain(4);
            let head = entries[3].anchor();
            entries[changed].day = Date::new(2025, 12, 31).unwrap();
            entries[changed].hash = entries[changed].expected_hash(&KEY);

            let end = verify(&AuditAnchor::FIRST, &entries, &KEY);

            let seq = u64::try_from(changed).unwrap() + 1;
            assert!(end == Err(ChainBroken::Changed(seq)) || changed == 3 && end != Ok(head));
        }
    }

    #[test]
    fn entry_that_is_missing_or_moved_is_named() {
        let mut entries = chain(4);
        entries.remove(1);

        let broken = verify(&AuditAnchor::FIRST, &entries, &KEY);

        assert_eq!(broken, Err(ChainBroken::Missing(2)));
    }

    #[test]
    fn chain_that_was_written_anew_without_the_key_is_named() {
        let stranger = AuditKey([0; 32]);
        let mut last = AuditAnchor::FIRST;
        let mut anew = Vec::new();
        for entry in chain(4) {
            let payload = entry.payload.unwrap();
            let entry = AuditEntry::after(&last, entry.day, payload, &stranger);
            last = entry.anchor();
            anew.push(entry);
        }

        let broken = verify(&AuditAnchor::FIRST, &anew, &KEY);

        assert_eq!(broken, Err(ChainBroken::Changed(1)));
    }
}
