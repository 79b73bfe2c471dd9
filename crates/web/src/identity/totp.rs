//! One-time passwords by time (RFC 6238): HMAC-SHA-1, 30 s, 6 digits, as every authenticator app makes them.

use std::fmt;

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use store::sql::{AccountId, SealedTotp, TotpStep, UnixSeconds};
use subtle::ConstantTimeEq as _;

/// Bytes of a secret (RFC 4226 §4 recommends 160 bits).
const SECRET_BYTES: usize = 20;
/// Bytes of the key that seals secrets.
pub const KEY_BYTES: usize = 32;
/// Bytes of fresh chance that sealing a secret takes.
pub(crate) const NONCE_BYTES: usize = 24;
/// Seconds of a step.
const STEP_SECONDS: u64 = 30;
const DIGITS: usize = 6;
/// Bytes of a block of SHA-1.
const BLOCK_BYTES: usize = 64;
/// How many steps a clock may be off, either way (RFC 6238 §5.2).
const STEPS_OFF_MAX: u64 = 1;

/// What the server and a telephone share.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret([u8; SECRET_BYTES]);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Secret {
    /// A secret of fresh chance.
    pub(crate) const fn new(chance: [u8; SECRET_BYTES]) -> Self {
        Self(chance)
    }

    /// Its text in base 32 (RFC 4648 §6), for the one who types it into a telephone.
    pub(crate) fn reveal(&self) -> String {
        base32(&self.0)
    }

    /// The address that a telephone reads from a picture.
    pub(crate) fn reveal_address(&self, login: &str) -> String {
        let login = percent_encoded(login);
        let secret = self.reveal();
        format!(
            "otpauth://totp/Linka:{login}?secret={secret}&issuer=Linka&algorithm=SHA1&digits=6&period=30"
        )
    }

    /// The step whose code this is, of those that are near a moment.
    pub(crate) fn step_of(&self, code: &str, now: UnixSeconds) -> Option<TotpStep> {
        let now = u64::try_from(now.0).ok()? / STEP_SECONDS;
        let near = now.saturating_sub(STEPS_OFF_MAX)..=now.saturating_add(STEPS_OFF_MAX);
        // All are compared, so that time does not tell which one it was.
        near.map(TotpStep).fold(None, |found, step| {
            let is_its = self.code(step).as_bytes().ct_eq(code.as_bytes());
            if is_its.into() { Some(step) } else { found }
        })
    }

    /// The code of a step (RFC 4226 §5.3).
    pub(crate) fn code(&self, step: TotpStep) -> String {
        // HMAC fills a short key up with zeros (RFC 2104 §2).
        let mut key = [0; BLOCK_BYTES];
        key[..SECRET_BYTES].copy_from_slice(&self.0);
        let mut mac = Hmac::<Sha1>::new(&key.into());
        mac.update(&step.0.to_be_bytes());
        let digest = mac.finalize().into_bytes();
        let offset = usize::from(digest[19] & 0xf);
        let mut bytes = [0; 4];
        bytes.copy_from_slice(&digest[offset..offset + 4]);
        let number = (u32::from_be_bytes(bytes) & 0x7fff_ffff) % 10_u32.pow(DIGITS as u32);
        format!("{number:0DIGITS$}")
    }
}

/// Seals secrets for the database, each bound to its account, so that it opens for no other.
pub(crate) struct Seal(XChaCha20Poly1305);

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal(..)")
    }
}

impl Seal {
    pub(crate) fn new(key: &[u8; KEY_BYTES]) -> Self {
        Self(XChaCha20Poly1305::new(key.into()))
    }

    /// Seals a secret. The nonce stands before it.
    pub(crate) fn seal(
        &self,
        account: AccountId,
        secret: &Secret,
        nonce: [u8; NONCE_BYTES],
    ) -> Option<SealedTotp> {
        let aad = place(account);
        let payload = Payload {
            msg: &secret.0,
            aad: &aad,
        };
        let sealed = self.0.encrypt(&XNonce::from(nonce), payload).ok()?;
        Some(SealedTotp([&nonce[..], &sealed].concat()))
    }

    /// Opens a secret; nothing when it was sealed for another account or under another key.
    pub(crate) fn open(&self, account: AccountId, sealed: &SealedTotp) -> Option<Secret> {
        let (nonce, sealed) = sealed.0.split_first_chunk::<NONCE_BYTES>()?;
        let aad = place(account);
        let payload = Payload {
            msg: sealed,
            aad: &aad,
        };
        let secret = self.0.decrypt(&XNonce::from(*nonce), payload).ok()?;
        secret.try_into().ok().map(Secret)
    }
}

fn place(account: AccountId) -> Vec<u8> {
    [&b"account.totp\0"[..], &account.0.to_be_bytes()].concat()
}

/// Base 32 without padding. The length is a multiple of five bytes, as a secret's is.
fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = String::new();
    for group in bytes.chunks(5) {
        let bits = group
            .iter()
            .fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        for place in (0..8).rev() {
            text.push(char::from(ALPHABET[(bits >> (place * 5) & 31) as usize]));
        }
    }
    text
}

/// Everything that is not unreserved, as `%` and two digits (RFC 3986 §2.1).
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    const RFC: Secret = Secret(*b"12345678901234567890");
    const ACCOUNT: AccountId = AccountId(7);

    #[test]
    fn codes_are_those_of_the_rfc() {
        // RFC 6238 appendix B, the last six of its eight digits.
        let vectors = [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ];

        for (at, code) in vectors {
            let step = TotpStep(at / STEP_SECONDS);
            assert_eq!(RFC.code(step), code);
            let now = UnixSeconds(at as i64);
            assert_eq!(RFC.step_of(code, now), Some(step));
        }
    }

    #[test]
    fn code_counts_one_step_early_and_one_late() {
        let now = UnixSeconds(1_000 * 30 + 15);

        let counts: Vec<u64> = (995..=1_005)
            .filter(|step| {
                let step = TotpStep(*step);
                RFC.step_of(&RFC.code(step), now) == Some(step)
            })
            .collect();

        assert_eq!(counts, [999, 1_000, 1_001]);
    }

    #[test]
    fn what_is_no_code_does_not_count() {
        let now = UnixSeconds(59);

        for wrong in ["", "28708", "2870820", "28708２", "abcdef", " 287082"] {
            assert_eq!(RFC.step_of(wrong, now), None, "{wrong}");
        }
        assert_eq!(RFC.step_of("287082", UnixSeconds(-1)), None);
    }

    #[test]
    fn secret_is_told_as_telephones_read_it() {
        assert_eq!(RFC.reveal(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(
            RFC.reveal_address("žofie k"),
            "otpauth://totp/Linka:%C5%BEofie%20k?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=Linka&algorithm=SHA1&digits=6&period=30"
        );
        assert!(!format!("{RFC:?}").contains("GEZ"));
    }

    #[test]
    fn sealed_secret_opens_for_its_account_and_key_alone() {
        let seal = Seal::new(&[1; KEY_BYTES]);

        let sealed = seal.seal(ACCOUNT, &RFC, [2; NONCE_BYTES]).unwrap();

        assert_eq!(seal.open(ACCOUNT, &sealed), Some(RFC));
        assert_eq!(seal.open(AccountId(8), &sealed), None);
        assert_eq!(Seal::new(&[9; KEY_BYTES]).open(ACCOUNT, &sealed), None);
        let cut = SealedTotp(sealed.0[..30].to_vec());
        assert_eq!(seal.open(ACCOUNT, &cut), None);
    }
}
