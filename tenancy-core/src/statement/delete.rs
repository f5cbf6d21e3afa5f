//! [`Delete`]: deleting rows, for good or by a mark; and [`Restore`], which takes the mark away.

use std::marker::PhantomData;

use crate::db::Executor;
use crate::entity::{Alias, ColumnsOf, Parameter, SoftDelete, Versioned, Writable};
use crate::error::Error;
use crate::schema::EntityDescriptor;
use crate::statement::condition::{Conditions, Visit};
use crate::statement::filter::IntoFilter;
use crate::statement::proof::{Proof, Scope};
use crate::statement::run::{self, Statement};
use crate::statement::select::decode;
use crate::statement::sql::Sql;
use crate::statement::update::{Chosen, Filtered, Unfiltered};
use crate::statement::version::AtVersion;

/// Deletes rows of one tenant: made by [`TenantScoped::delete`](crate::TenantScoped::delete). Of an entity with a `deleted_at`
/// they stay, and are marked; what references them stays as it is.
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
    version: AtVersion,
    how: How,
    returning: bool,
}

/// What becomes of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// As the entity says: they stay, marked, where it has a `deleted_at`, and are gone elsewhere.
    Marked,
    /// They are gone.
    Gone,
    /// They were marked, and come back.
    Restored,
}

impl<E: Writable> Delete<E> {
    pub(crate) fn new<P: Proof + ?Sized>(proof: &P) -> Self {
        let (scope, entity) = (Scope::Tenant(proof.token().clone()), E::DESCRIPTOR);
        let how = if E::DESCRIPTOR.kept.deleted_at.is_some() { How::Marked } else { How::Gone };
        let removal = Removal {
            scope,
            entity,
            conditions: Conditions::default(),
            all_rows: false,
            version: AtVersion::default(),
            how,
            returning: false,
        };
        Self { removal, marker: PhantomData }
    }

    /// Means every row of the tenant.
    pub fn all_rows(mut self) -> Delete<E, Filtered> {
        self.removal.all_rows = true;
        Delete { removal: self.removal, marker: PhantomData }
    }
}

impl<E: Versioned, S> Delete<E, S> {
    /// Deletes a row only as it was read: of this version. Otherwise the statement fails with [`Error::StaleVersion`].
    pub fn at_version(mut self, version: E::Version) -> Self {
        self.removal.version = AtVersion::is(Parameter::of(Some(version)));
        self
    }
}

impl<E: SoftDelete, S> Delete<E, S> {
    /// Deletes rows for good, those that are deleted already as well. To purge these alone, filter by their `deleted_at`.
    pub fn permanently(mut self) -> Self {
        self.removal.how = How::Gone;
        self
    }
}

impl<E: Writable, S> Delete<E, S> {
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
    fn operation(&self) -> &'static str {
        if self.how == How::Gone { "DELETE" } else { "UPDATE" }
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
        if !self.all_rows && self.conditions.always_true() {
            let statement = if self.how == How::Restored { "restore" } else { "delete" };
            return Err(Error::FilterAlwaysTrue { statement, entity: self.entity.entity });
        }
        Ok(())
    }

    fn found_none(&self) -> Result<(), Error> {
        self.version.found_none(self.entity)
    }

    fn render(&self, sql: &mut Sql) -> Result<(), Error> {
        let marks = match self.how {
            How::Gone => None,
            How::Marked => Some((" = now()", " IS NULL")),
            How::Restored => Some((" = NULL", " IS NOT NULL")),
        };
        match marks.zip(self.entity.kept.deleted_at) {
            None => _ = sql.push("DELETE FROM ").table().of_tenant(),
            Some(((value, test), deleted_at)) => {
                sql.push("UPDATE ").table().push(" SET ").name(deleted_at).push(value).and_kept();
                sql.of_tenant().push(" AND ").alias(Alias::ROOT).push(".").name(deleted_at).push(test);
            }
        }
        self.version.render(sql, self.entity)?;
        self.conditions.render(sql)?;
        if self.returning {
            sql.returning();
        }
        Ok(())
    }
}

/// Brings deleted rows of one tenant back: made by [`SoftDelete::restore`].
#[must_use = "a restore does nothing until it is executed or fetched"]
#[derive(Debug)]
pub struct Restore<E, S = Unfiltered> {
    delete: Delete<E, S>,
}

impl<E: SoftDelete> Restore<E> {
    pub(crate) fn new<P: Proof + ?Sized>(proof: &P) -> Self {
        let mut delete = Delete::new(proof);
        delete.removal.how = How::Restored;
        Self { delete }
    }

    /// Means every deleted row of the tenant.
    pub fn all_rows(self) -> Restore<E, Filtered> {
        Restore { delete: self.delete.all_rows() }
    }
}

impl<E: SoftDelete, S> Restore<E, S> {
    /// Means the deleted rows for which the condition holds. Several calls must all hold.
    pub fn filter<F: IntoFilter<E>>(self, filter: impl FnOnce(ColumnsOf<E>) -> F) -> Restore<E, Filtered> {
        Restore { delete: self.delete.filter(filter) }
    }

    /// Brings the rows back and returns their number.
    ///
    /// # Errors
    ///
    /// As [`Delete::execute`].
    pub async fn execute<'c, X: Executor<'c>>(self, executor: X) -> Result<u64, Error>
    where
        S: Chosen,
    {
        self.delete.execute(executor).await
    }

    /// Brings the rows back and returns them.
    ///
    /// # Errors
    ///
    /// As [`execute`](Self::execute).
    pub async fn fetch_all<'c, X: Executor<'c>>(self, executor: X) -> Result<Vec<E>, Error>
    where
        S: Chosen,
    {
        self.delete.fetch_all(executor).await
    }
}
