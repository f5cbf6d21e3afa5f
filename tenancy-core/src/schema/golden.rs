//! The golden test that `migrations!` expands to: the entities, the lock file and the emitted files must agree.
//!
//! It writes only when asked to, a new file each time, and never changes an old one: sqlx refuses a migration that
//! changed after it was applied. What [`plan`](crate::schema::plan) decides is carried out here.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::__private::{Derived, Listed, inventory};
use crate::schema::lock::{self, Lock, LockError};
use crate::schema::model::Model;
use crate::schema::plan::{File, Migration, Plan, REVERSES, Refusal, Write, plan};
use crate::schema::{Schema, UnsoundSchema};

/// What asks for a new file: `TENANCY_MIGRATIONS=write`. For `cargo tenancy`, `plan` says what would be written.
const VARIABLE: &str = "TENANCY_MIGRATIONS";

/// The folder that plans are written into, one file for each schema.
const PLANS: &str = "TENANCY_MIGRATIONS_PLAN";

/// Makes a test of a schema and the folder of its migrations, relative to the package.
///
/// `#[test] fn tenancy_migrations()` fails when the entities say something else than what was emitted, and says what
/// differs. Asked to, it writes a new migration and the lock file beside it, for review and commit:
///
/// ```console
/// $ TENANCY_MIGRATIONS=write cargo test tenancy_migrations
/// ```
///
/// `sqlx::migrate!` reads its folder while it compiles, and stable Rust does not see that a file was added to it: have a
/// `build.rs` that prints `cargo:rerun-if-changed=migrations`, as sqlx advises, or touch the file that embeds them.
///
/// ```text
/// tenancy::schema! { pub SCHEMA: [Project, Task] }
/// tenancy::migrations!(SCHEMA, "migrations");
/// ```
#[macro_export]
macro_rules! migrations {
    ($schema:path, $folder:literal $(,)?) => {
        #[cfg(test)]
        #[::core::prelude::v1::test]
        fn tenancy_migrations() {
            $crate::schema::__golden(&$schema, ::core::env!("CARGO_MANIFEST_DIR"), $folder);
        }
    };
}

/// The entities that this program derives and that none of its schemas lists, by their Rust types: nobody isolates
/// their tables. Those of crates that are linked in count as well.
#[must_use]
pub fn unlisted() -> Vec<&'static str> {
    let listed = |derived: &&Derived| {
        inventory::iter::<Listed>()
            .flat_map(|listed| listed.0.listed())
            .any(|entity| (entity.type_id)() == (derived.0.type_id)())
    };
    let mut unlisted: Vec<_> = inventory::iter::<Derived>()
        .filter(|derived| !listed(derived))
        .map(|derived| derived.0.entity)
        .collect();
    unlisted.sort_unstable();
    unlisted
}

/// For `migrations!`.
///
/// # Panics
///
/// As tests do, saying what is wrong.
#[doc(hidden)]
#[track_caller]
pub fn __golden(schema: &'static Schema, package: &str, folder: &str) {
    let folder = Folder { path: Path::new(package).join(folder), name: folder };
    let checked = match std::env::var_os(VARIABLE) {
        None => folder.check(schema, false, SystemTime::now()),
        Some(value) if value == "write" => folder.check(schema, true, SystemTime::now()),
        Some(value) if value == "plan" => {
            let plans =
                std::env::var_os(PLANS).unwrap_or_else(|| panic!("{VARIABLE}=plan needs {PLANS}, a folder"));
            folder.plan(schema, Path::new(&plans), SystemTime::now())
        }
        Some(value) => panic!("{VARIABLE} is {value:?}: the words that it knows are \"write\" and \"plan\""),
    };
    let alarm = alarm(&unlisted());
    match (checked, alarm) {
        (Ok(said), None) => print!("{said}"),
        (Ok(said), Some(alarm)) => panic!("{said}{alarm}"),
        (Err(failure), alarm) => panic!("{failure}\n{}", alarm.unwrap_or_default()),
    }
}

/// For tests of emission: what `TENANCY_MIGRATIONS=write` does, by itself.
///
/// # Errors
///
/// Why nothing was written.
#[doc(hidden)]
pub fn __write(schema: &Schema, folder: &Path) -> Result<String, String> {
    let folder = Folder { path: folder.to_owned(), name: "migrations" };
    folder.check(schema, true, SystemTime::now()).map_err(|failure| failure.to_string())
}

/// For `cargo tenancy check`: what the folder of a lock file lacks, and has too much.
///
/// # Errors
///
/// Why it cannot be said.
#[doc(hidden)]
pub fn __drift(folder: &Path) -> Result<Vec<String>, String> {
    let drift = || -> Result<Vec<String>, Failure> {
        let name = folder.display().to_string();
        let folder = Folder { path: folder.to_owned(), name: &name };
        let Some(lock) = folder.lock()? else {
            return Ok(vec![format!("there is no {} in {name}", lock::FILE)]);
        };
        Ok(match plan(&lock.clone().model(), Some(&lock), &folder.files()?, SystemTime::now()) {
            Plan::Current => Vec::new(),
            Plan::Refused(refusals) => refusals.iter().map(ToString::to_string).collect(),
            Plan::Write(plan) => plan.differences,
        })
    };
    drift().map_err(|failure| failure.to_string())
}

fn alarm(unlisted: &[&str]) -> Option<String> {
    (!unlisted.is_empty()).then(|| {
        format!(
            "tenancy: no schema lists {}, so nobody isolates their tables: add them to `schema!`\n",
            unlisted.iter().map(|entity| format!("`{entity}`")).collect::<Vec<_>>().join(", ")
        )
    })
}

/// Why the test fails.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("tenancy: the schema cannot be emitted:{}", lines(.0.errors()))]
    Schema(UnsoundSchema),
    #[error("tenancy: {folder}: nothing is written before this is mended:{}", lines(.refusals))]
    Refused { folder: String, refusals: Vec<Refusal> },
    #[error(
        "tenancy: the entities say something else than {folder}/{}:{}\n\
         This writes what differs as a new migration, for review and commit:\n    \
         {VARIABLE}=write cargo test tenancy_migrations",
        lock::FILE,
        lines(.differences)
    )]
    Differs { folder: String, differences: Vec<String> },
    #[error("tenancy: {folder}: {error}")]
    Lock { folder: String, error: LockError },
    #[error("tenancy: {}: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
    #[error("tenancy: the lock file could not be written as JSON: {0}")]
    Json(serde_json::Error),
}

fn lines(items: &[impl ToString]) -> String {
    items.iter().map(|item| format!("\n  - {}", item.to_string())).collect()
}

struct Folder<'a> {
    path: PathBuf,
    /// As the user wrote it.
    name: &'a str,
}

impl Folder<'_> {
    /// What was done, in words.
    fn check(&self, schema: &Schema, write: bool, clock: SystemTime) -> Result<String, Failure> {
        let folder = || self.name.to_owned();
        match self.planned(schema, clock)? {
            Plan::Current => Ok(String::new()),
            Plan::Refused(refusals) => Err(Failure::Refused { folder: folder(), refusals }),
            Plan::Write(plan) if write => self.write(&plan),
            Plan::Write(plan) => Err(Failure::Differs { folder: folder(), differences: plan.differences }),
        }
    }

    /// What would be done, as JSON for `cargo tenancy generate`.
    fn plan(&self, schema: &Schema, plans: &Path, clock: SystemTime) -> Result<String, Failure> {
        let (mut differences, mut refused, mut files) = (Vec::new(), Vec::new(), Vec::new());
        match self.planned(schema, clock)? {
            Plan::Current => {}
            Plan::Refused(refusals) => refused = refusals.iter().map(ToString::to_string).collect(),
            Plan::Write(write) => {
                differences = write.differences;
                files.extend(
                    write.migration.into_iter().flat_map(|Migration { file, reverse }| [file, reverse]),
                );
            }
        }
        let said = serde_json::json!({
            "folder": self.name, "differences": differences, "refusals": refused, "files": files,
        });
        // By the folder: each schema has its own.
        let name = lock::checksum(&self.path.display().to_string());
        let path = plans.join(format!("{}.json", &name[..16]));
        fs::write(&path, said.to_string()).map_err(|error| Failure::Io { path, error })?;
        Ok(String::new())
    }

    /// What there is to do.
    fn planned(&self, schema: &Schema, clock: SystemTime) -> Result<Plan, Failure> {
        let model = Model::new(schema).map_err(Failure::Schema)?;
        Ok(plan(&model, self.lock()?.as_ref(), &self.files()?, clock))
    }

    fn lock(&self) -> Result<Option<Lock>, Failure> {
        let path = self.path.join(lock::FILE);
        match fs::read_to_string(&path) {
            Ok(text) => Lock::parse(&text)
                .map(Some)
                .map_err(|error| Failure::Lock { folder: self.name.to_owned(), error }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::Io { path, error }),
        }
    }

    fn files(&self) -> Result<Vec<File>, Failure> {
        let mut files = files_in(&self.path, "")?;
        files.extend(files_in(&self.path.join(REVERSES), &format!("{REVERSES}/"))?);
        Ok(files)
    }

    /// The lock file last: a run that dies before it is taken up by the next one.
    fn write(&self, write: &Write) -> Result<String, Failure> {
        fs::create_dir_all(&self.path).map_err(|error| Failure::Io { path: self.path.clone(), error })?;
        let mut said = String::new();
        if let Some(Migration { file: (name, text), reverse: (reverse, undoing) }) = &write.migration {
            self.replace(reverse, undoing)?;
            self.replace(name, text)?;
            let _ = writeln!(
                said,
                "tenancy: wrote {folder}/{name} and {folder}/{reverse}: review them, and commit them with the lock file",
                folder = self.name
            );
        }
        self.replace(lock::FILE, &write.lock.render().map_err(Failure::Json)?)?;
        let _ = writeln!(said, "tenancy: wrote {}/{}:{}", self.name, lock::FILE, lines(&write.differences));
        Ok(said)
    }

    /// A reader sees the whole file or none.
    fn replace(&self, name: &str, text: &str) -> Result<(), Failure> {
        let path = self.path.join(name);
        let draft = self.path.join(format!(".tenancy.{}", std::process::id()));
        let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
        let written = folder.and_then(|()| fs::write(&draft, text)).and_then(|()| fs::rename(&draft, &path));
        written.map_err(|error| {
            let _ = fs::remove_file(&draft);
            Failure::Io { path, error }
        })
    }
}

/// The migrations of a folder, which need not exist. `prefix` stands before their names.
fn files_in(path: &Path, prefix: &str) -> Result<Vec<File>, Failure> {
    let failed = |error| Failure::Io { path: path.to_owned(), error };
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        // A name that is no UTF-8 is none of sqlx's either.
        let Ok(name) = entry.file_name().into_string() else { continue };
        if name.ends_with(".sql") {
            let path = entry.path();
            let bytes = fs::read(&path).map_err(|error| Failure::Io { path, error })?;
            files.push(File::new(format!("{prefix}{name}"), &String::from_utf8_lossy(&bytes)));
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests;
