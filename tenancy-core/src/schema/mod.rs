//! The schema: the list of every entity that a program isolates, and what PostgreSQL is told about them.
//!
//! `schema!` makes the list. From it, and from nothing else, come the SQL that is emitted as migrations, the lock file
//! that remembers what was emitted, the golden test that compares the two, and the verification that `connect` does.
//! Descriptors are brought into one owned form first (`model`); what is to be written is decided without a look at a
//! disk (`plan`) and carried out by the test (`golden`).

mod codes;
mod descriptor;
mod difference;
pub(crate) mod emit;
mod error;
mod finding;
#[cfg(test)]
mod fixtures;
mod function;
mod golden;
pub(crate) mod lock;
pub(crate) mod model;
pub(crate) mod names;
#[cfg(any(feature = "adopt", feature = "doctor"))]
mod outline;
mod plan;

pub(crate) mod verify;

pub use self::codes::{Code, Severity};
pub(crate) use self::descriptor::unquoted;
pub use self::descriptor::{
    ColumnDescriptor, ColumnRole, EntityDescriptor, Kept, OnDelete, Owner, ReferenceDescriptor,
};
pub use self::error::{SchemaError, UnsoundSchema};
pub use self::finding::Finding;
pub use self::function::SqlFunction;
pub use self::golden::unlisted;
#[doc(hidden)]
pub use self::golden::{__drift, __golden, __write};
#[cfg(any(feature = "adopt", feature = "doctor"))]
pub use self::outline::{
    Isolation, Outline, OutlinedColumn, OutlinedReference, OutlinedTable, UnreadableLock,
};

/// The runtime role when `schema!` names none.
pub const DEFAULT_RUNTIME_ROLE: &str = "tenancy_app";

/// Every entity that a program isolates: made by `schema!`.
///
/// The list is the truth for emission and for verification. A statement on an entity that the connected schema does
/// not list is refused.
#[derive(Debug)]
pub struct Schema {
    entities: &'static [&'static EntityDescriptor],
    globals: &'static [&'static EntityDescriptor],
    adopting: &'static [&'static str],
    retired: &'static [&'static str],
    runtime_role: &'static str,
    cross_tenant_role: Option<&'static str>,
    functions: &'static [SqlFunction],
}

impl Schema {
    /// For `schema!`.
    #[doc(hidden)]
    #[must_use]
    pub const fn __new(
        entities: &'static [&'static EntityDescriptor],
        retired: &'static [&'static str],
        runtime_role: &'static str,
    ) -> Self {
        Self {
            entities,
            globals: &[],
            adopting: &[],
            retired,
            runtime_role,
            cross_tenant_role: None,
            functions: &[],
        }
    }

    /// For `schema!`.
    #[doc(hidden)]
    #[must_use]
    pub const fn __with_globals(self, globals: &'static [&'static EntityDescriptor]) -> Self {
        Self { globals, ..self }
    }

    /// For `schema!`: what few schemas say. Of `cross_tenant_role`, the first.
    #[doc(hidden)]
    #[must_use]
    pub const fn __with(
        self,
        adopting: &'static [&'static str],
        cross_tenant_role: &'static [&'static str],
    ) -> Self {
        let cross_tenant_role = match cross_tenant_role {
            [role, ..] => Some(*role),
            [] => None,
        };
        Self { adopting, cross_tenant_role, ..self }
    }

    /// For `schema!`: the functions that `sql!` may call.
    #[doc(hidden)]
    #[must_use]
    pub const fn __functions(self, functions: &'static [SqlFunction]) -> Self {
        Self { functions, ..self }
    }

    /// The entities whose rows belong to one tenant each, in the order of the list.
    #[must_use]
    pub const fn entities(&self) -> &'static [&'static EntityDescriptor] {
        self.entities
    }

    /// The tables whose rows belong to no tenant, in the order of the list after `global`.
    #[must_use]
    pub const fn globals(&self) -> &'static [&'static EntityDescriptor] {
        self.globals
    }

    /// Everything that a statement may speak of.
    pub(crate) fn listed(&self) -> impl Iterator<Item = &'static EntityDescriptor> + use<> {
        self.entities.iter().chain(self.globals).copied()
    }

    /// The tables of listed entities that existed before tenancy did, and are still used by programs that do not know it:
    /// `schema.table`, or `table` in `public`. Emission leaves them to `adopt`, a feature of its own.
    #[must_use]
    pub const fn adopting(&self) -> &'static [&'static str] {
        self.adopting
    }

    /// The tables that the list says are gone: `schema.table`, or `table` in `public`.
    #[must_use]
    pub const fn retired(&self) -> &'static [&'static str] {
        self.retired
    }

    /// The NOLOGIN group role that holds the runtime grants: `tenancy_app` unless `runtime_role` names another.
    /// The application's logins are members of it.
    #[must_use]
    pub const fn runtime_role(&self) -> &'static str {
        self.runtime_role
    }

    /// The NOLOGIN group role that reads every tenant's rows, for [`danger::CrossTenant`](crate::danger::CrossTenant), when
    /// `cross_tenant_role` names one.
    #[must_use]
    pub const fn cross_tenant_role(&self) -> Option<&'static str> {
        self.cross_tenant_role
    }

    /// The functions of the database that `sql!` may call, declared by [`sql_function!`](crate::sql_function).
    #[must_use]
    pub const fn functions(&self) -> &'static [SqlFunction] {
        self.functions
    }

    /// Whether PostgreSQL could keep what the entities say: names, keys, references. The golden test of
    /// [`migrations!`](crate::migrations) asks this first.
    ///
    /// # Errors
    ///
    /// [`UnsoundSchema`]: everything that it could not keep.
    pub fn check(&self) -> Result<(), UnsoundSchema> {
        model::Model::new(self).map(drop)
    }

    /// The SQL that isolates every entity, as the first emitted migration has it: for tests, and for a look at it. It
    /// runs in one transaction, as the owner of the tables, and can be repeated.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check).
    pub fn sql(&self) -> Result<String, UnsoundSchema> {
        Ok(emit::whole(&model::Model::new(self)?))
    }

    /// The SQL that prepares a database for the migrations, and watches over it afterwards: what needs an administrator.
    /// Run it once when the roles exist, and again after the first migration. It can be repeated; whatever the one who runs
    /// it may not do is skipped with a warning that says what stays open, as on managed services.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check).
    pub fn provision_sql(&self) -> Result<String, UnsoundSchema> {
        Ok(emit::provision(&model::Model::new(self)?))
    }
}

/// Lists every entity that this program isolates.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/entities.rs"));
/// # fn main() {}
/// # mod plain { use super::*;
/// tenancy::schema! { pub SCHEMA: [Project, Task] }
/// # }
/// # mod retired { use super::*;
/// tenancy::schema! { pub SCHEMA: [Project], retired: ["tasks"], runtime_role: "acme_app" }
/// # }
/// # mod global { use super::*;
/// tenancy::schema! { pub SCHEMA: [Project, Task], global: [Country] }
/// # }
/// # mod adopting { use super::*;
/// tenancy::schema! { pub SCHEMA: [Project, Task], adopting: ["tasks"], cross_tenant_role: "acme_reports" }
/// # }
/// # mod functions { use super::*;
/// # tenancy::sql_function! { pub OPEN_TASKS = "app.open_tasks" }
/// tenancy::schema! { pub SCHEMA: [Project, Task], functions: [OPEN_TASKS] }
/// # }
/// ```
#[macro_export]
macro_rules! schema {
    (
        $(#[$meta:meta])*
        $visibility:vis $name:ident : [$($entity:ty),* $(,)?]
        $(, global: [$($global:ty),* $(,)?])?
        $(, adopting: [$($adopting:literal),* $(,)?])?
        $(, retired: [$($retired:literal),* $(,)?])?
        $(, runtime_role: $role:literal)?
        $(, cross_tenant_role: $cross:literal)?
        $(, functions: [$($function:path),* $(,)?])?
        $(,)?
    ) => {
        $(#[$meta])*
        $visibility static $name: $crate::Schema = $crate::Schema::__new(
            &[$($crate::__private::tenant_scoped::<$entity>()),*],
            &[$($($retired),*)?],
            $crate::__private::first(&[$($role,)? $crate::schema::DEFAULT_RUNTIME_ROLE]),
        )
        .__with_globals(&[$($($crate::__private::global_table::<$global>()),*)?])
        .__with(&[$($($adopting),*)?], &[$($cross)?])
        .__functions(&[$($($function),*)?]);
        $crate::__private::inventory::submit! { $crate::__private::Listed(&$name) }
    };
}
