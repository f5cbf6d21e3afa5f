//! [`Column`]: a typed column in a query, with what may be assigned to it in its type.

use std::fmt;
use std::marker::PhantomData;

use crate::entity::Alias;

/// A column of a query over `S`, whose values are `T`.
///
/// `S` is what the rows of the query are: an entity, or a tuple of the entities that it joins. A column of another query
/// does not fit, so that nothing speaks of a table which is not there. `N` is [`NotNull`] or [`Nullable`]; `T` is the
/// type without its `Option`. `A` says who fills the column in, and so what may be assigned: [`Required`],
/// [`Defaulted`], [`Id`], [`DefaultId`], [`Generated`], [`Kept`] or, for the tenant column, [`Fixed`]. In
/// [`References`] it says to which entity the column leads as well.
///
/// Columns come as the argument of the closures that `filter`, `order_by`, `select` and `set` take.
pub struct Column<S, T, N, A> {
    pub(crate) alias: Alias,
    /// Quoted.
    pub(crate) name: &'static str,
    marker: PhantomData<Kind<S, T, N, A>>,
}

/// What a column is: `Send`, `Sync` and covariant, whatever its parameters.
type Kind<S, T, N, A> = fn() -> (S, T, N, A);

impl<S, T, N, A> Column<S, T, N, A> {
    /// `name` is a quoted identifier. For the derive.
    #[doc(hidden)]
    #[must_use]
    pub const fn __new(alias: Alias, name: &'static str) -> Self {
        Self { alias, name, marker: PhantomData }
    }

    /// The alias of its table. For the derive.
    #[doc(hidden)]
    #[must_use]
    pub const fn __alias(&self) -> Alias {
        self.alias
    }
}

impl<S, T, N, A> Clone for Column<S, T, N, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S, T, N, A> Copy for Column<S, T, N, A> {}

impl<S, T, N, A> fmt::Debug for Column<S, T, N, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.alias, self.name)
    }
}

/// The column is `NOT NULL`.
#[derive(Debug)]
pub enum NotNull {}
/// The field is an `Option`, or the column is one of a table that an outer join may leave out.
#[derive(Debug)]
pub enum Nullable {}

/// A field without attribute: an insert must give it, an update may change it.
#[derive(Debug)]
pub enum Required {}
/// `#[tenancy(default)]`: an insert may give it, an update may change it.
#[derive(Debug)]
pub enum Defaulted {}
/// `#[tenancy(id)]`: an insert must give it, nothing changes it.
#[derive(Debug)]
pub enum Id {}
/// `#[tenancy(id, default)]`: an insert may give it, nothing changes it.
#[derive(Debug)]
pub enum DefaultId {}
/// `#[tenancy(generated)]`: the database writes it.
#[derive(Debug)]
pub enum Generated {}
/// `#[tenancy(version)]`, `updated_at` or `deleted_at`: the library writes it when the row changes.
#[derive(Debug)]
pub enum Kept {}
/// `#[tenancy(tenant)]`: comes from the token, and never changes.
#[derive(Debug)]
pub enum Fixed {}
/// `#[tenancy(references = P)]`: it holds the id of a row of `P`, and is filled in as `A` says.
#[derive(Debug)]
pub struct References<P, A>(PhantomData<fn() -> (P, A)>);

/// What an update may assign to.
#[diagnostic::on_unimplemented(
    message = "this column cannot be assigned by an update",
    label = "this column is the tenant, an id, or written by the database or the library",
    note = "a row never moves to another tenant, its id stays, `#[tenancy(generated)]` columns are the database's, and `version`, `updated_at` and `deleted_at` are kept by the library"
)]
pub trait Assignable: sealed::Sealed {}
impl Assignable for Required {}
impl Assignable for Defaulted {}
#[diagnostic::do_not_recommend]
impl<P, A: Assignable> Assignable for References<P, A> {}

/// What an insert may set beyond the fields of its insert struct.
#[diagnostic::on_unimplemented(
    message = "this column cannot be set on an insert",
    label = "this column is not one that `#[tenancy(default)]` leaves open",
    note = "the tenant comes from the token, `#[tenancy(generated)]` columns are the database's, and required fields stand in the insert struct"
)]
pub trait Settable: sealed::Sealed {}
impl Settable for Defaulted {}
impl Settable for DefaultId {}
#[diagnostic::do_not_recommend]
impl<P, A: Settable> Settable for References<P, A> {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Required {}
    impl Sealed for super::Defaulted {}
    impl Sealed for super::Id {}
    impl Sealed for super::DefaultId {}
    impl Sealed for super::Generated {}
    impl Sealed for super::Fixed {}
    impl Sealed for super::Kept {}
    impl<P, A: Sealed> Sealed for super::References<P, A> {}
}
