//! The names of the keys and indexes that emission makes.
//!
//! They read like PostgreSQL's own (`tasks_project_id_fkey`) and depend on nothing but the entity, so that a file that
//! is emitted later finds what an earlier one made. A name longer than PostgreSQL keeps would be cut off in silence,
//! and two cut ones could become one: it is shortened here, and ends in a hash of the whole.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use crate::schema::error::SchemaError;
use crate::schema::model::Entity;

/// NAMEDATALEN - 1: what PostgreSQL keeps of a name.
pub(crate) const MAX_BYTES: usize = 63;

/// `<table>_pkey`.
pub(crate) fn primary_key(entity: &Entity) -> String {
    name(&[&entity.table.name], "pkey")
}

/// `<table>_<tenant>_<columns>_key`, of a global table without the tenant, as all of these.
pub(crate) fn unique(entity: &Entity, columns: &[impl AsRef<str>]) -> String {
    name(&with_tenant(entity, columns), "key")
}

/// `<table>_<tenant>_<columns>_idx`.
pub(crate) fn index(entity: &Entity, columns: &[impl AsRef<str>]) -> String {
    name(&with_tenant(entity, columns), "idx")
}

/// `<table>_<column>_fkey`.
pub(crate) fn foreign_key(entity: &Entity, column: &str) -> String {
    name(&[&entity.table.name, column], "fkey")
}

fn with_tenant<'a>(entity: &'a Entity, columns: &'a [impl AsRef<str>]) -> Vec<&'a str> {
    let mut parts = vec![entity.table.name.as_str()];
    parts.extend(entity.tenant.as_deref());
    parts.extend(columns.iter().map(AsRef::as_ref));
    parts
}

fn name(parts: &[&str], suffix: &str) -> String {
    let whole = format!("{}_{suffix}", parts.join("_"));
    if whole.len() <= MAX_BYTES {
        return whole;
    }
    // NUL is in no name, so that ["a", "b_c"] and ["a_b", "c"] do not meet.
    let hash = hex(&Sha256::digest(parts.join("\0")));
    let mut room = MAX_BYTES - "_12345678_".len() - suffix.len();
    while !whole.is_char_boundary(room) {
        room -= 1;
    }
    format!("{}_{}_{suffix}", &whole[..room], &hash[..8])
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The names that are taken. Tables, indexes and the indexes behind keys share one space of names in a schema.
#[derive(Debug, Default)]
pub(crate) struct Names(BTreeSet<(String, String)>);

impl Names {
    pub(crate) fn claim(&mut self, entity: &Entity, errors: &mut Vec<SchemaError>) {
        let schema = &entity.table.schema;
        let indexes = entity.all_indexes();
        let keys = [entity.table.name.clone(), primary_key(entity)]
            .into_iter()
            .chain(entity.uniques.iter().map(|columns| unique(entity, columns)))
            .chain(indexes.iter().map(|columns| index(entity, columns)));
        for name in keys {
            if !self.0.insert((schema.clone(), name.clone())) {
                errors.push(SchemaError::NameCollision { schema: schema.clone(), name });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_name_reads_like_postgresqls_own() {
        assert_eq!(name(&["tasks", "project_id"], "fkey"), "tasks_project_id_fkey");
        let fits = "t".repeat(MAX_BYTES - "_pkey".len());
        assert_eq!(name(&[&fits], "pkey").len(), MAX_BYTES);
        assert!(name(&[&fits], "pkey").starts_with(&fits));
    }

    #[test]
    fn a_long_name_is_cut_between_characters_and_tells_the_whole_by_a_hash() {
        for table in ["t".repeat(63), "é".repeat(31), "表".repeat(21)] {
            for column in ["c", "d", &"c".repeat(63)] {
                let cut = name(&[&table, column], "fkey");
                assert!(cut.len() <= MAX_BYTES && cut.len() > MAX_BYTES - 4, "{cut}");
                assert!(cut.ends_with("_fkey"));
                assert_eq!(cut, name(&[&table, column], "fkey"), "the same each time");
            }
            assert_ne!(name(&[&table, "c"], "fkey"), name(&[&table, "d"], "fkey"));
        }
        let (a, b) = ("a".repeat(40), "b".repeat(40));
        assert_ne!(name(&[&a, &format!("{b}_c")], "key"), name(&[&format!("{a}_{b}"), "c"], "key"));
    }
}
