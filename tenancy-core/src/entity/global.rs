//! [`GlobalTable`]: what the derive says of a table whose rows belong to no tenant, and the statements that it has.
//!
//! Countries, currencies, plans: every tenant reads all of them, and none writes them unless the struct says so. There is no
//! row-level security on such a table, so grants alone keep it. Its statements bind their tenant all the same: what they join
//! is held by both locks, as in every other statement.

use futures_core::Stream;
use futures_util::StreamExt as _;

use crate::entity::{ReadByVisitors, Writable};
use crate::error::Error;
use crate::statement::{
    Count, Delete, Exists, Insert, InsertMany, InsertStream, Proof, ReadProof, Select, Update, UpdateMany,
};

/// An entity whose rows belong to no tenant. Implemented by `#[derive(GlobalTable)]` alone.
///
/// Reads take what reads of a [`TenantScoped`](crate::TenantScoped) entity take, and a
/// [`PublicTenant`](crate::PublicTenant) is enough: what belongs to nobody is open to whoever proves anything. Writes need
/// `#[tenancy(writable)]`, and then any tenant writes every row.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a global table",
    label = "this type does not say that its rows belong to no tenant",
    note = "add `#[derive(GlobalTable)]` to `{Self}`, and list it after `global:`; when its rows belong to one tenant each, it stands in the list before, and no global table references it"
)]
pub trait GlobalTable: ReadByVisitors {
    #[doc(hidden)]
    fn only_derive_is_allowed_to_implement_this_trait();

    /// Reads rows.
    fn find<P: ReadProof<Self> + ?Sized>(proof: &P) -> Select<Self, P::Reader> {
        Select::new(proof)
    }

    /// Reads the row with this id.
    fn find_by_id<P: ReadProof<Self> + ?Sized>(proof: &P, id: Self::Id) -> Select<Self, P::Reader> {
        Select::by_id(proof, id)
    }

    /// Counts rows.
    fn count<P: ReadProof<Self> + ?Sized>(proof: &P) -> Count<Self> {
        Count::new(proof)
    }

    /// Asks whether there is such a row.
    fn exists<P: ReadProof<Self> + ?Sized>(proof: &P) -> Exists<Self> {
        Exists::new(proof)
    }

    /// Inserts one row, which every tenant sees.
    fn insert<P: Proof + ?Sized>(proof: &P, new: <Self as Writable>::New) -> Insert<Self>
    where
        Self: Writable,
    {
        Insert::new(proof, new)
    }

    /// Inserts any number of rows by one statement, all of them or none. Every tenant sees them.
    fn insert_many<P: Proof + ?Sized>(
        proof: &P,
        new: impl IntoIterator<Item = <Self as Writable>::New>,
    ) -> InsertMany<Self>
    where
        Self: Writable,
    {
        InsertMany::new(proof, new.into_iter().collect())
    }

    /// Inserts any number of rows as they come, in batches; see
    /// [`TenantScoped::insert_stream`](crate::TenantScoped::insert_stream). Every tenant sees them.
    fn insert_stream<'s, P: Proof + ?Sized>(
        proof: &P,
        new: impl Stream<Item = <Self as Writable>::New> + Send + 's,
    ) -> InsertStream<'s, Self>
    where
        Self: Writable,
    {
        InsertStream::new(proof, new.map(Ok))
    }

    /// As [`insert_stream`](Self::insert_stream), of a stream that can fail; see
    /// [`TenantScoped::try_insert_stream`](crate::TenantScoped::try_insert_stream).
    fn try_insert_stream<'s, P: Proof + ?Sized, X: From<Error>>(
        proof: &P,
        new: impl Stream<Item = Result<<Self as Writable>::New, X>> + Send + 's,
    ) -> InsertStream<'s, Self, X>
    where
        Self: Writable,
    {
        InsertStream::new(proof, new)
    }

    /// Changes rows, for every tenant.
    fn update<P: Proof + ?Sized>(proof: &P) -> Update<Self>
    where
        Self: Writable,
    {
        Update::new(proof)
    }

    /// Changes many rows by one statement, each to values of its own. `id` says which row an element is about.
    fn update_many<P: Proof + ?Sized, V>(
        proof: &P,
        rows: impl IntoIterator<Item = V>,
        id: impl FnMut(&V) -> Self::Id,
    ) -> UpdateMany<Self, V>
    where
        Self: Writable,
    {
        UpdateMany::new(proof, rows.into_iter().collect(), id)
    }

    /// Deletes rows, for every tenant.
    fn delete<P: Proof + ?Sized>(proof: &P) -> Delete<Self>
    where
        Self: Writable,
    {
        Delete::new(proof)
    }
}
