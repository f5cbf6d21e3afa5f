//! A connection that is lent to sqlx for one statement: what both kinds of raw SQL have in common.

use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use sqlx::postgres::{PgConnection, PgQueryResult, PgRow, PgStatement, PgTypeInfo};
use sqlx::{Either, Execute, Executor as _, Postgres, SqlStr};

/// A connection in the hands of one statement.
pub(crate) trait Lent: Send {
    fn pg(&mut self) -> &mut PgConnection;

    /// An error of the statement without the server's DETAIL, and what it means for the connection.
    fn sanitize(&mut self, error: sqlx::Error) -> sqlx::Error;
}

type Steps<'e> = BoxStream<'e, Result<Either<PgQueryResult, PgRow>, sqlx::Error>>;

pub(crate) fn many<'e, 'q: 'e, L: Lent + 'e>(
    lend: impl FnOnce() -> Result<L, sqlx::Error> + Send + 'e,
    query: impl Execute<'q, Postgres> + 'q,
) -> Steps<'e> {
    Box::pin(async_stream::try_stream! {
        let mut lent = lend()?;
        let mut steps = lent.pg().fetch_many(query);
        let end = loop {
            match steps.try_next().await {
                Ok(Some(step)) => yield step,
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        drop(steps);
        end.map_err(|error| lent.sanitize(error))?;
    })
}

/// The first row. It reads to the end: a deferred constraint may still refuse the statement after its first row.
pub(crate) fn optional(mut steps: Steps<'_>) -> BoxFuture<'_, Result<Option<PgRow>, sqlx::Error>> {
    Box::pin(async move {
        let mut first = None;
        while let Some(step) = steps.next().await {
            if let Either::Right(row) = step? {
                first.get_or_insert(row);
            }
        }
        Ok(first)
    })
}

pub(crate) fn prepare<'e, L: Lent + 'e>(
    lend: impl FnOnce() -> Result<L, sqlx::Error> + Send + 'e,
    sql: SqlStr,
    parameters: &'e [PgTypeInfo],
) -> BoxFuture<'e, Result<PgStatement, sqlx::Error>> {
    Box::pin(async move {
        let mut lent = lend()?;
        let prepared = lent.pg().prepare_with(sql, parameters).await;
        prepared.map_err(|error| lent.sanitize(error))
    })
}

pub(crate) fn describe<'e, L: Lent + 'e>(
    lend: impl FnOnce() -> Result<L, sqlx::Error> + Send + 'e,
    sql: SqlStr,
) -> BoxFuture<'e, Result<sqlx::Describe<Postgres>, sqlx::Error>> {
    Box::pin(async move {
        let mut lent = lend()?;
        let described = lent.pg().describe(sql).await;
        described.map_err(|error| lent.sanitize(error))
    })
}

/// sqlx's `Executor` for a type that has a method `lend`.
macro_rules! executor {
    ($lending:ident) => {
        impl<'c> sqlx::Executor<'c> for $lending<'c> {
            type Database = sqlx::Postgres;

            fn fetch_many<'e, 'q: 'e, E>(
                self,
                query: E,
            ) -> futures_core::stream::BoxStream<
                'e,
                Result<sqlx::Either<sqlx::postgres::PgQueryResult, sqlx::postgres::PgRow>, sqlx::Error>,
            >
            where
                'c: 'e,
                E: 'q + sqlx::Execute<'q, sqlx::Postgres>,
            {
                $crate::db::lend::many(move || self.lend(), query)
            }

            fn fetch_optional<'e, 'q: 'e, E>(
                self,
                query: E,
            ) -> futures_core::future::BoxFuture<'e, Result<Option<sqlx::postgres::PgRow>, sqlx::Error>>
            where
                'c: 'e,
                E: 'q + sqlx::Execute<'q, sqlx::Postgres>,
            {
                $crate::db::lend::optional(self.fetch_many(query))
            }

            fn prepare_with<'e>(
                self,
                sql: sqlx::SqlStr,
                parameters: &'e [sqlx::postgres::PgTypeInfo],
            ) -> futures_core::future::BoxFuture<'e, Result<sqlx::postgres::PgStatement, sqlx::Error>>
            where
                'c: 'e,
            {
                $crate::db::lend::prepare(move || self.lend(), sql, parameters)
            }

            fn describe<'e>(
                self,
                sql: sqlx::SqlStr,
            ) -> futures_core::future::BoxFuture<'e, Result<sqlx::Describe<sqlx::Postgres>, sqlx::Error>>
            where
                'c: 'e,
            {
                $crate::db::lend::describe(move || self.lend(), sql)
            }
        }
    };
}
pub(crate) use executor;
