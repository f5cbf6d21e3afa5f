//! The system's package manager: as root, by a `sudo` that does not ask, or, with Homebrew, as oneself.

use std::path::Path;
use std::process::Command;

use super::Way;
use crate::run::{Failure, ask, is_installed, program, run};

pub(super) struct PackageManager;

impl Way for PackageManager {
    fn name(&self) -> &'static str {
        "the system's package manager"
    }

    fn obstacle(&self) -> Option<&'static str> {
        match Manager::of_this_system() {
            None => Some("none of apt-get, dnf, apk and brew is here"),
            Some(Manager::Brew) if is_root() => Some("Homebrew refuses root"),
            Some(Manager::Brew) => None,
            Some(_) if is_root() || sudo_does_not_ask() => None,
            Some(_) => {
                Some("this account may not install packages (neither root nor a sudo that does not ask)")
            }
        }
    }

    fn go(&self) -> Result<(), Failure> {
        match Manager::of_this_system() {
            Some(Manager::AptGet) => apt_get(),
            Some(Manager::Dnf) => {
                run(privileged("dnf").args(["install", "--assumeyes", "postgresql-server"]))
            }
            Some(Manager::Apk) => run(privileged("apk").args(["add", "--no-cache", "postgresql"])),
            Some(Manager::Brew) => run(program("brew").args(["install", "postgresql@17"])),
            None => Ok(()),
        }
    }
}

enum Manager {
    AptGet,
    Dnf,
    Apk,
    Brew,
}

impl Manager {
    fn of_this_system() -> Option<Self> {
        [("apt-get", Self::AptGet), ("dnf", Self::Dnf), ("apk", Self::Apk), ("brew", Self::Brew)]
            .into_iter()
            .find_map(|(name, manager)| is_installed(name).then_some(manager))
    }
}

/// Debian's packages set up a cluster and start it, unless they are told not to. Binaries are all that is needed.
fn apt_get() -> Result<(), Failure> {
    let settings = Path::new("/etc/postgresql-common/createcluster.conf");
    if !settings.exists() {
        // With sudo the file has to be written by a program.
        let write = format!(
            "mkdir -p {folder} && echo 'create_main_cluster = false' > {file}",
            folder = settings.parent().unwrap_or(settings).display(),
            file = settings.display()
        );
        run(privileged("sh").args(["-c", &write]))?;
    }
    install(&["postgresql"])
}

/// Debian's packages, by `apt-get`.
pub(super) fn install(packages: &[&str]) -> Result<(), Failure> {
    // One source of several may be out of reach; whether that matters shows in what follows.
    if let Err(failure) = run(privileged("apt-get").arg("update")) {
        eprintln!("xtask: {failure}");
    }
    run(privileged("env")
        .args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "--yes", "--no-install-recommends"])
        .args(packages))
}

/// A program that runs as root.
fn privileged(name: &str) -> Command {
    if is_root() {
        return program(name);
    }
    let mut command = program("sudo");
    command.args(["-n", name]);
    command
}

pub(super) fn is_root() -> bool {
    ask(Command::new("id").arg("-u")).is_some_and(|id| id.trim() == "0")
}

fn sudo_does_not_ask() -> bool {
    is_installed("sudo") && ask(Command::new("sudo").args(["-n", "true"])).is_some()
}
