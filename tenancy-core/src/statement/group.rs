//! [`Grouped`]: rows that agree in some columns, taken together.
//!
//! Of a group only what all of its rows share can be selected: the columns that it is grouped by, and aggregates. The
//! closures are given the first as keys, and columns know no other way into a group than an aggregate, so that what
//! PostgreSQL would refuse does not compile.

use std::fmt;
use std::marker::PhantomData;

use crate::entity::Column;
use crate::statement::condition::{Operand, Place};
use crate::statement::filter::{IntoFilter, PerGroup};
use crate::statement::order::{OfAggregate, Order};
use crate::statement::projection::{Projection, Selected, Selection};
use crate::statement::read::{Read, Wanted};
use crate::statement::rows::Rows;
use crate::statement::select::Select;

/// A column that rows are grouped by, in a query over `S`.
pub struct Key<S, T, N> {
    place: Place,
    marker: PhantomData<Kind<S, T, N>>,
}

type Kind<S, T, N> = fn() -> (S, T, N);

impl<S, T, N> Clone for Key<S, T, N> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S, T, N> Copy for Key<S, T, N> {}

impl<S, T, N> fmt::Debug for Key<S, T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.place.alias, self.place.name)
    }
}

impl<S, T, N> Key<S, T, N> {
    pub(super) fn place(self) -> Place {
        self.place
    }

    /// Ascending, `NULL` last.
    pub fn asc(self) -> Order<S, OfAggregate> {
        Order::ascending(Operand::Column(self.place))
    }

    /// Descending, `NULL` first.
    pub fn desc(self) -> Order<S, OfAggregate> {
        Order::descending(Operand::Column(self.place))
    }
}

/// What the closure of [`group_by`](Select::group_by) may return: a column, or a tuple of up to eight.
#[diagnostic::on_unimplemented(
    message = "the rows of `{S}` cannot be grouped by `{Self}`",
    label = "expected a column, or a tuple of columns"
)]
pub trait GroupBy<S> {
    /// A key for each column.
    type Keys: Copy;

    #[doc(hidden)]
    fn __keys(self, groups: &mut Selected) -> Self::Keys;
}

impl<S, T, N, A> GroupBy<S> for Column<S, T, N, A> {
    type Keys = Key<S, T, N>;

    fn __keys(self, groups: &mut Selected) -> Self::Keys {
        groups.0.push(self.into());
        Key { place: self.into(), marker: PhantomData }
    }
}

macro_rules! tuples {
    ($(($($part:ident)+))*) => { $(
        impl<S, $($part: GroupBy<S>),+> GroupBy<S> for ($($part,)+) {
            type Keys = ($($part::Keys,)+);

            #[allow(non_snake_case, reason = "named as the type that each is of")]
            fn __keys(self, groups: &mut Selected) -> Self::Keys {
                let ($($part,)+) = self;
                ($($part.__keys(groups),)+)
            }
        }
    )* };
}

tuples! { (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H) }

/// Reads groups of rows of one tenant: made by [`Select::group_by`].
#[must_use = "groups do nothing until something is selected of them"]
#[derive(Debug)]
pub struct Grouped<S, G> {
    read: Read,
    keys: G,
    marker: PhantomData<fn() -> S>,
}

impl<S: Rows, R> Select<S, R> {
    /// Takes together what agrees in these columns.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/entities.rs"));
    /// # fn main() {}
    /// # use tenancy::statement::count;
    /// # async fn example(db: TenantDb, token: TenantToken) -> Result<(), tenancy::Error> {
    /// let open: Vec<(String, i64)> = Task::find(&token)
    ///     .inner_join(|t| t.project_id)
    ///     .filter(|(t, _)| t.done.eq(false))
    ///     .group_by(|(_, p)| (p.id, p.name))
    ///     .having(|_| count().gt(3))
    ///     .order_by(|(_, name), _| name.asc())
    ///     .select(|(_, name), _| (name, count()))
    ///     .fetch_all(&db).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// What the rows were ordered by before says nothing of groups, and is left out.
    pub fn group_by<G: GroupBy<S>>(mut self, keys: impl FnOnce(S::Columns) -> G) -> Grouped<S, G::Keys> {
        let mut groups = Selected::default();
        let keys = keys(S::__columns()).__keys(&mut groups);
        self.read.take_together();
        (self.read.groups, self.read.wanted) = (groups.0, Wanted::All);
        Grouped { read: self.read, keys, marker: PhantomData }
    }
}

impl<S: Rows, G: Copy> Grouped<S, G> {
    /// Keeps the groups for which the condition on aggregates holds. Several calls must all hold.
    pub fn having<F: IntoFilter<S, PerGroup>>(mut self, filter: impl FnOnce(S::Columns) -> F) -> Self {
        self.read.having.add(filter(S::__columns()));
        self
    }

    /// Orders the groups, by keys or aggregates. Further calls order what is equal so far.
    pub fn order_by(mut self, order: impl FnOnce(G, S::Columns) -> Order<S, OfAggregate>) -> Self {
        self.read.order.push(order(self.keys, S::__columns()).into_term());
        self
    }

    /// Reads what the closure selects: keys, and aggregates of columns.
    pub fn select<L: Selection<S, PerGroup>>(
        self,
        list: impl FnOnce(G, S::Columns) -> L,
    ) -> Projection<L::Output> {
        Projection::new(self.read, list(self.keys, S::__columns()))
    }
}
