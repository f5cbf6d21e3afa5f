//! [`CrossTenant`]: reading the rows of every tenant, for reports, support and sweeps.
//!
//! It is another login than the application's: one with BYPASSRLS, in a group that may SELECT the entities' tables and add to
//! the audit, and nothing else. So it has connections of its own, and statements of its own: what is written for one
//! tenant does not run here, and what is written here does not run on a [`TenantDb`](crate::TenantDb), by the types.
//!
//! Each use is written down and committed before anything is read. It gets a connection of its own, which is examined,
//! used and closed: nothing of it is left for another.

mod read;
#[cfg(feature = "jwt")]
mod sweep;
mod transaction;
mod verify;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use uuid::Uuid;

pub use self::read::{CrossCount, CrossSelect};
#[cfg(feature = "jwt")]
pub use self::sweep::{Outcome, Sweep, Swept, SweptError};
pub use self::transaction::{CrossTenantSql, CrossTenantTx};
use crate::danger::Reason;
use crate::error::Error;
use crate::schema::Schema;

/// A database, read across tenants: see the [module](crate::danger) for what is lost.
///
/// The schema names the group by `cross_tenant_role`. The login is made by an administrator:
///
/// ```sql
/// CREATE ROLE acme_reports_login LOGIN BYPASSRLS IN ROLE acme_reports;
/// GRANT CONNECT ON DATABASE acme TO acme_reports_login; -- provisioning takes it from everybody
/// ```
///
/// ```no_run
/// # use tenancy_core::TenantScoped;
/// use tenancy_core::danger::{CrossTenant, Reason};
///
/// # async fn count<Project: TenantScoped>(options: sqlx::postgres::PgConnectOptions) -> Result<(), tenancy_core::Error> {
/// tenancy_core::schema! { SCHEMA: [], cross_tenant_role: "acme_reports" }
///
/// let reports = CrossTenant::builder(options).schema(&SCHEMA).connect().await?;
/// let mut report = reports.begin(Reason::new("the board's monthly figures"), "alice@acme.example").await?;
/// let projects = report.count::<Project>().fetch_one(&mut report).await?;
/// # let _ = projects;
/// report.close().await
/// # }
/// ```
#[derive(Clone)]
pub struct CrossTenant {
    options: Arc<PgConnectOptions>,
    schema: &'static Schema,
    connections: Arc<Semaphore>,
    acquire_timeout: Duration,
}

/// Describes a database: made by [`CrossTenant::builder`].
#[must_use = "a builder does nothing until `connect`"]
pub struct CrossTenantBuilder {
    options: PgConnectOptions,
    schema: Option<&'static Schema>,
    max_connections: u32,
    acquire_timeout: Duration,
}

/// The longest name of who asks, in bytes.
const LONGEST: usize = 200;

/// What is written down.
#[derive(Debug, Clone, Copy)]
struct Use<'a> {
    id: Uuid,
    event: &'static str,
    reason: Reason,
    requested_by: &'a str,
    detail: Option<&'a str>,
}

impl CrossTenant {
    /// Describes a database by the connect options of a login that has BYPASSRLS.
    pub fn builder(options: PgConnectOptions) -> CrossTenantBuilder {
        CrossTenantBuilder {
            options,
            schema: None,
            max_connections: 2,
            acquire_timeout: Duration::from_secs(30),
        }
    }

    /// Writes down who reads and why, and then begins to read: in a transaction that cannot write, of one snapshot.
    ///
    /// `requested_by` is the person or the job that asked, since the login is shared: not empty, and no longer than 200
    /// bytes. It is logged by tracing too, at WARN with the target `tenancy::danger`.
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] when nobody asked, [`Error::NotCrossTenant`] when the login has become another than was
    /// verified, any other [`Error`] when the use could not be written down: then nothing is read.
    pub async fn begin(&self, reason: Reason, requested_by: &str) -> Result<CrossTenantTx, Error> {
        let used = Use { id: Uuid::new_v4(), event: "read", reason, requested_by, detail: None };
        let (pg, permit) = self.written_down(used).await?;
        CrossTenantTx::begin(pg, permit, self.schema, used.id).await
    }

    /// A connection on which a use was written down, and committed.
    async fn written_down(&self, used: Use<'_>) -> Result<(PgConnection, OwnedSemaphorePermit), Error> {
        let Use { id, event, reason, requested_by, detail } = used;
        if requested_by.trim().is_empty() || requested_by.len() > LONGEST || requested_by.contains('\0') {
            return Err(Error::Configuration("`requested_by` must name who asks, in 200 bytes at most"));
        }
        let (mut pg, permit) = self.open().await?;
        sqlx::query(
            "INSERT INTO tenancy.cross_tenant_audit (use, event, requested_by, reason, detail) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(id)
        .bind(event)
        .bind(requested_by)
        .bind(reason.as_str())
        .bind(detail)
        .execute(&mut pg)
        .await
        .map_err(driver)?;
        // Printed as Debug does, in which a line stays a line.
        tracing::warn!(
            target: "tenancy::danger",
            %id, event, reason = ?reason.as_str(), ?requested_by, ?detail,
            "tenants are read across"
        );
        Ok((pg, permit))
    }

    /// A connection that was examined. A grant that somebody made since the last one is found.
    async fn open(&self) -> Result<(PgConnection, OwnedSemaphorePermit), Error> {
        let opening = async {
            let permit = Arc::clone(&self.connections).acquire_owned().await;
            let permit = permit.map_err(|_| Error::Driver("the connections are closed".into()))?;
            let mut pg = self.options.connect().await.map_err(driver)?;
            let findings = verify::verify(&mut pg, self.schema).await.map_err(driver)?;
            if findings.is_empty() { Ok((pg, permit)) } else { Err(Error::NotCrossTenant { findings }) }
        };
        timeout(self.acquire_timeout, opening)
            .await
            .unwrap_or(Err(Error::PoolTimedOut { waited: self.acquire_timeout }))
    }
}

impl CrossTenantBuilder {
    /// Names the entities of this database: what `schema!` made, with a `cross_tenant_role`.
    pub fn schema(mut self, schema: &'static Schema) -> Self {
        self.schema = Some(schema);
        self
    }

    /// The most connections that are open at once. 2 unless said otherwise.
    pub fn max_connections(mut self, connections: u32) -> Self {
        self.max_connections = connections;
        self
    }

    /// How long a use waits for a connection, its opening included. 30 seconds unless said otherwise.
    pub fn acquire_timeout(mut self, timeout: Duration) -> Self {
        self.acquire_timeout = timeout;
        self
    }

    /// Connects once, and verifies that the login reads across tenants and can do nothing else.
    ///
    /// # Errors
    ///
    /// [`Error::NotCrossTenant`] lists everything that was found, each with what mends it. [`Error::Configuration`] when the
    /// builder was not given what it needs, any other [`Error`] when the database could not be reached.
    pub async fn connect(self) -> Result<CrossTenant, Error> {
        let schema =
            self.schema.ok_or(Error::Configuration("no schema was given: call `schema(&SCHEMA)`"))?;
        if schema.cross_tenant_role().is_none() {
            return Err(Error::Configuration("the schema names no `cross_tenant_role`"));
        }
        if self.max_connections == 0 {
            return Err(Error::Configuration("max_connections must be at least 1"));
        }
        let connections = usize::try_from(self.max_connections).unwrap_or(Semaphore::MAX_PERMITS);
        let cross = CrossTenant {
            options: Arc::new(self.options),
            schema,
            connections: Arc::new(Semaphore::new(connections.min(Semaphore::MAX_PERMITS))),
            acquire_timeout: self.acquire_timeout,
        };
        drop(cross.open().await?);
        Ok(cross)
    }
}

fn driver(error: sqlx::Error) -> Error {
    Error::from_driver(error, "")
}

/// Leaves the connect options out: sqlx prints the password with them.
impl fmt::Debug for CrossTenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CrossTenant").field("role", &self.schema.cross_tenant_role()).finish_non_exhaustive()
    }
}

/// As [`CrossTenant`].
impl fmt::Debug for CrossTenantBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CrossTenantBuilder")
            .field("max_connections", &self.max_connections)
            .finish_non_exhaustive()
    }
}
