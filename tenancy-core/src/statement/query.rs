//! [`SqlQuery`]: a hand-written SELECT, made by `sql!`.
//!
//! The macro has read the text while compiling, and made pieces of it. Between them stand the entities: each is rendered as
//! a subquery of its tenant's rows, so that the statement carries the predicate for every table, as builders do, and binds
//! row-level security by the same parameter.

use std::fmt;

use futures_core::stream::BoxStream;
use sqlx::postgres::PgRow;
use sqlx::{Decode, FromRow, Postgres, Type};

use crate::db::Executor;
use crate::entity::{Alias, Row};
use crate::error::Error;
use crate::schema::{EntityDescriptor, SqlFunction};
use crate::statement::condition::Visit;
use crate::statement::given::SqlValues;
use crate::statement::proof::Scope;
use crate::statement::run::{self, Statement};
use crate::statement::sql::Sql;

/// A part of the text of a hand-written statement. For the expansion of `sql!`.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum SqlPiece {
    /// As it was written.
    Text(&'static str),
    /// The rows of an entity.
    Entity(&'static EntityDescriptor),
    /// The name of a function that was declared.
    Function(SqlFunction),
}

/// A hand-written SELECT over one tenant's rows: made by `sql!`.
///
/// Rows are read as whatever sqlx can make of them by name: a struct with `#[derive(sqlx::FromRow)]`, or a tuple; single
/// values by [`scalar`](Self::scalar).
///
/// A statement whose proof is a token or a transaction is bound as every other; see [`TenantScoped`](crate::TenantScoped).
#[must_use = "a statement does nothing until it is fetched"]
#[derive(Debug)]
pub struct SqlQuery(Written);

struct Written {
    scope: Scope,
    pieces: &'static [SqlPiece],
    /// The first entity: errors name it.
    entity: &'static EntityDescriptor,
    values: SqlValues,
    with_deleted: bool,
}

/// Leaves the values out.
impl fmt::Debug for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Written")
            .field("scope", &self.scope)
            .field("pieces", &self.pieces)
            .finish_non_exhaustive()
    }
}

impl SqlQuery {
    pub(crate) fn new(
        scope: Scope,
        entity: &'static EntityDescriptor,
        pieces: &'static [SqlPiece],
        values: SqlValues,
    ) -> Self {
        Self(Written { scope, pieces, entity, values, with_deleted: false })
    }

    /// Reads the deleted rows of every entity as well, where they stay: see `#[tenancy(deleted_at)]`.
    pub fn with_deleted(mut self) -> Self {
        self.0.with_deleted = true;
        self
    }

    /// Reads one value a row, instead of a struct or a tuple.
    pub fn scalar<V>(self) -> SqlScalar<V>
    where
        V: for<'r> Decode<'r, Postgres> + Type<Postgres> + Send + Unpin + 'static,
    {
        SqlScalar { query: self, read: |row| row.get(0) }
    }

    /// The first row.
    ///
    /// # Errors
    ///
    /// [`Error::RowNotFound`] when there is none; any other [`Error`] when the statement did not run.
    pub async fn fetch_one<'c, T, X: Executor<'c>>(self, executor: X) -> Result<T, Error>
    where
        T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        run::fetch_one(&self.0, executor.source(), |row| row.all()).await
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    ///
    /// An [`Error`] when the statement did not run.
    pub async fn fetch_optional<'c, T, X: Executor<'c>>(self, executor: X) -> Result<Option<T>, Error>
    where
        T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        run::fetch_optional(&self.0, executor.source(), |row| row.all()).await
    }

    /// All rows.
    ///
    /// # Errors
    ///
    /// An [`Error`] when the statement did not run.
    pub async fn fetch_all<'c, T, X: Executor<'c>>(self, executor: X) -> Result<Vec<T>, Error>
    where
        T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        run::fetch_all(&self.0, executor.source(), |row| row.all()).await
    }

    /// The rows as they arrive, in constant memory; see [`Select::fetch`](crate::statement::Select::fetch).
    pub fn fetch<'c, T, X: Executor<'c>>(self, executor: X) -> BoxStream<'c, Result<T, Error>>
    where
        T: for<'r> FromRow<'r, PgRow> + Send + Unpin + 'static,
    {
        run::fetch(self.0, executor.source(), |row| row.all())
    }

    /// The text of the statement, as PostgreSQL gets it: for `EXPLAIN`, and for logs. It holds names and no values that
    /// stand in braces. The tenant is the last parameter, and its type is the domain `tenancy.bound`.
    ///
    /// # Errors
    ///
    /// [`Error::Encode`] when a value cannot be encoded.
    pub fn sql(&self) -> Result<std::sync::Arc<str>, Error> {
        run::text(&self.0)
    }
}

/// A hand-written SELECT that is read as one value a row: made by [`SqlQuery::scalar`].
#[must_use = "a statement does nothing until it is fetched"]
pub struct SqlScalar<V> {
    query: SqlQuery,
    read: fn(Row<'_>) -> Result<V, sqlx::Error>,
}

impl<V> fmt::Debug for SqlScalar<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SqlScalar").field(&self.query).finish()
    }
}

impl<V: Send + 'static> SqlScalar<V> {
    /// The value of the first row.
    ///
    /// # Errors
    ///
    /// [`Error::RowNotFound`] when there is none; any other [`Error`] when the statement did not run.
    pub async fn fetch_one<'c, X: Executor<'c>>(self, executor: X) -> Result<V, Error> {
        run::fetch_one(&self.query.0, executor.source(), self.read).await
    }

    /// The value of the first row, if there is one.
    ///
    /// # Errors
    ///
    /// An [`Error`] when the statement did not run.
    pub async fn fetch_optional<'c, X: Executor<'c>>(self, executor: X) -> Result<Option<V>, Error> {
        run::fetch_optional(&self.query.0, executor.source(), self.read).await
    }

    /// The values of all rows.
    ///
    /// # Errors
    ///
    /// An [`Error`] when the statement did not run.
    pub async fn fetch_all<'c, X: Executor<'c>>(self, executor: X) -> Result<Vec<V>, Error> {
        run::fetch_all(&self.query.0, executor.source(), self.read).await
    }

    /// The values as they arrive, in constant memory; see [`Select::fetch`](crate::statement::Select::fetch).
    pub fn fetch<'c, X: Executor<'c>>(self, executor: X) -> BoxStream<'c, Result<V, Error>> {
        run::fetch(self.query.0, executor.source(), self.read)
    }
}

impl Statement for Written {
    fn operation(&self) -> &'static str {
        "SELECT"
    }

    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn entity(&self) -> &'static EntityDescriptor {
        self.entity
    }

    fn each_other_entity(&self, visit: Visit<'_>) -> Result<(), Error> {
        self.pieces.iter().try_for_each(|piece| match piece {
            SqlPiece::Entity(entity) => visit(entity),
            SqlPiece::Text(_) | SqlPiece::Function(_) => Ok(()),
        })
    }

    fn each_function(&self, visit: &mut dyn FnMut(SqlFunction) -> Result<(), Error>) -> Result<(), Error> {
        self.pieces.iter().try_for_each(|piece| match piece {
            SqlPiece::Function(function) => visit(*function),
            SqlPiece::Text(_) | SqlPiece::Entity(_) => Ok(()),
        })
    }

    fn check(&self) -> Result<(), Error> {
        // What could not be encoded is a customer's value, and so is what the encoder says of it.
        if self.values.failed { Err(Error::Encode { entity: self.entity.entity }) } else { Ok(()) }
    }

    fn values(&self) -> Option<&SqlValues> {
        Some(&self.values)
    }

    fn render(&self, sql: &mut Sql) -> Result<(), Error> {
        for piece in self.pieces {
            match piece {
                SqlPiece::Text(text) => {
                    sql.push(text);
                }
                SqlPiece::Entity(entity) => {
                    sql.push("(SELECT ")
                        .columns_of(entity, Alias::ROOT)
                        .push(" FROM ")
                        .table_as(entity, Alias::ROOT);
                    sql.rows_of_tenant(entity);
                    if !self.with_deleted {
                        sql.and_live(entity, Alias::ROOT);
                    }
                    sql.push(")");
                }
                SqlPiece::Function(function) => {
                    sql.name(function.schema()).push(".").name(function.name());
                }
            }
        }
        Ok(())
    }
}
