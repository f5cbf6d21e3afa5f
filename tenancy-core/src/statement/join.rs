//! Joins, along declared references.
//!
//! A join is said by the column that leads to the other table: `.inner_join(|t| t.project_id)`. What it is equal to, and
//! that the other row is the same tenant's, is generated from the reference, so that neither can be forgotten.

use crate::entity::{Alias, Column, Entity, References};
use crate::schema::EntityDescriptor;
use crate::statement::proof::MayRead;
use crate::statement::related::On;
use crate::statement::rows::{Has, Part, Rows, With};
use crate::statement::select::Select;
use crate::statement::sql::Sql;

/// A table that is joined.
#[derive(Debug)]
pub(crate) struct Join {
    word: &'static str,
    pub(crate) entity: &'static EntityDescriptor,
    pub(crate) alias: Alias,
    on: On,
}

const INNER: &str = " JOIN ";
const LEFT: &str = " LEFT JOIN ";

impl Join {
    pub(crate) fn render(&self, sql: &mut Sql, with_deleted: bool) {
        sql.push(self.word).table_as(self.entity, self.alias).push(" ON ");
        sql.row_of_tenant_and(self.entity, self.alias, self.on.beside(self.alias));
        self.on.render(sql);
        if !with_deleted {
            sql.and_live(self.entity, self.alias);
        }
    }

    /// Whether one row of the other table can stand in several rows.
    pub(crate) fn is_many(&self) -> bool {
        self.on.child == self.alias
    }
}

impl<S: Rows, R> Select<S, R> {
    /// Joins the row that a column references; rows whose column is `NULL` are left out. Columns come as a tuple from now on.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/entities.rs"));
    /// # fn main() {}
    /// # async fn example(db: TenantDb, token: TenantToken) -> Result<(), tenancy::Error> {
    /// let rows: Vec<(Task, Project)> = Task::find(&token)
    ///     .inner_join(|t| t.project_id)
    ///     .filter(|(t, p)| t.done.eq(false).and(p.status.eq(Status::Active)))
    ///     .fetch_all(&db).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn inner_join<P, T, N, A>(
        self,
        on: impl FnOnce(S::Columns) -> Column<S, T, N, References<P, A>>,
    ) -> Select<<S as With<P>>::Rows, R>
    where
        P: Entity,
        S: With<P>,
        R: MayRead<P>,
    {
        self.parent::<P, P>(INNER, on(S::__columns()).erased())
    }

    /// Joins the row that a column references, where there is one.
    pub fn left_join<P, T, N, A>(
        self,
        on: impl FnOnce(S::Columns) -> Column<S, T, N, References<P, A>>,
    ) -> Select<<S as With<Option<P>>>::Rows, R>
    where
        P: Entity,
        S: With<Option<P>>,
        R: MayRead<P>,
    {
        self.parent::<P, Option<P>>(LEFT, on(S::__columns()).erased())
    }

    /// Joins the rows that reference one of this query: one row for each, and none for what nothing references.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/entities.rs"));
    /// # fn main() {}
    /// # async fn example(db: TenantDb, token: TenantToken) -> Result<(), tenancy::Error> {
    /// let rows: Vec<(Project, Task)> =
    ///     Project::find(&token).inner_join_many(Task::columns().project_id).fetch_all(&db).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn inner_join_many<C, P, T, N, A, At>(
        self,
        on: Column<C, T, N, References<P, A>>,
    ) -> Select<<S as With<C>>::Rows, R>
    where
        C: Entity,
        P: Entity,
        S: With<C> + Has<P, At>,
        R: MayRead<C>,
    {
        self.children::<C, C, P>(INNER, <S as Has<P, At>>::ALIAS, on.name)
    }

    /// Joins the rows that reference one of this query: one row for each, and one with `None` for what nothing references.
    pub fn left_join_many<C, P, T, N, A, At>(
        self,
        on: Column<C, T, N, References<P, A>>,
    ) -> Select<<S as With<Option<C>>>::Rows, R>
    where
        C: Entity,
        P: Entity,
        S: With<Option<C>> + Has<P, At>,
        R: MayRead<C>,
    {
        self.children::<C, Option<C>, P>(LEFT, <S as Has<P, At>>::ALIAS, on.name)
    }

    fn parent<P: Entity, J: Part>(
        self,
        word: &'static str,
        (child, column): (Alias, &'static str),
    ) -> Select<<S as With<J>>::Rows, R>
    where
        S: With<J>,
    {
        let (alias, parent_entity) = (<S as With<J>>::ALIAS, P::DESCRIPTOR);
        let on = On { child, column, parent: alias, parent_entity };
        self.joined(Join { word, entity: P::DESCRIPTOR, alias, on })
    }

    fn children<C: Entity, J: Part, P: Entity>(
        self,
        word: &'static str,
        parent: Alias,
        column: &'static str,
    ) -> Select<<S as With<J>>::Rows, R>
    where
        S: With<J>,
    {
        let alias = <S as With<J>>::ALIAS;
        let on = On { child: alias, column, parent, parent_entity: P::DESCRIPTOR };
        self.joined(Join { word, entity: C::DESCRIPTOR, alias, on })
    }
}

impl<S, T, N, A> Column<S, T, N, A> {
    fn erased(self) -> (Alias, &'static str) {
        (self.alias, self.name)
    }
}
