//! What the tests need beside cargo, where there is none: PostgreSQL server binaries, and a browser.
//!
//! For the binaries the ways are tried in order, until the testkit's own search finds a server: the system's package
//! manager where this account may use it without being asked; on Debian its packages, unpacked into `.postgres/`; an
//! archive of binaries, unpacked there too.

mod archive;
mod chromium;
mod debian;
mod system;

// The search itself is the testkit's. It is a file of `std` alone, included so that this need not wait for sqlx.
#[path = "../../../tenancy-testkit/src/server/binaries.rs"]
#[expect(unreachable_pub, reason = "the testkit exports the error")]
mod binaries;

use std::path::PathBuf;

pub(crate) use self::chromium::browser;
use crate::run::{Failure, announce, root};

/// A way to get binaries.
trait Way {
    /// What it does, for the one who watches.
    fn name(&self) -> &'static str;

    /// Why it cannot be tried here, if so.
    fn obstacle(&self) -> Option<&'static str>;

    fn go(&self) -> Result<(), Failure>;
}

/// Makes sure that the testkit finds a server.
pub(crate) fn server_binaries() -> Result<(), Failure> {
    if std::env::var_os("TENANCY_TEST_DATABASE_URL").is_some_and(|url| !url.is_empty()) {
        announce("PostgreSQL: the server of TENANCY_TEST_DATABASE_URL");
        return Ok(());
    }
    if let Ok(found) = binaries::find() {
        announce(format_args!("PostgreSQL {} in {}", found.major, found.folder.display()));
        return Ok(());
    }
    if std::env::var_os(binaries::OVERRIDE).is_some_and(|folder| !folder.is_empty()) {
        // Nothing that could be installed would be looked at.
        return Err(still_none(&[]));
    }
    announce("PostgreSQL: no server binaries here; getting them");
    let ways: [&dyn Way; 3] = [&system::PackageManager, &debian::Unpacked, &archive::Archive];
    let mut tried = Vec::new();
    for way in ways {
        if let Some(obstacle) = way.obstacle() {
            tried.push(format!("{}: {obstacle}", way.name()));
            continue;
        }
        announce(format_args!("PostgreSQL by {}", way.name()));
        if let Err(failure) = way.go() {
            eprintln!("xtask: {failure}");
            tried.push(format!("{}: {failure}", way.name()));
        }
        if let Ok(found) = binaries::find() {
            announce(format_args!("PostgreSQL {} in {}", found.major, found.folder.display()));
            return Ok(());
        }
    }
    Err(still_none(&tried))
}

/// The folder of the binaries that are used here, when they are of this major version.
pub(crate) fn found(major: &str) -> Result<PathBuf, Failure> {
    let found = binaries::find().map_err(|error| Failure::new(error.to_string()))?;
    if found.major.to_string() == major {
        return Ok(found.folder);
    }
    Err(Failure::new(format!("the server of this system is of PostgreSQL {}", found.major)))
}

fn still_none(tried: &[String]) -> Failure {
    let why = binaries::find().err().map(|error| error.to_string()).unwrap_or_default();
    let tried: String = tried.iter().map(|line| format!("\ntried {line}")).collect();
    Failure::new(format!("{why}{tried}"))
}

/// The folder that the testkit looks into.
fn local() -> PathBuf {
    root().join(binaries::LOCAL)
}
