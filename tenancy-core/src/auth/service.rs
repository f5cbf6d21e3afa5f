//! [`ServiceVerifier`]: work that starts without a user, such as cron jobs, webhooks and workers.
//!
//! Such work needs a token too, and a tenant id is no proof. Whoever decides that the work be done signs a *grant*, for
//! one tenant and one purpose, with a service key; whoever does the work authenticates with it. A grant is a
//! credential and can travel; the token that it yields does not.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::EncodingKey;
use jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER;
use serde_json::json;

use crate::TenantId;
use crate::auth::jwt::{JwtAlgorithm, JwtKey, JwtKeyError, Rules, Unverified, now, tenant};
use crate::auth::verifier::sealed::Sealed;
use crate::auth::{AuthError, BuiltIn, Verified, Verifier};

/// The `typ` of a grant. A user's JWT is no grant and a grant is no user's JWT, even under one secret.
const TYPE: &str = "tenancy-grant+jwt";
const ISSUER: &str = "tenancy-service";
const LEEWAY: u64 = 5;
/// How long a grant is valid unless said otherwise.
const LIFETIME: Duration = Duration::from_secs(60);
/// How long it can be valid.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// A secret that signs grants and verifies them.
#[derive(Clone)]
pub struct ServiceKey {
    verifying: JwtKey,
    signing: EncodingKey,
}

/// Why a grant was not signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// A purpose has no name.
    #[error("a grant is for a purpose: give it a name")]
    NoPurpose,
    /// A grant is valid for more than nothing, and for 15 minutes at the most.
    #[error("a grant is valid for more than nothing, and for 15 minutes at the most")]
    Lifetime,
    /// The signature could not be made.
    #[error("the grant could not be signed")]
    Signing,
}

impl ServiceKey {
    /// A secret of at least 32 bytes. Give it to those who sign and those who verify, and to nobody else: whoever has
    /// it can act for every tenant.
    ///
    /// # Errors
    ///
    /// [`JwtKeyError`] when it is too short, or the text of a PEM file.
    pub fn from_secret(secret: &[u8]) -> Result<Self, JwtKeyError> {
        let verifying = JwtKey::from_secret(JwtAlgorithm::HS256, secret)?;
        Ok(Self { verifying, signing: EncodingKey::from_secret(secret) })
    }

    /// Signs a grant to act for a tenant, for one purpose, within the next 60 seconds.
    ///
    /// # Errors
    ///
    /// [`ServiceError::NoPurpose`] when the purpose is empty.
    pub fn grant(&self, tenant: TenantId, purpose: &str) -> Result<String, ServiceError> {
        self.grant_for(tenant, purpose, LIFETIME)
    }

    /// As [`grant`](Self::grant), with a lifetime of one's own: 15 minutes at the most.
    ///
    /// # Errors
    ///
    /// [`ServiceError`] says what is wrong with purpose or lifetime.
    pub fn grant_for(
        &self,
        tenant: TenantId,
        purpose: &str,
        lifetime: Duration,
    ) -> Result<String, ServiceError> {
        if purpose.is_empty() {
            return Err(ServiceError::NoPurpose);
        }
        if lifetime < Duration::from_secs(1) || lifetime > LONGEST {
            return Err(ServiceError::Lifetime);
        }
        let now = now();
        let header = json!({ "alg": JwtAlgorithm::HS256.name(), "typ": TYPE });
        let claims = json!({
            "iss": ISSUER,
            "aud": purpose,
            "tenant_id": tenant,
            "iat": now,
            "exp": now.saturating_add(lifetime.as_secs()),
        });
        let encode = |json: serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let message = format!("{}.{}", encode(header), encode(claims));
        let signer = (DEFAULT_PROVIDER.signer_factory)(&JwtAlgorithm::HS256.library(), &self.signing)
            .map_err(|_| ServiceError::Signing)?;
        let signature = signer.try_sign(message.as_bytes()).map_err(|_| ServiceError::Signing)?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

impl fmt::Debug for ServiceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceKey").finish_non_exhaustive()
    }
}

/// Verifies grants for one purpose. Its tokens have the subject `service:<purpose>`.
///
/// ```
/// use tenancy_core::{Authority, TenantId};
/// use tenancy_core::auth::{ServiceKey, ServiceVerifier};
///
/// # async fn nightly(tenant: TenantId) -> Result<(), Box<dyn std::error::Error>> {
/// let key = ServiceKey::from_secret(b"a secret that only the workers hold, 32+")?;
/// let billing = Authority::new(ServiceVerifier::new(key.clone(), "nightly-billing"));
///
/// let grant = key.grant(tenant, "nightly-billing")?;
/// let token = billing.authenticate(&grant).await?;
/// assert_eq!(token.subject(), "service:nightly-billing");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ServiceVerifier {
    key: ServiceKey,
    rules: Rules,
    subject: Box<str>,
}

impl ServiceVerifier {
    /// Accepts grants that `key` signed for `purpose`.
    #[must_use]
    pub fn new(key: ServiceKey, purpose: &str) -> Self {
        let rules = Rules {
            types: &[TYPE],
            type_required: true,
            issuer: ISSUER.into(),
            audiences: vec![purpose.into()],
            leeway: LEEWAY,
            max_lifetime: LONGEST.as_secs(),
        };
        Self { key, rules, subject: format!("service:{purpose}").into() }
    }
}

impl Sealed for ServiceVerifier {}
impl BuiltIn for ServiceVerifier {}

impl Verifier for ServiceVerifier {
    async fn verify(&self, credential: &str) -> Result<Verified, AuthError> {
        let token = Unverified::parse(credential)?;
        if token.header.contains("kid") {
            return Err(AuthError::UnknownKey);
        }
        let claims = self.rules.check(&token, &self.key.verifying)?;
        let tenant = tenant(&claims, "tenant_id")?;
        Ok(Verified::new(tenant, self.subject.clone(), self.rules.expires_at(&claims)?))
    }
}
