//! [`Read`]: a read without the types of its rows, as it is rendered.

use std::iter::once;

use crate::entity::{Alias, Parameter};
use crate::error::Error;
use crate::schema::{EntityDescriptor, unquoted};
use crate::statement::condition::{Conditions, Operand, Place, Visit};
use crate::statement::join::Join;
use crate::statement::keyset;
use crate::statement::lock::Lock;
use crate::statement::order::{self, Term};
use crate::statement::proof::Scope;
use crate::statement::run::Statement;
use crate::statement::sql::Sql;

#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) scope: Scope,
    pub(crate) entity: &'static EntityDescriptor,
    pub(crate) joins: Vec<Join>,
    /// What is selected; none for the columns of every table.
    pub(crate) list: Vec<Operand>,
    pub(crate) distinct: bool,
    pub(crate) conditions: Conditions,
    pub(crate) groups: Vec<Operand>,
    pub(crate) having: Conditions,
    pub(crate) order: Vec<Term>,
    /// The order is a key, by which pages follow each other.
    pub(crate) keyset: bool,
    /// The page begins after the row whose key has these values.
    pub(crate) after: Vec<Parameter>,
    pub(crate) limit: Option<Parameter>,
    pub(crate) offset: Option<Parameter>,
    /// A limit was said of rows that are then taken together.
    pub(crate) limited_too_early: bool,
    pub(crate) lock: Option<Lock>,
    /// Rows that are deleted count too.
    pub(crate) with_deleted: bool,
    /// How many of the rows are wanted.
    pub(crate) wanted: Wanted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    All,
    /// The first of several: the server is told to stop there.
    First,
    /// There is one at most, and a `LIMIT` would be work for nothing.
    One,
}

/// A number of rows, as a parameter: so that every page has the same text.
pub(crate) fn number(rows: u64) -> Parameter {
    Parameter::of(Some(i64::try_from(rows).unwrap_or(i64::MAX)))
}

impl Read {
    pub(crate) fn new(scope: Scope, entity: &'static EntityDescriptor) -> Self {
        Self {
            scope,
            entity,
            joins: Vec::new(),
            list: Vec::new(),
            distinct: false,
            conditions: Conditions::default(),
            groups: Vec::new(),
            having: Conditions::default(),
            order: Vec::new(),
            keyset: false,
            after: Vec::new(),
            limit: None,
            offset: None,
            limited_too_early: false,
            lock: None,
            with_deleted: false,
            wanted: Wanted::All,
        }
    }

    pub(crate) fn want_first(&mut self) {
        if self.wanted == Wanted::All {
            self.wanted = Wanted::First;
        }
    }

    /// From here on the rows are taken together, and what was said of each of them no longer counts.
    pub(crate) fn take_together(&mut self) {
        self.limited_too_early = self.limit.is_some() || self.offset.is_some() || !self.after.is_empty();
        self.order.clear();
        self.keyset = false;
    }

    fn render_list(&self, sql: &mut Sql) -> Result<(), Error> {
        if self.list.is_empty() {
            sql.columns();
            for join in &self.joins {
                sql.push(", ").columns_of(join.entity, join.alias);
            }
            return Ok(());
        }
        self.list.iter().enumerate().try_for_each(|(i, operand)| {
            sql.push(if i == 0 { "" } else { ", " });
            operand.render(sql).map(drop)
        })
    }

    /// Pages that follow each other by a key that two rows share would leave rows out.
    fn check_keyset(&self) -> Result<(), Error> {
        if !self.keyset {
            return Ok(());
        }
        // A row of a table that is joined by `_many` shares that of the other with its siblings.
        let many = self.joins.iter().filter(|join| join.is_many()).map(|join| (join.entity, join.alias));
        match once((self.entity, Alias::ROOT))
            .chain(many)
            .find(|(entity, alias)| !self.is_key(entity, *alias))
        {
            None => Ok(()),
            Some((entity, _)) => Err(Error::KeysetNotUnique { entity: entity.entity }),
        }
    }

    /// Whether the order tells the rows of this table apart.
    fn is_key(&self, entity: &EntityDescriptor, table: Alias) -> bool {
        let named = |name: &str| {
            self.order.iter().any(|term| match &term.operand {
                Operand::Column(Place { alias, name: quoted }) => *alias == table && unquoted(quoted) == name,
                Operand::Aggregate(_) => false,
            })
        };
        let mut keys = entity.uniques.iter();
        entity.id().all(|id| named(id.name)) || keys.any(|key| key.iter().all(|name| named(name)))
    }
}

impl Statement for Read {
    fn operation(&self) -> &'static str {
        "SELECT"
    }

    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn entity(&self) -> &'static EntityDescriptor {
        self.entity
    }

    fn each_other_entity(&self, visit: Visit<'_>) -> Result<(), Error> {
        self.joins.iter().try_for_each(|join| visit(join.entity))?;
        self.list.iter().try_for_each(|operand| operand.each_entity(visit))?;
        self.conditions.each_entity(visit)?;
        self.having.each_entity(visit)?;
        self.order.iter().try_for_each(|term| term.operand.each_entity(visit))
    }

    fn check(&self) -> Result<(), Error> {
        if self.limited_too_early {
            return Err(Error::LimitOfAggregate { entity: self.entity.entity });
        }
        self.check_keyset()
    }

    fn render(&self, sql: &mut Sql) -> Result<(), Error> {
        sql.push(if self.distinct { "SELECT DISTINCT " } else { "SELECT " });
        self.render_list(sql)?;
        sql.push(" FROM ").table();
        self.joins.iter().for_each(|join| join.render(sql, self.with_deleted));
        sql.of_tenant();
        if !self.with_deleted {
            sql.and_live(self.entity, Alias::ROOT);
        }
        self.conditions.render(sql)?;
        keyset::render(&self.order, &self.after, sql)?;
        for (i, group) in self.groups.iter().enumerate() {
            group.render(sql.push(if i == 0 { " GROUP BY " } else { ", " }))?;
        }
        self.having.render_having(sql)?;
        order::render(&self.order, sql)?;
        match (&self.limit, self.wanted) {
            (Some(rows), _) => _ = sql.push(" LIMIT ").value(rows)?,
            (None, Wanted::First) => _ = sql.push(" LIMIT 1"),
            (None, Wanted::All | Wanted::One) => {}
        }
        if let Some(rows) = &self.offset {
            sql.push(" OFFSET ").value(rows)?;
        }
        if let Some(lock) = &self.lock {
            lock.render(sql);
        }
        Ok(())
    }
}
