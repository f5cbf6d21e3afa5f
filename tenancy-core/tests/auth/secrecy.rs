//! What errors and `Debug` show: nothing of a credential and nothing of a key.

use std::error::Error;
use std::fmt::Debug;

use serde_json::json;
use tenancy_core::Authority;
use tenancy_core::auth::{JwtAlgorithm, JwtKey, ServiceKey, ServiceVerifier};

use crate::common::*;

const MARK: &str = "MARK\nFORGED LOG LINE";

#[test]
fn errors_carry_nothing_of_the_token() {
    let header = good_header().to_string();
    let marked = |name: &str| {
        let mut claims = good_claims();
        claims[name] = json!(MARK);
        claims.to_string()
    };
    let mut tokens = vec![MARK.to_owned(), format!("{MARK}.{MARK}.{MARK}")];
    for name in ["iss", "aud", "exp", "nbf", "iat", "tenant_id"] {
        tokens.push(Signer::hs256().sign(&header, marked(name)));
    }
    tokens.push(Signer::hs256().sign(&header, format!("{{\"{MARK}\":")));
    tokens.push(Signer::hs256().sign(json!({ "alg": MARK }).to_string(), good_claims().to_string()));
    tokens.push(
        Signer::hs256().sign(json!({ "alg": "HS256", "kid": MARK }).to_string(), good_claims().to_string()),
    );
    tokens.push(
        Signer::hs256().sign(json!({ "alg": "HS256", "typ": MARK }).to_string(), good_claims().to_string()),
    );
    for token in tokens {
        let error = authenticate(&authority(), &token).expect_err("refused");
        let mut shown = format!("{error} {error:?} {error:#?}");
        let mut source = error.source();
        while let Some(error) = source {
            shown += &format!("{error} {error:?}");
            source = error.source();
        }
        assert!(!shown.contains("MARK") && !error.to_string().contains('\n'), "{shown}");
    }
}

#[test]
fn debug_shows_no_key() {
    #[track_caller]
    fn check(value: &dyn Debug, secret: &[u8]) {
        for shown in [format!("{value:?}"), format!("{value:#?}")] {
            let packed: String = shown.split_whitespace().collect();
            let bytes: String = format!("{:?}", &secret[8..12]).split_whitespace().collect();
            assert!(!packed.contains(bytes.trim_matches(['[', ']'])), "{shown}");
            assert!(!shown.contains(&*String::from_utf8_lossy(&secret[8..16])), "{shown}");
        }
    }
    let key = hs256_key().kid("2026-11");
    assert!(format!("{key:?}").contains("2026-11"), "a name is no secret");
    check(&key, SECRET);
    check(&builder().key(key.clone()), SECRET);
    check(&builder().key(key.clone()).build().expect("a verifier"), SECRET);
    check(&Authority::new(builder().key(key).build().expect("a verifier")), SECRET);
    let service = ServiceKey::from_secret(SECRET).expect("a key");
    check(&service, SECRET);
    check(&ServiceVerifier::new(service, "billing"), SECRET);
    check(&JwtKey::from_secret(JwtAlgorithm::HS256, &SECRET[..8]).expect_err("too short"), SECRET);
}

#[test]
fn a_token_keeps_its_subject_out_of_logs() {
    let token = outcome(&good_header(), &good_claims()).expect("accepted");
    assert_eq!(token.subject(), "ada");
    assert!(!format!("{token:?}").contains("ada"));
}
