//! What each command does.

use crate::provision;
use crate::run::{Failure, cargo, run};

/// What is built and tested: every feature but those in `UNTESTED`. A test holds this against the manifest.
pub(crate) const FEATURES: &str = "tenancy/adopt,tenancy/axum,tenancy/chrono,tenancy/doctor,tenancy/identity,tenancy/jwks,tenancy/jwt,\
     tenancy/rust_decimal,tenancy/sql,tenancy/time,tenancy/tls-rustls,tenancy/tower,tenancy/ws";

pub(crate) fn postgres() -> Result<(), Failure> {
    provision::server_binaries()
}

pub(crate) fn quickstart() -> Result<(), Failure> {
    provision::server_binaries()?;
    run(&mut cargo(&["run", "--example", "quickstart"]))
}

/// The service, until Ctrl-C.
pub(crate) fn tracker() -> Result<(), Failure> {
    provision::server_binaries()?;
    run(&mut cargo(&["run", "-p", "tracker"]))
}

/// What the benchmark's server is started with. Durable, since writes are measured; not of this machine's size.
const BENCH_SERVER: &str = "-c fsync=on -c synchronous_commit=on -c full_page_writes=on -c shared_buffers=2GB \
    -c max_wal_size=8GB";

/// A workspace of its own, so that what it compares with stays out of this one's lock file.
const BENCH: &str = "bench/Cargo.toml";

pub(crate) fn bench(arguments: &[&str]) -> Result<(), Failure> {
    if arguments == ["--authentication"] {
        // It needs no server.
        let run_it =
            ["run", "--release", "--manifest-path", BENCH, "--target-dir", "target", "--no-default-features"];
        return run(cargo(&run_it).args(["--bin", "authentication"]));
    }
    if std::env::var_os("TENANCY_TEST_DATABASE_URL").is_some() {
        return Err(Failure::new(
            "the benchmark needs a server of its own, on this machine: unset TENANCY_TEST_DATABASE_URL",
        ));
    }
    provision::server_binaries()?;
    if let ["--queries" | "--loads"] = arguments {
        let program = if arguments == ["--loads"] { "loads" } else { "queries" };
        let run_it =
            ["run", "--release", "--manifest-path", BENCH, "--target-dir", "target", "--no-default-features"];
        return run(cargo(&run_it).args(["--bin", program]).env("TENANCY_POSTGRES_OPTIONS", BENCH_SERVER));
    }
    // One of its programs runs the other.
    run(&mut cargo(&["build", "--release", "--manifest-path", BENCH, "--target-dir", "target", "--bins"]))?;
    let mut command = cargo(&["run", "--release", "--manifest-path", BENCH, "--target-dir", "target", "--"]);
    run(command.args(arguments).env("TENANCY_POSTGRES_OPTIONS", BENCH_SERVER))
}

/// The cheap checks come first, the tests last: what is printed at the end is the tests' own summary.
pub(crate) fn test() -> Result<(), Failure> {
    provision::server_binaries()?;
    provision::browser()?;
    run(&mut cargo(&["fmt", "--all", "--check"]))?;
    run(&mut cargo(&["fmt", "--manifest-path", BENCH, "--check"]))?;
    clippy(&["--workspace", "--all-targets", "--features", FEATURES])?;
    // `--all-targets` leaves out what `cargo test` leaves out.
    clippy(&["--workspace", "--test", "servers", "--features", FEATURES])?;
    run(cargo(&["doc", "--workspace", "--no-deps", "--features", FEATURES])
        .env("RUSTDOCFLAGS", "-D warnings"))?;
    // The benchmark is not run here, but it must compile, and its own tests must pass.
    clippy(&["--manifest-path", BENCH, "--target-dir", "target", "--all-targets"])?;
    run(&mut cargo(&["test", "--manifest-path", BENCH, "--target-dir", "target", "--no-default-features"]))?;
    run(&mut cargo(&["test", "--workspace", "--features", FEATURES]))
}

fn clippy(what: &[&str]) -> Result<(), Failure> {
    run(cargo(&["clippy"]).args(what).args(["--", "-D", "warnings"]))
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
