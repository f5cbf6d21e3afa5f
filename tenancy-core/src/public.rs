//! [`PublicTenant`]: whose site is visited. No proof of anything.
//!
//! Whoever sends a request says which host it is for. So a host name opens nothing but what its tenant shows to everybody:
//! the rows of entities that say `public_read`. It is a type of its own, that no write and no other read accepts, and its
//! binding in PostgreSQL is another one, to which private tables are empty.

use std::fmt;

use crate::{Label, TenantId};

/// The tenant whose host is visited: out of a [`Directory`](crate::auth::Directory), and out of nothing else.
///
/// It reads entities that say `#[tenancy(public_read)]`, and writes nothing:
///
/// ```
/// # use tenancy_core::{Error, PublicRead, PublicTenant, TenantDb};
/// /// What a visitor sees, signed in or not.
/// async fn published<E: PublicRead>(db: &TenantDb, site: &PublicTenant) -> Result<Vec<E>, Error> {
///     E::find(site).limit(20).fetch_all(db).await
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct PublicTenant {
    tenant: TenantId,
    label: Label,
}

impl PublicTenant {
    /// Of a directory's answer alone.
    #[cfg(feature = "identity")]
    pub(crate) fn new(tenant: TenantId, label: Label) -> Self {
        Self { tenant, label }
    }

    /// The tenant. It is plain data, which proves nothing.
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// The label in the host name.
    #[must_use]
    pub fn label(&self) -> &Label {
        &self.label
    }
}

impl fmt::Debug for PublicTenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicTenant").field("tenant", &self.tenant).field("label", &self.label).finish()
    }
}
