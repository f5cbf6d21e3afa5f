//! [`EntityDescriptor`]: what an entity's attributes say, as data.
//!
//! Emission, the lock file and verification read descriptors and nothing else, so that what PostgreSQL is told and
//! what statements do come from the same struct.

use std::any::TypeId;
use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// What the attributes of one entity say. Names are as PostgreSQL stores them, not quoted.
///
/// The derives write it: read it, and do not build one. Fields may be added in any release.
#[derive(Debug)]
pub struct EntityDescriptor {
    /// The Rust type, for messages.
    pub entity: &'static str,
    /// The schema of `#[tenancy(table = "schema.table")]`; `None` is the default schema, `public`.
    pub schema: Option<&'static str>,
    /// The table.
    pub table: &'static str,
    /// Whose its rows are.
    pub owner: Owner,
    /// Whether visitors read it: `public_read`, and every global table.
    pub public_read: bool,
    /// Every column, the tenant's included, in the order of the fields.
    pub columns: &'static [ColumnDescriptor],
    /// The columns that the library writes by itself when a row changes.
    pub kept: Kept,
    /// Every column, quoted, as a statement lists them: `"t"."id", "t"."name"`. Most of what rendering a statement writes.
    pub select_list: &'static str,
    /// The columns of `index(..)`, without the tenant column that leads each index of an isolated table.
    pub indexes: &'static [&'static [&'static str]],
    /// The columns of `unique(..)`, without the tenant column that leads each key of an isolated table.
    pub uniques: &'static [&'static [&'static str]],
    /// The fields with `references`.
    pub references: &'static [ReferenceDescriptor],
    /// The identity of the Rust type.
    pub type_id: fn() -> TypeId,
}

impl EntityDescriptor {
    /// The tenant column; none of a global table.
    #[must_use]
    pub fn tenant(&self) -> Option<&'static str> {
        match self.owner {
            Owner::Tenant(column) => Some(column),
            Owner::Nobody { .. } => None,
        }
    }

    /// The schema that holds the table.
    #[must_use]
    pub fn schema_name(&self) -> &'static str {
        self.schema.unwrap_or("public")
    }

    /// The columns of the primary key, without the tenant column that leads that of an isolated table.
    pub fn id(&self) -> impl Iterator<Item = &'static ColumnDescriptor> + use<> {
        self.columns.iter().filter(|column| column.is_id())
    }

    /// Where the first column of the id stands among the columns.
    pub(crate) fn id_position(&self) -> usize {
        self.columns.iter().position(ColumnDescriptor::is_id).unwrap_or_default()
    }

    /// Where the column of this quoted name stands among the columns.
    pub(crate) fn position_of(&self, quoted: &str) -> usize {
        let name = unquoted(quoted);
        self.columns.iter().position(|column| column.name == name).unwrap_or_default()
    }
}

/// Whose the rows of a table are. Each entity says it by its derive, and there is no default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Owner {
    /// Each is the tenant's that this column names: `#[derive(TenantScoped)]`.
    Tenant(&'static str),
    /// They belong to nobody, and every tenant reads all of them: `#[derive(GlobalTable)]`.
    Nobody {
        /// Whether every tenant writes all of them: `#[tenancy(writable)]`.
        writable: bool,
    },
}

/// The columns that the library writes by itself when a row changes.
#[derive(Debug, Clone, Copy)]
pub struct Kept {
    /// `#[tenancy(version)]`: one more with each change.
    pub version: Option<&'static str>,
    /// `#[tenancy(updated_at)]`: when it was changed.
    pub updated_at: Option<&'static str>,
    /// `#[tenancy(deleted_at)]`: when it was deleted, or `NULL`.
    pub deleted_at: Option<&'static str>,
}

impl Kept {
    /// Of an entity without such columns.
    pub const NOTHING: Self = Self { version: None, updated_at: None, deleted_at: None };
}

/// One column.
#[derive(Debug)]
pub struct ColumnDescriptor {
    /// Its name.
    pub name: &'static str,
    /// Who fills it in.
    pub role: ColumnRole,
    /// Whether the field is an `Option`.
    pub nullable: bool,
    /// What sqlx calls the type of the field in PostgreSQL: `TEXT`, `UUID`, the name of an enum.
    pub sql_type: Option<fn() -> String>,
}

impl ColumnDescriptor {
    fn is_id(&self) -> bool {
        matches!(self.role, ColumnRole::Id | ColumnRole::DefaultId)
    }
}

/// The name that a quoted identifier stands for.
pub(crate) fn unquoted(identifier: &str) -> Cow<'_, str> {
    let inside = identifier.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(identifier);
    if inside.contains('"') { inside.replace("\"\"", "\"").into() } else { inside.into() }
}

/// Who fills a column in. The types of the same names in [`entity`](crate::entity) say it to the compiler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ColumnRole {
    /// The token.
    Tenant,
    /// The application, on insert.
    Id,
    /// The application on insert, else the database.
    DefaultId,
    /// The application.
    Required,
    /// The application, else the database.
    Defaulted,
    /// The database.
    Generated,
    /// The database on insert, the library when the row changes: `version`, `updated_at` and `deleted_at`.
    Kept,
}

/// One field with `references`.
#[derive(Debug)]
pub struct ReferenceDescriptor {
    /// The referencing column.
    pub column: &'static str,
    /// The referenced entity. A function, so that entities may reference each other.
    pub target: fn() -> &'static EntityDescriptor,
    /// What the deletion of the referenced row does.
    pub on_delete: OnDelete,
}

/// What the deletion of a referenced row does to the rows that reference it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OnDelete {
    /// Refuses the deletion, at the end of the statement. PostgreSQL's default, and ours.
    NoAction,
    /// Refuses the deletion at once.
    Restrict,
    /// Deletes them too.
    Cascade,
    /// Sets the referencing column to `NULL`. The tenant column stays.
    SetNull,
}
