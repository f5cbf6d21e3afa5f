//! The chores of this repository, as `cargo xtask`.
//!
//! `std` alone: a newcomer's first command waits for this to compile.

mod chores;
mod files;
mod matrix;
mod packages;
mod provision;
mod release;
mod run;

use std::process::ExitCode;

const HELP: &str = "\
The chores of this repository.

Usage: cargo xtask COMMAND

  quickstart   gets PostgreSQL server binaries where there are none, then runs the example `quickstart`
  tracker      the same, then runs `examples/tracker`, a service with a login and two tenants, until Ctrl-C
  test         gets PostgreSQL, ChromeDriver and Chromium where there are none, then checks the format, clippy and the
               documentation, and runs every test
  bench        measures what isolation costs, and writes `docs/performance/`: half an hour; with `--quick`, three
               minutes, into `target/performance/`; with `--authentication`, what authentication costs beside the
               signature alone, in a minute; with `--queries`, what joins, aggregates and upserts cost beside sqlx by
               hand, in two; with `--loads`, what a load of 50,000 rows does, in two
  matrix       runs the integration tests on PostgreSQL 15 to 18, on a standby of each and behind PgBouncer, each of which it
               gets, and writes the table of `docs/servers.md`: half an hour; with `--only NAME`, one row of it;
               with `--list`, the names
  release      checks what has to hold before a version is published: licences, each feature by itself, the least versions of
               dependencies, docs.rs, the public API, the packages; with `--only NAME`, one of them; with `--bless`, writes
               the public API to `docs/api/`
  postgres     gets PostgreSQL server binaries where there are none, and nothing else

Nothing asks a question. Server binaries come from the system's package manager where this account may use it,
else they are put into `.postgres/`, which git ignores. No server is set up or started on the system.

  TENANCY_TEST_DATABASE_URL   the URL of a running server's superuser: that server is used, and nothing is installed
  TENANCY_POSTGRES_BIN        the folder of the server binaries to use
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["quickstart"] => chores::quickstart(),
        ["tracker"] => chores::tracker(),
        ["test"] => chores::test(),
        ["matrix", ref arguments @ ..] => matrix::matrix(arguments),
        ["release", ref arguments @ ..] => release::release(arguments),
        ["postgres"] => chores::postgres(),
        ["bench", ref arguments @ ..] => chores::bench(arguments),
        [] | ["help" | "-h" | "--help"] | [_, "-h" | "--help"] => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprint!("xtask: unknown command `{}`\n\n{HELP}", arguments.join(" "));
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\nxtask: {failure}");
            ExitCode::from(failure.code())
        }
    }
}
