//! [`Authority`]: one verifier, with an identity that cannot be forged.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::auth::{AuthError, BuiltIn, Verified, Verifier};

/// The only source of tokens: see [`authenticate`](Authority::authenticate).
///
/// Cloning keeps the identity; every call of [`new`](Authority::new) makes another one, with the same verifier or
/// not. A [`TenantDb`](crate::TenantDb) trusts identities, not keys.
#[derive(Clone)]
pub struct Authority {
    id: AuthorityId,
    verifier: Arc<dyn ErasedVerifier>,
}

/// The identity of an [`Authority`] within this process. It can be compared and printed, and not made.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AuthorityId(u64);

impl Authority {
    /// An authority that believes what `verifier` accepts.
    #[must_use]
    pub fn new<V: BuiltIn>(verifier: V) -> Self {
        Self::from_any(verifier)
    }

    pub(crate) fn from_any<V: Verifier>(verifier: V) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self { id: AuthorityId(NEXT.fetch_add(1, Ordering::Relaxed)), verifier: Arc::new(verifier) }
    }

    /// The identity that the tokens of this authority carry.
    #[must_use]
    pub fn id(&self) -> AuthorityId {
        self.id
    }

    pub(crate) async fn verify(&self, credential: &str) -> Result<Verified, AuthError> {
        self.verifier.verify(credential).await
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
}

type Verifying<'a> = Pin<Box<dyn Future<Output = Result<Verified, AuthError>> + Send + 'a>>;

impl<V: Verifier> ErasedVerifier for V {
    fn verify<'a>(&'a self, credential: &'a str) -> Verifying<'a> {
        Box::pin(Verifier::verify(self, credential))
    }
}
