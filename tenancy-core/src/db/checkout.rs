//! [`Checkout`]: a connection out of the pool, and how it goes back.
//!
//! Dropping a checkout is how every statement ends, finished or cancelled at any await point. A clean connection goes
//! back at once. A dirty one is handed to a task that cleans it off the caller's path, and is thrown away when that
//! does not succeed in time: the server then ends its transaction by itself.

use std::fmt;
use std::time::Duration;

use deadpool::managed::{Object, Pool, PoolError};
use futures_util::TryStreamExt as _;
use sqlx::postgres::PgRow;
use sqlx::{Connection as _, Row as _};
use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::db::connection::{Connection, Manager, State};
use crate::error::Error;

/// How long cleaning may take before the connection is thrown away.
const CLEAN_WITHIN: Duration = Duration::from_secs(5);

/// `DISCARD ALL` without `DEALLOCATE ALL`, which would pull sqlx's prepared statements from under it; then what no
/// reset mends. The simple protocol runs all of it in one transaction, so that the two timestamps are equal unless a
/// transaction was left open. A statement that SQL prepared could stand under the name of one of sqlx's, and one
/// that SQL deallocated is missing (or stands on another of a pooler's server connections): the number that sqlx
/// believes to be there is compared.
const RESET: &str = "CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ROLE; RESET ALL; UNLISTEN *; \
     SELECT pg_catalog.pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES; \
     SELECT pg_catalog.now() = pg_catalog.statement_timestamp() \
        AND pg_catalog.concat(pg_catalog.current_setting('app.tenant_id', true), \
                              pg_catalog.current_setting('app.public_tenant_id', true)) = '' \
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_prepared_statements WHERE from_sql) AS clean, \
     (SELECT pg_catalog.count(*) FROM pg_catalog.pg_prepared_statements) AS prepared";

/// A connection out of the pool.
pub(crate) struct Checkout {
    /// `None` only while it is being dropped.
    object: Option<Object<Manager>>,
}

impl Checkout {
    /// Waits for a connection: an idle one, or a new one while there are fewer than the maximum.
    pub(crate) async fn new(pool: &Pool<Manager>, acquire_timeout: Duration) -> Result<Self, Error> {
        match timeout(acquire_timeout, pool.get()).await {
            Ok(Ok(object)) => Ok(Self { object: Some(object) }),
            Ok(Err(PoolError::Backend(error))) => Err(error),
            Ok(Err(_)) => Err(Error::Driver("the pool is closed".into())),
            Err(_) => Err(Error::PoolTimedOut { waited: acquire_timeout }),
        }
    }

    pub(crate) fn connection(&self) -> &Connection {
        self.object.as_ref().expect("present until dropped")
    }

    pub(crate) fn connection_mut(&mut self) -> &mut Connection {
        self.object.as_mut().expect("present until dropped")
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        let Some(mut object) = self.object.take() else { return };
        match object.state {
            State::Clean => object.rest(),
            State::Broken => drop(Object::take(object)),
            State::Busy | State::Transaction | State::Lent | State::Unprepared => {
                let cleaning = Cleaning { object: Some(object) };
                // Outside of a runtime nobody can clean: the guard throws the connection away.
                if let Ok(runtime) = Handle::try_current() {
                    runtime.spawn(cleaning.run());
                }
            }
        }
    }
}

impl fmt::Debug for Checkout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Checkout").field(&self.object.as_ref().map(|object| object.state)).finish()
    }
}

/// A dirty connection. Unless it comes out clean, it never goes back: not when cleaning fails, takes too long, or is
/// dropped together with its runtime.
struct Cleaning {
    object: Option<Object<Manager>>,
}

impl Cleaning {
    async fn run(mut self) {
        let Some(connection) = self.object.as_deref_mut() else { return };
        let cleaned = timeout(CLEAN_WITHIN, clean(connection)).await;
        if matches!(cleaned, Ok(Ok(()))) && connection.state == State::Clean {
            connection.rest();
            drop(self.object.take());
        }
    }
}

impl Drop for Cleaning {
    fn drop(&mut self) {
        if let Some(object) = self.object.take() {
            drop(Object::take(object));
        }
    }
}

/// Brings a connection back to where a fresh one is, and says so by its state: it stays otherwise when that cannot be.
async fn clean(connection: &mut Connection) -> Result<(), sqlx::Error> {
    match connection.state {
        State::Lent => end_and_reset(connection, "ROLLBACK").await?,
        State::Unprepared => {}
        _ if connection.in_transaction => {
            sqlx::raw_sql("ROLLBACK").execute(&mut connection.pg).await?;
            connection.in_transaction = false;
            connection.state = State::Clean;
        }
        _ => {
            // Reads the end of what was sent.
            connection.pg.ping().await?;
            connection.state = State::Clean;
        }
    }
    if connection.state == State::Unprepared {
        // They are prepared again when they are used.
        connection.pg.clear_cached_statements().await?;
        connection.state = State::Clean;
    }
    Ok(())
}

/// Ends a transaction in which raw SQL ran, and resets the session, as one message.
///
/// A transaction pooler takes the server connection away when the transaction ends, and the message with it. What raw SQL
/// has set for the session would stay there for whoever comes next, a tenant included, and a message of its own would
/// reset another one.
///
/// # Errors
///
/// When the transaction could not be ended as asked. That the session could not be reset is no error of it: the
/// connection is [broken](State::Broken) then.
pub(super) async fn end_and_reset(connection: &mut Connection, end: &str) -> Result<(), sqlx::Error> {
    let sql = sqlx::AssertSqlSafe(format!("{end}; {RESET}"));
    let mut steps = sqlx::raw_sql(sql).fetch_many(&mut connection.pg);
    let mut ended = false;
    let mut last = None;
    let reset = loop {
        match steps.try_next().await {
            Ok(Some(sqlx::Either::Left(_))) => ended = true,
            Ok(Some(sqlx::Either::Right(row))) => last = Some(row),
            Ok(None) => break true,
            Err(error) if !ended => return Err(error),
            Err(_) => break false,
        }
    };
    drop(steps);
    connection.in_transaction = false;
    let state =
        last.filter(|_| reset).and_then(|row| judge(&row, connection.pg.cached_statements_size()).ok());
    connection.state = state.unwrap_or(State::Broken);
    Ok(())
}

/// What the last row of [`RESET`] says of the session.
fn judge(row: &PgRow, cached: usize) -> Result<State, sqlx::Error> {
    let prepared = usize::try_from(row.try_get::<i64, _>("prepared")?).unwrap_or(0);
    Ok(match row.try_get("clean")? {
        false => State::Broken,
        true if prepared < cached => State::Unprepared,
        true => State::Clean,
    })
}
