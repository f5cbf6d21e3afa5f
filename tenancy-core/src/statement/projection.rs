//! [`Projection`]: reading some columns, or what rows come to, instead of whole entities.

use std::fmt;
use std::marker::PhantomData;

use futures_core::stream::BoxStream;

use crate::db::Executor;
use crate::entity::{Column, ColumnType, Nullability, Row};
use crate::error::Error;
use crate::statement::aggregate::Aggregate;
use crate::statement::condition::Operand;
use crate::statement::filter::{PerGroup, PerRow};
use crate::statement::group::Key;
use crate::statement::read::{Read, Wanted, number};
use crate::statement::rows::Rows;
use crate::statement::run;
use crate::statement::select::Select;

/// What the closure of `select` may return, in a query over `S`: a column, a tuple of them, or the struct that
/// `#[derive(Projection)]` makes for one. `K` says of what: of each row ([`PerRow`]), of each group of rows
/// ([`PerGroup`]) or of all of them ([`Total`]).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be selected from the rows of `{S}` ({K})",
    label = "not something that this query can select",
    note = "of each row, columns can be selected; of a group its keys and aggregates; of all rows together, aggregates"
)]
pub trait Selection<S, K> {
    /// What it is read as.
    type Output: Send + Unpin + 'static;
    /// How many columns it takes.
    #[doc(hidden)]
    const WIDTH: usize;

    #[doc(hidden)]
    fn __push(self, list: &mut Selected);

    #[doc(hidden)]
    fn __decode(row: Row<'_>) -> Result<Self::Output, sqlx::Error>;
}

/// What all rows of a query have together.
#[derive(Debug)]
pub enum Total {}

/// What a projection selects. For the derive.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Selected(pub(super) Vec<Operand>);

impl<S, T, N, A> Selection<S, PerRow> for Column<S, T, N, A>
where
    T: ColumnType,
    N: Nullability,
    N::Value<T>: Send + Unpin + 'static,
{
    type Output = N::Value<T>;
    const WIDTH: usize = 1;

    fn __push(self, list: &mut Selected) {
        list.0.push(self.into());
    }

    fn __decode(row: Row<'_>) -> Result<Self::Output, sqlx::Error> {
        N::get(&row, 0)
    }
}

impl<S, T, N> Selection<S, PerGroup> for Key<S, T, N>
where
    T: ColumnType,
    N: Nullability,
    N::Value<T>: Send + Unpin + 'static,
{
    type Output = N::Value<T>;
    const WIDTH: usize = 1;

    fn __push(self, list: &mut Selected) {
        list.0.push(Operand::Column(self.place()));
    }

    fn __decode(row: Row<'_>) -> Result<Self::Output, sqlx::Error> {
        N::get(&row, 0)
    }
}

macro_rules! aggregate {
    ($($kind:ty)*) => { $(
        impl<S, T, N> Selection<S, $kind> for Aggregate<S, T, N>
        where
            T: ColumnType,
            N: Nullability,
            N::Value<T>: Send + Unpin + 'static,
        {
            type Output = N::Value<T>;
            const WIDTH: usize = 1;

            fn __push(self, list: &mut Selected) {
                list.0.push(self.into_operand());
            }

            fn __decode(row: Row<'_>) -> Result<Self::Output, sqlx::Error> {
                N::get(&row, 0)
            }
        }
    )* };
}

aggregate! { PerGroup Total }

macro_rules! tuples {
    ($(($($part:ident)+))*) => { $(
        impl<S, K, $($part: Selection<S, K>),+> Selection<S, K> for ($($part,)+) {
            type Output = ($($part::Output,)+);
            const WIDTH: usize = 0 $(+ $part::WIDTH)+;

            #[allow(non_snake_case, reason = "named as the type that each is of")]
            fn __push(self, list: &mut Selected) {
                let ($($part,)+) = self;
                $($part.__push(list);)+
            }

            fn __decode(row: Row<'_>) -> Result<Self::Output, sqlx::Error> {
                let mut parts = Parts::of(row);
                Ok(($(parts.next::<S, K, $part>()?,)+))
            }
        }
    )* };
}

tuples! {
    (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H) (A B C D E F G H I)
    (A B C D E F G H I J) (A B C D E F G H I J L) (A B C D E F G H I J L M)
}

/// The parts of a row, from left to right. For the derive.
#[doc(hidden)]
#[derive(Debug)]
pub struct Parts<'r> {
    row: Row<'r>,
    first: usize,
}

impl<'r> Parts<'r> {
    /// From the first.
    #[must_use]
    pub fn of(row: Row<'r>) -> Self {
        Self { row, first: 0 }
    }

    /// The next of them.
    ///
    /// # Errors
    ///
    /// It does not fit its type.
    #[expect(clippy::should_implement_trait, reason = "each part is of another type")]
    pub fn next<S, K, P: Selection<S, K>>(&mut self) -> Result<P::Output, sqlx::Error> {
        let part = P::__decode(self.row.from(self.first))?;
        self.first += P::WIDTH;
        Ok(part)
    }
}

/// Reads `V`, selected from rows of one tenant: made by [`Select::select`], [`Select::aggregate`] and
/// [`Grouped::select`](crate::statement::Grouped::select).
#[must_use = "a read does nothing until it is fetched"]
pub struct Projection<V> {
    read: Read,
    decode: Decode<V>,
    marker: PhantomData<fn() -> V>,
}

type Decode<V> = fn(Row<'_>) -> Result<V, sqlx::Error>;

impl<V> fmt::Debug for Projection<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Projection").field("read", &self.read).finish_non_exhaustive()
    }
}

impl<S: Rows, R> Select<S, R> {
    /// Reads what the closure selects, instead of whole rows: a column, or a tuple of them.
    ///
    /// A column is read as the type of its field; one of a table that a left join may leave out, as an `Option` of it.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/entities.rs"));
    /// # fn main() {}
    /// # async fn example(db: TenantDb, token: TenantToken) -> Result<(), tenancy::Error> {
    /// let rows: Vec<(String, Option<String>)> =
    ///     Task::find(&token).left_join(|t| t.project_id).select(|(t, p)| (t.title, p.name)).fetch_all(&db).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn select<L: Selection<S, PerRow>>(
        self,
        list: impl FnOnce(S::Columns) -> L,
    ) -> Projection<L::Output> {
        Projection::new(self.read, list(S::__columns()))
    }

    /// What all rows come to. There is one row of it, whatever there is to read.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/entities.rs"));
    /// # fn main() {}
    /// # use tenancy::statement::count;
    /// # async fn example(db: TenantDb, token: TenantToken) -> Result<(), tenancy::Error> {
    /// let (tasks, last) = Task::find(&token).aggregate(|t| (count(), t.created_at.max())).fetch_one(&db).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn aggregate<L: Selection<S, Total>>(
        mut self,
        list: impl FnOnce(S::Columns) -> L,
    ) -> Projection<L::Output> {
        self.read.take_together();
        self.read.wanted = Wanted::One;
        Projection::new(self.read, list(S::__columns()))
    }
}

impl<V: Send + Unpin + 'static> Projection<V> {
    pub(super) fn new<S, K, L: Selection<S, K, Output = V>>(mut read: Read, list: L) -> Self {
        let mut selected = Selected(Vec::with_capacity(L::WIDTH));
        list.__push(&mut selected);
        read.list = selected.0;
        Self { read, decode: L::__decode, marker: PhantomData }
    }

    /// Each row once, however often it was selected: `SELECT DISTINCT`. What it is ordered by must be selected too.
    pub fn distinct(mut self) -> Self {
        self.read.distinct = true;
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
    /// [`Error::RowNotFound`] when there is none; any other [`Error`] when the statement did not run.
    pub async fn fetch_one<'c, X: Executor<'c>>(mut self, executor: X) -> Result<V, Error> {
        self.read.want_first();
        run::fetch_one(&self.read, executor.source(), self.decode).await
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    ///
    /// An [`Error`] when the statement did not run.
    pub async fn fetch_optional<'c, X: Executor<'c>>(mut self, executor: X) -> Result<Option<V>, Error> {
        self.read.want_first();
        run::fetch_optional(&self.read, executor.source(), self.decode).await
    }

    /// All rows.
    ///
    /// # Errors
    ///
    /// An [`Error`] when the statement did not run.
    pub async fn fetch_all<'c, X: Executor<'c>>(self, executor: X) -> Result<Vec<V>, Error> {
        run::fetch_all(&self.read, executor.source(), self.decode).await
    }

    /// The rows as they arrive, in constant memory; see [`Select::fetch`].
    pub fn fetch<'c, X: Executor<'c>>(self, executor: X) -> BoxStream<'c, Result<V, Error>> {
        run::fetch(self.read, executor.source(), self.decode)
    }

    run::sql_of!(read);
}
