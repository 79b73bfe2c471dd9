//! Signatures of tokens, checked by `ring`, which is there for TLS already. Nothing is signed here,
//! and no secret is shared: only public keys count.

use std::sync::Once;

use jsonwebtoken::crypto::{CryptoProvider, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::signature::{Error as Unsigned, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind};
use ring::signature::{self as by_ring, RsaParameters, VerificationAlgorithm};

/// The algorithms that a token may be signed with (RFC 7518 §3.1, RFC 8037 §3.1): never `none`, and
/// none with a shared secret.
pub(super) const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

static BY_RING: CryptoProvider = CryptoProvider {
    signer_factory: |_, _| Err(Error::from(ErrorKind::UnsupportedAlgorithm)),
    verifier_factory: |algorithm, key| {
        let how = how(*algorithm).ok_or(Error::from(ErrorKind::UnsupportedAlgorithm))?;
        Ok(Box::new(ByRing {
            algorithm: *algorithm,
            how,
            key: key.clone(),
        }))
    },
    key_utils: KeyUtils::new_unimplemented(),
};

/// Has the tokens of this process checked by `ring`.
pub(super) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Nothing else in this process installs another.
        let _installed = BY_RING.install_default();
    });
}

/// How a signature is checked.
#[derive(Clone, Copy)]
enum How {
    Rsa(&'static RsaParameters),
    Curve(&'static dyn VerificationAlgorithm),
}

fn how(algorithm: Algorithm) -> Option<How> {
    Some(match algorithm {
        Algorithm::RS256 => How::Rsa(&by_ring::RSA_PKCS1_2048_8192_SHA256),
        Algorithm::RS384 => How::Rsa(&by_ring::RSA_PKCS1_2048_8192_SHA384),
        Algorithm::RS512 => How::Rsa(&by_ring::RSA_PKCS1_2048_8192_SHA512),
        Algorithm::PS256 => How::Rsa(&by_ring::RSA_PSS_2048_8192_SHA256),
        Algorithm::PS384 => How::Rsa(&by_ring::RSA_PSS_2048_8192_SHA384),
        Algorithm::PS512 => How::Rsa(&by_ring::RSA_PSS_2048_8192_SHA512),
        Algorithm::ES256 => How::Curve(&by_ring::ECDSA_P256_SHA256_FIXED),
        Algorithm::ES384 => How::Curve(&by_ring::ECDSA_P384_SHA384_FIXED),
        Algorithm::EdDSA => How::Curve(&by_ring::ED25519),
        // With a shared secret, or not known yet.
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 | _ => return None,
    })
}

struct ByRing {
    algorithm: Algorithm,
    how: How,
    key: DecodingKey,
}

impl JwtVerifier for ByRing {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

impl Verifier<Vec<u8>> for ByRing {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), Unsigned> {
        let checked = match (self.how, self.key.kind()) {
            (How::Rsa(how), DecodingKeyKind::RsaModulusExponent { n, e }) => {
                let key = by_ring::RsaPublicKeyComponents { n, e };
                key.verify(how, message, signature)
            }
            (How::Curve(how), DecodingKeyKind::SecretOrDer(point)) => {
                by_ring::UnparsedPublicKey::new(how, point).verify(message, signature)
            }
            (How::Rsa(_), DecodingKeyKind::SecretOrDer(_))
            | (How::Curve(_), DecodingKeyKind::RsaModulusExponent { .. }) => {
                return Err(Unsigned::new());
            }
        };
        checked.map_err(|_| Unsigned::new())
    }
}
