//! [`Outline`]: what is known of a schema without its structs.
//!
//! A program has its [`Schema`](crate::Schema). A tool has none: it has the lock file beside the migrations, or nothing but
//! the database. An outline is what either says, so that the doctor, an adoption and a diagram need not ask where it came
//! from.

use crate::schema::lock::{Lock, LockError};
use crate::schema::model::{Entity, Model, Table};
use crate::schema::{ColumnRole, OnDelete};

/// The tables of a schema, how each is isolated, and the runtime role: read from `tenancy.lock.json`, or found in a database
/// by `doctor::Survey`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    pub(crate) model: Model,
}

/// Why a lock file cannot be read: it is broken, or of a newer version.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct UnreadableLock(#[from] LockError);

/// A table of an [`Outline`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutlinedTable<'a> {
    entity: &'a Entity,
    isolation: Isolation<'a>,
}

/// Whose the rows of a table are, and how far that is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Isolation<'a> {
    /// Each row is the tenant's in this column, by row-level security.
    Isolated {
        /// The tenant column.
        tenant: &'a str,
        /// Visitors read the rows as well.
        public_read: bool,
    },
    /// As `Isolated`, for the runtime role alone: programs that know no tenants still use it.
    Adopting {
        /// The tenant column.
        tenant: &'a str,
    },
    /// The rows belong to no tenant.
    Global {
        /// Every tenant writes them.
        writable: bool,
    },
}

/// A column of an [`OutlinedTable`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutlinedColumn<'a> {
    /// Its name.
    pub name: &'a str,
    /// Who writes it, and when.
    pub role: ColumnRole,
    /// Whether the field is an `Option`.
    pub nullable: bool,
}

/// A reference of an [`OutlinedTable`]: a foreign key that pairs the tenants where both have one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutlinedReference<'a> {
    /// The column that refers.
    pub column: &'a str,
    /// Whether it may be `NULL`.
    pub nullable: bool,
    /// The schema and name of the table that it refers to.
    pub parent: (&'a str, &'a str),
    /// The column that it refers to.
    pub parent_id: &'a str,
    /// What becomes of the row when its parent is deleted.
    pub on_delete: OnDelete,
}

impl Outline {
    /// What the last emitted migration asked for, by the text of its `tenancy.lock.json`.
    ///
    /// # Errors
    ///
    /// [`UnreadableLock`], when the file is broken or was written by a newer version of tenancy.
    pub fn from_lock(text: &str) -> Result<Self, UnreadableLock> {
        Ok(Self { model: Lock::parse(text)?.model() })
    }

    /// The group role that holds the application's grants.
    #[must_use]
    pub fn runtime_role(&self) -> &str {
        &self.model.runtime_role
    }

    /// Every table, by its schema and name.
    #[must_use]
    pub fn tables(&self) -> Vec<OutlinedTable<'_>> {
        let isolated = self.model.entities.iter().map(|entity| {
            let isolation = Isolation::Isolated { tenant: entity.tenant(), public_read: entity.public_read };
            OutlinedTable { entity, isolation }
        });
        let adopting = self.model.adopting.iter().map(|entity| OutlinedTable {
            entity,
            isolation: Isolation::Adopting { tenant: entity.tenant() },
        });
        let globals = self.model.globals.iter().map(|entity| OutlinedTable {
            entity,
            isolation: Isolation::Global { writable: entity.writable },
        });
        let mut tables: Vec<_> = isolated.chain(adopting).chain(globals).collect();
        tables.sort_by_key(|table| &table.entity.table);
        tables
    }
}

impl<'a> OutlinedTable<'a> {
    /// Its schema.
    #[must_use]
    pub fn schema(&self) -> &'a str {
        &self.entity.table.schema
    }

    /// Its name, without the schema.
    #[must_use]
    pub fn name(&self) -> &'a str {
        &self.entity.table.name
    }

    /// Whose its rows are.
    #[must_use]
    pub fn isolation(&self) -> Isolation<'a> {
        self.isolation
    }

    /// Its columns, in the order of the struct.
    pub fn columns(&self) -> impl Iterator<Item = OutlinedColumn<'a>> + use<'a> {
        self.entity.columns.iter().map(|column| OutlinedColumn {
            name: &column.name,
            role: column.role,
            nullable: column.nullable,
        })
    }

    /// Its keys beside the primary one, without the tenant column that leads each in an isolated table.
    #[must_use]
    pub fn uniques(&self) -> &'a [Vec<String>] {
        &self.entity.uniques
    }

    /// What it refers to.
    pub fn references(&self) -> impl Iterator<Item = OutlinedReference<'a>> + use<'a> {
        let entity = self.entity;
        entity.references.iter().map(move |reference| {
            let Table { schema, name } = &reference.parent;
            OutlinedReference {
                column: &reference.column,
                nullable: entity
                    .columns
                    .iter()
                    .any(|column| column.name == reference.column && column.nullable),
                parent: (schema, name),
                parent_id: &reference.parent_id,
                on_delete: reference.on_delete,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::fixtures;
    use crate::schema::plan::{Plan, plan};

    #[test]
    fn the_lock_file_says_what_the_structs_say() {
        let model = Model::new(fixtures::schema(&[&fixtures::PROJECT, &fixtures::TASK], &[], "app"))
            .expect("a sound schema");
        let Plan::Write(write) = plan(&model, None, &[], std::time::UNIX_EPOCH) else {
            panic!("nothing was emitted")
        };
        let outline = Outline::from_lock(&write.lock.render().expect("JSON")).expect("a lock file");
        assert_eq!(outline.runtime_role(), model.runtime_role);
        let tables = outline.tables();
        assert_eq!(tables.len(), model.all().count() + model.globals.len());
        for (table, entity) in tables.iter().zip(&model.entities) {
            assert_eq!(
                (table.schema(), table.name()),
                (entity.table.schema.as_str(), entity.table.name.as_str())
            );
            assert_eq!(table.columns().count(), entity.columns.len());
            assert_eq!(table.references().count(), entity.references.len());
        }
    }
}
