//! Tokens that another implementation signed (`signed.json`, by Node's OpenSSL, its private keys forgotten).

use serde_json::Value;

use super::*;

const NONCE: Token = Token::new([7; 32]);

fn signed() -> Vec<(Jwk, String)> {
    let all: Vec<Value> = serde_json::from_str(include_str!("signed.json")).unwrap();
    let one = |one: &Value| {
        let key = serde_json::from_value(one["jwk"].clone()).unwrap();
        (key, one["token"].as_str().unwrap().to_owned())
    };
    all.iter().map(one).collect()
}

const fn expected() -> Expected<'static> {
    Expected {
        issuer: "https://id.example.org",
        client_id: "linka",
        nonce: &NONCE,
        now: UnixSeconds(1_500),
    }
}

#[test]
fn every_algorithm_that_is_allowed_is_checked() {
    let signed = signed();
    let keys: Vec<Jwk> = signed.iter().map(|(key, _)| key.clone()).collect();

    for (_, token) in &signed {
        let header = decode_header(token).unwrap();
        let believed = believe(token, &keys, &expected());
        assert!(believed.is_ok(), "{:?}: {:?}", header.alg, believed.err());
    }
    assert_eq!(signed.len(), ALGORITHMS.len());
}

#[test]
fn one_changed_letter_is_found_under_every_algorithm() {
    let signed = signed();
    let keys: Vec<Jwk> = signed.iter().map(|(key, _)| key.clone()).collect();

    for (_, token) in signed {
        let (rest, signature) = token.rsplit_once('.').unwrap();
        let first = if signature.starts_with('A') { "B" } else { "A" };
        let changed = format!("{rest}.{first}{}", &signature[1..]);
        let believed = believe(&changed, &keys, &expected());
        assert_eq!(believed.err(), Some(Untrusted::Signature), "{changed}");
    }
}

#[test]
fn token_is_checked_by_its_own_kind_of_key_alone() {
    let signed = signed();

    for (_, token) in &signed {
        let header = decode_header(token).unwrap();
        for (key, _) in &signed {
            let mut key = key.clone();
            key.common.key_id.clone_from(&header.kid);
            let fits = is_of_kind(&key.algorithm, header.alg);
            let believed = believe(token, &[key], &expected());
            assert_eq!(believed.err() == Some(Untrusted::Key), !fits);
        }
    }
}

#[test]
fn two_keys_without_a_name_fit_nothing() {
    let (key, token) = signed().remove(0);
    let (_, rest) = token.split_once('.').unwrap();
    // {"alg":"RS256"}
    let unnamed = format!("eyJhbGciOiJSUzI1NiJ9.{rest}");

    let one = believe(&unnamed, std::slice::from_ref(&key), &expected());
    let two = believe(&unnamed, &[key.clone(), key], &expected());

    assert_eq!(one.err(), Some(Untrusted::Signature));
    assert_eq!(two.err(), Some(Untrusted::Key));
}

#[test]
fn what_is_no_token_is_no_token() {
    let (key, token) = signed().remove(0);
    let keys = [key];

    for wrong in ["", ".", "..", "a.b.c", &token[1..], &format!("{token}.x")] {
        let believed = believe(wrong, &keys, &expected());
        assert_eq!(believed.err(), Some(Untrusted::Form), "{wrong}");
    }
}
