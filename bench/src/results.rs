//! [`Results`]: what a run found, as `results.json` has it.

use serde::{Deserialize, Serialize};

use crate::counted::Counted;
use crate::measure::Rounds;
use crate::statistics::Estimate;
use crate::target::Target;

/// A whole run.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Results {
    pub(crate) conditions: Conditions,
    /// Of the streams, when they were measured again by themselves.
    #[serde(default)]
    pub(crate) streams: Option<Conditions>,
    pub(crate) targets: Vec<Target>,
    pub(crate) counted: Counted,
    pub(crate) measurements: Vec<Measurement>,
    pub(crate) compile: Vec<Compiled>,
}

impl Results {
    /// Puts in what was measured again.
    pub(crate) fn replace(&mut self, again: &[Measured], targets: Vec<Target>) {
        let workloads: Vec<&str> = again.iter().map(|measured| measured.subject.workload).collect();
        self.measurements.retain(|row| !workloads.contains(&row.workload.as_str()));
        self.measurements.extend(again.iter().flat_map(Measured::rows));
        for target in targets.into_iter().filter(|target| target.found.is_some()) {
            if let Some(held) = self.targets.iter_mut().find(|held| held.what == target.what) {
                *held = target;
            }
        }
    }
}

/// Where and how.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Conditions {
    pub(crate) date: String,
    pub(crate) commit: String,
    pub(crate) command: String,
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) postgresql: String,
    /// Server settings that differ from the defaults and matter here.
    pub(crate) settings: String,
    pub(crate) minutes: f64,
}

/// One contender in one measurement.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Measurement {
    pub(crate) dataset: String,
    pub(crate) network: String,
    pub(crate) workload: String,
    pub(crate) tasks: usize,
    pub(crate) contender: String,
    pub(crate) rounds: usize,
    /// Microseconds.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    /// Operations a second.
    pub(crate) throughput: f64,
    /// To the floor, of one round each.
    pub(crate) p50_ratio: Estimate,
    pub(crate) throughput_ratio: Estimate,
}

/// How long `cargo check` took.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Compiled {
    pub(crate) contender: String,
    pub(crate) kind: String,
    /// Seconds.
    pub(crate) wall: f64,
    /// Seconds of processor time.
    pub(crate) cpu: f64,
    /// Of this library's processor time to this contender's, of one round each.
    pub(crate) ratio: Estimate,
}

/// What a measurement was about.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) dataset: String,
    pub(crate) network: &'static str,
    pub(crate) workload: &'static str,
    pub(crate) tasks: usize,
}

/// A measurement, with its rounds, from which targets take ratios.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) subject: Subject,
    pub(crate) rounds: Rounds,
}

impl Measured {
    /// A row for each contender; ratios are to the first one.
    pub(crate) fn rows(&self) -> Vec<Measurement> {
        let Some(first) = self.rounds.contenders().next() else { return Vec::new() };
        let row = |contender: &'static str| {
            Some(Measurement {
                dataset: self.subject.dataset.clone(),
                network: self.subject.network.into(),
                workload: self.subject.workload.into(),
                tasks: self.subject.tasks,
                contender: contender.into(),
                rounds: self.rounds.count(),
                p50: self.rounds.median(contender, |slice| slice.p50)?.value,
                p99: self.rounds.median(contender, |slice| slice.p99)?.value,
                throughput: self.rounds.median(contender, |slice| slice.throughput)?.value,
                p50_ratio: self.rounds.ratio(contender, first, |slice| slice.p50)?,
                throughput_ratio: self.rounds.ratio(contender, first, |slice| slice.throughput)?,
            })
        };
        self.rounds.contenders().filter_map(row).collect()
    }
}
