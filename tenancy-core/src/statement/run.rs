//! Running a statement: check, check out, render, send, decode.
//!
//! This is the only path from a statement to a connection. The checks stand in [`Source::open`].

use std::sync::Arc;

use futures_core::stream::BoxStream;
use futures_util::TryStreamExt;
use sqlx::postgres::PgArguments;

use crate::db::{Bound, Session, Source};
use crate::entity::Row;
use crate::error::{Error, is_stale_plan};
use crate::schema::{EntityDescriptor, SqlFunction};
use crate::statement::Scope;
use crate::statement::condition::Visit;
use crate::statement::given::SqlValues;
use crate::statement::sql::Sql;
use crate::statement::traced::Traced;

/// What every statement can say of itself.
pub(crate) trait Statement: Send + Sync {
    fn scope(&self) -> &Scope;

    fn entity(&self) -> &'static EntityDescriptor;

    /// The SQL command that it is, for spans.
    fn operation(&self) -> &'static str;

    /// The other entities that it speaks of: what is joined, and what subqueries ask.
    fn each_other_entity(&self, _visit: Visit<'_>) -> Result<(), Error> {
        Ok(())
    }

    /// The functions of the database that it names.
    fn each_function(&self, _visit: &mut dyn FnMut(SqlFunction) -> Result<(), Error>) -> Result<(), Error> {
        Ok(())
    }

    /// Values that were encoded before it is rendered, and come before the tenant.
    fn values(&self) -> Option<&SqlValues> {
        None
    }

    /// What is wrong with the statement itself, whoever runs it.
    fn check(&self) -> Result<(), Error> {
        Ok(())
    }

    /// It is about no rows, so that nothing has to be sent.
    fn is_empty(&self) -> bool {
        false
    }

    /// What it means that there was no such row: an error, where one was claimed to be there.
    fn found_none(&self) -> Result<(), Error> {
        Ok(())
    }

    fn render(&self, sql: &mut Sql) -> Result<(), Error>;
}

/// The text of a statement, as the server gets it.
pub(crate) fn text(statement: &dyn Statement) -> Result<Arc<str>, Error> {
    rendered(statement, Bound::shown(statement.scope())).map(|(text, _)| text)
}

/// The method that every statement has: `sql_of!(read)` shows the statement in the field `read`.
macro_rules! sql_of {
    ($statement:ident) => {
        /// The text of the statement, as PostgreSQL gets it: for `EXPLAIN`, and for logs. It holds names and no
        /// values. `$1` is the tenant, and its type is the domain `tenancy.bound`.
        ///
        /// # Errors
        ///
        /// [`Error::Encode`] when a value cannot be encoded.
        pub fn sql(&self) -> Result<std::sync::Arc<str>, Error> {
            run::text(&self.$statement)
        }
    };
}
pub(crate) use sql_of;

fn rendered(statement: &dyn Statement, bound: Bound) -> Result<(Arc<str>, PgArguments), Error> {
    let mut sql = match statement.values() {
        None => Sql::new(statement.entity(), bound)?,
        Some(values) => Sql::after(statement.entity(), values, bound)?,
    };
    statement.render(&mut sql)?;
    Ok(sql.finish())
}

type Query = sqlx::query::Query<'static, sqlx::Postgres, PgArguments>;

async fn open<'c>(statement: &dyn Statement, source: Source<'c>) -> Result<(Session<'c>, Query), Error> {
    statement.check()?;
    statement.each_other_entity(&mut |entity| source.check(statement.scope(), entity))?;
    statement.each_function(&mut |function| source.check_function(function))?;
    let mut session = source.open(statement.scope(), statement.entity()).await?;
    let query = query(statement, &mut session)?;
    Ok((session, query))
}

fn query(statement: &dyn Statement, session: &mut Session<'_>) -> Result<Query, Error> {
    let bound = session.bind(statement.scope());
    let (text, arguments) = rendered(statement, bound)?;
    // The text holds identifiers of the entity, quoted, and no value.
    Ok(sqlx::query_with(sqlx::AssertSqlSafe(text), arguments))
}

/// The same statement once more, after a plan that was prepared for tables as they were before.
///
/// PostgreSQL refuses it while it binds, before it runs anything, so that nothing can happen twice. (A plan within a function
/// or trigger is not meant: its error says where it stands.) In a transaction it has ended the transaction by that, and the
/// error stays what it is: see [`Session::is_stale`].
async fn prepared_again(statement: &dyn Statement, session: &mut Session<'_>) -> Result<Query, Error> {
    session.forget_plans(statement.entity().entity).await?;
    query(statement, session)
}

/// Runs a statement for the number of rows that it affected.
pub(crate) async fn execute(statement: &dyn Statement, source: Source<'_>) -> Result<u64, Error> {
    let span = Traced::new(statement);
    let rows = span
        .run(async {
            if statement.is_empty() {
                return source.check(statement.scope(), statement.entity()).map(|()| 0);
            }
            let (mut session, query) = open(statement, source).await?;
            let mut done = query.execute(session.start()).await;
            if session.is_stale(done.as_ref().err()) {
                done = prepared_again(statement, &mut session).await?.execute(session.start()).await;
            }
            let rows = session.end(done, statement.entity().entity)?.rows_affected();
            if rows == 0 {
                statement.found_none()?;
            }
            Ok(rows)
        })
        .await;
    span.end(rows, |rows| *rows)
}

/// How a row is read.
pub(crate) trait Decode<T>: Fn(Row<'_>) -> Result<T, sqlx::Error> + Send + Sync {}
impl<T, F: Fn(Row<'_>) -> Result<T, sqlx::Error> + Send + Sync> Decode<T> for F {}

/// Runs a statement for its first row, or none.
pub(crate) async fn fetch_optional<T>(
    statement: &dyn Statement,
    source: Source<'_>,
    decode: impl Decode<T>,
) -> Result<Option<T>, Error> {
    let span = Traced::new(statement);
    let row = span
        .run(async {
            if statement.is_empty() {
                return source.check(statement.scope(), statement.entity()).map(|()| None);
            }
            let (mut session, query) = open(statement, source).await?;
            let mut row = query.fetch_optional(session.start()).await;
            if session.is_stale(row.as_ref().err()) {
                row = prepared_again(statement, &mut session).await?.fetch_optional(session.start()).await;
            }
            let row = session.end(row, statement.entity().entity)?;
            if row.is_none() {
                statement.found_none()?;
            }
            row.map(|row| decode(Row::new(&row)))
                .transpose()
                .map_err(|error| Error::from_driver(error, statement.entity().entity))
        })
        .await;
    span.end(row, |row| u64::from(row.is_some()))
}

/// Runs a statement for its first row.
pub(crate) async fn fetch_one<T>(
    statement: &dyn Statement,
    source: Source<'_>,
    decode: impl Decode<T>,
) -> Result<T, Error> {
    fetch_optional(statement, source, decode).await?.ok_or(Error::RowNotFound)
}

/// Runs a statement for all of its rows.
pub(crate) async fn fetch_all<T: Send>(
    statement: &dyn Statement,
    source: Source<'_>,
    decode: impl Decode<T>,
) -> Result<Vec<T>, Error> {
    let span = Traced::new(statement);
    let rows = span
        .run(async {
            if statement.is_empty() {
                return source.check(statement.scope(), statement.entity()).map(|()| Vec::new());
            }
            let entity = statement.entity().entity;
            let (mut session, query) = open(statement, source).await?;
            let decode = async |row| decode(Row::new(&row));
            let mut rows: Result<Vec<T>, sqlx::Error> =
                query.fetch(session.start()).and_then(&decode).try_collect().await;
            if session.is_stale(rows.as_ref().err()) {
                let query = prepared_again(statement, &mut session).await?;
                rows = query.fetch(session.start()).and_then(&decode).try_collect().await;
            }
            let rows = session.end(rows, entity)?;
            if rows.is_empty() {
                statement.found_none()?;
            }
            Ok(rows)
        })
        .await;
    span.end(rows, |rows| rows.len() as u64)
}

/// Runs a statement for its rows, one at a time. The stream ends with an error when the token expires.
pub(crate) fn fetch<'c, T: Send + 'static>(
    statement: impl Statement + 'static,
    source: Source<'c>,
    decode: fn(Row<'_>) -> Result<T, sqlx::Error>,
) -> BoxStream<'c, Result<T, Error>> {
    let span = Traced::new(&statement);
    span.stream(async_stream::try_stream! {
        let entity = statement.entity().entity;
        let (mut session, query) = open(&statement, source).await?;
        let alone = session.is_alone();
        let mut rows = query.fetch(session.start());
        let mut next = rows.try_next().await;
        if alone && is_stale_plan(next.as_ref().err()) {
            drop(rows);
            let query = prepared_again(&statement, &mut session).await?;
            rows = query.fetch(session.start());
            next = rows.try_next().await;
        }
        let end = loop {
            match next {
                Ok(Some(row)) => {
                    if statement.scope().is_expired() {
                        Err(Error::TokenExpired)?;
                    }
                    yield decode(Row::new(&row)).map_err(|error| Error::from_driver(error, entity))?;
                }
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
            next = rows.try_next().await;
        };
        drop(rows);
        session.end(end, entity)?;
    })
}
