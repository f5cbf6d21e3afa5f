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

    /// What was found, when something was or no version was asked for.
    pub(crate) fn found<T>(&self, found: T, none: bool, entity: &EntityDescriptor) -> Result<T, Error> {
        match &self.0 {
            Some(_) if none => Err(Error::StaleVersion { entity: entity.entity }),
            _ => Ok(found),
        }
    }
}
