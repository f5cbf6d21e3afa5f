//! [`TestAuthority`]: tokens for tests, by the same door as in production.
//!
//! There is no back door to a [`TenantToken`], not for tests either: a test signs a real JWT, and a real verifier
//! accepts it. What makes it a test's token is that nobody trusts its authority but the test's own database.

use std::future::Future;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use tenancy_core::auth::{JwtAlgorithm, JwtKey, JwtVerifier};
use tenancy_core::{Authority, TenantId, TenantToken};

use crate::panics::or_panic;
use crate::secret::Secret;

const ISSUER: &str = "https://testkit.tenancy.invalid";
const AUDIENCE: &str = "tenancy-testkit";

/// An authority with a random key that signs its own JWTs.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use tenancy_core::TenantId;
/// use tenancy_testkit::TestAuthority;
///
/// let authority = TestAuthority::new();
/// let acme = TenantId::random();
/// let token = authority.token(acme).await;
/// assert_eq!(token.tenant(), acme);
/// assert_eq!(token.authority(), authority.authority().id());
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct TestAuthority {
    authority: Authority,
    secret: Secret,
}

/// What a test's JWT says, besides its issuer, audience and tenant.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Claims {
    /// `sub`: who presents it. `tester` unless said otherwise.
    pub subject: String,
    /// `iat`. Now, unless said otherwise.
    pub issued_at: SystemTime,
    /// `exp`, in whole seconds. In an hour, unless said otherwise. There is no leeway.
    pub expires_at: SystemTime,
}

impl TestAuthority {
    /// Another authority at each call: none accepts what the other signs.
    #[must_use]
    pub fn new() -> Self {
        let secret = Secret::random();
        let key = JwtKey::from_secret(JwtAlgorithm::HS256, secret.expose().as_bytes());
        let verifier = JwtVerifier::builder()
            .issuer(ISSUER)
            .audience(AUDIENCE)
            // Tests wait for the expiry of a token, and its two clocks are one.
            .leeway(Duration::ZERO)
            .key(key.expect("64 bytes are enough for HS256"))
            .build()
            .expect("issuer, audience and key are given");
        Self { authority: Authority::new(verifier), secret }
    }

    /// The authority, for a database to trust.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// A token of `tenant`, good for an hour.
    #[track_caller]
    pub fn token(&self, tenant: TenantId) -> impl Future<Output = TenantToken> + Send {
        self.token_with(tenant, |_| {})
    }

    /// A token of a JWT that says something else than usual.
    ///
    /// ```
    /// # use std::time::{Duration, SystemTime};
    /// # use tenancy_core::TenantId;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// # let authority = tenancy_testkit::TestAuthority::new();
    /// # let acme = TenantId::random();
    /// let alice = authority.token_with(acme, |claims| claims.subject = "alice".into()).await;
    /// assert_eq!(alice.subject(), "alice");
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// When the authority refuses the JWT: it has expired, say. To see that, authenticate a [`jwt_with`](Self::jwt_with).
    #[track_caller]
    pub fn token_with(
        &self,
        tenant: TenantId,
        change: impl FnOnce(&mut Claims),
    ) -> impl Future<Output = TenantToken> + Send {
        let jwt = self.jwt_with(tenant, change);
        or_panic(async move { self.authority.authenticate(&jwt).await })
    }

    /// A JWT of `tenant`, good for an hour: what a client would send as its bearer token.
    #[must_use]
    pub fn jwt(&self, tenant: TenantId) -> String {
        self.jwt_with(tenant, |_| {})
    }

    /// A JWT that says something else than usual.
    #[must_use]
    pub fn jwt_with(&self, tenant: TenantId, change: impl FnOnce(&mut Claims)) -> String {
        let now = SystemTime::now();
        let mut claims =
            Claims { subject: "tester".into(), issued_at: now, expires_at: now + Duration::from_secs(3600) };
        change(&mut claims);
        let payload = serde_json::json!({
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": claims.subject,
            "iat": seconds(claims.issued_at),
            "exp": seconds(claims.expires_at),
            "tenant_id": tenant,
        });
        let key = EncodingKey::from_secret(self.secret.expose().as_bytes());
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &payload, &key).expect("HMAC signs any payload")
    }
}

impl Default for TestAuthority {
    fn default() -> Self {
        Self::new()
    }
}

/// A time as JWTs have it. What lies before 1970 is 1970.
fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
