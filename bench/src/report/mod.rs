//! The report: `results.json` for machines, `README.md` and its plots for people.

mod markdown;
mod plot;

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

use crate::results::{Conditions, Results};
use crate::run::{Bench, Loaded};

/// Writes everything into a folder.
pub(crate) fn write(results: &Results, folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let json = serde_json::to_string_pretty(results)? + "\n";
    fs::write(folder.join("results.json"), json)?;
    let plots = plot::all(results, folder)?;
    let text = markdown::report(results, &plots);
    fs::write(folder.join("README.md"), &text)?;
    println!("{}", markdown::targets(results));
    eprintln!("written to {}", folder.display());
    Ok(())
}

/// Where and how this run was made.
pub(crate) async fn conditions(
    bench: &Bench,
    loaded: &Loaded,
    arguments: &str,
) -> anyhow::Result<Conditions> {
    let mut superuser = loaded.dataset.superuser().await?;
    let postgresql: String = sqlx::query_scalar("SHOW server_version").fetch_one(&mut superuser).await?;
    let settings: Vec<String> = sqlx::query_scalar(
        "SELECT name || ' = ' || current_setting(name) FROM pg_settings
          WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers', 'autovacuum')
          ORDER BY name",
    )
    .fetch_all(&mut superuser)
    .await?;
    let date: String = sqlx::query_scalar("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD')")
        .fetch_one(&mut superuser)
        .await?;
    Ok(Conditions {
        date,
        commit: commit(),
        command: format!("cargo xtask bench{arguments}"),
        processor: processor(),
        cores: bench.cores(),
        postgresql,
        settings: settings.join(", "),
        minutes: bench.elapsed().as_secs_f64() / 60.0,
    })
}

fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output =
            Command::new("git").args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(commit) = git(&["rev-parse", "--short", "HEAD"]) else { return "unknown".into() };
    let changed = git(&["status", "--porcelain"]).is_some_and(|changes| !changes.is_empty());
    if changed { commit + ", with changes" } else { commit }
}

fn processor() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    name.map_or_else(|| "unknown".into(), |(_, name)| name.trim().to_owned())
}
