//! [`TenantTx`]: a transaction of one tenant.
//!
//! `BEGIN` and the binding are one message, so that everything inside, raw SQL included, is bound from the first
//! statement on. The client refuses another tenant's statement, and so does PostgreSQL: bound at `BEGIN`, a second
//! tenant is refused even after `ROLLBACK TO SAVEPOINT`.
//!
//! Between two statements the connection is *parked*: it lies in a slot that the transaction and its database share.
//! A transaction that nobody ends (it was leaked, or its task hangs) is taken back from there by the
//! [janitor](super::janitor), so that it neither holds locks nor empties the pool.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::db::TenantDb;
use crate::db::checkout::{Checkout, end_and_reset};
use crate::db::connection::State;
use crate::db::executor::Session;
use crate::db::raw::RawSql;
use crate::error::Error;
use crate::{TenantId, TenantToken};

/// A transaction of one tenant: made by [`TenantDb::begin`]. Dropping it rolls it back.
///
/// It is proof of its tenant as well as executor: `Task::insert(&tx, …).execute(&mut tx)`.
#[must_use = "a transaction is rolled back when it is dropped"]
pub struct TenantTx {
    db: TenantDb,
    token: TenantToken,
    slot: Arc<Slot>,
}

/// How a transaction begins; see [`TenantDb::begin_with`].
#[derive(Debug, Clone, Copy, Default)]
pub struct TxOptions {
    isolation: Option<IsolationLevel>,
    read_only: bool,
    deferrable: bool,
}

/// The [isolation level](https://www.postgresql.org/docs/current/transaction-iso.html) of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum IsolationLevel {
    /// Each statement sees what was committed before it began. PostgreSQL's default.
    ReadCommitted,
    /// All statements see what was committed before the first of them.
    RepeatableRead,
    /// The outcome is that of some order of the transactions, one after the other.
    Serializable,
}

impl TxOptions {
    /// The server's defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the isolation level.
    #[must_use]
    pub fn isolation(mut self, level: IsolationLevel) -> Self {
        self.isolation = Some(level);
        self
    }

    /// Refuses writes.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// Waits for a snapshot that cannot fail: for reports, with [`Serializable`](IsolationLevel::Serializable) and
    /// [`read_only`](Self::read_only).
    #[must_use]
    pub fn deferrable(mut self) -> Self {
        self.deferrable = true;
        self
    }

    /// One message: a `SELECT set_config(…)` would take a snapshot, after which the isolation level is fixed.
    fn begin(self, tenant: TenantId) -> String {
        let isolation = match self.isolation {
            None => "",
            Some(IsolationLevel::ReadCommitted) => " ISOLATION LEVEL READ COMMITTED",
            Some(IsolationLevel::RepeatableRead) => " ISOLATION LEVEL REPEATABLE READ",
            Some(IsolationLevel::Serializable) => " ISOLATION LEVEL SERIALIZABLE",
        };
        let read_only = if self.read_only { " READ ONLY" } else { "" };
        let deferrable = if self.deferrable { " DEFERRABLE" } else { "" };
        // The tenant prints as hexadecimal digits and hyphens.
        format!("BEGIN{isolation}{read_only}{deferrable}; SET LOCAL app.tenant_id = '{tenant}'")
    }
}

impl TenantTx {
    pub(super) async fn begin(db: &TenantDb, token: &TenantToken, options: TxOptions) -> Result<Self, Error> {
        db.check_token(token)?;
        let mut checkout = db.checkout().await?;
        let connection = checkout.connection_mut();
        (connection.state, connection.in_transaction) = (State::Transaction, true);
        let begin = sqlx::AssertSqlSafe(options.begin(token.tenant()));
        if let Err(error) = sqlx::raw_sql(begin).execute(&mut connection.pg).await {
            let error = Error::of_begin(error);
            if !matches!(error, Error::Database(_)) {
                connection.state = State::Broken;
            }
            return Err(error);
        }
        let slot = Arc::new(Slot(Mutex::new(Parked {
            checkout: Some(checkout),
            since: Instant::now(),
            failed: false,
            savepoints: 0,
            abandoned: false,
            stopped: None,
        })));
        db.watch(&slot);
        Ok(Self { db: db.clone(), token: token.clone(), slot })
    }

    /// The tenant that the transaction is bound to.
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.token.tenant()
    }

    /// Raw SQL, for sqlx: `sqlx::query("…").execute(tx.raw())`.
    ///
    /// Row-level security is bound to the tenant of this transaction, so that the SQL sees the tenant's rows and no
    /// others. It is your SQL, though: text that binds another tenant (`set_config`, `COMMIT` and what follows it) is
    /// believed by PostgreSQL, so never run text that users wrote. Errors come without the server's DETAIL.
    ///
    /// A connection that ran raw SQL is reset before the pool hands it out again.
    pub fn raw(&mut self) -> RawSql<'_> {
        RawSql::new(self)
    }

    /// Commits.
    ///
    /// # Errors
    ///
    /// [`Error::TransactionAborted`] when a statement had failed, so that PostgreSQL could only roll back (it answers
    /// `COMMIT` with success even so); any other [`Error`] when the commit did not reach the server. An expired token
    /// does not keep a transaction from committing.
    pub async fn commit(self) -> Result<(), Error> {
        let mut parking = self.park_to_end()?;
        if self.slot.is_lost() {
            parking.end("ROLLBACK").await?;
            return Err(Error::TransactionAborted);
        }
        if parking.failed && parking.aborted().await? {
            parking.end("ROLLBACK").await?;
            return Err(Error::TransactionAborted);
        }
        parking.end("COMMIT").await
    }

    /// Rolls back, and waits for it. Dropping the transaction rolls back as well, in the background.
    ///
    /// # Errors
    ///
    /// An [`Error`] when the connection failed; the transaction is rolled back all the same.
    pub async fn rollback(self) -> Result<(), Error> {
        self.park_to_end()?.end("ROLLBACK").await
    }

    pub(crate) fn token(&self) -> &TenantToken {
        &self.token
    }

    pub(crate) fn db(&self) -> &TenantDb {
        &self.db
    }

    pub(crate) fn session(&self) -> Result<Session<'_>, Error> {
        self.park().map(Session::Transaction)
    }

    /// Where the connection lies between two statements.
    pub(super) fn slot(&self) -> Arc<Slot> {
        Arc::clone(&self.slot)
    }

    /// Takes the connection out of its slot; it goes back when the [`Parking`] is dropped.
    pub(super) fn park(&self) -> Result<Parking<'_>, Error> {
        if self.slot.is_lost() {
            return Err(Error::TransactionAborted);
        }
        self.park_to_end()
    }

    /// As [`park`](Self::park), to end the transaction: also one that can only be rolled back.
    fn park_to_end(&self) -> Result<Parking<'_>, Error> {
        let mut parked = self.slot.lock();
        let checkout = parked.checkout.take().ok_or(Error::TransactionLost)?;
        Ok(Parking { slot: &self.slot, checkout: Some(checkout), failed: parked.failed })
    }
}

impl Drop for TenantTx {
    fn drop(&mut self) {
        drop(self.slot.evict());
    }
}

impl fmt::Debug for TenantTx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantTx").field("tenant", &self.tenant()).finish_non_exhaustive()
    }
}

/// Where the connection lies between two statements.
#[derive(Debug)]
pub(super) struct Slot(Mutex<Parked>);

#[derive(Debug)]
struct Parked {
    checkout: Option<Checkout>,
    since: Instant,
    /// A statement failed.
    failed: bool,
    /// How many savepoints are open.
    savepoints: u32,
    /// The closure of a savepoint was dropped in the middle: nothing of the transaction may be committed.
    abandoned: bool,
    /// Work stopped in the middle, while so many savepoints were open.
    stopped: Option<u32>,
}

impl Slot {
    /// Notes a further savepoint, and tells how many were open before.
    pub(super) fn enter(&self) -> u32 {
        let mut parked = self.lock();
        parked.savepoints += 1;
        parked.savepoints - 1
    }

    /// Notes that a savepoint, and what is below it, is over; or that nobody knows how.
    pub(super) fn leave(&self, level: u32, abandoned: bool) {
        let mut parked = self.lock();
        parked.savepoints = level;
        parked.abandoned |= abandoned;
    }

    /// Notes that work stopped in the middle; see [`Unfinished`](super::unfinished).
    pub(super) fn stopped(&self) {
        let mut parked = self.lock();
        let savepoints = parked.savepoints;
        parked.stopped.get_or_insert(savepoints);
    }

    /// Notes that what was done within a savepoint, and below it, is undone.
    pub(super) fn undo(&self, level: u32) {
        let mut parked = self.lock();
        parked.stopped = parked.stopped.filter(|savepoints| *savepoints <= level);
    }

    /// Whether nothing of the transaction may be committed.
    fn is_lost(&self) -> bool {
        let parked = self.lock();
        parked.abandoned || parked.stopped.is_some()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Parked> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the connection away for good.
    fn evict(&self) -> Option<Checkout> {
        self.lock().checkout.take()
    }

    /// Takes the connection away when it has lain here for longer than `limit`.
    pub(super) fn evict_idle(&self, limit: Duration) -> Option<Checkout> {
        let mut parked = self.lock();
        if parked.since.elapsed() > limit { parked.checkout.take() } else { None }
    }
}

/// The connection of a transaction in the hands of one statement.
#[derive(Debug)]
pub(crate) struct Parking<'c> {
    slot: &'c Slot,
    checkout: Option<Checkout>,
    failed: bool,
}

impl Parking<'_> {
    pub(crate) fn checkout(&mut self) -> &mut Checkout {
        self.checkout.as_mut().expect("present until dropped")
    }

    /// Takes note that a statement failed, after which PostgreSQL commits nothing.
    pub(crate) fn fail(&mut self) {
        self.failed = true;
    }

    /// Whether the server can still commit. A savepoint may have saved it.
    async fn aborted(&mut self) -> Result<bool, Error> {
        match sqlx::raw_sql("SELECT 1").execute(&mut self.checkout().connection_mut().pg).await {
            Ok(_) => Ok(false),
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("25P02") => Ok(true),
            Err(error) => Err(Error::from_driver(error, "")),
        }
    }

    /// Ends the transaction. What was lent is reset by the same message.
    async fn end(mut self, statement: &'static str) -> Result<(), Error> {
        let mut checkout = self.checkout.take().expect("present until dropped");
        let connection = checkout.connection_mut();
        let ended = if connection.state == State::Lent {
            end_and_reset(connection, statement).await
        } else {
            let ended = sqlx::raw_sql(statement).execute(&mut connection.pg).await;
            ended.map(|_| {
                connection.in_transaction = false;
                if connection.state == State::Transaction {
                    connection.state = State::Clean;
                }
            })
        };
        match ended.map_err(|error| Error::from_driver(error, "")) {
            Ok(()) => Ok(()),
            // A deferred constraint refused the commit, and the transaction is over.
            Err(Error::Database(error)) if !error.is_fatal() => Err(Error::Database(error)),
            Err(error) => {
                connection.state = State::Broken;
                Err(error)
            }
        }
    }
}

impl Drop for Parking<'_> {
    fn drop(&mut self) {
        let Some(checkout) = self.checkout.take() else { return };
        let mut parked = self.slot.lock();
        parked.failed = self.failed;
        parked.since = Instant::now();
        if checkout.connection().state != State::Broken {
            parked.checkout = Some(checkout);
        }
    }
}
