//! `--fix`: the mends of a report as one script, or applied.
//!
//! A mend is SQL that can be run, words, or SQL that takes something away which somebody may have meant: a key, a policy, a
//! login. The last kind is a decision, and is applied only when it is named.
//!
//! What is applied is one transaction: the database isolates more afterwards, or is what it was before. Mends depend on each other (a
//! key can go when no foreign key needs it any more), so they are tried in rounds, each within a savepoint, until a round
//! mends nothing further.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use tenancy_core::doctor::{Doctor, Report};
use tenancy_core::schema::Finding;

use crate::args;
use crate::database::{self, words};
use crate::failure::Failure;
use crate::{ask, style};

/// More rounds than mends can stand in a row.
const ROUNDS: usize = 12;

/// What finds a finding again.
type Name = (String, String);

fn name(finding: &Finding) -> Name {
    (finding.code.to_string(), finding.object.clone())
}

/// What can be done about a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// SQL that is run.
    Sql,
    /// SQL that takes away what somebody may have meant.
    Decision,
    /// No SQL.
    Words,
}

/// Whose SQL takes something away, whatever else it says.
const DECISIONS: [&str; 10] = [
    // Provisioning takes CONNECT from everybody.
    "C05-NO-GUARD",
    "G15-GRANT-MORE",
    "P03-EXTRA",
    "R06-MEMBER",
    "R11-OTHER-BYPASS",
    "S02-SECDEF",
    "T10-RULE",
    "T15-GLOBAL",
    "X01-PUBLICATION",
    "X02-SLOT",
];

/// What was decided: `CODE` or `CODE=OBJECT`.
struct Decided<'a>(&'a [String]);

impl Decided<'_> {
    fn holds(&self, finding: &Finding) -> bool {
        self.0.iter().any(|decided| match decided.split_once('=') {
            Some((code, object)) => code == finding.code && object == finding.object,
            None => *decided == finding.code,
        })
    }

    /// What names nothing that was found.
    fn unknown(&self, report: &Report) -> Option<&str> {
        let known = |decided: &&String| {
            report.findings.iter().any(|f| Decided(std::slice::from_ref(*decided)).holds(f))
        };
        self.0.iter().find(|decided| !known(decided)).map(String::as_str)
    }
}

/// What can be done about each finding of a report.
struct Plan<'a> {
    decided: Decided<'a>,
    /// Foreign keys that go because one that pairs the tenants comes in their place.
    replaced: BTreeSet<String>,
}

impl<'a> Plan<'a> {
    fn new(report: &Report, decided: &'a [String]) -> Self {
        let coming = lacking_keys(report);
        let replaced = report
            .findings
            .iter()
            .filter(|finding| is_old_key(finding) && coming.contains(table_of(&finding.object)))
            .map(|finding| finding.object.clone())
            .collect();
        Self { decided: Decided(decided), replaced }
    }

    fn kind(&self, finding: &Finding) -> Kind {
        let Some(sql) = finding.sql() else { return Kind::Words };
        if self.decided.holds(finding) {
            return Kind::Sql;
        }
        let taken_away = DECISIONS.contains(&&*finding.code)
            || is_old_key(finding) && !self.replaced.contains(&finding.object)
            || sql.lines().next_back().is_some_and(|line| line.contains(" -- "));
        if taken_away { Kind::Decision } else { Kind::Sql }
    }
}

/// The table of an object such as `projects_fkey on public.tasks`.
fn table_of(object: &str) -> &str {
    object.rsplit_once(" on ").map_or(object, |(_, table)| table)
}

fn is_old_key(finding: &Finding) -> bool {
    matches!(&*finding.code, "F01-FK-CROSS" | "F02-FK-SETNULL" | "F03-FK-UPDATE")
}

/// The tables that lack a foreign key which pairs the tenants.
fn lacking_keys(report: &Report) -> BTreeSet<&str> {
    let lacking = report.findings.iter().filter(|finding| finding.code == "K03-FOREIGN-KEY");
    lacking.map(|finding| table_of(&finding.object)).collect()
}

/// What others need comes first: the foundation, then keys, then what refers to them and asks for them.
fn order(finding: &Finding) -> (usize, &str, &str) {
    let code = &*finding.code;
    let place = match code.as_bytes() {
        [b'B', ..] => 0,
        _ if code == "R00-NO-ROLE" => 0,
        [b'F', ..] => 1,
        [b'T', ..] => 2,
        [b'K', b'0', b'3', ..] => 4,
        [b'K', ..] => 3,
        [b'P', ..] => 5,
        _ => 6,
    };
    (place, code, &finding.object)
}

/// Some mends are several pages, said once for several findings: of the foundation.
fn ordered(report: &Report) -> Vec<&Finding> {
    let mut findings: Vec<&Finding> = report.findings.iter().collect();
    findings.sort_by_key(|finding| order(finding));
    findings
}

/// The mends as one SQL script, for review and for `psql --single-transaction`.
pub(super) fn script(report: &Report, decided: &[String]) -> String {
    let plan = Plan::new(report, decided);
    let mut text = String::from(
        "-- What mends the findings of `cargo tenancy doctor`. Read it: it changes who may do what. Run it by\n\
         -- psql --single-transaction --set ON_ERROR_STOP=1, and examine again: some findings show only when others are mended.\n",
    );
    let mut said = BTreeSet::new();
    for finding in ordered(report) {
        let Finding { code, object, problem, mend, .. } = finding;
        let _ = write!(text, "\n-- {code}: {}: {}\n", comment(object), comment(problem));
        if !said.insert(mend) {
            text += "-- Mended above.\n";
            continue;
        }
        match plan.kind(finding) {
            Kind::Sql => {
                let mend = mend.trim_end();
                let closed =
                    mend.lines().next_back().is_some_and(|line| line.contains("--") || line.ends_with(';'));
                let _ = writeln!(text, "{mend}{}", if closed { "" } else { ";" });
            }
            Kind::Decision => {
                let _ = writeln!(
                    text,
                    "-- Decide: --decide {code} has it stand here, tenancy.accepted.toml accepts it."
                );
                commented(&mut text, mend);
            }
            Kind::Words => commented(&mut text, mend),
        }
    }
    text
}

fn commented(text: &mut String, mend: &str) {
    for line in mend.lines() {
        let _ = writeln!(text, "-- {line}");
    }
}

/// A name within a comment, which a line break would end.
fn comment(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Applies what can be applied, says what became of each finding, and examines again.
pub(super) async fn apply(
    doctor: &Doctor,
    pg: &mut PgConnection,
    options: &PgConnectOptions,
    report: Report,
    arguments: &args::Doctor,
) -> Result<Report, Failure> {
    if let Some(unknown) = Decided(&arguments.decide).unknown(&report) {
        // Decided once, and mended since: a script says the same again.
        anstream::eprintln!("{} --decide {unknown}: nothing was found that it names", style::note("note:"));
    }
    let plan = Plan::new(&report, &arguments.decide);
    let runnable: Vec<&Finding> =
        ordered(&report).into_iter().filter(|finding| plan.kind(finding) == Kind::Sql).collect();
    if runnable.is_empty() {
        say_what_is_left(&report, &plan, &Tried::default());
        return Ok(report);
    }
    for finding in &runnable {
        anstream::eprintln!("{} {} {}", style::note("will mend"), style::bold(&finding.code), finding.object);
    }
    anstream::eprintln!(
        "It locks each table while it is changed. A program that binds no tenant sees no rows of isolated tables afterwards."
    );
    let question = format!(
        "Apply {} mends to the database {:?} as {:?}?",
        runnable.len(),
        database::name(options),
        options.get_username()
    );
    if !ask::whether(&question, arguments.yes)? {
        return Ok(report);
    }
    run(pg, "SET lock_timeout = '10s'").await?;
    let mut tried = attempt(doctor, pg, &plan, &BTreeSet::new()).await?;
    if !tried.orphaned.is_empty() {
        // Without these: a foreign key must not go when the one in its place does not come.
        run(pg, "ROLLBACK").await?;
        let why = std::mem::take(&mut tried.failed);
        let kept = tried.orphaned;
        tried = attempt(doctor, pg, &plan, &kept).await?;
        for (name, error) in why {
            tried.failed.entry(name).or_insert(error);
        }
    }
    run(pg, "COMMIT").await?;
    for (finding, sql) in std::mem::take(&mut tried.afterwards) {
        match execute(pg, &sql).await {
            Ok(()) => tried.applied.push(finding),
            Err(error) => drop(tried.failed.insert(finding, words(&error))),
        }
        // A mend that failed within a transaction of its own leaves it open.
        run(pg, "ROLLBACK").await?;
    }
    run(pg, "RESET lock_timeout").await?;
    for (code, object) in &tried.applied {
        anstream::eprintln!("{} {} {object}", style::good("mended"), style::bold(code));
    }
    let left = super::examine(doctor, pg).await?;
    say_what_is_left(&left, &plan, &tried);
    Ok(left)
}

/// What became of the mends.
#[derive(Default)]
struct Tried {
    applied: Vec<Name>,
    /// Why the last try failed.
    failed: BTreeMap<Name, String>,
    /// What runs in no transaction.
    afterwards: Vec<(Name, String)>,
    /// Foreign keys that went.
    old_keys: BTreeSet<String>,
    /// Those of tables to which the new one did not come.
    orphaned: BTreeSet<String>,
}

/// One transaction, which is left open. `kept` are objects that stay as they are.
async fn attempt(
    doctor: &Doctor,
    pg: &mut PgConnection,
    plan: &Plan<'_>,
    kept: &BTreeSet<String>,
) -> Result<Tried, Failure> {
    let mut tried = Tried::default();
    run(pg, "BEGIN").await?;
    let mut report = super::examine(doctor, pg).await?;
    for _ in 0..ROUNDS {
        let before = tried.applied.len();
        let mut said = BTreeSet::new();
        for finding in ordered(&report) {
            if plan.kind(finding) == Kind::Sql
                && !kept.contains(&finding.object)
                && said.insert(&finding.mend)
            {
                tried.mend(pg, finding).await?;
            }
        }
        if tried.applied.len() == before {
            break;
        }
        report = super::examine(doctor, pg).await?;
    }
    let lacking = lacking_keys(&report);
    let gone = tried.old_keys.iter().filter(|object| lacking.contains(table_of(object)));
    tried.orphaned = gone.cloned().collect();
    Ok(tried)
}

impl Tried {
    /// Tries a mend within a savepoint, or puts it off until there is no transaction.
    async fn mend(&mut self, pg: &mut PgConnection, finding: &Finding) -> Result<(), Failure> {
        let name = name(finding);
        if self.afterwards.iter().any(|(other, _)| *other == name) {
            return Ok(());
        }
        if finding.mend.starts_with("BEGIN") {
            self.afterwards.push((name, finding.mend.clone()));
            return Ok(());
        }
        run(pg, "SAVEPOINT tenancy_mend").await?;
        let Err(error) = execute(pg, &finding.mend).await else {
            run(pg, "RELEASE SAVEPOINT tenancy_mend").await?;
            self.failed.remove(&name);
            if is_old_key(finding) {
                self.old_keys.insert(finding.object.clone());
            }
            if !self.applied.contains(&name) {
                self.applied.push(name);
            }
            return Ok(());
        };
        run(pg, "ROLLBACK TO SAVEPOINT tenancy_mend").await?;
        // "cannot run inside a transaction block"
        if error.as_database_error().and_then(|e| e.code()).as_deref() == Some("25001") {
            self.afterwards.push((name, finding.mend.clone()));
        } else {
            self.failed.insert(name, words(&error));
        }
        Ok(())
    }
}

fn say_what_is_left(report: &Report, plan: &Plan<'_>, tried: &Tried) {
    for finding in ordered(report) {
        let Finding { code, object, .. } = finding;
        match (plan.kind(finding), tried.failed.get(&name(finding))) {
            (Kind::Sql, Some(error)) => {
                anstream::eprintln!("{} {} {object}: {error}", style::error("failed"), style::bold(code));
            }
            (Kind::Decision, _) => anstream::eprintln!(
                "{} {} {object}: --decide {code} mends it, tenancy.accepted.toml accepts it",
                style::warning("to decide"),
                style::bold(code)
            ),
            (Kind::Words, _) => anstream::eprintln!(
                "{} {} {object}: {}",
                style::warning("by hand"),
                style::bold(code),
                finding.mend.lines().next().unwrap_or_default()
            ),
            (Kind::Sql, None) => {}
        }
    }
}

async fn execute(pg: &mut PgConnection, sql: &str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(pg).await.map(drop)
}

/// A statement of our own.
async fn run(pg: &mut PgConnection, sql: &'static str) -> Result<(), Failure> {
    execute(pg, sql).await.map_err(database::refused(sql))
}
