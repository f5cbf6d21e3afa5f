//! Sessions and API keys: issued, looked up, revoked.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use uuid::Uuid;

use crate::TenantId;
use crate::auth::{Credential, CredentialKind, PgIdentity, StoreError};

/// Why a credential was not issued.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// The operating system has no random numbers.
    #[error("the operating system has no random numbers")]
    NoRandomness,
    /// The store did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A credential, as the store has it.
pub(super) struct Held {
    pub(super) hash: [u8; 32],
    pub(super) tenant: Option<TenantId>,
    pub(super) subject: String,
    pub(super) issued_at: SystemTime,
    pub(super) expires_at: SystemTime,
    pub(super) revoked: bool,
}

impl PgIdentity {
    /// Issues a session id or an API key. Without a tenant it says who, and each request says for which tenant it is.
    ///
    /// # Errors
    ///
    /// [`IssueError`].
    pub async fn issue(
        &self,
        kind: CredentialKind,
        subject: &str,
        tenant: Option<TenantId>,
        lifetime: Duration,
    ) -> Result<Credential, IssueError> {
        const SQL: &str = "INSERT INTO tenancy_identity.credentials (id, kind, hash, realm, subject, tenant, expires_at) \
                           VALUES ($1, $2, $3, $4, $5, $6, now() + $7 * interval '1 second')";
        let credential = Credential::random(kind).map_err(|_| IssueError::NoRandomness)?;
        sqlx::query(SQL)
            .bind(credential.id())
            .bind(kind.name())
            .bind(credential.hash().as_slice())
            .bind(&*self.realm)
            .bind(subject)
            .bind(tenant)
            .bind(lifetime.as_secs_f64())
            .execute(&self.pool)
            .await
            .map_err(StoreError::from)?;
        Ok(credential)
    }

    /// Revokes a session or an API key of a tenant, at once. False when the tenant has none of this id, or it was revoked
    /// before: the id may come from a client.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn revoke(&self, tenant: TenantId, credential: Uuid) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE tenancy_identity.credentials SET revoked_at = now() \
                            WHERE id = $1 AND realm = $2 AND tenant = $3 AND revoked_at IS NULL";
        let done =
            sqlx::query(SQL).bind(credential).bind(&*self.realm).bind(tenant).execute(&self.pool).await?;
        Ok(done.rows_affected() > 0)
    }

    /// As [`revoke`](Self::revoke), of a subject, for whatever tenant or for none.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn revoke_own(&self, subject: &str, credential: Uuid) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE tenancy_identity.credentials SET revoked_at = now() \
                            WHERE id = $1 AND realm = $2 AND subject = $3 AND revoked_at IS NULL";
        let done =
            sqlx::query(SQL).bind(credential).bind(&*self.realm).bind(subject).execute(&self.pool).await?;
        Ok(done.rows_affected() > 0)
    }

    /// Revokes the session or API key that this is the text of: signing out. False when it is none, or was revoked before.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn revoke_presented(&self, credential: &str) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE tenancy_identity.credentials SET revoked_at = now() \
                            WHERE id = $1 AND realm = $2 AND kind = $3 AND hash = $4 AND revoked_at IS NULL";
        let kinds = [CredentialKind::Session, CredentialKind::ApiKey];
        let parsed = kinds.iter().find_map(|kind| Some((kind, Credential::parse(*kind, credential).ok()?)));
        let Some((kind, credential)) = parsed else { return Ok(false) };
        // The hash of a secret of 256 bits: how far a comparison of it came tells nobody the secret.
        let done = sqlx::query(SQL)
            .bind(credential.id())
            .bind(&*self.realm)
            .bind(kind.name())
            .bind(credential.hash().as_slice())
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    pub(super) async fn held(&self, id: Uuid, kind: CredentialKind) -> Result<Option<Held>, StoreError> {
        const SQL: &str = "SELECT hash, tenant, subject, extract(epoch FROM created_at)::float8, \
                  extract(epoch FROM expires_at)::float8, revoked_at IS NOT NULL \
             FROM tenancy_identity.credentials WHERE id = $1 AND kind = $2 AND realm = $3";
        type Row = (Vec<u8>, Option<TenantId>, String, f64, f64, bool);
        let row: Option<Row> = sqlx::query_as(SQL)
            .bind(id)
            .bind(kind.name())
            .bind(&*self.realm)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|(hash, tenant, subject, issued_at, expires_at, revoked)| {
            let hash = hash.try_into().map_err(|_| StoreError::new("a hash has another length"))?;
            let (issued_at, expires_at) = (time(issued_at)?, time(expires_at)?);
            Ok(Held { hash, tenant, subject, issued_at, expires_at, revoked })
        })
        .transpose()
    }
}

/// Seconds since 1970, as PostgreSQL has them: to the microsecond.
fn time(seconds: f64) -> Result<SystemTime, StoreError> {
    let since = Duration::try_from_secs_f64(seconds).map_err(StoreError::new)?;
    UNIX_EPOCH.checked_add(since).ok_or_else(|| StoreError::new("a time is out of range"))
}
