//! The plan, without a disk.

use super::*;
use crate::schema::fixtures::*;
use crate::schema::{ColumnRole, EntityDescriptor};

/// 2026-11-23 01:02:03 UTC.
fn clock() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_795_395_723)
}

fn model(entities: &[&'static EntityDescriptor], retired: &[&'static str]) -> Model {
    Model::new(schema(entities, retired, "tenancy_app")).expect("it holds")
}

fn file(name: &str, text: &str) -> File {
    File { name: name.into(), sha256: checksum(text) }
}

/// What is in force after the first emission, with the folder as it is then.
fn emitted(now: &Model) -> (Lock, Vec<File>) {
    let tables = file("0001_tables.sql", "CREATE TABLE ..");
    let write = written(now, None, std::slice::from_ref(&tables));
    let (name, text) = write.migration.expect("a migration");
    (write.lock, vec![tables, file(&name, &text)])
}

#[track_caller]
fn written(now: &Model, before: Option<&Lock>, folder: &[File]) -> Write {
    match plan(now, before, folder, clock()) {
        Plan::Write(write) => *write,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn refused(now: &Model, before: &Lock, folder: &[File]) -> Vec<Refusal> {
    match plan(now, Some(before), folder, clock()) {
        Plan::Refused(refusals) => refusals,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_first_emission_states_everything_and_then_nothing_differs() {
    let now = model(&[&TASK, &PROJECT], &[]);
    let write = written(&now, None, &[file("0001_tables.sql", "")]);
    assert_eq!(
        write.differences,
        ["nothing was emitted yet", "public.projects: is new", "public.tasks: is new"]
    );
    let (name, text) = write.migration.expect("a migration");
    assert_eq!(name, "0002_tenancy.sql");
    assert!(text.contains("CREATE DOMAIN tenancy.bound") && text.contains("\"tasks_project_id_fkey\""));
    assert_eq!(write.lock.migrations, [Emitted { file: name.clone(), sha256: checksum(&text) }]);
    let folder = [file(&name, &text)];
    assert!(matches!(plan(&now, Some(&write.lock), &folder, clock()), Plan::Current));
    let read = Lock::parse(&write.lock.render().expect("JSON")).expect("its own text");
    assert_eq!(read, write.lock, "what is written is read back");
}

#[test]
fn the_order_of_the_list_says_nothing() {
    let (lock, folder) = emitted(&model(&[&TASK, &PROJECT], &[]));
    assert!(matches!(plan(&model(&[&PROJECT, &TASK], &[]), Some(&lock), &folder, clock()), Plan::Current));
}

#[test]
fn a_change_is_a_new_file_that_restates_the_changed_entity_alone() {
    let (lock, folder) = emitted(&model(&[&TASK, &PROJECT], &[]));
    let columns = [&TASK.columns[..4], &[column("colour", ColumnRole::Defaulted)]];
    let columns: Vec<_> =
        columns.into_iter().flatten().map(|c| crate::schema::ColumnDescriptor { ..*c }).collect();
    let changed = leak(EntityDescriptor { columns: columns.leak(), ..like(&TASK) });
    let write = written(&model(&[&PROJECT, changed], &[]), Some(&lock), &folder);
    assert_eq!(
        write.differences,
        [
            "public.tasks: the column \"colour\" is new",
            "public.tasks: the column \"title\" is gone from the entity",
        ]
    );
    let (name, text) = write.migration.expect("a migration");
    assert_eq!(name, "0003_tenancy.sql");
    assert!(!text.contains("CREATE DOMAIN"), "the foundation is in force");
    assert!(text.contains("CREATE POLICY tenancy_bound ON \"public\".\"tasks\""));
    assert!(!text.contains("CREATE POLICY tenancy_bound ON \"public\".\"projects\""));
    assert!(text.contains("GRANT INSERT (\"title\")"), "a program of before may still write it");
    assert_eq!(write.lock.migrations.len(), 2);
    assert_eq!(write.lock.migrations[0], lock.migrations[0]);
}

#[test]
fn what_says_nothing_to_postgresql_changes_the_lock_file_alone() {
    let (lock, folder) = emitted(&model(&[&PROJECT], &[]));
    let columns: Vec<_> = PROJECT
        .columns
        .iter()
        .map(|c| crate::schema::ColumnDescriptor {
            nullable: c.name == "name",
            role: if c.name == "name" { ColumnRole::Defaulted } else { c.role },
            name: c.name,
        })
        .collect();
    let changed = leak(EntityDescriptor { columns: columns.leak(), ..like(&PROJECT) });
    let write = written(&model(&[changed], &[]), Some(&lock), &folder);
    assert_eq!(
        write.differences,
        ["public.projects: the column \"name\" is defaulted and optional, and was required"]
    );
    assert!(write.migration.is_none());
    assert_eq!(write.lock.migrations, lock.migrations);
}

#[test]
fn silence_never_removes_a_lock() {
    let (lock, folder) = emitted(&model(&[&TASK, &PROJECT], &[]));
    let silent = model(&[&PROJECT], &[]);
    let [Refusal::NeitherListedNorRetired { table }] = &refused(&silent, &lock, &folder)[..] else {
        panic!("one refusal")
    };
    assert_eq!(table.to_string(), "public.tasks");
    let write = written(&model(&[&PROJECT], &["tasks"]), Some(&lock), &folder);
    assert_eq!(write.differences, ["public.tasks: is retired"]);
    let (_, text) = write.migration.expect("a migration");
    assert!(text.contains("REVOKE ALL ON \"public\".\"tasks\""));
    for never in ["DROP TABLE", "DISABLE", "NO FORCE", "DROP POLICY"] {
        assert!(!text.contains(never), "{text}");
    }
    // From then on the word may stay or go, and the table may come back.
    let (retired, folder) = (write.lock, [&folder[..], &[file("0003_tenancy.sql", &text)]].concat());
    assert_eq!(retired.retired.len(), 1);
    for schema in [model(&[&PROJECT], &["tasks"]), silent] {
        assert!(matches!(plan(&schema, Some(&retired), &folder, clock()), Plan::Current));
    }
    let back = written(&model(&[&TASK, &PROJECT], &[]), Some(&retired), &folder);
    assert_eq!(back.differences, ["public.tasks: is new"]);
    assert!(back.lock.retired.is_empty());
}

#[test]
fn an_emitted_file_that_is_gone_or_changed_is_refused_even_when_nothing_differs() {
    let now = model(&[&PROJECT], &[]);
    let (lock, mut folder) = emitted(&now);
    assert_eq!(
        refused(&now, &lock, &folder[..1]),
        [Refusal::MissingFile { file: "0002_tenancy.sql".into() }]
    );
    folder[1].sha256 = checksum("-- edited");
    assert_eq!(refused(&now, &lock, &folder), [Refusal::ChangedFile { file: "0002_tenancy.sql".into() }]);
    let newer = Lock { edition: EDITION + 1, migrations: Vec::new(), ..lock };
    assert_eq!(refused(&now, &newer, &folder), [Refusal::NewerEdition { edition: EDITION + 1 }]);
}

#[test]
fn another_role_or_edition_restates_everything() {
    let (lock, folder) = emitted(&model(&[&PROJECT], &[]));
    let other = Model::new(schema(&[&PROJECT], &[], "acme_app")).expect("it holds");
    let write = written(&other, Some(&lock), &folder);
    assert_eq!(write.differences, ["the runtime role is \"acme_app\", and was \"tenancy_app\""]);
    let (_, text) = write.migration.expect("a migration");
    assert!(text.contains("CREATE ROLE \"acme_app\"") && text.contains("FROM \"tenancy_app\""), "{text}");
    let older = Lock { edition: 0, ..lock };
    let write = written(&model(&[&PROJECT], &[]), Some(&older), &folder);
    assert!(write.migration.expect("a migration").1.contains("CREATE DOMAIN"));
    assert_eq!(write.lock.edition, EDITION);
}

#[test]
fn a_run_that_died_before_the_lock_file_is_taken_up() {
    let now = model(&[&PROJECT], &[]);
    let (name, text) = written(&now, None, &[file("0001_tables.sql", "")]).migration.expect("a migration");
    let folder = [file("0001_tables.sql", ""), file(&name, &text)];
    let again = written(&now, None, &folder);
    assert_eq!(again.migration.map(|(name, _)| name), Some(name));
}

#[test]
fn versions_go_on_as_they_began() {
    let next =
        |names: &[&str]| next_name(&names.iter().map(|name| file(name, "")).collect::<Vec<_>>(), clock());
    assert_eq!(next(&["0001_a.sql"]), "0002_tenancy.sql");
    assert_eq!(next(&["0001_a.sql", "0009_b.sql", "README.sql", "seed_x.sql"]), "0010_tenancy.sql");
    assert_eq!(next(&["1_a.sql", "2_b.sql"]), "3_tenancy.sql");
    assert_eq!(next(&["9_a.sql"]), "10_tenancy.sql");
    assert_eq!(next(&[]), "20261123010203_tenancy.sql");
    assert_eq!(next(&["20260101000000_a.sql"]), "20261123010203_tenancy.sql");
    assert_eq!(next(&["0001_a.sql", "20260101000000_a.sql"]), "20261123010203_tenancy.sql");
    // A clock that is behind: sqlx would run the file too early.
    assert_eq!(next(&["20991231235959_a.sql"]), "20991231235960_tenancy.sql");
    assert_eq!(next(&["0001_a.up.sql", "0001_a.down.sql"]), "0002_tenancy.sql");
}

#[test]
fn a_timestamp_is_a_date() {
    let at = |seconds| timestamp(UNIX_EPOCH + Duration::from_secs(seconds));
    assert_eq!(at(0), 19_700_101_000_000);
    assert_eq!(at(951_782_399), 20_000_228_235_959);
    assert_eq!(at(951_782_400), 20_000_229_000_000);
    assert_eq!(at(4_107_542_399), 21_000_228_235_959);
    assert_eq!(at(4_107_542_400), 21_000_301_000_000);
}
