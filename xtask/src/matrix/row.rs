//! A row of the matrix: what is run against what, and what came of it.

use std::fmt;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::parts::{self, Source};
use crate::chores::FEATURES;
use crate::run::{Failure, announce, cargo, show};

/// A server or a pooler, and what runs against it.
pub(super) struct Row {
    /// What `--only` takes.
    pub(super) name: &'static str,
    /// For the one who watches.
    pub(super) what: &'static str,
    against: Against,
    /// The tests, as `cargo test` takes them.
    pub(super) tests: Tests,
}

enum Against {
    Postgres { major: &'static str, source: Source },
    PgBouncer { release: &'static str },
}

/// Which tests run.
#[derive(Debug, Clone, Copy)]
pub(super) enum Tests {
    /// Everything that needs a server.
    Integration,
    /// A module of `tests/servers`.
    Servers(&'static str),
}

/// What came of a row.
pub(super) struct Outcome {
    /// The exact version, when it could be had.
    pub(super) version: String,
    /// Where it comes from.
    pub(super) source: String,
    pub(super) result: Result<Counts, String>,
}

/// The tests that ran.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) passed: u32,
    pub(super) failed: u32,
}

impl Outcome {
    pub(super) fn is_green(&self) -> bool {
        matches!(&self.result, Ok(counts) if counts.failed == 0 && counts.passed > 0)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.result {
            Ok(Counts { passed: 1, failed: 0 }) => f.write_str("1 test passed"),
            Ok(Counts { passed, failed: 0 }) => write!(f, "{passed} tests passed"),
            Ok(Counts { passed, failed }) => write!(f, "{failed} FAILED, {passed} passed"),
            Err(why) => write!(f, "did not run: {why}"),
        }
    }
}

/// The rows, in the order of the table.
pub(super) fn rows() -> Vec<Row> {
    let registries = Source::Registries { npm: "16.14.0-beta.17", pypi: "0.1.4" };
    let servers = [
        ("15", "standby-15", Source::ThisSystem),
        ("16", "standby-16", registries),
        ("17", "standby-17", Source::Debian("trixie")),
        ("18", "standby-18", Source::Debian("forky")),
    ];
    let mut rows = Vec::new();
    for (major, _, source) in servers {
        let against = Against::Postgres { major, source };
        rows.push(Row { name: major, what: "server", against, tests: Tests::Integration });
    }
    for (major, name, source) in servers {
        let against = Against::Postgres { major, source };
        rows.push(Row { name, what: "hot standby", against, tests: Tests::Servers("standby") });
    }
    let poolers = [
        ("pgbouncer-1.18", "bookworm", "session mode", "pooler::session"),
        ("pgbouncer-1.18-transaction", "bookworm", "transaction mode", "pooler::refused"),
        ("pgbouncer-1.24-session", "trixie", "session mode", "pooler::session"),
        ("pgbouncer-1.24-transaction", "trixie", "transaction mode", "pooler::transaction"),
        ("pgbouncer-1.24-statement", "trixie", "statement mode", "pooler::statement"),
        ("pgbouncer-1.24-untracked", "trixie", "max_prepared_statements = 0", "pooler::refused"),
        ("pgbouncer-1.26-transaction", "forky", "transaction mode", "pooler::transaction"),
        ("pgbouncer-1.26-statement", "forky", "statement mode", "pooler::statement"),
    ];
    for (name, release, what, module) in poolers {
        rows.push(Row { name, what, against: Against::PgBouncer { release }, tests: Tests::Servers(module) });
    }
    rows
}

impl Row {
    /// Whether what it runs against is a pooler.
    pub(super) fn is_pooler(&self) -> bool {
        matches!(self.against, Against::PgBouncer { .. })
    }

    /// Gets the parts and runs the tests.
    pub(super) fn run(&self) -> Outcome {
        let source = match self.against {
            Against::Postgres { source, .. } => source,
            Against::PgBouncer { release } => Source::Debian(release),
        };
        let mut version = String::new();
        let result = self.parts().and_then(|(variable, value, program)| {
            version = parts::version(&program)?;
            self.tests.run(variable, &value)
        });
        Outcome { version, source: source.describe(), result: result.map_err(|failure| failure.to_string()) }
    }

    /// What tells the tests of the parts (a variable and its value), and the program whose version they have.
    fn parts(&self) -> Result<(&'static str, PathBuf, PathBuf), Failure> {
        Ok(match self.against {
            Against::Postgres { major, source } => {
                let bin = parts::postgres(major, source)?;
                let server = bin.join("postgres");
                ("TENANCY_POSTGRES_BIN", bin, server)
            }
            Against::PgBouncer { release } => {
                let pooler = parts::pgbouncer(release)?;
                ("TENANCY_PGBOUNCER_BIN", pooler.clone(), pooler)
            }
        })
    }
}

impl Tests {
    /// Runs them, shows what they say, and counts.
    fn run(self, variable: &str, value: &Path) -> Result<Counts, Failure> {
        let mut command = cargo(&["test", "--no-fail-fast", "--features", FEATURES]);
        match self {
            Self::Integration => {
                let packages = ["tenancy", "tenancy-core", "tenancy-testkit", "tenancy-cli"];
                command.args(packages.iter().flat_map(|package| ["--package", package])).arg("--tests")
            }
            Self::Servers(module) => {
                command.args(["--package", "tenancy", "--test", "servers", "--", module])
            }
        };
        command.env(variable, value).stdout(Stdio::piped());
        let shown = show(&command);
        announce(&shown);
        let cannot = |error: std::io::Error| Failure::new(format!("cannot run `{shown}`: {error}"));
        let mut child = command.spawn().map_err(cannot)?;
        let mut counts = Counts::default();
        for line in BufReader::new(child.stdout.take().expect("piped")).lines() {
            let line = line.map_err(cannot)?;
            println!("{line}");
            counts.add(&line);
        }
        let status = child.wait().map_err(cannot)?;
        if counts == Counts::default() || (!status.success() && counts.failed == 0) {
            return Err(Failure::new(format!("`{shown}` ran no test or ended early ({status})")));
        }
        Ok(counts)
    }
}

impl Counts {
    /// Reads the line with which a test binary ends.
    fn add(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else { return };
        let number = |what: &str| -> u32 {
            let before = result.split(&[';', '.'][..]).find_map(|part| part.trim().strip_suffix(what));
            before.and_then(|number| number.trim().parse().ok()).unwrap_or(0)
        };
        let (passed, failed) = (number("passed"), number("failed"));
        self.passed += passed;
        self.failed += failed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_added_up() {
        let mut counts = Counts::default();
        for line in [
            "running 3 tests",
            "test result: ok. 234 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 206.08s",
            "test a_test ... ok",
            "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 7 filtered out; finished in 0.1s",
        ] {
            counts.add(line);
        }
        assert_eq!(counts, Counts { passed: 235, failed: 2 });
    }

    #[test]
    fn only_tests_that_ran_and_passed_are_green() {
        let outcome = |result| Outcome { version: String::new(), source: String::new(), result };
        assert!(outcome(Ok(Counts { passed: 3, failed: 0 })).is_green());
        assert!(!outcome(Ok(Counts { passed: 3, failed: 1 })).is_green());
        assert!(!outcome(Ok(Counts::default())).is_green());
        assert!(!outcome(Err("no network".into())).is_green());
    }

    #[test]
    fn names_are_those_of_one_row() {
        let mut names: Vec<&str> = rows().iter().map(|row| row.name).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
