//! JSON Web Keys, and EdDSA.

use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};
use tenancy_core::auth::JwtAlgorithm::{self, *};
use tenancy_core::auth::{JwtKey, JwtKeyError};
use tenancy_core::{AuthError, Authority};

use crate::common::*;
use crate::keys::{P256_PRIVATE, P384_PRIVATE, RSA_PRIVATE};

const ED25519_PRIVATE: &str = include_str!("keys/ed25519_private.pem");
const ED25519_PUBLIC: &str = include_str!("keys/ed25519_public.pem");

const JWKS: [(JwtAlgorithm, &str); 4] = [
    (RS256, include_str!("keys/rsa_public.jwk")),
    (ES256, include_str!("keys/p256_public.jwk")),
    (ES384, include_str!("keys/p384_public.jwk")),
    (EdDSA, include_str!("keys/ed25519_public.jwk")),
];

pub(crate) fn signer(algorithm: JwtAlgorithm) -> Signer {
    let (algorithm, key) = match algorithm {
        RS256 => (Algorithm::RS256, EncodingKey::from_rsa_der(&der(RSA_PRIVATE))),
        ES256 => (Algorithm::ES256, EncodingKey::from_ec_der(&der(P256_PRIVATE))),
        ES384 => (Algorithm::ES384, EncodingKey::from_ec_der(&der(P384_PRIVATE))),
        _ => (Algorithm::EdDSA, EncodingKey::from_ed_der(&der(ED25519_PRIVATE))),
    };
    Signer { algorithm, key }
}

pub(crate) fn jwk(algorithm: JwtAlgorithm) -> Value {
    let (_, text) = JWKS.iter().find(|(of, _)| *of == algorithm).expect("a key");
    serde_json::from_str(text).expect("JSON")
}

fn token(algorithm: JwtAlgorithm, kid: Option<&Value>) -> String {
    let mut header = json!({ "alg": algorithm.name() });
    if let Some(kid) = kid {
        header["kid"] = kid.clone();
    }
    signer(algorithm).sign(header.to_string(), good_claims().to_string())
}

#[test]
fn every_kind_of_key_verifies_and_has_its_name() {
    for (algorithm, text) in JWKS {
        let key = JwtKey::from_jwk(algorithm, text).expect("a key");
        let authority = Authority::new(builder().key(key).build().expect("a verifier"));
        let jwk = jwk(algorithm);
        authenticate(&authority, &token(algorithm, jwk.get("kid"))).expect("accepted");
        // By its name, and by no other nor none.
        let refused =
            [Some(json!("another")), jwk.get("kid").is_some().then_some(Value::Null)].into_iter().flatten();
        for kid in refused {
            let refused = authenticate(&authority, &token(algorithm, Some(&kid))).expect_err("another name");
            assert_eq!(refused, AuthError::UnknownKey, "{algorithm:?} {kid}");
        }
        // Another key's signature.
        let other = if algorithm == EdDSA { ES256 } else { EdDSA };
        let header = json!({ "alg": algorithm.name(), "kid": jwk.get("kid") });
        let forged = signer(other).sign(header.to_string(), good_claims().to_string());
        assert_eq!(authenticate(&authority, &forged).expect_err("forged"), AuthError::BadSignature);
    }
}

#[test]
fn ed25519_keys_of_every_form_verify() {
    let token = token(EdDSA, None);
    for key in
        [JwtKey::from_pem(EdDSA, ED25519_PUBLIC.as_bytes()), JwtKey::from_der(EdDSA, &der(ED25519_PUBLIC))]
    {
        let authority = Authority::new(builder().key(key.expect("a key")).build().expect("a verifier"));
        authenticate(&authority, &token).expect("accepted");
        let (message, _) = token.rsplit_once('.').expect("a signature");
        for signature in ["", "AA", &"A".repeat(86), &"A".repeat(88)] {
            authenticate(&authority, &format!("{message}.{signature}")).expect_err("no signature of it");
        }
        // The algorithm is the key's.
        for alg in ["Ed25519", "ES256", "HS256", "none", "eddsa"] {
            let header = json!({ "alg": alg });
            let other = signer(EdDSA).sign(header.to_string(), good_claims().to_string());
            assert_eq!(authenticate(&authority, &other).expect_err(alg), AuthError::WrongAlgorithm);
        }
    }
    assert_eq!(JwtKey::from_pem(EdDSA, ED25519_PRIVATE.as_bytes()).err(), Some(JwtKeyError::PrivateKey));
    assert_eq!(JwtKey::from_secret(EdDSA, SECRET).err(), Some(JwtKeyError::WrongKind));
}

/// With a point of small order as the key, one signature verifies for many messages.
#[test]
fn keys_with_which_anybody_signs() {
    for point in [
        // 0, 1, -1 and the points of order 8, as RFC 8032 writes them.
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    ] {
        let bytes: Vec<u8> =
            (0..32).map(|i| u8::from_str_radix(&point[2 * i..2 * i + 2], 16).expect("hexadecimal")).collect();
        let mut weak = jwk(EdDSA);
        weak["x"] = json!(base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, bytes));
        assert_eq!(JwtKey::from_jwk(EdDSA, &weak.to_string()).err(), Some(JwtKeyError::Weak), "{point}");
    }
}

#[test]
fn what_a_key_says_of_itself_is_kept() {
    let refused = |algorithm: JwtAlgorithm, change: &dyn Fn(&mut Value)| {
        let mut jwk = jwk(algorithm);
        change(&mut jwk);
        JwtKey::from_jwk(algorithm, &jwk.to_string()).err()
    };
    let set = |name: &'static str, value: Value| move |jwk: &mut Value| jwk[name] = value.clone();
    for algorithm in [RS256, ES256, ES384, EdDSA] {
        let case = |name: &'static str, value: Value| refused(algorithm, &set(name, value));
        assert_eq!(case("use", json!("sig")), None);
        assert_eq!(case("use", json!("enc")), Some(JwtKeyError::WrongUse));
        assert_eq!(case("use", json!("")), Some(JwtKeyError::WrongUse));
        assert_eq!(case("use", json!(["sig"])), Some(JwtKeyError::NotAJwk));
        assert_eq!(case("key_ops", json!(["verify", "sign"])), None);
        for operations in [json!([]), json!(["sign"]), json!(["encrypt"]), json!(["Verify"])] {
            assert_eq!(case("key_ops", operations), Some(JwtKeyError::WrongUse));
        }
        assert_eq!(case("key_ops", json!("verify")), Some(JwtKeyError::NotAJwk));
        assert_eq!(case("alg", json!(algorithm.name())), None);
        for alg in ["RS512", "none", "HS256", ""] {
            assert_eq!(case("alg", json!(alg)), Some(JwtKeyError::OtherAlgorithm));
        }
        assert_eq!(case("alg", json!(7)), Some(JwtKeyError::NotAJwk));
        assert_eq!(case("kid", json!(7)), Some(JwtKeyError::NotAJwk));
        assert_eq!(case("d", json!("AQAB")), Some(JwtKeyError::PrivateKey));
        assert_eq!(case("kty", json!("oct")), Some(JwtKeyError::KeyAsSecret));
        assert_eq!(case("kty", json!("rsa")), Some(JwtKeyError::WrongKind));
        assert_eq!(case("kty", Value::Null), Some(JwtKeyError::NotAJwk));
        // What leads elsewhere is not followed, and what nobody knows is ignored.
        assert_eq!(case("x5u", json!("https://evil.example/key")), None);
        assert_eq!(case("x5c", json!(["not a certificate"])), None);
    }
    for (algorithm, crv) in
        [(ES256, "P-384"), (ES256, "P-521"), (ES256, "secp256k1"), (EdDSA, "X25519"), (EdDSA, "Ed448")]
    {
        let refused = refused(algorithm, &set("crv", json!(crv)));
        assert!(
            matches!(refused, Some(JwtKeyError::WrongKind | JwtKeyError::Unreadable)),
            "{crv}: {refused:?}"
        );
    }
    for (name, value) in [
        ("x", json!("AQAB")),
        ("y", json!("")),
        ("x", json!("not base64url!")),
        ("x", json!(3)),
        ("y", Value::Null),
    ] {
        assert!(refused(ES256, &set(name, value.clone())).is_some(), "{name} {value}");
    }
    // A point that is not on the curve, and numbers that are no key.
    let off_curve = refused(ES256, &|jwk| jwk["y"] = jwk["x"].clone());
    assert_eq!(off_curve, Some(JwtKeyError::Unreadable));
    assert_eq!(refused(RS256, &set("n", json!("AQAB"))), Some(JwtKeyError::RsaTooShort));
    for (name, value) in [("n", json!("")), ("e", json!("")), ("e", json!("AA")), ("e", json!("Ag"))] {
        assert!(refused(RS256, &set(name, value.clone())).is_some(), "{name} {value}");
    }
    // With zeros in front, as some providers write it, it is the same number.
    let padded = refused(RS256, &|jwk| jwk["e"] = json!("AAEAAQ"));
    assert_eq!(padded, None);
}

#[test]
fn what_is_no_key() {
    let rsa = jwk(RS256).to_string();
    let twice = rsa.replacen('{', "{\"kid\":\"a\",", 1);
    let many = format!("{{\"keys\":[{rsa}]}}");
    for text in [
        "",
        "{",
        "[]",
        "null",
        "\"key\"",
        "{}",
        &twice,
        &many,
        "-----BEGIN PUBLIC KEY-----",
        &"[".repeat(100_000),
    ] {
        assert_eq!(
            JwtKey::from_jwk(RS256, text).err(),
            Some(JwtKeyError::NotAJwk),
            "{}",
            &text[..text.len().min(40)]
        );
    }
    for algorithm in [HS256, ES256, ES384, EdDSA] {
        let other = jwk(RS256);
        let mut other = other.as_object().expect("an object").clone();
        other.remove("alg");
        let text = Value::Object(other).to_string();
        assert_eq!(JwtKey::from_jwk(algorithm, &text).err(), Some(JwtKeyError::WrongKind), "{algorithm:?}");
    }
}
