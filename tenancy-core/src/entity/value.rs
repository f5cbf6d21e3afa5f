//! Values: what a column can hold, and what may stand beside it in a filter or an assignment.

use std::borrow::Cow;

use sqlx::postgres::PgHasArrayType;
use sqlx::{Decode, Encode, Postgres, Type};
use uuid::Uuid;

use crate::TenantId;
use crate::entity::{NotNull, Nullable, Parameter};

/// What a column can hold: any type that sqlx encodes and decodes. A field that is no `Vec` holds an [`Element`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be held by a column",
    label = "sqlx does not know `{Self}` as a PostgreSQL type",
    note = "derive `sqlx::Type` for an enum or a newtype; wrap anything that serde knows in `sqlx::types::Json`"
)]
pub trait ColumnType:
    Type<Postgres> + for<'q> Encode<'q, Postgres> + for<'r> Decode<'r, Postgres> + Send + Sync + 'static
{
}

// One message for a type that sqlx does not know, and not one for each of its traits that are missing.
#[diagnostic::do_not_recommend]
impl<T> ColumnType for T where
    T: Type<Postgres> + for<'q> Encode<'q, Postgres> + for<'r> Decode<'r, Postgres> + Send + Sync + 'static
{
}

/// What many of can be sent as one array: whatever sqlx knows an array type of.
///
/// The array type is what `in_`, `insert_many` and columns of arrays need. `#[derive(sqlx::Type)]` gives one to enums and
/// newtypes. An array of arrays is none, since PostgreSQL has no such type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent in an array",
    label = "sqlx does not know `{Self}` as a PostgreSQL type that has an array type",
    note = "derive `sqlx::Type` for an enum or a newtype; wrap anything that serde knows in `sqlx::types::Json`"
)]
pub trait Element: ColumnType + PgHasArrayType {}

#[diagnostic::do_not_recommend]
impl<T: ColumnType + PgHasArrayType> Element for T {}

/// The type of a tenant column.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the tenant column",
    label = "expected `TenantId` or `Uuid`",
    note = "a tenant id of another kind is mapped to a UUID by the verifier"
)]
pub trait TenantKey: Element {}
impl TenantKey for TenantId {}
impl TenantKey for Uuid {}

/// A field that may reference an entity whose id is `Id`: the same type, or an `Option` of it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot reference an entity whose id is `{Id}`",
    label = "expected `{Id}` or `Option<{Id}>`",
    note = "only an entity with one `id` field can be referenced"
)]
pub trait ForeignKeyOf<Id> {}
impl<Id> ForeignKeyOf<Id> for Id {}
impl<Id> ForeignKeyOf<Id> for Option<Id> {}

/// What may be compared with a column that holds `T`.
#[diagnostic::on_unimplemented(
    message = "a column of `{T}` cannot be compared with `{Self}`",
    label = "expected `{T}`",
    note = "`NULL` is asked for by `is_null()` and `is_not_null()`, never by `eq(None)`"
)]
pub trait IntoValue<T>: Sized {
    #[doc(hidden)]
    fn into_value(self) -> T;

    #[doc(hidden)]
    fn into_parameter(self) -> Parameter
    where
        T: ColumnType,
    {
        Parameter::of(Some(self.into_value()))
    }
}

impl<T> IntoValue<T> for T {
    fn into_value(self) -> T {
        self
    }
}

impl<T: Clone> IntoValue<T> for &T {
    fn into_value(self) -> T {
        self.clone()
    }
}

impl IntoValue<String> for &str {
    fn into_value(self) -> String {
        self.to_owned()
    }

    fn into_parameter(self) -> Parameter {
        Parameter::text(self)
    }
}

impl IntoValue<String> for Cow<'_, str> {
    fn into_value(self) -> String {
        self.into_owned()
    }

    fn into_parameter(self) -> Parameter {
        Parameter::text(&self)
    }
}

impl IntoValue<Vec<u8>> for &[u8] {
    fn into_value(self) -> Vec<u8> {
        self.to_vec()
    }
}

impl<const N: usize> IntoValue<Vec<u8>> for &[u8; N] {
    fn into_value(self) -> Vec<u8> {
        self.to_vec()
    }
}

/// What may be assigned to a column that holds `T`: a value, and for a [`Nullable`] column an `Option<T>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be assigned to a column of `{T}`",
    label = "expected `{T}`",
    note = "only a column whose field is an `Option<{T}>` takes `None` or `Some({T})`"
)]
pub trait IntoAssignment<T: ColumnType, N>: Sized {
    #[doc(hidden)]
    fn into_parameter(self) -> Parameter;
}

impl<T: ColumnType, V: IntoValue<T>> IntoAssignment<T, NotNull> for V {
    fn into_parameter(self) -> Parameter {
        IntoValue::into_parameter(self)
    }
}

// One implementation for `Option`, so that a bare `None` needs no annotation.
impl<T: ColumnType> IntoAssignment<T, Nullable> for Option<T> {
    fn into_parameter(self) -> Parameter {
        Parameter::of(self)
    }
}

impl<T: ColumnType> IntoAssignment<T, Nullable> for T {
    fn into_parameter(self) -> Parameter {
        Parameter::of(Some(self))
    }
}

impl<T: ColumnType + Clone> IntoAssignment<T, Nullable> for &T {
    fn into_parameter(self) -> Parameter {
        Parameter::of(Some(self.clone()))
    }
}

impl IntoAssignment<String, Nullable> for &str {
    fn into_parameter(self) -> Parameter {
        Parameter::text(self)
    }
}

impl IntoAssignment<String, Nullable> for Cow<'_, str> {
    fn into_parameter(self) -> Parameter {
        Parameter::text(&self)
    }
}

impl IntoAssignment<Vec<u8>, Nullable> for &[u8] {
    fn into_parameter(self) -> Parameter {
        Parameter::of(Some(self.to_vec()))
    }
}

/// The values of an insert, in the order of its columns.
#[derive(Debug, Default)]
pub struct Values {
    pub(crate) values: Vec<Parameter>,
    /// Which of the values of many rows are those of a column of arrays, by position: see [`push_slices`](Self::push_slices).
    pub(crate) slices: Vec<Slices>,
}

/// The arrays of many rows, one behind the other in the values at this position.
#[derive(Debug)]
pub(crate) struct Slices {
    pub(crate) position: usize,
    /// Where each row's array begins, from 1; `NULL` for a row without.
    pub(crate) first: Parameter,
    /// Where it ends.
    pub(crate) last: Parameter,
}

impl Values {
    /// Room for so many.
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self { values: Vec::with_capacity(capacity), slices: Vec::new() }
    }

    /// Adds the next value. For the derive.
    #[doc(hidden)]
    pub fn push<T: ColumnType>(&mut self, value: T) {
        self.values.push(Parameter::of(Some(value)));
    }

    /// Adds the next array. For the derive.
    #[doc(hidden)]
    pub fn push_array<T: Element>(&mut self, values: Vec<T>) {
        self.values.push(Parameter::array(values));
    }

    /// Adds the arrays of many rows. PostgreSQL has no arrays of arrays, so all of them are sent as one, with the positions
    /// at which each begins and ends.
    pub(crate) fn push_slices<T: Element>(&mut self, arrays: impl IntoIterator<Item = Option<Vec<T>>>) {
        let (mut all, mut first, mut last) = (Vec::new(), Vec::new(), Vec::new());
        let position = |length: usize| i32::try_from(length).unwrap_or(i32::MAX);
        for array in arrays {
            let some = array.is_some();
            first.push(some.then(|| position(all.len() + 1)));
            all.extend(array.into_iter().flatten());
            last.push(some.then(|| position(all.len())));
        }
        let (first, last) = (Parameter::array(first), Parameter::array(last));
        self.slices.push(Slices { position: self.values.len(), first, last });
        self.values.push(Parameter::array(all));
    }
}
