//! The report for people.

use std::fmt::Write as _;

use crate::cell;
use crate::report::plot::Plot;
use crate::results::{Conditions, Measurement, Results};
use crate::statistics::Estimate;
use crate::target::{Bound, Target, Verdict};

/// What the figures mean, and how they were made.
const METHOD: &str = include_str!("method.md");

pub(crate) fn report(results: &Results, plots: &[Plot]) -> String {
    let conditions = &results.conditions;
    let mut text = String::from("# What isolation costs\n\n");
    let _ = write!(
        text,
        "Made by `{}` on {} in {:.0} minutes, at commit {}. {} ({} cores), PostgreSQL {} with {}. Client and server \
         share the machine.\n\nThis file is written by the benchmark: do not edit it. `results.json` holds the same \
         figures.\n\n",
        conditions.command,
        conditions.date,
        conditions.minutes,
        conditions.commit,
        conditions.processor,
        conditions.cores,
        conditions.postgresql,
        conditions.settings,
    );
    if let Some(streams) = &results.streams {
        let Conditions { command, date, commit, .. } = streams;
        let _ = write!(text, "Streams were measured again by `{command}` on {date}, at commit {commit}.\n\n");
    }
    text += "## Targets\n\n";
    text += &targets(results);
    text += "\n## Round trips\n\nCounted on the wire by a proxy, the pool's own traffic included, of one warm operation.\n\n";
    text += &round_trips(results);
    for plot in plots {
        let _ = write!(text, "\n![{}]({})\n", plot.title, plot.file);
    }
    text += "\n## Contenders\n\n";
    for contender in cell::contenders() {
        let _ = writeln!(text, "* {}: {}.", contender.title, contender.about);
    }
    text += "\n## Workloads\n\n";
    for workload in cell::workloads() {
        let _ = writeln!(text, "* {}: {}.", workload.title, workload.about);
    }
    text +=
        "\n## All measurements\n\np50 in µs, and in parentheses its ratio to the floor of the same round.\n";
    text += &tables(results);
    text += &sizes(results);
    text += &compile(results);
    text += &plans(results);
    text += "\n";
    text += METHOD;
    text
}

/// The table of targets.
pub(crate) fn targets(results: &Results) -> String {
    let mut text = String::from("| what | target | found | verdict | limit |\n|---|---|---|---|---|\n");
    for target in &results.targets {
        let bound = match target.bound {
            Bound::AtMost(bound) => format!("≤ {}", amount(bound, &target.unit)),
            Bound::AtLeast(bound) => format!("≥ {}", amount(bound, &target.unit)),
        };
        let found = target.found.map_or("–".into(), |found| estimate(found, &target.unit));
        let limit = target.limit.map_or(String::new(), |limit| estimate(limit, &target.unit));
        let _ = writeln!(text, "| {} | {bound} | {found} | {} | {limit} |", target.what, verdict(target));
    }
    text
}

fn verdict(target: &Target) -> &'static str {
    match target.verdict {
        Verdict::Met => "met",
        Verdict::Missed => "**missed**",
        Verdict::Inconclusive => "inconclusive",
        Verdict::NotMeasured => "not measured",
    }
}

fn amount(value: f64, unit: &str) -> String {
    let space = if unit.is_empty() { "" } else { " " };
    format!("{value}{space}{unit}")
}

fn estimate(estimate: Estimate, unit: &str) -> String {
    let space = if unit.is_empty() { "" } else { " " };
    let digits = if estimate.value.abs() >= 10.0 { 1 } else { 3 };
    if estimate.noise == 0.0 {
        let text = format!("{:.digits$}", estimate.value);
        let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
        return format!("{text}{space}{unit}");
    }
    format!("{:.digits$} ± {:.digits$}{space}{unit}", estimate.value, estimate.noise)
}

fn title(contender: &str) -> &str {
    cell::contender(contender).map_or(contender, |found| found.title)
}

fn round_trips(results: &Results) -> String {
    let mut text =
        String::from("| contender | point read | update | transaction of 5 |\n|---|---|---|---|\n");
    for contender in cell::contenders() {
        let of = |workload: &str| {
            let mut counts = results.counted.round_trips.iter();
            let found = counts.find(|(name, of, _)| name == contender.id && of == workload);
            found.map_or("–".into(), |(_, _, trips)| format!("{trips}"))
        };
        let (read, update, five) = (of("point-read"), of("update"), of("transaction"));
        let _ = writeln!(text, "| {} | {read} | {update} | {five} |", contender.title);
    }
    text
}

/// One table for each network and number of tasks: contenders by workloads.
fn tables(results: &Results) -> String {
    let mut text = String::new();
    let side_by_side: Vec<&Measurement> =
        results.measurements.iter().filter(|row| !row.contender.contains("tenants")).collect();
    let mut places: Vec<(&str, usize, &str)> =
        side_by_side.iter().map(|row| (&row.network[..], row.tasks, &row.dataset[..])).collect();
    places.dedup();
    let mut seen = Vec::new();
    for place in places {
        if seen.contains(&place) {
            continue;
        }
        seen.push(place);
        let (network, tasks, dataset) = place;
        let here: Vec<&&Measurement> = side_by_side
            .iter()
            .filter(|row| (&row.network[..], row.tasks, &row.dataset[..]) == place)
            .collect();
        let workloads: Vec<_> = cell::workloads()
            .into_iter()
            .filter(|workload| here.iter().any(|row| row.workload == workload.id))
            .collect();
        let plural = if tasks == 1 { "task" } else { "tasks" };
        let _ = write!(text, "\n### {network}, {tasks} {plural}: {dataset}\n\n| contender |");
        for workload in &workloads {
            let _ = write!(text, " {} |", workload.title);
        }
        text += "\n|---|";
        text += &"---|".repeat(workloads.len());
        text += "\n";
        for contender in cell::contenders() {
            let cells: Vec<Option<&&&Measurement>> = workloads
                .iter()
                .map(|workload| {
                    here.iter().find(|row| row.workload == workload.id && row.contender == contender.id)
                })
                .collect();
            if cells.iter().all(Option::is_none) {
                continue;
            }
            let _ = write!(text, "| {} |", title(contender.id));
            for cell in cells {
                match cell {
                    Some(row) => {
                        let _ = write!(text, " {} ({}) |", figure(row.p50), estimate(row.p50_ratio, ""));
                    }
                    None => text += " – |",
                }
            }
            text += "\n";
        }
    }
    text
}

fn figure(value: f64) -> String {
    if value < 100.0 { format!("{value:.1}") } else { format!("{value:.0}") }
}

fn sizes(results: &Results) -> String {
    let rows: Vec<&Measurement> =
        results.measurements.iter().filter(|row| row.contender.contains("tenants")).collect();
    let Some(first) = rows.first() else { return String::new() };
    let mut text = format!(
        "\n### Numbers of tenants: point read, loopback, {}\n\n| tenants | p50, µs | p99, µs | ratio to the first |\n|---|---|---|---|\n",
        first.dataset
    );
    for row in rows {
        let (p50, p99) = (figure(row.p50), figure(row.p99));
        let _ = writeln!(text, "| {} | {p50} | {p99} | {} |", row.contender, estimate(row.p50_ratio, ""));
    }
    text
}

fn compile(results: &Results) -> String {
    if results.compile.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "\n### Compile time: `cargo check` of 100 entities of 10 columns\n\n\
         | contender | what | wall, s | processor, s | tenancy / this |\n|---|---|---|---|---|\n",
    );
    for row in &results.compile {
        let _ = writeln!(
            text,
            "| {} | {} | {:.2} | {:.2} | {} |",
            row.contender,
            row.kind,
            row.wall,
            row.cpu,
            estimate(row.ratio, "")
        );
    }
    text
}

fn plans(results: &Results) -> String {
    let mut text = String::from(
        "\n### Plans\n\n`EXPLAIN` as the application's role, on the same rows.\n\n| statement | plan | scan |\n|---|---|---|\n",
    );
    for (statement, kind, scan) in &results.counted.plans {
        let _ = writeln!(text, "| {statement} | {kind} | {scan} |");
    }
    text
}
