//! A run: which measurements are made, on which data, with how much effort.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use tenancy_testkit::TestAuthority;

use crate::cell::{self, Workload};
use crate::dataset::{Dataset, Shape, grouped};
use crate::draw::Urn;
use crate::measure::{Effort, Runner, heat, measure};
use crate::network::{FIVE, LOOPBACK, Network, ONE};
use crate::pin::Cores;
use crate::place::Place;
use crate::results::{Measured, Subject};

/// How large a run is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) rows: u64,
    /// Of the contenders that targets are about, among themselves.
    pub(crate) close: Effort,
    /// Of all contenders.
    pub(crate) coarse: Effort,
    /// Loopback and 1 ms, 1 and 64 tasks, and the targets' workloads only.
    pub(crate) quick: bool,
}

pub(crate) const FULL: Size = Size {
    rows: 10_000_000,
    close: Effort { rounds: 200, slice: Duration::from_millis(10), budget: Duration::from_secs(40) },
    coarse: Effort { rounds: 11, slice: Duration::from_millis(20), budget: Duration::from_secs(5) },
    quick: false,
};

pub(crate) const QUICK: Size = Size {
    rows: 400_000,
    close: Effort { rounds: 60, slice: Duration::from_millis(10), budget: Duration::from_secs(5) },
    coarse: Effort { rounds: 7, slice: Duration::from_millis(10), budget: Duration::from_secs(2) },
    quick: true,
};

/// How many rows operations are drawn from.
const SAMPLE: usize = 20_000;

/// The same, where several datasets must fit into the server's memory beside each other.
const FEW: usize = 2_000;

/// The tenants of the dataset that all contenders run on.
const TENANTS: u64 = 1_000;

pub(crate) struct Bench {
    pub(crate) authority: TestAuthority,
    pub(crate) size: Size,
    cores: Cores,
    began: Instant,
}

/// A dataset and what is drawn from it.
pub(crate) struct Loaded {
    pub(crate) dataset: Dataset,
    pub(crate) urn: Urn,
}

impl Bench {
    pub(crate) fn new(size: Size) -> anyhow::Result<Self> {
        let cores = Cores::of_this_process()?;
        Ok(Self { authority: TestAuthority::new(), size, cores, began: Instant::now() })
    }

    pub(crate) fn cores(&self) -> usize {
        self.cores.count()
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    pub(crate) fn say(&self, what: &str) {
        eprintln!("[{:4} s] {what}", self.began.elapsed().as_secs());
    }

    async fn load(&self, tenants: u64, skewed: bool) -> anyhow::Result<Loaded> {
        let shape = Shape { rows: self.size.rows, tenants, skewed };
        self.say(&format!("loading {shape}"));
        let dataset = Dataset::load(shape).await.with_context(|| format!("cannot load {shape}"))?;
        let urn = Urn::fill(&dataset, &self.authority, SAMPLE).await?;
        Ok(Loaded { dataset, urn })
    }

    /// The dataset that all contenders run on.
    pub(crate) async fn main_dataset(&self) -> anyhow::Result<Loaded> {
        self.load(TENANTS, false).await
    }

    /// Everything on the main dataset.
    pub(crate) async fn contenders(&self, loaded: &Loaded) -> anyhow::Result<Vec<Measured>> {
        let networks: &[Network] = if self.size.quick { &[LOOPBACK, ONE] } else { &[LOOPBACK, ONE, FIVE] };
        let mut measured = Vec::new();
        for &network in networks {
            let place = Place::new(&loaded.dataset, &self.authority, network)?;
            for workload in cell::workloads() {
                // A stream is as long as its tenant is large: see `sizes`.
                if workload.id == "stream" {
                    continue;
                }
                if !workload.writes && network == LOOPBACK {
                    self.heat(loaded, &place, workload).await?;
                }
                for tasks in [1, 8, 64] {
                    let close = is_close(workload, network, tasks);
                    let bulk = workload.id == "bulk-insert";
                    // Ten thousand rows by each of 64 tasks measure the disk.
                    if (self.size.quick && (!close || bulk)) || (bulk && tasks > 1) {
                        continue;
                    }
                    if close {
                        let effort = (&JUDGED[..], self.size.close);
                        measured
                            .push(self.side_by_side(loaded, &place, network, workload, tasks, effort).await?);
                    }
                    let effort = (&[][..], self.size.coarse);
                    measured.push(self.side_by_side(loaded, &place, network, workload, tasks, effort).await?);
                }
                if workload.writes {
                    loaded.dataset.sweep().await?;
                }
            }
        }
        Ok(measured)
    }

    /// Reads every row of the sample once, as the floor does.
    async fn heat(&self, loaded: &Loaded, place: &Place<'_>, workload: &Workload) -> anyhow::Result<()> {
        let contender = cell::contender("floor")?;
        let cell = cell::find(contender.id, workload.id).context("the floor has no such cell")?;
        let (open, Loaded { dataset, urn }) = ((contender.open)(place).await?, loaded);
        heat(&Runner { contender: contender.id, open, cell, dataset, urn }).await
    }

    async fn side_by_side(
        &self,
        loaded: &Loaded,
        place: &Place<'_>,
        network: Network,
        workload: &'static Workload,
        tasks: usize,
        (only, effort): (&[&str], Effort),
    ) -> anyhow::Result<Measured> {
        let mut runners = Vec::new();
        for contender in cell::contenders() {
            if !only.is_empty() && !only.contains(&contender.id) {
                continue;
            }
            let Some(cell) = cell::find(contender.id, workload.id) else { continue };
            let open = (contender.open)(place).await?;
            let (dataset, urn) = (&loaded.dataset, &loaded.urn);
            runners.push(Runner { contender: contender.id, open, cell, dataset, urn });
        }
        // A durable write waits for the disk, and the disk's completions for a core.
        self.cores.pin(&loaded.dataset, tasks == 1 && !workload.writes).await?;
        let rounds = measure(workload, tasks, &runners, effort).await;
        let rounds = rounds.with_context(|| format!("{} on {}", workload.id, network.id))?;
        let subject = Subject {
            dataset: loaded.dataset.shape.to_string(),
            network: network.id,
            workload: workload.id,
            tasks,
        };
        let measured = Measured { subject, rounds };
        self.say(&line(&measured));
        Ok(measured)
    }

    /// Streams of all rows of one of ten tenants, and a point read on each distribution of tenants.
    pub(crate) async fn sizes(&self, thousand: &Loaded) -> anyhow::Result<Vec<Measured>> {
        let few = self.load(10, false).await?;
        let mut measured = self.streams(&few).await?;
        let mut others = vec![self.load(100_000, false).await?];
        if !self.size.quick {
            for tenants in [10, TENANTS, 100_000] {
                others.push(self.load(tenants, true).await?);
            }
        }
        let all: Vec<&Loaded> = [&few, thousand].into_iter().chain(&others).collect();
        measured.push(self.across(&all).await?);
        Ok(measured)
    }

    /// Streams alone.
    pub(crate) async fn only_streams(&self) -> anyhow::Result<(Loaded, Vec<Measured>)> {
        let few = self.load(10, false).await?;
        let measured = self.streams(&few).await?;
        Ok((few, measured))
    }

    async fn streams(&self, few: &Loaded) -> anyhow::Result<Vec<Measured>> {
        let place = Place::new(&few.dataset, &self.authority, LOOPBACK)?;
        let stream = cell::workload("stream")?;
        // A stream is long, and so has few rounds in the time of others.
        let times = if self.size.quick { 2 } else { 5 };
        let close = Effort { budget: times * self.size.close.budget, ..self.size.close };
        let coarse = Effort { budget: self.size.close.budget, ..self.size.close };
        let judged = self.side_by_side(few, &place, LOOPBACK, stream, 1, (&JUDGED, close)).await?;
        let all = self.side_by_side(few, &place, LOOPBACK, stream, 1, (&[], coarse)).await?;
        Ok(vec![judged, all])
    }

    /// The same read on several datasets, side by side.
    async fn across(&self, all: &[&Loaded]) -> anyhow::Result<Measured> {
        let mut runners = Vec::new();
        let urns: Vec<Urn> = all.iter().map(|loaded| loaded.urn.smaller(FEW)).collect();
        for contender in ["floor", "tenancy"] {
            for (loaded, urn) in all.iter().zip(&urns) {
                let Shape { tenants, skewed, .. } = loaded.dataset.shape;
                let how = if skewed { "Zipf" } else { "even" };
                let name = format!("{contender}, {} tenants, {how}", grouped(tenants));
                let cell = cell::find(contender, "point-read").context("no such cell")?;
                let place = Place::new(&loaded.dataset, &self.authority, LOOPBACK)?;
                let open = (cell::contender(contender)?.open)(&place).await?;
                let dataset = &loaded.dataset;
                runners.push(Runner { contender: name.leak(), open, cell, dataset, urn });
            }
        }
        let workload = cell::workload("point-read")?;
        for runner in &runners {
            heat(runner).await?;
        }
        self.cores.pin(&all[0].dataset, true).await?;
        let rounds = measure(workload, 1, &runners, self.size.close).await?;
        let dataset = format!("{} rows", grouped(self.size.rows));
        let subject = Subject { dataset, network: LOOPBACK.id, workload: workload.id, tasks: 1 };
        let measured = Measured { subject, rounds };
        self.say(&line(&measured));
        Ok(measured)
    }
}

/// The contenders that targets are about. Fewer contenders have more rounds in the same time, and more rounds less
/// noise.
const JUDGED: [&str; 6] = ["floor", "control", "tenancy", "limit", "guide", "sqlx-pool"];

/// Whether targets are about it.
fn is_close(workload: &Workload, network: Network, tasks: usize) -> bool {
    let single = tasks == 1 && workload.id != "transaction" && workload.id != "bulk-insert";
    let many = tasks == 64 && workload.id == "point-read";
    network != FIVE && (single || many)
}

/// What the run says while it goes on.
fn line(measured: &Measured) -> String {
    let subject = &measured.subject;
    let mut text = format!(
        "{} {} x{} ({} rounds):",
        subject.workload,
        subject.network,
        subject.tasks,
        measured.rounds.count()
    );
    for row in measured.rows() {
        text += &format!(" {} {:.3}±{:.3}", row.contender, row.p50_ratio.value, row.p50_ratio.noise);
    }
    text
}
