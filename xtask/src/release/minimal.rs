//! The least versions: that each requirement in a manifest is true, down to the version that it names.
//!
//! cargo picks the newest versions that it may, so that a requirement which is too low is never seen. In a copy of the sources
//! each dependency is put at its least version, and what is published must compile.

use std::fs;
use std::path::Path;

use super::nightly;
use crate::chores::FEATURES;
use crate::files::{cannot, create, read, remove, write};
use crate::run::{Failure, ask, program, root, run};

/// What is not published stays out, with what only it depends on.
const LEFT_OUT: [&str; 5] = ["bench/", "xtask/", "examples/", "ui-tests/", "tests/"];

pub(super) fn check() -> Result<(), Failure> {
    let copy = root().join("target/minimal");
    remove(&copy)?;
    let files = ask(program("git").args(["ls-files", "--cached", "--others", "--exclude-standard"]))
        .ok_or_else(|| {
            Failure::new("`git ls-files` failed: the least versions are tried in a copy of what git knows")
        })?;
    for file in files.lines().filter(|file| !LEFT_OUT.iter().any(|folder| file.starts_with(folder))) {
        copy_file(file, &copy)?;
    }
    let mut update = nightly(&["update", "-Zdirect-minimal-versions"]);
    run(update.current_dir(&copy))?;
    let mut check = nightly(&["check", "--workspace", "--features", FEATURES]);
    run(check.current_dir(&copy).env("CARGO_TARGET_DIR", root().join("target/minimal-target")))
}

fn copy_file(file: &str, copy: &Path) -> Result<(), Failure> {
    let (from, to) = (root().join(file), copy.join(file));
    if file == "Cargo.lock" || !from.exists() {
        return Ok(());
    }
    create(to.parent().unwrap_or(copy))?;
    if !file.ends_with("Cargo.toml") {
        return fs::copy(&from, &to).map(drop).map_err(|error| cannot("copy", &from, &error));
    }
    write(&to, &without_tests(&read(&from)?))
}

/// A manifest without what tests, examples and packages that are not published need.
fn without_tests(manifest: &str) -> String {
    let mut kept = String::new();
    let mut inside = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = ["[dev-dependencies]", "[[test]]", "[[example]]"].contains(&line.trim());
        }
        if inside {
            continue;
        }
        if let Some(members) = line.strip_prefix("members = ") {
            let members = members.trim_matches(['[', ']']).split(", ");
            let published = members.filter(|member| member.starts_with("\"tenancy-")).collect::<Vec<_>>();
            kept += &format!("members = [{}]\n", published.join(", "));
        } else {
            kept += line;
            kept.push('\n');
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_and_their_dependencies_go() {
        let manifest = "[workspace]\nmembers = [\"examples/tracker\", \"tenancy-core\", \"xtask\"]\n\n[package]\nname = \"a\"\n\n\
                        [dev-dependencies]\n# Why.\nb = \"1\"\n\n[[test]]\nname = \"c\"\n\n[lints]\nworkspace = true\n";
        assert_eq!(
            without_tests(manifest),
            "[workspace]\nmembers = [\"tenancy-core\"]\n\n[package]\nname = \"a\"\n\n[lints]\nworkspace = true\n"
        );
    }
}
