//! [`Filter`]: conditions on the columns of one entity.
//!
//! Every value is a bind parameter, and a list is one array, so that neither values nor their number change the text
//! of the statement.

use std::fmt;
use std::marker::PhantomData;

use crate::entity::{Column, ColumnType, IntoValue, Nullable, Parameter};
use crate::error::Error;
use crate::statement::sql::Sql;

/// A condition on rows of entity `E`. Made by the methods of [`Column`], combined by [`and`](Self::and),
/// [`or`](Self::or) and [`not`](Self::not).
#[must_use = "a filter does nothing until a statement is given it"]
pub struct Filter<E> {
    node: Node,
    marker: PhantomData<fn() -> E>,
}

impl<E> fmt::Debug for Filter<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Filter").field(&self.node).finish()
    }
}

impl<E> Filter<E> {
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

/// What the closure of `filter` may return: a [`Filter`] on the statement's own entity.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a filter on the rows of `{E}`",
    label = "expected a condition on columns of `{E}`",
    note = "use the columns that the closure is given: `.filter(|p| p.name.eq(\"x\"))`"
)]
pub trait IntoFilter<E> {
    #[doc(hidden)]
    fn into_filter(self) -> Filter<E>;
}

impl<E> IntoFilter<E> for Filter<E> {
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

impl<E, T: ColumnType, N, A> Column<E, T, N, A> {
    /// `=`
    pub fn eq(self, value: impl IntoValue<T>) -> Filter<E> {
        self.compare(" = ", value.into_parameter())
    }

    /// `<>`
    pub fn ne(self, value: impl IntoValue<T>) -> Filter<E> {
        self.compare(" <> ", value.into_parameter())
    }

    /// `<`
    pub fn lt(self, value: impl IntoValue<T>) -> Filter<E> {
        self.compare(" < ", value.into_parameter())
    }

    /// `<=`
    pub fn le(self, value: impl IntoValue<T>) -> Filter<E> {
        self.compare(" <= ", value.into_parameter())
    }

    /// `>`
    pub fn gt(self, value: impl IntoValue<T>) -> Filter<E> {
        self.compare(" > ", value.into_parameter())
    }

    /// `>=`
    pub fn ge(self, value: impl IntoValue<T>) -> Filter<E> {
        self.compare(" >= ", value.into_parameter())
    }

    /// `BETWEEN`, both ends included.
    pub fn between(self, low: impl IntoValue<T>, high: impl IntoValue<T>) -> Filter<E> {
        let ends = Box::new((low.into_parameter(), high.into_parameter()));
        Filter::new(Node::Between { column: self.into(), ends })
    }

    /// Is one of the values. Of no values, this is false.
    pub fn in_<V: IntoValue<T>>(self, values: impl IntoIterator<Item = V>) -> Filter<E> {
        self.list(values, false)
    }

    /// Is none of the values. Of no values, this is true.
    pub fn not_in<V: IntoValue<T>>(self, values: impl IntoIterator<Item = V>) -> Filter<E> {
        self.list(values, true)
    }

    /// `IS NULL`
    pub fn is_null(self) -> Filter<E>
    where
        N: MaybeNull,
    {
        Filter::new(Node::Null { column: self.into(), test: " IS NULL" })
    }

    /// `IS NOT NULL`
    pub fn is_not_null(self) -> Filter<E>
    where
        N: MaybeNull,
    {
        Filter::new(Node::Null { column: self.into(), test: " IS NOT NULL" })
    }

    /// `LIKE`: `%` stands for any text and `_` for one character.
    pub fn like(self, pattern: impl Into<String>) -> Filter<E>
    where
        T: Text,
    {
        self.compare(" LIKE ", Parameter::of(Some(T::from(pattern.into()))))
    }

    /// `ILIKE`: as [`like`](Self::like), in any case.
    pub fn ilike(self, pattern: impl Into<String>) -> Filter<E>
    where
        T: Text,
    {
        self.compare(" ILIKE ", Parameter::of(Some(T::from(pattern.into()))))
    }

    fn compare(self, operator: &'static str, value: Parameter) -> Filter<E> {
        Filter::new(Node::Compare { column: self.into(), operator, value })
    }

    fn list<V: IntoValue<T>>(self, values: impl IntoIterator<Item = V>, negated: bool) -> Filter<E> {
        let values: Vec<T> = values.into_iter().map(IntoValue::into_value).collect();
        let empty = values.is_empty();
        Filter::new(Node::List { column: self.into(), negated, empty, values: Parameter::array(values) })
    }
}

/// A column's place in the text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    alias: &'static str,
    name: &'static str,
}

impl<E, T, N, A> From<Column<E, T, N, A>> for Place {
    fn from(column: Column<E, T, N, A>) -> Self {
        Self { alias: column.alias, name: column.name }
    }
}

impl Place {
    pub(crate) fn render(self, sql: &mut Sql) -> &mut Sql {
        sql.push(self.alias).push(".").push(self.name)
    }
}

/// A condition without its entity's type.
#[derive(Debug)]
pub(crate) enum Node {
    Compare { column: Place, operator: &'static str, value: Parameter },
    Between { column: Place, ends: Box<(Parameter, Parameter)> },
    List { column: Place, negated: bool, empty: bool, values: Parameter },
    Null { column: Place, test: &'static str },
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
}

impl Node {
    /// Writes the condition, in parentheses where another could stand beside it.
    pub(crate) fn render(&self, sql: &mut Sql) -> Result<(), Error> {
        match self {
            Self::Compare { column, operator, value } => {
                column.render(sql).push(operator).value(value)?;
            }
            Self::Between { column, ends } => {
                let (low, high) = &**ends;
                sql.push("(");
                column.render(sql).push(" BETWEEN ").value(low)?.push(" AND ").value(high)?.push(")");
            }
            Self::List { column, negated, values, .. } => {
                let operator = if *negated { " <> ALL (" } else { " = ANY (" };
                column.render(sql).push(operator).value(values)?.push(")");
            }
            Self::Null { column, test } => {
                column.render(sql).push(test);
            }
            Self::All(nodes) => Self::join(nodes, " AND ", "TRUE", sql)?,
            Self::Any(nodes) => Self::join(nodes, " OR ", "FALSE", sql)?,
            Self::Not(node) => {
                sql.push("NOT (");
                node.render(sql)?;
                sql.push(")");
            }
        }
        Ok(())
    }

    fn join(nodes: &[Self], between: &str, of_none: &str, sql: &mut Sql) -> Result<(), Error> {
        if nodes.is_empty() {
            sql.push(of_none);
            return Ok(());
        }
        for (i, node) in nodes.iter().enumerate() {
            sql.push(if i == 0 { "(" } else { between });
            node.render(sql)?;
        }
        sql.push(")");
        Ok(())
    }

    /// What the condition comes to whatever the row, when its shape alone decides that.
    pub(crate) fn always(&self) -> Option<bool> {
        match self {
            Self::Compare { .. } | Self::Between { .. } | Self::Null { .. } => None,
            Self::List { negated, empty, .. } => empty.then_some(*negated),
            Self::Not(node) => node.always().map(|always| !always),
            Self::All(nodes) => Self::fold(nodes, false),
            Self::Any(nodes) => Self::fold(nodes, true),
        }
    }

    /// One `decisive` condition decides; all of the other kind come to the opposite.
    fn fold(nodes: &[Self], decisive: bool) -> Option<bool> {
        let mut unknown = false;
        for node in nodes {
            match node.always() {
                Some(always) if always == decisive => return Some(decisive),
                Some(_) => {}
                None => unknown = true,
            }
        }
        (!unknown).then_some(!decisive)
    }
}

/// The conditions of a statement, which all must hold.
#[derive(Debug, Default)]
pub(crate) struct Conditions(Vec<Node>);

/// Most statements have no more conditions, and so allocate for them once.
const USUAL: usize = 4;

impl Conditions {
    pub(crate) fn add<E>(&mut self, filter: impl IntoFilter<E>) {
        if self.0.is_empty() {
            self.0.reserve_exact(USUAL);
        }
        self.0.push(filter.into_filter().into_node());
    }

    /// Writes ` AND …` for each, after [`Sql::of_tenant`].
    pub(crate) fn render(&self, sql: &mut Sql) -> Result<(), Error> {
        self.0.iter().try_for_each(|node| {
            sql.push(" AND ");
            node.render(sql)
        })
    }

    /// Whether every row of the tenant is meant.
    pub(crate) fn always_true(&self) -> bool {
        Node::fold(&self.0, false) == Some(true)
    }
}
