//! Tenants and their labels.

use crate::auth::{DirectoryStore, Listing, PgIdentity, StoreError};
use crate::{Label, TenantId};

impl PgIdentity {
    /// A new tenant. Ask [`Hosts::is_reserved`](crate::auth::Hosts::is_reserved) before, when it gets a host of its own.
    ///
    /// # Errors
    ///
    /// [`StoreError`], also when the label is taken.
    pub async fn create_tenant(&self, label: &Label) -> Result<TenantId, StoreError> {
        let tenant = TenantId::random();
        sqlx::query("INSERT INTO tenancy_identity.tenants (id, label) VALUES ($1, $2)")
            .bind(tenant)
            .bind(label.as_str())
            .execute(&self.pool)
            .await?;
        Ok(tenant)
    }

    /// Nobody acts for the tenant any more, and nobody visits it. Its rows stay.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn suspend(&self, tenant: TenantId) -> Result<(), StoreError> {
        self.set_suspended(tenant, true).await
    }

    /// Takes a suspension back.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn resume(&self, tenant: TenantId) -> Result<(), StoreError> {
        self.set_suspended(tenant, false).await
    }

    async fn set_suspended(&self, tenant: TenantId, suspended: bool) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE tenancy_identity.tenants SET suspended_at = CASE WHEN $2 THEN coalesce(suspended_at, now()) END \
              WHERE id = $1";
        sqlx::query(SQL).bind(tenant).bind(suspended).execute(&self.pool).await?;
        Ok(())
    }
}

impl DirectoryStore for PgIdentity {
    async fn find(&self, label: &Label) -> Result<Option<Listing>, StoreError> {
        const SQL: &str =
            "SELECT id, suspended_at IS NOT NULL FROM tenancy_identity.tenants WHERE label = $1";
        let found: Option<(TenantId, bool)> =
            sqlx::query_as(SQL).bind(label.as_str()).fetch_optional(&self.pool).await?;
        Ok(found.map(|(tenant, suspended)| Listing { tenant, suspended }))
    }
}
