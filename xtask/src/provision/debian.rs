//! Debian's packages without root: downloaded with apt's lists in a folder of one's own, and unpacked, not installed.
//!
//! PostgreSQL finds its files relative to its programs, so an unpacked package works in any folder. What it does not
//! find there are the libraries that came with it: a script for each program says where they are.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::system::{is_debian, is_root};
use super::{Way, local};
use crate::run::{Failure, ask, is_installed, program, run};

pub(super) struct Unpacked;

impl Way for Unpacked {
    fn name(&self) -> &'static str {
        "Debian's packages, unpacked into .postgres/"
    }

    fn obstacle(&self) -> Option<&'static str> {
        if !is_debian() || !is_installed("apt-get") || !is_installed("dpkg-deb") {
            return Some("this is no Debian");
        }
        // Debian's build reads time zones there and nowhere else, and no session starts without one.
        if !Path::new("/usr/share/zoneinfo/UTC").exists() {
            return Some("the system has no time zones (Debian's package tzdata)");
        }
        // The server does not run as root, and another account may not enter a folder of root's.
        is_root().then_some("only for accounts other than root, which can install them")
    }

    fn go(&self) -> Result<(), Failure> {
        let folder = local();
        // What an earlier attempt left.
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(|error| cannot("remove", &folder, &error))?;
        }
        let apt = Apt::new(&folder.join("apt"))?;
        if let Err(failure) = run(apt.get().arg("update")) {
            eprintln!("xtask: {failure}");
        }
        let packages = apt.needed()?;
        let archives = folder.join("packages");
        create(&archives)?;
        run(apt.get().arg("download").args(&packages).current_dir(&archives))?;

        let unpacked = folder.join("root");
        create(&unpacked)?;
        for package in entries(&archives)? {
            run(program("dpkg-deb").arg("--extract").arg(&package).arg(&unpacked))?;
        }
        wrap(&unpacked, &folder.join("bin"))?;
        for done in ["apt", "packages"] {
            let path = folder.join(done);
            fs::remove_dir_all(&path).map_err(|error| cannot("remove", &path, &error))?;
        }
        Ok(())
    }
}

/// `apt-get` with lists and locks in a folder that this account owns. What is installed is the system's truth.
struct Apt {
    options: Vec<String>,
}

impl Apt {
    fn new(folder: &Path) -> Result<Self, Failure> {
        let (state, cache) = (folder.join("state"), folder.join("cache"));
        create(&state.join("lists/partial"))?;
        create(&cache.join("archives/partial"))?;
        let options = vec![
            format!("Dir::State={}", state.display()),
            "Dir::State::status=/var/lib/dpkg/status".into(),
            format!("Dir::Cache={}", cache.display()),
        ];
        Ok(Self { options })
    }

    fn get(&self) -> Command {
        let mut command = program("apt-get");
        for option in &self.options {
            command.args(["-o", option]);
        }
        command
    }

    /// The server's package and the libraries that the system lacks.
    fn needed(&self) -> Result<Vec<String>, Failure> {
        let mut simulation = self.get();
        simulation
            .args(["install", "--simulate", "--no-install-recommends", "postgresql"])
            .env("LC_ALL", "C");
        let plan = ask(&mut simulation)
            .ok_or_else(|| Failure::new("apt-get cannot install `postgresql`: do its sources answer?"))?;
        let packages = to_unpack(&plan);
        if packages.iter().any(|name| name.starts_with("postgresql-")) {
            Ok(packages)
        } else {
            Err(Failure::new(
                "apt-get would not install a PostgreSQL server, which is installed or out of reach",
            ))
        }
    }
}

/// The packages of a simulated installation that are of use when merely unpacked: the server's own and libraries.
/// Not LLVM (with Z3), by far the largest: it compiles queries at run time, and PostgreSQL does without when it is not
/// there; and nothing of the C library, which the system has.
fn to_unpack(plan: &str) -> Vec<String> {
    let names = plan.lines().filter_map(|line| line.strip_prefix("Inst ")?.split_whitespace().next());
    names
        .filter(|name| {
            let server = name.strip_prefix("postgresql-").is_some_and(|rest| rest.parse::<u32>().is_ok());
            let library = name.starts_with("lib") && !name.ends_with("-perl");
            server || (library && !["libllvm", "libz3", "libc-"].iter().any(|not| name.starts_with(not)))
        })
        .map(str::to_owned)
        .collect()
}

/// Writes a script in `bin` for each program of the newest server in `unpacked`.
fn wrap(unpacked: &Path, bin: &Path) -> Result<(), Failure> {
    let versions = entries(&unpacked.join("usr/lib/postgresql"))?;
    let server = versions.last().ok_or_else(|| Failure::new("the packages hold no server"))?;
    // Compiled queries need LLVM: without this file PostgreSQL knows that it has none.
    let _ = fs::remove_file(server.join("lib/llvmjit.so"));

    let libraries = libraries(unpacked).join(":");
    create(bin)?;
    for program in entries(&server.join("bin"))? {
        let Some(name) = program.file_name() else { continue };
        let script = format!(
            "#!/bin/sh\n\
             LD_LIBRARY_PATH='{libraries}'${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}\n\
             export LD_LIBRARY_PATH\n\
             exec '{}' \"$@\"\n",
            program.display()
        );
        let path = bin.join(name);
        fs::write(&path, script).map_err(|error| cannot("write", &path, &error))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))
            .map_err(|error| cannot("make executable", &path, &error))?;
    }
    Ok(())
}

/// The folders of shared libraries: `lib/ARCHITECTURE` and `usr/lib/ARCHITECTURE`.
fn libraries(unpacked: &Path) -> Vec<String> {
    let parents = ["usr/lib", "lib"].map(|folder| unpacked.join(folder));
    let below = parents.iter().filter_map(|parent| entries(parent).ok()).flatten();
    below
        .filter(|folder| folder.file_name().is_some_and(|name| name.to_string_lossy().contains("-linux-gnu")))
        .map(|folder| folder.display().to_string())
        .collect()
}

/// What a folder holds, sorted.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let read = fs::read_dir(folder).map_err(|error| cannot("read", folder, &error))?;
    let mut paths: Vec<PathBuf> = read.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    Ok(paths)
}

fn create(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|error| cannot("create", folder, &error))
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot {what} {}: {error}", path.display()))
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
        assert_eq!(to_unpack(plan), ["libpq5", "postgresql-15"]);
        assert!(to_unpack("").is_empty());
    }
}
