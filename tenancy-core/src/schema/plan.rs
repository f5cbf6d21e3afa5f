//! [`plan`]: what the golden test has to do. Pure: from what there is to what is to be, without a look at a disk.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::schema::difference::differences;
use crate::schema::emit::{self, EDITION, FOLLOWS, MARK};
use crate::schema::lock::{self, Emitted, FORMAT, Lock, Reverse, checksum};
use crate::schema::model::{Entity, Model, Table};

/// Where the reverse of a file stands, below the folder of the migrations, unless the migrations are reversible ones.
/// sqlx does not look into folders.
pub(crate) const REVERSES: &str = "reverse";

/// A file in the folder of the migrations, or among their reverses: `reverse/0002_tenancy.sql`.
#[derive(Debug, Clone)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) sha256: String,
    /// Present when emission wrote the file.
    pub(crate) mark: Option<Mark>,
}

/// What an emitted file says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    /// The file that it was emitted after. Files of the first edition do not say.
    pub(crate) follows: Option<String>,
}

impl File {
    pub(crate) fn new(name: impl Into<String>, text: &str) -> Self {
        let mark = text.starts_with(MARK).then(|| {
            let follows = text.lines().find_map(|line| line.strip_prefix(FOLLOWS)).map(str::to_owned);
            Mark { follows }
        });
        Self { name: name.into(), sha256: checksum(text), mark }
    }
}

/// What there is to do.
#[derive(Debug)]
pub(crate) enum Plan {
    /// Nothing: what was emitted is what the entities say.
    Current,
    /// Nothing may be written before this is mended.
    Refused(Vec<Refusal>),
    /// The lock file is to be replaced, and mostly a new migration to be written before.
    Write(Box<Write>),
}

#[derive(Debug)]
pub(crate) struct Write {
    pub(crate) differences: Vec<String>,
    /// Unless what changed says nothing to PostgreSQL.
    pub(crate) migration: Option<Migration>,
    pub(crate) lock: Lock,
}

/// A new file and its reverse: names and texts.
#[derive(Debug)]
pub(crate) struct Migration {
    pub(crate) file: (String, String),
    pub(crate) reverse: (String, String),
}

/// Why nothing is written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error(
        "{file} was emitted and is gone: restore it from version control, since databases have applied it"
    )]
    MissingFile { file: String },
    #[error(
        "{file} was changed after it was emitted: restore it from version control, since databases have applied it, \
         and put SQL of your own into a migration of your own"
    )]
    ChangedFile { file: String },
    /// Silence never removes a lock.
    #[error(
        "the table {table} is isolated, and the schema no longer lists it: list its entity again (is a feature off, or a \
         module gone from the build?), or say `retired: [\"{table}\"]` to take its grants away"
    )]
    NeitherListedNorRetired { table: Table },
    /// Neither does another derive: what is retired first is closed before it is opened.
    #[error(
        "the table {table} is isolated, and `global` would show the rows of each tenant to all of them: say \
         `retired: [\"{table}\"]` first, which takes its grants away, and list it as global in a later migration"
    )]
    IsolatedAndGlobal { table: Table },
    #[error(
        "{table} is a global table, and the schema no longer lists it: list it again (is a feature off, or a module gone \
         from the build?), or say `retired: [\"{table}\"]` to take its grants away"
    )]
    GlobalNeitherListedNorRetired { table: Table },
    #[error(
        "{} was written by a newer version of tenancy (edition {edition} of its SQL): update tenancy",
        lock::FILE
    )]
    NewerEdition { edition: u32 },
    #[error(
        "the table {table} is isolated already, and `adopting` says that it is not yet: take it out of `adopting`"
    )]
    AdoptingIsolated { table: Table },
    /// The lock file of one branch was kept, and the files of both.
    #[error(
        "{file} was emitted, and {} does not know it: another branch has emitted too. Keep the lock file and the files of \
         the branch that was merged first, remove {file} with its reverse (no database may have applied it), and write again",
        lock::FILE
    )]
    EmittedElsewhere { file: String },
    /// The lock file knows the files of both branches, and neither was emitted on top of the other.
    #[error(
        "{first} and {second} were both emitted after {follows}: two branches have emitted. Keep the lock file and the files \
         of the branch that was merged first, remove the other with its reverse (no database may have applied it), and write \
         again"
    )]
    TwoFollowOne { first: String, second: String, follows: String },
}

/// Compares.
pub(crate) fn plan(now: &Model, before: Option<&Lock>, folder: &[File], clock: SystemTime) -> Plan {
    let mut refusals = before.map_or_else(Vec::new, |before| refusals(now, before, folder));
    let written = if refusals.is_empty() { write(now, before, folder, clock) } else { None };
    let known = |name: &str| {
        let new = written.iter().filter_map(|write| write.migration.as_ref());
        let held = before.into_iter().flat_map(|before| &before.migrations);
        held.flat_map(|m| [Some(m.file.as_str()), m.reverse.as_ref().map(|reverse| reverse.file.as_str())])
            .flatten()
            .chain(new.flat_map(|new| [new.file.0.as_str(), new.reverse.0.as_str()]))
            .any(|known| known == name)
    };
    let elsewhere = folder.iter().filter(|file| file.mark.is_some() && !known(&file.name));
    refusals.extend(elsewhere.map(|file| Refusal::EmittedElsewhere { file: file.name.clone() }));
    match written {
        _ if !refusals.is_empty() => Plan::Refused(refusals),
        None => Plan::Current,
        Some(write) => Plan::Write(Box::new(write)),
    }
}

fn write(now: &Model, before: Option<&Lock>, folder: &[File], clock: SystemTime) -> Option<Write> {
    let differences = differences(before, now);
    if differences.is_empty() {
        return None;
    }
    let mut migrations = before.map_or_else(Vec::new, |before| before.migrations.clone());
    let last = migrations.last().map_or("no file", |last| last.file.as_str());
    let migration = emit::text(before, now, Some(last)).map(|text| {
        let sha256 = checksum(&text.forward);
        // A run that died after the migration and before the lock file: it is taken up and not written twice.
        let left = folder.iter().find(|f| f.sha256 == sha256 && migrations.iter().all(|m| m.file != f.name));
        let file = left.map_or_else(|| next_name(folder, clock), |file| file.name.clone());
        Migration { reverse: (reverse_of(&file), text.reverse), file: (file, text.forward) }
    });
    migrations.extend(migration.iter().map(|Migration { file, reverse }| Emitted {
        file: file.0.clone(),
        sha256: checksum(&file.1),
        reverse: Some(Reverse { file: reverse.0.clone(), sha256: checksum(&reverse.1) }),
    }));
    let retired: BTreeSet<&Table> = before
        .into_iter()
        .flat_map(|before| &before.retired)
        .chain(now.retired.iter().filter(|table| before.is_some_and(|before| before.table(table).is_some())))
        .filter(|table| now.table(table).is_none())
        .collect();
    let lock = Lock {
        format: FORMAT,
        edition: EDITION,
        runtime_role: now.runtime_role.clone(),
        cross_tenant_role: now.cross_tenant_role.clone(),
        entities: now.entities.clone(),
        globals: now.globals.clone(),
        adopting: now.adopting.clone(),
        retired: retired.into_iter().cloned().collect(),
        migrations,
    };
    Some(Write { differences, migration, lock })
}

fn refusals(now: &Model, before: &Lock, folder: &[File]) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    if before.edition > EDITION {
        refusals.push(Refusal::NewerEdition { edition: before.edition });
    }
    let held = |name: &str| folder.iter().find(|held| held.name == name);
    for emitted in &before.migrations {
        let reverse = emitted.reverse.as_ref().map(|reverse| (&reverse.file, &reverse.sha256));
        for (file, sha256) in [(&emitted.file, &emitted.sha256)].into_iter().chain(reverse) {
            match held(file) {
                None => refusals.push(Refusal::MissingFile { file: file.clone() }),
                Some(held) if held.sha256 != *sha256 => {
                    refusals.push(Refusal::ChangedFile { file: file.clone() });
                }
                Some(_) => {}
            }
        }
    }
    let follows = |emitted: &Emitted| held(&emitted.file)?.mark.as_ref()?.follows.clone();
    let mut followers: BTreeMap<String, &str> = BTreeMap::new();
    for emitted in &before.migrations {
        let Some(follows) = follows(emitted) else { continue };
        if let Some(first) = followers.insert(follows.clone(), &emitted.file) {
            let (first, second) = (first.to_owned(), emitted.file.clone());
            refusals.push(Refusal::TwoFollowOne { first, second, follows });
        }
    }
    for entity in &before.entities {
        let table = &entity.table;
        if now.adopting.iter().any(|entity| entity.table == *table) {
            refusals.push(Refusal::AdoptingIsolated { table: table.clone() });
        } else if now.global(table).is_some() {
            refusals.push(Refusal::IsolatedAndGlobal { table: table.clone() });
        } else if now.entity(table).is_none() && !now.retired.contains(table) {
            refusals.push(Refusal::NeitherListedNorRetired { table: table.clone() });
        }
    }
    for Entity { table, .. } in &before.globals {
        let listed = now.emitted().chain(&now.adopting).any(|entity| entity.table == *table);
        if !listed && !now.retired.contains(table) {
            refusals.push(Refusal::GlobalNeitherListedNorRetired { table: table.clone() });
        }
    }
    refusals
}

/// Beside the file where it is a reversible migration, and else in a folder of their own.
fn reverse_of(file: &str) -> String {
    match file.strip_suffix(".up.sql") {
        Some(name) => format!("{name}.down.sql"),
        None => format!("{REVERSES}/{file}"),
    }
}

/// `0002_tenancy.sql` after `0001_..`, and the time where versions are times or there are none: as sqlx's own tool does.
/// Reversible after reversible ones: sqlx's tool refuses a folder that has both.
fn next_name(folder: &[File], clock: SystemTime) -> String {
    let names: Vec<&str> =
        folder.iter().map(|file| file.name.as_str()).filter(|name| version(name).is_some()).collect();
    let versions: Vec<&str> = names.iter().filter_map(|name| version(name)).collect();
    let suffix = if names.iter().any(|name| name.ends_with(".up.sql")) { ".up.sql" } else { ".sql" };
    let highest = versions.iter().filter_map(|v| v.parse::<u64>().ok()).max();
    let width = versions.first().map(|version| version.len());
    match (highest, width) {
        (Some(highest), Some(width)) if width < TIME_DIGITS && versions.iter().all(|v| v.len() == width) => {
            format!("{:0width$}_tenancy{suffix}", highest + 1)
        }
        // Later than every other, or sqlx would run it too early.
        (highest, _) => {
            format!("{}_tenancy{suffix}", timestamp(clock).max(highest.map_or(0, |highest| highest + 1)))
        }
    }
}

const TIME_DIGITS: usize = 14;

/// The version in a migration's name, as sqlx reads it: `<version>_<description>.sql`.
fn version(name: &str) -> Option<&str> {
    let (version, description) = name.split_once('_')?;
    let number =
        !version.is_empty() && version.bytes().all(|b| b.is_ascii_digit()) && version.parse::<i64>().is_ok();
    (number && description.ends_with(".sql")).then_some(version)
}

/// `YYYYMMDDHHMMSS` in UTC, as a number.
fn timestamp(clock: SystemTime) -> u64 {
    let seconds = clock.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    let date = (year * 100 + month) * 100 + day;
    ((date * 100 + second / 3600) * 100 + second / 60 % 60) * 100 + second % 60
}

/// The date of a day, counted from 1970-01-01: Howard Hinnant's `civil_from_days`, for dates that are not before 1970.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Counted from March.
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests;
