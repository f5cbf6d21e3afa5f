//! [`OpaqueVerifier`]: session ids and API keys.

use std::time::{Duration, SystemTime};

use subtle::ConstantTimeEq as _;

use crate::auth::identity::credential::Credential;
use crate::auth::identity::{CredentialKind, PgIdentity};
use crate::auth::verifier::sealed::Sealed;
use crate::auth::{AuthError, BuiltIn, Verified, Verifier};

/// How long a token is believed, unless said otherwise.
const LIFETIME: Duration = Duration::from_secs(15 * 60);

/// Verifies session ids, or API keys, that a [`PgIdentity`] issued. Each verification is a look-up, so that a revocation takes
/// effect at once.
///
/// ```no_run
/// use tenancy_core::Authority;
/// use tenancy_core::auth::{CredentialKind, Memberships, OpaqueVerifier, PgIdentity};
///
/// # fn configure(identity: PgIdentity) -> Authority {
/// Authority::new(OpaqueVerifier::new(identity.clone(), CredentialKind::Session))
///     .with_memberships(Memberships::new(identity))
/// # }
/// ```
#[derive(Debug)]
pub struct OpaqueVerifier {
    identity: PgIdentity,
    kind: CredentialKind,
    lifetime: Duration,
}

impl OpaqueVerifier {
    /// Accepts credentials of one kind.
    #[must_use]
    pub fn new(identity: PgIdentity, kind: CredentialKind) -> Self {
        Self { identity, kind, lifetime: LIFETIME }
    }

    /// How long a token is believed: 15 minutes unless said otherwise, and never longer than its credential. A request that
    /// goes on for that long (a download, a WebSocket) ends then, whether the credential was revoked or not.
    #[must_use]
    pub fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }
}

impl Sealed for OpaqueVerifier {}
impl BuiltIn for OpaqueVerifier {}

impl Verifier for OpaqueVerifier {
    async fn verify(&self, credential: &str) -> Result<Verified, AuthError> {
        let credential = Credential::parse(self.kind, credential)?;
        let held =
            self.identity.held(credential.id(), self.kind).await.map_err(|error| AuthError::store(&error))?;
        // Where there is none, the same is computed and compared.
        let hash = held.as_ref().map_or([0; 32], |held| held.hash);
        let same = bool::from(hash.ct_eq(&credential.hash()));
        let held = held.filter(|_| same).ok_or(AuthError::UnknownCredential)?;
        if held.revoked {
            return Err(AuthError::Revoked);
        }
        let until =
            SystemTime::now().checked_add(self.lifetime).unwrap_or(held.expires_at).min(held.expires_at);
        let verified = match held.tenant {
            Some(tenant) => Verified::new(tenant, held.subject, until),
            None => Verified::of_user(held.subject, until),
        };
        Ok(verified.issued_at(Some(held.issued_at)).id(Some(credential.id().to_string().into())))
    }
}
