//! The table of `docs/servers.md`, between two markers. What stands around it is written by hand.

use super::row::{Outcome, Row, Tests};
use crate::files::{self, read};
use crate::run::{Failure, announce, ask, program, root};

const BEGIN: &str = "<!-- `cargo xtask matrix` writes what follows -->\n";
const END: &str = "<!-- and nothing below -->\n";

const HEAD: &str = "| server or pooler | from | tests | result | run on |\n|---|---|---|---|---|\n";

/// Writes what came of a run: the whole table, or the rows that ran into the table that is there.
pub(super) fn write(done: &[(&Row, Outcome)], whole: bool) -> Result<(), Failure> {
    let path = root().join("docs/servers.md");
    let page = read(&path)?;
    let date = ask(program("date").arg("+%Y-%m-%d")).unwrap_or_default();
    let lines: Vec<(String, String)> =
        done.iter().map(|(row, outcome)| line(row, outcome, date.trim())).collect();
    let (before, held, after) =
        parts_of(&page).ok_or_else(|| Failure::new(format!("{} has lost its markers", path.display())))?;
    let table = if whole {
        HEAD.to_owned() + &lines.iter().map(|(_, line)| line.as_str()).collect::<String>()
    } else {
        replaced(held, &lines)
    };
    files::write(&path, &format!("{before}{BEGIN}\n{table}\n{END}{after}"))?;
    announce(format_args!("wrote {}", path.display()));
    Ok(())
}

/// What stands before, between and after the markers.
fn parts_of(page: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (table, after) = rest.split_once(END)?;
    Some((before, table, after))
}

/// The lines of a table, those of the same rows replaced.
fn replaced(held: &str, lines: &[(String, String)]) -> String {
    let mut table = String::new();
    for line in held.trim().lines() {
        let new = lines.iter().find(|(name, _)| line.starts_with(name.as_str()));
        table += new.map_or(line, |(_, new)| new.trim_end());
        table.push('\n');
    }
    table
}

/// How a row's line begins whatever its version is, and the line.
fn line(row: &Row, outcome: &Outcome, date: &str) -> (String, String) {
    let tests = match row.tests {
        Tests::Integration => "all integration tests".to_owned(),
        Tests::Servers(module) => format!("`tests/servers`, `{module}`"),
    };
    let name = format!("| {} ", row.name);
    let version = if outcome.version.is_empty() { String::new() } else { format!(" {}", outcome.version) };
    let product = if row.is_pooler() { "PgBouncer" } else { "PostgreSQL" };
    // A reason may have several lines.
    let result = outcome.to_string().replace('\n', " ").replace('|', r"\|");
    let line = format!(
        "{name}({}: {product}{version}) | {} | {tests} | {result} | {date} |\n",
        row.what, outcome.source
    );
    (name, line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_rows_that_ran_are_replaced() {
        let page = format!(
            "before\n{BEGIN}\n{HEAD}| 17 (a) | old |\n| 18 (b) | old |\n| standby-18 (c) | old |\n\n{END}after\n"
        );
        let (before, held, after) = parts_of(&page).unwrap();
        assert_eq!((before, after), ("before\n", "after\n"));
        let lines = [("| 18 ".to_owned(), "| 18 (b) | new |\n".to_owned())];
        assert_eq!(
            replaced(held, &lines),
            format!("{HEAD}| 17 (a) | old |\n| 18 (b) | new |\n| standby-18 (c) | old |\n")
        );
        assert_eq!(parts_of("no markers"), None);
    }
}
