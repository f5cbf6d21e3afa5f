//! The licences of everything that ends up in a user's program, as the packages' metadata states them.

use super::PUBLISHED;
use crate::run::{Failure, announce, ask, cargo};

/// What was read and can be lived with: permissive, or permissive by choice. A licence that is not here is looked at first.
const ACCEPTED: [&str; 23] = [
    "(MIT OR Apache-2.0) AND Apache-2.0",
    "(MIT OR Apache-2.0) AND Unicode-3.0",
    "Apache-2.0",
    "Apache-2.0 AND ISC",
    "Apache-2.0 OR BSL-1.0 OR MIT",
    "Apache-2.0 OR ISC OR MIT",
    "Apache-2.0 OR MIT",
    "Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT",
    "BSD-2-Clause OR Apache-2.0 OR MIT",
    "BSD-3-Clause",
    // The list of root certificates: data.
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT AND BSD-3-Clause",
    "MIT OR Apache-2.0",
    "MIT OR Apache-2.0 OR BSD-1-Clause",
    "MIT OR Apache-2.0 OR LGPL-2.1-or-later",
    "MIT/Apache-2.0",
    "Unicode-3.0",
    "Unlicense OR MIT",
    "Unlicense/MIT",
    "Zlib",
    "Zlib OR Apache-2.0 OR MIT",
];

pub(super) fn check() -> Result<(), Failure> {
    let mut tree = cargo(&["tree", "--quiet", "--locked", "--all-features", "--no-dedupe"]);
    tree.args(["--edges", "normal,build", "--target", "all", "--prefix", "none", "--format", "{l}\t{p}"]);
    let tree = ask(tree.args(PUBLISHED.iter().flat_map(|package| ["--package", package])))
        .ok_or_else(|| Failure::new("`cargo tree` failed"))?;
    let (packages, strange) = judge(&tree);
    if packages == 0 {
        return Err(Failure::new("`cargo tree` listed no package"));
    }
    if !strange.is_empty() {
        return Err(Failure::new(format!("licences that nobody has read yet:\n  {}", strange.join("\n  "))));
    }
    announce(format_args!("licences: {packages} packages, each under one that is accepted"));
    Ok(())
}

/// How many packages there are, and those whose licence is not accepted.
fn judge(tree: &str) -> (usize, Vec<String>) {
    // An empty line stands between two trees. A package that is a procedural macro says so behind its name.
    let mut lines: Vec<&str> = tree.lines().filter(|line| !line.is_empty()).collect();
    lines.sort_unstable();
    lines.dedup();
    let strange = lines.iter().filter(|line| !ACCEPTED.contains(&line.split('\t').next().unwrap_or("")));
    (lines.len(), strange.map(|line| line.replace('\t', "  ")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_has_read_is_named() {
        let tree = "MIT\ta v1.0.0\nMIT\tb v1.0.0\n\nGPL-3.0-only\tc v1.0.0\n\td v0.1.0\nMIT\ta v1.0.0\n";
        let (packages, strange) = judge(tree);
        assert_eq!(packages, 4);
        assert_eq!(strange, ["  d v0.1.0", "GPL-3.0-only  c v1.0.0"]);
    }
}
