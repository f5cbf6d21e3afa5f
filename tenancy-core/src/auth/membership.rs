//! [`Memberships`]: who may act for which tenant.
//!
//! A user of several tenants says for which of them a request is. That is a request and no proof: what decides is the store
//! that a [`MembershipStore`] asks. Its answers are kept for a short while, so that it is not asked for each request.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::TenantId;
use crate::auth::memo::Memo;
use crate::auth::{AuthError, StoreError};

/// How a subject stands to a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Standing {
    /// A member of a tenant that is in business.
    Member,
    /// The tenant exists, and the subject is no member of it.
    NotAMember,
    /// There is no such tenant.
    UnknownTenant,
    /// The subject is a member, and the tenant is suspended.
    Suspended,
}

/// Knows who is a member of which tenant. **Isolation trusts it**: whom it calls a member, reads and writes the tenant.
///
/// To a client every answer but [`Standing::Member`] is the same; they differ in the log.
pub trait MembershipStore: Send + Sync + 'static {
    /// How `subject` stands to `tenant`.
    fn standing(
        &self,
        subject: &str,
        tenant: TenantId,
    ) -> impl Future<Output = Result<Standing, StoreError>> + Send;
}

/// A store of memberships, whose answers are kept for a while. Cloning it shares them.
///
/// Given to [`Authority::with_memberships`](crate::Authority::with_memberships).
#[derive(Clone)]
pub struct Memberships {
    store: Arc<dyn ErasedStore>,
    memo: Memo<(Box<str>, TenantId), Standing>,
}

/// For how long answers are kept, unless said otherwise.
const TTL: Duration = Duration::from_secs(10);

impl Memberships {
    /// Keeps each answer for 10 seconds: so long an expelled member may go on in processes that are not told by
    /// [`forget`](Self::forget). Questions that are asked at the same time are asked once.
    #[must_use]
    pub fn new(store: impl MembershipStore) -> Self {
        Self::with_ttl(store, TTL)
    }

    /// As [`new`](Self::new), with a time of one's own. Zero keeps nothing: each authentication asks the store.
    #[must_use]
    pub fn with_ttl(store: impl MembershipStore, ttl: Duration) -> Self {
        Self { store: Arc::new(store), memo: Memo::new(ttl) }
    }

    /// The subject's memberships changed: no answer of before is given any more, in this process.
    pub fn forget(&self, subject: &str) {
        self.memo.forget(&subject);
    }

    /// The tenant changed: as [`forget`](Self::forget), for all of its members.
    pub fn forget_tenant(&self, tenant: TenantId) {
        self.memo.forget(&tenant);
    }

    pub(super) async fn check(&self, subject: &str, tenant: TenantId) -> Result<(), AuthError> {
        let ask = || self.store.standing(subject, tenant);
        match self.memo.ask(&(subject.into(), tenant), (&subject, &tenant), ask).await {
            Ok(Standing::Member) => Ok(()),
            Ok(Standing::NotAMember) => Err(AuthError::NotAMember),
            Ok(Standing::UnknownTenant) => Err(AuthError::UnknownTenant),
            Ok(Standing::Suspended) => Err(AuthError::Suspended),
            Err(error) => Err(AuthError::store(&error)),
        }
    }
}

impl fmt::Debug for Memberships {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memberships").finish_non_exhaustive()
    }
}

/// [`MembershipStore`] without its generic future.
trait ErasedStore: Send + Sync {
    fn standing<'a>(&'a self, subject: &'a str, tenant: TenantId) -> Asking<'a>;
}

type Asking<'a> = Pin<Box<dyn Future<Output = Result<Standing, StoreError>> + Send + 'a>>;

impl<S: MembershipStore> ErasedStore for S {
    fn standing<'a>(&'a self, subject: &'a str, tenant: TenantId) -> Asking<'a> {
        Box::pin(MembershipStore::standing(self, subject, tenant))
    }
}
