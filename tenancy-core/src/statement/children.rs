//! [`Children`]: the rows that belong to many others, in one statement.
//!
//! Asking for the tasks of each project by itself is one round trip a project. This is one for all of them.

use std::collections::HashMap;
use std::hash::Hash;

use crate::db::Executor;
use crate::entity::{Column, ColumnsOf, Element, Entity, IntoValue, Parameter, References};
use crate::error::Error;
use crate::statement::condition::{Node, Operand};
use crate::statement::run;
use crate::statement::select::Select;

/// Reads rows by what they reference: made by [`Select::of_each`].
#[must_use = "a read does nothing until it is fetched"]
#[derive(Debug)]
pub struct Children<E, T, R> {
    select: Select<E, R>,
    /// Where the reference stands among the columns.
    position: usize,
    marker: std::marker::PhantomData<fn() -> T>,
}

impl<E: Entity, R> Select<E, R> {
    /// Reads the rows that reference one of these ids, told apart by it: all in one statement.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/entities.rs"));
    /// # fn main() {}
    /// # use std::collections::HashMap;
    /// # use uuid::Uuid;
    /// # async fn example(db: TenantDb, token: TenantToken) -> Result<(), tenancy::Error> {
    /// let projects: Vec<Project> = Project::find(&token).fetch_all(&db).await?;
    /// let mut tasks: HashMap<Uuid, Vec<Task>> = Task::find(&token)
    ///     .order_by(|t| t.title.asc())
    ///     .of_each(|t| t.project_id, projects.iter().map(|p| p.id))
    ///     .fetch_all(&db).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn of_each<P, T, N, A, V>(
        mut self,
        reference: impl FnOnce(ColumnsOf<E>) -> Column<E, T, N, References<P, A>>,
        ids: impl IntoIterator<Item = V>,
    ) -> Children<E, T, R>
    where
        T: Element + Eq + Hash,
        V: IntoValue<T>,
    {
        let column = reference(E::columns());
        let values: Vec<T> = ids.into_iter().map(IntoValue::into_value).collect();
        self.read.conditions.push(Node::List {
            operand: Operand::from(column),
            negated: false,
            empty: values.is_empty(),
            values: Parameter::array(values),
        });
        let position = E::DESCRIPTOR.position_of(column.name);
        Children { select: self, position, marker: std::marker::PhantomData }
    }
}

impl<E: Entity, T: Element + Eq + Hash, R> Children<E, T, R> {
    /// The rows, by what they reference, in the order of the read. What nothing references is not among the keys.
    ///
    /// # Errors
    ///
    /// An [`Error`] when the statement did not run.
    pub async fn fetch_all<'c, X: Executor<'c>>(self, executor: X) -> Result<HashMap<T, Vec<E>>, Error> {
        let position = self.position;
        let decode = |row: crate::entity::Row<'_>| Ok((row.get::<T>(position)?, E::decode(&row)?));
        let mut children: HashMap<T, Vec<E>> = HashMap::new();
        for (parent, child) in run::fetch_all(&self.select.read, executor.source(), decode).await? {
            children.entry(parent).or_default().push(child);
        }
        Ok(children)
    }

    /// The text of the statement; see [`Select::sql`].
    ///
    /// # Errors
    ///
    /// [`Error::Encode`] when a value cannot be encoded.
    pub fn sql(&self) -> Result<std::sync::Arc<str>, Error> {
        self.select.sql()
    }
}
