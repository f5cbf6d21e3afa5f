//! `cargo tenancy doctor`: a whole database examined, reported for people or for programs, and mended.

mod fix;
mod human;
mod json;
mod sarif;

use std::path::Path;

use sqlx::postgres::PgConnection;
use tenancy_core::doctor::{Accepted, Doctor, Report, Survey, SurveyError};
use tenancy_core::schema::{Outline, Severity};

use crate::args::{self, FailOn, Fix, Format, Known};
use crate::failure::{self, Failure, Outcome};
use crate::lock::Lock;
use crate::{database, explain};

/// Where accepted findings stand, unless another file is named.
const ACCEPTED: &str = "tenancy.accepted.toml";

pub(crate) async fn run(arguments: &args::Doctor) -> Result<Outcome, Failure> {
    if let Some(code) = &arguments.explain {
        return explain::run(code);
    }
    let options = database::options(&arguments.url)?;
    let accepted = accepted(arguments.accepted.as_deref())?;
    let lock = from_lock(&arguments.known)?;
    let mut pg = database::connect(&options).await?;
    let file = lock.as_ref().map(|lock| lock.path.display().to_string());
    let outline = match lock {
        Some(lock) => lock.outline,
        None => survey(&arguments.known, &mut pg).await?,
    };
    let examined = Examined::new(&outline, file);
    let doctor = Doctor::of(outline).accepted(accepted);
    let report = examine(&doctor, &mut pg).await?;
    let report = match arguments.fix {
        None => {
            print(arguments.format, &report, &examined)?;
            report
        }
        Some(Fix::Print) => {
            crate::output::write(format_args!("{}", fix::script(&report, &arguments.decide)));
            report
        }
        Some(Fix::Apply) => {
            let left = fix::apply(&doctor, &mut pg, &options, report, arguments).await?;
            print(arguments.format, &left, &examined)?;
            left
        }
    };
    Ok(if counts(&report, arguments.fail_on) { Outcome::Found } else { Outcome::Clean })
}

/// What was examined, for the report.
#[derive(Debug)]
struct Examined {
    tables: usize,
    runtime_role: String,
    /// The lock file; without one it was the database itself.
    file: Option<String>,
}

impl Examined {
    fn new(outline: &Outline, file: Option<String>) -> Self {
        Self { tables: outline.tables().len(), runtime_role: outline.runtime_role().to_owned(), file }
    }

    fn source(&self) -> &str {
        self.file.as_deref().unwrap_or("the database itself")
    }
}

/// Asks the database.
pub(crate) async fn examine(doctor: &Doctor, pg: &mut PgConnection) -> Result<Report, Failure> {
    doctor
        .examine(pg)
        .await
        .map_err(|error| Failure::new(format!("the database cannot be examined: {error}")))
}

/// The lock file, unless there is none or it is not to be asked.
pub(crate) fn from_lock(known: &Known) -> Result<Option<Lock>, Failure> {
    let by_hand = known.no_lock || known.tenant_column.is_some() || known.role.is_some();
    match &known.lock.lock {
        Some(_) if by_hand => Err(Failure::usage("a lock file says the tenant column and the role")
            .mend("take out --tenant-column and --role, or --lock")),
        Some(path) => Lock::find(Some(path)),
        None if by_hand => Ok(None),
        None => Lock::find(None),
    }
}

/// What the database itself says is isolated.
pub(crate) async fn survey(known: &Known, pg: &mut PgConnection) -> Result<Outline, Failure> {
    let mut survey = Survey::new();
    if let Some(column) = &known.tenant_column {
        survey = survey.tenant_column(column);
    }
    if let Some(role) = &known.role {
        survey = survey.runtime_role(role);
    }
    survey.look(pg).await.map_err(|error| {
        let mend = match &error {
            SurveyError::NoTenantColumn { .. } => "say which column holds the tenant: --tenant-column COLUMN",
            SurveyError::ManyTenantColumns { .. } => "say which one: --tenant-column COLUMN",
            SurveyError::NoSuchRole { .. } => "list them: SELECT rolname FROM pg_roles",
            SurveyError::NoRuntimeRole => {
                "say which role the application logs in as, or the group that it is in: --role ROLE"
            }
            SurveyError::ManyRuntimeRoles { .. } => "say which one the application logs in as: --role ROLE",
            _ => return Failure::new(error.to_string()),
        };
        Failure::new(error.to_string()).mend(mend)
    })
}

fn accepted(named: Option<&Path>) -> Result<Accepted, Failure> {
    let path = named.unwrap_or(Path::new(ACCEPTED));
    if named.is_none() && !path.exists() {
        return Ok(Accepted::default());
    }
    let text = std::fs::read_to_string(path).map_err(failure::io(path))?;
    Accepted::parse(&text).map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}

fn print(format: Format, report: &Report, examined: &Examined) -> Result<(), Failure> {
    let text = match format {
        Format::Human => {
            crate::output::write(format_args!("{}", human::render(report, examined)));
            return Ok(());
        }
        Format::Json => json::render(report, examined),
        Format::Sarif => sarif::render(report, examined),
    };
    let text = serde_json::to_string_pretty(&text).map_err(|error| Failure::new(error.to_string()))?;
    crate::output::line!("{text}");
    Ok(())
}

fn counts(report: &Report, fail_on: FailOn) -> bool {
    let worst = report.findings.iter().map(|finding| finding.severity()).min();
    let from = match fail_on {
        FailOn::Error => Severity::Error,
        FailOn::Warning => Severity::Warning,
        FailOn::Info => Severity::Info,
        FailOn::Never => return false,
    };
    worst.is_some_and(|worst| worst <= from)
}
