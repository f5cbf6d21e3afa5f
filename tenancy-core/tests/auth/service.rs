//! Grants: for one tenant and one purpose, and for a short time.

use std::time::Duration;

use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use tenancy_core::auth::{Claim, JwtVerifier, ServiceError, ServiceKey, ServiceVerifier};
use tenancy_core::{AuthError, Authority, TenantId};

use crate::common::*;

const PURPOSE: &str = "nightly-billing";

fn key() -> ServiceKey {
    ServiceKey::from_secret(SECRET).expect("a key")
}

fn service() -> Authority {
    Authority::new(ServiceVerifier::new(key(), PURPOSE))
}

fn tenant() -> TenantId {
    TENANT.parse().expect("a tenant")
}

/// What a grant says, so that tests can say it differently.
fn grant_parts() -> (Value, Value) {
    use base64::Engine as _;
    let grant = key().grant(tenant(), PURPOSE).expect("a grant");
    let mut parts = grant.split('.').map(|part| {
        let json = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).expect("base64url");
        serde_json::from_slice::<Value>(&json)
    });
    let mut part = || parts.next().expect("a part").expect("JSON");
    (part(), part())
}

/// Asserts that a change to header and claims of a grant makes it refused.
#[track_caller]
fn refused(change: impl FnOnce(&mut Value, &mut Value), error: AuthError) {
    let (mut header, mut claims) = grant_parts();
    let outcome = |header: &Value, claims: &Value| {
        authenticate(&service(), &Signer::hs256().sign(header.to_string(), claims.to_string())).map(drop)
    };
    assert_eq!(outcome(&header, &claims), Ok(()), "accepted before the change");
    change(&mut header, &mut claims);
    assert_eq!(outcome(&header, &claims), Err(error), "{header} {claims}");
}

#[test]
fn a_grant_is_accepted_for_its_tenant_and_purpose() {
    let before = now();
    let token =
        authenticate(&service(), &key().grant(tenant(), PURPOSE).expect("a grant")).expect("accepted");
    assert_eq!(token.tenant(), tenant());
    assert_eq!(token.subject(), "service:nightly-billing");
    assert!(token.expires_at() >= at(before + 60) && token.expires_at() <= at(now() + 60 + 5));
}

#[test]
fn a_grant_for_another_purpose() {
    for other in ["nightly-billing2", "nightly", "NIGHTLY-BILLING", " nightly-billing"] {
        let grant = key().grant(tenant(), other).expect("a grant");
        assert_eq!(authenticate(&service(), &grant).err(), Some(AuthError::WrongAudience), "{other}");
    }
}

#[test]
fn a_grant_of_another_key() {
    let other = ServiceKey::from_secret(&[7; 32]).expect("a key");
    let grant = other.grant(tenant(), PURPOSE).expect("a grant");
    assert_eq!(authenticate(&service(), &grant).err(), Some(AuthError::BadSignature));
}

#[test]
fn a_lifetime_is_short() {
    let second = Duration::from_secs(1);
    for (lifetime, expected) in [
        (Duration::ZERO, Err(ServiceError::Lifetime)),
        (Duration::from_millis(999), Err(ServiceError::Lifetime)),
        (second, Ok(())),
        (900 * second, Ok(())),
        (901 * second, Err(ServiceError::Lifetime)),
        (Duration::MAX, Err(ServiceError::Lifetime)),
    ] {
        let grant = key().grant_for(tenant(), PURPOSE, lifetime);
        assert_eq!(grant.as_ref().map(drop).map_err(|error| *error), expected, "{lifetime:?}");
        if let Ok(grant) = grant {
            authenticate(&service(), &grant).expect("accepted");
        }
    }
    // Nor does the verifier believe one that was signed by other means.
    refused(|_, claims| claims["exp"] = json!(now() + 1000), AuthError::LivesTooLong);
    refused(|_, claims| claims["exp"] = json!(now() - 10), AuthError::Expired);
    refused(|_, claims| claims["iat"] = json!(now() + 60), AuthError::IssuedInTheFuture);
    refused(|_, claims| remove(claims, "exp"), AuthError::MissingClaim(Claim::Expiry));
}

#[test]
fn a_purpose_has_a_name() {
    assert_eq!(key().grant(tenant(), "").err(), Some(ServiceError::NoPurpose));
}

#[test]
fn a_grant_is_checked_like_any_jwt() {
    refused(|header, _| header["alg"] = json!("none"), AuthError::WrongAlgorithm);
    refused(|header, _| header["alg"] = json!("HS512"), AuthError::WrongAlgorithm);
    refused(|header, _| header["kid"] = json!("a"), AuthError::UnknownKey);
    refused(|header, _| header["crit"] = json!(["exp"]), AuthError::CriticalExtension);
    refused(|_, claims| claims["iss"] = json!(ISSUER), AuthError::WrongIssuer);
    refused(|_, claims| remove(claims, "aud"), AuthError::MissingClaim(Claim::Audience));
    refused(|_, claims| remove(claims, "tenant_id"), AuthError::MissingClaim(Claim::Tenant));
    refused(|_, claims| claims["tenant_id"] = json!(1), AuthError::MalformedClaim(Claim::Tenant));
    let nil = json!("00000000-0000-0000-0000-000000000000");
    refused(|_, claims| claims["tenant_id"] = nil, AuthError::NilTenant);
    assert_eq!(authenticate(&service(), &"a".repeat(20_000)).err(), Some(AuthError::TooLong));
    assert_eq!(authenticate(&service(), "acme").err(), Some(AuthError::NotAJwt));
}

/// One secret for both is a mistake, and yet neither is taken for the other.
#[test]
fn a_users_jwt_is_no_grant_and_a_grant_is_no_users_jwt() {
    for name in ["JWT", "at+jwt", ""] {
        refused(|header, _| header["typ"] = json!(name), AuthError::WrongType);
    }
    refused(|header, _| remove(header, "typ"), AuthError::WrongType);

    let (header, mut claims) = grant_parts();
    claims["sub"] = json!("ada");
    let issuer = claims["iss"].as_str().expect("a text").to_owned();
    let verifier = JwtVerifier::builder().issuer(issuer).audience(PURPOSE).key(hs256_key()).build();
    let users = Authority::new(verifier.expect("a verifier"));
    let outcome = |header: &Value| {
        let signer = Signer::secret(Algorithm::HS256, SECRET);
        authenticate(&users, &signer.sign(header.to_string(), claims.to_string())).map(drop)
    };
    assert_eq!(outcome(&good_header()), Ok(()), "all but the type agrees");
    assert_eq!(outcome(&header), Err(AuthError::WrongType));
}
