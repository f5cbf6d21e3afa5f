//! [`Lock`]: `tenancy.lock.json`, what PostgreSQL was told so far.
//!
//! It is committed beside the migrations, like `Cargo.lock`: the golden test compares the entities with it, and a tool
//! that cannot see the structs reads it. Entities stand in the order of their tables, so that a change is a small diff.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::schema::model::{Entity, Model, Table};
use crate::schema::names::hex;

/// The file's name, in the folder of the migrations.
pub(crate) const FILE: &str = "tenancy.lock.json";

/// The version of the file's own form.
pub(crate) const FORMAT: u32 = 1;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lock {
    pub(crate) format: u32,
    /// The [`EDITION`](crate::schema::emit::EDITION) of the SQL that was emitted.
    pub(crate) edition: u32,
    pub(crate) runtime_role: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cross_tenant_role: Option<String>,
    /// By table.
    pub(crate) entities: Vec<Entity>,
    /// The tables whose rows belong to no tenant. By table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) globals: Vec<Entity>,
    /// Not emitted: for tools that cannot see the structs. By table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) adopting: Vec<Entity>,
    /// Every table that ever was retired, and was not listed again. By name.
    pub(crate) retired: Vec<Table>,
    /// Every file that was emitted, oldest first.
    pub(crate) migrations: Vec<Emitted>,
}

/// A file that was emitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Emitted {
    pub(crate) file: String,
    pub(crate) sha256: String,
    /// Its reverse. Files of the first edition have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reverse: Option<Reverse>,
}

/// The reverse of a file: in the folder of the migrations, or below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reverse {
    pub(crate) file: String,
    pub(crate) sha256: String,
}

/// Why a lock file cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LockError {
    #[error("{FILE} was written by a newer version of tenancy (format {0}): update tenancy")]
    Newer(u32),
    #[error("{FILE} is broken ({0}): restore it from version control; it is never edited by hand")]
    Broken(serde_json::Error),
}

impl Lock {
    pub(crate) fn parse(text: &str) -> Result<Self, LockError> {
        /// Read first: a newer form need not look like this one.
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let Format { format } = serde_json::from_str(text).map_err(LockError::Broken)?;
        if format > FORMAT {
            return Err(LockError::Newer(format));
        }
        serde_json::from_str(text).map_err(LockError::Broken)
    }

    pub(crate) fn render(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }

    /// What the entities said when it was written.
    pub(crate) fn model(self) -> Model {
        let Self { runtime_role, cross_tenant_role, entities, globals, adopting, retired, .. } = self;
        Model { runtime_role, cross_tenant_role, entities, globals, adopting, retired }
    }

    /// Everything that PostgreSQL was told about: isolated tables, then global ones.
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

/// The checksum of a file's text. Line ends do not count: version control may change them on a checkout.
pub(crate) fn checksum(text: &str) -> String {
    hex(&Sha256::digest(text.replace("\r\n", "\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_says_what_to_do() {
        let newer = Lock::parse(r#"{ "format": 2, "tenants": [] }"#).expect_err("newer");
        assert!(newer.to_string().contains("update tenancy"), "{newer}");
        let broken = Lock::parse("{").expect_err("broken");
        assert!(broken.to_string().contains("restore it"), "{broken}");
        let conflict = Lock::parse("<<<<<<< HEAD\n{}").expect_err("a merge conflict");
        assert!(conflict.to_string().contains("restore it"), "{conflict}");
    }

    #[test]
    fn line_ends_do_not_count() {
        assert_eq!(checksum("a\r\nb\n"), checksum("a\nb\n"));
        assert_ne!(checksum("a\nb\n"), checksum("a\nb"));
    }
}
