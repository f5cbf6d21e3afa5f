//! [`Filter`]: conditions on the columns of a query.
//!
//! Every value is a bind parameter, and a list is one array, so that neither values nor their number change the text
//! of the statement.

use std::fmt;
use std::marker::PhantomData;

use crate::entity::{Column, ColumnType, Element, IntoValue, Nullable, Parameter};
use crate::statement::condition::Node;

/// A condition on the rows of a query over `S`: an entity, or a tuple of the entities that it joins. Made by the methods
/// of [`Column`], combined by [`and`](Self::and), [`or`](Self::or) and [`not`](Self::not).
///
/// `K` is [`PerRow`], or [`PerGroup`] for a condition on [aggregates](crate::statement::Aggregate), which belongs into
/// [`having`](crate::statement::Grouped::having).
#[must_use = "a filter does nothing until a statement is given it"]
pub struct Filter<S, K = PerRow> {
    node: Node,
    marker: PhantomData<fn() -> (S, K)>,
}

/// Something that each row of a query has.
#[derive(Debug)]
pub enum PerRow {}
/// Something that each group of rows has.
#[derive(Debug)]
pub enum PerGroup {}

impl<S, K> fmt::Debug for Filter<S, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Filter").field(&self.node).finish()
    }
}

impl<S, K> Filter<S, K> {
    pub(crate) fn new(node: Node) -> Self {
        Self { node, marker: PhantomData }
    }

    /// Both conditions hold.
    pub fn and(self, other: Self) -> Self {
        Self::new(Node::All(vec![self.node, other.node]))
    }

    /// One of the conditions holds.
    pub fn or(self, other: Self) -> Self {
        Self::new(Node::Any(vec![self.node, other.node]))
    }

    /// The condition does not hold. As in SQL, a condition on `NULL` neither holds nor does not.
    #[expect(clippy::should_implement_trait, reason = "`filter.not()` reads like `and` and `or` beside it")]
    pub fn not(self) -> Self {
        Self::new(Node::Not(Box::new(self.node)))
    }

    /// All of the conditions hold. Of no conditions, this is true.
    pub fn all(filters: impl IntoIterator<Item = Self>) -> Self {
        Self::new(Node::All(filters.into_iter().map(|filter| filter.node).collect()))
    }

    /// One of the conditions holds. Of no conditions, this is false.
    pub fn any(filters: impl IntoIterator<Item = Self>) -> Self {
        Self::new(Node::Any(filters.into_iter().map(|filter| filter.node).collect()))
    }

    pub(crate) fn into_node(self) -> Node {
        self.node
    }
}

/// What the closure of `filter` may return: a [`Filter`] on the statement's own rows.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a filter on the rows of `{S}`",
    label = "expected a condition on columns of `{S}`",
    note = "use the columns that the closure is given: `.filter(|p| p.name.eq(\"x\"))`; a condition on `count`, `sum` and the like belongs into `having`"
)]
pub trait IntoFilter<S, K = PerRow> {
    #[doc(hidden)]
    fn into_filter(self) -> Filter<S, K>;
}

impl<S, K> IntoFilter<S, K> for Filter<S, K> {
    fn into_filter(self) -> Self {
        self
    }
}

/// Columns that can be `NULL`.
#[diagnostic::on_unimplemented(
    message = "this column is never NULL",
    label = "its field is not an `Option`",
    note = "make the field an `Option` when the column can be NULL"
)]
pub trait MaybeNull {}
impl MaybeNull for Nullable {}

/// Columns of text, which [`like`](Column::like) can search.
#[diagnostic::on_unimplemented(
    message = "a column of `{Self}` is not text",
    label = "`like` and `ilike` search columns of `String`"
)]
pub trait Text: ColumnType + From<String> {}
impl Text for String {}

impl<S, T: ColumnType, N, A> Column<S, T, N, A> {
    /// `=`
    pub fn eq(self, value: impl IntoValue<T>) -> Filter<S> {
        self.compare(" = ", value.into_parameter())
    }

    /// `<>`
    pub fn ne(self, value: impl IntoValue<T>) -> Filter<S> {
        self.compare(" <> ", value.into_parameter())
    }

    /// `<`
    pub fn lt(self, value: impl IntoValue<T>) -> Filter<S> {
        self.compare(" < ", value.into_parameter())
    }

    /// `<=`
    pub fn le(self, value: impl IntoValue<T>) -> Filter<S> {
        self.compare(" <= ", value.into_parameter())
    }

    /// `>`
    pub fn gt(self, value: impl IntoValue<T>) -> Filter<S> {
        self.compare(" > ", value.into_parameter())
    }

    /// `>=`
    pub fn ge(self, value: impl IntoValue<T>) -> Filter<S> {
        self.compare(" >= ", value.into_parameter())
    }

    /// `BETWEEN`, both ends included.
    pub fn between(self, low: impl IntoValue<T>, high: impl IntoValue<T>) -> Filter<S> {
        let ends = Box::new((low.into_parameter(), high.into_parameter()));
        Filter::new(Node::Between { operand: self.into(), ends })
    }

    /// Is one of the values. Of no values, this is false.
    pub fn in_<V: IntoValue<T>>(self, values: impl IntoIterator<Item = V>) -> Filter<S>
    where
        T: Element,
    {
        self.list(values, false)
    }

    /// Is none of the values. Of no values, this is true.
    pub fn not_in<V: IntoValue<T>>(self, values: impl IntoIterator<Item = V>) -> Filter<S>
    where
        T: Element,
    {
        self.list(values, true)
    }

    /// `IS NULL`
    pub fn is_null(self) -> Filter<S>
    where
        N: MaybeNull,
    {
        Filter::new(Node::Null { operand: self.into(), test: " IS NULL" })
    }

    /// `IS NOT NULL`
    pub fn is_not_null(self) -> Filter<S>
    where
        N: MaybeNull,
    {
        Filter::new(Node::Null { operand: self.into(), test: " IS NOT NULL" })
    }

    /// `LIKE`: `%` stands for any text and `_` for one character.
    pub fn like(self, pattern: impl Into<String>) -> Filter<S>
    where
        T: Text,
    {
        self.compare(" LIKE ", Parameter::of(Some(T::from(pattern.into()))))
    }

    /// `ILIKE`: as [`like`](Self::like), in any case.
    pub fn ilike(self, pattern: impl Into<String>) -> Filter<S>
    where
        T: Text,
    {
        self.compare(" ILIKE ", Parameter::of(Some(T::from(pattern.into()))))
    }

    /// `=` of two columns of the query.
    pub fn eq_column<M, B>(self, other: Column<S, T, M, B>) -> Filter<S> {
        self.columns(" = ", other)
    }

    /// `<>` of two columns of the query.
    pub fn ne_column<M, B>(self, other: Column<S, T, M, B>) -> Filter<S> {
        self.columns(" <> ", other)
    }

    /// `<` of two columns of the query.
    pub fn lt_column<M, B>(self, other: Column<S, T, M, B>) -> Filter<S> {
        self.columns(" < ", other)
    }

    /// `<=` of two columns of the query.
    pub fn le_column<M, B>(self, other: Column<S, T, M, B>) -> Filter<S> {
        self.columns(" <= ", other)
    }

    fn columns<M, B>(self, operator: &'static str, other: Column<S, T, M, B>) -> Filter<S> {
        Filter::new(Node::Columns { left: self.into(), operator, right: other.into() })
    }

    fn compare(self, operator: &'static str, value: Parameter) -> Filter<S> {
        Filter::new(Node::Compare { operand: self.into(), operator, value })
    }

    fn list<V: IntoValue<T>>(self, values: impl IntoIterator<Item = V>, negated: bool) -> Filter<S>
    where
        T: Element,
    {
        let values: Vec<T> = values.into_iter().map(IntoValue::into_value).collect();
        let empty = values.is_empty();
        Filter::new(Node::List { operand: self.into(), negated, empty, values: Parameter::array(values) })
    }
}
