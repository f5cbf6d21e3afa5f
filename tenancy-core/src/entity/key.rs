//! [`UniqueKey`]: a declared key, which an insert can conflict with.

use std::fmt;
use std::marker::PhantomData;

/// A declared key of entity `E`: its primary key, or a `unique(..)`. The tenant column leads it, so that a row of another
/// tenant never conflicts.
///
/// Keys come as the argument of the closure that `on_conflict` takes.
pub struct UniqueKey<E> {
    /// Quoted, without the tenant column.
    pub(crate) columns: &'static [&'static str],
    marker: PhantomData<fn() -> E>,
}

impl<E> UniqueKey<E> {
    /// `columns` are quoted identifiers. For the derive.
    #[doc(hidden)]
    #[must_use]
    pub const fn __new(columns: &'static [&'static str]) -> Self {
        Self { columns, marker: PhantomData }
    }
}

impl<E> Clone for UniqueKey<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for UniqueKey<E> {}

impl<E> fmt::Debug for UniqueKey<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({})", self.columns.join(", "))
    }
}
