//! [`Node`]: a condition without the types that said it was one, as it is rendered.

use crate::entity::{Alias, Column, Parameter};
use crate::error::Error;
use crate::schema::EntityDescriptor;
use crate::statement::aggregate::Call;
use crate::statement::filter::IntoFilter;
use crate::statement::related::Subquery;
use crate::statement::sql::Sql;

/// A column's place in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) alias: Alias,
    /// Quoted.
    pub(crate) name: &'static str,
}

impl<S, T, N, A> From<Column<S, T, N, A>> for Place {
    fn from(column: Column<S, T, N, A>) -> Self {
        Self { alias: column.alias, name: column.name }
    }
}

impl Place {
    pub(crate) fn render(self, sql: &mut Sql) -> &mut Sql {
        sql.alias(self.alias).push(".").push(self.name)
    }
}

/// What stands on the left of a comparison, in an `ORDER BY`, or in the list of a projection.
#[derive(Debug)]
pub(crate) enum Operand {
    Column(Place),
    Aggregate(Box<Call>),
}

impl<S, T, N, A> From<Column<S, T, N, A>> for Operand {
    fn from(column: Column<S, T, N, A>) -> Self {
        Self::Column(column.into())
    }
}

impl Operand {
    pub(crate) fn render<'s>(&self, sql: &'s mut Sql) -> Result<&'s mut Sql, Error> {
        match self {
            Self::Column(place) => Ok(place.render(sql)),
            Self::Aggregate(call) => call.render(sql),
        }
    }

    pub(crate) fn each_entity(&self, visit: Visit<'_>) -> Result<(), Error> {
        match self {
            Self::Column(_) => Ok(()),
            Self::Aggregate(call) => call.each_entity(visit),
        }
    }
}

/// What is asked of each entity that a statement speaks of.
pub(crate) type Visit<'v> = &'v mut dyn FnMut(&'static EntityDescriptor) -> Result<(), Error>;

/// A condition without its entity's type.
#[derive(Debug)]
pub(crate) enum Node {
    Compare { operand: Operand, operator: &'static str, value: Parameter },
    Columns { left: Place, operator: &'static str, right: Place },
    Between { operand: Operand, ends: Box<(Parameter, Parameter)> },
    List { operand: Operand, negated: bool, empty: bool, values: Parameter },
    Null { operand: Operand, test: &'static str },
    Exists(Box<Subquery>),
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
}

impl Node {
    /// Writes the condition, in parentheses where another could stand beside it.
    pub(crate) fn render(&self, sql: &mut Sql) -> Result<(), Error> {
        match self {
            Self::Compare { operand, operator, value } => {
                operand.render(sql)?.push(operator).value(value)?;
            }
            Self::Columns { left, operator, right } => {
                left.render(sql).push(operator);
                right.render(sql);
            }
            Self::Between { operand, ends } => {
                let (low, high) = &**ends;
                sql.push("(");
                operand.render(sql)?.push(" BETWEEN ").value(low)?.push(" AND ").value(high)?.push(")");
            }
            Self::List { operand, negated, values, .. } => {
                let operator = if *negated { " <> ALL (" } else { " = ANY (" };
                operand.render(sql)?.push(operator).value(values)?.push(")");
            }
            Self::Null { operand, test } => {
                operand.render(sql)?.push(test);
            }
            Self::Exists(subquery) => subquery.render(sql)?,
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

    /// The entities of its subqueries.
    pub(crate) fn each_entity(&self, visit: Visit<'_>) -> Result<(), Error> {
        match self {
            Self::Compare { operand, .. }
            | Self::Between { operand, .. }
            | Self::List { operand, .. }
            | Self::Null { operand, .. } => operand.each_entity(visit),
            Self::Columns { .. } => Ok(()),
            Self::Exists(subquery) => subquery.each_entity(visit),
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().try_for_each(|node| node.each_entity(visit)),
            Self::Not(node) => node.each_entity(visit),
        }
    }

    /// What the condition comes to whatever the row, when its shape alone decides that.
    pub(crate) fn always(&self) -> Option<bool> {
        match self {
            Self::Compare { .. }
            | Self::Columns { .. }
            | Self::Between { .. }
            | Self::Null { .. }
            | Self::Exists(_) => None,
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
    pub(crate) fn add<S, K>(&mut self, filter: impl IntoFilter<S, K>) {
        self.push(filter.into_filter().into_node());
    }

    pub(crate) fn push(&mut self, node: Node) {
        if self.0.is_empty() {
            self.0.reserve_exact(USUAL);
        }
        self.0.push(node);
    }

    /// Writes ` AND …` for each, after [`Sql::of_tenant`].
    pub(crate) fn render(&self, sql: &mut Sql) -> Result<(), Error> {
        self.render_after(" AND ", sql)
    }

    /// Writes ` HAVING …`, if there is any.
    pub(crate) fn render_having(&self, sql: &mut Sql) -> Result<(), Error> {
        self.render_after(" HAVING ", sql)
    }

    fn render_after(&self, first: &str, sql: &mut Sql) -> Result<(), Error> {
        self.0.iter().enumerate().try_for_each(|(i, node)| {
            sql.push(if i == 0 { first } else { " AND " });
            node.render(sql)
        })
    }

    /// The entities of their subqueries.
    pub(crate) fn each_entity(&self, visit: Visit<'_>) -> Result<(), Error> {
        self.0.iter().try_for_each(|node| node.each_entity(visit))
    }

    /// Whether every row of the tenant is meant.
    pub(crate) fn always_true(&self) -> bool {
        Node::fold(&self.0, false) == Some(true)
    }
}
