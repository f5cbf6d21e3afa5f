//! One core for everybody, or all of them.
//!
//! One operation at a time is a game of ping-pong: client and server never run at once. On two cores the game's pace is
//! that of waking an idle core, which on a virtual machine is anything between 5 and 100 microseconds and hides what is
//! measured. On one core it is the work itself, and two runs agree within a percent. So single tasks are measured with
//! every thread of this process and every process of the server on one core, and many tasks on all cores.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::dataset::Dataset;

/// The cores that this process may use.
#[derive(Debug, Clone)]
pub(crate) struct Cores {
    all: Vec<usize>,
}

impl Cores {
    pub(crate) fn of_this_process() -> anyhow::Result<Self> {
        let set = sched_getaffinity(None)?;
        Ok(Self { all: (0..CpuSet::MAX_CPU).filter(|cpu| set.is_set(*cpu)).collect() })
    }

    pub(crate) fn count(&self) -> usize {
        self.all.len()
    }

    /// Puts this process and the server of a dataset on the last core, or back on all.
    pub(crate) async fn pin(&self, dataset: &Dataset, one: bool) -> anyhow::Result<()> {
        let mut set = CpuSet::new();
        let last = self.all.last().context("no core to run on")?;
        for cpu in if one { std::slice::from_ref(last) } else { &self.all } {
            set.set(*cpu);
        }
        let mut processes = vec![std::process::id().cast_signed()];
        processes.extend(server(dataset.backend().await?)?);
        for process in processes {
            for thread in threads(process) {
                // A thread may end meanwhile.
                let _ = sched_setaffinity(Pid::from_raw(thread), &set);
            }
        }
        // Other accounts' processes are root's alone to move, and a floor that moved without the others would lie.
        sched_setaffinity(Pid::from_raw(server_of(dataset.backend().await?)?), &set)
            .context("cannot choose the server's core: run this as root, or as the account of the server")
    }
}

fn threads(process: i32) -> Vec<i32> {
    let entries = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// The postmaster: the parent of any backend.
fn server_of(backend: i32) -> anyhow::Result<i32> {
    parent(&Path::new("/proc").join(backend.to_string())).context("the server is not on this machine")
}

/// The postmaster and its children.
fn server(backend: i32) -> anyhow::Result<Vec<i32>> {
    let postmaster = server_of(backend)?;
    let children = fs::read_dir("/proc")?.flatten().filter(|entry| parent(&entry.path()) == Some(postmaster));
    let mut all = vec![postmaster];
    all.extend(children.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok()));
    Ok(all)
}

fn parent(process: &Path) -> Option<i32> {
    let status = fs::read_to_string(process.join("status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok()
}
