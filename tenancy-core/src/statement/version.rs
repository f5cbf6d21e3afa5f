//! [`AtVersion`]: a change of a row that is as it was read.
//!
//! Between reading a row and writing it back somebody else may have changed it. A version that the library counts shows it:
//! the write names the version that was read, and does nothing to any other (optimistic locking). That nothing was changed
//! is an error of its own then, also when the row is gone: both say that what was read is no longer true.

use crate::entity::{Alias, Parameter};
use crate::error::Error;
use crate::schema::EntityDescriptor;
use crate::statement::sql::Sql;

/// The version that a changed or deleted row must have, if one must.
#[derive(Debug, Default)]
pub(crate) struct AtVersion(Option<Parameter>);

impl AtVersion {
    pub(crate) fn is(version: Parameter) -> Self {
        Self(Some(version))
    }

    /// Writes ` AND …`.
    pub(crate) fn render(&self, sql: &mut Sql, entity: &EntityDescriptor) -> Result<(), Error> {
        if let (Some(value), Some(version)) = (&self.0, entity.kept.version) {
            sql.push(" AND ").alias(Alias::ROOT).push(".").name(version).push(" = ").value(value)?;
        }
        Ok(())
    }

    /// There was no such row: an error when it was said which version it has.
    pub(crate) fn found_none(&self, entity: &EntityDescriptor) -> Result<(), Error> {
        match &self.0 {
            Some(_) => Err(Error::StaleVersion { entity: entity.entity }),
            None => Ok(()),
        }
    }
}
