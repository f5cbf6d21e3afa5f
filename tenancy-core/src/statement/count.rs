//! [`Count`] and [`Exists`]: questions about rows that need none of them.

use std::marker::PhantomData;

use crate::db::Executor;
use crate::entity::{Alias, ColumnsOf, Entity, Row, SoftDelete};
use crate::error::Error;
use crate::schema::EntityDescriptor;
use crate::statement::condition::{Conditions, Visit};
use crate::statement::filter::IntoFilter;
use crate::statement::proof::{ReadProof, Scope};
use crate::statement::run::{self, Statement};
use crate::statement::sql::Sql;

/// Counts rows of one tenant: made by [`TenantScoped::count`](crate::TenantScoped::count).
#[must_use = "a count does nothing until it is fetched"]
#[derive(Debug)]
pub struct Count<E> {
    ask: Ask,
    marker: PhantomData<fn() -> E>,
}

/// Asks whether a tenant has a row: made by [`TenantScoped::exists`](crate::TenantScoped::exists).
#[must_use = "a question does nothing until it is fetched"]
#[derive(Debug)]
pub struct Exists<E> {
    ask: Ask,
    marker: PhantomData<fn() -> E>,
}

#[derive(Debug)]
struct Ask {
    scope: Scope,
    entity: &'static EntityDescriptor,
    conditions: Conditions,
    before: &'static str,
    after: &'static str,
    with_deleted: bool,
}

impl Ask {
    fn new<E: Entity>(
        proof: &(impl ReadProof<E> + ?Sized),
        before: &'static str,
        after: &'static str,
    ) -> Self {
        let (scope, entity) = (proof.scope(), E::DESCRIPTOR);
        Self { scope, entity, conditions: Conditions::default(), before, after, with_deleted: false }
    }
}

impl Statement for Ask {
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
        self.conditions.each_entity(visit)
    }

    fn render(&self, sql: &mut Sql) -> Result<(), Error> {
        sql.push(self.before).push(" FROM ").table().of_tenant();
        if !self.with_deleted {
            sql.and_live(self.entity, Alias::ROOT);
        }
        self.conditions.render(sql)?;
        sql.push(self.after);
        Ok(())
    }
}

impl<E: SoftDelete> Count<E> {
    /// Counts deleted rows as well.
    pub fn with_deleted(mut self) -> Self {
        self.ask.with_deleted = true;
        self
    }
}

impl<E: SoftDelete> Exists<E> {
    /// Asks for deleted rows as well.
    pub fn with_deleted(mut self) -> Self {
        self.ask.with_deleted = true;
        self
    }
}

impl<E: Entity> Count<E> {
    pub(crate) fn new<P: ReadProof<E> + ?Sized>(proof: &P) -> Self {
        Self { ask: Ask::new::<E>(proof, "SELECT count(*)", ""), marker: PhantomData }
    }

    /// Counts the rows for which the condition holds. Several calls must all hold.
    pub fn filter<F: IntoFilter<E>>(mut self, filter: impl FnOnce(ColumnsOf<E>) -> F) -> Self {
        self.ask.conditions.add::<E, _>(filter(E::columns()));
        self
    }

    /// The number of rows.
    ///
    /// # Errors
    ///
    /// An [`Error`] when the statement did not run.
    pub async fn fetch_one<'c, X: Executor<'c>>(self, executor: X) -> Result<u64, Error> {
        let count =
            run::fetch_optional(&self.ask, executor.source(), |row: Row<'_>| row.get::<i64>(0)).await?;
        count.map(i64::unsigned_abs).ok_or(Error::RowNotFound)
    }

    run::sql_of!(ask);
}

impl<E: Entity> Exists<E> {
    pub(crate) fn new<P: ReadProof<E> + ?Sized>(proof: &P) -> Self {
        Self { ask: Ask::new::<E>(proof, "SELECT EXISTS (SELECT", ")"), marker: PhantomData }
    }

    /// Asks for a row for which the condition holds. Several calls must all hold.
    pub fn filter<F: IntoFilter<E>>(mut self, filter: impl FnOnce(ColumnsOf<E>) -> F) -> Self {
        self.ask.conditions.add::<E, _>(filter(E::columns()));
        self
    }

    /// Whether there is such a row.
    ///
    /// # Errors
    ///
    /// An [`Error`] when the statement did not run.
    pub async fn fetch_one<'c, X: Executor<'c>>(self, executor: X) -> Result<bool, Error> {
        run::fetch_optional(&self.ask, executor.source(), |row: Row<'_>| row.get::<bool>(0))
            .await?
            .ok_or(Error::RowNotFound)
    }

    run::sql_of!(ask);
}
