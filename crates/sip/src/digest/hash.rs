//! The hashes of digest authentication (RFC 7616 §3.4).

use md5::Md5;
use sha2::{Digest, Sha256};
use std::fmt;

/// A hash algorithm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// MD5, which is also meant when nothing is said.
    #[default]
    Md5,
    /// SHA-256 (RFC 8760).
    Sha256,
}

impl Algorithm {
    /// Reads the token of the parameter `algorithm`; none for `-sess` and for hashes that are not spoken here.
    pub fn parse(token: &[u8]) -> Option<Self> {
        [Self::Md5, Self::Sha256]
            .into_iter()
            .find(|known| token.eq_ignore_ascii_case(known.token().as_bytes()))
    }

    /// The token on the wire.
    pub const fn token(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
        }
    }

    /// Hashes parts joined by colons and gives lower-case hexadecimal digits.
    pub(super) fn hash(self, parts: &[&[u8]]) -> Hex {
        match self {
            Self::Md5 => Hex::of(&join::<Md5>(parts)),
            Self::Sha256 => Hex::of(&join::<Sha256>(parts)),
        }
    }
}

fn join<D: Digest>(parts: &[&[u8]]) -> Vec<u8> {
    let mut hash = D::new();
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            hash.update(b":");
        }
        hash.update(part);
    }
    hash.finalize().to_vec()
}

/// Lower-case hexadecimal digits of a hash.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Hex(String);

impl Hex {
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    pub(super) const fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    pub(super) const fn text(&self) -> &str {
        self.0.as_str()
    }

    /// Reads the digits of a hash of so many bytes.
    fn parse(text: &str, bytes: usize) -> Option<Self> {
        let sound = text.len() == bytes * 2 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
        sound.then(|| Self(text.to_ascii_lowercase()))
    }
}

/// What is stored of a password: H(user:realm:password) by both algorithms, as hexadecimal digits.
#[derive(Clone, PartialEq, Eq)]
pub struct Ha1 {
    md5: Hex,
    sha256: Hex,
}

impl Ha1 {
    /// Computes both hashes of a password.
    pub fn new(user: &[u8], realm: &[u8], password: &[u8]) -> Self {
        let parts = [user, realm, password];
        Self {
            md5: Algorithm::Md5.hash(&parts),
            sha256: Algorithm::Sha256.hash(&parts),
        }
    }

    /// Reads stored hashes; none when one has the wrong length or other than hexadecimal digits.
    pub fn from_hex(md5: &str, sha256: &str) -> Option<Self> {
        Some(Self {
            md5: Hex::parse(md5, 16)?,
            sha256: Hex::parse(sha256, 32)?,
        })
    }

    /// The stored digits of one algorithm.
    pub const fn hex(&self, algorithm: Algorithm) -> &str {
        match algorithm {
            Algorithm::Md5 => self.md5.text(),
            Algorithm::Sha256 => self.sha256.text(),
        }
    }
}

impl fmt::Debug for Ha1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ha1(..)")
    }
}

/// What a response is computed over.
pub(super) struct Work<'a> {
    pub(super) algorithm: Algorithm,
    pub(super) ha1: &'a str,
    pub(super) method: &'a [u8],
    pub(super) uri: &'a [u8],
    pub(super) nonce: &'a [u8],
    /// `nc` and `cnonce` with `qop=auth`; none in the way of RFC 2069.
    pub(super) count: Option<(&'a [u8], &'a [u8])>,
}

impl Work<'_> {
    pub(super) fn response(&self) -> Hex {
        let ha2 = self.algorithm.hash(&[self.method, self.uri]);
        let ha1 = self.ha1.as_bytes();
        match self.count {
            Some((nc, cnonce)) => {
                self.algorithm
                    .hash(&[ha1, self.nonce, nc, cnonce, b"auth", ha2.bytes()])
            }
            None => self.algorithm.hash(&[ha1, self.nonce, ha2.bytes()]),
        }
    }
}
