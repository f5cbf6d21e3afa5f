//! What each emitted file asks before it changes a table: whether the server and the tables are as emission needs them.
//!
//! A user's `CREATE TABLE` holds columns, and emission owns the keys. Where another key stands, adding ours would leave
//! theirs in force, so the migration fails and says how to mend it. The same goes for views that would read past
//! row-level security.

use std::collections::BTreeSet;

use crate::schema::emit::change::{Change, Part};
use crate::schema::emit::quote::{literal, literals};
use crate::schema::model::{Entity, Model, Table};

/// One transaction, and a server that is new enough.
pub(crate) fn server(tag: &str) -> String {
    format!(include_str!("server.sql"), tag = tag)
}

/// The isolated entities of `now` that the changes are about, and the parents that they refer to: a foreign key concerns both.
pub(crate) fn concerned<'a>(now: &'a Model, changes: &[&Change<'_>]) -> Vec<&'a Entity> {
    let tables = tables_of(changes);
    now.entities.iter().filter(|entity| tables.contains(&entity.table)).collect()
}

/// The same, of global tables.
pub(crate) fn globals<'a>(now: &'a Model, changes: &[&Change<'_>]) -> Vec<&'a Entity> {
    let tables = tables_of(changes);
    now.globals.iter().filter(|global| tables.contains(&global.table)).collect()
}

fn tables_of<'a>(changes: &[&'a Change<'_>]) -> BTreeSet<&'a Table> {
    let mut tables: BTreeSet<&Table> = changes.iter().filter_map(|change| change.table()).collect();
    for change in changes {
        if let Change::AddPart(_, Part::ForeignKey(reference)) = change {
            tables.insert(&reference.parent);
        }
    }
    tables
}

/// The SQL of the examination of tables.
pub(crate) fn tables(entities: &[&Entity], role: &str, tag: &str) -> String {
    let listed = entities.iter().map(|entity| row(entity)).collect::<Vec<_>>().join(",\n");
    format!(include_str!("examine.sql"), tag = tag, listed = listed, role = literal(role))
}

fn row(entity: &Entity) -> String {
    let key = entity.led_by_tenant(&entity.id().collect::<Vec<_>>());
    format!(
        "      ({}, {}, {}, ARRAY[{}], ARRAY[{}])",
        literal(&entity.table.schema),
        literal(&entity.table.name),
        literal(entity.tenant()),
        literals(key),
        literals(entity.columns.iter().map(|column| column.name.as_str())),
    )
}
