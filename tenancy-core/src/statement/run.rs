//! Running a statement: check, check out, render, send, decode.
//!
//! This is the only path from a statement to a connection. The checks stand in [`Source::open`].

use std::sync::Arc;

use futures_core::stream::BoxStream;
use futures_util::TryStreamExt;
use sqlx::postgres::PgArguments;

use crate::db::{Bound, Session, Source};
use crate::entity::{Row, TenantScoped};
use crate::error::Error;
use crate::schema::EntityDescriptor;
use crate::statement::Scope;
use crate::statement::sql::Sql;

/// What every statement can say of itself.
pub(crate) trait Statement: Send + Sync {
    fn scope(&self) -> &Scope;

    fn entity(&self) -> &'static EntityDescriptor;

    /// What is wrong with the statement itself, whoever runs it.
    fn check(&self) -> Result<(), Error> {
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
    let mut sql = Sql::new(statement.entity(), bound)?;
    statement.render(&mut sql)?;
    Ok(sql.finish())
}

type Query = sqlx::query::Query<'static, sqlx::Postgres, PgArguments>;

async fn open<'c>(statement: &dyn Statement, source: Source<'c>) -> Result<(Session<'c>, Query), Error> {
    statement.check()?;
    let mut session = source.open(statement.scope(), statement.entity()).await?;
    let bound = session.bind(statement.scope());
    let (text, arguments) = rendered(statement, bound)?;
    // The text holds identifiers of the entity, quoted, and no value.
    Ok((session, sqlx::query_with(sqlx::AssertSqlSafe(text), arguments)))
}

/// Runs a statement for the number of rows that it affected.
pub(crate) async fn execute(statement: &dyn Statement, source: Source<'_>) -> Result<u64, Error> {
    let (mut session, query) = open(statement, source).await?;
    let done = query.execute(session.start()).await;
    Ok(session.end(done, statement.entity())?.rows_affected())
}

/// Runs a statement that returns at most one row of the caller's making.
pub(crate) async fn fetch_row<T>(
    statement: &dyn Statement,
    source: Source<'_>,
    decode: impl FnOnce(&Row<'_>) -> Result<T, sqlx::Error>,
) -> Result<Option<T>, Error> {
    let (mut session, query) = open(statement, source).await?;
    let row = query.fetch_optional(session.start()).await;
    let row = session.end(row, statement.entity())?;
    row.map(|row| decode(&Row::new(&row)))
        .transpose()
        .map_err(|error| Error::from_driver(error, statement.entity().entity))
}

/// Runs a statement for its first row, or none.
pub(crate) async fn fetch_optional<E: TenantScoped>(
    statement: &dyn Statement,
    source: Source<'_>,
) -> Result<Option<E>, Error> {
    fetch_row(statement, source, E::decode).await
}

/// Runs a statement for its first row.
pub(crate) async fn fetch_one<E: TenantScoped>(
    statement: &dyn Statement,
    source: Source<'_>,
) -> Result<E, Error> {
    fetch_optional(statement, source).await?.ok_or(Error::RowNotFound)
}

/// Runs a statement for all of its rows.
pub(crate) async fn fetch_all<E: TenantScoped>(
    statement: &dyn Statement,
    source: Source<'_>,
) -> Result<Vec<E>, Error> {
    let entity = statement.entity();
    let (mut session, query) = open(statement, source).await?;
    let rows: Result<Vec<E>, sqlx::Error> =
        query.fetch(session.start()).and_then(async |row| E::decode(&Row::new(&row))).try_collect().await;
    session.end(rows, entity)
}

/// Runs a statement for its rows, one at a time. The stream ends with an error when the token expires.
pub(crate) fn fetch<'c, E: TenantScoped>(
    statement: impl Statement + 'static,
    source: Source<'c>,
) -> BoxStream<'c, Result<E, Error>> {
    Box::pin(async_stream::try_stream! {
        let entity = statement.entity();
        let (mut session, query) = open(&statement, source).await?;
        let mut rows = query.fetch(session.start());
        let end = loop {
            match rows.try_next().await {
                Ok(Some(row)) => {
                    if statement.scope().is_expired() {
                        Err(Error::TokenExpired)?;
                    }
                    yield E::decode(&Row::new(&row)).map_err(|error| Error::from_driver(error, entity.entity))?;
                }
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        drop(rows);
        session.end(end, entity)?;
    })
}
