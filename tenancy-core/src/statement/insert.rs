//! [`Insert`] and [`InsertMany`]: new rows. The tenant column comes from the token and from nowhere else.

use std::marker::PhantomData;

use crate::db::Executor;
use crate::entity::{
    Column, ColumnType, ColumnsOf, IntoAssignment, NewEntity, Parameter, Settable, Slices, Values, Writable,
};
use crate::error::Error;
use crate::schema::EntityDescriptor;
use crate::statement::proof::{Proof, Scope};
use crate::statement::run::{self, Statement};
use crate::statement::select::decode;
use crate::statement::sql::Sql;

/// Inserts one row of one tenant: made by [`TenantScoped::insert`](crate::TenantScoped::insert).
#[must_use = "an insert does nothing until it is executed or fetched"]
#[derive(Debug)]
pub struct Insert<E> {
    pub(super) row: NewRow,
    marker: PhantomData<fn() -> E>,
}

#[derive(Debug)]
pub(super) struct NewRow {
    scope: Scope,
    entity: &'static EntityDescriptor,
    columns: Vec<&'static str>,
    values: Values,
    returning: bool,
}

impl<E: Writable> Insert<E> {
    pub(crate) fn new<P: Proof + ?Sized>(proof: &P, new: E::New) -> Self {
        let mut values = Values::with_capacity(E::New::COLUMNS.len());
        new.values(&mut values);
        let row = NewRow {
            scope: Scope::Tenant(proof.token().clone()),
            entity: E::DESCRIPTOR,
            columns: E::New::COLUMNS.to_vec(),
            values,
            returning: false,
        };
        Self { row, marker: PhantomData }
    }

    /// Gives a value to a column that the database would fill in otherwise. The last of several for one column counts.
    pub fn set<T, N, A, V>(
        mut self,
        column: impl FnOnce(ColumnsOf<E>) -> Column<E, T, N, A>,
        value: V,
    ) -> Self
    where
        T: ColumnType,
        A: Settable,
        V: IntoAssignment<T, N>,
    {
        let (name, value) = (column(E::columns()).name, value.into_parameter());
        let (columns, values) = (&mut self.row.columns, &mut self.row.values.values);
        match columns.iter().position(|set| *set == name) {
            Some(i) => values[i] = value,
            None => {
                columns.push(name);
                values.push(value);
            }
        }
        self
    }

    /// Inserts the row.
    ///
    /// # Errors
    ///
    /// An [`Error`] when the row was not inserted.
    pub async fn execute<'c, X: Executor<'c>>(self, executor: X) -> Result<(), Error> {
        run::execute(&self.row, executor.source()).await.map(drop)
    }

    /// Inserts the row and returns it, with what the database filled in.
    ///
    /// # Errors
    ///
    /// An [`Error`] when the row was not inserted.
    pub async fn fetch_one<'c, X: Executor<'c>>(mut self, executor: X) -> Result<E, Error> {
        self.row.returning = true;
        run::fetch_one(&self.row, executor.source(), decode::<E>).await
    }

    run::sql_of!(row);
}

impl Statement for NewRow {
    fn operation(&self) -> &'static str {
        "INSERT"
    }

    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn entity(&self) -> &'static EntityDescriptor {
        self.entity
    }

    fn render(&self, sql: &mut Sql) -> Result<(), Error> {
        if into(sql, self.entity, &self.columns) {
            let mut comma = " VALUES (";
            if self.entity.tenant().is_some() {
                sql.push(comma).tenant();
                comma = ", ";
            }
            for value in &self.values.values {
                sql.push(comma).value(value)?;
                comma = ", ";
            }
            sql.push(")");
        } else {
            sql.push(" DEFAULT VALUES");
        }
        if self.returning {
            sql.returning();
        }
        Ok(())
    }
}

/// Inserts rows of one tenant by one statement: made by [`TenantScoped::insert_many`](crate::TenantScoped::insert_many).
///
/// The statement is `INSERT … SELECT … FROM unnest(…)`, one array a column: its text does not depend on the number of
/// rows. (`COPY … FROM` is refused by PostgreSQL on tables with row-level security.)
#[must_use = "an insert does nothing until it is executed or fetched"]
#[derive(Debug)]
pub struct InsertMany<E> {
    pub(super) rows: NewRows,
    marker: PhantomData<fn() -> E>,
}

#[derive(Debug)]
pub(super) struct NewRows {
    scope: Scope,
    entity: &'static EntityDescriptor,
    columns: &'static [&'static str],
    arrays: Values,
    count: i64,
    returning: bool,
}

impl<E: Writable> InsertMany<E> {
    pub(crate) fn new<P: Proof + ?Sized>(proof: &P, rows: Vec<E::New>) -> Self {
        let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        let mut arrays = Values::default();
        E::New::arrays(rows, &mut arrays);
        let rows = NewRows {
            scope: Scope::Tenant(proof.token().clone()),
            entity: E::DESCRIPTOR,
            columns: E::New::COLUMNS,
            arrays,
            count,
            returning: false,
        };
        Self { rows, marker: PhantomData }
    }

    /// Inserts the rows and returns their number. Of no rows, nothing is sent.
    ///
    /// # Errors
    ///
    /// An [`Error`] when no row was inserted.
    pub async fn execute<'c, X: Executor<'c>>(self, executor: X) -> Result<u64, Error> {
        run::execute(&self.rows, executor.source()).await
    }

    /// Inserts the rows and returns them. Of no rows, nothing is sent.
    ///
    /// # Errors
    ///
    /// An [`Error`] when no row was inserted.
    pub async fn fetch_all<'c, X: Executor<'c>>(mut self, executor: X) -> Result<Vec<E>, Error> {
        self.rows.returning = true;
        run::fetch_all(&self.rows, executor.source(), decode::<E>).await
    }

    run::sql_of!(rows);
}

impl NewRows {
    /// One array a column. Of a column of arrays, `unnest` gives where the row's own begins and ends.
    fn render_unnest(&self, sql: &mut Sql) -> Result<(), Error> {
        let Values { values, slices } = &self.arrays;
        if slices.is_empty() {
            for (i, array) in values.iter().enumerate() {
                sql.push(if i == 0 { "\"u\".* FROM unnest(" } else { ", " }).value(array)?;
            }
            sql.push(") AS \"u\"");
            return Ok(());
        }
        let sliced = |i: usize| slices.iter().position(|slices| slices.position == i);
        for (i, array) in values.iter().enumerate() {
            sql.push(if i == 0 { "" } else { ", " });
            match sliced(i) {
                None => _ = sql.push("\"u\".").number('v', i),
                Some(n) => {
                    sql.push("(").value(array)?.push(")[\"u\".").number('f', n);
                    sql.push(":\"u\".").number('l', n).push("]");
                }
            }
        }
        sql.push(" FROM unnest(");
        let plain = || values.iter().enumerate().filter(|(i, _)| sliced(*i).is_none());
        let mut comma = "";
        for (_, array) in plain() {
            sql.push(comma).value(array)?;
            comma = ", ";
        }
        for Slices { first, last, .. } in slices {
            sql.push(comma).value(first)?.push(", ").value(last)?;
            comma = ", ";
        }
        comma = ") AS \"u\" (";
        for (i, _) in plain() {
            sql.push(comma).number('v', i);
            comma = ", ";
        }
        for n in 0..slices.len() {
            sql.push(comma).number('f', n).push(", ").number('l', n);
            comma = ", ";
        }
        sql.push(")");
        Ok(())
    }
}

impl Statement for NewRows {
    fn operation(&self) -> &'static str {
        "INSERT"
    }

    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn entity(&self) -> &'static EntityDescriptor {
        self.entity
    }

    fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn render(&self, sql: &mut Sql) -> Result<(), Error> {
        into(sql, self.entity, self.columns);
        sql.push(" SELECT ");
        if self.entity.tenant().is_some() {
            sql.tenant().push(if self.columns.is_empty() { "" } else { ", " });
        }
        if self.columns.is_empty() {
            // Every column has a default, and only the number of rows is left to say.
            sql.push(" FROM generate_series(1, ").value(&Parameter::of(Some(self.count)))?.push(")");
        } else {
            self.render_unnest(sql)?;
        }
        if self.returning {
            sql.returning();
        }
        Ok(())
    }
}

/// `INSERT INTO` the entity's table: the tenant column, then `columns`, which are quoted. Whether any column is named.
///
/// A row of a global table holds no tenant, and the statement binds it all the same, by a query that nobody runs.
fn into(sql: &mut Sql, entity: &EntityDescriptor, columns: &[&'static str]) -> bool {
    let global = entity.tenant().is_none();
    if global {
        sql.push("WITH \"bound\" AS (SELECT ").tenant().push(") ");
    }
    sql.push("INSERT INTO ").table();
    let named = !(global && columns.is_empty());
    if named {
        sql.push(" ").led_by_tenant(columns);
    }
    named
}
