//! [`RawSql`]: sqlx inside a bound transaction.
//!
//! It implements sqlx's `Executor` and nothing else. It is not a `&mut PgConnection`, and gives none: with one,
//! `mem::swap` would put a superuser's connection into the verified pool.

use std::fmt;

use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use sqlx::postgres::{PgQueryResult, PgRow, PgStatement, PgTypeInfo};
use sqlx::{Either, Execute, Postgres, SqlStr};

use crate::db::TenantTx;
use crate::db::connection::State;
use crate::db::transaction::Parking;
use crate::error::{Error, ServerError};

/// Lends the transaction's connection to one statement of sqlx: see [`TenantTx::raw`].
#[must_use = "raw SQL runs when it is given to sqlx: `sqlx::query(\"…\").execute(tx.raw())`"]
pub struct RawSql<'c> {
    tx: &'c mut TenantTx,
}

impl<'c> RawSql<'c> {
    pub(super) fn new(tx: &'c mut TenantTx) -> Self {
        Self { tx }
    }

    /// Takes the connection, which is dirty from now on.
    fn lend(self) -> Result<Parking<'c>, sqlx::Error> {
        let tx: &'c TenantTx = self.tx;
        tx.db().check_token(tx.token()).map_err(ours)?;
        let mut parking = tx.park().map_err(ours)?;
        parking.checkout().connection_mut().state = State::Lent;
        Ok(parking)
    }
}

impl fmt::Debug for RawSql<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawSql").field("tenant", &self.tx.tenant()).finish_non_exhaustive()
    }
}

/// An error of ours, as sqlx's signatures want it. It downcasts to [`Error`].
fn ours(error: Error) -> sqlx::Error {
    sqlx::Error::AnyDriverError(Box::new(error))
}

/// An error of sqlx without the server's DETAIL, and what it means for the transaction.
fn sanitize(error: sqlx::Error, parking: &mut Parking<'_>) -> sqlx::Error {
    match error {
        sqlx::Error::Database(error) => {
            let error = ServerError::new(&*error);
            parking.fail();
            if error.is_fatal() {
                parking.checkout().connection_mut().state = State::Broken;
            }
            sqlx::Error::Database(Box::new(error))
        }
        error @ (sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_)) => {
            parking.checkout().connection_mut().state = State::Broken;
            error
        }
        error => error,
    }
}

impl<'c> sqlx::Executor<'c> for RawSql<'c> {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxStream<'e, Result<Either<PgQueryResult, PgRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        Box::pin(async_stream::try_stream! {
            let mut parking = self.lend()?;
            let mut steps = parking.checkout().connection_mut().pg.fetch_many(query);
            let end = loop {
                match steps.try_next().await {
                    Ok(Some(step)) => yield step,
                    Ok(None) => break Ok(()),
                    Err(error) => break Err(error),
                }
            };
            drop(steps);
            end.map_err(|error| sanitize(error, &mut parking))?;
        })
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<PgRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        Box::pin(async move {
            // To the end: a deferred constraint may still refuse the statement after its first row.
            let mut first = None;
            let mut steps = self.fetch_many(query);
            while let Some(step) = steps.next().await {
                if let Either::Right(row) = step? {
                    first.get_or_insert(row);
                }
            }
            Ok(first)
        })
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [PgTypeInfo],
    ) -> BoxFuture<'e, Result<PgStatement, sqlx::Error>>
    where
        'c: 'e,
    {
        Box::pin(async move {
            let mut parking = self.lend()?;
            let prepared = parking.checkout().connection_mut().pg.prepare_with(sql, parameters).await;
            prepared.map_err(|error| sanitize(error, &mut parking))
        })
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<sqlx::Describe<Postgres>, sqlx::Error>>
    where
        'c: 'e,
    {
        Box::pin(async move {
            let mut parking = self.lend()?;
            let described = parking.checkout().connection_mut().pg.describe(sql).await;
            described.map_err(|error| sanitize(error, &mut parking))
        })
    }
}
