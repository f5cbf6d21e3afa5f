//! What each command does.

use crate::provision;
use crate::run::{Failure, cargo, run};

/// What is built and tested: every feature but those in `UNTESTED`. A test holds this against the manifest.
const FEATURES: &str = "tenancy/chrono,tenancy/jwt,tenancy/time,tenancy/tls-rustls";

pub(crate) fn postgres() -> Result<(), Failure> {
    provision::server_binaries()
}

pub(crate) fn quickstart() -> Result<(), Failure> {
    provision::server_binaries()?;
    run(&mut cargo(&["run", "--example", "quickstart"]))
}

/// The cheap checks come first, the tests last: what is printed at the end is the tests' own summary.
pub(crate) fn test() -> Result<(), Failure> {
    provision::server_binaries()?;
    run(&mut cargo(&["fmt", "--all", "--check"]))?;
    run(&mut cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--features",
        FEATURES,
        "--",
        "-D",
        "warnings",
    ]))?;
    run(cargo(&["doc", "--workspace", "--no-deps", "--features", FEATURES])
        .env("RUSTDOCFLAGS", "-D warnings"))?;
    run(&mut cargo(&["test", "--workspace", "--features", FEATURES]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Features of the facade that `cargo xtask test` leaves out, and why. This list may only shrink.
    const UNTESTED: [(&str, &str); 1] =
        [("tls-native", "needs OpenSSL's headers on Linux, which a Rust toolchain alone does not bring")];

    #[test]
    fn every_feature_is_tested_or_has_a_reason() {
        let manifest = std::fs::read_to_string(crate::run::root().join("Cargo.toml")).unwrap();
        let section = manifest.split("[features]").nth(1).unwrap().split("\n[").next().unwrap();
        let declared: Vec<&str> = section
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'))
            .filter_map(|line| Some(line.split_once('=')?.0.trim()))
            .filter(|name| *name != "default")
            .collect();
        assert!(declared.len() > 3, "{declared:?}");
        for name in declared {
            let tested = FEATURES.split(',').any(|feature| feature == format!("tenancy/{name}"));
            let untested = UNTESTED.iter().any(|(feature, _)| *feature == name);
            assert!(
                tested != untested,
                "the feature `{name}` belongs into FEATURES or, with a reason, into UNTESTED"
            );
        }
    }
}
