//! [`PgIdentity`]: tenants, members, sessions, API keys and revocations in PostgreSQL.
//!
//! One store for all that authentication asks. It has a login of its own, in the group `tenancy_identity`: the application's
//! login reads and writes rows of tenants and must not decide who may. A service that has such tables already implements
//! [`DirectoryStore`], [`MembershipStore`] and [`RevocationStore`] over them.

mod credential;
mod opaque;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sha2::{Digest, Sha256};
use sqlx::PgPool;
use uuid::Uuid;

pub use self::credential::{Credential, CredentialKind};
pub use self::opaque::OpaqueVerifier;
use crate::auth::{
    DirectoryStore, Listing, MembershipStore, Presented, RevocationStore, Standing, StoreError,
};
use crate::{Label, TenantId};

/// A store of identities in PostgreSQL. Cloning it shares the pool.
///
/// Its tables are made by [`MIGRATION`](Self::MIGRATION). It is the administrator's: whoever calls it has decided that the
/// change may be made, and tells [`Memberships`](crate::auth::Memberships) and [`Directory`](crate::auth::Directory) to
/// forget what they knew.
#[derive(Clone)]
pub struct PgIdentity {
    pool: PgPool,
    realm: Arc<str>,
}

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
struct Held {
    hash: [u8; 32],
    tenant: Option<TenantId>,
    subject: String,
    issued_at: SystemTime,
    expires_at: SystemTime,
    revoked: bool,
}

impl PgIdentity {
    /// The tables, as a migration: apply it as the owner of the database's schemas. It can be applied more than once.
    pub const MIGRATION: &str = include_str!("migration.sql");

    /// `pool` is of a login in the group `tenancy_identity`, and of no other. `realm` says whose subjects these are: the issuer
    /// of the tokens that name them. Two issuers can have subjects of one name who are not the same person.
    pub fn new(pool: PgPool, realm: impl Into<Arc<str>>) -> Self {
        Self { pool, realm: realm.into() }
    }

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

    /// Deletes what has expired by itself: to be called now and then. Returns how many rows that were.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn delete_expired(&self) -> Result<u64, StoreError> {
        let mut deleted = 0;
        for sql in [
            "DELETE FROM tenancy_identity.credentials WHERE expires_at < now()",
            "DELETE FROM tenancy_identity.revoked_tokens WHERE expires_at < now()",
        ] {
            deleted += sqlx::query(sql).execute(&self.pool).await?.rows_affected();
        }
        Ok(deleted)
    }

    async fn held(&self, id: Uuid, kind: CredentialKind) -> Result<Option<Held>, StoreError> {
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

fn hash(id: &str) -> [u8; 32] {
    Sha256::digest(id).into()
}

/// Seconds since 1970, as PostgreSQL has them: to the microsecond.
fn time(seconds: f64) -> Result<SystemTime, StoreError> {
    let since = Duration::try_from_secs_f64(seconds).map_err(StoreError::new)?;
    UNIX_EPOCH.checked_add(since).ok_or_else(|| StoreError::new("a time is out of range"))
}

/// What no `text` of PostgreSQL's can be, no row has.
fn storable(text: &str) -> bool {
    !text.contains('\0')
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

impl fmt::Debug for PgIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PgIdentity").field("realm", &self.realm).finish_non_exhaustive()
    }
}
