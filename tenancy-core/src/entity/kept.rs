//! What the library keeps of each change to a row: its version, when it was changed, and whether it is deleted.

use crate::entity::{Element, Writable};
use crate::statement::{Proof, Restore};

/// A number that counts changes: `i32` or `i64`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot count the changes of a row",
    label = "expected `i32` or `i64`"
)]
pub trait Version: Element {}
impl Version for i32 {}
impl Version for i64 {}

/// A point in time: `chrono::DateTime<Utc>` or `time::OffsetDateTime`, which are `timestamptz`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a point in time",
    label = "expected `DateTime<Utc>` of chrono or `OffsetDateTime` of time",
    note = "the column is a `timestamptz`; a timestamp without a zone is another moment elsewhere"
)]
pub trait Timestamp: Element {}
#[cfg(feature = "chrono")]
impl Timestamp for chrono::DateTime<chrono::Utc> {}
#[cfg(feature = "time")]
impl Timestamp for time::OffsetDateTime {}

/// An entity with a field that counts changes: `#[tenancy(version)]`. Implemented by the derive.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no version",
    label = "no field of it counts its changes",
    note = "mark an `i32` or `i64` with `#[tenancy(version)]`"
)]
pub trait Versioned: Writable {
    /// The type of the field.
    type Version: Version;
}

/// An entity whose rows stay when they are deleted: `#[tenancy(deleted_at)]`. Implemented by the derive.
///
/// Every statement leaves deleted rows out, unless it says `with_deleted()`; that lifts this filter alone, and never the
/// tenant's.
#[diagnostic::on_unimplemented(
    message = "rows of `{Self}` are gone when they are deleted",
    label = "no field of it says when a row was deleted",
    note = "mark an `Option<DateTime<Utc>>` with `#[tenancy(deleted_at)]`"
)]
pub trait SoftDelete: Writable {
    #[doc(hidden)]
    fn only_deleted_at_is_allowed_to_implement_this_trait();

    /// Brings deleted rows of the tenant back.
    fn restore<P: Proof + ?Sized>(proof: &P) -> Restore<Self> {
        Restore::new(proof)
    }
}
