//! Every algorithm, and the confusion of one with another.

use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::json;
use tenancy_core::auth::{JwtAlgorithm, JwtKey};
use tenancy_core::{AuthError, Authority};

use crate::common::*;
use crate::keys::*;

/// Every algorithm, with what signs it and what verifies it.
fn all() -> Vec<(Signer, JwtKey)> {
    use JwtAlgorithm::*;

    let rsa = EncodingKey::from_rsa_der(&der(RSA_PRIVATE));
    let mut all = Vec::new();
    for (library, ours) in [(Algorithm::HS256, HS256), (Algorithm::HS384, HS384), (Algorithm::HS512, HS512)] {
        all.push((Signer::secret(library, SECRET), JwtKey::from_secret(ours, SECRET).expect("a key")));
    }
    for (library, ours) in [
        (Algorithm::RS256, RS256),
        (Algorithm::RS384, RS384),
        (Algorithm::RS512, RS512),
        (Algorithm::PS256, PS256),
        (Algorithm::PS384, PS384),
        (Algorithm::PS512, PS512),
    ] {
        let signer = Signer { algorithm: library, key: rsa.clone() };
        all.push((signer, JwtKey::from_pem(ours, RSA_PUBLIC.as_bytes()).expect("a key")));
    }
    for (library, ours, private, public) in [
        (Algorithm::ES256, ES256, P256_PRIVATE, P256_PUBLIC),
        (Algorithm::ES384, ES384, P384_PRIVATE, P384_PUBLIC),
    ] {
        let signer = Signer { algorithm: library, key: EncodingKey::from_ec_der(&der(private)) };
        all.push((signer, JwtKey::from_pem(ours, public.as_bytes()).expect("a key")));
    }
    all
}

fn authority_for(key: JwtKey) -> Authority {
    Authority::new(builder().key(key).build().expect("a verifier"))
}

#[test]
fn every_algorithm_accepts_its_own_and_no_other() {
    let all = all();
    let tokens: Vec<String> = all
        .iter()
        .map(|(signer, _)| {
            let header = json!({ "alg": format!("{:?}", signer.algorithm) });
            signer.sign(header.to_string(), good_claims().to_string())
        })
        .collect();
    for (verifying, (_, key)) in all.iter().enumerate() {
        let authority = authority_for(key.clone());
        for (signing, token) in tokens.iter().enumerate() {
            let outcome = authenticate(&authority, token).map(drop);
            let expected = if signing == verifying { Ok(()) } else { Err(AuthError::WrongAlgorithm) };
            assert_eq!(outcome, expected, "{key:?}: {:?}", all[signing].0.algorithm);
        }
    }
}

#[test]
fn every_algorithm_refuses_what_another_signed_in_its_name() {
    let all = all();
    for (verifying, (honest, key)) in all.iter().enumerate() {
        let authority = authority_for(key.clone());
        let header = json!({ "alg": format!("{:?}", honest.algorithm) }).to_string();
        for (signing, (signer, _)) in all.iter().enumerate() {
            if signing != verifying {
                let token = signer.sign(&header, good_claims().to_string());
                let outcome = authenticate(&authority, &token).map(drop);
                assert_eq!(outcome, Err(AuthError::BadSignature), "{key:?}");
            }
        }
    }
}

#[test]
fn every_algorithm_refuses_a_signature_for_other_claims() {
    for (signer, key) in all() {
        let authority = authority_for(key);
        let header = json!({ "alg": format!("{:?}", signer.algorithm) }).to_string();
        let token = signer.sign(&header, good_claims().to_string());
        let signature = token.rsplit_once('.').expect("three parts").1;
        let mut claims = good_claims();
        claims["tenant_id"] = json!("5f0c7a11-1c4e-4d8b-a3c5-6a8f0f6f2f10");
        let other = signer.sign(&header, claims.to_string());
        let message = other.rsplit_once('.').expect("three parts").0;
        for signature in [signature, "", "AAAA", &"A".repeat(signature.len())] {
            let outcome = authenticate(&authority, &format!("{message}.{signature}")).map(drop);
            // An RSA signature of zeros may have stray bits at its end, which is not base64url.
            assert!(matches!(outcome, Err(AuthError::BadSignature | AuthError::NotAJwt)), "{outcome:?}");
        }
    }
}

/// RFC 8725, section 2.1: the public key, which everybody has, as an HMAC secret.
#[test]
fn a_public_key_is_no_secret() {
    let named = |key: JwtKey| key.kid("k");
    for (algorithm, pem) in [
        (JwtAlgorithm::RS256, RSA_PUBLIC),
        (JwtAlgorithm::PS256, RSA_PUBLIC),
        (JwtAlgorithm::ES256, P256_PUBLIC),
    ] {
        let key = JwtKey::from_pem(algorithm, pem.as_bytes()).expect("a key");
        let authority = authority_for(key.clone());
        // A verifier that has an HMAC key as well does not lend it.
        let with_secret =
            Authority::new(builder().key(named(key)).key(hs256_key()).build().expect("a verifier"));
        for secret in [pem.as_bytes(), pem.trim().as_bytes(), &der(pem), &der(RSA_PUBLIC_PKCS1)] {
            for (name, hmac) in [("HS256", Algorithm::HS256), ("HS512", Algorithm::HS512)] {
                let forger = Signer::secret(hmac, secret);
                let forged = forger.sign(json!({ "alg": name }).to_string(), good_claims().to_string());
                assert_eq!(authenticate(&authority, &forged).err(), Some(AuthError::WrongAlgorithm));

                let header = json!({ "alg": "HS256", "kid": "k" }).to_string();
                let forged = Signer::secret(Algorithm::HS256, secret).sign(header, good_claims().to_string());
                assert_eq!(authenticate(&with_secret, &forged).err(), Some(AuthError::WrongAlgorithm));

                let forged =
                    forger.sign(json!({ "alg": algorithm.name() }).to_string(), good_claims().to_string());
                assert_eq!(authenticate(&authority, &forged).err(), Some(AuthError::BadSignature));
            }
        }
    }
}
