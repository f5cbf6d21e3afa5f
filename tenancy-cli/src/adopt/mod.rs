//! `cargo tenancy adopt`: tables in use taken into isolation, one stage at a time, with progress.
//!
//! What a stage does, and that it can be interrupted and said again, is `tenancy_core::adopt`'s. Here are its settings, its progress,
//! and Ctrl-C: the connection is closed, PostgreSQL ends what it was doing within a second, and the next run goes on from there.

mod config;
mod progress;

use tenancy_core::adopt::{AdoptError, Rehearsal};

use self::config::Config;
use self::progress::Bars;
use crate::args::{self, Stage};
use crate::failure::{Failure, Outcome};
use crate::lock::Lock;
use crate::{ask, database, style};

pub(crate) async fn run(arguments: &args::Adopt) -> Result<Outcome, Failure> {
    let lock = Lock::read(arguments.lock.lock.as_deref())?;
    let options = database::options(&arguments.url)?;
    let config = Config::read(&arguments.config)?;
    let bars = Bars::new();
    let adoption = config.adoption(&lock.outline).map_err(failed)?.on_progress(bars.listener());
    let database = database::name(&options);
    let question = match arguments.stage {
        Stage::Rehearse => None,
        Stage::Prepare => Some(format!("Add and fill the tenant column in the database {database:?}?")),
        Stage::Enforce => Some(format!(
            "Put row-level security in force in the database {database:?}? The program as {:?} goes on.",
            config.old_role
        )),
        Stage::Finish => Some(format!(
            "Finish in the database {database:?}? What runs as {:?} fails from then on.",
            config.old_role
        )),
    };
    if let Some(question) = question
        && !ask::whether(&question, arguments.yes)?
    {
        return Ok(Outcome::Found);
    }
    // So that what is wrong with the URL is said as everywhere.
    drop(database::connect(&options).await?);
    let stage = async {
        match arguments.stage {
            Stage::Rehearse => adoption.rehearse(&options).await.map(Done::Rehearsed),
            Stage::Prepare => adoption.prepare(&options).await.map(Done::Prepared),
            Stage::Enforce => adoption.enforce(&options).await.map(|()| Done::Enforced),
            Stage::Finish => adoption.finish(&options).await.map(|()| Done::Finished),
        }
    };
    let done = tokio::select! {
        done = stage => done,
        _ = tokio::signal::ctrl_c() => {
            bars.clear();
            return Err(Failure::interrupted("interrupted: what is done stays done")
                .mend(format!("say it again, and it goes on: cargo tenancy adopt {}", arguments.stage)));
        }
    };
    bars.clear();
    match done {
        Ok(done) => Ok(say(done)),
        Err(AdoptError::Violations(rehearsal)) => Ok(violations(&rehearsal)),
        Err(error) => Err(failed(error)),
    }
}

enum Done {
    Rehearsed(Rehearsal),
    Prepared(tenancy_core::adopt::Prepared),
    Enforced,
    Finished,
}

fn say(done: Done) -> Outcome {
    match done {
        Done::Rehearsed(rehearsal) if !rehearsal.is_clean() => return violations(&rehearsal),
        Done::Rehearsed(rehearsal) => {
            for (table, rows) in &rehearsal.rows {
                crate::output::line!("{} {table}: {rows} rows, and each fits", style::good("ok"));
            }
            next("cargo tenancy adopt prepare");
        }
        Done::Prepared(prepared) => {
            for table in &prepared.tables {
                // As lock timeouts are said.
                let took = table.longest.as_millis();
                crate::output::line!(
                    "{} {}: {} rows filled in {} batches, the longest of {took} ms",
                    style::good("ok"),
                    table.table,
                    table.rows,
                    table.batches
                );
            }
            if prepared.retries > 0 {
                crate::output::line!(
                    "{} {} attempts were given up so that others could go on",
                    style::note("note"),
                    prepared.retries
                );
            }
            next("cargo tenancy adopt enforce");
        }
        Done::Enforced => {
            crate::output::line!(
                "{} row-level security holds the new program; the old one goes on",
                style::good("ok")
            );
            next(
                "deploy the new program; when nothing runs the old one any more: cargo tenancy adopt finish",
            );
        }
        Done::Finished => {
            crate::output::line!("{} row-level security holds everybody", style::good("ok"));
            next("take the tables out of `adopting`, and write the last migration: cargo tenancy generate");
        }
    }
    Outcome::Clean
}

fn violations(rehearsal: &Rehearsal) -> Outcome {
    crate::output::line!("{} {rehearsal}", style::error("not yet:"));
    next("mend these rows (the queries show them, to the tables' owner), and say this stage again");
    Outcome::Found
}

fn next(what: &str) {
    anstream::eprintln!("{} {what}", style::note("next:"));
}

fn failed(error: AdoptError) -> Failure {
    let mend = match &error {
        AdoptError::NothingToAdopt => Some(
            "list the entities in `schema!` with their tables in `adopting`, and write the lock file: cargo tenancy generate",
        ),
        AdoptError::NoFoundation => Some("cargo sqlx migrate run"),
        AdoptError::NoSource { .. } => Some("give the table `tenant_of` or `tenant_by` in the configuration"),
        AdoptError::NotPrepared { .. } => Some("cargo tenancy adopt prepare"),
        AdoptError::NotEnforced { .. } => Some("cargo tenancy adopt enforce"),
        AdoptError::Locked { .. } => {
            Some("say it again at a quieter time, or raise `lock_timeout`: what is done stays done")
        }
        _ => None,
    };
    let failure = Failure::new(error.to_string());
    match mend {
        Some(mend) => failure.mend(mend),
        None => failure,
    }
}
