//! The doctor: whether a whole database is sound, and stays it.
//!
//! `connect` asks what decides about the isolation of its own login, and refuses. The doctor asks further: for every role
//! that is a member of the runtime role, and whatever those can become; for what a column grant, a view, a function, a
//! sequence or a publication lets through; for what the entities ask for and the database has not, and the other way
//! round. It changes nothing, in one round trip, as any role that can read the catalogs.

mod accepted;
mod question;
mod report;
mod survey;

use std::time::SystemTime;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow};
use sqlx::{ConnectOptions as _, Connection as _, Row as _};

pub use self::accepted::{Acceptance, Accepted, AcceptedError};
pub use self::report::Report;
pub use self::survey::{Survey, SurveyError};
use crate::error::Error;
use crate::schema::emit;
use crate::schema::model::Model;
use crate::schema::verify::LEAST_VERSION;
use crate::schema::{Finding, Outline, Schema};
pub use crate::schema::{UnreadableLock, UnsoundSchema};

/// Examines databases.
///
/// ```no_run
/// # async fn examine(options: sqlx::postgres::PgConnectOptions) -> Result<(), Box<dyn std::error::Error>> {
/// # tenancy_core::schema! { pub SCHEMA: [] }
/// use tenancy_core::doctor::{Accepted, Doctor};
///
/// let doctor = Doctor::new(&SCHEMA)?.accepted(Accepted::parse(&std::fs::read_to_string("tenancy.accepted.toml")?)?);
/// let report = doctor.connect_and_examine(&options).await?;
/// assert!(report.is_clean(), "{report}");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Doctor {
    model: Model,
    accepted: Accepted,
    /// In place of the server's own.
    version: Option<u32>,
}

impl Doctor {
    /// What the entities of a schema ask for.
    ///
    /// # Errors
    ///
    /// [`UnsoundSchema`], as [`Schema::check`].
    pub fn new(schema: &Schema) -> Result<Self, UnsoundSchema> {
        let model = Model::new(schema)?;
        Ok(Self { model, accepted: Accepted::default(), version: None })
    }

    /// What the last emitted migration asked for, by the text of its `tenancy.lock.json`: for tools that cannot see the
    /// structs. The types of columns are not compared (`T18-TYPE`), since PostgreSQL is never told them and the file does
    /// not hold them.
    ///
    /// # Errors
    ///
    /// [`UnreadableLock`], when the file is broken or was written by a newer version of tenancy.
    pub fn from_lock(text: &str) -> Result<Self, UnreadableLock> {
        Outline::from_lock(text).map(Self::of)
    }

    /// What an outline says: of a lock file, or of the database itself ([`Survey`]).
    #[must_use]
    pub fn of(outline: Outline) -> Self {
        Self { model: outline.model, accepted: Accepted::default(), version: None }
    }

    /// What an administrator runs, as [`Schema::provision_sql`].
    #[must_use]
    pub fn provision_sql(&self) -> String {
        emit::provision(&self.model)
    }

    /// The findings that are accepted.
    #[must_use]
    pub fn accepted(self, accepted: Accepted) -> Self {
        Self { accepted, ..self }
    }

    /// For tests: as if the server were of this version, as `server_version_num` has it.
    #[doc(hidden)]
    #[must_use]
    pub fn __at_version(self, version: u32) -> Self {
        Self { version: Some(version), ..self }
    }

    /// Opens a connection, examines, and closes it.
    ///
    /// # Errors
    ///
    /// As [`examine`](Self::examine).
    pub async fn connect_and_examine(&self, options: &PgConnectOptions) -> Result<Report, Error> {
        let mut pg = options.connect().await.map_err(driver)?;
        let report = self.examine(&mut pg).await?;
        pg.close().await.map_err(driver)?;
        Ok(report)
    }

    /// Examines the database of a connection, which must be in no transaction. Its role does not matter: what is asked
    /// about are the runtime role and its members.
    ///
    /// # Errors
    ///
    /// [`Error::Connection`] and [`Error::Database`] when the server cannot be asked.
    pub async fn examine(&self, pg: &mut PgConnection) -> Result<Report, Error> {
        let version = self.version.or(pg.server_version_num());
        if let Some(version) = version.filter(|version| *version < LEAST_VERSION) {
            return Ok(Report::new(vec![Finding::old_server(version)], &self.accepted, SystemTime::now()));
        }
        let question = question::question(&self.model, version);
        // As a simple query: one message, one transaction, nothing prepared.
        let rows = sqlx::raw_sql(sqlx::AssertSqlSafe(question)).fetch_all(pg).await.map_err(driver)?;
        let findings: Result<Vec<_>, _> = rows.iter().map(|row| self.finding(row)).collect();
        Ok(Report::new(findings.map_err(driver)?, &self.accepted, SystemTime::now()))
    }

    fn finding(&self, row: &PgRow) -> Result<Finding, sqlx::Error> {
        let (code, object): (String, String) = (row.try_get("code")?, row.try_get("object")?);
        let mut mend: String = row.try_get("mend")?;
        // Whatever is wrong with the foundation, all of it is said again: it can be.
        if mend.starts_with("apply the emitted migrations")
            && (code.starts_with('B') || code == "R00-NO-ROLE")
        {
            mend = question::foundation(&self.model);
        } else if let Some((before, number)) = mend.split_once("add part ") {
            let part = number.parse().ok().and_then(|number| question::add_part(&self.model, number));
            mend = format!("{before}{}", part.unwrap_or_default());
        } else if mend == "provision again" {
            mend = self.provision_sql();
        } else if code == "T11-PRIMARY-KEY" {
            mend = mend.strip_suffix("apply the emitted migrations").unwrap_or(&mend).to_owned();
            mend += &question::primary_key(&self.model, &object).unwrap_or_default();
        }
        Ok(Finding { code: code.into(), object, problem: row.try_get("problem")?, mend })
    }
}

fn driver(error: sqlx::Error) -> Error {
    Error::from_driver(error, "")
}
