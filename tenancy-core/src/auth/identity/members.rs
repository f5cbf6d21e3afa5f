//! Members: who may act for which tenant.

use crate::TenantId;
use crate::auth::identity::storable;
use crate::auth::{MembershipStore, PgIdentity, Standing, StoreError};

impl PgIdentity {
    /// Makes `subject` a member. Whether it was one already: false then.
    ///
    /// # Errors
    ///
    /// [`StoreError`], also when there is no such tenant.
    pub async fn admit(&self, tenant: TenantId, subject: &str) -> Result<bool, StoreError> {
        const SQL: &str = "INSERT INTO tenancy_identity.members (realm, subject, tenant) VALUES ($1, $2, $3) \
                           ON CONFLICT DO NOTHING";
        let done = sqlx::query(SQL).bind(&*self.realm).bind(subject).bind(tenant).execute(&self.pool).await?;
        Ok(done.rows_affected() > 0)
    }

    /// `subject` is no member any more, and its sessions and API keys for this tenant are revoked. False when it was none.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn expel(&self, tenant: TenantId, subject: &str) -> Result<bool, StoreError> {
        // One statement: both happen or neither does.
        const SQL: &str = "WITH revoked AS (UPDATE tenancy_identity.credentials SET revoked_at = now() \
              WHERE realm = $1 AND subject = $2 AND tenant = $3 AND revoked_at IS NULL) \
            DELETE FROM tenancy_identity.members WHERE realm = $1 AND subject = $2 AND tenant = $3";
        let done = sqlx::query(SQL).bind(&*self.realm).bind(subject).bind(tenant).execute(&self.pool).await?;
        Ok(done.rows_affected() > 0)
    }

    /// The members of a tenant, by name.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn members(&self, tenant: TenantId) -> Result<Vec<String>, StoreError> {
        const SQL: &str =
            "SELECT subject FROM tenancy_identity.members WHERE realm = $1 AND tenant = $2 ORDER BY subject";
        Ok(sqlx::query_scalar(SQL).bind(&*self.realm).bind(tenant).fetch_all(&self.pool).await?)
    }

    /// The tenants of a subject that are in business, by their labels: to choose from.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn tenants_of(&self, subject: &str) -> Result<Vec<(TenantId, String)>, StoreError> {
        const SQL: &str = "SELECT t.id, t.label FROM tenancy_identity.members m \
              JOIN tenancy_identity.tenants t ON t.id = m.tenant \
             WHERE m.realm = $1 AND m.subject = $2 AND t.suspended_at IS NULL ORDER BY t.label";
        Ok(sqlx::query_as(SQL).bind(&*self.realm).bind(subject).fetch_all(&self.pool).await?)
    }
}

impl MembershipStore for PgIdentity {
    /// One statement, whatever the answer: how long it takes says nothing.
    async fn standing(&self, subject: &str, tenant: TenantId) -> Result<Standing, StoreError> {
        const SQL: &str = "SELECT t.id IS NOT NULL, t.suspended_at IS NOT NULL, m.subject IS NOT NULL \
             FROM (VALUES ($1::uuid)) AS asked (id) LEFT JOIN tenancy_identity.tenants t USING (id) \
             LEFT JOIN tenancy_identity.members m ON m.tenant = t.id AND m.realm = $2 AND m.subject = $3";
        if !storable(subject) {
            return Ok(Standing::NotAMember);
        }
        let answer: (bool, bool, bool) =
            sqlx::query_as(SQL).bind(tenant).bind(&*self.realm).bind(subject).fetch_one(&self.pool).await?;
        Ok(match answer {
            (false, ..) => Standing::UnknownTenant,
            (true, _, false) => Standing::NotAMember,
            (true, true, true) => Standing::Suspended,
            (true, false, true) => Standing::Member,
        })
    }
}
