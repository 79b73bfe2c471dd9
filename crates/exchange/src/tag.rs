//! Local tags that name a leg to us alone.

use dispatch::{LegId, NodeId};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The bytes of a leg's id in a tag.
const ID_BYTES: usize = 10;
/// The same in the tags of releases before format 8 of the journal, which named no node.
const ID_BYTES_BEFORE: usize = 8;
const MAC_BYTES: usize = 8;

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

    /// The tag of a leg: 36 hexadecimal digits.
    pub(crate) fn seal(&self, leg: LegId) -> String {
        let plain = bytes_of(leg);
        let mac = self.eight_bytes(b'm', &plain);
        let hidden = plain.iter().zip(self.stream(mac));
        let sealed = mac
            .into_iter()
            .chain(hidden.map(|(byte, mask)| byte ^ mask));
        let mut tag = String::with_capacity(2 * (MAC_BYTES + ID_BYTES));
        for byte in sealed {
            tag.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
            tag.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
        }
        tag
    }

    /// A number of a leg that tells nothing to anybody else.
    pub(crate) fn number(&self, leg: LegId) -> u64 {
        u64::from_be_bytes(self.eight_bytes(b'n', &bytes_of(leg)))
    }

    /// The leg that a tag names, if we made that tag.
    pub(crate) fn open(&self, tag: &[u8]) -> Option<LegId> {
        let sealed = unhex(tag)?;
        let (mac, hidden) = sealed.split_first_chunk::<MAC_BYTES>()?;
        let plain = hidden.iter().zip(self.stream(*mac));
        let plain: Vec<u8> = plain.map(|(byte, mask)| byte ^ mask).collect();
        if self.eight_bytes(b'm', &plain) != *mac {
            return None;
        }
        let (rest, n) = plain.split_last_chunk()?;
        let (node, start) = rest.split_last_chunk()?;
        let node = node.first_chunk().copied().unwrap_or_default();
        Some(LegId {
            node: NodeId(u16::from_be_bytes(node)),
            start: u32::from_be_bytes(*start),
            n: u32::from_be_bytes(*n),
        })
    }

    /// What hides the id behind this MAC.
    fn stream(&self, mac: [u8; MAC_BYTES]) -> impl Iterator<Item = u8> {
        let (first, rest) = (self.eight_bytes(b's', &mac), self.eight_bytes(b't', &mac));
        first.into_iter().chain(rest)
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

fn bytes_of(leg: LegId) -> [u8; ID_BYTES] {
    let LegId { node, start, n } = leg;
    let mut bytes = [0; ID_BYTES];
    bytes[..2].copy_from_slice(&node.0.to_be_bytes());
    bytes[2..6].copy_from_slice(&start.to_be_bytes());
    bytes[6..].copy_from_slice(&n.to_be_bytes());
    bytes
}

/// The bytes of what may be a tag of ours.
fn unhex(text: &[u8]) -> Option<Vec<u8>> {
    if ![ID_BYTES, ID_BYTES_BEFORE].contains(&(text.len() / 2).checked_sub(MAC_BYTES)?) {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pairs = text.chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(digit(*high)? << 4 | digit(*low)?).ok(),
        _ => None,
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_tag_names_its_leg(node: u16, start: u32, n: u32, key: [u8; 32]) {
            let seal = TagSeal::new(key);
            let node = NodeId(node);
            let leg = LegId { node, start, n };

            prop_assert_eq!(seal.open(seal.seal(leg).as_bytes()), Some(leg));
        }

        #[test]
        fn a_foreign_tag_names_nothing(tag in "[0-9a-f]{0,40}") {
            prop_assert_eq!(TagSeal::new([7; 32]).open(tag.as_bytes()), None);
        }
    }

    /// A tag as releases made it whose legs named no node: start 3, leg 7, this key.
    #[test]
    fn a_tag_of_an_earlier_release_names_its_leg() {
        let earlier = "7a0d6204b4193c35b769daced584bc53";

        let leg = TagSeal::new([7; 32]).open(earlier.as_bytes());

        let (node, start, n) = (NodeId::ONLY, 3, 7);
        assert_eq!(leg, Some(LegId { node, start, n }));
    }
}
