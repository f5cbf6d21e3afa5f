//! Debian's packages without installing them: downloaded by apt with lists in a folder of one's own, and unpacked.
//!
//! PostgreSQL finds its files relative to its programs, so an unpacked package works in any folder. What it does not
//! find there are the libraries that came with it, so a script for each program says where they are. Packages of
//! another release of Debian bring the C library that they were built with, and its loader, which the script starts:
//! so they run on a system that is older than they are.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::files::{cannot, create, entries, remove, write};
use crate::run::{Failure, ask, is_installed, program, run};

/// Where packages come from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Release {
    /// The sources of this system; what is installed on it is there already.
    OfThisSystem,
    /// A release of Debian by its name (`trixie`), of which nothing is installed.
    Named(&'static str),
}

/// Why packages cannot be unpacked here, if so.
pub(crate) fn obstacle() -> Option<&'static str> {
    (!is_debian() || !is_installed("apt-get") || !is_installed("dpkg-deb")).then_some("this is no Debian")
}

/// Whether the system is Debian or made from it.
pub(crate) fn is_debian() -> bool {
    fs::metadata("/etc/debian_version").is_ok()
}

/// Downloads `wanted` and the libraries that they need, and unpacks them into `folder/root`.
pub(crate) fn unpack(release: Release, wanted: &[&str], folder: &Path) -> Result<PathBuf, Failure> {
    // What an earlier attempt left.
    remove(folder)?;
    let apt = Apt::new(release, &folder.join("apt"))?;
    if let Err(failure) = run(apt.get().arg("update")) {
        eprintln!("xtask: {failure}");
    }
    let packages = apt.needed(release, wanted)?;
    let archives = folder.join("packages");
    create(&archives)?;
    run(apt.get().arg("download").args(&packages).current_dir(&archives))?;
    let root = folder.join("root");
    create(&root)?;
    for package in entries(&archives)? {
        run(program("dpkg-deb").arg("--extract").arg(&package).arg(&root))?;
    }
    for done in ["apt", "packages"] {
        remove(&folder.join(done))?;
    }
    // Compiled queries need LLVM: without this file PostgreSQL knows that it has none.
    for server in entries(&root.join("usr/lib/postgresql")).unwrap_or_default() {
        let _ = fs::remove_file(server.join("lib/llvmjit.so"));
    }
    Ok(root)
}

/// `apt-get` with lists and locks in a folder that this account owns.
struct Apt {
    options: Vec<String>,
}

impl Apt {
    fn new(release: Release, folder: &Path) -> Result<Self, Failure> {
        let (state, cache) = (folder.join("state"), folder.join("cache"));
        create(&state.join("lists/partial"))?;
        create(&cache.join("archives/partial"))?;
        let mut options = vec![
            format!("Dir::State={}", state.display()),
            format!("Dir::Cache={}", cache.display()),
            "Acquire::Languages=none".into(),
        ];
        match release {
            Release::OfThisSystem => options.push("Dir::State::status=/var/lib/dpkg/status".into()),
            Release::Named(name) => {
                let (sources, status) = (folder.join("sources.list"), folder.join("status"));
                // The keys of releases to come are with those of this one.
                let key = "signed-by=/usr/share/keyrings/debian-archive-keyring.gpg";
                let line = format!("deb [{key}] http://deb.debian.org/debian {name} main\n");
                write(&sources, &line)?;
                write(&status, "")?;
                options.extend([
                    format!("Dir::State::status={}", status.display()),
                    format!("Dir::Etc::SourceList={}", sources.display()),
                    "Dir::Etc::SourceParts=/dev/null".into(),
                ]);
            }
        }
        Ok(Self { options })
    }

    fn get(&self) -> Command {
        let mut command = program("apt-get");
        for option in &self.options {
            command.args(["-o", option]);
        }
        command
    }

    /// The wanted packages and the libraries that are missing for them.
    fn needed(&self, release: Release, wanted: &[&str]) -> Result<Vec<String>, Failure> {
        let mut simulation = self.get();
        simulation.args(["install", "--simulate", "--no-install-recommends"]).args(wanted).env("LC_ALL", "C");
        let plan = ask(&mut simulation).ok_or_else(|| {
            Failure::new(format!("apt-get cannot install {}: do its sources answer?", wanted.join(", ")))
        })?;
        Ok(to_unpack(&plan, release, wanted))
    }
}

/// The packages of a simulated installation that are of use when merely unpacked: what is wanted, PostgreSQL's programs
/// and libraries. Not LLVM (with Z3), by far the largest: it compiles queries at run time, and PostgreSQL does without
/// when it is not there; and nothing of the C library that the system has.
fn to_unpack(plan: &str, release: Release, wanted: &[&str]) -> Vec<String> {
    let names = plan.lines().filter_map(|line| line.strip_prefix("Inst ")?.split_whitespace().next());
    names
        .filter(|name| {
            let numbered = |prefix| name.strip_prefix(prefix).is_some_and(|rest| rest.parse::<u32>().is_ok());
            let server = numbered("postgresql-") || numbered("postgresql-client-");
            let library = name.starts_with("lib") && !name.ends_with("-perl");
            let mut left_out = ["libllvm", "libz3", "libc-l10n", "libc-bin", "libc-dev", "libperl"].iter();
            let libc = *name == "libc6" && matches!(release, Release::OfThisSystem);
            // `postgresql` itself is an empty package that depends on the newest.
            let asked = wanted.contains(name) && *name != "postgresql";
            server || asked || (library && !libc && !left_out.any(|not| name.starts_with(not)))
        })
        .map(str::to_owned)
        .collect()
}

/// Puts a script in the place of each program of the folder `bin`, which is below `root`: PostgreSQL's programs look for
/// their files, and for each other, relative to the name that they were started by.
pub(crate) fn wrap_in_place(root: &Path, bin: &Path) -> Result<(), Failure> {
    let programs = bin.with_file_name("programs");
    fs::rename(bin, &programs).map_err(|error| cannot("move", bin, &error))?;
    wrap(root, &programs, bin)
}

/// Writes a script in `bin` for each program of the folder `programs`, which is below `root`.
pub(crate) fn wrap(root: &Path, programs: &Path, bin: &Path) -> Result<(), Failure> {
    let libraries = libraries(root).join(":");
    let start = match loader(root) {
        Some(loader) => {
            format!("exec '{}' --argv0 \"$0\" --library-path '{libraries}'", loader.display())
        }
        None => format!(
            "LD_LIBRARY_PATH='{libraries}'${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}\nexport LD_LIBRARY_PATH\nexec"
        ),
    };
    create(bin)?;
    for program in entries(programs)? {
        let Some(name) = program.file_name() else { continue };
        let path = bin.join(name);
        let script = format!("#!/bin/sh\n{start} '{}' \"$@\"\n", program.display());
        write(&path, &script)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))
            .map_err(|error| cannot("make executable", &path, &error))?;
    }
    Ok(())
}

/// The folders of shared libraries: `lib/ARCHITECTURE` and `usr/lib/ARCHITECTURE`.
fn libraries(root: &Path) -> Vec<String> {
    let parents = ["usr/lib", "lib"].map(|folder| root.join(folder));
    let below = parents.iter().filter_map(|parent| entries(parent).ok()).flatten();
    below
        .filter(|folder| folder.file_name().is_some_and(|name| name.to_string_lossy().contains("-linux-gnu")))
        .map(|folder| folder.display().to_string())
        .collect()
}

/// The loader of the C library that was unpacked, if one was.
fn loader(root: &Path) -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> = libraries(root).iter().map(PathBuf::from).collect();
    folders.extend(["usr/lib64", "lib64"].map(|folder| root.join(folder)));
    let files = folders.iter().filter_map(|folder| entries(folder).ok()).flatten();
    let mut loaders = files.filter(|file| {
        file.is_file() && file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("ld-linux"))
    });
    loaders.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_and_the_libraries_are_unpacked() {
        let plan = "NOTE: This is only a simulation!\n\
                    Inst libjson-perl (4.10000-1 Debian:12.11/oldstable [all])\n\
                    Inst libllvm14 (1:14.0.6-12 Debian:12.11/oldstable [amd64])\n\
                    Inst libpq5 (15.18-0+deb12u1 Debian:12.11/oldstable [amd64])\n\
                    Inst postgresql-client-15 (15.18-0+deb12u1 Debian:12.11/oldstable [amd64])\n\
                    Inst postgresql-common (248+deb12u1 Debian:12.11/oldstable [all])\n\
                    Inst postgresql-15 (15.18-0+deb12u1 Debian:12.11/oldstable [amd64])\n\
                    Inst libc-l10n (2.36-9+deb12u14 Debian:12.11/oldstable [all])\n\
                    Inst postgresql (15+248+deb12u1 Debian:12.11/oldstable [all])\n\
                    Conf libpq5 (15.18-0+deb12u1 Debian:12.11/oldstable [amd64])\n";
        let here = Release::OfThisSystem;
        assert_eq!(
            to_unpack(plan, here, &["postgresql"]),
            ["libpq5", "postgresql-client-15", "postgresql-15"]
        );
        assert!(to_unpack("", here, &["postgresql"]).is_empty());
    }

    #[test]
    fn a_release_that_is_not_this_brings_its_own_loader() {
        let plan = "Inst libc6 (2.41-12 Debian:13.3/stable [amd64])\n\
                    Inst libc-bin (2.41-12 Debian:13.3/stable [amd64])\n\
                    Inst libevent-2.1-7t64 (2.1.13 Debian:13.3/stable [amd64])\n\
                    Inst adduser (3.1 Debian:13.3/stable [all])\n\
                    Inst pgbouncer (1.24.1-1 Debian:13.3/stable [amd64])\n";
        let packages = to_unpack(plan, Release::Named("trixie"), &["pgbouncer"]);
        assert_eq!(packages, ["libc6", "libevent-2.1-7t64", "pgbouncer"]);
        assert!(
            !to_unpack(plan, Release::OfThisSystem, &["pgbouncer"]).contains(&"libc6".to_owned()),
            "the system has its C library"
        );
    }
}
