//! [`Connection`]: one connection, with what must happen before another tenant may have it.
//!
//! The client knows what it did on a connection, so most of them go back to the pool at once, without a round trip.
//! Only a connection that was left in mid-statement, in a transaction, or that lent itself to raw SQL has to be
//! cleaned first; see [`Checkout`](super::checkout::Checkout).

use std::time::{Duration, Instant};

use deadpool::managed::{self, Metrics, RecycleError, RecycleResult};
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgTypeInfo};
use sqlx::{ConnectOptions, Connection as _, Row as _};
use tokio::time::timeout;

use crate::db::bound::{DOMAIN, Domains, PUBLIC_DOMAIN};
use crate::error::Error;
use crate::schema::Finding;

/// A connection that has been idle for this long is asked whether it is alive before it is handed out.
const ASK_AFTER: Duration = Duration::from_secs(5);
/// How long it may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// One connection of the pool.
pub(crate) struct Connection {
    pub(crate) pg: PgConnection,
    pub(crate) state: State,
    /// A transaction was begun by us, and not ended.
    pub(crate) in_transaction: bool,
    pub(crate) domains: Domains,
    idle_since: Instant,
}

/// What must happen before another may have the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Nothing.
    Clean,
    /// A statement was sent and its end was not read.
    Busy,
    /// A transaction is, or may be, open.
    Transaction,
    /// Raw SQL ran, and may have left anything behind.
    Lent,
    /// The server no longer has the statements that sqlx has prepared.
    Unprepared,
    /// It cannot be used again.
    Broken,
}

impl Connection {
    /// Marks the connection as handed back.
    pub(crate) fn rest(&mut self) {
        self.idle_since = Instant::now();
    }

    pub(crate) fn idle_for(&self) -> Duration {
        self.idle_since.elapsed()
    }
}

/// Opens connections, and judges them before they are handed out again. Without `Debug`: the options print the password.
pub(crate) struct Manager {
    pub(crate) options: PgConnectOptions,
    pub(crate) max_lifetime: Duration,
}

impl Manager {
    /// A connection that nobody has judged yet.
    pub(super) async fn open(&self) -> Result<PgConnection, Error> {
        self.options.connect().await.map_err(driver)
    }
}

impl managed::Manager for Manager {
    type Type = Connection;
    type Error = Error;

    async fn create(&self) -> Result<Connection, Error> {
        let mut pg = self.open().await?;
        let domains = examine(&mut pg).await?;
        let idle_since = Instant::now();
        Ok(Connection { pg, state: State::Clean, in_transaction: false, domains, idle_since })
    }

    async fn recycle(&self, connection: &mut Connection, metrics: &Metrics) -> RecycleResult<Error> {
        if connection.state != State::Clean {
            return Err(RecycleError::message("not clean"));
        }
        if metrics.age() > self.max_lifetime {
            return Err(RecycleError::message("too old"));
        }
        if connection.idle_for() > ASK_AFTER {
            match timeout(ANSWER_WITHIN, connection.pg.ping()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => return Err(RecycleError::message("dead")),
            }
        }
        Ok(())
    }
}

fn driver(error: sqlx::Error) -> Error {
    Error::from_driver(error, "")
}

/// What a new connection says about itself, in one round trip: `connect` has verified the roles and the policies, but
/// this session may be another login's (a failover, a changed role), or start with a tenant.
const EXAMINE: &str = "SELECT pg_catalog.to_regtype('tenancy.bound')::pg_catalog.oid AS domain, \
     pg_catalog.to_regtype('tenancy.bound_public')::pg_catalog.oid AS public_domain, \
     r.rolsuper OR r.rolbypassrls AS bypasses, \
     pg_catalog.current_setting('row_security') <> 'on' AS off, \
     pg_catalog.concat(pg_catalog.current_setting('app.tenant_id', true), \
                       pg_catalog.current_setting('app.public_tenant_id', true)) <> '' AS tenant \
     FROM pg_catalog.pg_roles r WHERE r.rolname = current_user";

/// Refuses a connection that would not isolate, and learns the ids of the domains.
async fn examine(pg: &mut PgConnection) -> Result<Domains, Error> {
    let row = sqlx::raw_sql(EXAMINE).fetch_one(pg).await.map_err(driver)?;
    let mut findings = Vec::new();
    let mut found = |column: &str, finding: Finding| -> Result<(), Error> {
        if row.try_get::<bool, _>(column).map_err(driver)? {
            findings.push(finding);
        }
        Ok(())
    };
    found("bypasses", Finding::session("the role of this session bypasses row-level security"))?;
    found("off", Finding::session("row_security is off in this session"))?;
    found("tenant", Finding::session("this session starts with a tenant already bound"))?;
    let mut domain = |column: &str, name: &str| -> Result<Option<Oid>, Error> {
        let domain: Option<Oid> = row.try_get(column).map_err(driver)?;
        if domain.is_none() {
            findings.push(Finding::no_foundation(name));
        }
        Ok(domain)
    };
    match (domain("domain", DOMAIN)?, domain("public_domain", PUBLIC_DOMAIN)?) {
        (Some(tenant), Some(public)) if findings.is_empty() => {
            Ok(Domains { tenant: PgTypeInfo::with_oid(tenant), public: PgTypeInfo::with_oid(public) })
        }
        _ => Err(Error::NotIsolated { findings }),
    }
}
