//! [`AdoptError`]: why a stage did not end.

use std::time::Duration;

use crate::adopt::Rehearsal;
use crate::error::Error;
use crate::schema::UnsoundSchema;

/// Why a stage of an adoption did not end. What was done until then stays; say the stage again when it is mended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdoptError {
    /// PostgreSQL could not keep the schema.
    #[error(transparent)]
    Schema(#[from] UnsoundSchema),
    /// The schema lists no table as `adopting`.
    #[error("the schema lists no table as `adopting`")]
    NothingToAdopt,
    /// What was said of a table that is not in `adopting`.
    #[error("{table} is no table of the schema's that is listed as `adopting`")]
    Unlisted {
        /// The name that was given.
        table: String,
    },
    /// The migrations that emission wrote have not run: nobody could be bound.
    #[error("the foundation is not there: apply the emitted migrations first")]
    NoFoundation,
    /// The table cannot be adopted as it stands.
    #[error("{table} cannot be adopted: {why}")]
    Unsuitable {
        /// The table.
        table: String,
        /// Why, and the mend.
        why: &'static str,
    },
    /// The tenant column is not there or not filled, and no expression says whose the rows are.
    #[error("nothing says whose the rows of {table} are: give `tenant_of` an expression for its entity")]
    NoSource {
        /// The table.
        table: String,
    },
    /// Rows do not fit.
    #[error("{0}")]
    Violations(Rehearsal),
    /// A lock was never free, or a batch never fast enough, for as long as [`patience`](crate::adopt::Adoption::patience).
    #[error("{what} of {table} was tried for {waited:?}, and never got its lock in time")]
    Locked {
        /// The table.
        table: String,
        /// What was tried.
        what: &'static str,
        /// For how long.
        waited: Duration,
    },
    /// [`prepare`](crate::adopt::Adoption::prepare) has not ended for the table.
    #[error("{table} is not prepared: say `prepare` again ({missing} is missing)")]
    NotPrepared {
        /// The table.
        table: String,
        /// What is missing.
        missing: String,
    },
    /// Views would show the new program every tenant's rows.
    #[error(
        "{views} would show {table} to the new program with the rights of their owner: ALTER VIEW .. SET (security_invoker = true), \
         or revoke what the runtime role may do with them"
    )]
    ReadPast {
        /// The table.
        table: String,
        /// The views and materialized views.
        views: String,
    },
    /// Row-level security is forced already, and hides the rows from the owner.
    #[error(
        "row-level security of {table} is forced already, and would hide its rows from this login: what is missing ({missing}) is \
         added by emission when the adoption is finished, or now as a login with BYPASSRLS that is a member of the owner"
    )]
    Blind {
        /// The table.
        table: String,
        /// What is missing, or what was asked.
        missing: String,
    },
    /// Another adoption of this database is running, or one that was cut off has not ended on the server.
    #[error("another adoption of this database has been running for {waited:?}")]
    Running {
        /// For how long it was waited for.
        waited: Duration,
    },
    /// [`enforce`](crate::adopt::Adoption::enforce) has not ended for the table.
    #[error("{table} is not enforced: say `enforce` first")]
    NotEnforced {
        /// The table.
        table: String,
    },
    /// The old role does not exist, or is not apart from the runtime role.
    #[error("the old role {role:?} {why}")]
    OldRole {
        /// The role.
        role: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Tables that are not adopted refer to the old key.
    #[error("{by} refers to the old key of {table}: adopt it too, or drop that foreign key")]
    StillReferenced {
        /// The table whose key it is.
        table: String,
        /// The tables that refer to it.
        by: String,
    },
    /// PostgreSQL refused, or could not be reached.
    #[error(transparent)]
    Database(#[from] Error),
}

impl From<sqlx::Error> for AdoptError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(Error::from_driver(error, ""))
    }
}
