//! `cargo tenancy generate`: the migration that the structs ask for, shown and then written.
//!
//! No tool sees the structs; the program's own test does, which `tenancy::migrations!` makes. It is run twice: once to say what
//! it would write (`TENANCY_MIGRATIONS=plan`, into files of a folder of ours), and once to write it.

use std::process::Command;

use serde::Deserialize;

use crate::args;
use crate::failure::{self, Failure, Outcome};
use crate::{ask, style};

/// What the test of one schema would do. `tenancy_core` writes it: `schema/golden.rs`.
#[derive(Debug, Deserialize)]
pub(crate) struct Plan {
    /// The folder of the migrations, as the program wrote it.
    pub(crate) folder: String,
    /// What differs between the structs and the lock file.
    pub(crate) differences: Vec<String>,
    /// What has to be mended before anything is written.
    pub(crate) refusals: Vec<String>,
    /// What would be written: names and texts.
    pub(crate) files: Vec<(String, String)>,
}

pub(crate) fn run(arguments: &args::Generate) -> Result<Outcome, Failure> {
    let plans = plans(&arguments.cargo)?;
    let mut refused = false;
    let mut something = false;
    for plan in &plans {
        show(plan);
        refused |= !plan.refusals.is_empty();
        something |= !plan.differences.is_empty();
    }
    if refused {
        return Ok(Outcome::Found);
    }
    if !something {
        anstream::eprintln!("{}: the entities say what was emitted", style::good("nothing to write"));
        return Ok(Outcome::Clean);
    }
    if arguments.dry_run || !ask::whether("Write this?", arguments.yes)? {
        return Ok(Outcome::Found);
    }
    let mut command = test(&arguments.cargo);
    command.env("TENANCY_MIGRATIONS", "write");
    succeed(command, &["--nocapture"])?;
    Ok(Outcome::Clean)
}

/// Asks the tests of every schema.
pub(crate) fn plans(cargo: &[String]) -> Result<Vec<Plan>, Failure> {
    let folder =
        tempfile::tempdir().map_err(|error| Failure::new(format!("a folder for the plans: {error}")))?;
    let folder = folder.path();
    let mut command = test(cargo);
    command.env("TENANCY_MIGRATIONS", "plan").env("TENANCY_MIGRATIONS_PLAN", folder);
    succeed(command, &[])?;
    let mut plans: Vec<Plan> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failure::io(folder))? {
        let path = entry.map_err(failure::io(folder))?.path();
        let text = std::fs::read_to_string(&path).map_err(failure::io(&path))?;
        let plan = serde_json::from_str(&text).map_err(|error| {
            Failure::new(format!("the test's plan cannot be read: {error}"))
                .mend("use one version of tenancy and tenancy-cli")
        })?;
        plans.push(plan);
    }
    plans.sort_by(|a, b| a.folder.cmp(&b.folder));
    if plans.is_empty() {
        return Err(Failure::new("no test of `tenancy::migrations!` ran")
            .mend("say `tenancy::migrations!(SCHEMA, \"migrations\")` beside `schema!`, and name its package: cargo tenancy generate -- -p PACKAGE"));
    }
    Ok(plans)
}

/// What differs, then the files in full: they are to be reviewed.
fn show(plan: &Plan) {
    if !plan.refusals.is_empty() {
        anstream::eprintln!(
            "{}: {}: nothing is written before this is mended",
            style::error("error"),
            plan.folder
        );
    }
    for refusal in &plan.refusals {
        anstream::eprintln!("  - {refusal}");
    }
    if !plan.differences.is_empty() {
        anstream::eprintln!(
            "{}",
            style::bold(format_args!("{}: the entities say something else than was emitted", plan.folder))
        );
    }
    for difference in &plan.differences {
        anstream::eprintln!("  - {difference}");
    }
    for (name, text) in &plan.files {
        crate::output::line!("{}", style::bold(format_args!("+++ {}/{name}", plan.folder)));
        for line in text.lines() {
            crate::output::line!("{} {line}", style::good("+"));
        }
    }
}

/// `cargo test` of the tests that `migrations!` makes.
fn test(cargo: &[String]) -> Command {
    // Cargo says who it is to its subcommands.
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["test", "--quiet"]).args(cargo).arg("tenancy_migrations");
    command
}

/// Runs it. What cargo and the tests print goes to standard error: standard output is ours.
fn succeed(mut command: Command, arguments: &[&str]) -> Result<(), Failure> {
    command.arg("--").args(arguments);
    let output = command.stderr(std::process::Stdio::inherit()).output();
    let output = output.map_err(|error| Failure::new(format!("cargo cannot be run: {error}")))?;
    let said = String::from_utf8_lossy(&output.stdout);
    for line in said
        .lines()
        .filter(|line| !output.status.success() || line.starts_with("tenancy:") || line.starts_with("  - "))
    {
        anstream::eprintln!("{line}");
    }
    if output.status.success() {
        Ok(())
    } else {
        Err(Failure::new(format!("the test did not pass ({})", output.status)))
    }
}
