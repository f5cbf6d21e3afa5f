//! [`Session`]: the owner's connection, and statements that wait for locks without making others wait.
//!
//! A statement that waits for a strong lock stands in a queue, and everybody who comes later stands behind it, readers
//! included. So it waits no longer than the lock timeout, steps out of the queue, and tries again later.

use std::fmt::Display;
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow};
use sqlx::{ConnectOptions as _, Row as _};

use crate::adopt::AdoptError;
use crate::adopt::progress::{Listener, Progress};
use crate::error::Error;

/// Between two attempts, doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(super) struct Session {
    pg: PgConnection,
    pub(super) lock_timeout: Duration,
    patience: Duration,
    /// Attempts that were given up so that others could go on.
    pub(super) retries: u64,
    pub(super) listener: Listener,
}

/// How often, and for how long, one thing was tried.
pub(super) struct Attempts {
    since: Instant,
    pause: Duration,
}

impl Attempts {
    pub(super) fn new() -> Self {
        Self { since: Instant::now(), pause: FIRST_PAUSE }
    }
}

impl Session {
    pub(super) async fn open(
        owner: &PgConnectOptions,
        lock_timeout: Duration,
        patience: Duration,
        listener: Listener,
    ) -> Result<Self, AdoptError> {
        let mut pg = owner.connect().await?;
        // What needs no such lock may wait, and takes as long as it takes. An adoption that is interrupted does not go on alone:
        // the server looks whether somebody is still there, where its system can (PostgreSQL manual,
        // `client_connection_check_interval`).
        let settings = "SET search_path = pg_catalog, pg_temp; SET lock_timeout = 0; SET statement_timeout = 0; \
                        SET idle_in_transaction_session_timeout = 0; \
                        DO $$ BEGIN SET client_connection_check_interval = '1s'; EXCEPTION WHEN OTHERS THEN NULL; END $$";
        sqlx::raw_sql(settings).execute(&mut pg).await?;
        let mut session = Self { pg, lock_timeout, patience, retries: 0, listener };
        session.alone().await?;
        Ok(session)
    }

    /// One adoption of a database at a time. Asked again and again: a session that waits for the lock has a snapshot, which
    /// the index that the other one builds would wait for.
    async fn alone(&mut self) -> Result<(), AdoptError> {
        let since = Instant::now();
        while !self
            .ask::<bool>("SELECT pg_try_advisory_lock(hashtext('tenancy.adopt'), 0)".to_owned())
            .await?
        {
            let waited = since.elapsed();
            if waited > self.patience {
                return Err(AdoptError::Running { waited });
            }
            tokio::time::sleep(FIRST_PAUSE).await;
        }
        Ok(())
    }

    pub(super) async fn rows(&mut self, sql: String) -> Result<Vec<PgRow>, AdoptError> {
        Ok(sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).fetch_all(&mut self.pg).await?)
    }

    /// The one value of the one row.
    pub(super) async fn ask<T>(&mut self, sql: String) -> Result<T, AdoptError>
    where
        T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
    {
        let row = sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).fetch_one(&mut self.pg).await?;
        Ok(row.try_get(0)?)
    }

    /// Says that a step begins.
    pub(super) fn step(&self, table: &impl Display, what: &'static str) {
        self.listener.tell(|| Progress::Step { table: table.to_string(), what });
    }

    /// By itself, in no transaction: what takes long, and lets writers pass.
    pub(super) async fn online(&mut self, sql: String) -> Result<(), AdoptError> {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut self.pg).await?;
        Ok(())
    }

    /// As one transaction, again and again until the locks were free.
    pub(super) async fn brief(
        &mut self,
        table: &impl Display,
        what: &'static str,
        sql: &str,
    ) -> Result<(), AdoptError> {
        self.step(table, what);
        let mut attempts = Attempts::new();
        loop {
            if self.attempt(sql, false).await?.is_some() {
                return Ok(());
            }
            self.pause(&mut attempts, table, what).await?;
        }
    }

    /// As one transaction, once. `None` when a lock was not free in time, or the statement took too long (`timed`) or
    /// met another in a deadlock; else how many rows it touched.
    pub(super) async fn attempt(&mut self, sql: &str, timed: bool) -> Result<Option<u64>, AdoptError> {
        let timeout = self.lock_timeout.as_millis();
        let statement_timeout = if timed { timeout } else { 0 };
        let sql = format!(
            "BEGIN; SET LOCAL lock_timeout = {timeout}; SET LOCAL statement_timeout = {statement_timeout}; {sql}; COMMIT"
        );
        match sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut self.pg).await {
            Ok(done) => Ok(Some(done.rows_affected())),
            Err(error) => {
                sqlx::raw_sql("ROLLBACK").execute(&mut self.pg).await?;
                match Error::from_driver(error, "") {
                    Error::Database(error) if matches!(error.code(), "55P03" | "57014" | "40P01") => Ok(None),
                    error => Err(AdoptError::Database(error)),
                }
            }
        }
    }

    /// Lets others go first.
    pub(super) async fn pause(
        &mut self,
        attempts: &mut Attempts,
        table: &impl Display,
        what: &'static str,
    ) -> Result<(), AdoptError> {
        self.retries += 1;
        let waited = attempts.since.elapsed();
        if waited > self.patience {
            return Err(AdoptError::Locked { table: table.to_string(), what, waited });
        }
        self.listener.tell(|| Progress::Waiting { table: table.to_string(), what, waited });
        tracing::debug!(%table, what, ?waited, "a lock was not free: trying again");
        tokio::time::sleep(attempts.pause).await;
        attempts.pause = (attempts.pause * 2).min(LONGEST_PAUSE);
        Ok(())
    }
}
