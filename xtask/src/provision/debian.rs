//! Debian's packages without root: unpacked into `.postgres/`, not installed.

use std::path::Path;

use super::system::is_root;
use super::{Way, local};
use crate::files::entries;
use crate::packages::{Release, obstacle, unpack, wrap};
use crate::run::Failure;

pub(super) struct Unpacked;

impl Way for Unpacked {
    fn name(&self) -> &'static str {
        "Debian's packages, unpacked into .postgres/"
    }

    fn obstacle(&self) -> Option<&'static str> {
        if let Some(obstacle) = obstacle() {
            return Some(obstacle);
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
        let root = unpack(Release::OfThisSystem, &["postgresql"], &folder)?;
        let servers = entries(&root.join("usr/lib/postgresql")).unwrap_or_default();
        let newest = servers.last().ok_or_else(|| {
            Failure::new("apt-get would not install a PostgreSQL server, which is installed or out of reach")
        })?;
        wrap(&root, &newest.join("bin"), &folder.join("bin"))
    }
}
