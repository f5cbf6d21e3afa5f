//! One core for a benchmark that starts its own server: a message that wakes the other side on another core costs as much as a
//! small statement, and never the same (`pin.rs`, which moves a server that runs already, has the figures).

use anyhow::Context as _;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Puts this process, and whatever it starts from now on, on the last core.
pub(crate) fn pin() -> anyhow::Result<()> {
    let mut one = CpuSet::new();
    let all = sched_getaffinity(None)?;
    let last = (0..CpuSet::MAX_CPU).rfind(|core| all.is_set(*core)).context("no core")?;
    one.set(last);
    Ok(sched_setaffinity(None, &one)?)
}
