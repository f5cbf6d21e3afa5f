//! [`SchemaError`]: what a `schema!` says and PostgreSQL could not keep; [`UnsoundSchema`]: all of it.

/// Why a schema cannot be emitted: everything that PostgreSQL could not keep of it, at once.
///
/// ```
/// tenancy_core::schema! { pub SCHEMA: [], runtime_role: "app", cross_tenant_role: "app" }
///
/// let unsound = SCHEMA.check().unwrap_err();
/// assert_eq!(unsound.errors().len(), 1, "{unsound}"); // one role cannot be both
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("PostgreSQL could not keep the schema: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct UnsoundSchema(pub(crate) Vec<SchemaError>);

impl UnsoundSchema {
    /// What is wrong with it: one at the least.
    #[must_use]
    pub fn errors(&self) -> &[SchemaError] {
        &self.0
    }
}

/// One thing that is wrong with a schema. [`Schema::check`](crate::Schema::check) returns all of them at once.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// Two listed entities name the same table, and could want different keys and grants of it.
    #[error("`{first}` and `{second}` are both on the table {table}: list one of them")]
    TwoEntitiesOnOneTable {
        /// The table.
        table: String,
        /// The Rust type that the list names first.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// `adopting` names a table that no listed entity is on.
    #[error("`adopting` names the table {table:?}, and no listed entity is on it: list the entity too")]
    AdoptingUnlisted {
        /// What `adopting` says.
        table: String,
    },
    /// The runtime role reads one tenant at a time, and the cross-tenant role all of them.
    #[error("{role:?} cannot be the runtime role and the cross-tenant role: name two")]
    OneRoleForBoth {
        /// The role.
        role: String,
    },
    /// Two fields of an entity are on one column.
    #[error("two fields of `{entity}` are on the column {column:?}")]
    TwoFieldsOnOneColumn {
        /// The Rust type.
        entity: &'static str,
        /// The column.
        column: String,
    },
    /// An entity without exactly one tenant column.
    #[error("`{entity}` needs exactly one tenant column")]
    NoTenantColumn {
        /// The Rust type.
        entity: &'static str,
    },
    /// An entity without an id: its rows could not be told apart within a tenant.
    #[error("`{entity}` needs an id")]
    NoId {
        /// The Rust type.
        entity: &'static str,
    },
    /// `index`, `unique` or a reference names a column that the entity does not have, or the tenant's, which leads
    /// every key by itself.
    #[error("`{entity}` has no column {column:?} beside its tenant column")]
    NoSuchColumn {
        /// The Rust type.
        entity: &'static str,
        /// The name.
        column: String,
    },
    /// `index()` or `unique()` without a column.
    #[error("an index or unique key of `{entity}` names no column")]
    EmptyKey {
        /// The Rust type.
        entity: &'static str,
    },
    /// A reference leads out of the list, to a table that nobody isolates.
    #[error(
        "`{entity}` references `{parent}` by {column:?}, and the schema does not list `{parent}`: list it too"
    )]
    ReferenceToUnlisted {
        /// The Rust type that references.
        entity: &'static str,
        /// The referencing column.
        column: String,
        /// The Rust type that is referenced.
        parent: &'static str,
    },
    /// A global table references an isolated one: its rows would lead to some tenant's.
    #[error(
        "`{entity}` belongs to no tenant and references `{parent}` by {column:?}, whose rows belong to one each: \
         a global table references global ones"
    )]
    GlobalReferencesTenants {
        /// The Rust type that references.
        entity: &'static str,
        /// The referencing column.
        column: String,
        /// The Rust type that is referenced.
        parent: &'static str,
    },
    /// A reference by one column to an entity whose id has several.
    #[error(
        "`{entity}` references `{parent}` by the one column {column:?}, and the id of `{parent}` has several"
    )]
    ReferenceToCompositeId {
        /// The Rust type that references.
        entity: &'static str,
        /// The referencing column.
        column: String,
        /// The Rust type that is referenced.
        parent: &'static str,
    },
    /// `on_delete = "set null"` on a field that is no `Option`.
    #[error("the deletion of a parent sets {column:?} of `{entity}` to NULL, and the field is no `Option`")]
    SetNullOfRequired {
        /// The Rust type.
        entity: &'static str,
        /// The referencing column.
        column: String,
    },
    /// A table is retired and listed.
    #[error("the table {table} is both listed and retired: say one of them")]
    RetiredAndListed {
        /// As `retired` says it.
        table: String,
    },
    /// A name that PostgreSQL would cut off (it keeps 63 bytes), reserves, or cannot store.
    #[error("{name:?} cannot be a name here: PostgreSQL would cut it off, reserves it, or cannot store it")]
    InvalidName {
        /// The name.
        name: String,
    },
    /// Two keys or indexes that emission makes would have the same name in one schema.
    #[error(
        "emission would make two things named {name:?} in the schema {schema:?}: rename a table or a column"
    )]
    NameCollision {
        /// The PostgreSQL schema.
        schema: String,
        /// The name.
        name: String,
    },
}
