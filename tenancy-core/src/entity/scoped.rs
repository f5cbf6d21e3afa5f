//! [`TenantScoped`]: what the derive says of an entity, and the statements that every entity has.

use futures_core::Stream;
use futures_util::StreamExt;

use crate::Error;
use crate::entity::{Entity, Writable};
use crate::statement::{
    Count, Delete, Exists, Insert, InsertMany, InsertStream, Proof, ReadProof, Select, Update, UpdateMany,
};

/// An entity whose rows belong to one tenant each. Implemented by `#[derive(TenantScoped)]` alone.
///
/// Every method takes proof of a tenant ([`TenantToken`](crate::TenantToken), or a [`TenantTx`](crate::TenantTx)
/// that was begun with one) and returns a statement, which does nothing until it is run on a
/// [`TenantDb`](crate::TenantDb) or a `TenantTx`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tenant-scoped entity",
    label = "this type does not say which column holds its tenant",
    note = "add `#[derive(TenantScoped)]` to `{Self}`; a `GlobalTable` has no tenant, and a schema lists it after `global:`"
)]
pub trait TenantScoped: Writable {
    #[doc(hidden)]
    fn only_derive_is_allowed_to_implement_this_trait();

    /// Reads the tenant's rows.
    fn find<P: ReadProof<Self> + ?Sized>(proof: &P) -> Select<Self, P::Reader> {
        Select::new(proof)
    }

    /// Reads the tenant's row with this id. Another tenant's row with this id is not there.
    fn find_by_id<P: ReadProof<Self> + ?Sized>(proof: &P, id: Self::Id) -> Select<Self, P::Reader> {
        Select::by_id(proof, id)
    }

    /// Counts the tenant's rows.
    fn count<P: ReadProof<Self> + ?Sized>(proof: &P) -> Count<Self> {
        Count::new(proof)
    }

    /// Asks whether the tenant has such a row.
    fn exists<P: ReadProof<Self> + ?Sized>(proof: &P) -> Exists<Self> {
        Exists::new(proof)
    }

    /// Inserts one row of the tenant.
    fn insert<P: Proof + ?Sized>(proof: &P, new: Self::New) -> Insert<Self> {
        Insert::new(proof, new)
    }

    /// Inserts any number of rows of the tenant by one statement: all of them or none.
    fn insert_many<P: Proof + ?Sized>(
        proof: &P,
        new: impl IntoIterator<Item = Self::New>,
    ) -> InsertMany<Self> {
        InsertMany::new(proof, new.into_iter().collect())
    }

    /// Inserts the rows of a stream, by one statement for each thousand of them: a large load in little memory. It runs in a
    /// transaction, so that all of them are there or none.
    ///
    /// ```
    /// # use tenancy_core::{Error, TenantDb, TenantScoped, TenantToken};
    /// # async fn load<Task: TenantScoped>(
    /// #     db: &TenantDb,
    /// #     token: &TenantToken,
    /// #     new_tasks: impl futures_core::Stream<Item = Task::New> + Send,
    /// # ) -> Result<u64, Error> {
    /// let mut tx = db.begin(token).await?;
    /// let inserted = Task::insert_stream(&tx, new_tasks).batch(500).execute(&mut tx).await?;
    /// tx.commit().await?;
    /// # Ok(inserted)
    /// # }
    /// ```
    fn insert_stream<'s, P: Proof + ?Sized>(
        proof: &P,
        new: impl Stream<Item = Self::New> + Send + 's,
    ) -> InsertStream<'s, Self> {
        InsertStream::new(proof, new.map(Ok))
    }

    /// As [`insert_stream`](Self::insert_stream), of a stream that can fail: its error ends the load, which then is not
    /// committed. The load fails with the stream's kind of error, so that what PostgreSQL refuses becomes one, too.
    ///
    /// ```
    /// # use tenancy_core::{Error, TenantDb, TenantScoped, TenantToken};
    /// #[derive(Debug, thiserror::Error)]
    /// enum ImportError {
    ///     #[error("line {0} is no task")]
    ///     Line(usize),
    ///     #[error(transparent)]
    ///     Database(#[from] Error),
    /// }
    ///
    /// # async fn load<Task: TenantScoped>(
    /// #     db: &TenantDb,
    /// #     token: &TenantToken,
    /// #     lines: impl futures_core::Stream<Item = Result<Task::New, ImportError>> + Send,
    /// # ) -> Result<u64, ImportError> {
    /// let mut tx = db.begin(token).await?;
    /// let inserted = Task::try_insert_stream(&tx, lines).execute(&mut tx).await?;
    /// tx.commit().await?;
    /// # Ok(inserted)
    /// # }
    /// ```
    fn try_insert_stream<'s, P: Proof + ?Sized, X: From<Error>>(
        proof: &P,
        new: impl Stream<Item = Result<Self::New, X>> + Send + 's,
    ) -> InsertStream<'s, Self, X> {
        InsertStream::new(proof, new)
    }

    /// Changes rows of the tenant.
    fn update<P: Proof + ?Sized>(proof: &P) -> Update<Self> {
        Update::new(proof)
    }

    /// Changes many rows of the tenant by one statement, each to values of its own. `id` says which row an element is about.
    fn update_many<P: Proof + ?Sized, V>(
        proof: &P,
        rows: impl IntoIterator<Item = V>,
        id: impl FnMut(&V) -> Self::Id,
    ) -> UpdateMany<Self, V> {
        UpdateMany::new(proof, rows.into_iter().collect(), id)
    }

    /// Deletes rows of the tenant.
    fn delete<P: Proof + ?Sized>(proof: &P) -> Delete<Self> {
        Delete::new(proof)
    }
}

/// An entity that a [`PublicTenant`](crate::PublicTenant) reads: a [`PublicRead`] one, and every
/// [`GlobalTable`](crate::GlobalTable). Implemented by the derives alone.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not `public_read`: a visitor must not see it",
    label = "only a `TenantToken` opens this",
    note = "a host name proves nothing; take a `TenantToken`, or say `#[tenancy(public_read)]` of `{Self}` when all of its columns are public"
)]
pub trait ReadByVisitors: Entity {
    #[doc(hidden)]
    fn only_derive_is_allowed_to_implement_this_trait();
}

/// An entity whose rows everybody may read: `#[tenancy(public_read)]`.
///
/// A [`PublicTenant`](crate::PublicTenant) reads it, and PostgreSQL has a policy for such reads. Writing needs proof, as ever.
/// Every column is read, so give what is public a table of its own.
pub trait PublicRead: TenantScoped + ReadByVisitors {
    #[doc(hidden)]
    fn only_public_read_is_allowed_to_implement_this_trait();
}
