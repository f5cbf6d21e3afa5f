//! The command line. The words here are `--help`: what a command does, when one wants it, and how it ends.

use std::fmt;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::style::{self, Color};

const EXIT_CODES: &str = "\
Exit codes:
  0    nothing left to do
  1    something was found: findings, drift, rows that do not fit
  2    the command line cannot be read
  3    it could not be done: no server, no file, or a refusal of either
  130  interrupted by Ctrl-C";

/// Tenant isolation in PostgreSQL: examines it, mends it, and takes tables in use into it.
#[derive(Debug, Parser)]
#[command(
    name = "cargo tenancy",
    bin_name = "cargo tenancy",
    version,
    styles = style::HELP,
    after_help = EXIT_CODES,
    after_long_help = format!("\
{EXIT_CODES}

Where to begin:
  A database that was made by hand:   cargo tenancy doctor --url postgres://…/app
  A program that derives its tables:  cargo tenancy generate, then cargo tenancy check in CI
  Tables in production, with rows:    cargo tenancy adopt rehearse

The database is named by --url, by DATABASE_URL, or by DATABASE_URL in a file .env.")
)]
pub(crate) struct Arguments {
    /// When to print in colours
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub(crate) color: Color,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Generate(Generate),
    Check(Check),
    Doctor(Doctor),
    Provision(Provision),
    Diagram(Diagram),
    Adopt(Adopt),
    /// Prints completions for a shell
    ///
    ///   cargo tenancy completions bash > ~/.local/share/bash-completion/completions/cargo-tenancy
    #[command(verbatim_doc_comment)]
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// Which database.
#[derive(Debug, Args)]
pub(crate) struct Url {
    /// The database: postgres://user:password@host:port/database
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub(crate) url: Option<String>,
}

/// Which lock file.
#[derive(Debug, Args)]
pub(crate) struct LockFile {
    /// The lock file, or the folder of the migrations. Otherwise it is looked for in `migrations/`, here and upwards
    #[arg(long, value_name = "PATH")]
    pub(crate) lock: Option<PathBuf>,
}

/// What is known of the schema, and where from.
#[derive(Debug, Args)]
pub(crate) struct Known {
    #[command(flatten)]
    pub(crate) lock: LockFile,
    /// Ask the database instead of a lock file: every table with the tenant column is meant
    #[arg(long, conflicts_with = "lock")]
    pub(crate) no_lock: bool,
    /// Without a lock file: the tenant column. Otherwise it is looked for by usual names (tenant_id, org_id, …)
    #[arg(long, value_name = "COLUMN")]
    pub(crate) tenant_column: Option<String>,
    /// Without a lock file: the role that holds the application's grants. Otherwise the one that was given the tables
    #[arg(long, value_name = "ROLE")]
    pub(crate) role: Option<String>,
}

/// Writes the migration that the structs ask for
///
/// Runs the test that `tenancy::migrations!` makes, since only the program knows its structs: first to show what differs from
/// the lock file and what would be written, then, when you agree, to write it. Files that were written before are never changed.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  cargo tenancy generate                     shows, asks, writes
  cargo tenancy generate --dry-run           shows; exits with 1 when there is something to write
  cargo tenancy generate -- -p api --locked  with what cargo should be told")]
pub(crate) struct Generate {
    /// Only show
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Write without asking
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// More arguments of `cargo test`, such as `-p PACKAGE` and `--features FEATURES`
    #[arg(last = true, value_name = "CARGO ARGUMENTS")]
    pub(crate) cargo: Vec<String>,
}

/// Looks for drift, for CI: between lock file, migrations and database
///
/// Asks, and changes nothing:
///
/// 1. Are the emitted files there, as they were emitted, and does the lock file know all of them?
/// 2. With --entities: do the structs say what the lock file says? This builds the program's tests.
/// 3. With a database: has it applied the migrations, each as it stands here, and does it have what they ask for?
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_long_help = EXIT_CODES)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) lock: LockFile,
    #[command(flatten)]
    pub(crate) url: Url,
    /// Ask no database, even where DATABASE_URL is set
    #[arg(long)]
    pub(crate) offline: bool,
    /// Ask the structs as well: runs the test that `tenancy::migrations!` makes
    #[arg(long)]
    pub(crate) entities: bool,
    /// More arguments of `cargo test`, for --entities
    #[arg(last = true, value_name = "CARGO ARGUMENTS", requires = "entities")]
    pub(crate) cargo: Vec<String>,
}

/// How a report is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Human,
    /// One JSON object, by tenancy-cli/schemas/doctor.schema.json
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

/// What is done about findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Fix {
    /// Prints the mends as one SQL script
    Print,
    /// Applies them, in one transaction
    Apply,
}

/// From which severity on a finding counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Isolation can be lost
    Error,
    /// A defence is missing, or something leaks that is no row
    #[default]
    Warning,
    /// Worth knowing
    Info,
    /// Findings never fail the command
    Never,
}

/// Examines a whole database, and mends what it finds
///
/// Asks the catalogs, in one round trip and as any role that can read them: roles and what they can become, tables, policies,
/// keys, grants down to columns, views, functions, triggers, publications, settings. It reads no rows, and without --fix=apply
/// it changes nothing.
///
/// What should be isolated stands in `tenancy.lock.json`. Without one, every table with the tenant column is meant, whoever made
/// it and however: no program needs to derive anything.
#[derive(Debug, Args)]
#[command(after_long_help = format!("\
Examples:
  cargo tenancy doctor --url postgres://postgres@localhost/app
  cargo tenancy doctor --no-lock --tenant-column org_id --role app
  cargo tenancy doctor --format sarif > tenancy.sarif
  cargo tenancy doctor --explain T01-RLS-OFF
  cargo tenancy doctor --fix             prints the SQL that mends, for review
  cargo tenancy doctor --fix=apply       applies it, after asking

A finding that is meant is accepted, with a reason and a date, in tenancy.accepted.toml:
  [[accept]]
  code = \"R11-OTHER-BYPASS\"
  object = \"backup\"
  reason = \"pg_dump logs in as it, from one host\"
  until = 2027-03-01

{EXIT_CODES}"))]
pub(crate) struct Doctor {
    #[command(flatten)]
    pub(crate) url: Url,
    #[command(flatten)]
    pub(crate) known: Known,
    /// The file of accepted findings [default: tenancy.accepted.toml, where there is one]
    #[arg(long, value_name = "FILE")]
    pub(crate) accepted: Option<PathBuf>,
    /// How the report is printed
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: Format,
    /// From which severity on findings make the exit code 1
    #[arg(long, value_enum, default_value_t, value_name = "SEVERITY")]
    pub(crate) fail_on: FailOn,
    /// Print the mends as SQL, or apply them
    #[arg(long, value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "print", value_name = "HOW")]
    pub(crate) fix: Option<Fix>,
    /// A finding whose mend needs a decision, and is to be mended as printed: CODE, or CODE=OBJECT for one of its objects
    #[arg(long, requires = "fix", value_name = "CODE[=OBJECT]")]
    pub(crate) decide: Vec<String>,
    /// Apply without asking
    #[arg(long, short, requires = "fix")]
    pub(crate) yes: bool,
    /// Say what a code means, how it is attacked and how it is mended; without a code, list all of them
    #[arg(long, num_args = 0..=1, default_missing_value = "", value_name = "CODE", exclusive = true)]
    pub(crate) explain: Option<String>,
}

/// Prepares a database, as its administrator
///
/// What no migration may do: takes from everybody what PostgreSQL grants to everybody, and puts a guard in place that refuses tables and
/// views which tomorrow's migrations leave open. Prints the SQL, or runs it with --apply. It can be repeated; what the login may not do
/// is skipped with a warning that says what stays.
///
/// Run it before the first migration, and once more after it.
#[derive(Debug, Args)]
pub(crate) struct Provision {
    #[command(flatten)]
    pub(crate) url: Url,
    #[command(flatten)]
    pub(crate) known: Known,
    /// Run it, instead of printing it
    #[arg(long)]
    pub(crate) apply: bool,
    /// Run without asking
    #[arg(long, short, requires = "apply")]
    pub(crate) yes: bool,
}

/// How a diagram is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Drawing {
    /// An entity relationship diagram of Mermaid, which GitHub shows
    Mermaid,
    /// The same as a picture
    Svg,
}

/// Draws the tables, their keys and how they are isolated
///
/// As Mermaid, which GitHub and many editors show within Markdown, or as SVG. Beside its name each table says whether it is isolated,
/// which are being adopted, and which belong to nobody.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  cargo tenancy diagram > docs/tables.mmd
  cargo tenancy diagram -o docs/tables.svg")]
pub(crate) struct Diagram {
    #[command(flatten)]
    pub(crate) lock: LockFile,
    /// [default: by the name of the output, else mermaid]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) format: Option<Drawing>,
    /// The file to write, instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// A stage of an adoption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Stage {
    /// Writes nothing, and counts the rows that would not fit
    Rehearse,
    /// Adds the tenant column, fills it in batches, builds keys and indexes beside the old ones
    Prepare,
    /// Puts row-level security in force for the new program; the old one goes on
    Enforce,
    /// Ends what the old program could do: row-level security holds everybody
    Finish,
}

/// As it is said on the command line.
impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.to_possible_value().as_ref().map_or("", |value| value.get_name()))
    }
}

/// Takes tables in use into isolation, stage by stage
///
/// For tables with rows, in production, under a program that knows no tenants. That program goes on until `finish`. List the entities
/// with their tables in `adopting`, apply the emitted migration, and write `tenancy.adopt.toml`, which says whose the rows are:
///
///   old_role = "legacy_app"          # what the old program logs in as
///   lock_timeout = "500ms"           # nobody waits for longer
///
///   [tables.projects]
///   columns = ["org_id"]
///   tenant_of = "(SELECT o.tenant_id FROM public.orgs o WHERE o.id = this.org_id)"
///
///   [tables.tasks]
///   tenant_by = "project_id"         # its project's tenant
///
/// Each stage can be said again, and goes on where it was interrupted: it keeps no state but what it did.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_long_help = EXIT_CODES)]
pub(crate) struct Adopt {
    /// The stage, in this order
    #[arg(value_enum)]
    pub(crate) stage: Stage,
    #[command(flatten)]
    pub(crate) url: Url,
    #[command(flatten)]
    pub(crate) lock: LockFile,
    /// What says whose the rows are
    #[arg(long, default_value = "tenancy.adopt.toml", value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Begin without asking
    #[arg(long, short)]
    pub(crate) yes: bool,
}
