//! [`Side`] and [`Nullability`]: whether a column can be `NULL`, which a left join changes.

use sqlx::{Decode, Postgres, Type};

use crate::entity::{NotNull, Nullable, Row};

/// Whether a column can be `NULL`: [`NotNull`] or [`Nullable`]. Sealed.
pub trait Nullability: sealed::Sealed + 'static {
    /// What a value is read as: `T`, or `Option<T>`.
    type Value<T>;

    #[doc(hidden)]
    fn get<'r, T>(row: &Row<'r>, index: usize) -> Result<Self::Value<T>, sqlx::Error>
    where
        T: Decode<'r, Postgres> + Type<Postgres>;
}

impl Nullability for NotNull {
    type Value<T> = T;

    fn get<'r, T>(row: &Row<'r>, index: usize) -> Result<T, sqlx::Error>
    where
        T: Decode<'r, Postgres> + Type<Postgres>,
    {
        row.get(index)
    }
}

impl Nullability for Nullable {
    type Value<T> = Option<T>;

    fn get<'r, T>(row: &Row<'r>, index: usize) -> Result<Option<T>, sqlx::Error>
    where
        T: Decode<'r, Postgres> + Type<Postgres>,
    {
        row.get(index)
    }
}

/// On which side of a join a table stands: [`Inner`] or [`Outer`]. Sealed.
pub trait Side: sealed::Sealed + 'static {
    /// What a column is here that is `N` in its table.
    type Null<N: Nullability>: Nullability;
}

/// The table has a row in each row of the query.
#[derive(Debug)]
pub enum Inner {}
/// A left join may leave the table out, so that all of its columns can be `NULL`.
#[derive(Debug)]
pub enum Outer {}

impl Side for Inner {
    type Null<N: Nullability> = N;
}

impl Side for Outer {
    type Null<N: Nullability> = Nullable;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::NotNull {}
    impl Sealed for super::Nullable {}
    impl Sealed for super::Inner {}
    impl Sealed for super::Outer {}
}
