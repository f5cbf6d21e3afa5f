//! [`Select`]: reading rows.

use std::marker::PhantomData;

use futures_core::stream::BoxStream;

use crate::db::Executor;
use crate::entity::{Parameter, TenantScoped};
use crate::error::Error;
use crate::schema::EntityDescriptor;
use crate::statement::filter::{Conditions, IntoFilter};
use crate::statement::order::{self, Order, Term};
use crate::statement::proof::{ReadProof, Scope};
use crate::statement::run::{self, Statement};
use crate::statement::sql::{ALIAS, Sql};

/// Reads rows of one tenant: made by [`TenantScoped::find`] and [`TenantScoped::find_by_id`].
#[must_use = "a read does nothing until it is fetched"]
#[derive(Debug)]
pub struct Select<E> {
    read: Read,
    marker: PhantomData<fn() -> E>,
}

/// A [`Select`] without its entity's type.
#[derive(Debug)]
struct Read {
    scope: Scope,
    entity: &'static EntityDescriptor,
    conditions: Conditions,
    order: Vec<Term>,
    limit: Option<Parameter>,
    offset: Option<Parameter>,
    /// How many of the rows are wanted.
    wanted: Wanted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    All,
    /// The first of several: the server is told to stop there.
    First,
    /// The id is given, so that there is one at most, and a `LIMIT` would be work for nothing.
    One,
}

/// A number of rows, as a parameter: so that every page has the same text.
pub(crate) fn number(rows: u64) -> Parameter {
    Parameter::of(Some(i64::try_from(rows).unwrap_or(i64::MAX)))
}

impl<E: TenantScoped> Select<E> {
    pub(crate) fn new<P: ReadProof<E> + ?Sized>(proof: &P) -> Self {
        let read = Read {
            scope: proof.scope(),
            entity: E::DESCRIPTOR,
            conditions: Conditions::default(),
            order: Vec::new(),
            limit: None,
            offset: None,
            wanted: Wanted::All,
        };
        Self { read, marker: PhantomData }
    }

    pub(crate) fn by_id<P: ReadProof<E> + ?Sized>(proof: &P, id: E::Id) -> Self {
        let mut select = Self::new(proof).filter(|columns| E::has_id(columns, id));
        select.read.wanted = Wanted::One;
        select
    }

    /// Keeps the rows for which the condition holds. Several calls must all hold.
    pub fn filter<F: IntoFilter<E>>(mut self, filter: impl FnOnce(E::Columns) -> F) -> Self {
        self.read.conditions.add(filter(E::columns(ALIAS)));
        self
    }

    /// Orders the rows. Further calls order what is equal so far.
    pub fn order_by(mut self, order: impl FnOnce(E::Columns) -> Order<E>) -> Self {
        self.read.order.push(order(E::columns(ALIAS)).into_term());
        self
    }

    /// At most so many rows.
    pub fn limit(mut self, rows: u64) -> Self {
        self.read.limit = Some(number(rows));
        self
    }

    /// Without the first so many rows.
    pub fn offset(mut self, rows: u64) -> Self {
        self.read.offset = Some(number(rows));
        self
    }

    /// The first row.
    ///
    /// # Errors
    ///
    /// [`Error::RowNotFound`] when the tenant has no such row; any other [`Error`] when the statement did not run.
    pub async fn fetch_one<'c, X: Executor<'c>>(mut self, executor: X) -> Result<E, Error> {
        self.read.want_first();
        run::fetch_one(&self.read, executor.source()).await
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    ///
    /// An [`Error`] when the statement did not run.
    pub async fn fetch_optional<'c, X: Executor<'c>>(mut self, executor: X) -> Result<Option<E>, Error> {
        self.read.want_first();
        run::fetch_optional(&self.read, executor.source()).await
    }

    /// All rows.
    ///
    /// # Errors
    ///
    /// An [`Error`] when the statement did not run.
    pub async fn fetch_all<'c, X: Executor<'c>>(self, executor: X) -> Result<Vec<E>, Error> {
        run::fetch_all(&self.read, executor.source()).await
    }

    /// The rows as they arrive, in constant memory.
    ///
    /// On a [`TenantDb`](crate::TenantDb) the stream is `'static` and holds a connection until it ends or is dropped.
    /// It ends with [`Error::TokenExpired`] when the token expires on the way.
    pub fn fetch<'c, X: Executor<'c>>(self, executor: X) -> BoxStream<'c, Result<E, Error>> {
        run::fetch(self.read, executor.source())
    }

    run::sql_of!(read);
}

impl Read {
    fn want_first(&mut self) {
        if self.wanted == Wanted::All {
            self.wanted = Wanted::First;
        }
    }
}

impl Statement for Read {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn entity(&self) -> &'static EntityDescriptor {
        self.entity
    }

    fn render(&self, sql: &mut Sql) -> Result<(), Error> {
        sql.push("SELECT ").columns().push(" FROM ").table().of_tenant();
        self.conditions.render(sql)?;
        order::render(&self.order, sql);
        match (&self.limit, self.wanted) {
            (Some(rows), _) => _ = sql.push(" LIMIT ").value(rows)?,
            (None, Wanted::First) => _ = sql.push(" LIMIT 1"),
            (None, Wanted::All | Wanted::One) => {}
        }
        if let Some(rows) = &self.offset {
            sql.push(" OFFSET ").value(rows)?;
        }
        Ok(())
    }
}
