//! What a statement may be: one SELECT over entities, the statement's own CTEs and what harmless functions return.
//!
//! sqlparser's visitor comes past every part of the statement, also those that this file does not know of; each part is
//! asked whether it is one that is allowed. So what a new version of the parser learns to read is refused until somebody
//! has thought about it. Nothing stops at the first refusal.

use std::collections::HashMap;
use std::ops::{ControlFlow, Range};

use sqlparser::ast::{
    Expr, Ident, ObjectName, OrderByExpr, Query, Select, SetExpr, Spanned, Statement, TableAlias,
    TableFactor, Value, ValueWithSpan, Visit, Visitor,
};
use sqlparser::tokenizer::Span;

use crate::sql::clauses;
use crate::sql::columns::Columns;
use crate::sql::expression::{self, Verdict};
use crate::sql::functions;
use crate::sql::literal::Literal;
use crate::sql::parse::Lines;
use crate::sql::refusal::Refusal;
use crate::sql::reserved::is_reserved;

/// What a `{…}` is, by where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// After FROM or JOIN: a type.
    Entity,
    /// Where a value can stand: an expression.
    Value,
    /// Before arguments: what `sql_function!` declared.
    Function,
}

/// What was learnt of a statement that may be sent.
#[derive(Debug)]
pub(super) struct Checked {
    /// One for each place.
    pub(super) roles: Vec<Role>,
    pub(super) columns: Columns,
}

pub(super) fn check(
    literal: &Literal,
    statements: &[Statement],
    lines: &Lines,
) -> Result<Checked, Vec<Refusal>> {
    let mut check = Check {
        literal,
        lines,
        roles: vec![None; literal.places.len()],
        columns: Columns::default(),
        scopes: Vec::new(),
        of_ctes: HashMap::new(),
        refusals: Vec::new(),
    };
    let [statement] = statements else {
        let (what, mend) = match statements {
            [] => ("no statement stands here", "write a SELECT"),
            _ => ("more than one statement", "write each in a `sql!` of its own"),
        };
        let second = statements.get(1).map_or(0..0, |second| check.at(second.span()));
        return Err(vec![Refusal::new(second, what, mend)]);
    };
    let _ = statement.visit(&mut check);
    check.finish()
}

struct Check<'a> {
    literal: &'a Literal,
    lines: &'a Lines,
    roles: Vec<Option<Role>>,
    columns: Columns,
    /// The names of CTEs that can be read, for each query around this place.
    scopes: Vec<Vec<String>>,
    /// Those that can be read in the query of a CTE, which is found by where it lies in memory.
    of_ctes: HashMap<*const Query, Vec<String>>,
    refusals: Vec<Refusal>,
}

impl Check<'_> {
    fn finish(mut self) -> Result<Checked, Vec<Refusal>> {
        for (place, role) in self.literal.places.iter().zip(&self.roles) {
            if role.is_none() {
                self.refusals.push(Refusal::new(
                    place.at.clone(),
                    "`{…}` is a table after FROM or JOIN, a function before its arguments, or a value",
                    "write names and types out: they are part of the statement's text",
                ));
            }
        }
        if self.refusals.is_empty() && !self.roles.contains(&Some(Role::Entity)) {
            self.refusals.push(Refusal::new(
                0..0,
                "this statement reads no entity",
                "name one after FROM: `FROM {Project} p`",
            ));
        }
        if !self.refusals.is_empty() {
            return Err(self.refusals);
        }
        Ok(Checked { roles: self.roles.into_iter().flatten().collect(), columns: self.columns })
    }

    /// Where in the literal this stands.
    fn at(&self, span: Span) -> Range<usize> {
        self.lines
            .range(span)
            .map_or(0..0, |range| self.literal.origin(range.start)..self.literal.origin(range.end))
    }

    fn refuse(&mut self, at: Span, what: impl Into<String>, mend: impl Into<String>) {
        self.refusals.push(Refusal::new(self.at(at), what, mend));
    }

    /// Notes what a place is, when this identifier stands for one.
    fn claim(&mut self, ident: &Ident, role: Role) -> Option<usize> {
        let place = Literal::place_of(ident)?;
        *self.roles.get_mut(place)? = Some(role);
        Some(place)
    }

    /// PostgreSQL's function of this name, or one that was declared.
    fn function(&mut self, name: &ObjectName) {
        let parts: Option<Vec<&Ident>> = name.0.iter().map(|part| part.as_ident()).collect();
        let known = match parts.as_deref() {
            Some([function]) if self.claim(function, Role::Function).is_some() => true,
            Some([function]) => functions::is_known(&stored(function)),
            Some([schema, function]) => {
                stored(schema) == "pg_catalog" && functions::is_known(&stored(function))
            }
            _ => false,
        };
        if !known {
            self.refuse(
                name.span(),
                format!("`{name}` is no function that is known to do nothing but compute"),
                "declare one of your own by `sql_function!`, list it in `schema!` and call it as `{function}(…)`",
            );
        }
    }

    /// A table after FROM or JOIN.
    fn table(&mut self, name: &ObjectName, alias: Option<&TableAlias>) {
        let ident = match &*name.0 {
            [part] => part.as_ident(),
            _ => None,
        };
        if let Some(place) = ident.and_then(|ident| self.claim(ident, Role::Entity)) {
            match alias {
                Some(alias) => {
                    self.columns.entity(stored(&alias.name), alias.columns.is_empty().then_some(place))
                }
                None => {
                    let rust = self.literal.places[place].rust.trim();
                    self.refuse(
                        name.span(),
                        "an entity needs a name in the statement",
                        format!("give it one: `{{{rust}}} t`"),
                    );
                }
            }
            return;
        }
        let named = ident.map(stored);
        let is_cte = |scope: &Vec<String>| named.as_ref().is_some_and(|name| scope.contains(name));
        if self.scopes.last().is_some_and(is_cte) {
            let name = alias.map_or(named.unwrap_or_default(), |alias| stored(&alias.name));
            self.columns.entity(name, None);
            return;
        }
        self.refuse(
            name.span(),
            format!("`{name}` is a table by its bare name, of which no tenant's rows are known"),
            "name the entity in braces, `{Entity} t`, or a CTE of this statement",
        );
    }

    /// Names and types that a table gets: `AS x (a int)`.
    fn alias(&mut self, alias: Option<&TableAlias>) {
        let Some(alias) = alias else { return };
        for column in &alias.columns {
            if let Some(data_type) = &column.data_type
                && expression::binds(data_type)
            {
                self.refuse(column.name.span, BINDS, NOT_BOUND);
            }
        }
    }

    fn body(&mut self, body: &SetExpr) {
        match body {
            SetExpr::Select(_) | SetExpr::Query(_) | SetExpr::Values(_) => {}
            SetExpr::SetOperation { left, right, .. } => {
                self.body(left);
                self.body(right);
            }
            // The visitor comes to the statement itself.
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => {}
            SetExpr::Table(_) => self.refuse(
                body.span(),
                "`TABLE` reads a table by its bare name",
                "write `SELECT * FROM {Entity} t`",
            ),
        }
    }
}

const BINDS: &str = "a value of this type binds a tenant";
const NOT_BOUND: &str = "the statement is bound by its proof";
const NOT_POSTGRES: &str = "this clause is not PostgreSQL's, or has no place in a read";

/// As PostgreSQL stores the name.
pub(super) fn stored(ident: &Ident) -> String {
    match ident.quote_style {
        Some(_) => ident.value.clone(),
        None => ident.value.to_lowercase(),
    }
}

impl Visitor for Check<'_> {
    type Break = ();

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<()> {
        if !matches!(statement, Statement::Query(_)) {
            self.refuse(
                statement.span(),
                "only SELECT",
                "write through the entity (`insert`, `update`, `delete`), or by `TenantTx::raw`",
            );
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let around = self.of_ctes.remove(&std::ptr::from_ref(query));
        let mut scope = around.or_else(|| self.scopes.last().cloned()).unwrap_or_default();
        if let Some(with) = &query.with {
            let names: Vec<_> = with.cte_tables.iter().map(|cte| stored(&cte.alias.name)).collect();
            for (i, cte) in with.cte_tables.iter().enumerate() {
                let before = if with.recursive { &names[..] } else { &names[..i] };
                let visible = scope.iter().chain(before).cloned().collect();
                self.of_ctes.insert(std::ptr::from_ref(&*cte.query), visible);
                self.columns.entity(names[i].clone(), None);
            }
            scope.extend(names);
        }
        self.scopes.push(scope);
        self.body(&query.body);
        if !query.locks.is_empty() {
            self.refuse(
                query.span(),
                "rows are locked by builders alone",
                "read them by `find(&tx).for_update()`",
            );
        }
        if !clauses::plain_query(query) {
            self.refuse(query.span(), NOT_POSTGRES, "leave it out");
        }
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &Query) -> ControlFlow<()> {
        self.scopes.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        if let Some(into) = &select.into {
            self.refuse(into.span(), "`SELECT INTO` makes a table", "leave INTO out");
        }
        if !clauses::plain_select(select) {
            self.refuse(select.span(), NOT_POSTGRES, "leave it out");
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, table: &TableFactor) -> ControlFlow<()> {
        if !clauses::plain_table(table) {
            self.refuse(table.span(), "a table is read as a whole", "leave out what follows its name");
        }
        let alias = match table {
            TableFactor::Table { name, alias, args: None, .. } => {
                self.table(name, alias.as_ref());
                alias
            }
            TableFactor::Table { name, alias, args: Some(_), .. }
            | TableFactor::Function { name, alias, .. } => {
                self.function(name);
                alias
            }
            TableFactor::Derived { alias, sample: None, .. }
            | TableFactor::UNNEST { alias, .. }
            | TableFactor::NestedJoin { alias, .. } => alias,
            _ => {
                self.refuse(
                    table.span(),
                    "tables are entities, CTEs, subqueries and functions",
                    "read from one of these",
                );
                &None
            }
        };
        self.alias(alias.as_ref());
        if let (Some(alias), false) = (alias, matches!(table, TableFactor::Table { args: None, .. })) {
            self.columns.entity(stored(&alias.name), None);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Identifier(ident) => drop(self.claim(ident, Role::Value)),
            Expr::Function(function) => self.function(&function.name),
            _ => {}
        }
        if let Some((table, column)) = expression::column(expr) {
            let at = self.at(column.span);
            self.columns.used(stored(table), stored(column), at);
        }
        match expression::verdict(expr) {
            Verdict::Fine => {}
            Verdict::Binds => self.refuse(expr.span(), BINDS, NOT_BOUND),
            Verdict::Refused { what, mend } => self.refuse(expr.span(), what, mend),
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_order_by_expr(&mut self, order: &OrderByExpr) -> ControlFlow<()> {
        if let Expr::Identifier(ident) = &order.expr
            && Literal::place_of(ident).is_some()
        {
            self.refuse(
                ident.span,
                "a value is the same for all rows, and orders none of them",
                "write the column out; for an order that is chosen later, compare in a CASE",
            );
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_value(&mut self, value: &ValueWithSpan) -> ControlFlow<()> {
        if let Value::Placeholder(_) = value.value {
            self.refuse(
                value.span,
                "parameters are numbered by `sql!`",
                "write the value in braces: `{value}`",
            );
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_ident(&mut self, ident: &Ident) -> ControlFlow<()> {
        // For the parser `bound 'x'` is a column with a name, for PostgreSQL a value of the type `bound`.
        if ident.quote_style.is_some_and(|quote| quote != '"') {
            self.refuse(
                ident.span,
                "a string is no name",
                "quote names as `\"name\"`, and cast strings by `::`",
            );
        }
        if ident.quote_style.is_none() && is_reserved(&stored(ident)) {
            self.refuse(
                ident.span,
                format!("PostgreSQL does not read `{ident}` as a name"),
                "quote it, if a name is meant",
            );
        }
        if stored(ident) == "tenancy" {
            self.refuse(
                ident.span,
                "the schema `tenancy` is where tenants are bound",
                "the statement is bound by its proof; choose another name for your own",
            );
        }
        ControlFlow::Continue(())
    }
}
