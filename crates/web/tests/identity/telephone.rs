//! A telephone that shows codes, written from RFC 6238 and not from our own code.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

pub(crate) struct Telephone(Vec<u8>);

impl Telephone {
    /// Takes a secret in base 32.
    pub(crate) fn new(secret: &str) -> Self {
        let bits: String = secret
            .bytes()
            .map(|letter| match letter {
                b'A'..=b'Z' => letter - b'A',
                _ => letter - b'2' + 26,
            })
            .map(|value| format!("{value:05b}"))
            .collect();
        let bytes = bits.as_bytes().chunks_exact(8);
        let bytes = bytes.map(|byte| {
            let byte = std::str::from_utf8(byte).unwrap();
            u8::from_str_radix(byte, 2).unwrap()
        });
        Self(bytes.collect())
    }

    /// The code that it shows at a moment, in seconds since the Unix epoch.
    pub(crate) fn code(&self, at: i64) -> String {
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.0).unwrap();
        mac.update(&(at / 30).to_be_bytes());
        let digest = mac.finalize().into_bytes();
        let offset = usize::from(digest[19] & 15);
        let four = &digest[offset..offset + 4];
        let number = u32::from_be_bytes(four.try_into().unwrap()) & i32::MAX as u32;
        format!("{:06}", number % 1_000_000)
    }

    /// The bytes of its secret.
    pub(crate) fn secret(&self) -> &[u8] {
        &self.0
    }
}
