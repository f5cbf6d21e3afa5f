//! What isolation costs, side by side with what others do. Run it as `cargo xtask bench`.

mod cell;
mod compile;
mod contender;
mod counted;
mod dataset;
mod draw;
#[cfg(all(test, feature = "rivals"))]
#[allow(dead_code, reason = "what a chapter of the guide shows: that it compiles is the test")]
mod everyday;
mod item;
mod measure;
mod network;
mod pin;
mod place;
mod report;
mod results;
mod run;
mod statistics;
mod target;
mod three;
mod workload;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;

use crate::run::{Bench, FULL, QUICK};
use crate::statistics::Estimate;

/// Measures what isolation costs, and writes what it found as JSON, Markdown and SVG.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench")]
struct Arguments {
    /// Less data, fewer rounds, and only what targets are about: under three minutes.
    #[arg(long)]
    quick: bool,
    /// Streams alone: their figures take the place of those in the report that is there.
    #[arg(long, conflicts_with = "quick")]
    streams: bool,
    /// Where the report goes: `docs/performance`, and `target/performance` of a quick run.
    #[arg(long)]
    output: Option<PathBuf>,
}

// One thread: what is measured is the work, and not on which worker a task woke up.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let bench = Bench::new(if arguments.quick { QUICK } else { FULL })?;
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let usual = root.join(if arguments.quick { "target/performance" } else { "docs/performance" });
    let folder = arguments.output.unwrap_or(usual);
    if arguments.streams {
        return streams(&bench, &folder).await;
    }
    let loaded = bench.main_dataset().await?;

    bench.say("counting round trips, allocations, memory and plans");
    let counted = counted::count(&loaded.dataset, &loaded.urn, &bench.authority).await?;
    let mut measured = bench.contenders(&loaded).await?;
    measured.extend(bench.sizes(&loaded).await.unwrap_or_else(|error| not_measured(&bench, &error)));

    // A quick run has no time to build SeaORM.
    let compile = if arguments.quick {
        Vec::new()
    } else {
        compile_times(&bench, &root).unwrap_or_else(|error| not_measured(&bench, &error))
    };
    let conditions =
        report::conditions(&bench, &loaded, if arguments.quick { " --quick" } else { "" }).await?;
    let targets = target::all(&measured, &counted, &compile);
    let measurements = measured.iter().flat_map(results::Measured::rows).collect();
    let results = results::Results { conditions, streams: None, targets, counted, measurements, compile };
    report::write(&results, &folder)
}

async fn streams(bench: &Bench, folder: &Path) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(folder.join("results.json")).context("there is no report yet")?;
    let mut results: results::Results =
        serde_json::from_str(&text).context("the report is another version's")?;
    let (loaded, measured) = bench.only_streams().await?;
    let targets = target::all(&measured, &results.counted, &results.compile);
    results.replace(&measured, targets);
    results.streams = Some(report::conditions(bench, &loaded, " --streams").await?);
    report::write(&results, folder)
}

/// What comes late must not lose what was measured before: the targets say that they were not measured.
fn not_measured<T>(bench: &Bench, error: &anyhow::Error) -> Vec<T> {
    bench.say(&format!("not measured: {error:#}"));
    Vec::new()
}

/// Entities of the crates that are compiled, and how often each is.
const ENTITIES: usize = 100;
const COMPILE_ROUNDS: usize = 5;

fn compile_times(bench: &Bench, root: &Path) -> anyhow::Result<Vec<results::Compiled>> {
    let options = compile::Options {
        repository: root.to_path_buf(),
        scratch: root.join("target/bench-compile"),
        entities: ENTITIES,
        rounds: COMPILE_ROUNDS,
    };
    let series = compile::measure(&options, &mut |line| bench.say(line))?;
    let seconds = |times: &[Duration]| times.iter().map(Duration::as_secs_f64).collect::<Vec<_>>();
    let median = |times: &[Duration]| {
        Estimate::median(&seconds(times)).map(|median| median.value).context("no contender was compiled")
    };
    let row = |of: &compile::Series| {
        let mut ours = series.iter().filter(|ours| ours.contender == "tenancy" && ours.kind == of.kind);
        let ours = ours.next().context("tenancy was not compiled")?;
        // Processor time, which hardly depends on what else the machine does.
        let ratios = ours.cpu.iter().zip(&of.cpu).map(|(ours, its)| ours.as_secs_f64() / its.as_secs_f64());
        Ok(results::Compiled {
            contender: of.contender.into(),
            kind: match of.kind {
                compile::Kind::Full => "full".into(),
                compile::Kind::Incremental => "incremental".into(),
            },
            wall: median(&of.wall)?,
            cpu: median(&of.cpu)?,
            ratio: Estimate::median(&ratios.collect::<Vec<_>>()).context("no contender was compiled")?,
        })
    };
    series.iter().map(row).collect()
}
