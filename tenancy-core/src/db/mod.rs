//! The database: where statements run.
//!
//! [`TenantDb`] owns a pool whose every connection was verified to isolate. No pool, connection or sqlx transaction
//! gets in or out: what goes in is a [`TenantToken`] and a statement, what comes out are the rows of its tenant.
//!
//! Nothing is sent before a connection is handed out (an idle one is asked after some seconds whether it is alive)
//! and nothing after: what binds the tenant lives and dies with the statement's own transaction.

mod advisory;
mod bound;
mod builder;
mod checkout;
mod connection;
mod executor;
mod janitor;
pub(crate) mod lend;
mod probe;
mod raw;
mod savepoint;
mod transaction;
mod unfinished;

use std::any::TypeId;
use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use deadpool::managed::Pool;
use sqlx::postgres::PgConnectOptions;

use crate::TenantToken;
use crate::auth::AuthorityId;
use crate::error::Error;
use crate::schema::{EntityDescriptor, SqlFunction};

pub(crate) use self::bound::Bound;
pub use self::builder::TenantDbBuilder;
use self::checkout::Checkout;
use self::connection::Manager;
pub(crate) use self::executor::Session;
pub use self::executor::{Executor, Source};
pub use self::raw::RawSql;
use self::transaction::Slot;
pub use self::transaction::{IsolationLevel, TenantTx, TxOptions};

/// A PostgreSQL database that was verified to isolate tenants.
///
/// Cloning it is a reference count, and all clones share one pool.
#[derive(Clone)]
pub struct TenantDb(Arc<Inner>);

struct Inner {
    pool: Pool<Manager>,
    trusted: Box<[AuthorityId]>,
    listed: HashSet<TypeId>,
    functions: &'static [SqlFunction],
    acquire_timeout: Duration,
    max_connections: usize,
    transactions: Mutex<Vec<Weak<Slot>>>,
}

impl TenantDb {
    /// Describes a database: how to reach it, whom it trusts and which entities it holds.
    ///
    /// TLS, host and credentials are sqlx's [`PgConnectOptions`]; the login is the restricted role of the application.
    pub fn builder(options: PgConnectOptions) -> TenantDbBuilder {
        TenantDbBuilder::new(options)
    }

    /// Begins a transaction of the token's tenant. `BEGIN` and the binding are one round trip.
    ///
    /// # Errors
    ///
    /// [`Error::TokenExpired`], [`Error::UntrustedAuthority`], [`Error::StatementPooler`] behind a pooler that has no
    /// transactions, or any other [`Error`] when no transaction was begun.
    pub async fn begin(&self, token: &TenantToken) -> Result<TenantTx, Error> {
        self.begin_with(token, TxOptions::new()).await
    }

    /// As [`begin`](Self::begin), with an isolation level, read-only or deferrable.
    ///
    /// # Errors
    ///
    /// As [`begin`](Self::begin).
    pub async fn begin_with(&self, token: &TenantToken, options: TxOptions) -> Result<TenantTx, Error> {
        TenantTx::begin(self, token, options).await
    }

    /// Closes the pool: connections end as they come back, and statements that wait for one fail.
    pub fn close(&self) {
        self.0.pool.close();
    }

    fn check_token(&self, token: &TenantToken) -> Result<(), Error> {
        if !self.0.trusted.contains(&token.authority()) {
            return Err(Error::UntrustedAuthority);
        }
        if token.is_expired() {
            return Err(Error::TokenExpired);
        }
        Ok(())
    }

    fn check_listed(&self, entity: &'static EntityDescriptor) -> Result<(), Error> {
        if self.0.listed.contains(&(entity.type_id)()) {
            Ok(())
        } else {
            Err(Error::EntityNotListed { entity: entity.entity })
        }
    }

    fn check_function(&self, function: SqlFunction) -> Result<(), Error> {
        if self.0.functions.contains(&function) {
            Ok(())
        } else {
            Err(Error::FunctionNotListed { function: function.path() })
        }
    }

    async fn checkout(&self) -> Result<Checkout, Error> {
        Checkout::new(&self.0.pool, self.0.acquire_timeout).await
    }

    /// Lets the janitor know of a transaction.
    fn watch(&self, slot: &Arc<Slot>) {
        let mut transactions = self.0.transactions();
        if transactions.len() > 2 * self.0.max_connections {
            transactions.retain(|slot| slot.strong_count() > 0);
        }
        transactions.push(Arc::downgrade(slot));
    }
}

impl Inner {
    fn transactions(&self) -> MutexGuard<'_, Vec<Weak<Slot>>> {
        self.transactions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for TenantDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.0.pool.status();
        f.debug_struct("TenantDb")
            .field("trusted", &self.0.trusted)
            .field("entities", &self.0.listed.len())
            .field("connections", &status.size)
            .finish_non_exhaustive()
    }
}
