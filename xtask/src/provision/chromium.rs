//! ChromeDriver and Chromium, where there are none: with them the tests of `examples/tracker` look at its pages.
//!
//! On Debian they come from the system's package manager, where this account may use it without being asked. Elsewhere
//! it is said what to install: what packages of that name hold differs from system to system.

use super::Way as _;
use super::system::{PackageManager, install};
use crate::packages::is_debian;
use crate::run::{Failure, announce, ask, is_installed, program};

const PACKAGES: [&str; 2] = ["chromium", "chromium-driver"];

/// Makes sure that the tests find a ChromeDriver.
pub(crate) fn browser() -> Result<(), Failure> {
    if let Some(version) = version() {
        announce(version);
        return Ok(());
    }
    if !is_debian() {
        return Err(still_none("this is no Debian"));
    }
    if let Some(obstacle) = PackageManager.obstacle() {
        return Err(still_none(obstacle));
    }
    announce("ChromeDriver: none here; getting it, with Chromium");
    install(&PACKAGES).map_err(|failure| still_none(&failure.to_string()))?;
    let version = version().ok_or_else(|| still_none("what was installed cannot be run"))?;
    announce(version);
    Ok(())
}

/// What ChromeDriver says of itself: its name and its version.
fn version() -> Option<String> {
    if !is_installed("chromedriver") {
        return None;
    }
    let said = ask(program("chromedriver").arg("--version"))?;
    Some(said.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
}

fn still_none(why: &str) -> Failure {
    Failure::new(format!(
        "no `chromedriver` that runs is on the PATH. Install one, with a Chromium or a Chrome of the same version: on \
         Debian the packages {}\ntried the system's package manager: {why}",
        PACKAGES.join(" and ")
    ))
}
