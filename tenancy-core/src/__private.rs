//! For the code that the macros generate. Not part of the API.

pub use inventory;
pub use sqlx::Error as SqlxError;

pub use crate::entity::*;
pub use crate::schema::{
    ColumnDescriptor, ColumnRole, EntityDescriptor, Kept as KeptColumns, OnDelete, Owner, ReferenceDescriptor,
};
pub use crate::statement::{Filter, Parts, Selected, Selection, SqlPiece, SqlValues};
use crate::statement::{ReadProof, SqlQuery};

/// An entity of this program: see `register!`.
#[derive(Debug)]
pub struct Derived(pub &'static EntityDescriptor);
inventory::collect!(Derived);

/// A schema of this program: see `schema!`.
#[derive(Debug)]
pub struct Listed(pub &'static crate::Schema);
inventory::collect!(Listed);

/// Registers a derived entity, so that one which no schema lists raises an alarm.
#[doc(hidden)]
#[macro_export]
macro_rules! __register {
    ($entity:ty) => {
        $crate::__private::inventory::submit! {
            $crate::__private::Derived(<$entity as $crate::__private::Entity>::DESCRIPTOR)
        }
    };
}
pub use crate::__register as register;

/// The first of several: what was said, before its default.
#[must_use]
pub const fn first(said: &[&'static str]) -> &'static str {
    said[0]
}

/// What the derive does with the values of one field.
///
/// That a type can be a column is asked once, where this is made: an expansion that asked at each use would answer one
/// mistake with a screen of errors.
#[derive(Debug)]
pub struct Field<T> {
    get: for<'r> fn(&Row<'r>, usize) -> Result<T, SqlxError>,
    push: fn(&mut Values, T),
    push_array: fn(&mut Values, Vec<T>),
    eq: Compare<T>,
    sql_type: fn() -> String,
}

type Compare<T> = fn(Column<(), T, (), ()>, T) -> Filter<()>;

/// A field that is a column of arrays.
#[must_use]
pub const fn array_field<T: Element>() -> Field<Vec<T>>
where
    Vec<T>: ColumnType,
{
    Field {
        get: |row, index| row.get(index),
        push: Values::push,
        push_array: |values, arrays| values.push_slices(arrays.into_iter().map(Some)),
        eq: |column, value| column.eq(value),
        sql_type: || <Vec<T> as sqlx::Type<_>>::type_info().to_string(),
    }
}

/// A field that is a column of arrays, or of `NULL`.
#[must_use]
pub const fn nullable_array_field<T: Element>() -> Field<Option<Vec<T>>>
where
    Vec<T>: ColumnType,
{
    Field {
        get: |row, index| row.get(index),
        push: Values::push,
        push_array: |values, arrays| values.push_slices(arrays),
        eq: |column, value| column.eq(value),
        sql_type: || <Vec<T> as sqlx::Type<_>>::type_info().to_string(),
    }
}

/// A field that is a column.
#[must_use]
pub const fn field<T: Element>() -> Field<T> {
    Field {
        get: |row, index| row.get(index),
        push: Values::push,
        push_array: Values::push_array,
        eq: |column, value| column.eq(value),
        sql_type: || T::type_info().to_string(),
    }
}

/// The tenant field.
#[must_use]
pub const fn tenant_field<T: TenantKey>() -> Field<T> {
    field()
}

/// The field that counts changes.
#[must_use]
pub const fn version_field<T: Version>() -> Field<T> {
    field()
}

/// The field that says when the row was changed.
#[must_use]
pub const fn updated_at_field<T: Timestamp>() -> Field<T> {
    field()
}

/// The field that says when the row was deleted. The derive asks for the `Option`.
#[must_use]
pub const fn deleted_at_field<T: Element + IsOption>() -> Field<T>
where
    T::Some: Timestamp,
{
    field()
}

/// `Option`, as a bound.
pub trait IsOption {
    /// What it may hold.
    type Some;
}
impl<T> IsOption for Option<T> {
    type Some = T;
}

impl<T> Field<T> {
    /// The type in PostgreSQL, for the descriptor.
    #[must_use]
    pub const fn sql_type(&self) -> Option<fn() -> String> {
        Some(self.sql_type)
    }

    /// The value at a position of a row.
    ///
    /// # Errors
    ///
    /// The column holds what is no `T`.
    pub fn get(&self, row: &Row<'_>, index: usize) -> Result<T, SqlxError> {
        (self.get)(row, index)
    }

    /// Adds the value to those of an insert.
    pub fn push(&self, values: &mut Values, value: T) {
        (self.push)(values, value);
    }

    /// Adds the values of many rows to those of an insert.
    pub fn push_array(&self, values: &mut Values, all: Vec<T>) {
        (self.push_array)(values, all);
    }

    /// The column holds the value.
    pub fn eq<E, N, A>(&self, column: Column<E, T, N, A>, value: T) -> Filter<E> {
        Filter::new((self.eq)(Column::__new(column.alias, column.name), value).into_node())
    }
}

/// What a global table that is listed says of itself.
#[must_use]
pub const fn global_table<E: crate::GlobalTable>() -> &'static EntityDescriptor {
    E::DESCRIPTOR
}

/// What an entity that is listed says of itself.
#[must_use]
pub const fn tenant_scoped<E: crate::TenantScoped>() -> &'static EntityDescriptor {
    E::DESCRIPTOR
}

/// The columns of what is no entity: the build has failed, and this says nothing more about it.
#[derive(Debug)]
pub struct NoColumns<E>(std::marker::PhantomData<fn() -> E>);

impl<E> Clone for NoColumns<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for NoColumns<E> {}

impl<S, E: Entity> EntityColumns<S> for NoColumns<E> {
    type Entity = E;

    fn __alias(&self) -> Alias {
        Alias::ROOT
    }
}

/// The entity that a field references. Asks, at their types, whether it is one and whether the field fits its id.
#[must_use]
pub fn referenced<Parent: Entity, Field: ForeignKeyOf<Parent::Id>>() -> &'static EntityDescriptor {
    Parent::DESCRIPTOR
}

/// As [`referenced`], of a field of a global table, which references another one alone: what belongs to nobody cannot lead to
/// what belongs to somebody.
#[must_use]
pub fn global_referenced<Parent: crate::GlobalTable, Field: ForeignKeyOf<Parent::Id>>()
-> &'static EntityDescriptor {
    Parent::DESCRIPTOR
}

/// The rows of an entity, in a hand-written statement.
#[must_use]
pub const fn sql_entity<E: Entity>() -> SqlPiece {
    SqlPiece::Entity(E::DESCRIPTOR)
}

/// Whoever has this proof may read the entity: a visitor only what is public.
pub fn may_read<E: Entity, P: ReadProof<E> + ?Sized>(_: &P) {}

/// Whether the table of an entity has a column of this name. While compiling.
#[must_use]
pub const fn has_column<E: Entity>(name: &str) -> bool {
    let columns = E::DESCRIPTOR.columns;
    let mut i = 0;
    while i < columns.len() {
        if equal(columns[i].name.as_bytes(), name.as_bytes()) {
            return true;
        }
        i += 1;
    }
    false
}

const fn equal(a: &[u8], b: &[u8]) -> bool {
    let mut i = 0;
    while i < a.len() && i < b.len() && a[i] == b[i] {
        i += 1;
    }
    i == a.len() && i == b.len()
}

/// A hand-written statement, of which `E` is the first entity.
pub fn sql_query<E: Entity, P: ReadProof<E> + ?Sized>(
    proof: &P,
    pieces: &'static [SqlPiece],
    values: SqlValues,
) -> SqlQuery {
    SqlQuery::new(proof.scope(), E::DESCRIPTOR, pieces, values)
}
