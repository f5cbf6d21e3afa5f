//! `cargo tenancy`: the doctor, the drift check, adoption and diagrams of [`tenancy`](https://docs.rs/tenancy), as a tool.
//!
//! It knows no structs. What a program isolates it reads from `tenancy.lock.json`, which is committed beside the
//! migrations; without one the doctor asks the database itself. Each command is a file of its own, returns an [`Outcome`], and
//! prints what was asked for to standard output and everything else to standard error.

mod adopt;
mod args;
mod ask;
mod check;
mod database;
mod diagram;
mod doctor;
mod explain;
mod failure;
mod generate;
mod lock;
mod output;
mod provision;
mod style;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use crate::args::{Arguments, Command};
use crate::failure::{Failure, Outcome};

fn main() -> ExitCode {
    // Cargo gives the name of its subcommand as the first argument; who runs the program itself does not.
    let mut arguments: Vec<_> = std::env::args_os().collect();
    if arguments.get(1).is_some_and(|first| first == "tenancy") {
        arguments.remove(1);
    }
    // Before the arguments are read, since `--url` has its default from the environment.
    if let Err(error) = dotenvy::dotenv()
        && !error.not_found()
    {
        anstream::eprintln!("{}: the file .env: {error}", style::warning("warning"));
    }
    let arguments = Arguments::parse_from(arguments);
    style::choose(arguments.color);
    let outcome = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(run(arguments.command)),
        Err(error) => Err(Failure::new(format!("the asynchronous runtime does not start: {error}"))),
    };
    match outcome {
        Ok(outcome) => outcome.into(),
        Err(failure) => {
            failure.print();
            failure.into()
        }
    }
}

async fn run(command: Command) -> Result<Outcome, Failure> {
    match command {
        Command::Generate(arguments) => generate::run(&arguments),
        Command::Check(arguments) => check::run(&arguments).await,
        Command::Doctor(arguments) => doctor::run(&arguments).await,
        Command::Provision(arguments) => provision::run(&arguments).await,
        Command::Diagram(arguments) => diagram::run(&arguments),
        Command::Adopt(arguments) => adopt::run(&arguments).await,
        Command::Completions { shell } => {
            // The name of the program: shells complete `cargo tenancy` by their completions of cargo, where they do.
            clap_complete::generate(
                shell,
                &mut Arguments::command(),
                "cargo-tenancy",
                &mut std::io::stdout(),
            );
            Ok(Outcome::Clean)
        }
    }
}
