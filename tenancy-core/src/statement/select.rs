//! [`Select`]: reading rows.

use std::marker::PhantomData;

use futures_core::stream::BoxStream;

use crate::db::Executor;
use crate::entity::{ColumnType, Entity, Row, SoftDelete};
use crate::error::Error;
use crate::statement::filter::IntoFilter;
use crate::statement::join::Join;
use crate::statement::order::{OfColumn, Order};
use crate::statement::proof::{ReadProof, Verified};
use crate::statement::read::{Read, Wanted, number};
use crate::statement::rows::{Rows, With};
use crate::statement::run;

/// Reads rows of one tenant: made by [`TenantScoped::find`](crate::TenantScoped::find) and
/// [`find_by_id`](crate::TenantScoped::find_by_id).
///
/// `S` is what a row is: an entity, or a tuple of those that are [joined](Self::inner_join). `R` says who reads.
#[must_use = "a read does nothing until it is fetched"]
#[derive(Debug)]
pub struct Select<S, R = Verified> {
    pub(super) read: Read,
    marker: PhantomData<fn() -> (S, R)>,
}

impl<E: Entity, R> Select<E, R> {
    pub(crate) fn new<P: ReadProof<E> + ?Sized>(proof: &P) -> Self {
        Self { read: Read::new(proof.scope(), E::DESCRIPTOR), marker: PhantomData }
    }

    pub(crate) fn by_id<P: ReadProof<E> + ?Sized>(proof: &P, id: E::Id) -> Self {
        let mut select = Self::new(proof).filter(|columns| E::has_id(columns, id));
        select.read.wanted = Wanted::One;
        select
    }
}

impl<E: SoftDelete, R> Select<E, R> {
    /// Reads deleted rows as well, of every table that the read joins. Its tenant stays what it is.
    pub fn with_deleted(mut self) -> Self {
        self.read.with_deleted = true;
        self
    }
}

impl<S: Rows, R> Select<S, R> {
    /// Keeps the rows for which the condition holds. Several calls must all hold.
    pub fn filter<F: IntoFilter<S>>(mut self, filter: impl FnOnce(S::Columns) -> F) -> Self {
        self.read.conditions.add(filter(S::__columns()));
        self
    }

    /// Orders the rows. Further calls order what is equal so far.
    pub fn order_by<T: ColumnType, N>(
        mut self,
        order: impl FnOnce(S::Columns) -> Order<S, OfColumn<T, N>>,
    ) -> Self {
        self.read.order.push(order(S::__columns()).into_term());
        self
    }

    /// At most so many rows.
    pub fn limit(mut self, rows: u64) -> Self {
        self.read.limit = Some(number(rows));
        self
    }

    /// Without the first so many rows.
    pub fn offset(mut self, rows: u64) -> Self {
        self.read.offset = Some(number(rows));
        self
    }

    /// The first row.
    ///
    /// # Errors
    ///
    /// [`Error::RowNotFound`] when the tenant has no such row; any other [`Error`] when the statement did not run.
    pub async fn fetch_one<'c, X: Executor<'c>>(mut self, executor: X) -> Result<S, Error> {
        self.read.want_first();
        run::fetch_one(&self.read, executor.source(), decode::<S>).await
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    ///
    /// An [`Error`] when the statement did not run.
    pub async fn fetch_optional<'c, X: Executor<'c>>(mut self, executor: X) -> Result<Option<S>, Error> {
        self.read.want_first();
        run::fetch_optional(&self.read, executor.source(), decode::<S>).await
    }

    /// All rows.
    ///
    /// # Errors
    ///
    /// An [`Error`] when the statement did not run.
    pub async fn fetch_all<'c, X: Executor<'c>>(self, executor: X) -> Result<Vec<S>, Error> {
        run::fetch_all(&self.read, executor.source(), decode::<S>).await
    }

    /// The rows as they arrive, in constant memory.
    ///
    /// On a [`TenantDb`](crate::TenantDb) the stream is `'static` and holds a connection until it ends or is dropped.
    /// It ends with [`Error::TokenExpired`] when the token expires on the way.
    pub fn fetch<'c, X: Executor<'c>>(self, executor: X) -> BoxStream<'c, Result<S, Error>> {
        run::fetch(self.read, executor.source(), decode::<S>)
    }

    run::sql_of!(read);

    /// The same read, whose rows have one more entity.
    pub(super) fn joined<J>(mut self, join: Join) -> Select<<S as With<J>>::Rows, R>
    where
        S: With<J>,
    {
        self.read.joins.push(join);
        // With many rows for one id, or none.
        self.read.wanted = Wanted::All;
        Select { read: self.read, marker: PhantomData }
    }
}

pub(super) fn decode<S: Rows>(row: Row<'_>) -> Result<S, sqlx::Error> {
    S::__decode(row)
}
