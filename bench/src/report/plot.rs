//! The plots: horizontal bars, as SVG.

use std::path::Path;

use anyhow::anyhow;
use plotters::prelude::*;

use crate::cell;
use crate::results::{Measurement, Results};

const OURS: RGBColor = RGBColor(31, 119, 180);
const OTHERS: RGBColor = RGBColor(158, 167, 179);
const TEXT: RGBColor = RGBColor(87, 96, 106);

/// A plot that was drawn: its file, and what it shows.
pub(crate) struct Plot {
    pub(crate) file: &'static str,
    pub(crate) title: String,
}

/// Draws all plots for which there are figures.
pub(crate) fn all(results: &Results, folder: &Path) -> anyhow::Result<Vec<Plot>> {
    let mut plots = Vec::new();
    let mut draw = |file: &'static str, title: &str, bars: Vec<(String, f64)>| {
        if bars.is_empty() {
            return Ok(());
        }
        plots.push(Plot { file, title: title.to_owned() });
        bar_chart(&folder.join(file), title, &bars)
    };
    let p50 = |row: &Measurement| row.p50;
    let throughput = |row: &Measurement| row.throughput;
    draw(
        "point-read-loopback.svg",
        "Point read, loopback: p50 in µs",
        bars(results, "point-read", "loopback", 1, p50),
    )?;
    draw("point-read-1ms.svg", "Point read, +1 ms: p50 in µs", bars(results, "point-read", "1ms", 1, p50))?;
    draw("update-1ms.svg", "Update, +1 ms: p50 in µs", bars(results, "update", "1ms", 1, p50))?;
    draw(
        "throughput-1ms.svg",
        "Point reads a second, 64 tasks on 8 connections, +1 ms",
        bars(results, "point-read", "1ms", 64, throughput),
    )?;
    let sizes = results.measurements.iter().filter(|row| row.contender.contains("tenants"));
    draw(
        "tenants.svg",
        "Point read by the number of tenants, loopback: p50 in µs",
        sizes.map(|row| (row.contender.clone(), row.p50)).collect(),
    )?;
    Ok(plots)
}

fn bars(
    results: &Results,
    workload: &str,
    network: &str,
    tasks: usize,
    of: fn(&Measurement) -> f64,
) -> Vec<(String, f64)> {
    let rows = results.measurements.iter().filter(|row| {
        row.workload == workload && row.network == network && row.tasks == tasks && row.contender != "control"
    });
    let titled = rows.filter_map(|row| {
        let contender = cell::contender(&row.contender).ok()?;
        Some((contender.title.replace(['*', '`'], ""), of(row)))
    });
    titled.collect()
}

fn bar_chart(path: &Path, title: &str, bars: &[(String, f64)]) -> anyhow::Result<()> {
    const BAR: i32 = 26;
    const LEFT: i32 = 330;
    const RIGHT: i32 = 90;
    const WIDTH: i32 = 860;
    let failed = |error: &dyn std::fmt::Display| anyhow!("cannot draw {}: {error}", path.display());
    let height = 50 + BAR * i32::try_from(bars.len())?;
    let area = SVGBackend::new(path, (WIDTH.unsigned_abs(), height.unsigned_abs())).into_drawing_area();
    area.fill(&WHITE).map_err(|error| failed(&error))?;
    let style = |size: i32| ("sans-serif", size).into_font().color(&TEXT);
    area.draw(&Text::new(title.to_owned(), (12, 12), style(16))).map_err(|error| failed(&error))?;
    let most = bars.iter().map(|(_, value)| *value).fold(f64::MIN_POSITIVE, f64::max);
    for (i, (label, value)) in bars.iter().enumerate() {
        let top = 42 + BAR * i32::try_from(i)?;
        let color = if label.starts_with("tenancy") { OURS } else { OTHERS };
        let end = LEFT + (value / most * f64::from(WIDTH - LEFT - RIGHT)) as i32;
        let bar = Rectangle::new([(LEFT, top), (end.max(LEFT + 1), top + BAR - 8)], color.filled());
        area.draw(&bar).map_err(|error| failed(&error))?;
        area.draw(&Text::new(label.clone(), (12, top + 3), style(13))).map_err(|error| failed(&error))?;
        let figure = if *value < 100.0 { format!("{value:.1}") } else { format!("{value:.0}") };
        area.draw(&Text::new(figure, (end + 6, top + 3), style(13))).map_err(|error| failed(&error))?;
    }
    area.present().map_err(|error| failed(&error))
}
