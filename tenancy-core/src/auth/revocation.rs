//! [`Revocations`]: credentials that are genuine, and no longer believed.
//!
//! A JWT says by itself until when it is good. What ends it earlier is a list: of single tokens by their `jti`, and of moments
//! before which nothing counts that was issued (`iat`), for a user, for a tenant, or for a user in a tenant.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::TenantId;
use crate::auth::memo::Memo;
use crate::auth::{AuthError, StoreError};

/// A credential that was verified, as a [`RevocationStore`] is asked about it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Presented {
    /// The tenant that it is used for.
    pub tenant: TenantId,
    /// Who presented it.
    pub subject: Box<str>,
    /// Its own id: the `jti` of a JWT.
    pub id: Option<Box<str>>,
    /// When it was issued: the `iat` of a JWT, in whole seconds.
    pub issued_at: Option<SystemTime>,
}

/// Knows what was revoked. **Isolation trusts it.**
pub trait RevocationStore: Send + Sync + 'static {
    /// Whether this is no longer believed. What does not say when it was issued lies before every cut-off.
    fn is_revoked(&self, presented: &Presented) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

/// A store of revocations: given to [`Authority::with_revocations`](crate::Authority::with_revocations).
#[derive(Clone)]
pub struct Revocations {
    store: Arc<dyn ErasedStore>,
    memo: Memo<Presented, bool>,
}

impl Revocations {
    /// Asks for each authentication, so that a revocation takes effect at once. That is a round trip to the store.
    #[must_use]
    pub fn new(store: impl RevocationStore) -> Self {
        Self::with_ttl(store, Duration::ZERO)
    }

    /// Keeps each answer for a while: so long something that was revoked may go on, in processes that are not told by
    /// [`forget`](Self::forget).
    #[must_use]
    pub fn with_ttl(store: impl RevocationStore, ttl: Duration) -> Self {
        Self { store: Arc::new(store), memo: Memo::new(ttl) }
    }

    /// Something of this subject was revoked: no answer of before is given any more, in this process.
    pub fn forget(&self, subject: &str) {
        self.memo.forget(&subject);
    }

    /// As [`forget`](Self::forget), of a tenant.
    pub fn forget_tenant(&self, tenant: TenantId) {
        self.memo.forget(&tenant);
    }

    pub(super) async fn check(&self, presented: Presented) -> Result<(), AuthError> {
        let ask = || self.store.is_revoked(&presented);
        let tags = (&&*presented.subject, &presented.tenant);
        match self.memo.ask(&presented, tags, ask).await {
            Ok(false) => Ok(()),
            Ok(true) => Err(AuthError::Revoked),
            Err(error) => Err(AuthError::store(&error)),
        }
    }
}

impl fmt::Debug for Revocations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revocations").finish_non_exhaustive()
    }
}

/// [`RevocationStore`] without its generic future.
trait ErasedStore: Send + Sync {
    fn is_revoked<'a>(&'a self, presented: &'a Presented) -> Asking<'a>;
}

type Asking<'a> = Pin<Box<dyn Future<Output = Result<bool, StoreError>> + Send + 'a>>;

impl<S: RevocationStore> ErasedStore for S {
    fn is_revoked<'a>(&'a self, presented: &'a Presented) -> Asking<'a> {
        Box::pin(RevocationStore::is_revoked(self, presented))
    }
}
