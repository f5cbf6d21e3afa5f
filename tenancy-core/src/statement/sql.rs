//! [`Sql`]: the text of a statement and its parameters, written side by side.
//!
//! The text is written into a buffer that the thread keeps, and then exchanged for the shared one that was made when
//! it was written for the first time ([`texts`](super::texts)). So a text that is written again costs no allocation,
//! and no shape of a statement has to be compared: what is compared is the text itself.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt::Write as _;
use std::sync::Arc;

use sqlx::Arguments as _;
use sqlx::error::BoxDynError;
use sqlx::postgres::PgArguments;

use crate::db::Bound;
use crate::entity::{Alias, Parameter};
use crate::error::Error;
use crate::schema::EntityDescriptor;
use crate::statement::{SqlValues, texts};

/// [`Alias::ROOT`] as the text has it. The derive knows it too, and writes it into [`EntityDescriptor::select_list`].
const ROOT: &str = "\"t\"";

/// What an ordinary statement binds. More of either grows by itself.
const USUAL_PARAMETERS: usize = 8;
const USUAL_BYTES: usize = 256;

thread_local! {
    /// Lent to the statement that is being rendered.
    static BUFFER: Cell<String> = const { Cell::new(String::new()) };
}

/// In bytes. The buffer of a longer text is given back.
const LONGEST_KEPT: usize = 16 * 1024;

/// A table's tenant column. A global table has none, and stands beside a table that has.
type TenantColumn = Option<(Alias, &'static str)>;

/// A statement being rendered. `$1` is the tenant, always: predicate and binding are one parameter.
pub(crate) struct Sql {
    entity: &'static EntityDescriptor,
    text: String,
    arguments: PgArguments,
    parameters: usize,
    /// The parameter that binds, as the text has it: the first, unless values were there before.
    tenant: Cow<'static, str>,
    /// In a statement of no tenant: where each table so far has its tenant.
    unbound: Option<Vec<(Alias, TenantColumn)>>,
}

impl Sql {
    pub(crate) fn new(entity: &'static EntityDescriptor, bound: Bound) -> Result<Self, Error> {
        Self::unbound(entity).bound_by(bound)
    }

    /// With values that are encoded already: the tenant comes behind them.
    pub(crate) fn after(
        entity: &'static EntityDescriptor,
        values: &SqlValues,
        bound: Bound,
    ) -> Result<Self, Error> {
        let mut sql = Self::with(entity, values.arguments.clone());
        sql.parameters = values.count;
        sql.bound_by(bound)
    }

    /// A statement of no tenant, whose parameters begin with the first value: for `danger` alone.
    pub(crate) fn unbound(entity: &'static EntityDescriptor) -> Self {
        let mut arguments = PgArguments::default();
        arguments.reserve(USUAL_PARAMETERS, USUAL_BYTES);
        Self::with(entity, arguments)
    }

    fn with(entity: &'static EntityDescriptor, arguments: PgArguments) -> Self {
        Self {
            entity,
            // None is left while a thread ends, or while another statement is being rendered on it.
            text: BUFFER.try_with(Cell::take).unwrap_or_default(),
            arguments,
            parameters: 0,
            tenant: Cow::Borrowed("NULL"),
            unbound: Some(Vec::new()),
        }
    }

    /// Makes the tenant the next parameter.
    fn bound_by(mut self, bound: Bound) -> Result<Self, Error> {
        (self.tenant, self.unbound) = (bound.placeholder(self.parameters + 1), None);
        let added = self.arguments.add(bound);
        self.added(added)?;
        Ok(self)
    }

    /// The text and its parameters.
    pub(crate) fn finish(mut self) -> (Arc<str>, PgArguments) {
        (texts::shared(&self.text), std::mem::take(&mut self.arguments))
    }

    pub(crate) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// An identifier that PostgreSQL stores as `name`.
    pub(crate) fn name(&mut self, name: &str) -> &mut Self {
        self.text.push('"');
        // Searched byte by byte: names are short, and this is most of what rendering does.
        if name.bytes().any(|byte| byte == b'"') {
            self.text.push_str(&name.replace('"', "\"\""));
        } else {
            self.text.push_str(name);
        }
        self.text.push('"');
        self
    }

    /// The name of a table within the statement.
    pub(crate) fn alias(&mut self, alias: Alias) -> &mut Self {
        match alias {
            Alias::ROOT => self.text.push_str(ROOT),
            other => write!(self.text, "{other}").expect("writing to a string does not fail"),
        }
        self
    }

    /// The statement's own table, with its schema and its name within the statement.
    pub(crate) fn table(&mut self) -> &mut Self {
        self.table_as(self.entity, Alias::ROOT)
    }

    /// A table, with its schema and its name within the statement.
    pub(crate) fn table_as(&mut self, entity: &EntityDescriptor, alias: Alias) -> &mut Self {
        if let (Some(tables), Some(tenant)) = (&mut self.unbound, entity.tenant()) {
            tables.push((alias, Some((alias, tenant))));
        }
        self.name(entity.schema_name()).push(".").name(entity.table).push(" AS ").alias(alias)
    }

    /// Every column of an entity that is joined, in the order in which it decodes them.
    pub(crate) fn columns_of(&mut self, entity: &EntityDescriptor, alias: Alias) -> &mut Self {
        for (i, column) in entity.columns.iter().enumerate() {
            self.push(if i == 0 { "" } else { ", " }).alias(alias).push(".").name(column.name);
        }
        self
    }

    /// Every column of the entity, in the order in which it decodes them.
    pub(crate) fn columns(&mut self) -> &mut Self {
        let entity = self.entity;
        self.push(entity.select_list)
    }

    pub(crate) fn returning(&mut self) -> &mut Self {
        self.push(" RETURNING ").columns()
    }

    /// Names in parentheses, which are quoted: the tenant column first, where there is one.
    pub(crate) fn led_by_tenant(&mut self, columns: &[&str]) -> &mut Self {
        let mut comma = "(";
        if let Some(tenant) = self.entity.tenant() {
            self.push(comma).name(tenant);
            comma = ", ";
        }
        for column in columns {
            self.push(comma).push(column);
            comma = ", ";
        }
        self.push(")")
    }

    /// The tenant, which binds row-level security while PostgreSQL reads it. The cast is a must: sqlx caches
    /// statements by text alone, and the same text with a bare uuid would bind nothing.
    pub(crate) fn tenant(&mut self) -> &mut Self {
        self.text.push_str(&self.tenant);
        self
    }

    /// `WHERE` the row is the tenant's. The row of a global table is everybody's: the tenant is bound all the same, for the
    /// tables that it is joined to.
    pub(crate) fn of_tenant(&mut self) -> &mut Self {
        self.rows_of_tenant(self.entity)
    }

    /// As [`of_tenant`](Self::of_tenant), of a table that is the first of its subquery.
    pub(crate) fn rows_of_tenant(&mut self, entity: &EntityDescriptor) -> &mut Self {
        self.push(" WHERE ");
        match entity.tenant() {
            Some(tenant) => self.alias(Alias::ROOT).push(".").name(tenant).push(" = ").tenant(),
            // The planner folds it away: the parameter is known by then.
            None => self.tenant().push(" IS NOT NULL"),
        }
    }

    /// The row of a further table is the tenant's, `AND`. In a statement of no tenant it is of the same one as the row of
    /// `beside`. Nothing of a global table, whose row is everybody's.
    pub(crate) fn row_of_tenant_and(
        &mut self,
        entity: &EntityDescriptor,
        alias: Alias,
        beside: Alias,
    ) -> &mut Self {
        let theirs = self.tenant_beside(beside);
        let Some(tenant) = entity.tenant() else {
            // What is nested in here belongs to whom the row beside it does.
            if let Some(tables) = &mut self.unbound {
                tables.push((alias, theirs));
            }
            return self;
        };
        self.alias(alias).push(".").name(tenant).push(" = ");
        match theirs {
            None => self.tenant(),
            Some((table, tenant)) => self.alias(table).push(".").name(tenant),
        };
        self.push(" AND ")
    }

    /// Where the row of a table says whose it is, in a statement of no tenant.
    fn tenant_beside(&self, beside: Alias) -> TenantColumn {
        self.unbound.iter().flatten().rev().find(|(table, _)| *table == beside)?.1
    }

    /// ` AND` the row is not deleted, of an entity whose rows stay when they are.
    pub(crate) fn and_live(&mut self, entity: &EntityDescriptor, alias: Alias) -> &mut Self {
        match entity.kept.deleted_at {
            Some(deleted_at) => self.push(" AND ").alias(alias).push(".").name(deleted_at).push(" IS NULL"),
            None => self,
        }
    }

    /// What the library writes when a row changes, after the `SET` of other columns.
    pub(crate) fn and_kept(&mut self) -> &mut Self {
        let kept = &self.entity.kept;
        if let Some(version) = kept.version {
            self.push(", ").name(version).push(" = ").push(ROOT).push(".").name(version).push(" + 1");
        }
        if let Some(updated_at) = kept.updated_at {
            self.push(", ").name(updated_at).push(" = now()");
        }
        self
    }

    /// A column of what `unnest` returns: `"v0"`.
    pub(crate) fn number(&mut self, letter: char, number: usize) -> &mut Self {
        write!(self.text, "\"{letter}{number}\"").expect("writing to a string does not fail");
        self
    }

    /// The next parameter.
    pub(crate) fn value(&mut self, value: &Parameter) -> Result<&mut Self, Error> {
        let added = value.bind(&mut self.arguments);
        self.added(added)?;
        self.text.push('$');
        match u8::try_from(self.parameters) {
            Ok(digit @ ..=9) => self.text.push(char::from(b'0' + digit)),
            _ => write!(self.text, "{}", self.parameters).expect("writing to a string does not fail"),
        }
        Ok(self)
    }

    fn added(&mut self, added: Result<(), BoxDynError>) -> Result<(), Error> {
        // What could not be encoded is a customer's value, and so is what the encoder says of it.
        added.map_err(|_| Error::Encode { entity: self.entity.entity })?;
        self.parameters += 1;
        Ok(())
    }
}

impl Drop for Sql {
    fn drop(&mut self) {
        self.text.clear();
        if self.text.capacity() <= LONGEST_KEPT {
            let buffer = std::mem::take(&mut self.text);
            let _ = BUFFER.try_with(|kept| kept.set(buffer));
        }
    }
}
