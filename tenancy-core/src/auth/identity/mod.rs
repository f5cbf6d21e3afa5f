//! [`PgIdentity`]: tenants, members, sessions, API keys and revocations in PostgreSQL.
//!
//! One store for all that authentication asks. It has a login of its own, in the group `tenancy_identity`: the application's
//! login reads and writes rows of tenants and must not decide who may. A service that has such tables already implements
//! [`DirectoryStore`](crate::auth::DirectoryStore), [`MembershipStore`](crate::auth::MembershipStore) and
//! [`RevocationStore`](crate::auth::RevocationStore) over them.

mod credential;
mod issued;
mod members;
mod opaque;
mod revoked;
mod tenants;

use std::fmt;
use std::sync::Arc;

use sqlx::PgPool;

pub use self::credential::{Credential, CredentialKind};
pub use self::issued::IssueError;
pub use self::opaque::OpaqueVerifier;
use crate::auth::StoreError;

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

impl PgIdentity {
    /// The tables, as a migration: apply it as the owner of the database's schemas. It can be applied more than once.
    pub const MIGRATION: &str = include_str!("migration.sql");

    /// `pool` is of a login in the group `tenancy_identity`, and of no other. `realm` says whose subjects these are: the issuer
    /// of the tokens that name them. Two issuers can have subjects of one name who are not the same person.
    pub fn new(pool: PgPool, realm: impl Into<Arc<str>>) -> Self {
        Self { pool, realm: realm.into() }
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
}

/// What no `text` of PostgreSQL's can be, no row has.
fn storable(text: &str) -> bool {
    !text.contains('\0')
}

impl fmt::Debug for PgIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PgIdentity").field("realm", &self.realm).finish_non_exhaustive()
    }
}
