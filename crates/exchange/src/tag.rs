//! Local tags that name a leg to us alone.

use dispatch::LegId;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const SEALED_BYTES: usize = 16;

/// Seals leg ids into SIP tags, so that a late BYE still names its contact after a restart, and reads them back.
///
/// The seal is deterministic: a 64-bit MAC of the id, then the id under a key stream made from that MAC.
pub(crate) struct TagSeal {
    key: [u8; 32],
}

impl TagSeal {
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// The tag of a leg: 32 hexadecimal digits.
    pub(crate) fn seal(&self, leg: LegId) -> String {
        let mut plain = [0; 8];
        plain[..4].copy_from_slice(&leg.start.to_be_bytes());
        plain[4..].copy_from_slice(&leg.n.to_be_bytes());
        let mac = self.eight_bytes(b'm', &plain);
        let stream = self.eight_bytes(b's', &mac);
        let mut tag = String::with_capacity(2 * SEALED_BYTES);
        for byte in mac
            .into_iter()
            .chain(plain.iter().zip(stream).map(|(byte, mask)| byte ^ mask))
        {
            tag.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
            tag.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
        }
        tag
    }

    /// A number of a leg that tells nothing to anybody else.
    pub(crate) fn number(&self, leg: LegId) -> u64 {
        let mut plain = [0; 8];
        plain[..4].copy_from_slice(&leg.start.to_be_bytes());
        plain[4..].copy_from_slice(&leg.n.to_be_bytes());
        u64::from_be_bytes(self.eight_bytes(b'n', &plain))
    }

    /// The leg that a tag names, if we made that tag.
    pub(crate) fn open(&self, tag: &[u8]) -> Option<LegId> {
        let sealed = unhex(tag)?;
        let (mac, hidden) = sealed.split_at(8);
        let mac: [u8; 8] = mac.try_into().ok()?;
        let stream = self.eight_bytes(b's', &mac);
        let mut plain = [0; 8];
        for ((plain, hidden), mask) in plain.iter_mut().zip(hidden).zip(stream) {
            *plain = hidden ^ mask;
        }
        (self.eight_bytes(b'm', &plain) == mac).then(|| LegId {
            start: u32::from_be_bytes([plain[0], plain[1], plain[2], plain[3]]),
            n: u32::from_be_bytes([plain[4], plain[5], plain[6], plain[7]]),
        })
    }

    fn eight_bytes(&self, purpose: u8, input: &[u8]) -> [u8; 8] {
        let mut bytes = [0; 8];
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) {
            mac.update(&[purpose]);
            mac.update(input);
            bytes.copy_from_slice(&mac.finalize().into_bytes()[..8]);
        }
        bytes
    }
}

fn unhex(text: &[u8]) -> Option<[u8; SEALED_BYTES]> {
    if text.len() != 2 * SEALED_BYTES {
        return None;
    }
    let mut bytes = [0; SEALED_BYTES];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        let high = char::from(pair[0]).to_digit(16)?;
        let low = char::from(pair[1]).to_digit(16)?;
        *byte = u8::try_from(high << 4 | low).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_tag_names_its_leg(start: u32, n: u32, key: [u8; 32]) {
            let seal = TagSeal::new(key);
            let leg = LegId { start, n };

            prop_assert_eq!(seal.open(seal.seal(leg).as_bytes()), Some(leg));
        }

        #[test]
        fn a_foreign_tag_names_nothing(tag in "[0-9a-f]{32}") {
            prop_assert_eq!(TagSeal::new([7; 32]).open(tag.as_bytes()), None);
        }
    }
}
