//! Issuer, audience, subject and tenant.

use serde_json::{Value, json};
use tenancy_core::auth::Claim;
use tenancy_core::{AuthError, Authority};

use crate::common::*;

/// What is no text.
fn not_texts() -> [Value; 6] {
    [json!(1), json!(true), json!({}), json!([]), json!(""), json!([ISSUER])]
}

#[test]
fn good_claims_are_accepted() {
    let token = outcome(&good_header(), &good_claims()).expect("accepted");
    assert_eq!(token.tenant().to_string(), TENANT);
    assert_eq!(token.subject(), "ada");
}

#[test]
fn claims_that_nobody_reads_do_not_matter() {
    let mut claims = good_claims();
    claims["roles"] = json!({ "admin": [1, 2.5, null] });
    claims["email"] = json!(7);
    claims["jti"] = json!("a text");
    outcome(&good_header(), &claims).expect("accepted");
}

/// By it a token can be revoked, so that it must be one (RFC 7519, section 4.1.7).
#[test]
fn an_id_is_a_text() {
    for value in [json!(7), json!(true), json!(["a"]), json!({ "a": 1 })] {
        claims_refused(|claims| claims["jti"] = value, AuthError::MalformedClaim(Claim::Id));
    }
}

#[test]
fn every_required_claim_is_required() {
    for (name, claim) in [
        ("iss", Claim::Issuer),
        ("aud", Claim::Audience),
        ("exp", Claim::Expiry),
        ("sub", Claim::Subject),
        ("tenant_id", Claim::Tenant),
    ] {
        claims_refused(|claims| remove(claims, name), AuthError::MissingClaim(claim));
        claims_refused(|claims| claims[name] = Value::Null, AuthError::MissingClaim(claim));
    }
}

#[test]
fn texts_must_be_texts() {
    for (name, claim) in [("iss", Claim::Issuer), ("sub", Claim::Subject), ("tenant_id", Claim::Tenant)] {
        for value in not_texts() {
            claims_refused(|claims| claims[name] = value, AuthError::MalformedClaim(claim));
        }
    }
}

#[test]
fn another_issuer() {
    for other in ["https://id.example.com/", "https://ID.example.com", "https://id.example.com.evil.com", " "]
    {
        claims_refused(|claims| claims["iss"] = json!(other), AuthError::WrongIssuer);
    }
}

#[test]
fn an_audience_is_a_text_or_texts() {
    for value in [json!(1), json!({ "api": true }), json!([AUDIENCE, 1]), json!([[AUDIENCE]]), json!([null])]
    {
        claims_refused(|claims| claims["aud"] = value, AuthError::MalformedClaim(Claim::Audience));
    }
    for value in [json!("web"), json!("API"), json!([]), json!(["web", "api2"]), json!("")] {
        claims_refused(|claims| claims["aud"] = value, AuthError::WrongAudience);
    }
    let mut claims = good_claims();
    claims["aud"] = json!(["web", AUDIENCE]);
    outcome(&good_header(), &claims).expect("one of several is enough");
}

#[test]
fn a_verifier_may_have_several_audiences() {
    let verifier = builder().audience("admin").key(hs256_key()).build().expect("a verifier");
    let authority = Authority::new(verifier);
    let outcome = |audience: Value| {
        let mut claims = good_claims();
        claims["aud"] = audience;
        authenticate(&authority, &Signer::hs256().sign(good_header().to_string(), claims.to_string()))
            .map(drop)
    };
    assert_eq!(outcome(json!(AUDIENCE)), Ok(()));
    assert_eq!(outcome(json!(["admin", "other"])), Ok(()));
    assert_eq!(outcome(json!(["other"])), Err(AuthError::WrongAudience));
}

#[test]
fn a_tenant_has_one_spelling() {
    for other in [
        "{0b9f7c9e-3d0b-4f6e-9d0e-2f8f7f1f3c55}",
        "urn:uuid:0b9f7c9e-3d0b-4f6e-9d0e-2f8f7f1f3c55",
        "0b9f7c9e3d0b4f6e9d0e2f8f7f1f3c55",
        " 0b9f7c9e-3d0b-4f6e-9d0e-2f8f7f1f3c55",
        "0b9f7c9e-3d0b-4f6e-9d0e-2f8f7f1f3c5g",
        "acme",
    ] {
        let malformed = AuthError::MalformedClaim(Claim::Tenant);
        claims_refused(|claims| claims["tenant_id"] = json!(other), malformed);
    }
    let mut claims = good_claims();
    claims["tenant_id"] = json!(TENANT.to_ascii_uppercase());
    let token = outcome(&good_header(), &claims).expect("upper case is read");
    assert_eq!(token.tenant().to_string(), TENANT);
}

#[test]
fn nil_is_no_tenant() {
    let nil = json!("00000000-0000-0000-0000-000000000000");
    claims_refused(|claims| claims["tenant_id"] = nil, AuthError::NilTenant);
}

#[test]
fn the_tenant_claim_has_the_name_that_was_configured() {
    const NAME: &str = "https://example.com/org";
    let authority =
        Authority::new(builder().tenant_claim(NAME).key(hs256_key()).build().expect("a verifier"));
    let outcome = |claims: &Value| {
        let token = Signer::hs256().sign(good_header().to_string(), claims.to_string());
        authenticate(&authority, &token).map(|token| token.tenant().to_string())
    };
    let mut claims = good_claims();
    assert_eq!(outcome(&claims), Err(AuthError::MissingClaim(Claim::Tenant)), "`tenant_id` is not the name");
    claims[NAME] = json!("5f0c7a11-1c4e-4d8b-a3c5-6a8f0f6f2f10");
    assert_eq!(outcome(&claims).as_deref(), Ok("5f0c7a11-1c4e-4d8b-a3c5-6a8f0f6f2f10"));
    claims[NAME] = json!([TENANT]);
    assert_eq!(outcome(&claims), Err(AuthError::MalformedClaim(Claim::Tenant)));
    claims[NAME] = json!("00000000-0000-0000-0000-000000000000");
    assert_eq!(outcome(&claims), Err(AuthError::NilTenant));
}
