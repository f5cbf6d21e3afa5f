//! [`Sql`]: the text of a statement and its parameters, written side by side.

use std::fmt::Write as _;

use sqlx::postgres::PgArguments;

use crate::db::Bound;
use crate::entity::Value;
use crate::error::Error;
use crate::schema::EntityDescriptor;

/// The alias of a statement's own table.
pub(crate) const ALIAS: &str = "\"t\"";

/// A statement being rendered. `$1` is the tenant, always: predicate and binding are one parameter.
pub(crate) struct Sql {
    entity: &'static EntityDescriptor,
    text: String,
    arguments: PgArguments,
    parameters: usize,
}

impl Sql {
    pub(crate) fn new(entity: &'static EntityDescriptor, bound: Bound) -> Result<Self, Error> {
        let mut sql = Self {
            entity,
            text: String::with_capacity(256),
            arguments: PgArguments::default(),
            parameters: 0,
        };
        sql.bind(&bound)?;
        Ok(sql)
    }

    /// The text and its parameters.
    pub(crate) fn finish(self) -> (String, PgArguments) {
        (self.text, self.arguments)
    }

    pub(crate) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// An identifier that PostgreSQL stores as `name`.
    pub(crate) fn name(&mut self, name: &str) -> &mut Self {
        self.text.push('"');
        for (i, part) in name.split('"').enumerate() {
            if i > 0 {
                self.text.push_str("\"\"");
            }
            self.text.push_str(part);
        }
        self.text.push('"');
        self
    }

    /// The entity's table, with its schema and [`ALIAS`].
    pub(crate) fn table(&mut self) -> &mut Self {
        let entity = self.entity;
        self.name(entity.schema_name()).push(".").name(entity.table).push(" AS ").push(ALIAS)
    }

    /// Every column of the entity, in the order in which it decodes them.
    pub(crate) fn columns(&mut self) -> &mut Self {
        let entity = self.entity;
        for (i, column) in entity.columns.iter().enumerate() {
            self.push(if i == 0 { "" } else { ", " }).push(ALIAS).push(".").name(column.name);
        }
        self
    }

    pub(crate) fn returning(&mut self) -> &mut Self {
        self.push(" RETURNING ").columns()
    }

    /// The tenant column, without its table.
    pub(crate) fn tenant_column(&mut self) -> &mut Self {
        self.name(self.entity.tenant)
    }

    /// The tenant, which binds row-level security while PostgreSQL reads it. The cast is a must: sqlx caches
    /// statements by text alone, and the same text with a bare uuid would bind nothing.
    pub(crate) fn tenant(&mut self) -> &mut Self {
        self.push("$1::tenancy.bound")
    }

    /// `WHERE` the row is the tenant's.
    pub(crate) fn of_tenant(&mut self) -> &mut Self {
        self.push(" WHERE ").push(ALIAS).push(".").tenant_column().push(" = ").tenant()
    }

    /// The next parameter.
    pub(crate) fn value(&mut self, value: &dyn Value) -> Result<&mut Self, Error> {
        self.bind(value)?;
        write!(self.text, "${}", self.parameters).expect("writing to a string does not fail");
        Ok(self)
    }

    fn bind(&mut self, value: &dyn Value) -> Result<(), Error> {
        value.bind(&mut self.arguments).map_err(|_| Error::Encode { entity: self.entity.entity })?;
        self.parameters += 1;
        Ok(())
    }
}
