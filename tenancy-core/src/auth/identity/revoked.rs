//! Revoked tokens, and moments before which nothing counts.

use std::time::{Duration, UNIX_EPOCH};

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::TenantId;
use crate::auth::identity::storable;
use crate::auth::{PgIdentity, Presented, RevocationStore, StoreError};

impl PgIdentity {
    /// Revokes a single token by its `jti`, which expires by itself after `lifetime`.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn revoke_token(&self, id: &str, lifetime: Duration) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO tenancy_identity.revoked_tokens (realm, hash, expires_at) \
                           VALUES ($1, $2, now() + $3 * interval '1 second') \
                           ON CONFLICT (realm, hash) DO UPDATE \
                           SET expires_at = greatest(revoked_tokens.expires_at, excluded.expires_at)";
        sqlx::query(SQL)
            .bind(&*self.realm)
            .bind(hash(id).as_slice())
            .bind(lifetime.as_secs_f64())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Nothing counts any more that was issued to `subject` before now, for whatever tenant. `iat` has whole seconds, so what is
    /// issued within the same second does not count either.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn cut_off(&self, subject: &str) -> Result<(), StoreError> {
        self.cut(&self.realm, Uuid::nil(), subject).await
    }

    /// As [`cut_off`](Self::cut_off), for one tenant.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn cut_off_member(&self, tenant: TenantId, subject: &str) -> Result<(), StoreError> {
        self.cut(&self.realm, tenant.as_uuid(), subject).await
    }

    /// As [`cut_off`](Self::cut_off), for everybody of a tenant, whoever issued it.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn cut_off_tenant(&self, tenant: TenantId) -> Result<(), StoreError> {
        self.cut("", tenant.as_uuid(), "").await
    }

    async fn cut(&self, realm: &str, tenant: Uuid, subject: &str) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO tenancy_identity.cut_offs (realm, tenant, subject) VALUES ($1, $2, $3) \
                           ON CONFLICT (tenant, subject, realm) DO UPDATE SET at = now()";
        sqlx::query(SQL).bind(realm).bind(tenant).bind(subject).execute(&self.pool).await?;
        Ok(())
    }
}

fn hash(id: &str) -> [u8; 32] {
    Sha256::digest(id).into()
}

impl RevocationStore for PgIdentity {
    async fn is_revoked(&self, presented: &Presented) -> Result<bool, StoreError> {
        const SQL: &str = "SELECT EXISTS (SELECT FROM tenancy_identity.revoked_tokens WHERE realm = $1 AND hash = $2) \
                OR EXISTS (SELECT FROM tenancy_identity.cut_offs \
                            WHERE tenant IN ($3, '00000000-0000-0000-0000-000000000000') AND subject IN ($4, '') \
                              AND realm IN ($1, '') AND ($5::float8 IS NULL OR at >= to_timestamp($5)))";
        let Presented { tenant, subject, id, issued_at } = presented;
        if !storable(subject) {
            // No cut-off can be for this subject, so it is not let through.
            return Ok(true);
        }
        let issued_at =
            issued_at.map(|at| at.duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64()));
        let revoked = sqlx::query_scalar(SQL)
            .bind(&*self.realm)
            .bind(id.as_deref().map(|id| hash(id).to_vec()))
            .bind(tenant)
            .bind(&**subject)
            .bind(issued_at)
            .fetch_one(&self.pool)
            .await?;
        Ok(revoked)
    }
}
