//! [`Order`]: by what the rows of a read are ordered.

use std::marker::PhantomData;

use crate::entity::{Column, ColumnType};
use crate::error::Error;
use crate::statement::condition::Operand;
use crate::statement::sql::Sql;

/// One term of an `ORDER BY`, in a query over `S`. Made by `asc` and `desc` of [`Column`] and of
/// [`Aggregate`](crate::statement::Aggregate); `V` says which of the two, and of what type.
#[must_use = "an order does nothing until a statement is given it"]
#[derive(Debug)]
pub struct Order<S, V> {
    term: Term,
    marker: PhantomData<fn() -> (S, V)>,
}

/// The order is that of a column of `T`, which can be `NULL` or not.
#[derive(Debug)]
pub struct OfColumn<T, N>(PhantomData<fn() -> (T, N)>);
/// The order is that of an aggregate, which a group has and a row has not.
#[derive(Debug)]
pub enum OfAggregate {}

#[derive(Debug)]
pub(crate) struct Term {
    pub(crate) operand: Operand,
    pub(crate) ascending: bool,
    nulls: &'static str,
}

impl<S, T: ColumnType, N, A> Column<S, T, N, A> {
    /// Ascending, `NULL` last.
    pub fn asc(self) -> Order<S, OfColumn<T, N>> {
        Order::ascending(self.into())
    }

    /// Descending, `NULL` first.
    pub fn desc(self) -> Order<S, OfColumn<T, N>> {
        Order::descending(self.into())
    }
}

impl<S, V> Order<S, V> {
    pub(crate) fn ascending(operand: Operand) -> Self {
        Self { term: Term { operand, ascending: true, nulls: "" }, marker: PhantomData }
    }

    pub(crate) fn descending(operand: Operand) -> Self {
        Self { term: Term { operand, ascending: false, nulls: "" }, marker: PhantomData }
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
pub(crate) fn render(terms: &[Term], sql: &mut Sql) -> Result<(), Error> {
    terms.iter().enumerate().try_for_each(|(i, Term { operand, ascending, nulls })| {
        sql.push(if i == 0 { " ORDER BY " } else { ", " });
        operand.render(sql)?.push(if *ascending { " ASC" } else { " DESC" }).push(nulls);
        Ok(())
    })
}
