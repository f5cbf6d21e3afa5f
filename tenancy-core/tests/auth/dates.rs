//! `exp`, `nbf` and `iat`. Leeway is 30 seconds unless said otherwise; tests stay two seconds clear of every border.

use std::time::Duration;

use futures_util::FutureExt as _;
use serde_json::{Value, json};
use tenancy_core::auth::{Claim, Verifier as _};
use tenancy_core::{AuthError, Authority, TenantToken};

use crate::common::*;

fn with(name: &str, value: Value) -> Result<TenantToken, AuthError> {
    let mut claims = good_claims();
    claims[name] = value;
    outcome(&good_header(), &claims)
}

/// Signs claims whose date is spelled in a way that `Value` may not keep.
fn with_spelling(name: &str, number: &str) -> Result<TenantToken, AuthError> {
    let mut claims = good_claims();
    claims[name] = json!("SPELLING");
    let claims = claims.to_string().replace("\"SPELLING\"", number);
    authenticate(&authority(), &Signer::hs256().sign(good_header().to_string(), claims))
}

#[test]
fn expired() {
    claims_refused(|claims| claims["exp"] = json!(now() - 32), AuthError::Expired);
    claims_refused(|claims| claims["exp"] = json!(0), AuthError::Expired);
}

/// The mint looks at the expiry again, so only the verifier itself tells whether it did.
#[test]
fn the_verifier_does_not_leave_expiry_to_the_mint() {
    let verifier = builder().key(hs256_key()).build().expect("a verifier");
    let outcome = |expiry: u64| {
        let mut claims = good_claims();
        claims["exp"] = json!(expiry);
        let token = Signer::hs256().sign(good_header().to_string(), claims.to_string());
        verifier.verify(&token).now_or_never().expect("nothing to wait for").map(drop)
    };
    assert_eq!(outcome(now() - 10), Ok(()));
    assert_eq!(outcome(now() - 32), Err(AuthError::Expired));
}

#[test]
fn leeway_outlives_authentication() {
    let expiry = now() - 10;
    let token = with("exp", json!(expiry)).expect("within leeway");
    assert_eq!(token.expires_at(), at(expiry + 30));
    assert!(!token.is_expired());
}

#[test]
fn leeway_can_be_none() {
    let verifier = builder().leeway(Duration::ZERO).key(hs256_key()).build().expect("a verifier");
    let authority = Authority::new(verifier);
    let outcome = |expiry: u64| {
        let mut claims = good_claims();
        claims["exp"] = json!(expiry);
        let token = Signer::hs256().sign(good_header().to_string(), claims.to_string());
        authenticate(&authority, &token).map(|token| token.expires_at())
    };
    let expiry = now() + 60;
    assert_eq!(outcome(expiry), Ok(at(expiry)));
    assert_eq!(outcome(now() - 1), Err(AuthError::Expired));
}

#[test]
fn lives_too_long() {
    with("exp", json!(now() + DAY)).expect("a day is allowed");
    for expiry in [now() + DAY + 32, now() + 1_000_000_000 * 365 * DAY, u64::MAX] {
        claims_refused(|claims| claims["exp"] = json!(expiry), AuthError::LivesTooLong);
    }
}

#[test]
fn the_longest_lifetime_is_configurable_and_cannot_overflow() {
    let outcome = |lifetime: Duration, expiry: u64| {
        let verifier = builder().max_lifetime(lifetime).key(hs256_key()).build().expect("a verifier");
        let mut claims = good_claims();
        claims["exp"] = json!(expiry);
        let token = Signer::hs256().sign(good_header().to_string(), claims.to_string());
        authenticate(&Authority::new(verifier), &token).map(drop)
    };
    assert_eq!(outcome(Duration::from_secs(60), now() + 60), Ok(()));
    assert_eq!(outcome(Duration::from_secs(60), now() + 92), Err(AuthError::LivesTooLong));
    assert_eq!(outcome(Duration::MAX, u64::MAX), Err(AuthError::LivesTooLong), "no SystemTime is that late");
}

#[test]
fn not_valid_yet() {
    claims_refused(|claims| claims["nbf"] = json!(now() + 40), AuthError::NotYetValid);
    claims_refused(|claims| claims["nbf"] = json!(u64::MAX), AuthError::NotYetValid);
    with("nbf", json!(now() + 20)).expect("within leeway");
    with("nbf", json!(now() - 60)).expect("in the past");
}

#[test]
fn issued_in_the_future() {
    claims_refused(|claims| claims["iat"] = json!(now() + 40), AuthError::IssuedInTheFuture);
    claims_refused(|claims| claims["iat"] = json!(u64::MAX), AuthError::IssuedInTheFuture);
    with("iat", json!(now() + 20)).expect("within leeway");
    with("iat", json!(now() - 60)).expect("in the past");
}

#[test]
fn dates_are_numbers_and_not_negative() {
    for (name, claim) in [("exp", Claim::Expiry), ("nbf", Claim::NotBefore), ("iat", Claim::IssuedAt)] {
        let later = (now() + 60).to_string();
        for value in
            [json!(later), json!([now()]), json!({}), json!(true), json!(-1), json!(i64::MIN), json!(-0.5)]
        {
            claims_refused(|claims| claims[name] = value, AuthError::MalformedClaim(claim));
        }
    }
}

#[test]
fn dates_may_have_fractions_and_exponents() {
    let expiry = now() + 60;
    assert_eq!(
        with_spelling("exp", &format!("{expiry}.9")).map(|token| token.expires_at()),
        Ok(at(expiry + 30))
    );
    assert!(with_spelling("nbf", "1.7e9").is_ok());
    assert!(with_spelling("iat", "-0.0").is_ok(), "minus zero is zero");
}

#[test]
fn dates_beyond_every_integer() {
    for number in ["18446744073709551616", "1e19", "1e300", "123456789012345678901234567890.5"] {
        assert_eq!(with_spelling("exp", number).err(), Some(AuthError::LivesTooLong), "{number}");
        assert_eq!(with_spelling("nbf", number).err(), Some(AuthError::NotYetValid), "{number}");
        assert_eq!(with_spelling("iat", number).err(), Some(AuthError::IssuedInTheFuture), "{number}");
    }
    for number in ["1e999", "-1e999", "-1e300", "NaN", "Infinity", "0x10", "1_000"] {
        // Whether it is no JSON or no date is the parser's affair.
        assert!(with_spelling("exp", number).is_err(), "{number}");
        assert!(with_spelling("nbf", number).is_err(), "{number}");
    }
}
