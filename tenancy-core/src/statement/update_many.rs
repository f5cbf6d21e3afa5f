//! [`UpdateMany`]: changing many rows by one statement, each to values of its own.
//!
//! `UPDATE … FROM unnest(…)`, one array a column: the text does not depend on the number of rows. The ids are matched within
//! the tenant, so that an id of another tenant's row changes nothing.

use std::marker::PhantomData;

use crate::db::Executor;
use crate::entity::{
    Alias, Assignable, Column, ColumnType, ColumnsOf, Element, Nullability, Parameter, Values, Writable,
};
use crate::error::Error;
use crate::schema::EntityDescriptor;
use crate::statement::proof::{Proof, Scope};
use crate::statement::run::{self, Statement};
use crate::statement::select::decode;
use crate::statement::sql::Sql;
use crate::statement::update::assign;

/// Changes many rows of one tenant: made by [`TenantScoped::update_many`](crate::TenantScoped::update_many).
#[must_use = "an update does nothing until it is executed or fetched"]
#[derive(Debug)]
pub struct UpdateMany<E, V> {
    rows: Vec<V>,
    changes: Changes,
    marker: PhantomData<fn() -> E>,
}

#[derive(Debug)]
struct Changes {
    scope: Scope,
    entity: &'static EntityDescriptor,
    /// How many rows are meant.
    count: usize,
    ids: Values,
    columns: Vec<(&'static str, Parameter)>,
    returning: bool,
}

impl<E: Writable, V> UpdateMany<E, V> {
    pub(crate) fn new<P: Proof + ?Sized>(proof: &P, rows: Vec<V>, id: impl FnMut(&V) -> E::Id) -> Self {
        let mut ids = Values::default();
        E::id_arrays(rows.iter().map(id).collect(), &mut ids);
        let changes = Changes {
            scope: Scope::Tenant(proof.token().clone()),
            entity: E::DESCRIPTOR,
            count: rows.len(),
            ids,
            columns: Vec::new(),
            returning: false,
        };
        Self { rows, changes, marker: PhantomData }
    }

    /// Assigns to a column what the closure says of each element. The last of several for one column counts.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/entities.rs"));
    /// # fn main() {}
    /// # use uuid::Uuid;
    /// # async fn example(db: TenantDb, token: TenantToken, moved: Vec<(Uuid, Uuid)>) -> Result<(), tenancy::Error> {
    /// Task::update_many(&token, moved, |m| m.0).set(|t| t.project_id, |m| m.1).execute(&db).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Of two elements with one id, one counts, and it is not said which.
    pub fn set<T, N, A>(
        mut self,
        column: impl FnOnce(ColumnsOf<E>) -> Column<E, T, N, A>,
        value: impl FnMut(&V) -> N::Value<T>,
    ) -> Self
    where
        T: ColumnType,
        N: Nullability,
        N::Value<T>: Element,
        A: Assignable,
    {
        let name = column(E::columns()).name;
        let values = Parameter::array(self.rows.iter().map(value).collect());
        assign(&mut self.changes.columns, name, values);
        self
    }

    /// Changes the rows and returns how many there were. Of no elements, nothing is sent.
    ///
    /// # Errors
    ///
    /// [`Error::NothingToSet`] without any [`set`](Self::set); any other [`Error`] when the statement did not run.
    pub async fn execute<'c, X: Executor<'c>>(self, executor: X) -> Result<u64, Error> {
        run::execute(&self.changes, executor.source()).await
    }

    /// Changes the rows and returns them, in no order. Of no elements, nothing is sent.
    ///
    /// # Errors
    ///
    /// As [`execute`](Self::execute).
    pub async fn fetch_all<'c, X: Executor<'c>>(mut self, executor: X) -> Result<Vec<E>, Error> {
        self.changes.returning = true;
        run::fetch_all(&self.changes, executor.source(), decode::<E>).await
    }

    run::sql_of!(changes);
}

impl Statement for Changes {
    fn operation(&self) -> &'static str {
        "UPDATE"
    }

    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn entity(&self) -> &'static EntityDescriptor {
        self.entity
    }

    fn check(&self) -> Result<(), Error> {
        if self.columns.is_empty() {
            return Err(Error::NothingToSet { entity: self.entity.entity });
        }
        Ok(())
    }

    fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn render(&self, sql: &mut Sql) -> Result<(), Error> {
        sql.push("UPDATE ").table();
        for (i, (column, _)) in self.columns.iter().enumerate() {
            sql.push(if i == 0 { " SET " } else { ", " }).push(column).push(" = \"u\".").number('v', i);
        }
        sql.and_kept();
        let arrays = self.ids.values.iter().chain(self.columns.iter().map(|(_, values)| values));
        for (i, array) in arrays.enumerate() {
            sql.push(if i == 0 { " FROM unnest(" } else { ", " }).value(array)?;
        }
        for i in 0..self.ids.values.len() {
            sql.push(if i == 0 { ") AS \"u\" (" } else { ", " }).number('i', i);
        }
        for i in 0..self.columns.len() {
            sql.push(", ").number('v', i);
        }
        sql.push(")").of_tenant().and_live(self.entity, Alias::ROOT);
        for (i, id) in self.entity.id().enumerate() {
            sql.push(" AND ").alias(Alias::ROOT).push(".").name(id.name).push(" = \"u\".").number('i', i);
        }
        if self.returning {
            sql.returning();
        }
        Ok(())
    }
}
