//! The report for people: the worst first, each with what it means, what mends it, and where to read more.

use std::fmt::Write as _;

use tenancy_core::doctor::{Acceptance, Report};
use tenancy_core::schema::{Finding, Severity};

use super::Examined;
use crate::explain::painted;
use crate::style;

pub(super) fn render(report: &Report, examined: &Examined) -> String {
    let mut text = String::new();
    for finding in &report.findings {
        one(&mut text, finding);
    }
    for (finding, acceptance) in &report.accepted {
        let Finding { code, object, .. } = finding;
        let _ = writeln!(
            text,
            "{} until {}: {code}: {object}: {}",
            style::faint("accepted"),
            acceptance.until,
            acceptance.reason
        );
    }
    for Acceptance { code, object, until, .. } in &report.expired {
        let _ = writeln!(text, "{} since {until}: {code}: {object}", style::warning("no longer accepted"));
    }
    for Acceptance { code, object, .. } in &report.stale {
        let _ = writeln!(
            text,
            "{}: {code}: {object}: take it out of the file",
            style::warning("accepted, and not found")
        );
    }
    let (Examined { tables, runtime_role, .. }, source) = (examined, examined.source());
    let tables = if *tables == 1 { "1 table".to_owned() } else { format!("{tables} tables") };
    let _ = writeln!(text, "{}: {tables} and the role {runtime_role:?}, by {source}", summary(report));
    text
}

fn one(text: &mut String, finding: &Finding) {
    let Finding { code, object, problem, mend, .. } = finding;
    let _ = writeln!(text, "{}: {} {object}: {problem}", painted(finding.severity()), style::bold(code));
    let _ = writeln!(text, "    {}", finding.meaning());
    let lines: Vec<&str> = mend.lines().collect();
    // The foundation is a page of SQL: `--fix` prints it.
    const SHOWN: usize = 6;
    for line in lines.iter().take(SHOWN) {
        let _ = writeln!(text, "    {} {line}", style::good(">"));
    }
    if lines.len() > SHOWN {
        let _ = writeln!(
            text,
            "    {} {}",
            style::good(">"),
            style::faint(format_args!("… {} more lines: --fix prints them", lines.len() - SHOWN))
        );
    }
    let _ = writeln!(text, "    {}", style::faint(format_args!("cargo tenancy doctor --explain {code}")));
    text.push('\n');
}

fn summary(report: &Report) -> String {
    let count = |severity| report.findings.iter().filter(|finding| finding.severity() == severity).count();
    let (errors, warnings, infos) = (count(Severity::Error), count(Severity::Warning), count(Severity::Info));
    let mut parts = Vec::new();
    let mut part = |count: usize, one: &str, many: &str| {
        if count > 0 {
            parts.push(format!("{count} {}", if count == 1 { one } else { many }));
        }
    };
    part(errors, "error", "errors");
    part(warnings, "warning", "warnings");
    part(infos, "note", "notes");
    let text = if parts.is_empty() { "nothing found".to_owned() } else { parts.join(", ") };
    match () {
        () if errors > 0 => style::error(text).to_string(),
        () if warnings > 0 => style::warning(text).to_string(),
        () => style::good(text).to_string(),
    }
}
