//! `alg`, `typ`, `crit` and `kid`.

use serde_json::{Value, json};
use tenancy_core::auth::{JwtAlgorithm, JwtKey};
use tenancy_core::{AuthError, Authority};

use crate::common::*;

#[test]
fn the_algorithm_is_the_keys() {
    for other in ["none", "None", "NONE", "", "hs256", "HS384", "HS512", "RS256", "ES256", "EdDSA", "HS256 "]
    {
        header_refused(|header| header["alg"] = json!(other), AuthError::WrongAlgorithm);
    }
    for other in [json!(null), json!(1), json!(["HS256"])] {
        header_refused(|header| header["alg"] = other, AuthError::WrongAlgorithm);
    }
    header_refused(|header| remove(header, "alg"), AuthError::WrongAlgorithm);
}

#[test]
fn an_unsigned_token() {
    let token = Signer::hs256().sign(json!({ "alg": "none" }).to_string(), good_claims().to_string());
    let (message, _) = token.rsplit_once('.').expect("three parts");
    assert_eq!(authenticate(&authority(), &format!("{message}.")).err(), Some(AuthError::WrongAlgorithm));
}

#[test]
fn types() {
    for name in
        ["JWT", "jwt", "at+jwt", "AT+JWT", "application/jwt", "application/at+jwt", "Application/AT+JWT"]
    {
        let mut header = good_header();
        header["typ"] = json!(name);
        outcome(&header, &good_claims()).expect(name);
    }
    let mut header = good_header();
    remove(&mut header, "typ");
    outcome(&header, &good_claims()).expect("a type may be left out");

    for name in
        ["", "JOSE", "JWE", "dpop+jwt", "logout+jwt", "secevent+jwt", "tenancy-grant+jwt", "text/jwt", "jwt "]
    {
        header_refused(|header| header["typ"] = json!(name), AuthError::WrongType);
    }
    for value in [json!(1), json!(["JWT"]), json!({})] {
        header_refused(|header| header["typ"] = value, AuthError::WrongType);
    }
}

#[test]
fn critical_extensions() {
    for value in [json!(["exp"]), json!(["b64"]), json!([]), json!("exp"), Value::Null] {
        header_refused(|header| header["crit"] = value, AuthError::CriticalExtension);
    }
}

#[test]
fn keys_that_come_with_the_token_are_not_looked_at() {
    let own = Signer::secret(jsonwebtoken::Algorithm::HS256, b"a secret of the attacker's own choosing");
    let mut header = good_header();
    header["jwk"] = json!({ "kty": "oct", "k": "YSBzZWNyZXQgb2YgdGhlIGF0dGFja2VyJ3Mgb3duIGNob29zaW5n" });
    header["jku"] = json!("https://evil.example.com/jwks.json");
    header["x5u"] = json!("https://evil.example.com/chain.pem");
    let token = own.sign(header.to_string(), good_claims().to_string());
    assert_eq!(authenticate(&authority(), &token).err(), Some(AuthError::BadSignature));
    outcome(&header, &good_claims()).expect("they do no harm either");
}

#[test]
fn a_kid_chooses_the_key() {
    let secrets = [("a", [b'a'; 32]), ("b", [b'b'; 32])];
    let keys = secrets
        .map(|(kid, secret)| JwtKey::from_secret(JwtAlgorithm::HS256, &secret).expect("a key").kid(kid));
    let [a, b] = keys;
    let named = Authority::new(builder().key(a.clone()).key(b.clone()).build().expect("a verifier"));
    let and_unnamed = Authority::new(builder().key(a).key(b).key(hs256_key()).build().expect("a verifier"));

    let outcome = |authority: &Authority, secret: &[u8], kid: Value| {
        let mut header = good_header();
        header["kid"] = kid;
        let signer = Signer::secret(jsonwebtoken::Algorithm::HS256, secret);
        authenticate(authority, &signer.sign(header.to_string(), good_claims().to_string())).map(drop)
    };
    for authority in [&named, &and_unnamed] {
        assert_eq!(outcome(authority, &[b'a'; 32], json!("a")), Ok(()));
        assert_eq!(outcome(authority, &[b'b'; 32], json!("b")), Ok(()));
        assert_eq!(
            outcome(authority, &[b'b'; 32], json!("a")),
            Err(AuthError::BadSignature),
            "another key's"
        );
        for kid in [json!("c"), json!(""), json!("A"), json!(1), json!(["a"])] {
            assert_eq!(outcome(authority, &[b'a'; 32], kid), Err(AuthError::UnknownKey));
        }
    }
    // Without a name only the key without a name counts, although another would fit.
    assert_eq!(outcome(&named, &[b'a'; 32], Value::Null), Err(AuthError::UnknownKey));
    assert_eq!(outcome(&and_unnamed, &[b'a'; 32], Value::Null), Err(AuthError::BadSignature));
    assert_eq!(outcome(&and_unnamed, SECRET, Value::Null), Ok(()));
    // With a name the key without a name does not count.
    assert_eq!(outcome(&and_unnamed, SECRET, json!("a")), Err(AuthError::BadSignature));
    assert_eq!(outcome(&authority(), SECRET, json!("a")), Err(AuthError::UnknownKey));
}
