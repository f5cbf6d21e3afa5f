//! [`Cargo`]: runs `cargo check`, and what that cost.
//!
//! A measurement of nothing is the usual mistake here: cargo found the crate fresh, or found a dependency stale. So
//! cargo says which crates it checked, and a timed check must have been of one.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use wait4::Wait4 as _;

use super::Kind;
use super::project::Project;

/// What one check cost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    pub(super) wall: Duration,
    /// Of cargo and all processes that it waited for.
    pub(super) cpu: Duration,
}

/// The cargo that runs this program, or else the first in the path.
#[derive(Debug)]
pub(super) struct Cargo {
    program: OsString,
    /// Shared by all projects, since they have dependencies in common.
    target: PathBuf,
}

impl Cargo {
    pub(super) fn new(target: PathBuf) -> Self {
        Self { program: env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), target }
    }

    /// Chooses and downloads the dependencies, and builds them.
    pub(super) fn fetch_and_build(&self, project: &Project) -> anyhow::Result<()> {
        self.run(project, Kind::Full, &[]).map(drop)
    }

    /// Checks a project, untimed.
    pub(super) fn warm_up(&self, project: &Project, kind: Kind) -> anyhow::Result<()> {
        self.run(project, kind, &["--offline"]).map(drop)
    }

    /// Checks a project of which the crate itself is stale, and nothing else.
    pub(super) fn check(&self, project: &Project, kind: Kind) -> anyhow::Result<Cost> {
        let (cost, checked) = self.run(project, kind, &["--offline"])?;
        ensure!(
            checked == 1,
            "cargo checked {checked} crates instead of one in {}",
            project.folder.display()
        );
        Ok(cost)
    }

    /// Runs `cargo check`: its cost, and how many crates it checked.
    fn run(&self, project: &Project, kind: Kind, arguments: &[&str]) -> anyhow::Result<(Cost, usize)> {
        let mut command = Command::new(&self.program);
        command
            .args(["check", "--quiet", "--message-format=json-render-diagnostics"])
            .args(arguments)
            .current_dir(&project.folder)
            .env("CARGO_TARGET_DIR", &self.target)
            .env("CARGO_INCREMENTAL", if kind == Kind::Incremental { "1" } else { "0" })
            // Nothing that stands between cargo and the compiler.
            .env("RUSTC_WRAPPER", "")
            .env_remove("RUSTC_WORKSPACE_WRAPPER")
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .stdin(Stdio::null());
        // Into a file: one cannot read two pipes at once, and cargo stops when one is full.
        let complaints = project.folder.join("complaints.txt");
        let file =
            File::create(&complaints).with_context(|| format!("cannot create {}", complaints.display()))?;
        command.stdout(Stdio::piped()).stderr(file);

        let began = Instant::now();
        let mut child =
            command.spawn().with_context(|| format!("cannot run {}", self.program.to_string_lossy()))?;
        let mut said = String::new();
        if let Some(mut stdout) = child.stdout.take() {
            stdout.read_to_string(&mut said).context("cannot read what cargo says")?;
        }
        let ended = child.wait4().context("cannot wait for cargo")?;
        let wall = began.elapsed();

        if !ended.status.success() {
            let complaints = fs::read_to_string(&complaints).unwrap_or_default();
            bail!("cargo check fails in {}:\n{complaints}", project.folder.display());
        }
        let checked = said.matches(r#""fresh":false"#).count();
        Ok((Cost { wall, cpu: ended.rusage.utime + ended.rusage.stime }, checked))
    }
}
