//! Advisory locks of one tenant, for what no row stands for: one import at a time, one number after the other.
//!
//! PostgreSQL's advisory locks are numbers that all tenants share. Here a lock is a name, and its number is made of the name
//! and the tenant, so that tenants neither wait for each other nor find out what others do. A lock ends with its transaction
//! ([PostgreSQL, 13.3.5](https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS)).

use sha2::{Digest as _, Sha256};
use sqlx::Row as _;

use crate::TenantId;
use crate::db::{Session, TenantTx};
use crate::error::Error;

/// What the numbers of these locks are made of, beside the tenant and the name.
const TAG: &[u8] = b"tenancy advisory lock\0";

/// The number of a name. That two names have one number is as likely as with any 64 bits, and costs a wait.
fn key(tenant: TenantId, name: &str) -> i64 {
    let digest = Sha256::new().chain_update(TAG).chain_update(tenant.as_uuid()).chain_update(name).finalize();
    i64::from_be_bytes(digest[..8].try_into().expect("a digest has 32 bytes"))
}

impl TenantTx {
    /// Waits for the tenant's lock of this name, and holds it until the transaction ends. To take it again is allowed.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/entities.rs"));
    /// # fn main() {}
    /// # async fn example(db: TenantDb, token: TenantToken) -> Result<(), tenancy::Error> {
    /// let mut tx = db.begin(&token).await?;
    /// tx.advisory_lock("monthly invoices").await?;   // one at a time, for this tenant
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Database`] when PostgreSQL found a deadlock (40P01) or a `lock_timeout` was over (55P03); any other
    /// [`Error`] when the statement did not run.
    pub async fn advisory_lock(&mut self, name: &str) -> Result<(), Error> {
        self.lock("SELECT pg_catalog.pg_advisory_xact_lock($1), true", name).await.map(drop)
    }

    /// Takes the tenant's lock of this name, unless another transaction holds it. Says whether it was taken.
    ///
    /// # Errors
    ///
    /// An [`Error`] when the statement did not run.
    pub async fn try_advisory_lock(&mut self, name: &str) -> Result<bool, Error> {
        self.lock("SELECT NULL, pg_catalog.pg_try_advisory_xact_lock($1)", name).await
    }

    /// As [`advisory_lock`](Self::advisory_lock), beside others that take it shared.
    ///
    /// # Errors
    ///
    /// As [`advisory_lock`](Self::advisory_lock).
    pub async fn advisory_lock_shared(&mut self, name: &str) -> Result<(), Error> {
        self.lock("SELECT pg_catalog.pg_advisory_xact_lock_shared($1), true", name).await.map(drop)
    }

    async fn lock(&mut self, sql: &'static str, name: &str) -> Result<bool, Error> {
        self.db().check_token(self.token())?;
        let key = key(self.tenant(), name);
        let mut session: Session<'_> = self.session()?;
        let row = sqlx::query(sql).bind(key).fetch_one(session.start()).await;
        let row = session.end(row, "")?;
        row.try_get(1).map_err(|error| Error::from_driver(error, ""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenants_and_names_have_numbers_of_their_own() {
        let (a, b) = (TenantId::random(), TenantId::random());
        assert_eq!(key(a, "x"), key(a, "x"));
        assert_ne!(key(a, "x"), key(b, "x"));
        assert_ne!(key(a, "x"), key(a, "y"));
    }
}
