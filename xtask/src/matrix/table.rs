//! The table of `docs/servers.md`, between two markers. What stands around it is written by hand.

use std::fs;

use super::row::{Outcome, Row, Tests};
use crate::packages::cannot;
use crate::run::{Failure, announce, ask, program, root};

const BEGIN: &str = "<!-- `cargo xtask matrix` writes what follows -->\n";
const END: &str = "<!-- and nothing below -->\n";

/// Writes the table of a whole run.
pub(super) fn write(done: &[(&Row, Outcome)]) -> Result<(), Failure> {
    let path = root().join("docs/servers.md");
    let page = fs::read_to_string(&path).map_err(|error| cannot("read", &path, &error))?;
    let date = ask(program("date").arg("+%Y-%m-%d")).unwrap_or_default();
    let written = between(&page, &table(done, date.trim()))
        .ok_or_else(|| Failure::new(format!("{} has lost its markers", path.display())))?;
    fs::write(&path, written).map_err(|error| cannot("write", &path, &error))?;
    announce(format_args!("wrote {}", path.display()));
    Ok(())
}

fn between(page: &str, table: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{table}\n{END}{after}"))
}

fn table(done: &[(&Row, Outcome)], date: &str) -> String {
    let mut text =
        format!("Run on {date}.\n\n| server or pooler | from | tests | result |\n|---|---|---|---|\n");
    for (row, outcome) in done {
        let product = if row.is_pooler() { "PgBouncer" } else { "PostgreSQL" };
        let mode = match row.tests {
            Tests::Integration => String::new(),
            Tests::Servers(_) => format!(", {}", row.what),
        };
        let tests = match row.tests {
            Tests::Integration => "all integration tests".to_owned(),
            Tests::Servers(module) => format!("`tests/servers`, `{module}`"),
        };
        let version = if outcome.version.is_empty() { row.name } else { &outcome.version };
        // A reason may have several lines.
        let result = outcome.to_string().replace('\n', " ").replace('|', r"\|");
        text += &format!("| {product} {version}{mode} | {} | {tests} | {result} |\n", outcome.source);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_markers_is_written() {
        let page = format!("before\n{BEGIN}old\n{END}after\n");
        let written = between(&page, "new").unwrap();
        assert_eq!(written, format!("before\n{BEGIN}\nnew\n{END}after\n"));
        assert_eq!(between(&written, "new").unwrap(), written);
        assert_eq!(between("no markers", "new"), None);
    }
}
