//! [`Rows`]: what one row of a read is made of: an entity, or the entities that a join puts side by side.
//!
//! The type of a read's rows is its scope as well: columns of `(Task, Project)` are columns of that query and of no other.
//! An entity that a left join may leave out stands in it as an `Option`.

use crate::entity::{Alias, Entity, Inner, Outer, Row, Side};

/// One row of a read: an entity, or a tuple of up to six that are joined. Sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what a read returns",
    label = "expected an entity, or a tuple of joined ones"
)]
pub trait Rows: sealed::Sealed + Send + Unpin + Sized + 'static {
    /// What closures are given: the columns of the entity, or a tuple of the columns of each.
    type Columns: Copy;

    #[doc(hidden)]
    fn __columns() -> Self::Columns;

    #[doc(hidden)]
    fn __decode(row: Row<'_>) -> Result<Self, sqlx::Error>;
}

/// An entity's place in a row: `E`, or `Option<E>` where a left join may leave it out. Sealed.
pub trait Part: sealed::Sealed + Send + Unpin + Sized + 'static {
    /// The entity.
    type Entity: Entity;
    /// On which side of its join it stands.
    type Side: Side;

    #[doc(hidden)]
    fn __decode(row: Row<'_>) -> Result<Self, sqlx::Error>;
}

/// A row that another entity is joined to. There is none beyond six.
#[diagnostic::on_unimplemented(
    message = "a read joins at most six tables",
    label = "this read joins six already",
    note = "write the statement with `sql!`"
)]
pub trait With<P>: Rows {
    /// The row with the other entity at its end.
    type Rows: Rows;
    /// What the other entity is called.
    #[doc(hidden)]
    const ALIAS: Alias;
}

/// A row in which `P` stands at one place; which of them is inferred.
#[diagnostic::on_unimplemented(
    message = "`{P}` is not in this query",
    label = "the rows of this query are `{Self}`",
    note = "join the entity that the column references first"
)]
pub trait Has<P, At> {
    #[doc(hidden)]
    const ALIAS: Alias;
}

/// A position in a row.
#[doc(hidden)]
#[derive(Debug)]
pub enum At<const POSITION: u8> {}

type Of<P, S> = <<P as Part>::Entity as Entity>::Columns<S, <P as Part>::Side>;

impl<E: Entity> Part for E {
    type Entity = E;
    type Side = Inner;

    fn __decode(row: Row<'_>) -> Result<Self, sqlx::Error> {
        E::decode(&row)
    }
}

impl<E: Entity> Part for Option<E> {
    type Entity = E;
    type Side = Outer;

    fn __decode(row: Row<'_>) -> Result<Self, sqlx::Error> {
        // A row that is there has an id.
        if row.is_null(E::DESCRIPTOR.id_position())? { Ok(None) } else { E::decode(&row).map(Some) }
    }
}

impl<E: Entity> Rows for E {
    type Columns = E::Columns<E, Inner>;

    fn __columns() -> Self::Columns {
        E::__columns(Alias::ROOT)
    }

    fn __decode(row: Row<'_>) -> Result<Self, sqlx::Error> {
        E::decode(&row)
    }
}

impl<E: Entity, P: Part> With<P> for E {
    type Rows = (E, P);
    const ALIAS: Alias = Alias::Joined(1);
}

impl<E: Entity> Has<E, At<0>> for E {
    const ALIAS: Alias = Alias::ROOT;
}

macro_rules! tuples {
    ($($count:literal: $($part:ident $position:literal),+;)*) => { $(
        impl<$($part: Part),+> Rows for ($($part,)+) {
            type Columns = ($(Of<$part, Self>,)+);

            fn __columns() -> Self::Columns {
                ($(<$part::Entity as Entity>::__columns::<Self, $part::Side>(Alias::Joined($position)),)+)
            }

            fn __decode(row: Row<'_>) -> Result<Self, sqlx::Error> {
                let mut first = 0;
                Ok(($({
                    let part = <$part as Part>::__decode(row.from(first))?;
                    first += <$part::Entity as Entity>::DESCRIPTOR.columns.len();
                    let _ = first;
                    part
                },)+))
            }
        }

        impl<$($part: Part),+> sealed::Sealed for ($($part,)+) {}
    )* };
}

macro_rules! with {
    ($($count:literal: $($part:ident),+;)*) => { $(
        impl<$($part: Part,)+ Next: Part> With<Next> for ($($part,)+) {
            type Rows = ($($part,)+ Next,);
            const ALIAS: Alias = Alias::Joined($count);
        }
    )* };
}

macro_rules! has {
    ($($position:literal: $found:ident of $($part:ident),+;)*) => { $(
        impl<$($part: Part),+> Has<$found::Entity, At<$position>> for ($($part,)+) {
            const ALIAS: Alias = Alias::Joined($position);
        }
    )* };
}

tuples! {
    2: A 0, B 1;
    3: A 0, B 1, C 2;
    4: A 0, B 1, C 2, D 3;
    5: A 0, B 1, C 2, D 3, E 4;
    6: A 0, B 1, C 2, D 3, E 4, F 5;
}

with! {
    2: A, B;
    3: A, B, C;
    4: A, B, C, D;
    5: A, B, C, D, E;
}

has! {
    0: A of A, B;
    1: B of A, B;
    0: A of A, B, C;
    1: B of A, B, C;
    2: C of A, B, C;
    0: A of A, B, C, D;
    1: B of A, B, C, D;
    2: C of A, B, C, D;
    3: D of A, B, C, D;
    0: A of A, B, C, D, E;
    1: B of A, B, C, D, E;
    2: C of A, B, C, D, E;
    3: D of A, B, C, D, E;
    4: E of A, B, C, D, E;
}

mod sealed {
    pub trait Sealed {}
    impl<E: super::Entity> Sealed for E {}
    impl<E: super::Entity> Sealed for Option<E> {}
}
