//! [`plan`]: what the golden test has to do. Pure: from what there is to what is to be, without a look at a disk.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::schema::difference::differences;
use crate::schema::emit::{self, EDITION, Statement};
use crate::schema::lock::{self, Emitted, FORMAT, Lock, checksum};
use crate::schema::model::{Entity, Model, Table};

/// A file in the folder of the migrations.
#[derive(Debug, Clone)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) sha256: String,
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
    /// The name and the text of the new migration, unless what changed says nothing to PostgreSQL.
    pub(crate) migration: Option<(String, String)>,
    pub(crate) lock: Lock,
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
    #[error(
        "{} was written by a newer version of tenancy (edition {edition} of its SQL): update tenancy",
        lock::FILE
    )]
    NewerEdition { edition: u32 },
}

/// Compares.
pub(crate) fn plan(now: &Model, before: Option<&Lock>, folder: &[File], clock: SystemTime) -> Plan {
    let refusals = before.map_or_else(Vec::new, |before| refusals(now, before, folder));
    if !refusals.is_empty() {
        return Plan::Refused(refusals);
    }
    let differences = differences(before, now);
    if differences.is_empty() {
        return Plan::Current;
    }
    let statement = statement(now, before);
    let mut migrations = before.map_or_else(Vec::new, |before| before.migrations.clone());
    let migration = statement.map(|statement| {
        let text = emit::migration(now, &statement);
        let sha256 = checksum(&text);
        // A run that died after the migration and before the lock file: it is taken up and not written twice.
        let left = folder.iter().find(|f| f.sha256 == sha256 && migrations.iter().all(|m| m.file != f.name));
        let file = left.map_or_else(|| next_name(folder, clock), |file| file.name.clone());
        migrations.push(Emitted { file: file.clone(), sha256 });
        (file, text)
    });
    let retired: BTreeSet<&Table> = before
        .into_iter()
        .flat_map(|before| &before.retired)
        .chain(now.retired.iter().filter(|table| before.is_some_and(|before| before.entity(table).is_some())))
        .filter(|table| now.entity(table).is_none())
        .collect();
    let lock = Lock {
        format: FORMAT,
        edition: EDITION,
        runtime_role: now.runtime_role.clone(),
        entities: now.entities.clone(),
        retired: retired.into_iter().cloned().collect(),
        migrations,
    };
    Plan::Write(Box::new(Write { differences, migration, lock }))
}

fn refusals(now: &Model, before: &Lock, folder: &[File]) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    if before.edition > EDITION {
        refusals.push(Refusal::NewerEdition { edition: before.edition });
    }
    for emitted in &before.migrations {
        let file = emitted.file.clone();
        match folder.iter().find(|held| held.name == emitted.file) {
            None => refusals.push(Refusal::MissingFile { file }),
            Some(held) if held.sha256 != emitted.sha256 => refusals.push(Refusal::ChangedFile { file }),
            Some(_) => {}
        }
    }
    for entity in &before.entities {
        let table = &entity.table;
        if now.entity(table).is_none() && !now.retired.contains(table) {
            refusals.push(Refusal::NeitherListedNorRetired { table: table.clone() });
        }
    }
    refusals
}

/// What a new file has to state; nothing when what differs says nothing to PostgreSQL, such as a field that is an
/// `Option` now.
fn statement<'a>(now: &'a Model, before: Option<&'a Lock>) -> Option<Statement<'a>> {
    let Some(before) = before else {
        let entities = now.entities.iter().map(|entity| (entity, None)).collect();
        return Some(Statement { foundation: true, entities, ..Statement::default() });
    };
    let everything = before.edition != EDITION || before.runtime_role != now.runtime_role;
    let restated = |entity: &'a Entity| {
        let held = before.entity(&entity.table);
        let differs = held.is_none_or(|held| says(now, held) != says(now, entity));
        (everything || differs).then_some((entity, held))
    };
    let statement = Statement {
        foundation: everything,
        entities: now.entities.iter().filter_map(restated).collect(),
        retired: now.retired.iter().filter(|table| before.entity(table).is_some()).collect(),
        former_role: Some(before.runtime_role.as_str()).filter(|former| *former != now.runtime_role),
    };
    let empty = statement.entities.is_empty() && statement.retired.is_empty() && !statement.foundation;
    (!empty).then_some(statement)
}

/// What PostgreSQL is told about one entity, and nothing else.
fn says(model: &Model, entity: &Entity) -> String {
    let entity = entity.canonical();
    let alone = Model {
        runtime_role: model.runtime_role.clone(),
        entities: vec![entity.clone()],
        retired: Vec::new(),
    };
    let statement = Statement { entities: vec![(&entity, None)], ..Statement::default() };
    emit::migration(&alone, &statement)
}

/// `0002_tenancy.sql` after `0001_..`, and the time where versions are times or there are none: as sqlx's own tool does.
fn next_name(folder: &[File], clock: SystemTime) -> String {
    let versions: Vec<&str> = folder.iter().filter_map(|file| version(&file.name)).collect();
    let highest = versions.iter().filter_map(|v| v.parse::<u64>().ok()).max();
    let width = versions.first().map(|version| version.len());
    match (highest, width) {
        (Some(highest), Some(width)) if width < TIME_DIGITS && versions.iter().all(|v| v.len() == width) => {
            format!("{:0width$}_tenancy.sql", highest + 1)
        }
        // Later than every other, or sqlx would run it too early.
        (highest, _) => {
            format!("{}_tenancy.sql", timestamp(clock).max(highest.map_or(0, |highest| highest + 1)))
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
