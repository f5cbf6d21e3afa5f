//! [`Update`]: changing rows. The tenant column, ids and generated columns have no setter.

use std::marker::PhantomData;

use crate::db::Executor;
use crate::entity::{
    Alias, Assignable, Column, ColumnType, ColumnsOf, IntoAssignment, Parameter, SoftDelete, Versioned,
    Writable,
};
use crate::error::Error;
use crate::schema::EntityDescriptor;
use crate::statement::condition::{Conditions, Visit};
use crate::statement::filter::IntoFilter;
use crate::statement::proof::{Proof, Scope};
use crate::statement::run::{self, Statement};
use crate::statement::select::decode;
use crate::statement::sql::Sql;
use crate::statement::version::AtVersion;

/// Nobody has said which rows are meant: the statement does not run.
#[derive(Debug)]
pub enum Unfiltered {}
/// A filter, or `all_rows()`, has said which rows are meant.
#[derive(Debug)]
pub enum Filtered {}

/// Statements that know which rows are meant.
#[diagnostic::on_unimplemented(
    message = "this statement does not say which rows it means",
    label = "it would change every row of the tenant",
    note = "add `.filter(|p| …)`, or `.all_rows()` when the whole tenant is meant"
)]
pub trait Chosen {}
impl Chosen for Filtered {}

/// Changes rows of one tenant: made by [`TenantScoped::update`](crate::TenantScoped::update).
#[must_use = "an update does nothing until it is executed or fetched"]
#[derive(Debug)]
pub struct Update<E, S = Unfiltered> {
    change: Change,
    marker: PhantomData<fn() -> (E, S)>,
}

#[derive(Debug)]
struct Change {
    scope: Scope,
    entity: &'static EntityDescriptor,
    assignments: Vec<(&'static str, Parameter)>,
    conditions: Conditions,
    all_rows: bool,
    version: AtVersion,
    with_deleted: bool,
    returning: bool,
}

/// Adds an assignment. The last of several for one column counts.
pub(super) fn assign<V>(assignments: &mut Vec<(&'static str, V)>, column: &'static str, value: V) {
    assignments.retain(|(set, _)| *set != column);
    assignments.push((column, value));
}

impl<E: Writable> Update<E> {
    pub(crate) fn new<P: Proof + ?Sized>(proof: &P) -> Self {
        let change = Change {
            scope: Scope::Tenant(proof.token().clone()),
            entity: E::DESCRIPTOR,
            assignments: Vec::new(),
            conditions: Conditions::default(),
            all_rows: false,
            version: AtVersion::default(),
            with_deleted: false,
            returning: false,
        };
        Self { change, marker: PhantomData }
    }

    /// Means every row of the tenant.
    pub fn all_rows(mut self) -> Update<E, Filtered> {
        self.change.all_rows = true;
        Update { change: self.change, marker: PhantomData }
    }
}

impl<E: Versioned, S> Update<E, S> {
    /// Changes a row only as it was read: of this version. Otherwise the statement fails with [`Error::StaleVersion`].
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/entities.rs"));
    /// # fn main() {}
    /// # use uuid::Uuid;
    /// # async fn example(db: TenantDb, token: TenantToken, id: Uuid) -> Result<(), tenancy::Error> {
    /// let mut task = Task::find_by_id(&token, id).fetch_one(&db).await?;
    /// Task::update(&token).filter(|t| t.id.eq(id)).at_version(task.version).set(|t| t.title, "new").execute(&db).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn at_version(mut self, version: E::Version) -> Self {
        self.change.version = AtVersion::is(Parameter::of(Some(version)));
        self
    }
}

impl<E: SoftDelete, S> Update<E, S> {
    /// Changes deleted rows as well.
    pub fn with_deleted(mut self) -> Self {
        self.change.with_deleted = true;
        self
    }
}

impl<E: Writable, S> Update<E, S> {
    /// Means the rows for which the condition holds. Several calls must all hold.
    pub fn filter<F: IntoFilter<E>>(mut self, filter: impl FnOnce(ColumnsOf<E>) -> F) -> Update<E, Filtered> {
        self.change.conditions.add::<E, _>(filter(E::columns()));
        Update { change: self.change, marker: PhantomData }
    }

    /// Assigns a value to a column. The last of several for one column counts.
    pub fn set<T, N, A, V>(
        mut self,
        column: impl FnOnce(ColumnsOf<E>) -> Column<E, T, N, A>,
        value: V,
    ) -> Self
    where
        T: ColumnType,
        A: Assignable,
        V: IntoAssignment<T, N>,
    {
        let name = column(E::columns()).name;
        assign(&mut self.change.assignments, name, value.into_parameter());
        self
    }

    /// Changes the rows and returns their number.
    ///
    /// # Errors
    ///
    /// [`Error::StaleVersion`] when there is no row of the version that [`at_version`](Self::at_version) says,
    /// [`Error::NothingToSet`] without any [`set`](Self::set), [`Error::FilterAlwaysTrue`] when the filter leaves
    /// nothing out; any other [`Error`] when the statement did not run.
    pub async fn execute<'c, X: Executor<'c>>(self, executor: X) -> Result<u64, Error>
    where
        S: Chosen,
    {
        run::execute(&self.change, executor.source()).await
    }

    /// Changes the rows and returns the first of them.
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

    /// Changes the rows and returns the first of them, if there is one.
    ///
    /// # Errors
    ///
    /// As [`execute`](Self::execute).
    pub async fn fetch_optional<'c, X: Executor<'c>>(mut self, executor: X) -> Result<Option<E>, Error>
    where
        S: Chosen,
    {
        self.change.returning = true;
        run::fetch_optional(&self.change, executor.source(), decode::<E>).await
    }

    /// Changes the rows and returns them.
    ///
    /// # Errors
    ///
    /// As [`execute`](Self::execute).
    pub async fn fetch_all<'c, X: Executor<'c>>(mut self, executor: X) -> Result<Vec<E>, Error>
    where
        S: Chosen,
    {
        self.change.returning = true;
        run::fetch_all(&self.change, executor.source(), decode::<E>).await
    }

    run::sql_of!(change);
}

impl Statement for Change {
    fn operation(&self) -> &'static str {
        "UPDATE"
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

    fn check(&self) -> Result<(), Error> {
        let entity = self.entity.entity;
        if self.assignments.is_empty() {
            return Err(Error::NothingToSet { entity });
        }
        if !self.all_rows && self.conditions.always_true() {
            return Err(Error::FilterAlwaysTrue { statement: "update", entity });
        }
        Ok(())
    }

    fn found_none(&self) -> Result<(), Error> {
        self.version.found_none(self.entity)
    }

    fn render(&self, sql: &mut Sql) -> Result<(), Error> {
        sql.push("UPDATE ").table();
        for (i, (column, value)) in self.assignments.iter().enumerate() {
            sql.push(if i == 0 { " SET " } else { ", " }).push(column).push(" = ").value(value)?;
        }
        sql.and_kept().of_tenant();
        if !self.with_deleted {
            sql.and_live(self.entity, Alias::ROOT);
        }
        self.version.render(sql, self.entity)?;
        self.conditions.render(sql)?;
        if self.returning {
            sql.returning();
        }
        Ok(())
    }
}
