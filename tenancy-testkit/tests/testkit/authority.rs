//! A test's tokens are real ones.

use std::time::{Duration, SystemTime};

use tenancy_core::TenantId;
use tenancy_core::auth::AuthError;
use tenancy_testkit::TestAuthority;

#[tokio::test]
async fn a_token_is_one_line() {
    let authority = TestAuthority::new();
    let tenant = TenantId::random();
    let token = authority.token(tenant).await;
    assert_eq!(token.tenant(), tenant);
    assert_eq!(token.subject(), "tester");
    assert_eq!(token.authority(), authority.authority().id());
    assert!(!token.is_expired());
}

#[tokio::test]
async fn another_authority_refuses_it() {
    let (ours, theirs) = (TestAuthority::new(), TestAuthority::new());
    let jwt = ours.jwt(TenantId::random());
    ours.authority().authenticate(&jwt).await.unwrap();
    let error = theirs.authority().authenticate(&jwt).await.unwrap_err();
    assert_eq!(error, AuthError::BadSignature);
}

#[tokio::test]
async fn an_expired_jwt_is_refused_and_a_token_expires_in_time() {
    let authority = TestAuthority::new();
    let tenant = TenantId::random();
    let past = SystemTime::now() - Duration::from_secs(2);
    let jwt = authority.jwt_with(tenant, |claims| claims.expires_at = past);
    assert_eq!(authority.authority().authenticate(&jwt).await.unwrap_err(), AuthError::Expired);

    let soon = SystemTime::now() + Duration::from_secs(2);
    let token = authority.token_with(tenant, |claims| claims.expires_at = soon).await;
    assert!(!token.is_expired());
    tokio::time::sleep(Duration::from_millis(2100)).await;
    assert!(token.is_expired());
}

#[test]
fn no_debug_shows_the_key() {
    let authority = TestAuthority::new();
    assert!(format!("{authority:?}").contains("Secret(..)"), "{authority:?}");
}

#[tokio::test]
async fn a_panic_names_the_line_of_the_test() {
    let authority = TestAuthority::new();
    let line = line!() + 1;
    let token = authority.token_with(TenantId::random(), |claims| claims.expires_at = SystemTime::UNIX_EPOCH);
    let refused = std::panic::AssertUnwindSafe(token);
    let panic = futures_util::FutureExt::catch_unwind(refused).await.unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    assert!(message.contains(&format!("authority.rs:{line}")), "{message}");
}
