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
    File::new(name, text)
}

/// The folder with what was written.
fn with(folder: &[File], written: &Write) -> Vec<File> {
    let Migration { file: (name, text), reverse: (reverse, undoing) } =
        written.migration.as_ref().expect("a migration");
    [folder, &[file(name, text), file(reverse, undoing)]].concat()
}

/// What is in force after the first emission, with the folder as it is then.
fn emitted(now: &Model) -> (Lock, Vec<File>) {
    let tables = file("0001_tables.sql", "CREATE TABLE ..");
    let write = written(now, None, std::slice::from_ref(&tables));
    let folder = with(&[tables], &write);
    (write.lock, folder)
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
    let folder = with(&[], &write);
    let Migration { file: (name, text), reverse: (reverse, undoing) } = write.migration.expect("a migration");
    assert_eq!((name.as_str(), reverse.as_str()), ("0002_tenancy.sql", "reverse/0002_tenancy.sql"));
    assert!(text.contains("CREATE DOMAIN tenancy.bound") && text.contains("\"tasks_project_id_fkey\""));
    assert!(text.contains("-- Follows: no file"), "{text}");
    let reverse = Some(Reverse { file: reverse, sha256: checksum(&undoing) });
    assert_eq!(write.lock.migrations, [Emitted { file: name, sha256: checksum(&text), reverse }]);
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
fn a_change_is_a_new_file_that_holds_what_changed_alone() {
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
    let Migration { file: (name, text), reverse: (_, undoing) } = write.migration.expect("a migration");
    assert_eq!(name, "0003_tenancy.sql");
    assert!(text.contains("-- Follows: 0002_tenancy.sql"), "{text}");
    let statements = |text: &str| -> Vec<String> {
        text.lines()
            .filter(|line| line.starts_with("GRANT") || line.starts_with("REVOKE"))
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(
        statements(&text),
        ["GRANT INSERT (\"colour\"), UPDATE (\"colour\") ON \"public\".\"tasks\" TO \"tenancy_app\";"],
        "a program of before may still write the title"
    );
    assert_eq!(
        statements(&undoing),
        ["REVOKE INSERT (\"colour\"), UPDATE (\"colour\") ON \"public\".\"tasks\" FROM \"tenancy_app\";"]
    );
    for never in ["CREATE", "ALTER", "DROP"] {
        assert!(text.lines().all(|line| !line.starts_with(never)), "{text}");
    }
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
            sql_type: None,
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
    let folder = with(&folder, &write);
    let (_, text) = write.migration.expect("a migration").file;
    assert!(text.contains("REVOKE ALL ON \"public\".\"tasks\""));
    for never in ["DROP TABLE", "DISABLE", "NO FORCE", "DROP POLICY"] {
        assert!(!text.contains(never), "{text}");
    }
    // From then on the word may stay or go, and the table may come back.
    let retired = write.lock;
    assert_eq!(retired.retired.len(), 1);
    for schema in [model(&[&PROJECT], &["tasks"]), silent] {
        assert!(matches!(plan(&schema, Some(&retired), &folder, clock()), Plan::Current));
    }
    let back = written(&model(&[&TASK, &PROJECT], &[]), Some(&retired), &folder);
    assert_eq!(back.differences, ["public.tasks: is new"]);
    assert!(back.lock.retired.is_empty());
}

/// A derive that is exchanged says nothing of the rows that are there.
#[test]
fn what_was_isolated_is_global_only_after_it_was_retired() {
    let (lock, folder) = emitted(&model(&[&PROJECT], &[]));
    let open = model(&[global(&PROJECT, false)], &[]);
    let [Refusal::IsolatedAndGlobal { table }] = &refused(&open, &lock, &folder)[..] else {
        panic!("one refusal")
    };
    assert_eq!(table.to_string(), "public.projects");

    let retired = written(&model(&[], &["projects"]), Some(&lock), &folder);
    let folder = with(&folder, &retired);
    let write = written(&open, Some(&retired.lock), &folder);
    assert_eq!(write.differences, ["public.projects: is a global table"]);
    let (_, text) = write.migration.expect("a migration").file;
    assert!(text.contains("GRANT SELECT ON \"public\".\"projects\" TO \"tenancy_app\""), "{text}");
    // Whoever wants that says it himself: a table that still has row-level security stops the file.
    assert!(text.contains("row-level security is on for %s"), "{text}");
    for never in
        ["DISABLE ROW LEVEL SECURITY;\n", "NO FORCE ROW LEVEL SECURITY;\n", "DROP POLICY \"", "GRANT INSERT"]
    {
        assert!(!text.contains(never), "{never}: {text}");
    }
}

#[test]
fn silence_takes_no_global_table_away_either() {
    let (lock, folder) = emitted(&model(&[global(&PROJECT, true)], &[]));
    let [Refusal::GlobalNeitherListedNorRetired { table }] = &refused(&model(&[], &[]), &lock, &folder)[..]
    else {
        panic!("one refusal")
    };
    assert_eq!(table.to_string(), "public.projects");
    let retired = written(&model(&[], &["projects"]), Some(&lock), &folder);
    assert_eq!(retired.differences, ["public.projects: is retired"]);
    let (_, text) = retired.migration.expect("a migration").file;
    assert!(text.contains("REVOKE ALL ON \"public\".\"projects\""), "{text}");

    // What is closer is no question: the rows get a lock that they did not have.
    let isolated = written(&model(&[&PROJECT], &[]), Some(&lock), &folder);
    let (_, text) = isolated.migration.expect("a migration").file;
    assert!(text.contains("ALTER TABLE \"public\".\"projects\" ENABLE ROW LEVEL SECURITY"), "{text}");

    let read_only = written(&model(&[global(&PROJECT, false)], &[]), Some(&lock), &folder);
    assert_eq!(read_only.differences, ["public.projects: tenants write it no more"]);
    let (_, text) = read_only.migration.expect("a migration").file;
    assert!(
        text.contains("REVOKE ALL ON \"public\".\"projects\"") && !text.contains("GRANT INSERT"),
        "{text}"
    );
}

#[test]
fn an_emitted_file_that_is_gone_or_changed_is_refused_even_when_nothing_differs() {
    let now = model(&[&PROJECT], &[]);
    let (lock, mut folder) = emitted(&now);
    assert_eq!(
        refused(&now, &lock, &folder[..1]),
        [
            Refusal::MissingFile { file: "0002_tenancy.sql".into() },
            Refusal::MissingFile { file: "reverse/0002_tenancy.sql".into() }
        ]
    );
    folder[1].sha256 = checksum("-- edited");
    assert_eq!(refused(&now, &lock, &folder), [Refusal::ChangedFile { file: "0002_tenancy.sql".into() }]);
    let folder = &folder[..1];
    let newer = Lock { edition: EDITION + 1, migrations: Vec::new(), ..lock };
    assert_eq!(refused(&now, &newer, folder), [Refusal::NewerEdition { edition: EDITION + 1 }]);
}

#[test]
fn another_role_or_edition_restates_everything() {
    let (lock, folder) = emitted(&model(&[&PROJECT], &[]));
    let other = Model::new(schema(&[&PROJECT], &[], "acme_app")).expect("it holds");
    let write = written(&other, Some(&lock), &folder);
    assert_eq!(write.differences, ["the runtime role is \"acme_app\", and was \"tenancy_app\""]);
    let (_, text) = write.migration.expect("a migration").file;
    assert!(text.contains("CREATE ROLE \"acme_app\"") && text.contains("FROM \"tenancy_app\""), "{text}");
    let older = Lock { edition: 0, ..lock };
    let write = written(&model(&[&PROJECT], &[]), Some(&older), &folder);
    let Migration { file, reverse } = write.migration.expect("a migration");
    assert!(file.1.contains("CREATE DOMAIN"));
    assert!(reverse.1.contains("nothing to take back"), "{}", reverse.1);
    assert_eq!(write.lock.edition, EDITION);
}

#[test]
fn a_run_that_died_before_the_lock_file_is_taken_up() {
    let now = model(&[&PROJECT], &[]);
    let tables = [file("0001_tables.sql", "")];
    let first = written(&now, None, &tables);
    let whole = with(&tables, &first);
    let name = first.migration.expect("a migration").file.0;
    // After the reverse alone, and after both.
    for folder in [vec![whole[0].clone(), whole[2].clone()], whole] {
        let again = written(&now, None, &folder);
        assert_eq!(again.migration.map(|migration| migration.file.0).as_ref(), Some(&name));
    }
}

/// Both branches emit on top of the same file, and are merged.
#[test]
fn two_branches_that_both_emit_are_told_so() {
    let (base, folder) = emitted(&model(&[&PROJECT], &[]));
    let (ours, theirs) = (model(&[&PROJECT, &TASK], &[]), model(&[&PROJECT, &EVENT], &[]));
    let (first, second) = (written(&ours, Some(&base), &folder), written(&theirs, Some(&base), &folder));
    let merged = model(&[&PROJECT, &TASK, &EVENT], &[]);
    let mut folder = with(&folder, &first);
    // By the clock, so that git sees no conflict of names.
    let Migration { file: (_, text), reverse: (_, undoing) } = second.migration.expect("a migration");
    let theirs = [file("20261123_tenancy.sql", &text), file("reverse/20261123_tenancy.sql", &undoing)];
    folder.extend(theirs.clone());
    let elsewhere = |file: &File| Refusal::EmittedElsewhere { file: file.name.clone() };
    assert_eq!(refused(&merged, &first.lock, &folder), theirs.each_ref().map(elsewhere));

    // A lock file that was merged by hand.
    let mut both = first.lock.clone();
    both.entities.clone_from(&merged.entities);
    let mut emitted = second.lock.migrations[1].clone();
    emitted.file.clone_from(&theirs[0].name);
    emitted.reverse.as_mut().expect("a reverse").file.clone_from(&theirs[1].name);
    both.migrations.push(emitted);
    let two = Refusal::TwoFollowOne {
        first: "0003_tenancy.sql".into(),
        second: "20261123_tenancy.sql".into(),
        follows: "0002_tenancy.sql".into(),
    };
    assert_eq!(refused(&merged, &both, &folder), [two]);

    // The mend.
    folder.truncate(5);
    let write = written(&merged, Some(&first.lock), &folder);
    assert_eq!(write.differences, ["app.events: is new"]);
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
    assert_eq!(next(&["0001_a.up.sql", "0001_a.down.sql"]), "0002_tenancy.up.sql");
    assert_eq!(reverse_of("0002_tenancy.up.sql"), "0002_tenancy.down.sql");
    assert_eq!(next(&["0001_a.sql", "reverse/0009_a.sql"]), "0002_tenancy.sql");
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
