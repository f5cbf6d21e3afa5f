//! [`CrossSelect`] and [`CrossCount`]: reads without a tenant.
//!
//! They look like [`Select`](crate::statement::Select) and are other types: their terminals take a
//! [`CrossTenantTx`], and nothing else does.

use std::marker::PhantomData;
use std::sync::Arc;

use futures_core::stream::BoxStream;
use futures_util::TryStreamExt;
use sqlx::postgres::PgArguments;

use crate::danger::CrossTenantTx;
use crate::entity::{ColumnType, ColumnsOf, Row, TenantScoped};
use crate::error::Error;
use crate::statement::condition::Conditions;
use crate::statement::filter::IntoFilter;
use crate::statement::order::{self, OfColumn, Order, Term};
use crate::statement::read::number;
use crate::statement::sql::Sql;

/// Reads rows of every tenant: made by [`CrossTenantTx::find`].
#[must_use = "a read does nothing until it is fetched"]
#[derive(Debug)]
pub struct CrossSelect<E> {
    conditions: Conditions,
    order: Vec<Term>,
    limit: Option<u64>,
    offset: Option<u64>,
    marker: PhantomData<fn() -> E>,
}

/// Counts rows of every tenant: made by [`CrossTenantTx::count`].
#[must_use = "a count does nothing until it is fetched"]
#[derive(Debug)]
pub struct CrossCount<E> {
    conditions: Conditions,
    marker: PhantomData<fn() -> E>,
}

type Query = sqlx::query::Query<'static, sqlx::Postgres, PgArguments>;

fn query((text, arguments): (Arc<str>, PgArguments)) -> Query {
    // The text holds identifiers of the entity, quoted, and no value.
    sqlx::query_with(sqlx::AssertSqlSafe(text), arguments)
}

fn error<E: TenantScoped>(error: sqlx::Error) -> Error {
    Error::from_driver(error, E::DESCRIPTOR.entity)
}

impl<E: TenantScoped> CrossSelect<E> {
    pub(super) fn new() -> Self {
        let conditions = Conditions::default();
        Self { conditions, order: Vec::new(), limit: None, offset: None, marker: PhantomData }
    }

    /// Keeps the rows for which the condition holds. Several calls must all hold.
    pub fn filter<F: IntoFilter<E>>(mut self, filter: impl FnOnce(ColumnsOf<E>) -> F) -> Self {
        self.conditions.add::<E, _>(filter(E::columns()));
        self
    }

    /// Orders the rows. Further calls order what is equal so far.
    pub fn order_by<T: ColumnType, N>(
        mut self,
        order: impl FnOnce(ColumnsOf<E>) -> Order<E, OfColumn<T, N>>,
    ) -> Self {
        self.order.push(order(E::columns()).into_term());
        self
    }

    /// At most so many rows.
    pub fn limit(self, rows: u64) -> Self {
        Self { limit: Some(rows), ..self }
    }

    /// Without the first so many rows.
    pub fn offset(self, rows: u64) -> Self {
        Self { offset: Some(rows), ..self }
    }

    /// The first row.
    ///
    /// # Errors
    ///
    /// [`Error::RowNotFound`] when there is no such row; any other [`Error`] when the statement did not run.
    pub async fn fetch_one(self, report: &mut CrossTenantTx) -> Result<E, Error> {
        self.fetch_optional(report).await?.ok_or(Error::RowNotFound)
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    ///
    /// An [`Error`] when the statement did not run.
    pub async fn fetch_optional(self, report: &mut CrossTenantTx) -> Result<Option<E>, Error> {
        let mut rows = self.limit_to_one().fetch(report);
        rows.try_next().await
    }

    /// All rows.
    ///
    /// # Errors
    ///
    /// An [`Error`] when the statement did not run.
    pub async fn fetch_all(self, report: &mut CrossTenantTx) -> Result<Vec<E>, Error> {
        self.fetch(report).try_collect().await
    }

    /// The rows as they arrive, in constant memory.
    pub fn fetch(self, report: &mut CrossTenantTx) -> BoxStream<'_, Result<E, Error>> {
        Box::pin(async_stream::try_stream! {
            let query = query(self.render()?);
            let mut rows = query.fetch(report.reading(E::DESCRIPTOR, &self.conditions)?);
            while let Some(row) = rows.try_next().await.map_err(error::<E>)? {
                yield E::decode(&Row::new(&row)).map_err(error::<E>)?;
            }
        })
    }

    fn limit_to_one(self) -> Self {
        let limit = Some(self.limit.map_or(1, |rows| rows.min(1)));
        Self { limit, ..self }
    }

    fn render(&self) -> Result<(Arc<str>, PgArguments), Error> {
        let mut sql = Sql::unbound(E::DESCRIPTOR);
        sql.push("SELECT ").columns().push(" FROM ").table().push(" WHERE TRUE");
        self.conditions.render(&mut sql)?;
        order::render(&self.order, &mut sql)?;
        for (word, rows) in [(" LIMIT ", self.limit), (" OFFSET ", self.offset)] {
            if let Some(rows) = rows {
                sql.push(word).value(&number(rows))?;
            }
        }
        Ok(sql.finish())
    }
}

impl<E: TenantScoped> CrossCount<E> {
    pub(super) fn new() -> Self {
        Self { conditions: Conditions::default(), marker: PhantomData }
    }

    /// Counts the rows for which the condition holds. Several calls must all hold.
    pub fn filter<F: IntoFilter<E>>(mut self, filter: impl FnOnce(ColumnsOf<E>) -> F) -> Self {
        self.conditions.add::<E, _>(filter(E::columns()));
        self
    }

    /// The number of rows.
    ///
    /// # Errors
    ///
    /// An [`Error`] when the statement did not run.
    pub async fn fetch_one(self, report: &mut CrossTenantTx) -> Result<u64, Error> {
        let mut sql = Sql::unbound(E::DESCRIPTOR);
        sql.push("SELECT count(*) FROM ").table().push(" WHERE TRUE");
        self.conditions.render(&mut sql)?;
        let row = query(sql.finish())
            .fetch_one(report.reading(E::DESCRIPTOR, &self.conditions)?)
            .await
            .map_err(error::<E>)?;
        Row::new(&row).get::<i64>(0).map(i64::unsigned_abs).map_err(error::<E>)
    }
}
