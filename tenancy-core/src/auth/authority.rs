//! [`Authority`]: one verifier, with an identity that cannot be forged.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::TenantId;
use crate::auth::{AuthError, BuiltIn, Verified, Verifier};
#[cfg(feature = "identity")]
use crate::auth::{Memberships, Revocations};

/// The only source of tokens: see [`authenticate`](Authority::authenticate).
///
/// Cloning keeps the identity; every call of [`new`](Authority::new) makes another one, with the same verifier or
/// not. A [`TenantDb`](crate::TenantDb) trusts identities, not keys.
#[derive(Clone)]
pub struct Authority {
    id: AuthorityId,
    verifier: Arc<dyn ErasedVerifier>,
    #[cfg(feature = "identity")]
    memberships: Option<Memberships>,
    #[cfg(feature = "identity")]
    revocations: Option<Revocations>,
}

/// The identity of an [`Authority`] within this process. It can be compared and printed, and not made.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AuthorityId(u64);

/// Another one at each call. No function of the type's own: the compiler would propose it to whoever tries to make one.
fn next_id() -> AuthorityId {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    AuthorityId(NEXT.fetch_add(1, Ordering::Relaxed))
}

impl Authority {
    /// An authority that believes what `verifier` accepts.
    #[must_use]
    pub fn new<V: BuiltIn>(verifier: V) -> Self {
        Self::from_any(verifier)
    }

    pub(crate) fn from_any<V: Verifier>(verifier: V) -> Self {
        Self {
            id: next_id(),
            verifier: Arc::new(verifier),
            #[cfg(feature = "identity")]
            memberships: None,
            #[cfg(feature = "identity")]
            revocations: None,
        }
    }

    /// An authority that mints tokens for members only: whatever tenant a credential names or a request asks for, the store
    /// is asked whether the subject is a member of it. It is another authority than this one.
    #[cfg(feature = "identity")]
    #[must_use]
    pub fn with_memberships(self, memberships: Memberships) -> Self {
        Self { id: next_id(), memberships: Some(memberships), ..self }
    }

    /// An authority that asks whether a credential was revoked. It is another authority than this one.
    #[cfg(feature = "identity")]
    #[must_use]
    pub fn with_revocations(self, revocations: Revocations) -> Self {
        Self { id: next_id(), revocations: Some(revocations), ..self }
    }

    /// The identity that the tokens of this authority carry.
    #[must_use]
    pub fn id(&self) -> AuthorityId {
        self.id
    }

    pub(crate) async fn verify(&self, credential: &str) -> Result<Verified, AuthError> {
        self.verifier.verify(credential).await
    }

    /// Whether the subject may act for the tenant, now.
    #[cfg(feature = "identity")]
    pub(crate) async fn admit(
        &self,
        verified: &Verified,
        asked: Option<TenantId>,
    ) -> Result<TenantId, AuthError> {
        let tenant = verified.choose(asked, self.memberships.is_some())?;
        if let Some(revocations) = &self.revocations {
            revocations.check(verified.presented(tenant)).await?;
        }
        if let Some(memberships) = &self.memberships {
            memberships.check(verified.subject(), tenant).await?;
        }
        Ok(tenant)
    }

    #[cfg(not(feature = "identity"))]
    pub(crate) async fn admit(
        &self,
        verified: &Verified,
        asked: Option<TenantId>,
    ) -> Result<TenantId, AuthError> {
        verified.choose(asked, false)
    }

    /// Whether it answers without waiting for anybody, as a rule: no store is asked.
    #[cfg(feature = "tower")]
    pub(crate) fn answers_at_once(&self) -> bool {
        self.memberships.is_none() && self.revocations.is_none() && self.verifier.answers_at_once()
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Authority").field(&self.id.0).finish()
    }
}

impl fmt::Debug for AuthorityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuthorityId({})", self.0)
    }
}

/// [`Verifier`] without its generic future, so that an authority is one type.
trait ErasedVerifier: Send + Sync {
    fn verify<'a>(&'a self, credential: &'a str) -> Verifying<'a>;

    #[cfg(feature = "tower")]
    fn answers_at_once(&self) -> bool;
}

type Verifying<'a> = Pin<Box<dyn Future<Output = Result<Verified, AuthError>> + Send + 'a>>;

impl<V: Verifier> ErasedVerifier for V {
    fn verify<'a>(&'a self, credential: &'a str) -> Verifying<'a> {
        Box::pin(Verifier::verify(self, credential))
    }

    #[cfg(feature = "tower")]
    fn answers_at_once(&self) -> bool {
        V::ANSWERS_AT_ONCE
    }
}
