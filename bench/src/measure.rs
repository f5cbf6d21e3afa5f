//! Rounds: every contender in turn, again and again.
//!
//! A machine's speed changes from second to second, so contenders that ran one after the other cannot be compared. In
//! a round each contender runs a slice of some tens of milliseconds, A B C A B C …, each round beginning with the
//! next one, and what is compared are slices of one round.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use tokio::task::JoinSet;

use crate::cell::{Cell, Open, Workload};
use crate::dataset::Dataset;
use crate::draw::{Draw, Urn};
use crate::place::POOL;
use crate::statistics::{Estimate, quantile};

/// One contender's slice of one round.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slice {
    /// Latencies of single operations, in microseconds.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    /// Operations a second, of all tasks together.
    pub(crate) throughput: f64,
}

/// A contender, connected, with the rows that it is about.
#[derive(Clone)]
pub(crate) struct Runner<'a> {
    pub(crate) contender: &'static str,
    pub(crate) open: Open,
    pub(crate) cell: &'static Cell,
    pub(crate) dataset: &'a Dataset,
    pub(crate) urn: &'a Urn,
}

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    pub(crate) rounds: usize,
    /// How long a slice should take.
    pub(crate) slice: Duration,
    /// When a measurement is over, whatever the number of rounds.
    pub(crate) budget: Duration,
}

/// Fewer rounds have no median worth the name.
const LEAST_ROUNDS: usize = 5;

/// An operation that is so long is not repeated within a slice.
const LONG: Duration = Duration::from_millis(60);

/// Operations on each connection before the first round: connections are opened, statements prepared, generic plans made.
const WARM: usize = 12;

/// Contenders that ran side by side: their slices, one a round.
#[derive(Debug, Default)]
pub(crate) struct Rounds(Vec<(&'static str, Vec<Slice>)>);

impl Rounds {
    pub(crate) fn contenders(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|(contender, _)| *contender)
    }

    pub(crate) fn count(&self) -> usize {
        self.0.first().map_or(0, |(_, slices)| slices.len())
    }

    fn of(&self, contender: &str) -> Option<&[Slice]> {
        self.0.iter().find(|(name, _)| *name == contender).map(|(_, slices)| &slices[..])
    }

    /// The median over the rounds.
    pub(crate) fn median(&self, contender: &str, metric: fn(&Slice) -> f64) -> Option<Estimate> {
        Estimate::median(&self.of(contender)?.iter().map(metric).collect::<Vec<_>>())
    }

    /// The median of the ratios of one contender to another, each within a round.
    pub(crate) fn ratio(&self, one: &str, to: &str, metric: fn(&Slice) -> f64) -> Option<Estimate> {
        let (one, to) = (self.of(one)?, self.of(to)?);
        Estimate::median(&one.iter().zip(to).map(|(one, to)| metric(one) / metric(to)).collect::<Vec<_>>())
    }
}

/// Measures contenders side by side.
pub(crate) async fn measure(
    workload: &'static Workload,
    tasks: usize,
    runners: &[Runner<'_>],
    effort: Effort,
) -> anyhow::Result<Rounds> {
    let mut count = usize::MAX;
    for runner in runners {
        count = count.min(calibrate(workload, tasks, runner, effort.slice).await?);
    }
    let began = Instant::now();
    let mut rounds = Rounds(runners.iter().map(|runner| (runner.contender, Vec::new())).collect());
    for round in 0..effort.rounds.max(LEAST_ROUNDS) {
        for i in 0..runners.len() {
            let i = (i + round) % runners.len();
            rounds.0[i].1.push(slice(workload, tasks, &runners[i], count).await?);
        }
        if round + 1 >= LEAST_ROUNDS && began.elapsed() > effort.budget {
            break;
        }
    }
    Ok(rounds)
}

/// Reads what will be read later, so that it comes from the server's memory for whoever is measured first.
pub(crate) async fn heat(runner: &Runner<'_>) -> anyhow::Result<()> {
    for draw in runner.urn.rows() {
        (runner.cell.run)(&*runner.open, draw).await?;
    }
    Ok(())
}

/// Warms a contender up, and finds how many operations make a slice.
async fn calibrate(
    workload: &'static Workload,
    tasks: usize,
    runner: &Runner<'_>,
    length: Duration,
) -> anyhow::Result<usize> {
    // Opens the connections, and prepares: what that takes says nothing.
    slice(workload, tasks, runner, tasks).await?;
    let once = slice(workload, tasks, runner, tasks).await?;
    // Long operations are few, and two rounds make them warm.
    if once.p50 > 1e6 * LONG.as_secs_f64() {
        return Ok(tasks);
    }
    let warm = slice(workload, tasks, runner, WARM * POOL as usize).await?;
    Ok(((warm.throughput * length.as_secs_f64()) as usize).clamp(2 * tasks.max(5), 20_000))
}

async fn slice(
    workload: &'static Workload,
    tasks: usize,
    runner: &Runner<'_>,
    count: usize,
) -> anyhow::Result<Slice> {
    let draws = Arc::new(runner.urn.draw(runner.dataset, workload.rows, count).await?);
    let next = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let mut set = JoinSet::new();
    for _ in 0..tasks.min(count) {
        let (open, draws, next) = (Arc::clone(&runner.open), Arc::clone(&draws), Arc::clone(&next));
        set.spawn(work(runner.contender, runner.cell, open, workload, draws, next));
    }
    let mut latencies = Vec::with_capacity(count);
    while let Some(done) = set.join_next().await {
        latencies.extend(done??);
    }
    let elapsed = began.elapsed();
    latencies.sort_by(f64::total_cmp);
    Ok(Slice {
        p50: quantile(&latencies, 0.50).context("no operation ran")?,
        p99: quantile(&latencies, 0.99).context("no operation ran")?,
        throughput: count as f64 / elapsed.as_secs_f64(),
    })
}

/// One task: takes the next draw until there are none.
async fn work(
    contender: &'static str,
    cell: &'static Cell,
    open: Open,
    workload: &'static Workload,
    draws: Arc<Vec<Draw>>,
    next: Arc<AtomicUsize>,
) -> anyhow::Result<Vec<f64>> {
    let mut latencies = Vec::new();
    while let Some(draw) = draws.get(next.fetch_add(1, Ordering::Relaxed)) {
        let began = Instant::now();
        let rows = (cell.run)(&*open, draw).await;
        latencies.push(began.elapsed().as_secs_f64() * 1e6);
        let rows = rows.with_context(|| format!("{} of {contender}", workload.id))?;
        let expected = (workload.yields)(draw);
        ensure!(rows == expected, "{} of {contender} came to {rows} rows instead of {expected}", workload.id);
    }
    Ok(latencies)
}
