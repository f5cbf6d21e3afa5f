//! The last way: an archive of binaries that the project `postgresql_embedded` publishes.
//!
//! The program that fetches it is a package of its own, `xtask/archive`, outside of the workspace: its HTTP client
//! is compiled when it is needed, and never to run the tests.

use super::{Way, local};
use crate::run::{Failure, cargo, run};

pub(super) struct Archive;

impl Way for Archive {
    fn name(&self) -> &'static str {
        "an archive of postgresql_embedded"
    }

    fn obstacle(&self) -> Option<&'static str> {
        None
    }

    fn go(&self) -> Result<(), Failure> {
        let mut fetch = cargo(&["run", "--quiet", "--locked", "--manifest-path", "xtask/archive/Cargo.toml"]);
        if std::env::var_os("CARGO_TARGET_DIR").is_none() {
            // The default would be a second folder, which git does not ignore.
            fetch.args(["--target-dir", "target"]);
        }
        run(fetch.arg("--").arg(local()))
    }
}
