//! [`Upsert`]: an insert that says what happens where a row is there already.
//!
//! The conflict is with a declared key, and every key leads with the tenant: so another tenant's row is never in the way,
//! never changed, and never known of ([PostgreSQL, `ON CONFLICT`](https://www.postgresql.org/docs/current/sql-insert.html#SQL-ON-CONFLICT)).

use std::marker::PhantomData;

use crate::db::Executor;
use crate::entity::{
    Alias, Assignable, Column, ColumnType, ColumnsOf, IntoAssignment, Parameter, UniqueKey, Writable,
};
use crate::error::Error;
use crate::schema::EntityDescriptor;
use crate::statement::condition::{Conditions, Visit};
use crate::statement::filter::IntoFilter;
use crate::statement::insert::{Insert, InsertMany, NewRow, NewRows};
use crate::statement::proof::Scope;
use crate::statement::run::{self, Statement};
use crate::statement::select::decode;
use crate::statement::sql::Sql;
use crate::statement::update::assign;

/// An insert that knows which key it may conflict with: made by [`Insert::on_conflict`] and [`InsertMany::on_conflict`].
#[must_use = "say what happens on a conflict: `do_nothing()` or `do_update()`"]
#[derive(Debug)]
pub struct OnConflict<E> {
    rows: NewOnes,
    key: UniqueKey<E>,
}

/// An insert with [`do_nothing`](OnConflict::do_nothing) or [`do_update`](OnConflict::do_update).
#[must_use = "an insert does nothing until it is executed or fetched"]
#[derive(Debug)]
pub struct Upsert<E> {
    merge: Merge,
    marker: PhantomData<fn() -> E>,
}

#[derive(Debug)]
struct Merge {
    rows: NewOnes,
    key: &'static [&'static str],
    update: Option<Assignments>,
    returning: bool,
}

#[derive(Debug)]
enum NewOnes {
    One(NewRow),
    Many(NewRows),
}

/// `DO UPDATE SET …`.
#[derive(Debug, Default)]
struct Assignments {
    columns: Vec<(&'static str, Option<Parameter>)>,
    conditions: Conditions,
}

impl<E: Writable> Insert<E> {
    /// Says which key the row may share with one that is there.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/entities.rs"));
    /// # fn main() {}
    /// # async fn example(db: TenantDb, token: TenantToken, new: NewProject) -> Result<(), tenancy::Error> {
    /// let project = Project::insert(&token, new)
    ///     .on_conflict(|k| k.slug)
    ///     .do_update(|u| u.set_excluded(|p| p.name).set(|p| p.status, Status::Active))
    ///     .fetch_one(&db).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_conflict(self, key: impl FnOnce(E::Keys) -> UniqueKey<E>) -> OnConflict<E> {
        OnConflict { rows: NewOnes::One(self.row), key: key(E::KEYS) }
    }
}

impl<E: Writable> InsertMany<E> {
    /// Says which key the rows may share with some that are there. Two of the rows must not share it (21000).
    pub fn on_conflict(self, key: impl FnOnce(E::Keys) -> UniqueKey<E>) -> OnConflict<E> {
        OnConflict { rows: NewOnes::Many(self.rows), key: key(E::KEYS) }
    }
}

impl<E: Writable> OnConflict<E> {
    /// Leaves what is there as it is. It is not returned.
    pub fn do_nothing(self) -> Upsert<E> {
        self.merge(None)
    }

    /// Changes what is there, as the closure says.
    pub fn do_update(self, update: impl FnOnce(Overwrite<E>) -> Overwrite<E>) -> Upsert<E> {
        let update = update(Overwrite { assignments: Assignments::default(), marker: PhantomData });
        self.merge(Some(update.assignments))
    }

    fn merge(self, update: Option<Assignments>) -> Upsert<E> {
        let merge = Merge { rows: self.rows, key: self.key.columns, update, returning: false };
        Upsert { merge, marker: PhantomData }
    }
}

/// What is changed of a row that is there: the argument of the closure that [`OnConflict::do_update`] takes.
#[must_use = "give it back to `do_update`"]
#[derive(Debug)]
pub struct Overwrite<E> {
    assignments: Assignments,
    marker: PhantomData<fn() -> E>,
}

impl<E: Writable> Overwrite<E> {
    /// Assigns a value to a column. The last of several for one column counts.
    pub fn set<T, N, A, V>(self, column: impl FnOnce(ColumnsOf<E>) -> Column<E, T, N, A>, value: V) -> Self
    where
        T: ColumnType,
        A: Assignable,
        V: IntoAssignment<T, N>,
    {
        self.assign(column(E::columns()).name, Some(value.into_parameter()))
    }

    /// Assigns what the insert would have given the column: `EXCLUDED`.
    pub fn set_excluded<T, N, A: Assignable>(
        self,
        column: impl FnOnce(ColumnsOf<E>) -> Column<E, T, N, A>,
    ) -> Self {
        self.assign(column(E::columns()).name, None)
    }

    /// Changes only a row for which the condition holds. Several calls must all hold.
    pub fn filter<F: IntoFilter<E>>(mut self, filter: impl FnOnce(ColumnsOf<E>) -> F) -> Self {
        self.assignments.conditions.add(filter(E::columns()));
        self
    }

    fn assign(mut self, column: &'static str, value: Option<Parameter>) -> Self {
        assign(&mut self.assignments.columns, column, value);
        self
    }
}

impl<E: Writable> Upsert<E> {
    /// Inserts, and returns how many rows were inserted or changed. Of no rows, nothing is sent.
    ///
    /// # Errors
    ///
    /// [`Error::NothingToSet`] when an update sets nothing; any other [`Error`] when the statement did not run.
    pub async fn execute<'c, X: Executor<'c>>(self, executor: X) -> Result<u64, Error> {
        run::execute(&self.merge, executor.source()).await
    }

    /// Inserts, and returns the first row that was inserted or changed.
    ///
    /// # Errors
    ///
    /// As [`execute`](Self::execute), and [`Error::RowNotFound`] when none was.
    pub async fn fetch_one<'c, X: Executor<'c>>(self, executor: X) -> Result<E, Error> {
        self.fetch_optional(executor).await?.ok_or(Error::RowNotFound)
    }

    /// Inserts, and returns the first row that was inserted or changed, if one was.
    ///
    /// # Errors
    ///
    /// As [`execute`](Self::execute).
    pub async fn fetch_optional<'c, X: Executor<'c>>(mut self, executor: X) -> Result<Option<E>, Error> {
        self.merge.returning = true;
        run::fetch_optional(&self.merge, executor.source(), decode::<E>).await
    }

    /// Inserts, and returns the rows that were inserted or changed. Of no rows, nothing is sent.
    ///
    /// # Errors
    ///
    /// As [`execute`](Self::execute).
    pub async fn fetch_all<'c, X: Executor<'c>>(mut self, executor: X) -> Result<Vec<E>, Error> {
        self.merge.returning = true;
        run::fetch_all(&self.merge, executor.source(), decode::<E>).await
    }

    run::sql_of!(merge);
}

impl Merge {
    fn insert(&self) -> &dyn Statement {
        match &self.rows {
            NewOnes::One(row) => row,
            NewOnes::Many(rows) => rows,
        }
    }
}

impl Statement for Merge {
    fn operation(&self) -> &'static str {
        "INSERT"
    }

    fn scope(&self) -> &Scope {
        self.insert().scope()
    }

    fn entity(&self) -> &'static EntityDescriptor {
        self.insert().entity()
    }

    fn each_other_entity(&self, visit: Visit<'_>) -> Result<(), Error> {
        self.update.as_ref().map_or(Ok(()), |update| update.conditions.each_entity(visit))
    }

    fn check(&self) -> Result<(), Error> {
        match &self.update {
            Some(update) if update.columns.is_empty() => {
                Err(Error::NothingToSet { entity: self.entity().entity })
            }
            _ => Ok(()),
        }
    }

    fn is_empty(&self) -> bool {
        self.insert().is_empty()
    }

    fn render(&self, sql: &mut Sql) -> Result<(), Error> {
        self.insert().render(sql)?;
        sql.push(" ON CONFLICT ").led_by_tenant(self.key);
        match &self.update {
            None => _ = sql.push(" DO NOTHING"),
            Some(update) => {
                for (i, (column, value)) in update.columns.iter().enumerate() {
                    sql.push(if i == 0 { " DO UPDATE SET " } else { ", " }).push(column).push(" = ");
                    match value {
                        Some(value) => sql.value(value)?,
                        None => sql.push("EXCLUDED.").push(column),
                    };
                }
                sql.and_kept().of_tenant().and_live(self.entity(), Alias::ROOT);
                update.conditions.render(sql)?;
            }
        }
        if self.returning {
            sql.returning();
        }
        Ok(())
    }
}
