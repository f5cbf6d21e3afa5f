//! `cargo tenancy check`: drift between what was emitted, what the structs say, and what a database has.
//!
//! Three questions, each asked by what answers it best: the folder by the plan that emission itself makes, the structs by the
//! program's own test, and the database by sqlx's record of what it applied and by the doctor.

use std::collections::BTreeMap;

use sqlx::Row as _;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnection;
use tenancy_core::doctor::Doctor;
use tenancy_core::schema::{Finding, Severity};

use crate::args;
use crate::doctor::examine;
use crate::failure::{Failure, Outcome};
use crate::lock::Lock;
use crate::{database, generate, style};

pub(crate) async fn run(arguments: &args::Check) -> Result<Outcome, Failure> {
    let lock = Lock::read(arguments.lock.lock.as_deref())?;
    let mut drift = Drift::default();
    let folder = tenancy_core::schema::__drift(lock.folder()).map_err(Failure::new)?;
    drift.report(&format!("{} and the migrations beside it", lock.path.display()), folder);
    if arguments.entities {
        let mut lines = Vec::new();
        for plan in generate::plans(&arguments.cargo)? {
            let of = |line: &String| format!("{}: {line}", plan.folder);
            lines.extend(plan.refusals.iter().chain(&plan.differences).map(of));
        }
        drift.report("the entities", lines);
    }
    let has_url = arguments.url.url.as_deref().is_some_and(|url| !url.is_empty());
    if has_url && !arguments.offline {
        let options = database::options(&arguments.url)?;
        let mut pg = database::connect(&options).await?;
        drift.report("the migrations that are applied", applied(&lock, &mut pg).await?);
        let doctor = Doctor::of(lock.outline);
        let report = examine(&doctor, &mut pg).await?;
        let findings = report.findings.iter().filter(|finding| is_drift(finding));
        drift.report(
            "the database",
            findings.map(|finding| format!("{} [{}]", problem(finding), finding.code)).collect(),
        );
        if drift.found {
            anstream::eprintln!(
                "{} cargo tenancy doctor says what each means, and what mends it",
                style::note("note:")
            );
        }
    }
    Ok(if drift.found { Outcome::Found } else { Outcome::Clean })
}

fn problem(finding: &Finding) -> String {
    format!("{}: {}", finding.object, finding.problem)
}

#[derive(Default)]
struct Drift {
    found: bool,
}

impl Drift {
    fn report(&mut self, what: &str, lines: Vec<String>) {
        if lines.is_empty() {
            crate::output::line!("{} {what}", style::good("agrees"));
            return;
        }
        self.found = true;
        crate::output::line!("{} {what}", style::error("drifts"));
        for line in lines {
            crate::output::line!("  - {line}");
        }
    }
}

/// What emission makes, and what is no more than a difference to it. What else may be wrong with a database is the doctor's.
fn is_drift(finding: &Finding) -> bool {
    let made = finding.code.starts_with(['B', 'K', 'P', 'T']);
    let granted =
        matches!(&*finding.code, "R00-NO-ROLE" | "A00-CROSS-ROLE" | "G14-GRANT-MISSING" | "G15-GRANT-MORE");
    (made || granted) && finding.severity() != Severity::Info
}

/// The folder's migrations beside those that sqlx has applied.
async fn applied(lock: &Lock, pg: &mut PgConnection) -> Result<Vec<String>, Failure> {
    let folder = lock.folder();
    let migrator = Migrator::new(folder)
        .await
        .map_err(|error| Failure::new(format!("{}: {error}", folder.display())))?;
    let is_there: bool = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
        .fetch_one(&mut *pg)
        .await
        .map_err(database::refused("the database cannot be asked"))?;
    if !is_there {
        return Ok(vec![
            "sqlx has applied none: there is no table _sqlx_migrations (cargo sqlx migrate run)".to_owned(),
        ]);
    }
    let rows =
        sqlx::query("SELECT version, description, success, checksum FROM _sqlx_migrations ORDER BY version")
            .fetch_all(pg)
            .await
            .map_err(database::refused("what sqlx has applied cannot be read"))?;
    let mut recorded = BTreeMap::new();
    for row in rows {
        let read = || -> Result<_, sqlx::Error> {
            let applied = Applied {
                description: row.try_get("description")?,
                success: row.try_get("success")?,
                checksum: row.try_get("checksum")?,
            };
            Ok((row.try_get::<i64, _>("version")?, applied))
        };
        let (version, applied) = read().map_err(database::refused("what sqlx has applied cannot be read"))?;
        recorded.insert(version, applied);
    }
    let mut lines = Vec::new();
    for migration in migrator.iter().filter(|migration| !migration.migration_type.is_down_migration()) {
        let name = format!("{}_{}", migration.version, migration.description.replace(' ', "_"));
        match recorded.remove(&migration.version) {
            None => lines.push(format!("{name} is not applied")),
            Some(Applied { success: false, .. }) => lines.push(format!("{name} failed in its middle")),
            Some(applied) if applied.checksum != *migration.checksum => {
                lines.push(format!("{name} was changed after it was applied"));
            }
            Some(_) => {}
        }
    }
    for (version, Applied { description, .. }) in recorded {
        lines.push(format!("{version} ({description}) is applied, and is not in {}", folder.display()));
    }
    Ok(lines)
}

struct Applied {
    description: String,
    success: bool,
    checksum: Vec<u8>,
}
