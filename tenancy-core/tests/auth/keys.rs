//! What a key may be, and in what form.

use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::json;
use tenancy_core::Authority;
use tenancy_core::auth::JwtAlgorithm::{self, *};
use tenancy_core::auth::{JwtKey, JwtKeyError, ServiceKey};

use crate::common::*;

pub(crate) const RSA_PRIVATE: &str = include_str!("keys/rsa_private.pem");
const RSA_PRIVATE_PKCS8: &str = include_str!("keys/rsa_private_pkcs8.pem");
pub(crate) const RSA_PUBLIC: &str = include_str!("keys/rsa_public.pem");
pub(crate) const RSA_PUBLIC_PKCS1: &str = include_str!("keys/rsa_public_pkcs1.pem");
const RSA_CERTIFICATE: &str = include_str!("keys/rsa_certificate.pem");
const RSA_1024: &str = include_str!("keys/rsa_1024_public.pem");
const RSA_4104: &str = include_str!("keys/rsa_4104_public.pem");
pub(crate) const P256_PRIVATE: &str = include_str!("keys/p256_private.pem");
pub(crate) const P256_PUBLIC: &str = include_str!("keys/p256_public.pem");
pub(crate) const P384_PRIVATE: &str = include_str!("keys/p384_private.pem");
pub(crate) const P384_PUBLIC: &str = include_str!("keys/p384_public.pem");
const K256_PUBLIC: &str = include_str!("keys/k256_public.pem");
const ED25519_PUBLIC: &str = include_str!("keys/ed25519_public.pem");

/// The error of a PEM file, which is that of its DER.
#[track_caller]
fn error(algorithm: JwtAlgorithm, pem: &str) -> Option<JwtKeyError> {
    let from_pem = JwtKey::from_pem(algorithm, pem.as_bytes()).err();
    assert_eq!(JwtKey::from_der(algorithm, &der(pem)).err(), from_pem, "PEM and DER differ");
    from_pem
}

#[test]
fn rsa_keys_of_every_form_verify() {
    let signer = Signer { algorithm: Algorithm::RS256, key: EncodingKey::from_rsa_der(&der(RSA_PRIVATE)) };
    let token = signer.sign(json!({ "alg": "RS256" }).to_string(), good_claims().to_string());
    let crlf = RSA_PUBLIC.replace('\n', "\r\n");
    let padded = format!("\n  {RSA_PUBLIC}\n");
    for key in [
        JwtKey::from_pem(RS256, RSA_PUBLIC.as_bytes()),
        JwtKey::from_pem(RS256, RSA_PUBLIC_PKCS1.as_bytes()),
        JwtKey::from_pem(RS256, crlf.as_bytes()),
        JwtKey::from_pem(RS256, padded.as_bytes()),
        JwtKey::from_der(RS256, &der(RSA_PUBLIC)),
        JwtKey::from_der(RS256, &der(RSA_PUBLIC_PKCS1)),
    ] {
        let verifier = builder().key(key.expect("a key")).build().expect("a verifier");
        authenticate(&Authority::new(verifier), &token).expect("accepted");
    }
}

#[test]
fn ec_keys_of_every_form_verify() {
    let signer = Signer { algorithm: Algorithm::ES256, key: EncodingKey::from_ec_der(&der(P256_PRIVATE)) };
    let token = signer.sign(json!({ "alg": "ES256" }).to_string(), good_claims().to_string());
    for key in [JwtKey::from_pem(ES256, P256_PUBLIC.as_bytes()), JwtKey::from_der(ES256, &der(P256_PUBLIC))] {
        let verifier = builder().key(key.expect("a key")).build().expect("a verifier");
        authenticate(&Authority::new(verifier), &token).expect("accepted");
    }
}

#[test]
fn secrets_are_as_long_as_the_hash() {
    for (algorithm, least) in [(HS256, 32), (HS384, 48), (HS512, 64)] {
        JwtKey::from_secret(algorithm, &vec![7; least]).expect("long enough");
        for length in [0, 1, least - 1] {
            let error = JwtKey::from_secret(algorithm, &vec![7; length]).err();
            assert_eq!(error, Some(JwtKeyError::SecretTooShort { least }));
        }
    }
    assert_eq!(ServiceKey::from_secret(&[7; 31]).err(), Some(JwtKeyError::SecretTooShort { least: 32 }));
}

#[test]
fn rsa_keys_are_neither_short_nor_longer_than_can_be_used() {
    for algorithm in [RS256, RS384, RS512, PS256, PS384, PS512] {
        assert_eq!(error(algorithm, RSA_PUBLIC), None);
        assert_eq!(error(algorithm, RSA_1024), Some(JwtKeyError::RsaTooShort));
        assert_eq!(error(algorithm, RSA_4104), Some(JwtKeyError::RsaTooLong));
    }
}

#[test]
fn keys_are_of_the_algorithms_kind() {
    for algorithm in [HS256, HS384, HS512] {
        assert_eq!(error(algorithm, RSA_PUBLIC), Some(JwtKeyError::WrongKind));
        assert_eq!(error(algorithm, P256_PUBLIC), Some(JwtKeyError::WrongKind));
    }
    for algorithm in [RS256, PS512, ES256, ES384] {
        assert_eq!(JwtKey::from_secret(algorithm, SECRET).err(), Some(JwtKeyError::WrongKind));
        assert_eq!(error(algorithm, ED25519_PUBLIC), Some(JwtKeyError::WrongKind));
        assert_eq!(error(algorithm, K256_PUBLIC), Some(JwtKeyError::WrongKind));
    }
    assert_eq!(error(RS256, P256_PUBLIC), Some(JwtKeyError::WrongKind));
    assert_eq!(error(ES256, RSA_PUBLIC), Some(JwtKeyError::WrongKind));
    assert_eq!(error(ES256, RSA_PUBLIC_PKCS1), Some(JwtKeyError::WrongKind));
    assert_eq!(error(ES256, P384_PUBLIC), Some(JwtKeyError::WrongKind));
    assert_eq!(error(ES384, P256_PUBLIC), Some(JwtKeyError::WrongKind));
}

#[test]
fn a_key_is_no_secret() {
    for pem in [
        RSA_PUBLIC,
        RSA_PUBLIC_PKCS1,
        RSA_PRIVATE,
        P256_PUBLIC,
        P256_PRIVATE,
        ED25519_PUBLIC,
        RSA_CERTIFICATE,
    ] {
        for secret in
            [pem.to_owned(), format!("\n {pem}"), format!("\u{feff}{pem}"), format!("Bag Attributes\n{pem}")]
        {
            let error = JwtKey::from_secret(HS256, secret.as_bytes()).err();
            assert_eq!(error, Some(JwtKeyError::KeyAsSecret));
            assert_eq!(ServiceKey::from_secret(secret.as_bytes()).err(), error);
        }
    }
    for pem in
        [RSA_PUBLIC, RSA_PUBLIC_PKCS1, RSA_1024, RSA_PRIVATE, P256_PUBLIC, P256_PRIVATE, ED25519_PUBLIC]
    {
        assert_eq!(JwtKey::from_secret(HS256, &der(pem)).err(), Some(JwtKeyError::KeyAsSecret));
    }
}

#[test]
fn private_keys_are_not_needed() {
    for algorithm in [RS256, PS256, ES256, ES384] {
        for pem in [RSA_PRIVATE, RSA_PRIVATE_PKCS8, P256_PRIVATE, P384_PRIVATE] {
            assert_eq!(error(algorithm, pem), Some(JwtKeyError::PrivateKey));
        }
    }
    let both = format!("{RSA_PUBLIC}{RSA_PRIVATE}");
    assert_eq!(JwtKey::from_pem(RS256, both.as_bytes()).err(), Some(JwtKeyError::PrivateKey));
}

#[test]
fn certificates_are_not_read() {
    assert_eq!(error(RS256, RSA_CERTIFICATE), Some(JwtKeyError::Unreadable));
}

#[test]
fn a_pem_file_has_one_block_and_nothing_else() {
    for pem in [
        "",
        "-----BEGIN PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY----------END PUBLIC KEY-----",
        &format!("{RSA_PUBLIC}{RSA_PUBLIC}"),
        &format!("{RSA_PUBLIC}{P256_PUBLIC}"),
        &format!("Public-Key: (2048 bit)\n{RSA_PUBLIC}"),
        &RSA_PUBLIC.replace("END PUBLIC", "END RSA PUBLIC"),
        &RSA_PUBLIC.replace("PUBLIC KEY", "KEY"),
        &RSA_PUBLIC.replacen('M', "!", 1),
        &RSA_PUBLIC.replacen("KEY-----\n", "KEY-----\nProc-Type: 4,ENCRYPTED\n", 1),
        RSA_PUBLIC.trim_end().trim_end_matches('-'),
    ] {
        assert_eq!(JwtKey::from_pem(RS256, pem.as_bytes()).err(), Some(JwtKeyError::Unreadable), "{pem}");
    }
    assert_eq!(JwtKey::from_pem(RS256, b"\xff").err(), Some(JwtKeyError::Unreadable));
}

#[test]
fn der_is_whole_and_nothing_follows() {
    for (algorithm, pem) in
        [(RS256, RSA_PUBLIC), (RS256, RSA_PUBLIC_PKCS1), (ES256, P256_PUBLIC), (ES384, P384_PUBLIC)]
    {
        let der = der(pem);
        JwtKey::from_der(algorithm, &der).expect("a key");
        for length in 0..der.len() {
            assert_eq!(
                JwtKey::from_der(algorithm, &der[..length]).err(),
                Some(JwtKeyError::Unreadable),
                "{length}"
            );
        }
        let mut longer = der.clone();
        longer.push(0);
        assert_eq!(JwtKey::from_der(algorithm, &longer).err(), Some(JwtKeyError::Unreadable));
        // No byte makes the reader panic, whatever it becomes.
        for index in 0..der.len() {
            for byte in [0, 1, 2, 0x30, 0x7f, 0x80, 0x82, 0x84, 0xff] {
                let mut changed = der.clone();
                changed[index] = byte;
                let _ = JwtKey::from_der(algorithm, &changed);
            }
        }
    }
}

#[test]
fn der_has_the_tags_of_a_key() {
    for (algorithm, pem) in [(RS256, RSA_PUBLIC), (RS256, RSA_PUBLIC_PKCS1), (ES256, P256_PUBLIC)] {
        let mut set = der(pem);
        set[0] = 0x31;
        assert_eq!(JwtKey::from_der(algorithm, &set).err(), Some(JwtKeyError::Unreadable), "a set");
    }
    let mut key = der(P256_PUBLIC);
    let bits = key.len() - 68;
    assert_eq!(key[bits..bits + 4], [0x03, 66, 0, 0x04], "a bit string with an uncompressed point");
    key[bits + 2] = 1;
    assert_eq!(JwtKey::from_der(ES256, &key).err(), Some(JwtKeyError::Unreadable), "unused bits");
    key[bits + 2] = 0;
    key[bits] = 0x0c;
    assert_eq!(JwtKey::from_der(ES256, &key).err(), Some(JwtKeyError::Unreadable), "a text");
}

#[test]
fn numbers_that_make_no_key() {
    // A point that is not on the curve.
    let mut point = der(P256_PUBLIC);
    *point.last_mut().expect("a byte") ^= 1;
    assert_eq!(JwtKey::from_der(ES256, &point).err(), Some(JwtKeyError::Unreadable));

    // With the exponent 1 everything is its own signature.
    let rsa = der(RSA_PUBLIC_PKCS1);
    let exponent = rsa.len() - 5;
    assert_eq!(rsa[exponent..], [2, 3, 1, 0, 1], "65537");
    let mut one = rsa[..exponent].to_vec();
    one.extend([2, 1, 1]);
    one[3] -= 2;
    assert_eq!(JwtKey::from_der(RS256, &one).err(), Some(JwtKeyError::Unreadable));
    one.splice(exponent + 2.., [3]);
    JwtKey::from_der(RS256, &one).expect("it was the exponent");
}
