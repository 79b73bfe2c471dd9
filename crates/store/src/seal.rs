use chacha20poly1305::aead::{Aead, AeadInOut, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use sha2::{Digest as _, Sha256};

/// Bytes of the key that seals what is on disk.
pub const KEY_BYTES: usize = 32;
/// Bytes of fresh chance that opening the file takes.
pub const CHANCE_BYTES: usize = 16;
const NONCE_BYTES: usize = 24;
/// Bytes of what stands for a name in the clear.
pub(crate) const NAME_BYTES: usize = 16;
/// What is padded begins with its length.
const LENGTH_BYTES: usize = 8;

/// Seals bytes by XChaCha20-Poly1305. What is sealed is bound to the place it is for, so that it cannot be moved.
///
/// A nonce stands before the ciphertext. It is a hash of the key, of the chance given at the start and
/// of a number that counts up: no two are the same, and none tells how much was sealed before it.
pub(crate) struct Seal {
    cipher: XChaCha20Poly1305,
    /// What nonces and names are hashed with.
    hash: Sha256,
    chance: [u8; CHANCE_BYTES],
    sealed: u64,
}

/// What is sealed, and for which place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    /// Which table.
    pub(crate) table: &'static str,
    /// Which row of it.
    pub(crate) row: &'a [u8],
    /// The format of what is sealed.
    pub(crate) format: u32,
}

impl Place<'_> {
    fn bytes(&self) -> Vec<u8> {
        [
            self.table.as_bytes(),
            b"\0",
            &self.format.to_be_bytes(),
            self.row,
        ]
        .concat()
    }
}

impl Seal {
    pub(crate) fn new(key: &[u8; KEY_BYTES], chance: [u8; CHANCE_BYTES]) -> Self {
        Self {
            cipher: XChaCha20Poly1305::new(key.into()),
            hash: Sha256::new()
                .chain_update(b"linka live.db")
                .chain_update(key),
            chance,
            sealed: 0,
        }
    }

    /// Seals what `write` adds, for a place. Nothing comes back for more than the cipher takes, which is 256 GB.
    pub(crate) fn seal(
        &mut self,
        place: Place<'_>,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Option<Vec<u8>> {
        let nonce = self.nonce();
        self.sealed += 1;
        // A snapshot may be large: it is sealed where it lies.
        let mut sealed = nonce.to_vec();
        write(&mut sealed);
        let (_, clear) = sealed.split_at_mut(NONCE_BYTES);
        let tag = self
            .cipher
            .encrypt_inout_detached(&XNonce::from(nonce), &place.bytes(), clear.into())
            .ok()?;
        sealed.extend_from_slice(&tag);
        Some(sealed)
    }

    fn nonce(&self) -> [u8; NONCE_BYTES] {
        let hash = self.hash.clone().chain_update(b"nonce");
        let hash = hash.chain_update(self.chance);
        first(hash.chain_update(self.sealed.to_be_bytes()))
    }

    /// What stands for a name in the clear: the same for the same name, and nothing without the key.
    pub(crate) fn name(&self, name: &str) -> [u8; NAME_BYTES] {
        first(self.hash.clone().chain_update(b"name").chain_update(name))
    }

    /// Seals what `write` adds so that its length tells nothing: `padded` says how many bytes are sealed where so many are needed.
    pub(crate) fn seal_padded(
        &mut self,
        place: Place<'_>,
        padded: impl FnOnce(usize) -> usize,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Option<Vec<u8>> {
        self.seal(place, |out| {
            let begin = out.len();
            out.extend([0; LENGTH_BYTES]);
            write(out);
            let needed = out.len() - begin;
            let length = (needed - LENGTH_BYTES) as u64;
            out[begin..begin + LENGTH_BYTES].copy_from_slice(&length.to_be_bytes());
            out.resize(begin + padded(needed).max(needed), 0);
        })
    }

    /// Opens what was sealed padded for a place.
    pub(crate) fn open_padded(&self, place: Place<'_>, sealed: &[u8]) -> Option<Vec<u8>> {
        let mut bytes = self.open(place, sealed)?;
        let length = u64::from_be_bytes(*bytes.first_chunk::<LENGTH_BYTES>()?);
        let end = LENGTH_BYTES.checked_add(usize::try_from(length).ok()?)?;
        if end > bytes.len() {
            return None;
        }
        bytes.truncate(end);
        bytes.drain(..LENGTH_BYTES);
        Some(bytes)
    }

    /// Opens what was sealed for a place; nothing when it was not, or was sealed under another key.
    pub(crate) fn open(&self, place: Place<'_>, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let aad = place.bytes();
        let payload = Payload {
            msg: sealed,
            aad: &aad,
        };
        self.cipher.decrypt(&XNonce::from(*nonce), payload).ok()
    }
}

/// The first bytes of a hash.
fn first<const BYTES: usize>(hash: Sha256) -> [u8; BYTES] {
    let mut first = [0; BYTES];
    first.copy_from_slice(&hash.finalize()[..BYTES]);
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'static> = Place {
        table: "entry",
        row: b"7",
        format: 1,
    };

    fn a_fact(out: &mut Vec<u8>) {
        out.extend_from_slice(b"a fact");
    }

    fn seal() -> Seal {
        Seal::new(&[1; KEY_BYTES], [2; CHANCE_BYTES])
    }

    #[test]
    fn sealed_bytes_open_at_their_place_only() {
        let mut seal = seal();

        let sealed = seal.seal(PLACE, a_fact).unwrap();

        assert_eq!(seal.open(PLACE, &sealed).unwrap(), b"a fact");
        assert_eq!(seal.open(Place { row: b"8", ..PLACE }, &sealed), None);
        assert_eq!(
            seal.open(
                Place {
                    table: "snapshot",
                    ..PLACE
                },
                &sealed
            ),
            None
        );
        assert_eq!(seal.open(Place { format: 2, ..PLACE }, &sealed), None);
    }

    #[test]
    fn what_is_padded_has_the_length_of_its_step() {
        let mut seal = seal();
        let steps = |needed: usize| needed.next_multiple_of(64);
        let mut sealed = |bytes: usize| {
            let sealed = seal.seal_padded(PLACE, steps, |out| out.extend(vec![7; bytes]));
            let sealed = sealed.unwrap();
            assert_eq!(seal.open_padded(PLACE, &sealed), Some(vec![7; bytes]));
            sealed.len()
        };

        let lengths = [0, 1, 56, 57].map(&mut sealed);

        assert_eq!(lengths[..3], [lengths[0]; 3]);
        assert_eq!(lengths[3], lengths[0] + 64);
    }

    #[test]
    fn padded_bytes_that_lie_about_their_length_do_not_open() {
        let mut seal = seal();
        let sealed = seal.seal(PLACE, |out| out.extend(u64::MAX.to_be_bytes()));
        let short = seal.seal(PLACE, |out| out.push(0));

        assert_eq!(seal.open_padded(PLACE, &sealed.unwrap()), None);
        assert_eq!(seal.open_padded(PLACE, &short.unwrap()), None);
    }

    #[test]
    fn another_key_opens_nothing() {
        let sealed = seal().seal(PLACE, a_fact).unwrap();

        let other = Seal::new(&[9; KEY_BYTES], [2; CHANCE_BYTES]);

        assert_eq!(other.open(PLACE, &sealed), None);
    }

    #[test]
    fn no_nonce_is_used_twice() {
        let mut seal = seal();

        let first = seal.seal(PLACE, a_fact).unwrap();
        let second = seal.seal(PLACE, a_fact).unwrap();

        assert_ne!(first[..NONCE_BYTES], second[..NONCE_BYTES]);
    }

    /// How many bits of two nonces differ: about half of them, however far apart they are.
    #[test]
    fn nonce_tells_nothing_of_those_before_it() {
        let mut seal = seal();
        let mut nonce = || seal.seal(PLACE, a_fact).unwrap()[..NONCE_BYTES].to_vec();

        let nonces: Vec<_> = (0..130).map(|_| nonce()).collect();

        for (at, nonce) in nonces.iter().enumerate() {
            for later in &nonces[at + 1..] {
                let differ = nonce.iter().zip(later);
                let differ: u32 = differ.map(|(one, other)| (one ^ other).count_ones()).sum();
                assert!((48..=144).contains(&differ), "{differ} of 192 bits");
            }
        }
    }

    #[test]
    fn name_stands_for_itself_under_its_key_alone() {
        let other = Seal::new(&[9; KEY_BYTES], [2; CHANCE_BYTES]);
        let again = Seal::new(&[1; KEY_BYTES], [3; CHANCE_BYTES]);

        assert_eq!(seal().name("jana"), again.name("jana"));
        assert_ne!(seal().name("jana"), seal().name("petra"));
        assert_ne!(seal().name("jana"), other.name("jana"));
    }

    #[test]
    fn cut_or_changed_bytes_do_not_open() {
        let mut seal = seal();
        let mut sealed = seal.seal(PLACE, a_fact).unwrap();
        let cut = &sealed[..NONCE_BYTES - 1];
        assert_eq!(seal.open(PLACE, cut), None);

        *sealed.last_mut().unwrap() ^= 1;

        assert_eq!(seal.open(PLACE, &sealed), None);
    }
}
