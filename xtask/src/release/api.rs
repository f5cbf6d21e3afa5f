//! The public API, listed in `docs/api/`, so that a change of it is read as one.

use std::fs;
use std::path::PathBuf;

use super::tools::{self, CARGO_PUBLIC_API};
use super::{PUBLISHED, nightly};
use crate::files::{create, write};
use crate::run::{Failure, announce, ask, root, run};

/// Compares what is public with what is listed.
pub(super) fn check() -> Result<(), Failure> {
    for (path, text) in listed()? {
        let known = fs::read_to_string(&path).unwrap_or_default();
        if known != text {
            return Err(Failure::new(format!(
                "the public API is not what {} lists:\n{}\nIf it is meant: `cargo xtask release --bless`, read the difference, and \
                 say in CHANGELOG.md what it means for users",
                path.display(),
                difference(&known, &text)
            )));
        }
    }
    announce("the public API is what `docs/api/` lists");
    Ok(())
}

/// Writes what is public.
pub(super) fn bless() -> Result<(), Failure> {
    for (path, text) in listed()? {
        create(path.parent().unwrap_or(&path))?;
        write(&path, &text)?;
        announce(format_args!("wrote {}", path.display()));
    }
    Ok(())
}

/// Each library with all of its features. A program has no API, and that of the macros is what they expand to.
fn listed() -> Result<Vec<(PathBuf, String)>, Failure> {
    let libraries = PUBLISHED.iter().filter(|name| !["tenancy-cli", "tenancy-macros"].contains(name));
    let mut all = Vec::new();
    for name in libraries {
        let mut rustdoc = nightly(&["rustdoc", "--package", name, "--lib", "--all-features"]);
        run(rustdoc.args(["--", "-Zunstable-options", "--output-format", "json", "--cap-lints", "allow"]))?;
        let json = root().join(format!("target/doc/{}.json", name.replace('-', "_")));
        let mut public_api = tools::command(&CARGO_PUBLIC_API)?;
        // Without what the compiler implements by itself, which every type has.
        let text = ask(public_api.args(["public-api", "-sss", "--rustdoc-json"]).arg(&json))
            .ok_or_else(|| Failure::new(format!("cargo-public-api cannot read {}", json.display())))?;
        all.push((root().join(format!("docs/api/{name}.txt")), text));
    }
    Ok(all)
}

/// The lines that only one of two texts has.
fn difference(before: &str, after: &str) -> String {
    let only = |of: &str, not: &str, sign: &str| -> String {
        let lines = of.lines().filter(|line| !not.lines().any(|other| other == *line));
        lines.map(|line| format!("{sign} {line}\n")).collect()
    };
    only(before, after, "-") + &only(after, before, "+")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_shown_by_its_lines() {
        assert_eq!(
            difference("pub fn a()\npub fn b()\n", "pub fn b()\npub fn c()\n"),
            "- pub fn a()\n+ pub fn c()\n"
        );
        assert_eq!(difference("same\n", "same\n"), "");
    }
}
