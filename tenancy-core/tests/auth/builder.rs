//! What a verifier must be told.

use std::time::Duration;

use tenancy_core::auth::{JwtConfigError, JwtVerifier};

use crate::common::*;

#[test]
fn issuer_audience_and_key_are_required() {
    let key = hs256_key;
    let error = |builder: tenancy_core::auth::JwtVerifierBuilder| builder.build().err();
    assert_eq!(error(builder().key(key())), None);
    assert_eq!(error(JwtVerifier::builder().audience("a").key(key())), Some(JwtConfigError::NoIssuer));
    assert_eq!(
        error(JwtVerifier::builder().issuer("").audience("a").key(key())),
        Some(JwtConfigError::NoIssuer)
    );
    assert_eq!(error(JwtVerifier::builder().issuer("i").key(key())), Some(JwtConfigError::NoAudience));
    assert_eq!(error(builder().audience("").key(key())), Some(JwtConfigError::NoAudience));
    assert_eq!(error(builder()), Some(JwtConfigError::NoKey));
}

#[test]
fn a_key_is_found_by_one_name() {
    let error = |builder: tenancy_core::auth::JwtVerifierBuilder| builder.build().err();
    let named = |kid: &str| hs256_key().kid(kid);
    assert_eq!(error(builder().key(named("a")).key(named("b")).key(hs256_key())), None);
    assert_eq!(error(builder().key(hs256_key()).key(hs256_key())), Some(JwtConfigError::AmbiguousKeys));
    let twice = builder().key(named("a")).key(named("b")).key(named("a"));
    assert_eq!(error(twice), Some(JwtConfigError::AmbiguousKeys));
}

#[test]
fn the_tenant_claim_is_a_claim_of_its_own() {
    for name in ["", "iss", "aud", "exp", "nbf", "iat", "jti"] {
        let error = builder().tenant_claim(name).key(hs256_key()).build().err();
        assert_eq!(error, Some(JwtConfigError::TenantClaim), "{name}");
    }
}

#[test]
fn times_are_sensible() {
    let build =
        |leeway, lifetime| builder().leeway(leeway).max_lifetime(lifetime).key(hs256_key()).build().err();
    let second = Duration::from_secs(1);
    assert_eq!(build(300 * second, second), None);
    assert_eq!(build(301 * second, second), Some(JwtConfigError::TooMuchLeeway));
    assert_eq!(build(Duration::MAX, second), Some(JwtConfigError::TooMuchLeeway));
    assert_eq!(build(second, Duration::ZERO), Some(JwtConfigError::NoLifetime));
}
