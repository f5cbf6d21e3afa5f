//! Release readiness: what has to hold before a version is published, beside the tests.
//!
//! Each check is a name, so that one of them can be run by itself. Tools of the field do the work; they are installed into
//! `target/tools`, in exactly these versions, when a check first needs them. What only a nightly compiler offers (least versions,
//! JSON of rustdoc, docs.rs' settings) is asked of the pinned one, which has it and hides it.

mod api;
mod licences;
mod minimal;
mod tools;

use std::process::Command;

use self::tools::CARGO_HACK;
use crate::run::{Failure, announce, cargo, run};

/// What is published, in the order in which it must be: each depends on some before it.
const PUBLISHED: [&str; 5] = ["tenancy-core", "tenancy-macros", "tenancy-testkit", "tenancy", "tenancy-cli"];

/// A check, by its name.
type Check = (&'static str, fn() -> Result<(), Failure>);

const CHECKS: [Check; 6] = [
    ("licences", licences::check),
    ("features", features),
    ("minimal", minimal::check),
    ("docs", docs),
    ("api", api::check),
    ("package", package),
];

pub(crate) fn release(arguments: &[&str]) -> Result<(), Failure> {
    let named = |name: &str| CHECKS.iter().find(|(check, _)| *check == name).map(|(_, check)| *check);
    match *arguments {
        [] => {
            for (name, check) in CHECKS {
                announce(format_args!("release: {name}"));
                check()?;
            }
            announce("release: all of it holds");
            Ok(())
        }
        ["--bless"] => api::bless(),
        ["--only", name] if named(name).is_some() => named(name).map_or(Ok(()), |check| check()),
        _ => {
            let names: Vec<&str> = CHECKS.iter().map(|(name, _)| *name).collect();
            Err(Failure::new(format!(
                "`release` takes nothing, `--bless`, or `--only` with one of: {}",
                names.join(", ")
            )))
        }
    }
}

/// Each feature by itself, none, and all together. Dependencies of tests would add features of their own.
fn features() -> Result<(), Failure> {
    let mut hack = tools::command(&CARGO_HACK)?;
    run(published(hack.args(["hack", "check", "--each-feature", "--no-dev-deps"])))
}

/// The documentation as docs.rs builds it, from `[package.metadata.docs.rs]`.
fn docs() -> Result<(), Failure> {
    let mut doc = nightly(&["doc", "--no-deps", "--all-features"]);
    run(published(&mut doc).env("RUSTDOCFLAGS", "--cfg docsrs -D warnings"))
}

/// What crates.io would get, unpacked and built, each against those before it.
fn package() -> Result<(), Failure> {
    run(published(&mut cargo(&["package", "--all-features"])))
}

fn published(command: &mut Command) -> &mut Command {
    command.args(PUBLISHED.iter().flat_map(|package| ["--package", package]))
}

/// The pinned toolchain, with what it hides.
fn nightly(arguments: &[&str]) -> Command {
    let mut command = cargo(arguments);
    command.env("RUSTC_BOOTSTRAP", "1");
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::root;

    /// The version that the manifest promises is the one that everything is built with.
    #[test]
    fn the_rust_version_is_that_of_the_toolchain() {
        let read = |file: &str| std::fs::read_to_string(root().join(file)).unwrap();
        let value = |text: &str, key: &str| -> String {
            let line = text.lines().find_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix('='));
            line.unwrap().trim().trim_matches('"').to_owned()
        };
        let promised = value(&read("Cargo.toml"), "rust-version");
        let pinned = value(&read("rust-toolchain.toml"), "channel");
        assert!(pinned == promised || pinned.strip_prefix(&promised).unwrap_or("").starts_with('.'));
        assert!(read("README.md").contains(&format!("Minimum supported Rust version: {promised},")));
    }

    #[test]
    fn every_package_is_published_or_says_that_it_is_not() {
        let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
        let members = manifest.lines().find_map(|line| line.strip_prefix("members = ")).unwrap();
        let names: Vec<&str> =
            members.trim_matches(['[', ']']).split(", ").map(|name| name.trim_matches('"')).collect();
        for name in names {
            let manifest = std::fs::read_to_string(root().join(name).join("Cargo.toml")).unwrap();
            assert!(
                PUBLISHED.contains(&name) != manifest.contains("\npublish = false\n"),
                "{name} belongs into PUBLISHED, or says `publish = false`"
            );
        }
        for name in PUBLISHED {
            let folder = if name == "tenancy" { root() } else { root().join(name) };
            for file in ["README.md", "LICENSE-MIT", "LICENSE-APACHE"] {
                assert!(folder.join(file).is_file(), "{name} has no {file}");
            }
        }
    }
}
