//! Vouches for where the audit begins once old entries were deleted.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use store::sql::{AuditAnchor, SignedAnchor};

/// What stands before the place that is vouched for, so that the key means nothing else.
const CONTEXT: &[u8] = b"linka audit anchor 1";

/// Bytes of a block of SHA-256.
const BLOCK_BYTES: usize = 64;

/// The key that vouches: HMAC-SHA-256 (RFC 2104) over the place. Whoever has the database alone cannot cut its beginning off.
pub(crate) struct AnchorKey(pub(crate) [u8; 32]);

impl AnchorKey {
    /// Vouches for a place.
    pub(crate) fn sign(&self, anchor: AuditAnchor) -> SignedAnchor {
        let signature = self.mac(&anchor).finalize().into_bytes().to_vec();
        SignedAnchor { anchor, signature }
    }

    /// Tells whether this key vouched for the place.
    pub(crate) fn vouches_for(&self, signed: &SignedAnchor) -> bool {
        let mac = self.mac(&signed.anchor);
        mac.verify_slice(&signed.signature).is_ok()
    }

    fn mac(&self, anchor: &AuditAnchor) -> Hmac<Sha256> {
        // A key shorter than a block is filled with zeros (RFC 2104 §2).
        let mut block = [0; BLOCK_BYTES];
        block[..self.0.len()].copy_from_slice(&self.0);
        Hmac::<Sha256>::new(&block.into())
            .chain_update(CONTEXT)
            .chain_update(anchor.seq.to_be_bytes())
            .chain_update(anchor.hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANCHOR: AuditAnchor = AuditAnchor {
        seq: 7,
        hash: [3; 32],
    };

    #[test]
    fn key_vouches_for_the_place_it_signed_and_no_other() {
        let key = AnchorKey([1; 32]);
        let signed = key.sign(ANCHOR);

        let mut moved = signed.clone();
        moved.anchor.seq = 8;
        let mut rewritten = signed.clone();
        rewritten.anchor.hash[0] ^= 1;

        assert!(key.vouches_for(&signed));
        assert!(!key.vouches_for(&moved) && !key.vouches_for(&rewritten));
        assert!(!AnchorKey([2; 32]).vouches_for(&signed));
    }
}
