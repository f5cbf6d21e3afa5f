//! [`Model`]: a schema in a form of its own, which emission reads and the lock file stores.
//!
//! Descriptors are `'static` and point at each other; the lock file outlives the program that wrote it. So both are
//! brought into one owned form, and everything after this module (emission, the plan, the differences) compares and
//! renders that form alone. What a `schema!` can say and PostgreSQL could not keep is refused here, all of it at once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::schema::error::{SchemaError, UnsoundSchema};
use crate::schema::names::{MAX_BYTES, Names};
use crate::schema::{ColumnRole, EntityDescriptor, OnDelete, Owner, Schema};

/// A table, by its schema and name. Ordered, so that lists of tables have one order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Table {
    pub(crate) schema: String,
    #[serde(rename = "table")]
    pub(crate) name: String,
}

impl Table {
    pub(crate) fn of(descriptor: &EntityDescriptor) -> Self {
        Self { schema: descriptor.schema_name().to_owned(), name: descriptor.table.to_owned() }
    }

    /// `schema.table`, or `table` in `public`: the same reading as `#[tenancy(table = "..")]`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (schema, name) = text.split_once('.').unwrap_or(("public", text));
        let valid = is_name(schema) && is_name(name) && !name.contains('.');
        valid.then(|| Self { schema: schema.to_owned(), name: name.to_owned() })
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.schema, self.name)
    }
}

/// What the attributes of one entity say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entity {
    #[serde(flatten)]
    pub(crate) table: Table,
    /// The tenant column; none of a global table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tenant: Option<String>,
    /// A global table that every tenant writes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) writable: bool,
    /// Visitors read it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) public_read: bool,
    /// The tenant's column included.
    pub(crate) columns: Vec<Column>,
    /// Without the tenant column that leads each of them in an isolated table, as `uniques`.
    pub(crate) indexes: Vec<Vec<String>>,
    pub(crate) uniques: Vec<Vec<String>>,
    pub(crate) references: Vec<Reference>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) role: ColumnRole,
    pub(crate) nullable: bool,
    /// What sqlx calls the type. The lock file does not hold it: PostgreSQL is never told.
    #[serde(skip)]
    pub(crate) sql_type: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Reference {
    pub(crate) column: String,
    pub(crate) parent: Table,
    /// None of a global table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) parent_tenant: Option<String>,
    pub(crate) parent_id: String,
    pub(crate) on_delete: OnDelete,
}

impl Entity {
    fn of(descriptor: &EntityDescriptor) -> Self {
        let owned = |keys: &[&[&str]]| -> Vec<Vec<String>> {
            keys.iter().map(|key| key.iter().map(|&column| column.to_owned()).collect()).collect()
        };
        let reference = |reference: &crate::schema::ReferenceDescriptor| {
            let parent = (reference.target)();
            Reference {
                column: reference.column.to_owned(),
                parent: Table::of(parent),
                parent_tenant: parent.tenant().map(str::to_owned),
                parent_id: parent.id().next().map_or("", |id| id.name).to_owned(),
                on_delete: reference.on_delete,
            }
        };
        Self {
            table: Table::of(descriptor),
            tenant: descriptor.tenant().map(str::to_owned),
            writable: descriptor.owner == Owner::Nobody { writable: true },
            // There is no policy on a global table that could let visitors in.
            public_read: descriptor.public_read && descriptor.tenant().is_some(),
            columns: descriptor
                .columns
                .iter()
                .map(|c| Column {
                    name: c.name.to_owned(),
                    role: c.role,
                    nullable: c.nullable,
                    sql_type: c.sql_type.map(|name| name()),
                })
                .collect(),
            indexes: owned(descriptor.indexes),
            uniques: owned(descriptor.uniques),
            references: descriptor.references.iter().map(reference).collect(),
        }
    }

    /// The tenant column of an isolated table. Of a global one it is no name at all, which PostgreSQL takes nowhere.
    pub(crate) fn tenant(&self) -> &str {
        self.tenant.as_deref().unwrap_or_default()
    }

    /// The columns of a key, led by the tenant column where there is one.
    pub(crate) fn led_by_tenant<'a>(&'a self, columns: &[&'a str]) -> Vec<&'a str> {
        self.tenant.as_deref().into_iter().chain(columns.iter().copied()).collect()
    }

    /// The columns of the primary key, without the tenant column that leads it.
    pub(crate) fn id(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().filter(|c| c.role.is_id()).map(|c| c.name.as_str())
    }

    /// The columns that the application may give on insert: all but those that the database fills in.
    pub(crate) fn insertable(&self) -> impl Iterator<Item = &str> {
        self.columns
            .iter()
            .filter(|c| !matches!(c.role, ColumnRole::Generated | ColumnRole::Kept))
            .map(|c| c.name.as_str())
    }

    /// The columns that the application may change: neither the tenant's, nor those of the key, nor generated ones.
    pub(crate) fn updatable(&self) -> impl Iterator<Item = &str> {
        self.columns
            .iter()
            .filter(|c| matches!(c.role, ColumnRole::Required | ColumnRole::Defaulted | ColumnRole::Kept))
            .map(|c| c.name.as_str())
    }

    /// Every index that is wanted beside the keys, without the tenant column that leads each: those that the entity
    /// asks for, then one for each reference that no key or index leads with. PostgreSQL makes none for a foreign key
    /// by itself, and each deletion of a parent would scan the table.
    pub(crate) fn all_indexes(&self) -> Vec<Vec<&str>> {
        let mut indexes: Vec<Vec<&str>> = Vec::new();
        for index in &self.indexes {
            let index: Vec<&str> = index.iter().map(String::as_str).collect();
            if !indexes.contains(&index) {
                indexes.push(index);
            }
        }
        for reference in &self.references {
            let column = reference.column.as_str();
            let led = self.id().next() == Some(column)
                || self.uniques.iter().any(|key| key.first().is_some_and(|first| first == column))
                || indexes.iter().any(|index| index.first() == Some(&column));
            if !led {
                indexes.push(vec![column]);
            }
        }
        indexes
    }

    /// The same entity with everything whose order says nothing in one order. Moving a field is no change.
    pub(crate) fn canonical(&self) -> Self {
        let mut canonical = self.clone();
        for column in &mut canonical.columns {
            column.sql_type = None;
        }
        // Stable, so that the columns of a composite key keep their order among themselves.
        canonical
            .columns
            .sort_by_key(|c| (!c.role.is_id(), if c.role.is_id() { String::new() } else { c.name.clone() }));
        canonical.indexes.sort();
        canonical.uniques.sort();
        canonical.references.sort();
        canonical
    }
}

impl ColumnRole {
    pub(crate) fn is_id(self) -> bool {
        matches!(self, Self::Id | Self::DefaultId)
    }
}

/// A schema that PostgreSQL can keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Model {
    pub(crate) runtime_role: String,
    pub(crate) cross_tenant_role: Option<String>,
    /// By table.
    pub(crate) entities: Vec<Entity>,
    /// The tables whose rows belong to no tenant. By table.
    pub(crate) globals: Vec<Entity>,
    /// Of tables that programs use which do not know tenancy: emission leaves them alone. By table.
    pub(crate) adopting: Vec<Entity>,
    /// By name.
    pub(crate) retired: Vec<Table>,
}

impl Model {
    /// Reads a schema.
    ///
    /// # Errors
    ///
    /// Everything that PostgreSQL could not keep, at once.
    pub(crate) fn new(schema: &Schema) -> Result<Self, UnsoundSchema> {
        let mut errors = Vec::new();
        let mut entities: BTreeMap<Table, (Entity, &'static EntityDescriptor)> = BTreeMap::new();
        for descriptor in schema.listed() {
            let entity = Entity::of(descriptor);
            if let Some((_, first)) = entities.get(&entity.table) {
                errors.push(SchemaError::TwoEntitiesOnOneTable {
                    table: entity.table.to_string(),
                    first: first.entity,
                    second: descriptor.entity,
                });
            } else {
                entities.insert(entity.table.clone(), (entity, descriptor));
            }
        }
        let mut retired = BTreeSet::new();
        for &text in schema.retired() {
            match Table::parse(text) {
                Some(table) if entities.contains_key(&table) => {
                    errors.push(SchemaError::RetiredAndListed { table: text.to_owned() });
                }
                Some(table) => drop(retired.insert(table)),
                None => errors.push(SchemaError::InvalidName { name: text.to_owned() }),
            }
        }
        let mut adopting = BTreeSet::new();
        for &text in schema.adopting() {
            match Table::parse(text) {
                Some(table) if entities.get(&table).is_some_and(|(entity, _)| entity.tenant.is_some()) => {
                    adopting.insert(table);
                }
                _ => errors.push(SchemaError::AdoptingUnlisted { table: text.to_owned() }),
            }
        }
        let (role, cross) = (schema.runtime_role(), schema.cross_tenant_role());
        for role in [Some(role), cross].into_iter().flatten() {
            if !is_name(role) || role.starts_with("pg_") || matches!(role, "public" | "none") {
                errors.push(SchemaError::InvalidName { name: role.to_owned() });
            }
        }
        if cross == Some(role) {
            errors.push(SchemaError::OneRoleForBoth { role: role.to_owned() });
        }
        let mut names = Names::default();
        for (entity, descriptor) in entities.values() {
            check_entity(entity, descriptor, &mut errors);
            check_references(descriptor, &entities, &mut errors);
            names.claim(entity, &mut errors);
        }
        if !errors.is_empty() {
            return Err(UnsoundSchema(errors));
        }
        let entities = entities.into_values().map(|(entity, _)| entity);
        let (globals, entities): (Vec<_>, Vec<_>) = entities.partition(|entity| entity.tenant.is_none());
        let (adopting, entities) = entities.into_iter().partition(|entity| adopting.contains(&entity.table));
        Ok(Self {
            runtime_role: role.to_owned(),
            cross_tenant_role: cross.map(str::to_owned),
            entities,
            globals,
            adopting,
            retired: retired.into_iter().collect(),
        })
    }

    /// Every isolated entity, those that are being adopted as well.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Entity> {
        self.entities.iter().chain(&self.adopting)
    }

    /// Everything that emission tells PostgreSQL about: isolated tables, then global ones.
    pub(crate) fn emitted(&self) -> impl Iterator<Item = &Entity> {
        self.entities.iter().chain(&self.globals)
    }

    /// An isolated table.
    pub(crate) fn entity(&self, table: &Table) -> Option<&Entity> {
        self.entities.iter().find(|entity| entity.table == *table)
    }

    /// Either.
    pub(crate) fn table(&self, table: &Table) -> Option<&Entity> {
        self.emitted().find(|entity| entity.table == *table)
    }

    /// A global one.
    pub(crate) fn global(&self, table: &Table) -> Option<&Entity> {
        self.globals.iter().find(|global| global.table == *table)
    }
}

/// Whether PostgreSQL keeps a name as it is.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= MAX_BYTES && !name.contains('\0')
}

/// The derive refuses most of this in the user's code; a descriptor that was written by hand is believed no more.
fn check_entity(entity: &Entity, descriptor: &EntityDescriptor, errors: &mut Vec<SchemaError>) {
    let name = descriptor.entity;
    let columns = entity.columns.iter().map(|column| &column.name);
    for invalid in
        [&entity.table.schema, &entity.table.name].into_iter().chain(columns).filter(|n| !is_name(n))
    {
        errors.push(SchemaError::InvalidName { name: invalid.clone() });
    }
    let tenants = entity.columns.iter().filter(|c| c.role == ColumnRole::Tenant);
    if tenants.map(|c| &c.name).ne(&entity.tenant) {
        errors.push(SchemaError::NoTenantColumn { entity: name });
    }
    if entity.id().next().is_none() {
        errors.push(SchemaError::NoId { entity: name });
    }
    let mut seen = BTreeSet::new();
    for column in &entity.columns {
        if !seen.insert(column.name.as_str()) {
            errors.push(SchemaError::TwoFieldsOnOneColumn { entity: name, column: column.name.clone() });
        }
    }
    let keys = entity.indexes.iter().chain(&entity.uniques).flatten();
    for column in keys.chain(entity.references.iter().map(|reference| &reference.column)) {
        if !seen.contains(column.as_str()) || Some(column) == entity.tenant.as_ref() {
            errors.push(SchemaError::NoSuchColumn { entity: name, column: column.clone() });
        }
    }
    if entity.indexes.iter().chain(&entity.uniques).any(Vec::is_empty) {
        errors.push(SchemaError::EmptyKey { entity: name });
    }
}

fn check_references(
    descriptor: &EntityDescriptor,
    listed: &BTreeMap<Table, (Entity, &'static EntityDescriptor)>,
    errors: &mut Vec<SchemaError>,
) {
    for reference in descriptor.references {
        let parent = (reference.target)();
        let (entity, column) = (descriptor.entity, reference.column.to_owned());
        // By table, and by type: another entity on a table of the same name would not be the parent.
        let holds =
            listed.get(&Table::of(parent)).is_some_and(|(_, held)| (held.type_id)() == (parent.type_id)());
        if !holds {
            errors.push(SchemaError::ReferenceToUnlisted { entity, column, parent: parent.entity });
        } else if descriptor.tenant().is_none() && parent.tenant().is_some() {
            errors.push(SchemaError::GlobalReferencesTenants { entity, column, parent: parent.entity });
        } else if parent.id().count() != 1 {
            errors.push(SchemaError::ReferenceToCompositeId { entity, column, parent: parent.entity });
        } else if reference.on_delete == OnDelete::SetNull
            && descriptor.columns.iter().any(|c| c.name == reference.column && !c.nullable)
        {
            errors.push(SchemaError::SetNullOfRequired { entity, column });
        }
    }
}

#[cfg(test)]
mod tests;
