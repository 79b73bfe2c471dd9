//! The ID token: who the provider says somebody is, believed only when everything fits (OpenID
//! Connect Core 1.0 §3.1.3.7).

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{
    Algorithm, AlgorithmFamily, DecodingKey, Header, Validation, decode, decode_header,
};
use serde::Deserialize;
use store::sql::UnixSeconds;

use super::super::token::Token;
use super::signatures::{self, ALGORITHMS};

/// Seconds that the provider's clock may be off, either way.
pub const CLOCK_SKEW_SECONDS: i64 = 60;
/// Bytes of a subject (OpenID Connect Core 1.0 §2).
pub const SUBJECT_BYTES_MAX: usize = 255;

/// Why a token is not believed. What stood in it is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Untrusted {
    #[error("its form is wrong")]
    Form,
    #[error("its algorithm is not allowed")]
    Algorithm,
    #[error("its key is not among the provider's")]
    Key,
    #[error("its signature is wrong")]
    Signature,
    #[error("another issuer made it")]
    Issuer,
    #[error("it is meant for somebody else")]
    Audience,
    #[error("it has run out, or holds only later: are both clocks right?")]
    Time,
    #[error("it was made for another sign-in")]
    Nonce,
    #[error("it says of nobody whom it is about")]
    Subject,
}

/// What a token has to say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a Token,
    pub(super) now: UnixSeconds,
}

/// One text, or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Texts {
    One(String),
    Several(Vec<String>),
}

impl Texts {
    pub(super) fn as_slice(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Several(texts) => texts,
        }
    }
}

/// What a token says. It has no `Debug`: it is about a person.
#[derive(Deserialize)]
pub(super) struct Claims {
    pub(super) sub: String,
    iss: String,
    aud: Texts,
    azp: Option<String>,
    exp: i64,
    iat: i64,
    nbf: Option<i64>,
    nonce: Option<String>,
    /// How she proved who she is (RFC 8176).
    pub(super) amr: Option<Texts>,
    /// How sure the provider is.
    pub(super) acr: Option<String>,
    #[serde(flatten)]
    pub(super) others: serde_json::Map<String, serde_json::Value>,
}

/// What a token says, when everything fits.
pub(super) fn believe(
    token: &str,
    keys: &[Jwk],
    expected: &Expected<'_>,
) -> Result<Claims, Untrusted> {
    signatures::install();
    let header = decode_header(token).map_err(|_| Untrusted::Form)?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(Untrusted::Algorithm);
    }
    // An extension that has to be understood is understood by nobody here (RFC 7515 §4.1.11).
    if header.crit.is_some() {
        return Err(Untrusted::Form);
    }
    let key = key_of(&header, keys)?;
    let key = DecodingKey::from_jwk(key).map_err(|_| Untrusted::Key)?;
    let claims = decode::<Claims>(token, &key, &signed_with(header.alg));
    let claims = claims.map_err(|error| {
        if matches!(error.kind(), ErrorKind::InvalidSignature) {
            Untrusted::Signature
        } else {
            Untrusted::Form
        }
    })?;
    check(claims.claims, expected)
}

/// The signature alone is checked there: the clock of this crate is not the system's.
fn signed_with(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation
}

/// The one key that may have signed.
fn key_of<'a>(header: &Header, keys: &'a [Jwk]) -> Result<&'a Jwk, Untrusted> {
    let mut fitting = keys.iter().filter(|key| fits(key, header));
    match (fitting.next(), fitting.next(), &header.kid) {
        (Some(key), None, _) | (Some(key), Some(_), Some(_)) => Ok(key),
        // Without a name there has to be one alone (OpenID Connect Core 1.0 §10.1).
        (Some(_), Some(_), None) | (None, _, _) => Err(Untrusted::Key),
    }
}

fn fits(key: &Jwk, header: &Header) -> bool {
    let common = &key.common;
    let is_named = header.kid.is_none() || common.key_id == header.kid;
    let is_for_signatures = matches!(common.public_key_use, None | Some(PublicKeyUse::Signature));
    let is_for_algorithm = common
        .key_algorithm
        .is_none_or(|algorithm| algorithm == KeyAlgorithm::from(header.alg));
    is_named && is_for_signatures && is_for_algorithm && is_of_kind(&key.algorithm, header.alg)
}

fn is_of_kind(key: &AlgorithmParameters, algorithm: Algorithm) -> bool {
    match key {
        AlgorithmParameters::RSA(_) => algorithm.family() == AlgorithmFamily::Rsa,
        AlgorithmParameters::EllipticCurve(key) => {
            let pair = (&key.curve, algorithm);
            pair == (&EllipticCurve::P256, Algorithm::ES256)
                || pair == (&EllipticCurve::P384, Algorithm::ES384)
        }
        AlgorithmParameters::OctetKeyPair(key) => {
            key.curve == EllipticCurve::Ed25519 && algorithm == Algorithm::EdDSA
        }
        // A shared secret, or a kind that is not known yet.
        AlgorithmParameters::OctetKey(_) | AlgorithmParameters::Other(_) | _ => false,
    }
}

fn check(claims: Claims, expected: &Expected<'_>) -> Result<Claims, Untrusted> {
    if claims.iss != expected.issuer {
        return Err(Untrusted::Issuer);
    }
    let audience = claims.aud.as_slice();
    let is_for_us = audience.iter().any(|one| one == expected.client_id);
    let is_ours = match &claims.azp {
        Some(party) => party == expected.client_id,
        None => audience.len() == 1,
    };
    if !is_for_us || !is_ours {
        return Err(Untrusted::Audience);
    }
    let now = expected.now.0;
    let holds = now < claims.exp.saturating_add(CLOCK_SKEW_SECONDS)
        && claims.iat.max(claims.nbf.unwrap_or(claims.iat)) <= now + CLOCK_SKEW_SECONDS;
    if !holds {
        return Err(Untrusted::Time);
    }
    if claims.nonce.as_deref() != Some(expected.nonce.reveal().as_str()) {
        return Err(Untrusted::Nonce);
    }
    if claims.sub.is_empty() || claims.sub.len() > SUBJECT_BYTES_MAX {
        return Err(Untrusted::Subject);
    }
    Ok(claims)
}

#[cfg(test)]
mod tests;
