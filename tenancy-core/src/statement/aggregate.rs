//! [`Aggregate`]: `count`, `sum`, `avg`, `min` and `max` over the rows of a query, or of each of its groups.
//!
//! Of no rows `count` is 0 and all else is `NULL` ([PostgreSQL, 9.21](https://www.postgresql.org/docs/current/functions-aggregate.html)),
//! and so says the type: `sum` of an `i32` is an `Option<i64>`, until [`or`](Aggregate::or) says what it is of none.

use std::fmt;
use std::marker::PhantomData;

use crate::entity::{Column, ColumnType, IntoValue, NotNull, Nullable, Parameter};
use crate::error::Error;
use crate::statement::condition::{Node, Operand, Place, Visit};
use crate::statement::filter::{Filter, IntoFilter, PerGroup};
use crate::statement::order::{OfAggregate, Order};
use crate::statement::sql::Sql;

/// What many rows come to, of type `T`, in a query over `S`. Made by [`count`] and by the methods of [`Column`]; for
/// [`aggregate`](crate::statement::Select::aggregate) and [`group_by`](crate::statement::Select::group_by).
#[must_use = "an aggregate does nothing until it is selected"]
pub struct Aggregate<S, T, N> {
    call: Box<Call>,
    marker: PhantomData<Kind<S, T, N>>,
}

type Kind<S, T, N> = fn() -> (S, T, N);

impl<S, T, N> fmt::Debug for Aggregate<S, T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Aggregate").field(&self.call).finish()
    }
}

/// A call of an aggregate function.
#[derive(Debug)]
pub(crate) struct Call {
    function: &'static str,
    distinct: bool,
    /// Of all columns together: `*`.
    column: Option<Place>,
    /// `FILTER (WHERE …)`.
    filter: Option<Node>,
    /// What PostgreSQL's own type of the result is turned into.
    cast: &'static str,
    /// `coalesce(…, $n)`.
    or: Option<Parameter>,
}

/// The number of rows.
pub fn count<S>() -> Aggregate<S, i64, NotNull> {
    Aggregate::new("count", None, "")
}

/// Numbers that can be added up.
#[diagnostic::on_unimplemented(
    message = "values of `{Self}` cannot be added up",
    label = "`sum` and `avg` take columns of numbers"
)]
pub trait Number: ColumnType {
    /// What a sum is. Of an `i16` or `i32` it is an `i64`; a sum that does not fit an `i64` is an error of PostgreSQL (22003).
    type Sum: ColumnType;
    /// What an average is.
    type Average: ColumnType;
    #[doc(hidden)]
    const CAST_SUM: &'static str;
    #[doc(hidden)]
    const CAST_AVERAGE: &'static str;
}

macro_rules! number {
    ($($(#[$cfg:meta])? $type:ty: $sum:ty = $cast_sum:literal, $average:ty = $cast_average:literal;)*) => {
        $($(#[$cfg])? impl Number for $type {
            type Sum = $sum;
            type Average = $average;
            const CAST_SUM: &'static str = $cast_sum;
            const CAST_AVERAGE: &'static str = $cast_average;
        })*
    };
}

// PostgreSQL adds up `bigint` to `numeric`, and takes averages of whole numbers as `numeric`.
number! {
    i16: i64 = "", f64 = "::float8";
    i32: i64 = "", f64 = "::float8";
    i64: i64 = "::int8", f64 = "::float8";
    f32: f32 = "", f64 = "";
    f64: f64 = "", f64 = "";
    #[cfg(feature = "rust_decimal")]
    rust_decimal::Decimal: rust_decimal::Decimal = "", rust_decimal::Decimal = "";
}

impl<S, T: ColumnType, N, A> Column<S, T, N, A> {
    /// The number of rows in which the column is not `NULL`.
    pub fn count(self) -> Aggregate<S, i64, NotNull> {
        Aggregate::new("count", Some(self.into()), "")
    }

    /// The number of different values.
    pub fn count_distinct(self) -> Aggregate<S, i64, NotNull> {
        let mut count = self.count();
        count.call.distinct = true;
        count
    }

    /// The sum of the values.
    pub fn sum(self) -> Aggregate<S, T::Sum, Nullable>
    where
        T: Number,
    {
        Aggregate::new("sum", Some(self.into()), T::CAST_SUM)
    }

    /// The average of the values.
    pub fn avg(self) -> Aggregate<S, T::Average, Nullable>
    where
        T: Number,
    {
        Aggregate::new("avg", Some(self.into()), T::CAST_AVERAGE)
    }

    /// The least of the values. PostgreSQL knows none of `boolean`, `jsonb` and, before version 18, `uuid` and `bytea`.
    pub fn min(self) -> Aggregate<S, T, Nullable> {
        Aggregate::new("min", Some(self.into()), "")
    }

    /// The greatest of the values. What is said of [`min`](Self::min) holds here too.
    pub fn max(self) -> Aggregate<S, T, Nullable> {
        Aggregate::new("max", Some(self.into()), "")
    }
}

impl<S, T: ColumnType, N> Aggregate<S, T, N> {
    fn new(function: &'static str, column: Option<Place>, cast: &'static str) -> Self {
        let call = Call { function, distinct: false, column, filter: None, cast, or: None };
        Self { call: Box::new(call), marker: PhantomData }
    }

    /// Of those rows alone for which the condition holds: `FILTER (WHERE …)`.
    pub fn filter(mut self, filter: impl IntoFilter<S>) -> Self {
        let node = filter.into_filter().into_node();
        self.call.filter = Some(match self.call.filter.take() {
            Some(before) => Node::All(vec![before, node]),
            None => node,
        });
        self
    }

    /// What it is where it would be `NULL`: `coalesce(…, value)`.
    pub fn or(mut self, value: impl IntoValue<T>) -> Aggregate<S, T, NotNull> {
        self.call.or = Some(value.into_parameter());
        Aggregate { call: self.call, marker: PhantomData }
    }

    /// `=`
    pub fn eq(self, value: impl IntoValue<T>) -> Filter<S, PerGroup> {
        self.compare(" = ", value)
    }

    /// `<>`
    pub fn ne(self, value: impl IntoValue<T>) -> Filter<S, PerGroup> {
        self.compare(" <> ", value)
    }

    /// `<`
    pub fn lt(self, value: impl IntoValue<T>) -> Filter<S, PerGroup> {
        self.compare(" < ", value)
    }

    /// `<=`
    pub fn le(self, value: impl IntoValue<T>) -> Filter<S, PerGroup> {
        self.compare(" <= ", value)
    }

    /// `>`
    pub fn gt(self, value: impl IntoValue<T>) -> Filter<S, PerGroup> {
        self.compare(" > ", value)
    }

    /// `>=`
    pub fn ge(self, value: impl IntoValue<T>) -> Filter<S, PerGroup> {
        self.compare(" >= ", value)
    }

    fn compare(self, operator: &'static str, value: impl IntoValue<T>) -> Filter<S, PerGroup> {
        Filter::new(Node::Compare { operand: self.into_operand(), operator, value: value.into_parameter() })
    }

    /// Ascending, `NULL` last.
    pub fn asc(self) -> Order<S, OfAggregate> {
        Order::ascending(self.into_operand())
    }

    /// Descending, `NULL` first.
    pub fn desc(self) -> Order<S, OfAggregate> {
        Order::descending(self.into_operand())
    }

    pub(crate) fn into_operand(self) -> Operand {
        Operand::Aggregate(self.call)
    }
}

impl Call {
    pub(crate) fn render<'s>(&self, sql: &'s mut Sql) -> Result<&'s mut Sql, Error> {
        if self.or.is_some() {
            sql.push("coalesce(");
        }
        sql.push(self.function).push(if self.distinct { "(DISTINCT " } else { "(" });
        match self.column {
            Some(column) => column.render(sql),
            None => sql.push("*"),
        }
        .push(")");
        if let Some(filter) = &self.filter {
            sql.push(" FILTER (WHERE ");
            filter.render(sql)?;
            sql.push(")");
        }
        sql.push(self.cast);
        if let Some(or) = &self.or {
            sql.push(", ").value(or)?.push(")");
        }
        Ok(sql)
    }

    pub(crate) fn each_entity(&self, visit: Visit<'_>) -> Result<(), Error> {
        self.filter.as_ref().map_or(Ok(()), |filter| filter.each_entity(visit))
    }
}
