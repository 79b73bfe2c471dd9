//! The key of the audit: without it nobody writes an entry, or cuts the beginning off.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::acts::AuditDay;
use super::audit::SignedAnchor;
use super::chain::{AuditAnchor, Hash};
use super::period::number_of;
use crate::seal::{CHANCE_BYTES, Place, Seal};

/// What stands before what is vouched for, so that neither means the other.
const ENTRY: &[u8] = b"linka audit entry 2";
const DAY: &[u8] = b"linka audit day 1";
const ANCHOR: &[u8] = b"linka audit anchor 1";
const UNWRITTEN: &[u8] = b"linka audit unwritten 1";
/// What is sealed of the audit.
const UNWRITTEN_PLACE: Place<'static> = Place {
    table: "audit unwritten",
    row: b"",
    format: 1,
};

/// Bytes of a block of SHA-256.
const BLOCK_BYTES: usize = 64;

/// HMAC-SHA-256 (RFC 2104) over entries and places. Whoever has the database alone can neither
/// write the audit anew nor cut its beginning off.
#[derive(Clone)]
pub struct AuditKey(pub [u8; 32]);

impl fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuditKey(..)")
    }
}

impl AuditKey {
    /// Vouches for a place.
    #[must_use]
    pub fn sign(&self, anchor: AuditAnchor) -> SignedAnchor {
        let signature = self.of_anchor(&anchor).finalize().into_bytes().to_vec();
        SignedAnchor { anchor, signature }
    }

    /// Tells whether this key vouched for the place.
    #[must_use]
    pub fn vouches_for(&self, signed: &SignedAnchor) -> bool {
        let mac = self.of_anchor(&signed.anchor);
        mac.verify_slice(&signed.signature).is_ok()
    }

    /// Seals what is not in the audit yet, for a file; `chance` has to be fresh.
    #[must_use]
    pub fn seal(&self, chance: [u8; CHANCE_BYTES], unwritten: &[u8]) -> Option<Vec<u8>> {
        let write = |sealed: &mut Vec<u8>| sealed.extend_from_slice(unwritten);
        self.sealing(chance).seal(UNWRITTEN_PLACE, write)
    }

    /// Opens what [`Self::seal`] sealed; nothing when this key did not.
    #[must_use]
    pub fn unseal(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let any_chance = [0; CHANCE_BYTES];
        self.sealing(any_chance).open(UNWRITTEN_PLACE, sealed)
    }

    /// Keys are made for one use each.
    fn sealing(&self, chance: [u8; CHANCE_BYTES]) -> Seal {
        let key = self.mac(UNWRITTEN).finalize().into_bytes();
        Seal::new(&key.into(), chance)
    }

    /// The hash of an entry, from its parts.
    pub(super) fn hash<'a>(&self, parts: impl IntoIterator<Item = &'a [u8]>) -> Hash {
        let mac = parts
            .into_iter()
            .fold(self.mac(ENTRY), |mac, part| mac.chain_update(part));
        mac.finalize().into_bytes().into()
    }

    /// The hash of a day's entries, whatever their salts are.
    pub(super) fn of_day(&self, day: &AuditDay) -> Hash {
        let mac = self.mac(DAY).chain_update(number_of(day.day).to_be_bytes());
        let mac = day.entries.iter().fold(mac, |mac, entry| {
            let length = entry.bytes.len() as u64;
            mac.chain_update(length.to_be_bytes())
                .chain_update(&entry.bytes)
        });
        mac.finalize().into_bytes().into()
    }

    fn of_anchor(&self, anchor: &AuditAnchor) -> Hmac<Sha256> {
        self.mac(ANCHOR)
            .chain_update(anchor.seq.to_be_bytes())
            .chain_update(anchor.hash)
    }

    fn mac(&self, context: &[u8]) -> Hmac<Sha256> {
        // A key shorter than a block is filled with zeros (RFC 2104 §2).
        let mut block = [0; BLOCK_BYTES];
        block[..self.0.len()].copy_from_slice(&self.0);
        Hmac::<Sha256>::new(&block.into()).chain_update(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: AuditAnchor = AuditAnchor {
        seq: 7,
        hash: [3; 32],
    };

    #[test]
    fn key_vouches_for_the_place_it_signed_and_no_other() {
        let key = AuditKey([1; 32]);
        let signed = key.sign(PLACE);

        let mut moved = signed.clone();
        moved.anchor.seq = 8;
        let mut rewritten = signed.clone();
        rewritten.anchor.hash[0] ^= 1;

        assert!(key.vouches_for(&signed));
        assert!(!key.vouches_for(&moved) && !key.vouches_for(&rewritten));
        assert!(!AuditKey([2; 32]).vouches_for(&signed));
    }

    #[test]
    fn what_was_sealed_opens_with_the_key_that_sealed_it_and_no_other() {
        let key = AuditKey([1; 32]);

        let sealed = key.seal([7; CHANCE_BYTES], b"an act").unwrap();

        assert!(!sealed.windows(6).any(|window| window == b"an act"));
        assert_eq!(key.unseal(&sealed).as_deref(), Some(&b"an act"[..]));
        assert_eq!(AuditKey([2; 32]).unseal(&sealed), None);
        assert_eq!(key.unseal(&sealed[1..]), None);
    }
}
