//! Where PostgreSQL's server binaries are on this machine.
//!
//! Packages put `initdb`, `pg_ctl` and `postgres` where few systems have them on the `PATH`, and each system has its
//! own place. [`find`] looks in all of them. This file needs nothing but `std`: the repository's `xtask` includes it
//! as well, to learn whether it has to install a server.

use std::env;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Names a folder of server binaries and overrules the search.
pub(crate) const OVERRIDE: &str = "TENANCY_POSTGRES_BIN";

/// The folder at the root of a workspace that holds binaries of its own, in `bin`.
pub(crate) const LOCAL: &str = ".postgres";

/// The oldest major version that `tenancy` supports.
pub(crate) const OLDEST: u32 = 15;

/// What a server needs, besides libraries.
const PROGRAMS: [&str; 3] = ["initdb", "pg_ctl", "postgres"];

/// A folder that holds `initdb`, `pg_ctl` and `postgres`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Binaries {
    /// The folder.
    pub(crate) folder: PathBuf,
    /// The major version of `postgres`.
    pub(crate) major: u32,
}

/// No usable binaries: its text says what was found instead, and what to install.
#[derive(Debug)]
pub struct NotFound {
    overruled: Option<PathBuf>,
    rejected: Vec<String>,
}

/// Finds server binaries: where [`OVERRIDE`] says, else in the workspace's [`LOCAL`] folder, on the `PATH`, where
/// `pg_config` says, and where the packages of Debian, Fedora, Alpine, Homebrew and Postgres.app put them.
pub(crate) fn find() -> Result<Binaries, NotFound> {
    if let Some(folder) = env::var_os(OVERRIDE).filter(|value| !value.is_empty()).map(PathBuf::from) {
        return match inspect(&folder) {
            Some(Ok(binaries)) => Ok(binaries),
            Some(Err(why)) => Err(NotFound { overruled: Some(folder), rejected: vec![why] }),
            None => Err(NotFound { overruled: Some(folder), rejected: Vec::new() }),
        };
    }
    first_usable(places())
}

/// The root of the workspace that this process works in: the nearest folder, from the package or the working folder
/// upwards, with a `Cargo.lock`. The search ends there: a folder further up may be anybody's.
pub(crate) fn workspace_root() -> Option<PathBuf> {
    let start = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).or_else(|| env::current_dir().ok())?;
    start.ancestors().find(|folder| folder.join("Cargo.lock").is_file()).map(Path::to_path_buf)
}

fn first_usable(places: impl IntoIterator<Item = PathBuf>) -> Result<Binaries, NotFound> {
    let mut rejected = Vec::new();
    for folder in places {
        match inspect(&folder) {
            Some(Ok(binaries)) => return Ok(binaries),
            Some(Err(why)) if !rejected.contains(&why) => rejected.push(why),
            Some(Err(_)) | None => {}
        }
    }
    Err(NotFound { overruled: None, rejected })
}

/// Every place to look in, in order. Most do not exist.
fn places() -> impl Iterator<Item = PathBuf> {
    let local = workspace_root().map(|root| root.join(LOCAL).join("bin"));
    local.into_iter().chain(on_path()).chain(by_pg_config()).chain(by_package())
}

/// Folders of the `PATH` with an `initdb`. A link (Alpine's, or one made by hand) is followed to the folder that
/// holds the rest.
fn on_path() -> impl Iterator<Item = PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    folders
        .into_iter()
        .filter_map(|folder| fs::canonicalize(folder.join("initdb")).ok()?.parent().map(Path::to_path_buf))
}

/// `pg_config` comes with the client library too, so its folder may hold no server.
fn by_pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").stdin(Stdio::null()).output().ok()?;
    let folder = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !folder.trim().is_empty()).then(|| PathBuf::from(folder.trim()))
}

fn by_package() -> impl Iterator<Item = PathBuf> {
    let versioned = [
        ("/usr/lib/postgresql", "", "bin"),          // Debian, Ubuntu
        ("/usr", "pgsql-", "bin"),                   // PostgreSQL's own packages for Fedora and RHEL
        ("/usr/libexec", "postgresql", ""),          // Alpine
        ("/usr/lib", "postgresql", "bin"),           // openSUSE
        ("/opt/homebrew/opt", "postgresql@", "bin"), // Homebrew on Apple silicon
        ("/usr/local/opt", "postgresql@", "bin"),    // Homebrew on Intel
        ("/home/linuxbrew/.linuxbrew/opt", "postgresql@", "bin"),
        ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
    ];
    let plain = ["/usr/bin", "/usr/local/bin", "/usr/local/pgsql/bin"]; // Fedora, Arch; built from source
    versioned
        .into_iter()
        .flat_map(|(parent, prefix, below)| newest_first(Path::new(parent), prefix, below))
        .chain(plain.into_iter().map(PathBuf::from))
}

/// The folders `parent/prefixN/below`, the greatest `N` first.
fn newest_first(parent: &Path, prefix: &str, below: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else {
        return Vec::new();
    };
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let name = entry.ok()?.file_name();
            let version = name.to_str()?.strip_prefix(prefix)?.parse().ok()?;
            let folder = parent.join(&name);
            Some((version, if below.is_empty() { folder } else { folder.join(below) }))
        })
        .collect();
    found.sort_by(|a, b| b.cmp(a));
    found.into_iter().map(|(_, folder)| folder).collect()
}

/// `None`: no server here. `Err`: one that cannot be used, and why.
fn inspect(folder: &Path) -> Option<Result<Binaries, String>> {
    if !PROGRAMS.iter().all(|program| folder.join(program).is_file()) {
        return None;
    }
    let postgres = folder.join("postgres");
    let version = Command::new(&postgres).arg("--version").stdin(Stdio::null()).output();
    let text = match version {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout).into_owned(),
        Ok(output) => {
            return Some(Err(format!("{} does not run ({})", postgres.display(), output.status)));
        }
        Err(error) => return Some(Err(format!("{} does not run ({error})", postgres.display()))),
    };
    Some(match major(&text) {
        Some(major) if major >= OLDEST => Ok(Binaries { folder: folder.to_path_buf(), major }),
        Some(major) => Err(format!("{} is PostgreSQL {major}, which is too old", postgres.display())),
        None => Err(format!("{} does not tell its version", postgres.display())),
    })
}

/// The major version in `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`, or in `… 18beta1`.
fn major(version: &str) -> Option<u32> {
    let number = version.split(')').nth(1)?.trim_start();
    let digits = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    number[..digits].parse().ok()
}

impl std::error::Error for NotFound {}

impl fmt::Display for NotFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.overruled {
            Some(folder) => write!(
                f,
                "{OVERRIDE} names {}, which holds no PostgreSQL {OLDEST} or later \
                 (`initdb`, `pg_ctl` and `postgres` are needed)",
                folder.display()
            )?,
            None => {
                write!(f, "no server binaries of PostgreSQL {OLDEST} or later were found on this machine")?
            }
        }
        for why in &self.rejected {
            write!(f, "\n  {why}")?;
        }
        f.write_str(
            "\nInstall them:\
             \n  Debian, Ubuntu   apt-get install postgresql\
             \n  Fedora, RHEL     dnf install postgresql-server\
             \n  Alpine           apk add postgresql\
             \n  macOS            brew install postgresql@17\
             \nNo server needs to run: one is started for each test process, and stopped with it.",
        )?;
        write!(
            f,
            "\nElse name their folder in {OVERRIDE}, or a running server's superuser URL in TENANCY_TEST_DATABASE_URL."
        )?;
        let ours = workspace_root().is_some_and(|root| {
            root.join("xtask/Cargo.toml").is_file() && root.join("tenancy-testkit").is_dir()
        });
        if ours { f.write_str("\nIn this repository `cargo xtask postgres` gets them.") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_postgres_prints_them() {
        assert_eq!(major("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 17.2\n"), Some(17));
        assert_eq!(major("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(major("postgres (PostgreSQL) 9.6.24\n"), Some(9));
        assert_eq!(major("postgres (EnterpriseDB) devel"), None);
        assert_eq!(major(""), None);
    }

    // One test, not two: a thread that starts a process while another writes a program makes the latter "busy".
    #[cfg(unix)]
    #[test]
    fn the_newest_that_runs_and_is_new_enough_is_taken() {
        use std::os::unix::fs::PermissionsExt;

        let root = env::temp_dir().join(format!("tenancy-binaries-{}", std::process::id()));
        for version in ["9.6", "14", "15", "18", "notes"] {
            install(&root.join(version).join("bin"), &format!("postgres (PostgreSQL) {version}.1"));
        }
        let search = || first_usable(newest_first(&root, "", "bin"));
        assert_eq!(search().unwrap(), Binaries { folder: root.join("18/bin"), major: 18 });

        fs::set_permissions(root.join("18/bin/postgres"), fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(search().unwrap(), Binaries { folder: root.join("15/bin"), major: 15 });

        fs::remove_file(root.join("15/bin/pg_ctl")).unwrap();
        let refused = search().unwrap_err().to_string();
        assert!(refused.contains("18/bin/postgres does not run"), "{refused}");
        assert!(refused.contains("14/bin/postgres is PostgreSQL 14, which is too old"), "{refused}");
        for system in ["Debian", "Fedora", "Alpine", "brew"] {
            assert!(refused.contains(system), "{refused}");
        }
        fs::remove_dir_all(root).unwrap();
    }

    /// Three scripts that answer like PostgreSQL's programs.
    #[cfg(unix)]
    fn install(folder: &Path, answer: &str) {
        use std::os::unix::fs::PermissionsExt;

        fs::create_dir_all(folder).unwrap();
        for program in PROGRAMS {
            let path = folder.join(program);
            fs::write(&path, format!("#!/bin/sh\necho '{answer}'\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }
}
