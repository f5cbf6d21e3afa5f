//! [`Delete`]: deleting rows.

use std::marker::PhantomData;

use crate::db::Executor;
use crate::entity::{ColumnsOf, TenantScoped};
use crate::error::Error;
use crate::schema::EntityDescriptor;
use crate::statement::condition::{Conditions, Visit};
use crate::statement::filter::IntoFilter;
use crate::statement::proof::{Proof, Scope};
use crate::statement::run::{self, Statement};
use crate::statement::select::decode;
use crate::statement::sql::Sql;
use crate::statement::update::{Chosen, Filtered, Unfiltered};

/// Deletes rows of one tenant: made by [`TenantScoped::delete`].
#[must_use = "a delete does nothing until it is executed or fetched"]
#[derive(Debug)]
pub struct Delete<E, S = Unfiltered> {
    removal: Removal,
    marker: PhantomData<fn() -> (E, S)>,
}

#[derive(Debug)]
struct Removal {
    scope: Scope,
    entity: &'static EntityDescriptor,
    conditions: Conditions,
    all_rows: bool,
    returning: bool,
}

impl<E: TenantScoped> Delete<E> {
    pub(crate) fn new<P: Proof + ?Sized>(proof: &P) -> Self {
        let (scope, entity) = (Scope::Tenant(proof.token().clone()), E::DESCRIPTOR);
        let removal =
            Removal { scope, entity, conditions: Conditions::default(), all_rows: false, returning: false };
        Self { removal, marker: PhantomData }
    }

    /// Means every row of the tenant.
    pub fn all_rows(mut self) -> Delete<E, Filtered> {
        self.removal.all_rows = true;
        Delete { removal: self.removal, marker: PhantomData }
    }
}

impl<E: TenantScoped, S> Delete<E, S> {
    /// Means the rows for which the condition holds. Several calls must all hold.
    pub fn filter<F: IntoFilter<E>>(mut self, filter: impl FnOnce(ColumnsOf<E>) -> F) -> Delete<E, Filtered> {
        self.removal.conditions.add::<E, _>(filter(E::columns()));
        Delete { removal: self.removal, marker: PhantomData }
    }

    /// Deletes the rows and returns their number.
    ///
    /// # Errors
    ///
    /// [`Error::FilterAlwaysTrue`] when the filter leaves nothing out; any other [`Error`] when the statement did not
    /// run.
    pub async fn execute<'c, X: Executor<'c>>(self, executor: X) -> Result<u64, Error>
    where
        S: Chosen,
    {
        run::execute(&self.removal, executor.source()).await
    }

    /// Deletes the rows and returns the first of them, if there was one.
    ///
    /// # Errors
    ///
    /// As [`execute`](Self::execute).
    pub async fn fetch_optional<'c, X: Executor<'c>>(mut self, executor: X) -> Result<Option<E>, Error>
    where
        S: Chosen,
    {
        self.removal.returning = true;
        run::fetch_optional(&self.removal, executor.source(), decode::<E>).await
    }

    /// Deletes the rows and returns the first of them.
    ///
    /// # Errors
    ///
    /// As [`execute`](Self::execute), and [`Error::RowNotFound`] when the tenant has no such row.
    pub async fn fetch_one<'c, X: Executor<'c>>(self, executor: X) -> Result<E, Error>
    where
        S: Chosen,
    {
        self.fetch_optional(executor).await?.ok_or(Error::RowNotFound)
    }

    /// Deletes the rows and returns them.
    ///
    /// # Errors
    ///
    /// As [`execute`](Self::execute).
    pub async fn fetch_all<'c, X: Executor<'c>>(mut self, executor: X) -> Result<Vec<E>, Error>
    where
        S: Chosen,
    {
        self.removal.returning = true;
        run::fetch_all(&self.removal, executor.source(), decode::<E>).await
    }

    run::sql_of!(removal);
}

impl Statement for Removal {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn entity(&self) -> &'static EntityDescriptor {
        self.entity
    }

    fn each_other_entity(&self, visit: Visit<'_>) -> Result<(), Error> {
        self.conditions.each_entity(visit)
    }

    fn check(&self) -> Result<(), Error> {
        if !self.all_rows && self.conditions.always_true() {
            return Err(Error::FilterAlwaysTrue { statement: "delete", entity: self.entity.entity });
        }
        Ok(())
    }

    fn render(&self, sql: &mut Sql) -> Result<(), Error> {
        sql.push("DELETE FROM ").table().of_tenant();
        self.conditions.render(sql)?;
        if self.returning {
            sql.returning();
        }
        Ok(())
    }
}
