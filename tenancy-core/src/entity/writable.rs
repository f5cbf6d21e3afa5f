//! [`Writable`]: what the derive says of an entity whose rows the application writes.
//!
//! Every tenant-scoped entity is one. A global table is one when it says so.

use crate::entity::{Entity, Values};

/// An entity whose rows the application writes: every [`TenantScoped`](crate::TenantScoped) one, and a
/// [`GlobalTable`](crate::GlobalTable) that says `#[tenancy(writable)]`. Implemented by the derives alone.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is read-only",
    label = "a global table is read-only for tenants unless it says otherwise",
    note = "its rows are every tenant's: write them by a migration, or say `#[tenancy(writable)]` of `{Self}` when any tenant may write all of them"
)]
pub trait Writable: Entity {
    /// What an insert must be given: the fields that the database does not fill in.
    type New: NewEntity<Entity = Self>;
    /// One field a key: the primary key and each `unique(..)`, for `on_conflict`.
    type Keys;

    #[doc(hidden)]
    const KEYS: Self::Keys;
}

/// What an insert of an entity must be given. Implemented by the derive, for the struct that it generates.
pub trait NewEntity: Sized + Send + 'static {
    /// The entity.
    type Entity: Writable<New = Self>;

    /// The columns that [`values`](Self::values) fills, quoted, in its order.
    #[doc(hidden)]
    const COLUMNS: &'static [&'static str];

    /// One value a column.
    #[doc(hidden)]
    fn values(self, values: &mut Values);

    /// One array a column, of one element a row.
    #[doc(hidden)]
    fn arrays(rows: Vec<Self>, values: &mut Values);
}
