//! What an entity costs to compile, side by side with what SeaORM and diesel ask for the same table.
//!
//! For each contender a crate of some hundred entities is written, of ten columns each and each in a file of its own.
//! Its dependencies are built, untimed. Then it is checked again and again, by `cargo check` as an editor or a
//! developer would, the contenders in turn so that a machine that becomes slower does so for all of them:
//!
//! * **full**: the crate from nothing, without incremental compilation. What a clean build and CI pay.
//! * **incremental**: after one field of one entity changed its name. What is paid at every save.
//!
//! Timed is the whole of cargo, its start included, since that is what one waits for. The processor time of cargo and
//! rustc is noted beside the time on the clock, because it hardly depends on what else the machine does.
//!
//! `table` says what the entities hold, `contender` how each contender writes them, `project` puts them on the disk,
//! and `check` runs cargo.

mod check;
mod contender;
mod project;
mod table;

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;

use self::check::{Cargo, Cost};
use self::contender::CONTENDERS;
use self::project::Project;

/// What is measured, and where.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// The root of the repository of `tenancy`: its facade crate.
    pub(crate) repository: PathBuf,
    /// Where crates are written and built. What an earlier run built there is used again.
    pub(crate) scratch: PathBuf,
    /// How many entities a crate has.
    pub(crate) entities: usize,
    /// How often each contender is checked in each kind.
    pub(crate) rounds: usize,
}

/// How much of the crate is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// All of it, from nothing.
    Full,
    /// What a change of one entity makes necessary.
    Incremental,
}

/// What one contender cost, one sample a round. Samples of the same round stand at the same place in every series.
#[derive(Debug, Clone)]
pub(crate) struct Series {
    /// `tenancy`, `sea-orm` or `diesel`.
    pub(crate) contender: &'static str,
    /// What was checked.
    pub(crate) kind: Kind,
    /// Time on the clock.
    pub(crate) wall: Vec<Duration>,
    /// Processor time, of user and system, of cargo and all that it ran.
    pub(crate) cpu: Vec<Duration>,
}

/// Measures every contender in every kind. `progress` is told what is being done, a line each.
///
/// # Errors
///
/// A crate cannot be written, or does not compile; or cargo checked more or less than the crate, so that the time
/// would mean nothing.
pub(crate) fn measure(options: &Options, progress: &mut dyn FnMut(&str)) -> anyhow::Result<Vec<Series>> {
    let repository = fs::canonicalize(&options.repository)
        .with_context(|| format!("no repository in {}", options.repository.display()))?;
    fs::create_dir_all(&options.scratch)
        .with_context(|| format!("cannot create {}", options.scratch.display()))?;
    let scratch = fs::canonicalize(&options.scratch)?;
    let cargo = Cargo::new(scratch.join("target"));

    let mut projects = Vec::with_capacity(CONTENDERS.len());
    for contender in &CONTENDERS {
        progress(&format!("{}: builds the dependencies", contender.id));
        let project = Project::write(contender, &scratch, &repository, options.entities)?;
        cargo.fetch_and_build(&project)?;
        projects.push(project);
    }

    let mut series = Vec::new();
    for kind in [Kind::Full, Kind::Incremental] {
        let first = series.len();
        for project in &mut projects {
            // Changing the kind makes cargo check crates again that are no dependencies of the other kind's.
            cargo.warm_up(project, kind)?;
            series.push(Series { contender: project.contender.id, kind, wall: Vec::new(), cpu: Vec::new() });
        }
        for round in 0..options.rounds {
            // Whoever comes first follows another each time.
            for i in 0..projects.len() {
                let i = (i + round) % projects.len();
                let Cost { wall, cpu } = sample(&cargo, &mut projects[i], kind)?;
                let series = &mut series[first + i];
                progress(&format!("{} {kind:?}: {wall:.2?}, processor {cpu:.2?}", series.contender));
                series.wall.push(wall);
                series.cpu.push(cpu);
            }
        }
    }
    Ok(series)
}

fn sample(cargo: &Cargo, project: &mut Project, kind: Kind) -> anyhow::Result<Cost> {
    match kind {
        Kind::Full => project.touch()?,
        Kind::Incremental => project.revise()?,
    }
    cargo.check(project, kind)
}
