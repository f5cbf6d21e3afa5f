//! [`Order`]: by what the rows of a read are ordered.

use std::marker::PhantomData;

use crate::entity::{Column, ColumnType};
use crate::statement::filter::Place;
use crate::statement::sql::Sql;

/// One term of an `ORDER BY`. Made by [`Column::asc`] and [`Column::desc`].
#[must_use = "an order does nothing until a statement is given it"]
#[derive(Debug)]
pub struct Order<E> {
    term: Term,
    marker: PhantomData<fn() -> E>,
}

#[derive(Debug)]
pub(crate) struct Term {
    column: Place,
    direction: &'static str,
    nulls: &'static str,
}

impl<E, T: ColumnType, N, A> Column<E, T, N, A> {
    /// Ascending, `NULL` last.
    pub fn asc(self) -> Order<E> {
        Order::new(self.into(), " ASC")
    }

    /// Descending, `NULL` first.
    pub fn desc(self) -> Order<E> {
        Order::new(self.into(), " DESC")
    }
}

impl<E> Order<E> {
    fn new(column: Place, direction: &'static str) -> Self {
        Self { term: Term { column, direction, nulls: "" }, marker: PhantomData }
    }

    /// `NULLS FIRST`
    pub fn nulls_first(mut self) -> Self {
        self.term.nulls = " NULLS FIRST";
        self
    }

    /// `NULLS LAST`
    pub fn nulls_last(mut self) -> Self {
        self.term.nulls = " NULLS LAST";
        self
    }

    pub(crate) fn into_term(self) -> Term {
        self.term
    }
}

/// Writes the `ORDER BY`, if there is one.
pub(crate) fn render(terms: &[Term], sql: &mut Sql) {
    for (i, Term { column, direction, nulls }) in terms.iter().enumerate() {
        sql.push(if i == 0 { " ORDER BY " } else { ", " });
        column.render(sql).push(direction).push(nulls);
    }
}
