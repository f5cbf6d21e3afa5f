//! Conditions on related rows: `EXISTS (…)`, correlated by the declared key.
//!
//! A reference is said once, at the field that holds it. From it come both directions, rows that lead here and the row
//! that this one leads to, and the tenant equality of the other table: nobody writes it, so nobody forgets it.

use crate::entity::{Alias, Column, ColumnsOf, Entity, Inner, References};
use crate::error::Error;
use crate::schema::EntityDescriptor;
use crate::statement::condition::{Conditions, Node, Visit};
use crate::statement::filter::{Filter, IntoFilter};
use crate::statement::sql::Sql;

/// `child.column = parent.id`, of a declared reference.
#[derive(Debug)]
pub(crate) struct On {
    pub(crate) child: Alias,
    /// Quoted.
    pub(crate) column: &'static str,
    pub(crate) parent: Alias,
    pub(crate) parent_entity: &'static EntityDescriptor,
}

impl On {
    /// The other of the two tables.
    pub(crate) fn beside(&self, alias: Alias) -> Alias {
        if self.child == alias { self.parent } else { self.child }
    }

    pub(crate) fn render(&self, sql: &mut Sql) {
        // Only an entity with one id can be referenced: the derive asks for it.
        let id = self.parent_entity.id().next().map_or("", |id| id.name);
        sql.alias(self.parent).push(".").name(id).push(" = ").alias(self.child).push(".").push(self.column);
    }
}

/// The rows of another table that belong to a row.
#[derive(Debug)]
pub(crate) struct Subquery {
    entity: &'static EntityDescriptor,
    alias: Alias,
    on: On,
    conditions: Conditions,
}

/// The rows of `C` that belong to a row of a query, before it is said which of them are meant.
#[derive(Debug)]
pub(crate) struct Related<C> {
    subquery: Subquery,
    marker: std::marker::PhantomData<fn() -> C>,
}

impl Related<()> {
    /// Rows of `C` that lead to the row of `parent` by their column of this name.
    pub(crate) fn children<C: Entity, P: Entity>(parent: Alias, column: &'static str) -> Related<C> {
        let alias = parent.nested();
        Related::new(alias, On { child: alias, column, parent, parent_entity: P::DESCRIPTOR })
    }

    /// The row of `P` that the row of `child` leads to.
    fn parent<P: Entity>(child: Alias, column: &'static str) -> Related<P> {
        let alias = child.nested();
        Related::new(alias, On { child, column, parent: alias, parent_entity: P::DESCRIPTOR })
    }
}

impl<C: Entity> Related<C> {
    fn new(alias: Alias, on: On) -> Self {
        let subquery = Subquery { entity: C::DESCRIPTOR, alias, on, conditions: Conditions::default() };
        Self { subquery, marker: std::marker::PhantomData }
    }

    pub(crate) fn exists<S, F: IntoFilter<C>>(mut self, filter: impl FnOnce(ColumnsOf<C>) -> F) -> Filter<S> {
        let columns = C::__columns::<C, Inner>(self.subquery.alias);
        self.subquery.conditions.add(filter(columns));
        Filter::new(Node::Exists(Box::new(self.subquery)))
    }
}

impl Subquery {
    pub(crate) fn render(&self, sql: &mut Sql) -> Result<(), Error> {
        sql.push("EXISTS (SELECT FROM ").table_as(self.entity, self.alias).push(" WHERE ");
        sql.row_of_tenant_and(self.entity, self.alias, self.on.beside(self.alias));
        self.on.render(sql);
        sql.and_live(self.entity, self.alias);
        self.conditions.render(sql)?;
        sql.push(")");
        Ok(())
    }

    pub(crate) fn each_entity(&self, visit: Visit<'_>) -> Result<(), Error> {
        visit(self.entity)?;
        self.conditions.each_entity(visit)
    }
}

impl<S, P: Entity, T, N, A> Column<S, T, N, References<P, A>> {
    /// It leads to a row, and the condition holds for that: `EXISTS (…)`.
    pub fn exists<F: IntoFilter<P>>(self, filter: impl FnOnce(ColumnsOf<P>) -> F) -> Filter<S> {
        Related::parent::<P>(self.alias, self.name).exists(filter)
    }

    /// It leads to no row for which the condition holds: `NOT EXISTS (…)`. So it is when the column is `NULL`.
    pub fn not_exists<F: IntoFilter<P>>(self, filter: impl FnOnce(ColumnsOf<P>) -> F) -> Filter<S> {
        self.exists(filter).not()
    }
}
