//! [`Account`]: whom the server runs as.
//!
//! PostgreSQL refuses to run as root, and containers run tests as root. Then the server, and the watchdog that owns
//! it, run as `postgres`, which the packages create, else as `nobody`.

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use crate::Error;

/// An unprivileged account of this system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) name: &'static str,
    uid: u32,
    gid: u32,
}

impl Account {
    /// The account to change to. `None`: this process is unprivileged already.
    pub(super) fn to_change_to() -> Result<Option<Self>, Error> {
        if id(&["-u"]) != Some(0) {
            return Ok(None);
        }
        ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| {
                let (uid, gid) = (id(&["-u", name])?, id(&["-g", name])?);
                (uid != 0).then_some(Self { name, uid, gid })
            })
            .map(Some)
            .ok_or(Error::NoAccount)
    }

    /// Makes `command` run as this account, in its group alone.
    pub(super) fn take_on(&self, command: &mut Command) {
        // As root, `uid` also drops the supplementary groups.
        command.uid(self.uid).gid(self.gid);
    }
}

/// What `id` answers. The program is part of POSIX, and `std` has no call for this.
fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).stdin(Stdio::null()).output().ok()?;
    std::str::from_utf8(&output.stdout).ok()?.trim().parse().ok()
}
