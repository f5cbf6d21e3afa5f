//! The matrix: the tests on every server and behind every pooler that users run, and a table of what came of it.
//!
//! A row is a server or a pooler, with how it is got and which tests run against it. A row whose parts cannot be had on
//! this machine says so, with the reason; it never looks as if it had run. Nothing is installed: what is missing is
//! unpacked below `.postgres/matrix/`, which git ignores.

mod parts;
mod row;
mod table;

use self::row::rows;
use crate::provision;
use crate::run::{Failure, announce};

pub(crate) fn matrix(arguments: &[&str]) -> Result<(), Failure> {
    let rows = rows();
    let only = match arguments {
        [] => None,
        ["--list"] => {
            rows.iter().for_each(|row| println!("{}", row.name));
            return Ok(());
        }
        ["--only", name] if rows.iter().any(|row| row.name == *name) => Some(*name),
        _ => {
            let names: Vec<&str> = rows.iter().map(|row| row.name).collect();
            return Err(Failure::new(format!(
                "`matrix` takes nothing, `--list`, or `--only` with one of: {}",
                names.join(", ")
            )));
        }
    };
    if std::env::var_os("TENANCY_TEST_DATABASE_URL").is_some() {
        return Err(Failure::new("the matrix starts servers of its own: unset TENANCY_TEST_DATABASE_URL"));
    }
    provision::server_binaries()?;
    let mut done = Vec::new();
    for row in rows.iter().filter(|row| only.is_none_or(|name| row.name == name)) {
        announce(format_args!("{}: {}", row.name, row.what));
        done.push((row, row.run()));
    }
    for (row, outcome) in &done {
        announce(format_args!("{}: {outcome}", row.name));
    }
    table::write(&done, only.is_none())?;
    let failed: Vec<&str> =
        done.iter().filter(|(_, outcome)| !outcome.is_green()).map(|(row, _)| row.name).collect();
    if failed.is_empty() { Ok(()) } else { Err(Failure::new(format!("not green: {}", failed.join(", ")))) }
}
