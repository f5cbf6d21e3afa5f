//! [`TenantDbBuilder`]: from options to a database that was verified to isolate.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{Pool, QueueMode};
use sqlx::postgres::PgConnectOptions;

use crate::auth::{Authority, AuthorityId};
use crate::db::connection::Manager;
use crate::db::{Inner, TenantDb, janitor, probe};
use crate::error::Error;
use crate::schema::{self, Schema};

/// The least capacity of the statement cache: fewer prepared statements than a service has kinds of statements would
/// prepare each of them again and again, and none at all would send `Parse` and `Bind` apart from each other, which a
/// transaction pooler hands to two servers.
const LEAST_STATEMENTS: usize = 100;

/// Describes a database: made by [`TenantDb::builder`].
#[must_use = "a builder does nothing until `connect`"]
pub struct TenantDbBuilder {
    options: PgConnectOptions,
    trusted: Vec<AuthorityId>,
    schema: Option<&'static Schema>,
    max_connections: usize,
    statement_cache_capacity: usize,
    acquire_timeout: Duration,
    idle_timeout: Duration,
    max_lifetime: Duration,
    idle_in_transaction_timeout: Duration,
}

impl TenantDbBuilder {
    pub(super) fn new(options: PgConnectOptions) -> Self {
        Self {
            options,
            trusted: Vec::new(),
            schema: None,
            max_connections: 10,
            statement_cache_capacity: 500,
            acquire_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(10 * 60),
            max_lifetime: Duration::from_secs(30 * 60),
            idle_in_transaction_timeout: Duration::from_secs(60),
        }
    }

    /// Trusts the tokens of an authority. Those of every other are refused before anything is sent.
    pub fn trust(mut self, authority: &Authority) -> Self {
        self.trusted.push(authority.id());
        self
    }

    /// Names the entities of this database: what `schema!` made.
    pub fn schema(mut self, schema: &'static Schema) -> Self {
        self.schema = Some(schema);
        self
    }

    /// The most connections that are open at once. 10 unless said otherwise.
    pub fn max_connections(mut self, connections: u32) -> Self {
        self.max_connections = usize::try_from(connections).unwrap_or(usize::MAX);
        self
    }

    /// How many prepared statements each connection keeps. 500 unless said otherwise, and no fewer than 100. It
    /// replaces what the connect options say.
    pub fn statement_cache_capacity(mut self, statements: usize) -> Self {
        self.statement_cache_capacity = statements;
        self
    }

    /// How long a statement waits for a connection, the opening of a new one included. 30 seconds unless said
    /// otherwise.
    pub fn acquire_timeout(mut self, timeout: Duration) -> Self {
        self.acquire_timeout = timeout;
        self
    }

    /// After how long an idle connection is closed. 10 minutes unless said otherwise.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = timeout;
        self
    }

    /// After how long a connection is replaced by a new one. 30 minutes unless said otherwise.
    pub fn max_lifetime(mut self, lifetime: Duration) -> Self {
        self.max_lifetime = lifetime;
        self
    }

    /// After how long without a statement a transaction is rolled back and its connection taken back. 60 seconds
    /// unless said otherwise. PostgreSQL's setting `idle_in_transaction_session_timeout` would end the connection; this
    /// keeps it.
    pub fn idle_in_transaction_timeout(mut self, timeout: Duration) -> Self {
        self.idle_in_transaction_timeout = timeout;
        self
    }

    /// Connects, and verifies that the database isolates the entities of the schema: that no role within reach of the
    /// login bypasses row-level security, that every listed table has it enabled and forced, with the policies that
    /// were emitted, and that binding works on the way there, poolers included.
    ///
    /// A database that is ahead of this program (another emission was applied already) is accepted, so that
    /// deployments can roll.
    ///
    /// # Errors
    ///
    /// [`Error::NotIsolated`] lists everything that was found, each finding with what mends it.
    /// [`Error::UnsafePooler`] when a pooler mixes up prepared statements, [`Error::Configuration`] when the builder
    /// was not given what it needs, any other [`Error`] when the database could not be reached.
    pub async fn connect(self) -> Result<TenantDb, Error> {
        let schema =
            self.schema.ok_or(Error::Configuration("no schema was given: call `schema(&SCHEMA)`"))?;
        if self.trusted.is_empty() {
            return Err(Error::Configuration("no authority is trusted: call `trust(&authority)`"));
        }
        if self.max_connections == 0 {
            return Err(Error::Configuration("max_connections must be at least 1"));
        }
        if self.statement_cache_capacity < LEAST_STATEMENTS {
            return Err(Error::Configuration("statement_cache_capacity must be at least 100"));
        }
        let manager = Manager {
            options: self.options.statement_cache_capacity(self.statement_cache_capacity),
            max_lifetime: self.max_lifetime,
        };
        // On connections of its own: what is verified must be known before a pool exists.
        probe::verify(&manager, schema, self.acquire_timeout).await?;
        let unlisted = schema::unlisted();
        if !unlisted.is_empty() {
            tracing::warn!(entities = ?unlisted, "no schema of this program lists these entities: nobody isolates them");
        }
        let pool = Pool::builder(manager)
            .max_size(self.max_connections)
            // The one that was used last is the warmest, on both ends; those that few need become idle and close.
            .queue_mode(QueueMode::Lifo)
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|_| Error::Configuration("the pool could not be built"))?;
        let inner = Arc::new(Inner {
            pool,
            trusted: self.trusted.into(),
            listed: schema.listed().map(|entity| (entity.type_id)()).collect(),
            functions: schema.functions(),
            acquire_timeout: self.acquire_timeout,
            max_connections: self.max_connections,
            transactions: Mutex::new(Vec::new()),
        });
        janitor::employ(Arc::downgrade(&inner), self.idle_timeout, self.idle_in_transaction_timeout);
        Ok(TenantDb(inner))
    }
}

/// Leaves the connect options out: sqlx prints the password with them.
impl fmt::Debug for TenantDbBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantDbBuilder")
            .field("trusted", &self.trusted)
            .field("max_connections", &self.max_connections)
            .finish_non_exhaustive()
    }
}
