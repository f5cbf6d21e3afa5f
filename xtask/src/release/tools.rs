//! Tools of the field, built from crates.io into `target/tools`.

use std::path::PathBuf;
use std::process::Command;

use crate::run::{Failure, cargo, program, root, run};

/// A cargo subcommand.
pub(super) struct Tool {
    name: &'static str,
    version: &'static str,
}

pub(super) const CARGO_HACK: Tool = Tool { name: "cargo-hack", version: "0.6.46" };
pub(super) const CARGO_PUBLIC_API: Tool = Tool { name: "cargo-public-api", version: "0.52.0" };

/// The tool, which is built when it is not there.
pub(super) fn command(tool: &Tool) -> Result<Command, Failure> {
    let folder = folder();
    let bin = folder.join("bin").join(tool.name);
    // `cargo install` does nothing when this version is there.
    run(cargo(&["install", "--quiet", "--locked", tool.name, "--version", tool.version])
        .arg("--root")
        .arg(&folder)
        .env("CARGO_TARGET_DIR", folder.join("target")))?;
    Ok(program(&bin.display().to_string()))
}

fn folder() -> PathBuf {
    root().join("target/tools")
}
