//! The examination that each emitted file begins with: whether the tables are as emission needs them.
//!
//! A user's `CREATE TABLE` holds columns, and emission owns the keys. Where another key stands, adding ours would leave
//! theirs in force, so the migration fails and says how to mend it.

use crate::schema::emit::quote::{literal, literals};
use crate::schema::model::{Entity, Model};

/// The SQL of the examination of every listed table: the foreign keys between them concern both sides.
pub(crate) fn examine(model: &Model, tag: &str) -> String {
    let listed = model.entities.iter().map(row).collect::<Vec<_>>().join(",\n");
    format!(include_str!("examine.sql"), tag = tag, listed = listed)
}

fn row(entity: &Entity) -> String {
    let key = [entity.tenant.as_str()].into_iter().chain(entity.id());
    format!(
        "      ({}, {}, {}, ARRAY[{}], ARRAY[{}])",
        literal(&entity.table.schema),
        literal(&entity.table.name),
        literal(&entity.tenant),
        literals(key),
        literals(entity.columns.iter().map(|column| column.name.as_str())),
    )
}
