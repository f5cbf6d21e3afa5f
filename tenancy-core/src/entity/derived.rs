//! [`Entity`]: what a derive says of a struct, whomever its rows belong to.

use crate::entity::{Alias, Column, Inner, References, Row, Side, Values};
use crate::schema::EntityDescriptor;
use crate::statement::{Filter, IntoFilter, Related};

/// A struct whose values are rows of one table. Implemented by the derives alone; whose its rows are says the trait that
/// comes with it, [`TenantScoped`](crate::TenantScoped) or [`GlobalTable`](crate::GlobalTable).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an entity",
    label = "this type does not say which table holds its rows",
    note = "add `#[derive(TenantScoped)]` to `{Self}`, or `#[derive(GlobalTable)]` when its rows belong to no tenant"
)]
pub trait Entity: Sized + Send + Unpin + 'static {
    /// One field a column, for filters, orders, projections and assignments, in a query over `S`.
    type Columns<S, J: Side>: EntityColumns<S, Entity = Self>;
    /// The type of the `id` field; a tuple when there are several.
    type Id: Send;

    #[doc(hidden)]
    const DESCRIPTOR: &'static EntityDescriptor;

    #[doc(hidden)]
    fn __columns<S, J: Side>(alias: Alias) -> Self::Columns<S, J>;

    #[doc(hidden)]
    fn decode(row: &Row<'_>) -> Result<Self, sqlx::Error>;

    #[doc(hidden)]
    fn has_id(columns: ColumnsOf<Self>, id: Self::Id) -> Filter<Self>;

    /// One array a column of the id, of one element a row.
    #[doc(hidden)]
    fn id_arrays(ids: Vec<Self::Id>, values: &mut Values);

    /// The columns, to name one outside of a query: `Task::columns().project_id` says how tasks lead to projects.
    #[must_use]
    fn columns() -> ColumnsOf<Self> {
        Self::__columns(Alias::ROOT)
    }
}

/// The columns of an entity in a query over its rows alone.
pub type ColumnsOf<E> = <E as Entity>::Columns<E, Inner>;

/// What a column with `references = P` leads to: `P` itself, and nothing else.
#[diagnostic::on_unimplemented(
    message = "this column leads to `{P}`, and not to `{Self}`",
    label = "no row of `{Self}` is meant by it",
    note = "name a column of the other entity whose field says `references = {Self}`"
)]
pub trait Referenced<P> {}
impl<E> Referenced<E> for E {}

/// The columns of one entity, in a query over `S`. Implemented by the derives alone.
///
/// Beside the columns themselves there is what other tables say of the row:
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/entities.rs"));
/// # fn main() {}
/// # async fn example(db: TenantDb, token: TenantToken) -> Result<(), tenancy::Error> {
/// // Projects of which some task is open.
/// Project::find(&token).filter(|p| p.exists(Task::columns().project_id, |t| t.done.eq(false))).fetch_all(&db).await?;
/// # Ok(())
/// # }
/// ```
pub trait EntityColumns<S>: Copy {
    /// The entity.
    type Entity: Entity;

    #[doc(hidden)]
    fn __alias(&self) -> Alias;

    /// Some row of `C` leads here by this column, and the condition holds for it: `EXISTS (…)`.
    fn exists<C, T, N, P, A, F>(
        self,
        child: Column<C, T, N, References<P, A>>,
        filter: impl FnOnce(ColumnsOf<C>) -> F,
    ) -> Filter<S>
    where
        C: Entity,
        Self::Entity: Referenced<P>,
        F: IntoFilter<C>,
    {
        Related::children::<C, Self::Entity>(self.__alias(), child.name).exists(filter)
    }

    /// No row of `C` for which the condition holds leads here by this column: `NOT EXISTS (…)`.
    fn not_exists<C, T, N, P, A, F>(
        self,
        child: Column<C, T, N, References<P, A>>,
        filter: impl FnOnce(ColumnsOf<C>) -> F,
    ) -> Filter<S>
    where
        C: Entity,
        Self::Entity: Referenced<P>,
        F: IntoFilter<C>,
    {
        self.exists(child, filter).not()
    }
}
