//! [`Directory`]: which tenant has which label.
//!
//! A label comes out of a host name or a path, from whoever sends the request. The directory makes a [`PublicTenant`] of it,
//! which reads what is public, or an id, which is a request that an [`Authority`](crate::Authority) checks.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::auth::memo::Memo;
use crate::auth::{AuthError, StoreError};
use crate::{Label, PublicTenant, TenantId};

/// A tenant, as a directory lists it.
///
/// ```
/// use tenancy_core::TenantId;
/// use tenancy_core::auth::Listing;
///
/// let (tenant, suspended) = (TenantId::random(), true); // as a row of yours has them
/// let listing = Listing::new(tenant).suspended(suspended);
/// assert!(listing.suspended);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listing {
    /// Its id.
    pub tenant: TenantId,
    /// Whether it is suspended: nobody visits it then.
    pub suspended: bool,
}

impl Listing {
    /// Of a tenant that is not suspended.
    #[must_use]
    pub const fn new(tenant: TenantId) -> Self {
        Self { tenant, suspended: false }
    }

    /// Whether it is suspended: not, unless said otherwise.
    #[must_use]
    pub const fn suspended(self, suspended: bool) -> Self {
        Self { suspended, ..self }
    }
}

/// Knows the tenants' labels.
pub trait DirectoryStore: Send + Sync + 'static {
    /// The tenant with this label.
    fn find(&self, label: &Label) -> impl Future<Output = Result<Option<Listing>, StoreError>> + Send;
}

/// A store of labels, whose answers are kept for a while. Cloning it shares them.
#[derive(Clone)]
pub struct Directory {
    store: Arc<dyn ErasedStore>,
    memo: Memo<Label, Option<Listing>>,
}

/// For how long answers are kept, unless said otherwise.
const TTL: Duration = Duration::from_secs(10);

impl Directory {
    /// Keeps each answer for 10 seconds, also that there is no such tenant. Questions that are asked at the same time are
    /// asked once.
    #[must_use]
    pub fn new(store: impl DirectoryStore) -> Self {
        Self::with_ttl(store, TTL)
    }

    /// As [`new`](Self::new), with a time of one's own. Zero keeps nothing.
    #[must_use]
    pub fn with_ttl(store: impl DirectoryStore, ttl: Duration) -> Self {
        Self { store: Arc::new(store), memo: Memo::new(ttl) }
    }

    /// The tenant whose site this is.
    ///
    /// # Errors
    ///
    /// [`AuthError::UnknownTenant`] and [`AuthError::Suspended`], which are the same to a visitor;
    /// [`AuthError::NoStore`] when the store did not answer.
    pub async fn visit(&self, label: &Label) -> Result<PublicTenant, AuthError> {
        match self.find(label).await? {
            None => Err(AuthError::UnknownTenant),
            Some(Listing { suspended: true, .. }) => Err(AuthError::Suspended),
            Some(Listing { tenant, suspended: false }) => Ok(PublicTenant::new(tenant, label.clone())),
        }
    }

    /// The tenant with this label, suspended or not.
    ///
    /// # Errors
    ///
    /// [`AuthError::NoStore`] when the store did not answer.
    pub async fn find(&self, label: &Label) -> Result<Option<Listing>, AuthError> {
        let ask = || self.store.find(label);
        self.memo.ask(label, (label, label), ask).await.map_err(|error| AuthError::store(&error))
    }

    /// What is listed under this label changed: no answer of before is given any more, in this process.
    pub fn forget(&self, label: &Label) {
        self.memo.forget(label);
    }
}

impl fmt::Debug for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Directory").finish_non_exhaustive()
    }
}

/// [`DirectoryStore`] without its generic future.
trait ErasedStore: Send + Sync {
    fn find<'a>(&'a self, label: &'a Label) -> Asking<'a>;
}

type Asking<'a> = Pin<Box<dyn Future<Output = Result<Option<Listing>, StoreError>> + Send + 'a>>;

impl<S: DirectoryStore> ErasedStore for S {
    fn find<'a>(&'a self, label: &'a Label) -> Asking<'a> {
        Box::pin(DirectoryStore::find(self, label))
    }
}
