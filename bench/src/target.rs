//! [`Target`]: what was promised, and whether this run keeps it.
//!
//! A ratio that lies closer to its bound than twice its own noise proves nothing, in either direction, and is called
//! inconclusive: that is not a pass. Beside a target that is missed stands its limit, where there is one: what the
//! same ratio is for the same statements written by hand over the same driver.

use serde::{Deserialize, Serialize};

use crate::counted::Counted;
use crate::measure::Slice;
use crate::results::{Compiled, Measured};
use crate::statistics::Estimate;

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Verdict {
    Met,
    Missed,
    Inconclusive,
    NotMeasured,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Target {
    pub(crate) what: String,
    pub(crate) bound: Bound,
    pub(crate) unit: String,
    pub(crate) found: Option<Estimate>,
    /// What nobody can do better.
    pub(crate) limit: Option<Estimate>,
    pub(crate) verdict: Verdict,
}

impl Target {
    fn new(what: impl Into<String>, bound: Bound, unit: &str, found: Option<Estimate>) -> Self {
        let verdict = found.map_or(Verdict::NotMeasured, |found| judge(found, bound));
        Self { what: what.into(), bound, unit: unit.into(), found, limit: None, verdict }
    }
}

fn judge(found: Estimate, bound: Bound) -> Verdict {
    let (kept, margin) = match bound {
        Bound::AtMost(bound) => (found.value <= bound, bound - found.value),
        Bound::AtLeast(bound) => (found.value >= bound, found.value - bound),
    };
    if found.noise > margin.abs() / 2.0 {
        Verdict::Inconclusive
    } else if kept {
        Verdict::Met
    } else {
        Verdict::Missed
    }
}

const P50: fn(&Slice) -> f64 = |slice| slice.p50;
const THROUGHPUT: fn(&Slice) -> f64 = |slice| slice.throughput;

/// All targets, against what a run found.
pub(crate) fn all(measured: &[Measured], counted: &Counted, compiled: &[Compiled]) -> Vec<Target> {
    let mut targets = Vec::new();
    round_trips(&mut targets, counted);

    let on = |workload: &str, network: &str, tasks: usize| {
        measured.iter().map(|measured| (&measured.subject, &measured.rounds)).find_map(|(subject, rounds)| {
            let same = (subject.workload, subject.network, subject.tasks) == (workload, network, tasks);
            // Measurements of several datasets name their contenders by the dataset.
            (same && rounds.contenders().any(|contender| contender == "tenancy")).then_some(rounds)
        })
    };
    let mut ratio =
        |what: &str, bound, workload: &str, network: &str, tasks: usize, one: &str, to: &str, of| {
            let rounds = on(workload, network, tasks);
            let mut target =
                Target::new(what, bound, "", rounds.and_then(|rounds| rounds.ratio(one, to, of)));
            if one == "tenancy" && to == "floor" {
                target.limit = rounds.and_then(|rounds| rounds.ratio("limit", to, of));
            }
            targets.push(target);
        };

    use Bound::{AtLeast, AtMost};
    let pooled =
        "throughput, 64 tasks on 8 connections, +1 ms: tenancy / sqlx by hand on sqlx's pool, no RLS";
    ratio(pooled, AtLeast(1.5), "point-read", "1ms", 64, "tenancy", "sqlx-pool", THROUGHPUT);
    for (workload, title) in [
        ("point-read", "point read"),
        ("page", "page of 50"),
        ("insert", "insert"),
        ("update", "update"),
        ("delete", "delete"),
    ] {
        for (network, title_of_network, bound) in [("loopback", "loopback", 1.15), ("1ms", "+1 ms", 1.02)] {
            let what = format!("p50, {title}, {title_of_network}: tenancy / the floor");
            ratio(&what, AtMost(bound), workload, network, 1, "tenancy", "floor", P50);
        }
    }
    let guide = "p50, point read, +1 ms: `set_config` in a transaction / tenancy";
    ratio(guide, AtLeast(3.5), "point-read", "1ms", 1, "guide", "tenancy", P50);
    let default = "p50, point read, +1 ms: tenancy / sqlx's default pool without any isolation";
    ratio(default, AtMost(0.6), "point-read", "1ms", 1, "tenancy", "sqlx-pool", P50);
    for (network, title) in [("loopback", "loopback"), ("1ms", "+1 ms")] {
        let what = format!("throughput, point read, 64 tasks, {title}: tenancy / the floor");
        ratio(&what, AtLeast(0.92), "point-read", network, 64, "tenancy", "floor", THROUGHPUT);
    }
    let stream = "stream of all rows of a tenant, loopback: tenancy / sqlx's `query_as`";
    ratio(stream, AtMost(1.02), "stream", "loopback", 1, "tenancy", "floor", P50);

    targets.push(Target::new(
        "building and rendering a statement with three filters",
        AtMost(400.0),
        "ns",
        Some(counted.rendering),
    ));
    targets.push(Target::new(
        "the same, allocations before the driver",
        AtMost(3.0),
        "",
        Some(Estimate::exact(counted.allocations as f64)),
    ));
    targets.push(Target::new(
        "the same, copies of the SQL text",
        AtMost(0.0),
        "",
        Some(Estimate::exact(if counted.text_reused { 0.0 } else { 1.0 })),
    ));
    let sizes = measured.iter().map(|measured| &measured.rounds);
    let sizes = sizes.filter_map(|rounds| {
        rounds.ratio("tenancy, 100,000 tenants, even", "tenancy, 10 tenants, even", P50)
    });
    let what = "p50, point read: tenancy with 100,000 tenants / with 10, in 10,000,000 rows";
    targets.push(Target::new(what, AtMost(1.15), "", sizes.into_iter().next()));
    targets.push(Target::new(
        "statements of the workloads whose plan, generic or custom, has no index led by the tenant",
        AtMost(0.0),
        "",
        (!counted.plans.is_empty()).then_some(Estimate::exact(0.0)),
    ));
    targets.push(Target::new(
        "memory of an idle `TenantDb`, beyond sqlx's pool",
        AtMost(64.0),
        "KiB",
        Some(Estimate::exact(counted.idle_bytes as f64 / 1024.0)),
    ));
    for (what, bound, contender, kind) in [
        ("`cargo check` of 100 entities of 10 columns: tenancy / SeaORM 2", 0.5, "sea-orm", "full"),
        ("`cargo check` of 100 entities of 10 columns: tenancy / diesel", 1.0, "diesel", "full"),
        ("the same after a change to one entity: tenancy / SeaORM 2", 1.0, "sea-orm", "incremental"),
    ] {
        let found = compiled.iter().find(|compiled| compiled.contender == contender && compiled.kind == kind);
        targets.push(Target::new(what, AtMost(bound), "", found.map(|compiled| compiled.ratio)));
    }
    targets
}

fn round_trips(targets: &mut Vec<Target>, counted: &Counted) {
    let trips = |workload: &str| {
        let mut of = counted.round_trips.iter();
        let contender = if workload == "transaction" { "tenancy-tx" } else { "tenancy" };
        of.find(|(name, of, _)| name == contender && of == workload)
            .map(|(_, _, trips)| Estimate::exact(*trips))
    };
    for (what, bound, workload) in [
        ("round trips, single read, the pool's own included", 1.0, "point-read"),
        ("round trips, single write, the pool's own included", 1.0, "update"),
        ("round trips, transaction of 5 statements", 7.0, "transaction"),
    ] {
        targets.push(Target::new(what, Bound::AtMost(bound), "", trips(workload)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(value: f64, noise: f64) -> Estimate {
        Estimate { value, noise }
    }

    #[test]
    fn a_ratio_closer_to_the_bound_than_twice_its_noise_is_no_pass() {
        assert_eq!(judge(found(1.00, 0.05), Bound::AtMost(1.15)), Verdict::Met);
        assert_eq!(judge(found(1.10, 0.05), Bound::AtMost(1.15)), Verdict::Inconclusive);
        assert_eq!(judge(found(1.20, 0.05), Bound::AtMost(1.15)), Verdict::Inconclusive);
        assert_eq!(judge(found(1.30, 0.05), Bound::AtMost(1.15)), Verdict::Missed);
        assert_eq!(judge(found(3.9, 0.1), Bound::AtLeast(3.5)), Verdict::Met);
        assert_eq!(judge(found(3.0, 0.1), Bound::AtLeast(3.5)), Verdict::Missed);
    }

    #[test]
    fn what_was_counted_has_no_noise() {
        assert_eq!(judge(Estimate::exact(1.0), Bound::AtMost(1.0)), Verdict::Met);
        assert_eq!(judge(Estimate::exact(2.0), Bound::AtMost(1.0)), Verdict::Missed);
    }
}
